use super::natural_gradient::advance;
use crate::operator::LinearOperator;
use crate::optimizer::keywords::keywords;
use crate::optimizer::options::limit;
use crate::optimizer::settings::{ModelSettings, Settings};
use crate::optimizer::{FisherType, Method, Minibatch, State, checked_learning_rate};
use crate::solver::{Auto, ConjugateGradient, Damping, Solver};
use crate::{ParameterLayout, Result, Scalar, check};
use ndarray::Array1;
use serde::{Deserialize, Serialize};

/// Which view of the Fisher [`NaturalDescent`] inverts, and how.
///
/// | word | F | solved by |
/// |---|---|---|
/// | `implicit` | products only | [`ConjugateGradient`], truncated |
/// | `dense` | the matrix | [`Auto`]: Cholesky, eigenvectors where that fails |
/// | `block`, `unit-block` | the blocks of layers, of units | [`Auto`]: Cholesky per block |
/// | `quasi-diagonal` | the diagonal, and every bias with its weights | [`Auto`], exactly |
/// | `diagonal` | the diagonal | [`Auto`]: a division |
/// | `kfac`, `ekfac` | Kronecker factors, their eigenbasis | [`Auto`]: eigenvectors of the factors |
/// | `dual` | the Gram matrix of the scores | [`Auto`]: Woodbury; at damping 0 the solution of least norm |
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NaturalMatrix {
    /// Products only.
    Implicit,
    /// The matrix.
    Dense,
    /// Blocks of layers.
    Block,
    /// Blocks of units.
    UnitBlock,
    /// Diagonal, and every bias with its weights.
    QuasiDiagonal,
    /// The diagonal.
    Diagonal,
    /// Kronecker factors.
    Kfac,
    /// Free eigenvalues in the basis of Kronecker factors.
    Ekfac,
    /// The Gram matrix.
    Dual,
}

keywords!(NaturalMatrix, "matrix", {
    Implicit = "implicit",
    Dense = "dense",
    Block = "block",
    UnitBlock = "unit-block",
    QuasiDiagonal = "quasi-diagonal",
    Diagonal = "diagonal",
    Kfac = "kfac",
    Ekfac = "ekfac",
    Dual = "dual",
});

/// Natural-gradient descent, a method to train with: the Fisher of every batch anew, no memory but the number of steps.
///
/// ```text
/// d_t = (F_t + λ I)⁻¹ g_t,    η_t = min(η, √(2κ / d_tᵀ F_t d_t)),    θ_t = θ_(t−1) − η_t d_t
/// ```
///
/// | symbol | option | default |
/// |---|---|---|
/// | η | `learning_rate` | 0.5 |
/// | λ | `damping` | 0.01 |
/// | κ, nats per datum | `divergence_limit` | 0.05; `inf` is off |
/// | which Fisher | `fisher` | exact |
/// | which view of it | `matrix` | implicit |
/// | relative residual | `tolerance`, of `implicit` | 1e-3 |
/// | iterations at most | `max_iterations`, of `implicit` | 30 |
/// | seed of draws | `seed` | 0 |
///
/// The draws of a Monte Carlo Fisher differ from step to step. With `matrix = "dual"` and `damping = 0` the direction is F⁺ g. The
/// curvature of the limit is that of the view. `fisher = "forward-only"` has no view but `kfac`.
///
/// # Errors
/// Of a step: those of the view and of the solver. Conjugate gradients that stop at `max_iterations` are no error: the method is
/// then that of a truncated solve.
///
/// # Cost
/// Per step one estimate, one view, one solve: see [`fisher`](crate::fisher) and [`solver`](crate::solver). No state.
///
/// # Example
/// ```
/// use natgrad::{Labels, Network, likelihood::{Gaussian, Likelihood}, model::Activation, ndarray::array};
/// use natgrad::optimizer::{Minibatch, ModelSettings, NaturalDescent, NaturalMatrix};
/// use std::sync::Arc;
/// let network = Network::random(&[1, 1], Activation::Tanh, 0)?.with_parameters(array![0.0, 0.0].view())?;
/// let likelihood: Arc<dyn Likelihood<f64>> = Arc::new(Gaussian::with_variance(1.0)?);
/// let (x, y) = (array![[2.0]], Labels::new(array![[5.0]])?);
/// let (learning_rate, damping, divergence_limit) = (1.0, 0.0, f64::INFINITY);
/// let least = NaturalDescent { learning_rate, damping, divergence_limit, matrix: NaturalMatrix::Dual, ..NaturalDescent::default() };
/// let mut theta = network.parameters();
/// let batch = Minibatch::new(&network, &likelihood, &x, &y, &[0])?;
/// least.method(network.layout().clone())?.step(&mut theta, &batch)?;
/// assert!((theta[0] - 2.0).abs() < 1e-14 && (theta[1] - 1.0).abs() < 1e-14);   // of all 2w + b = 5 the shortest
/// # Ok::<(), natgrad::Error>(())
/// ```
///
/// # Checked by
/// `optimizer::natural_descent::every_matrix_is_a_solve_with_a_dense_one`,
/// `optimizer::natural_descent::draws_differ_from_step_to_step`
///
/// # References
/// Amari 1998, Neural Computation 10(2), 251-276. `dual`: see [`Woodbury`](crate::solver::Woodbury).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NaturalDescent {
    /// η at most.
    #[serde(rename = "lr")]
    pub learning_rate: f64,
    /// λ in F + λI.
    pub damping: f64,
    /// κ, nats per datum.
    #[serde(deserialize_with = "limit")]
    pub divergence_limit: f64,
    /// Which Fisher.
    pub fisher: FisherType,
    /// Which view of it.
    pub matrix: NaturalMatrix,
    /// The relative residual at which conjugate gradients stop.
    pub tolerance: f64,
    /// Their iterations at most.
    pub max_iterations: usize,
    /// Seed of the draws.
    pub seed: u64,
}

