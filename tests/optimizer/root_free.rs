//! The root-free methods against their recurrences, and the invariance that the root costs.

use super::several_tensors::{apart, layout, problem, same_bits};
use super::{flat, run};
use natgrad::Scalar;
use natgrad::optimizer::{Adam, DiagonalNaturalGradient, RootFreeAdamW, RootFreeRmsProp, Stages};

fn rmsprop<T: Scalar>(settings: RootFreeRmsProp, theta0: &[T], gradients: &[Vec<T>]) -> Vec<Vec<T>> {
    let RootFreeRmsProp { learning_rate, batch, beta2, epsilon, momentum, weight_decay } = settings;
    let mut x = theta0.to_vec();
    let mut s = vec![T::of(1.0 / batch as f64); x.len()];
    let mut b = vec![T::zero(); x.len()];
    let mut path = vec![x.clone()];
    for gradient in gradients {
        for i in 0..x.len() {
            let g = gradient[i];
            s[i] = T::of(beta2) * s[i] + T::of(1.0 - beta2) * (g * g);
            let n = g / (T::of(batch as f64) * s[i] + T::of(epsilon)) + T::of(weight_decay) * x[i];
            b[i] = T::of(momentum) * b[i] + n;
            x[i] -= T::of(learning_rate) * b[i];
        }
        path.push(x.clone());
    }
    path
}

fn adamw<T: Scalar>(settings: RootFreeAdamW, theta0: &[T], gradients: &[Vec<T>]) -> Vec<Vec<T>> {
    let RootFreeAdamW { learning_rate, batch, beta1, beta2, epsilon, weight_decay, bias_correction } =
        settings;
    let mut x = theta0.to_vec();
    let mut s = vec![T::of(1.0 / batch as f64); x.len()];
    let mut m = vec![T::zero(); x.len()];
    let mut path = vec![x.clone()];
    for (k, gradient) in gradients.iter().enumerate() {
        let correction = |beta: f64| T::of(if bias_correction { 1.0 - beta.powi(k as i32 + 1) } else { 1.0 });
        for i in 0..x.len() {
            let g = gradient[i];
            m[i] = T::of(beta1) * m[i] + T::of(1.0 - beta1) * g;
            s[i] = T::of(beta2) * s[i] + T::of(1.0 - beta2) * (g * g);
            let denominator = T::of(batch as f64) * (s[i] / correction(beta2)) + T::of(epsilon);
            let d = m[i] / correction(beta1) / denominator;
            let decay = T::of(weight_decay) * x[i];
            x[i] -= T::of(learning_rate) * (d + decay);
        }
        path.push(x.clone());
    }
    path
}

fn the_recurrences<T: Scalar>() {
    let (theta, gradients) = problem::<T>(21, 40);
    let d = RootFreeRmsProp { learning_rate: 0.01, batch: 13, ..RootFreeRmsProp::default() };
    for settings in [
        d,
        RootFreeRmsProp { momentum: 0.7, weight_decay: 0.3, ..d },
        RootFreeRmsProp { batch: 1, beta2: 0.9, epsilon: 0.1, ..d },
    ] {
        let mut optimizer = settings.build::<T>(layout()).unwrap();
        same_bits(&run(&mut optimizer, &theta, &gradients), &rmsprop(settings, &theta, &gradients));
    }
    let d = RootFreeAdamW { learning_rate: 0.01, batch: 13, ..RootFreeAdamW::default() };
    for settings in [
        d,
        RootFreeAdamW { beta1: 0.5, weight_decay: 0.3, bias_correction: true, ..d },
        RootFreeAdamW { batch: 1, beta2: 0.9, epsilon: 0.1, ..d },
    ] {
        let mut optimizer = settings.build::<T>(layout()).unwrap();
        same_bits(&run(&mut optimizer, &theta, &gradients), &adamw(settings, &theta, &gradients));
    }
}

on_both!(the_recurrences);

/// Five parameters whose units differ by up to 1e6, D, and gradients in those of θ.
fn units() -> (Vec<f64>, Vec<f64>, Vec<Vec<f64>>) {
    let (_, gradients) = problem::<f64>(22, 30);
    let gradients = gradients.iter().map(|g| g[3..8].to_vec()).collect();
    (vec![1e-3, 0.7, 1.0, 30.0, 1e3], vec![0.5, -1.0, 2.0, 0.1, -0.3], gradients)
}

