//! The ledger: what the papers and their critics say, each statement measured with the floors above.
//!
//! ```text
//! statement → measurements → verdict:  confirmed · refuted · holds only if …
//! ```
//!
//! A [`Claim`] is a sentence in the words of the literature, its source, and a function that measures. Every
//! [`Measurement`] is held against two numbers: what is *expected*, which comes from another route than the
//! code under test (a closed form, an enumeration, a number computed apart from the library), and what the
//! *statement* says there. [`decide`] makes the verdict from the second comparison alone, so that no
//! verdict is written down twice. A false statement of the literature is expected to come out refuted; what
//! must not happen is a verdict other than the recorded one, or a number other than the expected one.
//!
//! Stands on all floors above; nothing but the command line (`natgrad verify`) stands on it.
//!
//! | group | ids | are about |
//! |---|---|---|
//! | [`Group::Fisher`] | C1 to C9 | the Fisher, the natural gradient, and what an average over data makes of them |
//! | [`Group::Algebra`] | A1 to A10 | identities of Adam and FAdam that hold for every gradient sequence |
//! | [`Group::Geometry`] | G1 to G7 | the geometry of discrete distributions, and steps in it |
//! | [`Group::Critics`] | K1 | what critics of the empirical Fisher object |
//!
//! # Example
//! ```
//! use natgrad::claims::{self, Effort, Verdict};
//! let findings = claims::run(&["C1", "K"], Effort::default())?;
//! assert_eq!(findings.len(), 2);
//! assert!(findings.iter().all(|finding| finding.as_recorded()));
//! assert_eq!(findings[1].verdict(), Verdict::Refuted); // "the empirical Fisher estimates the Fisher"
//! # Ok::<(), natgrad::Error>(())
//! ```

mod verdict;
mod measurement;
mod claim;
mod finding;
mod problems;
mod sample;
mod fisher;
mod algebra;
mod geometry;
mod critics;
mod figures;
mod page;

pub use claim::{Claim, Effort, Evidence, Group, Source};
pub use finding::Finding;
pub use measurement::{Expected, Measurement, Role};
pub use page::{document, json, overview, summary};
pub use verdict::{Verdict, decide};

use crate::{Error, Result};

/// Every claim in the order of the ledger.
///
/// # Example
/// ```
/// let ids: Vec<&str> = natgrad::claims::ledger().iter().map(|claim| claim.id).collect();
/// assert_eq!((ids.len(), ids[0], ids[26]), (27, "C1", "K1"));
/// ```
pub fn ledger() -> Vec<Claim> {
    [fisher::CLAIMS, algebra::CLAIMS, geometry::CLAIMS, critics::CLAIMS].concat()
}

/// The claims that any of `names` selects: the claim of that id if there is one, else all whose ids begin with it
/// (so `A1` is one claim, `A` all of its group). Upper and lower case are the same; no names select everything.
///
/// # Errors
/// [`Error::Unknown`] for a name that selects nothing, with the ids that exist.
///
/// # Example
/// ```
/// use natgrad::claims::select;
/// assert_eq!(select(&["a1", "K"])?.iter().map(|claim| claim.id).collect::<Vec<_>>(), ["A1", "K1"]);
/// assert_eq!(select(&["A"])?.len(), 10);
/// assert!(select(&["B2"]).unwrap_err().to_string().starts_with("unknown claim 'B2'; known: C1, C2,"));
/// # Ok::<(), natgrad::Error>(())
/// ```
pub fn select<S: AsRef<str>>(names: &[S]) -> Result<Vec<Claim>> {
    let all = ledger();
    let mut chosen = vec![names.is_empty(); all.len()];
    for name in names.iter().map(S::as_ref) {
        let wanted = name.to_ascii_uppercase();
        let exact = all.iter().any(|claim| claim.id == wanted);
        let matches = |claim: &Claim| {
            if exact { claim.id == wanted } else { !wanted.is_empty() && claim.id.starts_with(&wanted) }
        };
        if !all.iter().any(matches) {
            let known = all.iter().map(|claim| claim.id).collect::<Vec<_>>().join(", ");
            return Err(Error::Unknown { what: "claim", name: name.to_owned(), known });
        }
        chosen.iter_mut().zip(&all).for_each(|(chosen, claim)| *chosen |= matches(claim));
    }
    Ok(all.into_iter().zip(chosen).filter_map(|(claim, chosen)| chosen.then_some(claim)).collect())
}

/// Measures the selected claims, in the order of the ledger.
///
/// # Errors
/// As [`select`]. A claim whose measurement fails is a [`Finding`] that is not as recorded.
///
/// # Cost
/// About a second for the whole ledger in an optimised build; with `full`, some ten times that.
///
/// # Example
/// See [`claims`](self).
pub fn run<S: AsRef<str>>(names: &[S], effort: Effort) -> Result<Vec<Finding>> {
    Ok(select(names)?.into_iter().map(|claim| claim.measure(effort)).collect())
}
