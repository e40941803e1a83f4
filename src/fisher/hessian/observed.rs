use crate::fisher::Provenance;
use crate::linalg::{dot, norm};
use crate::model::{Linearization, SecondOrder};
use crate::{Labels, Result, Scalar, check};
use ndarray::{Array1, Array2, Array3, ArrayView1, Axis};
use rayon::prelude::*;
use std::fmt;

/// A mean of second derivatives of -log p: symmetric, and possibly indefinite.
///
/// ```text
/// A = (1/N) Σ_n (J_nᵀ B_n J_n + Σ_a w_na ∂²η_na/∂θ²)
/// ```
///
/// with B the output-space Hessian and w the negative score, at the observed labels
/// ([`Linearization::hessian`]) or averaged over drawn ones ([`NegativeHessian`](super::NegativeHessian)).
///
/// It is no [`LinearOperator`](crate::LinearOperator), whose meaning is to be positive semidefinite: no solver
/// takes it, and nobody damps it by accident. [`to_dense`](Self::to_dense) gives the matrix to whoever knows what
/// to do with it.
///
/// # Shapes
/// Order P.
///
/// # Units
/// Nats per squared unit of θ, mean over the data.
///
/// # Cost
/// About 10NP flops per product; numbers kept: N·C² and those of the forward pass.
#[derive(Debug, Clone)]
pub struct Hessian<T> {
    second_order: SecondOrder<T>,
    /// N × C, with 1/N.
    weights: Array2<T>,
    /// N × C × C, with 1/N.
    middle: Array3<T>,
    order: usize,
    provenance: Provenance,
}

impl<T: Scalar> Linearization<T> {
    /// The Hessian of the mean loss at the observed labels.
    ///
    /// ```text
    /// ∂²loss/∂θ² = (1/N) Σ_n (J_nᵀ hess(η_n, y_n) J_n - Σ_a s_a(y_n) ∂²η_na/∂θ²)
    /// ```
    ///
    /// At the kink of relu the second derivative is taken as 0, as its own first derivative there.
    ///
    /// # Errors
    /// [`Error::Unsupported`](crate::Error::Unsupported) for a model that came as a Jacobian;
    /// [`Error::NonFinite`](crate::Error::NonFinite) if a score overflows.
    ///
    /// # Cost
    /// One forward pass; see [`Hessian`] for products.
    ///
    /// # Example
    /// ```
    /// use natgrad::{Labels, Network, likelihood::Gaussian, model::{Activation, Affine}, ndarray::array};
    /// // loss = ½(y - w₁w₀x)² at w₀ = 3, w₁ = 5, x = 2, y = 29: the error is 1.
    /// let layers = vec![Affine::new(array![[3.0]], None)?, Affine::new(array![[5.0]], None)?];
    /// let network = Network::new(layers, Activation::Identity)?;
    /// let gaussian = Gaussian::with_variance(1.0)?;
    /// let lin = network.linearize(&gaussian, &array![[2.0]], &Labels::new(array![[29.0]])?)?;
    /// assert_eq!(lin.hessian()?.to_dense()?, array![[100.0, 62.0], [62.0, 36.0]]);
    /// # Ok::<(), natgrad::Error>(())
    /// ```
    pub fn hessian(&self) -> Result<Hessian<T>> {
        Hessian::mean_over_labels(self, self.labels(), 1, "hessian".to_owned(), None)
    }
}

impl<T: Scalar> Hessian<T> {
    /// The mean over `draws` labels per datum, those of datum n in rows n·M..(n + 1)·M.
    pub(super) fn mean_over_labels(
        lin: &Linearization<T>,
        labels: &Labels<T>,
        draws: usize,
        estimator: String,
        seed: Option<u64>,
    ) -> Result<Self> {
        let second_order = SecondOrder::new(lin.differential().clone())?;
        let (data, outputs) = lin.eta().dim();
        let share = T::of(1.0 / (data as f64 * draws as f64));
        let mut weights = Array2::zeros((data, outputs));
        let mut middle = Array3::zeros((data, outputs, outputs));
        for (n, eta) in lin.eta().outer_iter().enumerate() {
            for row in n * draws..(n + 1) * draws {
                let label = labels.row(row);
                weights.row_mut(n).scaled_add(-share, &lin.likelihood().score(eta, label)?);
                let hessian = lin.likelihood().hessian(eta, label)?;
                middle.index_axis_mut(Axis(0), n).scaled_add(share, &hessian);
            }
        }
        check::finite("output scores", &weights)?;
        check::finite("output Hessians", &middle)?;
        let provenance = Provenance {
            estimator,
            likelihood: lin.likelihood().name(),
            data,
            seed,
            omitted_mass: 0.0,
            error: None,
        };
        Ok(Hessian { second_order, weights, middle, order: lin.dim(), provenance })
    }

