use crate::data::element::{ByteOrder, Element, explain, extent, fill, read_elements};
use crate::data::write_atomically;
use crate::{Error, Result, Scalar};
use ndarray::{ArrayBase, ArrayD, Data, Dimension, IxDyn};
use std::fs::File;
use std::io::{BufReader, Write};
use std::path::Path;

/// Types an IDX file can hold, all big-endian.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum IdxType {
    /// Code 0x08.
    U8,
    /// Code 0x09.
    I8,
    /// Code 0x0B.
    I16,
    /// Code 0x0C.
    I32,
    /// Code 0x0D.
    F32,
    /// Code 0x0E.
    F64,
}

impl IdxType {
    const ALL: [(IdxType, u8, Element); 6] = [
        (IdxType::U8, 0x08, Element::U8),
        (IdxType::I8, 0x09, Element::I8),
        (IdxType::I16, 0x0b, Element::I16),
        (IdxType::I32, 0x0c, Element::I32),
        (IdxType::F32, 0x0d, Element::F32),
        (IdxType::F64, 0x0e, Element::F64),
    ];

    fn code(self) -> u8 {
        match self {
            IdxType::U8 => 0x08,
            IdxType::I8 => 0x09,
            IdxType::I16 => 0x0b,
            IdxType::I32 => 0x0c,
            IdxType::F32 => 0x0d,
            IdxType::F64 => 0x0e,
        }
    }

    /// The bytes of one number, if the type can hold it exactly (floats: nearest).
    fn encode(self, x: f64) -> Option<Vec<u8>> {
        let whole = |lowest: f64, highest: f64| (lowest..=highest).contains(&x) && x.fract() == 0.0;
        match self {
            IdxType::U8 => whole(0.0, 255.0).then(|| vec![x as u8]),
            IdxType::I8 => whole(-128.0, 127.0).then(|| (x as i8).to_be_bytes().to_vec()),
            IdxType::I16 => whole(-32768.0, 32767.0).then(|| (x as i16).to_be_bytes().to_vec()),
            IdxType::I32 => {
                whole(f64::from(i32::MIN), f64::from(i32::MAX)).then(|| (x as i32).to_be_bytes().to_vec())
            }
            IdxType::F32 => Some((x as f32).to_be_bytes().to_vec()),
            IdxType::F64 => Some(x.to_be_bytes().to_vec()),
        }
    }
}

/// Reads an IDX file, the format of MNIST, of 1 to 4 dimensions.
///
/// ```text
/// 0 0 type rank | rank × u32 axis | entries          (all big-endian)
/// ```
///
/// # Shapes
/// As in the file; images of MNIST come as N × 28 × 28, labels as N.
///
/// # Units
/// As in the file: pixels of MNIST are 0 to 255.
///
/// # Errors
/// [`Error::File`]: missing, not IDX, another rank, truncated, with bytes left over.
///
/// # Cost
/// One pass. Memory grows with the bytes that come, not with the shape that is declared.
///
/// # Example
/// ```
/// use natgrad::{data::{IdxType, read_idx, write_idx}, ndarray::array};
/// let path = std::env::temp_dir().join("natgrad-idx-example.idx");
/// write_idx(&path, &array![[0.0f64, 255.0]], IdxType::U8)?;
/// assert_eq!(std::fs::read(&path).unwrap(), [0, 0, 8, 2, 0, 0, 0, 1, 0, 0, 0, 2, 0, 255]);
/// assert_eq!(read_idx::<f64>(&path)?, array![[0.0, 255.0]].into_dyn());
/// # std::fs::remove_file(&path).unwrap();
/// # Ok::<(), natgrad::Error>(())
/// ```
pub fn read_idx<T: Scalar>(path: impl AsRef<Path>) -> Result<ArrayD<T>> {
    let path = path.as_ref();
    let problem = |problem: String| Error::File { path: path.into(), problem };
    let io = |error: std::io::Error| problem(error.to_string());
    let mut reader = BufReader::new(File::open(path).map_err(io)?);
    let mut magic = [0u8; 4];
    let filled = fill(&mut reader, &mut magic).map_err(io)?;
    if magic[..2] == [0x1f, 0x8b] {
        return Err(problem("is compressed with gzip; decompress it first".into()));
    }
    let known = IdxType::ALL.iter().find(|(_, code, _)| *code == magic[2]);
    let (Some((_, _, element)), [0, 0], 4) = (known, &magic[..2], filled) else {
        let found = magic[..filled].iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" ");
        return Err(problem(format!(
            "is not an IDX file: it starts with [{found}]; expected 00 00, a type (08 09 0b 0c 0d 0e), a rank"
        )));
    };
    let rank = usize::from(magic[3]);
    if !(1..=4).contains(&rank) {
        return Err(problem(format!("has {rank} dimensions; natgrad reads 1 to 4")));
    }
    let mut shape = Vec::with_capacity(rank);
    for axis in 0..rank {
        let mut bytes = [0u8; 4];
        if fill(&mut reader, &mut bytes).map_err(io)? < 4 {
            return Err(problem(format!("truncated: it ends before the length of axis {axis}")));
        }
        shape.push(usize::try_from(u32::from_be_bytes(bytes)).unwrap_or(usize::MAX));
    }
    let values = read_elements(&mut reader, *element, ByteOrder::Big, &shape)
        .map_err(|shortfall| problem(explain(&shortfall, *element, &shape)))?;
    ArrayD::from_shape_vec(IxDyn(&shape), values).map_err(|error| problem(error.to_string()))
}

/// Writes an IDX file, completely or not at all.
///
/// # Shapes
/// 1 to 4 dimensions.
///
/// # Errors
/// [`Error::Unsupported`] for another number of dimensions or an axis beyond 32 bits; [`Error::Domain`] at the
/// first number that `kind` cannot hold; [`Error::File`].
///
/// # Example
/// See [`read_idx`].
pub fn write_idx<T, S, D>(path: impl AsRef<Path>, array: &ArrayBase<S, D>, kind: IdxType) -> Result<()>
where
    T: Scalar,
    S: Data<Elem = T>,
    D: Dimension,
{
    let what = "array for an IDX file";
    if !(1..=4).contains(&array.ndim()) || extent(array.shape(), Element::F64).is_none() {
        return Err(Error::Unsupported { what, reason: "it must have 1 to 4 dimensions" });
    }
    let mut bytes = vec![0, 0, kind.code(), array.ndim() as u8];
    for axis in array.shape() {
        let axis = u32::try_from(*axis)
            .map_err(|_| Error::Unsupported { what, reason: "an axis is longer than 32 bits can say" })?;
        bytes.extend(axis.to_be_bytes());
    }
    for (index, x) in array.iter().enumerate() {
        bytes.extend(kind.encode(x.as_f64()).ok_or(Error::Domain {
            quantity: "array",
            index,
            value: x.as_f64(),
            requirement: "a whole number that the IDX type can hold",
        })?);
    }
    write_atomically(path, |file| file.write_all(&bytes))
}
