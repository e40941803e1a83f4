//! One step of FAdam and of Adam over a million parameters: each asserts its answer, then is timed, and at the end is
//! held against the memory traffic that no implementation can avoid, measured in the same run. Then one step of every
//! method that needs only gradients, on the tensors of a 257-127-61 network, as a multiple of Adam's.
//!
//!     cargo bench --bench optimizer

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use natgrad::ndarray::Array1;
use natgrad::optimizer::{Adam, FAdam, MethodSettings, OptimizerConfig};
use natgrad::{Optimizer, ParameterLayout, Scalar};
use std::hint::black_box;
use std::time::Instant;

/// Ten tensors of 100,003 entries each.
const TENSORS: usize = 10;
const ENTRIES: usize = 100_003;

fn layout() -> ParameterLayout {
    ParameterLayout::new((0..TENSORS).map(|l| (format!("w{l}"), vec![ENTRIES]))).expect("a layout")
}

fn vectors<T: Scalar>() -> (Array1<T>, Array1<T>) {
    let entry = |i: usize, a: usize| T::of(((i * a) % 1009) as f64 / 1009.0 - 0.4996);
    let count = TENSORS * ENTRIES;
    (Array1::from_shape_fn(count, |i| entry(i, 17)), Array1::from_shape_fn(count, |i| entry(i, 31)))
}

/// The first step from the equations: f = g², so n = g/(|g| + ε) with RMS(n) ≤ 1, m = n/10, w = θ/(|g| + ε) clipped.
fn first_fadam_step(theta: &[f64], gradient: &[f64]) -> Vec<f64> {
    let root_mean_square = |x: &[f64]| (x.iter().map(|x| x * x).sum::<f64>() / x.len() as f64).sqrt();
    let epsilon = 1e-8f64.min(0.01 * root_mean_square(gradient));
    let scale = |x: &[f64]| -> Vec<f64> {
        let scaled: Vec<f64> = x.iter().zip(gradient).map(|(x, g)| x / (g.abs() + epsilon)).collect();
        let clip = root_mean_square(&scaled).max(1.0);
        scaled.iter().map(|x| x / clip).collect()
    };
    let (natural, decay) = (scale(gradient), scale(theta));
    theta.iter().zip(natural).zip(decay).map(|((t, n), w)| t - 1e-3 * (0.1 * n + 1e-3 * w)).collect()
}

fn shortest(mut work: impl FnMut()) -> f64 {
    let mut time = || {
        let start = Instant::now();
        work();
        start.elapsed().as_secs_f64()
    };
    (0..9).map(|_| time()).fold(f64::INFINITY, f64::min)
}

fn steps<T: Scalar>(criterion: &mut Criterion) {
    let (start, gradient) = vectors::<T>();
    let methods: [(&str, Box<dyn Optimizer<T>>); 2] = [
        ("fadam", Box::new(FAdam::paper().build::<T>(layout()).expect("FAdam"))),
        ("adam", Box::new(Adam::default().build::<T>(layout()).expect("Adam"))),
    ];
    let bytes = (TENSORS * ENTRIES * size_of::<T>() * 7) as f64;
    for (name, mut method) in methods {
        let mut theta = start.clone();
        method.step(&mut theta, gradient.view()).expect("a step");
        if name == "fadam" {
            let wide = |x: &Array1<T>| x.iter().map(|x| x.as_f64()).collect::<Vec<f64>>();
            let expected = first_fadam_step(&wide(&start)[..ENTRIES], &wide(&gradient)[..ENTRIES]);
            let tolerance = if T::NAME == "float64" { 1e-14 } else { 1e-6 };
            for (found, expected) in theta.iter().zip(expected) {
                assert!((found.as_f64() - expected).abs() < tolerance, "{found} is not {expected}");
            }
        }
        let mut group = criterion.benchmark_group("step");
        group.throughput(Throughput::Elements((TENSORS * ENTRIES) as u64)).sample_size(20);
        group.bench_function(BenchmarkId::new(name, T::NAME), |b| {
            b.iter(|| method.step(&mut theta, gradient.view()));
        });
        group.finish();

        // Adam-like work reads θ, g and two averages and writes all but g: seven streams, once each.
        let (mut a, mut b, mut c) = (start.clone(), start.clone(), start.clone());
        let limit = shortest(|| {
            for (((a, b), c), &g) in a.iter_mut().zip(b.iter_mut()).zip(c.iter_mut()).zip(&gradient) {
                *a += g;
                *b += g;
                *c += g;
            }
            black_box((&a, &b, &c));
        });
        let step = shortest(|| drop(black_box(method.step(&mut theta, gradient.view()))));
        println!(
            "{name}/{}: {:.1} ns per parameter, {:.0} % of the rate of seven streams ({:.1} GB/s)",
            T::NAME,
            1e9 * step / (TENSORS * ENTRIES) as f64,
            100.0 * limit / step,
            bytes / limit / 1e9,
        );
    }
}

/// Steps of a 257-127-61 network, intervals of refreshed bases included: the mean over 40 steps, the least of 9 times.
fn every_method() {
    const STEPS: u32 = 40;
    let shapes = [("w0", vec![127, 257]), ("b0", vec![127]), ("w1", vec![61, 127]), ("b1", vec![61])];
    let layout = ParameterLayout::new(shapes).expect("a layout");
    let gradients: Vec<Array1<f64>> = (1..8)
        .map(|t| {
            Array1::from_shape_fn(layout.dim(), |i| ((i * (17 + t) + t) % 1009) as f64 / 1009.0 - 0.4996)
        })
        .collect();
    let seconds = |name: &str| {
        let config = OptimizerConfig::named(name).expect("a method").with_learning_rate(1e-4);
        let mut method = config.optimizer::<f64>(layout.clone()).ok()?;
        let mut theta = Array1::from_shape_fn(layout.dim(), |i| ((i * 31) % 1013) as f64 / 1013.0 - 0.4996);
        method.prepare(&mut theta).expect("a start");
        let start = theta.clone();
        let mut steps = || {
            for gradient in gradients.iter().cycle().take(STEPS as usize) {
                method.step(&mut theta, gradient.view()).expect("a step");
            }
        };
        steps();
        let time = shortest(&mut steps) / f64::from(STEPS);
        let moved = theta.iter().zip(&start).filter(|(a, b)| (*a - *b).abs() > 0.0).count();
        assert!(moved > layout.dim() / 2 && theta.iter().all(|x| x.is_finite()), "{name} does not move");
        Some(time)
    };
    let adam = seconds("adam").expect("Adam needs only gradients");
    for name in MethodSettings::NAMES {
        if let Some(time) = seconds(name) {
            let each = 1e9 * time / layout.dim() as f64;
            println!("{name}: {each:.1} ns per parameter and step, {:.2} of Adam's", time / adam);
        }
    }
}

fn optimizers(criterion: &mut Criterion) {
    steps::<f32>(criterion);
    steps::<f64>(criterion);
    every_method();
}

criterion_group!(benches, optimizers);
criterion_main!(benches);