impl Default for NaturalDescent {
    fn default() -> Self {
        NaturalDescent {
            learning_rate: 0.5,
            damping: 0.01,
            divergence_limit: 0.05,
            fisher: FisherType::Exact,
            matrix: NaturalMatrix::Implicit,
            tolerance: 1e-3,
            max_iterations: 30,
            seed: 0,
        }
    }
}

impl Settings for NaturalDescent {
    const NAME: &'static str = "natural-gradient";

    fn learning_rate(&self) -> f64 {
        self.learning_rate
    }

    fn with_learning_rate(self, learning_rate: f64) -> Self {
        NaturalDescent { learning_rate, ..self }
    }

    fn with_seed(self, seed: u64) -> Self {
        NaturalDescent { seed, ..self }
    }
}

impl ModelSettings for NaturalDescent {
    const NEEDS: &'static str = "the model and the data at every step, for the Fisher";

    fn method<T: Scalar>(&self, layout: ParameterLayout) -> Result<Box<dyn Method<T>>> {
        let NaturalDescent { damping, divergence_limit, tolerance, .. } = *self;
        checked_learning_rate(self.learning_rate)?;
        check::damping(damping)?;
        check::setting("divergence_limit", divergence_limit, divergence_limit >= 0.0, "at least 0")?;
        check::below_one("tolerance", tolerance)?;
        check::at_least_one("max_iterations", self.max_iterations as u64)?;
        Ok(Box::new(Descent { settings: *self, layout, steps: 0 }))
    }
}

/// [`NaturalDescent`] that counts its steps.
#[derive(Debug, Clone)]
struct Descent {
    settings: NaturalDescent,
    layout: ParameterLayout,
    steps: u64,
}

impl Descent {
    fn go<T, F, S>(
        &self,
        theta: &mut Array1<T>,
        batch: &Minibatch<'_, T>,
        fisher: &F,
        solver: &S,
    ) -> Result<()>
    where
        T: Scalar,
        F: LinearOperator<T>,
        S: Solver<T, F>,
    {
        let NaturalDescent { learning_rate, divergence_limit, .. } = self.settings;
        advance(theta, fisher, solver, batch.gradient().view(), learning_rate, divergence_limit).map(|_| ())
    }
}

impl<T: Scalar> Method<T> for Descent {
    fn step(&mut self, theta: &mut Array1<T>, batch: &Minibatch<'_, T>) -> Result<()> {
        self.layout.check("theta", theta.len())?;
        let NaturalDescent { damping, fisher, matrix, tolerance, max_iterations, seed, .. } = self.settings;
        let (lin, step) = (batch.linearization(), self.steps + 1);
        let damping = Damping::Exact(damping);
        if (fisher, matrix) == (FisherType::ForwardOnly, NaturalMatrix::Kfac) {
            let factors = fisher.kronecker(lin, seed, step)?;
            self.go(theta, batch, &factors, &Auto { damping })?;
        } else {
            let scores = lin.scores(fisher.estimator(seed, step).as_ref())?;
            let auto = Auto { damping };
            match matrix {
                NaturalMatrix::Implicit => {
                    let solver = ConjugateGradient { damping, tolerance, max_iterations };
                    self.go(theta, batch, &scores.implicit()?, &solver)
                }
                NaturalMatrix::Dense => self.go(theta, batch, &scores.dense()?, &auto),
                NaturalMatrix::Block => self.go(theta, batch, &scores.blocks()?, &auto),
                NaturalMatrix::UnitBlock => self.go(theta, batch, &scores.unit_blocks()?, &auto),
                NaturalMatrix::QuasiDiagonal => self.go(theta, batch, &scores.quasi_diagonal()?, &auto),
                NaturalMatrix::Diagonal => self.go(theta, batch, &scores.diagonal()?, &auto),
                NaturalMatrix::Kfac => self.go(theta, batch, &scores.kfac()?, &auto),
                NaturalMatrix::Ekfac => self.go(theta, batch, &scores.ekfac()?, &auto),
                NaturalMatrix::Dual => self.go(theta, batch, &scores.gram()?, &auto),
            }?;
        }
        self.steps = step;
        Ok(())
    }

    fn steps(&self) -> u64 {
        self.steps
    }

    fn learning_rate(&self) -> T {
        T::of(self.settings.learning_rate)
    }

    fn set_learning_rate(&mut self, learning_rate: T) -> Result<()> {
        self.settings.learning_rate = checked_learning_rate(learning_rate.as_f64())?;
        Ok(())
    }

    fn state(&self) -> State {
        State::new(self.steps)
    }

    fn restore(&mut self, state: &State) -> Result<()> {
        state.reader().finish()?;
        self.steps = state.steps();
        Ok(())
    }
}
