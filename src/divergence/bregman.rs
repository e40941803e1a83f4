use crate::divergence::quadrature::remainder;
use crate::divergence::{Divergence, Jet, Number};
use crate::{Error, Result, check};
use ndarray::ArrayView1;
use std::fmt::Debug;

/// A strictly convex function of a vector, which makes a [`Bregman`] divergence.
pub trait Potential: Debug + Send + Sync {
    /// The function's name.
    fn name(&self) -> String;

    /// F(x) in any arithmetic; NaN or infinite outside its domain.
    fn at<N: Number>(&self, x: &[N]) -> N;
}

/// The Bregman divergence of a declared potential, on any convex domain.
///
/// ```text
/// B_F(x ‖ y) = F(x) - F(y) - ⟨∇F(y), x - y⟩ = ∫₀¹ (1-s) d²F(y + s(x-y))[x-y, x-y] ds
/// ```
///
/// With F = ψ the log-partition function in natural parameters, B_ψ(θ₁‖θ₂) = KL(p₂‖p₁); with its dual φ in expectation parameters,
/// B_φ(η₁‖η₂) = KL(p₁‖p₂). The arguments need not be laws.
///
/// # Errors
/// [`Error::Shape`], [`Error::Empty`], [`Error::NonFinite`] for an argument; [`Error::Domain`] where F has no finite value, or if
/// the result is negative beyond rounding: then F is not convex.
///
/// # Cost
/// Two values of F with three derivatives along one direction; 24 where the arguments are close.
///
/// # Numerical notes
/// The first form, unless it cancels more than two digits: then the integral, by eight and by sixteen Gauss points, if the two agree.
///
/// # Example
/// ```
/// use natgrad::{divergence::{Bregman, Divergence, Number, Potential}, ndarray::array};
///
/// #[derive(Debug)]
/// struct LogPartition; // Bernoulli: ψ(θ) = ln(1 + e^θ)
/// impl Potential for LogPartition {
///     fn name(&self) -> String {
///         "softplus".to_owned()
///     }
///     fn at<N: Number>(&self, x: &[N]) -> N {
///         x.iter().fold(N::from(0.0), |sum, &x| sum + (N::from(1.0) + x.exp()).ln())
///     }
/// }
/// let kl = Bregman(LogPartition).of(array![3f64.ln()].view(), array![0.0].view())?; // KL(½ ‖ ¾)
/// assert!((kl - 0.5 * (4.0f64 / 3.0).ln()).abs() < 1e-15);
/// # Ok::<(), natgrad::Error>(())
/// ```
///
/// # References
/// Bregman 1967, USSR Comput. Math. Math. Phys. 7, 200-217; Banerjee, Merugu, Dhillon & Ghosh 2005, J. Mach. Learn. Res. 6, 1705-1749.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Bregman<P>(
    /// F.
    pub P,
);

impl<P: Potential> Bregman<P> {
    /// F on the chord at y + s(x - y), with its derivatives along the chord.
    fn chord(&self, x: ArrayView1<'_, f64>, y: ArrayView1<'_, f64>, s: f64) -> Jet {
        let point: Vec<Jet> =
            x.iter().zip(&y).map(|(&x, &y)| Jet::variable(y + s * (x - y), [x - y, x - y, 0.0])).collect();
        self.0.at(&point)
    }
}

impl<P: Potential> Divergence for Bregman<P> {
    fn name(&self) -> String {
        format!("Bregman ({})", self.0.name())
    }

    fn of(&self, first: ArrayView1<'_, f64>, second: ArrayView1<'_, f64>) -> Result<f64> {
        check::not_empty("second point", &second)?;
        check::finite("second point", &second)?;
        check::vector("first point", second.len(), &first)?;
        let (end, start) = (self.0.at(first.to_vec().as_slice()), self.chord(first, second, 0.0));
        let size = end.abs() + start.value().abs() + start.first().abs();
        let mut value = end - start.value() - start.first();
        if value.abs() <= 1e-2 * size {
            let second_derivative = |s: f64| self.chord(first, second, s).second();
            let one = remainder(second_derivative);
            // ∫₀¹ (1-s) f = ¼ ∫₀¹ (1-s) f(s/2) + ¼ ∫₀¹ f(s/2) + ¼ ∫₀¹ (1-s) f((1+s)/2), and ∫ f = ∫ (1-s)(f(s) + f(1-s)).
            let two = remainder(|s| {
                let lower = second_derivative(0.5 * s);
                let mirrored = second_derivative(0.5 - 0.5 * s);
                0.25 * (2.0 * lower + mirrored + second_derivative(0.5 + 0.5 * s))
            });
            if (one - two).abs() <= 1e-12 * two.abs() {
                value = two;
            }
        }
        let rounding = 1e-15 * size;
        if !value.is_finite() || value < -rounding {
            let requirement = "finite and at least 0 (both points in the domain of a convex potential)";
            return Err(Error::Domain { quantity: "Bregman divergence", index: 0, value, requirement });
        }
        // Rounding of equal terms, not a value.
        Ok(value.max(0.0))
    }

    fn is_monotone(&self) -> bool {
        false
    }
}
