use crate::likelihood::logit::{divergence, root_variance, sigmoid, softplus};
use crate::likelihood::{Cell, Support, Univariate};
use crate::{Result, Scalar};

/// C independent yes/no outputs, η_c the logit of yes.
///
/// ```text
/// p = 1/(1 + e^-η),   -log p(y|η) = log(1 + e^η) - yη,   score = y - p,   fisher = hessian = p(1 - p)
/// ```
///
/// # Shapes
/// η: C; label: C values 0 or 1.
///
/// # Numerical notes
/// 1 - p is computed as 1/(1 + e^η), never as a difference; log(1 + e^η) as max(η, 0) + log1p(e^-|η|). Relative
/// accuracy of a few ulp at logits of ±800 and at probabilities of 1e-300.
///
/// # Example
/// ```
/// use natgrad::{Likelihood, likelihood::Bernoulli, ndarray::array};
/// let h = Bernoulli.fisher(array![0.0].view())?;
/// assert_eq!(h, array![[0.25]]);
/// # Ok::<(), natgrad::Error>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Bernoulli;

impl Univariate for Bernoulli {
    fn name(&self) -> String {
        "bernoulli".to_owned()
    }

    fn refuse_parameter<T: Scalar>(&self, _eta: T) -> Option<&'static str> {
        None
    }

    fn refuse_label<T: Scalar>(&self, y: T) -> Option<&'static str> {
        (!(y.is_zero() || y.is_one())).then_some("0 or 1")
    }

    fn nll<T: Scalar>(&self, eta: T, y: T) -> T {
        softplus(if y.is_one() { -eta } else { eta })
    }

    fn score<T: Scalar>(&self, eta: T, y: T) -> T {
        if y.is_one() { sigmoid(-eta) } else { -sigmoid(eta) }
    }

    fn fisher<T: Scalar>(&self, eta: T) -> T {
        sigmoid(eta) * sigmoid(-eta)
    }

    fn root<T: Scalar>(&self, eta: T) -> T {
        root_variance(eta)
    }

    fn hessian<T: Scalar>(&self, eta: T, _y: T) -> T {
        Univariate::fisher(self, eta)
    }

    fn kl<T: Scalar>(&self, eta: T, other: T) -> T {
        divergence(eta, other)
    }

    /// pq(p³ + q³) = pq(1 - 3pq).
    fn fourth_moment<T: Scalar>(&self, eta: T) -> T {
        let (p, q) = (sigmoid(eta), sigmoid(-eta));
        p * q * (p.powi(3) + q.powi(3))
    }

    fn support<T: Scalar>(&self, eta: T) -> Result<Support<T>> {
        Ok(Support::of_output(vec![T::zero(), T::one()], vec![sigmoid(-eta), sigmoid(eta)], 0.0))
    }

    fn cell<T: Scalar>(&self, eta: T, u: f64, _fresh: f64) -> Result<Cell<T>> {
        let eta = eta.as_f64();
        let no = sigmoid(-eta);
        Ok(if u < no {
            Cell { label: T::zero(), below: 0.0, mass: no }
        } else {
            Cell { label: T::one(), below: no, mass: sigmoid(eta) }
        })
    }
}
