use super::{Simplex, kernel};
use crate::family::{Natural, Source};
use crate::manifold::{Manifold, Point, Tangent};
use crate::special::log_sum_exp;
use crate::{Result, check};
use ndarray::{Array1, Array2, ArrayView1};
use std::fmt::Debug;

/// Coordinates of the simplex other than p itself, with the metric in them.
///
/// ```text
/// chart      coordinates      G/N                     N G⁻¹                  det(G/N)
/// drop-last  xᵢ = pᵢ, i ≤ n    diag(1/x) + 11ᵀ/pₙ₊₁    diag(x) - xxᵀ          Π 1/pᵢ
/// natural    θᵢ = ln(pᵢ/pₙ₊₁)  diag(x) - xxᵀ           diag(1/x) + 11ᵀ/pₙ₊₁   Π pᵢ
/// logits     p = softmax z     diag(p) - ppᵀ           C diag(1/p) C          (n + 1) Π pᵢ, pseudo
/// ```
///
/// The products run over all n + 1 outcomes, and C = I - 11ᵀ/(n + 1) centres.
///
/// | chart | if unsure |
/// |---|---|
/// | [`DropLast`] | for expectation parameters |
/// | [`LogRatios`] | **use this**: no bounds, nothing redundant |
/// | [`RedundantLogits`] | for what a network puts out |
///
/// # Shapes
/// Coordinates and velocities have n components in the first two, n + 1 in the third; the metric is square in them.
///
/// # Errors
/// Points off the simplex, vectors that are not tangent, coordinates without a point, and points of which an entry underflows.
///
/// # Cost
/// Linear in n, except the matrices: n².
///
/// # Example
/// ```
/// use natgrad::manifold::{Manifold, Simplex};
/// use natgrad::manifold::simplex::{SimplexChart, DropLast};
/// use natgrad::ndarray::array;
///
/// let simplex = Simplex::new(3)?;
/// let p = simplex.point(array![0.2, 0.3, 0.5])?;
/// let g = DropLast.metric(&simplex, &p)?;                        // 1/.2 + 1/.5, 1/.5; 1/.5, 1/.3 + 1/.5
/// assert!((&g - &array![[7.0, 2.0], [2.0, 16.0 / 3.0]]).iter().all(|e| e.abs() < 1e-14));
/// assert!((DropLast.log_determinant(&simplex, &p)? - (100.0 / 3.0f64).ln()).abs() < 1e-14);
/// # Ok::<(), natgrad::Error>(())
/// ```
///
/// # Checked by
/// `manifold::charts::charts_agree_with_the_simplex`
pub trait SimplexChart: Debug {
    /// The type of the coordinates: those of one chart do not pass for those of another.
    type Coordinates;

    /// The field's name.
    fn name(&self) -> &'static str;

    /// The coordinates of a point.
    fn coordinates(&self, simplex: &Simplex, p: &Point) -> Result<Self::Coordinates>;

    /// The point with these coordinates.
    fn point(&self, simplex: &Simplex, coordinates: &Self::Coordinates) -> Result<Point>;

    /// The velocity of the coordinates when p moves with v.
    fn velocity(&self, simplex: &Simplex, p: &Point, v: &Tangent) -> Result<Array1<f64>>;

