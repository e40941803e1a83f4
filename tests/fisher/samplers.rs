//! Antithetic pairs and random signs: means and errors against enumeration of all that can be drawn.

use super::monte_carlo::{case, replicate, z_estimated, z_exact};
use super::support::*;
use natgrad::fisher::{
    CurvaturePropagation, Estimator, MonteCarlo, MonteCarloError, OutputVectors, Root, Sampler,
};
use natgrad::likelihood::Categorical;
use natgrad::model::{Activation, Linearization};
use natgrad::ndarray::{Array1, Array2, Array3, Axis, array, concatenate, s};
use natgrad::random::{Purpose, Streams};
use natgrad::{Error, Labels, Likelihood};

fn dense(lin: &Linearization<f64>, estimator: &dyn Estimator<f64>) -> Array2<f64> {
    lin.scores(estimator).unwrap().dense().unwrap().into_operator().into_matrix()
}

fn antithetic(draws: usize, seed: u64) -> MonteCarlo {
    MonteCarlo { draws, sampler: Sampler::Antithetic, seed }
}

fn claimed(estimator: &MonteCarlo, lin: &Linearization<f64>) -> MonteCarloError {
    MonteCarloError::exact(estimator, lin).unwrap().unwrap()
}

#[test]
fn antithetic_pairs_and_random_signs_match_the_table() {
    // Printed by a numpy program apart from the library, labels in the order 0, 1, 2.
    let lin = reference("M2").linearize::<f64>();
    for (draws, printed) in [
        (2, 0.2279517587955268),
        (4, 0.1139758793977634),
        (8, 0.0569879396988817),
        (16, 0.02849396984944085),
        (32, 0.014246984924720424),
    ] {
        let error = claimed(&antithetic(draws, 0), &lin);
        assert_close(&format!("M = {draws}"), error.mean_squared_error, printed, 1e-12);
    }
    for (name, printed) in [("M1", 0.48941693045552936), ("M2", 0.8461018274683584)] {
        let lin = reference(name).linearize::<f64>();
        let signs = CurvaturePropagation { draws: 1, seed: 0, root: Root::Labels };
        let error = MonteCarloError::of_signs(&signs, &lin).unwrap().unwrap();
        assert_close(name, error.mean_squared_error, printed, 1e-12);
        assert_eq!(lin.scores(&signs).unwrap().provenance().error, Some(error));
    }
}

/// What a datum's estimate is over all that can be drawn: moments about the mean.
#[derive(Debug, Default)]
struct Enumerated {
    squared_error: f64,
    trace: f64,
    form: f64,
    diagonal: Array1<f64>,
}

/// Sums over the data of moments over `groups` independent groups; a group is (probability, output vectors of its
/// draws), and the datum's matrix is the mean over all draws.
fn enumerate_groups(
    jacobian: &Array3<f64>,
    v: &Array1<f64>,
    groups: usize,
    of_datum: impl Fn(usize) -> Vec<(f64, Vec<Array1<f64>>)>,
) -> Enumerated {
    let (data, _, order) = jacobian.dim();
    let mut all = Enumerated { diagonal: Array1::zeros(order), ..Enumerated::default() };
    for (n, j) in jacobian.outer_iter().enumerate() {
        let matrices: Vec<(f64, Array2<f64>)> = of_datum(n)
            .iter()
            .map(|(p, vectors)| {
                let mut f = Array2::zeros((order, order));
                for s in vectors.iter().map(|r| r.dot(&j)) {
                    f = f + Array2::from_shape_fn((order, order), |(a, b)| s[a] * s[b]);
                }
                (*p, f / vectors.len() as f64)
            })
            .collect();
        let mut mean = Array2::<f64>::zeros((order, order));
        matrices.iter().for_each(|(p, f)| mean.scaled_add(*p, f));
        let count = matrices.len();
        for index in 0..count.pow(groups as u32) {
            let picked: Vec<_> =
                (0..groups).map(|g| &matrices[index / count.pow(g as u32) % count]).collect();
            let p: f64 = picked.iter().map(|(p, _)| p).product();
            let f = picked.iter().fold(Array2::<f64>::zeros((order, order)), |sum, (_, f)| sum + f);
            let off = f / groups as f64 - &mean;
            all.squared_error += p * off.mapv(|x| x * x).sum();
            all.trace += p * off.diag().sum().powi(2);
            all.form += p * v.dot(&off.dot(v)).powi(2);
            all.diagonal.scaled_add(p, &off.diag().mapv(|x| x * x));
        }
    }
    let scale = (data as f64).powi(2);
    all.squared_error /= scale;
    all.trace /= scale;
    all.form /= scale;
    all.diagonal /= scale;
    all
}

