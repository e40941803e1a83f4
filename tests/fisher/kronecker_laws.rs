//! When Kronecker products are exact, how they are ordered when they are not, and what no root of H may change.
//!
//! One datum, deep linear networks, rotated roots and the printed factors together kill every mutant of the factors that
//! was tried; none of the four does alone.

use super::score_twin::{Twin, kron, outer, to_nalgebra};
use super::support::*;
use natgrad::fisher::{Bias, Empirical, Estimator, Exact, Form, OutputVectors, Scores};
use natgrad::model::{Activation, Linearization};
use natgrad::ndarray::{Array1, Array2, Axis, array, s};
use natgrad::{LinearOperator, Result, Scalar};

fn exact_twin(problem: &Problem) -> Twin {
    let eta = problem.outputs_at(problem.theta.view());
    Twin::new(problem, eta.outer_iter().map(|eta| output_fisher(&problem.likelihood, eta)).collect())
}

fn scores<T: Scalar>(problem: &Problem, estimator: &dyn Estimator<T>) -> Scores<T> {
    problem.linearize::<T>().scores(estimator).unwrap()
}

fn matrix(form: Form, scores: &Scores<f64>) -> Array2<f64> {
    form.represent(scores).unwrap().to_dense().unwrap()
}

fn all_likelihoods() -> impl Iterator<Item = &'static str> {
    LIKELIHOODS.into_iter().chain(COUNTS)
}

#[test]
fn one_datum_is_a_kronecker_product() {
    for (k, law) in all_likelihoods().enumerate() {
        let problem = Problem::random(law, Activation::Tanh, &[5, 7, 3], true, 1, 60 + k as u64);
        let exact = exact_twin(&problem).form("block");
        for (estimator, wanted) in [(&Exact as &dyn Estimator<f64>, Some(exact)), (&Empirical, None)] {
            let s = scores(&problem, estimator);
            let wanted = wanted.unwrap_or_else(|| {
                let eta = problem.outputs_at(problem.theta.view());
                let score = super::score_twin::observed_score(law, eta.row(0), problem.y.row(0));
                Twin::new(&problem, vec![outer(&score, &score)]).form("block")
            });
            for form in [Form::Kfac, Form::Ekfac, Form::Kfoc, Form::Tkfac] {
                let what = format!("{law} {} {form}", estimator.name());
                assert_near(&what, &matrix(form, &s), &wanted, 1e-12);
            }
            // A bias of its own loses its products with the weights, of size |a| beside 1.
            let apart = distance(&matrix(Form::KfacSeparate, &s), &wanted);
            assert!(apart > 0.1, "{law}: separate biases are {apart:e} away");
        }
    }
}

#[test]
fn a_deep_linear_gaussian_network_is_a_kronecker_product_for_any_data() {
    let problem = Problem::random("gaussian:0.37", Activation::Identity, &[5, 7, 2, 3], true, 11, 71);
    let twin = exact_twin(&problem);
    let s = scores::<f64>(&problem, &Exact);
    for form in [Form::Kfac, Form::Ekfac, Form::Kfoc, Form::Tkfac] {
        assert_near(form.name(), &matrix(form, &s), &twin.form("block"), 1e-12);
    }
    let kfac = s.kfac().unwrap();
    assert_eq!(kfac.operator().factors().len(), 3);
    for (l, (factors, layer)) in kfac.operator().factors().iter().zip(&twin.layers).enumerate() {
        // B is the product of the weights after the layer with itself, over the variance: the same for every datum.
        let last = layer.back[0].t().dot(&layer.back[0]) / 0.37;
        assert_near(&format!("B of layer {l}"), factors.left(), &last, 1e-13);
        assert_near(&format!("A of layer {l}"), factors.right(), &layer.right(), 1e-13);
        assert_near(&format!("B x A of layer {l}"), &kron(&last, &layer.right()), &layer.block(), 1e-13);
    }
    let bent = Problem { activation: Activation::Tanh, ..problem };
    let s = scores::<f64>(&bent, &Exact);
    assert!(distance(&matrix(Form::Kfac, &s), &exact_twin(&bent).form("block")) > 1e-2);
}

/// Exact's vectors of every datum times an orthogonal matrix of its own, with one or two columns more than it had.
#[derive(Debug)]
struct Rotated(u64);

impl Estimator<f64> for Rotated {
    fn name(&self) -> String {
        "rotated".to_owned()
    }

    fn output_vectors(&self, lin: &Linearization<f64>) -> Result<OutputVectors<f64>> {
        let mut lcg = Lcg::new(self.0);
        OutputVectors::collect(self.name(), lin, |n, eta| {
            let root = lin.likelihood().root(eta)?;
            let size = root.ncols() + 1 + n % 2;
            let q = to_nalgebra(&lcg.matrix(size, size)).qr().q();
            let rotated = (0..size).map(|k| {
                Array1::from_shape_fn(root.nrows(), |c| {
                    (0..root.ncols()).map(|j| root[[c, j]] * q[(j, k)]).sum()
                })
            });
            Ok(rotated.collect())
        })
    }
}

