//! SWAN against its recurrence by the eigenvectors of nalgebra, and what whitening promises. (With the singular vectors of
//! nalgebra 0.35 in their place the same recurrence is off by a hundredth: some of these matrices are of exact rank one.)

use super::run;
use crate::support::{Stream, distance};
use nalgebra::DMatrix;
use natgrad::optimizer::stage::Whitening;
use natgrad::optimizer::{Adam, Optimizer, Swan, SwanRescaling};
use natgrad::{ParameterLayout, Scalar};

fn shapes() -> Vec<(&'static str, Vec<usize>)> {
    vec![
        ("wide", vec![3, 7]),
        ("b", vec![5]),
        ("tall", vec![11, 2]),
        ("kernel", vec![2, 3, 13]),
        ("s", vec![]),
        ("none", vec![0, 4]),
        ("column", vec![17, 1]),
    ]
}

fn layout() -> ParameterLayout {
    ParameterLayout::new(shapes()).unwrap()
}

fn problem<T: Scalar>(seed: u64, steps: usize) -> (Vec<T>, Vec<Vec<T>>) {
    let (mut stream, dim) = (Stream(seed), layout().dim());
    let mut numbers = || (0..dim).map(|_| T::of(stream.heavy(-1.0, 0.5))).collect::<Vec<T>>();
    let theta = numbers();
    (theta, (0..steps).map(|_| numbers()).collect())
}

/// Rows with mean 0 and variance 1.
fn standardised(g: &DMatrix<f64>) -> DMatrix<f64> {
    let n = g.ncols() as f64;
    let mut x = g.clone();
    for mut row in x.row_iter_mut() {
        let mean = row.iter().sum::<f64>() / n;
        let deviation = (row.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n).sqrt();
        row.iter_mut().for_each(|x| *x = (*x - mean) / deviation);
    }
    x
}

/// The singular value that `k` Newton-Schulz steps make of s, the recurrence in numbers.
fn scalar_newton_schulz(s: f64, k: u64, beta: f64) -> f64 {
    let (mut y, mut z) = (s * s, 1.0);
    for _ in 0..k {
        let t = 3.0 - z * y;
        (y, z) = (beta * y * t, beta * t * z);
    }
    z * s
}

/// D as a function of the Gram matrix of the shorter side, by the eigenvectors of nalgebra.
fn whitened(s: &Swan, x: &DMatrix<f64>) -> DMatrix<f64> {
    let wide = x.nrows() < x.ncols();
    let gram = if wide { x * x.transpose() } else { x.transpose() * x };
    let eigen = gram.symmetric_eigen();
    let (norm, largest) = (x.norm(), eigen.eigenvalues.max());
    let factors = eigen.eigenvalues.map(|square| {
        let value = square.max(0.0).sqrt();
        match s.whitening {
            _ if square < 1e-12 * largest => 0.0,
            Whitening::Exact => 1.0 / value,
            Whitening::NewtonSchulz => scalar_newton_schulz(value / norm, s.iterations, s.step) / value,
        }
    });
    let function = &eigen.eigenvectors * DMatrix::from_diagonal(&factors) * eigen.eigenvectors.transpose();
    let d = if wide { function * x } else { x * function };
    match s.rescale {
        SwanRescaling::Frobenius => &d * (x.norm() / d.norm()),
        SwanRescaling::None => d,
    }
}

fn transcription(s: &Swan, theta0: &[f64], gradients: &[Vec<f64>]) -> Vec<f64> {
    let adam = Adam {
        learning_rate: s.learning_rate,
        beta1: s.beta1,
        beta2: s.beta2,
        epsilon: s.epsilon,
        ..Adam::default()
    };
    let mut end = Vec::new();
    let mut start = 0;
    for (name, shape) in shapes() {
        let entries: usize = shape.iter().product();
        let columns = entries.checked_div(*shape.first().unwrap_or(&1)).unwrap_or(0);
        let outer = s.inner_only && (name == "wide" || name == "kernel");
        let mut theta = theta0[start..start + entries].to_vec();
        let (mut m, mut v) = (vec![0.0; entries], vec![0.0; entries]);
        for (k, gradient) in gradients.iter().enumerate().filter(|_| entries > 0) {
            let g = &gradient[start..start + entries];
            let t = k as i32 + 1;
            let step: Vec<f64> = if shape.len() >= 2 && columns > 1 && !outer {
                let x = standardised(&DMatrix::from_row_slice(shape[0], columns, g));
                (whitened(s, &x) * s.scale).transpose().iter().copied().collect()
            } else {
                (0..entries)
                    .map(|i| {
                        m[i] = adam.beta1 * m[i] + (1.0 - adam.beta1) * g[i];
                        v[i] = adam.beta2 * v[i] + (1.0 - adam.beta2) * g[i] * g[i];
                        let root = (v[i] / (1.0 - adam.beta2.powi(t))).sqrt();
                        m[i] / (1.0 - adam.beta1.powi(t)) / (root + adam.epsilon)
                    })
                    .collect()
            };
            theta.iter_mut().zip(step).for_each(|(x, d)| *x -= s.learning_rate * (d + s.weight_decay * *x));
        }
        end.extend(theta);
        start += entries;
    }
    end
}

