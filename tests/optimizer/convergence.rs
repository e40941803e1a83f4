//! Where FAdam converges, and where its clip makes it go to the worst point there is.

use super::{flat, start};
use natgrad::ndarray::{Array1, arr1};
use natgrad::optimizer::{FAdam, Optimizer};

#[test]
fn a_deterministic_quadratic_is_solved() {
    const H: [f64; 3] = [1.0, 4.0, 0.25];
    const A: [f64; 3] = [1.0, -2.0, 3.0];
    let mut fadam = start(FAdam { weight_decay: 0.0, ..FAdam::paper() }, 3);
    let mut theta = Array1::zeros(3);
    for t in 1..=10_000u32 {
        fadam.set_learning_rate(0.05 / f64::from(t).sqrt()).unwrap();
        let gradient = Array1::from_shape_fn(3, |i| H[i] * (theta[i] - A[i]));
        fadam.step(&mut theta, gradient.view()).unwrap();
        let largest = (0..3).map(|i| (H[i] * (theta[i] - A[i])).abs()).fold(0.0, f64::max);
        match t {
            100 => assert!((largest - 5.31).abs() < 0.005, "{largest}"),
            1000 => assert!((largest - 0.625).abs() < 0.0005, "{largest}"),
            10_000 => assert!(largest < 1e-12, "{largest:e}"),
            _ => {}
        }
    }
}

/// Gradients C, −1, −1, … on [−1, 1]: the mean loss falls towards −1. The point after 9·10⁴ steps.
fn destination(fadam: FAdam, c: f64) -> f64 {
    let mut fadam = fadam.build::<f64>(flat(1)).unwrap();
    let mut theta = arr1(&[0.0]);
    for t in 1..=90_000u32 {
        fadam.set_learning_rate(0.5 / f64::from(t).sqrt()).unwrap();
        let gradient = if t % 3 == 1 { c } else { -1.0 };
        fadam.step(&mut theta, arr1(&[gradient]).view()).unwrap();
        theta[0] = theta[0].clamp(-1.0, 1.0);
    }
    theta[0]
}

#[test]
fn the_clip_turns_a_scalar_problem_around() {
    let clipped = FAdam { weight_decay: 0.0, ..FAdam::paper() };
    let unclipped = FAdam { clip: f64::INFINITY, ..clipped };
    for (c, end) in [(2.1, 1.0), (2.5, 1.0), (3.0, 1.0), (3.1, 1.0), (3.2, -1.0), (3.3, -1.0), (4.0, -1.0)] {
        let found = destination(clipped, c);
        assert!((found - end).abs() < 0.1, "C = {c}: {found}");
        let found = destination(unclipped, c);
        assert!((found + 1.0).abs() < 0.1, "C = {c} without the clip: {found}");
    }
}

#[test]
fn short_memory_goes_wrong_with_and_without_the_clip() {
    for c in [3.0, 10.0] {
        let short = FAdam { beta1: 0.0, beta2: 1.0 / (1.0 + c * c), weight_decay: 0.0, ..FAdam::paper() };
        for clip in [1.0, f64::INFINITY] {
            let found = destination(FAdam { clip, ..short }, c);
            assert!((found - 1.0).abs() < 0.1, "C = {c}, clip {clip}: {found}");
        }
    }
}
