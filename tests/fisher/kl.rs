//! The absolute second-order test: (KL(θ‖θ+td) + KL(θ‖θ-td))/2 = t²/2 dᵀFd (1 + O(t²)).
//!
//! The divergence comes from a forward pass and closed forms of the tests' own; nothing of the library
//! enters but F. Odd terms cancel in the symmetric pair; the fourth-order term is t²/12 · O(1) ≈ 1e-7 here.

use super::support::*;
use natgrad::LinearOperator;
use natgrad::fisher::{Exact, ExactEnumeration};
use natgrad::model::Activation;
use natgrad::ndarray::ArrayView1;

const STEP: f64 = 1e-3;

/// (KL(+t) + KL(-t))/t², which tends to dᵀFd.
fn curvature(problem: &Problem, d: ArrayView1<'_, f64>) -> f64 {
    let at = |t: f64| problem.outputs_at((&problem.theta + &(&d * t)).view());
    let eta = at(0.0);
    let both = kl(&problem.likelihood, &eta, &at(STEP)) + kl(&problem.likelihood, &eta, &at(-STEP));
    both / (STEP * STEP)
}

fn assert_second_order(problem: &Problem) {
    let lin = problem.linearize::<f64>();
    let scores = lin.scores(&Exact).unwrap();
    let (dense, implicit) = (scores.dense().unwrap(), scores.implicit().unwrap());
    let mut lcg = Lcg::new(11);
    for k in 0..4 {
        let d = lcg.unit(problem.dim());
        let expected = curvature(problem, d.view());
        assert!(expected > 1e-4, "{}: direction {k} has no curvature to speak of", problem.name());
        let what = format!("{} direction {k}", problem.name());
        assert_close(&what, dense.quadratic_form(d.view()).unwrap(), expected, 1e-4);
        assert_close(&what, implicit.quadratic_form(d.view()).unwrap(), expected, 1e-4);
    }
}

#[test]
fn the_divergence_is_half_the_quadratic_form_for_every_network() {
    for likelihood in LIKELIHOODS {
        for activation in Activation::ALL {
            for bias in [true, false] {
                for (widths, data) in SHAPES {
                    assert_second_order(&Problem::random(likelihood, activation, widths, bias, data, 7));
                }
            }
        }
    }
}

#[test]
fn the_divergence_is_half_the_quadratic_form_for_the_reference_models() {
    for name in ["M1", "M2", "M3", "M4", "M5"] {
        assert_second_order(&reference(name));
    }
}

#[test]
fn the_quotient_converges_with_order_two() {
    let problem = reference("M2");
    let f = problem.linearize::<f64>().scores(&ExactEnumeration).unwrap().dense().unwrap();
    let d = Lcg::new(3).vector(21);
    let expected = f.quadratic_form(d.view()).unwrap();
    let eta = problem.outputs_at(problem.theta.view());
    let defect = |t: f64| {
        let at = |t: f64| kl("categorical", &eta, &problem.outputs_at((&problem.theta + &(&d * t)).view()));
        ((at(t) + at(-t)) / (t * t) / expected - 1.0).abs()
    };
    let (coarse, fine) = (defect(0.1), defect(0.05));
    // Halving t divides the defect by 4, up to the next order, t² ≈ 1%.
    assert!((coarse / fine - 4.0).abs() < 0.2, "{coarse:e} / {fine:e} = {}", coarse / fine);
}
