use crate::optimizer::keywords::keywords;
use crate::optimizer::settings::{GradientSettings, Settings};
use crate::optimizer::stage::whiten::{newton_schulz, polar_factor};
use crate::optimizer::stage::{AdamTensor, EpsilonPlacement, Moments, Whitening};
use crate::optimizer::{Optimizer, PerTensor, State, StateReader, TensorRule, Tick};
use crate::{Error, ParameterLayout, Result, Scalar, check};
use ndarray::{Array2, ArrayView2, Axis};
use serde::{Deserialize, Serialize};

/// The length of a whitened step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SwanRescaling {
    /// That of the standardised gradient, √(mn) if no row is constant: a root mean square of 1.
    #[default]
    Frobenius,
    /// As whitening leaves it: √rank.
    None,
}

keywords!(SwanRescaling, "rescaling", { Frobenius = "frobenius", None = "none" });

/// SWAN: gradients standardised by row and whitened, without a state.
///
/// For every matrix of parameters, m × n:
/// ```text
/// X_ij = (G_ij − mean_j G_i) / std_j G_i           one row at a time, population standard deviation
/// D = (X Xᵀ)^(-½) X = U Vᵀ                         for X = U Σ Vᵀ, of the rank of X
/// θ' = θ − η (c s D + λ θ)                         s = ‖X‖/‖D‖, or 1
/// ```
/// All other tensors take the step of [`Adam`](crate::optimizer::Adam), with the same decoupled decay.
///
/// | symbol | option | default | other values |
/// |---|---|---|---|
/// | η | `learning_rate` | 1e-3 | |
/// | c | `scale` | 1 | ports: 0.05 |
/// | s | `rescale` | frobenius | none |
/// | (X Xᵀ)^(-½) | `whitening` | exact | newton-schulz |
/// | k | `iterations`, of Newton-Schulz | 10 | ports: 6, 10 |
/// | β | `step`, of Newton-Schulz | 0.5 | ports: 0.5, 0.8 |
/// | λ | `weight_decay` | 0 | |
/// | first and last matrix under Adam | `inner_only` | false | true: ports, for embeddings and heads |
/// | Adam's β₁, β₂, ε | `beta1`, `beta2`, `epsilon` | 0.9, 0.999, 1e-8 | |
///
/// No official code exists, and ports disagree on most numbers; η and c are defaults of this crate, chosen so that the
/// root mean square of a step is η, as in the first step of Adam. Newton-Schulz with β = 0.8, which some ports take, does **not** converge:
/// the singular values of D never settle. It is allowed here so that it can be measured.
///
/// # Shapes
/// A tensor of more than two axes is (first × the rest). A matrix with one column, whose standardised gradient is always 0,
/// takes Adam. Rows of X are orthogonal to (1, …, 1), so that rank X ≤ n − 1: for m ≥ n whitening is that of a singular
/// matrix, and D the partial isometry between the ranges, ‖D‖² = n − 1.
///
/// # Errors
/// [`Error::NotConverged`](crate::Error::NotConverged) if the singular vectors fail. Newton-Schulz that diverges ends in
/// [`Error::NonFinite`](crate::Error::NonFinite).
///
/// # Cost
/// With r ≤ R the sides of the matrix: exact about 9r³ + 16Rr² flops, Newton-Schulz 6kr³ + 4Rr². State: none, but for Adam's tensors.
///
/// # Numerical notes
/// All in f64. A row is constant, and becomes 0, if its deviation is below 8 roundings of its largest entry: its residuals are noise. Exact whitening
/// never squares the condition: singular values count as 0 below 8·R roundings of the greatest.
///
/// # Example
/// ```
/// use natgrad::{ParameterLayout, ndarray::array, optimizer::{Optimizer, Swan, SwanRescaling}};
/// let settings = Swan { learning_rate: 1.0, rescale: SwanRescaling::None, ..Swan::default() };
/// let mut swan = settings.build::<f64>(ParameterLayout::new([("w", vec![2, 4])])?)?;
/// let mut theta = array![0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0];
/// // Standardised: (1, 1, −1, −1) and (1, −1, 1, −1), which are orthogonal and of length 2.
/// swan.step(&mut theta, array![7.0, 7.0, 3.0, 3.0, 0.1, -0.1, 0.1, -0.1].view())?;
/// let expected = array![-0.5, -0.5, 0.5, 0.5, -0.5, 0.5, -0.5, 0.5];
/// assert!((theta - expected).iter().all(|off: &f64| off.abs() < 1e-14));
/// # Ok::<(), natgrad::Error>(())
/// ```
///
/// # Checked by
/// `optimizer::swan::the_recurrence_written_out`, `optimizer::swan::newton_schulz_converges_between_a_third_and_two_thirds`.
///
/// # References
/// Ma, Gong, Scetbon & Meeds 2024 (arXiv 2412.13148), sections 3 and 4; Higham 2008, Functions of Matrices, section 6.7, for the iteration.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Swan {
    /// η.
    #[serde(rename = "lr")]
    pub learning_rate: f64,
    /// c, of matrices.
    pub scale: f64,
    /// s.
    pub rescale: SwanRescaling,
    /// How D is computed.
    pub whitening: Whitening,
    /// k.
    pub iterations: u64,
    /// β of Newton-Schulz.
    pub step: f64,
    /// λ.
    pub weight_decay: f64,
    /// Whether the first and the last matrix take Adam.
    pub inner_only: bool,
    /// β₁ of Adam.
    pub beta1: f64,
    /// β₂ of Adam.
    pub beta2: f64,
    /// ε of Adam.
    pub epsilon: f64,
}

