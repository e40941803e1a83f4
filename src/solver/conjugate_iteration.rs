//! The recurrence of (preconditioned) conjugate gradients, restarted where it deceives itself.

use crate::linalg::{dot, norm, tridiagonal};
use crate::{Result, Scalar, check};
use ndarray::{Array1, Array2, ArrayView1};

/// When to stop.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    tolerance: f64,
    iterations: usize,
}

impl Limits {
    pub(super) fn new(tolerance: f64, iterations: usize) -> Result<Self> {
        check::setting("tolerance", tolerance, tolerance > 0.0, "positive")?;
        Ok(Limits { tolerance, iterations })
    }
}

/// What an iteration found.
#[derive(Debug)]
pub(super) struct Run<T> {
    pub(super) direction: Array1<T>,
    /// A d - g, computed from d.
    pub(super) rest: Array1<T>,
    pub(super) iterations: usize,
    /// Of the preconditioned operator, from below.
    pub(super) condition: f64,
    /// ‖A‖, from below: the largest growth of a search direction.
    pub(super) operator_norm: f64,
    /// The largest eigenvalue of the preconditioned operator, from below.
    pub(super) largest: f64,
    pub(super) note: Option<String>,
}

/// Why a cycle of the recurrence ended.
enum End {
    /// The recurrence claims the tolerance.
    Claim,
    /// The limit of iterations, or a direction without curvature: no restart helps.
    Stop,
    /// rᵀ M r ≤ 0.
    Indefinite,
}

/// One cycle: a correction from a residual.
struct Cycle<T> {
    correction: Array1<T>,
    /// Step lengths and ratios of successive residuals: the Lanczos matrix of the iteration.
    steps: Vec<f64>,
    ratios: Vec<f64>,
    growth: f64,
    end: End,
}

/// A d = g by conjugate gradients in the metric of `precondition`.
pub(super) fn iterate<T: Scalar>(
    product: impl Fn(&Array1<T>) -> Result<Array1<T>>,
    precondition: impl Fn(&Array1<T>) -> Result<Array1<T>>,
    gradient: ArrayView1<'_, T>,
    limits: Limits,
) -> Result<Run<T>> {
    // In units of ‖g‖, rounded to a power of two, so that squares neither overflow nor vanish.
    let unit = power_of_two(norm(gradient));
    let scaled = gradient.mapv(|g| g / unit);
    let target = T::of(limits.tolerance) * norm(scaled.view());
    let mut direction = Array1::zeros(gradient.len());
    let mut residual = scaled.clone();
    let (mut iterations, mut note) = (0, None);
    let mut spectrum = Spectrum::default();
    while norm(residual.view()) > target && iterations < limits.iterations {
        let cycle = cycle(&product, &precondition, &residual, target, limits.iterations - iterations)?;
        iterations += cycle.steps.len();
        spectrum.add(&cycle)?;
        let moved = &direction + &cycle.correction;
        check::finite("direction", &moved)?;
        let left = &scaled - &product(&moved)?;
        let (before, after) = (norm(residual.view()), norm(left.view()));
        if matches!(cycle.end, End::Claim) && after > target && after >= before {
            note = Some(
                "stopped at rounding level: a restart from the true residual did not reduce it".to_owned(),
            );
            break;
        }
        (direction, residual) = (moved, left);
        match cycle.end {
            End::Claim if residual_stands(after, before, target) => {
                note = Some(
                    "stopped at rounding level: a restart from the true residual did not halve it".to_owned(),
                );
                break;
            }
            End::Claim => {}
            End::Stop => break,
            End::Indefinite => {
                note = Some("stopped: the preconditioner is not positive definite".to_owned());
                break;
            }
        }
    }
    direction.mapv_inplace(|d| d * unit);
    check::finite("direction", &direction)?;
    // The last residual belongs to this direction; the unit is a power of two, so that nothing rounds.
    let rest = residual.mapv(|r| -r * unit);
    let condition = spectrum.condition();
    Ok(Run {
        direction,
        rest,
        iterations,
        condition,
        operator_norm: spectrum.growth,
        largest: spectrum.most,
        note,
    })
}

