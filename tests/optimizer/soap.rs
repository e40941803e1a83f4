//! SOAP against loops written from Vyas et al. 2024, and the properties that define it.

use super::run;
use super::tensors::{
    Matrix, gradients, gram, layout, matrix, multiply, norm, one, orthogonal, permute, polar, random, rows,
    saved, shapes,
};
use crate::support::distance;
use natgrad::Scalar;
use natgrad::ndarray::{Array1, ArrayView1};
use natgrad::optimizer::{Adam, OneDimensional, Optimizer, Settings, Soap, State};

/// One tensor, naively. The first bases are given: where eigenvalues are equal they are the eigensolver's choice.
fn transcription(
    settings: &Soap,
    shape: &[usize],
    first: &[Option<Matrix>],
    theta: &[f64],
    gradients: &[Vec<f64>],
) -> Vec<f64> {
    let s = settings;
    let beta = if s.shampoo_beta < 0.0 { s.beta2 } else { s.shampoo_beta };
    let mut theta = theta.to_vec();
    let mut q = first.to_vec();
    let mut h: Vec<Matrix> =
        (0..shape.len()).map(|axis| (1.0 - beta) * gram(shape, axis, &gradients[0])).collect();
    // m stays in the space of θ here: it need never be turned.
    let mut m = vec![0.0; theta.len()];
    let mut v = vec![0.0; theta.len()];
    let turn = |q: &[Option<Matrix>], x: &[f64], back: bool| {
        q.iter().enumerate().fold(x.to_vec(), |x, (axis, q)| match q {
            None => x,
            Some(q) => multiply(shape, axis, &if back { q.clone() } else { q.transpose() }, &x),
        })
    };
    for (step, g) in (1..).zip(&gradients[1..]) {
        m = m.iter().zip(g).map(|(m, g)| s.beta1 * m + (1.0 - s.beta1) * g).collect();
        let turned = turn(&q, g, false);
        v = v.iter().zip(&turned).map(|(v, g)| s.beta2 * v + (1.0 - s.beta2) * g * g).collect();
        let n: Vec<f64> =
            turn(&q, &m, false).iter().zip(&v).map(|(m, v)| m / (v.sqrt() + s.epsilon)).collect();
        let mut u = turn(&q, &n, true);
        if s.normalize_grads {
            let size = norm(&u) / (u.len() as f64).sqrt() + s.normalize_epsilon;
            u.iter_mut().for_each(|u| *u /= size);
        }
        let mut rate = s.learning_rate;
        if s.bias_correction {
            rate *= (1.0 - s.beta2.powi(step)).sqrt() / (1.0 - s.beta1.powi(step));
        }
        for (x, u) in theta.iter_mut().zip(&u) {
            *x -= rate * u;
            *x *= 1.0 - s.learning_rate * s.weight_decay;
        }
        for axis in 0..shape.len() {
            h[axis] = beta * &h[axis] + (1.0 - beta) * gram(shape, axis, g);
            if !(step as u64).is_multiple_of(s.interval) {
                continue;
            }
            if let Some(old) = &mut q[axis] {
                let sizes = (old.transpose() * &h[axis] * &*old).diagonal();
                let mut order: Vec<usize> = (0..shape[axis]).collect();
                order.sort_by(|&i, &j| sizes[j].total_cmp(&sizes[i]));
                let sorted = Matrix::from_fn(shape[axis], shape[axis], |i, j| old[(i, order[j])]);
                v = permute(shape, axis, &order, &v);
                *old = (&h[axis] * sorted).qr().q();
            }
        }
    }
    theta
}

fn settings() -> Vec<Soap> {
    let base = Soap { learning_rate: 0.02, epsilon: 1e-3, ..Soap::default() };
    vec![
        base,
        Soap { interval: 1, ..base },
        Soap { interval: 3, beta1: 0.7, beta2: 0.98, shampoo_beta: 0.6, weight_decay: 0.5, ..base },
        Soap { interval: 2, max_precond_dim: 4, ..base },
        Soap { interval: 2, normalize_grads: true, normalize_epsilon: 0.1, ..base },
        Soap { interval: 2, bias_correction: false, beta1: 0.0, ..base },
        // Six gradients until the first turn: before, the factor of five entries has eigenvalues 0 of its own choosing.
        Soap { interval: 5, one_dimensional: OneDimensional::Preconditioned, ..base },
    ]
}

