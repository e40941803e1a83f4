//! What must not change, and what must change in a known way.

use super::support::*;
use natgrad::fisher::{Empirical, Estimator, Exact, MonteCarlo, MonteCarloError, Sampler};
use natgrad::model::{Activation, Linearization};
use natgrad::ndarray::{Array1, Array2, Array3, Axis, concatenate, s};
use natgrad::solver::{Cholesky, ConjugateGradient};
use natgrad::{Labels, LinearOperator, Scalar, Solver};

const DRAWS: [MonteCarlo; 3] = [
    MonteCarlo { draws: 3, sampler: Sampler::Independent, seed: 0 },
    MonteCarlo { draws: 5, sampler: Sampler::Systematic, seed: 17 },
    MonteCarlo { draws: 4, sampler: Sampler::Antithetic, seed: 29 },
];

fn dense<T: Scalar>(lin: &Linearization<T>, estimator: &dyn Estimator<T>) -> Array2<T> {
    lin.scores(estimator).unwrap().dense().unwrap().into_operator().into_matrix()
}

/// One problem per likelihood, N = 13.
fn problems() -> Vec<Problem> {
    let build = |likelihood: &&str| Problem::random(likelihood, Activation::Tanh, &[3, 5, 2], true, 13, 41);
    LIKELIHOODS.iter().map(build).collect()
}

/// The data of `rows` only.
fn select(problem: &Problem, rows: &[usize]) -> Problem {
    Problem { x: problem.x.select(Axis(0), rows), y: problem.y.select(Axis(0), rows), ..problem.clone() }
}

/// A linearization of some rows, each with an identity far from its position.
fn part(problem: &Problem, rows: &[usize]) -> Linearization<f64> {
    let ids: Vec<u64> = rows.iter().map(|&row| 1_000_003 * row as u64 + 7).collect();
    select(problem, rows).linearize().with_ids(&ids).unwrap()
}

/// Labels that are the same: counts to the bit. A Gaussian label holds η, whose last bit is a matter of how a BLAS cuts its
/// products, and so of the size of the batch; one rounding of η of size 2 is 2e-16.
fn assert_same(what: &str, problem: &Problem, found: &Array2<f64>, expected: &Array2<f64>) {
    if problem.likelihood.starts_with("gaussian") {
        let distance = (found - expected).iter().fold(0.0f64, |m, x| m.max(x.abs()));
        assert!(distance < 2e-15, "{what}: off by {distance:e}");
    } else {
        assert_eq!(found, expected, "{what}");
    }
}

#[test]
fn labels_belong_to_data_whatever_the_order_or_the_batch() {
    for problem in problems() {
        let all: Vec<usize> = (0..13).collect();
        let whole = part(&problem, &all);
        // 5 generates the numbers modulo 13.
        let shuffled: Vec<usize> = (0..13).map(|k| (5 * k + 2) % 13).collect();
        let permuted = part(&problem, &shuffled);
        for estimator in DRAWS {
            let m = estimator.draws;
            let labels = estimator.labels(&whole).unwrap();
            let of_datum =
                |labels: &Labels<f64>, n: usize| labels.values().slice(s![n * m..(n + 1) * m, ..]).to_owned();
            let moved = estimator.labels(&permuted).unwrap();
            for (place, &row) in shuffled.iter().enumerate() {
                let what = format!("{} datum {row}", problem.name());
                assert_same(&what, &problem, &of_datum(&moved, place), &of_datum(&labels, row));
            }
            let batches = [&all[..2], &all[2..7], &all[7..]].map(|rows| part(&problem, rows));
            let parts = batches.each_ref().map(|batch| estimator.labels(batch).unwrap());
            let joined = concatenate(Axis(0), &parts.each_ref().map(Labels::values)).unwrap();
            assert_same(&problem.name(), &problem, &joined, &labels.values().to_owned());
        }
        let mut every = estimators::<f64>();
        every.truncate(3);
        every.extend(DRAWS.map(|draws| Box::new(draws) as Box<dyn Estimator<f64>>));
        for estimator in every {
            let name = format!("{} {}", problem.name(), estimator.name());
            let f = dense(&whole, estimator.as_ref());
            assert_near(&format!("{name}: order"), &dense(&permuted, estimator.as_ref()), &f, 1e-14);
            let mut sum = Array2::zeros(f.dim());
            for rows in [&all[..2], &all[2..7], &all[7..]] {
                sum.scaled_add(rows.len() as f64 / 13.0, &dense(&part(&problem, rows), estimator.as_ref()));
            }
            assert_near(&format!("{name}: batches"), &sum, &f, 1e-14);
        }
    }
}