/// The four exact errors that scores tell of, against enumeration.
#[track_caller]
fn assert_enumerated(
    what: &str,
    lin: &Linearization<f64>,
    estimator: &dyn Estimator<f64>,
    v: &Array1<f64>,
    expected: &Enumerated,
) {
    let scores = lin.scores(estimator).unwrap();
    let error = scores.provenance().error.unwrap();
    let say = |of: &str| format!("{what}: {of}");
    assert_close(&say("squared error"), error.mean_squared_error, expected.squared_error, 1e-12);
    assert_close(&say("trace"), error.trace_variance, expected.trace, 1e-12);
    let form = scores.quadratic_form_estimate(v.view()).unwrap();
    assert_close(&say("form"), form.standard_error.unwrap().value.powi(2), expected.form, 1e-12);
    let diagonal = scores.diagonal_estimate().unwrap().standard_error.unwrap().value;
    assert_near(&say("diagonal"), &diagonal.mapv(|x| x * x), &expected.diagonal, 1e-12);
}

/// The problem by its Jacobian written out, and as a network.
fn both_forms(problem: &Problem) -> [(&'static str, Linearization<f64>); 2] {
    let eta = problem.outputs_at(problem.theta.view());
    let jacobian =
        Linearization::from_jacobian(&problem.law::<f64>(), problem.jacobian(), eta, &problem.labels())
            .unwrap();
    [("network", problem.linearize()), ("jacobian", jacobian)]
}

#[test]
fn errors_of_independent_draws_are_those_of_all_combinations_of_labels() {
    for (likelihood, outputs, draws) in [("categorical", 3, 3), ("bernoulli", 2, 2), ("poisson", 1, 2)] {
        let problem = Problem::random(likelihood, Activation::Tanh, &[3, 2, outputs], true, 2, 5);
        let v = Lcg::new(7).vector(problem.dim());
        let eta = problem.outputs_at(problem.theta.view());
        let expected = enumerate_groups(&problem.jacobian(), &v, draws, |n| {
            let labels = enumerate(likelihood, eta.row(n));
            labels.into_iter().filter(|(p, _)| *p > 1e-25).map(|(p, s)| (p, vec![s])).collect()
        });
        for (kind, lin) in both_forms(&problem) {
            let estimator = MonteCarlo { draws, sampler: Sampler::Independent, seed: 0 };
            assert_enumerated(&format!("{likelihood} {kind}"), &lin, &estimator, &v, &expected);
        }
    }
}

#[test]
fn errors_of_random_signs_are_those_of_all_signs() {
    for (likelihood, outputs, root) in [
        ("categorical", 3, Root::Labels),
        ("categorical", 3, Root::Likelihood),
        ("bernoulli", 2, Root::Labels),
        ("gaussian:0.37", 3, Root::Likelihood),
    ] {
        let problem = Problem::random(likelihood, Activation::Tanh, &[3, 2, outputs], true, 2, 5);
        let v = Lcg::new(7).vector(problem.dim());
        let eta = problem.outputs_at(problem.theta.view());
        let law = problem.law::<f64>();
        let expected = enumerate_groups(&problem.jacobian(), &v, 2, |n| {
            let columns: Vec<Array1<f64>> = match root {
                Root::Labels => enumerate(likelihood, eta.row(n)).iter().map(|(p, s)| s * p.sqrt()).collect(),
                _ => law.root(eta.row(n)).unwrap().axis_iter(Axis(1)).map(|c| c.to_owned()).collect(),
            };
            let count = 1 << columns.len();
            let vector = |bits: usize| {
                let signs = (0..columns.len()).map(|k| if bits >> k & 1 == 0 { -1.0 } else { 1.0 });
                signs.zip(&columns).fold(Array1::zeros(outputs), |sum, (sign, c)| sum + c * sign)
            };
            (0..count).map(|bits| (1.0 / f64::from(count as u32), vec![vector(bits)])).collect()
        });
        for (kind, lin) in both_forms(&problem) {
            let estimator = CurvaturePropagation { draws: 2, seed: 0, root };
            assert_enumerated(&format!("{likelihood} {root:?} {kind}"), &lin, &estimator, &v, &expected);
        }
    }
}

#[test]
fn errors_of_dependent_draws_are_those_of_all_uniforms() {
    // All probabilities are multiples of 1/20, so labels are constant on twentieths of u and middles are exact.
    let p = array![[0.25, 0.15, 0.6], [0.45, 0.5, 0.05]];
    let mut lcg = Lcg::new(9);
    let jacobian = Array3::from_shape_simple_fn((2, 3, 5), || lcg.next());
    let labels = Labels::classes(&[0, 2]).unwrap();
    let lin = Linearization::from_jacobian(&Categorical, jacobian.clone(), p.mapv(f64::ln), &labels).unwrap();
    let v = lcg.vector(5);
    let score = |n: usize, u: f64| {
        let class = if u < p[[n, 0]] { 0 } else { 1 + usize::from(u > p[[n, 0]] + p[[n, 1]]) };
        Array1::from_shape_fn(3, |c| f64::from(u8::from(c == class)) - p[[n, c]])
    };
    let middles = (0..20).map(|k| (f64::from(k) + 0.5) / 20.0);
    let pairs =
        |n: usize| middles.clone().map(|u| (0.05, vec![score(n, u), score(n, 1.0 - u)])).collect::<Vec<_>>();
    let expected = enumerate_groups(&jacobian, &v, 3, pairs);
    assert_enumerated("three pairs", &lin, &antithetic(6, 0), &v, &expected);
    for draws in [1, 3, 7] {
        let rotated = |n: usize| {
            let points = |u: f64| (0..draws).map(|m| score(n, (u + m as f64) / draws as f64)).collect();
            middles.clone().map(|u| (0.05, points(u))).collect::<Vec<_>>()
        };
        let expected = enumerate_groups(&jacobian, &v, 1, rotated);
        let estimator = MonteCarlo { draws, sampler: Sampler::Systematic, seed: 0 };
        assert_enumerated(&format!("systematic {draws}"), &lin, &estimator, &v, &expected);
    }
}

#[test]
fn mean_and_mean_squared_error_match_in_replications() {
    let m5 = (reference("M5"), fisher_of(&reference("M5")));
    for (name, (problem, f)) in
        [("M2", case("M2")), ("bernoulli", case("bernoulli-sigmoid-3x5x2-n7")), ("M5", m5)]
    {
        let lin = problem.linearize::<f64>();
        let check = |estimator: &dyn Fn(u64) -> Box<dyn Estimator<f64>>| {
            let all = replicate(&lin, &f, &[], 2000, estimator);
            let error = lin.scores(estimator(0).as_ref()).unwrap().provenance().error.unwrap();
            let what = format!("{name} {}", estimator(0).name());
            let z = z_exact(&all.traces, f.diag().sum(), error.trace_variance);
            assert!(z.abs() < 4.0, "{what}: trace, z = {z}");
            let z = z_estimated(&all.errors, error.mean_squared_error);
            assert!(z.abs() < 4.0, "{what}: squared error, z = {z}");
        };
        check(&|seed| Box::new(antithetic(4, seed)));
        if problem.widths[problem.widths.len() - 1] > 1 {
            // One output has one sign, which changes nothing.
            check(&|seed| Box::new(CurvaturePropagation { draws: 5, seed, root: Root::Likelihood }));
            check(&|seed| Box::new(CurvaturePropagation { draws: 5, seed, root: Root::Labels }));
        }
    }
}

#[test]
fn a_pair_is_u_and_one_less_u_and_more_pairs_extend_fewer() {
    let problem = Problem::random("poisson", Activation::Tanh, &[3, 5, 1], true, 7, 11);
    let lin = problem.linearize::<f64>();
    let (four, ten) = (antithetic(4, 3).labels(&lin).unwrap(), antithetic(10, 3).labels(&lin).unwrap());
    let single = MonteCarlo { draws: 5, sampler: Sampler::Independent, seed: 3 }.labels(&lin).unwrap();
    for (n, eta) in lin.eta().outer_iter().enumerate() {
        let uniforms: Vec<f64> = Streams::new(3, Purpose::Labels).uniforms(n as u64).take(5).collect();
        for (k, &u) in uniforms.iter().enumerate() {
            // The first of a pair is a draw of the independent sampler.
            assert_eq!(ten.row(10 * n + 2 * k), single.row(5 * n + k));
            let other = lin.likelihood().sample(eta, 1.0 - u).unwrap();
            assert_eq!(ten.row(10 * n + 2 * k + 1), other.view());
        }
        for m in 0..4 {
            assert_eq!(four.row(4 * n + m), ten.row(10 * n + m), "datum {n} draw {m}");
        }
    }
    for (draws, told) in [(0, "at least 1"), (3, "even for antithetic pairs")] {
        let error = lin.scores(&antithetic(draws, 0)).unwrap_err();
        let expected = Error::Setting { option: "draws", value: draws as f64, requirement: told };
        assert_eq!(error, expected);
        assert_eq!(MonteCarloError::exact(&antithetic(draws, 0), &lin).unwrap_err(), expected);
    }
}

#[test]
fn an_antithetic_pair_of_a_symmetric_law_is_one_draw() {
    // A fair Bernoulli: s sᵀ = ¼ whatever the label. A Gaussian output: labels at equal distances.
    let mut problem = Problem::random("bernoulli", Activation::Identity, &[3, 1], false, 5, 2);
    problem.theta.fill(0.0);
    assert_close("fair", claimed(&antithetic(2, 0), &problem.linearize()).mean_squared_error, 0.0, 1e-30);
    let problem = Problem::random("gaussian:0.37", Activation::Tanh, &[3, 1], true, 5, 2);
    let lin = problem.linearize::<f64>();
    let three = MonteCarlo { draws: 3, sampler: Sampler::Independent, seed: 8 };
    // Only nearly: the place inside a stratum of the Gaussian's distribution function is a hash of u.
    assert_near("gaussian", &dense(&lin, &antithetic(6, 8)), &dense(&lin, &three), 1e-4);
}

#[test]
fn signs_belong_to_data_whatever_the_order_or_the_batch_and_extend_one_another() {
    let problem = Problem::random("categorical", Activation::Tanh, &[3, 5, 3], true, 13, 41);
    let part = |rows: &[usize]| {
        let ids: Vec<u64> = rows.iter().map(|&row| 1_000_003 * row as u64 + 7).collect();
        let select = |a: &Array2<f64>| a.select(Axis(0), rows);
        let part = Problem { x: select(&problem.x), y: select(&problem.y), ..problem.clone() };
        part.linearize::<f64>().with_ids(&ids).unwrap()
    };
    let all: Vec<usize> = (0..13).collect();
    let whole = part(&all);
    for root in [Root::Likelihood, Root::Labels] {
        let vectors = |lin: &Linearization<f64>, draws: usize| {
            let estimator = CurvaturePropagation { draws, seed: 0, root };
            estimator.output_vectors(lin).unwrap().vectors() * (draws as f64).sqrt()
        };
        let five = vectors(&whole, 5);
        let shuffled: Vec<usize> = (0..13).map(|k| (5 * k + 2) % 13).collect();
        let moved = vectors(&part(&shuffled), 5);
        for (place, &row) in shuffled.iter().enumerate() {
            let (a, b) =
                (moved.slice(s![5 * place..5 * place + 5, ..]), five.slice(s![5 * row..5 * row + 5, ..]));
            assert_near("order", a, b, 1e-14);
        }
        let parts = [&all[..2], &all[2..7], &all[7..]].map(|rows| vectors(&part(rows), 5));
        assert_near(
            "batches",
            &concatenate(Axis(0), &parts.each_ref().map(|p| p.view())).unwrap(),
            &five,
            1e-14,
        );
        let eleven = vectors(&whole, 11);
        for n in 0..13 {
            let (a, b) = (five.slice(s![5 * n..5 * n + 5, ..]), eleven.slice(s![11 * n..11 * n + 5, ..]));
            assert_near("nested", a, b, 1e-14);
        }
        let other = CurvaturePropagation { draws: 5, seed: 1, root }.output_vectors(&whole).unwrap();
        assert!(distance(&(other.vectors() * 5f64.sqrt()), &five) > 0.1, "seeds 0 and 1 draw the same signs");
    }
    let error = whole.scores(&CurvaturePropagation { draws: 0, seed: 0, root: Root::Labels }).unwrap_err();
    assert_eq!(error, Error::Setting { option: "draws", value: 0.0, requirement: "at least 1" });
}

#[test]
fn one_output_needs_no_luck_with_signs() {
    for name in ["M3", "M5"] {
        let (lin, f) = (reference(name).linearize::<f64>(), fisher_of(&reference(name)));
        let estimator = CurvaturePropagation { draws: 3, seed: 5, root: Root::Likelihood };
        assert_near(name, &dense(&lin, &estimator), &f, 1e-14);
        let error = lin.scores(&estimator).unwrap().provenance().error.unwrap();
        assert_close(name, error.mean_squared_error, 0.0, 0.0);
    }
}

/// What is planted to see whether the tests notice.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Fault {
    PairsNone,
    PairsOfEqualUniforms,
    PairsIndependent,
    PairsSharedByAllData,
    SignsNone,
    SignsSharedByAllData,
    SignsSharedByAllDraws,
    SignsUnbalanced,
    SignsWithoutWeight,
}

