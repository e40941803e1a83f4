use super::displaced::Displaced;
use crate::linalg::dot;
use crate::operator::LinearOperator;
use crate::{Linearization, Network, Result, Scalar, check};
use ndarray::{Array2, ArrayView1};

/// What one step along -d does, by a forward pass, beside what second order foretells.
///
/// ```text
/// θ' = θ - t d,    t = √(2κ / dᵀFd)
/// predicted:  KL = κ = ½t²dᵀFd,    decrease = t g·d - ½t²dᵀFd
/// actual:     KL = (1/N) Σ_n KL(p(·|η_n) ‖ p(·|η'_n)),    decrease = loss(θ) - loss(θ')
/// ```
///
/// All directions are judged at the same predicted divergence κ, so their decreases can be compared. The ratio of
/// actual to predicted divergence tends to 1 as κ tends to 0 if F is the Fisher: a check of F that uses none of
/// the code that made it.
///
/// # Units
/// Nats per datum.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct TrialStep {
    /// t.
    pub length: f64,
    /// κ.
    pub predicted_divergence: f64,
    /// The divergence by forward pass.
    pub divergence: f64,
    /// Decrease of the quadratic model, whose curvature is F.
    pub predicted_decrease: f64,
    /// Decrease of the loss by forward pass.
    pub decrease: f64,
}

impl TrialStep {
    /// Steps along -d from `network`, the point at which `lin` was made on the inputs `x`; `None` if F has no
    /// curvature along d, so that no length has the divergence κ.
    ///
    /// # Shapes
    /// `x`: N × D; `exact`: order P; d: P.
    ///
    /// # Errors
    /// [`Error::Shape`](crate::Error::Shape), [`Error::NonFinite`](crate::Error::NonFinite),
    /// [`Error::Setting`](crate::Error::Setting) unless κ > 0 is finite; those of the likelihood at θ'.
    ///
    /// # Cost
    /// One product with F and one forward pass.
    ///
    /// # Example
    /// ```
    /// use natgrad::{Labels, Network, fisher::{Exact, TrialStep}, likelihood::Bernoulli, model::Activation};
    /// use natgrad::ndarray::array;
    /// let network = Network::random(&[2, 3, 1], Activation::Tanh, 7)?;
    /// let x = array![[1.0, 0.5], [-0.5, 1.0], [0.25, -1.5]];
    /// let lin = network.linearize(&Bernoulli, &x, &Labels::new(array![[1.0], [0.0], [1.0]])?)?;
    /// let exact = lin.scores(&Exact)?.dense()?;
    /// let step = TrialStep::measure(&network, &x, &lin, &exact, lin.gradient().view(), 1e-8)?.unwrap();
    /// assert!((step.divergence / 1e-8 - 1.0).abs() < 1e-3);
    /// assert!((step.decrease / step.predicted_decrease - 1.0).abs() < 1e-3);
    /// # Ok::<(), natgrad::Error>(())
    /// ```
    pub fn measure<T: Scalar>(
        network: &Network<T>,
        x: &Array2<T>,
        lin: &Linearization<T>,
        exact: &dyn LinearOperator<T>,
        direction: ArrayView1<'_, T>,
        divergence: f64,
    ) -> Result<Option<Self>> {
        check::vector("direction", lin.dim(), &direction)?;
        check::shape("parameters of the network", &[lin.dim()], &[network.dim()])?;
        let holds = divergence > 0.0 && divergence.is_finite();
        check::setting("divergence", divergence, holds, "positive and finite")?;
        let curvature = dot(direction, exact.apply(direction)?.view()).as_f64();
        let length = (2.0 * divergence / curvature).sqrt();
        if !length.is_finite() {
            return Ok(None);
        }
        let there = Displaced::by(network, x, lin, direction, -length)?;
        let mut loss = 0.0;
        for (n, (before, after)) in lin.eta().outer_iter().zip(there.eta.outer_iter()).enumerate() {
            // Differences datum by datum: the mean losses themselves would cancel.
            let y = lin.labels().row(n);
            loss += (lin.likelihood().nll(before, y)? - lin.likelihood().nll(after, y)?).as_f64();
        }
        Ok(Some(TrialStep {
            length,
            predicted_divergence: divergence,
            divergence: there.divergence,
            predicted_decrease: length * dot(lin.gradient().view(), direction).as_f64() - divergence,
            decrease: loss / lin.data() as f64,
        }))
    }
}