impl Default for Swan {
    fn default() -> Self {
        Swan {
            learning_rate: 1e-3,
            scale: 1.0,
            rescale: SwanRescaling::Frobenius,
            whitening: Whitening::Exact,
            iterations: 10,
            step: 0.5,
            weight_decay: 0.0,
            inner_only: false,
            beta1: 0.9,
            beta2: 0.999,
            epsilon: 1e-8,
        }
    }
}

impl Settings for Swan {
    const NAME: &'static str = "swan";

    fn learning_rate(&self) -> f64 {
        self.learning_rate
    }

    fn with_learning_rate(self, learning_rate: f64) -> Self {
        Swan { learning_rate, ..self }
    }
}

impl GradientSettings for Swan {
    fn optimizer<T: Scalar>(&self, layout: ParameterLayout) -> Result<Box<dyn Optimizer<T>>> {
        Ok(Box::new(self.build(layout)?))
    }
}

impl Swan {
    /// The optimizer for a layout, at t = 0.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) for the first setting outside its domain.
    pub fn build<T: Scalar>(&self, layout: ParameterLayout) -> Result<PerTensor<T, SwanRule<T>>> {
        check::at_least_zero("scale", self.scale)?;
        check::at_least_zero("weight_decay", self.weight_decay)?;
        check::at_least_zero("step", self.step)?;
        let few = self.iterations <= 1000;
        check::setting("iterations", self.iterations as f64, few, "at most 1000")?;
        let moments = Moments::new(self.beta1, self.beta2, self.epsilon, EpsilonPlacement::Tensorflow)?;
        let matrices = layout.tensors().iter().filter(|tensor| sides(tensor.shape()).is_some());
        let names: Vec<String> = matrices.map(|tensor| tensor.name().to_owned()).collect();
        let outer = [names.first().cloned(), names.last().cloned()];
        PerTensor::new(layout, self.learning_rate, |name, shape| {
            let by_adam = self.inner_only && outer.iter().flatten().any(|outer| outer == name);
            let body = match sides(shape) {
                Some(sides) if !by_adam => Body::Matrix(sides),
                _ => Body::Adam(AdamTensor::new(moments, shape.iter().product())),
            };
            Ok(SwanRule { settings: *self, body })
        })
    }

