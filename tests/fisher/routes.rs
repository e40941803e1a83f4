//! Products by either route, and scores whose mean row is taken off.

use super::support::*;
use natgrad::fisher::{
    CentredEmpirical, Empirical, Estimator, Exact, ExactEnumeration, OutputVectors, Route, Scores,
};
use natgrad::model::{Activation, Linearization};
use natgrad::ndarray::{Array2, Axis};
use natgrad::{LinearOperator, Scalar};

/// Any estimator, with its mean row taken off.
#[derive(Debug)]
struct Centred<E>(E);

impl<T: Scalar, E: Estimator<T>> Estimator<T> for Centred<E> {
    fn name(&self) -> String {
        format!("centred {}", self.0.name())
    }

    fn output_vectors(&self, lin: &Linearization<T>) -> natgrad::Result<OutputVectors<T>> {
        Ok(self.0.output_vectors(lin)?.centred())
    }
}

/// The same linearization by its Jacobian written out.
fn explicit(problem: &Problem) -> Linearization<f64> {
    let eta = problem.outputs_at(problem.theta.view());
    Linearization::from_jacobian(&problem.law::<f64>(), problem.jacobian(), eta, &problem.labels()).unwrap()
}

fn problems() -> Vec<Problem> {
    let of = |likelihood: &&'static str| {
        SHAPES.map(|(widths, data)| {
            Problem::random(
                likelihood,
                Activation::Tanh,
                widths,
                likelihood.len().is_multiple_of(2),
                data,
                41,
            )
        })
    };
    LIKELIHOODS.iter().flat_map(of).collect()
}

fn assert_routes<T: Scalar>(what: &str, scores: &Scores<T>, tolerance: f64) {
    let (s, scale) = (scores.matrix(), T::of(1.0 / scores.data() as f64));
    let mut lcg = Lcg::new(6);
    let v = lcg.vector(scores.dim()).mapv(T::of);
    let expected = s.t().dot(&s.dot(&v)) * scale;
    for route in [Route::Factors, Route::Jvp] {
        let implicit = scores.implicit_by(route).unwrap();
        assert_eq!(implicit.operator().route(), route);
        assert_near(
            &format!("{what} by {route:?}"),
            &implicit.apply(v.view()).unwrap(),
            &expected,
            tolerance,
        );
    }
}

#[test]
fn both_routes_give_the_product_with_the_written_out_scores() {
    for problem in problems() {
        for estimator in estimators::<f64>() {
            // Three Poisson outputs have tens of thousands of labels.
            if problem.likelihood == "poisson" && estimator.name() == "exact-enumeration" {
                continue;
            }
            for (kind, lin) in [("network", problem.linearize::<f64>()), ("jacobian", explicit(&problem))] {
                let what = format!("{} {kind} {}", problem.name(), estimator.name());
                assert_routes(&what, &lin.scores(estimator.as_ref()).unwrap(), 1e-13);
            }
        }
        let what = format!("{} in single precision", problem.name());
        // Sums of some hundred products, 2⁻²⁴ · √100 · 2.
        assert_routes(&what, &problem.linearize::<f32>().scores(&Exact).unwrap(), 1.2e-6);
    }
}

#[test]
fn the_cheaper_route_is_chosen_by_its_flops() {
    let choose = |lin: &Linearization<f64>, estimator: &dyn Estimator<f64>| {
        let implicit = lin.scores(estimator).unwrap().implicit().unwrap();
        (implicit.operator().route(), implicit.operator().stored())
    };
    // Widths 7, 3, 5, 2 without bias: P = 46, N = 13. Factors: 13·46 + rows·10; through J: 2·13·46 + rows·2;
    // equal at 74.75 rows.
    let problem = Problem::random("bernoulli", Activation::Tanh, &[7, 3, 5, 2], false, 13, 3);
    let lin = problem.linearize::<f64>();
    assert_eq!(choose(&lin, &Exact), (Route::Factors, 26 * 10));
    assert_eq!(choose(&lin, &draws(5)), (Route::Factors, 65 * 10));
    assert_eq!(choose(&lin, &draws(7)), (Route::Jvp, 91 * 2));
    // The Jacobian: rows·46 against 13·2·46 + rows·2; equal at 27.2 rows.
    let lin = explicit(&problem);
    assert_eq!(choose(&lin, &Exact), (Route::Factors, 26 * 46));
    assert_eq!(choose(&lin, &ExactEnumeration), (Route::Jvp, 52 * 2));
}

fn draws(draws: usize) -> natgrad::fisher::MonteCarlo {
    natgrad::fisher::MonteCarlo { draws, sampler: Default::default(), seed: 0 }
}

#[test]
fn nothing_is_pulled_back_before_it_is_needed() {
    let problem = Problem::random("poisson", Activation::Sigmoid, &[5, 7, 3], true, 11, 8);
    let scores = problem.linearize::<f64>().scores(&draws(13)).unwrap();
    assert_eq!(scores.stored(), 11 * 13 * 3);
    let v = Lcg::new(1).vector(scores.dim());
    let implicit = scores.implicit().unwrap();
    assert_eq!(implicit.operator().route(), Route::Jvp);
    implicit.apply(v.view()).unwrap();
    assert_eq!(scores.stored(), 11 * 13 * 3);
    // A clone shares what is pulled back.
    scores.clone().diagonal().unwrap();
    assert_eq!(scores.stored(), 11 * 13 * (3 + 7 + 3));
}