fn bases(state: &State, name: &str, shape: &[usize]) -> Vec<Option<Matrix>> {
    let basis = |axis: usize| {
        let name = format!("basis {axis}/{name}");
        state.get(&name).is_some().then(|| saved(state, &name))
    };
    (0..shape.len()).map(basis).collect()
}

fn against_transcription<T: Scalar>(steps: usize) -> f64 {
    let dim = layout().dim();
    let theta: Vec<f64> = gradients(5, dim, 1).concat();
    let gradients = gradients(6, dim, steps);
    let mut worst = 0.0f64;
    for settings in settings() {
        let single = |x: &[f64]| x.iter().map(|&x| T::of(x)).collect::<Vec<T>>();
        let mut optimizer = settings.build::<T>(layout()).unwrap();
        let mut found = Array1::from(single(&theta));
        let mut first = State::default();
        for (t, g) in gradients.iter().enumerate() {
            optimizer.step(&mut found, Array1::from(single(g)).view()).unwrap();
            if t == 0 {
                first = optimizer.state();
            }
        }
        let found: Vec<f64> = found.iter().map(|x| x.as_f64()).collect();
        for (tensor, (name, shape)) in layout().tensors().iter().zip(shapes()) {
            let range = tensor.range();
            let own: Vec<Vec<f64>> = gradients.iter().map(|g| g[range.clone()].to_vec()).collect();
            let start = bases(&first, name, &shape);
            let turned = start.iter().flatten().count();
            match (name, settings.max_precond_dim, settings.one_dimensional) {
                ("weight", 4, _) => assert_eq!(turned, 1),
                ("kernel", 4, _) => assert_eq!(turned, 2),
                ("weight" | "kernel", ..) => assert_eq!(turned, shape.len()),
                ("bias", _, OneDimensional::Preconditioned) => assert_eq!(turned, 1),
                _ => assert_eq!(turned, 0),
            }
            let expected = transcription(&settings, &shape, &start, &theta[range.clone()], &own);
            let off = distance(&found[range], &expected) / norm(&expected).max(1.0);
            worst = worst.max(off);
        }
    }
    worst
}

#[test]
fn transcription_f64() {
    let worst = against_transcription::<f64>(25);
    assert!(worst < 1e-13, "{worst:e}");
}

#[test]
fn transcription_f32() {
    let worst = against_transcription::<f32>(25);
    assert!(worst < 8.0 * f64::from(f32::EPSILON), "{worst:e}");
}

#[test]
fn the_first_call_only_looks() {
    let settings =
        Soap { weight_decay: 0.5, one_dimensional: OneDimensional::Preconditioned, ..Soap::default() };
    let mut optimizer = settings.build::<f64>(layout()).unwrap();
    let start = Array1::from(gradients(1, layout().dim(), 1).concat());
    let mut theta = start.clone();
    let gradient = gradients(2, layout().dim(), 1).concat();
    optimizer.step(&mut theta, ArrayView1::from(&gradient)).unwrap();
    assert_eq!(theta, start);
    for (tensor, (name, shape)) in layout().tensors().iter().zip(shapes()) {
        for (axis, basis) in bases(&optimizer.state(), name, &shape).iter().enumerate() {
            let basis = basis.as_ref().unwrap();
            let h = gram(&shape, axis, &gradient[tensor.range()]);
            let seen = basis.transpose() * &h * basis;
            let off_diagonal = &seen - Matrix::from_diagonal(&seen.diagonal());
            assert!(off_diagonal.amax() < 1e-13 * h.amax());
            assert!(seen.diagonal().as_slice().windows(2).all(|pair| pair[0] >= pair[1] - 1e-13 * h.amax()));
        }
    }
}

