//! A8 and A9: what the clip bounds.

use super::runs::fadam_states;
use crate::claims::problems::worse;
use crate::claims::sample::gradients;
use crate::claims::{Claim, Effort, Evidence, Expected, Group, Measurement, Source, Verdict};
use crate::optimizer::stage::{ClipForm, EpsilonRule};
use crate::optimizer::{FAdam, Optimizer};
use crate::{ParameterLayout, Result};
use ndarray::{Array1, ArrayView1, array};

pub(crate) const STEP_BOUND: Claim = Claim {
    id: "A8",
    group: Group::Algebra,
    statement: "The clip bounds every step whatever the gradients: RMS(m_t) ≤ c(1 - β₁^t), RMS(θ_t - θ_(t-1)) ≤ ηc(1 + λ)",
    source: Source {
        work: "Hwang 2024 (arXiv 2405.12807)",
        place: "abstract: gradient clipping; Adafactor, section 6",
        evidence: Evidence::Derived,
    },
    recorded: Verdict::Confirmed,
    measurements: step_bound,
};

fn rms(x: ArrayView1<'_, f64>) -> f64 {
    (x.dot(&x) / x.len() as f64).sqrt()
}

/// The largest RMS(m_t)/(c(1 - β₁^t)) and RMS(Δθ)/(ηc(1 + λ)) of a run, over both tensors.
fn fill_ratios(fadam: FAdam, steps: usize, seed: u64) -> Result<(f64, f64)> {
    let layout = ParameterLayout::new([("w", vec![5]), ("b", vec![2])])?;
    let mut optimizer = fadam.build::<f64>(layout.clone())?;
    let noisy = gradients(seed, 8, (steps, 7), -6.0, 3.0);
    let mut theta = Array1::linspace(-3.0, 3.0, 7);
    let (mut momentum, mut step) = (0.0, 0.0);
    for (t, gradient) in (1..).zip(noisy.outer_iter()) {
        let before = theta.clone();
        optimizer.step(&mut theta, gradient)?;
        let moved = &theta - &before;
        let state = optimizer.state();
        let m = state.vector("momentum").map_or_else(|| Array1::from_elem(7, f64::NAN), |m| m.to_owned());
        for tensor in layout.tensors() {
            let range = ndarray::Slice::from(tensor.range());
            let part = |x: &Array1<f64>| rms(x.slice_axis(ndarray::Axis(0), range));
            momentum = worse(momentum, part(&m) / (fadam.clip * (1.0 - fadam.beta1.powi(t))));
            step =
                worse(step, part(&moved) / (fadam.learning_rate * fadam.clip * (1.0 + fadam.weight_decay)));
        }
    }
    Ok((momentum, step))
}

fn step_bound(effort: Effort) -> Result<Vec<Measurement>> {
    const ROUNDING: &str = "rounding, relative";
    let steps = effort.pick(2000, 50_000);
    let base = FAdam { learning_rate: 0.01, weight_decay: 0.1, ..FAdam::paper() };
    let mut measured = Vec::new();
    for clip in [1.0, 0.5, 2.0] {
        let (momentum, step) = fill_ratios(FAdam { clip, ..base }, steps, effort.seed)?;
        measured.push(Measurement::at_most(
            format!("c = {clip}: RMS(m_t)/(c(1 - β₁^t)), largest of {steps} steps"),
            momentum,
            1.0,
            1e-12,
            ROUNDING,
        ));
        measured.push(Measurement::at_most(
            format!("c = {clip}: RMS(θ_t - θ_(t-1))/(ηc(1 + λ)), largest"),
            step,
            1.0,
            1e-12,
            "rounding of a difference of θ, relative",
        ));
        if clip <= 1.0 {
            measured.push(
                Measurement::at_least(
                    format!("c = {clip}: the bound on m_t is reached"),
                    momentum,
                    0.99,
                    0.0,
                    "the first step has RMS(n) = 1, clipped to c",
                )
                .context(),
            );
        }
    }
    let port = FAdam { clip: 0.5, clip_form: ClipForm::Port, ..base };
    let (momentum, _) = fill_ratios(port, steps, effort.seed)?;
    measured.push(Measurement::at_most(
        "the port's clip, c = 0.5: RMS(m_t)/(c(1 - β₁^t))",
        momentum,
        1.0,
        1e-12,
        ROUNDING,
    ));
    Ok(measured)
}

pub(crate) const SIGN: Claim = Claim {
    id: "A9",
    group: Group::Algebra,
    statement: "On a one-element tensor with c = 1 every |n_t| is at most 1, and the first direction is the sign of the \
                gradient",
    source: Source {
        work: "Hwang 2024 (arXiv 2405.12807)",
        place: "Algorithm 1 as implemented by its ports",
        evidence: Evidence::Derived,
    },
    recorded: Verdict::HoldsOnlyIf("ε shrinks with the gradient (E2, E3 or E4; not E1, E5 or E6)"),
    measurements: sign,
};

/// n_1 for one gradient.
fn first_direction(rule: EpsilonRule, g: f64) -> Result<f64> {
    let fadam = FAdam { epsilon_rule: rule, beta1: 0.0, weight_decay: 0.0, ..FAdam::paper() };
    Ok(fadam_states(fadam, array![[g]].view(), "momentum")?[[0, 0]])
}

fn sign(effort: Effort) -> Result<Vec<Measurement>> {
    use EpsilonRule::{E1, E2, E3, E4, E5, E6};
    const UP_TO_EPSILON: f64 = 0.01;
    let tiny = -1e-12;
    let mut measured = Vec::new();
    let fadam = FAdam { beta1: 0.0, weight_decay: 0.0, ..FAdam::paper() };
    let steps = effort.pick(2000, 50_000);
    let path = fadam_states(fadam, gradients(effort.seed, 9, (steps, 1), -6.0, 3.0).view(), "momentum")?;
    let largest = path.iter().fold(0.0, |largest, n| worse(largest, n.abs()));
    measured.push(
        Measurement::at_most(
            format!("|n_t|, largest of {steps} steps over 9 decades"),
            largest,
            1.0,
            1e-12,
            "rounding",
        )
        .under_condition(),
    );
    // |g|/(|g| + ε_t): ε_t is ε₂|g|, ε|g| and ε|g|/ε₂ for E2, E3 and E4, and ε for the others.
    let closed = [(E2, 1.0 / 1.01), (E3, 1.0 / (1.0 + 1e-8)), (E4, 1.0 / (1.0 + 1e-6))];
    for (rule, size) in closed {
        let n = first_direction(rule, tiny)?;
        measured.push(
            Measurement::equal(
                format!("{rule:?}: n_1 at g = {tiny:e}, up to ε₂"),
                n,
                -1.0,
                UP_TO_EPSILON,
                "ε_t is at most ε₂|g| = 0.01 |g|",
            )
            .under_condition(),
        );
        measured.push(
            Measurement::equal(format!("{rule:?}: the same, in closed form"), n, -size, 1e-12, "rounding")
                .context(),
        );
    }
    for rule in [E1, E5, E6] {
        measured.push(
            Measurement::equal(
                format!("{rule:?}: n_1 at g = {tiny:e}, ε = 1e-8"),
                first_direction(rule, tiny)?,
                tiny / (tiny.abs() + 1e-8),
                1e-12,
                "rounding",
            )
            .against(Expected::Equal(-1.0), UP_TO_EPSILON),
        );
    }
    Ok(measured)
}
