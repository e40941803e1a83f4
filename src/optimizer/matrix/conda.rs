use crate::linalg::{product, singular_basis};
use crate::optimizer::keywords::keywords;
use crate::optimizer::settings::{GradientSettings, Settings};
use crate::optimizer::stage::{AdamTensor, EpsilonPlacement, Moments, is_due, named};
use crate::optimizer::{Optimizer, PerTensor, State, StateReader, TensorRule, Tick};
use crate::{Error, ParameterLayout, Result, Scalar, check};
use ndarray::{Array1, Array2, ArrayView2, Zip};
use serde::{Deserialize, Serialize};

/// From where the steps between two refreshes are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RefreshCount {
    /// From 0: refreshes at t = 1, T + 1, 2T + 1, … (the official code).
    #[default]
    ZeroBased,
    /// From 1: refreshes at t = 1, T, 2T, … (`pytorch_optimizer`).
    OneBased,
}

keywords!(RefreshCount, "refresh count", { ZeroBased = "zero-based", OneBased = "one-based" });

/// Conda: Adam in the singular basis of the momentum, hence a step normalised by column.
///
/// For every matrix of parameters, m × n, with B the singular vectors of M on the shorter side, all of them:
/// ```text
/// M_t = β₁ M_(t−1) + (1 − β₁) G_t                   B ← singular vectors of M_t, every T steps
/// v_t = β₂ v_(t−1) + (1 − β₂) (G_t B)²              m < n: Bᵀ G_t
/// D_t = √(1 − β₂^t)/(1 − β₁^t) · (M_t B / (√v_t + ε)) Bᵀ
/// θ_t = (θ_(t−1) − η c D_t) (1 − η λ)
/// ```
/// All other tensors take the step of [`Adam`](crate::optimizer::Adam), with √v + ε and the same decay.
///
/// | symbol | option | default | experiments of the paper |
/// |---|---|---|---|
/// | η | `learning_rate` | 1e-3 | 0.01 (60M), 6e-3 (GPT-2 125M) |
/// | β₁, β₂ | `beta1`, `beta2` | 0.9, 0.999 | 0.9, 0.99 |
/// | ε | `epsilon` | 1e-8 | |
/// | T | `interval` | 2000 | |
/// | c | `scale` | 1 | 0.25 |
/// | λ | `weight_decay` | 0 | 0, 0.01 |
/// | (1 − βᵗ) | `bias_correction` | true | |
/// | t = 1, T + 1, … or 1, T, 2T, … | `refresh_count` | zero-based | |
///
/// Presets: `llama-60m` and `gpt2-125m`, the settings of the official scripts, without their schedule and their clip.
///
/// The basis is square: nothing is projected away, unlike in GaLore. v is not rotated when B changes, so that it then belongs to other
/// directions: column k of the old basis and of the new share their v because both are the k-th by size. Where M has
/// less than full rank, the vectors of the singular value 0 are any; a batch smaller than the shorter side leaves them so at
/// t = 1.
///
/// # Shapes
/// Tensors of exactly two axes; others, of more axes too, take Adam, as in both codes.
///
/// # Errors
/// [`Error::NotConverged`](crate::Error::NotConverged) if the singular vectors fail.
///
/// # Cost
/// With r ≤ R the sides of the matrix: 6Rr² flops per step, and about 9r³ + 16Rr² every T steps. State: M, v and r² for the basis.
///
/// # Numerical notes
/// The singular vectors are those of M itself, in f64, not of its Gram matrix; both codes take them in single precision. The signs of
/// the vectors do not matter, their order does, and two singular values that cross between refreshes change it. With ε = 0 a
/// direction in which M has nothing but rounding takes a full step of rounding's sign.
///
/// # Example
/// ```
/// use natgrad::{ParameterLayout, ndarray::array, optimizer::{Conda, Optimizer}};
/// let settings = Conda { learning_rate: 0.1, epsilon: 0.0, ..Conda::default() };
/// let mut conda = settings.build::<f64>(ParameterLayout::new([("w", vec![2, 2])])?)?;
/// let mut theta = array![0.0, 0.0, 0.0, 0.0];
/// // G = 5 · (0.6, 0.8)ᵀ(1, 0) + (−0.8, 0.6)ᵀ(0, 1): its right vectors are the axes, and the step is the sign of G.
/// conda.step(&mut theta, array![3.0, -0.8, 4.0, 0.6].view())?;
/// assert!((theta - array![-0.1, 0.1, -0.1, -0.1]).iter().all(|off: &f64| off.abs() < 1e-14));
/// # Ok::<(), natgrad::Error>(())
/// ```
///
/// # Checked by
/// `optimizer::conda::pytorch_optimizer`, `optimizer::conda::the_recurrence_written_out`.
///
/// # References
/// Wang et al. 2025 (arXiv 2509.24218), algorithm 1; the code `jie040109/Conda` at 449af71; `kozistr/pytorch_optimizer` 4.1.0, whose
/// default scale is 1 too.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Conda {
    /// η.
    #[serde(rename = "lr")]
    pub learning_rate: f64,
    /// β₁.
    pub beta1: f64,
    /// β₂.
    pub beta2: f64,
    /// ε.
    pub epsilon: f64,
    /// T.
    pub interval: u64,
    /// c.
    pub scale: f64,
    /// λ.
    pub weight_decay: f64,
    /// Whether both averages are corrected.
    pub bias_correction: bool,
    /// When the basis is computed anew.
    pub refresh_count: RefreshCount,
}

