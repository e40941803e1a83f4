//! RMSProp, AdaGrad and AMSGrad against their recurrences, one number at a time, and what is particular about each.

use super::several_tensors::{layout, problem, same_bits};
use super::{flat, run};
use natgrad::Scalar;
use natgrad::optimizer::{AdaGrad, Adam, AdamW, Optimizer, RmsProp};

fn rmsprop<T: Scalar>(settings: RmsProp, theta0: &[T], gradients: &[Vec<T>]) -> Vec<Vec<T>> {
    let RmsProp { learning_rate, beta2, epsilon, momentum, centered, weight_decay, bias_correction } =
        settings;
    let mut path = vec![theta0.to_vec()];
    let mut x = theta0.to_vec();
    for i in 0..x.len() {
        let (mut v, mut mean, mut b) = (T::zero(), T::zero(), T::zero());
        for (k, gradient) in gradients.iter().enumerate() {
            let correction = T::of(if bias_correction { 1.0 - beta2.powi(k as i32 + 1) } else { 1.0 });
            let mut g = gradient[i];
            if weight_decay > 0.0 {
                g += T::of(weight_decay) * x[i];
            }
            v = T::of(beta2) * v + T::of(1.0 - beta2) * (g * g);
            mean = T::of(beta2) * mean + T::of(1.0 - beta2) * g;
            let spread = if centered { v - mean * mean / correction } else { v };
            let spread = if spread < T::zero() { T::zero() } else { spread / correction };
            let denominator = spread.sqrt() + T::of(epsilon);
            let n = if denominator == T::zero() { T::zero() } else { g / denominator };
            b = T::of(momentum) * b + n;
            x[i] -= T::of(learning_rate) * b;
            if i == 0 {
                path.push(theta0.to_vec());
            }
            path[k + 1][i] = x[i];
        }
    }
    path
}

fn adagrad<T: Scalar>(settings: AdaGrad, theta0: &[T], gradients: &[Vec<T>]) -> Vec<Vec<T>> {
    let mut x = theta0.to_vec();
    let mut v = vec![T::of(settings.initial_accumulator); x.len()];
    let mut path = vec![x.clone()];
    for (k, gradient) in gradients.iter().enumerate() {
        let fall = 1.0 + k as f64 * settings.lr_decay;
        let rate = T::of(T::of(settings.learning_rate).as_f64() / fall);
        for i in 0..x.len() {
            let mut g = gradient[i];
            if settings.weight_decay > 0.0 {
                g += T::of(settings.weight_decay) * x[i];
            }
            v[i] += g * g;
            let denominator = v[i].sqrt() + T::of(settings.epsilon);
            if denominator > T::zero() {
                x[i] -= rate * (g / denominator);
            }
        }
        path.push(x.clone());
    }
    path
}

fn the_recurrences_to_the_last_bit<T: Scalar>() {
    let (theta, gradients) = problem::<T>(11, 40);
    let d = RmsProp::default();
    for settings in [
        d,
        RmsProp { epsilon: 0.0, beta2: 0.0, ..d },
        RmsProp { momentum: 0.7, weight_decay: 0.3, ..d },
        RmsProp { centered: true, beta2: 0.9, epsilon: 1e-2, ..d },
        RmsProp { centered: true, beta2: 0.8, epsilon: 1e-2, momentum: 0.9, bias_correction: true, ..d },
        RmsProp { bias_correction: true, learning_rate: 0.1, weight_decay: 0.1, ..d },
    ] {
        let mut optimizer = settings.build::<T>(layout()).unwrap();
        same_bits(&run(&mut optimizer, &theta, &gradients), &rmsprop(settings, &theta, &gradients));
    }
    let d = AdaGrad::default();
    for settings in [
        d,
        AdaGrad { epsilon: 0.0, learning_rate: 1.0, ..d },
        AdaGrad {
            learning_rate: 0.3,
            lr_decay: 0.2,
            initial_accumulator: 0.7,
            epsilon: 1e-3,
            weight_decay: 0.1,
        },
    ] {
        let mut optimizer = settings.build::<T>(layout()).unwrap();
        same_bits(&run(&mut optimizer, &theta, &gradients), &adagrad(settings, &theta, &gradients));
    }
}

