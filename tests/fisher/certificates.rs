//! Comparisons with the exact matrix against nalgebra, below the order from which spectra are iterated and above it.

use super::score_twin::{outer, to_nalgebra};
use super::support::*;
use nalgebra::DMatrix;
use natgrad::fisher::{Comparison, Exact, Form, Loewner, Reference};
use natgrad::likelihood::named;
use natgrad::model::Activation;
use natgrad::ndarray::{Array1, Array2, ArrayView1, s};
use natgrad::operator::{Dense, Diagonal};
use natgrad::{LinearOperator, Scalar};

/// L and L⁻¹(F + λI)L⁻ᵀ with M + λI = L Lᵀ, by nalgebra.
fn whitened(f: &Array2<f64>, m: &Array2<f64>, lambda: f64) -> (DMatrix<f64>, DMatrix<f64>) {
    let damped =
        |matrix: &Array2<f64>| to_nalgebra(&(matrix + &(Array2::<f64>::eye(matrix.nrows()) * lambda)));
    let factor = damped(m).cholesky().unwrap().l();
    let half = factor.solve_lower_triangular(&damped(f)).unwrap();
    let whitened = factor.solve_lower_triangular(&half.transpose()).unwrap();
    (factor, (&whitened + whitened.transpose()) * 0.5)
}

/// The extreme μ of (F + λI)v = μ(M + λI)v.
fn extremes(f: &Array2<f64>, m: &Array2<f64>, lambda: f64) -> (f64, f64) {
    let values = whitened(f, m, lambda).1.symmetric_eigenvalues();
    (values.min(), values.max())
}

/// μ in ascending order and V with Vᵀ(M + λI)V = I.
fn generalised(f: &Array2<f64>, m: &Array2<f64>, lambda: f64) -> (Vec<f64>, DMatrix<f64>) {
    let (factor, whitened) = whitened(f, m, lambda);
    let eigen = whitened.symmetric_eigen();
    let mut places: Vec<usize> = (0..f.nrows()).collect();
    places.sort_by(|&a, &b| eigen.eigenvalues[a].total_cmp(&eigen.eigenvalues[b]));
    let vectors = factor.transpose().solve_upper_triangular(&eigen.eigenvectors).unwrap();
    (places.iter().map(|&k| eigen.eigenvalues[k]).collect(), vectors.select_columns(&places))
}

fn dense<T: Scalar>(matrix: &Array2<f64>) -> Dense<T> {
    Dense::new(matrix.mapv(T::of)).unwrap()
}

fn compare<T: Scalar>(f: &Array2<f64>, m: &Array2<f64>, g: &Array1<f64>, lambda: f64) -> Comparison {
    let g = g.mapv(T::of);
    let reference = Reference::new(&dense::<T>(f), g.view(), T::of(lambda)).unwrap();
    reference.compare(&dense::<T>(m)).unwrap()
}

fn frobenius(matrix: &Array2<f64>) -> f64 {
    matrix.iter().map(|x| x * x).sum::<f64>().sqrt()
}

fn spectral(matrix: &Array2<f64>) -> f64 {
    to_nalgebra(matrix).symmetric_eigenvalues().amax()
}

/// G Gᵀ/rank with G without structure.
fn random(order: usize, rank: usize, seed: u64) -> Array2<f64> {
    let g = Lcg::new(seed).matrix(order, rank);
    let single = g.dot(&g.t()) / rank as f64;
    // Numbers of single precision, so that both types see one matrix.
    single.mapv(|x| f64::from(x as f32))
}

/// Only the diagonal blocks of this size.
fn blocks_of(matrix: &Array2<f64>, size: usize) -> Array2<f64> {
    Array2::from_shape_fn(matrix.raw_dim(), |(i, j)| if i / size == j / size { matrix[[i, j]] } else { 0.0 })
}

fn column(matrix: &DMatrix<f64>, k: usize) -> Array1<f64> {
    matrix.column(k).iter().copied().collect()
}

/// What nalgebra says of one pair: range, norms of F, M and M - F, spectral norms of the difference and of F.
struct Pair<'a> {
    what: String,
    f: &'a Array2<f64>,
    m: &'a Array2<f64>,
    lambda: f64,
    range: (f64, f64),
    spectral: f64,
}

impl<'a> Pair<'a> {
    fn new(what: String, f: &'a Array2<f64>, m: &'a Array2<f64>, lambda: f64) -> Self {
        let spectral = spectral(&(m - f)) / spectral(f);
        Pair { what, f, m, lambda, range: extremes(f, m, lambda), spectral }
    }

