//! What a few random products say of an operator: trace, diagonal, Frobenius norm, spectrum.
//!
//! ```text
//! E[zᵀ F z] = tr F    for E[z zᵀ] = I
//! ```
//!
//! Every estimate carries a [`StandardError`], the number of products it took and its seed. Probe k is a function of
//! (seed, k) and of nothing else: eight probes extend four.
//!
//! | function | estimates | products | error |
//! |---|---|---|---|
//! | [`hutchinson`] | tr F | m | ∝ m^-½ |
//! | [`hutch_plus_plus`] | tr F | 2 sketch + m | ∝ 1/products for any F ⪰ 0 |
//! | [`xtrace`] | tr F | 2m | the same with a better constant (if unsure, use this) |
//! | [`diagonal`] | diag F | m | ∝ m^-½, by the entries beside the diagonal |
//! | [`xdiag`] | diag F | 2m | smaller where the spectrum decays |
//! | [`frobenius_norm_squared`] | ‖F‖_F² | m | ∝ m^-½ |
//! | [`spectral_density`] | the spectrum; tr f(F), log det(F + λ I) | m × steps | ∝ m^-½ |
//!
//! Estimates exact by construction (a sketch of the whole space) have the standard error 0, to rounding.

mod diagonal;
mod estimate;
mod frobenius;
mod hutch_plus_plus;
mod hutchinson;
mod leave_one_out;
mod probes;
mod spectral_density;
mod xdiag;
mod xtrace;

pub use diagonal::{DiagonalEstimate, diagonal};
pub use estimate::{Estimate, StandardError};
pub use frobenius::frobenius_norm_squared;
pub use hutch_plus_plus::hutch_plus_plus;
pub use hutchinson::{gaussian_trace_variance, hutchinson, rademacher_trace_variance};
pub use probes::{Distribution, Probes};
pub use spectral_density::{SpectralDensity, spectral_density};
pub use xdiag::xdiag;
pub use xtrace::xtrace;
