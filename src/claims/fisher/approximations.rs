//! C7, C8 and C9: the diagonal, the labels of the model, and the minibatch.

use crate::Result;
use crate::claims::problems::{SoftmaxRegression, TEN_DIGITS, apart, outer, worse};
use crate::claims::sample::Directions;
use crate::claims::{Claim, Effort, Evidence, Expected, Group, Measurement, Source, Verdict};
use crate::fisher::{Empirical, Exact, MonteCarlo, Sampler};
use crate::operator::{DenseOperator, DiagonalOperator, LinearOperator};
use ndarray::{Array2, array};

const ALL: [usize; 4] = [0, 1, 2, 3];

pub(crate) const BEST_DIAGONAL: Claim = Claim {
    id: "C7",
    group: Group::Fisher,
    statement: "The diagonal of F is the best diagonal approximation of F in the Frobenius norm",
    source: Source {
        work: "Gong et al. 2025 (RACS and Alice)",
        place: "proposition 1",
        evidence: Evidence::Reported,
    },
    recorded: Verdict::Confirmed,
    measurements: best_diagonal,
};

fn best_diagonal(effort: Effort) -> Result<Vec<Measurement>> {
    let scores = SoftmaxRegression::new().linearize()?.scores(&Exact)?;
    let (fisher, diagonal) = (scores.dense()?, scores.diagonal()?);
    let square = |d: &Array2<f64>| (d - &fisher.matrix()).iter().map(|x| x * x).sum::<f64>();
    let best = Array2::from_diag(&diagonal.entries());
    let distance = square(&best);
    let directions = Directions::new(effort.seed);
    let count = effort.pick(10_000, 1_000_000);
    let (mut least, mut pythagoras) = (f64::INFINITY, 0.0);
    for k in 0..count {
        let change = directions.normal(k, 4);
        let gain = square(&(&best + &Array2::from_diag(&change))) - distance;
        least = least.min(gain);
        pythagoras = worse(pythagoras, (gain / change.dot(&change) - 1.0).abs());
    }
    let off: [f64; 6] = [0.0322226309, -0.111907796, -0.037088525, -0.037088525, -0.1309085786, 0.1076574867];
    let printed = 2.0 * off.iter().map(|x| x * x).sum::<f64>();
    Ok(vec![
        Measurement::at_least(
            format!("‖D - F‖² less ‖diag F - F‖², least of {count} random D"),
            least,
            0.0,
            0.0,
            "exact: no other diagonal may come closer",
        ),
        Measurement::equal(
            "the same over ‖D - diag F‖², less 1, largest (Pythagoras)",
            pythagoras,
            0.0,
            1e-12,
            "rounding of 0.1 over the smallest random square",
        ),
        Measurement::equal(
            "‖diag F - F‖², from the printed entries",
            distance,
            printed,
            1e-10,
            "ten digits printed, twelve entries up to 0.13",
        ),
    ])
}

pub(crate) const MODEL_LABELS: Claim = Claim {
    id: "C8",
    group: Group::Fisher,
    statement: "If the labels come from the model, the empirical Fisher is the Fisher in expectation",
    source: Source {
        work: "Kunstner, Balles & Hennig 2019 (arXiv 1905.12558)",
        place: "section 4.2",
        evidence: Evidence::Read,
    },
    recorded: Verdict::Confirmed,
    measurements: model_labels,
};

fn model_labels(effort: Effort) -> Result<Vec<Measurement>> {
    let regression = SoftmaxRegression::new();
    let lin = regression.linearize()?;
    let fisher = lin.scores(&Exact)?.dense()?;
    let trace = fisher.trace()?;
    let (mut mean, mut variance) = (Array2::<f64>::zeros((4, 4)), 0.0);
    for (labels, weight) in regression.label_vectors(&ALL) {
        let empirical = regression.batch(&ALL, &labels)?.scores(&Empirical)?.dense()?;
        mean.scaled_add(weight, &empirical.matrix());
        variance += weight * (empirical.trace()? - trace).powi(2);
    }
    let count = effort.pick(500, 20_000);
    let first = effort.seed.wrapping_mul(1_000_003);
    let mut sum = 0.0;
    for k in 0..count as u64 {
        let draw = MonteCarlo { draws: 1, sampler: Sampler::Independent, seed: first.wrapping_add(k) };
        sum += lin.scores(&draw)?.diagonal()?.trace()?;
    }
    let z = (sum / count as f64 - trace) / (variance / count as f64).sqrt();
    Ok(vec![
        Measurement::equal(
            "empirical Fisher less F, mean over all 81 label vectors",
            apart(&mean, fisher.matrix()),
            0.0,
            1e-15,
            "rounding of 81 terms that add up to 0.3",
        ),
        Measurement::at_most(
            format!("its trace at {count} samples: standard errors from tr F"),
            z.abs(),
            5.0,
            0.0,
            "exact variance; a larger deviation has chance 6e-7",
        ),
    ])
}

