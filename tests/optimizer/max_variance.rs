//! MAdam and LaMAdam against their recurrences, and the memory of largest variance against a search.

use super::several_tensors::{apart, layout, problem, same_bits};
use super::{flat, run, state};
use crate::support::Stream;
use natgrad::Scalar;
use natgrad::optimizer::stage::MaxVariance;
use natgrad::optimizer::{Adam, LaMAdam, MAdam, Optimizer};

/// The weighted sample of one coordinate in normalised form: w, u, v, with p = (1 − β)/(β w + 1 − β) for the newest.
#[derive(Clone, Copy)]
struct Sample<T> {
    w: T,
    u: T,
    v: T,
}

impl<T: Scalar> Sample<T> {
    fn push(&mut self, g: T, lowest: f64, highest: f64, guard: f64, first: bool) {
        let one = T::one();
        let beta = if first {
            T::of(highest)
        } else {
            let mut variance = self.v - self.u * self.u;
            if variance < T::zero() {
                variance = T::zero();
            }
            let distance = (g - self.u) * (g - self.u);
            let best = if distance + variance > T::zero() {
                // The top of the parabola solved for β, in place of the closed form.
                (distance + variance) / ((one + self.w) * distance + (one - self.w) * variance + T::of(guard))
            } else {
                T::zero()
            };
            if best < T::of(lowest) {
                T::of(lowest)
            } else if best > T::of(highest) {
                T::of(highest)
            } else {
                best
            }
        };
        let total = beta * self.w + (one - beta);
        let p = (one - beta) / total;
        self.u += p * (g - self.u);
        self.v += p * (g * g - self.v);
        self.w = total;
    }
}

fn madam<T: Scalar>(s: MAdam, theta0: &[T], gradients: &[Vec<T>]) -> Vec<Vec<T>> {
    let zero = Sample { w: T::zero(), u: T::zero(), v: T::zero() };
    let (mut x, mut sample) = (theta0.to_vec(), vec![zero; theta0.len()]);
    let mut m = vec![T::zero(); x.len()];
    let mut path = vec![x.clone()];
    for (k, gradient) in gradients.iter().enumerate() {
        let rate = T::of(s.learning_rate / (1.0 - s.beta1.powi(k as i32 + 1)));
        for (i, &g) in gradient.iter().enumerate() {
            sample[i].push(g, s.beta2_min, s.beta2_max, s.guard, k == 0);
            m[i] = T::of(s.beta1) * m[i] + T::of(1.0 - s.beta1) * g;
            x[i] *= T::of(1.0 - s.learning_rate * s.weight_decay);
            let denominator = sample[i].v.sqrt() + T::of(s.epsilon);
            if denominator > T::zero() {
                x[i] -= rate * m[i] / denominator;
            }
        }
        path.push(x.clone());
    }
    path
}

fn lamadam<T: Scalar>(s: LaMAdam, theta0: &[T], gradients: &[Vec<T>]) -> Vec<Vec<T>> {
    let zero = Sample { w: T::zero(), u: T::zero(), v: T::zero() };
    let (mut x, mut sample) = (theta0.to_vec(), vec![zero; theta0.len()]);
    let mut p = vec![T::zero(); x.len()];
    let mut path = vec![x.clone()];
    for (k, gradient) in gradients.iter().enumerate() {
        for (i, &g) in gradient.iter().enumerate() {
            sample[i].push(g, s.beta2_min, s.beta2_max, s.guard, k == 0);
            let denominator = sample[i].v.sqrt() + T::of(s.epsilon);
            let n = if denominator > T::zero() { g / denominator } else { T::zero() };
            // η is constant: c = η (1 − α^t).
            p[i] = T::of(s.beta1) * p[i] + T::of(1.0 - s.beta1) * n;
            x[i] *= T::of(1.0 - s.learning_rate * s.weight_decay);
            x[i] -= T::of(s.learning_rate / (1.0 - s.beta1.powi(k as i32 + 1))) * p[i];
        }
        path.push(x.clone());
    }
    path
}

