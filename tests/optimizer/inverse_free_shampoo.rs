//! IF-Shampoo against loops written from Lin et al. 2024, and the properties that define it.

use super::run;
use super::tensors::{
    Matrix, function, gradients, gram, layout, matrix, multiply, norm, one, random, rows, saved, shapes,
};
use crate::support::distance;
use natgrad::ndarray::{Array1, Array2};
use natgrad::optimizer::{Adam, InverseFreeShampoo, Optimizer, PerTensor, State};
use natgrad::{Error, Scalar};

fn transcription(s: &InverseFreeShampoo, shape: &[usize], theta: &[f64], gradients: &[Vec<f64>]) -> Vec<f64> {
    let shape: Vec<usize> = shape.iter().copied().filter(|&d| d > 1).collect();
    let shape = if shape.is_empty() { vec![1] } else { shape };
    let axes = 0..shape.len();
    let mut theta = theta.to_vec();
    let mut k: Vec<Matrix> = shape.iter().map(|&d| Matrix::identity(d, d)).collect();
    let mut momenta: Vec<Matrix> = shape.iter().map(|&d| Matrix::zeros(d, d)).collect();
    let mut m = vec![0.0; theta.len()];
    for (t, g) in gradients.iter().enumerate() {
        if (t as u64).is_multiple_of(s.interval) {
            let x = axes.clone().fold(g.clone(), |x, axis| multiply(&shape, axis, &k[axis].transpose(), &x));
            let old = k.clone();
            for i in axes.clone() {
                let others = || axes.clone().filter(|&j| j != i);
                let volume: usize = others().map(|j| shape[j]).product();
                let traces: f64 =
                    others().map(|j| (old[j].transpose() * &old[j]).trace() / shape[j] as f64).product();
                let step = 0.5
                    * (s.batch as f64 / volume as f64 * gram(&shape, i, &x)
                        + s.damping * traces * (old[i].transpose() * &old[i])
                        - Matrix::identity(shape[i], shape[i]));
                momenta[i] = s.alpha2 * &momenta[i] + (1.0 - s.alpha2) * step;
                k[i] = &old[i] - &old[i] * &momenta[i] * (s.beta2 / momenta[i].norm().max(1.0));
            }
        }
        let d = axes.clone().fold(g.clone(), |x, i| multiply(&shape, i, &(&k[i] * k[i].transpose()), &x));
        for ((x, m), d) in theta.iter_mut().zip(&mut m).zip(&d) {
            *m = s.alpha1 * *m + d + s.weight_decay * *x;
            *x -= s.learning_rate * *m;
        }
    }
    theta
}

fn settings() -> Vec<InverseFreeShampoo> {
    let base = InverseFreeShampoo { learning_rate: 0.05, beta2: 0.2, ..InverseFreeShampoo::default() };
    vec![
        base,
        InverseFreeShampoo { batch: 17, alpha2: 0.0, ..base },
        InverseFreeShampoo { damping: 0.7, alpha1: 0.0, ..base },
        InverseFreeShampoo { damping: 0.0, alpha2: 0.9, weight_decay: 0.2, ..base },
        InverseFreeShampoo { interval: 3, damping: 0.1, ..base },
    ]
}

fn against_transcription<T: Scalar>(steps: usize) -> f64 {
    let dim = layout().dim();
    let theta: Vec<f64> = gradients(5, dim, 1).concat();
    let gradients = gradients(6, dim, steps);
    let mut worst = 0.0f64;
    for settings in settings() {
        let single = |x: &[f64]| x.iter().map(|&x| T::of(x)).collect::<Vec<T>>();
        let rows: Vec<Vec<T>> = gradients.iter().map(|g| single(g)).collect();
        let path = run(&mut settings.build::<T>(layout()).unwrap(), &single(&theta), &rows);
        let found: Vec<f64> = path[steps].iter().map(|x| x.as_f64()).collect();
        for (tensor, (_, shape)) in layout().tensors().iter().zip(shapes()) {
            let range = tensor.range();
            let own: Vec<Vec<f64>> = gradients.iter().map(|g| g[range.clone()].to_vec()).collect();
            let expected = transcription(&settings, &shape, &theta[range.clone()], &own);
            worst = worst.max(distance(&found[range], &expected) / norm(&expected).max(1.0));
        }
    }
    worst
}

