//! Adafactor against its recurrence, and what its factored second moment keeps.

use super::several_tensors::{SHAPES, apart, layout, problem};
use super::{flat, run};
use crate::support::{Stream, rms};
use natgrad::optimizer::stage::FactoredAxes;
use natgrad::optimizer::{Adafactor, DecayScale, EpsilonForm, OptimizerConfig, RmsProp};
use natgrad::{ParameterLayout, Scalar};

/// One tensor, in f64: V as a full array, made of means over slices found by coordinates.
fn tensor(s: &Adafactor, shape: &[usize], theta0: &[f64], gradients: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let count = theta0.len();
    let coordinates = |mut entry: usize| {
        let mut at = vec![0; shape.len()];
        for axis in (0..shape.len()).rev() {
            at[axis] = entry % shape[axis];
            entry /= shape[axis];
        }
        at
    };
    // Which axes: by hand for the shapes here.
    let axes = match (shape, s.factored_axes) {
        ([_, _], _) => Some((0, 1)),
        ([11, 2, 13], FactoredAxes::LastTwo) => Some((1, 2)),
        ([11, 2, 13], FactoredAxes::LargestTwo) => Some((0, 2)),
        _ => None,
    };
    let axes = axes.filter(|&(a, b)| shape[a] >= s.smallest_factored && shape[b] >= s.smallest_factored);
    // The entry of a slice along an axis that stands for all of it.
    let head = |entry: usize, axis: usize| {
        let stride: usize = shape[axis + 1..].iter().product();
        entry - coordinates(entry)[axis] * stride
    };
    let mean_along = |x: &[f64], axis: usize| -> Vec<f64> {
        let mut sums = vec![0.0; count];
        (0..count).for_each(|i| sums[head(i, axis)] += x[i]);
        (0..count).map(|i| sums[head(i, axis)] / shape[axis] as f64).collect()
    };
    let (added, floor) = match s.epsilon_form {
        EpsilonForm::Added => (s.epsilon1, 0.0),
        EpsilonForm::Floor => (0.0, s.epsilon1),
    };
    let mut x = theta0.to_vec();
    let (mut full, mut m) = (vec![0.0; count], vec![0.0; count]);
    let mut path = vec![x.clone()];
    for (k, g) in gradients.iter().enumerate() {
        let t = k as f64 + 1.0;
        let beta2 = (1.0 - t.powf(-s.decay_exponent)).min(s.beta2_limit);
        // Means are linear: the factors of the average are the means of the full average.
        for i in 0..count {
            full[i] = beta2 * full[i] + (1.0 - beta2) * (g[i] * g[i] + added);
        }
        let v: Vec<f64> = match axes {
            None => full.clone(),
            Some((a, b)) => {
                let (r, c) = (mean_along(&full, b), mean_along(&full, a));
                let all = mean_along(&r, a);
                (0..count).map(|i| r[i] * c[i] / f64::max(all[i], floor)).collect()
            }
        };
        let u: Vec<f64> = (0..count)
            .map(|i| {
                let root = f64::max(v[i].sqrt(), floor);
                if root > 0.0 { g[i] / root } else { 0.0 }
            })
            .collect();
        let mut rho = s.learning_rate;
        if s.relative_step {
            rho = rho.min(1.0 / t.sqrt());
        }
        if s.warmup_init {
            rho = rho.min(1e-6 * t);
        }
        let alpha = if s.scale_parameter { rho * f64::max(s.epsilon2, rms(&x)) } else { rho };
        let clip = f64::max(1.0, rms(&u) / s.clip);
        let decay = s.weight_decay
            * match s.decay_scale {
                DecayScale::Step => alpha,
                DecayScale::LearningRate => s.learning_rate,
                DecayScale::One => 1.0,
            };
        for i in 0..count {
            m[i] = s.beta1 * m[i] + (1.0 - s.beta1) * alpha * u[i] / clip;
            x[i] -= decay * x[i] + m[i];
        }
        path.push(x.clone());
    }
    path
}

/// η = 1 and nothing else: the step is the direction.
fn bare() -> Adafactor {
    Adafactor {
        learning_rate: 1.0,
        relative_step: false,
        scale_parameter: false,
        clip: f64::INFINITY,
        ..Adafactor::default()
    }
}

#[test]
fn a_floor_holds_for_the_mean_of_the_rows_too() {
    // R = C = 0.225 twice, and 0.3 in the place of their mean: V = 0.225²/0.3 = 0.16875.
    let floor = Adafactor { epsilon_form: EpsilonForm::Floor, epsilon1: 0.3, ..bare() };
    let path = run(
        &mut floor.build::<f64>(ParameterLayout::new([("w", vec![2, 2])]).unwrap()).unwrap(),
        &[0.0; 4],
        &[vec![0.3, 0.6, -0.6, 0.3]],
    );
    let expected = [-0.3, -0.6, 0.6, -0.3].map(|g: f64| g / 0.16875f64.sqrt());
    assert!(crate::support::distance(&path[1], &expected) < 1e-15);
}

