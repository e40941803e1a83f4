//! G1 to G7: the geometry of discrete distributions, and steps in it.

mod dual;
mod simplex;
mod steps;

use crate::claims::Claim;

pub(crate) const CLAIMS: &[Claim] = &[
    simplex::CURVATURE,
    simplex::EMBEDDING,
    simplex::SOFTMAX,
    dual::AFFINE,
    steps::MIRROR,
    steps::ONE_STEP,
    steps::INVARIANCE,
];
