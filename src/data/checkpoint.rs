use crate::data::{Npz, NpzWriter};
use crate::{Error, Result};
use ndarray::{ArrayBase, ArrayD, Data, Dimension};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

const FORMAT: &str = "natgrad checkpoint";
const VERSION: u64 = 1;
const HEADER: &str = "header.json";

/// What a long computation needs to go on, in one file: named arrays, the settings it belongs to, and where it stands.
///
/// The file is an `.npz` archive, so NumPy reads the arrays, with one member more, `header.json`: format, version,
/// settings, status, and a SHA-256 digest of everything, names and shapes included. Writing is atomic
/// ([`write_atomically`](crate::data::write_atomically)); reading believes nothing that the digest does not confirm.
///
/// A setting is a name and a text; two checkpoints of equal settings belong to the same computation. The status is
/// whatever else there is to tell. Numbers that must come back exactly belong into arrays.
///
/// # Example
/// ```
/// use natgrad::{data::Checkpoint, ndarray::array};
/// let path = std::env::temp_dir().join("natgrad-checkpoint-example.npz");
/// let mut checkpoint = Checkpoint::new([("seed", "0"), ("batch", "64")]);
/// checkpoint.put("theta", &array![0.1, 0.2]).set_status("steps", "7");
/// checkpoint.write(&path)?;
/// let read = Checkpoint::read(&path)?;
/// assert_eq!(read, checkpoint);
/// let error = read.belongs_to(&Checkpoint::new([("seed", "0"), ("batch", "32")]), "run.npz").unwrap_err();
/// assert_eq!(error.to_string(), "run.npz: was written with batch = 64, not 32");
/// # std::fs::remove_file(&path).unwrap();
/// # Ok::<(), natgrad::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Checkpoint {
    settings: BTreeMap<String, String>,
    status: BTreeMap<String, String>,
    arrays: BTreeMap<String, ArrayD<f64>>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    format: String,
    version: u64,
    settings: BTreeMap<String, String>,
    status: BTreeMap<String, String>,
    sha256: String,
}

impl Checkpoint {
    /// With these settings, no status and no arrays.
    pub fn new<K: Into<String>, V: Into<String>>(settings: impl IntoIterator<Item = (K, V)>) -> Self {
        let settings = settings.into_iter().map(|(name, text)| (name.into(), text.into())).collect();
        Checkpoint { settings, ..Checkpoint::default() }
    }

    /// The same with one setting more; one of the same name is replaced.
    #[must_use]
    pub fn with_setting(mut self, name: impl Into<String>, text: impl Into<String>) -> Self {
        self.settings.insert(name.into(), text.into());
        self
    }

    /// Adds an array; one of the same name is replaced.
    pub fn put<S: Data<Elem = f64>, D: Dimension>(
        &mut self,
        name: impl Into<String>,
        array: &ArrayBase<S, D>,
    ) -> &mut Self {
        self.arrays.insert(name.into(), array.to_owned().into_dyn());
        self
    }

    /// Says something of where the computation stands.
    pub fn set_status(&mut self, name: impl Into<String>, text: impl Into<String>) -> &mut Self {
        self.status.insert(name.into(), text.into());
        self
    }

    /// The settings.
    pub fn settings(&self) -> &BTreeMap<String, String> {
        &self.settings
    }

    /// What was said by [`set_status`](Self::set_status).
    pub fn status(&self, name: &str) -> Option<&str> {
        self.status.get(name).map(String::as_str)
    }

    /// Names and arrays, in alphabetical order.
    pub fn arrays(&self) -> impl Iterator<Item = (&str, &ArrayD<f64>)> {
        self.arrays.iter().map(|(name, array)| (name.as_str(), array))
    }

    /// One array.
    pub fn array(&self, name: &str) -> Option<&ArrayD<f64>> {
        self.arrays.get(name)
    }

    /// That this was written with the settings of `wanted`; `path` is the file to name if not.
    ///
    /// # Errors
    /// [`Error::File`] with every setting that differs, in one line.
    pub fn belongs_to(&self, wanted: &Checkpoint, path: impl AsRef<Path>) -> Result<()> {
        let names = self.settings.keys().chain(wanted.settings.keys());
        let names: std::collections::BTreeSet<&String> = names.collect();
        let shown = |text: Option<&String>| text.map_or("nothing".to_owned(), |text| one_line(text));
        let differences: Vec<String> = names
            .into_iter()
            .filter(|name| self.settings.get(*name) != wanted.settings.get(*name))
            .map(|name| {
                let (was, is) = (shown(self.settings.get(name)), shown(wanted.settings.get(name)));
                format!("{name} = {was}, not {is}")
            })
            .collect();
        if differences.is_empty() {
            return Ok(());
        }
        let problem = format!("was written with {}", differences.join("; "));
        Err(Error::File { path: path.as_ref().into(), problem })
    }

