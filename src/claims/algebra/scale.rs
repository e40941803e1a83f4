//! A10: what happens to the step when the loss is multiplied by a number.

use super::runs::{fadam_states, textbook_second_moment};
use super::second_moment::four_gradients;
use crate::Result;
use crate::claims::problems::{apart, worse};
use crate::claims::{Claim, Effort, Evidence, Expected, Group, Measurement, Source, Verdict};
use crate::optimizer::FAdam;
use crate::optimizer::stage::EpsilonRule::{self, E1, E2, E3, E4, E5, E6};
use ndarray::{Array2, s};

pub(crate) const RULES: [EpsilonRule; 6] = [E1, E2, E3, E4, E5, E6];

pub(crate) const LOSS_SCALE: Claim = Claim {
    id: "A10",
    group: Group::Algebra,
    statement: "With the adaptive ε FAdam's direction does not change when the loss is multiplied by any number",
    source: Source {
        work: "Hwang 2024 (arXiv 2405.12807)",
        place: "abstract: adaptive epsilon; the ports disagree on the rule",
        evidence: Evidence::Reported,
    },
    recorded: Verdict::HoldsOnlyIf("ε is 0, or in proportion to the gradient (E2, E3, E4 where it is small)"),
    measurements: loss_scale,
};

/// n_1, n_2, n_3 for gradients multiplied by s; no momentum, clip or decay.
fn directions(rule: EpsilonRule, epsilon: f64, s: f64) -> Result<Array2<f64>> {
    let fadam = FAdam {
        epsilon_rule: rule,
        epsilon,
        beta1: 0.0,
        clip: f64::INFINITY,
        weight_decay: 0.0,
        ..FAdam::paper()
    };
    fadam_states(fadam, (four_gradients() * s).slice(s![..3, ..]), "momentum")
}

/// Largest entry of n at scale s over that at scale 1, for the figure.
pub(crate) fn relative_size(rule: EpsilonRule, s: f64) -> Result<f64> {
    let size = |n: Array2<f64>| n.iter().fold(0.0, |largest, x| worse(largest, x.abs()));
    Ok(size(directions(rule, 1e-8, s)?) / size(directions(rule, 1e-8, 1.0)?))
}

/// g/(√f + ε/s), the textbook's f: what a fixed ε makes of gradients multiplied by s.
fn with_fixed_epsilon(s: f64) -> Array2<f64> {
    let g = four_gradients().slice_move(s![..3, ..]);
    let f = textbook_second_moment(g.view(), 0.999);
    Array2::from_shape_fn(g.dim(), |at| g[at] / (f[at].sqrt() + 1e-8 / s))
}

fn loss_scale(_effort: Effort) -> Result<Vec<Measurement>> {
    const EXACT: &str = "rounding of directions up to 1.5";
    let change = |rule, epsilon, from: f64, to: f64| -> Result<f64> {
        Ok(apart(&directions(rule, epsilon, to)?, &directions(rule, epsilon, from)?))
    };
    let over = |rule, epsilon, from: f64, scales: &[f64]| -> Result<f64> {
        scales.iter().try_fold(0.0, |largest, &s| Ok(worse(largest, change(rule, epsilon, from, s)?)))
    };
    let mut measured = Vec::new();
    let all = [1e-9, 1e-6, 1e-3, 1e3, 1e6];
    let proportional = [
        ("ε = 0, s = 1e-9 … 1e6", over(E1, 0.0, 1.0, &all)?),
        ("E3, s = 1e-9 … 1, s RMS(g) ≤ 1", over(E3, 1e-8, 1.0, &[1e-9, 1e-6, 1e-3])?),
        ("E2, s = 1e-9 … 1e-6, ε₂ s RMS(g) ≤ ε", over(E2, 1e-8, 1e-6, &[1e-9, 1e-8, 1e-7])?),
        ("E4, s = 1e-9 … 1e-3, s RMS(g) ≤ ε₂", over(E4, 1e-8, 1e-3, &[1e-9, 1e-6])?),
    ];
    for (name, change) in proportional {
        measured.push(
            Measurement::equal(format!("{name}: change of n"), change, 0.0, 1e-15, EXACT).under_condition(),
        );
    }
    for (s, printed, digits, why) in
        [(1e-6, 0.1, 0.02, "one digit printed"), (1e-9, 1.49, 0.005, "three digits printed")]
    {
        let expected = apart(&with_fixed_epsilon(s), &with_fixed_epsilon(1.0));
        let fixed = change(E1, 1e-8, 1.0, s)?;
        let says = Expected::Equal(0.0);
        measured.push(
            Measurement::equal(format!("E1, s = {s:e}: change of n"), fixed, expected, 1e-12, "rounding")
                .against(says, 1e-3),
        );
        measured.push(
            Measurement::equal(
                format!("E1, s = {s:e}: against the printed number"),
                fixed,
                printed,
                digits,
                why,
            )
            .context(),
        );
        measured.push(
            Measurement::equal(
                format!("E5, s = {s:e}: the same as E1 while s RMS(g) ≤ 1"),
                change(E5, 1e-8, 1.0, s)?,
                expected,
                1e-12,
                "rounding",
            )
            .against(says, 1e-3),
        );
    }
    measured.push(
        Measurement::at_least(
            "E6, s = 1e-9: change of n",
            change(E6, 1e-8, 1.0, 1e-9)?,
            1.4,
            0.0,
            "ε does not shrink below 1e-8: the direction collapses",
        )
        .against(Expected::Equal(0.0), 1e-3),
    );
    for rule in RULES {
        measured.push(
            Measurement::at_most(
                format!("{rule:?}, s = 1e3 and 1e6: change of n"),
                over(rule, 1e-8, 1.0, &[1e3, 1e6])?,
                1.2e-7,
                0.0,
                "ε is negligible beside √f there",
            )
            .context(),
        );
    }
    Ok(measured)
}
