//! Riemannian Adam on spheres: the recurrence written out, the geometry, and the same method on an isometric manifold.

use super::nd_adam::{layout, parts, problem};
use super::run;
use crate::support::{Stream, distance};
use natgrad::ParameterLayout;
use natgrad::descent::{RiemannianAdam, Stepper};
use natgrad::manifold::{Cotangent, Manifold, Simplex};
use natgrad::ndarray::{Array1, Array2, arr1};
use natgrad::optimizer::stage::{EpsilonPlacement, MomentumTransport, SphereMap};
use natgrad::optimizer::{AmsGrad, NdAdam, Optimizer, OptimizerConfig, SphereAdam, replay};
use std::collections::BTreeMap;

#[derive(serde::Deserialize)]
struct Record {
    shapes: BTreeMap<String, Vec<usize>>,
    theta0: Vec<f64>,
    gradients: Vec<Vec<f64>>,
    trajectories: BTreeMap<String, Trajectory>,
}

#[derive(serde::Deserialize)]
struct Trajectory {
    config: String,
    theta: BTreeMap<usize, Vec<f64>>,
}

#[test]
fn geoopt() {
    let record: Record = serde_json::from_str(include_str!("../golden/sphere_adam.json")).unwrap();
    let gradients =
        Array2::from_shape_vec((record.gradients.len(), record.theta0.len()), record.gradients.concat())
            .unwrap();
    let layout =
        ParameterLayout::new(["w0", "b0", "w1"].map(|name| (name, record.shapes[name].clone()))).unwrap();
    assert_eq!(record.trajectories.len(), 6);
    let mut worst = 0.0f64;
    for (name, trajectory) in &record.trajectories {
        let config = OptimizerConfig::from_toml(&trajectory.config).unwrap();
        let mut optimizer = config.optimizer::<f64>(layout.clone()).unwrap();
        let path = replay(optimizer.as_mut(), Array1::from(record.theta0.clone()), gradients.view()).unwrap();
        assert_eq!(trajectory.theta.len(), 7);
        for (&step, theta) in &trajectory.theta {
            let off = distance(path.row(step).as_slice().unwrap(), theta);
            assert!(off < 1e-10, "{name}, step {step}: {off:e}");
            worst = worst.max(off);
        }
    }
    println!("geoopt worst {worst:e}");
    assert!(worst < 1e-13, "{worst:e}");
}

fn dot(x: &[f64], y: &[f64]) -> f64 {
    x.iter().zip(y).map(|(x, y)| x * y).sum()
}

/// a x + b y.
fn sum(a: f64, x: &[f64], b: f64, y: &[f64]) -> Vec<f64> {
    x.iter().zip(y).map(|(x, y)| a * x + b * y).collect()
}

/// One sphere; parallel transport as the rotation in the plane of w and the step, applied as a product of two reflections.
fn transcription(s: &SphereAdam, w0: &[f64], gradients: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let mut w = sum(1.0 / dot(w0, w0).sqrt(), w0, 0.0, w0);
    let (mut m, mut v, mut greatest) = (vec![0.0; w.len()], 0.0, 0.0f64);
    let mut path = vec![w.clone()];
    for (k, gradient) in gradients.iter().enumerate() {
        let t = k as i32 + 1;
        let g = sum(1.0, gradient, -dot(gradient, &w), &w);
        m = sum(s.beta1, &m, 1.0 - s.beta1, &g);
        v = s.beta2 * v + (1.0 - s.beta2) * dot(&g, &g);
        let correct = |b: f64| if s.bias_correction { 1.0 - b.powi(t) } else { 1.0 };
        let (c1, c2) = (correct(s.beta1), correct(s.beta2));
        greatest = greatest.max(if s.amsgrad == AmsGrad::Raw { v } else { v / c2 });
        let used = match s.amsgrad {
            AmsGrad::Off => v / c2,
            AmsGrad::Corrected => greatest,
            AmsGrad::Raw => greatest / c2,
        };
        let denominator = match s.epsilon_placement {
            EpsilonPlacement::Tensorflow => used.sqrt() + s.epsilon,
            EpsilonPlacement::Pytorch => used.sqrt() + s.epsilon / c2.sqrt(),
        };
        let step = sum(-s.learning_rate * s.vector_factor / c1 / denominator, &m, 0.0, &m);
        // The exponential map is one of tangents, which a momentum that was not transported is not.
        let step = match s.map {
            SphereMap::Exponential => sum(1.0, &step, -dot(&step, &w), &w),
            SphereMap::Normalisation => step,
        };
        let angle = dot(&step, &step).sqrt();
        let new = match s.map {
            SphereMap::Exponential => sum(angle.cos(), &w, angle.sin() / angle, &step),
            SphereMap::Normalisation => {
                let straight = sum(1.0, &w, 1.0, &step);
                sum(1.0 / dot(&straight, &straight).sqrt(), &straight, 0.0, &w)
            }
        };
        match s.transport {
            MomentumTransport::Parallel => {
                // Reflect in w, then in the bisector of w and its image: together a rotation that takes w to it.
                let half = sum((0.5 * angle).cos(), &w, (0.5 * angle).sin() / angle, &step);
                let once = sum(2.0 * dot(&m, &w), &w, -1.0, &m);
                m = sum(2.0 * dot(&once, &half), &half, -1.0, &once);
            }
            MomentumTransport::Projection => m = sum(1.0, &m, -dot(&m, &new), &new),
            MomentumTransport::None => {}
        }
        w = new;
        path.push(w.clone());
    }
    path
}

