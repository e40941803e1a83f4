use crate::family::binomial::{Binomial, binomial};
use crate::family::throws::{Throws, methods_of_throws, probabilities_of_throws};
use crate::family::{Discrete, Expectation, Family, Natural, SUPPORT_LIMIT, Source};
use crate::special::{log_choose, log1p_minus, poisson_surprise, stirling_error};
use crate::{Error, Result, check};
use ndarray::{Array1, Array2, ArrayView1};
use rand::Rng;
use rand_distr::Distribution;

/// N independent draws from n+1 categories: x counts how often each came.
///
/// A die thrown N times, the counts of a table.
///
/// ```text
/// θ_i = ln(p_i/p_{n+1}),   η = N(p_1, …, p_n),   ψ = N ln(1 + Σ e^θ_i),   h = N!/Π x_i!
/// G_θ = N(diag(p) - ppᵀ),   G_λ = N(diag(1/p) + 11ᵀ/p_{n+1}),   G_η = diag(1/η) + 11ᵀ/η_{n+1}
/// ```
///
/// # Shapes
/// An outcome has n+1 counts, which sum to N; parameters have n entries, see [`Categorical`](crate::family::Categorical).
///
/// # Cost
/// The entropy is a sum over the counts of each category, not over all C(N+n, n) outcomes.
///
/// # Example
/// ```
/// use natgrad::family::{Family, Multinomial, Source};
/// use natgrad::ndarray::array;
/// let dice = Multinomial::new(3, 4)?;
/// let theta = dice.source_to_natural(&Source::from([0.25, 0.25]))?;
/// // 4!/(1! 1! 2!) (1/4)(1/4)(1/2)²
/// let log = dice.log_probability(&theta, array![1.0, 1.0, 2.0].view())?;
/// assert!((log.exp() - 0.1875).abs() < 1e-15);
/// # Ok::<(), natgrad::Error>(())
/// ```
///
/// # Checked by
/// `tests/family/laws.rs`, `tests/family/limits.rs`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Multinomial {
    throws: Throws,
}

impl Multinomial {
    /// n+1 categories, N trials.
    ///
    /// # Errors
    /// [`Error::Setting`] for fewer than two categories, or unless 1 ≤ N ≤ 2⁵³.
    pub fn new(categories: usize, trials: u64) -> Result<Self> {
        Ok(Multinomial { throws: Throws::new(categories, trials)? })
    }

    /// n+1.
    pub fn categories(&self) -> usize {
        self.throws.categories
    }

    /// N.
    pub fn trials(&self) -> u64 {
        self.throws.trials
    }

    probabilities_of_throws!();

    /// Whether x has whole counts that sum to N.
    fn holds(&self, x: ArrayView1<'_, f64>) -> Result<bool> {
        check::vector("outcome", self.throws.categories, &x)?;
        Ok(x.iter().all(|x| *x >= 0.0 && x.fract() == 0.0) && x.sum() - self.throws.n() == 0.0)
    }
}

/// -Σ_{j<y} ln(1 - j/N) = ln(Nʸ (N - y)!/N!).
fn log_fall(n: f64, y: f64) -> f64 {
    if y < 64.0 {
        return -(1..y as u32).map(|j| (-f64::from(j) / n).ln_1p()).sum::<f64>();
    }
    let rest = n - y;
    if rest <= 0.0 {
        return n - poisson_surprise(n, n);
    }
    // Stirling's formula of both factorials; the difference of their logarithms times (rest + ½) by ln(1 + y/rest).
    y - (rest + 0.5) * (y / rest).ln_1p() + stirling_error(rest) - stirling_error(n)
}

impl Family for Multinomial {
    fn name(&self) -> String {
        format!("multinomial ({} categories, N = {})", self.throws.categories, self.throws.trials)
    }

    fn outcome_len(&self) -> usize {
        self.throws.categories
    }

    methods_of_throws!();

    /// Σ_i E[s(x_i; Np_i)] - s(N; N), s(x; μ) = ln x! - x ln μ + μ: the marginal counts suffice.
    ///
    /// A category more probable than all others together joins with s(N; N): with y = N - x and q = 1 - p,
    ///
    /// ```text
    /// s(N - y; Np) - s(N; N) = -N(ln(1 - q) + q) + y ln(1 - q) - Σ_{j<y} ln(1 - j/N)
    /// ```
    ///
    /// which is as small as y and q are.
    fn entropy(&self, theta: &Natural) -> Result<f64> {
        let (law, n) = (self.throws.law(theta)?, self.throws.n());
        let binomial = Binomial::new(self.throws.trials)?;
        let mut sum = if law.q.iter().any(|q| *q < 0.5) { 0.0 } else { -poisson_surprise(n, n) };
        for (p, q) in law.p.iter().zip(&law.q) {
            if *p <= 0.0 || *q <= 0.0 {
                continue;
            }
            let logit = p.ln() - q.ln();
            sum += if *q < 0.5 {
                let base = -n * log1p_minus(-q);
                binomial.mean_of(-logit, |y| base + y * (-q).ln_1p() + log_fall(n, y))?
            } else {
                binomial.mean_of(logit, |x| poisson_surprise(x, n * p))?
            };
        }
        Ok(sum)
    }

