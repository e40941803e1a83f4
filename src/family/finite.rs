use crate::family::one_parameter::finite;
use crate::family::{Discrete, Expectation, Family, Natural, Source, hull};
use crate::special::{log_sum_exp, tilt};
use crate::{Error, Result, check, linalg};
use ndarray::{Array1, Array2, Array3, Array4, ArrayView1, ArrayView2, Axis};
use rand::Rng;

/// Any exponential family on a finite list of outcomes: everything by weighted sums.
///
/// ```text
/// p_i(θ) = exp(ln h_i + ⟨θ, T_i⟩ - ψ(θ)),   ψ(θ) = ln Σ_i exp(ln h_i + ⟨θ, T_i⟩)
/// ```
///
/// Log-linear models, Ising models, truncated counts; and the reference engine against which the closed families are
/// checked. The source parameters are θ itself.
///
/// # Shapes
/// m outcomes, d statistics: T is m × d. An outcome is its index 0..m, unless a list of outcomes was given.
///
/// # Cost
/// md per evaluation, md² for the Fisher, md³ and md⁴ for the cumulants; a search of m for T(x) of listed outcomes.
///
/// # Numerical notes
/// The natural parameter of a mean is found by Newton's method: all digits in the interior, an error if the mean is
/// so near the boundary that 400 steps do not reach it (a nat per step, for a coin).
///
/// # Example
/// ```
/// use natgrad::family::{Bernoulli, Family, FiniteSupport, Natural};
/// use natgrad::ndarray::array;
/// let coin = FiniteSupport::new(array![0.0, 0.0], array![[0.0], [1.0]])?;
/// let theta = Natural::from(-3.25);
/// let difference = coin.log_partition(&theta)? - Bernoulli::new().log_partition(&theta)?;
/// assert!(difference.abs() < 1e-17);
/// # Ok::<(), natgrad::Error>(())
/// ```
///
/// # Checked by
/// `tests/family/finite.rs`.
#[derive(Debug, Clone, PartialEq)]
pub struct FiniteSupport {
    log_carrier: Array1<f64>,
    sufficient: Array2<f64>,
    /// One row per outcome, if outcomes are not their indices.
    outcomes: Option<Array2<f64>>,
}

impl FiniteSupport {
    /// From ln h (m) and T (m × d).
    ///
    /// # Errors
    /// [`Error::Empty`], [`Error::Shape`], [`Error::NonFinite`]. That 1, T₁, …, T_d are independent is not checked
    /// here: where they are not, the Fisher is singular and its inverse an error.
    pub fn new(log_carrier: Array1<f64>, sufficient: Array2<f64>) -> Result<Self> {
        check::not_empty("sufficient statistics", &sufficient)?;
        check::finite("sufficient statistics", &sufficient)?;
        check::vector("log carrier", sufficient.nrows(), &log_carrier.view())?;
        Ok(FiniteSupport { log_carrier, sufficient, outcomes: None })
    }

    /// The outcomes of `family` that carry all but `tail` of the law at θ, with its h and T.
    ///
    /// At other parameters the mass left out is another.
    ///
    /// # Errors
    /// Those of [`Discrete::support`].
    ///
    /// # Example
    /// ```
    /// use natgrad::family::{Family, FiniteSupport, Natural, Poisson};
    /// let theta = Natural::from(2.5f64.ln());
    /// let truncated = FiniteSupport::truncating(&Poisson::new(), &theta, 1e-18)?;
    /// assert!((truncated.log_partition(&theta)? - 2.5).abs() < 1e-15);
    /// # Ok::<(), natgrad::Error>(())
    /// ```
    pub fn truncating<F: Discrete + ?Sized>(family: &F, theta: &Natural, tail: f64) -> Result<Self> {
        let outcomes = family.support(theta, tail)?;
        let mut log_carrier = Array1::zeros(outcomes.nrows());
        let mut sufficient = Array2::zeros((outcomes.nrows(), family.dim()));
        for (x, (log, mut row)) in
            outcomes.outer_iter().zip(log_carrier.iter_mut().zip(sufficient.outer_iter_mut()))
        {
            *log = family.log_carrier(x)?;
            row.assign(&family.sufficient(x)?);
        }
        let plain = FiniteSupport::new(log_carrier, sufficient)?;
        Ok(FiniteSupport { outcomes: Some(outcomes), ..plain })
    }

