//! N throws of a die (private): what categorical and multinomial laws share.

use crate::family::one_parameter::finite;
use crate::family::{Expectation, Natural, Source};
use crate::special::{log_share, tilt};
use crate::{Error, Result, check};
use ndarray::{Array1, Array2, Array3, Array4, ArrayView1};

/// The dice of a family.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Throws {
    /// n + 1 ≥ 2.
    pub categories: usize,
    /// N ≥ 1.
    pub trials: u64,
}

/// The law of one throw, without rounding to one.
pub(super) struct Law {
    /// p, n+1 numbers.
    pub p: Array1<f64>,
    /// 1 - p, summed from the others.
    pub q: Array1<f64>,
    /// ln p.
    pub log: Array1<f64>,
}

/// Σ x with the rounding errors added up beside it.
fn exact_sum(terms: impl Iterator<Item = f64>) -> f64 {
    let (mut sum, mut lost) = (0.0, 0.0);
    for x in terms {
        let next: f64 = sum + x;
        lost += if sum.abs() >= x.abs() { (sum - next) + x } else { (x - next) + sum };
        sum = next;
    }
    sum + lost
}

impl Throws {
    /// Checked sizes.
    pub(super) fn new(categories: usize, trials: u64) -> Result<Self> {
        check::setting("categories", categories as f64, categories >= 2, "at least 2")?;
        check::setting("trials", trials as f64, (1..=1 << 53).contains(&trials), "from 1 to 2^53")?;
        Ok(Throws { categories, trials })
    }

    /// n.
    pub(super) fn dim(&self) -> usize {
        self.categories - 1
    }

    /// N.
    pub(super) fn n(&self) -> f64 {
        self.trials as f64
    }

    /// θ has n finite entries.
    pub(super) fn check_natural(&self, theta: &Natural) -> Result<()> {
        check::vector("natural parameter", self.dim(), &theta.values())
    }

    /// Positive entries that leave something of `whole`: all n+1 of them.
    fn complete(
        &self,
        quantity: &'static str,
        values: ArrayView1<'_, f64>,
        whole: f64,
    ) -> Result<Array1<f64>> {
        check::vector(quantity, self.dim(), &values)?;
        if let Some((index, &value)) = values.iter().enumerate().find(|(_, x)| **x <= 0.0 || **x >= whole) {
            let requirement = "positive and less than the whole";
            return Err(Error::Domain { quantity, index, value, requirement });
        }
        let last = exact_sum(values.iter().map(|x| -x).chain([whole]));
        if last <= 0.0 {
            let (index, value) = (self.dim() - 1, whole - last);
            let requirement = "such that the entries sum to less than the whole (the value is their sum)";
            return Err(Error::Domain { quantity, index, value, requirement });
        }
        Ok(Array1::from_iter(values.iter().copied().chain([last])))
    }

    /// p of λ, n+1 numbers.
    pub(super) fn of_source(&self, lambda: &Source) -> Result<Array1<f64>> {
        self.complete("source parameter", lambda.values(), 1.0)
    }

    /// Np of η, n+1 numbers.
    pub(super) fn of_expectation(&self, eta: &Expectation) -> Result<Array1<f64>> {
        self.complete("expectation parameter", eta.values(), self.n())
    }

    /// θ of n+1 positive weights.
    pub(super) fn natural(&self, weights: ArrayView1<'_, f64>) -> Natural {
        let last = weights.last().copied().unwrap_or(1.0);
        // Next to equality the logarithm of the ratio by the difference.
        let log = |x: f64| {
            let step = (x - last) / last;
            if step.abs() < 0.5 { step.ln_1p() } else { x.ln() - last.ln() }
        };
        Natural::new(weights.iter().take(self.dim()).map(|x| log(*x)).collect::<Array1<f64>>())
    }

    /// The first n entries.
    pub(super) fn shorten(&self, full: &Array1<f64>, factor: f64) -> Array1<f64> {
        full.iter().take(self.dim()).map(|x| factor * x).collect()
    }

    /// p, 1 - p, ln p at θ.
    pub(super) fn law(&self, theta: &Natural) -> Result<Law> {
        self.check_natural(theta)?;
        let logits = || theta.values().into_iter().copied().chain([0.0]);
        let largest = logits().fold(f64::NEG_INFINITY, f64::max);
        let weights: Vec<f64> = logits().map(|x| (x - largest).exp()).collect();
        let top = logits().position(|x| x >= largest).unwrap_or(0);
        // Sums of the others, from the left and from the right: no difference.
        let mut q = vec![0.0; weights.len()];
        let mut sum = 0.0;
        for (q, w) in q.iter_mut().zip(&weights) {
            *q = sum;
            sum += w;
        }
        sum = 0.0;
        for (q, w) in q.iter_mut().zip(&weights).rev() {
            *q += sum;
            sum += w;
        }
        let rest = q.get(top).copied().unwrap_or(0.0);
        let (total, log_total) = (1.0 + rest, rest.ln_1p());
        let log: Array1<f64> = logits().map(|x| (x - largest) - log_total).collect();
        check::finite("log-probability", &log)?;
        Ok(Law {
            log,
            p: weights.iter().map(|w| w / total).collect(),
            q: q.iter().map(|w| w / total).collect(),
        })
    }