#[test]
fn no_form_depends_on_the_root_of_the_output_fisher() {
    for (k, law) in all_likelihoods().enumerate() {
        let problem = Problem::random(law, Activation::Tanh, &[3, 7, 5], true, 11, 80 + k as u64);
        let (plain, turned) = (scores(&problem, &Exact), scores(&problem, &Rotated(7 + k as u64)));
        assert!(turned.rows() > plain.rows());
        for form in Form::ALL {
            let what = format!("{law} {form}");
            // A basis of EKFAC is as well defined as the eigenvalues of its factors lie apart.
            assert_near(&what, &matrix(form, &turned), &matrix(form, &plain), 1e-10);
        }
        // The mean of the rows is not invariant: a factor made of it would show.
        let mean = |s: &Scores<f64>| s.matrix().sum_axis(Axis(0));
        assert!(distance(&mean(&turned), &mean(&plain)) > 0.1, "{law}");
    }
}

#[test]
fn the_last_gradient_factor_has_the_trace_of_the_output_fisher() {
    for (widths, data) in [(&[5, 7, 3][..], 11), (&[2, 5], 7)] {
        let problem = Problem::random("categorical", Activation::Relu, widths, true, data, 91);
        let eta = problem.outputs_at(problem.theta.view());
        let trace = eta.outer_iter().map(|eta| 1.0 - softmax(eta).mapv(|p| p * p).sum()).sum::<f64>();
        let kfac = scores::<f64>(&problem, &Exact).kfac().unwrap();
        let last = kfac.operator().factors().last().unwrap().left().diag().sum();
        assert_close("tr B", last, trace / data as f64, 1e-14);
    }
}

fn norm(matrix: &Array2<f64>) -> f64 {
    matrix.iter().map(|x| x * x).sum::<f64>().sqrt()
}

/// Per layer: EKFAC and KFOC are never farther from the block than KFAC, KFOC than TKFAC, and its error is what the
/// singular values of the rearranged block leave.
#[test]
fn errors_of_the_products_are_ordered_and_known() {
    for (k, law) in all_likelihoods().enumerate() {
        let problem = Problem::random(law, Activation::Tanh, &[5, 7, 3], k % 2 == 0, 13, 120 + k as u64);
        let twin = exact_twin(&problem);
        let s = scores::<f64>(&problem, &Exact);
        let block = twin.form("block");
        let trace = block.diag().sum();
        for form in
            [Form::Block, Form::UnitBlock, Form::QuasiDiagonal, Form::Diagonal, Form::Ekfac, Form::Tkfac]
        {
            let found = form.represent(&s).unwrap().trace().unwrap();
            assert_close(&format!("{law}: trace of {form}"), found, trace, 1e-13);
        }
        for layer in &twin.layers {
            let range = layer.offset..layer.offset + layer.outputs * layer.width();
            let part = s![range.clone(), range];
            let error = |form: Form| norm(&(&matrix(form, &s).slice(part) - &block.slice(part)));
            let [kfac, ekfac, kfoc, tkfac] = [Form::Kfac, Form::Ekfac, Form::Kfoc, Form::Tkfac].map(error);
            let scale = norm(&block.slice(part).to_owned());
            let slack = 1e-13 * scale;
            assert!(ekfac <= kfac + slack && kfoc <= kfac + slack && kfoc <= tkfac + slack, "{law}");
            let mut values: Vec<f64> =
                layer.rearranged().svd(false, false).singular_values.iter().copied().collect();
            values.sort_by(|a, b| b.total_cmp(a));
            let rest = values[1..].iter().map(|x| x * x).sum::<f64>().sqrt();
            assert!((kfoc - rest).abs() < 1e-12 * scale, "{law}: KFOC error {kfoc:e}, {rest:e} left");
        }
    }
}

#[test]
fn the_rearranged_blocks_of_m2_have_the_printed_singular_values() {
    // By a numpy program apart from the library.
    let printed = [
        [0.35852728682607904, 0.13391476574251124, 0.04717821970084885],
        [0.6518583401851952, 0.07718946831485698, 0.029229843893626834],
    ];
    let problem = reference("M2");
    let kfoc = scores::<f64>(&problem, &Exact).kfoc().unwrap();
    let twin = exact_twin(&problem);
    for ((layer, printed), factors) in twin.layers.iter().zip(printed).zip(kfoc.operator().factors()) {
        let mut values: Vec<f64> =
            layer.rearranged().svd(false, false).singular_values.iter().copied().collect();
        values.sort_by(|a, b| b.total_cmp(a));
        for (found, printed) in values.iter().zip(printed) {
            assert_close("singular value", *found, printed, 1e-13);
        }
        // The leading one is the norm of the product of the factors, shared evenly between them.
        let (left, right) = (norm(&factors.left().to_owned()), norm(&factors.right().to_owned()));
        assert_close("leading value", left * right, printed[0], 1e-13);
        assert_close("even shares", left, right, 1e-13);
    }
}

