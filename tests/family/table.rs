//! The table: one row more, and every law runs on it.
//!
//! Beside each family stands its textbook: log-mass and coordinate maps as books print them, for any [`Number`], so
//! that derivatives of either come from dual numbers and owe nothing to the library.

use super::dual::Number;
use natgrad::family::{
    Bernoulli, Binomial, Categorical, ConwayMaxwellPoisson, Discrete, Family, FiniteSupport,
    GeometricFailures, GeometricTrials, LogarithmicSeries, Multinomial, NegativeBinomial, Normal, Poisson,
    Univariate, Zeta,
};
use natgrad::family::{Natural, Source};
use natgrad::ndarray::{Array1, Array2, array};
use std::sync::Arc;

/// The formulas of a book.
#[derive(Debug, Clone)]
pub enum Textbook {
    /// Heads among n.
    Coin { n: f64 },
    /// Sides counted among N throws; an outcome is the side itself if `one` (then N = 1).
    Dice { n: f64, one: bool },
    /// Counts.
    Poisson,
    /// shift + failures before r successes.
    Waiting { r: f64, shift: f64 },
    /// Species: pˣ/x.
    LogarithmicSeries,
    /// x⁻ˢ.
    Zeta,
    /// λˣ/(x!)ᵛ.
    Conway,
    /// μ, σ.
    Normal,
    /// ln h and T.
    Finite { log_h: Array1<f64>, t: Array2<f64> },
}

/// One family at some parameters.
#[derive(Debug, Clone)]
pub struct Case {
    pub family: Arc<dyn Family>,
    pub discrete: Option<Arc<dyn Discrete>>,
    pub univariate: Option<Arc<dyn Univariate>>,
    pub book: Textbook,
    /// λ.
    pub sources: Vec<Vec<f64>>,
}

fn both<F: Discrete + Univariate + 'static>(family: F, book: Textbook, sources: &[f64]) -> Case {
    let family = Arc::new(family);
    let sources = sources.iter().map(|x| vec![*x]).collect();
    Case { discrete: Some(family.clone()), univariate: Some(family.clone()), family, book, sources }
}

fn discrete<F: Discrete + 'static>(family: F, book: Textbook, sources: &[&[f64]]) -> Case {
    let family = Arc::new(family);
    let sources = sources.iter().map(|x| x.to_vec()).collect();
    Case { discrete: Some(family.clone()), univariate: None, family, book, sources }
}

/// A log-linear model of five outcomes and two statistics.
pub fn log_linear() -> (Array1<f64>, Array2<f64>) {
    (array![0.0, -0.7, 1.1, 0.3, -2.0], array![[0.0, 1.0], [1.0, -0.5], [2.0, 0.25], [-1.5, 2.0], [0.5, 0.5]])
}

/// All families.
pub fn cases() -> Vec<Case> {
    let (log_h, t) = log_linear();
    let finite = FiniteSupport::new(log_h.clone(), t.clone()).unwrap();
    let normal = Arc::new(Normal::new());
    let conway = Arc::new(ConwayMaxwellPoisson);
    vec![
        both(Bernoulli::new(), Textbook::Coin { n: 1.0 }, &[0.3, 0.5, 0.999, 1e-3, 0.6]),
        both(Binomial::new(7).unwrap(), Textbook::Coin { n: 7.0 }, &[0.3, 0.6, 0.01, 0.97]),
        both(Binomial::new(101).unwrap(), Textbook::Coin { n: 101.0 }, &[0.5, 0.02]),
        both(Poisson::new(), Textbook::Poisson, &[2.5, 4.0, 1e-3, 41.0]),
        both(GeometricFailures::new(), Textbook::Waiting { r: 1.0, shift: 0.0 }, &[0.2, 0.5, 0.93]),
        both(GeometricTrials::new(), Textbook::Waiting { r: 1.0, shift: 1.0 }, &[0.2, 0.5, 0.93]),
        both(
            NegativeBinomial::new(3.5).unwrap(),
            Textbook::Waiting { r: 3.5, shift: 0.0 },
            &[0.2, 0.5, 0.93],
        ),
        both(NegativeBinomial::new(0.25).unwrap(), Textbook::Waiting { r: 0.25, shift: 0.0 }, &[0.3, 0.8]),
        discrete(Categorical::new(2).unwrap(), Textbook::Dice { n: 1.0, one: true }, &[&[0.3], &[0.995]]),
        discrete(
            Categorical::new(5).unwrap(),
            Textbook::Dice { n: 1.0, one: true },
            &[&[0.2, 0.3, 0.1, 0.15], &[0.01, 0.002, 0.9, 0.05]],
        ),
        discrete(
            Multinomial::new(3, 5).unwrap(),
            Textbook::Dice { n: 5.0, one: false },
            &[&[0.2, 0.3], &[0.7, 0.05]],
        ),
        discrete(
            Multinomial::new(4, 7).unwrap(),
            Textbook::Dice { n: 7.0, one: false },
            &[&[0.1, 0.4, 0.2], &[0.25, 0.01, 0.7]],
        ),
        both(LogarithmicSeries, Textbook::LogarithmicSeries, &[0.3, 0.7, 0.02, 0.95]),
        // Its textbook sums the series, which three hundred terms exhaust from s = 10 on.
        discrete(Zeta, Textbook::Zeta, &[&[10.0], &[13.0]]),
        Case {
            discrete: Some(conway.clone()),
            univariate: Some(conway.clone()),
            family: conway,
            book: Textbook::Conway,
            sources: vec![vec![3.0, 1.5], vec![2.5, 1.0], vec![0.875, 0.5]],
        },
        Case {
            discrete: None,
            univariate: Some(normal.clone()),
            family: normal,
            book: Textbook::Normal,
            sources: vec![vec![0.0, 1.0], vec![1.0, 2.0], vec![-3.0, 0.5]],
        },
        discrete(finite, Textbook::Finite { log_h, t }, &[&[0.3, -0.6], &[-1.0, 0.8]]),
    ]
}

