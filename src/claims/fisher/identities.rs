//! C1, C2 and C5: mean score, two forms of the Fisher, and the Gauss-Newton matrix.

use crate::claims::problems::{
    SoftmaxRegression, TEN_DIGITS, apart, outer, second_differences, softmax, three_logits, worse,
};
use crate::claims::{Claim, Effort, Evidence, Group, Measurement, Source, Verdict};
use crate::fisher::{Exact, ExactEnumeration};
use crate::likelihood::{Bernoulli, Categorical, Gaussian, Poisson};
use crate::linalg::eigvalsh;
use crate::model::Linearization;
use crate::operator::{DenseOperator, LinearOperator};
use crate::{Labels, Likelihood, Result};
use ndarray::{Array1, Array2, Array3, array};

const ROUNDING: &str = "rounding of sums of a few terms below 1";
const DIFFERENCES: &str = "rounding of second differences at h = 1e-4: about 2e-16/h²";

pub(crate) const MEAN_SCORE: Claim = Claim {
    id: "C1",
    group: Group::Fisher,
    statement: "Under the model the score has mean zero: E ∂log p/∂θ = 0",
    source: Source {
        work: "Kunstner, Balles & Hennig 2019 (arXiv 1905.12558)",
        place: "appendix A",
        evidence: Evidence::Reported,
    },
    recorded: Verdict::Confirmed,
    measurements: mean_score,
};

/// Σ_y p(y) s(y), the largest entry in size.
fn mean_score_of(likelihood: &dyn Likelihood<f64>, eta: Array1<f64>) -> Result<f64> {
    let support = likelihood.support(eta.view())?;
    let mut mean = Array1::<f64>::zeros(eta.len());
    for (label, &p) in support.labels.outer_iter().zip(&support.probabilities) {
        mean.scaled_add(p, &likelihood.score(eta.view(), label)?);
    }
    Ok(mean.iter().fold(0.0, |largest, x| worse(largest, x.abs())))
}

fn mean_score(_effort: Effort) -> Result<Vec<Measurement>> {
    let regression = SoftmaxRegression::new();
    let all = [0, 1, 2, 3];
    let mut mean = Array1::<f64>::zeros(4);
    for (labels, weight) in regression.label_vectors(&all) {
        mean.scaled_add(weight, regression.batch(&all, &labels)?.gradient());
    }
    let observed = -regression.linearize()?.gradient();
    let printed = array![-0.081245678, 0.1268127428, 0.1141932095, 0.2072510452];
    let three = mean_score_of(&Categorical, three_logits())?;
    let yes_no = mean_score_of(&Bernoulli, array![-1.0, 0.7])?;
    let counts = mean_score_of(&Poisson, array![1.3])?;
    let normal = mean_score_of(&Gaussian::with_variance(0.25)?, array![1.3])?;
    Ok(vec![
        Measurement::equal("mean score of 3 classes, by enumeration", three, 0.0, 1e-15, ROUNDING),
        Measurement::equal(
            "mean score of softmax regression, all 81 label vectors",
            apart(&mean, &[0.0; 4]),
            0.0,
            1e-15,
            ROUNDING,
        ),
        Measurement::equal("the same, two yes/no outputs", yes_no, 0.0, 1e-15, ROUNDING),
        Measurement::equal(
            "the same, counts (Poisson)",
            counts,
            0.0,
            1e-14,
            "rounding of some 40 terms and a cut tail",
        ),
        Measurement::equal("the same, normal outputs (quadrature)", normal, 0.0, 1e-15, ROUNDING),
        Measurement::equal(
            "at observed labels it is not 0: less printed values",
            apart(&observed, &printed),
            0.0,
            TEN_DIGITS,
            "ten digits printed",
        )
        .context(),
    ])
}

pub(crate) const TWO_WAYS: Claim = Claim {
    id: "C2",
    group: Group::Fisher,
    statement: "The Fisher is both the covariance of the score and the mean curvature: E[s sᵀ] = -E[∂² log p]",
    source: Source {
        work: "Kunstner, Balles & Hennig 2019 (arXiv 1905.12558)",
        place: "equation 4, appendix A",
        evidence: Evidence::Reported,
    },
    recorded: Verdict::Confirmed,
    measurements: two_ways,
};

