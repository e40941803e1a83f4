use crate::divergence::laws::sum;
use crate::divergence::number::total;
use crate::divergence::{Contrast, Divergence, Number};
use crate::special::deviance;
use crate::{Error, Result};
use ndarray::ArrayView1;

/// The Kullback-Leibler divergence, or relative entropy.
///
/// ```text
/// KL(first ‖ second) = Σ p ln(p/q) = Σ [p ln(p/q) - p + q],   p = first, q = second
/// ```
///
/// # Units
/// Nats.
///
/// # Errors
/// Those of [`Divergence::of`].
///
/// # Numerical notes
/// The second form is summed: its terms are nonnegative and each keeps its digits, so that the sum does too, however close the
/// laws are. Where the two sums of the arguments differ by rounding c, the value includes c²/2, the divergence of the masses.
///
/// # Example
/// ```
/// use natgrad::{divergence::{Divergence, KullbackLeibler}, ndarray::array};
/// let (fair, biased) = (array![0.5, 0.5], array![0.25, 0.75]);
/// let kl = KullbackLeibler.of(fair.view(), biased.view())?;
/// assert!((kl - 0.5 * (4.0f64 / 3.0).ln()).abs() < 1e-16);
/// assert_eq!(KullbackLeibler.of(fair.view(), array![1.0, 0.0].view())?, f64::INFINITY);
/// # Ok::<(), natgrad::Error>(())
/// ```
///
/// # References
/// Kullback & Leibler 1951, Ann. Math. Statist. 22, 79-86.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct KullbackLeibler;

impl Divergence for KullbackLeibler {
    fn name(&self) -> String {
        "Kullback-Leibler".to_owned()
    }

    fn of(&self, first: ArrayView1<'_, f64>, second: ArrayView1<'_, f64>) -> Result<f64> {
        sum(first, second, deviance)
    }
}

impl Contrast for KullbackLeibler {
    fn value<N: Number>(&self, first: &[N], second: &[N]) -> N {
        total(first, second, |p, q| p * (p / q).ln() - p + q)
    }
}

/// A divergence with its arguments exchanged: D*(first ‖ second) = D(second ‖ first).
///
/// The connections that D and D* induce are each other's duals.
///
/// # Example
/// ```
/// use natgrad::{divergence::{Divergence, KullbackLeibler, Swapped}, ndarray::array};
/// let (p, q) = (array![0.5, 0.5], array![0.25, 0.75]);
/// let reverse = Swapped(KullbackLeibler).of(p.view(), q.view())?;
/// assert_eq!(reverse, KullbackLeibler.of(q.view(), p.view())?);
/// # Ok::<(), natgrad::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Swapped<D>(pub D);

impl<D: Divergence> Divergence for Swapped<D> {
    fn name(&self) -> String {
        format!("{} with exchanged arguments", self.0.name())
    }

    fn of(&self, first: ArrayView1<'_, f64>, second: ArrayView1<'_, f64>) -> Result<f64> {
        // An error names the argument as the caller wrote it.
        self.0.of(second, first).map_err(exchange)
    }

    fn is_monotone(&self) -> bool {
        self.0.is_monotone()
    }
}

/// The same error, said of the other argument.
fn exchange(error: Error) -> Error {
    let other = |quantity| match quantity {
        "first law" => "second law",
        "second law" => "first law",
        same => same,
    };
    match error {
        Error::Domain { quantity, index, value, requirement } => {
            Error::Domain { quantity: other(quantity), index, value, requirement }
        }
        Error::NonFinite { quantity, index, value } => {
            Error::NonFinite { quantity: other(quantity), index, value }
        }
        Error::Empty { quantity } => Error::Empty { quantity: other(quantity) },
        same => same,
    }
}

impl<D: Contrast> Contrast for Swapped<D> {
    fn value<N: Number>(&self, first: &[N], second: &[N]) -> N {
        self.0.value(second, first)
    }
}