fn amsgrad_to_the_last_bit<T: Scalar>() {
    let (theta, gradients) = problem::<T>(12, 40);
    let adam = Adam { learning_rate: 0.1, beta1: 0.8, beta2: 0.6, amsgrad: true, ..Adam::default() };
    let mut x = theta.clone();
    let mut path = vec![x.clone()];
    let zeros = vec![T::zero(); x.len()];
    let (mut m, mut v, mut largest) = (zeros.clone(), zeros.clone(), zeros);
    for (k, gradient) in gradients.iter().enumerate() {
        for i in 0..x.len() {
            let g = gradient[i];
            m[i] = T::of(0.8) * m[i] + T::of(1.0 - 0.8) * g;
            v[i] = T::of(0.6) * v[i] + T::of(1.0 - 0.6) * (g * g);
            if v[i] > largest[i] {
                largest[i] = v[i];
            }
            let hat = largest[i] / T::of(1.0 - 0.6f64.powi(k as i32 + 1));
            let mean = m[i] / T::of(1.0 - 0.8f64.powi(k as i32 + 1));
            x[i] -= T::of(0.1) * (mean / (hat.sqrt() + T::of(1e-8)));
        }
        path.push(x.clone());
    }
    let found = run(&mut adam.build::<T>(layout()).unwrap(), &theta, &gradients);
    same_bits(&found, &path);
    let plain = run(&mut Adam { amsgrad: false, ..adam }.build::<T>(layout()).unwrap(), &theta, &gradients);
    assert!(plain != found);
}

on_both!(the_recurrences_to_the_last_bit, amsgrad_to_the_last_bit);

#[test]
fn rmsprop_without_momentum_but_corrected_is_adam_without_momentum() {
    let (theta, gradients) = problem::<f64>(13, 40);
    let rmsprop = RmsProp {
        learning_rate: 0.05,
        beta2: 0.97,
        epsilon: 1e-3,
        weight_decay: 0.2,
        bias_correction: true,
        ..RmsProp::default()
    };
    let adam = Adam {
        learning_rate: 0.05,
        beta1: 0.0,
        beta2: 0.97,
        epsilon: 1e-3,
        weight_decay: 0.2,
        ..Adam::default()
    };
    let a = run(&mut rmsprop.build::<f64>(layout()).unwrap(), &theta, &gradients);
    same_bits(&a, &run(&mut adam.build::<f64>(layout()).unwrap(), &theta, &gradients));
}

#[test]
fn a_steady_gradient_has_closed_forms() {
    let steady = vec![vec![-3.0]; 50];
    // AdaGrad: v = 9 t.
    let adagrad = AdaGrad { learning_rate: 0.25, epsilon: 0.0, ..AdaGrad::default() };
    let path = run(&mut adagrad.build::<f64>(flat(1)).unwrap(), &[0.0], &steady);
    let expected: f64 = (1..=50).map(|t| 0.25 / f64::from(t).sqrt()).sum();
    assert!((path[50][0] - expected).abs() < 1e-14, "{} {expected}", path[50][0]);
    // Centred RMSProp: both averages have weight W = 1 − β^t, so the variance is 9 W (1 − W).
    let rmsprop =
        RmsProp { learning_rate: 0.25, beta2: 0.9, centered: true, epsilon: 0.0, ..RmsProp::default() };
    let path = run(&mut rmsprop.build::<f64>(flat(1)).unwrap(), &[0.0], &steady);
    let expected: f64 = (1..=50)
        .map(|t| {
            let left = 0.9f64.powi(t);
            0.25 / ((1.0 - left) * left).sqrt()
        })
        .sum();
    assert!((path[50][0] / expected - 1.0).abs() < 1e-13, "{} {expected}", path[50][0]);
    // Heavy ball: the k-th step has Σ_(j<k) μ^j of the first n, once v has settled (β₂ = 0: at once).
    let heavy =
        RmsProp { learning_rate: 0.25, beta2: 0.0, momentum: 0.5, epsilon: 0.0, ..RmsProp::default() };
    let path = run(&mut heavy.build::<f64>(flat(1)).unwrap(), &[0.0], &steady);
    assert_eq!([path[1][0], path[2][0], path[3][0]], [0.25, 0.625, 1.0625]);
}

