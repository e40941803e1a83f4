//! The Hessian of the loss, the second estimator of the Fisher that it makes, and the variances of both.
//!
//! ```text
//! ∂²(-log p(y|θ)) = J_nᵀ hess(η_n, y) J_n - Σ_a s_a(y) ∂²η_na/∂θ²,    F_n = E s sᵀ = E ∂²(-log p)
//! ```
//!
//! The first estimator ([`MonteCarlo`](super::MonteCarlo)) averages the left form of F_n over drawn labels, the
//! second ([`NegativeHessian`]) the right one. They differ in variance only: that of the first follows J, that of
//! the second how the network bends (Soen & Sun 2021, arXiv 2107.04205).

mod entry_variances;
mod first_estimator;
mod negative_hessian;
mod observed;
mod second_estimator;

pub use entry_variances::EntryVariances;
pub use negative_hessian::NegativeHessian;
pub use observed::Hessian;
