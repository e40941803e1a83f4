//! Shampoo against loops written from Gupta, Koren & Singer 2018, and the properties that define it.

use super::run;
use super::tensors::{
    Matrix, function, gradients, gram, layout, matrix, multiply, norm, one, orthogonal, polar, random, rows,
    saved, shapes,
};
use crate::support::{Stream, distance};
use natgrad::ndarray::Array1;
use natgrad::optimizer::stage::DecayForm;
use natgrad::optimizer::{
    Accumulation, Graft, LongAxis, Optimizer, RootExponent, Settings, Shampoo, ShampooMomentum,
    ShampooStatistics,
};
use natgrad::{ParameterLayout, Scalar};

/// One tensor, naively: every sum is a loop, every root another library's eigendecomposition.
fn transcription(settings: &Shampoo, shape: &[usize], theta: &[f64], gradients: &[Vec<f64>]) -> Vec<f64> {
    let s = settings;
    let shape = if shape.is_empty() { &[1][..] } else { shape };
    let axes = shape.len();
    let power = if s.exponent == RootExponent::Paper { 0.5 / axes as f64 } else { 1.0 / axes as f64 };
    let mut theta = theta.to_vec();
    let mut h: Vec<Matrix> = shape.iter().map(|&d| Matrix::zeros(d, d)).collect();
    let mut roots = h.clone();
    let mut m = vec![0.0; theta.len()];
    let mut squares = vec![0.0; theta.len()];
    for (step, gradient) in (1..).zip(gradients) {
        let mut g = gradient.clone();
        if s.momentum_of == ShampooMomentum::Feedback && step > 1 {
            g = g.iter().zip(&m).map(|(g, d)| s.momentum * d + (1.0 - s.momentum) * g).collect();
        }
        if s.decay_form == DecayForm::Penalty {
            g.iter_mut().zip(&theta).for_each(|(g, x)| *g += s.weight_decay * x);
        }
        let mut d = g.clone();
        if s.momentum_of == ShampooMomentum::Gradient {
            m = m.iter().zip(&g).map(|(m, g)| s.momentum * m + (1.0 - s.momentum) * g).collect();
            d = m.clone();
        }
        squares.iter_mut().zip(&g).for_each(|(sum, g)| *sum += g * g);
        let length = match s.graft {
            Graft::None => f64::NAN,
            Graft::Sgd => norm(&d),
            Graft::Adagrad => norm(
                &d.iter().zip(&squares).map(|(d, q)| d / (q.sqrt() + s.graft_epsilon)).collect::<Vec<_>>(),
            ),
        };
        for axis in 0..axes {
            let long = shape[axis] > s.max_precond_dim;
            let source = if s.statistics == ShampooStatistics::Sequential { &d } else { &g };
            let mut new = gram(shape, axis, source);
            if long {
                new = Matrix::from_diagonal(&new.diagonal());
            }
            let mut used;
            if s.accumulation == Accumulation::Sum {
                h[axis] += new;
                used = h[axis].clone();
            } else {
                h[axis] = s.beta2 * &h[axis] + (1.0 - s.beta2) * new;
                used = h[axis].clone();
                if s.bias_correction {
                    used /= 1.0 - s.beta2.powi(step);
                }
            }
            for i in 0..shape[axis] {
                used[(i, i)] += s.epsilon;
            }
            if ((step - 1) as u64).is_multiple_of(s.interval) {
                roots[axis] = function(&used, |value| value.powf(-power));
            }
            if long && s.long_axis == LongAxis::Identity {
                roots[axis] = Matrix::identity(shape[axis], shape[axis]);
            }
            d = multiply(shape, axis, &roots[axis], &d);
        }
        if s.graft != Graft::None {
            let own = norm(&d);
            d.iter_mut().for_each(|d| *d *= length / own);
        }
        match s.momentum_of {
            ShampooMomentum::Gradient => {}
            ShampooMomentum::Direction => {
                m = m.iter().zip(&d).map(|(m, d)| s.momentum * m + d).collect();
                d = m.clone();
            }
            ShampooMomentum::Feedback => m = d.clone(),
        }
        let mut w: Vec<f64> = theta.iter().map(|x| s.weight_decay * x).collect();
        match s.decay_form {
            DecayForm::Penalty => w.fill(0.0),
            DecayForm::Decoupled => {}
            DecayForm::Averaged => unreachable!("refused"),
            DecayForm::Natural => (0..axes).for_each(|axis| w = multiply(shape, axis, &roots[axis], &w)),
        }
        for (x, (d, w)) in theta.iter_mut().zip(d.iter().zip(&w)) {
            *x -= s.learning_rate * (d + w);
        }
    }
    theta
}