fn variants() -> Vec<SphereAdam> {
    let base = SphereAdam { learning_rate: 0.03, vector_factor: 3.0, epsilon: 1e-3, ..SphereAdam::default() };
    vec![
        base,
        SphereAdam { amsgrad: AmsGrad::Corrected, beta2: 0.9, ..base },
        SphereAdam { amsgrad: AmsGrad::Raw, beta2: 0.9, ..base },
        SphereAdam { bias_correction: false, ..base },
        SphereAdam { epsilon_placement: EpsilonPlacement::Pytorch, epsilon: 0.1, ..base },
        SphereAdam { transport: MomentumTransport::Projection, ..base },
        SphereAdam { transport: MomentumTransport::None, map: SphereMap::Normalisation, ..base },
        SphereAdam { transport: MomentumTransport::None, ..base },
        SphereAdam { beta1: 0.5, learning_rate: 1.3, ..base },
    ]
}

#[test]
fn the_recurrence_written_out() {
    let (theta, gradients) = problem::<f64>(21, 200);
    let mut worst = 0.0f64;
    for settings in variants() {
        let found = run(&mut settings.build::<f64>(layout()).unwrap(), &theta, &gradients);
        for range in parts().0 {
            let rows: Vec<Vec<f64>> = gradients.iter().map(|g| g[range.clone()].to_vec()).collect();
            let expected = transcription(&settings, &theta[range.clone()], &rows);
            for (found, expected) in found.iter().zip(&expected) {
                let off = distance(&found[range.clone()], expected);
                worst = worst.max(off);
                assert!(off < 1e-12, "{off:e} {settings:?}");
            }
        }
    }
    println!("sphere adam f64 worst {worst:e}");
}

#[test]
fn single_precision() {
    let (theta, gradients) = problem::<f32>(22, 60);
    let wide = |x: &[f32]| x.iter().map(|&x| f64::from(x)).collect::<Vec<f64>>();
    for settings in &variants()[..7] {
        let found = run(&mut settings.build::<f32>(layout()).unwrap(), &theta, &gradients);
        for range in parts().0 {
            let rows: Vec<Vec<f64>> = gradients.iter().map(|g| wide(&g[range.clone()])).collect();
            let expected = transcription(settings, &wide(&theta[range.clone()]), &rows);
            let off = distance(&wide(&found[60][range.clone()]), &expected[60]);
            assert!(off < 2e-5, "{off:e} {settings:?}");
        }
    }
}

#[test]
fn transport_keeps_length_and_tangency_and_the_arc_is_the_step() {
    let (theta, gradients) = problem::<f64>(23, 30);
    let settings = SphereAdam { learning_rate: 0.3, ..SphereAdam::default() };
    let mut optimizer = settings.build::<f64>(layout()).unwrap();
    let mut x = Array1::from(theta);
    optimizer.prepare(&mut x).unwrap();
    let kernel = 48..114;
    let mut before = vec![0.0; 66];
    for (t, gradient) in gradients.iter().enumerate() {
        let old = x.as_slice().unwrap()[kernel.clone()].to_vec();
        optimizer.step(&mut x, arr1(gradient).view()).unwrap();
        let state = optimizer.state();
        let momentum = state.vector("momentum/kernel").unwrap().to_vec();
        let new = &x.as_slice().unwrap()[kernel.clone()];
        for unit in 0..3 {
            let r = 22 * unit..22 * (unit + 1);
            let (w, new, m) = (&old[r.clone()], &new[r.clone()], &momentum[r.clone()]);
            let g = &gradient[kernel.clone()][r.clone()];
            let g = sum(1.0, g, -dot(g, w), w);
            // Before the transport, from the state before the step.
            let untransported = sum(0.9, &before[r.clone()], 0.1, &g);
            let length = dot(&untransported, &untransported).sqrt();
            assert!((dot(m, m).sqrt() / length - 1.0).abs() < 1e-14, "isometric");
            assert!(dot(m, new).abs() < 1e-15 * length, "tangent");
            let second =
                state.vector("second_moment/kernel").unwrap()[unit] / (1.0 - 0.999f64.powi(t as i32 + 1));
            let arc = 0.3 * length / (1.0 - 0.9f64.powi(t as i32 + 1)) / (second.sqrt() + 1e-8);
            assert!((dot(w, new).clamp(-1.0, 1.0).acos() - arc).abs() < 1e-13, "geodesic");
            // A geodesic takes its own velocity along: the angle to it stays, and so does what is orthogonal to the plane.
            let ahead = sum(1.0, new, -dot(new, w), w);
            let ahead = sum(1.0 / dot(&ahead, &ahead).sqrt(), &ahead, 0.0, w);
            let arrival = sum(arc.cos(), &ahead, -arc.sin(), w);
            assert!((dot(m, &arrival) - dot(&untransported, &ahead)).abs() < 1e-13 * length);
        }
        before = momentum;
    }
}