#[test]
fn every_result_has_the_same_bits_on_one_thread_and_on_two() {
    // P = 278 makes three tiles of 128, N = 263 two chunks of 256 data, and two rows per datum or more two
    // chunks of 512 rows.
    let problem = Problem::random("categorical", Activation::Gelu, &[11, 13, 7, 3], true, 263, 3);
    assert_eq!(problem.dim(), 278);
    let mut results: Vec<Vec<(String, Vec<u64>)>> = Vec::new();
    for threads in [1, 2] {
        let pool = natgrad_pool(threads);
        results.push(pool.install(|| {
            assert_eq!(rayon::current_num_threads(), threads);
            let mut all = fingerprints::<f64>(&problem);
            all.extend(fingerprints::<f32>(&problem));
            all
        }));
    }
    let two = results.pop().unwrap();
    let one = results.pop().unwrap();
    assert!(one.len() > 60, "only {} results", one.len());
    for ((name, one), (_, two)) in one.iter().zip(&two) {
        assert!(!one.is_empty() && one == two, "{name} differs");
    }
}

fn natgrad_pool(threads: usize) -> rayon::ThreadPool {
    rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap()
}

fn fingerprints<T: Scalar>(problem: &Problem) -> Vec<(String, Vec<u64>)> {
    let lin = problem.linearize::<T>();
    let v = Lcg::new(8).vector(problem.dim()).mapv(T::of);
    let mut all = vec![
        ("loss".to_owned(), bits(&[lin.loss()])),
        ("gradient".to_owned(), bits(lin.gradient())),
        ("jvp".to_owned(), bits(&lin.jvp(v.view()).unwrap())),
        ("vjp".to_owned(), bits(&lin.vjp(lin.eta()).unwrap())),
        ("jacobian".to_owned(), bits(&problem.network::<T>().jacobian(&problem.inputs()).unwrap())),
    ];
    for estimator in estimators::<T>() {
        let scores = lin.scores(estimator.as_ref()).unwrap();
        let (f, implicit) = (scores.dense().unwrap(), scores.implicit().unwrap());
        let direct = Cholesky::damped(0.1).solve(&f, lin.gradient().view()).unwrap();
        let iterated = ConjugateGradient { max_iterations: 7, ..ConjugateGradient::damped(0.1) }
            .solve(&implicit, lin.gradient().view())
            .unwrap();
        let mut push = |what: &str, values: Vec<u64>| {
            all.push((format!("{} {} {what}", T::NAME, estimator.name()), values))
        };
        push("scores", bits(&scores.matrix()));
        push("dense", bits(&f.to_dense().unwrap()));
        push("diagonal", bits(&scores.diagonal().unwrap().diagonal().unwrap()));
        push("implicit", bits(&implicit.apply(v.view()).unwrap()));
        push("direction", bits(&direct.direction));
        push("direction by products", bits(&iterated.direction));
    }
    all
}

#[test]
fn tiles_and_chunks_join_without_a_seam() {
    // The same sizes as above, against one product over S written out and against halves of the data.
    let problem = Problem::random("categorical", Activation::Gelu, &[11, 13, 7, 3], true, 263, 3);
    let lin = problem.linearize::<f64>();
    for estimator in estimators::<f64>() {
        let scores = lin.scores(estimator.as_ref()).unwrap();
        let f = dense(&lin, estimator.as_ref());
        let s = scores.matrix();
        let name = estimator.name();
        assert_near(&name, &f, &(s.t().dot(&s) / 263.0), 1e-14);
        assert_near(&name, &scores.diagonal().unwrap().diagonal().unwrap(), f.diag(), 1e-14);
        let v = Lcg::new(4).vector(278);
        // F v cancels little for a random v here.
        assert_near(&name, &scores.implicit().unwrap().apply(v.view()).unwrap(), &f.dot(&v), 1e-13);
    }
    assert_near("triple loop", &dense(&lin, &Exact), &by_rows(&problem), 1e-13);
}

/// (1/N) Σ J_nᵀ H_n J_n by products of the whole Jacobian, without factors, tiles or chunks.
fn by_rows(problem: &Problem) -> Array2<f64> {
    let (eta, jacobian) = (problem.outputs_at(problem.theta.view()), problem.jacobian());
    let mut f = Array2::zeros((problem.dim(), problem.dim()));
    for (n, j) in jacobian.outer_iter().enumerate() {
        f = f + j.t().dot(&output_fisher(&problem.likelihood, eta.row(n)).dot(&j));
    }
    f / problem.data() as f64
}

