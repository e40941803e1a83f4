//! Two paths to one matrix: root against labels, factors against triple loops, network against Jacobian.

use super::support::*;
use natgrad::fisher::{Estimator, Exact, ExactEnumeration, OutputVectors, Scores};
use natgrad::model::{Activation, Linearization};
use natgrad::ndarray::{Array1, Array2, Array3};
use natgrad::{LinearOperator, Scalar};

/// Likelihood × activation × bias × depth.
fn grid() -> Vec<Problem> {
    let mut problems = Vec::new();
    for likelihood in LIKELIHOODS {
        for activation in Activation::ALL {
            for bias in [true, false] {
                for (depth, (widths, data)) in SHAPES.iter().enumerate() {
                    let seed = 31 + depth as u64;
                    problems.push(Problem::random(likelihood, activation, widths, bias, *data, seed));
                }
            }
        }
    }
    assert_eq!(problems.len(), 4 * 6 * 2 * 3);
    problems
}

/// Whether one datum has few labels: three Poisson outputs have tens of thousands.
fn few_labels(problem: &Problem) -> bool {
    problem.likelihood != "poisson" || problem.widths[problem.widths.len() - 1] < 3
}

fn dense<T: Scalar>(lin: &Linearization<T>, estimator: &dyn Estimator<T>) -> Array2<T> {
    lin.scores(estimator).unwrap().dense().unwrap().into_operator().into_matrix()
}

#[test]
fn the_jacobian_is_the_difference_quotient_of_another_forward_pass() {
    for problem in grid() {
        let jacobian = problem.jacobian();
        let mut differences = Array3::zeros(jacobian.dim());
        let h = 1e-5;
        for p in 0..problem.dim() {
            let at = |sign: f64| {
                let mut theta = problem.theta.clone();
                theta[p] += sign * h;
                problem.outputs_at(theta.view())
            };
            let quotient = (at(1.0) - at(-1.0)) / (2.0 * h);
            for ((n, c), &value) in quotient.indexed_iter() {
                differences[[n, c, p]] = value;
            }
        }
        // h² f'''/6 + ε/h, about 1e-10 of each; a kink of relu within h would show as 0.1.
        assert_near(&problem.name(), &jacobian, &differences, 1e-9);
    }
}

#[test]
fn the_root_and_the_labels_give_one_matrix() {
    for problem in grid() {
        let lin = problem.linearize::<f64>();
        let (by_root, by_labels) = (dense(&lin, &Exact), dense(&lin, &ExactEnumeration));
        assert_near(&problem.name(), &by_root, &by_labels, 1e-12);
    }
}

#[test]
fn the_root_and_the_labels_give_one_matrix_in_single_precision() {
    for problem in grid().into_iter().filter(few_labels) {
        let lin = problem.linearize::<f32>();
        let (by_root, by_labels) = (dense(&lin, &Exact), dense(&lin, &ExactEnumeration));
        // Both share the rounded Jacobian. Each entry is a sum of products r·J of at most five rounded factors,
        // and errors of many rows partly cancel: 2⁻²⁴ · (5 + √rows), rows ≤ 2000, is 3e-6.
        assert_near(&problem.name(), &by_root, &by_labels, 3e-6);
        // The Jacobian adds the rounding of at most 3 layers of 7 terms each to the forward and backward pass,
        // and exp of an output turns its absolute error (2⁻²⁴ · 20) into a relative one.
        assert_near(&problem.name(), &by_root, &fisher_of(&problem), 1e-5);
    }
}

#[test]
fn dense_is_the_triple_loop_over_jacobian_and_output_fisher() {
    for problem in grid() {
        let f = dense(&problem.linearize::<f64>(), &Exact);
        assert_near(&problem.name(), &f, &fisher_of(&problem), 1e-13);
    }
}

