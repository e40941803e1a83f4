//! K1: what the empirical Fisher estimates.

use crate::claims::problems::{SoftmaxRegression, TEN_DIGITS, apart};
use crate::claims::{Claim, Effort, Evidence, Expected, Group, Measurement, Source, Verdict};
use crate::fisher::{Empirical, Exact, MonteCarlo, Sampler};
use crate::likelihood::Gaussian;
use crate::model::Linearization;
use crate::operator::{DenseOperator, LinearOperator};
use crate::{Labels, Result};
use ndarray::{Array2, Array3, array};

pub(crate) const ESTIMATES: Claim = Claim {
    id: "K1",
    group: Group::Critics,
    statement: "The empirical Fisher, the second moment of scores at the observed labels, is an estimate of the Fisher",
    source: Source {
        work: "Hwang 2024 (arXiv 2405.12807), abstract, and other readings of Adam",
        place: "denied by Kunstner, Balles & Hennig 2019 (arXiv 1905.12558), sections 1 and 3.2, appendix B",
        evidence: Evidence::Read,
    },
    recorded: Verdict::Refuted,
    measurements: estimates,
};

/// The Fisher and the empirical Fisher of softmax regression, 4 × 4 each.
pub(crate) fn matrices() -> Result<[Array2<f64>; 2]> {
    let lin = SoftmaxRegression::new().linearize()?;
    let fisher = lin.scores(&Exact)?.dense()?.matrix().to_owned();
    let empirical = lin.scores(&Empirical)?.dense()?.matrix().to_owned();
    Ok([fisher, empirical])
}

fn estimates(effort: Effort) -> Result<Vec<Measurement>> {
    const NAMES: [&str; 4] = ["w₁₁", "w₁₂", "w₂₁", "w₂₂"];
    let [fisher, empirical] = matrices()?;
    let printed_fisher = [0.2079224369, 0.2117652471, 0.2182198655, 0.2985272931];
    let printed_empirical = [0.2187759104, 0.1153280857, 0.203696114, 0.1853614507];
    let mut measured = Vec::new();
    for (p, name) in NAMES.iter().enumerate() {
        measured.push(
            Measurement::equal(
                format!("empirical Fisher over Fisher, diagonal entry of {name}"),
                empirical[[p, p]] / fisher[[p, p]],
                printed_empirical[p] / printed_fisher[p],
                1e-9,
                "ten digits printed of either",
            )
            .against(Expected::Equal(1.0), 1e-9),
        );
    }
    let deviation =
        empirical.diag().iter().zip(fisher.diag()).map(|(e, f)| (e / f - 1.0).abs()).fold(0.0, f64::max);
    measured.push(
        Measurement::equal(
            "largest relative error of the diagonal",
            deviation,
            0.46,
            0.005,
            "two digits printed",
        )
        .against(Expected::Equal(0.0), 1e-3),
    );
    measured.push(
        Measurement::equal(
            "diagonal of the empirical Fisher less printed values",
            apart(empirical.diag(), &printed_empirical),
            0.0,
            TEN_DIGITS,
            "ten digits printed",
        )
        .context(),
    );
    measured.extend(unbiased(effort, &fisher)?);
    Ok(measured)
}

/// What the critics offer instead: the same cost, the right expectation; and what does not do.
fn unbiased(effort: Effort, fisher: &Array2<f64>) -> Result<Vec<Measurement>> {
    let regression = SoftmaxRegression::new();
    let lin = regression.linearize()?;
    let draw = MonteCarlo { draws: 1, sampler: Sampler::Independent, seed: effort.seed };
    let rows = lin.scores(&draw)?.rows() as f64 / lin.scores(&Empirical)?.rows() as f64;
    // The sampled estimate at every outcome of the draw, weighted by its probability.
    let all = [0, 1, 2, 3];
    let mut mean = Array2::<f64>::zeros((4, 4));
    for (labels, weight) in regression.label_vectors(&all) {
        let sampled = regression.batch(&all, &labels)?.scores(&Empirical)?.dense()?;
        mean.scaled_add(weight, &sampled.matrix());
    }
    // A normal model is most likely to see its own mean: the score there is 0.
    let eta = array![[0.3], [-1.7], [2.0]];
    let jacobian = Array3::from_shape_fn((3, 1, 2), |(n, _, p)| 1.0 + (n * p) as f64);
    let labels = Labels::new(eta.clone())?;
    let normal = Linearization::from_jacobian(&Gaussian::with_variance(0.25)?, jacobian, eta, &labels)?;
    let most_likely = normal.scores(&Empirical)?.dense()?.trace()?;
    let proper = normal.scores(&Exact)?.dense()?.trace()?;
    Ok(vec![
        Measurement::equal(
            "labels drawn from the model: expectation less F",
            apart(&mean, fisher),
            0.0,
            1e-15,
            "rounding of 81 terms",
        )
        .context(),
        Measurement::equal(
            "its cost: passes back over those of the empirical Fisher",
            rows,
            1.0,
            0.0,
            "exact",
        )
        .context(),
        Measurement::equal(
            "most likely labels instead, normal model: trace",
            most_likely,
            0.0,
            0.0,
            "exact: the residual is 0",
        )
        .context(),
        // Σ_n (1 + (1 + n)²)/(3 · 0.25) over n = 0, 1, 2.
        Measurement::equal(
            "where the Fisher has the trace",
            proper,
            17.0 / 0.75,
            1e-14 * 17.0 / 0.75,
            "rounding",
        )
        .context(),
    ])
}
