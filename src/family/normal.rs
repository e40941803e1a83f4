use crate::family::one_parameter::{finite, outcome};
use crate::family::{Expectation, Family, Natural, Source, Univariate};
use crate::special::log1p_minus;
use crate::{Error, Result, check};
use ndarray::{Array1, Array2, Array3, Array4, ArrayView1, array};
use rand::Rng;
use rand_distr::{Distribution, StandardNormal};
use std::f64::consts::{E, PI, TAU};

/// The normal law with mean μ and standard deviation σ: the continuous contrast to the counts.
///
/// ```text
/// λ = (μ, σ),   θ = (μ/σ², -1/(2σ²)),   T = (x, x²),   η = (μ, μ² + σ²),   h = 1
/// ψ = -θ₁²/(4θ₂) + ½ ln(π/(-θ₂)),   φ = -½ ln(2πeσ²),   G_λ = diag(1, 2)/σ²
/// ```
///
/// # Numerical notes
/// η holds σ² as a difference: where μ² ≫ σ² it has lost digits in η. KL keeps them in θ.
///
/// # Example
/// ```
/// use natgrad::family::{Family, Normal, Source};
/// let normal = Normal::new();
/// let (p, q) = (Source::from([1.0, 2.0]), Source::from([5.0, 1.0]));
/// let kl = normal.kullback_leibler(&normal.source_to_natural(&p)?, &normal.source_to_natural(&q)?)?;
/// assert!((kl - 8.8068528194400547).abs() < 1e-14);
/// # Ok::<(), natgrad::Error>(())
/// ```
///
/// # Checked by
/// `tests/family/laws.rs`, `tests/family/normal.rs`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Normal;

impl Normal {
    /// The family.
    pub fn new() -> Self {
        Normal
    }
}

/// Two finite numbers.
fn pair(quantity: &'static str, values: ArrayView1<'_, f64>) -> Result<(f64, f64)> {
    check::vector(quantity, 2, &values)?;
    let mut entries = values.iter().copied();
    Ok((entries.next().unwrap_or(f64::NAN), entries.next().unwrap_or(f64::NAN)))
}

/// Every entry is a float.
fn sound<D: ndarray::Dimension>(
    quantity: &'static str,
    entries: ndarray::Array<f64, D>,
) -> Result<ndarray::Array<f64, D>> {
    check::finite(quantity, &entries)?;
    Ok(entries)
}

/// θ₁, θ₂, μ, σ².
fn natural(theta: &Natural) -> Result<(f64, f64, f64, f64)> {
    let (first, second) = pair("natural parameter", theta.values())?;
    if second >= 0.0 {
        let requirement = "negative: it is -1/(2σ²)";
        return Err(Error::Domain { quantity: "natural parameter", index: 1, value: second, requirement });
    }
    let variance = finite("variance", -0.5 / second)?;
    Ok((first, second, finite("mean", first * variance)?, variance))
}

/// μ, σ² of η.
fn moments(eta: &Expectation) -> Result<(f64, f64)> {
    let (mean, second) = pair("expectation parameter", eta.values())?;
    // η₂ - η₁², the rounding of the square included.
    let square = finite("square of the mean", mean * mean)?;
    let variance = (second - square) - mean.mul_add(mean, -square);
    if variance <= 0.0 {
        let requirement = "greater than the square of the first entry";
        return Err(Error::Domain {
            quantity: "expectation parameter",
            index: 1,
            value: second,
            requirement,
        });
    }
    Ok((mean, variance))
}

/// μ, σ of λ.
fn source(lambda: &Source) -> Result<(f64, f64)> {
    let (mean, deviation) = pair("source parameter", lambda.values())?;
    if deviation <= 0.0 {
        let requirement = "positive: it is the standard deviation";
        return Err(Error::Domain { quantity: "source parameter", index: 1, value: deviation, requirement });
    }
    Ok((mean, deviation))
}

impl Family for Normal {
    fn name(&self) -> String {
        "normal".to_owned()
    }

    fn dim(&self) -> usize {
        2
    }

    fn check_natural(&self, theta: &Natural) -> Result<()> {
        natural(theta).map(|_| ())
    }

    fn check_expectation(&self, eta: &Expectation) -> Result<()> {
        moments(eta).map(|_| ())
    }

    fn check_source(&self, lambda: &Source) -> Result<()> {
        source(lambda).map(|_| ())
    }

    fn source_to_natural(&self, lambda: &Source) -> Result<Natural> {
        let (mean, deviation) = source(lambda)?;
        let theta = array![mean / deviation / deviation, -0.5 / deviation / deviation];
        Ok(Natural::new(sound("natural parameter", theta)?))
    }

    fn natural_to_source(&self, theta: &Natural) -> Result<Source> {
        let (_, _, mean, variance) = natural(theta)?;
        Ok(Source::from([mean, variance.sqrt()]))
    }

    fn natural_to_expectation(&self, theta: &Natural) -> Result<Expectation> {
        let (_, _, mean, variance) = natural(theta)?;
        Ok(Expectation::new(sound("expectation parameter", array![mean, mean.mul_add(mean, variance)])?))
    }

    fn expectation_to_natural(&self, eta: &Expectation) -> Result<Natural> {
        let (mean, variance) = moments(eta)?;
        Ok(Natural::new(sound("natural parameter", array![mean / variance, -0.5 / variance])?))
    }

    fn source_to_expectation(&self, lambda: &Source) -> Result<Expectation> {
        let (mean, deviation) = source(lambda)?;
        let second = mean.mul_add(mean, deviation * deviation);
        Ok(Expectation::new(sound("expectation parameter", array![mean, second])?))
    }