#[test]
fn kfac_of_observed_labels_is_no_block_of_the_empirical_matrix() {
    for (k, law) in all_likelihoods().enumerate() {
        let problem = Problem::random(law, Activation::Tanh, &[3, 5, 2], true, 7, 150 + k as u64);
        let s = scores::<f64>(&problem, &Empirical);
        let (kfac, block) = (matrix(Form::Kfac, &s), matrix(Form::Block, &s));
        assert!(distance(&kfac, &block) > 0.05, "{law}: {}", distance(&kfac, &block));
    }
}

/// I x A is the Fisher of one affine layer with unit variance, c times it with variance c, and the last layer's of a
/// network; elsewhere it is not.
#[test]
fn forward_only_is_exact_for_an_affine_layer_with_unit_variance() {
    for (law, variance) in [("gaussian:1", 1.0), ("gaussian:0.37", 0.37)] {
        let problem = Problem::random(law, Activation::Identity, &[5, 3], true, 11, 160);
        let found = problem.linearize::<f64>().forward_only().unwrap().to_dense().unwrap();
        assert_near(law, &found, &(fisher_of(&problem) * variance), 1e-13);
    }
    let deep = Problem::random("gaussian:1", Activation::Tanh, &[5, 7, 3], true, 11, 161);
    let forward = deep.linearize::<f64>().forward_only().unwrap().to_dense().unwrap();
    let exact = fisher_of(&deep);
    assert_near("last", forward.slice(s![42.., 42..]), exact.slice(s![42.., 42..]), 1e-13);
    assert!(distance(forward.slice(s![..42, ..42]), exact.slice(s![..42, ..42])) > 0.1);
    let single = deep.linearize::<f32>().forward_only().unwrap();
    assert_near("single", &single.to_dense().unwrap(), &forward, 1e-6);
}

/// Entry ((o, i), (p, j)) of a layer is B_op A_ij; i runs fastest, and the bias comes after all weights.
#[test]
fn the_gradient_factor_is_on_the_left_and_the_bias_comes_last() {
    let problem = Problem::random("categorical", Activation::Tanh, &[3, 5, 2], true, 7, 170);
    let s = scores::<f64>(&problem, &Exact);
    let (dense, kfac) = (matrix(Form::Kfac, &s), s.kfac().unwrap());
    let f = kfac.operator().factors();
    // Layer 0 has weights 0..15 and biases 15..20; layer 1 weights 20..30 and biases 30..32.
    let weight = |offset: usize, inputs: usize, o: usize, i: usize| offset + inputs * o + i;
    let entries = [
        (weight(0, 3, 4, 1), weight(0, 3, 2, 0), f[0].left()[[4, 2]] * f[0].right()[[1, 0]]),
        (weight(0, 3, 1, 2), 15 + 3, f[0].left()[[1, 3]] * f[0].right()[[2, 3]]),
        (15 + 4, 15 + 1, f[0].left()[[4, 1]]),
        (weight(20, 5, 1, 3), weight(20, 5, 0, 4), f[1].left()[[1, 0]] * f[1].right()[[3, 4]]),
        (30, 31, f[1].left()[[0, 1]]),
        (weight(0, 3, 4, 2), weight(20, 5, 0, 0), 0.0),
    ];
    for (p, q, wanted) in entries {
        assert!((dense[[p, q]] - wanted).abs() < 1e-15, "[{p}, {q}] = {}, not {wanted}", dense[[p, q]]);
    }
    let separate = s.kfac_with(Bias::Separate).unwrap();
    let blocks: Vec<_> = separate.operator().factors().iter().map(|f| f.block().offset).collect();
    assert_eq!(blocks, [0, 15, 20, 30]);
}

/// Two orthogonal inputs that each move one output: rearranged, the block has two singular values, in the ratio
/// (1 + gap)², however near to each other.
#[test]
fn a_near_tie_of_singular_values_is_resolved() {
    fn check<T: Scalar>(gap: f64, small: f64) {
        let problem = Problem {
            likelihood: "bernoulli".to_owned(),
            activation: Activation::Tanh,
            widths: vec![2, 2],
            bias: vec![false],
            theta: array![0.0, 50.0, 50.0, 0.0],
            x: array![[1.0, 0.0], [0.0, 1.0 + gap]],
            y: array![[1.0, 1.0], [0.0, 1.0]],
        };
        let found = scores::<T>(&problem, &Exact).kfoc().unwrap();
        let dense = found.to_dense().unwrap().mapv(|x| x.as_f64());
        // H = 1/4 where the logit is 0, and e^-50 elsewhere; N = 2.
        let values = [0.125, 0.125 * (1.0 + gap).powi(2)];
        let block = exact_twin(&problem).form("block");
        let error = norm(&(&dense - &block));
        assert!(error <= values[0] * (1.0 + small), "gap {gap:e}: error {error:e}, not {:e}", values[0]);
        assert!(error >= values[0] * (1.0 - small), "gap {gap:e}: error {error:e}, not {:e}", values[0]);
        let least = to_nalgebra(&dense).symmetric_eigenvalues().min();
        assert!(least > -small * values[1], "gap {gap:e}: eigenvalue {least:e}");
    }
    for power in 0..=15 {
        check::<f64>(10f64.powi(-power), 1e-14);
        check::<f32>(10f64.powi(-power), 1e-6);
    }
    check::<f64>(0.0, 1e-14);
}