    /// P.
    pub fn dim(&self) -> usize {
        self.order
    }

    /// Estimator, likelihood, number of data, seed.
    pub fn provenance(&self) -> &Provenance {
        &self.provenance
    }

    /// A v, exact: a pass forward and a pass back with their derivatives along v (Pearlmutter 1994).
    ///
    /// # Errors
    /// [`Error::Shape`](crate::Error::Shape) unless v has P entries.
    ///
    /// # Cost
    /// About 10NP flops.
    pub fn apply(&self, v: ArrayView1<'_, T>) -> Result<Array1<T>> {
        check::shape("vector", &[self.order], v.shape())?;
        Ok(self.second_order.product(self.weights.view(), Some(&self.middle), v))
    }

    /// vᵀ A v, of either sign.
    ///
    /// # Errors
    /// As [`apply`](Self::apply).
    pub fn quadratic_form(&self, v: ArrayView1<'_, T>) -> Result<T> {
        Ok(dot(v, self.apply(v)?.view()))
    }

    /// The matrix, P × P, equal to its transpose to the last bit.
    ///
    /// # Errors
    /// Those of [`apply`](Self::apply).
    ///
    /// # Cost
    /// P products, on all threads.
    pub fn to_dense(&self) -> Result<Array2<T>> {
        Ok(dense(self.order, |v| self.second_order.product(self.weights.view(), Some(&self.middle), v)))
    }

    /// The diagonal, P entries.
    ///
    /// # Errors
    /// Those of [`to_dense`](Self::to_dense).
    ///
    /// # Cost
    /// As [`to_dense`](Self::to_dense).
    pub fn diagonal(&self) -> Result<Array1<T>> {
        Ok(self.to_dense()?.diag().to_owned())
    }

    /// tr A.
    ///
    /// # Errors
    /// Those of [`to_dense`](Self::to_dense).
    ///
    /// # Cost
    /// As [`to_dense`](Self::to_dense).
    pub fn trace(&self) -> Result<T> {
        Ok(self.diagonal()?.sum())
    }

    /// ‖A‖_F.
    ///
    /// # Errors
    /// Those of [`to_dense`](Self::to_dense).
    ///
    /// # Cost
    /// As [`to_dense`](Self::to_dense).
    pub fn frobenius_norm(&self) -> Result<T> {
        Ok(norm(self.to_dense()?.flatten().view()))
    }
}

/// A symmetric matrix from its products with unit vectors; the two halves, which differ by rounding, are averaged.
pub(super) fn dense<T: Scalar>(
    order: usize,
    product: impl Fn(ArrayView1<'_, T>) -> Array1<T> + Sync,
) -> Array2<T> {
    let columns: Vec<Array1<T>> = (0..order)
        .into_par_iter()
        .map(|i| {
            let mut unit = Array1::zeros(order);
            unit[i] = T::one();
            product(unit.view())
        })
        .collect();
    let half = T::of(0.5);
    Array2::from_shape_fn((order, order), |(i, j)| half * (columns[i][j] + columns[j][i]))
}

impl<T: Scalar> fmt::Display for Hessian<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Provenance { estimator, likelihood, data, seed, .. } = &self.provenance;
        match seed {
            None => write!(f, "Hessian of the loss, {likelihood}, mean over {data} data"),
            Some(seed) => {
                write!(f, "Fisher, {estimator}, {likelihood}, mean over {data} data, seed {seed}")
            }
        }
    }
}