    fn sufficient(&self, x: ArrayView1<'_, f64>) -> Result<Array1<f64>> {
        if !self.holds(x)? {
            let (value, requirement) = (x.sum(), "whole counts that sum to N (the value is their sum)");
            return Err(Error::Domain { quantity: "outcome", index: 0, value, requirement });
        }
        Ok(x.iter().take(self.throws.dim()).copied().collect())
    }

    fn log_carrier(&self, x: ArrayView1<'_, f64>) -> Result<f64> {
        if !self.holds(x)? {
            return Ok(f64::NEG_INFINITY);
        }
        // The product of C(x_1 + … + x_i, x_i).
        let mut below = 0.0;
        let mut log = 0.0;
        for x in x {
            log += log_choose(below, *x);
            below += x;
        }
        Ok(log)
    }

    fn log_probability(&self, theta: &Natural, x: ArrayView1<'_, f64>) -> Result<f64> {
        let (law, n) = (self.throws.law(theta)?, self.throws.n());
        if !self.holds(x)? {
            return Ok(f64::NEG_INFINITY);
        }
        // Counts of which the others are known are a law of Poisson counts, given their sum.
        if law.p.iter().all(|p| *p > 1e-290) {
            let parts: f64 = law.p.iter().zip(x).map(|(p, x)| poisson_surprise(*x, n * p)).sum();
            return Ok(poisson_surprise(n, n) - parts);
        }
        Ok(self.log_carrier(x)? + law.log.dot(&x))
    }

    /// One binomial draw per category, of the throws that are left.
    fn sample(&self, theta: &Natural, draws: usize, rng: &mut dyn Rng) -> Result<Array2<f64>> {
        let law = self.throws.law(theta)?;
        // Mass of each category and all after it.
        let mut from: Vec<f64> = law.p.to_vec();
        let mut sum = 0.0;
        for mass in from.iter_mut().rev() {
            sum += *mass;
            *mass = sum;
        }
        let mut found = Array2::zeros((draws, self.throws.categories));
        for mut row in found.outer_iter_mut() {
            let mut left = self.throws.trials;
            for ((count, p), mass) in row.iter_mut().zip(&law.p).zip(&from) {
                let share = if *mass > 0.0 { (p / mass).min(1.0) } else { 0.0 };
                let drawn = binomial(left, share)?.sample(rng);
                *count = drawn as f64;
                left -= drawn.min(left);
            }
        }
        Ok(found)
    }
}

impl Discrete for Multinomial {
    /// All C(N+n, n) outcomes in lexical order, whatever the tail.
    fn support(&self, theta: &Natural, tail: f64) -> Result<Array2<f64>> {
        self.check_natural(theta)?;
        check::setting("tail", tail, tail > 0.0 && tail < 1.0, "strictly between 0 and 1")?;
        let (d, n) = (self.throws.dim(), self.throws.n());
        let needed = log_choose(n, d as f64).exp().round();
        if needed * self.throws.categories as f64 > SUPPORT_LIMIT as f64 {
            return Err(Error::TooLarge {
                quantity: "list of outcomes",
                needed,
                limit: SUPPORT_LIMIT as f64,
                advice: "use the closed forms",
            });
        }
        let mut outcomes = Array2::zeros((needed as usize, self.throws.categories));
        let (mut counts, mut left) = (vec![0.0; d], n);
        for mut outcome in outcomes.outer_iter_mut() {
            for (entry, count) in outcome.iter_mut().zip(counts.iter().chain([&left])) {
                *entry = *count;
            }
            // The next one: the last count that can grow does, and those behind it begin again.
            let mut place = d;
            if left == 0.0 {
                place = counts.iter().rposition(|x| *x > 0.0).unwrap_or(0);
                left = counts.get_mut(place).map_or(0.0, std::mem::take);
            }
            if let Some(count) = place.checked_sub(1).and_then(|i| counts.get_mut(i)) {
                (*count, left) = (*count + 1.0, left - 1.0);
            }
        }
        Ok(outcomes)
    }
}
