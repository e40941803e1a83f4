//! Standard errors from the sample where no law can be listed; intervals.

use super::monte_carlo::{mean, z_estimated};
use super::support::*;
use natgrad::fisher::{
    CurvaturePropagation, ErrorKind, Estimate, Exact, MonteCarlo, MonteCarloError, Root, Sampler,
};
use natgrad::likelihood::{Bernoulli, Support};
use natgrad::model::{Activation, Linearization};
use natgrad::ndarray::{Array1, Array2, Array3, ArrayView1, array};
use natgrad::{Error, Labels, Likelihood, Result, Scalar};
use std::sync::Arc;

const BAND: f64 = 4.0;

/// A likelihood that keeps its moments and its labels to itself.
#[derive(Debug, Clone)]
pub struct Unlisted<T: Scalar>(Arc<dyn Likelihood<T>>);

impl<T: Scalar> Likelihood<T> for Unlisted<T> {
    fn name(&self) -> String {
        self.0.name()
    }

    fn label_width(&self, outputs: usize) -> usize {
        self.0.label_width(outputs)
    }

    fn check(&self, eta: ArrayView1<'_, T>, y: Option<ArrayView1<'_, T>>) -> Result<()> {
        self.0.check(eta, y)
    }

    fn nll(&self, eta: ArrayView1<'_, T>, y: ArrayView1<'_, T>) -> Result<T> {
        self.0.nll(eta, y)
    }

    fn score(&self, eta: ArrayView1<'_, T>, y: ArrayView1<'_, T>) -> Result<Array1<T>> {
        self.0.score(eta, y)
    }

    fn fisher(&self, eta: ArrayView1<'_, T>) -> Result<Array2<T>> {
        self.0.fisher(eta)
    }

    fn root(&self, eta: ArrayView1<'_, T>) -> Result<Array2<T>> {
        self.0.root(eta)
    }

    fn hessian(&self, eta: ArrayView1<'_, T>, y: ArrayView1<'_, T>) -> Result<Array2<T>> {
        self.0.hessian(eta, y)
    }

    fn kl(&self, eta: ArrayView1<'_, T>, other: ArrayView1<'_, T>) -> Result<T> {
        self.0.kl(eta, other)
    }

    fn support(&self, _eta: ArrayView1<'_, T>) -> Result<Support<T>> {
        Err(Error::TooLarge { quantity: "labels of one datum", needed: 1e9, limit: 1e6, advice: "none" })
    }

    fn sample(&self, eta: ArrayView1<'_, T>, u: f64) -> Result<Array1<T>> {
        self.0.sample(eta, u)
    }
}

pub fn unlisted<T: Scalar>(problem: &Problem) -> Linearization<T> {
    let law = Unlisted(problem.law::<T>());
    problem.network::<T>().linearize(&law, &problem.inputs(), &problem.labels()).unwrap()
}

fn variance_of(estimate: &Estimate, kind: ErrorKind) -> f64 {
    let error = estimate.standard_error.unwrap();
    assert_eq!(error.kind, kind);
    error.value.powi(2)
}

/// Squared error, variances of trace, form and of two entries of the diagonal.
fn variances(lin: &Linearization<f64>, estimator: &MonteCarlo, v: &Array1<f64>, kind: ErrorKind) -> [f64; 5] {
    let scores = lin.scores(estimator).unwrap();
    let error = scores.provenance().error.unwrap();
    assert_eq!(error.kind, kind);
    let diagonal = scores.diagonal_estimate().unwrap();
    let (first, last) = (diagonal.entry(0).unwrap(), diagonal.entry(v.len() - 1).unwrap());
    assert!(diagonal.entry(v.len()).is_none());
    [
        error.mean_squared_error,
        variance_of(&scores.trace_estimate().unwrap(), kind),
        variance_of(&scores.quadratic_form_estimate(v.view()).unwrap(), kind),
        variance_of(&first, kind),
        variance_of(&last, kind),
    ]
}

const WHAT: [&str; 5] = ["squared error", "trace", "form", "first of the diagonal", "last of the diagonal"];

