//! A1 to A10: identities of Adam and FAdam.

mod runs;
mod second_moment;
mod weights;
mod adam;
mod clip;
mod scale;

use crate::claims::Claim;

pub(crate) use adam::{Rise, steps_after_jump};
pub(crate) use scale::{RULES, relative_size};

pub(crate) const CLAIMS: &[Claim] = &[
    second_moment::FOLDED,
    second_moment::START,
    weights::WEIGHTS,
    weights::UNCORRECTED,
    adam::WITHOUT_CORRECTIONS,
    adam::WARM_UP,
    adam::ORDER,
    clip::STEP_BOUND,
    clip::SIGN,
    scale::LOSS_SCALE,
];
