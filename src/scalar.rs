//! The one float bound.

use crate::backend::Kernels;
use ndarray::NdFloat;
use num_traits::{FloatConst, FromPrimitive};
use std::iter::Sum;

mod sealed {
    pub trait Sealed {}
    impl Sealed for f32 {}
    impl Sealed for f64 {}
}

/// `f32` or `f64`: the only float bound anyone writes in this crate (sealed).
///
/// Linear algebra reaches the backend through this trait's private supertrait, with concrete types.
///
/// # Example
/// ```
/// use natgrad::Scalar;
/// fn half<T: Scalar>(x: T) -> T { x * T::of(0.5) }
/// assert_eq!(half(3.0f32).as_f64(), 1.5);
/// ```
pub trait Scalar: NdFloat + FromPrimitive + FloatConst + Sum + Default + Kernels + sealed::Sealed {
    /// Name of the type, as NumPy spells it.
    const NAME: &'static str;

    /// The nearest value to `x` (rounds once).
    fn of(x: f64) -> Self;

    /// The value as `f64` (exact).
    fn as_f64(self) -> f64;
}

impl Scalar for f32 {
    const NAME: &'static str = "float32";

    fn of(x: f64) -> Self {
        x as f32
    }

    fn as_f64(self) -> f64 {
        f64::from(self)
    }
}

impl Scalar for f64 {
    const NAME: &'static str = "float64";

    fn of(x: f64) -> Self {
        x
    }

    fn as_f64(self) -> f64 {
        self
    }
}