    fn check<T: Scalar>(&self, small: f64) {
        let Pair { what, f, m, lambda, range: (least, most), spectral } = self;
        let found = compare::<T>(f, m, &Lcg::new(5).vector(f.nrows()), *lambda);
        let say = |part: &str| format!("{what}: {part}");
        assert_close(&say("least"), found.generalised_range.0, *least, small);
        assert_close(&say("greatest"), found.generalised_range.1, *most, small);
        let kappa = most / least;
        assert_close(&say("bound"), found.kantorovich_bound, 2.0 * kappa.sqrt() / (1.0 + kappa), small);
        assert_close(&say("step"), found.largest_step, 2.0 / most, small);
        let error = frobenius(&(*m - *f)) / frobenius(f);
        assert_close(&say("Frobenius"), found.relative_frobenius_error, error, small);
        assert_close(&say("spectral"), found.relative_spectral_error, *spectral, small);
        assert_close(&say("norm"), found.frobenius, frobenius(m), small);
        assert_close(&say("trace"), found.trace, m.diag().sum(), small);
        let ratio = m.diag().sum() / f.diag().sum() - 1.0;
        assert!((found.relative_trace_error - ratio).abs() < small, "{what}: trace error");
        assert!(found.direction.metric_cosine >= found.kantorovich_bound * (1.0 - small), "{what}");
    }
}

/// Order 61 by a whole spectrum, order 389 by the Lanczos process.
#[test]
fn ranges_and_norms_are_those_of_nalgebra() {
    for order in [61, 389] {
        let f = random(order, 2 * order + 1, 11);
        let pairs = [
            ("blocks", blocks_of(&f, 13), 0.03),
            ("another", random(order, 3 * order, 17), 0.5),
            ("low rank", random(order, order / 3, 13), 0.1),
        ];
        for (name, m, lambda) in &pairs {
            let pair = Pair::new(format!("{name} of order {order}"), &f, m, *lambda);
            pair.check::<f64>(1e-8);
            pair.check::<f32>(1e-4);
        }
        // One eigenvalue far out: the Krylov space is full after two steps.
        let (mut spike, identity) = (Array2::eye(order), Array2::eye(order));
        spike[[7, 7]] = 12.0;
        let found = compare::<f64>(&spike, &identity, &Array1::ones(order), 0.25);
        assert_close("least", found.generalised_range.0, 1.0, 1e-14);
        assert_close("greatest", found.generalised_range.1, 12.25 / 1.25, 1e-14);
        assert_close("spectral", found.relative_spectral_error, 11.0 / 12.0, 1e-14);
        let found = compare::<f64>(&spike, &(&spike * 2.0), &Array1::ones(order), 0.0);
        assert_close("half", found.generalised_range.0, 0.5, 1e-14);
        assert_close("half", found.generalised_range.1, 0.5, 1e-14);
    }
}

#[test]
fn ranges_of_forms_are_those_of_nalgebra() {
    let problem = Problem::random("categorical", Activation::Tanh, &[5, 3, 2], true, 7, 31);
    let scores = problem.linearize::<f64>().scores(&Exact).unwrap();
    let f = fisher_of(&problem);
    for form in Form::ALL.into_iter().filter(|form| !form.is_lossless()) {
        let m = form.represent(&scores).unwrap().to_dense().unwrap();
        for lambda in [1e-3, 0.1] {
            Pair::new(format!("{form} at {lambda}"), &f, &m, lambda).check::<f64>(1e-10);
        }
    }
}