#[test]
fn doubling_the_data_changes_no_mean() {
    for problem in problems() {
        let twice: Vec<usize> = (0..26).map(|n| n / 2).collect();
        let (once, doubled) = (problem.linearize::<f64>(), select(&problem, &twice).linearize::<f64>());
        let name = problem.name();
        assert_near(&name, doubled.gradient(), once.gradient(), 1e-13);
        assert_close(&name, doubled.loss(), once.loss(), 1e-14);
        let mut every = estimators::<f64>();
        every.truncate(3);
        for estimator in &every {
            let f = dense(&once, estimator.as_ref());
            assert_near(&name, &dense(&doubled, estimator.as_ref()), &f, 1e-14);
        }
        // With the identities doubled too, the draws are the same; with fresh ones, the error halves.
        let ids: Vec<u64> = twice.iter().map(|&n| n as u64).collect();
        let paired = doubled.clone().with_ids(&ids).unwrap();
        for estimator in DRAWS {
            assert_near(&name, &dense(&paired, &estimator), &dense(&once, &estimator), 1e-14);
            // Estimates from the sample are those of other draws.
            let error = |lin: &Linearization<f64>| MonteCarloError::exact(&estimator, lin).unwrap();
            if let (Some(once), Some(doubled)) = (error(&once), error(&doubled)) {
                assert_close(&name, doubled.mean_squared_error, once.mean_squared_error / 2.0, 1e-12);
            }
        }
    }
}

/// F of the permuted problem is F permuted: `place[p]` is the old index of parameter p, with a sign.
#[track_caller]
fn assert_equivariant(
    what: &str,
    moved: &Problem,
    f: impl Fn(&Problem) -> Array2<f64>,
    original: &Problem,
    place: &[(usize, f64)],
) {
    let old = f(original);
    let expected =
        Array2::from_shape_fn(old.dim(), |(i, j)| place[i].1 * place[j].1 * old[[place[i].0, place[j].0]]);
    assert_near(what, &f(moved), &expected, 1e-14);
}

/// A problem whose parameters are taken from `place`, with signs.
fn moved(problem: &Problem, place: &[(usize, f64)]) -> Problem {
    let theta = place.iter().map(|&(p, sign)| sign * problem.theta[p]).collect();
    Problem { theta, ..problem.clone() }
}

#[test]
fn permuting_classes_permutes_the_matrix() {
    let problem = Problem::random("categorical", Activation::Softplus, &[2, 5, 3], true, 7, 5);
    // New class c is old class perm[c]. Layer 1: weights at 15..30 (3 × 5), biases at 30..33.
    let perm = [2, 0, 1];
    let place: Vec<(usize, f64)> = (0..15)
        .chain(perm.iter().flat_map(|&c| 15 + 5 * c..15 + 5 * (c + 1)))
        .chain(perm.iter().map(|&c| 30 + c))
        .map(|p| (p, 1.0))
        .collect();
    let mut permuted = moved(&problem, &place);
    permuted.y.mapv_inplace(|y| perm.iter().position(|&c| c == y.round() as usize).unwrap() as f64);
    for estimator in [&Exact as &dyn Estimator<f64>, &natgrad::fisher::ExactEnumeration, &Empirical] {
        let f = |problem: &Problem| dense(&problem.linearize(), estimator);
        assert_equivariant(&estimator.name(), &permuted, f, &problem, &place);
    }
    assert_near("loss", &[permuted.linearize::<f64>().loss()], &[problem.linearize::<f64>().loss()], 1e-15);
}

#[test]
fn permuting_and_flipping_hidden_units_permutes_and_flips_the_matrix() {
    // tanh is odd: a unit with all its weights negated is the same unit.
    let problem = Problem::random("bernoulli", Activation::Tanh, &[2, 5, 3], true, 7, 6);
    let (perm, sign) = ([3, 0, 4, 2, 1], [1.0, -1.0, -1.0, 1.0, -1.0]);
    let mut place = Vec::new();
    (0..5).for_each(|u| place.extend((0..2).map(|i| (2 * perm[u] + i, sign[u]))));
    (0..5).for_each(|u| place.push((10 + perm[u], sign[u])));
    (0..3).for_each(|c| place.extend((0..5).map(|u| (15 + 5 * c + perm[u], sign[u]))));
    (0..3).for_each(|c| place.push((30 + c, 1.0)));
    let turned = moved(&problem, &place);
    assert_near(
        "outputs",
        &turned.linearize::<f64>().eta().to_owned(),
        &problem.linearize::<f64>().eta().to_owned(),
        1e-14,
    );
    for estimator in estimators::<f64>() {
        let f = |problem: &Problem| dense(&problem.linearize(), estimator.as_ref());
        assert_equivariant(&estimator.name(), &turned, f, &problem, &place);
    }
}