#[test]
fn within_data_the_sample_shows_the_exact_error_on_average() {
    for (problem, sampler, draws) in [
        (reference("M2"), Sampler::Independent, 3),
        (reference("M2"), Sampler::Antithetic, 6),
        (Problem::random("bernoulli", Activation::Tanh, &[3, 2], true, 5, 1), Sampler::Independent, 2),
    ] {
        let v = Lcg::new(3).vector(problem.dim());
        let estimator = |seed| MonteCarlo { draws, sampler, seed };
        let exact = variances(&problem.linearize(), &estimator(0), &v, ErrorKind::Exact);
        let lin = unlisted::<f64>(&problem);
        let sample: Vec<_> =
            (0..1000).map(|seed| variances(&lin, &estimator(seed), &v, ErrorKind::Estimated)).collect();
        for (k, what) in WHAT.iter().enumerate() {
            let values: Vec<f64> = sample.iter().map(|all| all[k]).collect();
            let z = z_estimated(&values, exact[k]);
            assert!(z.abs() < BAND, "{} {sampler:?}: {what}: z = {z}", problem.name());
        }
    }
}

#[test]
fn between_data_the_sample_adds_how_much_the_data_differ() {
    let problem = reference("M2");
    let v = Lcg::new(3).vector(problem.dim());
    let estimator = |seed| MonteCarlo { draws: 3, sampler: Sampler::Systematic, seed };
    let exact = variances(&problem.linearize(), &estimator(0), &v, ErrorKind::Exact);
    // Every datum's own Fisher.
    let eta = problem.outputs_at(problem.theta.view());
    let own: Vec<Array2<f64>> = (0..4)
        .map(|n| {
            let j = problem.jacobian().index_axis(natgrad::ndarray::Axis(0), n).to_owned();
            j.t().dot(&output_fisher("categorical", eta.row(n)).dot(&j))
        })
        .collect();
    let spread = |of: &dyn Fn(&Array2<f64>) -> f64| {
        let values: Vec<f64> = own.iter().map(of).collect();
        values.iter().map(|x| (x - mean(&values)).powi(2)).sum::<f64>() / (4.0 * 3.0)
    };
    let successive: f64 = (0..4).map(|n| (&own[n] - &own[(n + 1) % 4]).mapv(|x| x * x).sum()).sum();
    let added = [
        successive / (2.0 * 16.0),
        spread(&|f| f.diag().sum()),
        spread(&|f| v.dot(&f.dot(&v))),
        spread(&|f| f[[0, 0]]),
        spread(&|f| f[[20, 20]]),
    ];
    let lin = unlisted::<f64>(&problem);
    let sample: Vec<_> =
        (0..1000).map(|seed| variances(&lin, &estimator(seed), &v, ErrorKind::Estimated)).collect();
    for (k, what) in WHAT.iter().enumerate() {
        let values: Vec<f64> = sample.iter().map(|all| all[k]).collect();
        let z = z_estimated(&values, exact[k] + added[k]);
        assert!(z.abs() < BAND, "{what}: z = {z}");
        assert!(added[k] > 0.0);
    }
}

#[test]
fn estimated_errors_are_the_textbook_variance_of_the_draws() {
    // By hand from the rows of S: M = 5 draws of N = 3 data.
    let problem = Problem::random("categorical", Activation::Tanh, &[2, 3], true, 3, 12);
    for lin in [problem.linearize::<f64>(), {
        let eta = problem.outputs_at(problem.theta.view());
        Linearization::from_jacobian(&problem.law::<f64>(), problem.jacobian(), eta, &problem.labels())
            .unwrap()
    }] {
        let scores = lin.scores(&MonteCarlo { draws: 5, sampler: Sampler::Independent, seed: 2 }).unwrap();
        let s = scores.matrix() * 5f64.sqrt();
        let outer = |k: usize| Array2::from_shape_fn((9, 9), |(a, b)| s[[k, a]] * s[[k, b]]);
        let (mut squared, mut trace) = (0.0, 0.0);
        for n in 0..3 {
            let all: Vec<_> = (5 * n..5 * n + 5).map(outer).collect();
            let centre = all.iter().fold(Array2::<f64>::zeros((9, 9)), |sum, f| sum + f) / 5.0;
            for f in &all {
                let off = f - &centre;
                squared += off.mapv(|x| x * x).sum() / (4.0 * 5.0 * 9.0);
                trace += off.diag().sum().powi(2) / (4.0 * 5.0 * 9.0);
            }
        }
        let error = MonteCarloError::estimated(&scores).unwrap();
        assert_eq!(error.kind, ErrorKind::Estimated);
        assert_close("squared error", error.mean_squared_error, squared, 1e-12);
        assert_close("trace", error.trace_variance, trace, 1e-12);
        // The scores themselves carry the exact one.
        assert_eq!(scores.provenance().error.unwrap().kind, ErrorKind::Exact);
    }
    assert_eq!(MonteCarloError::estimated(&problem.linearize::<f64>().scores(&Exact).unwrap()), None);
}

