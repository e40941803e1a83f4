//! Points, tangent vectors and covectors: types that do not mix.

use ndarray::{Array1, ArrayView1};
use std::ops::{Add, Mul, Neg, Sub};

/// A point of a manifold, in the coordinates that the manifold names; made by
/// [`Manifold::point`](crate::manifold::Manifold::point), which checks it.
#[derive(Debug, Clone, PartialEq)]
pub struct Point(Array1<f64>);

impl Point {
    /// The numbers, unchecked: for those who implement a manifold.
    pub fn unchecked(values: Array1<f64>) -> Self {
        Point(values)
    }

    /// The coordinates.
    pub fn values(&self) -> ArrayView1<'_, f64> {
        self.0.view()
    }

    /// The coordinates, owned.
    pub fn into_inner(self) -> Array1<f64> {
        self.0
    }
}

/// A tangent vector: a velocity ẋ in the coordinates of the point; made by
/// [`Manifold::tangent`](crate::manifold::Manifold::tangent), which checks it, or by
/// [`sharp`](crate::manifold::Manifold::sharp) from a covector.
#[derive(Debug, Clone, PartialEq)]
pub struct Tangent(Array1<f64>);

impl Tangent {
    /// The numbers, unchecked: for those who implement a manifold.
    pub fn unchecked(values: Array1<f64>) -> Self {
        Tangent(values)
    }

    /// The components.
    pub fn values(&self) -> ArrayView1<'_, f64> {
        self.0.view()
    }

    /// The components, owned.
    pub fn into_inner(self) -> Array1<f64> {
        self.0
    }
}

/// A covector: the ordinary partial derivatives ∂f/∂x. It is no direction; only
/// [`sharp`](crate::manifold::Manifold::sharp) makes one of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Cotangent(Array1<f64>);

impl Cotangent {
    /// The partial derivatives, unchecked: the manifold that takes them checks length and finiteness.
    pub fn new(partials: impl Into<Array1<f64>>) -> Self {
        Cotangent(partials.into())
    }

    /// The components.
    pub fn values(&self) -> ArrayView1<'_, f64> {
        self.0.view()
    }

    /// The components, owned.
    pub fn into_inner(self) -> Array1<f64> {
        self.0
    }

    /// ⟨a, v⟩ = Σ aᵢ vᵢ: the derivative of f along v; 0·∞ never arises, for lengths are checked by the manifold.
    pub fn pair(&self, v: &Tangent) -> f64 {
        self.0.iter().zip(&v.0).map(|(a, v)| a * v).sum()
    }
}

impl<const N: usize> From<[f64; N]> for Cotangent {
    fn from(partials: [f64; N]) -> Self {
        Cotangent(Array1::from_iter(partials))
    }
}

/// Tangent spaces are linear; both vectors must have the same base point and length.
macro_rules! linear {
    ($name:ident) => {
        impl Add for &$name {
            type Output = $name;
            /// Entry by entry; vectors of different length are added over the shorter.
            fn add(self, other: &$name) -> $name {
                $name(self.0.iter().zip(&other.0).map(|(a, b)| a + b).collect())
            }
        }
        impl Sub for &$name {
            type Output = $name;
            fn sub(self, other: &$name) -> $name {
                $name(self.0.iter().zip(&other.0).map(|(a, b)| a - b).collect())
            }
        }
        impl Mul<&$name> for f64 {
            type Output = $name;
            fn mul(self, v: &$name) -> $name {
                $name(v.0.mapv(|x| self * x))
            }
        }
        impl Neg for &$name {
            type Output = $name;
            fn neg(self) -> $name {
                $name(self.0.mapv(|x| -x))
            }
        }
    };
}

linear!(Tangent);
linear!(Cotangent);