impl Case {
    pub fn each(&self) -> impl Iterator<Item = (Source, Natural)> + '_ {
        self.sources.iter().map(|values| {
            let lambda = Source::new(values.clone());
            let theta = self.family.source_to_natural(&lambda).unwrap();
            (lambda, theta)
        })
    }

    /// Outcomes and weights w with Σ w p(x) f(x) = E f; by the trapezoid rule for a density, which is exact to rounding
    /// for polynomials against a normal law.
    pub fn outcomes(&self, lambda: &Source, theta: &Natural) -> Vec<(Vec<f64>, f64)> {
        match &self.discrete {
            Some(family) => {
                let outcomes = family.support(theta, 1e-22).unwrap();
                outcomes.outer_iter().map(|x| (x.to_vec(), 1.0)).collect()
            }
            None => {
                let (mean, deviation) = (lambda.values()[0], lambda.values()[1]);
                let step = deviation / 4.0;
                (-56..=56).map(|k| (vec![mean + f64::from(k) * step], step)).collect()
            }
        }
    }

    /// Outcomes with their masses by the textbook.
    pub fn masses(&self, lambda: &Source, theta: &Natural) -> Vec<(Vec<f64>, f64)> {
        let values = lambda.values().to_vec();
        self.outcomes(lambda, theta)
            .into_iter()
            .map(|(x, weight)| {
                let mass = weight * self.book.log_mass(&values, &x).exp();
                (x, mass)
            })
            .collect()
    }

    /// T(x) by the library.
    pub fn statistic(&self, x: &[f64]) -> Vec<f64> {
        self.family.sufficient(Array1::from(x.to_vec()).view()).unwrap().to_vec()
    }
}

fn sum<N: Number>(terms: impl Iterator<Item = N>) -> N {
    terms.fold(N::of(0.0), |total, x| total + x)
}

/// ln of (r)(r+1)…(r+x-1)/x!.
fn log_rising(r: f64, x: f64) -> f64 {
    (0..x as usize).map(|k| ((r + k as f64) / (k as f64 + 1.0)).ln()).sum()
}

fn log_factorial(x: f64) -> f64 {
    (2..=x as usize).map(|k| (k as f64).ln()).sum()
}

fn rest<N: Number>(values: &[N], whole: f64) -> N {
    N::of(whole) - sum(values.iter().copied())
}

/// Terms of the sums of the zeta and Conway-Maxwell-Poisson laws.
const TERMS: usize = 300;

/// Σ f(x) exp(log w(x)) of a series that starts at `first`.
fn series<N: Number>(first: usize, log_weight: impl Fn(f64, f64) -> N, f: impl Fn(f64, f64) -> f64) -> N {
    let mut log = 0.0;
    sum((first..first + TERMS).map(|x| {
        let x = x as f64;
        log += x.max(1.0).ln();
        log_weight(x, log).exp() * N::of(f(x, log))
    }))
}