    /// The tangent vector of a velocity of the coordinates.
    fn tangent(&self, simplex: &Simplex, p: &Point, velocity: ArrayView1<'_, f64>) -> Result<Tangent>;

    /// The matrix G of the metric.
    fn metric(&self, simplex: &Simplex, p: &Point) -> Result<Array2<f64>>;

    /// G⁻¹, or the pseudo-inverse where the chart has a redundant direction.
    fn inverse_metric(&self, simplex: &Simplex, p: &Point) -> Result<Array2<f64>>;

    /// ln det G; of the product of the non-zero eigenvalues where there is a redundant direction.
    fn log_determinant(&self, simplex: &Simplex, p: &Point) -> Result<f64>;
}

/// The first n probabilities: the expectation parameters of the categorical family.
///
/// ```text
/// xᵢ = pᵢ,   ẋᵢ = vᵢ,   i ≤ n
/// ```
///
/// # Numerical notes
/// A last probability far below the others is lost in 1 - Σx; keep p where that matters.
///
/// # Checked by
/// `manifold::charts`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DropLast;

/// The natural parameters of the categorical family, log-ratios to the last outcome.
///
/// ```text
/// θᵢ = ln(pᵢ/pₙ₊₁),   θ̇ᵢ = vᵢ/pᵢ - vₙ₊₁/pₙ₊₁
/// ```
///
/// # Numerical notes
/// Entries of p keep their digits down to 1e-308, since θ is their logarithm.
///
/// # Checked by
/// `manifold::charts`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LogRatios;

/// One logit per outcome, of which only differences count: z and z + c1 are one point.
///
/// If b = ∂f/∂z then b = p∘(a - ⟨p, a⟩) with a = ∂f/∂p, and every solution δ of Gδ = b is a/N + c1: the natural gradient
/// in logits is the ordinary gradient with respect to p.
///
/// # Checked by
/// `manifold::charts`, and `manifold::charts::gradients_do_not_see_a_constant`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RedundantLogits;

/// Coordinates of [`RedundantLogits`]: n + 1 logits, equal up to a constant for equal points.
#[derive(Debug, Clone, PartialEq)]
pub struct Logits(pub Array1<f64>);

/// All but the last entry, and the last.
fn first(values: ArrayView1<'_, f64>) -> Array1<f64> {
    values.iter().take(values.len().saturating_sub(1)).copied().collect()
}

/// With one more entry.
fn with_last(values: ArrayView1<'_, f64>, last: f64) -> Array1<f64> {
    values.iter().copied().chain([last]).collect()
}

/// The first `size` rows and columns of diag(p) - ppᵀ; 1 - pᵢ is the sum of the others, which has its digits where pᵢ is
/// close to one.
fn covariance(p: &Point, size: usize) -> Array2<f64> {
    let p = p.values();
    let mut matrix = Array2::from_shape_fn((size, size), |(i, j)| -p[i] * p[j]);
    for (i, entry) in matrix.diag_mut().iter_mut().enumerate() {
        let others = p.iter().enumerate().filter(|(j, _)| *j != i).map(|(_, p)| p).sum::<f64>();
        *entry = p[i] * others;
    }
    matrix
}

/// diag(1/x) + 11ᵀ/last.
fn precision(p: &Point) -> Array2<f64> {
    let x = first(p.values());
    let last = p.values().last().copied().unwrap_or(1.0);
    Array2::from_diag(&x.mapv(f64::recip)) + 1.0 / last
}

/// Σ ln pᵢ over all outcomes.
fn log_product(p: &Point) -> f64 {
    p.values().iter().map(|p| p.ln()).sum()
}

fn softmax(simplex: &Simplex, logits: ArrayView1<'_, f64>) -> Result<Point> {
    let total = log_sum_exp(logits.iter().copied());
    simplex.normalise(logits.mapv(|z| (z - total).exp()))
}

/// vᵢ/pᵢ.
fn scores(simplex: &Simplex, p: &Point, v: &Tangent) -> Result<Array1<f64>> {
    Ok(simplex.flat(p, v)?.into_inner() / simplex.trials())
}

/// p∘(s - ⟨p, s⟩).
fn of_scores(simplex: &Simplex, p: &Point, scores: ArrayView1<'_, f64>) -> Result<Tangent> {
    let centred = kernel::centred(&super::contiguous(&p.values()), &super::contiguous(&scores));
    simplex.tangential(p, &p.values() * &Array1::from(centred))
}

impl SimplexChart for DropLast {
    type Coordinates = Source;

    fn name(&self) -> &'static str {
        "probabilities but the last"
    }

    fn coordinates(&self, simplex: &Simplex, p: &Point) -> Result<Source> {
        simplex.check_point(p.values())?;
        Ok(Source::new(first(p.values())))
    }

    fn point(&self, simplex: &Simplex, coordinates: &Source) -> Result<Point> {
        check::vector("probabilities but the last", simplex.dim(), &coordinates.values())?;
        let last = -kernel::excess(&super::contiguous(&coordinates.values()));
        simplex.point(with_last(coordinates.values(), last))
    }

    fn velocity(&self, simplex: &Simplex, p: &Point, v: &Tangent) -> Result<Array1<f64>> {
        simplex.motion(p, v)?;
        Ok(first(v.values()))
    }

    fn tangent(&self, simplex: &Simplex, p: &Point, velocity: ArrayView1<'_, f64>) -> Result<Tangent> {
        check::vector("velocity", simplex.dim(), &velocity)?;
        simplex.tangent(p, with_last(velocity, -velocity.sum()))
    }

    fn metric(&self, simplex: &Simplex, p: &Point) -> Result<Array2<f64>> {
        simplex.check_point(p.values())?;
        Ok(simplex.trials() * precision(p))
    }

    fn inverse_metric(&self, simplex: &Simplex, p: &Point) -> Result<Array2<f64>> {
        simplex.check_point(p.values())?;
        Ok(covariance(p, simplex.dim()) / simplex.trials())
    }

