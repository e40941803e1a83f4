//! Bad arguments and extreme numbers: the right answer or an error with numbers, never NaN.

use super::support::*;
use natgrad::fisher::{
    Empirical, Estimator, Exact, ExactEnumeration, MonteCarlo, MonteCarloError, Reference, Sampler, TrialStep,
};
use natgrad::likelihood::{Bernoulli, Categorical, Gaussian, Poisson, Univariate};
use natgrad::model::{Activation, Affine, Linearization};
use natgrad::ndarray::{Array1, Array2, array};
use natgrad::operator::Dense;
use natgrad::solver::{Cholesky, DiagonalPower};
use natgrad::{Error, Labels, LinearOperator, Network, Solver};

/// All views of all estimators: finite numbers, or an error that names an index.
fn assert_never_nan(what: &str, lin: &Linearization<f64>) {
    assert!(lin.loss().is_finite() && lin.gradient().iter().all(|x| x.is_finite()), "{what}");
    for estimator in estimators::<f64>() {
        let name = format!("{what}: {}", estimator.name());
        let scores = match lin.scores(estimator.as_ref()) {
            Ok(scores) => scores,
            Err(Error::NonFinite { .. } | Error::TooLarge { .. }) => continue,
            Err(error) => panic!("{name}: {error}"),
        };
        if let Some(error) = scores.provenance().error {
            assert!(
                error.mean_squared_error.is_finite() && error.trace_variance.is_finite(),
                "{name}: {error:?}"
            );
        }
        let numbers = |name: &str, result: natgrad::Result<Vec<f64>>| match result {
            Ok(values) => assert!(values.iter().all(|x| x.is_finite()), "{name}"),
            Err(error) => assert!(matches!(error, Error::NonFinite { .. }), "{name}: {error}"),
        };
        let flat = |f: &dyn LinearOperator<f64>| f.to_dense().map(|matrix| matrix.iter().copied().collect());
        numbers(&format!("{name} dense"), scores.dense().and_then(|f| flat(&f)));
        numbers(&format!("{name} diagonal"), scores.diagonal().and_then(|f| flat(&f)));
        numbers(&format!("{name} implicit"), scores.implicit().and_then(|f| flat(&f)));
    }
}

fn linear(weight: Array2<f64>, bias: Option<Array1<f64>>) -> Network<f64> {
    Network::new(vec![Affine::new(weight, bias).unwrap()], Activation::Identity).unwrap()
}

#[test]
fn zero_draws_are_refused() {
    let lin = reference("M2").linearize::<f64>();
    for sampler in [Sampler::Independent, Sampler::Systematic] {
        let none = MonteCarlo { draws: 0, sampler, seed: 0 };
        let expected = Error::Setting { option: "draws", value: 0.0, requirement: "at least 1" };
        assert_eq!(lin.scores(&none).unwrap_err(), expected);
        assert_eq!(none.labels(&lin).unwrap_err(), expected);
        assert_eq!(MonteCarloError::exact(&none, &lin).unwrap_err(), expected);
    }
}

#[test]
fn identities_must_be_one_per_datum() {
    let lin = reference("M2").linearize::<f64>();
    for ids in [&[1u64, 2, 3][..], &[1, 2, 3, 4, 5], &[]] {
        let error = lin.clone().with_ids(ids).unwrap_err();
        assert_eq!(error, Error::Shape { quantity: "ids", expected: vec![4], found: vec![ids.len()] });
    }
}

#[test]
fn vectors_of_another_length_are_refused() {
    let lin = reference("M2").linearize::<f64>();
    let scores = lin.scores(&Exact).unwrap();
    let v = Array1::ones(20);
    let shape = |found: usize| Error::Shape { quantity: "vector", expected: vec![21], found: vec![found] };
    assert_eq!(scores.dense().unwrap().apply(v.view()).unwrap_err(), shape(20));
    assert_eq!(scores.diagonal().unwrap().apply(v.view()).unwrap_err(), shape(20));
    assert_eq!(scores.implicit().unwrap().apply(v.view()).unwrap_err(), shape(20));
    assert_eq!(lin.jvp(v.view()).unwrap_err(), shape(20));
    assert!(matches!(lin.vjp(Array2::zeros((4, 2)).view()), Err(Error::Shape { .. })));
    assert!(matches!(
        Cholesky::damped(0.1).solve(&scores.dense().unwrap(), v.view()),
        Err(Error::Shape { .. })
    ));
}