    /// Writes the file, completely or not at all.
    ///
    /// # Errors
    /// [`Error::File`]; [`Error::Unsupported`] for a name that cannot be one of an archive.
    pub fn write(&self, path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref();
        let header = Header {
            format: FORMAT.to_owned(),
            version: VERSION,
            settings: self.settings.clone(),
            status: self.status.clone(),
            sha256: self.digest(),
        };
        let text = serde_json::to_string_pretty(&header)
            .map_err(|error| Error::File { path: path.into(), problem: error.to_string() })?;
        let mut npz = NpzWriter::new();
        npz.text(HEADER, text)?;
        for (name, array) in &self.arrays {
            npz.array(name, array)?;
        }
        npz.write(path)
    }

    /// Reads a file, and verifies it.
    ///
    /// # Errors
    /// [`Error::File`] in one line: missing, truncated, not a checkpoint, of a newer version, or not what was written.
    pub fn read(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let problem = |problem: String| Error::File { path: path.into(), problem: one_line(&problem) };
        let npz = Npz::open(path)?;
        if !npz.contains(HEADER) {
            return Err(problem(format!("is not a checkpoint: it has no member {HEADER}")));
        }
        let text = npz.text(HEADER)?;
        let broken = |error: serde_json::Error| problem(format!("has a broken {HEADER}: {error}"));
        // The version first: of a newer one nothing else can be believed.
        let loose: serde_json::Value = serde_json::from_str(&text).map_err(broken)?;
        let format = loose.get("format").and_then(serde_json::Value::as_str).unwrap_or("nothing");
        if format != FORMAT {
            return Err(problem(format!("is not a checkpoint: its format is '{format}', not '{FORMAT}'")));
        }
        match loose.get("version").and_then(serde_json::Value::as_u64) {
            Some(VERSION) => {}
            Some(version) if version > VERSION => {
                return Err(problem(format!(
                    "is of version {version} of the format; this program reads up to {VERSION}"
                )));
            }
            _ => return Err(problem("has no version of the format that is known".to_owned())),
        }
        // From the text again: a value forgets that a name came twice.
        let header: Header = serde_json::from_str(&text).map_err(broken)?;
        let mut checkpoint =
            Checkpoint { settings: header.settings, status: header.status, arrays: BTreeMap::new() };
        for name in npz.names().iter().filter(|name| *name != HEADER) {
            // Read as written: what the digest knows is f64.
            if npz.dtype(name)? != "float64" {
                return Err(npz.problem(name, "is not of float64, as those of a checkpoint are"));
            }
            if checkpoint.arrays.insert(name.clone(), npz.array(name)?).is_some() {
                return Err(npz.problem(name, "occurs twice"));
            }
        }
        if checkpoint.digest() != header.sha256 {
            return Err(problem("is damaged: its content is not what its digest says".to_owned()));
        }
        Ok(checkpoint)
    }

    /// SHA-256 of the whole content, every part preceded by its length.
    pub(crate) fn digest(&self) -> String {
        let mut hash = Sha256::new();
        let mut part = |bytes: &[u8]| {
            hash.update((bytes.len() as u64).to_le_bytes());
            hash.update(bytes);
        };
        part(FORMAT.as_bytes());
        part(&VERSION.to_le_bytes());
        for map in [&self.settings, &self.status] {
            part(&(map.len() as u64).to_le_bytes());
            for (name, text) in map {
                part(name.as_bytes());
                part(text.as_bytes());
            }
        }
        for (name, array) in &self.arrays {
            part(name.as_bytes());
            let shape: Vec<u8> =
                array.shape().iter().flat_map(|length| (*length as u64).to_le_bytes()).collect();
            part(&shape);
            let entries: Vec<u8> = array.iter().flat_map(|x| x.to_bits().to_le_bytes()).collect();
            part(&entries);
        }
        hexadecimal(&hash.finalize())
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
