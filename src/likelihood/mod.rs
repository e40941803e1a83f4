//! Likelihoods in output space: -log p(y | η) in nats, and everything that follows from it.
//!
//! ```text
//! score  s = ∂ log p(y|η)/∂η        Fisher  H = E[s sᵀ]        root  R Rᵀ = H
//! ```
//!
//! η ∈ R^C is what a model puts out for one datum: the natural parameter. Nothing here knows of weights or
//! layers; `fisher` pulls these vectors back through a model. A likelihood of C independent outputs is
//! written once, for one output, as a [`Univariate`].
//!
//! | likelihood | η is | labels | if unsure |
//! |---|---|---|---|
//! | [`Categorical`] | C logits | one class 0..C | use for one of several classes |
//! | [`Bernoulli`] | C logits | C values 0 or 1 | use for yes/no outputs |
//! | [`Binomial`] | C logits | C counts 0..=n | use for successes in n trials |
//! | [`Poisson`] | C log rates | C counts | use for counts |
//! | [`NegativeBinomial`] | C logits | C counts | use for counts more spread out than Poisson's; not canonical |
//! | [`Geometric`] | C logits | C counts | use for failures before a success; not canonical |
//! | [`Gaussian`] | C means | C real numbers | the contrast case: its variance is explicit |
//!
//! Canonical means that η is the natural parameter of an exponential family: the Hessian of the nll is then the
//! Fisher at every label. Elsewhere only its expectation is.

mod accuracy;
mod bernoulli;
mod binomial;
mod categorical;
mod counts;
mod gaussian;
mod geometric;
mod labels;
mod logit;
mod negative_binomial;
mod poisson;
mod saddle_point;
mod support;
mod univariate;

pub use accuracy::accuracy;
pub use bernoulli::Bernoulli;
pub use binomial::Binomial;
pub use categorical::Categorical;
pub use gaussian::Gaussian;
pub use geometric::Geometric;
pub use labels::Labels;
pub use negative_binomial::NegativeBinomial;
pub use poisson::Poisson;
pub use support::Support;
pub use univariate::{Cell, Univariate};

use crate::{Result, Scalar};
use ndarray::{Array1, Array2, ArrayView1};
use std::fmt::Debug;
use std::sync::Arc;

/// The most labels that [`Likelihood::support`] lists for one datum.
pub const SUPPORT_LIMIT: usize = 1 << 20;

/// A negative log-likelihood -log p(y|η) of one datum, in output space.
///
/// # Shapes
/// `eta`: C; `y`: [`label_width`](Self::label_width) entries.
///
/// # Units
/// Nats; η is dimensionless except for [`Gaussian`], where it has the unit of the label.
///
/// # Errors
/// Every method checks its arguments first: [`Error::Shape`](crate::Error::Shape),
/// [`Error::Empty`](crate::Error::Empty), [`Error::NonFinite`](crate::Error::NonFinite), and
/// [`Error::Domain`](crate::Error::Domain) with index and value for labels or parameters out of range.
///
/// # Laws
/// Checked for every implementation by property tests: E\[s\] = 0; E\[s sᵀ\] = `fisher` = E\[`hessian`\];
/// `root`·`root`ᵀ = `fisher`; `score` = -∂`nll`; `sample` is the inverse of the distribution function, in the
/// order of `support`.
pub trait Likelihood<T: Scalar>: Debug + Send + Sync {
    /// The name the command line uses, with its parameters, for example `gaussian:0.25`.
    fn name(&self) -> String;

    /// The number of entries of a label, given the number of outputs C.
    fn label_width(&self, outputs: usize) -> usize;

    /// That η, and the label if there is one, are in the domain.
    fn check(&self, eta: ArrayView1<'_, T>, y: Option<ArrayView1<'_, T>>) -> Result<()>;

    /// -log p(y|η), with every normalising constant.
    fn nll(&self, eta: ArrayView1<'_, T>, y: ArrayView1<'_, T>) -> Result<T>;

    /// s = ∂ log p(y|η)/∂η: C entries; the gradient of [`nll`](Self::nll) is its negative.
    fn score(&self, eta: ArrayView1<'_, T>, y: ArrayView1<'_, T>) -> Result<Array1<T>>;