fn variants() -> Vec<Swan> {
    let base = Swan { learning_rate: 0.01, ..Swan::default() };
    let schulz = Swan { whitening: Whitening::NewtonSchulz, iterations: 4, ..base };
    vec![
        base,
        Swan { rescale: SwanRescaling::None, weight_decay: 0.3, ..base },
        Swan { scale: 0.05, inner_only: true, beta1: 0.5, ..base },
        schulz,
        Swan { iterations: 6, rescale: SwanRescaling::None, ..schulz },
        Swan { step: 0.8, ..schulz },
        Swan { step: 0.4, iterations: 2, ..schulz },
    ]
}

#[test]
fn the_recurrence_written_out() {
    let (theta, gradients) = problem::<f64>(41, 50);
    let mut ends: Vec<Vec<f64>> = Vec::new();
    for settings in variants() {
        let found = run(&mut settings.build::<f64>(layout()).unwrap(), &theta, &gradients);
        let expected = transcription(&settings, &theta, &gradients);
        let off = distance(&found[50], &expected);
        println!("swan f64 {off:e}");
        assert!(off < 1e-12, "{off:e} {settings:?}");
        assert!(ends.iter().all(|end| distance(end, &expected) > 1e-6), "{settings:?}");
        ends.push(expected);
    }
}

#[test]
fn single_precision() {
    let (theta, gradients) = problem::<f32>(42, 20);
    let wide = |x: &[f32]| x.iter().map(|&x| f64::from(x)).collect::<Vec<f64>>();
    let rows: Vec<Vec<f64>> = gradients.iter().map(|g| wide(g)).collect();
    for settings in variants() {
        let found = run(&mut settings.build::<f32>(layout()).unwrap(), &theta, &gradients);
        let off = distance(&wide(&found[20]), &transcription(&settings, &wide(&theta), &rows));
        assert!(off < 3e-6, "{off:e} {settings:?}");
    }
}

/// D of one matrix: the step from 0 at rate 1, turned round.
fn direction(settings: Swan, g: &DMatrix<f64>) -> DMatrix<f64> {
    let (rows, columns) = g.shape();
    let layout = ParameterLayout::new([("w", vec![rows, columns])]).unwrap();
    let mut optimizer = Swan { learning_rate: 1.0, ..settings }.build::<f64>(layout).unwrap();
    let flat: Vec<f64> = g.transpose().iter().copied().collect();
    let path = run(&mut optimizer, &vec![0.0; rows * columns], &[flat]);
    -DMatrix::from_row_slice(rows, columns, &path[1])
}

fn gradient(rows: usize, columns: usize, seed: u64) -> DMatrix<f64> {
    let mut stream = Stream(seed);
    DMatrix::from_fn(rows, columns, |_, _| stream.heavy(-2.0, 2.0))
}

const PLAIN: fn() -> Swan = || Swan { rescale: SwanRescaling::None, ..Swan::default() };

#[test]
fn rows_become_orthonormal_and_centred() {
    for (rows, columns) in [(5, 17), (5, 7), (5, 6), (1, 3)] {
        let d = direction(PLAIN(), &gradient(rows, columns, 43));
        let gram = &d * d.transpose();
        assert!((gram - DMatrix::identity(rows, rows)).amax() < 1e-14);
        assert!((d.norm() - (rows as f64).sqrt()).abs() < 1e-14);
        // Rows of X are orthogonal to (1, …, 1), and so are those of D, which spans the same space.
        assert!(d.column_sum().amax() < 1e-13, "{:e}", d.column_sum().amax());
        // Rescaled, the root mean square is 1: the length of X is √(mn).
        let rescaled = direction(Swan::default(), &gradient(rows, columns, 43));
        assert!((rescaled.norm() - ((rows * columns) as f64).sqrt()).abs() < 1e-13);
    }
}