fn settings() -> Vec<Shampoo> {
    let base = Shampoo { learning_rate: 0.1, epsilon: 0.01, ..Shampoo::default() };
    let average = Shampoo { accumulation: Accumulation::Average, beta2: 0.9, ..base };
    let momentum = Shampoo { momentum: 0.8, weight_decay: 0.3, ..base };
    vec![
        base,
        Shampoo { exponent: RootExponent::Inverse, ..base },
        average,
        Shampoo { bias_correction: false, interval: 3, ..average },
        Shampoo { statistics: ShampooStatistics::Sequential, ..base },
        momentum,
        Shampoo { momentum_of: ShampooMomentum::Direction, decay_form: DecayForm::Decoupled, ..momentum },
        Shampoo { momentum_of: ShampooMomentum::Feedback, ..momentum },
        Shampoo { decay_form: DecayForm::Natural, interval: 4, ..momentum },
        Shampoo { max_precond_dim: 4, ..base },
        Shampoo { max_precond_dim: 2, long_axis: LongAxis::Identity, interval: 2, ..base },
        Shampoo { graft: Graft::Sgd, ..momentum },
        Shampoo { graft: Graft::Adagrad, momentum_of: ShampooMomentum::Direction, ..momentum },
        Shampoo { max_precond_dim: 4, interval: 2, ..average },
    ]
}

fn against_transcription<T: Scalar>(steps: usize) -> f64 {
    let dim = layout().dim();
    let theta: Vec<f64> = gradients(5, dim, 1).concat();
    let gradients = gradients(6, dim, steps);
    let mut worst = 0.0f64;
    for settings in settings() {
        let single = |x: &[f64]| x.iter().map(|&x| T::of(x)).collect::<Vec<T>>();
        let mut optimizer = settings.build::<T>(layout()).unwrap();
        let rows: Vec<Vec<T>> = gradients.iter().map(|g| single(g)).collect();
        let found: Vec<f64> =
            run(&mut optimizer, &single(&theta), &rows)[steps].iter().map(|x| x.as_f64()).collect();
        for (tensor, (_, shape)) in layout().tensors().iter().zip(shapes()) {
            let range = tensor.range();
            let own: Vec<Vec<f64>> = gradients.iter().map(|g| g[range.clone()].to_vec()).collect();
            let expected = transcription(&settings, &shape, &theta[range.clone()], &own);
            let off = distance(&found[range], &expected) / norm(&expected).max(1.0);
            worst = worst.max(off);
        }
    }
    worst
}

#[test]
fn transcription_f64() {
    let worst = against_transcription::<f64>(25);
    assert!(worst < 1e-12, "{worst:e}");
}

#[test]
fn transcription_f32() {
    // θ is rounded at each of 25 steps, nothing else: 2e-7.
    let worst = against_transcription::<f32>(25);
    assert!(worst < 8.0 * f64::from(f32::EPSILON), "{worst:e}");
}

/// −Δθ/η of one step.
fn first_direction(settings: Shampoo, gradient: &Matrix) -> Matrix {
    let (m, n) = gradient.shape();
    let mut optimizer = Shampoo { learning_rate: 1.0, ..settings }.build::<f64>(one(&[m, n])).unwrap();
    let mut theta = Array1::zeros(m * n);
    optimizer.step(&mut theta, Array1::from(rows(gradient)).view()).unwrap();
    -matrix(m, n, theta.as_slice().unwrap())
}

#[test]
fn the_first_step_is_the_polar_factor() {
    let exact = Shampoo { epsilon: 0.0, ..Shampoo::default() };
    let inverse = Shampoo { exponent: RootExponent::Inverse, ..exact };
    let deficient = random(1, 5, 2) * random(2, 2, 4);
    for (gradient, name) in [
        (random(3, 7, 3), "tall"),
        (random(4, 3, 7), "wide"),
        (random(5, 4, 4), "square"),
        (deficient, "deficient"),
    ] {
        let off = (first_direction(exact, &gradient) - polar(&gradient, 0)).amax();
        let inverse_off = (first_direction(inverse, &gradient) - polar(&gradient, -1)).amax();
        assert!(off < 1e-13 && inverse_off < 1e-12, "{name}: {off:e}, {inverse_off:e}");
        // ε only bends the singular values: s / √(s² + ε).
        let svd = gradient.clone().svd(true, true);
        let values = svd.singular_values.map(|s| s / (s * s + 0.04).sqrt());
        let expected = svd.u.unwrap() * Matrix::from_diagonal(&values) * svd.v_t.unwrap();
        let bent = first_direction(Shampoo { epsilon: 0.04, ..exact }, &gradient);
        assert!((bent - expected).amax() < 1e-13);
    }
}

