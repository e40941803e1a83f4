//! Models: activations, networks against naive twins and golden numbers, Jacobians from elsewhere, refusals.

mod activation;
mod golden;
mod layout;
mod linearization;
mod network;
mod refusals;
mod second_order;