#[test]
fn one_datum_with_dependent_draws_shows_nothing() {
    let problem = Problem::random("bernoulli", Activation::Tanh, &[3, 2], true, 1, 1);
    let scores = unlisted::<f64>(&problem)
        .scores(&MonteCarlo { draws: 3, sampler: Sampler::Systematic, seed: 4 })
        .unwrap();
    assert_eq!(scores.provenance().error, None);
    let trace = scores.trace_estimate().unwrap();
    assert_eq!((trace.standard_error, trace.interval(0.9).unwrap()), (None, None));
    assert!(trace.to_string().ends_with(" (no error known), 3 draws, seed 4"), "{trace}");
    assert_eq!(scores.diagonal_estimate().unwrap().standard_error, None);
}

#[test]
fn means_are_the_functionals_of_the_matrix_and_exact_ones_have_no_error() {
    let problem = Problem::random("poisson", Activation::Gelu, &[5, 3, 2], true, 7, 1);
    let lin = problem.linearize::<f64>();
    let v = Lcg::new(3).vector(problem.dim());
    for estimator in estimators::<f64>() {
        let scores = lin.scores(estimator.as_ref()).unwrap();
        let f = scores.dense().unwrap().into_operator().into_matrix();
        let (trace, form) =
            (scores.trace_estimate().unwrap(), scores.quadratic_form_estimate(v.view()).unwrap());
        let name = estimator.name();
        assert_close(&name, trace.mean, f.diag().sum(), 1e-13);
        assert_close(&name, form.mean, v.dot(&f.dot(&v)), 1e-12);
        assert_near(&name, &scores.diagonal_estimate().unwrap().mean, f.diag(), 1e-13);
        if trace.draws == 0 {
            assert_eq!((trace.standard_error, form.standard_error, trace.seed), (None, None, None));
            assert_eq!(trace.interval(0.5).unwrap(), Some((trace.mean, trace.mean)));
            assert_eq!(trace.to_string(), format!("{} (exact)", trace.mean));
        } else {
            assert!(form.standard_error.unwrap().value > 0.0);
            assert_eq!(trace.seed, scores.provenance().seed);
        }
    }
    let scores = lin.scores(&Exact).unwrap();
    assert!(matches!(
        scores.quadratic_form_estimate(v.slice(natgrad::ndarray::s![1..])),
        Err(Error::Shape { .. })
    ));
    let bad = Array1::from_elem(v.len(), f64::NAN);
    assert!(matches!(scores.quadratic_form_estimate(bad.view()), Err(Error::NonFinite { .. })));
}

#[test]
fn single_precision_tells_the_same_errors() {
    let problem = reference("M2");
    let v = Lcg::new(3).vector(21);
    for sampler in [Sampler::Independent, Sampler::Antithetic, Sampler::Systematic] {
        let estimator = MonteCarlo { draws: 4, sampler, seed: 6 };
        let (double, single) = (
            problem.linearize::<f64>().scores(&estimator).unwrap(),
            problem.linearize::<f32>().scores(&estimator).unwrap(),
        );
        let name = format!("{sampler:?}");
        let value = |estimate: Estimate| estimate.standard_error.unwrap().value;
        // Some ten roundings of 2⁻²⁴, and cancellation to a tenth of the moments at systematic draws.
        assert_close(
            &name,
            value(single.trace_estimate().unwrap()),
            value(double.trace_estimate().unwrap()),
            1e-5,
        );
        let single_v = v.mapv(|x| x as f32);
        assert_close(
            &name,
            value(single.quadratic_form_estimate(single_v.view()).unwrap()),
            value(double.quadratic_form_estimate(v.view()).unwrap()),
            1e-5,
        );
        let diagonal = |e: Estimate<Array1<f64>>| e.standard_error.unwrap().value;
        assert_near(
            &name,
            &diagonal(single.diagonal_estimate().unwrap()),
            &diagonal(double.diagonal_estimate().unwrap()),
            1e-5,
        );
    }
    let scores = unlisted::<f32>(&problem)
        .scores(&MonteCarlo { draws: 4, sampler: Sampler::Independent, seed: 6 })
        .unwrap();
    assert_eq!(scores.provenance().error.unwrap().kind, ErrorKind::Estimated);
}

