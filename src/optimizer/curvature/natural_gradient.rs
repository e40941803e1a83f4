use crate::fisher::{Estimator, Fisher, Representation};
use crate::linalg::dot;
use crate::operator::LinearOperator;
use crate::solver::{SolveInfo, Solver};
use crate::{Linearization, Result, Scalar, check};
use ndarray::{Array1, ArrayView1};

/// The natural gradient itself: scores, a Fisher of them, a solve, a step.
///
/// ```text
/// d = (F + damping)⁻¹ g,    θ ← θ - η d,    η = min(learning_rate, √(2κ / dᵀFd))
/// ```
///
/// One field per stage. Needs a model, not just a gradient, and so is not an [`Optimizer`](crate::Optimizer): a
/// step takes the [`Linearization`] at θ. With `divergence_limit` κ the step is shortened until its predicted
/// divergence ½η²dᵀFd is at most κ nats per datum; the curvature is dᵀFd of the undamped F.
///
/// # Cost
/// One estimate, one solve, one product.
///
/// # Example
/// ```
/// use natgrad::fisher::{Exact, ImplicitForm};
/// use natgrad::{Labels, Network, likelihood::Bernoulli, model::Activation, ndarray::array};
/// use natgrad::{optimizer::NaturalGradient, solver::ConjugateGradient};
/// let network = Network::random(&[2, 1], Activation::Tanh, 0)?;
/// let x = array![[1.0, 0.5], [-0.5, 1.0], [0.3, -1.5], [2.0, 0.1]];
/// let y = Labels::new(array![[1.0], [0.0], [1.0], [0.0]])?;
/// let method = NaturalGradient {
///     estimator: Exact,
///     representation: ImplicitForm,
///     solver: ConjugateGradient::damped(1e-6),
///     learning_rate: 1.0,
///     divergence_limit: None,
/// };
/// let mut theta = network.parameters();
/// let before = network.loss(&Bernoulli, &x, &y)?;
/// let step = method.step(&mut theta, &network.linearize(&Bernoulli, &x, &y)?)?;
/// assert!(step.info.converged());
/// assert!(network.with_parameters(theta.view())?.loss(&Bernoulli, &x, &y)? < before);
/// # Ok::<(), natgrad::Error>(())
/// ```
///
/// # References
/// Amari 1998, "Natural gradient works efficiently in learning", Neural Computation 10(2), 251-276. The limit on
/// the divergence: Ba, Grosse & Martens 2017, "Distributed second-order optimization using Kronecker-factored
/// approximations", section 5.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NaturalGradient<E, R, S> {
    /// Which scores.
    pub estimator: E,
    /// Which view of them.
    pub representation: R,
    /// How F is inverted, with its damping.
    pub solver: S,
    /// η at most.
    pub learning_rate: f64,
    /// κ, nats per datum.
    pub divergence_limit: Option<f64>,
}

/// What one natural-gradient step did.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct NaturalStep {
    /// η.
    pub learning_rate: f64,
    /// ½η²dᵀFd, nats per datum.
    pub predicted_divergence: f64,
    /// How the direction was found.
    pub info: SolveInfo,
}

impl<E, R, S> NaturalGradient<E, R, S> {
    /// One step: θ ← θ - η d.
    ///
    /// # Shapes
    /// θ: P, the point at which `lin` was made.
    ///
    /// # Errors
    /// Those of estimator, representation and solver; [`Error::Setting`](crate::Error::Setting) for a learning rate
    /// or limit that is negative or not finite; [`Error::NonFinite`](crate::Error::NonFinite) if θ overflows. θ
    /// is then as it was.
    pub fn step<T: Scalar>(&self, theta: &mut Array1<T>, lin: &Linearization<T>) -> Result<NaturalStep>
    where
        E: Estimator<T>,
        R: Representation<T>,
        S: Solver<T, Fisher<R::Operator>>,
    {
        self.step_along(theta, lin, lin.gradient().view())
    }

    /// [`step`](Self::step) with a gradient of its own.
    pub(super) fn step_along<T: Scalar>(
        &self,
        theta: &mut Array1<T>,
        lin: &Linearization<T>,
        gradient: ArrayView1<'_, T>,
    ) -> Result<NaturalStep>
    where
        E: Estimator<T>,
        R: Representation<T>,
        S: Solver<T, Fisher<R::Operator>>,
    {
        lin.layout().check("theta", theta.len())?;
        for (option, value) in
            [("learning_rate", Some(self.learning_rate)), ("divergence_limit", self.divergence_limit)]
        {
            let value = value.unwrap_or(0.0);
            check::at_least_zero(option, value)?;
        }
        let fisher = self.representation.represent(&lin.scores(&self.estimator)?)?;
        let limit = self.divergence_limit.unwrap_or(f64::INFINITY);
        advance(theta, &fisher, &self.solver, gradient, self.learning_rate, limit)
    }
}

/// θ ← θ - η d with d of the solver, and η at most what `limit` allows (∞ is none).
pub(super) fn advance<T, F, S>(
    theta: &mut Array1<T>,
    fisher: &F,
    solver: &S,
    gradient: ArrayView1<'_, T>,
    learning_rate: f64,
    limit: f64,
) -> Result<NaturalStep>
where
    T: Scalar,
    F: LinearOperator<T>,
    S: Solver<T, F>,
{
    let solution = solver.solve(fisher, gradient)?;
    let d = solution.direction;
    let curvature = dot(d.view(), fisher.apply(d.view())?.view()).as_f64();
    let limit = if limit.is_finite() { (2.0 * limit / curvature).sqrt() } else { limit };
    // A direction without curvature has no divergence: 0/0 sets no limit.
    let learning_rate = if limit.is_nan() { learning_rate } else { learning_rate.min(limit) };
    let moved = &*theta - &(d * T::of(learning_rate));
    check::finite("updated theta", &moved)?;
    *theta = moved;
    Ok(NaturalStep {
        learning_rate,
        predicted_divergence: 0.5 * learning_rate * learning_rate * curvature,
        info: solution.info,
    })
}
