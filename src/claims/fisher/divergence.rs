//! C3 and C4: the Fisher as curvature of the divergence, and what is steepest in it.

use crate::claims::problems::{SoftmaxRegression, softmax, three_logits};
use crate::claims::sample::Directions;
use crate::claims::{Claim, Effort, Evidence, Group, Measurement, Source, Verdict};
use crate::fisher::Exact;
use crate::likelihood::Categorical;
use crate::linalg;
use crate::operator::{DenseOperator, LinearOperator};
use crate::solver::Cholesky;
use crate::{Likelihood, Result, Solver};
use ndarray::{Array1, array};

pub(crate) const SECOND_ORDER: Claim = Claim {
    id: "C3",
    group: Group::Fisher,
    statement: "The Fisher is the curvature of the Kullback-Leibler divergence: KL(θ, θ + sd) = s²/2 dᵀFd + O(s³)",
    source: Source {
        work: "Dangel et al., K-FAC tutorial",
        place: "second order; third order derived here",
        evidence: Evidence::Reported,
    },
    recorded: Verdict::Confirmed,
    measurements: second_order,
};

fn second_order(_effort: Effort) -> Result<Vec<Measurement>> {
    const SERIES: &str = "next order of the series: below 5e-7 at s = 1e-3";
    let (z, d) = (three_logits(), array![0.3, -0.2, 0.5]);
    let p = softmax(z.view());
    let mean = p.dot(&d);
    let central = |power: i32| p.iter().zip(&d).map(|(p, d)| p * (d - mean).powi(power)).sum::<f64>();
    let fourth = central(4) - 3.0 * central(2).powi(2);
    let half_form = 0.5 * d.dot(&Categorical.fisher(z.view())?.dot(&d));
    let s = 1e-3;
    let moved = &z + &(&d * s);
    let forward = Categorical.kl(z.view(), moved.view())?;
    let backward = Categorical.kl(moved.view(), z.view())?;
    let third = |kl: f64| (kl - half_form * s * s) / s.powi(3);
    let at = |s: f64| -> Result<f64> { Categorical.kl(z.view(), (&z + &(&d * s)).view()) };
    // Where KL = a s² (1 + O(s)), its slope in the logarithm tends to 2.
    let slope = (at(2e-4)? / at(1e-4)?).log2();
    Ok(vec![
        Measurement::equal(
            "½ dᵀFd, d = (0.3, -0.2, 0.5)",
            half_form,
            0.0272372429478,
            5e-13,
            "13 digits printed",
        ),
        Measurement::equal(
            "½ dᵀFd less half the variance of d·y",
            half_form - 0.5 * central(2),
            0.0,
            1e-16,
            "rounding of numbers near 0.03",
        ),
        Measurement::equal(
            "slope of log KL in log s at 1e-4",
            slope,
            2.0,
            1e-4,
            "the cubic term: 0.13 s/ln 2",
        ),
        Measurement::equal(
            "(KL(p‖q) - ½s²dᵀFd)/s³ at s = 1e-3: κ₃/6",
            third(forward),
            central(3) / 6.0,
            1e-6,
            SERIES,
        ),
        Measurement::equal(
            "the same, against the printed κ₃/6",
            third(forward),
            -0.0034471070768,
            1e-6,
            SERIES,
        ),
        Measurement::equal(
            "(KL(q‖p) - ½s²dᵀFd)/s³ at s = 1e-3: κ₃/3",
            third(backward),
            central(3) / 3.0,
            1e-6,
            SERIES,
        ),
        Measurement::equal("the same, against the printed number", third(backward), -0.0068936, 1e-6, SERIES),
        Measurement::equal(
            "KL(p‖q) with the fourth cumulant: κ₃/6 + sκ₄/24",
            third(forward),
            central(3) / 6.0 + s * fourth / 24.0,
            1e-9,
            "next order of the series: below 1e-9",
        ),
        Measurement::equal(
            "KL(q‖p) with the fourth cumulant: κ₃/3 + sκ₄/8",
            third(backward),
            central(3) / 3.0 + s * fourth / 8.0,
            1e-9,
            "next order of the series: below 1e-9",
        ),
    ])
}

pub(crate) const STEEPEST: Claim = Claim {
    id: "C4",
    group: Group::Fisher,
    statement: "The natural gradient is steepest descent in KL: -ηF⁻¹g minimises g·d + dᵀFd/(2η), and no direction of \
                its length in F decreases the loss more",
    source: Source {
        work: "Kunstner, Balles & Hennig 2019 (arXiv 1905.12558)",
        place: "appendix A.1",
        evidence: Evidence::Read,
    },
    recorded: Verdict::Confirmed,
    measurements: steepest,
};

fn steepest(effort: Effort) -> Result<Vec<Measurement>> {
    let lin = SoftmaxRegression::new().linearize()?;
    let (fisher, g) = (lin.scores(&Exact)?.dense()?, lin.gradient().view());
    let natural = Cholesky::default().solve(&fisher, g)?.direction;
    let decrease = g.dot(&natural);
    let factor = linalg::Cholesky::factor(fisher.matrix())?;
    let length = fisher.quadratic_form(natural.view())?.sqrt();
    let eta = 0.3;
    let model =
        |d: &Array1<f64>| -> Result<f64> { Ok(g.dot(d) + fisher.quadratic_form(d.view())? / (2.0 * eta)) };
    let minimum = model(&(&natural * -eta))?;
    let directions = Directions::new(effort.seed);
    let count = effort.pick(10_000, 1_000_000);
    let (mut best, mut lowest) = (f64::NEG_INFINITY, f64::INFINITY);
    for k in 0..count {
        // L⁻ᵀε = F⁻¹Lε is uniform on the spheres of the metric F = LLᵀ.
        let random = factor.solve(factor.lower().dot(&directions.normal(k, 4)).view())?;
        let scale = length / fisher.quadratic_form(random.view())?.sqrt();
        best = best.max(g.dot(&random) * scale);
        lowest = lowest.min(model(&(&natural * -eta + &random * 0.1))? - minimum);
    }
    // By Cauchy and Schwarz in the metric: the greatest decrease at F-length ‖d‖ is ‖d‖ √(gᵀF⁻¹g).
    let whitened = factor.whiten(g.insert_axis(ndarray::Axis(1)))?;
    let bound = length * whitened.iter().map(|x| x * x).sum::<f64>().sqrt();
    // A cap of cosine above 0.47/0.4824 has 2.5e-3 of the sphere in four dimensions.
    let many = "that none is within 13° of the best has chance below 1e-10";
    Ok(vec![
        Measurement::equal(
            "decrease g·d along d = F⁻¹g",
            decrease,
            0.4824460387,
            5e-11,
            "ten digits printed",
        ),
        Measurement::equal(
            "the same, less the bound of Cauchy and Schwarz",
            decrease - bound,
            0.0,
            1e-15,
            "rounding",
        ),
        Measurement::at_most(
            format!("best of {count} random directions of that F-length"),
            best,
            0.4824460387,
            5e-11,
            "ten digits printed",
        ),
        Measurement::at_least("the same: the search came close", best, 0.47, 0.0, many).context(),
        Measurement::at_least(
            format!("quadratic model around -ηF⁻¹g, least excess of {count}"),
            lowest,
            0.0,
            1e-15,
            "rounding",
        ),
    ])
}
