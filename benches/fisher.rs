//! The Fisher of a network as dense matrix, as diagonal, as products: each asserts its answer, then is timed, and at
//! the end is held against what the machine does at best in the same run.
//!
//!     cargo bench --bench fisher                 # faer
//!     cargo bench --bench fisher --features openblas-system

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use natgrad::fisher::{Exact, Scores};
use natgrad::likelihood::Categorical;
use natgrad::ndarray::{Array1, Array2, Array3};
use natgrad::{Labels, LinearOperator, Linearization, Network, linalg, model::Activation};
use std::hint::black_box;
use std::time::Instant;

/// Widths and number of data: the 2-3-3 toy, a middling network, digits with one hidden layer.
const PROBLEMS: [(&[usize], usize); 3] = [(&[2, 3, 3], 4), (&[10, 16, 16, 4], 64), (&[64, 32, 10], 1797)];

fn problem(widths: &[usize], data: usize) -> (Network<f64>, Linearization<f64>, Array2<f64>) {
    let network = Network::random(widths, Activation::Tanh, 0).expect("a network");
    let classes = widths[widths.len() - 1];
    let x = Array2::from_shape_fn((data, widths[0]), |(n, d)| ((n * 31 + d * 17) % 97) as f64 / 97.0);
    let y: Vec<usize> = (0..data).map(|n| n % classes).collect();
    let labels = Labels::classes(&y).expect("labels");
    let lin = network.linearize(&Categorical, &x, &labels).expect("a linearization");
    (network, lin, x)
}

/// F v by the definition: Σ_n J_nᵀ (diag(p) - p pᵀ) J_n v / N with an explicit Jacobian.
fn by_definition(jacobian: &Array3<f64>, lin: &Linearization<f64>, v: &Array1<f64>) -> Array1<f64> {
    let mut sum = Array1::zeros(v.len());
    for (jacobian, eta) in jacobian.outer_iter().zip(lin.eta().outer_iter()) {
        let weights = eta.mapv(f64::exp);
        let p = &weights / weights.sum();
        let image = jacobian.dot(v);
        let centred = &p * &(&image - p.dot(&image));
        sum += &jacobian.t().dot(&centred);
    }
    sum / lin.data() as f64
}

fn assert_close(name: &str, found: &Array1<f64>, expected: &Array1<f64>) {
    let distance = (found - expected).iter().fold(0.0f64, |m, x| m.max(x.abs()));
    let scale = expected.iter().fold(0.0f64, |m, x| m.max(x.abs()));
    assert!(distance < 1e-12 * scale, "{name}: off by {distance:e} of {scale:e}");
}

/// The shortest of five runs, in seconds.
fn shortest<R>(mut work: impl FnMut() -> R) -> f64 {
    let time = |work: &mut dyn FnMut()| {
        let start = Instant::now();
        work();
        start.elapsed().as_secs_f64()
    };
    (0..5).map(|_| time(&mut || drop(black_box(work())))).fold(f64::INFINITY, f64::min)
}

/// How close the work comes to the rate of a large matrix product on as many threads.
fn report_limit(id: &str, scores: &Scores<f64>) {
    let side = 1024;
    let a = Array2::from_shape_fn((side, side), |(i, j)| ((i + 2 * j) % 7) as f64);
    let product = shortest(|| linalg::matmul(a.view(), a.view()));
    let peak = 2.0 * (side as f64).powi(3) / product * rayon_threads() as f64;
    let flops = scores.rows() as f64 * (scores.dim() as f64).powi(2);
    let rate = flops / shortest(|| scores.dense());
    println!(
        "{id}: {:.1} GF/s of a symmetric update, {:.0} % of {} × the {:.1} GF/s of a product of order {side}",
        rate / 1e9,
        100.0 * rate / peak,
        rayon_threads(),
        peak / 1e9 / rayon_threads() as f64,
    );
}

fn rayon_threads() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

fn fisher(criterion: &mut Criterion) {
    for (widths, data) in PROBLEMS {
        let (network, lin, x) = problem(widths, data);
        let id = format!("p={}/n={data}/f64", network.dim());
        let scores = lin.scores(&Exact).expect("scores");
        let dense = scores.dense().expect("dense");
        let implicit = scores.implicit().expect("implicit");
        let v = Array1::from_shape_fn(network.dim(), |i| ((i % 13) as f64 - 6.0) / 13.0);
        let expected = by_definition(&network.jacobian(&x).expect("a Jacobian"), &lin, &v);
        assert_close("dense", &dense.apply(v.view()).expect("a product"), &expected);
        assert_close("implicit", &implicit.apply(v.view()).expect("a product"), &expected);
        let diagonal = scores.diagonal().expect("diagonal").diagonal().expect("entries");
        assert_close("diagonal", &diagonal, &dense.diagonal().expect("entries"));

        let mut group = criterion.benchmark_group("fisher");
        if data > 1000 {
            group.sample_size(10);
        }
        group.bench_function(BenchmarkId::new("scores", &id), |b| b.iter(|| lin.scores(&Exact)));
        group.bench_function(BenchmarkId::new("dense", &id), |b| b.iter(|| scores.dense()));
        group.bench_function(BenchmarkId::new("diagonal", &id), |b| b.iter(|| scores.diagonal()));
        group.bench_function(BenchmarkId::new("implicit product", &id), |b| {
            b.iter(|| implicit.apply(v.view()))
        });
        group.finish();
        report_limit(&id, &scores);
        let ratio = shortest(|| implicit.apply(v.view()))
            / shortest(|| network.linearize(&Categorical, &x, lin.labels()));
        println!("{id}: one Fisher product takes {ratio:.2} × loss and gradient");
    }
}

criterion_group!(benches, fisher);
criterion_main!(benches);
