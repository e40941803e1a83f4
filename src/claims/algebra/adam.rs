//! A5, A6 and A7: where FAdam is Adam, and where it is another method.

use super::runs::{bare, fadam_states, textbook_adam};
use crate::claims::problems::{apart, worse};
use crate::claims::sample::{gradients, signs};
use crate::claims::{Claim, Effort, Evidence, Group, Measurement, Source, Verdict};
use crate::optimizer::{Adam, FAdam, replay};
use crate::{ParameterLayout, Result};
use ndarray::{Array1, Array2, ArrayView2, Axis, s};

const BETA1: f64 = 0.9;
const BETA2: f64 = 0.999;

/// FAdam with momentum, otherwise bare.
fn with_momentum() -> FAdam {
    FAdam { beta1: BETA1, ..bare() }
}

pub(crate) const WITHOUT_CORRECTIONS: Claim = Claim {
    id: "A5",
    group: Group::Algebra,
    statement: "With clip, decay, ε and momentum off FAdam is Adam (that is, RMSProp with bias correction); with all of its \
                corrections off it is Adam with momentum",
    source: Source {
        work: "Hwang 2024 (arXiv 2405.12807)",
        place: "abstract: Adam is a natural gradient optimizer",
        evidence: Evidence::Derived,
    },
    recorded: Verdict::Confirmed,
    measurements: without_corrections,
};

fn without_corrections(effort: Effort) -> Result<Vec<Measurement>> {
    let steps = effort.pick(1000, 20_000);
    let noisy = gradients(effort.seed, 5, (steps, 7), -6.0, 3.0);
    let directions = fadam_states(bare(), noisy.view(), "momentum")?;
    let textbook = textbook_adam(noisy.view(), 0.0, BETA2);
    let layout = || ParameterLayout::flat(7);
    let start = || Array1::linspace(-1.0, 1.0, 7);
    let off = FAdam::without_corrections();
    let (rate, beta1, beta2, epsilon) = (off.learning_rate, off.beta1, off.beta2, off.epsilon);
    let fadam = replay(&mut off.build(layout()?)?, start(), noisy.view())?;
    let adam = replay(&mut Adam::default().build(layout()?)?, start(), noisy.view())?;
    let textbook_path = textbook_path(start(), noisy.view(), [rate, beta1, beta2, epsilon]);
    Ok(vec![
        Measurement::equal(
            format!("direction less that of textbook Adam, largest of {steps} steps"),
            apart(&directions, &textbook),
            0.0,
            1e-12,
            "rounding, directions up to 31.6",
        ),
        Measurement::equal(
            format!("corrections off: θ less θ of textbook Adam, {steps} steps"),
            apart(&fadam, &textbook_path),
            0.0,
            0.0,
            "the same operations in the same order: to the last bit",
        ),
        Measurement::equal(
            "corrections off: θ less θ of the library's Adam",
            apart(&fadam, &adam),
            0.0,
            0.0,
            "one pipeline",
        ),
    ])
}

/// θ_0, θ_1, … of Adam, Algorithm 1 of Kingma & Ba 2015, with [η, β₁, β₂, ε].
fn textbook_path(
    start: Array1<f64>,
    gradients: ArrayView2<'_, f64>,
    [rate, beta1, beta2, epsilon]: [f64; 4],
) -> Array2<f64> {
    let mut path = Array2::zeros((gradients.nrows() + 1, start.len()));
    path.row_mut(0).assign(&start);
    for i in 0..start.len() {
        let (mut m, mut v, mut theta) = (0.0, 0.0, start[i]);
        for t in 1..=gradients.nrows() {
            let g = gradients[[t - 1, i]];
            m = beta1 * m + (1.0 - beta1) * g;
            v = beta2 * v + (1.0 - beta2) * (g * g);
            let first: f64 = m / (1.0 - beta1.powi(t as i32));
            let second: f64 = v / (1.0 - beta2.powi(t as i32));
            theta -= rate * (first / (second.sqrt() + epsilon));
            path[[t, i]] = theta;
        }
    }
    path
}

pub(crate) const WARM_UP: Claim = Claim {
    id: "A6",
    group: Group::Algebra,
    statement: "FAdam's momentum is not bias-corrected: where |g| is constant its step is 1 - β₁^t of Adam's, a built-in \
                warm-up",
    source: Source {
        work: "Hwang 2024 (arXiv 2405.12807)",
        place: "Algorithm 1 as implemented by its ports",
        evidence: Evidence::Derived,
    },
    recorded: Verdict::Confirmed,
    measurements: warm_up,
};