#[test]
fn one_entry_is_adagrad() {
    let gradients: Vec<Vec<f64>> = vec![vec![3.0], vec![-0.5], vec![2.0]];
    for shape in [vec![], vec![1], vec![1, 1], vec![1, 1, 1]] {
        let settings = Shampoo { learning_rate: 0.5, epsilon: 0.25, ..Shampoo::default() };
        let mut optimizer = settings.build::<f64>(one(&shape)).unwrap();
        let path = run(&mut optimizer, &[1.0], &gradients);
        let (mut theta, mut sum) = (1.0, 0.25);
        for (g, found) in gradients.iter().zip(&path[1..]) {
            sum += g[0] * g[0];
            theta -= 0.5 * g[0] / f64::sqrt(sum);
            assert!((found[0] - theta).abs() < 1e-15, "{shape:?}");
        }
    }
}

#[test]
fn a_vector_is_adagrad_with_the_full_matrix() {
    let gradients = gradients(8, 5, 9);
    let mut optimizer =
        Shampoo { learning_rate: 1.0, epsilon: 0.1, ..Shampoo::default() }.build::<f64>(one(&[5])).unwrap();
    let path = run(&mut optimizer, &[0.0; 5], &gradients);
    let mut sum = 0.1 * Matrix::identity(5, 5);
    for (t, g) in gradients.iter().enumerate() {
        let g = Matrix::from_column_slice(5, 1, g);
        sum += &g * g.transpose();
        let step = Matrix::from_fn(5, 1, |i, _| path[t][i] - path[t + 1][i]);
        // d = S^(−½) g, without a root: the two vectors S^½ d and g have the same Gram matrix with S.
        let root = function(&sum, f64::sqrt);
        assert!((root * step - g).amax() < 1e-12);
    }
}

#[test]
fn rotations_of_both_sides_rotate_the_path() {
    let (p, q) = (orthogonal(1, 7), orthogonal(2, 3));
    for settings in [settings()[0], settings()[2], settings()[6], settings()[11]] {
        let plain: Vec<Vec<f64>> = gradients(9, 21, 12);
        let turned: Vec<Vec<f64>> = plain.iter().map(|g| rows(&(&p * matrix(7, 3, g) * &q))).collect();
        let start = random(10, 7, 3);
        let path = run(&mut settings.build::<f64>(one(&[7, 3])).unwrap(), &rows(&start), &plain);
        let other =
            run(&mut settings.build::<f64>(one(&[7, 3])).unwrap(), &rows(&(&p * &start * &q)), &turned);
        let expected = &p * matrix(7, 3, &path[12]) * &q;
        assert!((expected - matrix(7, 3, &other[12])).amax() < 1e-12);
        assert!((matrix(7, 3, &path[12]) - &start).amax() > 0.1);
    }
}

/// Lemma 8: r (L + εI)^½ ⊗ (R + εI)^½ − rεI − Σ vec(G) vec(G)ᵀ is positive semidefinite.
#[test]
fn loewner() {
    let (m, n, epsilon) = (5, 3, 0.1);
    for rank in [1, 2, 3] {
        let settings = Shampoo { epsilon, ..Shampoo::default() };
        let mut optimizer = settings.build::<f64>(one(&[m, n])).unwrap();
        let mut theta = Array1::zeros(m * n);
        let mut sum = Matrix::identity(m * n, m * n) * (rank as f64 * epsilon);
        for t in 0..10 {
            let g = random(100 + t, m, rank) * random(200 + t, rank, n);
            let vec = Matrix::from_column_slice(m * n, 1, &rows(&g));
            sum += &vec * vec.transpose();
            optimizer.step(&mut theta, Array1::from(rows(&g)).view()).unwrap();
            let damped = |axis: usize, order: usize, power: f64| {
                let h = saved(&optimizer.state(), &format!("statistic {axis}/w"));
                function(&(h + epsilon * Matrix::identity(order, order)), |x| x.powf(power))
            };
            let bound = |power: f64| damped(0, m, power).kronecker(&damped(1, n, power)) * rank as f64;
            let least = |power: f64| (bound(power) - &sum).symmetric_eigenvalues().min();
            assert!(least(0.5) > -1e-12, "rank {rank}, step {t}: {}", least(0.5));
            // The bound is no triviality: with the power ¼ of the step itself there is none.
            assert!(t < 9 || least(0.25) < -0.1, "rank {rank}: {}", least(0.25));
        }
    }
    // One gradient of rank 1, without ε: equality.
    let g = random(7, m, 1) * random(8, 1, n);
    let vec = Matrix::from_column_slice(m * n, 1, &rows(&g));
    let mut optimizer = Shampoo::default().build::<f64>(one(&[m, n])).unwrap();
    optimizer.step(&mut Array1::zeros(m * n), Array1::from(rows(&g)).view()).unwrap();
    let root = |axis: usize| {
        function(&saved(&optimizer.state(), &format!("statistic {axis}/w")), |x| x.max(0.0).sqrt())
    };
    // Roots of eigenvalues that are 0 but for rounding: 1e-8.
    assert!((root(0).kronecker(&root(1)) - &vec * vec.transpose()).amax() < 1e-7);
}

