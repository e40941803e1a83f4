//! Lion against its recurrence, and its signs.

use super::several_tensors::{layout, problem, same_bits};
use super::{flat, run};
use natgrad::Scalar;
use natgrad::optimizer::Lion;

fn lion<T: Scalar>(settings: Lion, theta0: &[T], gradients: &[Vec<T>]) -> Vec<Vec<T>> {
    let Lion { learning_rate, beta1, beta2, weight_decay } = settings;
    let mut x = theta0.to_vec();
    let mut m = vec![T::zero(); x.len()];
    let mut path = vec![x.clone()];
    for gradient in gradients {
        for i in 0..x.len() {
            let g = gradient[i];
            let c = T::of(beta1) * m[i] + T::of(1.0 - beta1) * g;
            let u = if c > T::zero() {
                T::one()
            } else if c < T::zero() {
                -T::one()
            } else {
                T::zero()
            };
            let decay = T::of(weight_decay) * x[i];
            x[i] -= T::of(learning_rate) * (u + decay);
            m[i] = T::of(beta2) * m[i] + T::of(1.0 - beta2) * g;
        }
        path.push(x.clone());
    }
    path
}

fn the_recurrence_to_the_last_bit<T: Scalar>() {
    let (theta, gradients) = problem::<T>(31, 60);
    for settings in [
        Lion::default(),
        Lion { learning_rate: 0.01, beta1: 0.6, beta2: 0.95, weight_decay: 0.3 },
        Lion { beta1: 0.0, beta2: 0.0, ..Lion::default() },
        Lion { beta1: 1.0, beta2: 0.5, ..Lion::default() },
    ] {
        let found = run(&mut settings.build::<T>(layout()).unwrap(), &theta, &gradients);
        same_bits(&found, &lion(settings, &theta, &gradients));
    }
}

on_both!(the_recurrence_to_the_last_bit);

#[test]
fn every_coordinate_moves_by_the_learning_rate_or_not_at_all() {
    let (theta, gradients) = problem::<f64>(32, 60);
    let settings = Lion { learning_rate: 0.125, ..Lion::default() };
    let path = run(&mut settings.build::<f64>(layout()).unwrap(), &theta, &gradients);
    let mut still = 0;
    for step in path.windows(2) {
        for (i, (x, y)) in step[0].iter().zip(&step[1]).enumerate() {
            let moved = (x - y).abs();
            assert!(moved == 0.0 || (moved - 0.125).abs() < 1e-13, "{moved}");
            still += usize::from(moved == 0.0);
            assert!(moved > 0.0 || [2, 22, 26].contains(&i));
        }
    }
    // Entry 26 never, entries 2 and 22 not for twenty steps.
    assert_eq!(still, 60 + 20 + 20);
}

#[test]
fn the_scale_of_the_loss_does_not_matter() {
    let (theta, gradients) = problem::<f64>(33, 60);
    let settings = Lion { learning_rate: 0.01, weight_decay: 0.2, ..Lion::default() };
    let whole = run(&mut settings.build::<f64>(layout()).unwrap(), &theta, &gradients);
    for scale in [1.0 / 1024.0, 3.0, 1e6] {
        let scaled: Vec<Vec<f64>> = gradients.iter().map(|g| g.iter().map(|g| scale * g).collect()).collect();
        same_bits(&run(&mut settings.build::<f64>(layout()).unwrap(), &theta, &scaled), &whole);
    }
}

#[test]
fn decay_bounds_the_parameters() {
    // θ ← (1 − η λ) θ ∓ η stays within 1/λ, and a steady gradient reaches it.
    let settings = Lion { learning_rate: 0.1, weight_decay: 2.0, ..Lion::default() };
    let steady = vec![vec![1e-12, -1e12]; 200];
    let path = run(&mut settings.build::<f64>(flat(2)).unwrap(), &[0.0, 0.0], &steady);
    assert!(path.iter().flatten().all(|x| x.abs() <= 0.5 + 1e-15));
    assert!((path[200][0] + 0.5).abs() < 1e-12 && (path[200][1] - 0.5).abs() < 1e-12);
}
