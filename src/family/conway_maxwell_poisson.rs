use crate::family::logarithmic_series::finite;
use crate::family::{Discrete, Expectation, Family, Natural, Source, Univariate};
use crate::special::{ConwaySum, sum_of_logs};
use crate::{Error, Result, check};
use ndarray::{Array1, Array2, Array3, Array4, ArrayView1, array};
use rand::{Rng, RngExt};

mod inverse;

/// The Conway-Maxwell-Poisson law on 0, 1, 2, …: counts with a dispersion of their own.
///
/// ```text
/// P(x) = λˣ/((x!)ᵛ Z),   T = (x, ln x!),   h = 1,   θ = (ln λ, -ν),
/// ψ = ln Z = ln Σ λˣ/(x!)ᵛ,   η = (E x, E ln x!)
/// ```
///
/// ν = 0, with λ < 1, is the geometric law, ν = 1 the Poisson law, ν → ∞ the Bernoulli law of odds λ; at ν = 2, Z = I₀(2√λ).
/// ν < 1 is overdispersed, ν > 1 underdispersed. ν = 0 is the edge of the domain: the series has an answer there, and a
/// geodesic or a maximum of likelihood has not.
///
/// # Shapes
/// λ and θ and η have two entries; outcomes one.
///
/// # Errors
/// [`Error::TooLarge`] where the series needs more than a million terms (a mean above 1e9 at ν = 1).
///
/// # Cost
/// A call sums the series once: some 20 standard deviations of terms, 50 for a mean of 5, each a logarithm and an
/// exponential.
///
/// # Numerical notes
/// Sums run from the mode outwards relative to the term there, and end by a proven bound of the tail of every moment
/// used. Nothing overflows, and moments are taken about the mode, where they do not cancel.
///
/// # Example
/// ```
/// use natgrad::family::{ConwayMaxwellPoisson, Family, Source};
/// let theta = ConwayMaxwellPoisson.source_to_natural(&Source::from([3.0, 1.0]))?;
/// assert!((ConwayMaxwellPoisson.log_partition(&theta)? - 3.0).abs() < 1e-15);    // Poisson: Z = exp λ
/// # Ok::<(), natgrad::Error>(())
/// ```
///
/// # Checked by
/// `family::conway_maxwell_poisson`, against sums of forty digits.
///
/// # References
/// Conway & Maxwell 1962; Shmueli, Minka, Kadane, Borle & Boatwright 2005.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ConwayMaxwellPoisson;

/// Where λ = exp(`log_rate`) and ν are allowed.
fn check_pair(quantity: &'static str, log_rate: f64, nu: f64, index: usize, shown: f64) -> Result<()> {
    if nu > 0.0 || (nu >= 0.0 && log_rate < 0.0) {
        return Ok(());
    }
    let requirement = "such that ν > 0, or ν = 0 and λ < 1, where the series converges";
    Err(Error::Domain { quantity, index, value: shown, requirement })
}

/// The pair in a vector of two finite numbers.
fn pair(quantity: &'static str, values: ArrayView1<'_, f64>) -> Result<[f64; 2]> {
    check::vector(quantity, 2, &values)?;
    Ok([values[0], values[1]])
}

/// A natural number, or `None`.
fn natural_number(x: ArrayView1<'_, f64>) -> Result<Option<f64>> {
    check::vector("outcome", 1, &x)?;
    Ok(x.first().copied().filter(|x| *x >= 0.0 && x.is_finite() && x.fract().total_cmp(&0.0).is_eq()))
}

impl ConwayMaxwellPoisson {
    fn sum(self, theta: &Natural) -> Result<ConwaySum> {
        self.check_natural(theta)?;
        let [log_rate, minus_nu] = pair("natural parameter", theta.values())?;
        ConwaySum::new(log_rate, -minus_nu)
    }

    /// Central moments of T with the given numbers of factors x and ln x!.
    fn central(sum: &ConwaySum, shift: [f64; 2], powers: [i32; 2]) -> f64 {
        sum.mean(|term| {
            (term.offset - shift[0]).powi(powers[0]) * (term.log_factorial - shift[1]).powi(powers[1])
        })
    }
}

impl Family for ConwayMaxwellPoisson {
    fn name(&self) -> String {
        "Conway-Maxwell-Poisson".to_owned()
    }

    fn dim(&self) -> usize {
        2
    }

