use crate::manifold::{Cotangent, Manifold, Point};
use crate::{Error, Result, check};

/// The result of [`frechet_mean`].
#[derive(Debug, Clone, PartialEq)]
pub struct FrechetMean {
    /// The mean.
    pub point: Point,
    /// Steps taken.
    pub iterations: usize,
    /// ‖Σ wᵢ log pᵢ‖ at the mean, half the gradient of Σ wᵢ d²: how far the next step would go.
    pub residual: f64,
}

/// The Fréchet (Karcher) mean on any manifold: steps from `start` until one would be shorter than `tolerance`.
///
/// ```text
/// argmin_c Σ wᵢ d²(pᵢ, c),   c ← exp_c(h Σ wᵢ log_c pᵢ),   Σ wᵢ = 1
/// ```
///
/// h is 1, halved until the residual falls and the step stays inside: where squared distances are convex, as on the simplex, on arcs
/// and in the half-plane, a short step along the flow always makes it fall. Weights are positive and are divided by their sum.
///
/// # Units
/// Residual and tolerance are lengths.
///
/// # Errors
/// [`NotConverged`](Error::NotConverged) after `limit` steps, or if no step makes the residual fall.
///
/// # Cost
/// A logarithm per point and trial step, an exponential map per trial step.
///
/// # Example
/// ```
/// use natgrad::manifold::{Curve, Manifold, arc::Poisson, frechet_mean};
/// use natgrad::ndarray::array;
///
/// let line = Curve::new(Poisson);
/// let points = [line.point(array![1.0])?, line.point(array![9.0])?];
/// let mean = frechet_mean(&line, &points, &[1.0, 1.0], &points[0], 1e-12, 20)?;
/// assert!((mean.point.values()[0] - 4.0).abs() < 1e-14);         // √λ is an affine coordinate: (1 + 3)/2 = 2
/// # Ok::<(), natgrad::Error>(())
/// ```
///
/// # Checked by
/// `manifold::means`
///
/// # References
/// Karcher, "Riemannian center of mass and mollifier smoothing", 1977.
pub fn frechet_mean<M: Manifold + ?Sized>(
    manifold: &M,
    points: &[Point],
    weights: &[f64],
    start: &Point,
    tolerance: f64,
    limit: usize,
) -> Result<FrechetMean> {
    let weights = shares(points, weights)?;
    check::setting("tolerance", tolerance, tolerance > 0.0, "positive")?;
    let pull = |c: &Point| -> Result<_> {
        // As covectors, for a sum of tangent vectors that cancel may round off the tangent space.
        let mut sum = Cotangent::new(ndarray::Array1::zeros(manifold.coordinates()));
        for (p, w) in points.iter().zip(&weights) {
            sum = &sum + &(*w * &manifold.flat(c, &manifold.log(c, p)?)?);
        }
        let step = manifold.sharp(c, &sum)?;
        let residual = manifold.norm(c, &step)?;
        Ok((step, residual))
    };
    let mut point = start.clone();
    let (mut step, mut residual) = pull(&point)?;
    for iterations in 0..=limit {
        if residual <= tolerance {
            return Ok(FrechetMean { point, iterations, residual });
        }
        let mut h = (0.5 * manifold.exit_time(&point, &step)?).min(1.0);
        let better = loop {
            let next = manifold.exp(&point, &(h * &step))?;
            let (next_step, next_residual) = pull(&next)?;
            if next_residual < residual {
                break Some((next, next_step, next_residual));
            }
            h *= 0.5;
            if h < f64::EPSILON {
                break None;
            }
        };
        match better {
            Some(next) if iterations < limit => (point, step, residual) = next,
            _ => {
                return Err(Error::NotConverged {
                    solver: "Fréchet mean",
                    iterations,
                    residual,
                    tolerance,
                    condition: f64::NAN,
                    backward_error: f64::NAN,
                    at_rounding: false,
                });
            }
        }
    }
    Ok(FrechetMean { point, iterations: limit, residual })
}

/// The weights divided by their sum.
pub(super) fn shares(points: &[Point], weights: &[f64]) -> Result<Vec<f64>> {
    if points.is_empty() {
        return Err(Error::Empty { quantity: "points" });
    }
    check::shape("weights", &[points.len()], &[weights.len()])?;
    if let Some((index, &value)) = weights.iter().enumerate().find(|(_, w)| !(w.is_finite() && **w > 0.0)) {
        return Err(Error::Domain { quantity: "weights", index, value, requirement: "positive and finite" });
    }
    let largest = weights.iter().fold(0.0, |m: f64, w| m.max(*w));
    let sum: f64 = weights.iter().map(|w| w / largest).sum();
    Ok(weights.iter().map(|w| w / largest / sum).collect())
}
