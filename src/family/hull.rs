//! Whether a mean is inside the convex hull of the statistics, with a proof if it is not (private).

use crate::{Error, Result, linalg};
use ndarray::{Array1, Array2, ArrayView1, ArrayView2};

/// A direction in which a mean leaves the hull, or comes as far as the hull does.
#[derive(Debug, Clone)]
pub(crate) struct Certificate {
    /// Largest entry ±1.
    direction: Array1<f64>,
    /// ⟨direction, mean⟩.
    value: f64,
    /// The largest ⟨direction, Tᵢ⟩.
    bound: f64,
}

impl Certificate {
    /// As an error about `quantity`.
    pub(crate) fn error(self, quantity: &'static str) -> Error {
        let (value, bound) = (self.value, self.bound);
        Error::OutsideHull { quantity, direction: self.direction.to_vec(), value, bound }
    }
}

/// How far a mean is moved away from the middle of the outcomes, as a part of its distance, to see the face that it is on.
const MARGIN: f64 = 1e-7;

/// A proof that `mean` is not inside the hull of the rows, if it is beyond it.
pub(crate) fn outside(statistics: ArrayView2<'_, f64>, mean: ArrayView1<'_, f64>) -> Option<Certificate> {
    let direction = separation(statistics, mean)?;
    certify(statistics, mean, direction).filter(|proof| {
        let size: f64 = proof.direction.iter().zip(mean).map(|(d, m)| (d * m).abs()).sum();
        proof.value - proof.bound > 1e-14 * size.max(proof.bound.abs())
    })
}

/// The same, also for a mean that is on the boundary to rounding.
pub(crate) fn not_inside(statistics: ArrayView2<'_, f64>, mean: ArrayView1<'_, f64>) -> Option<Certificate> {
    outside(statistics, mean).or_else(|| {
        let middle = statistics.mean_axis(ndarray::Axis(0))?;
        let beyond = &mean + &(MARGIN * (&mean - &middle));
        let proof = certify(statistics, mean, outside(statistics, beyond.view())?.direction)?;
        let size: f64 = proof.direction.iter().zip(mean).map(|(d, m)| (d * m).abs()).sum();
        (proof.bound - proof.value <= 1e-15 * size.max(proof.bound.abs())).then_some(proof)
    })
}

/// The numbers of a direction.
fn certify(
    statistics: ArrayView2<'_, f64>,
    mean: ArrayView1<'_, f64>,
    direction: Array1<f64>,
) -> Option<Certificate> {
    let largest = direction.iter().fold(0.0, |m: f64, x| m.max(x.abs()));
    if !(largest > 0.0 && largest.is_finite()) {
        return None;
    }
    let direction = direction / largest;
    let bound = statistics.dot(&direction).fold(f64::NEG_INFINITY, |m, x| m.max(*x));
    Some(Certificate { value: direction.dot(&mean), bound, direction })
}

/// A direction d with ⟨d, Tᵢ - mean⟩ < 0 for all i, or `None`: the residual of the nonnegative least squares
/// Σ wᵢ(Tᵢ - mean, 1) ≈ (0, 1), by the active sets of Lawson & Hanson 1974.
fn separation(statistics: ArrayView2<'_, f64>, mean: ArrayView1<'_, f64>) -> Option<Array1<f64>> {
    let (m, d) = statistics.dim();
    let mut rows = Array2::ones((m, d + 1));
    let mut scales = Array1::ones(d);
    for (((column, mut scaled), &centre), scale) in
        statistics.columns().into_iter().zip(rows.columns_mut()).zip(mean).zip(&mut scales)
    {
        scaled.assign(&column.mapv(|t| t - centre));
        *scale = scaled.fold(f64::MIN_POSITIVE, |m, x| m.max(x.abs()));
        scaled /= *scale;
    }
    let mut target = Array1::zeros(d + 1);
    *target.last_mut()? = 1.0;
    let (mut passive, mut weights): (Vec<usize>, Array1<f64>) = (Vec::new(), Array1::zeros(0));
    let mut residual = target.clone();
    for _ in 0..10 * (d + 1) {
        let slopes = rows.dot(&residual);
        let (index, slope) = slopes
            .iter()
            .enumerate()
            .filter(|(i, _)| !passive.contains(i))
            .fold((m, f64::NEG_INFINITY), |best, (i, &s)| if s > best.1 { (i, s) } else { best });
        let size = linalg::norm(residual.view());
        if index == m || slope <= 1e-12 * size || size <= 1e-13 {
            break;
        }
        passive.push(index);
        weights = weights.iter().copied().chain([0.0]).collect();
        while !passive.is_empty() {
            let chosen = rows.select(ndarray::Axis(0), &passive);
            let gram = chosen.dot(&chosen.t());
            let wanted = linalg::Cholesky::factor(gram.view())
                .and_then(|f| f.solve(chosen.dot(&target).view()))
                .ok()?;
            if wanted.iter().all(|w| *w > 0.0) {
                weights = wanted;
                break;
            }
            // As far as the first weight that vanishes.
            let share = weights
                .iter()
                .zip(&wanted)
                .filter(|(_, z)| **z <= 0.0)
                .map(|(w, z)| if w > z { w / (w - z) } else { 0.0 })
                .fold(1.0, f64::min);
            weights = &weights + &(share * (&wanted - &weights));
            let least = weights
                .iter()
                .zip(&wanted)
                .filter(|(_, z)| **z <= 0.0)
                .map(|(w, _)| *w)
                .fold(f64::INFINITY, f64::min);
            let keep: Vec<bool> = weights.iter().zip(&wanted).map(|(w, z)| *z > 0.0 || *w > least).collect();
            let mut flags = keep.iter();
            passive.retain(|_| *flags.next().unwrap_or(&false));
            weights = weights.iter().zip(&keep).filter(|(_, keep)| **keep).map(|(w, _)| *w).collect();
        }
        residual = &target - &rows.select(ndarray::Axis(0), &passive).t().dot(&weights);
    }
    // A small residual has lost digits: once more, of the residual itself.
    for _ in 0..2 {
        let size = linalg::norm(residual.view());
        if passive.is_empty() || size <= 0.0 {
            break;
        }
        residual /= size;
        let chosen = rows.select(ndarray::Axis(0), &passive);
        let gram = chosen.dot(&chosen.t());
        let part =
            linalg::Cholesky::factor(gram.view()).and_then(|f| f.solve(chosen.dot(&residual).view())).ok()?;
        residual = &residual - &chosen.t().dot(&part);
    }
    Some(residual.iter().zip(&scales).map(|(r, scale)| r / scale).collect())
}

/// The statistics are not independent of each other and of the constant, to rounding.
pub(crate) fn redundant(statistics: ArrayView2<'_, f64>) -> Result<bool> {
    let Some(middle) = statistics.mean_axis(ndarray::Axis(0)) else { return Ok(true) };
    let mut centred = &statistics - &middle;
    for mut column in centred.columns_mut() {
        let size = linalg::norm(column.view());
        column /= if size > 0.0 { size } else { 1.0 };
    }
    let values = linalg::eigvalsh(linalg::syrk(centred.view()).view())?;
    Ok(values.iter().any(|x| *x <= 1e-14 * statistics.ncols() as f64))
}
