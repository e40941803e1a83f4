//! C6: what a change of coordinates does to the natural gradient.

use crate::claims::problems::{SoftmaxRegression, apart};
use crate::claims::{Claim, Effort, Evidence, Expected, Group, Measurement, Source, Verdict};
use crate::fisher::Exact;
use crate::likelihood::{Bernoulli, Categorical};
use crate::model::Linearization;
use crate::operator::DenseOperator;
use crate::solver::Cholesky;
use crate::{Labels, Result, Solver};
use ndarray::{Array2, Array3, array};

pub(crate) const REPARAMETRISATION: Claim = Claim {
    id: "C6",
    group: Group::Fisher,
    statement: "The natural-gradient step does not depend on the coordinates",
    source: Source {
        work: "Amari 1998; Martens 2020 (JMLR 21(146)) says 'approximately'",
        place: "abstract",
        evidence: Evidence::Unconfirmed,
    },
    recorded: Verdict::HoldsOnlyIf("the change of coordinates is linear, or the step infinitesimal"),
    measurements: reparametrisation,
};

/// Five yes/no data with one probability p, four of them yes: coordinates are given by ∂logit/∂(coordinate).
fn coin(p: f64, slope: f64) -> Result<Linearization<f64>> {
    let logit = (p / (1.0 - p)).ln();
    let labels = Labels::new(array![[1.0], [1.0], [1.0], [1.0], [0.0]])?;
    Linearization::from_jacobian(
        &Bernoulli,
        Array3::from_elem((5, 1, 1), slope),
        Array2::from_elem((5, 1), logit),
        &labels,
    )
}

fn natural(lin: &Linearization<f64>) -> Result<ndarray::Array1<f64>> {
    Ok(Cholesky::default().solve(&lin.scores(&Exact)?.dense()?, lin.gradient().view())?.direction)
}

/// Where one natural step of rate η leads from p = 0.3 when labels have mean 0.8, taken in p and in the logit.
fn steps(eta: f64) -> Result<(f64, f64)> {
    let p = 0.3;
    let in_p = p - eta * natural(&coin(p, 1.0 / (p * (1.0 - p)))?)?[0];
    let logit = (p / (1.0 - p)).ln() - eta * natural(&coin(p, 1.0)?)?[0];
    Ok((in_p, 1.0 / (1.0 + (-logit).exp())))
}

/// The two results apart, for the figure.
pub(crate) fn chart_gap(eta: f64) -> Result<f64> {
    let (in_p, in_logit) = steps(eta)?;
    Ok(in_logit - in_p)
}

fn reparametrisation(_effort: Effort) -> Result<Vec<Measurement>> {
    let mut measured = linear_map()?;
    let (in_p, _) = steps(0.1)?;
    measured.push(
        Measurement::equal(
            "probability after a step of 0.1 in p: p - η(p - q)",
            in_p,
            0.35,
            1e-15,
            "rounding of numbers below 1",
        )
        .context(),
    );
    // (1 - 2p)(p - q)²/(2p(1 - p)) at p = 0.3, q = 0.8.
    let coefficient = 0.4 * 0.25 / 0.42;
    for (eta, printed) in [(0.1, 0.224111), (0.01, 0.236850), (0.001, 0.237972)] {
        let gap = chart_gap(eta)? / (eta * eta);
        measured.push(
            Measurement::equal(
                format!("(step in the logit - step in p)/η² at η = {eta}"),
                gap,
                printed,
                5e-7,
                "six digits printed",
            )
            .against(Expected::Equal(0.0), 5e-7),
        );
        let excess = (gap / coefficient - 1.0).abs();
        measured.push(
            Measurement::at_most(
                format!("the same over its limit {coefficient:.10}, less 1"),
                excess,
                0.7 * eta,
                0.0,
                "next order of the series: below 0.7 η",
            )
            .context(),
        );
    }
    Ok(measured)
}

/// Softmax regression in coordinates φ with θ = Aφ.
fn linear_map() -> Result<Vec<Measurement>> {
    const ROUNDING: &str = "rounding, times the condition numbers of A and F";
    let regression = SoftmaxRegression::new();
    let a = array![[2.0, 0.3, 0.0, -0.5], [0.0, 1.5, 0.7, 0.0], [0.4, 0.0, -0.6, 0.2], [-1.0, 0.1, 0.0, 3.0]];
    let lin = regression.linearize()?;
    let jacobian = lin_jacobian(&regression, &a);
    let other = Linearization::from_jacobian(&Categorical, jacobian, lin.eta().to_owned(), lin.labels())?;
    let (fisher, changed) = (lin.scores(&Exact)?.dense()?, other.scores(&Exact)?.dense()?);
    let transformed = a.t().dot(&fisher.matrix()).dot(&a);
    let mapped = a.dot(&natural(&other)?);
    Ok(vec![
        Measurement::equal(
            "linear map θ = Aφ: A F_φ⁻¹g_φ less F⁻¹g",
            apart(&mapped, &natural(&lin)?),
            0.0,
            1e-12,
            ROUNDING,
        )
        .under_condition(),
        Measurement::equal(
            "linear map: F_φ less AᵀFA",
            apart(changed.matrix(), &transformed),
            0.0,
            1e-14,
            "rounding of sums of 16 terms up to 3",
        )
        .under_condition(),
    ])
}

/// J A, datum by datum.
fn lin_jacobian(regression: &SoftmaxRegression, a: &Array2<f64>) -> Array3<f64> {
    let jacobian = regression.jacobian(&[0, 1, 2, 3]);
    let mut product = Array3::zeros(jacobian.dim());
    for (j, mut changed) in jacobian.outer_iter().zip(product.outer_iter_mut()) {
        changed.assign(&j.dot(a));
    }
    product
}