pub(crate) const MINIBATCH: Claim = Claim {
    id: "C9",
    group: Group::Fisher,
    statement: "Adam's second moment, the mean squared minibatch gradient, is the diagonal of the Fisher",
    source: Source {
        work: "Kingma & Ba 2015 (arXiv 1412.6980); Hwang 2024 (arXiv 2405.12807), abstract",
        place: "limits: Lin et al. 2024 (arXiv 2402.03496)",
        evidence: Evidence::Reported,
    },
    recorded: Verdict::HoldsOnlyIf(
        "it is multiplied by the batch size and the labels are drawn from the model",
    ),
    measurements: minibatch,
};

/// E[g gᵀ] over the labels of one batch, drawn from the model, by enumeration.
fn model_moment(regression: &SoftmaxRegression, batch: &[usize]) -> Result<Array2<f64>> {
    let mut moment = Array2::zeros((4, 4));
    for (labels, weight) in regression.label_vectors(batch) {
        let lin = regression.batch(batch, &labels)?;
        moment.scaled_add(weight, &outer(lin.gradient().view(), lin.gradient().view()));
    }
    Ok(moment)
}

/// The mean over all batches of B data drawn with replacement.
fn over_batches(size: u32, f: impl Fn(&[usize]) -> Result<Array2<f64>>) -> Result<Array2<f64>> {
    let count = 4usize.pow(size);
    let mut mean = Array2::zeros((4, 4));
    for code in 0..count {
        let batch: Vec<usize> = (0..size).map(|k| code / 4usize.pow(k) % 4).collect();
        mean.scaled_add(1.0 / count as f64, &f(&batch)?);
    }
    Ok(mean)
}

fn minibatch(_effort: Effort) -> Result<Vec<Measurement>> {
    const EXACT: &str = "rounding of an enumeration whose weights add up to 1";
    let regression = SoftmaxRegression::new();
    let fisher = regression.linearize()?.scores(&Exact)?.dense()?.into_operator().into_matrix();
    let says = Expected::Equal(1.0);
    let ratio = |moment: &Array2<f64>| moment.diag().sum() / fisher.diag().sum();
    let one = over_batches(1, |batch| model_moment(&regression, batch))?;
    let two = over_batches(2, |batch| model_moment(&regression, batch))?;
    let four = model_moment(&regression, &ALL)?;
    let observed = |batch: &[usize]| -> Result<Array2<f64>> {
        let labels: Vec<usize> = batch.iter().map(|&n| regression.classes[n]).collect();
        let lin = regression.batch(batch, &labels)?;
        Ok(outer(lin.gradient().view(), lin.gradient().view()))
    };
    let (seen, seen_two) = (over_batches(1, observed)?, over_batches(2, observed)?);
    let printed = array![0.1126883853, 0.0657047787, 0.1083681016, 0.1141572232];
    Ok(vec![
        Measurement::equal("tr E[ggᵀ]/tr F at B = 4, labels of the model", ratio(&four), 0.25, 1e-15, EXACT)
            .against(says, 1e-15),
        Measurement::equal("tr E[ggᵀ]/tr F at B = 2, labels of the model", ratio(&two), 0.5, 1e-15, EXACT)
            .against(says, 1e-15),
        Measurement::equal("tr E[ggᵀ]/tr F at B = 1, labels of the model", ratio(&one), 1.0, 1e-15, EXACT)
            .under_condition(),
        Measurement::equal(
            "4 E[ggᵀ] - F at B = 4, 16 entries",
            apart(&(four * 4.0), &fisher),
            0.0,
            1e-15,
            EXACT,
        )
        .under_condition(),
        Measurement::equal(
            "E[g²]/F of w₁₂ at B = 1, observed labels",
            seen[[1, 1]] / fisher[[1, 1]],
            0.1153280857 / 0.2117652471,
            1e-9,
            "ten digits printed",
        )
        .against(says, 1e-9),
        Measurement::equal(
            "E[g²] at B = 2, observed labels, less printed values",
            apart(seen_two.diag(), &printed),
            0.0,
            TEN_DIGITS,
            "ten digits printed",
        )
        .context(),
    ])
}
