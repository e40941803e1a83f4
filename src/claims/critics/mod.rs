//! K: what critics of the empirical Fisher object, stated in the words of those they object to.

mod empirical;

use crate::claims::Claim;

pub(crate) use empirical::matrices;

pub(crate) const CLAIMS: &[Claim] = &[empirical::ESTIMATES];
