//! Covariances of both Monte Carlo estimators against enumeration of all labels of all data, and against draws.

use super::support::*;
use crate::support::naive;
use natgrad::fisher::{Empirical, Exact, MonteCarlo, MonteCarloError, NegativeHessian, Sampler};
use natgrad::model::{Activation, Linearization};
use natgrad::ndarray::{Array2, array};
use natgrad::{Error, Labels, LinearOperator};

/// The first estimator.
pub fn first(draws: usize, seed: u64) -> MonteCarlo {
    MonteCarlo { draws, sampler: Sampler::Independent, seed }
}

/// The second, of the same labels.
pub fn second(draws: usize, seed: u64) -> NegativeHessian {
    NegativeHessian { draws, sampler: Sampler::Independent, seed }
}

/// F.
pub fn exact(lin: &Linearization<f64>) -> Array2<f64> {
    lin.scores(&Exact).unwrap().dense().unwrap().to_dense().unwrap()
}

/// A tanh network with few labels: `shift` moves the last biases, so that endless lists are short.
fn small(likelihood: &str, outputs: usize, data: usize, shift: f64) -> Problem {
    let mut problem = Problem::random(likelihood, Activation::Tanh, &[2, 3, outputs], true, data, 61);
    let last = problem.dim() - outputs;
    problem.theta.iter_mut().skip(last).for_each(|b| *b += shift);
    problem
}

fn cases() -> Vec<Problem> {
    vec![
        small("categorical", 3, 2, 0.0),
        small("bernoulli", 2, 2, 0.0),
        small("binomial:5", 2, 1, 0.0),
        small("poisson", 2, 1, -1.0),
        small("gaussian:0.37", 2, 1, 0.0),
        small("geometric", 1, 2, 2.5),
        small("geometric", 2, 1, 2.5),
        small("negative-binomial:2.5", 2, 1, -2.5),
    ]
}

/// All labels of one output with textbook probabilities; what is left out has less than 1e-17 of the mass. The
/// Gaussian gets three nodes of its own, exact for the fourth powers of y that occur.
pub fn labels_of_output(likelihood: &str, eta: f64) -> Vec<(f64, f64)> {
    if likelihood.starts_with("gaussian") {
        let reach = (3.0f64 * 0.37).sqrt();
        return vec![(eta - reach, 1.0 / 6.0), (eta, 2.0 / 3.0), (eta + reach, 1.0 / 6.0)];
    }
    let mut list = Vec::new();
    let count = match likelihood {
        "bernoulli" => 2,
        "binomial:5" => 6,
        _ => 60,
    };
    for y in 0..count {
        let y = f64::from(y);
        let p = naive::probability(likelihood, &[eta], &[y]);
        if p > 1e-18 {
            list.push((y, p));
        }
    }
    list
}

/// Every labelling of all data, with its probability.
fn labellings(problem: &Problem) -> Vec<(Array2<f64>, f64)> {
    let eta = problem.outputs_at(problem.theta.view());
    let mut all = vec![(Vec::new(), 1.0)];
    let slots: Vec<Vec<(f64, f64)>> = if problem.likelihood == "categorical" {
        let rows = eta.outer_iter().map(softmax);
        rows.map(|p| p.iter().enumerate().map(|(c, &p)| (c as f64, p)).collect()).collect()
    } else {
        eta.iter().map(|&eta| labels_of_output(&problem.likelihood, eta)).collect()
    };
    for slot in slots {
        all = all
            .iter()
            .flat_map(|(labels, p): &(Vec<f64>, f64)| {
                slot.iter().map(move |(y, q)| (labels.iter().chain([y]).copied().collect(), p * q))
            })
            .collect();
    }
    let shape = problem.y.dim();
    all.into_iter().map(|(labels, p)| (Array2::from_shape_vec(shape, labels).unwrap(), p)).collect()
}

/// Mean, entry variances, trace variance, and the covariances of some pairs of entries, over all labellings.
#[derive(Debug)]
pub struct Enumerated {
    pub mean: Array2<f64>,
    pub variances: Array2<f64>,
    pub trace: f64,
    pub pairs: Vec<f64>,
}

/// Moments of matrices with probabilities.
pub fn enumerate_matrices(weighted: &[(Array2<f64>, f64)], pairs: &[[[usize; 2]; 2]]) -> Enumerated {
    let order = weighted[0].0.nrows();
    let mut mean = Array2::<f64>::zeros((order, order));
    for (matrix, p) in weighted {
        mean.scaled_add(*p, matrix);
    }
    let (mut variances, mut trace) = (Array2::<f64>::zeros((order, order)), 0.0);
    let mut covariances = vec![0.0; pairs.len()];
    for (matrix, p) in weighted {
        let apart = matrix - &mean;
        variances.scaled_add(*p, &apart.mapv(|x| x * x));
        trace += p * apart.diag().sum().powi(2);
        for (covariance, [a, b]) in covariances.iter_mut().zip(pairs) {
            *covariance += p * apart[*a] * apart[*b];
        }
    }
    Enumerated { mean, variances, trace, pairs: covariances }
}