#[test]
fn adam_forgets_the_rare_large_gradient_and_amsgrad_does_not() {
    // Reddi, Kale & Kumar 2018, Theorem 1: Σ f_t falls to the left, since C = 3 outweighs 1 + 1, but Adam goes right.
    let c = 3.0;
    let gradients: Vec<Vec<f64>> = (0..300).map(|t| vec![if t % 3 == 0 { c } else { -1.0 }]).collect();
    let adam = Adam {
        learning_rate: 0.01,
        beta1: 0.0,
        beta2: 1.0 / (1.0 + c * c),
        epsilon: 0.0,
        bias_correction: false,
        ..Adam::default()
    };
    let end = |adam: Adam| run(&mut adam.build::<f64>(flat(1)).unwrap(), &[0.0], &gradients)[300][0];
    let (plain, kept) = (end(adam), end(Adam { amsgrad: true, ..adam }));
    assert!(plain > 0.3, "{plain}");
    // With v at its largest, C²/(1 + 1/C²) or a little more, three steps sum to −η (C − 2)/√v.
    assert!(kept < -0.3, "{kept}");
}

#[test]
fn the_scale_of_the_loss_does_not_matter_without_epsilon() {
    let (theta, gradients) = problem::<f64>(14, 30);
    let scaled: Vec<Vec<f64>> = gradients.iter().map(|g| g.iter().map(|g| 64.0 * g).collect()).collect();
    let rmsprop = RmsProp { epsilon: 0.0, momentum: 0.9, centered: true, ..RmsProp::default() };
    let adagrad = AdaGrad { epsilon: 0.0, ..AdaGrad::default() };
    let adam = Adam { epsilon: 0.0, amsgrad: true, ..Adam::default() };
    let run_each = |gradients: &[Vec<f64>]| {
        [
            run(&mut rmsprop.build::<f64>(layout()).unwrap(), &theta, gradients),
            run(&mut adagrad.build::<f64>(layout()).unwrap(), &theta, gradients),
            run(&mut adam.build::<f64>(layout()).unwrap(), &theta, gradients),
        ]
    };
    for (a, b) in run_each(&gradients).iter().zip(&run_each(&scaled)) {
        same_bits(a, b);
    }
}

#[test]
fn no_first_step_of_adam_is_longer_than_the_learning_rate() {
    let (theta, gradients) = problem::<f64>(15, 1);
    for mut adam in [
        Adam::default().build::<f64>(layout()).unwrap(),
        AdamW { weight_decay: 0.0, ..AdamW::default() }.build(layout()).unwrap(),
    ] {
        let path = run(&mut adam, &theta, &gradients);
        for (x, y) in path[0].iter().zip(&path[1]) {
            assert!((x - y).abs() <= 1e-3 * (1.0 + 1e-12));
        }
    }
}

/// What AMSGrad and the centred form remember beside the second moment is put back too.
#[test]
fn a_step_taken_back_leaves_no_trace_in_the_memory() {
    let adam = Adam { amsgrad: true, ..Adam::default() }.build::<f64>(flat(2)).unwrap();
    let rmsprop = RmsProp { centered: true, ..RmsProp::default() }.build::<f64>(flat(2)).unwrap();
    for mut optimizer in [adam, rmsprop] {
        run(&mut optimizer, &[1.0, -2.0], &[vec![0.5, 0.25]]);
        let before = optimizer.state();
        run(&mut optimizer, &[1.0, -2.0], &[vec![-3.0, 7.0]]);
        assert_ne!(optimizer.state(), before);
        optimizer.undo();
        assert_eq!(optimizer.state(), before);
    }
}