/// The claim was wrong and the cycle gained less than a factor of two.
fn residual_stands<T: Scalar>(after: T, before: T, target: T) -> bool {
    after > target && after > before * T::of(0.5)
}

/// The recurrence from one residual until it claims `target`.
fn cycle<T: Scalar>(
    product: impl Fn(&Array1<T>) -> Result<Array1<T>>,
    precondition: impl Fn(&Array1<T>) -> Result<Array1<T>>,
    residual: &Array1<T>,
    target: T,
    iterations: usize,
) -> Result<Cycle<T>> {
    let mut residual = residual.clone();
    let mut search = precondition(&residual)?;
    // The scale of the preconditioner drops out of every step; in units of its own nothing overflows.
    let unit = power_of_two(norm(search.view())) / power_of_two(norm(residual.view()));
    search.mapv_inplace(|z| z / unit);
    let mut square = dot(residual.view(), search.view());
    let mut cycle = Cycle {
        correction: Array1::zeros(residual.len()),
        steps: Vec::new(),
        ratios: Vec::new(),
        growth: 0.0,
        end: End::Claim,
    };
    while norm(residual.view()) > target {
        if !(square > T::zero() && square.is_finite()) {
            cycle.end = End::Indefinite;
            break;
        }
        if cycle.steps.len() == iterations {
            cycle.end = End::Stop;
            break;
        }
        let image = product(&search)?;
        let curvature = dot(search.view(), image.view());
        // A direction without curvature lies in the null space (or is lost to rounding).
        if !(curvature > T::zero() && curvature.is_finite()) {
            cycle.end = End::Stop;
            break;
        }
        cycle.growth = cycle.growth.max(norm(image.view()).as_f64() / norm(search.view()).as_f64());
        let step = square / curvature;
        cycle.correction.scaled_add(step, &search);
        residual.scaled_add(-step, &image);
        let image = precondition(&residual)?.mapv(|z| z / unit);
        let next = dot(residual.view(), image.view());
        let ratio = next / square;
        search.zip_mut_with(&image, |s, &z| *s = z + ratio * *s);
        square = next;
        cycle.steps.push(step.as_f64());
        cycle.ratios.push(ratio.as_f64());
    }
    Ok(cycle)
}

/// 2^⌊log₂ x⌋; 1 for 0.
fn power_of_two<T: Scalar>(x: T) -> T {
    let unit = T::of(x.as_f64().log2().floor().exp2());
    if unit > T::zero() && unit.is_finite() { unit } else { T::one() }
}

/// What the Lanczos matrices of all cycles know of the spectrum.
#[derive(Debug, Default)]
struct Spectrum {
    least: Option<f64>,
    most: f64,
    growth: f64,
}

impl Spectrum {
    /// The extreme eigenvalues of the Lanczos matrix (Golub & Van Loan 2013, section 11.3).
    fn add<T>(&mut self, cycle: &Cycle<T>) -> Result<()> {
        let (steps, ratios) = (&cycle.steps, &cycle.ratios);
        let order = steps.len();
        let before = |k: usize| if k > 0 { ratios[k - 1] / steps[k - 1] } else { 0.0 };
        let diagonal: Vec<f64> = (0..order).map(|k| 1.0 / steps[k] + before(k)).collect();
        let off: Vec<f64> = (1..order).map(|k| ratios[k - 1].max(0.0).sqrt() / steps[k - 1]).collect();
        let values = tridiagonal(&diagonal, &off, Array2::zeros((0, order)).view())?.values;
        if let (Some(&least), Some(&most)) = (values.first(), values.last()) {
            self.least = Some(self.least.map_or(least, |other| other.min(least)));
            self.most = self.most.max(most);
        }
        self.growth = self.growth.max(cycle.growth);
        Ok(())
    }

    fn condition(&self) -> f64 {
        match self.least {
            Some(least) if least > 0.0 => self.most / least,
            Some(_) => f64::INFINITY,
            None => 1.0,
        }
    }
}
