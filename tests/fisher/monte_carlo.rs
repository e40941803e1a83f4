//! Sampled labels: mean and mean squared error against closed forms.
//!
//! Fixed numbers of replications, seeds 0..R, no re-runs. The band is |z| < 4. Where a variance has a closed form it is
//! used; the variance of a squared error is estimated from the same R replications (its own relative error
//! is about √(2/R) ≤ 4%, which moves a z of 4 by less than 0.2).

use super::support::*;
use natgrad::fisher::{Estimator, MonteCarlo, MonteCarloError, OutputVectors, Sampler};
use natgrad::likelihood::Categorical;
use natgrad::model::Linearization;
use natgrad::ndarray::{Array1, Array2};
use natgrad::random::{Purpose, Streams};
use natgrad::{Labels, Likelihood};

const BAND: f64 = 4.0;

/// M2 at 4000 replications; the larger networks at 2000.
const CASES: [(&str, usize); 3] =
    [("M2", 4000), ("bernoulli-sigmoid-3x5x2-n7", 2000), ("poisson-gelu-2", 2000)];

/// The case and the matrix it should estimate, from the 80-digit file or from loops.
pub fn case(name: &str) -> (Problem, Array2<f64>) {
    if name == "poisson-gelu-2" {
        let gelu = natgrad::model::Activation::Gelu;
        let problem = Problem::random("poisson", gelu, &[3, 5, 2], true, 7, 23);
        let f = fisher_of(&problem);
        return (problem, f);
    }
    let case = golden(name);
    (case.problem.clone(), case.symmetric("expected/fisher_upper"))
}

/// E‖F̂ - F‖² and, for given directions, Var vᵀF̂v, all at M = 1, by a loop over all labels.
fn closed_forms(problem: &Problem, directions: &[Array1<f64>]) -> (f64, f64, Vec<f64>) {
    let (eta, jacobian) = (problem.outputs_at(problem.theta.view()), problem.jacobian());
    let (mut error, mut trace, mut forms) = (0.0, 0.0, vec![0.0; directions.len()]);
    for (n, eta) in eta.outer_iter().enumerate() {
        let j = jacobian.index_axis(natgrad::ndarray::Axis(0), n);
        let mut mean = Array2::<f64>::zeros((problem.dim(), problem.dim()));
        let (mut fourth, mut trace_mean) = (0.0, 0.0);
        let mut moments = vec![(0.0, 0.0); directions.len()];
        for (p, score) in enumerate(&problem.likelihood, eta) {
            let s = score.dot(&j);
            let square = s.dot(&s);
            fourth += p * square * square;
            trace_mean += p * square;
            if p > 1e-25 {
                for (k, &value) in s.iter().enumerate() {
                    mean.row_mut(k).scaled_add(p * value, &s);
                }
            }
            for (moment, v) in moments.iter_mut().zip(directions) {
                let form = s.dot(v).powi(2);
                moment.0 += p * form;
                moment.1 += p * form * form;
            }
        }
        error += fourth - mean.mapv(|x| x * x).sum();
        trace += fourth - trace_mean * trace_mean;
        for (form, (first, second)) in forms.iter_mut().zip(moments) {
            *form += second - first * first;
        }
    }
    let scale = (problem.data() as f64).powi(2);
    forms.iter_mut().for_each(|form| *form /= scale);
    (error / scale, trace / scale, forms)
}

pub fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// (mean - expected)/√(variance/R), the variance from the values.
pub fn z_estimated(values: &[f64], expected: f64) -> f64 {
    let m = mean(values);
    let variance = values.iter().map(|x| (x - m).powi(2)).sum::<f64>() / (values.len() - 1) as f64;
    (m - expected) / (variance / values.len() as f64).sqrt()
}

/// (mean - expected)/√(variance/R), the variance known.
pub fn z_exact(values: &[f64], expected: f64, variance: f64) -> f64 {
    (mean(values) - expected) / (variance / values.len() as f64).sqrt()
}

/// What R replications give: traces, squared errors, quadratic forms.
pub struct Replications {
    pub traces: Vec<f64>,
    pub errors: Vec<f64>,
    pub forms: Vec<Vec<f64>>,
}