#[test]
fn transcription_f64() {
    let worst = against_transcription::<f64>(30);
    assert!(worst < 1e-14, "{worst:e}");
}

#[test]
fn transcription_f32() {
    let worst = against_transcription::<f32>(30);
    assert!(worst < 8.0 * f64::from(f32::EPSILON), "{worst:e}");
}

#[test]
fn axes_of_length_1_do_not_count() {
    let stream = gradients(3, 6, 10);
    let path =
        |shape: &[usize]| run(&mut settings()[0].build::<f64>(one(shape)).unwrap(), &[0.0; 6], &stream);
    assert_eq!(path(&[6]), path(&[1, 6, 1]));
    assert_eq!(path(&[2, 3]), path(&[2, 1, 3]));
    assert_ne!(path(&[6]), path(&[2, 3]));
}

/// The state of a method on a matrix, with these factors in the place of I.
fn with_factors(
    s: InverseFreeShampoo,
    k: &Matrix,
    c: &Matrix,
) -> PerTensor<f64, impl natgrad::optimizer::TensorRule<f64>> {
    let mut method = s.build::<f64>(one(&[k.nrows(), c.nrows()])).unwrap();
    let mut state = method.state();
    let array = |m: &Matrix| Array2::from_shape_fn((m.nrows(), m.ncols()), |(i, j)| m[(i, j)]);
    state.put("factor 0/w", &array(k)).put("factor 1/w", &array(c));
    method.restore(&state).unwrap();
    method
}

/// θ = A φ Cᵀ: the gradient in φ is AᵀGC, and the path in φ is that in θ, provided the factors start with A⁻¹, C⁻¹.
#[test]
fn affine_invariance() {
    let (m, n) = (5, 3);
    let undamped = InverseFreeShampoo { damping: 0.0, ..settings()[0] };
    let stream = gradients(4, m * n, 30);
    let full =
        (random(1, m, m) + 2.0 * Matrix::identity(m, m), random(2, n, n) + 2.0 * Matrix::identity(n, n));
    let diagonal = (
        Matrix::from_fn(m, m, |i, j| if i == j { 0.25 + i as f64 } else { 0.0 }),
        Matrix::from_fn(n, n, |i, j| if i == j { 3.0 - i as f64 } else { 0.0 }),
    );
    let off = |s: InverseFreeShampoo, a: &Matrix, c: &Matrix| {
        let seen: Vec<Vec<f64>> =
            stream.iter().map(|g| rows(&(a.transpose() * matrix(m, n, g) * c))).collect();
        let (inverse_a, inverse_c) = (a.clone().try_inverse().unwrap(), c.clone().try_inverse().unwrap());
        let theta = run(&mut s.build::<f64>(one(&[m, n])).unwrap(), &vec![0.0; m * n], &stream);
        let phi = run(&mut with_factors(s, &inverse_a, &inverse_c), &vec![0.0; m * n], &seen);
        let back = a * matrix(m, n, &phi[30]) * c.transpose();
        (back - matrix(m, n, &theta[30])).amax() / matrix(m, n, &theta[30]).amax()
    };
    let (by_full, by_diagonal) = (off(undamped, &full.0, &full.1), off(undamped, &diagonal.0, &diagonal.1));
    assert!(by_full < 1e-13 && by_diagonal < 1e-13, "{by_full:e}, {by_diagonal:e}");
    // Damping is a length in the space of θ; it sees the change.
    assert!(off(InverseFreeShampoo { damping: 0.5, ..undamped }, &diagonal.0, &diagonal.1) > 1e-3);
    // So does Adam, even the diagonal one.
    let seen: Vec<Vec<f64>> =
        stream.iter().map(|g| rows(&(&diagonal.0 * matrix(m, n, g) * &diagonal.1))).collect();
    let adam = |stream: &[Vec<f64>]| {
        let path = run(&mut Adam::default().build::<f64>(one(&[m, n])).unwrap(), &vec![0.0; m * n], stream);
        matrix(m, n, &path[30])
    };
    assert!((&diagonal.0 * adam(&seen) * &diagonal.1 - adam(&stream)).amax() > 0.5 * adam(&stream).amax());
}