#[test]
fn without_curvature_it_is_nd_adam() {
    let (theta, gradients) = problem::<f64>(24, 100);
    let flat = SphereAdam {
        map: SphereMap::Normalisation,
        transport: MomentumTransport::None,
        vector_factor: 50.0,
        ..SphereAdam::default()
    };
    let found = run(&mut flat.build::<f64>(layout()).unwrap(), &theta, &gradients);
    let expected = run(&mut NdAdam::default().build::<f64>(layout()).unwrap(), &theta, &gradients);
    assert_eq!(found, expected);
    let geodesic = SphereAdam { vector_factor: 50.0, ..SphereAdam::default() };
    let other = run(&mut geodesic.build::<f64>(layout()).unwrap(), &theta, &gradients);
    assert!(distance(&other[100], &expected[100]) > 1e-3);
}

#[test]
fn an_orthant_of_the_sphere_is_the_simplex() {
    // z = √p is an isometry of the simplex under Fisher-Rao with an orthant of the sphere of radius 2, scaled by ½: the
    // manifold's Adam at rate h is this one at h/2. Its geodesics and transports come from elsewhere in the library.
    let simplex = Simplex::new(5).unwrap();
    for amsgrad in [AmsGrad::Off, AmsGrad::Corrected] {
        let there = RiemannianAdam {
            epsilon: 1e-300,
            beta2: 0.9,
            amsgrad: amsgrad != AmsGrad::Off,
            ..RiemannianAdam::new(0.05)
        };
        let here =
            SphereAdam { learning_rate: 0.025, epsilon: 0.0, beta2: 0.9, amsgrad, ..SphereAdam::default() };
        let mut optimizer = here.build::<f64>(ParameterLayout::new([("z", vec![1, 5])]).unwrap()).unwrap();
        let mut p = simplex.point(arr1(&[0.1, 0.3, 0.2, 0.25, 0.15])).unwrap();
        let mut z = p.values().mapv(f64::sqrt);
        optimizer.prepare(&mut z).unwrap();
        let stepper = Stepper::new(&simplex);
        let mut memory = there.memory(&simplex);
        let mut stream = Stream(25);
        for step in 0..40 {
            let partials = Array1::from_shape_simple_fn(5, || stream.heavy(-1.0, 1.0));
            let gradient = 2.0 * &z * &partials;
            let cotangent = Cotangent::new(partials);
            let (next, moments, _) = there.update(&stepper, &p, &cotangent, &memory).unwrap();
            (p, memory) = (next, moments);
            optimizer.step(&mut z, gradient.view()).unwrap();
            assert!(z.iter().all(|z| *z > 0.05), "inside the orthant: {z}");
            let off = distance(z.mapv(|z| z * z).as_slice().unwrap(), p.values().to_vec().as_slice());
            assert!(off < 1e-13, "step {step}: {off:e}");
        }
    }
}

#[test]
fn a_linear_function_is_minimal_where_its_gradient_is_radial() {
    let (target, settings) = (
        [2.0, -1.0, 0.5, 3.0, 1.0],
        SphereAdam { learning_rate: 0.05, amsgrad: AmsGrad::Corrected, ..SphereAdam::default() },
    );
    let mut optimizer = settings.build::<f64>(ParameterLayout::new([("w", vec![1, 5])]).unwrap()).unwrap();
    let mut w = arr1(&[1.0, 1.0, 1.0, -1.0, 1.0]);
    optimizer.prepare(&mut w).unwrap();
    for _ in 0..2000 {
        optimizer.step(&mut w, arr1(&target).mapv(|x| -x).view()).unwrap();
    }
    let norm = dot(&target, &target).sqrt();
    let cosine = dot(w.as_slice().unwrap(), &target) / norm;
    println!("1 - cosine {:e}", 1.0 - cosine);
    assert!(1.0 - cosine < 1e-10, "{cosine}");
}