#[test]
fn a_matrix_that_is_not_wider_than_tall_has_rank_one_less() {
    // Centred rows have 1 in the kernel: X Xᵀ is singular, and D is the partial isometry between the ranges.
    for (rows, columns) in [(7, 7), (11, 5), (13, 2)] {
        let d = direction(PLAIN(), &gradient(rows, columns, 44));
        let expected = DMatrix::identity(columns, columns)
            - DMatrix::from_element(columns, columns, 1.0 / columns as f64);
        assert!((d.transpose() * &d - expected).amax() < 1e-13);
        assert!((d.norm_squared() - (columns - 1) as f64).abs() < 1e-12);
        let schulz = direction(
            Swan { whitening: Whitening::NewtonSchulz, iterations: 30, ..PLAIN() },
            &gradient(rows, columns, 44),
        );
        println!("newton-schulz, singular: {:e}", (&schulz - &d).amax());
        assert!((schulz - d).amax() < 1e-9);
    }
}

#[test]
fn scales_and_shifts_of_rows_do_not_matter() {
    let g = gradient(5, 11, 45);
    let mut changed = g.clone();
    for (i, mut row) in changed.row_iter_mut().enumerate() {
        row.iter_mut().for_each(|x| {
            *x = *x * 10f64.powi(3 * i as i32 - 6) + (i as f64 - 2.0) * 10f64.powi(3 * i as i32 - 6)
        });
    }
    for settings in [PLAIN(), Swan::default(), Swan { whitening: Whitening::NewtonSchulz, ..PLAIN() }] {
        let off = (direction(settings, &g) - direction(settings, &changed)).amax();
        assert!(off < 1e-12, "{off:e}");
    }
    // The columns are another matter.
    let mut columns = g.clone();
    columns.column_mut(0).iter_mut().for_each(|x| *x *= 3.0);
    assert!((direction(PLAIN(), &g) - direction(PLAIN(), &columns)).amax() > 0.01);
}

#[test]
fn it_is_the_polar_factor() {
    // The nearest matrix with orthonormal rows: no rotation of it is nearer to X.
    let g = gradient(5, 13, 46);
    let (d, x) = (direction(PLAIN(), &g), standardised(&g));
    let symmetric = &x * d.transpose();
    assert!((&symmetric - symmetric.transpose()).amax() < 1e-13, "X = P D with P symmetric");
    assert!(symmetric.clone().symmetric_eigenvalues().min() > 0.0, "and positive");
    assert!((symmetric * d - x).amax() < 1e-13);
}

#[test]
fn rows_that_are_nearly_equal_are_whitened_too() {
    // Singular values about 5, 1e-5 and 1e-9: those of the Gram matrix, their squares, are beyond its rounding.
    let noise = gradient(3, 13, 51);
    let g = DMatrix::from_fn(3, 13, |i, j| noise[(0, j)] + [0.0, 1e-6, 1e-10][i] * noise[(i, j)]);
    for g in [g.clone(), g.columns(0, 4).into_owned()] {
        let (least, greatest) = singular_values(&standardised(&g));
        let d = direction(PLAIN(), &g);
        let off = (&d * d.transpose() - DMatrix::identity(3, 3)).amax();
        println!("singular values {greatest:e} to {least:e}: {off:e}");
        assert!(least < 1e-8 * greatest && off < 1e-13, "{off:e}");
    }
}

fn singular_values(d: &DMatrix<f64>) -> (f64, f64) {
    let values = d.clone().svd(false, false).singular_values;
    (values.min(), values.max())
}

#[test]
fn newton_schulz_converges_between_a_third_and_two_thirds() {
    let g = gradient(7, 23, 47);
    let x = standardised(&g);
    let (least, greatest) = singular_values(&x);
    println!("condition {}", greatest / least);
    let values = |iterations, step| {
        let d = direction(Swan { whitening: Whitening::NewtonSchulz, iterations, step, ..PLAIN() }, &g);
        // Every singular value is what the recurrence in numbers makes of it.
        let mut expected: Vec<f64> = x
            .clone()
            .svd(false, false)
            .singular_values
            .iter()
            .map(|s| scalar_newton_schulz(s / x.norm(), iterations, step).abs())
            .collect();
        let mut found: Vec<f64> = d.svd(false, false).singular_values.iter().copied().collect();
        expected.sort_by(f64::total_cmp);
        found.sort_by(f64::total_cmp);
        assert!(distance(&expected, &found) < 1e-9, "{iterations} {step}: {:e}", distance(&expected, &found));
        (found[0], found[found.len() - 1])
    };
    // The condition of these rows is 3.05. At ½ the convergence is quadratic: after ten steps D is exact.
    assert!((greatest / least - 3.047).abs() < 1e-3);
    for (k, worst) in [(5, 0.8890), (6, 0.9822), (8, 0.9999997)] {
        let (low, high) = values(k, 0.5);
        assert!((low - worst).abs() < 1e-4 && high < 1.0 + 1e-14, "{low} {high}");
    }
    let (low, high) = values(10, 0.5);
    assert!(low > 1.0 - 1e-14 && high < 1.0 + 1e-14);
    // Elsewhere it is linear, with factor 3 − 6β, to √(3 − 1/β).
    for beta in [0.34f64, 0.4, 0.6, 0.65] {
        let fixed = (3.0 - 1.0 / beta).sqrt();
        let (low, high) = values(200, beta);
        assert!((low - fixed).abs() < 1e-4 && (high - fixed).abs() < 1e-4, "{low} {high} {fixed}");
    }
    for beta in [0.4f64, 0.6] {
        let fixed = (3.0 - 1.0 / beta).sqrt();
        let mean = |k| (values(k, beta).0 + values(k, beta).1) / 2.0 - fixed;
        let factor = mean(19) / mean(18);
        println!("factor at {beta}: {factor}");
        assert!((factor - (3.0 - 6.0 * beta)).abs() < 0.02, "{factor}");
    }
    // Below ⅓ everything goes to 0.
    assert!(values(200, 0.3).1 < 1e-8);
    // At 0.8 nothing is reached: the values wander about, as they still do after any number of steps.
    let mut range = (f64::INFINITY, 0.0f64);
    for k in 8..=12 {
        let (low, high) = values(k, 0.8);
        assert!(high / low > 1.3, "{k}: {low} {high}");
        range = (range.0.min(low), range.1.max(high));
    }
    println!("at 0.8: {range:?}");
    assert!(range.0 < 0.95 && (1.55..1.65).contains(&range.1));
}