#[test]
fn intervals_cover_as_often_as_they_say() {
    let problem = Problem::random("categorical", Activation::Tanh, &[3, 5, 3], true, 13, 41);
    let trace = fisher_of(&problem).diag().sum();
    let (listed, hidden) = (problem.linearize::<f64>(), unlisted::<f64>(&problem));
    for (kind, lin) in [(ErrorKind::Exact, &listed), (ErrorKind::Estimated, &hidden)] {
        for level in [0.5, 0.9] {
            let covered = (0..2000).filter(|&seed| {
                let scores =
                    lin.scores(&MonteCarlo { draws: 7, sampler: Sampler::Independent, seed }).unwrap();
                let estimate = scores.trace_estimate().unwrap();
                assert_eq!(estimate.standard_error.unwrap().kind, kind);
                let (low, high) = estimate.interval(level).unwrap().unwrap();
                low < trace && trace < high
            });
            let share = covered.count() as f64 / 2000.0;
            let z = (share - level) / (level * (1.0 - level) / 2000.0).sqrt();
            assert!(z.abs() < BAND, "{kind} at {level}: covered {share}, z = {z}");
        }
    }
}

#[test]
fn an_estimate_prints_its_error_with_two_digits_and_knows_quantiles() {
    // η = log 3, p = ¾: the squared score is 1/16 or 9/16, its variance 3/64 for one draw.
    let lin = |scale: f64| {
        let y = Labels::new(array![[1.0]]).unwrap();
        let jacobian = Array3::from_elem((1, 1, 1), scale);
        Linearization::from_jacobian(&Bernoulli, jacobian, array![[3f64.ln()]], &y).unwrap()
    };
    let shown = |scale: f64, draws: usize| {
        let scores =
            lin(scale).scores(&MonteCarlo { draws, sampler: Sampler::Independent, seed: 0 }).unwrap();
        scores.trace_estimate().unwrap()
    };
    let one = shown(1.0, 1);
    assert_close("σ", one.standard_error.unwrap().value, (3.0f64 / 64.0).sqrt(), 1e-14);
    let mean = if one.mean < 0.3 { "0.06" } else { "0.56" };
    assert_eq!(one.to_string(), format!("{mean} ± 0.22 (exact), 1 draw, seed 0"));
    assert!(shown(1e6, 3).to_string().contains("e11 ± 1.2e11 (exact), 3 draws, seed 0"), "{}", shown(1e6, 3));
    // Φ⁻¹(0.975) and Φ⁻¹(0.95) from the tables.
    for (level, z) in [(0.95, 1.959963984540054), (0.9, 1.6448536269514722)] {
        let (low, high) = one.interval(level).unwrap().unwrap();
        assert_close("half width", (high - low) / 2.0, z * (3.0f64 / 64.0).sqrt(), 1e-10);
        assert_close("middle", (high + low) / 2.0, one.mean, 1e-14);
    }
    for level in [0.0, 1.0, -0.5, f64::NAN] {
        assert!(matches!(one.interval(level), Err(Error::Setting { option: "level", .. })));
    }
}

#[test]
fn signs_without_a_list_are_estimated_too() {
    // The root of the likelihood is at hand, so the error is exact though no label can be listed.
    let problem = reference("M2");
    let lin = unlisted::<f64>(&problem);
    let estimator = CurvaturePropagation { draws: 3, seed: 0, root: Root::Likelihood };
    let error = lin.scores(&estimator).unwrap().provenance().error.unwrap();
    assert_eq!(error.kind, ErrorKind::Exact);
    let labels = CurvaturePropagation { root: Root::Labels, ..estimator };
    assert!(matches!(lin.scores(&labels), Err(Error::TooLarge { .. })));
    assert_eq!(MonteCarloError::of_signs(&labels, &lin).unwrap(), None);
}