/// An estimator, and the same centred.
type Pair = (Box<dyn Estimator<f64>>, Box<dyn Estimator<f64>>);

#[test]
fn centred_scores_lose_their_mean_row_in_every_view() {
    for problem in problems() {
        for (kind, lin) in [("network", problem.linearize::<f64>()), ("jacobian", explicit(&problem))] {
            let estimators: [Pair; 2] = [
                (Box::new(Empirical), Box::new(Centred(Empirical))),
                (Box::new(draws(3)), Box::new(Centred(draws(3)))),
            ];
            for (plain, centred) in estimators {
                let what = format!("{} {kind} {}", problem.name(), centred.name());
                let s = lin.scores(plain.as_ref()).unwrap().matrix();
                let s: Array2<f64> = &s - &s.mean_axis(Axis(0)).unwrap();
                let scores = lin.scores(centred.as_ref()).unwrap();
                assert_near(&format!("{what}: rows"), &scores.matrix(), &s, 1e-13);
                // The law of the draws is that of uncentred ones.
                assert_eq!(scores.provenance().error, None);
                let expected = s.t().dot(&s) / problem.data() as f64;
                assert_near(
                    &format!("{what}: dense"),
                    &scores.dense().unwrap().to_dense().unwrap(),
                    &expected,
                    1e-13,
                );
                let diagonal = scores.diagonal().unwrap().diagonal().unwrap();
                assert_near(&format!("{what}: diagonal"), &diagonal, expected.diag(), 1e-13);
                assert_routes(&what, &scores, 1e-13);
            }
        }
    }
}

#[test]
fn a_large_common_score_does_not_cancel() {
    // Scores c + d with |c| = 10⁶ |d|: the covariance by moments would keep 4 digits; the deviations keep 10.
    let mut lcg = Lcg::new(12);
    let (data, order) = (7, 5);
    let common = lcg.vector(order) * 1e6;
    let deviations = lcg.matrix(data, order);
    let jacobian = (&deviations + &common).insert_axis(Axis(1));
    let labels = natgrad::Labels::new(Array2::from_elem((data, 1), 2.0)).unwrap();
    let lin = Linearization::from_jacobian(
        &natgrad::likelihood::Poisson,
        jacobian,
        Array2::zeros((data, 1)),
        &labels,
    )
    .unwrap();
    // The score of the label 2 at rate 1 is 1: rows of S are the rows of J.
    let scores = lin.scores(&Centred(Empirical)).unwrap();
    let d = &deviations - &deviations.mean_axis(Axis(0)).unwrap();
    let expected = d.t().dot(&d) / data as f64;
    assert_near("dense", &scores.dense().unwrap().to_dense().unwrap(), &expected, 1e-9);
    assert_near("diagonal", &scores.diagonal().unwrap().diagonal().unwrap(), expected.diag(), 1e-9);
    let v = lcg.vector(order);
    for route in [Route::Factors, Route::Jvp] {
        let product = scores.implicit_by(route).unwrap().apply(v.view()).unwrap();
        assert_near(&format!("{route:?}"), &product, &expected.dot(&v), 1e-9);
    }
}

#[test]
fn the_centred_empirical_matrix_is_the_covariance_of_the_scores() {
    for likelihood in LIKELIHOODS {
        let problem = Problem::random(likelihood, Activation::Gelu, &[3, 5, 2], true, 11, 6);
        // Scores by the labels' residuals, of a Jacobian written out, centred by hand.
        let eta = problem.outputs_at(problem.theta.view());
        let law = problem.law::<f64>();
        let mut rows = Array2::zeros((11, problem.dim()));
        for (n, j) in problem.jacobian().outer_iter().enumerate() {
            rows.row_mut(n).assign(&law.score(eta.row(n), problem.y.row(n)).unwrap().dot(&j));
        }
        let mut expected = Array2::<f64>::zeros((problem.dim(), problem.dim()));
        let mean = rows.sum_axis(Axis(0)) / 11.0;
        for row in rows.outer_iter() {
            for (a, &x) in (&row - &mean).iter().enumerate() {
                for (b, &m) in mean.iter().enumerate() {
                    expected[[a, b]] += x * (row[b] - m) / 11.0;
                }
            }
        }
        for (kind, lin) in [("network", problem.linearize::<f64>()), ("jacobian", explicit(&problem))] {
            let scores = lin.scores(&CentredEmpirical).unwrap();
            let what = format!("{likelihood} {kind}");
            assert_near(&what, &scores.dense().unwrap().to_dense().unwrap(), &expected, 1e-13);
            assert_near(&what, &scores.diagonal().unwrap().diagonal().unwrap(), expected.diag(), 1e-13);
            // The mean row is the gradient with the other sign.
            let g = lin.gradient();
            let moments = lin.scores(&Empirical).unwrap().dense().unwrap().to_dense().unwrap()
                - Array2::from_shape_fn((g.len(), g.len()), |(a, b)| g[a] * g[b]);
            assert_near(&what, &moments, &expected, 1e-12);
            let provenance = scores.provenance();
            assert!(!provenance.is_fisher());
            assert!(
                provenance.to_string().starts_with("score covariance (not the Fisher), empirical-centred, ")
            );
        }
        let single = problem.linearize::<f32>().scores(&CentredEmpirical).unwrap().dense().unwrap();
        // Products of two sums of some ten roundings of 2⁻²⁴ each.
        assert_near(likelihood, &single.to_dense().unwrap(), &expected, 1e-5);
    }
}
