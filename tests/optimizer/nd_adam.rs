//! ND-Adam against its recurrence written out, and the geometry that it promises.

use super::run;
use crate::support::{Stream, distance};
use natgrad::ndarray::{Array1, arr1};
use natgrad::optimizer::stage::EpsilonPlacement;
use natgrad::optimizer::{
    Adam, AmsGrad, InitialVectors, NdAdam, Optimizer, OptimizerConfig, SingleInput, SphereAdam, VectorMoment,
};
use natgrad::{Error, ParameterLayout, Scalar};

/// A matrix, a bias, a kernel of three axes, a number, nothing, a matrix without columns.
pub(super) fn shapes() -> Vec<(&'static str, Vec<usize>)> {
    vec![
        ("w0", vec![5, 7]),
        ("b0", vec![13]),
        ("kernel", vec![3, 2, 11]),
        ("scale", vec![]),
        ("empty", vec![0]),
        ("hollow", vec![3, 0]),
    ]
}

pub(super) fn layout() -> ParameterLayout {
    ParameterLayout::new(shapes()).unwrap()
}

pub(super) fn problem<T: Scalar>(seed: u64, steps: usize) -> (Vec<T>, Vec<Vec<T>>) {
    let mut stream = Stream(seed);
    let dim = layout().dim();
    let mut numbers = |low, high| (0..dim).map(|_| T::of(stream.heavy(low, high))).collect::<Vec<T>>();
    let theta = numbers(-1.0, 0.5);
    (theta, (0..steps).map(|_| numbers(-2.0, 1.0)).collect())
}

/// The ranges of the unit vectors of [`layout`], and of its scalars.
pub(super) fn parts() -> (Vec<std::ops::Range<usize>>, Vec<usize>) {
    let (mut vectors, mut scalars, mut start) = (Vec::new(), Vec::new(), 0);
    for (_, shape) in shapes() {
        let entries: usize = shape.iter().product();
        if shape.len() >= 2 && entries > 0 {
            let inputs: usize = shape[1..].iter().product();
            vectors.extend((0..shape[0]).map(|unit| start + unit * inputs..start + (unit + 1) * inputs));
        } else {
            scalars.extend(start..start + entries);
        }
        start += entries;
    }
    (vectors, scalars)
}

/// The recurrence, in f64 and with one number at a time.
fn transcription(s: &NdAdam, theta0: &[f64], gradients: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let (vectors, scalars) = parts();
    let mut theta = theta0.to_vec();
    if s.initial == InitialVectors::Normalised {
        for range in &vectors {
            let norm = theta[range.clone()].iter().map(|x| x * x).sum::<f64>().sqrt();
            theta[range.clone()].iter_mut().for_each(|x| *x /= norm);
        }
    }
    let mut m = vec![0.0; theta.len()];
    let mut v = vec![0.0; theta.len()];
    let mut path = vec![theta.clone()];
    for (k, gradient) in gradients.iter().enumerate() {
        let t = k as i32 + 1;
        let (c1, c2) = (1.0 - s.beta1.powi(t), 1.0 - s.beta2.powi(t));
        let quotient = |m: f64, v: f64| match s.epsilon_placement {
            EpsilonPlacement::Tensorflow => m / c1 / ((v / c2).sqrt() + s.epsilon),
            EpsilonPlacement::Pytorch => c2.sqrt() / c1 * m / (v.sqrt() + s.epsilon),
        };
        for &i in &scalars {
            let g = gradient[i] + s.weight_decay * theta[i];
            m[i] = s.beta1 * m[i] + (1.0 - s.beta1) * g;
            v[i] = s.beta2 * v[i] + (1.0 - s.beta2) * g * g;
            theta[i] -= s.learning_rate * quotient(m[i], v[i]);
        }
        for range in &vectors {
            let dot: f64 = range.clone().map(|i| gradient[i] * theta[i]).sum();
            let g: Vec<f64> = range
                .clone()
                .map(|i| if s.projection { gradient[i] - dot * theta[i] } else { gradient[i] })
                .collect();
            let square: f64 = g.iter().map(|g| g * g).sum();
            for (i, g) in range.clone().zip(&g) {
                let square = if s.second_moment == VectorMoment::Unit { square } else { g * g };
                m[i] = s.beta1 * m[i] + (1.0 - s.beta1) * g;
                v[i] = s.beta2 * v[i] + (1.0 - s.beta2) * square;
                theta[i] -= s.vector_factor * s.learning_rate * quotient(m[i], v[i]);
            }
            let norm = range.clone().map(|i| theta[i] * theta[i]).sum::<f64>().sqrt();
            range.clone().for_each(|i| theta[i] /= norm);
        }
        path.push(theta.clone());
    }
    path
}