#[test]
fn grafted_steps_have_the_length_of_the_other_method() {
    let gradients = gradients(12, 21, 6);
    let mut squares = vec![0.0; 21];
    let sgd = Shampoo { learning_rate: 0.3, graft: Graft::Sgd, ..Shampoo::default() };
    let adagrad = Shampoo { graft: Graft::Adagrad, ..sgd };
    let ours = run(&mut sgd.build::<f64>(one(&[7, 3])).unwrap(), &[0.0; 21], &gradients);
    let theirs = run(&mut adagrad.build::<f64>(one(&[7, 3])).unwrap(), &[0.0; 21], &gradients);
    for (t, g) in gradients.iter().enumerate() {
        squares.iter_mut().zip(g).for_each(|(sum, g)| *sum += g * g);
        let moved = |path: &[Vec<f64>]| distance_2(&path[t], &path[t + 1]);
        assert!((moved(&ours) - 0.3 * norm(g)).abs() < 1e-14 * norm(g));
        let steps: Vec<f64> =
            g.iter().zip(&squares).map(|(g, s)| if *g == 0.0 { 0.0 } else { g / s.sqrt() }).collect();
        assert!((moved(&theirs) - 0.3 * norm(&steps)).abs() < 1e-8);
    }
}

fn distance_2(a: &[f64], b: &[f64]) -> f64 {
    norm(&a.iter().zip(b).map(|(a, b)| a - b).collect::<Vec<_>>())
}

#[test]
fn roots_wait_for_their_interval() {
    let settings = Shampoo { interval: 3, ..Shampoo::default() };
    let mut optimizer = settings.build::<f64>(one(&[7, 3])).unwrap();
    let mut theta = Array1::zeros(21);
    let mut roots = vec![];
    for g in gradients(13, 21, 7) {
        optimizer.step(&mut theta, Array1::from(g).view()).unwrap();
        roots.push(saved(&optimizer.state(), "root 0/w"));
    }
    let changed: Vec<bool> = roots.windows(2).map(|pair| pair[0] != pair[1]).collect();
    assert_eq!(changed, [false, false, true, false, false, true]);
}

#[test]
fn a_constant_gradient_under_the_corrected_average_is_a_constant_step() {
    // H / (1 − β₂^t) = G Gᵀ at every step; the sum gives 1/√t of it.
    let g = random(14, 7, 3);
    let stream = vec![rows(&g); 5];
    let average = Shampoo {
        learning_rate: 1.0,
        epsilon: 0.0,
        accumulation: Accumulation::Average,
        ..Shampoo::default()
    };
    let path = run(&mut average.build::<f64>(one(&[7, 3])).unwrap(), &[0.0; 21], &stream);
    assert!((matrix(7, 3, &path[5]) + 5.0 * polar(&g, 0)).amax() < 1e-12);
    let sum = Shampoo { accumulation: Accumulation::Sum, ..average };
    let path = run(&mut sum.build::<f64>(one(&[7, 3])).unwrap(), &[0.0; 21], &stream);
    let length: f64 = (1..=5).map(|t| 1.0 / f64::from(t).sqrt()).sum();
    assert!((matrix(7, 3, &path[5]) + length * polar(&g, 0)).amax() < 1e-12);
}

#[test]
fn extreme_sizes_give_the_polar_factor_too() {
    // G Gᵀ spans e±300: nothing overflows on the way.
    let mut stream = Stream(3);
    for size in [1e-140, 1e-30, 1e30, 1e140] {
        let g = Matrix::from_fn(5, 4, |_, _| size * stream.dyadic());
        let exact = Shampoo { epsilon: 0.0, ..Shampoo::default() };
        let found = first_direction(exact, &g);
        assert!((found - polar(&(g / size), 0)).amax() < 1e-12, "{size:e}");
    }
}

#[test]
fn presets_are_what_they_say() {
    let port = Shampoo::preset("torch-optimizer").unwrap();
    assert_eq!((port.learning_rate, port.epsilon), (0.1, 1e-4));
    assert_eq!(port.exponent, RootExponent::Inverse);
    assert_eq!(Shampoo::preset("paper").unwrap(), Shampoo::default());
    assert!(Shampoo::preset("paperr").is_err());
}

#[test]
fn a_decay_inside_an_average_that_is_not_there_is_refused() {
    let settings = Shampoo { decay_form: DecayForm::Averaged, ..Shampoo::default() };
    let error = settings.build::<f64>(ParameterLayout::flat(3).unwrap()).unwrap_err();
    assert!(error.to_string().contains("decoupled, natural or penalty"), "{error}");
}