pub fn replicate(
    lin: &Linearization<f64>,
    f: &Array2<f64>,
    directions: &[Array1<f64>],
    replications: usize,
    estimator: impl Fn(u64) -> Box<dyn Estimator<f64>>,
) -> Replications {
    let mut all = Replications { traces: vec![], errors: vec![], forms: vec![vec![]; directions.len()] };
    for seed in 0..replications as u64 {
        let scores = lin.scores(estimator(seed).as_ref()).unwrap();
        let sample = scores.dense().unwrap().into_operator().into_matrix();
        all.traces.push(sample.diag().sum());
        all.errors.push((&sample - f).mapv(|x| x * x).sum());
        for (form, v) in all.forms.iter_mut().zip(directions) {
            form.push(v.dot(&sample.dot(v)));
        }
    }
    all
}

#[track_caller]
fn assert_band(what: &str, z: f64) {
    assert!(z.abs() < BAND, "{what}: z = {z}");
}

#[test]
fn mean_and_mean_squared_error_of_independent_draws_match_their_closed_forms() {
    for (name, replications) in CASES {
        let (problem, f) = case(name);
        let lin = problem.linearize::<f64>();
        let mut lcg = Lcg::new(19);
        let directions: Vec<_> = (0..5).map(|_| lcg.unit(problem.dim())).collect();
        let (error, trace_variance, form_variances) = closed_forms(&problem, &directions);
        if name.starts_with("bern") {
            // The loop above against 80 digits.
            assert_close("closed form", error, golden(name).number("expected/mc_mse"), 1e-12);
        }
        for draws in [1, 4, 16] {
            let m = draws as f64;
            let all = replicate(&lin, &f, &directions, replications, |seed| {
                Box::new(MonteCarlo { draws, sampler: Sampler::Independent, seed })
            });
            let what = |of: &str| format!("{name} M = {draws}: {of}");
            let trace = f.diag().sum();
            assert_band(&what("trace"), z_exact(&all.traces, trace, trace_variance / m));
            assert_band(&what("squared error"), z_estimated(&all.errors, error / m));
            let spreads: Vec<f64> = all.traces.iter().map(|t| (t - trace).powi(2)).collect();
            assert_band(&what("variance of the trace"), z_estimated(&spreads, trace_variance / m));
            for ((values, v), variance) in all.forms.iter().zip(&directions).zip(&form_variances) {
                assert_band(&what("vFv"), z_exact(values, v.dot(&f.dot(v)), variance / m));
            }
            // What the library says of itself, against the loop.
            let estimator = MonteCarlo { draws, sampler: Sampler::Independent, seed: 0 };
            let claimed = MonteCarloError::exact(&estimator, &lin).unwrap().unwrap();
            assert_close(&what("claimed error"), claimed.mean_squared_error, error / m, 1e-12);
            assert_close(&what("claimed variance"), claimed.trace_variance, trace_variance / m, 1e-12);
            assert_close(
                &what("claimed standard error"),
                claimed.trace_standard_error().powi(2),
                trace_variance / m,
                1e-12,
            );
            let provenance = lin.scores(&estimator).unwrap().provenance().clone();
            assert_eq!((provenance.seed, provenance.error), (Some(0), Some(claimed)));
        }
    }
}

#[test]
fn mean_and_mean_squared_error_of_systematic_draws_match_the_table() {
    let (problem, f) = case("M2");
    let lin = problem.linearize::<f64>();
    for (draws, printed) in [(2, 0.18472740711654315), (4, 0.025164117152656023), (16, 0.001781259424932672)]
    {
        let all = replicate(&lin, &f, &[], 4000, |seed| {
            Box::new(MonteCarlo { draws, sampler: Sampler::Systematic, seed })
        });
        assert_band(&format!("squared error at M = {draws}"), z_estimated(&all.errors, printed));
        let estimator = MonteCarlo { draws, sampler: Sampler::Systematic, seed: 0 };
        let variance = MonteCarloError::exact(&estimator, &lin).unwrap().unwrap().trace_variance;
        assert_band(&format!("trace at M = {draws}"), z_exact(&all.traces, f.diag().sum(), variance));
    }
}