fn variants() -> Vec<NdAdam> {
    let base = NdAdam { learning_rate: 3e-3, epsilon: 1e-3, weight_decay: 0.3, ..NdAdam::default() };
    vec![
        NdAdam::default(),
        base,
        NdAdam { epsilon_placement: EpsilonPlacement::Pytorch, beta1: 0.7, ..base },
        NdAdam { projection: false, vector_factor: 7.0, ..base },
        NdAdam { second_moment: VectorMoment::Coordinate, beta2: 0.9, ..base },
        NdAdam::tensorflow(),
        NdAdam { weight_decay: 0.2, ..NdAdam::pytorch() },
        NdAdam { beta1: 0.0, beta2: 0.0, ..base },
    ]
}

#[test]
fn the_recurrence_written_out() {
    let (theta, gradients) = problem::<f64>(1, 300);
    let mut finals: Vec<Vec<f64>> = Vec::new();
    let mut worst = 0.0f64;
    for settings in variants() {
        let found = run(&mut settings.build::<f64>(layout()).unwrap(), &theta, &gradients);
        let expected = transcription(&settings, &theta, &gradients);
        for (found, expected) in found.iter().zip(&expected) {
            worst = worst.max(distance(found, expected));
        }
        // Every choice makes a difference.
        assert!(finals.iter().all(|other| distance(other, &expected[300]) > 1e-3), "{settings:?}");
        finals.push(expected[300].clone());
    }
    println!("nd-adam f64 worst {worst:e}");
    assert!(worst < 1e-13, "{worst:e}");
}

#[test]
fn single_precision() {
    let (theta, gradients) = problem::<f32>(2, 100);
    let wide = |x: &[f32]| x.iter().map(|&x| f64::from(x)).collect::<Vec<f64>>();
    let rows: Vec<Vec<f64>> = gradients.iter().map(|g| wide(g)).collect();
    for settings in variants() {
        let found = run(&mut settings.build::<f32>(layout()).unwrap(), &theta, &gradients);
        let expected = transcription(&settings, &wide(&theta), &rows);
        let off = distance(&wide(&found[100]), &expected[100]);
        println!("nd-adam f32 {off:e}");
        assert!(off < 1e-5, "{off:e}: {settings:?}");
    }
}

#[test]
fn the_presets_are_named() {
    for (name, settings) in [("tensorflow", NdAdam::tensorflow()), ("pytorch", NdAdam::pytorch())] {
        let config =
            OptimizerConfig::from_toml(&format!("optimizer = 'nd-adam'\npreset = '{name}'")).unwrap();
        let (theta, gradients) = problem::<f64>(3, 5);
        let named = run(config.optimizer::<f64>(layout()).unwrap().as_mut(), &theta, &gradients);
        assert_eq!(named, run(&mut settings.build::<f64>(layout()).unwrap(), &theta, &gradients));
        assert_eq!(named[0], theta, "as given");
    }
}

fn norms(theta: &[f64]) -> Vec<f64> {
    parts().0.into_iter().map(|r| theta[r].iter().map(|x| x * x).sum::<f64>().sqrt()).collect()
}

