//! A1 and A2: the bias correction that FAdam folds into β₂, and the start that it makes irrelevant.

use super::runs::{bare, fadam_states, states, textbook_second_moment};
use crate::claims::problems::{apart, worse};
use crate::claims::sample::gradients;
use crate::claims::{Claim, Effort, Evidence, Expected, Group, Measurement, Source, Verdict};
use crate::optimizer::stage::{BiasCorrection, SecondMoment};
use crate::optimizer::{FAdam, Optimizer, State};
use crate::{ParameterLayout, Result};
use ndarray::{Array2, array};

const BETA2: f64 = 0.999;
const ROUNDING: &str = "rounding, relative, over 1000 steps";

/// Four gradients of three entries, used by several golden numbers.
pub(crate) fn four_gradients() -> Array2<f64> {
    array![[0.1, -0.2, 0.3], [0.05, 0.4, -0.1], [-0.2, 0.1, 0.0], [1.0, -2.0, 0.5]]
}

/// The largest |a/b - 1|.
fn relative(a: &Array2<f64>, b: &Array2<f64>) -> f64 {
    a.iter().zip(b).fold(0.0, |largest, (a, b)| worse(largest, (a / b - 1.0).abs()))
}

pub(crate) const FOLDED: Claim = Claim {
    id: "A1",
    group: Group::Algebra,
    statement: "FAdam's bias-corrected β₂ gives Adam's corrected second moment: f_t = v_t/(1 - β₂^t)",
    source: Source {
        work: "Hwang 2024 (arXiv 2405.12807)",
        place: "section 3.4.4",
        evidence: Evidence::Reported,
    },
    recorded: Verdict::Confirmed,
    measurements: folded,
};

fn folded(effort: Effort) -> Result<Vec<Measurement>> {
    let steps = effort.pick(1000, 20_000);
    let noisy = gradients(effort.seed, 1, (steps, 7), -6.0, 3.0);
    let library = fadam_states(bare(), noisy.view(), "second_moment")?;
    let textbook = textbook_second_moment(noisy.view(), BETA2);
    let four = fadam_states(FAdam::paper(), four_gradients().view(), "second_moment")?;
    let printed = [0.263501246557, 1.053967467487, 0.087558820672];
    let average = SecondMoment::new(BETA2, BiasCorrection::Folded)?;
    let weights: Vec<f64> = (1..=4).map(|t| 1.0 - average.weight_of_newest(t)).collect();
    let printed_weights = [0.0, 0.499749874937, 0.666333110999954, 0.749624687343741];
    Ok(vec![
        Measurement::equal(
            format!("f_t over v_t/(1 - β₂^t), less 1, largest of {steps} steps"),
            relative(&library, &textbook),
            0.0,
            1e-12,
            ROUNDING,
        ),
        Measurement::equal(
            "f₄ of four gradients: distance from printed values",
            apart(four.row(3), &printed),
            0.0,
            1e-12,
            "twelve digits printed",
        ),
        Measurement::equal(
            "b_t for t = 1 to 4: distance from printed values",
            apart(&weights, &printed_weights),
            0.0,
            1e-12,
            "twelve digits printed",
        ),
    ])
}

pub(crate) const START: Claim = Claim {
    id: "A2",
    group: Group::Algebra,
    statement: "FAdam's second moment f_t does not depend on its start f₀",
    source: Source {
        work: "Hwang 2024 (arXiv 2405.12807)",
        place: "Algorithm 1 (f₀ = 1); ports differ (f₀ = 0)",
        evidence: Evidence::Reported,
    },
    recorded: Verdict::HoldsOnlyIf("b = 0 at the tensor's own first step (its counter starts with it)"),
    measurements: start,
};

fn start(effort: Effort) -> Result<Vec<Measurement>> {
    let noisy = gradients(effort.seed, 2, (1000, 5), -6.0, 3.0);
    let from = |f0: f64| {
        let fadam = FAdam { initial_second_moment: f0, ..bare() };
        fadam_states(fadam, noisy.view(), "second_moment")
    };
    let zero = from(0.0)?;
    let mut measured = Vec::new();
    for (name, f0) in [("1", 1.0), ("7", 7.0), ("10⁶", 1e6)] {
        measured.push(
            Measurement::equal(
                format!("f_t from f₀ = {name} over f_t from 0, less 1, 1000 steps"),
                relative(&from(f0)?, &zero),
                0.0,
                1e-12,
                ROUNDING,
            )
            .under_condition(),
        );
    }
    // A tensor whose first gradient arrives at step 5 of its group: b_5 b_6 b_7 b_8 of the start is left at step 8.
    let (one, none) = (late(1.0)?, late(0.0)?);
    let sum = |t: i32| (1.0 - BETA2.powi(t)) / (1.0 - BETA2);
    let left = BETA2.powi(4) * sum(4) / sum(8);
    const CLOSED: &str = "rounding; (1 - β₂^t)/(1 - β₂) cancels three digits";
    measured.push(
        Measurement::equal(
            "late tensor, g² = 2: f from 1 less f from 0, after 4 steps",
            one - none,
            left,
            1e-12,
            CLOSED,
        )
        .against(Expected::Equal(0.0), 1e-12),
    );
    measured.push(
        Measurement::equal("late tensor: f from f₀ = 0 over g²", none / 2.0, 1.0 - left, 1e-12, CLOSED)
            .against(Expected::Equal(1.0), 1e-12),
    );
    measured.push(
        Measurement::equal("late tensor: f from f₀ = 1 over g²", one / 2.0, 1.0 - left / 2.0, 1e-12, CLOSED)
            .against(Expected::Equal(1.0), 1e-12),
    );
    Ok(measured)
}

/// f after four steps with g² = 2, on a counter that already stands at 4.
fn late(f0: f64) -> Result<f64> {
    let mut optimizer = bare().build::<f64>(ParameterLayout::flat(1)?)?;
    let mut state = State::new(4);
    state.put("second_moment", &array![f0]).put("momentum", &array![0.0]);
    optimizer.restore(&state)?;
    let constant = Array2::from_elem((4, 1), std::f64::consts::SQRT_2);
    Ok(states(&mut optimizer, constant.view(), "second_moment")?[[3, 0]])
}