#[test]
fn too_many_labels_are_refused_with_their_number() {
    let widths = [3, 30];
    let problem = Problem::random("bernoulli", Activation::Identity, &widths, true, 7, 2);
    let lin = problem.linearize::<f64>();
    match lin.scores(&ExactEnumeration).unwrap_err() {
        Error::TooLarge { needed, limit, .. } => {
            assert_close("needed", needed, 2f64.powi(30), 0.0);
            assert_close("limit", limit, natgrad::likelihood::SUPPORT_LIMIT as f64, 0.0);
        }
        other => panic!("{other}"),
    }
    // The root needs no list: the Fisher is there, and is right. So is the error of draws.
    let f = lin.scores(&Exact).unwrap().dense().unwrap().to_dense().unwrap();
    assert_near("C = 30", &f, &fisher_of(&problem), 1e-13);
    // One layer: K_n = ‖ā_n‖² I, so tr F̂ is a sum of independent squares and Var tr F̂ = Σ_n ‖ā_n‖⁴ Σ_c Var s_c² / (N²M).
    let sampled = lin.scores(&MonteCarlo { draws: 2, sampler: Sampler::Independent, seed: 0 }).unwrap();
    let eta = problem.outputs_at(problem.network::<f64>().parameters().view());
    let mut variance = 0.0;
    for (x, eta) in problem.inputs::<f64>().outer_iter().zip(eta.outer_iter()) {
        let length = 1.0 + x.dot(&x);
        for p in eta.mapv(|eta| 1.0 / (1.0 + (-eta).exp())) {
            let (yes, no) = ((1.0 - p) * (1.0 - p), p * p);
            let mean = p * yes + (1.0 - p) * no;
            let spread = p * (yes - mean).powi(2) + (1.0 - p) * (no - mean).powi(2);
            variance += length * length * spread / (7.0 * 7.0 * 2.0);
        }
    }
    let found = sampled.provenance().error.unwrap().trace_variance;
    assert_close("Var tr of thirty outputs", found, variance, 1e-13);
    // Systematic draws follow the list of joint labels, which is too long here: no exact error is claimed.
    let systematic = MonteCarlo { draws: 2, sampler: Sampler::Systematic, seed: 0 };
    assert_eq!(MonteCarloError::exact(&systematic, &lin).unwrap(), None);
    let kind = lin.scores(&systematic).unwrap().provenance().error.unwrap().kind;
    assert_eq!(kind, natgrad::fisher::ErrorKind::Estimated);
    // A rate of 1e10 has too many labels for one output.
    let high = linear(array![[1e10f64.ln()]], None).linearize(
        &Poisson,
        &array![[1.0]],
        &Labels::new(array![[1e10]]).unwrap(),
    );
    assert!(matches!(high.unwrap().scores(&ExactEnumeration), Err(Error::TooLarge { .. })));
}

