//! Laws that hold for every problem: random problems from a fixed seed.

use super::support::*;
use natgrad::fisher::{Empirical, Exact, Scores};
use natgrad::model::Activation;
use natgrad::ndarray::{Array1, Array2};
use natgrad::solver::{Cholesky, ConjugateGradient, Damping, DiagonalPower};
use natgrad::{LinearOperator, Solver};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        rng_seed: RngSeed::Fixed(20_231),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

/// Any likelihood, activation, depth and bias; N from 2 to 13; P up to 57.
fn any_problem() -> impl Strategy<Value = Problem> {
    let widths = prop_oneof![Just(vec![5, 2]), Just(vec![3, 5, 2]), Just(vec![2, 5, 3, 2]), Just(vec![5, 1])];
    let likelihood = prop::sample::select(LIKELIHOODS.to_vec());
    let activation = prop::sample::select(Activation::ALL.to_vec());
    (likelihood, activation, widths, any::<bool>(), 2usize..14, 0u64..1_000_000).prop_map(
        |(likelihood, activation, widths, bias, data, seed)| {
            Problem::random(likelihood, activation, &widths, bias, data, seed)
        },
    )
}

/// The scores of estimator `which` of [`estimators`].
fn scores(problem: &Problem, which: usize) -> Scores<f64> {
    problem.linearize::<f64>().scores(estimators::<f64>()[which].as_ref()).unwrap()
}

fn norm(v: &Array1<f64>) -> f64 {
    v.dot(v).sqrt()
}

fn nalgebra_of(matrix: &Array2<f64>) -> nalgebra::DMatrix<f64> {
    nalgebra::DMatrix::from_fn(matrix.nrows(), matrix.ncols(), |i, j| matrix[[i, j]])
}

