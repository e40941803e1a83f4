use crate::fisher::Exact;
use crate::linalg::dot;
use crate::operator::LinearOperator;
use crate::optimizer::Minibatch;
use crate::optimizer::keywords::keywords;
use crate::{Result, Scalar};
use ndarray::{Array1, ArrayView1};

/// Which factors of a step the exact quadratic model decides.
///
/// | word | δ |
/// |---|---|
/// | `none` | −η ν U + μ δ' , η and μ given |
/// | `rate` | −η α U + μ δ', α decided |
/// | `both` | η (−α U + μ δ'), α and μ decided |
///
/// U is the preconditioned gradient, δ' the step before, ν the factor of the clip.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Rescaling {
    /// None.
    None,
    /// That of the direction.
    Rate,
    /// Also that of the step before.
    Both,
}

keywords!(Rescaling, "rescaling", { None = "none", Rate = "rate", Both = "both" });

/// The exact quadratic model of the objective on the span of two directions.
///
/// ```text
/// M(δ) = gᵀδ + ½ δᵀ(F + shift I)δ,    δ = w₁ D₁ + w₂ D₂
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct QuadraticModel {
    /// D_iᵀ F D_j: 11, 12, 22.
    curvature: [f64; 3],
    /// D_i · D_j.
    inner: [f64; 3],
    /// D_i · g.
    slope: [f64; 2],
}

impl QuadraticModel {
    /// On −U and the step before; F is the exact Fisher of the batch.
    pub(crate) fn new<T: Scalar>(
        batch: &Minibatch<'_, T>,
        gradient: ArrayView1<'_, f64>,
        direction: ArrayView1<'_, f64>,
        before: ArrayView1<'_, f64>,
    ) -> Result<Self> {
        let fisher = batch.linearization().scores(&Exact)?.implicit()?;
        let image = |v: ArrayView1<'_, f64>| -> Result<Array1<f64>> {
            if v.iter().all(|x| x.abs() <= 0.0) {
                return Ok(Array1::zeros(v.len()));
            }
            // A multiple that the narrower type holds; F is linear.
            let scale = v.iter().fold(0.0f64, |m, x| m.max(x.abs()));
            let image = fisher.apply(v.mapv(|x| T::of(x / scale)).view())?;
            Ok(image.mapv(|x| x.as_f64() * scale))
        };
        let (first, second) = (direction.mapv(|x| -x), before);
        let (f_first, f_second) = (image(first.view())?, image(second)?);
        Ok(QuadraticModel {
            curvature: [
                dot(first.view(), f_first.view()),
                dot(first.view(), f_second.view()),
                dot(second, f_second.view()),
            ],
            inner: [dot(first.view(), first.view()), dot(first.view(), second), dot(second, second)],
            slope: [dot(first.view(), gradient), dot(second, gradient)],
        })
    }

    /// M at w.
    pub(crate) fn value(&self, [x, y]: [f64; 2], shift: f64) -> f64 {
        let [a, b, c] = self.matrix(shift);
        self.slope[0] * x + self.slope[1] * y + 0.5 * (a * x * x + 2.0 * b * x * y + c * y * y)
    }

    /// The w that minimises M; of parallel directions the first serves alone.
    pub(crate) fn minimum(&self, shift: f64) -> [f64; 2] {
        let [a, b, c] = self.matrix(shift);
        let [s, t] = self.slope;
        let determinant = a * c - b * b;
        if determinant > 1e-12 * a * c {
            [(b * t - c * s) / determinant, (b * s - a * t) / determinant]
        } else if a > 0.0 {
            [-s / a, 0.0]
        } else {
            [0.0, if c > 0.0 { -t / c } else { 0.0 }]
        }
    }

    /// The w₁ that minimises M with w₂ given.
    pub(crate) fn minimum_beside(&self, second: f64, shift: f64) -> f64 {
        let [a, b, _] = self.matrix(shift);
        if a > 0.0 { -(self.slope[0] + b * second) / a } else { 0.0 }
    }

    fn matrix(&self, shift: f64) -> [f64; 3] {
        std::array::from_fn(|k| self.curvature[k] + shift * self.inner[k])
    }
}