impl Default for Conda {
    fn default() -> Self {
        Conda {
            learning_rate: 1e-3,
            beta1: 0.9,
            beta2: 0.999,
            epsilon: 1e-8,
            interval: 2000,
            scale: 1.0,
            weight_decay: 0.0,
            bias_correction: true,
            refresh_count: RefreshCount::ZeroBased,
        }
    }
}

impl Settings for Conda {
    const NAME: &'static str = "conda";
    const PRESETS: &'static [&'static str] = &["llama-60m", "gpt2-125m"];

    fn learning_rate(&self) -> f64 {
        self.learning_rate
    }

    fn with_learning_rate(self, learning_rate: f64) -> Self {
        Conda { learning_rate, ..self }
    }

    fn preset(name: &str) -> Result<Self> {
        let llama = Conda { learning_rate: 0.01, beta2: 0.99, scale: 0.25, ..Conda::default() };
        let gpt2 = Conda { learning_rate: 6e-3, weight_decay: 0.01, ..llama };
        named("preset of conda", name, &[("llama-60m", llama), ("gpt2-125m", gpt2)])
    }
}

impl GradientSettings for Conda {
    fn optimizer<T: Scalar>(&self, layout: ParameterLayout) -> Result<Box<dyn Optimizer<T>>> {
        Ok(Box::new(self.build(layout)?))
    }
}

impl Conda {
    /// The optimizer for a layout, at t = 0.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) for the first setting outside its domain.
    pub fn build<T: Scalar>(&self, layout: ParameterLayout) -> Result<PerTensor<T, CondaRule<T>>> {
        check::at_least_zero("scale", self.scale)?;
        check::at_least_zero("weight_decay", self.weight_decay)?;
        let every = self.interval;
        check::at_least_one("interval", every)?;
        let moments = Moments::new(self.beta1, self.beta2, self.epsilon, EpsilonPlacement::Pytorch)?
            .with_correction(self.bias_correction);
        PerTensor::new(layout, self.learning_rate, |_, shape| {
            let body = match *shape {
                [rows, columns] if rows * columns > 0 => {
                    Body::Matrix(Matrix::new(*self, moments, rows, columns))
                }
                _ => Body::Adam(AdamTensor::new(moments, shape.iter().product())),
            };
            Ok(CondaRule { weight_decay: self.weight_decay, body })
        })
    }

    fn refreshes(&self, step: u64) -> bool {
        match self.refresh_count {
            RefreshCount::ZeroBased => is_due(step, self.interval),
            RefreshCount::OneBased => step == 1 || step.is_multiple_of(self.interval),
        }
    }
}

/// [`Conda`] on one tensor.
#[derive(Debug, Clone)]
pub struct CondaRule<T> {
    weight_decay: f64,
    body: Body<T>,
}

#[derive(Debug, Clone)]
enum Body<T> {
    Matrix(Matrix<T>),
    Adam(AdamTensor<T>),
}

#[derive(Debug, Clone)]
struct Matrix<T> {
    settings: Conda,
    moments: Moments,
    momentum: Array2<T>,
    /// By entry of the matrix in its basis.
    second_moment: Array2<T>,
    /// B, orthogonal, of the order of the shorter side.
    basis: Array2<T>,
}