#[test]
fn systematic_draws_of_joint_labels_match_their_closed_form() {
    let m5 = (reference("M5"), fisher_of(&reference("M5")));
    for (name, (problem, f)) in [("bernoulli", case("bernoulli-sigmoid-3x5x2-n7")), ("M5", m5)] {
        let lin = problem.linearize::<f64>();
        for draws in [3, 5] {
            let all = replicate(&lin, &f, &[], 2000, |seed| {
                Box::new(MonteCarlo { draws, sampler: Sampler::Systematic, seed })
            });
            let estimator = MonteCarlo { draws, sampler: Sampler::Systematic, seed: 0 };
            let claimed = MonteCarloError::exact(&estimator, &lin).unwrap().unwrap();
            let what = |of: &str| format!("{name} M = {draws}: {of}");
            assert_band(&what("squared error"), z_estimated(&all.errors, claimed.mean_squared_error));
            assert_band(&what("trace"), z_exact(&all.traces, f.diag().sum(), claimed.trace_variance));
        }
    }
}

#[test]
fn gaussian_draws_match_their_closed_form() {
    let case = golden("gaussian0p37-softplus-2x5x3-n7");
    let (lin, f) = (case.problem.linearize::<f64>(), case.symmetric("expected/fisher_upper"));
    for draws in [1, 4] {
        let m = draws as f64;
        let all = replicate(&lin, &f, &[], 2000, |seed| {
            Box::new(MonteCarlo { draws, sampler: Sampler::Independent, seed })
        });
        let (error, variance) =
            (case.number("expected/mc_mse") / m, case.number("expected/mc_trace_var") / m);
        assert_band(&format!("squared error at M = {draws}"), z_estimated(&all.errors, error));
        assert_band(&format!("trace at M = {draws}"), z_exact(&all.traces, f.diag().sum(), variance));
    }
}

#[test]
fn systematic_draws_of_a_density_have_no_exact_error() {
    let lin = reference("M4").linearize::<f64>();
    let estimator = MonteCarlo { draws: 3, sampler: Sampler::Systematic, seed: 1 };
    assert_eq!(MonteCarloError::exact(&estimator, &lin).unwrap(), None);
}

#[test]
fn eight_independent_draws_contain_four() {
    for name in ["M2", "bernoulli-sigmoid-3x5x2-n7", "poisson-gelu-2"] {
        let lin = case(name).0.linearize::<f64>();
        for seed in [0, 1, u64::MAX] {
            let labels =
                |draws| MonteCarlo { draws, sampler: Sampler::Independent, seed }.labels(&lin).unwrap();
            let (four, eight) = (labels(4), labels(8));
            for n in 0..lin.data() {
                for m in 0..4 {
                    assert_eq!(four.row(4 * n + m), eight.row(8 * n + m), "{name} datum {n} draw {m}");
                }
            }
        }
    }
}

#[test]
fn draws_depend_on_the_seed_and_zero_is_a_seed() {
    let lin = case("M2").0.linearize::<f64>();
    let labels = |seed| MonteCarlo { draws: 17, sampler: Sampler::Independent, seed }.labels(&lin).unwrap();
    assert_eq!(labels(0), labels(0));
    for other in [1, 2, 1 << 32, u64::MAX] {
        assert_ne!(labels(0), labels(other));
    }
}

#[test]
fn independent_labels_of_a_datum_have_the_frequencies_of_the_model() {
    // One datum per class pattern; R·M draws in one go. Exact band of a binomial count.
    let problem = reference("M2");
    let lin = problem.linearize::<f64>();
    let draws = 20_011;
    let labels = MonteCarlo { draws, sampler: Sampler::Independent, seed: 5 }.labels(&lin).unwrap();
    for (n, eta) in problem.outputs_at(problem.theta.view()).outer_iter().enumerate() {
        for (class, p) in softmax(eta).into_iter().enumerate() {
            let rows = n * draws..(n + 1) * draws;
            let hits = rows.filter(|&row| labels.row(row)[0].round() as usize == class).count() as f64;
            let z = (hits - draws as f64 * p) / (draws as f64 * p * (1.0 - p)).sqrt();
            assert_band(&format!("datum {n} class {class}"), z);
        }
    }
    // Systematic draws miss M·p by less than one.
    let labels = MonteCarlo { draws: 101, sampler: Sampler::Systematic, seed: 5 }.labels(&lin).unwrap();
    for (n, eta) in problem.outputs_at(problem.theta.view()).outer_iter().enumerate() {
        for (class, p) in softmax(eta).into_iter().enumerate() {
            let rows = n * 101..(n + 1) * 101;
            let hits = rows.filter(|&row| labels.row(row)[0].round() as usize == class).count() as f64;
            assert!((hits - 101.0 * p).abs() < 1.0, "datum {n} class {class}: {hits} of {}", 101.0 * p);
        }
    }
}