#[test]
fn vectors_are_of_unit_norm_after_every_step() {
    let (theta, gradients) = problem::<f64>(4, 300);
    for settings in variants() {
        let path = run(&mut settings.build::<f64>(layout()).unwrap(), &theta, &gradients);
        let first = usize::from(settings.initial == InitialVectors::AsGiven);
        assert_eq!(first == 1, distance(&norms(&path[0]), &[1.0; 8]) > 0.1);
        for theta in &path[first..] {
            assert!(distance(&norms(theta), &[1.0; 8]) < 4.0 * f64::EPSILON);
        }
    }
}

fn cosines(a: &[f64], b: &[f64]) -> Vec<f64> {
    parts().0.into_iter().map(|r| r.map(|i| a[i] * b[i]).sum()).collect()
}

#[test]
fn the_first_step_turns_every_unit_by_the_same_angle() {
    let (theta, gradients) = problem::<f64>(5, 1);
    let settings = NdAdam { epsilon: 0.0, ..NdAdam::default() };
    let path = run(&mut settings.build::<f64>(layout()).unwrap(), &theta, &gradients);
    // ‖w'‖ = √(1 + α_v²) with w' − w ⊥ w, so that w·w₁ = 1/‖w'‖; α_v = 0.05 is 2.862°.
    let angles: Vec<f64> = cosines(&path[0], &path[1]).iter().map(|c| c.acos().to_degrees()).collect();
    assert!(distance(&angles, &[0.05f64.atan().to_degrees(); 8]) < 1e-12, "{angles:?}");
    assert!((angles[0] - 2.8624).abs() < 1e-4);
    // The ablations turn every unit differently.
    for other in [
        NdAdam { projection: false, ..settings },
        NdAdam { second_moment: VectorMoment::Coordinate, ..settings },
    ] {
        let path = run(&mut other.build::<f64>(layout()).unwrap(), &theta, &gradients);
        assert!(distance(&cosines(&path[0], &path[1]), &[1.0 / 1.0025f64.sqrt(); 8]) > 1e-4);
    }
}

#[test]
fn a_scale_of_the_loss_does_not_matter() {
    let (theta, gradients) = problem::<f64>(6, 50);
    let settings = NdAdam { epsilon: 0.0, ..NdAdam::default() };
    let scaled: Vec<Vec<f64>> = gradients.iter().map(|g| g.iter().map(|x| 1e7 * x).collect()).collect();
    let one = run(&mut settings.build::<f64>(layout()).unwrap(), &theta, &gradients);
    let other = run(&mut settings.build::<f64>(layout()).unwrap(), &theta, &scaled);
    assert!(distance(&one[50], &other[50]) < 1e-14, "{:e}", distance(&one[50], &other[50]));
    let with_epsilon = NdAdam { epsilon: 0.1, ..settings };
    let one = run(&mut with_epsilon.build::<f64>(layout()).unwrap(), &theta, &gradients);
    assert!(distance(&one[50], &other[50]) > 1e-3);
}

/// A rotation of every vector, a product of plane rotations.
fn rotated(x: &[f64]) -> Vec<f64> {
    let mut x = x.to_vec();
    for range in parts().0 {
        for k in 0..3 * range.len() {
            let (i, j) = (range.start + k % range.len(), range.start + (2 * k + 1) % range.len());
            if i != j {
                let (sine, cosine) = (0.7 + k as f64).sin_cos();
                (x[i], x[j]) = (cosine * x[i] - sine * x[j], sine * x[i] + cosine * x[j]);
            }
        }
    }
    x
}