    /// D times its factors.
    fn direction(&self, gradient: ArrayView2<'_, f64>, rounding: f64) -> Result<Array2<f64>> {
        let standard = standardised(gradient, rounding);
        let mut direction = match self.whitening {
            Whitening::Exact => polar_factor(standard.view())?,
            Whitening::NewtonSchulz => newton_schulz(standard.view(), self.iterations, self.step),
        };
        let norm = |x: &Array2<f64>| x.iter().map(|x| x * x).sum::<f64>().sqrt();
        if self.rescale == SwanRescaling::Frobenius {
            let length = norm(&direction);
            direction *= if length > 0.0 { norm(&standard) / length } else { 0.0 };
        }
        Ok(self.scale * direction)
    }
}

/// Rows with mean 0 and variance 1, or 0 where they are constant to within rounding.
fn standardised(gradient: ArrayView2<'_, f64>, rounding: f64) -> Array2<f64> {
    let columns = gradient.ncols() as f64;
    let mut x = gradient.to_owned();
    for mut row in x.axis_iter_mut(Axis(0)) {
        let largest = row.iter().fold(0.0f64, |largest, x| largest.max(x.abs()));
        if largest > 0.0 {
            // Of the size of 1, so that no square overflows.
            row /= largest;
        }
        let mean = row.sum() / columns;
        row -= mean;
        let deviation = (row.iter().map(|x| x * x).sum::<f64>() / columns).sqrt();
        row.mapv_inplace(|x| if deviation <= 8.0 * rounding { 0.0 } else { x / deviation });
    }
    x
}

/// A matrix of at least two columns.
fn sides(shape: &[usize]) -> Option<(usize, usize)> {
    let (rows, columns) = (shape.first().copied()?, shape.get(1..)?.iter().product());
    (shape.len() >= 2 && rows > 0 && columns > 1).then_some((rows, columns))
}

/// [`Swan`] on one tensor.
#[derive(Debug, Clone)]
pub struct SwanRule<T> {
    settings: Swan,
    body: Body<T>,
}

#[derive(Debug, Clone)]
enum Body<T> {
    Matrix((usize, usize)),
    Adam(AdamTensor<T>),
}

impl<T: Scalar> TensorRule<T> for SwanRule<T> {
    fn advance(
        &self,
        next: &mut Self,
        tick: Tick<T>,
        theta: &[T],
        gradient: &[T],
        updated: &mut [T],
    ) -> Result<()> {
        match (&self.body, &mut next.body) {
            (Body::Adam(adam), Body::Adam(next)) => adam.advance(next, tick, theta, gradient, updated)?,
            _ => {
                let Body::Matrix(sides) = self.body else { return Ok(()) };
                let wide: Vec<f64> = gradient.iter().map(|g| g.as_f64()).collect();
                let matrix = ArrayView2::from_shape(sides, &wide).map_err(|_| Error::Shape {
                    quantity: "gradient of a matrix",
                    expected: vec![sides.0, sides.1],
                    found: vec![wide.len()],
                })?;
                let direction = self.settings.direction(matrix, T::epsilon().as_f64())?;
                for ((new, &x), &d) in updated.iter_mut().zip(theta).zip(&direction) {
                    *new = x - tick.learning_rate * T::of(d);
                }
            }
        }
        if self.settings.weight_decay > 0.0 {
            let decay = tick.learning_rate * T::of(self.settings.weight_decay);
            updated.iter_mut().zip(theta).for_each(|(new, &x)| *new -= decay * x);
        }
        Ok(())
    }

    fn save(&self, state: &mut State, name: &dyn Fn(&str) -> String) {
        if let Body::Adam(adam) = &self.body {
            adam.save(state, name);
        }
    }

    fn load(&mut self, reader: &mut StateReader<'_>, name: &dyn Fn(&str) -> String) -> Result<()> {
        match &mut self.body {
            Body::Adam(adam) => adam.load(reader, name),
            Body::Matrix(_) => Ok(()),
        }
    }
}
