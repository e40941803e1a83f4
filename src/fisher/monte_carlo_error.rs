use crate::fisher::{MonteCarlo, Sampler};
use crate::likelihood::Support;
use crate::linalg::{dot, product};
use crate::model::{Differential, Linearization, Pullback};
use crate::{Result, Scalar, check};
use ndarray::{Array1, Array2, Array3, ArrayView1, ArrayView2, Axis, s};

/// Labels of one datum beyond which the exact error is not computed.
const LABEL_LIMIT: usize = 4096;

/// The exact error of a Monte Carlo Fisher: no sampling is involved.
///
/// ```text
/// independent:  E‖F̂ - F‖² = (1/(N²M)) Σ_n (E t² - ‖F_n‖²),   Var tr F̂ = (1/(N²M)) Σ_n (E t² - (tr F_n)²)
/// systematic:   E‖F̂_n‖² = ∫₀¹ ‖Σ_y (k_y(u)/M) s_y s_yᵀ‖² du,  k_y(u) constant between the points frac(M·P(Y ≤ y))
/// ```
///
/// with t = ‖J_nᵀ s_n(y)‖² = sᵀ K s, K = J_n J_nᵀ. For independent outputs E t² = Σ_i K_ii² E s_i⁴ +
/// Σ_{i≠j} H_ii H_jj (K_ii K_jj + 2K_ij²) in closed form; otherwise by the list of labels.
///
/// # References
/// The independent case is the variance of a mean; see Soen & Sun 2021, arXiv 2107.04205, for its elements.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct MonteCarloError {
    /// E‖F̂ - F‖² in the Frobenius norm.
    pub mean_squared_error: f64,
    /// Var tr F̂.
    pub trace_variance: f64,
}

impl MonteCarloError {
    /// The standard deviation of tr F̂ about tr F.
    pub fn trace_standard_error(&self) -> f64 {
        self.trace_variance.sqrt()
    }

    /// The exact error of `estimator` at `lin`; `None` where it needs a list of labels that cannot be had (systematic
    /// draws with more than 4096 labels for one datum, or from a density), and where the error itself overflows.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) for 0 draws; those of the likelihood.
    ///
    /// # Cost
    /// One pass back per output and datum, and per datum L·C² flops for L labels (systematic: L·min(L, M)²).
    pub fn exact<T: Scalar>(estimator: &MonteCarlo, lin: &Linearization<T>) -> Result<Option<Self>> {
        check::setting("draws", estimator.draws as f64, estimator.draws >= 1, "at least 1")?;
        let grams = grams(lin);
        let (mut squared_error, mut trace_variance) = (0.0, 0.0);
        for (eta, gram) in lin.eta().outer_iter().zip(grams.outer_iter()) {
            let h = lin.likelihood().fisher(eta)?.mapv(|x| x.as_f64());
            let hk = product(h.view(), gram);
            let trace = hk.diag().sum();
            let square = (&hk * &hk.t()).sum();
            let fourth_moments = lin.likelihood().score_fourth_moments(eta)?;
            let (second, trace_second) = match (estimator.sampler, fourth_moments) {
                (Sampler::Independent, Some(fourth)) => {
                    let fourth = of_independent_outputs(&fourth.mapv(|x| x.as_f64()), &h, gram);
                    mean_of_draws(fourth, square, trace, estimator.draws)
                }
                (sampler, _) => {
                    let Some(listed) = Listed::new(lin, eta)? else { return Ok(None) };
                    match sampler {
                        Sampler::Independent => {
                            mean_of_draws(listed.fourth(gram), square, trace, estimator.draws)
                        }
                        Sampler::Systematic if listed.support.quadrature => return Ok(None),
                        Sampler::Systematic => listed.systematic(gram, estimator.draws),
                    }
                }
            };
            squared_error += second - square;
            trace_variance += trace_second - trace * trace;
        }
        // Fourth powers of the inputs overflow long before the matrix; `max` below would turn NaN into certainty.
        if !(squared_error.is_finite() && trace_variance.is_finite()) {
            return Ok(None);
        }
        let scale = (lin.data() as f64).powi(2);
        // Rounding may leave a tiny negative number where the error is zero (a certain label).
        Ok(Some(MonteCarloError {
            mean_squared_error: squared_error.max(0.0) / scale,
            trace_variance: trace_variance.max(0.0) / scale,
        }))
    }
}

/// E‖F̂_n‖² and E(tr F̂_n)² of the mean of M independent draws, from E t².
fn mean_of_draws(fourth: f64, square: f64, trace: f64, draws: usize) -> (f64, f64) {
    let m = draws as f64;
    (square + (fourth - square) / m, trace * trace + (fourth - trace * trace) / m)
}

/// E(sᵀKs)² for independent entries of s with mean zero.
fn of_independent_outputs(fourth: &Array1<f64>, h: &Array2<f64>, gram: ArrayView2<'_, f64>) -> f64 {
    let mut sum = 0.0;
    for ((i, j), &k) in gram.indexed_iter() {
        sum += if i == j {
            k * k * fourth[i]
        } else {
            h[[i, i]] * h[[j, j]] * (gram[[i, i]] * gram[[j, j]] + 2.0 * k * k)
        };
    }
    sum
}

