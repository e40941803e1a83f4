//! Outputs that count coin tosses, two of them with endless lists of labels and Hessians that look at the label.

use super::support::*;
use natgrad::LinearOperator;
use natgrad::fisher::{Empirical, Exact, ExactEnumeration, MonteCarlo, MonteCarloError, Sampler};
use natgrad::model::Activation;
use natgrad::ndarray::Array2;

/// One output, so that lists stay short; logits within ±3.
fn problems() -> Vec<Problem> {
    let shapes: [(&[usize], usize); 2] = [(&[5, 1], 7), (&[3, 5, 1], 11)];
    let mut problems = Vec::new();
    for likelihood in COUNTS {
        for (widths, data) in shapes {
            let problem = Problem::random(likelihood, Activation::Tanh, widths, true, data, 19);
            let eta = problem.outputs_at(problem.theta.view());
            assert!(eta.iter().all(|eta| eta.abs() < 3.0), "{}: {eta}", problem.name());
            problems.push(problem);
        }
    }
    problems
}

#[test]
fn the_root_the_labels_and_the_loops_give_one_matrix() {
    for problem in problems() {
        let lin = problem.linearize::<f64>();
        let expected = fisher_of(&problem);
        let by_root = lin.scores(&Exact).unwrap().dense().unwrap().to_dense().unwrap();
        let by_labels = lin.scores(&ExactEnumeration).unwrap().dense().unwrap().to_dense().unwrap();
        assert_near(&problem.name(), &by_root, &expected, 1e-14);
        assert_near(&problem.name(), &by_labels, &expected, 1e-13);
        let single = problem.linearize::<f32>().scores(&Exact).unwrap().dense().unwrap();
        assert_near(&problem.name(), &single.to_dense().unwrap(), &expected, 4e-6);
    }
}

#[test]
fn the_divergence_is_half_the_quadratic_form() {
    for problem in problems() {
        let f = problem.linearize::<f64>().scores(&Exact).unwrap().dense().unwrap();
        let (mut lcg, step) = (Lcg::new(5), 1e-3);
        for _ in 0..3 {
            let d = lcg.unit(problem.dim());
            let at = |t: f64| problem.outputs_at((&problem.theta + &(&d * t)).view());
            let to = |t: f64| kl(&problem.likelihood, &at(0.0), &at(t));
            let expected = (to(step) + to(-step)) / (step * step);
            assert_close(&problem.name(), f.quadratic_form(d.view()).unwrap(), expected, 1e-4);
        }
    }
}

/// The closed form of the error of independent draws against loops over all labels.
#[test]
fn the_error_of_draws_is_that_of_the_list() {
    for problem in problems() {
        let (eta, jacobian) = (problem.outputs_at(problem.theta.view()), problem.jacobian());
        let (mut squared, mut trace) = (0.0, 0.0);
        for (eta, j) in eta.outer_iter().zip(jacobian.outer_iter()) {
            let size = j.row(0).dot(&j.row(0));
            let list = enumerate(&problem.likelihood, eta);
            let moment = |k: i32| list.iter().map(|(p, s)| p * s[0].powi(k)).sum::<f64>();
            squared += size * size * (moment(4) - moment(2).powi(2));
            trace += size * size * (moment(4) - moment(2).powi(2));
        }
        let scale = (problem.data() as f64).powi(2) * 3.0;
        let draws = MonteCarlo { draws: 3, sampler: Sampler::Independent, seed: 0 };
        let error = MonteCarloError::exact(&draws, &problem.linearize::<f64>()).unwrap().unwrap();
        assert_close(&problem.name(), error.mean_squared_error, squared / scale, 1e-11);
        assert_close(&problem.name(), error.trace_variance, trace / scale, 1e-11);
    }
}

/// The observed labels enter the empirical matrix, and nothing else.
#[test]
fn the_empirical_matrix_is_the_sum_of_squares() {
    for problem in problems() {
        let (eta, jacobian) = (problem.outputs_at(problem.theta.view()), problem.jacobian());
        let mut expected = Array2::<f64>::zeros((problem.dim(), problem.dim()));
        for (n, j) in jacobian.outer_iter().enumerate() {
            // The list starts at the label 0.
            let score = enumerate(&problem.likelihood, eta.row(n))[problem.y[[n, 0]] as usize].1[0];
            let s = &j.row(0) * score;
            expected += &Array2::from_shape_fn(expected.dim(), |(i, k)| s[i] * s[k]);
        }
        let found = problem.linearize::<f64>().scores(&Empirical).unwrap().dense().unwrap();
        assert_near(&problem.name(), &found.to_dense().unwrap(), &(expected / problem.data() as f64), 1e-13);
    }
}
