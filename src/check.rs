//! Uniform argument checks (private): the first lines of public functions.

use crate::{Error, Result, Scalar};
use ndarray::{ArrayBase, ArrayView1, Data, Dimension};

/// The array has at least one entry.
pub(crate) fn not_empty<T, S: Data<Elem = T>, D: Dimension>(
    quantity: &'static str,
    array: &ArrayBase<S, D>,
) -> Result<()> {
    if array.is_empty() { Err(Error::Empty { quantity }) } else { Ok(()) }
}

/// Every entry is finite.
pub(crate) fn finite<T: Scalar, S: Data<Elem = T>, D: Dimension>(
    quantity: &'static str,
    array: &ArrayBase<S, D>,
) -> Result<()> {
    if array.as_slice_memory_order().is_some_and(all_finite) {
        return Ok(());
    }
    match array.iter().position(|x| !x.is_finite()) {
        None => Ok(()),
        Some(index) => {
            let value = array.iter().nth(index).map_or(f64::NAN, |x| x.as_f64());
            Err(Error::NonFinite { quantity, index, value })
        }
    }
}

/// Whether every entry is finite; the whole slice is read, so the loop has no branch.
pub(crate) fn all_finite<T: Scalar>(x: &[T]) -> bool {
    x.iter().fold(true, |finite, v| finite & v.is_finite())
}

/// The shape is the expected one.
pub(crate) fn shape(quantity: &'static str, expected: &[usize], found: &[usize]) -> Result<()> {
    if expected == found {
        Ok(())
    } else {
        Err(Error::Shape { quantity, expected: expected.to_vec(), found: found.to_vec() })
    }
}

/// A vector of the expected length with finite entries.
pub(crate) fn vector<T: Scalar>(
    quantity: &'static str,
    length: usize,
    vector: &ArrayView1<'_, T>,
) -> Result<()> {
    shape(quantity, &[length], vector.shape())?;
    finite(quantity, vector)
}

/// A setting satisfies its requirement.
pub(crate) fn setting(
    option: &'static str,
    value: f64,
    holds: bool,
    requirement: &'static str,
) -> Result<()> {
    if holds { Ok(()) } else { Err(Error::Setting { option, value, requirement }) }
}

/// A number that is a size: finite and at least 0.
pub(crate) fn at_least_zero(option: &'static str, value: f64) -> Result<()> {
    setting(option, value, value.is_finite() && value >= 0.0, "finite and at least 0")
}

/// A weight of the past: at least 0 and less than 1.
pub(crate) fn below_one(option: &'static str, value: f64) -> Result<()> {
    setting(option, value, (0.0..1.0).contains(&value), "at least 0 and less than 1")
}

/// A count that may not be 0.
pub(crate) fn at_least_one(option: &'static str, value: u64) -> Result<()> {
    setting(option, value as f64, value >= 1, "at least 1")
}

/// A damping value λ ≥ 0.
pub(crate) fn damping<T: Scalar>(lambda: T) -> Result<()> {
    at_least_zero("damping", lambda.as_f64())
}