#[test]
fn it_turns_with_the_inputs_and_adam_does_not() {
    let (theta, gradients) = problem::<f64>(7, 50);
    let turned: Vec<Vec<f64>> = gradients.iter().map(|g| rotated(g)).collect();
    let off = |optimizer: &dyn Fn() -> Box<dyn Optimizer<f64>>| {
        let straight = run(optimizer().as_mut(), &theta, &gradients);
        let there = run(optimizer().as_mut(), &rotated(&theta), &turned);
        distance(&rotated(&straight[50]), &there[50])
    };
    let nd_adam = off(&|| Box::new(NdAdam::default().build(layout()).unwrap()));
    assert!(nd_adam < 1e-14, "{nd_adam:e}");
    let sphere = off(&|| {
        Box::new(SphereAdam { vector_factor: 50.0, ..SphereAdam::default() }.build(layout()).unwrap())
    });
    assert!(sphere < 1e-14, "{sphere:e}");
    let coordinate = NdAdam { second_moment: VectorMoment::Coordinate, ..NdAdam::default() };
    assert!(off(&|| Box::new(coordinate.build(layout()).unwrap())) > 0.05);
    assert!(
        off(&|| Box::new(Adam { learning_rate: 0.05, ..Adam::default() }.build(layout()).unwrap())) > 0.05
    );
}

#[test]
fn a_radial_gradient_changes_nothing() {
    // Hence weight decay on vectors is a no-op.
    let (theta, gradients) = problem::<f64>(8, 50);
    let off = |settings: NdAdam| {
        let mut plain = settings.build::<f64>(layout()).unwrap();
        let mut decayed = settings.build::<f64>(layout()).unwrap();
        let mut x = Array1::from(theta.clone());
        plain.prepare(&mut x).unwrap();
        let mut y = x.clone();
        for (t, g) in gradients.iter().enumerate() {
            plain.step(&mut x, arr1(g).view()).unwrap();
            let mut g = g.clone();
            for range in parts().0 {
                range.for_each(|i| g[i] += (t as f64 - 20.0) * y[i]);
            }
            decayed.step(&mut y, arr1(&g).view()).unwrap();
        }
        distance(x.as_slice().unwrap(), y.as_slice().unwrap())
    };
    assert!(off(NdAdam::default()) < 1e-13, "{:e}", off(NdAdam::default()));
    assert!(off(NdAdam { projection: false, ..NdAdam::default() }) > 0.1);
}

/// How much of x is outside the span.
fn outside(x: &[f64], span: &[Vec<f64>]) -> f64 {
    let mut basis: Vec<Vec<f64>> = Vec::new();
    let reduce = |x: &[f64], basis: &[Vec<f64>]| {
        let mut rest = x.to_vec();
        for _ in 0..2 {
            for b in basis {
                let along: f64 = rest.iter().zip(b).map(|(r, b)| r * b).sum();
                rest.iter_mut().zip(b).for_each(|(r, b)| *r -= along * b);
            }
        }
        rest
    };
    for vector in span {
        let rest = reduce(vector, &basis);
        let norm = rest.iter().map(|x| x * x).sum::<f64>().sqrt();
        basis.push(rest.iter().map(|x| x / norm).collect());
    }
    reduce(x, &basis).iter().map(|x| x * x).sum::<f64>().sqrt()
}

#[test]
fn momentum_and_weights_stay_in_the_span_of_the_gradients() {
    let (theta, gradients) = problem::<f64>(9, 4);
    let kernel = 48 + 22..48 + 44; // the second unit of the kernel: 22 inputs, so that 5 vectors are few
    let off = |settings: NdAdam| {
        let mut optimizer = settings.build::<f64>(layout()).unwrap();
        let mut x = Array1::from(theta.clone());
        optimizer.prepare(&mut x).unwrap();
        let mut span = vec![x.as_slice().unwrap()[kernel.clone()].to_vec()];
        for g in &gradients {
            let w = &x.as_slice().unwrap()[kernel.clone()];
            let radial: f64 = w.iter().zip(&g[kernel.clone()]).map(|(w, g)| w * g).sum();
            span.push(g[kernel.clone()].iter().zip(w).map(|(g, w)| g - radial * w).collect());
            optimizer.step(&mut x, arr1(g).view()).unwrap();
        }
        let m = optimizer.state().vector("momentum/kernel").unwrap().to_vec()[22..44].to_vec();
        (outside(&m, &span[1..]), outside(&x.as_slice().unwrap()[kernel.clone()], &span))
    };
    let (momentum, weights) = off(NdAdam::default());
    assert!(momentum < 1e-14 && weights < 1e-14, "{momentum:e} {weights:e}");
    let (_, weights) = off(NdAdam { second_moment: VectorMoment::Coordinate, ..NdAdam::default() });
    assert!(weights > 0.01, "{weights:e}");
}