    fn check_natural(&self, theta: &Natural) -> Result<()> {
        let [log_rate, minus_nu] = pair("natural parameter", theta.values())?;
        check_pair("natural parameter", log_rate, -minus_nu, 1, minus_nu)
    }

    /// ln x! is convex: E ln x! is above the polygon through the points (x, ln x!), which is the limit ν → ∞, and
    /// below its value for the geometric law of the same mean, which is the limit ν → 0.
    fn check_expectation(&self, eta: &Expectation) -> Result<()> {
        let [mean, mean_log] = pair("expectation parameter", eta.values())?;
        let outside = |index, value, requirement| Error::Domain {
            quantity: "expectation parameter",
            index,
            value,
            requirement,
        };
        if mean <= 0.0 {
            return Err(outside(0, mean, "positive: it is E[x]"));
        }
        let below = mean.floor();
        let least = libm::lgamma(below + 1.0) + (mean - below) * below.ln_1p();
        if mean_log <= least {
            let requirement = "above the polygon through the points (x, ln x!) at E[x]: there ν = ∞";
            return Err(outside(1, mean_log, requirement));
        }
        let theta = -(1.0 / mean).ln_1p();
        if mean_log >= theta.exp() * sum_of_logs(theta, 0)? {
            let requirement = "below E[ln x!] of the geometric law of the same mean: there ν = 0";
            return Err(outside(1, mean_log, requirement));
        }
        Ok(())
    }

    fn check_source(&self, lambda: &Source) -> Result<()> {
        let [rate, nu] = pair("rate and dispersion", lambda.values())?;
        if rate <= 0.0 {
            let quantity = "rate and dispersion";
            return Err(Error::Domain { quantity, index: 0, value: rate, requirement: "positive" });
        }
        check_pair("rate and dispersion", rate.ln(), nu, 1, nu)
    }

    fn source_to_natural(&self, lambda: &Source) -> Result<Natural> {
        self.check_source(lambda)?;
        let [rate, nu] = pair("rate and dispersion", lambda.values())?;
        Ok(Natural::from([rate.ln(), -nu]))
    }

    fn natural_to_source(&self, theta: &Natural) -> Result<Source> {
        self.check_natural(theta)?;
        let [log_rate, minus_nu] = pair("natural parameter", theta.values())?;
        let source = Source::from([log_rate.exp(), -minus_nu]);
        self.check_source(&source).map(|()| source)
    }

    fn natural_to_expectation(&self, theta: &Natural) -> Result<Expectation> {
        let sum = self.sum(theta)?;
        let [x, log_factorial] = sum.shift();
        Ok(Expectation::from([sum.mode + x, sum.log_mode_factorial + log_factorial]))
    }

    fn expectation_to_natural(&self, eta: &Expectation) -> Result<Natural> {
        self.check_expectation(eta)?;
        let theta = inverse::solve(pair("expectation parameter", eta.values())?)?;
        self.check_natural(&theta).map(|()| theta)
    }

    fn log_partition(&self, theta: &Natural) -> Result<f64> {
        let psi = self.sum(theta)?.log_partition();
        finite("ψ", array![psi]).map(|_| psi)
    }

    fn fisher_natural(&self, theta: &Natural) -> Result<Array2<f64>> {
        let sum = self.sum(theta)?;
        let shift = sum.shift();
        let [a, b, c] = [[2, 0], [1, 1], [0, 2]].map(|powers| Self::central(&sum, shift, powers));
        Ok(array![[a, b], [b, c]])
    }

    fn third_cumulants(&self, theta: &Natural) -> Result<Array3<f64>> {
        let sum = self.sum(theta)?;
        let shift = sum.shift();
        let by_count = [[3, 0], [2, 1], [1, 2], [0, 3]].map(|powers| Self::central(&sum, shift, powers));
        Ok(Array3::from_shape_fn((2, 2, 2), |(i, j, k)| by_count[i + j + k]))
    }

    fn fourth_cumulants(&self, theta: &Natural) -> Result<Array4<f64>> {
        let sum = self.sum(theta)?;
        let shift = sum.shift();
        let second = [[2, 0], [1, 1], [0, 2]].map(|powers| Self::central(&sum, shift, powers));
        let fourth =
            [[4, 0], [3, 1], [2, 2], [1, 3], [0, 4]].map(|powers| Self::central(&sum, shift, powers));
        Ok(Array4::from_shape_fn((2, 2, 2, 2), |(i, j, k, l)| {
            let pairs =
                second[i + j] * second[k + l] + second[i + k] * second[j + l] + second[i + l] * second[j + k];
            fourth[i + j + k + l] - pairs
        }))
    }