    /// ψ(θ).
    pub(super) fn log_partition(&self, theta: &Natural) -> Result<f64> {
        // p of the last category is e^-ψ.
        finite("log-partition", -self.n() * self.law(theta)?.log.last().copied().unwrap_or(0.0))
    }

    /// φ(η).
    pub(super) fn dual_potential(&self, eta: &Expectation) -> Result<f64> {
        let means = self.of_expectation(eta)?;
        // The largest by what is left of it, which is where its share is next to one.
        Ok(means.iter().map(|x| x * log_share(*x, self.n() - x)).sum())
    }

    /// N(diag p - ppᵀ) without the last category.
    pub(super) fn fisher_natural(&self, theta: &Natural) -> Result<Array2<f64>> {
        let (law, d, n) = (self.law(theta)?, self.dim(), self.n());
        let entry = |i: usize, j: usize| {
            if i == j { n * (law.p[i] * law.q[i]) } else { -n * (law.p[i] * law.p[j]) }
        };
        Ok(Array2::from_shape_fn((d, d), |(i, j)| entry(i, j)))
    }

    /// (diag 1/w + 1/w_last) · factor, the Fisher in coordinates that drop the last of the weights.
    pub(super) fn reciprocal(&self, weights: &Array1<f64>, factor: f64) -> Result<Array2<f64>> {
        let (d, last) = (self.dim(), weights.last().copied().unwrap_or(1.0));
        let entry = |i: usize, j: usize| if i == j { factor / weights[i] } else { 0.0 };
        let matrix = Array2::from_shape_fn((d, d), |(i, j)| entry(i, j) + factor / last);
        check::finite("Fisher", &matrix)?;
        Ok(matrix)
    }

    /// ∂³ψ: by the number of equal indices p q (q - p), -p_i p_j (q_i - p_i), 2 p_i p_j p_k.
    pub(super) fn third_cumulants(&self, theta: &Natural) -> Result<Array3<f64>> {
        let (law, d, n) = (self.law(theta)?, self.dim(), self.n());
        let (p, q) = (&law.p, &law.q);
        let entry = |(i, j, k): (usize, usize, usize)| {
            // i twice, if any index is twice.
            let (i, j, k) = if i == k {
                (i, k, j)
            } else if j == k {
                (j, k, i)
            } else {
                (i, j, k)
            };
            n * if i == j && j == k {
                p[i] * q[i] * (q[i] - p[i])
            } else if i == j {
                -p[i] * p[k] * (q[i] - p[i])
            } else {
                2.0 * p[i] * p[j] * p[k]
            }
        };
        Ok(Array3::from_shape_fn((d, d, d), entry))
    }

    /// ∂⁴ψ, by the multiplicities 4, 3+1, 2+2, 2+1+1, 1+1+1+1 of the indices.
    pub(super) fn fourth_cumulants(&self, theta: &Natural) -> Result<Array4<f64>> {
        let (law, d, n) = (self.law(theta)?, self.dim(), self.n());
        let (p, q) = (&law.p, &law.q);
        let entry = |(i, j, k, l): (usize, usize, usize, usize)| {
            let given = [i, j, k, l];
            let times = |x: usize| given.iter().filter(|y| **y == x).count();
            // The most frequent first.
            let mut index = given;
            index.sort_by_key(|x| (std::cmp::Reverse(times(*x)), *x));
            let [a, b, c, e] = index;
            let v = p[a] * q[a];
            n * match times(a) {
                4 => v * (1.0 - 6.0 * v),
                3 => -p[a] * p[e] * (1.0 - 6.0 * v),
                2 if c == e => -p[a] * p[c] * ((q[a] - p[a]) * (q[c] - p[c]) + 2.0 * p[a] * p[c]),
                2 => 2.0 * p[a] * p[c] * p[e] * (q[a] - 2.0 * p[a]),
                _ => -6.0 * p[a] * p[b] * p[c] * p[e],
            }
        };
        Ok(Array4::from_shape_fn((d, d, d, d), entry))
    }

    /// KL(θ ‖ θ + δ).
    pub(super) fn divergence(&self, theta: &Natural, step: ArrayView1<'_, f64>) -> Result<f64> {
        check::vector("step", self.dim(), &step)?;
        let law = self.law(theta)?;
        let steps = step.iter().copied().chain([0.0]);
        let tilted = tilt(law.log.iter().zip(&law.p).zip(steps).map(|((log, p), x)| (*log, *p, x)));
        finite("Kullback-Leibler divergence", self.n() * tilted)
    }
}