#[test]
fn the_bound_of_a_step_holds_and_is_reached() {
    let bound = |b1: f64, b2: f64, t: i32| {
        (1.0 - b1) / (1.0 - b1.powi(t)) * ((1.0 - b2.powi(t)) / (1.0 - b2)).sqrt()
            / (1.0 - b1 * b1 / b2).sqrt()
    };
    let ratio = |optimizer: &dyn Optimizer<f64>, b1: f64, b2: f64, t: i32| {
        let m = optimizer.state().vector("momentum/w").unwrap().to_vec();
        let v = optimizer.state().vector("second_moment/w").unwrap()[0];
        let m = m.iter().map(|m| m * m).sum::<f64>().sqrt();
        m / (1.0 - b1.powi(t)) / (v / (1.0 - b2.powi(t))).sqrt()
    };
    let mut largest = 0.0f64;
    for (b1, b2) in [(0.9, 0.999), (0.9, 0.99), (0.5, 0.3)] {
        let layout = || ParameterLayout::new([("w", vec![1, 5])]).unwrap();
        let settings = NdAdam { beta1: b1, beta2: b2, ..NdAdam::default() };
        let (mut optimizer, mut stream) = (settings.build::<f64>(layout()).unwrap(), Stream(10));
        let mut theta = arr1(&[1.0, 0.0, 0.0, 0.0, 0.0]);
        for t in 1..=200 {
            let g: Vec<f64> = (0..5).map(|_| stream.heavy(-3.0, 3.0)).collect();
            optimizer.step(&mut theta, arr1(&g).view()).unwrap();
            largest = largest.max(ratio(&optimizer, b1, b2, t) / bound(b1, b2, t));
        }
        // Gradients that grow as (β₁/β₂)^(−t), at a w that stays: equality in Cauchy and Schwarz, but for the sum that ends.
        let still = NdAdam { vector_factor: 0.0, ..settings };
        let mut optimizer = still.build::<f64>(layout()).unwrap();
        let mut theta = arr1(&[1.0, 0.0, 0.0, 0.0, 0.0]);
        for t in 1..=60 {
            let g = arr1(&[3.0, (b1 / b2).powi(60 - t), 0.0, 0.0, 0.0]);
            optimizer.step(&mut theta, g.view()).unwrap();
        }
        let found = ratio(&optimizer, b1, b2, 60) / bound(b1, b2, 60);
        assert!((found - (1.0 - (b1 * b1 / b2).powi(60)).sqrt()).abs() < 1e-12, "{found}");
    }
    println!("largest ratio to the bound {largest}");
    assert!(largest < 1.0 && largest > 0.5, "{largest}");
}

#[test]
fn normalisation_is_a_retraction_of_second_order() {
    // Straight and back turns by atan α, the geodesic by α: they differ by α³/3.
    let (theta, gradients) = problem::<f64>(11, 1);
    for alpha in [0.1, 0.01, 0.001] {
        let common = NdAdam { learning_rate: alpha, vector_factor: 1.0, epsilon: 0.0, ..NdAdam::default() };
        let geodesic = SphereAdam { learning_rate: alpha, epsilon: 0.0, ..SphereAdam::default() };
        let a = &run(&mut common.build::<f64>(layout()).unwrap(), &theta, &gradients)[1];
        let b = &run(&mut geodesic.build::<f64>(layout()).unwrap(), &theta, &gradients)[1];
        let apart: Vec<f64> = parts()
            .0
            .into_iter()
            .map(|r| r.map(|i| (a[i] - b[i]).powi(2)).sum::<f64>().sqrt() / (alpha - alpha.atan()))
            .collect();
        assert!(distance(&apart, &[1.0; 8]) < 1e-5, "{apart:?}");
    }
}