    fn source_jacobian(&self, lambda: &Source) -> Result<Array2<f64>> {
        self.check_source(lambda)?;
        let [rate, _] = pair("rate and dispersion", lambda.values())?;
        finite("∂θ/∂λ", array![[1.0 / rate, 0.0], [0.0, -1.0]])
    }

    fn entropy(&self, theta: &Natural) -> Result<f64> {
        Ok(self.sum(theta)?.entropy())
    }

    fn sufficient(&self, x: ArrayView1<'_, f64>) -> Result<Array1<f64>> {
        match natural_number(x)? {
            Some(x) => Ok(array![x, libm::lgamma(x + 1.0)]),
            None => Err(Error::Domain {
                quantity: "outcome",
                index: 0,
                value: x.first().copied().unwrap_or(f64::NAN),
                requirement: "a natural number",
            }),
        }
    }

    fn log_carrier(&self, x: ArrayView1<'_, f64>) -> Result<f64> {
        Ok(natural_number(x)?.map_or(f64::NEG_INFINITY, |_| 0.0))
    }

    /// x (ln λ - ν ln x!/x) - ψ where x ln λ and ν ln x! are both beyond the floats.
    fn log_probability(&self, theta: &Natural, x: ArrayView1<'_, f64>) -> Result<f64> {
        let psi = self.log_partition(theta)?;
        let Some(count) = natural_number(x)? else { return Ok(f64::NEG_INFINITY) };
        let ([log_rate, minus_nu], log_factorial) =
            (pair("natural parameter", theta.values())?, libm::lgamma(count + 1.0));
        let linear = count * log_rate + minus_nu * log_factorial;
        let linear =
            if linear.is_nan() { count * (log_rate + minus_nu * (log_factorial / count)) } else { linear };
        Ok(linear - psi)
    }

    /// Inversion of one uniform number per draw, outcomes in the order of the series: from the mode outwards.
    fn sample(&self, theta: &Natural, draws: usize, rng: &mut dyn Rng) -> Result<Array2<f64>> {
        let sum = self.sum(theta)?;
        let cumulative: Vec<f64> = sum
            .terms
            .iter()
            .scan(0.0, |total, term| {
                *total += term.weight;
                Some(*total)
            })
            .collect();
        let total = cumulative.last().copied().unwrap_or(1.0);
        Ok(Array2::from_shape_fn((draws, 1), |_| {
            let level = total * rng.random::<f64>();
            let place = cumulative.partition_point(|c| *c <= level);
            sum.mode + sum.terms.get(place).map_or(0.0, |term| term.offset)
        }))
    }
}

impl Discrete for ConwayMaxwellPoisson {
    fn support(&self, theta: &Natural, tail: f64) -> Result<Array2<f64>> {
        check::setting("tail", tail, tail > 0.0 && tail < 1.0, "between 0 and 1")?;
        let sum = self.sum(theta)?;
        let mut weights: Vec<(f64, f64)> =
            sum.terms.iter().map(|term| (sum.mode + term.offset, term.weight)).collect();
        // The least likely outcomes go, as many as fit into half of the tail; the series itself ends within the other half
        // unless the tail is below rounding.
        weights.sort_by(|a, b| a.1.total_cmp(&b.1));
        let mut left = 0.5 * tail * sum.total();
        let drop = weights
            .iter()
            .take_while(|(_, weight)| {
                left -= weight;
                left > 0.0
            })
            .count();
        let mut kept: Vec<f64> = weights.iter().skip(drop).map(|(x, _)| *x).collect();
        kept.sort_by(f64::total_cmp);
        Ok(Array2::from_shape_fn((kept.len(), 1), |(row, _)| kept[row]))
    }
}

impl Univariate for ConwayMaxwellPoisson {
    fn cumulants(&self, theta: &Natural) -> Result<[f64; 4]> {
        let sum = self.sum(theta)?;
        let shift = sum.shift();
        let [second, third, fourth] = [2, 3, 4].map(|k| Self::central(&sum, shift, [k, 0]));
        Ok([sum.mode + shift[0], second, third, fourth - 3.0 * second * second])
    }
}