#[test]
fn covariances_are_those_of_all_labellings() {
    for problem in cases() {
        let (name, lin) = (problem.name(), problem.linearize::<f64>());
        let all: Vec<(Linearization<f64>, f64)> = labellings(&problem)
            .into_iter()
            .map(|(y, p)| (Problem { y, ..problem.clone() }.linearize(), p))
            .collect();
        let mut lcg = Lcg::new(67);
        let mut place = || ((lcg.next() + 1.0) / 2.0 * problem.dim() as f64) as usize;
        let pairs: Vec<[[usize; 2]; 2]> = (0..13).map(|_| [[place(), place()], [place(), place()]]).collect();
        let of_first: Vec<_> = all
            .iter()
            .map(|(lin, p)| (lin.scores(&Empirical).unwrap().dense().unwrap().to_dense().unwrap(), *p))
            .collect();
        let of_second: Vec<_> =
            all.iter().map(|(lin, p)| (lin.hessian().unwrap().to_dense().unwrap(), *p)).collect();
        let draws = 3;
        let variances =
            [first(draws, 0).entry_variances(&lin).unwrap(), second(draws, 0).entry_variances(&lin).unwrap()];
        for (which, (weighted, found)) in [of_first, of_second].iter().zip(&variances).enumerate() {
            let expected = enumerate_matrices(weighted, &pairs);
            let what = format!("{name}, estimator {}", which + 1);
            // Unbiased.
            assert_near(&what, &expected.mean, &exact(&lin), 1e-13);
            assert_near(&what, &found.variances, &(&expected.variances / draws as f64), 1e-12);
            assert_close(&what, found.trace_variance, expected.trace / draws as f64, 1e-12);
            assert_close(&what, found.mean_squared_error, expected.variances.sum() / draws as f64, 1e-12);
            let scale = expected.variances.iter().fold(0.0f64, |m, x| m.max(*x));
            for (pair, expected) in pairs.iter().zip(&expected.pairs) {
                let found = match which {
                    0 => first(draws, 0).entry_covariance(&lin, *pair).unwrap(),
                    _ => second(draws, 0).entry_covariance(&lin, *pair).unwrap(),
                };
                let apart = (found * draws as f64 - expected).abs();
                assert!(apart <= 1e-12 * scale, "{what}, {pair:?}: {found:e} of {scale:e}");
            }
        }
        // The first estimator's totals have another closed form.
        let error = MonteCarloError::exact(&first(draws, 0), &lin).unwrap().unwrap();
        assert_close(&name, variances[0].mean_squared_error, error.mean_squared_error, 1e-12);
        assert_close(&name, variances[0].trace_variance, error.trace_variance, 1e-12);
        // f32 rounds J and the second derivatives at 6e-8, and they enter to the fourth and second power.
        let single = problem.linearize::<f32>();
        let single = [first(draws, 0).entry_variances(&single), second(draws, 0).entry_variances(&single)];
        for (single, double) in single.into_iter().zip(&variances) {
            assert_near(&name, &single.unwrap().variances, &double.variances, 4e-6);
        }
    }
}

/// Where η is affine in θ a canonical Hessian has no variance: whole models, and the last layer of any.
#[test]
fn the_second_estimator_has_no_variance_where_nothing_bends() {
    for name in ["M1", "M3", "M5"] {
        let lin = reference(name).linearize::<f64>();
        let found = second(1, 0).entry_variances(&lin).unwrap();
        assert!(found.variances.iter().all(|v| v.abs() <= 0.0), "{name}");
        assert!(found.mean_squared_error.abs() <= 0.0 && found.trace_variance.abs() <= 0.0);
        assert!(first(1, 0).entry_variances(&lin).unwrap().mean_squared_error > 0.01, "{name}");
    }
    for likelihood in ["categorical", "bernoulli", "binomial:5", "poisson", "gaussian:0.37", "geometric"] {
        let problem = Problem::random(likelihood, Activation::Gelu, &[3, 5, 2], true, 7, 71);
        let found = second(1, 0).entry_variances(&problem.linearize::<f64>()).unwrap();
        let last = 20..problem.dim();
        let block = found.variances.slice(natgrad::ndarray::s![last.clone(), last]);
        let silent = block.iter().all(|v| v.abs() <= 0.0);
        assert_eq!(silent, likelihood != "geometric", "{likelihood}");
        assert!(found.mean_squared_error > 0.0);
    }
}

/// The printed mean squared errors of the first estimator at one draw.
#[test]
fn printed_errors_of_the_first_estimator() {
    for (name, printed) in [
        ("M1", 0.3667392731429827),
        ("M3", 0.11089472916601308),
        ("M4", 17.96805244140625),
        ("M5", 50.31681133244746),
    ] {
        let found = first(1, 0).entry_variances(&reference(name).linearize::<f64>()).unwrap();
        assert_close(name, found.mean_squared_error, printed, 1e-13);
    }
    let m2 = first(1, 0).entry_variances(&reference("M2").linearize::<f64>()).unwrap();
    assert_close("M2", m2.trace_variance, 0.138412251249304, 1e-12);
}

