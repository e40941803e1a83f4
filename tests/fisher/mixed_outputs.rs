//! A likelihood from elsewhere: two independent outputs with laws of their own, whose Hessians look at the label.
//! One output alone says nothing of the other, so variances must come from the joint list of labels.

use super::entry_variances::{enumerate_matrices, exact, first, labels_of_output, second};
use super::support::*;
use natgrad::fisher::Empirical;
use natgrad::likelihood::{Support, named};
use natgrad::model::{Activation, Linearization};
use natgrad::ndarray::{Array1, Array2, ArrayView1, array, concatenate, s};
use natgrad::{Error, Labels, Likelihood, LinearOperator, Result};
use std::sync::Arc;

const LAWS: [&str; 2] = ["negative-binomial:2.5", "geometric"];

#[derive(Debug, Clone)]
struct Mixed;

/// The law and the entries of output c.
fn part<'a>(c: usize, x: ArrayView1<'a, f64>) -> (Arc<dyn Likelihood<f64>>, ArrayView1<'a, f64>) {
    (named(LAWS[c]).unwrap(), x.slice_move(s![c..c + 1]))
}

/// One vector of what each output gives.
fn join(
    eta: ArrayView1<'_, f64>,
    f: impl Fn(usize, &dyn Likelihood<f64>, ArrayView1<'_, f64>) -> Result<Array1<f64>>,
) -> Result<Array1<f64>> {
    let mut all = Array1::zeros(0);
    for c in 0..eta.len() {
        let (law, eta) = part(c, eta);
        all = concatenate![natgrad::ndarray::Axis(0), all, f(c, &*law, eta)?];
    }
    Ok(all)
}

impl Likelihood<f64> for Mixed {
    fn name(&self) -> String {
        "mixed".to_owned()
    }

    fn label_width(&self, outputs: usize) -> usize {
        outputs
    }

    fn check(&self, eta: ArrayView1<'_, f64>, y: Option<ArrayView1<'_, f64>>) -> Result<()> {
        join(eta, |c, law, eta| {
            law.check(eta, y.map(|y| part(c, y).1))?;
            Ok(Array1::zeros(0))
        })?;
        Ok(())
    }

    fn nll(&self, eta: ArrayView1<'_, f64>, y: ArrayView1<'_, f64>) -> Result<f64> {
        Ok(join(eta, |c, law, eta| Ok(array![law.nll(eta, part(c, y).1)?]))?.sum())
    }

    fn score(&self, eta: ArrayView1<'_, f64>, y: ArrayView1<'_, f64>) -> Result<Array1<f64>> {
        join(eta, |c, law, eta| law.score(eta, part(c, y).1))
    }

    fn fisher(&self, eta: ArrayView1<'_, f64>) -> Result<Array2<f64>> {
        Ok(Array2::from_diag(&join(eta, |_, law, eta| Ok(law.fisher(eta)?.diag().to_owned()))?))
    }

    fn root(&self, eta: ArrayView1<'_, f64>) -> Result<Array2<f64>> {
        Ok(self.fisher(eta)?.mapv(f64::sqrt))
    }

    fn hessian(&self, eta: ArrayView1<'_, f64>, y: ArrayView1<'_, f64>) -> Result<Array2<f64>> {
        let diagonal = join(eta, |c, law, eta| Ok(law.hessian(eta, part(c, y).1)?.diag().to_owned()))?;
        Ok(Array2::from_diag(&diagonal))
    }

    fn kl(&self, eta: ArrayView1<'_, f64>, other: ArrayView1<'_, f64>) -> Result<f64> {
        Ok(join(eta, |c, law, eta| Ok(array![law.kl(eta, part(c, other).1)?]))?.sum())
    }

    fn score_fourth_moments(&self, eta: ArrayView1<'_, f64>) -> Result<Option<Array1<f64>>> {
        let moments = |_, law: &dyn Likelihood<f64>, eta: ArrayView1<'_, f64>| {
            Ok(law.score_fourth_moments(eta)?.unwrap_or_default())
        };
        join(eta, moments).map(Some)
    }

    fn support(&self, eta: ArrayView1<'_, f64>) -> Result<Support<f64>> {
        let parts: Vec<Support<f64>> = (0..eta.len())
            .map(|c| {
                let (law, eta) = part(c, eta);
                law.support(eta)
            })
            .collect::<Result<_>>()?;
        let [a, b] = parts.as_slice() else { return Err(Error::Empty { quantity: "second output" }) };
        let (rows, columns) = (a.labels.nrows(), b.labels.nrows());
        Ok(Support {
            labels: Array2::from_shape_fn((rows * columns, 2), |(k, c)| {
                if c == 0 { a.labels[[k / columns, 0]] } else { b.labels[[k % columns, 0]] }
            }),
            probabilities: (0..rows * columns)
                .map(|k| a.probabilities[k / columns] * b.probabilities[k % columns])
                .collect(),
            omitted_mass: a.omitted_mass + b.omitted_mass,
            quadrature: false,
        })
    }

    fn sample(&self, _eta: ArrayView1<'_, f64>, _u: f64) -> Result<Array1<f64>> {
        Err(Error::Unsupported { what: "sample", reason: "not needed here" })
    }
}

#[test]
fn outputs_with_laws_of_their_own_are_listed_together() {
    let mut problem = Problem::random("geometric", Activation::Tanh, &[2, 3, 2], true, 1, 61);
    let last = problem.dim() - 2;
    // Few successes of the first, early success of the second.
    problem.theta[last] -= 2.0;
    problem.theta[last + 1] += 2.5;
    let at = |y: [f64; 2]| -> Linearization<f64> {
        problem.network().linearize(&Mixed, &problem.x, &Labels::new(array![y]).unwrap()).unwrap()
    };
    let (mut of_first, mut of_second) = (Vec::new(), Vec::new());
    let eta = problem.outputs_at(problem.theta.view());
    for (y, p) in labels_of_output(LAWS[0], eta[[0, 0]]) {
        for (z, q) in labels_of_output(LAWS[1], eta[[0, 1]]) {
            let lin = at([y, z]);
            let outer = lin.scores(&Empirical).unwrap().dense().unwrap().to_dense().unwrap();
            of_first.push((outer, p * q));
            of_second.push((lin.hessian().unwrap().to_dense().unwrap(), p * q));
        }
    }
    let lin = at([3.0, 0.0]);
    let pairs = [[[0, 5], [16, 2]], [[last, last + 1], [last, last + 1]], [[last, last], [last + 1, 7]]];
    let found = [first(1, 0).entry_variances(&lin).unwrap(), second(1, 0).entry_variances(&lin).unwrap()];
    for (which, (weighted, found)) in [of_first, of_second].iter().zip(&found).enumerate() {
        let expected = enumerate_matrices(weighted, &pairs);
        assert_near("mean", &expected.mean, &exact(&lin), 1e-13);
        assert_near("variances", &found.variances, &expected.variances, 1e-12);
        assert_close("trace", found.trace_variance, expected.trace, 1e-12);
        for (pair, expected) in pairs.iter().zip(&expected.pairs) {
            let found = match which {
                0 => first(1, 0).entry_covariance(&lin, *pair).unwrap(),
                _ => second(1, 0).entry_covariance(&lin, *pair).unwrap(),
            };
            assert!(
                (found - expected).abs() <= 1e-12 * found.abs().max(1.0),
                "{which} {pair:?}: {found} {expected}"
            );
        }
    }
}