/// All views of one score matrix against S written out.
fn assert_views<T: Scalar>(what: &str, scores: &Scores<T>, tolerance: f64) -> Array2<T> {
    let f = scores.dense().unwrap();
    let matrix = f.to_dense().unwrap();
    let scale = 1.0 / scores.data() as f64;
    let s = scores.matrix();
    assert_eq!(s.dim(), (scores.rows(), scores.dim()));
    assert_near(&format!("{what}: SᵀS/N"), &(s.t().dot(&s) * T::of(scale)), &matrix, tolerance);
    let diagonal = scores.diagonal().unwrap();
    assert_near(&format!("{what}: diagonal"), &diagonal.diagonal().unwrap(), matrix.diag(), tolerance);
    assert_near(
        &format!("{what}: diagonal as a matrix"),
        &diagonal.to_dense().unwrap(),
        &Array2::from_diag(&matrix.diag()),
        tolerance,
    );
    let implicit = scores.implicit().unwrap();
    assert_near(&format!("{what}: implicit as a matrix"), &implicit.to_dense().unwrap(), &matrix, 0.0);
    assert_near(
        &format!("{what}: implicit diagonal"),
        &implicit.diagonal().unwrap(),
        matrix.diag(),
        tolerance,
    );
    let trace = |values: &Array1<T>| [values.sum().as_f64()];
    let expected = trace(&matrix.diag().to_owned());
    for (view, actual) in [
        ("dense", f.trace().unwrap()),
        ("diagonal", diagonal.trace().unwrap()),
        ("implicit", implicit.trace().unwrap()),
    ] {
        assert_near(&format!("{what}: trace of {view}"), &[actual.as_f64()], &expected, tolerance);
    }
    let norm = matrix.iter().map(|x| x.as_f64().powi(2)).sum::<f64>().sqrt();
    for (view, actual) in
        [("dense", f.frobenius_norm().unwrap()), ("implicit", implicit.frobenius_norm().unwrap())]
    {
        assert_near(&format!("{what}: norm of {view}"), &[actual.as_f64()], &[norm], tolerance);
    }
    let mut lcg = Lcg::new(5);
    for _ in 0..3 {
        let v = lcg.vector(scores.dim()).mapv(T::of);
        // F v may cancel; it is judged beside ‖F‖‖v‖.
        let expected = matrix.dot(&v);
        let size = norm * v.iter().map(|x| x.as_f64().powi(2)).sum::<f64>().sqrt();
        for (view, actual) in
            [("dense", f.apply(v.view()).unwrap()), ("implicit", implicit.apply(v.view()).unwrap())]
        {
            let error = (&actual - &expected).mapv(|x| x.as_f64().powi(2)).sum().sqrt();
            assert!(error <= tolerance * size, "{what}: F v by {view}: {error:e} beside {size:e}");
        }
        let expected = &matrix.diag() * &v;
        assert_near(&format!("{what}: diagonal v"), &diagonal.apply(v.view()).unwrap(), &expected, tolerance);
    }
    matrix
}

#[test]
fn every_representation_is_a_view_of_one_score_matrix() {
    for problem in grid().into_iter().filter(few_labels) {
        let lin = problem.linearize::<f64>();
        for estimator in estimators::<f64>() {
            let what = format!("{} {}", problem.name(), estimator.name());
            assert_views(&what, &lin.scores(estimator.as_ref()).unwrap(), 1e-14);
        }
        let lin = problem.linearize::<f32>();
        for estimator in estimators::<f32>() {
            let what = format!("{} {} f32", problem.name(), estimator.name());
            // Sums of up to 2000 products in different orders: √2000 · 2⁻²⁴ = 3e-6.
            assert_views(&what, &lin.scores(estimator.as_ref()).unwrap(), 3e-6);
        }
    }
}