    /// H = E\[s sᵀ\] under the model: C × C.
    fn fisher(&self, eta: ArrayView1<'_, T>) -> Result<Array2<T>>;

    /// R with R Rᵀ = H: C × K, K ≤ C.
    fn root(&self, eta: ArrayView1<'_, T>) -> Result<Array2<T>>;

    /// ∂²(-log p(y|η))/∂η²: C × C.
    fn hessian(&self, eta: ArrayView1<'_, T>, y: ArrayView1<'_, T>) -> Result<Array2<T>>;

    /// The Kullback-Leibler divergence KL(p(·|η) ‖ p(·|η')) in nats, without cancellation for small η' - η.
    fn kl(&self, eta: ArrayView1<'_, T>, other: ArrayView1<'_, T>) -> Result<T>;

    /// E\[s_c⁴\] for every output if the outputs are independent given η, so that E\[(sᵀKs)²\] needs no list of
    /// labels; `None` otherwise.
    fn score_fourth_moments(&self, _eta: ArrayView1<'_, T>) -> Result<Option<Array1<T>>> {
        Ok(None)
    }

    /// Every label with its probability, in the order of the inverse distribution function; infinite supports
    /// are cut where the omitted mass, which is reported, no longer matters.
    ///
    /// # Errors
    /// [`Error::TooLarge`](crate::Error::TooLarge) beyond [`SUPPORT_LIMIT`] labels.
    fn support(&self, eta: ArrayView1<'_, T>) -> Result<Support<T>>;

    /// The label at which the joint distribution function passes `u`, 0 < u < 1.
    fn sample(&self, eta: ArrayView1<'_, T>, u: f64) -> Result<Array1<T>>;
}

impl<T: Scalar> Likelihood<T> for Arc<dyn Likelihood<T>> {
    fn name(&self) -> String {
        (**self).name()
    }

    fn label_width(&self, outputs: usize) -> usize {
        (**self).label_width(outputs)
    }

    fn check(&self, eta: ArrayView1<'_, T>, y: Option<ArrayView1<'_, T>>) -> Result<()> {
        (**self).check(eta, y)
    }

    fn nll(&self, eta: ArrayView1<'_, T>, y: ArrayView1<'_, T>) -> Result<T> {
        (**self).nll(eta, y)
    }

    fn score(&self, eta: ArrayView1<'_, T>, y: ArrayView1<'_, T>) -> Result<Array1<T>> {
        (**self).score(eta, y)
    }

    fn fisher(&self, eta: ArrayView1<'_, T>) -> Result<Array2<T>> {
        (**self).fisher(eta)
    }

    fn root(&self, eta: ArrayView1<'_, T>) -> Result<Array2<T>> {
        (**self).root(eta)
    }

    fn hessian(&self, eta: ArrayView1<'_, T>, y: ArrayView1<'_, T>) -> Result<Array2<T>> {
        (**self).hessian(eta, y)
    }

    fn kl(&self, eta: ArrayView1<'_, T>, other: ArrayView1<'_, T>) -> Result<T> {
        (**self).kl(eta, other)
    }

    fn score_fourth_moments(&self, eta: ArrayView1<'_, T>) -> Result<Option<Array1<T>>> {
        (**self).score_fourth_moments(eta)
    }

    fn support(&self, eta: ArrayView1<'_, T>) -> Result<Support<T>> {
        (**self).support(eta)
    }

    fn sample(&self, eta: ArrayView1<'_, T>, u: f64) -> Result<Array1<T>> {
        (**self).sample(eta, u)
    }
}

/// e^x - 1 - x, by its series where the difference would cancel.
fn exp_remainder<T: Scalar>(x: T) -> T {
    if x.abs() > T::of(0.5) {
        return x.exp_m1() - x;
    }
    // x²/2! + x³/3! + … : eighteen terms reach 2⁻⁵³ at ½.
    let (mut term, mut sum) = (x, T::zero());
    for k in 2..20 {
        term *= x / T::of(f64::from(k));
        sum += term;
    }
    sum
}

/// The likelihood that the command line calls `name`: `categorical`, `bernoulli`, `binomial:TRIALS`, `poisson`,
/// `geometric`, `negative-binomial:FAILURES` or `gaussian:VARIANCE`.
///
/// # Errors
/// [`Error::Unknown`](crate::Error::Unknown) for other names, [`Error::Setting`](crate::Error::Setting) for a
/// variance, a number of trials or of failures that is not positive.
///
/// # Example
/// ```
/// let likelihood = natgrad::likelihood::named::<f64>("gaussian:0.25")?;
/// assert_eq!(likelihood.name(), "gaussian:0.25");
/// # Ok::<(), natgrad::Error>(())
/// ```
pub fn named<T: Scalar>(name: &str) -> Result<Arc<dyn Likelihood<T>>> {
    let unknown = || crate::Error::Unknown {
        what: "likelihood",
        name: name.to_owned(),
        known: "categorical, bernoulli, binomial:TRIALS, poisson, geometric, negative-binomial:FAILURES, \
                gaussian:VARIANCE"
            .to_owned(),
    };
    Ok(match name.split_once(':') {
        None if name == "categorical" => Arc::new(Categorical),
        None if name == "bernoulli" => Arc::new(Bernoulli),
        None if name == "poisson" => Arc::new(Poisson),
        None if name == "geometric" => Arc::new(Geometric),
        Some(("binomial", trials)) => {
            Arc::new(Binomial::with_trials(trials.parse().map_err(|_| unknown())?)?)
        }
        Some(("negative-binomial", failures)) => {
            Arc::new(NegativeBinomial::with_failures(failures.parse().map_err(|_| unknown())?)?)
        }
        Some(("gaussian", variance)) => {
            Arc::new(Gaussian::with_variance(variance.parse().map_err(|_| unknown())?)?)
        }
        _ => return Err(unknown()),
    })
}
