use crate::{Linearization, Network, Result, Scalar, check};
use ndarray::{Array2, ArrayView1};

/// Where θ + t d leads, by a forward pass.
pub(super) struct Displaced<T> {
    /// η there, N × C.
    pub(super) eta: Array2<T>,
    /// (1/N) Σ_n KL(p(·|η_n) ‖ p(·|η'_n)), nats per datum.
    pub(super) divergence: f64,
}

impl<T: Scalar> Displaced<T> {
    /// From `network`, the point at which `lin` was made on `x`.
    pub(super) fn by(
        network: &Network<T>,
        x: &Array2<T>,
        lin: &Linearization<T>,
        d: ArrayView1<'_, T>,
        t: f64,
    ) -> Result<Self> {
        let theta = network.parameters() + &(&d * T::of(t));
        let eta = network.with_parameters(theta.view())?.forward(x)?;
        check::shape("eta", lin.eta().shape(), eta.shape())?;
        let mut sum = 0.0;
        for (before, after) in lin.eta().outer_iter().zip(eta.outer_iter()) {
            sum += lin.likelihood().kl(before, after)?.as_f64();
        }
        Ok(Displaced { eta, divergence: sum / lin.data() as f64 })
    }
}
