use crate::data::element::{ByteOrder, Element, explain, fill, read_elements};
use crate::data::write_atomically;
use crate::{Error, Result, Scalar};
use ndarray::{Array, ArrayBase, ArrayD, Data, Dimension, IxDyn, ShapeBuilder};
use ndarray_npy::npy::header::{Header as Parsed, Layout};
use ndarray_npy::{WriteNpyError, WriteNpyExt};
use std::io::{self, BufReader, Read, Write};
use std::path::Path;

/// Longest description NumPy itself reads.
const LONGEST_HEADER: usize = 10_000;

/// What the first bytes of an NPY array say.
pub(crate) struct Header {
    /// Type as NumPy spells it, readable here or not.
    pub(crate) dtype: String,
    pub(crate) shape: Vec<usize>,
    element: Option<Element>,
    order: ByteOrder,
    fortran: bool,
}

impl Header {
    /// Reads and judges the description, as a sentence on failure.
    pub(crate) fn read(reader: &mut impl Read) -> Result<Self, String> {
        let mut bytes = take(reader, 8)?;
        if !bytes.starts_with(b"\x93NUMPY") {
            return Err("is not an NPY array (its first bytes are not \\x93NUMPY)".into());
        }
        let width = if bytes[6] == 1 { 2 } else { 4 };
        let size = take(reader, width)?;
        let length = size.iter().rev().fold(0usize, |n, byte| n << 8 | usize::from(*byte));
        if length > LONGEST_HEADER {
            return Err(format!("has an NPY header of {length} bytes; the limit is {LONGEST_HEADER}"));
        }
        let description = take(reader, length)?;
        // The parser recurses into brackets; a type that nests this deep is none that can be read.
        if description.iter().filter(|byte| b"([{".contains(byte)).count() > 50 {
            return Err(
                "has a structured dtype; natgrad reads float32, float64, integers and booleans".into()
            );
        }
        bytes.extend(size);
        bytes.extend(description);
        let parsed = Parsed::from_reader(&mut bytes.as_slice())
            .map_err(|error| format!("has a broken NPY header: {}", one_line(&error.to_string())))?;
        let descriptor = parsed.type_descriptor.to_string();
        let code = descriptor.trim_matches('\'');
        let order = if code.starts_with('>') { ByteOrder::Big } else { ByteOrder::Little };
        let element = element(code.trim_start_matches(['<', '>', '|', '=']));
        Ok(Header {
            dtype: element.map_or_else(|| numpy_name(code), |element| element.name().into()),
            shape: parsed.shape,
            element,
            order,
            fortran: parsed.layout == Layout::Fortran,
        })
    }

    /// Reads the entries that follow, in standard layout, as a sentence on failure.
    pub(crate) fn entries<T: Scalar>(&self, reader: &mut impl Read) -> Result<ArrayD<T>, String> {
        let Some(element) = self.element else {
            let dtype = &self.dtype;
            return Err(format!("has dtype {dtype}; natgrad reads float32, float64, integers and booleans"));
        };
        let values = read_elements(reader, element, self.order, &self.shape)
            .map_err(|shortfall| explain(&shortfall, element, &self.shape))?;
        let array = Array::from_shape_vec(IxDyn(&self.shape).set_f(self.fortran), values)
            .map_err(|error| error.to_string())?;
        Ok(if self.fortran { array.as_standard_layout().into_owned() } else { array })
    }
}

/// Reads an `.npy` file of NumPy.
///
/// Reads float32, float64, integers and booleans, of either byte order, in C or Fortran order, and rounds to
/// the nearest `T` (float64 to f32; integers beyond 2⁵³ to either).
///
/// # Shapes
/// As in the file; the result is in standard layout.
///
/// # Errors
/// [`Error::File`]: missing, no NPY array, another dtype (named), truncated, or with bytes left over.
///
/// # Cost
/// One pass. Memory grows with the bytes that come, not with the shape that is declared.
///
/// # Example
/// ```
/// use natgrad::{data::{read_npy, write_npy}, ndarray::array};
/// let path = std::env::temp_dir().join("natgrad-npy-example.npy");
/// write_npy(&path, &array![[1.5f64, 2.0], [3.0, 4.0]])?;
/// assert_eq!(read_npy::<f32>(&path)?, array![[1.5f32, 2.0], [3.0, 4.0]].into_dyn());
/// # std::fs::remove_file(&path).unwrap();
/// # Ok::<(), natgrad::Error>(())
/// ```
pub fn read_npy<T: Scalar>(path: impl AsRef<Path>) -> Result<ArrayD<T>> {
    let path = path.as_ref();
    let problem = |problem: String| Error::File { path: path.into(), problem };
    let file = std::fs::File::open(path).map_err(|error| problem(error.to_string()))?;
    let mut reader = BufReader::new(file);
    let header = Header::read(&mut reader).map_err(problem)?;
    header.entries(&mut reader).map_err(problem)
}