#[test]
fn rescaling_an_input_rescales_its_rows_and_columns() {
    for problem in problems() {
        // x_i → d_i x_i with w_·i → w_·i/d_i: the same outputs, and F_pq → d_p d_q F_pq. Powers of two: exact.
        let d = [4.0, 0.125, 32.0];
        let mut scaled = problem.clone();
        let mut factor = Array1::ones(problem.dim());
        scaled.x *= &Array1::from(d.to_vec());
        for unit in 0..5 {
            for (input, d) in d.iter().enumerate() {
                scaled.theta[3 * unit + input] /= d;
                factor[3 * unit + input] = *d;
            }
        }
        for estimator in estimators::<f64>() {
            let f = dense(&problem.linearize(), estimator.as_ref());
            let expected = Array2::from_shape_fn(f.dim(), |(i, j)| factor[i] * factor[j] * f[[i, j]]);
            let what = format!("{} {}", problem.name(), estimator.name());
            assert_near(&what, &dense(&scaled.linearize(), estimator.as_ref()), &expected, 1e-14);
        }
    }
}

#[test]
fn shifting_all_logits_is_a_null_direction() {
    let problem = Problem::random("categorical", Activation::Relu, &[2, 5, 3], true, 7, 8);
    // All output biases, or all weights from hidden unit 2, up by one: the softmax does not see it.
    let mut biases = Array1::<f64>::zeros(problem.dim());
    biases.slice_mut(s![30..33]).fill(1.0);
    let mut weights = Array1::<f64>::zeros(problem.dim());
    (0..3).for_each(|c| weights[15 + 5 * c + 2] = 1.0);
    for shift in [biases, weights] {
        for estimator in estimators::<f64>() {
            let scores = problem.linearize::<f64>().scores(estimator.as_ref()).unwrap();
            let f = scores.dense().unwrap();
            let scale = f.frobenius_norm().unwrap();
            for product in
                [f.apply(shift.view()).unwrap(), scores.implicit().unwrap().apply(shift.view()).unwrap()]
            {
                let largest = product.iter().fold(0.0f64, |m, x| m.max(x.abs()));
                assert!(largest <= 1e-15 * scale, "{}: {largest:e} beside {scale:e}", estimator.name());
            }
        }
    }
    // And logits shifted by 1000 give the same matrix, to the rounding of 1000 + η.
    let mut shifted = problem.clone();
    shifted.theta.slice_mut(s![30..33]).mapv_inplace(|b| b + 1000.0);
    let (f, far) = (dense(&problem.linearize::<f64>(), &Exact), dense(&shifted.linearize::<f64>(), &Exact));
    assert_near("shifted by 1000", &far, &f, 1e-12);
}

/// The same linearization in coordinates θ = A ψ: Jacobian J A.
fn reparameterised(problem: &Problem, a: &Array2<f64>) -> Linearization<f64> {
    let lin = problem.linearize::<f64>();
    let j = problem.jacobian();
    let (data, outputs, order) = j.dim();
    let flat = j.into_shape_with_order((data * outputs, order)).unwrap();
    let moved: Array3<f64> = flat.dot(a).into_shape_with_order((data, outputs, a.ncols())).unwrap();
    Linearization::from_jacobian(&problem.law::<f64>(), moved, lin.eta().to_owned(), &problem.labels())
        .unwrap()
}

