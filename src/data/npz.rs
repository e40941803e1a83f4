use crate::data::npy::Header;
use crate::{Error, Result, Scalar};
use ndarray::{Array1, Array2, Array3, ArrayD, Dimension, Ix1, Ix2, Ix3};
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use zip::ZipArchive;
use zip::read::ZipFile;

/// Longest member that is read as text.
const LONGEST_TEXT: u64 = 1_000_000;

/// An `.npz` archive of NumPy, open for reading.
///
/// Entries may be stored or deflated; each array is read as [`read_npy`](crate::data::read_npy) reads it, on
/// demand. Names are without `.npy`.
///
/// # Errors
/// All are [`Error::File`] with one line naming the file and the array.
///
/// # Example
/// ```
/// use natgrad::{data::{Npz, NpzWriter}, ndarray::array};
/// let path = std::env::temp_dir().join("natgrad-npz-example.npz");
/// NpzWriter::new().array("x", &array![[1.0, 2.0]])?.array("grad/b", &array![3.0f32])?.write(&path)?;
/// let npz = Npz::open(&path)?;
/// assert_eq!(npz.names(), ["x", "grad/b"]);
/// assert_eq!(npz.array2::<f64>("x")?, array![[1.0, 2.0]]);
/// assert_eq!(npz.dtype("grad/b")?, "float32");
/// let error = npz.array1::<f64>("x").unwrap_err();
/// assert!(error.to_string().ends_with("array 'x' has shape [1, 2]; 1 dimension is needed"));
/// # std::fs::remove_file(&path).unwrap();
/// # Ok::<(), natgrad::Error>(())
/// ```
#[derive(Debug)]
pub struct Npz {
    path: PathBuf,
    names: Vec<String>,
    // Reading moves the position within the file.
    archive: Mutex<ZipArchive<BufReader<File>>>,
}

impl Npz {
    /// Opens an archive and reads its table of contents.
    ///
    /// # Errors
    /// [`Error::File`]: missing, or not a zip archive.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let problem = |problem: String| Error::File { path: path.into(), problem };
        let file = File::open(path).map_err(|error| problem(error.to_string()))?;
        if file.metadata().is_ok_and(|metadata| metadata.is_dir()) {
            return Err(problem("is a directory, not an NPZ archive".into()));
        }
        let archive = ZipArchive::new(BufReader::new(file))
            .map_err(|error| problem(format!("is not an NPZ archive, or is truncated: {error}")))?;
        let mut names = Vec::new();
        for index in 0..archive.len() {
            match archive.name_for_index(index) {
                Some(name) if !name.ends_with('/') => {
                    names.push(name.strip_suffix(".npy").unwrap_or(name).to_owned());
                }
                _ => {}
            }
        }
        Ok(Npz { path: path.into(), names, archive: Mutex::new(archive) })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Names of the arrays, in the order of the file.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Whether there is an array of this name.
    pub fn contains(&self, name: &str) -> bool {
        self.names.iter().any(|known| known == name)
    }

    /// Type of an array as NumPy spells it, whether or not it can be read here.
    ///
    /// # Errors
    /// [`Error::File`]: no such array, or no NPY array.
    pub fn dtype(&self, name: &str) -> Result<String> {
        self.visit(name, |file| Ok(Header::read(file)?.dtype))
    }

    /// Shape of an array, without reading it.
    ///
    /// # Errors
    /// [`Error::File`]: no such array, or no NPY array.
    pub fn shape(&self, name: &str) -> Result<Vec<usize>> {
        self.visit(name, |file| Ok(Header::read(file)?.shape))
    }

    /// An array of any dimension, rounded to the nearest `T`, in standard layout.
    ///
    /// # Errors
    /// [`Error::File`]: no such array (naming those there are), another dtype (named), truncated, damaged.
    ///
    /// # Cost
    /// One pass over the entry.
    pub fn array<T: Scalar>(&self, name: &str) -> Result<ArrayD<T>> {
        self.visit(name, |file| Header::read(file)?.entries(file))
    }

    /// A vector.
    ///
    /// # Errors
    /// As [`array`](Self::array), and for another number of dimensions.
    pub fn array1<T: Scalar>(&self, name: &str) -> Result<Array1<T>> {
        self.dimension::<T, Ix1>(name)
    }

    /// A matrix.
    ///
    /// # Errors
    /// As [`array`](Self::array), and for another number of dimensions.
    pub fn array2<T: Scalar>(&self, name: &str) -> Result<Array2<T>> {
        self.dimension::<T, Ix2>(name)
    }

    /// An array of three dimensions.
    ///
    /// # Errors
    /// As [`array`](Self::array), and for another number of dimensions.
    pub fn array3<T: Scalar>(&self, name: &str) -> Result<Array3<T>> {
        self.dimension::<T, Ix3>(name)
    }

    /// A member that is no array, by its whole name, as text.
    ///
    /// # Errors
    /// [`Error::File`]: no such member, more than a million bytes, damaged, or not UTF-8.
    pub fn text(&self, name: &str) -> Result<String> {
        self.visit(name, |file| {
            let mut text = String::new();
            let size = file.take(LONGEST_TEXT + 1).read_to_string(&mut text);
            match size.map_err(|error| format!("cannot be read: {error}"))? {
                size if size as u64 > LONGEST_TEXT => Err(format!("has more than {LONGEST_TEXT} bytes")),
                _ => Ok(text),
            }
        })
    }

    /// An error about one array of this file: `path: array 'name' …`.
    ///
    /// # Example
    /// ```text
    /// problem.npz: array 'y' has 5 rows; x has 6
    /// ```
    pub fn problem(&self, name: &str, problem: impl std::fmt::Display) -> Error {
        Error::File { path: self.path.clone(), problem: format!("array '{name}' {problem}") }
    }

    fn dimension<T: Scalar, D: Dimension>(&self, name: &str) -> Result<ndarray::Array<T, D>> {
        let needed = D::NDIM.unwrap_or(0);
        let wrong = |shape: &[usize]| {
            let plural = if needed == 1 { "dimension is" } else { "dimensions are" };
            self.problem(name, format!("has shape {shape:?}; {needed} {plural} needed"))
        };
        let array = self.visit(name, |file| {
            let header = Header::read(file)?;
            if header.shape.len() == needed {
                header.entries::<T>(file).map(Ok)
            } else {
                Ok(Err(header.shape))
            }
        })?;
        let array = array.map_err(|shape| wrong(&shape))?;
        let shape = array.shape().to_vec();
        array.into_dimensionality().map_err(|_| wrong(&shape))
    }

    fn visit<V>(
        &self,
        name: &str,
        read: impl FnOnce(&mut ZipFile<'_, BufReader<File>>) -> Result<V, String>,
    ) -> Result<V> {
        let mut archive = self.archive.lock().unwrap_or_else(PoisonError::into_inner);
        let index = archive.index_for_name(&format!("{name}.npy")).or_else(|| archive.index_for_name(name));
        let Some(index) = index else {
            let known = if self.names.is_empty() { "none".into() } else { self.names.join(", ") };
            let problem = format!("has no array '{name}'; it has: {known}");
            return Err(Error::File { path: self.path.clone(), problem });
        };
        let mut entry = archive
            .by_index(index)
            .map_err(|error| self.problem(name, format!("cannot be read: {error}")))?;
        read(&mut entry).map_err(|problem| self.problem(name, problem))
    }
}