#[test]
fn axes_behind_the_factored_ones_are_matrices_of_their_own() {
    let largest = Adafactor { factored_axes: FactoredAxes::LargestTwo, ..bare() };
    let mut stream = Stream(53);
    let gradients: Vec<Vec<f64>> =
        (0..3).map(|_| (0..30).map(|_| stream.heavy(-2.0, 1.0)).collect()).collect();
    let layout = |shape: &[usize]| ParameterLayout::new([("w", shape.to_vec())]).unwrap();
    let whole = run(&mut largest.build::<f64>(layout(&[5, 3, 2])).unwrap(), &[0.0; 30], &gradients);
    for slice in 0..2 {
        let part = |x: &Vec<f64>| x.iter().copied().skip(slice).step_by(2).collect::<Vec<f64>>();
        let own: Vec<Vec<f64>> = gradients.iter().map(part).collect();
        let alone = run(&mut largest.build::<f64>(layout(&[5, 3])).unwrap(), &[0.0; 15], &own);
        assert!(crate::support::distance(&part(&whole[3]), &alone[3]) < 1e-14);
    }
}

fn the_recurrence<T: Scalar>() {
    let (theta, gradients) = problem::<T>(51, 25);
    let wide = |x: &[T]| x.iter().map(|x| x.as_f64()).collect::<Vec<f64>>();
    let d = Adafactor::default();
    for s in [
        d,
        Adafactor { beta1: 0.9, beta2_limit: 0.7, weight_decay: 0.3, ..d },
        Adafactor {
            relative_step: false,
            scale_parameter: false,
            clip: f64::INFINITY,
            decay_exponent: 0.5,
            ..d
        },
        Adafactor { warmup_init: true, epsilon2: 2.0, clip: 0.5, epsilon1: 0.0, ..d },
        Adafactor { epsilon_form: EpsilonForm::Floor, epsilon1: 0.3, weight_decay: 0.1, ..d },
        Adafactor { decay_scale: DecayScale::LearningRate, weight_decay: 0.1, learning_rate: 0.3, ..d },
        Adafactor {
            factored_axes: FactoredAxes::LargestTwo,
            decay_scale: DecayScale::One,
            weight_decay: 0.01,
            ..d
        },
        Adafactor { factored_axes: FactoredAxes::LargestTwo, smallest_factored: 5, ..d },
        Adafactor { smallest_factored: 3, learning_rate: 0.2, ..d },
        // Steps that the root of t shortens, and an ε₁ that is seen.
        Adafactor { learning_rate: 0.9, epsilon1: 0.05, weight_decay: 0.2, ..d },
    ] {
        let found = run(&mut s.build::<T>(layout()).unwrap(), &theta, &gradients);
        let mut start = 0;
        for (name, shape) in SHAPES {
            let range = start..start + shape.iter().product::<usize>();
            start = range.end;
            let part = |row: &Vec<T>| wide(&row[range.clone()]);
            let gradients: Vec<Vec<f64>> = gradients.iter().map(part).collect();
            let expected = tensor(&s, shape, &wide(&theta[range.clone()]), &gradients);
            if range.is_empty() {
                continue;
            }
            let off = apart(&found.iter().map(part).collect::<Vec<_>>(), &expected);
            let tolerance = if T::NAME == "float64" { 1e-14 } else { 2e-6 };
            assert!(off < tolerance, "{name} {s:?}: {off:e}");
        }
    }
}

on_both!(the_recurrence);

fn absolute() -> Adafactor {
    Adafactor {
        relative_step: false,
        scale_parameter: false,
        clip: f64::INFINITY,
        epsilon1: 0.0,
        learning_rate: 1.0,
        ..Adafactor::default()
    }
}

#[test]
fn squares_of_rank_one_are_reproduced() {
    // |g| = a ⊗ b times a size per step: V is the full average, so the step is that of a full second moment.
    let mut stream = Stream(52);
    let (a, b): (Vec<f64>, Vec<f64>) = (
        (0..7).map(|_| stream.heavy(-2.0, 2.0)).collect(),
        (0..5).map(|_| stream.heavy(-2.0, 2.0)).collect(),
    );
    let gradients: Vec<Vec<f64>> = (0..20)
        .map(|_| {
            let size = stream.heavy(-2.0, 1.0);
            a.iter()
                .flat_map(|x| b.iter().map(|y| stream.sign() * size * x * y).collect::<Vec<_>>())
                .collect()
        })
        .collect();
    let matrix = ParameterLayout::new([("w", vec![7, 5])]).unwrap();
    let theta = vec![0.0; 35];
    let factored = run(&mut absolute().build::<f64>(matrix).unwrap(), &theta, &gradients);
    let full = run(&mut absolute().build::<f64>(flat(35)).unwrap(), &theta, &gradients);
    let off = apart(&factored, &full);
    assert!(off < 1e-14, "{off:e}");
    // The first step is the sign of the gradient, since the average is its square.
    for (x, g) in factored[1].iter().zip(&gradients[0]) {
        assert!((x + g.signum()).abs() < 1e-14, "{x} {g}");
    }
    // Of rank two it is not.
    let mut other = gradients;
    other[0][3] *= 100.0;
    let matrix = ParameterLayout::new([("w", vec![7, 5])]).unwrap();
    let factored = run(&mut absolute().build::<f64>(matrix).unwrap(), &theta, &other);
    let full = run(&mut absolute().build::<f64>(flat(35)).unwrap(), &theta, &other);
    assert!(apart(&factored, &full) > 0.1);
}

