use crate::divergence::Number;
use std::ops::{Add, Div, Mul, Neg, Sub};

/// A number with its derivatives along up to three directions: x + x₁ε₁ + … + x₁₂₃ε₁ε₂ε₃ with ε₁² = ε₂² = ε₃² = 0.
///
/// ```text
/// f(x + ε₁u + ε₂v + ε₃w) = f + ε₁ ∂ᵤf + … + ε₁ε₂ ∂ᵤ∂ᵥf + … + ε₁ε₂ε₃ ∂ᵤ∂ᵥ∂_w f
/// ```
///
/// The arithmetic is exact but for rounding: no step is chosen and nothing is differenced. A third derivative costs some 27
/// products for each product of the function.
///
/// # Example
/// ```
/// use natgrad::divergence::{Jet, Number};
/// let x = Jet::variable(2.0, [1.0, 1.0, 1.0]);
/// let cube = x * x * x;
/// assert_eq!((cube.value(), cube.first(), cube.second(), cube.third()), (8.0, 12.0, 12.0, 6.0));
/// ```
///
/// # References
/// Griewank & Walther 2008, Evaluating Derivatives (SIAM), chapter 13.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Jet([f64; 8]);

/// Coefficients: one for every set of directions, at the set as a bit mask.
const ALL: usize = 8;

impl Jet {
    /// The number `value`, moving at the given rates along ε₁, ε₂, ε₃.
    pub fn variable(value: f64, rates: [f64; 3]) -> Self {
        let [first, second, third] = rates;
        Jet([value, first, second, 0.0, third, 0.0, 0.0, 0.0])
    }

    /// The value.
    pub fn value(self) -> f64 {
        self.0[0]
    }

    /// The coefficient of ε₁: the derivative along the first direction.
    pub fn first(self) -> f64 {
        self.0[1]
    }

    /// The coefficient of ε₁ε₂: the mixed second derivative along the first two directions.
    pub fn second(self) -> f64 {
        self.0[3]
    }

    /// The coefficient of ε₁ε₂ε₃: the mixed third derivative.
    pub fn third(self) -> f64 {
        self.0[7]
    }

    /// f of this number, from the derivatives of f at the value.
    fn compose(self, f: f64, f1: f64, f2: f64, f3: f64) -> Self {
        let mut nilpotent = self;
        nilpotent.0[0] = 0.0;
        let square = nilpotent * nilpotent;
        let cube = square * nilpotent;
        let mut result = Jet([0.0; ALL]);
        for (s, entry) in result.0.iter_mut().enumerate() {
            *entry = f1 * nilpotent.0[s] + 0.5 * f2 * square.0[s] + f3 / 6.0 * cube.0[s];
        }
        result.0[0] = f;
        result
    }

    fn zip(self, other: Jet, f: impl Fn(f64, f64) -> f64) -> Jet {
        let mut result = self;
        for (x, y) in result.0.iter_mut().zip(other.0) {
            *x = f(*x, y);
        }
        result
    }
}

impl From<f64> for Jet {
    fn from(value: f64) -> Self {
        Jet::variable(value, [0.0; 3])
    }
}

impl Add for Jet {
    type Output = Jet;
    fn add(self, other: Jet) -> Jet {
        self.zip(other, |x, y| x + y)
    }
}

impl Sub for Jet {
    type Output = Jet;
    fn sub(self, other: Jet) -> Jet {
        self.zip(other, |x, y| x - y)
    }
}

impl Neg for Jet {
    type Output = Jet;
    fn neg(self) -> Jet {
        Jet(self.0.map(|x| -x))
    }
}

impl Mul for Jet {
    type Output = Jet;
    fn mul(self, other: Jet) -> Jet {
        let mut result = [0.0; ALL];
        for (s, entry) in result.iter_mut().enumerate() {
            for a in (0..ALL).filter(|a| a & !s == 0) {
                *entry += self.0[a] * other.0[s & !a];
            }
        }
        Jet(result)
    }
}

impl Div for Jet {
    type Output = Jet;
    fn div(self, other: Jet) -> Jet {
        let r = 1.0 / other.0[0];
        let mut quotient = self * other.compose(r, -r * r, 2.0 * r * r * r, -6.0 * r * r * r * r);
        quotient.0[0] = self.0[0] / other.0[0];
        quotient
    }
}

impl Number for Jet {
    fn ln(self) -> Jet {
        let r = 1.0 / self.0[0];
        self.compose(self.0[0].ln(), r, -r * r, 2.0 * r * r * r)
    }

    fn exp(self) -> Jet {
        let e = self.0[0].exp();
        self.compose(e, e, e, e)
    }

    fn sqrt(self) -> Jet {
        let (x, root) = (self.0[0], self.0[0].sqrt());
        let f1 = 0.5 / root;
        self.compose(root, f1, -0.5 * f1 / x, 0.75 * f1 / (x * x))
    }

    fn powf(self, exponent: f64) -> Jet {
        let (x, c) = (self.0[0], exponent);
        // A vanishing factor decides before 0 · ∞ could arise: x² at 0 has derivatives 0, 2, 0.
        let term = |factor: f64, power: f64| if factor == 0.0 { 0.0 } else { factor * x.powf(power) };
        let (f2, f3) = (c * (c - 1.0), c * (c - 1.0) * (c - 2.0));
        self.compose(x.powf(c), term(c, c - 1.0), term(f2, c - 2.0), term(f3, c - 3.0))
    }
}
