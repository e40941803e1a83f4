//! C1 to C9: the Fisher and the natural gradient.

mod identities;
mod divergence;
mod charts;
mod approximations;

use crate::claims::Claim;

pub(crate) use charts::chart_gap;

pub(crate) const CLAIMS: &[Claim] = &[
    identities::MEAN_SCORE,
    identities::TWO_WAYS,
    divergence::SECOND_ORDER,
    divergence::STEEPEST,
    identities::GAUSS_NEWTON,
    charts::REPARAMETRISATION,
    approximations::BEST_DIAGONAL,
    approximations::MODEL_LABELS,
    approximations::MINIBATCH,
];