#[test]
fn a_jacobian_from_elsewhere_gives_what_the_network_gives() {
    for problem in grid().into_iter().filter(few_labels) {
        let network = problem.linearize::<f64>();
        let explicit = Linearization::from_jacobian(
            &problem.law::<f64>(),
            problem.jacobian(),
            network.eta().to_owned(),
            &problem.labels(),
        )
        .unwrap();
        let name = problem.name();
        assert_near(&format!("{name}: gradient"), explicit.gradient(), network.gradient(), 1e-13);
        assert_close(&format!("{name}: loss"), explicit.loss(), network.loss(), 0.0);
        let v = Lcg::new(2).vector(problem.dim());
        let (a, b) = (explicit.jvp(v.view()).unwrap(), network.jvp(v.view()).unwrap());
        assert_near(&format!("{name}: jvp"), &a, &b, 1e-13);
        let u = Lcg::new(3).matrix(network.data(), network.outputs());
        let (a, b) = (explicit.vjp(u.view()).unwrap(), network.vjp(u.view()).unwrap());
        assert_near(&format!("{name}: vjp"), &a, &b, 1e-13);
        for estimator in estimators::<f64>() {
            let what = format!("{name} {}", estimator.name());
            let scores = explicit.scores(estimator.as_ref()).unwrap();
            let by_factors = network.scores(estimator.as_ref()).unwrap();
            assert_near(&what, &scores.matrix(), &by_factors.matrix(), 1e-13);
            let by_jacobian = assert_views(&what, &scores, 1e-14);
            assert_near(&what, &by_jacobian, &by_factors.dense().unwrap().to_dense().unwrap(), 1e-13);
            let (a, b) = (scores.provenance(), by_factors.provenance());
            match (a.error, b.error) {
                (Some(a), Some(b)) => {
                    assert_close(&what, a.mean_squared_error, b.mean_squared_error, 1e-12);
                    assert_close(&what, a.trace_variance, b.trace_variance, 1e-12);
                }
                (a, b) => assert_eq!(a, b, "{what}"),
            }
        }
    }
}

#[test]
fn a_matrix_says_where_it_came_from() {
    let lin = reference("M5").linearize::<f64>();
    let names: Vec<String> = estimators::<f64>().iter().map(|e| e.name()).collect();
    assert_eq!(
        names,
        [
            "exact",
            "exact-enumeration",
            "empirical",
            "mc:3",
            "mc-systematic:5",
            "mc-antithetic:4",
            "curvature-propagation:7",
            "empirical-centred"
        ]
    );
    let shown: Vec<String> = estimators::<f64>()
        .iter()
        .map(|e| lin.scores(e.as_ref()).unwrap().dense().unwrap().to_string())
        .collect();
    assert_eq!(shown[0], "dense Fisher, exact, poisson, mean over 4 data");
    assert!(shown[1].contains("omitted mass ≤"), "{}", shown[1]);
    assert_eq!(shown[2], "dense score second moment (not the Fisher), empirical, poisson, mean over 4 data");
    // Zero is a seed and is shown as one.
    assert!(shown[3].contains("seed 0, trace standard error"), "{}", shown[3]);
    assert!(shown[4].contains("seed 17, trace standard error"), "{}", shown[4]);
}

/// An estimator of a user's own: n mod 3 vectors for datum n, so some data have none.
#[derive(Debug)]
struct Ragged {
    width: usize,
}

impl Estimator<f64> for Ragged {
    fn name(&self) -> String {
        "ragged".to_owned()
    }

    fn output_vectors(&self, lin: &Linearization<f64>) -> natgrad::Result<OutputVectors<f64>> {
        OutputVectors::collect(self.name(), lin, |n, _| {
            Ok((0..n % 3).map(|k| Lcg::new((7 * n + k) as u64).vector(self.width)).collect())
        })
    }
}

#[test]
fn data_may_have_different_numbers_of_rows_and_none() {
    let problem = Problem::random("bernoulli", Activation::Tanh, &[5, 7, 3], true, 11, 2);
    let lin = problem.linearize::<f64>();
    let scores = lin.scores(&Ragged { width: 3 }).unwrap();
    assert_eq!((scores.rows(), scores.data()), (10, 11));
    let f = assert_views("ragged", &scores, 1e-14);
    let h: Vec<Array2<f64>> = (0..11)
        .map(|n| {
            (0..n % 3).fold(Array2::zeros((3, 3)), |h, k| {
                let r = Lcg::new((7 * n + k) as u64).vector(3);
                h + Array2::from_shape_fn((3, 3), |(a, b)| r[a] * r[b])
            })
        })
        .collect();
    assert_near("ragged", &f, &naive_fisher(&problem.jacobian(), &h), 1e-13);
    let error = lin.scores(&Ragged { width: 2 }).unwrap_err();
    let shape = natgrad::Error::Shape { quantity: "output vector", expected: vec![3], found: vec![2] };
    assert_eq!(error, shape);
}