#[test]
fn overflow_is_an_error_and_not_a_nan() {
    let x = array![[1e200, -3e199], [-2e200, 1e200], [5e199, 7e199]];
    let labels = |values: [f64; 3]| Labels::new(Array2::from_shape_fn((3, 1), |(n, _)| values[n])).unwrap();
    // Outputs of order one: the scores are ordinary and the squares of the inputs overflow.
    let small = linear(array![[1e-200, 2e-200]], Some(array![0.3]));
    let lin = small.linearize(&Bernoulli, &x, &labels([1.0, 0.0, 1.0])).unwrap();
    for estimator in [&Exact as &dyn Estimator<f64>, &Empirical] {
        let scores = lin.scores(estimator).unwrap();
        assert!(matches!(scores.dense(), Err(Error::NonFinite { quantity: "Fisher", .. })));
        assert!(matches!(scores.diagonal(), Err(Error::NonFinite { quantity: "diagonal", .. })));
        let implicit = scores.implicit().unwrap();
        assert!(matches!(implicit.diagonal(), Err(Error::NonFinite { .. })));
        let ones = Array1::ones(implicit.dim());
        assert!(matches!(implicit.apply(ones.view()), Err(Error::NonFinite { .. })));
    }
    assert_never_nan("bernoulli at 1e200", &lin);
    let lin = small.linearize(&Gaussian::with_variance(0.37).unwrap(), &x, &labels([1.0, 0.0, 1.0])).unwrap();
    assert_never_nan("gaussian at 1e200", &lin);
    let lin = small.linearize(&Poisson, &x, &labels([1.0, 0.0, 3.0])).unwrap();
    assert_never_nan("poisson at 1e200", &lin);
    // Outputs of 1e200: certain labels.
    let ordinary = linear(array![[0.5, -0.2], [0.1, 0.9], [-0.4, 0.3]], None);
    let lin = ordinary.linearize(&Categorical, &x, &Labels::classes(&[0, 1, 1]).unwrap()).unwrap();
    assert_never_nan("categorical at 1e200", &lin);
    // A rate beyond f64, and a loss beyond it.
    let high = linear(array![[1.0, 1.0]], None);
    let error = high.linearize(&Poisson, &x, &labels([1.0, 0.0, 3.0])).unwrap_err();
    assert!(matches!(error, Error::Domain { quantity: "eta", index: 0, .. }), "{error}");
    let error =
        high.linearize(&Gaussian::with_variance(0.37).unwrap(), &x, &labels([1.0, 0.0, 1.0])).unwrap_err();
    assert!(matches!(error, Error::NonFinite { quantity: "loss", .. }), "{error}");
    // An activation that overflows.
    let layers =
        vec![Affine::new(array![[1e200]], None).unwrap(), Affine::new(array![[1e200]], None).unwrap()];
    let deep = Network::new(layers, Activation::Relu).unwrap();
    let one = Labels::new(array![[1.0]]).unwrap();
    let error = deep.linearize(&Bernoulli, &array![[1.0]], &one).unwrap_err();
    assert!(matches!(error, Error::NonFinite { quantity: "eta", index: 0, .. }), "{error}");
}

#[test]
fn an_error_bar_that_overflows_is_absent_and_not_zero() {
    // F is about 1e200 and finite; the squared error, about 1e400, is not.
    let x = array![[1e100, -3e99], [-2e100, 1e100]];
    let network = linear(array![[1e-100, 2e-100]], Some(array![0.3]));
    let lin = network.linearize(&Bernoulli, &x, &Labels::new(array![[1.0], [0.0]]).unwrap()).unwrap();
    for sampler in [Sampler::Independent, Sampler::Systematic] {
        let estimator = MonteCarlo { draws: 3, sampler, seed: 1 };
        assert_eq!(MonteCarloError::exact(&estimator, &lin).unwrap(), None);
        let f = lin.scores(&estimator).unwrap().dense().unwrap();
        assert!(f.trace().unwrap() > 1e198);
        assert!(!f.to_string().contains("standard error"), "{f}");
    }
}

#[test]
fn a_network_of_zeros_has_the_fisher_of_its_biases() {
    // η = 0 and W = 0: only the last layer's biases matter for tanh; hidden activations vanish with them.
    for (likelihood, h) in [("bernoulli", 0.25), ("poisson", 1.0), ("gaussian:0.37", 1.0 / 0.37)] {
        let mut problem = Problem::random(likelihood, Activation::Tanh, &[3, 5, 2], true, 7, 4);
        problem.theta.fill(0.0);
        let lin = problem.linearize::<f64>();
        let mut expected = Array2::zeros((32, 32));
        expected[[30, 30]] = h;
        expected[[31, 31]] = h;
        let f = lin.scores(&Exact).unwrap().dense().unwrap().to_dense().unwrap();
        assert_near(likelihood, &f, &expected, 1e-15);
        assert_never_nan(likelihood, &lin);
    }
    let mut problem = Problem::random("categorical", Activation::Tanh, &[2, 5, 3], true, 7, 4);
    problem.theta.fill(0.0);
    let lin = problem.linearize::<f64>();
    let f = lin.scores(&Exact).unwrap().dense().unwrap().to_dense().unwrap();
    let mut expected = Array2::zeros((33, 33));
    for i in 0..3 {
        for j in 0..3 {
            expected[[30 + i, 30 + j]] = if i == j { 2.0 / 9.0 } else { -1.0 / 9.0 };
        }
    }
    assert_near("categorical", &f, &expected, 1e-15);
    assert_never_nan("categorical", &lin);
}