    fn log_determinant(&self, simplex: &Simplex, p: &Point) -> Result<f64> {
        simplex.check_point(p.values())?;
        Ok(simplex.dim() as f64 * simplex.trials().ln() - log_product(p))
    }
}

impl SimplexChart for LogRatios {
    type Coordinates = Natural;

    fn name(&self) -> &'static str {
        "natural parameters"
    }

    fn coordinates(&self, simplex: &Simplex, p: &Point) -> Result<Natural> {
        simplex.check_point(p.values())?;
        let last = p.values().last().copied().unwrap_or(1.0);
        Ok(Natural::new(first(p.values()).mapv(|x| super::retraction::log_ratio(last, x))))
    }

    fn point(&self, simplex: &Simplex, coordinates: &Natural) -> Result<Point> {
        check::vector("natural parameters", simplex.dim(), &coordinates.values())?;
        softmax(simplex, with_last(coordinates.values(), 0.0).view())
    }

    fn velocity(&self, simplex: &Simplex, p: &Point, v: &Tangent) -> Result<Array1<f64>> {
        let scores = scores(simplex, p, v)?;
        let last = scores.last().copied().unwrap_or(0.0);
        Ok(first(scores.view()) - last)
    }

    fn tangent(&self, simplex: &Simplex, p: &Point, velocity: ArrayView1<'_, f64>) -> Result<Tangent> {
        simplex.check_point(p.values())?;
        check::vector("velocity", simplex.dim(), &velocity)?;
        of_scores(simplex, p, with_last(velocity, 0.0).view())
    }

    fn metric(&self, simplex: &Simplex, p: &Point) -> Result<Array2<f64>> {
        simplex.check_point(p.values())?;
        Ok(simplex.trials() * covariance(p, simplex.dim()))
    }

    fn inverse_metric(&self, simplex: &Simplex, p: &Point) -> Result<Array2<f64>> {
        simplex.check_point(p.values())?;
        Ok(precision(p) / simplex.trials())
    }

    fn log_determinant(&self, simplex: &Simplex, p: &Point) -> Result<f64> {
        simplex.check_point(p.values())?;
        Ok(simplex.dim() as f64 * simplex.trials().ln() + log_product(p))
    }
}

impl SimplexChart for RedundantLogits {
    type Coordinates = Logits;

    fn name(&self) -> &'static str {
        "logits, one redundant"
    }

    /// ln p: the logits with log-partition zero.
    fn coordinates(&self, simplex: &Simplex, p: &Point) -> Result<Logits> {
        simplex.check_point(p.values())?;
        Ok(Logits(p.values().mapv(f64::ln)))
    }

    fn point(&self, simplex: &Simplex, coordinates: &Logits) -> Result<Point> {
        check::vector("logits", simplex.outcomes(), &coordinates.0.view())?;
        softmax(simplex, coordinates.0.view())
    }

    /// The velocity that keeps Σ p exp(z) stationary: the score v/p.
    fn velocity(&self, simplex: &Simplex, p: &Point, v: &Tangent) -> Result<Array1<f64>> {
        scores(simplex, p, v)
    }

    fn tangent(&self, simplex: &Simplex, p: &Point, velocity: ArrayView1<'_, f64>) -> Result<Tangent> {
        simplex.check_point(p.values())?;
        check::vector("velocity", simplex.outcomes(), &velocity)?;
        of_scores(simplex, p, velocity)
    }

    fn metric(&self, simplex: &Simplex, p: &Point) -> Result<Array2<f64>> {
        simplex.check_point(p.values())?;
        Ok(simplex.trials() * covariance(p, simplex.outcomes()))
    }

    fn inverse_metric(&self, simplex: &Simplex, p: &Point) -> Result<Array2<f64>> {
        simplex.check_point(p.values())?;
        let inverses = p.values().mapv(|p| 1.0 / p);
        let outcomes = simplex.outcomes() as f64;
        let mean = inverses.sum() / outcomes;
        // C diag(d) C = diag(d) - (d1ᵀ + 1dᵀ)/m + (Σd)/m² 11ᵀ.
        Ok(Array2::from_shape_fn((simplex.outcomes(), simplex.outcomes()), |(i, j)| {
            let diagonal = if i == j { inverses[i] } else { 0.0 };
            (diagonal - (inverses[i] + inverses[j] - mean) / outcomes) / simplex.trials()
        }))
    }

    fn log_determinant(&self, simplex: &Simplex, p: &Point) -> Result<f64> {
        simplex.check_point(p.values())?;
        let outcomes = simplex.outcomes() as f64;
        Ok(simplex.dim() as f64 * simplex.trials().ln() + outcomes.ln() + log_product(p))
    }
}