/// The labels of one datum with their scores, L × C.
struct Listed<T> {
    support: Support<T>,
    scores: Array2<f64>,
}

impl<T: Scalar> Listed<T> {
    /// `None` if the labels are too many.
    fn new(lin: &Linearization<T>, eta: ArrayView1<'_, T>) -> Result<Option<Self>> {
        let support = match lin.likelihood().support(eta) {
            Ok(support) if support.probabilities.len() <= LABEL_LIMIT => support,
            Ok(_) | Err(crate::Error::TooLarge { .. }) => return Ok(None),
            Err(error) => return Err(error),
        };
        let mut scores = Array2::zeros((support.probabilities.len(), lin.outputs()));
        for (label, mut row) in support.labels.outer_iter().zip(scores.outer_iter_mut()) {
            row.assign(&lin.likelihood().score(eta, label)?.mapv(|x| x.as_f64()));
        }
        Ok(Some(Listed { support, scores }))
    }

    /// E t².
    fn fourth(&self, gram: ArrayView2<'_, f64>) -> f64 {
        let products = product(self.scores.view(), gram);
        let squares = products.outer_iter().zip(self.scores.outer_iter()).map(|(ks, s)| dot(ks, s).powi(2));
        squares.zip(&self.support.probabilities).map(|(square, p)| square * p.as_f64()).sum()
    }

    /// E‖F̂_n‖² and E(tr F̂_n)² of M systematic draws, by the intervals of u on which the labels do not change.
    fn systematic(&self, gram: ArrayView2<'_, f64>, draws: usize) -> (f64, f64) {
        let m = draws as f64;
        let pairs = product(product(self.scores.view(), gram).view(), self.scores.t());
        let mut cumulative = vec![0.0];
        for p in &self.support.probabilities {
            cumulative.push((cumulative[cumulative.len() - 1] + p.as_f64()).min(1.0));
        }
        let last = cumulative.len() - 1;
        cumulative[last] = 1.0;
        let mut breaks: Vec<f64> = cumulative.iter().map(|c| (c * m).fract()).collect();
        breaks.extend([0.0, 1.0]);
        breaks.sort_by(f64::total_cmp);
        let (mut second, mut trace_second) = (0.0, 0.0);
        for ends in breaks.windows(2).filter(|ends| ends[1] > ends[0]) {
            let middle = 0.5 * (ends[0] + ends[1]);
            // Draws m with (middle + m)/M below a bound.
            let count_below = |bound: f64| (bound * m - middle).ceil().clamp(0.0, m);
            let counts: Vec<(usize, f64)> = (0..last)
                .map(|y| (y, (count_below(cumulative[y + 1]) - count_below(cumulative[y])) / m))
                .filter(|(_, share)| *share > 0.0)
                .collect();
            let mut norm = 0.0;
            for &(y, share) in &counts {
                norm += counts.iter().map(|&(z, other)| share * other * pairs[[y, z]].powi(2)).sum::<f64>();
            }
            let trace: f64 = counts.iter().map(|&(y, share)| share * pairs[[y, y]]).sum();
            second += (ends[1] - ends[0]) * norm;
            trace_second += (ends[1] - ends[0]) * trace * trace;
        }
        (second, trace_second)
    }
}

/// K_n = J_n J_nᵀ for every datum: N × C × C.
fn grams<T: Scalar>(lin: &Linearization<T>) -> Array3<f64> {
    let (data, outputs) = lin.eta().dim();
    let units = Array2::from_shape_fn((data * outputs, outputs), |(row, c)| {
        if row % outputs == c { T::one() } else { T::zero() }
    });
    let offsets: Vec<usize> = (0..=data).map(|n| n * outputs).collect();
    let mut grams = Array3::zeros((data, outputs, outputs));
    match (lin.differential().pull_back(units.view(), &offsets), lin.differential().as_ref()) {
        (Pullback::Factored(deltas), Differential::Network(trace)) => {
            for (layer, delta) in trace.layers.iter().zip(&deltas) {
                for (n, mut gram) in grams.axis_iter_mut(Axis(0)).enumerate() {
                    let input = layer.input.row(n).mapv(|x| x.as_f64());
                    let weight = dot(input.view(), input.view()) + if layer.bias { 1.0 } else { 0.0 };
                    let delta = delta.slice(s![n * outputs..(n + 1) * outputs, ..]).mapv(|x| x.as_f64());
                    gram.scaled_add(weight, &product(delta.view(), delta.t()));
                }
            }
        }
        (Pullback::Explicit(rows), _) => {
            for (n, mut gram) in grams.axis_iter_mut(Axis(0)).enumerate() {
                let jacobian = rows.slice(s![n * outputs..(n + 1) * outputs, ..]).mapv(|x| x.as_f64());
                gram.assign(&product(jacobian.view(), jacobian.t()));
            }
        }
        // `pull_back` makes a factored pullback of a network only.
        (Pullback::Factored(_), Differential::Jacobian(_)) => {}
    }
    grams
}