/// How far D φ_t is from θ_t, when φ starts at D⁻¹ θ₀ and sees the gradients D g: relative, over all steps and entries.
fn units_matter(stages: Stages) -> f64 {
    let (d, theta, gradients) = units();
    let phi: Vec<f64> = theta.iter().zip(&d).map(|(x, d)| x / d).collect();
    let seen: Vec<Vec<f64>> =
        gradients.iter().map(|g| g.iter().zip(&d).map(|(g, d)| g * d).collect()).collect();
    let start = || DiagonalNaturalGradient::<f64>::new(flat(5), stages, 1e-3).unwrap();
    let a = run(&mut start(), &theta, &gradients);
    let mut b = run(&mut start(), &phi, &seen);
    b.iter_mut().for_each(|row| row.iter_mut().zip(&d).for_each(|(x, d)| *x *= d));
    apart(&b, &a)
}

fn from_zero(stages: Stages) -> Stages {
    Stages { second_moment: stages.second_moment.starting_at(0.0).unwrap(), ..stages }
}

#[test]
fn units_of_the_parameters_do_not_matter() {
    let rmsprop = RootFreeRmsProp { batch: 5, epsilon: 0.0, momentum: 0.5, ..RootFreeRmsProp::default() };
    let adamw = RootFreeAdamW { batch: 5, epsilon: 0.0, bias_correction: true, ..RootFreeAdamW::default() };
    for stages in [rmsprop.stages().unwrap(), adamw.stages().unwrap()] {
        let found = units_matter(from_zero(stages));
        assert!(found < 1e-14, "{found:e}");
        // S_0 = 1/B is a metric of θ, and not transformed with it.
        let found = units_matter(stages);
        assert!(found > 1e-3, "{found:e}");
    }
    let damped = RootFreeRmsProp { epsilon: 1e-4, ..rmsprop };
    assert!(units_matter(from_zero(damped.stages().unwrap())) > 1e-3);
    let adam = Adam { epsilon: 0.0, ..Adam::default() };
    let found = units_matter(adam.stages().unwrap());
    assert!(found > 1e-3, "{found:e}");
}

#[test]
fn the_scale_of_the_loss_divides_the_step() {
    let (_, _, gradients) = units();
    let scaled: Vec<Vec<f64>> = gradients.iter().map(|g| g.iter().map(|g| 8.0 * g).collect()).collect();
    let rmsprop = RootFreeRmsProp { batch: 5, epsilon: 0.0, ..RootFreeRmsProp::default() };
    let stages = from_zero(rmsprop.stages().unwrap());
    let from = |gradients: &[Vec<f64>]| {
        let mut optimizer = DiagonalNaturalGradient::<f64>::new(flat(5), stages, 1e-3).unwrap();
        run(&mut optimizer, &[0.0; 5], gradients)
    };
    let (mut once, eight) = (from(&gradients), from(&scaled));
    once.iter_mut().for_each(|row| row.iter_mut().for_each(|x| *x /= 8.0));
    same_bits(&eight, &once);
}

#[test]
fn the_batch_turns_squared_means_into_mean_squares() {
    // Four data with gradients ±1: their mean is 0 or ±½ or ±1, and B E[mean²] = 1 = E[datum²].
    let mut stages = RootFreeRmsProp { batch: 4, epsilon: 0.0, beta2: 0.999, ..RootFreeRmsProp::default() }
        .stages()
        .unwrap();
    let means: Vec<f64> = (0..16u32).map(|signs| f64::from(signs.count_ones()) / 2.0 - 1.0).collect();
    let fisher = 4.0 * means.iter().map(|m| m * m).sum::<f64>() / 16.0;
    assert_eq!(fisher, 1.0);
    // At that Fisher, B S_0 = 1, the average stays where it is over all sixteen batches, to first order in 1 − β₂.
    stages.momentum = natgrad::optimizer::stage::Momentum::sum(0.0).unwrap();
    let mut optimizer = DiagonalNaturalGradient::<f64>::new(flat(1), stages, 1.0).unwrap();
    let gradients: Vec<Vec<f64>> = means.iter().map(|m| vec![*m]).collect();
    run(&mut optimizer, &[0.0], &gradients);
    let s = super::state(&optimizer, "second_moment")[0];
    assert!((4.0 * s - 1.0).abs() < 1e-4, "{s}");
}
