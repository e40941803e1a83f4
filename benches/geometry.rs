//! Batches on the 10-simplex (11 outcomes): 100,000 distances and 100,000 exps on one thread and on all, asserted, timed, and
//! compared with a plain arc-cosine loop and with a limit measured in the same run: the square roots and divisions that the
//! formulas cannot do without, as independent operations in vector registers.
//!
//!     cargo bench --bench geometry

use criterion::{Criterion, criterion_group, criterion_main};
use natgrad::manifold::Simplex;
use natgrad::ndarray::Array2;
use std::hint::black_box;
use std::time::Instant;

const ROWS: usize = 100_000;
const OUTCOMES: usize = 11;

/// The shortest of nine runs, in seconds.
fn shortest<R>(mut work: impl FnMut() -> R) -> f64 {
    let mut best = f64::INFINITY;
    for _ in 0..9 {
        let start = Instant::now();
        drop(black_box(work()));
        best = best.min(start.elapsed().as_secs_f64());
    }
    best
}

fn points(salt: usize) -> Array2<f64> {
    let mut p = Array2::from_shape_fn((ROWS, OUTCOMES), |(r, i)| {
        1.0 + ((r * 7919 + i * 104_729 + salt * 611_953) % 9973) as f64 / 997.0
    });
    for mut row in p.rows_mut() {
        let sum = row.sum();
        row /= sum;
    }
    p
}

/// 2 arccos Σ√(pq), as one would write it first: no checks, and no digits for points that are near.
fn naive(p: &Array2<f64>, q: &Array2<f64>) -> Vec<f64> {
    let rows = p.rows().into_iter().zip(q.rows());
    rows.map(|(p, q)| 2.0 * p.iter().zip(q).map(|(p, q)| (p * q).sqrt()).sum::<f64>().acos()).collect()
}

/// (√p + v/(2√p)·sin/‖·‖)² with the arc formulas written out: no checks, and reflection at the boundary.
fn naive_exp(p: &Array2<f64>, v: &Array2<f64>) -> Array2<f64> {
    let mut out = Array2::zeros(p.raw_dim());
    for ((mut out, p), v) in out.rows_mut().into_iter().zip(p.rows()).zip(v.rows()) {
        let angle = 0.5 * p.iter().zip(v).map(|(p, v)| v * v / p).sum::<f64>().sqrt();
        let (sin, cos) = angle.sin_cos();
        for ((out, p), v) in out.iter_mut().zip(p).zip(v) {
            let root = p.sqrt();
            *out = (cos * root + sin / angle * v / (2.0 * root)).powi(2);
        }
    }
    out
}

/// Nanoseconds of one square root and of one division, in vector registers.
fn limits() -> (f64, f64) {
    let x: Vec<f64> = (0..4096).map(|i| 1.0 + f64::from(i)).collect();
    let mut out = vec![0.0; x.len()];
    let repeat = 200;
    let per = |seconds: f64| 1e9 * seconds / (repeat * x.len()) as f64;
    let root = shortest(|| {
        for _ in 0..repeat {
            black_box(&x).iter().zip(black_box(&mut out)).for_each(|(x, o)| *o = x.sqrt());
        }
    });
    let division = shortest(|| {
        for _ in 0..repeat {
            black_box(&x).iter().zip(black_box(&mut out)).for_each(|(x, o)| *o = 1.5 / x);
        }
    });
    (per(root), per(division))
}

fn batches(criterion: &mut Criterion) {
    let simplex = Simplex::new(OUTCOMES).expect("a simplex");
    let (p, q) = (points(1), points(2));
    let v = 0.5 * (&q - &p);
    let distances = simplex.distances(p.view(), q.view()).expect("distances");
    for (found, plain) in distances.iter().zip(naive(&p, &q)) {
        assert!((found - plain).abs() < 1e-9, "{found} against {plain}");
    }
    let ends = simplex.exps(p.view(), v.view()).expect("ends");
    assert!((&ends - &naive_exp(&p, &v)).iter().all(|d| d.abs() < 1e-13));
    let one = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("a pool");

    let mut group = criterion.benchmark_group("geometry");
    group.sample_size(10);
    group.bench_function("distances", |b| b.iter(|| simplex.distances(p.view(), q.view())));
    group.bench_function("exps", |b| b.iter(|| simplex.exps(p.view(), v.view())));
    group.finish();

    let entries = (ROWS * OUTCOMES) as f64;
    let (root, division) = limits();
    println!("limit: {root:.2} ns a square root, {division:.2} ns a division");
    let ns = |seconds: f64| 1e9 * seconds / entries;
    let (plain, plain_exp) = (ns(shortest(|| naive(&p, &q))), ns(shortest(|| naive_exp(&p, &v))));
    let alone = ns(one.install(|| shortest(|| simplex.distances(p.view(), q.view()))));
    let all = ns(shortest(|| simplex.distances(p.view(), q.view())));
    let limit = root + division;
    println!(
        "distances: {alone:.2} ns an entry on one thread ({:.2} of the plain arc cosine, {:.2} of the limit), {all:.2} on all",
        alone / plain,
        alone / limit
    );
    let alone = ns(one.install(|| shortest(|| simplex.exps(p.view(), v.view()))));
    let all = ns(shortest(|| simplex.exps(p.view(), v.view())));
    println!(
        "exps: {alone:.2} ns an entry on one thread ({:.2} of the plain formula, {:.2} of the limit of two divisions), {all:.2} on all",
        alone / plain_exp,
        alone / (2.0 * division)
    );
}

criterion_group!(benches, batches);
criterion_main!(benches);