/// No gradient has a smaller cosine than the bound, and one has exactly that: the sum of the extreme eigenvectors.
#[test]
fn the_kantorovich_bound_is_attained() {
    for (order, tolerance) in [(31, 1e-11), (389, 1e-8)] {
        let (f, m) = (random(order, 2 * order, 41), blocks_of(&random(order, 2 * order, 41), 7));
        let lambda = 0.05;
        let reference = |g: &Array1<f64>| Reference::new(&dense::<f64>(&f), g.view(), lambda).unwrap();
        let (mu, vectors) = generalised(&f, &m, lambda);
        let metric = &m + &(Array2::<f64>::eye(order) * lambda);
        let worst = metric.dot(&(column(&vectors, 0) + column(&vectors, order - 1)));
        let found = reference(&worst).compare(&dense::<f64>(&m)).unwrap();
        assert_close("attained", found.direction.metric_cosine, found.kantorovich_bound, tolerance);
        let mut lcg = Lcg::new(43);
        for _ in 0..if order < 100 { 101 } else { 3 } {
            let found = reference(&lcg.vector(order)).compare(&dense::<f64>(&m)).unwrap();
            assert!(found.direction.metric_cosine >= found.kantorovich_bound);
            let square = found.direction.metric_cosine.powi(2);
            assert_close("efficiency", found.direction.efficiency, square, 1e-15);
        }
        // The model along -d is η²dᵀ(F + λI)d/2 - η g·d: down below 2/max μ, up above it for the last eigenvector.
        let steepest = metric.dot(&column(&vectors, order - 1));
        let found = reference(&steepest).compare(&dense::<f64>(&m)).unwrap();
        let d = column(&vectors, order - 1);
        let model = |step: f64| {
            let curvature = d.dot(&f.dot(&d)) + lambda * d.dot(&d);
            0.5 * step * step * curvature - step * steepest.dot(&d)
        };
        assert!(model(found.largest_step * 0.999) < 0.0 && model(found.largest_step * 1.001) > 0.0);
        assert_close("largest step", found.largest_step, 2.0 / mu[order - 1], tolerance);
    }
}

#[test]
fn a_step_below_the_largest_goes_down() {
    let problem = Problem::random("bernoulli", Activation::Tanh, &[5, 3, 2], true, 11, 47);
    let scores = problem.linearize::<f64>().scores(&Exact).unwrap();
    let f = fisher_of(&problem);
    let lambda = 0.01;
    let mut lcg = Lcg::new(53);
    for form in Form::ALL {
        let m = form.represent(&scores).unwrap();
        for _ in 0..31 {
            let g = lcg.vector(f.nrows());
            let reference = Reference::new(&dense::<f64>(&f), g.view(), lambda).unwrap();
            let (found, d) = reference.compare_with_direction(&m).unwrap();
            let step = 0.999 * found.largest_step;
            let curvature = d.dot(&f.dot(&d)) + lambda * d.dot(&d);
            assert!(0.5 * step * step * curvature - step * g.dot(&d) < 0.0, "{form}");
            let best = reference.direction();
            let whole = (2.0 * g.dot(&d) - curvature) / g.dot(best);
            assert!((found.direction.unit_efficiency - whole).abs() < 1e-10, "{form}");
        }
    }
}

/// Printed by a numpy program apart from the library: |d|, g·d, dᵀFd of the diagonal, and g·d* of M2 at λ = 0.1.
#[test]
fn the_unscaled_diagonal_step_of_m2_goes_up() {
    let problem = reference("M2");
    let lin = problem.linearize::<f64>();
    let scores = lin.scores(&Exact).unwrap();
    let exact = scores.dense().unwrap();
    let reference = Reference::new(&exact, lin.gradient().view(), 0.1).unwrap();
    let found = reference.compare(&scores.diagonal().unwrap()).unwrap().direction;
    let printed = (2.0 * 3.741088928 - 7.263750775 - 0.1 * 4.64586816f64.powi(2)) / 1.9009969685729764;
    assert!(printed < -1.02 && printed > -1.03);
    assert_close("unit", found.unit_efficiency, printed, 1e-8);
    assert_close("best", found.efficiency, 0.7813833812, 1e-9);
    let best = reference.direction();
    assert_close("length", best.dot(best).sqrt(), 2.646502426656021, 1e-13);
}

/// A block diagonal of k blocks has no generalised eigenvalue above k; blocks of order one are the diagonal.
#[test]
fn the_number_of_blocks_is_a_ceiling() {
    for (k, law) in LIKELIHOODS.into_iter().enumerate() {
        let problem = Problem::random(law, Activation::Relu, &[3, 5, 7, 2], true, 13, 61 + k as u64);
        let lin = problem.linearize::<f64>();
        let scores = lin.scores(&Exact).unwrap();
        let exact = scores.dense().unwrap();
        for lambda in [1e-6, 1e-2] {
            let reference = Reference::new(&exact, lin.gradient().view(), lambda).unwrap();
            for (form, count) in [(Form::Block, 3), (Form::UnitBlock, 14), (Form::Diagonal, problem.dim())] {
                let found = reference.compare(&form.represent(&scores).unwrap()).unwrap();
                let ceiling = count as f64 * (1.0 + 1e-9);
                assert!(found.generalised_range.1 <= ceiling, "{law} {form}: {:?}", found.generalised_range);
                assert!(found.relative_trace_error.abs() < 1e-13, "{law} {form}");
            }
        }
    }
    // All scores equal: the ceiling is reached as λ falls.
    let ones = Array2::ones((7, 7));
    let found = compare::<f64>(&ones, &Array2::eye(7), &Array1::ones(7), 1e-9);
    assert_close("reached", found.generalised_range.1, 7.0, 1e-8);
}