impl<T: Scalar> Matrix<T> {
    fn new(settings: Conda, moments: Moments, rows: usize, columns: usize) -> Self {
        let zeros = Array2::zeros((rows, columns));
        let basis = Array2::eye(rows.min(columns));
        Matrix { settings, moments, momentum: zeros.clone(), second_moment: zeros, basis }
    }

    fn tall(&self) -> bool {
        self.momentum.nrows() >= self.momentum.ncols()
    }

    /// X B or Bᵀ X.
    fn in_basis(&self, x: ArrayView2<'_, T>) -> Array2<T> {
        if self.tall() { product(x, self.basis.view()) } else { product(self.basis.t(), x) }
    }

    /// X Bᵀ or B X.
    fn out_of_basis(&self, x: ArrayView2<'_, T>) -> Array2<T> {
        if self.tall() { product(x, self.basis.t()) } else { product(self.basis.view(), x) }
    }

    fn advance(
        &self,
        next: &mut Self,
        tick: Tick<T>,
        theta: &[T],
        gradient: &[T],
        updated: &mut [T],
    ) -> Result<()> {
        let clock = self.moments.at(tick.step);
        let gradient = Array1::from(gradient.to_vec()).into_shape_with_order(self.momentum.dim());
        let gradient = gradient.map_err(|_| Error::Shape {
            quantity: "gradient of a matrix",
            expected: self.momentum.shape().to_vec(),
            found: vec![theta.len()],
        })?;
        Zip::from(&mut next.momentum)
            .and(&self.momentum)
            .and(&gradient)
            .for_each(|next, &m, &g| *next = clock.first(m, g));
        if self.settings.refreshes(tick.step) {
            let momentum = if self.tall() { next.momentum.view() } else { next.momentum.t() };
            next.basis = singular_basis(momentum)?.vectors.mapv(T::of);
        } else {
            next.basis.assign(&self.basis);
        }
        let rotated = next.in_basis(gradient.view());
        let mut quotient = next.in_basis(next.momentum.view());
        Zip::from(&mut next.second_moment)
            .and(&self.second_moment)
            .and(&rotated)
            .for_each(|next, &v, &g| *next = clock.second(v, g * g));
        Zip::from(&mut quotient)
            .and(&next.second_moment)
            .for_each(|q, &v| *q = clock.quotient(*q, clock.corrected(v)));
        let direction = next.out_of_basis(quotient.view());
        let rate = tick.learning_rate * T::of(self.settings.scale);
        for ((new, &x), &d) in updated.iter_mut().zip(theta).zip(&direction) {
            *new = x - rate * d;
        }
        check::finite("second moment", &next.second_moment)
    }
}

impl<T: Scalar> TensorRule<T> for CondaRule<T> {
    fn advance(
        &self,
        next: &mut Self,
        tick: Tick<T>,
        theta: &[T],
        gradient: &[T],
        updated: &mut [T],
    ) -> Result<()> {
        match (&self.body, &mut next.body) {
            (Body::Matrix(matrix), Body::Matrix(next)) => {
                matrix.advance(next, tick, theta, gradient, updated)?;
            }
            (Body::Adam(adam), Body::Adam(next)) => adam.advance(next, tick, theta, gradient, updated)?,
            _ => {}
        }
        if self.weight_decay > 0.0 {
            let keep = T::one() - tick.learning_rate * T::of(self.weight_decay);
            updated.iter_mut().for_each(|x| *x *= keep);
        }
        Ok(())
    }

    fn save(&self, state: &mut State, name: &dyn Fn(&str) -> String) {
        match &self.body {
            Body::Adam(adam) => adam.save(state, name),
            Body::Matrix(matrix) => {
                state
                    .put(name("momentum"), &matrix.momentum)
                    .put(name("second_moment"), &matrix.second_moment)
                    .put(name("basis"), &matrix.basis);
            }
        }
    }

    fn load(&mut self, reader: &mut StateReader<'_>, name: &dyn Fn(&str) -> String) -> Result<()> {
        match &mut self.body {
            Body::Adam(adam) => adam.load(reader, name),
            Body::Matrix(matrix) => {
                matrix.momentum = reader.array(&name("momentum"), matrix.momentum.shape())?;
                matrix.second_moment =
                    reader.non_negative(&name("second_moment"), matrix.second_moment.shape())?;
                matrix.basis = reader.array(&name("basis"), matrix.basis.shape())?;
                Ok(())
            }
        }
    }
}