proptest! {
    #![proptest_config(config(96))]

    #[test]
    fn the_matrix_is_symmetric_and_positive_semidefinite(
        problem in any_problem(),
        which in 0usize..5,
        seed in 0u64..1000,
    ) {
        let scores = scores(&problem, which);
        let f = scores.dense().unwrap().into_operator().into_matrix();
        prop_assert_eq!(bits(&f), bits(f.t()));
        let scale = f.diag().sum();
        // By nalgebra, and along random directions: above minus the rounding of P products.
        let least = nalgebra_of(&f).symmetric_eigenvalues().min();
        prop_assert!(least >= -1e-14 * scale, "least eigenvalue {} of trace {}", least, scale);
        let v = Lcg::new(seed).unit(scores.dim());
        let form = scores.implicit().unwrap().quadratic_form(v.view()).unwrap();
        prop_assert!(form >= -1e-14 * scale && form <= scale * (1.0 + 1e-12));
        // ‖S v‖²/N, a sum of squares, is the same number.
        let image = scores.matrix().dot(&v);
        prop_assert!((form - image.dot(&image) / scores.data() as f64).abs() <= 1e-14 * scale);
    }

    #[test]
    fn products_are_linear_and_symmetric(problem in any_problem(), which in 0usize..5, seed in 0u64..1000) {
        let scores = scores(&problem, which);
        let mut lcg = Lcg::new(seed);
        let (u, v) = (lcg.unit(scores.dim()), lcg.unit(scores.dim()));
        let (a, b) = (2.7, -1.3);
        let scale = scores.dense().unwrap().frobenius_norm().unwrap();
        let (dense, implicit) = (scores.dense().unwrap(), scores.implicit().unwrap());
        let diagonal = scores.diagonal().unwrap();
        for f in [&dense as &dyn LinearOperator<f64>, &implicit, &diagonal] {
            let (fu, fv) = (f.apply(u.view()).unwrap(), f.apply(v.view()).unwrap());
            let joint = f.apply((&u * a + &v * b).view()).unwrap();
            prop_assert!(norm(&(joint - (&fu * a + &fv * b))) <= 1e-14 * scale);
            prop_assert!((u.dot(&fv) - v.dot(&fu)).abs() <= 1e-14 * scale);
        }
    }

    #[test]
    fn trace_and_norm_are_those_of_the_scores(problem in any_problem(), which in 0usize..5) {
        // The labels of two Poisson outputs make a Gram matrix of gigabytes: the root instead.
        let which = if problem.likelihood == "poisson" && which == 1 { 0 } else { which };
        let scores = scores(&problem, which);
        let (s, n) = (scores.matrix(), scores.data() as f64);
        // tr F = Σ S²/N; ‖F‖ = ‖S Sᵀ‖/N, the Gram matrix in the place of F.
        let trace = s.iter().map(|x| x * x).sum::<f64>() / n;
        let gram = s.dot(&s.t());
        let frobenius = gram.iter().map(|x| x * x).sum::<f64>().sqrt() / n;
        for f in [&scores.dense().unwrap() as &dyn LinearOperator<f64>, &scores.implicit().unwrap()] {
            prop_assert!((f.trace().unwrap() - trace).abs() <= 1e-13 * trace);
            prop_assert!((f.frobenius_norm().unwrap() - frobenius).abs() <= 1e-13 * frobenius);
        }
        prop_assert!((scores.diagonal().unwrap().trace().unwrap() - trace).abs() <= 1e-13 * trace);
    }

    #[test]
    fn the_rank_is_at_most_the_number_of_outputs_and_of_data(problem in any_problem()) {
        let lin = problem.linearize::<f64>();
        let rank = |matrix: Array2<f64>| {
            let values = nalgebra_of(&matrix).symmetric_eigenvalues();
            values.iter().filter(|v| **v > 1e-13 * values.max()).count()
        };
        let dense = |estimator: &dyn natgrad::fisher::Estimator<f64>| {
            lin.scores(estimator).unwrap().dense().unwrap().to_dense().unwrap()
        };
        let free = if problem.likelihood == "categorical" { lin.outputs() - 1 } else { lin.outputs() };
        prop_assert!(rank(dense(&Exact)) <= lin.data() * free);
        prop_assert!(rank(dense(&Empirical)) <= lin.data());
    }

    #[test]
    fn strong_damping_turns_the_step_into_the_gradient(problem in any_problem(), which in 0usize..5) {
        let lin = problem.linearize::<f64>();
        let g = lin.gradient();
        prop_assume!(norm(g) > 0.0);
        let scores = scores(&problem, which);
        let f = scores.dense().unwrap();
        // λ(F + λI)⁻¹g - g = -F(F + λI)⁻¹g, of length at most ‖F‖‖g‖/λ: a bound, and a lower one from F g.
        let lambda = 1e6 * f.trace().unwrap().max(1e-3);
        let step = Cholesky::damped(lambda).solve(&f, g.view()).unwrap().direction * lambda;
        let (left, slope) = (norm(&(g - &step)), norm(&f.apply(g.view()).unwrap()) / lambda);
        // The first order of the difference is F g/λ, the second 1e-6 of it; g - step loses ten digits.
        prop_assert!((left - slope).abs() <= 1e-5 * slope + 1e-15 * norm(g), "{} beside {}", left, slope);
        let implicit = scores.implicit().unwrap();
        let by_products = ConjugateGradient::damped(lambda).solve(&implicit, g.view()).unwrap();
        prop_assert!(distance(&(by_products.direction * lambda), &step) <= 1e-9);
        let diagonal = DiagonalPower::new(1.0).unwrap().with_damping(Damping::Exact(lambda));
        let by_diagonal = diagonal.solve(&scores.diagonal().unwrap(), g.view()).unwrap().direction;
        let expected = g / &(f.diagonal().unwrap() + lambda);
        prop_assert!(distance(&by_diagonal, &expected) <= 1e-15);
    }
}

#[test]
fn weak_damping_gives_the_step_of_the_pseudoinverse() {
    // The gradient lies in the range of F: J_nᵀ s with s in the range of H.
    for name in ["M1", "M2", "M4"] {
        let mut problem = reference(name);
        if name == "M4" {
            problem.y = Lcg::new(1).matrix(4, 2);
        }
        let lin = problem.linearize::<f64>();
        let f = lin.scores(&Exact).unwrap().dense().unwrap();
        let matrix = nalgebra_of(&f.to_dense().unwrap());
        let values = matrix.symmetric_eigenvalues();
        let least = values.iter().copied().filter(|v| *v > 1e-12).fold(f64::INFINITY, f64::min);
        let pseudo = matrix.pseudo_inverse(1e-12).unwrap();
        let g = nalgebra::DVector::from_iterator(lin.dim(), lin.gradient().iter().copied());
        let expected = Array1::from((pseudo * g).as_slice().to_vec());
        for lambda in [1e-4, 1e-6, 1e-8] {
            let step = Cholesky::damped(lambda).solve(&f, lin.gradient().view()).unwrap().direction;
            // Damping costs λ/(μ + λ) at most; rounding of F in its null space is divided by λ.
            let bound = lambda / (least + lambda) + 1e-15 / lambda;
            assert_near(&format!("{name} at {lambda}"), &step, &expected, bound);
        }
        // The metric sees no difference between the two at all: g·d = dᵀFd.
        let form = f.quadratic_form(expected.view()).unwrap();
        assert_close(name, form, lin.gradient().dot(&expected), 1e-12);
    }
}
