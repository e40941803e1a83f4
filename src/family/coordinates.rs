//! The three coordinate systems of an exponential family, as types that do not mix.

use ndarray::{Array1, ArrayView1};

macro_rules! coordinates {
    ($(#[$attribute:meta])* $name:ident) => {
        $(#[$attribute])*
        #[derive(Debug, Clone, PartialEq)]
        pub struct $name(Array1<f64>);

        impl $name {
            /// The numbers, unchecked: the family that takes them checks its domain.
            pub fn new(values: impl Into<Array1<f64>>) -> Self {
                $name(values.into())
            }

            /// The numbers.
            pub fn values(&self) -> ArrayView1<'_, f64> {
                self.0.view()
            }

            /// The numbers, owned.
            pub fn into_inner(self) -> Array1<f64> {
                self.0
            }
        }

        impl From<Array1<f64>> for $name {
            fn from(values: Array1<f64>) -> Self {
                $name(values)
            }
        }

        impl<const N: usize> From<[f64; N]> for $name {
            fn from(values: [f64; N]) -> Self {
                $name(Array1::from_iter(values))
            }
        }

        /// One-dimensional families take a bare number.
        impl From<f64> for $name {
            fn from(value: f64) -> Self {
                $name(Array1::from_elem(1, value))
            }
        }
    };
}

coordinates! {
    /// Source parameters λ: those the family's textbook name uses (a probability, a rate).
    Source
}
coordinates! {
    /// Natural parameters θ of `h(x) exp(⟨θ, T(x)⟩ - ψ(θ))`.
    Natural
}
coordinates! {
    /// Expectation parameters η = E[T(x)] = ∇ψ(θ).
    Expectation
}