#[test]
fn without_bases_it_is_adam() {
    let dim = layout().dim();
    let theta = gradients(3, dim, 1).concat();
    let gradients = gradients(4, dim, 40);
    let settings = Soap { max_precond_dim: 0, weight_decay: 0.0, epsilon: 0.0, ..Soap::default() };
    let soap = run(&mut settings.build::<f64>(layout()).unwrap(), &theta, &gradients);
    let adam = Adam { learning_rate: 3e-3, beta1: 0.95, beta2: 0.95, epsilon: 0.0, ..Adam::default() };
    let adam = run(&mut adam.build::<f64>(layout()).unwrap(), &theta, &gradients[1..]);
    assert!(distance(&soap[40], &adam[39]) < 1e-14);
    // Where ε stands: beside √v, so that a first gradient equal to it gives half of the longest step.
    let settings = Soap { learning_rate: 1.0, epsilon: 0.5 * 0.05f64.sqrt(), ..settings };
    let path = run(&mut settings.build::<f64>(one(&[1])).unwrap(), &[0.0], &vec![vec![0.5]; 2]);
    assert!((path[2][0] + 0.5).abs() < 1e-15, "{}", path[2][0]);
}

#[test]
fn without_memory_a_repeated_gradient_gives_its_polar_factor() {
    let settings = Soap {
        learning_rate: 1.0,
        beta1: 0.0,
        beta2: 0.0,
        epsilon: 1e-9,
        weight_decay: 0.0,
        interval: 1,
        ..Soap::default()
    };
    for (m, n) in [(7, 3), (3, 7), (4, 4)] {
        let g = random(m as u64, m, n);
        let path =
            run(&mut settings.build::<f64>(one(&[m, n])).unwrap(), &vec![0.0; m * n], &vec![rows(&g); 4]);
        for t in 1..=3 {
            let step = matrix(m, n, &path[t]) - matrix(m, n, &path[t + 1]);
            let off = (step - polar(&g, 0)).amax();
            // A coordinate that is 0 but for 1e-16 becomes 1e-16/ε: 3e-7.
            assert!(off < 1e-6, "{m} × {n}, step {t}: {off:e}");
        }
    }
}

/// ‖m‖ in the bases against that of the plain average, and v through the first change of bases.
#[test]
fn turns_keep_lengths() {
    let settings = Soap { interval: 3, ..Soap::default() };
    let mut optimizer = settings.build::<f64>(one(&[7, 3])).unwrap();
    let mut twin = Soap { interval: 1000, ..settings }.build::<f64>(one(&[7, 3])).unwrap();
    let (mut theta, mut other) = (Array1::zeros(21), Array1::zeros(21));
    let mut average = Matrix::zeros(7, 3);
    for (t, g) in gradients(5, 21, 20).into_iter().enumerate() {
        let g = Array1::from(g);
        optimizer.step(&mut theta, g.view()).unwrap();
        twin.step(&mut other, g.view()).unwrap();
        if t == 0 {
            continue;
        }
        average = 0.95 * average + 0.05 * matrix(7, 3, g.as_slice().unwrap());
        let state = optimizer.state();
        let m = matrix(7, 3, state.vector("first moment/w").unwrap().as_slice().unwrap());
        assert!((m.norm() - average.norm()).abs() < 1e-14 * average.norm(), "step {t}");
        let (left, right) = (saved(&state, "basis 0/w"), saved(&state, "basis 1/w"));
        assert!((&left * m * right.transpose() - &average).amax() < 1e-14);
        assert!((left.transpose() * &left - Matrix::identity(7, 7)).amax() < 1e-14);
        let second = |optimizer: &dyn Optimizer<f64>| {
            let mut v = optimizer.state().vector("second moment/w").unwrap().to_vec();
            v.sort_by(f64::total_cmp);
            v
        };
        // Until the gradient after the change comes in, v is the same up to its order.
        assert_eq!(second(&optimizer) == second(&twin), t <= 3, "step {t}");
    }
    let v = |optimizer: &dyn Optimizer<f64>| optimizer.state().vector("second moment/w").unwrap().to_vec();
    assert!(distance(&v(&optimizer), &v(&twin)) > 1e-3);
}