impl Textbook {
    /// ln p(x; λ).
    pub fn log_mass<N: Number>(&self, lambda: &[N], x: &[f64]) -> N {
        let (one, first) = (N::of(1.0), lambda[0]);
        match self {
            Textbook::Coin { n } => {
                let constant = log_rising(n - x[0] + 1.0, x[0]);
                N::of(constant) + N::of(x[0]) * first.ln() + N::of(n - x[0]) * (one - first).ln()
            }
            Textbook::Dice { one: true, .. } => {
                lambda.get(x[0] as usize).copied().unwrap_or(rest(lambda, 1.0)).ln()
            }
            Textbook::Dice { n, .. } => {
                let constant = log_factorial(*n) - x.iter().map(|k| log_factorial(*k)).sum::<f64>();
                let last = rest(lambda, 1.0);
                let all = lambda.iter().copied().chain([last]);
                N::of(constant) + sum(all.zip(x).map(|(p, k)| N::of(*k) * p.ln()))
            }
            Textbook::Poisson => N::of(x[0]) * first.ln() - first - N::of(log_factorial(x[0])),
            Textbook::Waiting { r, shift } => {
                let failures = x[0] - shift;
                N::of(log_rising(*r, failures))
                    + N::of(*r) * first.ln()
                    + N::of(failures) * (one - first).ln()
            }
            Textbook::LogarithmicSeries => {
                N::of(x[0]) * first.ln() - N::of(x[0].ln()) - (-(one - first).ln()).ln()
            }
            Textbook::Zeta => -(first * N::of(x[0].ln())) - self.psi(lambda),
            Textbook::Conway => {
                let theta = self.theta_of_lambda(lambda);
                dot(&theta, &[x[0], log_factorial(x[0])]) - self.psi(&theta)
            }
            Textbook::Normal => {
                let z = (N::of(x[0]) - first) / lambda[1];
                -(z * z) / N::of(2.0) - lambda[1].ln() - N::of(0.5 * std::f64::consts::TAU.ln())
            }
            Textbook::Finite { log_h, t } => {
                let row = x[0] as usize;
                N::of(log_h[row]) + dot(lambda, &t.row(row).to_vec()) - self.psi(lambda)
            }
        }
    }

    /// ψ(θ).
    pub fn psi<N: Number>(&self, theta: &[N]) -> N {
        let one = N::of(1.0);
        match self {
            Textbook::Coin { n } | Textbook::Dice { n, .. } => {
                N::of(*n) * (one + sum(theta.iter().map(|t| t.exp()))).ln()
            }
            Textbook::Poisson => theta[0].exp(),
            Textbook::Waiting { r, shift } => {
                N::of(*shift) * theta[0] - N::of(*r) * (one - theta[0].exp()).ln()
            }
            Textbook::LogarithmicSeries => (-(one - theta[0].exp()).ln()).ln(),
            Textbook::Zeta => series(1, |x, _| -(theta[0] * N::of(x.ln())), |_, _| 1.0).ln(),
            Textbook::Conway => series(0, |x, log| dot(theta, &[x, log]), |_, _| 1.0).ln(),
            Textbook::Normal => {
                let ratio = N::of(std::f64::consts::PI) / -theta[1];
                -(theta[0] * theta[0]) / (N::of(4.0) * theta[1]) + ratio.ln() / N::of(2.0)
            }
            Textbook::Finite { log_h, t } => {
                let terms = t.outer_iter().zip(log_h);
                sum(terms.map(|(row, h)| (N::of(*h) + dot(theta, &row.to_vec())).exp())).ln()
            }
        }
    }

    /// φ(η), where a book has it.
    pub fn phi<N: Number>(&self, eta: &[N]) -> Option<N> {
        match self {
            Textbook::Coin { n } | Textbook::Dice { n, .. } => {
                let last = rest(eta, *n);
                Some(sum(eta.iter().copied().chain([last]).map(|x| x * (x / N::of(*n)).ln())))
            }
            Textbook::Poisson => Some(eta[0] * eta[0].ln() - eta[0]),
            Textbook::Waiting { r, shift } => {
                let (mean, r) = (eta[0] - N::of(*shift), N::of(*r));
                Some(mean * (mean / (mean + r)).ln() + r * (r / (mean + r)).ln())
            }
            Textbook::Normal => {
                let variance = eta[1] - eta[0] * eta[0];
                let width = N::of(std::f64::consts::TAU * std::f64::consts::E) * variance;
                Some(-width.ln() / N::of(2.0))
            }
            Textbook::LogarithmicSeries | Textbook::Zeta | Textbook::Conway | Textbook::Finite { .. } => None,
        }
    }

