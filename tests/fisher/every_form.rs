//! Every form of every kind of problem: the matrix against loops, everything asked of it against nalgebra.

use super::score_twin::{Twin, observed_score, squares, to_nalgebra};
use super::support::*;
use natgrad::fisher::{CentredEmpirical, Estimator, Exact, Form, Scores};
use natgrad::model::Activation;
use natgrad::ndarray::{Array1, Array2};
use natgrad::{Error, LinearOperator, Scalar};

/// Likelihood, activation, widths, biases, N: every likelihood, activation and depth, no two sizes of a row equal.
type Case = (&'static str, Activation, &'static [usize], &'static [bool], usize);

const CASES: [Case; 9] = [
    ("categorical", Activation::Tanh, &[5, 7, 3], &[true, true], 11),
    ("bernoulli", Activation::Relu, &[7, 3, 5, 2], &[true, true, true], 13),
    ("poisson", Activation::Identity, &[5, 2], &[false], 7),
    ("gaussian:0.37", Activation::Softplus, &[7, 3, 5, 2], &[false, false, false], 11),
    ("binomial:5", Activation::Gelu, &[2, 5, 3], &[true, true], 7),
    ("geometric", Activation::Tanh, &[5, 3, 2], &[false, true], 13),
    ("negative-binomial:2.5", Activation::Sigmoid, &[7, 5, 3], &[true, false], 11),
    ("categorical", Activation::Relu, &[3, 2, 7, 5], &[true, false, true], 13),
    ("gaussian:0.37", Activation::Tanh, &[3, 5], &[true], 2),
];

/// The k-th problem; its numbers are single-precision ones, so that both types see the same model.
fn problem(k: usize) -> Problem {
    let (likelihood, activation, widths, bias, data) = CASES[k];
    let mut problem = Problem::random(likelihood, activation, widths, true, data, 100 + k as u64);
    let pairs = widths.windows(2).zip(bias);
    let order = pairs.map(|(pair, &bias)| pair[1] * (pair[0] + usize::from(bias))).sum();
    problem.bias = bias.to_vec();
    problem.theta = Lcg::new(500 + k as u64).vector(order) * 0.8;
    let single = |x: f64| f64::from(x as f32);
    problem.theta.mapv_inplace(single);
    problem.x.mapv_inplace(single);
    problem.y.mapv_inplace(single);
    problem
}

fn twin_of<T: Scalar>(problem: &Problem, estimator: &dyn Estimator<T>) -> Twin {
    let eta = problem.outputs_at(problem.theta.view());
    let law = &problem.likelihood;
    let h = match estimator.name().as_str() {
        "exact" | "exact-enumeration" => eta.outer_iter().map(|eta| output_fisher(law, eta)).collect(),
        "empirical" => {
            let scores = eta.outer_iter().zip(problem.y.outer_iter());
            scores
                .map(|(eta, y)| observed_score(law, eta, y))
                .map(|s| super::score_twin::outer(&s, &s))
                .collect()
        }
        // Which labels, or signs, were drawn is the estimator's to say; its law has tests of its own.
        _ => {
            let chosen = estimator.output_vectors(&problem.linearize()).unwrap();
            squares(&chosen.vectors().mapv(|x| x.as_f64()), chosen.offsets())
        }
    };
    Twin::new(problem, h)
}

/// The estimators with a list of labels short enough, but for the centred one.
fn estimators_of<T: Scalar>(problem: &Problem) -> Vec<Box<dyn Estimator<T>>> {
    let finite = ["categorical", "bernoulli", "binomial:5"].contains(&problem.likelihood.as_str());
    let mut list = estimators::<T>();
    list.retain(|e| e.name() != "empirical-centred" && (finite || e.name() != ENUMERATION));
    list
}

const ENUMERATION: &str = "exact-enumeration";

/// Numbers kept, counted by hand.
fn stored<T: Scalar>(form: Form, problem: &Problem, scores: &Scores<T>, found: usize) -> usize {
    let (order, rows) = (problem.dim(), scores.rows());
    let outputs = *problem.widths.last().unwrap();
    let units: usize = problem.widths[1..].iter().sum();
    let layers = problem.widths.windows(2).zip(&problem.bias).map(|(w, &b)| (w[1], w[0], usize::from(b)));
    match form {
        Form::Dense => order * order,
        // Whichever of the two sets of vectors the cheaper route needs.
        Form::Implicit => rows * if found == rows * outputs { outputs } else { units },
        Form::Gram => rows * rows + rows * (outputs + units),
        Form::Block => layers.map(|(o, i, b)| (o * (i + b)).pow(2)).sum(),
        Form::UnitBlock => layers.map(|(o, i, b)| o * (i + b).pow(2)).sum(),
        Form::QuasiDiagonal => layers.map(|(o, i, b)| o * (i + b * (1 + i))).sum(),
        Form::Diagonal | Form::DiagonalKronecker => order,
        Form::Kfac | Form::Kfoc | Form::Tkfac => layers.map(|(o, i, b)| o * o + (i + b).pow(2)).sum(),
        Form::KfacSeparate => layers.map(|(o, i, b)| o * o + i * i + b * (o * o + 1)).sum(),
        Form::Ekfac => layers.map(|(o, i, b)| 2 * (o * o + (i + b).pow(2)) + o * (i + b)).sum(),
        other => panic!("{other} has no count"),
    }
}

fn doubled<T: Scalar>(values: &Array1<T>) -> Array1<f64> {
    values.mapv(|x| x.as_f64())
}

/// Everything that an operator answers, against the matrix it says it is. `small` is the rounding of the type.
fn assert_operations<T: Scalar>(what: &str, f: &dyn LinearOperator<T>, small: f64) {
    let dense = f.to_dense().unwrap().mapv(|x| x.as_f64());
    let order = dense.nrows();
    let single = |v: Array1<f64>| v.mapv(T::of);
    let v = single(Lcg::new(41).vector(order));
    let exact = doubled(&v);
    let say = |part: &str| format!("{what}: {part}");
    let norm = dense.iter().map(|x| x * x).sum::<f64>().sqrt();

    for ((i, j), x) in dense.indexed_iter() {
        assert!((x - dense[[j, i]]).abs() <= small * norm, "{what}: [{i}, {j}] is not its mirror image");
    }
    let symmetric = (&dense + &dense.t()) * 0.5;
    let eigen = to_nalgebra(&symmetric).symmetric_eigen();
    let mut values: Vec<f64> = eigen.eigenvalues.iter().copied().collect();
    values.sort_by(f64::total_cmp);
    let largest = values[order - 1];
    assert!(values[0] >= -small * largest, "{what}: eigenvalue {}", values[0]);

    assert_near(&say("product"), &f.apply(v.view()).unwrap(), &dense.dot(&exact), small);
    assert_near(&say("diagonal"), &f.diagonal().unwrap(), &dense.diag().to_owned(), small);
    assert_close(&say("trace"), f.trace().unwrap().as_f64(), dense.diag().sum(), small);
    assert_close(&say("norm"), f.frobenius_norm().unwrap().as_f64(), norm, small);
    assert_close(
        &say("form"),
        f.quadratic_form(v.view()).unwrap().as_f64(),
        exact.dot(&dense.dot(&exact)),
        small,
    );
    assert_close(&say("spectral norm"), f.spectral_norm().unwrap().as_f64(), largest, small);
    let found = f.eigenvalues().unwrap();
    assert!(found.windows(2).into_iter().all(|w| w[0] <= w[1]), "{what}: eigenvalues in order");
    assert_near(&say("eigenvalues"), &found, &values, small);

    let damping = T::of(0.3 * largest);
    let lambda = damping.as_f64();
    let mapped = |of: &dyn Fn(f64) -> f64| {
        let u = &eigen.eigenvectors;
        let mut image = Array1::<f64>::zeros(order);
        for k in 0..order {
            let along: f64 = (0..order).map(|i| u[(i, k)] * exact[i]).sum();
            image.scaled_add(of(eigen.eigenvalues[k]) * along, &Array1::from_shape_fn(order, |i| u[(i, k)]));
        }
        image
    };
    let volume: f64 = values.iter().map(|x| (x + lambda).ln()).sum();
    // Its terms are of both signs: the scale is their number.
    let apart = f.log_determinant(damping).unwrap().as_f64() - volume;
    assert!(apart.abs() <= small * order as f64, "{what}: log det is off by {apart:e}");

    let decomposition = f.decompose().unwrap();
    assert_eq!(decomposition.dim(), order);
    assert_near(&say("decomposition"), &decomposition.eigenvalues(), &values, small);
    for s in [-1.0, -0.5, 0.5, 0.3, 2.0] {
        let wanted = mapped(&|x| (x + lambda).powf(s));
        let label = format!("{what}: power {s}");
        assert_near(&label, &decomposition.apply_power(s, damping, v.view()).unwrap(), &wanted, small);
        let power = decomposition.power(s, damping).unwrap();
        assert_near(&label, &power.apply(v.view()).unwrap(), &wanted, small);
        let all: Vec<f64> = values.iter().map(|x| (x + lambda).powf(s)).collect();
        assert_close(&label, power.trace().unwrap().as_f64(), all.iter().sum(), small);
        assert_close(&label, power.diagonal().unwrap().sum().as_f64(), all.iter().sum(), small);
        let most = all.iter().fold(0.0, |m: f64, x| m.max(*x));
        assert_close(&label, power.spectral_norm().unwrap().as_f64(), most, small);
    }

    // Cut in the widest gap of the upper part of the spectrum, so that rounding moves no eigenvalue over the cut.
    let (_, cut) = values
        .windows(2)
        .filter(|w| w[1] > 1e-2 * largest)
        .map(|w| (w[1] / w[0].max(1e-4 * largest), (w[1] * w[0].max(1e-4 * largest)).sqrt()))
        .fold((0.0, 0.0), |best, gap| if gap.0 > best.0 { gap } else { best });
    let wanted = mapped(&|x| if x > cut { 1.0 / x } else { 0.0 });
    // The kept part may have a condition of 100.
    let found = decomposition.pseudo_inverse(cut / largest, v.view()).unwrap();
    assert_near(&say("pseudo-inverse"), &found, &wanted, 100.0 * small);
    assert_eq!(decomposition.rank(T::of(cut / largest)), values.iter().filter(|x| **x > cut).count());
}

fn assert_forms<T: Scalar>(k: usize, matrix: f64, small: f64) {
    let problem = problem(k);
    let lin = problem.linearize::<T>();
    for (e, estimator) in estimators_of::<T>(&problem).iter().enumerate() {
        let twin = twin_of(&problem, estimator.as_ref());
        let scores = lin.scores(estimator.as_ref()).unwrap();
        for form in Form::ALL {
            let what = format!("{} {} {form}", problem.name(), estimator.name());
            let f = form.represent(&scores).unwrap();
            assert_eq!((f.representation(), f.dim()), (form.name(), problem.dim()));
            assert_near(&what, &f.to_dense().unwrap(), &twin.form(form.name()), matrix);
            assert_eq!(f.stored(), stored(form, &problem, &scores, f.stored()), "{what}: stored");
            // All operations with the exact scores, and with one other estimator per problem.
            if e == 0 || e == 1 + k % 5 {
                assert_operations(&what, &f, small);
            }
        }
    }
}

/// One test per problem, so that they run side by side.
macro_rules! problems {
    ($($name:ident $k:literal),+ $(,)?) => {
        $(#[test]
        fn $name() {
            assert_forms::<f64>($k, 1e-13, 1e-12);
            assert_forms::<f32>($k, 1e-5, 1e-5);
        })+
    };
}

problems!(
    categorical_tanh 0,
    bernoulli_relu 1,
    poisson_affine 2,
    gaussian_softplus 3,
    binomial_gelu 4,
    geometric_tanh 5,
    negative_binomial_sigmoid 6,
    categorical_relu 7,
    gaussian_affine 8,
);

#[test]
fn the_backward_pass_of_the_twin_is_a_difference_quotient() {
    for k in 0..CASES.len() {
        let problem = problem(k);
        let eta = problem.outputs_at(problem.theta.view());
        let twin = Twin::new(&problem, vec![Array2::eye(eta.ncols()); problem.data()]);
        let step = 1e-6;
        for p in 0..problem.dim() {
            let moved = |sign: f64| {
                let mut theta = problem.theta.clone();
                theta[p] += sign * step;
                problem.outputs_at(theta.view())
            };
            let quotient = (moved(1.0) - moved(-1.0)) / (2.0 * step);
            for n in 0..problem.data() {
                for (c, slope) in quotient.row(n).iter().enumerate() {
                    let found = twin.jacobian(n)[[c, p]];
                    assert!((found - slope).abs() < 1e-8, "{}: [{n}, {c}, {p}]", problem.name());
                }
            }
        }
    }
}

/// Centred scores are a covariance by definition; the forms made of factors refuse them.
#[test]
fn centred_scores_have_the_forms_that_need_no_factors() {
    for k in 0..CASES.len() {
        let problem = problem(k);
        let eta = problem.outputs_at(problem.theta.view());
        let twin = Twin::new(&problem, vec![Array2::eye(eta.ncols()); problem.data()]);
        let data = problem.data();
        let rows: Vec<Array1<f64>> = (0..data)
            .map(|n| {
                twin.jacobian(n).t().dot(&observed_score(&problem.likelihood, eta.row(n), problem.y.row(n)))
            })
            .collect();
        let mean = rows.iter().fold(Array1::<f64>::zeros(problem.dim()), |sum, row| sum + row) / data as f64;
        let covariance =
            rows.iter().fold(Array2::<f64>::zeros((problem.dim(), problem.dim())), |sum, row| {
                sum + super::score_twin::outer(&(row - &mean), &(row - &mean)) / data as f64
            });
        let mut blocks = Array2::zeros(covariance.raw_dim());
        for layer in &twin.layers {
            let range = layer.offset..layer.offset + layer.outputs * layer.width();
            let part = natgrad::ndarray::s![range.clone(), range];
            blocks.slice_mut(part).assign(&covariance.slice(part));
        }
        let scores = problem.linearize::<f64>().scores(&CentredEmpirical).unwrap();
        for form in Form::ALL {
            let what = format!("{} centred {form}", problem.name());
            let wanted = match form {
                Form::Dense | Form::Implicit | Form::Gram => covariance.clone(),
                Form::Block => blocks.clone(),
                Form::Diagonal => Array2::from_diag(&covariance.diag()),
                _ => {
                    assert!(matches!(form.represent(&scores), Err(Error::Unsupported { .. })), "{what}");
                    continue;
                }
            };
            let f = form.represent(&scores).unwrap();
            assert_near(&what, &f.to_dense().unwrap(), &wanted, 1e-11);
            assert_operations(&what, &f, 1e-11);
        }
    }
}

/// G_kj = r_kᵀ J_n J_mᵀ r_j / N, and what the other roads through the scores say.
#[test]
fn the_gram_matrix_is_the_product_of_rows() {
    for k in 0..CASES.len() {
        let problem = problem(k);
        let lin = problem.linearize::<f64>();
        let chosen = Estimator::<f64>::output_vectors(&Exact, &lin).unwrap();
        let eta = problem.outputs_at(problem.theta.view());
        let twin = Twin::new(&problem, vec![Array2::eye(eta.ncols()); problem.data()]);
        let mut rows = Vec::new();
        for n in 0..problem.data() {
            for r in chosen.offsets()[n]..chosen.offsets()[n + 1] {
                rows.push(twin.jacobian(n).t().dot(&chosen.vectors().row(r)));
            }
        }
        let gram = lin.scores(&Exact).unwrap().gram().unwrap();
        let wanted = Array2::from_shape_fn((rows.len(), rows.len()), |(i, j)| {
            rows[i].dot(&rows[j]) / problem.data() as f64
        });
        assert_near(&problem.name(), gram.operator().gram(), &wanted, 1e-12);
    }
}

#[test]
fn names_of_forms_are_read_back() {
    for form in Form::ALL {
        assert_eq!(form.to_string().parse::<Form>().unwrap(), form);
    }
    let unknown = "kfac ".parse::<Form>().unwrap_err();
    let Error::Unknown { name, known, .. } = &unknown else { panic!("{unknown}") };
    assert_eq!(name, "kfac ");
    assert!(Form::ALL.iter().all(|form| known.contains(form.name())), "{known}");
}