/// A loss c times as large: steps 1/c times as long, where the factors have had their time (K₁⊗K₂ → K₁⊗K₂/c).
#[test]
fn loss_scale() {
    let undamped = InverseFreeShampoo { damping: 0.0, ..settings()[0] };
    let stream = gradients(7, 15, 30);
    for c in [1e-3, 8.0, 1e6] {
        let scaled: Vec<Vec<f64>> = stream.iter().map(|g| g.iter().map(|g| c * g).collect()).collect();
        let path = run(&mut undamped.build::<f64>(one(&[5, 3])).unwrap(), &[0.0; 15], &stream);
        let factor = |order| Matrix::identity(order, order) / f64::sqrt(c);
        let other = run(&mut with_factors(undamped, &factor(5), &factor(3)), &[0.0; 15], &scaled);
        let expected: Vec<f64> = path[30].iter().map(|x| x / c).collect();
        assert!(distance(&other[30], &expected) < 1e-13 * norm(&expected), "{c}");
    }
    // Without having started so, they get there: a stream of one matrix, long enough.
    let g = rows(&random(3, 3, 3));
    let settings = InverseFreeShampoo { alpha1: 0.0, batch: 5, ..undamped };
    let last = |c: f64| {
        let stream = vec![g.iter().map(|g| c * g).collect::<Vec<_>>(); 400];
        let path = run(&mut settings.build::<f64>(one(&[3, 3])).unwrap(), &[0.0; 9], &stream);
        path[399].iter().zip(&path[400]).map(|(a, b)| a - b).collect::<Vec<f64>>()
    };
    let (plain, large) = (last(1.0), last(50.0));
    let expected: Vec<f64> = plain.iter().map(|x| x / 50.0).collect();
    assert!(distance(&large, &expected) < 1e-12 * norm(&expected));
}

/// Where K stands still, B X₍ᵢ₎ X₍ᵢ₎ᵀ / Π d_j = I; with damping, that plus λ KᵀK Π tr/d.
#[test]
fn at_a_fixed_point_the_whitened_second_moment_is_the_identity() {
    let g = random(3, 3, 3);
    for damping in [0.0, 0.2] {
        let settings = InverseFreeShampoo { damping, batch: 7, beta2: 0.2, ..InverseFreeShampoo::default() };
        let mut method = settings.build::<f64>(one(&[3, 3])).unwrap();
        run(&mut method, &[0.0; 9], &vec![rows(&g); 500]);
        let (k, c) = (saved(&method.state(), "factor 0/w"), saved(&method.state(), "factor 1/w"));
        let x = k.transpose() * &g * &c;
        let (kk, cc) = (k.transpose() * &k, c.transpose() * &c);
        let left = &x * x.transpose() * (7.0 / 3.0) + damping * cc.trace() / 3.0 * &kk;
        let right = x.transpose() * &x * (7.0 / 3.0) + damping * kk.trace() / 3.0 * &cc;
        let off = (left - Matrix::identity(3, 3)).amax().max((right - Matrix::identity(3, 3)).amax());
        assert!(off < 1e-13, "{off:e}");
    }
}