    /// θ(λ).
    pub fn theta_of_lambda<N: Number>(&self, lambda: &[N]) -> Vec<N> {
        let one = N::of(1.0);
        match self {
            Textbook::Coin { .. } | Textbook::Dice { .. } => {
                let last = rest(lambda, 1.0);
                lambda.iter().map(|p| (*p / last).ln()).collect()
            }
            Textbook::Poisson | Textbook::LogarithmicSeries => vec![lambda[0].ln()],
            Textbook::Zeta => lambda.to_vec(),
            Textbook::Conway => vec![lambda[0].ln(), -lambda[1]],
            Textbook::Waiting { .. } => vec![(one - lambda[0]).ln()],
            Textbook::Normal => {
                let precision = one / (lambda[1] * lambda[1]);
                vec![lambda[0] * precision, -precision / N::of(2.0)]
            }
            Textbook::Finite { .. } => lambda.to_vec(),
        }
    }

    /// λ(θ).
    pub fn lambda_of_theta<N: Number>(&self, theta: &[N]) -> Vec<N> {
        let one = N::of(1.0);
        match self {
            Textbook::Coin { .. } | Textbook::Dice { .. } => {
                let total = one + sum(theta.iter().map(|t| t.exp()));
                theta.iter().map(|t| t.exp() / total).collect()
            }
            Textbook::Poisson | Textbook::LogarithmicSeries => vec![theta[0].exp()],
            Textbook::Zeta => theta.to_vec(),
            Textbook::Conway => vec![theta[0].exp(), -theta[1]],
            Textbook::Waiting { .. } => vec![one - theta[0].exp()],
            Textbook::Normal => {
                let variance = -one / (N::of(2.0) * theta[1]);
                vec![theta[0] * variance, variance.sqrt()]
            }
            Textbook::Finite { .. } => theta.to_vec(),
        }
    }

    /// η(λ).
    pub fn eta_of_lambda<N: Number>(&self, lambda: &[N]) -> Vec<N> {
        match self {
            Textbook::Coin { n } | Textbook::Dice { n, .. } => {
                lambda.iter().map(|p| N::of(*n) * *p).collect()
            }
            Textbook::Poisson => lambda.to_vec(),
            Textbook::LogarithmicSeries => {
                let failure = N::of(1.0) - lambda[0];
                vec![-(lambda[0] / (failure * failure.ln()))]
            }
            Textbook::Zeta => {
                let weight = |x: f64, _: f64| -(lambda[0] * N::of(x.ln()));
                vec![series(1, weight, |x, _| -x.ln()) / series(1, weight, |_, _| 1.0)]
            }
            Textbook::Conway => {
                let theta = self.theta_of_lambda(lambda);
                let weight = |x: f64, log: f64| dot(&theta, &[x, log]);
                let total = series(0, weight, |_, _| 1.0);
                vec![series(0, weight, |x, _| x) / total, series(0, weight, |_, log| log) / total]
            }
            Textbook::Waiting { r, shift } => {
                vec![N::of(*shift) + N::of(*r) * (N::of(1.0) - lambda[0]) / lambda[0]]
            }
            Textbook::Normal => vec![lambda[0], lambda[0] * lambda[0] + lambda[1] * lambda[1]],
            Textbook::Finite { log_h, t } => {
                let masses: Vec<N> = t
                    .outer_iter()
                    .zip(log_h)
                    .map(|(row, h)| (N::of(*h) + dot(lambda, &row.to_vec()) - self.psi(lambda)).exp())
                    .collect();
                let column = |j: usize| sum(masses.iter().enumerate().map(|(i, m)| *m * N::of(t[[i, j]])));
                (0..t.ncols()).map(column).collect()
            }
        }
    }

    /// λ(η), where it is closed.
    pub fn lambda_of_eta<N: Number>(&self, eta: &[N]) -> Option<Vec<N>> {
        match self {
            Textbook::Coin { n } | Textbook::Dice { n, .. } => {
                Some(eta.iter().map(|x| *x / N::of(*n)).collect())
            }
            Textbook::Poisson => Some(eta.to_vec()),
            Textbook::Waiting { r, shift } => Some(vec![N::of(*r) / (N::of(*r) + eta[0] - N::of(*shift))]),
            Textbook::Normal => Some(vec![eta[0], (eta[1] - eta[0] * eta[0]).sqrt()]),
            Textbook::LogarithmicSeries | Textbook::Zeta | Textbook::Conway | Textbook::Finite { .. } => None,
        }
    }
}

fn dot<N: Number>(theta: &[N], t: &[f64]) -> N {
    sum(theta.iter().zip(t).map(|(theta, t)| *theta * N::of(*t)))
}
