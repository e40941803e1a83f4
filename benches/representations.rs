//! Every form of the Fisher from a linearization, passes back included, and every direct solve: each asserts its answer,
//! then is timed; at the end as multiples of loss and gradient in the same run.
//!
//!     cargo bench --bench representations                 # faer
//!     cargo bench --bench representations --features openblas-system

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use natgrad::fisher::{Exact, Form};
use natgrad::likelihood::Categorical;
use natgrad::ndarray::Array2;
use natgrad::solver::{Auto, Cholesky, Eigenbasis, KroneckerSolver, Woodbury};
use natgrad::{Labels, LinearOperator, Linearization, Network, Solver, model::Activation};
use std::hint::black_box;
use std::time::Instant;

/// Widths and data: a toy, a middling network, digits with one hidden layer, and one with more parameters than scores.
const PROBLEMS: [(&[usize], usize); 4] =
    [(&[2, 3, 3], 4), (&[10, 16, 16, 4], 64), (&[64, 32, 10], 1797), (&[64, 64, 64, 10], 256)];

/// Parameters beyond which a dense matrix takes longer than a benchmark may.
const DENSE: usize = 3000;

/// Rows beyond which a Gram matrix does.
const ROWS: usize = 3000;

const DAMPING: f64 = 1e-2;

fn problem(widths: &[usize], data: usize) -> (Network<f64>, Linearization<f64>, Array2<f64>) {
    let network = Network::random(widths, Activation::Tanh, 0).expect("a network");
    let classes = widths[widths.len() - 1];
    let x = Array2::from_shape_fn((data, widths[0]), |(n, d)| ((n * 31 + d * 17) % 97) as f64 / 97.0);
    let y: Vec<usize> = (0..data).map(|n| n % classes).collect();
    let labels = Labels::classes(&y).expect("labels");
    let lin = network.linearize(&Categorical, &x, &labels).expect("a linearization");
    (network, lin, x)
}

/// The shortest of five runs, in seconds.
fn shortest<R>(mut work: impl FnMut() -> R) -> f64 {
    let mut best = f64::INFINITY;
    for _ in 0..5 {
        let start = Instant::now();
        drop(black_box(work()));
        best = best.min(start.elapsed().as_secs_f64());
    }
    best
}

fn forms(criterion: &mut Criterion) {
    for (widths, data) in PROBLEMS {
        let (network, lin, x) = problem(widths, data);
        let id = format!("p={}/n={data}", network.dim());
        let rows = lin.scores(&Exact).expect("scores").rows();
        let trace = lin.scores(&Exact).and_then(|s| s.diagonal()?.trace()).expect("a trace");
        let gradient = shortest(|| network.linearize(&Categorical, &x, lin.labels()));
        let mut group = criterion.benchmark_group("forms");
        group.sample_size(10);
        let mut ratios = Vec::new();
        for form in Form::ALL {
            let skipped = match form {
                Form::Dense => network.dim() > DENSE,
                Form::Gram => rows > ROWS,
                _ => false,
            };
            if skipped {
                continue;
            }
            let make = || lin.scores(&Exact).and_then(|scores| form.represent(&scores)).expect("a form");
            // Kronecker products of moments have a trace of their own.
            if !matches!(form, Form::Kfac | Form::KfacSeparate | Form::Kfoc | Form::DiagonalKronecker) {
                let found = make().trace().expect("a trace");
                assert!((found / trace - 1.0).abs() < 1e-11, "{form}: {found} against {trace}");
            }
            group.bench_function(BenchmarkId::new(form.name(), &id), |b| b.iter(make));
            ratios.push(format!("{form} {:.1}", shortest(make) / gradient));
        }
        group.finish();
        println!("{id}: as multiples of loss and gradient ({:.3} ms): {}", 1e3 * gradient, ratios.join(", "));
    }
}

fn solves(criterion: &mut Criterion) {
    for (widths, data) in PROBLEMS {
        let (network, lin, _) = problem(widths, data);
        let id = format!("p={}/n={data}", network.dim());
        let scores = lin.scores(&Exact).expect("scores");
        let g = lin.gradient().view();
        let mut group = criterion.benchmark_group("solves");
        group.sample_size(10);
        let kfac = scores.kfac().expect("kfac");
        let ekfac = scores.ekfac().expect("ekfac");
        for info in [
            KroneckerSolver::damped(DAMPING).solve(&kfac, g).expect("a direction").info,
            Eigenbasis::damped(DAMPING).solve(&ekfac, g).expect("a direction").info,
            Auto::damped(DAMPING).solve_scores(&scores, g).expect("a direction").info,
        ] {
            assert!(info.converged(), "{info}");
        }
        group.bench_function(BenchmarkId::new("kronecker", &id), |b| {
            b.iter(|| KroneckerSolver::damped(DAMPING).solve(&kfac, g))
        });
        group.bench_function(BenchmarkId::new("eigenbasis", &id), |b| {
            b.iter(|| Eigenbasis::damped(DAMPING).solve(&ekfac, g))
        });
        group.bench_function(BenchmarkId::new("auto from scores", &id), |b| {
            b.iter(|| Auto::damped(DAMPING).solve_scores(&scores, g))
        });
        if network.dim() <= DENSE {
            let dense = scores.dense().expect("dense");
            group.bench_function(BenchmarkId::new("cholesky", &id), |b| {
                b.iter(|| Cholesky::damped(DAMPING).solve(&dense, g))
            });
        }
        if scores.rows() <= ROWS {
            let gram = scores.gram().expect("gram");
            group.bench_function(BenchmarkId::new("woodbury", &id), |b| {
                b.iter(|| Woodbury::damped(DAMPING).solve(&gram, g))
            });
        }
        group.finish();
    }
}

criterion_group!(benches, forms, solves);
criterion_main!(benches);