/// The methods of `impl Family` that do not ask what an outcome is; `self.throws` has them.
macro_rules! methods_of_throws {
    () => {
        fn dim(&self) -> usize {
            self.throws.dim()
        }

        fn check_natural(&self, theta: &Natural) -> Result<()> {
            self.throws.check_natural(theta)
        }

        fn check_expectation(&self, eta: &Expectation) -> Result<()> {
            self.throws.of_expectation(eta).map(|_| ())
        }

        fn check_source(&self, lambda: &Source) -> Result<()> {
            self.throws.of_source(lambda).map(|_| ())
        }

        fn source_to_natural(&self, lambda: &Source) -> Result<Natural> {
            Ok(self.throws.natural(self.throws.of_source(lambda)?.view()))
        }

        fn natural_to_source(&self, theta: &Natural) -> Result<Source> {
            Ok(Source::new(self.throws.shorten(&self.throws.law(theta)?.p, 1.0)))
        }

        fn natural_to_expectation(&self, theta: &Natural) -> Result<Expectation> {
            Ok(Expectation::new(self.throws.shorten(&self.throws.law(theta)?.p, self.throws.n())))
        }

        fn expectation_to_natural(&self, eta: &Expectation) -> Result<Natural> {
            Ok(self.throws.natural(self.throws.of_expectation(eta)?.view()))
        }

        fn source_to_expectation(&self, lambda: &Source) -> Result<Expectation> {
            Ok(Expectation::new(self.throws.shorten(&self.throws.of_source(lambda)?, self.throws.n())))
        }

        fn expectation_to_source(&self, eta: &Expectation) -> Result<Source> {
            self.check_expectation(eta)?;
            Ok(Source::new(&eta.values() / self.throws.n()))
        }

        fn log_partition(&self, theta: &Natural) -> Result<f64> {
            self.throws.log_partition(theta)
        }

        fn dual_potential(&self, eta: &Expectation) -> Result<f64> {
            self.throws.dual_potential(eta)
        }

        fn fisher_natural(&self, theta: &Natural) -> Result<ndarray::Array2<f64>> {
            self.throws.fisher_natural(theta)
        }

        fn fisher_source(&self, lambda: &Source) -> Result<ndarray::Array2<f64>> {
            self.throws.reciprocal(&self.throws.of_source(lambda)?, self.throws.n())
        }

        fn fisher_expectation(&self, eta: &Expectation) -> Result<ndarray::Array2<f64>> {
            self.throws.reciprocal(&self.throws.of_expectation(eta)?, 1.0)
        }

        fn source_jacobian(&self, lambda: &Source) -> Result<ndarray::Array2<f64>> {
            self.throws.reciprocal(&self.throws.of_source(lambda)?, 1.0)
        }

        fn third_cumulants(&self, theta: &Natural) -> Result<ndarray::Array3<f64>> {
            self.throws.third_cumulants(theta)
        }

        fn fourth_cumulants(&self, theta: &Natural) -> Result<ndarray::Array4<f64>> {
            self.throws.fourth_cumulants(theta)
        }

        fn kullback_leibler_step(&self, theta: &Natural, step: ndarray::ArrayView1<'_, f64>) -> Result<f64> {
            self.throws.divergence(theta, step)
        }
    };
}

/// The methods of the type itself; both families have them.
macro_rules! probabilities_of_throws {
    () => {
        /// All n+1 probabilities at θ: sorted out of θ, not of a difference to one.
        ///
        /// # Errors
        /// Those of [`check_natural`](crate::family::Family::check_natural).
        pub fn probabilities(&self, theta: &Natural) -> Result<ndarray::Array1<f64>> {
            Ok(self.throws.law(theta)?.p)
        }

        /// θ of n+1 positive weights, which need not sum to one: θ_i = ln(w_i/w_{n+1}).
        ///
        /// The source parameters leave out the last probability; where that is tiny, come this way.
        ///
        /// # Errors
        /// [`Error::Shape`](crate::Error::Shape); [`Error::Domain`](crate::Error::Domain) for a weight that is not
        /// positive.
        pub fn natural_of_weights(&self, weights: ndarray::ArrayView1<'_, f64>) -> Result<Natural> {
            crate::check::vector("weights", self.throws.categories, &weights)?;
            match weights.iter().enumerate().find(|(_, w)| **w <= 0.0) {
                None => Ok(self.throws.natural(weights)),
                Some((index, &value)) => {
                    let requirement = "positive";
                    Err(crate::Error::Domain { quantity: "weights", index, value, requirement })
                }
            }
        }
    };
}

pub(super) use {methods_of_throws, probabilities_of_throws};