/// Four draws on a categorical by the tests' own pairs or signs, sound or not.
#[derive(Debug)]
struct Planted {
    seed: u64,
    fault: Fault,
}

impl Estimator<f64> for Planted {
    fn name(&self) -> String {
        format!("{:?}", self.fault)
    }

    fn output_vectors(&self, lin: &Linearization<f64>) -> natgrad::Result<OutputVectors<f64>> {
        // A stream of the tests' own: the soundness of the library's is not taken for granted.
        let streams = Streams::new(self.seed, Purpose::Data);
        OutputVectors::collect(self.name(), lin, |n, eta| {
            let shared = matches!(self.fault, Fault::PairsSharedByAllData | Fault::SignsSharedByAllData);
            let uniforms: Vec<f64> = streams.uniforms(if shared { 0 } else { n as u64 }).take(12).collect();
            let p = softmax(eta);
            let score = |c: usize| Array1::from_shape_fn(3, |k| f64::from(u8::from(k == c)) - p[k]);
            let draw = |m: usize| match self.fault {
                Fault::PairsNone | Fault::PairsSharedByAllData if m % 2 == 1 => 1.0 - uniforms[m / 2],
                Fault::PairsIndependent => uniforms[m],
                _ => uniforms[m / 2],
            };
            let vectors = (0..4).map(|m| {
                if format!("{:?}", self.fault).starts_with("Pairs") {
                    let u = draw(m);
                    return score(usize::from(u > p[0]) + usize::from(u > p[0] + p[1])) / 2.0;
                }
                let first = if self.fault == Fault::SignsSharedByAllDraws { 0 } else { 3 * m };
                let balance = if self.fault == Fault::SignsUnbalanced { 0.75 } else { 0.5 };
                let weight = if self.fault == Fault::SignsWithoutWeight { 1.0 } else { 0.5 };
                (0..3).fold(Array1::zeros(3), |sum, c| {
                    let sign = if uniforms[first + c] < balance { weight } else { -weight };
                    sum + score(c) * (sign * p[c].sqrt())
                })
            });
            Ok(vectors.collect())
        })
    }
}