#[test]
fn a_vector_with_a_constant_memory_is_rmsprop_with_a_correction() {
    // β₂t stays at its limit as soon as 1 − t^−c passes it; with limit 0 every step forgets, as RMSProp with β₂ = 0.
    let (theta, gradients) = problem::<f64>(53, 20);
    let adafactor = Adafactor { beta2_limit: 0.0, learning_rate: 0.01, ..absolute() };
    let rmsprop = RmsProp { learning_rate: 0.01, beta2: 0.0, epsilon: 0.0, ..RmsProp::default() };
    let a = run(&mut adafactor.build::<f64>(flat(theta.len())).unwrap(), &theta, &gradients);
    let off = apart(&a, &run(&mut rmsprop.build::<f64>(flat(theta.len())).unwrap(), &theta, &gradients));
    assert!(off < 1e-14, "{off:e}");
}

#[test]
fn steps_are_relative_to_the_parameters_and_clipped() {
    let (theta, gradients) = problem::<f64>(54, 30);
    let path = run(&mut Adafactor::default().build::<f64>(layout()).unwrap(), &theta, &gradients);
    for (t, step) in path.windows(2).enumerate() {
        let rho = f64::min(0.01, 1.0 / (t as f64 + 1.0).sqrt());
        for range in [0..21, 21..26, 26..27, 27..313] {
            let moved: Vec<f64> = range.clone().map(|i| step[0][i] - step[1][i]).collect();
            let bound = rho * rms(&step[0][range]).max(1e-3);
            assert!(rms(&moved) <= bound * (1.0 + 1e-12), "{} {bound}", rms(&moved));
        }
    }
    // The scale of the loss does not matter as long as g² outweighs ε₁.
    let scaled: Vec<Vec<f64>> = gradients.iter().map(|g| g.iter().map(|g| 1024.0 * g).collect()).collect();
    let other = run(&mut Adafactor::default().build::<f64>(layout()).unwrap(), &theta, &scaled);
    let off = apart(&other, &path);
    assert!(off < 1e-14, "{off:e}");
}

#[test]
fn which_axes_are_factored() {
    use FactoredAxes::{LargestTwo, LastTwo};
    for (axes, shape, smallest, expected) in [
        (LastTwo, &[7, 3][..], 1, Some((0, 1))),
        (LastTwo, &[7, 3], 4, None),
        (LastTwo, &[7, 1], 1, Some((0, 1))),
        (LastTwo, &[11, 2, 13], 1, Some((1, 2))),
        (LargestTwo, &[11, 2, 13], 1, Some((0, 2))),
        (LargestTwo, &[13, 2, 11], 1, Some((0, 2))),
        (LargestTwo, &[5, 5, 5], 5, Some((1, 2))),
        (LargestTwo, &[5, 5, 3], 5, Some((0, 1))),
        (LargestTwo, &[11, 2, 13], 12, None),
        (LastTwo, &[11], 1, None),
        (LargestTwo, &[], 0, None),
    ] {
        assert_eq!(axes.of(shape, smallest), expected, "{axes} {shape:?} {smallest}");
    }
    let optimizer = Adafactor::default().build::<f64>(layout()).unwrap();
    let factored: Vec<bool> = optimizer.rules().iter().map(|rule| rule.is_factored()).collect();
    // w, b, scale, one without entries, kernel.
    assert_eq!(factored, [true, false, false, false, true]);
}

#[test]
fn presets() {
    let preset = |name: &str| {
        OptimizerConfig::from_toml(&format!("optimizer = 'adafactor'\npreset = '{name}'")).unwrap().to_toml()
    };
    let named = OptimizerConfig::named("adafactor").unwrap().to_toml();
    assert_eq!(preset("paper"), named);
    let different = |name: &str| {
        let text = preset(name);
        text.lines().filter(|line| !named.contains(line)).map(str::to_owned).collect::<Vec<_>>().join("; ")
    };
    assert_eq!(
        different("torch"),
        "decay_scale = \"lr\"; epsilon1 = 0.0000000000000002220446049250313; epsilon_form = \"floor\""
    );
    assert_eq!(different("pytorch-optimizer"), "beta1 = 0.9; beta2_limit = 0.999");
    assert_eq!(
        different("optax"),
        "decay_scale = \"one\"; factored_axes = \"largest-two\"; lr = 1.0; relative_step = false; smallest_factored = 128"
    );
    let error = OptimizerConfig::from_toml("optimizer = 'adafactor'\npreset = 'fairseq'").unwrap_err();
    assert_eq!(
        error.to_string(),
        "unknown preset of adafactor 'fairseq'; known: paper, torch, pytorch-optimizer, optax"
    );
}