#[test]
fn units_of_one_input_are_refused_frozen_or_scalars() {
    let layout = || ParameterLayout::new([("w", vec![2, 1]), ("b", vec![3])]).unwrap();
    let refusal = NdAdam::default().build::<f64>(layout()).unwrap_err();
    assert!(matches!(refusal, Error::Unsupported { .. }) && refusal.to_string().contains("single_input"));
    let gradients = vec![vec![1.0, -2.0, 0.5, 0.0, 3.0]; 3];
    let theta = [3.0, -0.1, 0.5, 0.5, 0.5];
    let freeze = NdAdam { single_input: SingleInput::Freeze, ..NdAdam::default() };
    let path = run(&mut freeze.build::<f64>(layout()).unwrap(), &theta, &gradients);
    assert!(path.iter().all(|x| x[..2] == [1.0, -1.0]));
    assert!((path[3][2] - 0.497).abs() < 1e-8);
    let scalars = NdAdam { single_input: SingleInput::Scalars, ..NdAdam::default() };
    let adam = run(&mut Adam::default().build::<f64>(layout()).unwrap(), &theta, &gradients);
    assert_eq!(run(&mut scalars.build::<f64>(layout()).unwrap(), &theta, &gradients), adam);
}

#[test]
fn scalars_are_under_adam_to_the_last_bit() {
    let (theta, gradients) = problem::<f64>(12, 100);
    let nd_adam = NdAdam { weight_decay: 0.2, ..NdAdam::default() };
    let adam = Adam { weight_decay: 0.2, ..Adam::default() };
    let found = run(&mut nd_adam.build::<f64>(layout()).unwrap(), &theta, &gradients);
    let expected = run(&mut adam.build::<f64>(layout()).unwrap(), &theta, &gradients);
    assert!(parts().1.into_iter().all(|i| found[100][i].to_bits() == expected[100][i].to_bits()));
}

#[test]
fn a_vector_off_the_sphere_is_refused_with_its_place_and_norm() {
    let mut optimizer = NdAdam::default().build::<f64>(layout()).unwrap();
    let (theta, gradients) = problem::<f64>(13, 1);
    let mut theta = Array1::from(theta);
    optimizer.prepare(&mut theta).unwrap();
    let prepared = theta.clone();
    // The second unit of the kernel begins at 35 + 13 + 22.
    for i in 70..92 {
        theta[i] *= 1.0 + 2e-6;
    }
    let before = theta.clone();
    let error = optimizer.step(&mut theta, arr1(&gradients[0]).view()).unwrap_err();
    assert!(
        matches!(error, Error::Domain { index: 70, value, .. } if (value - 1.000002).abs() < 1e-9),
        "{error}"
    );
    assert!(error.to_string().contains("call prepare"), "{error}");
    assert_eq!((theta, optimizer.steps()), (before, 0));
    // Half as much passes, and the step ends on the sphere.
    let mut theta = prepared.clone();
    for i in 70..92 {
        theta[i] *= 1.0 + 5e-7;
    }
    optimizer.step(&mut theta, arr1(&gradients[0]).view()).unwrap();
    assert!(distance(&norms(theta.as_slice().unwrap()), &[1.0; 8]) < 1e-15);
    let mut zero = prepared.clone();
    zero.slice_mut(natgrad::ndarray::s![7..14]).fill(0.0);
    let error = optimizer.prepare(&mut zero.clone()).unwrap_err();
    assert!(matches!(error, Error::Domain { index: 7, value, .. } if value == 0.0), "{error}");
    assert!(matches!(
        optimizer.step(&mut zero, arr1(&gradients[0]).view()),
        Err(Error::Domain { index: 7, .. })
    ));
    // As given, the first step may come from anywhere, even from 0; the second may not.
    let mut given = NdAdam::tensorflow().build::<f64>(layout()).unwrap();
    given.step(&mut zero, arr1(&gradients[0]).view()).unwrap();
    assert!(distance(&norms(zero.as_slice().unwrap()), &[1.0; 8]) < 1e-15);
    zero *= 2.0;
    assert!(given.step(&mut zero, arr1(&gradients[0]).view()).is_err());
}