fn two_ways(_effort: Effort) -> Result<Vec<Measurement>> {
    let z = three_logits();
    let p = softmax(z.view());
    let covariance = Array2::from_diag(&p) - outer(p.view(), p.view());
    let mut curvature = 0.0;
    for class in [0.0, 1.0, 2.0] {
        let hessian = Categorical.hessian(z.view(), array![class].view())?;
        curvature = worse(curvature, apart(&hessian, &covariance));
    }
    let fisher = Categorical.fisher(z.view())?;
    let spectrum = eigvalsh(fisher.view())?;
    // The characteristic polynomial of diag(p) - ppᵀ is λ(λ² - tλ + 3p₁p₂p₃), t its trace.
    let trace = 1.0 - p.dot(&p);
    let root = (trace * trace / 4.0 - 3.0 * p.product()).sqrt();
    let regression = SoftmaxRegression::new();
    let exact = regression.linearize()?.scores(&ExactEnumeration)?.dense()?;
    let probabilities = regression.probabilities();
    let expected_loss = |theta: ndarray::ArrayView1<'_, f64>| regression.loss(theta, &probabilities);
    let mean_curvature = second_differences(&regression.theta, 1e-4, expected_loss)?;
    let printed = [
        [0.2079224369, 0.0322226309, -0.111907796, -0.037088525],
        [0.0322226309, 0.2117652471, -0.037088525, -0.1309085786],
        [-0.111907796, -0.037088525, 0.2182198655, 0.1076574867],
        [-0.037088525, -0.1309085786, 0.1076574867, 0.2985272931],
    ];
    Ok(vec![
        Measurement::equal(
            "3 classes: curvature at any label less diag p - ppᵀ",
            curvature,
            0.0,
            1e-15,
            ROUNDING,
        ),
        Measurement::equal(
            "3 classes: covariance of the score less diag p - ppᵀ",
            apart(&fisher, &covariance),
            0.0,
            1e-15,
            ROUNDING,
        ),
        Measurement::equal(
            "regression: E[s sᵀ] by labels less E[∂² nll] by differences",
            apart(exact.matrix(), &mean_curvature),
            0.0,
            1e-7,
            DIFFERENCES,
        ),
        Measurement::equal(
            "regression: E[s sᵀ] less printed values, 16 entries",
            apart(exact.matrix(), printed.as_flattened()),
            0.0,
            TEN_DIGITS,
            "ten digits printed",
        ),
        Measurement::equal(
            "3 classes: smallest eigenvalue (null vector 1, 1, 1)",
            spectrum[0],
            0.0,
            1e-15,
            ROUNDING,
        ),
        Measurement::equal("3 classes: middle eigenvalue", spectrum[1], trace / 2.0 - root, 1e-15, ROUNDING),
        Measurement::equal("3 classes: largest eigenvalue", spectrum[2], trace / 2.0 + root, 1e-15, ROUNDING),
    ])
}

pub(crate) const GAUSS_NEWTON: Claim = Claim {
    id: "C5",
    group: Group::Fisher,
    statement: "With natural parameters as outputs the Fisher is the Gauss-Newton matrix, and the Hessian of the loss too \
                where outputs are linear in θ",
    source: Source {
        work: "Kunstner, Balles & Hennig 2019 (arXiv 1905.12558)",
        place: "proposition 1, appendix A.3",
        evidence: Evidence::Read,
    },
    recorded: Verdict::Confirmed,
    measurements: gauss_newton,
};

fn gauss_newton(_effort: Effort) -> Result<Vec<Measurement>> {
    let regression = SoftmaxRegression::new();
    let lin = regression.linearize()?;
    let fisher = lin.scores(&Exact)?.dense()?;
    let jacobian = regression.jacobian(&[0, 1, 2, 3]);
    let mut gauss_newton = Array2::<f64>::zeros((4, 4));
    for (n, j) in jacobian.outer_iter().enumerate() {
        let h = Categorical.hessian(lin.eta().row(n), lin.labels().row(n))?;
        for (p, q, a, b) in (0..144).map(|k| (k / 36, k / 9 % 4, k / 3 % 3, k % 3)) {
            gauss_newton[[p, q]] += j[[a, p]] * h[[a, b]] * j[[b, q]] / 4.0;
        }
    }
    let observed = regression.observed();
    let hessian = second_differences(&regression.theta, 1e-4, |theta| regression.loss(theta, &observed))?;
    Ok(vec![
        Measurement::equal(
            "F less the Gauss-Newton matrix Σ JᵀHJ/N",
            apart(fisher.matrix(), &gauss_newton),
            0.0,
            1e-15,
            ROUNDING,
        ),
        Measurement::equal(
            "F less the Hessian of the loss by differences",
            apart(fisher.matrix(), &hessian),
            0.0,
            1e-7,
            DIFFERENCES,
        ),
        curved_output()?,
    ])
}

/// One yes/no datum with logit θ², label 1, at θ = ½: the Hessian exceeds F by 2(p - 1).
fn curved_output() -> Result<Measurement> {
    let theta = array![0.5];
    let (jacobian, logit) = (Array3::from_elem((1, 1, 1), 2.0 * theta[0]), array![[theta[0] * theta[0]]]);
    let labels = Labels::new(array![[1.0]])?;
    let lin = Linearization::from_jacobian(&Bernoulli, jacobian, logit, &labels)?;
    let fisher = lin.scores(&Exact)?.dense()?.trace()?;
    let hessian = second_differences(&theta, 1e-4, |theta| {
        Bernoulli.nll(array![theta[0] * theta[0]].view(), array![1.0].view())
    })?;
    let p = 1.0 / (1.0 + (-0.25f64).exp());
    let gap = hessian[[0, 0]] - fisher;
    let quantity = "logit θ², not linear: Hessian less F";
    Ok(Measurement::equal(quantity, gap, 2.0 * (p - 1.0), 1e-6, "differences, error h² f''''/3 ≈ 1e-8")
        .context())
}