#[test]
fn matrices_are_ordered_where_they_are() {
    for order in [17, 389] {
        let f = random(order, 2 * order, 71);
        let lower = &f * 0.5;
        let upper = &f * 2.0;
        // Above in one direction, below in another.
        let mut mixed = f.clone();
        mixed[[2, 2]] *= 1.5;
        mixed[[3, 3]] *= 0.99;
        let bump = &f + &outer(&Array1::ones(order), &Array1::ones(order));
        let cases = [
            (f.clone(), Loewner::Equal),
            (upper, Loewner::Above),
            (lower, Loewner::Below),
            (mixed, Loewner::Incomparable),
            (bump, Loewner::Above),
        ];
        for (m, wanted) in cases {
            assert_eq!(compare::<f64>(&f, &m, &Array1::ones(order), 0.1).loewner, wanted, "order {order}");
            if order < 100 {
                assert_eq!(compare::<f32>(&f, &m, &Array1::ones(order), 0.1).loewner, wanted);
            }
        }
    }
}

/// Block errors, and ranks of low-rank matrices, by hand.
#[test]
fn blocks_and_ranks() {
    let f = blocks_of(&random(13, 29, 73), 5);
    let mut m = f.clone();
    m.slice_mut(s![0..5, 0..5]).mapv_inplace(|x| 1.25 * x);
    m[[11, 11]] += 0.75;
    let ranges = [0..5, 5..10, 10..13];
    let reference = Reference::new(&dense::<f64>(&f), Array1::ones(13).view(), 0.1).unwrap();
    let found = reference.with_blocks(&ranges).unwrap().compare(&dense::<f64>(&m)).unwrap();
    let last = frobenius(&f.slice(s![10.., 10..]).to_owned());
    for (found, wanted) in found.block_errors.iter().zip([0.25, 0.0, 0.75 / last]) {
        assert!((found - wanted).abs() < 1e-14, "{found} against {wanted}");
    }
    for (order, rank) in [(23, 5), (23, 23), (389, 17), (389, 0)] {
        let f = random(order, 2 * order, 79);
        let m = if rank == 0 {
            Array2::zeros((order, order))
        } else {
            // Exactly of that rank also after rounding: columns that are sums of the first ones.
            let g = Array2::from_shape_fn((order, rank), |(i, k)| {
                if i % rank == k { 1.0 + (i / rank) as f64 } else { 0.0 }
            });
            g.dot(&g.t()) / order as f64
        };
        assert_eq!(compare::<f64>(&f, &m, &Array1::ones(order), 0.1).rank, rank);
        assert_eq!(compare::<f32>(&f, &m, &Array1::ones(order), 0.1).rank, rank);
        let reference = Reference::new(&dense::<f64>(&m), Array1::ones(order).view(), 0.1).unwrap();
        assert_eq!(reference.rank(), rank);
    }
}

/// A network of order 479: the comparison of the library's own forms where it iterates.
#[test]
fn a_network_beyond_the_iterated_order() {
    let problem = Problem::random("poisson", Activation::Tanh, &[20, 19, 4], true, 31, 83);
    assert_eq!(problem.dim(), 479);
    let lin = problem.network::<f64>();
    let law = named::<f64>("poisson").unwrap();
    let lin = lin.linearize(&law, &problem.inputs(), &problem.labels()).unwrap();
    let scores = lin.scores(&Exact).unwrap();
    let exact = scores.dense().unwrap();
    let f = exact.to_dense().unwrap();
    let reference = Reference::new(&exact, lin.gradient().view(), 0.01).unwrap();
    let m = scores.kfac().unwrap();
    let found = reference.compare(&m).unwrap();
    let matrix = m.to_dense().unwrap();
    let (least, greatest) = extremes(&f, &matrix, 0.01);
    assert_close("least", found.generalised_range.0, least, 1e-8);
    assert_close("greatest", found.generalised_range.1, greatest, 1e-8);
    let wanted = spectral(&(&matrix - &f)) / spectral(&f);
    assert_close("spectral", found.relative_spectral_error, wanted, 1e-8);
    let diagonal: ArrayView1<'_, f64> = f.diag();
    assert_eq!(reference.compare(&Diagonal::new(diagonal.to_owned()).unwrap()).unwrap().rank, 479);
}