#[test]
fn a_saturated_softmax_has_a_fisher_that_tends_to_zero() {
    let mut problem = reference("M2");
    problem.theta.slice_mut(natgrad::ndarray::s![9..]).mapv_inplace(|w| 1e4 * w);
    let lin = problem.linearize::<f64>();
    assert_never_nan("saturated", &lin);
    let f = lin.scores(&Exact).unwrap().dense().unwrap();
    // Margins are hundreds of nats at least: every p(1 - p) is below e^-100.
    assert!(f.frobenius_norm().unwrap() < 1e-40, "{}", f.frobenius_norm().unwrap());
    let one = MonteCarlo { draws: 7, sampler: Sampler::Independent, seed: 0 };
    let scores = lin.scores(&one).unwrap();
    assert!(scores.provenance().error.unwrap().mean_squared_error < 1e-40);
    // The observed labels are wrong with certainty at some data: the empirical matrix is anything but zero.
    assert!(lin.scores(&Empirical).unwrap().dense().unwrap().trace().unwrap() > 1.0);
    // Damped, the step is the gradient over λ; undamped it is refused with the pivot.
    let step = Cholesky::damped(0.5).solve(&f, lin.gradient().view()).unwrap().direction;
    assert_near("step", &step, &(lin.gradient() * 2.0), 1e-15);
    let error = Cholesky::default().solve(&f, lin.gradient().view()).unwrap_err();
    assert!(matches!(error, Error::NotPositiveDefinite { order: 21, .. }), "{error}");
}

#[test]
fn a_margin_of_forty_nats_keeps_its_digits() {
    // p = (1 - q, q), q = 1/(1 + e^40) = 4.2e-18: 1 - p would cancel to zero.
    let network = linear(array![[40.0], [0.0]], None);
    let lin = network.linearize(&Categorical, &array![[1.0]], &Labels::classes(&[0]).unwrap()).unwrap();
    let q = (-40f64).exp();
    for estimator in [&Exact as &dyn Estimator<f64>, &ExactEnumeration] {
        let f = lin.scores(estimator).unwrap().dense().unwrap().to_dense().unwrap();
        assert_near(&estimator.name(), &f, &(array![[1.0, -1.0], [-1.0, 1.0]] * q), 1e-14);
    }
    assert_near("gradient", lin.gradient(), &[-q, q], 1e-14);
}

#[test]
fn a_feature_that_is_constantly_zero_has_a_zero_row() {
    let mut problem = Problem::random("categorical", Activation::Softplus, &[3, 5, 2], true, 7, 12);
    problem.x.column_mut(1).fill(0.0);
    let lin = problem.linearize::<f64>();
    for estimator in estimators::<f64>() {
        let f = lin.scores(estimator.as_ref()).unwrap().dense().unwrap().to_dense().unwrap();
        for unit in 0..5 {
            let row = 3 * unit + 1;
            assert!(f.row(row).iter().chain(f.column(row)).all(|x| x.abs() <= 0.0), "{}", estimator.name());
        }
        assert!(f.diag().sum() > 0.01);
    }
    assert_never_nan("zero feature", &lin);
    // Adam's power: 0/0 is 0, where the feature never was.
    let diagonal = lin.scores(&Exact).unwrap().diagonal().unwrap();
    let step = DiagonalPower::new(0.5).unwrap().solve(&diagonal, lin.gradient().view()).unwrap().direction;
    assert!(step[1].abs() <= 0.0 && step.iter().all(|x| x.is_finite()));
}

#[test]
fn a_feature_that_is_constantly_one_is_a_second_bias() {
    let mut problem = Problem::random("poisson", Activation::Tanh, &[3, 5, 2], true, 7, 13);
    problem.x.column_mut(2).fill(1.0);
    let f = problem.linearize::<f64>().scores(&Exact).unwrap().dense().unwrap().to_dense().unwrap();
    for unit in 0..5 {
        assert_near("row", f.row(3 * unit + 2), f.row(15 + unit), 1e-14);
    }
    assert_never_nan("constant feature", &problem.linearize());
}