fn the_recurrences<T: Scalar>() {
    let (theta, gradients) = problem::<T>(41, 40);
    // 1 − β with β up to 0.999 keeps three digits fewer than β.
    let tolerance = 500.0 * T::epsilon().as_f64();
    let d = MAdam { learning_rate: 0.02, ..MAdam::default() };
    for settings in [
        d,
        MAdam { beta1: 0.5, beta2_min: 0.7, beta2_max: 0.9, weight_decay: 0.3, ..d },
        MAdam { guard: 0.0, epsilon: 0.0, ..d },
        MAdam { guard: 0.1, ..d },
    ] {
        let found = run(&mut settings.build::<T>(layout()).unwrap(), &theta, &gradients);
        let off = apart(&found, &madam(settings, &theta, &gradients));
        assert!(off < tolerance, "{settings:?}: {off:e}");
    }
    let d = LaMAdam { learning_rate: 0.02, ..LaMAdam::default() };
    for settings in [
        d,
        LaMAdam { beta1: 0.5, beta2_min: 0.7, beta2_max: 0.9, weight_decay: 0.3, ..d },
        LaMAdam { guard: 0.0, epsilon: 0.0, ..d },
        LaMAdam { epsilon: 0.1, ..d },
    ] {
        let found = run(&mut settings.build::<T>(layout()).unwrap(), &theta, &gradients);
        let off = apart(&found, &lamadam(settings, &theta, &gradients));
        assert!(off < tolerance, "{settings:?}: {off:e}");
    }
}

on_both!(the_recurrences);

#[test]
fn the_closed_form_is_the_argmax_of_a_search() {
    let mut stream = Stream(42);
    let choice = MaxVariance::new(0.0, 0.999_999, 0.0).unwrap();
    let mut inside = 0;
    for _ in 0..200 {
        let (w, u, g) = (0.05 + 0.95 * stream.uniform(), stream.heavy(-1.0, 0.5), stream.heavy(-1.0, 0.5));
        let v = u * u + stream.uniform();
        let variance_at = |beta: f64| {
            let total = beta * w + 1.0 - beta;
            let u1 = (beta * w * u + (1.0 - beta) * g) / total;
            (beta * w * v + (1.0 - beta) * g * g) / total - u1 * u1
        };
        let best = choice.memory(w, u, v, g);
        let grid = (0..=4000).map(|k| 0.999_999 * f64::from(k) / 4000.0);
        let searched = grid.fold((0.0, f64::NEG_INFINITY), |best, beta| {
            if variance_at(beta) > best.1 { (beta, variance_at(beta)) } else { best }
        });
        assert!((best - searched.0).abs() < 5e-4, "{best} against {searched:?}");
        assert!(best >= 1.0 / (1.0 + w) - 1e-12, "{best}");
        let (sigma2, delta2) = (v - u * u, (g - u) * (g - u));
        if delta2 > sigma2 {
            inside += 1;
            let value = (delta2 + sigma2) * (delta2 + sigma2) / (4.0 * delta2);
            assert!((variance_at(best) / value - 1.0).abs() < 1e-12);
        } else {
            assert_eq!(best, 0.999_999);
        }
    }
    assert!(inside > 50 && inside < 150, "{inside}");
    // Nothing has varied: the shortest memory, whatever the guard.
    for guard in [0.0, 1e-16] {
        assert_eq!(MaxVariance::new(0.3, 0.9, guard).unwrap().memory(0.7, 2.0, 4.0, 2.0), 0.3);
    }
}

