//! Numbers that carry a derivative, and may be nested: the tests' own differentiation, shared with nothing in `src`.

use std::ops::{Add, Div, Mul, Neg, Sub};

/// What the textbook formulas need of a number.
pub trait Number:
    Copy + Add<Output = Self> + Sub<Output = Self> + Mul<Output = Self> + Div<Output = Self> + Neg<Output = Self>
{
    fn of(value: f64) -> Self;
    fn ln(self) -> Self;
    fn exp(self) -> Self;
    fn sqrt(self) -> Self;
}

impl Number for f64 {
    fn of(value: f64) -> Self {
        value
    }
    fn ln(self) -> Self {
        f64::ln(self)
    }
    fn exp(self) -> Self {
        f64::exp(self)
    }
    fn sqrt(self) -> Self {
        f64::sqrt(self)
    }
}

/// value + slope ε, ε² = 0.
#[derive(Debug, Clone, Copy)]
pub struct Dual<N> {
    pub value: N,
    pub slope: N,
}

impl<N: Number> Add for Dual<N> {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Dual { value: self.value + other.value, slope: self.slope + other.slope }
    }
}

impl<N: Number> Sub for Dual<N> {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Dual { value: self.value - other.value, slope: self.slope - other.slope }
    }
}

impl<N: Number> Mul for Dual<N> {
    type Output = Self;
    fn mul(self, other: Self) -> Self {
        let slope = self.slope * other.value + self.value * other.slope;
        Dual { value: self.value * other.value, slope }
    }
}

impl<N: Number> Div for Dual<N> {
    type Output = Self;
    fn div(self, other: Self) -> Self {
        let value = self.value / other.value;
        Dual { value, slope: (self.slope - value * other.slope) / other.value }
    }
}

impl<N: Number> Neg for Dual<N> {
    type Output = Self;
    fn neg(self) -> Self {
        Dual { value: -self.value, slope: -self.slope }
    }
}

impl<N: Number> Number for Dual<N> {
    fn of(value: f64) -> Self {
        Dual { value: N::of(value), slope: N::of(0.0) }
    }
    fn ln(self) -> Self {
        Dual { value: self.value.ln(), slope: self.slope / self.value }
    }
    fn exp(self) -> Self {
        let value = self.value.exp();
        Dual { value, slope: self.slope * value }
    }
    fn sqrt(self) -> Self {
        let value = self.value.sqrt();
        Dual { value, slope: self.slope / (N::of(2.0) * value) }
    }
}

/// x with a slope in direction i.
fn seeded<N: Number>(x: &[N], i: usize) -> Vec<Dual<N>> {
    let slope = |k: usize| N::of(if k == i { 1.0 } else { 0.0 });
    x.iter().enumerate().map(|(k, &value)| Dual { value, slope: slope(k) }).collect()
}

/// ∇f(x).
pub fn gradient(x: &[f64], f: impl Fn(&[Dual<f64>]) -> Dual<f64>) -> Vec<f64> {
    (0..x.len()).map(|i| f(&seeded(x, i)).slope).collect()
}

/// ∇²f(x), row-major.
pub fn hessian(x: &[f64], f: impl Fn(&[Dual<Dual<f64>>]) -> Dual<Dual<f64>>) -> Vec<f64> {
    let mut entries = Vec::new();
    for i in 0..x.len() {
        for j in 0..x.len() {
            entries.push(f(&seeded(&seeded(x, j), i)).slope.slope);
        }
    }
    entries
}

/// ∂f_i/∂x_j, row-major.
pub fn jacobian(x: &[f64], f: impl Fn(&[Dual<f64>]) -> Vec<Dual<f64>>) -> Vec<f64> {
    let columns: Vec<Vec<f64>> =
        (0..x.len()).map(|j| f(&seeded(x, j)).iter().map(|y| y.slope).collect()).collect();
    (0..x.len()).flat_map(|i| columns.iter().map(move |column| column[i]).collect::<Vec<f64>>()).collect()
}

#[test]
fn second_derivatives_of_a_known_function() {
    // x² ln y at (3, 2): xx 2 ln 2, xy 2·3/2, yy -9/4.
    let h = hessian(&[3.0, 2.0], |x| x[0] * x[0] * x[1].ln());
    crate::support::close::all_close(&h, &[2.0 * 2f64.ln(), 3.0, 3.0, -2.25], 1e-15);
}