#[test]
fn rotations_of_both_sides_rotate_the_path() {
    // One more row than columns: the first factor has one eigenvalue 0, and its basis is determined but for signs.
    let (p, q) = (orthogonal(1, 5), orthogonal(2, 4));
    let plain: Vec<Vec<f64>> = gradients(9, 20, 12);
    let turned: Vec<Vec<f64>> = plain.iter().map(|g| rows(&(&p * matrix(5, 4, g) * &q))).collect();
    let start = random(10, 5, 4);
    let other_start = rows(&(&p * &start * &q));
    let settings = Soap { learning_rate: 0.1, interval: 2, ..Soap::default() };
    let off = |settings: Soap| {
        let path = run(&mut settings.build::<f64>(one(&[5, 4])).unwrap(), &rows(&start), &plain);
        let other = run(&mut settings.build::<f64>(one(&[5, 4])).unwrap(), &other_start, &turned);
        (&p * matrix(5, 4, &path[12]) * &q - matrix(5, 4, &other[12])).amax()
    };
    assert!(off(settings) < 1e-12, "{:e}", off(settings));
    // Adam knows its axes.
    assert!(off(Soap { max_precond_dim: 0, ..settings }) > 0.05);
}

#[test]
fn bases_become_eigenvectors() {
    let settings = Soap { shampoo_beta: 0.5, interval: 1, ..Soap::default() };
    let mut optimizer = settings.build::<f64>(one(&[4, 5])).unwrap();
    let mut theta = Array1::zeros(20);
    optimizer.step(&mut theta, Array1::from(rows(&random(1, 4, 5))).view()).unwrap();
    let g = random(2, 4, 5);
    let off_diagonal = |optimizer: &dyn Optimizer<f64>| {
        let basis = saved(&optimizer.state(), "basis 0/w");
        let seen = basis.transpose() * (&g * g.transpose()) * &basis;
        (&seen - Matrix::from_diagonal(&seen.diagonal())).amax()
    };
    optimizer.step(&mut theta, Array1::from(rows(&g)).view()).unwrap();
    assert!(off_diagonal(&optimizer) > 0.05);
    for _ in 0..400 {
        optimizer.step(&mut theta, Array1::from(rows(&g)).view()).unwrap();
    }
    assert!(off_diagonal(&optimizer) < 1e-12, "{:e}", off_diagonal(&optimizer));
}

/// Gradients that never leave a plane of rank 2: what has no direction keeps an orthonormal one, and nothing moves there.
#[test]
fn gradients_of_deficient_rank() {
    let (left, right) = (random(1, 7, 2), random(2, 2, 5));
    for frequency in [1, 2, 7] {
        let settings = Soap { learning_rate: 0.1, weight_decay: 0.0, interval: frequency, ..Soap::default() };
        let mut optimizer = settings.build::<f64>(one(&[7, 5])).unwrap();
        let mut theta = Array1::zeros(35);
        for t in 0..30 {
            let g = &left * random(100 + t, 2, 2) * &right;
            optimizer.step(&mut theta, Array1::from(rows(&g)).view()).unwrap();
            for (axis, order) in [(0, 7), (1, 5)] {
                let basis = saved(&optimizer.state(), &format!("basis {axis}/w"));
                assert!((basis.transpose() * &basis - Matrix::identity(order, order)).amax() < 1e-13);
            }
        }
        let theta = matrix(7, 5, theta.as_slice().unwrap());
        let inside = &left * left.clone().pseudo_inverse(1e-10).unwrap();
        let outside = (Matrix::identity(7, 7) - inside) * &theta;
        // Rounding, 1e-16, divided by ε and summed over the steps: 9e-8.
        assert!(outside.amax() < 1e-6 && theta.amax() > 0.1, "{:e}", outside.amax());
    }
}

#[test]
fn silence_then_gradients() {
    // H = 0 and Q = I at first; then the basis is found by iteration alone.
    let settings = Soap { interval: 2, ..Soap::default() };
    let mut stream = vec![vec![0.0; 21]; 6];
    stream.extend(gradients(3, 21, 6));
    let path = run(&mut settings.build::<f64>(one(&[7, 3])).unwrap(), &[1.0; 21], &stream);
    assert!((path[5][0] - (1.0f64 - 3e-5).powi(4)).abs() < 1e-15);
    assert!(path[12].iter().all(|x| x.is_finite()) && path[12][0] != path[6][0]);
}

#[test]
fn presets_are_what_they_say() {
    assert_eq!(Soap::preset("paper").unwrap(), Soap::default());
    assert_eq!(
        Soap::preset("pytorch-optimizer").unwrap(),
        Soap { normalize_epsilon: 1e-8, ..Soap::default() }
    );
    assert!(Soap::preset("adam").is_err());
}
