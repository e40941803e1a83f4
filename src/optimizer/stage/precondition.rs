use super::Epsilon;
use crate::{Result, Scalar, check};

/// Divides by a power of the diagonal Fisher: a covector becomes a direction.
///
/// ```text
/// x ↦ x / ((B f)^p + ε),    x / 0 := 0,    B = 1 unless said otherwise
/// ```
///
/// p = ½ gives the components of the natural gradient in the orthonormal frame of the metric, p = 1 those in
/// coordinates. p = ½ is invariant to the scale of the loss, p = 1 to the scale of each parameter; no p gives both.
///
/// # Numerical notes
/// Where f = 0 and ε = 0 the diagonal is inverted as a pseudo-inverse: a coordinate that has shown no information
/// moves neither by its gradient (0/0) nor by a decay that passes through here. p = ½, 1 and 0 take no `powf`, B = 1
/// no multiplication.
///
/// # References
/// Hwang 2024 (arXiv 2405.12807), Algorithm 1; Amari 1998.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Preconditioner {
    power: f64,
    epsilon: Epsilon,
    data: f64,
}

impl Preconditioner {
    /// The power p with its ε.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) unless 0 ≤ p ≤ 1.
    pub fn new(power: f64, epsilon: Epsilon) -> Result<Self> {
        check::setting("p", power, (0.0..=1.0).contains(&power), "between 0 and 1")?;
        Ok(Preconditioner { power, epsilon, data: 1.0 })
    }

    /// The same for gradients that are means over B data: E[B g gᵀ], not E[g gᵀ], is an empirical Fisher near a
    /// minimum, where the data's own gradients average to 0.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) unless B is finite and positive.
    pub fn of_means_over(self, data: f64) -> Result<Self> {
        check::setting("batch", data, data.is_finite() && data > 0.0, "finite and positive")?;
        Ok(Preconditioner { data, ..self })
    }

    /// p.
    pub fn power(&self) -> f64 {
        self.power
    }

    /// The ε stage.
    pub fn epsilon(&self) -> &Epsilon {
        &self.epsilon
    }

    /// The ε term for a gradient with root mean square r.
    pub(crate) fn epsilon_term<T: Scalar>(&self, r: f64) -> T {
        T::of(self.epsilon.term(r, self.power))
    }

    /// (B f / divisor)^p + ε.
    pub(crate) fn denominators<T: Scalar>(&self, f: &[T], divisor: Option<T>, epsilon: T, out: &mut [T]) {
        match divisor {
            Some(divisor) => out.iter_mut().zip(f).for_each(|(d, &f)| *d = f / divisor),
            None => out.copy_from_slice(f),
        }
        if self.data.to_bits() != 1.0f64.to_bits() {
            let data = T::of(self.data);
            out.iter_mut().for_each(|d| *d *= data);
        }
        if self.is(0.5) {
            out.iter_mut().for_each(|d| *d = d.sqrt() + epsilon);
        } else if self.is(1.0) {
            out.iter_mut().for_each(|d| *d += epsilon);
        } else if self.is(0.0) {
            out.fill(T::one() + epsilon);
        } else {
            let power = T::of(self.power);
            out.iter_mut().for_each(|d| *d = d.powf(power) + epsilon);
        }
    }

    fn is(&self, power: f64) -> bool {
        self.power.to_bits() == power.to_bits()
    }

    /// x / denominator, with x / 0 := 0.
    pub(crate) fn divide<T: Scalar>(x: &[T], denominators: &[T], out: &mut [T]) {
        for ((out, &x), &d) in out.iter_mut().zip(x).zip(denominators) {
            *out = if d.is_zero() { T::zero() } else { x / d };
        }
    }

    /// As [`divide`](Self::divide), in place.
    pub(crate) fn divide_assign<T: Scalar>(x: &mut [T], denominators: &[T]) {
        for (x, &d) in x.iter_mut().zip(denominators) {
            *x = if d.is_zero() { T::zero() } else { *x / d };
        }
    }
}
