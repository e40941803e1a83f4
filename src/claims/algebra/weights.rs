//! A3 and A4: how much each gradient weighs in f_t, and how much the start does.

use super::runs::{bare, fadam_states};
use crate::Result;
use crate::claims::problems::worse;
use crate::claims::{Claim, Effort, Evidence, Group, Measurement, Source, Verdict};
use crate::optimizer::FAdam;
use crate::optimizer::stage::BiasCorrection;
use ndarray::{Array1, Array2};

const BETA2: f64 = 0.999;

pub(crate) const WEIGHTS: Claim = Claim {
    id: "A3",
    group: Group::Algebra,
    statement: "f_t is a weighted mean of g_1² … g_t²: its weights add up to 1 at every t, so it is unbiased from the first \
                step on, with an effective sample size of (1 + β₂)/(1 - β₂)",
    source: Source {
        work: "Hwang 2024 (arXiv 2405.12807)",
        place: "section 3.4.4; sums derived here",
        evidence: Evidence::Derived,
    },
    recorded: Verdict::Confirmed,
    measurements: weights,
};

/// The weights of g_1² … g_t² in f_t: gradient k is the k-th unit vector, so entry k of f_t is weight k.
fn impulses(t: usize) -> Result<Array1<f64>> {
    let path = fadam_states(bare(), Array2::eye(t).view(), "second_moment")?;
    Ok(path.row(t - 1).to_owned())
}

fn weights(effort: Effort) -> Result<Vec<Measurement>> {
    const ROUNDING: &str = "rounding of sums of weights";
    let mut measured = Vec::new();
    for (t, printed) in [(2, 0.5000001251251), (10, 0.1000008258243), (1000, 0.00108205734084)] {
        let weights = impulses(t)?;
        let squares = weights.dot(&weights);
        measured.push(Measurement::equal(
            format!("sum of squared weights at t = {t}"),
            squares,
            printed,
            1e-12,
            "thirteen digits printed",
        ));
    }
    for t in [10, effort.pick(1000, 4000)] {
        let weights = impulses(t)?;
        let power = |k: usize| BETA2.powi(k as i32);
        let closed = |k: usize| (1.0 - BETA2) * power(t - 1 - k) / (1.0 - power(t));
        let error = (0..t).fold(0.0, |largest, k| worse(largest, (weights[k] - closed(k)).abs()));
        let squares = (1.0 - BETA2) * (1.0 + power(t)) / ((1.0 + BETA2) * (1.0 - power(t)));
        measured.push(Measurement::equal(
            format!("weights at t = {t} less (1 - β₂)β₂^(t-k)/(1 - β₂^t)"),
            error,
            0.0,
            1e-12,
            ROUNDING,
        ));
        measured.push(Measurement::equal(
            format!("sum of the weights at t = {t}"),
            weights.sum(),
            1.0,
            1e-12,
            ROUNDING,
        ));
        measured.push(Measurement::equal(
            format!("sum of their squares at t = {t} over the closed form"),
            weights.dot(&weights) / squares,
            1.0,
            1e-12,
            ROUNDING,
        ));
    }
    // The tail of the weights is geometric: Σ w² → (1 - β₂)/(1 + β₂). With β₂ = 0.9 the limit is reached early.
    let short = FAdam { beta2: 0.9, ..bare() };
    let path = fadam_states(short, Array2::eye(400).view(), "second_moment")?;
    let last = path.row(399);
    measured.push(Measurement::equal(
        "effective sample size 1/Σw² for β₂ = 0.9 at t = 400",
        1.0 / last.dot(&last),
        19.0,
        1e-12 * 19.0,
        "rounding; β₂^400 is 5e-19",
    ));
    Ok(measured)
}

pub(crate) const UNCORRECTED: Claim = Claim {
    id: "A4",
    group: Group::Algebra,
    statement: "Without bias correction the start f₀ = 1 still weighs β₂^t at step t (0.9048 at 100, 0.3677 at 1000); the \
                correction removes it",
    source: Source {
        work: "Hwang 2024 (arXiv 2405.12807)",
        place: "abstract: flaws of Adam",
        evidence: Evidence::Derived,
    },
    recorded: Verdict::Confirmed,
    measurements: uncorrected,
};

fn uncorrected(_effort: Effort) -> Result<Vec<Measurement>> {
    let g = 0.01;
    let constant = Array2::from_elem((1000, 1), g);
    let raw = FAdam { bias_correction: BiasCorrection::None, initial_second_moment: 1.0, ..bare() };
    let raw = fadam_states(raw, constant.view(), "second_moment")?;
    let corrected = fadam_states(bare(), constant.view(), "second_moment")?;
    let weight = |t: usize| (raw[[t - 1, 0]] - g * g) / (1.0 - g * g);
    let mut measured = Vec::new();
    for (t, printed) in [(100, 0.9048), (1000, 0.3677)] {
        measured.push(Measurement::equal(
            format!("weight of f₀ at t = {t}, uncorrected"),
            weight(t),
            printed,
            5e-5,
            "four digits printed",
        ));
        measured.push(Measurement::equal(
            format!("the same, less exp(t ln β₂) at t = {t}"),
            weight(t) - (t as f64 * BETA2.ln()).exp(),
            0.0,
            1e-12,
            "rounding of a thousand products",
        ));
    }
    let error = corrected.iter().fold(0.0, |largest, f| worse(largest, (f / (g * g) - 1.0).abs()));
    measured.push(Measurement::equal(
        "corrected: f_t/g² less 1, largest of 1000 steps",
        error,
        0.0,
        1e-14,
        "rounding; a weighted mean of one number",
    ));
    Ok(measured)
}