#[test]
fn weights_stay_between_0_and_1_and_the_lower_bound_is_idle() {
    let (theta, gradients) = problem::<f64>(43, 60);
    let with = |beta2_min: f64| MAdam { beta2_min, guard: 0.0, ..MAdam::default() };
    let mut half = with(0.5).build::<f64>(layout()).unwrap();
    // Entries 2 and 22 have 0/0 while they are silent, and then the shortest memory is what is chosen.
    let path_of = |optimizer: &mut dyn Optimizer<f64>| {
        let mut path = run(optimizer, &theta, &gradients);
        for row in &mut path {
            (row[2], row[22]) = (0.0, 0.0);
        }
        path
    };
    let path = path_of(&mut half);
    same_bits(&path, &path_of(&mut with(0.0).build::<f64>(layout()).unwrap()));
    assert!(path != path_of(&mut with(0.9).build::<f64>(layout()).unwrap()));
    for name in ["w", "b", "scale", "kernel"] {
        let weights = state(&half, &format!("weight_sum/{name}"));
        assert!(weights.iter().all(|w| *w > 0.0 && *w <= 1.0 + 1e-15), "{name} {weights:?}");
    }
}

#[test]
fn one_memory_makes_it_adam() {
    let (theta, gradients) = problem::<f64>(44, 60);
    let madam =
        MAdam { learning_rate: 0.02, beta2_min: 0.97, beta2_max: 0.97, epsilon: 1e-3, ..MAdam::default() };
    let adam = Adam { learning_rate: 0.02, beta2: 0.97, epsilon: 1e-3, ..Adam::default() };
    let a = run(&mut madam.build::<f64>(layout()).unwrap(), &theta, &gradients);
    let off = apart(&a, &run(&mut adam.build::<f64>(layout()).unwrap(), &theta, &gradients));
    assert!(off < 1e-13, "{off:e}");
}

#[test]
fn the_guard_breaks_the_invariance_to_the_scale_of_the_loss() {
    let (theta, gradients) = problem::<f64>(45, 30);
    // 2^-34: gradients of 6e-14 to 6e-10, squares far below the guard.
    let scale = 1.0 / (1u64 << 34) as f64;
    let tiny: Vec<Vec<f64>> = gradients.iter().map(|g| g.iter().map(|g| scale * g).collect()).collect();
    let path = |guard: f64, gradients: &[Vec<f64>]| {
        let madam = MAdam { guard, epsilon: 0.0, learning_rate: 0.02, ..MAdam::default() };
        run(&mut madam.build::<f64>(layout()).unwrap(), &theta, gradients)
    };
    same_bits(&path(0.0, &tiny), &path(0.0, &gradients));
    let off = apart(&path(1e-16, &tiny), &path(1e-16, &gradients));
    assert!(off > 1e-2, "{off:e}");
}

#[test]
fn lamadam_follows_a_changing_learning_rate() {
    // p = Σ weights · η_k · sign, c = Σ weights · η_k: a steady gradient moves by η_t whatever came before.
    let lamadam = LaMAdam { learning_rate: 0.0, ..LaMAdam::default() };
    let mut optimizer = lamadam.build::<f64>(flat(1)).unwrap();
    let mut at = 0.0;
    for rate in [0.0, 0.5, 0.25, 0.0, 2.0] {
        optimizer.set_learning_rate(rate).unwrap();
        let path = run(&mut optimizer, &[at], &[vec![3.0]]);
        assert!((path[1][0] - at + rate).abs() < 1e-14, "{rate}: {path:?}");
        at = path[1][0];
    }
    // From 1 to 0.5 with alternating signs: α = ½, p₂ = ½ (½ · 1) − ½ · 0.5 = 0, though the means of signs differ.
    let mut optimizer =
        LaMAdam { beta1: 0.5, learning_rate: 1.0, beta2_min: 0.98, ..lamadam }.build::<f64>(flat(1)).unwrap();
    run(&mut optimizer, &[0.0], &[vec![1.0]]);
    optimizer.set_learning_rate(0.5).unwrap();
    assert!(run(&mut optimizer, &[0.0], &[vec![-1.0]])[1][0].abs() < 1e-15);
}