#[test]
fn new_coordinates_transform_the_matrix_and_leave_the_natural_step_alone() {
    let identity = Activation::Identity;
    let mut all = vec![reference("M3"), reference("M5")];
    all.push(Problem::random("bernoulli", identity, &[3, 2], true, 13, 9));
    all.push(Problem::random("gaussian:0.37", identity, &[5, 2], true, 17, 10));
    for problem in all {
        let order = problem.dim();
        // Well conditioned and not orthogonal: 2 I plus a random matrix.
        let a = Lcg::new(12).matrix(order, order) * 0.4 + Array2::<f64>::eye(order) * 2.0;
        let (lin, moved) = (problem.linearize::<f64>(), reparameterised(&problem, &a));
        for estimator in estimators::<f64>() {
            let what = format!("{} {}", problem.name(), estimator.name());
            let f = dense(&lin, estimator.as_ref());
            assert_near(&what, &dense(&moved, estimator.as_ref()), &a.t().dot(&f).dot(&a), 1e-13);
        }
        let solve = |lin: &Linearization<f64>| {
            let f = lin.scores(&Exact).unwrap().dense().unwrap();
            Cholesky::default().solve(&f, lin.gradient().view()).unwrap()
        };
        let (step, moved_step) = (solve(&lin), solve(&moved));
        assert_near(&problem.name(), moved.gradient(), &a.t().dot(lin.gradient()), 1e-13);
        // Rounding times the condition number of A'FA, which stays below 1000 here.
        assert!(moved_step.info.condition < 1e3, "condition {:e}", moved_step.info.condition);
        assert_near(&problem.name(), &a.dot(&moved_step.direction), &step.direction, 1e-12);
    }
}

#[test]
fn the_fisher_does_not_look_at_the_labels() {
    for problem in problems() {
        let mut other = problem.clone();
        other.y.mapv_inplace(|y| {
            if problem.likelihood.starts_with("gaussian") { -3.0 * y } else { 1.0 - y.min(1.0) }
        });
        let (a, b) = (problem.linearize::<f64>(), other.linearize::<f64>());
        assert!(distance(a.gradient(), b.gradient()) > 0.1, "{}: the labels did change", problem.name());
        for estimator in estimators::<f64>() {
            let (f, e) = (dense(&a, estimator.as_ref()), dense(&b, estimator.as_ref()));
            let what = format!("{} {}", problem.name(), estimator.name());
            if estimator.name().starts_with("empirical") {
                assert!(distance(&f, &e) > 0.1, "{what} did not notice");
            } else {
                assert_eq!(bits(&f), bits(&e), "{what}");
            }
        }
    }
}

#[test]
fn independent_observations_add() {
    for likelihood in ["bernoulli", "poisson", "gaussian:0.37"] {
        let problem = Problem::random(likelihood, Activation::Sigmoid, &[3, 5, 2], true, 7, 14);
        let whole = problem.linearize::<f64>();
        let eta = whole.eta().to_owned();
        // Each output as an observation of its own …
        let single = |c: usize| {
            let jacobian = problem.jacobian().slice(s![.., c..=c, ..]).to_owned();
            let labels = Labels::new(problem.y.slice(s![.., c..=c]).to_owned()).unwrap();
            let eta = eta.slice(s![.., c..=c]).to_owned();
            Linearization::from_jacobian(&problem.law::<f64>(), jacobian, eta, &labels).unwrap()
        };
        let sum = dense(&single(0), &Exact) + dense(&single(1), &Exact);
        assert_near(&problem.name(), &dense(&whole, &Exact), &sum, 1e-14);
        // … and every output observed twice.
        let twice = |axis: &Array2<f64>| concatenate(Axis(1), &[axis.view(), axis.view()]).unwrap();
        let j = problem.jacobian();
        let doubled = Linearization::from_jacobian(
            &problem.law::<f64>(),
            concatenate(Axis(1), &[j.view(), j.view()]).unwrap(),
            twice(&eta),
            &Labels::new(twice(&problem.y)).unwrap(),
        )
        .unwrap();
        assert_near(&problem.name(), &dense(&doubled, &Exact), &(dense(&whole, &Exact) * 2.0), 1e-14);
    }
}

#[test]
fn the_empirical_matrix_averaged_over_all_labelings_is_the_fisher() {
    for name in ["M1", "M2"] {
        let problem = reference(name);
        let p: Vec<_> = problem.outputs_at(problem.theta.view()).outer_iter().map(softmax).collect();
        let mut average = Array2::zeros((problem.dim(), problem.dim()));
        for labeling in 0..81usize {
            let classes: Vec<usize> = (0..4).map(|n| labeling / 3usize.pow(n) % 3).collect();
            let weight: f64 = classes.iter().zip(&p).map(|(&c, p)| p[c]).product();
            let labels = Labels::classes(&classes).unwrap();
            let lin = problem.network::<f64>().linearize(&problem.law::<f64>(), &problem.x, &labels).unwrap();
            average.scaled_add(weight, &dense(&lin, &Empirical));
        }
        assert_near(name, &dense(&problem.linearize::<f64>(), &Exact), &average, 1e-14);
    }
}