#[test]
fn the_tests_notice_faulty_pairs_and_signs() {
    let (problem, f) = case("M2");
    let lin = problem.linearize::<f64>();
    let signs = CurvaturePropagation { draws: 4, seed: 0, root: Root::Labels };
    let pairs = claimed(&antithetic(4, 0), &lin);
    let signs = MonteCarloError::of_signs(&signs, &lin).unwrap().unwrap();
    for fault in [
        Fault::PairsNone,
        Fault::PairsOfEqualUniforms,
        Fault::PairsIndependent,
        Fault::PairsSharedByAllData,
        Fault::SignsNone,
        Fault::SignsSharedByAllData,
        Fault::SignsSharedByAllDraws,
        Fault::SignsUnbalanced,
        Fault::SignsWithoutWeight,
    ] {
        let error = if format!("{fault:?}").starts_with("Pairs") { pairs } else { signs };
        let all = replicate(&lin, &f, &[], 2000, |seed| Box::new(Planted { seed, fault }));
        let of_trace = z_exact(&all.traces, f.diag().sum(), error.trace_variance);
        let of_error = z_estimated(&all.errors, error.mean_squared_error);
        if matches!(fault, Fault::PairsNone | Fault::SignsNone) {
            assert!(of_trace.abs() < 4.0 && of_error.abs() < 4.0, "{fault:?}: z = {of_trace}, {of_error}");
        } else {
            assert!(of_error.abs() > 4.0, "{fault:?}: z = {of_trace}, {of_error}");
        }
    }
}