/// M2 at one draw by a program in mpmath (60 digits): second derivatives of η by central differences at 1e-12,
/// the three classes listed. The second estimator is the worse one here.
#[test]
fn printed_errors_of_the_second_estimator() {
    let found = second(1, 0).entry_variances(&reference("M2").linearize::<f64>()).unwrap();
    assert_close("error", found.mean_squared_error, 1.9093168007936778, 1e-13);
    assert_close("trace", found.trace_variance, 0.24103984022127128, 1e-13);
}

/// 1000 estimates of four draws: the mean of the trace with its exact variance, the mean squared error with the
/// variance of the replications. |z| < 4 at fixed seeds.
#[test]
fn draws_have_the_promised_error() {
    const REPLICATIONS: u64 = 1000;
    for problem in [reference("M2"), small("geometric", 2, 3, 0.5)] {
        let lin = problem.linearize::<f64>();
        let f = fisher_of(&problem);
        let exact = second(4, 0).entry_variances(&lin).unwrap();
        let (mut traces, mut errors) = (Vec::new(), Vec::new());
        for seed in 0..REPLICATIONS {
            let apart = second(4, seed).estimate(&lin).unwrap().to_dense().unwrap() - &f;
            traces.push(apart.diag().sum());
            errors.push(apart.mapv(|x| x * x).sum());
        }
        let n = REPLICATIONS as f64;
        let mean = |values: &[f64]| values.iter().sum::<f64>() / n;
        let z = mean(&traces) / (exact.trace_variance / n).sqrt();
        assert!(z.abs() < 4.0, "{}: trace, z = {z:.2}", problem.name());
        let spread = errors.iter().map(|e| (e - mean(&errors)).powi(2)).sum::<f64>() / (n - 1.0);
        let z = (mean(&errors) - exact.mean_squared_error) / (spread / n).sqrt();
        assert!(z.abs() < 4.0, "{}: error, z = {z:.2}", problem.name());
    }
}

#[test]
fn refusals() {
    let lin = reference("M2").linearize::<f64>();
    let systematic = MonteCarlo { draws: 2, sampler: Sampler::Systematic, seed: 0 };
    let other = NegativeHessian { draws: 2, sampler: Sampler::Systematic, seed: 0 };
    for error in [systematic.entry_variances(&lin).unwrap_err(), other.entry_variances(&lin).unwrap_err()] {
        assert!(matches!(error, Error::Unsupported { .. }), "{error}");
    }
    for error in
        [first(0, 0).entry_variances(&lin).unwrap_err(), second(0, 0).entry_variances(&lin).unwrap_err()]
    {
        assert_eq!(error, Error::Setting { option: "draws", value: 0.0, requirement: "at least 1" });
    }
    let outside = [[0, 20], [21, 3]];
    for error in [
        first(1, 0).entry_covariance(&lin, outside).unwrap_err(),
        second(1, 0).entry_covariance(&lin, outside).unwrap_err(),
    ] {
        assert_eq!(error.to_string(), "entries[2] = 21; it must be below the number of parameters");
    }
    // 4099 parameters: no matrix of variances, but single entries.
    let wide = Problem::random("bernoulli", Activation::Tanh, &[4099, 1], false, 2, 73).linearize::<f64>();
    for error in
        [first(1, 0).entry_variances(&wide).unwrap_err(), second(1, 0).entry_variances(&wide).unwrap_err()]
    {
        assert!(matches!(error, Error::TooLarge { needed, .. } if needed > 1.6e7), "{error}");
    }
    assert!(first(1, 0).entry_covariance(&wide, [[0, 4098], [3, 7]]).unwrap().is_finite());
    assert!(second(1, 0).entry_covariance(&wide, [[0, 4098], [3, 7]]).unwrap().abs() <= 0.0);
    // A Jacobian is enough for the first.
    let law = natgrad::likelihood::Bernoulli;
    let y = Labels::new(array![[1.0]]).unwrap();
    let bare = Linearization::from_jacobian(&law, array![[[0.5, 2.0]]], array![[3f64.ln()]], &y).unwrap();
    // s = (y - ¾)(½, 2): E s⁴ - (E s²)² = 21/256 - 9/256 = 3/64 for the score alone.
    let found = first(1, 0).entry_variances(&bare).unwrap();
    assert_near("bare", &found.variances, &(array![[0.0625, 1.0], [1.0, 16.0]] * 3.0 / 64.0), 1e-15);
    assert_close("pair", first(2, 0).entry_covariance(&bare, [[0, 0], [1, 1]]).unwrap(), 3.0 / 128.0, 1e-15);
}