    fn expectation_to_source(&self, eta: &Expectation) -> Result<Source> {
        let (mean, variance) = moments(eta)?;
        Ok(Source::from([mean, variance.sqrt()]))
    }

    fn log_partition(&self, theta: &Natural) -> Result<f64> {
        let (first, second, mean, _) = natural(theta)?;
        finite("log-partition", 0.5 * first * mean + 0.5 * (PI / -second).ln())
    }

    fn dual_potential(&self, eta: &Expectation) -> Result<f64> {
        let (_, variance) = moments(eta)?;
        Ok(-0.5 * ((TAU * E).ln() + variance.ln()))
    }

    fn fisher_natural(&self, theta: &Natural) -> Result<Array2<f64>> {
        let (_, _, mean, v) = natural(theta)?;
        let mixed = 2.0 * mean * v;
        sound("Fisher", array![[v, mixed], [mixed, 2.0 * mean * mixed + 2.0 * v * v]])
    }

    fn fisher_expectation(&self, eta: &Expectation) -> Result<Array2<f64>> {
        let (mean, v) = moments(eta)?;
        let mixed = -mean / v / v;
        sound("Fisher", array![[1.0 / v - 2.0 * mean * mixed, mixed], [mixed, 0.5 / v / v]])
    }

    fn fisher_source(&self, lambda: &Source) -> Result<Array2<f64>> {
        let (_, deviation) = source(lambda)?;
        let precision = 1.0 / deviation / deviation;
        sound("Fisher", array![[precision, 0.0], [0.0, 2.0 * precision]])
    }

    fn source_jacobian(&self, lambda: &Source) -> Result<Array2<f64>> {
        let (mean, deviation) = source(lambda)?;
        let precision = 1.0 / deviation / deviation;
        sound(
            "Jacobian",
            array![[precision, -2.0 * mean * precision / deviation], [0.0, precision / deviation]],
        )
    }

    /// By the number of indices that are the second: 0, 2σ⁴, 8μσ⁴, 24μ²σ⁴ + 8σ⁶.
    fn third_cumulants(&self, theta: &Natural) -> Result<Array3<f64>> {
        let (_, _, mean, v) = natural(theta)?;
        let entries =
            [0.0, 2.0 * v * v, 8.0 * mean * v * v, 24.0 * (mean * v) * (mean * v) + 8.0 * v * v * v];
        sound("third cumulants", Array3::from_shape_fn((2, 2, 2), |(i, j, k)| entries[i + j + k]))
    }

    /// By the number of indices that are the second: 0, 0, 8σ⁶, 48μσ⁶, 192μ²σ⁶ + 48σ⁸.
    fn fourth_cumulants(&self, theta: &Natural) -> Result<Array4<f64>> {
        let (_, _, mean, v) = natural(theta)?;
        let cube = v * v * v;
        let entries =
            [0.0, 0.0, 8.0 * cube, 48.0 * mean * cube, 192.0 * mean * mean * cube + 48.0 * cube * v];
        let entry = |(i, j, k, l): (usize, usize, usize, usize)| entries[i + j + k + l];
        sound("fourth cumulants", Array4::from_shape_fn((2, 2, 2, 2), entry))
    }

    fn entropy(&self, theta: &Natural) -> Result<f64> {
        let (_, _, _, variance) = natural(theta)?;
        Ok(0.5 * ((TAU * E).ln() + variance.ln()))
    }

    fn sufficient(&self, x: ArrayView1<'_, f64>) -> Result<Array1<f64>> {
        let x = outcome(x)?;
        sound("sufficient statistics", array![x, x * x])
    }

    fn log_carrier(&self, x: ArrayView1<'_, f64>) -> Result<f64> {
        outcome(x).map(|_| 0.0)
    }

    fn log_probability(&self, theta: &Natural, x: ArrayView1<'_, f64>) -> Result<f64> {
        let (_, _, mean, variance) = natural(theta)?;
        let z = (outcome(x)? - mean) / variance.sqrt();
        finite("log-probability", -0.5 * z * z - 0.5 * (TAU.ln() + variance.ln()))
    }

    /// ½ (r - 1 - ln r) + ½ (Δμ)²/σ₂² with r = σ₁²/σ₂²: two terms that are not negative.
    fn kullback_leibler_step(&self, theta: &Natural, step: ArrayView1<'_, f64>) -> Result<f64> {
        let (first, second, ..) = natural(theta)?;
        let (by_first, by_second) = pair("step", step)?;
        let (_, end, _, variance) = natural(&Natural::new(&theta.values() + &step))?;
        let shift = 0.5 * (first * by_second - second * by_first) / second / end;
        let spread = -log1p_minus(by_second / second);
        finite("Kullback-Leibler divergence", 0.5 * (spread + shift * shift / variance))
    }

    fn sample(&self, theta: &Natural, draws: usize, rng: &mut dyn Rng) -> Result<Array2<f64>> {
        let (_, _, mean, variance) = natural(theta)?;
        let deviation = variance.sqrt();
        let draw = |z: f64| mean + deviation * z;
        Ok(Array2::from_shape_simple_fn((draws, 1), || draw(StandardNormal.sample(rng))))
    }
}

impl Univariate for Normal {
    fn cumulants(&self, theta: &Natural) -> Result<[f64; 4]> {
        let (_, _, mean, variance) = natural(theta)?;
        Ok([mean, variance, 0.0, 0.0])
    }
}
