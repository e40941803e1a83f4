use crate::data::latch::Latch;
use crate::data::npy::Stored;
use crate::data::write_atomically;
use crate::{Error, Result, Scalar};
use ndarray::{ArrayBase, Data, Dimension, arr0};
use std::io::{self, Seek, Write};
use std::path::Path;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

/// Collects named arrays, then writes them as one `.npz` archive, completely or not at all.
///
/// Arrays keep their precision. Equal content gives equal bytes: no time of day enters the file.
///
/// # Example
/// ```
/// use natgrad::{data::{Npz, NpzWriter}, ndarray::array};
/// let path = std::env::temp_dir().join("natgrad-npz-writer-example.npz");
/// NpzWriter::new()
///     .array("gradient", &array![0.5, -1.0])?
///     .scalar("loss", 0.25)?
///     .integers("draws", &array![3i64, 5])?
///     .compressed()
///     .write(&path)?;
/// assert_eq!(Npz::open(&path)?.array::<f64>("loss")?.sum(), 0.25);
/// # std::fs::remove_file(&path).unwrap();
/// # Ok::<(), natgrad::Error>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct NpzWriter {
    arrays: Vec<(String, Stored)>,
    texts: Vec<(String, String)>,
    compressed: bool,
}

impl NpzWriter {
    /// With no arrays yet.
    pub fn new() -> Self {
        NpzWriter::default()
    }

    /// Adds an array.
    ///
    /// # Errors
    /// [`Error::Unsupported`] if the name is empty, taken, or unsafe as the name of a file.
    ///
    /// # Cost
    /// A copy of the array.
    pub fn array<T, S, D>(&mut self, name: &str, array: &ArrayBase<S, D>) -> Result<&mut Self>
    where
        T: Scalar,
        S: Data<Elem = T>,
        D: Dimension,
    {
        self.push(name, Stored::new(array))
    }

    /// Adds one number, as an array of dimension 0.
    ///
    /// # Errors
    /// As [`array`](Self::array).
    pub fn scalar<T: Scalar>(&mut self, name: &str, value: T) -> Result<&mut Self> {
        self.push(name, Stored::new(&arr0(value)))
    }

    /// Adds an array of integers (int64).
    ///
    /// # Errors
    /// As [`array`](Self::array).
    pub fn integers<S: Data<Elem = i64>, D: Dimension>(
        &mut self,
        name: &str,
        array: &ArrayBase<S, D>,
    ) -> Result<&mut Self> {
        self.push(name, Stored::I64(array.to_owned().into_dyn()))
    }

    /// Adds a member that is no array, under its whole name, for example `header.json`; NumPy gives its bytes.
    ///
    /// # Errors
    /// As [`array`](Self::array).
    pub fn text(&mut self, name: &str, text: impl Into<String>) -> Result<&mut Self> {
        self.check_name(name)?;
        self.texts.push((name.to_owned(), text.into()));
        Ok(self)
    }

    /// Deflate the arrays (`numpy.savez_compressed`).
    pub fn compressed(&mut self) -> &mut Self {
        self.compressed = true;
        self
    }

    /// Writes the archive; see [`write_atomically`].
    ///
    /// # Errors
    /// [`Error::File`]; an existing file is then as it was.
    pub fn write(&self, path: impl AsRef<Path>) -> Result<()> {
        let method = if self.compressed { CompressionMethod::Deflated } else { CompressionMethod::Stored };
        write_atomically(path, |file| {
            let mut latch = Latch::new(file);
            let outcome = self.fill(ZipWriter::new(&mut latch), method);
            latch.settle(outcome)
        })
    }

    fn fill(&self, mut archive: ZipWriter<impl Write + Seek>, method: CompressionMethod) -> io::Result<()> {
        for (name, array) in &self.arrays {
            // From 4 GiB on the format needs wider fields; the margin is for the header and deflation.
            let large = array.size() >= 0xf000_0000;
            let options = SimpleFileOptions::default().compression_method(method).large_file(large);
            archive.start_file(format!("{name}.npy"), options).map_err(io::Error::other)?;
            array.write(&mut archive)?;
        }
        for (name, text) in &self.texts {
            let options = SimpleFileOptions::default().compression_method(method);
            archive.start_file(name, options).map_err(io::Error::other)?;
            archive.write_all(text.as_bytes())?;
        }
        archive.finish().map_err(io::Error::other)?;
        Ok(())
    }

    fn push(&mut self, name: &str, array: Stored) -> Result<&mut Self> {
        self.check_name(name)?;
        self.arrays.push((name.to_owned(), array));
        Ok(self)
    }

    fn check_name(&self, name: &str) -> Result<()> {
        let what = "name of an array";
        if name.is_empty() || name.split('/').any(|part| part.is_empty() || part == "..") {
            return Err(Error::Unsupported {
                what,
                reason: "it must be a relative name without empty parts",
            });
        }
        let mut known =
            self.arrays.iter().map(|(name, _)| name).chain(self.texts.iter().map(|(name, _)| name));
        if known.any(|known| known == name) {
            return Err(Error::Unsupported { what, reason: "two arrays have the same name" });
        }
        Ok(())
    }
}