    /// ln h, one number per outcome.
    pub fn log_carriers(&self) -> ArrayView1<'_, f64> {
        self.log_carrier.view()
    }

    /// T, one row per outcome.
    pub fn statistics(&self) -> ArrayView2<'_, f64> {
        self.sufficient.view()
    }

    /// ln p(θ), one number per outcome.
    pub fn log_probabilities(&self, theta: &Natural) -> Result<Array1<f64>> {
        let exponents = self.exponents(theta)?;
        let psi = log_sum_exp(exponents.iter().copied());
        let logs = exponents - psi;
        check::finite("log-probability", &logs)?;
        Ok(logs)
    }

    /// p(θ), one number per outcome.
    pub fn probabilities(&self, theta: &Natural) -> Result<Array1<f64>> {
        let exponents = self.exponents(theta)?;
        let largest = exponents.fold(f64::NEG_INFINITY, |m, x| m.max(*x));
        let weights = exponents.mapv(|x| (x - largest).exp());
        let sum = weights.sum();
        Ok(weights / sum)
    }

    /// E\[T\] under the given weights.
    pub fn mean(&self, weights: ArrayView1<'_, f64>) -> Array1<f64> {
        self.sufficient.t().dot(&weights)
    }

    fn exponents(&self, theta: &Natural) -> Result<Array1<f64>> {
        check::vector("natural parameter", self.sufficient.ncols(), &theta.values())?;
        let exponents = &self.log_carrier + &self.sufficient.dot(&theta.values());
        check::finite("exponent", &exponents)?;
        Ok(exponents)
    }

    /// Weights, and T less its mean.
    fn centred(&self, theta: &Natural) -> Result<(Array1<f64>, Array2<f64>)> {
        let weights = self.probabilities(theta)?;
        let centred = &self.sufficient - &self.mean(weights.view());
        Ok((weights, centred))
    }

    /// See [`expectation_to_natural`](Family::expectation_to_natural).
    fn natural_by_newton(&self, eta: &Expectation) -> Result<Natural> {
        let objective = |theta: &Natural| -> Result<f64> {
            Ok(log_sum_exp(self.exponents(theta)?.iter().copied()) - theta.values().dot(&eta.values()))
        };
        let mut theta = Natural::new(Array1::zeros(self.dim()));
        let (mut residual, mut rounding) = (f64::INFINITY, f64::INFINITY);
        for _ in 0..400 {
            let weights = self.probabilities(&theta)?;
            let (mut gap, mut spread) = (Array1::zeros(self.dim()), Array1::<f64>::zeros(self.dim()));
            for (row, weight) in self.sufficient.outer_iter().zip(&weights) {
                let centred = &row - &eta.values();
                gap.scaled_add(*weight, &centred);
                spread.scaled_add(*weight, &centred.mapv(f64::abs));
            }
            // In roundings of its own terms: near the boundary no θ does better than a few.
            rounding =
                gap.iter().zip(&spread).fold(0.0, |m: f64, (g, s)| m.max((g / s).abs())) / f64::EPSILON;
            if rounding <= 0.5 {
                return Ok(theta);
            }
            let factor = linalg::Cholesky::factor(self.fisher_natural(&theta)?.view())?;
            let step = factor.solve(gap.view())?;
            let decrement = step.dot(&gap);
            residual = decrement.sqrt();
            let (start, mut length) = (objective(&theta)?, 1.0);
            let mut next = Natural::new(&theta.values() - &step);
            let slack = 1e-14 * start.abs();
            while length > 1e-10
                && objective(&next).map_or(true, |value| value > start - 0.25 * length * decrement + slack)
            {
                length *= 0.5;
                next = Natural::new(&theta.values() - &(length * &step));
            }
            theta = next;
            if residual <= 1e-15 {
                return Ok(theta);
            }
        }
        if residual <= 1e-12 || rounding <= 8.0 {
            return Ok(theta);
        }
        Err(Error::NotConverged {
            solver: "Newton's method for the natural parameter",
            iterations: 400,
            residual,
            tolerance: 1e-12,
            condition: f64::NAN,
            backward_error: f64::NAN,
            at_rounding: false,
        })
    }

    /// The row of an outcome.
    fn position(&self, x: ArrayView1<'_, f64>) -> Result<Option<usize>> {
        check::vector("outcome", self.outcome_len(), &x)?;
        if let Some(outcomes) = &self.outcomes {
            return Ok(outcomes.outer_iter().position(|row| row == x));
        }
        let index = x.sum();
        let holds = index >= 0.0 && index < self.sufficient.nrows() as f64 && index.fract() == 0.0;
        Ok(holds.then_some(index as usize))
    }
}