#[test]
fn constant_rows_and_zeros_do_not_move() {
    for whitening in [Whitening::Exact, Whitening::NewtonSchulz] {
        for rescale in [SwanRescaling::Frobenius, SwanRescaling::None] {
            let settings = Swan { whitening, rescale, ..Swan::default() };
            assert_eq!(direction(settings, &DMatrix::zeros(3, 5)).amax(), 0.0);
            // 0.1 is no binary number: its mean differs from it by rounding, which must not be blown up.
            let mut g = gradient(3, 7, 48);
            g.row_mut(1).fill(0.1);
            let d = direction(settings, &g);
            assert!(d.row(1).amax() < 1e-15, "{whitening}");
            assert!(d.row(0).amax() > 0.1);
            // Sizes whose squares are 0 or infinite.
            for size in [1e-200, 1e200] {
                let off = (direction(settings, &(&g * size)) - &d).amax();
                assert!(off < 1e-12, "{off:e}");
            }
        }
    }
}

#[test]
fn equal_rows_are_whitened_together() {
    // Rank 1: two equal rows share one singular vector, and each gets 1/√2 of it.
    let mut g = DMatrix::zeros(2, 5);
    g.set_row(0, &gradient(1, 5, 49).row(0));
    g.set_row(1, &(gradient(1, 5, 49).row(0) * 3.0));
    let (d, x) = (direction(PLAIN(), &g), standardised(&g));
    assert!((d - x / 10f64.sqrt()).amax() < 1e-14);
}

#[test]
fn only_tensors_under_adam_have_a_state() {
    let (theta, gradients) = problem::<f64>(50, 20);
    let settings = Swan { inner_only: true, ..Swan::default() };
    let names = |settings: Swan| -> Vec<String> {
        let optimizer = settings.build::<f64>(layout()).unwrap();
        let state = optimizer.state();
        state.arrays().filter_map(|(name, _)| name.strip_prefix("momentum/").map(str::to_owned)).collect()
    };
    assert_eq!(names(Swan::default()), ["b", "column", "none", "s"]);
    assert_eq!(names(settings), ["b", "column", "kernel", "none", "s", "wide"]);
    let whole = run(&mut settings.build::<f64>(layout()).unwrap(), &theta, &gradients);
    let mut first = settings.build::<f64>(layout()).unwrap();
    run(&mut first, &theta, &gradients[..9]);
    let mut second = settings.build::<f64>(layout()).unwrap();
    second.restore(&first.state()).unwrap();
    assert_eq!(run(&mut second, &whole[9], &gradients[9..]), whole[9..]);
}

#[test]
fn settings_are_checked() {
    let refused = |settings: Swan| settings.build::<f64>(layout()).unwrap_err().to_string();
    assert!(refused(Swan { scale: f64::INFINITY, ..Swan::default() }).starts_with("scale = inf;"));
    assert!(refused(Swan { step: f64::NAN, ..Swan::default() }).starts_with("step = NaN;"));
    assert!(refused(Swan { iterations: 10_000, ..Swan::default() }).starts_with("iterations = 10000;"));
    assert!(refused(Swan { weight_decay: -1.0, ..Swan::default() }).starts_with("weight_decay = -1;"));
    assert!(refused(Swan { beta2: 1.0, ..Swan::default() }).starts_with("beta2 = 1;"));
}