/// Writes an `.npy` file, completely or not at all, in the precision of the array.
///
/// # Errors
/// [`Error::File`].
///
/// # Example
/// See [`read_npy`].
pub fn write_npy<T, S, D>(path: impl AsRef<Path>, array: &ArrayBase<S, D>) -> Result<()>
where
    T: Scalar,
    S: Data<Elem = T>,
    D: Dimension,
{
    let array = Stored::new(array);
    write_atomically(path, |file| array.write(file))
}

/// An array with its element type at run time, ready to be written.
#[derive(Debug, Clone)]
pub(crate) enum Stored {
    F32(ArrayD<f32>),
    F64(ArrayD<f64>),
    I64(ArrayD<i64>),
}

impl Stored {
    pub(crate) fn new<T: Scalar, S: Data<Elem = T>, D: Dimension>(array: &ArrayBase<S, D>) -> Self {
        let array = array.view().into_dyn();
        if T::NAME == f32::NAME {
            // Exact: `T` is f32.
            Stored::F32(array.mapv(|x| x.as_f64() as f32))
        } else {
            Stored::F64(array.mapv(|x| x.as_f64()))
        }
    }

    /// Bytes of the entries.
    pub(crate) fn size(&self) -> usize {
        match self {
            Stored::F32(array) => 4 * array.len(),
            Stored::F64(array) => 8 * array.len(),
            Stored::I64(array) => 8 * array.len(),
        }
    }

    pub(crate) fn write(&self, writer: &mut impl Write) -> io::Result<()> {
        match self {
            Stored::F32(array) => array.write_npy(writer),
            Stored::F64(array) => array.write_npy(writer),
            Stored::I64(array) => array.write_npy(writer),
        }
        .map_err(|error| match error {
            // The system's own words, where the system refused.
            WriteNpyError::Io(error) => error,
            other => io::Error::other(other),
        })
    }
}

fn take(reader: &mut impl Read, length: usize) -> Result<Vec<u8>, String> {
    let mut bytes = vec![0; length];
    let filled = fill(reader, &mut bytes).map_err(|error| format!("cannot be read: {error}"))?;
    if filled == length { Ok(bytes) } else { Err("is no NPY array: it ends within the header".into()) }
}

fn element(code: &str) -> Option<Element> {
    Some(match code {
        "b1" => Element::Bool,
        "u1" => Element::U8,
        "i1" => Element::I8,
        "u2" => Element::U16,
        "i2" => Element::I16,
        "u4" => Element::U32,
        "i4" => Element::I32,
        "u8" => Element::U64,
        "i8" => Element::I64,
        "f4" => Element::F32,
        "f8" => Element::F64,
        _ => return None,
    })
}

/// Names of the types that are refused.
fn numpy_name(code: &str) -> String {
    let bare = code.trim_start_matches(['<', '>', '|', '=']);
    let bits = |digits: &str| digits.parse::<usize>().ok().and_then(|bytes| bytes.checked_mul(8));
    match (bare.chars().next(), bare.get(1..).and_then(bits)) {
        _ if code.starts_with('[') => "structured".into(),
        (Some('O'), _) => "object".into(),
        (Some('U'), _) => "str".into(),
        (Some('S'), _) => "bytes".into(),
        (Some('V'), _) => "void".into(),
        (Some('M'), _) => "datetime64".into(),
        (Some('m'), _) => "timedelta64".into(),
        (Some('c'), Some(bits)) => format!("complex{bits}"),
        (Some('f'), Some(bits)) => format!("float{bits}"),
        _ => format!("'{}'", one_line(code)),
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