impl Family for FiniteSupport {
    fn name(&self) -> String {
        let (outcomes, statistics) = self.sufficient.dim();
        format!("finite support ({outcomes} outcomes, {statistics} statistics)")
    }

    fn dim(&self) -> usize {
        self.sufficient.ncols()
    }

    fn outcome_len(&self) -> usize {
        self.outcomes.as_ref().map_or(1, |outcomes| outcomes.ncols())
    }

    fn check_natural(&self, theta: &Natural) -> Result<()> {
        check::vector("natural parameter", self.dim(), &theta.values())
    }

    /// Between the least and the greatest of every statistic: necessary, and for one statistic sufficient. The convex
    /// hull itself is found out by [`expectation_to_natural`](Family::expectation_to_natural).
    fn check_expectation(&self, eta: &Expectation) -> Result<()> {
        check::vector("expectation parameter", self.dim(), &eta.values())?;
        for (index, (column, &value)) in self.sufficient.columns().into_iter().zip(eta.values()).enumerate() {
            let (low, high) =
                column.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), x| (l.min(*x), h.max(*x)));
            if value <= low || value >= high {
                let requirement = "strictly between the least and the greatest value of the statistic";
                return Err(Error::Domain { quantity: "expectation parameter", index, value, requirement });
            }
        }
        Ok(())
    }

    fn check_source(&self, lambda: &Source) -> Result<()> {
        check::vector("source parameter", self.dim(), &lambda.values())
    }

    fn source_to_natural(&self, lambda: &Source) -> Result<Natural> {
        self.check_source(lambda)?;
        Ok(Natural::new(lambda.values().to_owned()))
    }

    fn natural_to_source(&self, theta: &Natural) -> Result<Source> {
        self.check_natural(theta)?;
        Ok(Source::new(theta.values().to_owned()))
    }

    fn natural_to_expectation(&self, theta: &Natural) -> Result<Expectation> {
        Ok(Expectation::new(self.mean(self.probabilities(theta)?.view())))
    }

    /// The θ at which E\[T\] = η, by Newton's method on the convex ψ(θ) - ⟨θ, η⟩ with halved steps.
    ///
    /// # Errors
    /// [`Error::OutsideHull`] with a direction in which η is as far as any outcome, or farther;
    /// [`Error::Unsupported`] where a redundant T stops the search; [`Error::NotConverged`] for an η inside, but too near
    /// the boundary.
    fn expectation_to_natural(&self, eta: &Expectation) -> Result<Natural> {
        self.check_expectation(eta)?;
        let found = self.natural_by_newton(eta);
        // A mean on the boundary is met to rounding by a law that all but leaves out some outcomes.
        let law = found.as_ref().ok().map(|theta| self.probabilities(theta)).transpose()?;
        if law.is_some_and(|p| p.iter().all(|p| *p > 1e-13)) {
            return found;
        }
        if let Some(proof) = hull::not_inside(self.sufficient.view(), eta.values()) {
            return Err(proof.error("expectation parameter"));
        }
        found.map_err(|error| match hull::redundant(self.sufficient.view()) {
            Ok(true) => Error::Unsupported {
                what: "natural parameter of a mean",
                reason: "the statistics and the constant are linearly dependent; leave out a statistic",
            },
            _ => error,
        })
    }

    fn log_partition(&self, theta: &Natural) -> Result<f64> {
        Ok(log_sum_exp(self.exponents(theta)?.iter().copied()))
    }

    fn fisher_natural(&self, theta: &Natural) -> Result<Array2<f64>> {
        let (weights, mut centred) = self.centred(theta)?;
        for (mut row, weight) in centred.axis_iter_mut(Axis(0)).zip(&weights) {
            row *= weight.sqrt();
        }
        Ok(linalg::syrk(centred.view()))
    }

    fn third_cumulants(&self, theta: &Natural) -> Result<Array3<f64>> {
        let (weights, centred) = self.centred(theta)?;
        let d = self.dim();
        let mut third = Array3::zeros((d, d, d));
        for (row, weight) in centred.outer_iter().zip(&weights) {
            for ((i, j, k), entry) in third.indexed_iter_mut() {
                *entry += weight * row[i] * row[j] * row[k];
            }
        }
        Ok(third)
    }

    fn fourth_cumulants(&self, theta: &Natural) -> Result<Array4<f64>> {
        let (weights, centred) = self.centred(theta)?;
        let (d, g) = (self.dim(), self.fisher_natural(theta)?);
        let mut fourth = Array4::zeros((d, d, d, d));
        for (row, weight) in centred.outer_iter().zip(&weights) {
            for ((i, j, k, l), entry) in fourth.indexed_iter_mut() {
                *entry += weight * row[i] * row[j] * row[k] * row[l];
            }
        }
        for ((i, j, k, l), entry) in fourth.indexed_iter_mut() {
            *entry -= g[[i, j]] * g[[k, l]] + g[[i, k]] * g[[j, l]] + g[[i, l]] * g[[j, k]];
        }
        Ok(fourth)
    }

    /// The identity, for λ is θ.
    fn source_jacobian(&self, lambda: &Source) -> Result<Array2<f64>> {
        self.check_source(lambda)?;
        Ok(Array2::eye(self.dim()))
    }

    fn entropy(&self, theta: &Natural) -> Result<f64> {
        let logs = self.log_probabilities(theta)?;
        Ok(0.0 - logs.iter().map(|log| log.exp() * log).sum::<f64>())
    }

    fn sufficient(&self, x: ArrayView1<'_, f64>) -> Result<Array1<f64>> {
        match self.position(x)? {
            Some(row) => Ok(self.sufficient.row(row).to_owned()),
            None => {
                let value = x.first().copied().unwrap_or(f64::NAN);
                Err(Error::Domain { quantity: "outcome", index: 0, value, requirement: "in the support" })
            }
        }
    }

    fn log_carrier(&self, x: ArrayView1<'_, f64>) -> Result<f64> {
        let row = self.position(x)?;
        Ok(row.and_then(|row| self.log_carrier.get(row)).copied().unwrap_or(f64::NEG_INFINITY))
    }

    fn kullback_leibler_step(&self, theta: &Natural, step: ArrayView1<'_, f64>) -> Result<f64> {
        check::vector("step", self.dim(), &step)?;
        let (logs, weights) = (self.log_probabilities(theta)?, self.probabilities(theta)?);
        let tilts = self.sufficient.dot(&step);
        check::finite("tilt", &tilts)?;
        let tilted = tilt(logs.iter().zip(&weights).zip(&tilts).map(|((log, w), x)| (*log, *w, *x)));
        finite("Kullback-Leibler divergence", tilted)
    }

    fn sample(&self, theta: &Natural, draws: usize, rng: &mut dyn Rng) -> Result<Array2<f64>> {
        let weights = self.probabilities(theta)?;
        let cumulative: Vec<f64> = weights
            .iter()
            .scan(0.0, |sum, weight| {
                *sum += weight;
                Some(*sum)
            })
            .collect();
        let total = cumulative.last().copied().unwrap_or(1.0);
        let mut found = Array2::zeros((draws, self.outcome_len()));
        for mut row in found.outer_iter_mut() {
            let u = total * crate::random::open_unit(rng.next_u64());
            let index = cumulative.partition_point(|sum| *sum <= u).min(weights.len().saturating_sub(1));
            match &self.outcomes {
                Some(outcomes) => row.assign(&outcomes.row(index)),
                None => row.fill(index as f64),
            }
        }
        Ok(found)
    }
}

impl Discrete for FiniteSupport {
    /// All outcomes, whatever the tail.
    fn support(&self, theta: &Natural, tail: f64) -> Result<Array2<f64>> {
        self.check_natural(theta)?;
        check::setting("tail", tail, tail > 0.0 && tail < 1.0, "strictly between 0 and 1")?;
        Ok(match &self.outcomes {
            Some(outcomes) => outcomes.clone(),
            None => crate::family::lattice::column(0.0, (self.sufficient.nrows() - 1) as f64),
        })
    }
}
