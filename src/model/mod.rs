//! Models: parameters θ and inputs x to natural parameters η, with their derivative.
//!
//! ```text
//! η_n = f(θ, x_n),    J_n = ∂η_n/∂θ ∈ R^{C×P}
//! ```
//!
//! A [`Network`] is affine layers with activations between. [`Network::linearize`] makes, in one pass forward
//! and one back, a [`Linearization`]: loss, gradient, and J kept as factors, from which `fisher` builds every
//! estimate. A model that was not built here enters on the same floor with its Jacobian:
//! [`Linearization::from_jacobian`].
//!
//! Second derivatives of a network are exact too: [`Linearization::second_vjp`] differentiates a pass back along
//! a direction.
//!
//! Stands on `likelihood`; `fisher` and the optimizers stand on it.
//!
//! | item | is |
//! |---|---|
//! | [`ParameterLayout`] | names, shapes and places of tensors in the flat θ |
//! | [`Activation`] | identity, tanh, relu, sigmoid, gelu, softplus |
//! | [`Affine`], [`Network`] | the layers |
//! | [`Linearization`] | everything about one θ on one set of data |

mod activation;
mod affine;
mod differential;
mod layout;
mod linearization;
mod network;
mod second_order;
mod trace;

pub use activation::Activation;
pub use affine::Affine;
pub use layout::{ParameterLayout, Tensor};
pub use linearization::Linearization;
pub use network::Network;

pub(crate) use differential::{Differential, Pullback};
pub(crate) use second_order::SecondOrder;
pub(crate) use trace::LayerTrace;