/// The preconditioner of a vector at its fixed point is a damped inverse of the empirical Fisher: B gᵀ (…) g → 1.
#[test]
fn a_vector_learns_the_inverse_of_its_fisher() {
    // Five gradients in turn, slowly averaged by β₂; the fixed point is that of their mean.
    let five: Vec<Vec<f64>> = (0..5).map(|i| rows(&random(50 + i, 1, 4))).collect();
    let stream: Vec<Vec<f64>> = (0..20_000).map(|t| five[t % 5].clone()).collect();
    let settings = InverseFreeShampoo {
        learning_rate: 0.0,
        damping: 0.1,
        batch: 3,
        beta2: 1e-3,
        ..InverseFreeShampoo::default()
    };
    let mut method = settings.build::<f64>(one(&[4])).unwrap();
    run(&mut method, &[0.0; 4], &stream);
    let k = saved(&method.state(), "factor 0/w");
    let fisher = five.iter().fold(0.1 * Matrix::identity(4, 4), |sum, g| {
        let g = Matrix::from_column_slice(4, 1, g);
        sum + 3.0 / 5.0 * &g * g.transpose()
    });
    let off = (&k * k.transpose() * fisher - Matrix::identity(4, 4)).amax();
    // The factor still follows the five gradients in turn: 1.1e-3, in proportion to β₂.
    assert!(off < 2e-3, "{off:e}");
}

#[test]
fn silence_lets_the_factors_grow_until_the_damping_stops_them() {
    let settings = InverseFreeShampoo { damping: 0.25, beta2: 0.1, ..InverseFreeShampoo::default() };
    let mut method = settings.build::<f64>(one(&[3])).unwrap();
    let mut theta = Array1::from(vec![1.0; 3]);
    let (mut k, mut momentum) = (1.0f64, 0.0f64);
    for _ in 0..200 {
        method.step(&mut theta, Array1::zeros(3).view()).unwrap();
        momentum = 0.5 * momentum + 0.25 * (0.25 * k * k - 1.0);
        k -= k * momentum * 0.1 / f64::max(1.0, momentum.abs() * 3f64.sqrt());
        let found = saved(&method.state(), "factor 0/w");
        assert!((found - k * Matrix::identity(3, 3)).amax() < 1e-13);
    }
    assert!((k - 2.0).abs() < 1e-6);
    assert_eq!(theta, Array1::from(vec![1.0; 3]));
}

#[test]
fn silence_without_damping_ends_in_an_error() {
    // K grows by 1 + β₂/2 a step, and its square overflows at e^710.
    let settings = InverseFreeShampoo { damping: 0.0, beta2: 0.5, ..InverseFreeShampoo::default() };
    let mut method = settings.build::<f64>(one(&[1])).unwrap();
    let mut theta = Array1::from(vec![1.0]);
    let error = loop {
        match method.step(&mut theta, Array1::zeros(1).view()) {
            Ok(()) => assert!(method.steps() < 2000),
            Err(error) => break error,
        }
    };
    assert!(matches!(error, Error::NonFinite { .. }), "{error}");
    let expected = 355.0 / f64::ln(1.25);
    assert!((method.steps() as f64 - expected).abs() < 5.0, "{} of {expected}", method.steps());
}

#[test]
fn a_monstrous_gradient_leaves_the_factors_regular() {
    let settings = InverseFreeShampoo { beta2: 0.5, ..InverseFreeShampoo::default() };
    let mut method = settings.build::<f64>(one(&[5, 3])).unwrap();
    let stream: Vec<Vec<f64>> = (0..10).map(|t| rows(&(1e8 * random(t, 5, 3)))).collect();
    run(&mut method, &[0.0; 15], &stream);
    let k = saved(&method.state(), "factor 0/w");
    let kk = &k * k.transpose();
    // ‖M‖ ≤ 1 after the bound: no singular value of K falls by more than 1 − β₂ a step.
    let least = function(&kk, f64::sqrt).symmetric_eigenvalues().min();
    assert!(least >= 0.5f64.powi(10), "{least:e}");
    let state: State = method.state();
    assert!(state.arrays().all(|(_, array)| array.iter().all(|x| x.is_finite())));
}