#[test]
fn nothing_moves_without_a_gradient() {
    for epsilon in [0.0, 1e-8] {
        let (theta, _) = problem::<f64>(14, 1);
        let nd_adam = NdAdam { epsilon, ..NdAdam::default() };
        let sphere = SphereAdam { epsilon, amsgrad: AmsGrad::Corrected, ..SphereAdam::default() };
        let zeros = vec![vec![0.0; theta.len()]; 3];
        for optimizer in [
            &mut nd_adam.build::<f64>(layout()).unwrap() as &mut dyn Optimizer<f64>,
            &mut sphere.build::<f64>(layout()).unwrap(),
        ] {
            let path = run(optimizer, &theta, &zeros);
            assert!(distance(&path[0], &path[3]) < 1e-15);
        }
    }
}

#[test]
fn a_second_moment_that_overflows_is_an_error_and_no_step() {
    let mut optimizer = NdAdam::default().build::<f64>(layout()).unwrap();
    let (theta, mut gradients) = problem::<f64>(15, 1);
    let mut theta = Array1::from(theta);
    optimizer.prepare(&mut theta).unwrap();
    let before = theta.clone();
    gradients[0][20] = 1e200;
    let error = optimizer.step(&mut theta, arr1(&gradients[0]).view()).unwrap_err();
    assert!(matches!(error, Error::NonFinite { quantity: "second moment", index: 14, .. }), "{error}");
    assert_eq!((theta, optimizer.steps()), (before, 0));
}

#[test]
fn a_restored_run_goes_on_bit_identically() {
    let (theta, gradients) = problem::<f64>(16, 40);
    type Make = fn() -> Box<dyn Optimizer<f64>>;
    let makes: [Make; 2] = [
        || Box::new(NdAdam::default().build(layout()).unwrap()),
        || {
            Box::new(
                SphereAdam { amsgrad: AmsGrad::Corrected, learning_rate: 0.1, ..SphereAdam::default() }
                    .build(layout())
                    .unwrap(),
            )
        },
    ];
    for make in makes {
        let mut whole = make();
        let mut parted = make();
        let mut x = Array1::from(theta.clone());
        whole.prepare(&mut x).unwrap();
        let mut y = x.clone();
        for (t, g) in gradients.iter().enumerate() {
            if t == 17 {
                let state = parted.state();
                parted = make();
                parted.restore(&state).unwrap();
            }
            whole.step(&mut x, arr1(g).view()).unwrap();
            parted.step(&mut y, arr1(g).view()).unwrap();
            assert_eq!(x, y, "step {t}");
        }
    }
}

#[test]
fn settings_are_checked() {
    let refused = |settings: NdAdam| settings.build::<f64>(layout()).unwrap_err().to_string();
    assert!(refused(NdAdam { beta1: 1.0, ..NdAdam::default() }).starts_with("beta1 = 1;"));
    assert!(refused(NdAdam { beta2: -0.1, ..NdAdam::default() }).starts_with("beta2 = -0.1;"));
    assert!(refused(NdAdam { epsilon: f64::NAN, ..NdAdam::default() }).starts_with("epsilon = NaN;"));
    assert!(refused(NdAdam { vector_factor: -1.0, ..NdAdam::default() }).starts_with("vector_factor = -1;"));
    assert!(
        refused(NdAdam { weight_decay: f64::INFINITY, ..NdAdam::default() })
            .starts_with("weight_decay = inf;")
    );
    assert!(refused(NdAdam { learning_rate: -1.0, ..NdAdam::default() }).starts_with("lr = -1;"));
}