#[test]
fn one_datum_and_one_output_are_no_special_case() {
    // One datum, every likelihood: F = JᵀHJ, E = (Jᵀs)(Jᵀs)ᵀ of rank one.
    for likelihood in LIKELIHOODS {
        let problem = Problem::random(likelihood, Activation::Gelu, &[3, 5, 2], true, 1, 15);
        let lin = problem.linearize::<f64>();
        assert_never_nan(likelihood, &lin);
        let f = lin.scores(&Exact).unwrap().dense().unwrap().to_dense().unwrap();
        assert_near(likelihood, &f, &fisher_of(&problem), 1e-13);
        let e = lin.scores(&Empirical).unwrap().dense().unwrap().to_dense().unwrap();
        let g = lin.gradient();
        let outer = Array2::from_shape_fn(e.dim(), |(i, j)| g[i] * g[j]);
        assert_near(likelihood, &e, &outer, 1e-13);
    }
    // One output.
    for likelihood in ["bernoulli", "poisson", "gaussian:0.37"] {
        let problem = Problem::random(likelihood, Activation::Gelu, &[3, 5, 1], true, 7, 16);
        assert_never_nan(likelihood, &problem.linearize());
        let f = problem.linearize::<f64>().scores(&Exact).unwrap().dense().unwrap().to_dense().unwrap();
        assert_near(likelihood, &f, &fisher_of(&problem), 1e-13);
    }
    // One class: nothing to know, nothing to learn.
    let mut problem = Problem::random("categorical", Activation::Gelu, &[3, 5, 1], true, 7, 16);
    problem.y.fill(0.0);
    let lin = problem.linearize::<f64>();
    assert_never_nan("one class", &lin);
    for estimator in estimators::<f64>() {
        let f = lin.scores(estimator.as_ref()).unwrap().dense().unwrap();
        assert!(f.frobenius_norm().unwrap().abs() <= 0.0, "{}", estimator.name());
    }
}

#[test]
fn a_certain_label_has_an_error_of_zero() {
    let network = linear(array![[800.0]], None);
    let lin = network.linearize(&Bernoulli, &array![[1.0]], &Labels::new(array![[1.0]]).unwrap()).unwrap();
    let one = MonteCarlo { draws: 3, sampler: Sampler::Independent, seed: 0 };
    let error = MonteCarloError::exact(&one, &lin).unwrap().unwrap();
    // p(1 - p) = e^-800 is below the smallest double.
    assert!(error.mean_squared_error.abs() <= 0.0 && error.trace_variance.abs() <= 0.0);
}

#[test]
fn labels_and_jacobians_that_do_not_fit_are_refused() {
    let problem = reference("M2");
    let (network, x) = (problem.network::<f64>(), &problem.x);
    let error = network.linearize(&Categorical, x, &Labels::classes(&[0, 2, 1]).unwrap()).unwrap_err();
    assert!(matches!(error, Error::Shape { quantity: "labels", .. }), "{error}");
    let error = network.linearize(&Categorical, x, &Labels::classes(&[0, 2, 3, 0]).unwrap()).unwrap_err();
    assert!(matches!(error, Error::Domain { quantity: "label", index: 2, .. }), "{error}");
    let mut jacobian = problem.jacobian();
    jacobian[[2, 1, 5]] = f64::NAN;
    let eta = problem.outputs_at(problem.theta.view());
    let from = |jacobian, eta| Linearization::from_jacobian(&Categorical, jacobian, eta, &problem.labels());
    let error = from(jacobian, eta.clone()).unwrap_err();
    assert!(
        matches!(error, Error::NonFinite { quantity: "jacobian", index, .. } if index == (2 * 3 + 1) * 21 + 5)
    );
    let error = from(problem.jacobian(), Array2::zeros((4, 2))).unwrap_err();
    assert!(matches!(error, Error::Shape { quantity: "eta", .. }), "{error}");
}

#[test]
fn what_does_not_belong_together_is_refused() {
    let lin = reference("M2").linearize::<f64>();
    let exact = lin.scores(&Exact).unwrap().dense().unwrap();
    let d = lin.gradient().view();
    let other = Network::<f64>::random(&[2, 5, 3], Activation::Tanh, 0).unwrap();
    let x = reference("M2").inputs::<f64>();
    assert_eq!(
        TrialStep::measure(&other, &x, &lin, &exact, d, 0.01).unwrap_err(),
        Error::Shape { quantity: "parameters of the network", expected: vec![21], found: vec![33] }
    );
    // A label beyond the last has no entries.
    let beyond = lin.likelihood().nll(lin.eta().row(0), lin.labels().row(4)).unwrap_err();
    assert_eq!(beyond, Error::Shape { quantity: "label", expected: vec![1], found: vec![0] });
    let nothing = Dense::<f64>::new(Array2::zeros((0, 0))).unwrap();
    assert_eq!(
        Reference::new(&nothing, Array1::zeros(0).view(), 0.1).unwrap_err(),
        Error::Empty { quantity: "gradient" }
    );
    assert!(matches!(Univariate::support(&Poisson, f64::NAN), Err(Error::TooLarge { .. })));
}