fn warm_up(effort: Effort) -> Result<Vec<Measurement>> {
    let signs = signs(effort.seed, 6, (50, 5)) * 0.37;
    let fadam = fadam_states(with_momentum(), signs.view(), "momentum")?;
    let mut adam = textbook_adam(signs.view(), BETA1, BETA2);
    for (t, mut row) in (1..).zip(adam.outer_iter_mut()) {
        row *= 1.0 - BETA1.powi(t);
    }
    let steady = Array2::from_elem((50, 1), 0.37);
    let slow = fadam_states(with_momentum(), steady.view(), "momentum")?;
    let full = textbook_adam(steady.view(), BETA1, BETA2);
    let mut measured = vec![Measurement::equal(
        "random signs: FAdam's step less 1 - β₁^t of Adam's, 50 steps",
        apart(&fadam, &adam),
        0.0,
        1e-12,
        "rounding of steps up to 1",
    )];
    for (t, printed) in [(1, 0.1), (2, 0.19), (5, 0.40951), (10, 0.6513215599), (50, 0.9948462248)] {
        let quantity = format!("FAdam's step over Adam's at t = {t}");
        let ratio = slow[[t - 1, 0]] / full[[t - 1, 0]];
        measured.push(Measurement::equal(quantity, ratio, printed, 1e-10, "ten digits of 1 - 0.9^t"));
    }
    Ok(measured)
}

pub(crate) const ORDER: Claim = Claim {
    id: "A7",
    group: Group::Algebra,
    statement: "Averaging natural gradients (FAdam) is not averaging gradients first (Adam): once |g| changes, steps differ",
    source: Source {
        work: "Hwang 2024 (arXiv 2405.12807)",
        place: "abstract: enhanced momentum",
        evidence: Evidence::Derived,
    },
    recorded: Verdict::Confirmed,
    measurements: order,
};

/// Which way |g| jumps after 1000 steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rise {
    /// From 1e-3 to 1.
    Up,
    /// From 1 to 1e-3.
    Down,
}

/// Steps over η after the jump: Adam's, FAdam's, and FAdam's with clip 1.
pub(crate) fn steps_after_jump(rise: Rise, count: usize) -> Result<[Vec<f64>; 3]> {
    let (before, after) = match rise {
        Rise::Up => (1e-3, 1.0),
        Rise::Down => (1.0, 1e-3),
    };
    let gradients = Array2::from_shape_fn((1000 + count, 1), |(t, _)| if t < 1000 { before } else { after });
    let adam = Adam { learning_rate: 1.0, epsilon: 0.0, ..Adam::default() };
    let path = replay(&mut adam.build(ParameterLayout::flat(1)?)?, Array1::zeros(1), gradients.view())?;
    let adam = (1000..1000 + count).map(|t| path[[t, 0]] - path[[t + 1, 0]]).collect();
    let tail = |fadam: FAdam| -> Result<Vec<f64>> {
        let path = fadam_states(fadam, gradients.view(), "momentum")?;
        Ok(path.index_axis(Axis(1), 0).slice(s![1000..]).to_vec())
    };
    Ok([adam, tail(with_momentum())?, tail(FAdam { clip: 1.0, ..with_momentum() })?])
}

fn order(_effort: Effort) -> Result<Vec<Measurement>> {
    const PRINTED: &str = "six digits printed";
    let up = steps_after_jump(Rise::Up, 5)?;
    let down = steps_after_jump(Rise::Down, 5)?;
    let printed = [
        [2.537134, 3.395015, 3.949919, 4.339986, 4.622794],
        [3.414504, 4.852318, 5.820710, 6.498227, 6.975639],
        [0.900812, 0.811472, 0.731002, 0.658522, 0.593238],
        [0.900100, 0.810190, 0.729271, 0.656445, 0.590901],
    ];
    let rows = [
        ("Adam, 1e-3 → 1", &up[0]),
        ("FAdam, 1e-3 → 1", &up[1]),
        ("Adam, 1 → 1e-3", &down[0]),
        ("FAdam, 1 → 1e-3", &down[1]),
    ];
    let mut measured = Vec::new();
    for ((name, steps), printed) in rows.iter().zip(&printed) {
        measured.push(Measurement::equal(
            format!("{name}: first step over η"),
            steps[0],
            printed[0],
            1e-5,
            PRINTED,
        ));
    }
    for ((name, steps), printed) in rows.iter().zip(&printed) {
        measured.push(Measurement::equal(
            format!("{name}: five steps, distance from printed values"),
            apart(*steps, printed),
            0.0,
            1e-5,
            PRINTED,
        ));
    }
    let differ = up[0].iter().zip(&up[1]).map(|(a, f)| f / a).fold(f64::INFINITY, f64::min);
    measured.push(Measurement::at_least(
        "1e-3 → 1: FAdam's step over Adam's, least of five",
        differ,
        1.3,
        0.0,
        "3.4145/2.5371 is 1.346",
    ));
    let largest = up[2].iter().fold(0.0, |largest, x| worse(largest, *x));
    measured.push(
        Measurement::at_most(
            "with clip 1 (one-element tensor): largest step",
            largest,
            1.0,
            1e-12,
            "rounding",
        )
        .context(),
    );
    Ok(measured)
}