/// What is planted in a sampler to see whether the tests notice.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Fault {
    None,
    OneUniformForAllData,
    OneUniformForAllDraws,
    UniformLabels,
    ObservedLabels,
    WeightMissing,
    WeightTwice,
}

/// A sampler of the tests' own, sound or not.
#[derive(Debug)]
struct Planted {
    draws: usize,
    seed: u64,
    fault: Fault,
}

impl Estimator<f64> for Planted {
    fn name(&self) -> String {
        format!("{:?}", self.fault)
    }

    fn output_vectors(&self, lin: &Linearization<f64>) -> natgrad::Result<OutputVectors<f64>> {
        let streams = Streams::new(self.seed, Purpose::Labels);
        let m = self.draws as f64;
        let weight = match self.fault {
            Fault::WeightMissing => 1.0,
            Fault::WeightTwice => 1.0 / m,
            _ => 1.0 / m.sqrt(),
        };
        OutputVectors::collect(self.name(), lin, |n, eta| {
            let datum = if self.fault == Fault::OneUniformForAllData { 0 } else { n as u64 };
            let uniforms: Vec<f64> = streams.uniforms(datum).take(self.draws).collect();
            let vectors = (0..self.draws).map(|m| {
                let u = uniforms[if self.fault == Fault::OneUniformForAllDraws { 0 } else { m }];
                let label = match self.fault {
                    Fault::UniformLabels => Array1::from_elem(1, (u * eta.len() as f64).floor()),
                    Fault::ObservedLabels => lin.labels().row(n).to_owned(),
                    _ => Categorical.sample(eta, u)?,
                };
                Ok(Categorical.score(eta, label.view())? * weight)
            });
            vectors.collect()
        })
    }
}

#[test]
fn the_tests_above_notice_a_faulty_sampler() {
    let (problem, f) = case("M2");
    let lin = problem.linearize::<f64>();
    let (error, trace_variance, _) = closed_forms(&problem, &[]);
    let z = |fault: Fault| {
        let all = replicate(&lin, &f, &[], 4000, |seed| Box::new(Planted { draws: 4, seed, fault }));
        let of_trace = z_exact(&all.traces, f.diag().sum(), trace_variance / 4.0);
        (of_trace, z_estimated(&all.errors, error / 4.0))
    };
    let (of_trace, of_error) = z(Fault::None);
    assert_band("sound, trace", of_trace);
    assert_band("sound, squared error", of_error);
    // Correlated draws leave the mean alone: only the squared error tells.
    for fault in [Fault::OneUniformForAllData, Fault::OneUniformForAllDraws] {
        let (_, of_error) = z(fault);
        assert!(of_error.abs() > 10.0, "{fault:?}: z = {of_error}");
    }
    for fault in [Fault::UniformLabels, Fault::WeightMissing, Fault::WeightTwice] {
        let (of_trace, of_error) = z(fault);
        assert!(of_trace.abs() > 10.0 && of_error.abs() > 10.0, "{fault:?}: z = {of_trace}, {of_error}");
    }
    // No randomness at all: the variance over replications is zero, the error is not.
    let (of_trace, _) = z(Fault::ObservedLabels);
    assert!(of_trace.abs() > 10.0, "observed labels: z = {of_trace}");
}

#[test]
fn equal_identities_share_their_draws_and_distinct_ones_do_not() {
    let mut problem = reference("M2");
    let row = problem.x.row(0).to_owned();
    problem.x.outer_iter_mut().for_each(|mut x| x.assign(&row));
    let lin = problem.linearize::<f64>();
    let estimator = MonteCarlo { draws: 29, sampler: Sampler::Independent, seed: 4 };
    let draws = |labels: &Labels<f64>, n: usize| -> Vec<f64> {
        (29 * n..29 * (n + 1)).map(|row| labels.row(row)[0]).collect()
    };
    let apart = estimator.labels(&lin).unwrap();
    assert_ne!(draws(&apart, 0), draws(&apart, 1));
    let together = estimator.labels(&lin.with_ids(&[7; 4]).unwrap()).unwrap();
    assert_eq!(draws(&together, 0), draws(&together, 3));
}
