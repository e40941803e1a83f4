//! Numbers as files hold them (private): one list of types for NPY and IDX, read without believing sizes.

use crate::Scalar;
use std::io::{self, Read};

/// Type of the entries of an array in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Element {
    Bool,
    U8,
    I8,
    U16,
    I16,
    U32,
    I32,
    U64,
    I64,
    F32,
    F64,
}

/// Order of the bytes of one number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ByteOrder {
    Little,
    Big,
}

/// Why the entries could not be read.
#[derive(Debug)]
pub(crate) enum Shortfall {
    /// The data end early: this many bytes came.
    Truncated(u64),
    /// The data go on after the last entry.
    Trailing,
    /// More entries than memory can address, or than there is memory for.
    Absurd,
    /// The system, or the decompression, gave up.
    Io(io::Error),
}

impl Element {
    /// Bytes per entry.
    pub(crate) fn size(self) -> usize {
        match self {
            Element::Bool | Element::U8 | Element::I8 => 1,
            Element::U16 | Element::I16 => 2,
            Element::U32 | Element::I32 | Element::F32 => 4,
            Element::U64 | Element::I64 | Element::F64 => 8,
        }
    }

    /// Name of the type, as NumPy spells it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Element::Bool => "bool",
            Element::U8 => "uint8",
            Element::I8 => "int8",
            Element::U16 => "uint16",
            Element::I16 => "int16",
            Element::U32 => "uint32",
            Element::I32 => "int32",
            Element::U64 => "uint64",
            Element::I64 => "int64",
            Element::F32 => "float32",
            Element::F64 => "float64",
        }
    }

    /// One entry, rounded to the nearest `T`; `bytes` has [`size`](Self::size) of them.
    fn decode<T: Scalar>(self, order: ByteOrder, bytes: &[u8]) -> T {
        let bits = match order {
            ByteOrder::Little => bytes.iter().rev().fold(0u64, |bits, byte| bits << 8 | u64::from(*byte)),
            ByteOrder::Big => bytes.iter().fold(0u64, |bits, byte| bits << 8 | u64::from(*byte)),
        };
        T::of(match self {
            Element::Bool => f64::from(u8::from(bits != 0)),
            Element::U8 | Element::U16 | Element::U32 | Element::U64 => bits as f64,
            Element::I8 => f64::from(bits as u8 as i8),
            Element::I16 => f64::from(bits as u16 as i16),
            Element::I32 => f64::from(bits as u32 as i32),
            Element::I64 => bits as i64 as f64,
            Element::F32 => f64::from(f32::from_bits(bits as u32)),
            Element::F64 => f64::from_bits(bits),
        })
    }
}

/// How many entries and bytes a shape asks for; `None` if memory cannot address them.
pub(crate) fn extent(shape: &[usize], element: Element) -> Option<(usize, u64)> {
    // Zero-length axes must not hide an overflow from the array constructor, which ignores them too.
    let nonzero = shape.iter().filter(|axis| **axis > 0).try_fold(1usize, |n, axis| n.checked_mul(*axis))?;
    // Eight bytes per entry, whatever the file holds: that is what the array in memory may need.
    isize::try_from(nonzero.checked_mul(8)?).ok()?;
    let entries: usize = shape.iter().product();
    Some((entries, entries as u64 * element.size() as u64))
}

/// Reads exactly the entries of `shape`, then requires the end of the data.
pub(crate) fn read_elements<T: Scalar>(
    reader: &mut impl Read,
    element: Element,
    order: ByteOrder,
    shape: &[usize],
) -> Result<Vec<T>, Shortfall> {
    const CHUNK: usize = 1 << 16;
    let (entries, needed) = extent(shape, element).ok_or(Shortfall::Absurd)?;
    let mut values: Vec<T> = Vec::new();
    let mut chunk = vec![0u8; CHUNK];
    let mut came = 0u64;
    while came < needed {
        let wanted = usize::try_from(needed - came).unwrap_or(CHUNK).min(CHUNK);
        let filled = fill(reader, &mut chunk[..wanted]).map_err(Shortfall::Io)?;
        came += filled as u64;
        if filled < wanted {
            return Err(Shortfall::Truncated(came));
        }
        // Doubling, but never beyond the need: a declared size alone reserves nothing.
        let more = wanted / element.size();
        if values.capacity() - values.len() < more {
            let room = values.len().max(more).min(entries - values.len());
            values.try_reserve_exact(room).map_err(|_| Shortfall::Absurd)?;
        }
        values.extend(
            chunk[..wanted].chunks_exact(element.size()).map(|bytes| element.decode::<T>(order, bytes)),
        );
    }
    // Reading to the end also lets an archive check its checksum.
    match fill(reader, &mut chunk[..1]).map_err(Shortfall::Io)? {
        0 => Ok(values),
        _ => Err(Shortfall::Trailing),
    }
}

/// Fills the buffer as far as there are data.
pub(crate) fn fill(reader: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match reader.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

/// What a [`Shortfall`] means for an array of this type and shape, as a sentence.
pub(crate) fn explain(shortfall: &Shortfall, element: Element, shape: &[usize]) -> String {
    let kind = element.name();
    match shortfall {
        Shortfall::Truncated(came) => {
            let needed = extent(shape, element).map_or(u64::MAX, |(_, bytes)| bytes);
            format!("truncated: shape {shape:?} of {kind} needs {needed} bytes, {came} are there")
        }
        Shortfall::Trailing => format!("has bytes left over after shape {shape:?} of {kind}"),
        Shortfall::Absurd => format!("declares shape {shape:?} of {kind}, more than memory can hold"),
        Shortfall::Io(error) => format!("cannot be read: {error}"),
    }
}
