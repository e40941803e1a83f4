use super::{norm, times, tridiagonal};
use crate::{Error, Result, Scalar, check};
use ndarray::{Array1, Array2, ArrayView1, ArrayView2};

/// The Lanczos process of a symmetric map: an orthonormal basis of a Krylov space, in which the map is tridiagonal.
///
/// ```text
/// A Q = Q T + β_k q_{k+1} e_kᵀ,    T = tridiag(β, α, β),    span Q = span(b, A b, …, A^{k-1} b)
/// ```
///
/// Every new vector is orthogonalised twice against all earlier ones, so that QᵀQ = I and T = QᵀAQ to rounding, and no
/// eigenvalue appears twice that is not twice there (the ghosts of the plain three-term recurrence).
///
/// The process ends by itself when the Krylov space is invariant under A: when what is left of A q_k is rounding,
/// at most 8√n·ε times the largest ‖A q_j‖ seen. That does not depend on the scale of A or of b. A zero start spans
/// the zero space: no steps.
///
/// # Cost
/// Step k costs one product and 8kn flops; k + 1 vectors are kept.
///
/// # Example
/// ```
/// use natgrad::{linalg::Lanczos, ndarray::array};
/// let a = array![[2.0, 1.0], [1.0, 2.0]];
/// let process = Lanczos::run(array![3.0, 0.0].view(), 5, |v| Ok(a.dot(&v)))?;
/// assert_eq!(process.diagonal(), [2.0, 2.0]);
/// assert_eq!(process.off_diagonal(), [1.0]);
/// assert!(process.is_invariant());                    // after two of at most five steps
/// # Ok::<(), natgrad::Error>(())
/// ```
///
/// # References
/// Lanczos 1950, J. Res. Nat. Bur. Standards 45, 255-282; Golub & Van Loan 2013, "Matrix Computations", section 10.1.
/// Twice is enough: Giraud, Langou, Rozložník & van den Eshof 2005, Numer. Math. 101, 87-100.
#[derive(Debug, Clone, PartialEq)]
pub struct Lanczos<T> {
    /// Rows q_1, …, q_k.
    basis: Array2<T>,
    /// q_{k+1}; none when the space is invariant.
    next: Option<Array1<T>>,
    alpha: Vec<f64>,
    /// β_1, …, β_k: one more than the off-diagonal has.
    beta: Vec<f64>,
    start: f64,
    largest: f64,
}

impl<T: Scalar> Lanczos<T> {
    /// No steps yet, from `start`, which is normalised.
    ///
    /// # Errors
    /// [`Error::NonFinite`].
    pub fn new(start: ArrayView1<'_, T>) -> Result<Self> {
        check::finite("start vector", &start)?;
        let length = norm(start);
        let next = (length > T::zero()).then(|| {
            // Twice: where squares underflow, one division leaves no unit vector.
            let once = start.mapv(|x| x / length);
            let length = norm(once.view());
            once / length
        });
        Ok(Lanczos {
            basis: Array2::zeros((0, start.len())),
            next,
            alpha: Vec::new(),
            beta: Vec::new(),
            start: length.as_f64(),
            largest: 0.0,
        })
    }

    /// At most `steps` steps from `start`; fewer if the space becomes invariant.
    ///
    /// # Errors
    /// Those of [`new`](Self::new) and [`step`](Self::step).
    pub fn run(
        start: ArrayView1<'_, T>,
        steps: usize,
        map: impl Fn(ArrayView1<'_, T>) -> Result<Array1<T>>,
    ) -> Result<Self> {
        let mut process = Lanczos::new(start)?;
        while process.steps() < steps && process.step(&map)? {}
        Ok(process)
    }

    /// One more step; `false`, and nothing done, if the space is invariant.
    ///
    /// # Errors
    /// Those of the map; [`Error::Shape`] and [`Error::NonFinite`] for what it returns.
    pub fn step(&mut self, map: impl Fn(ArrayView1<'_, T>) -> Result<Array1<T>>) -> Result<bool> {
        let Some(vector) = self.next.take() else { return Ok(false) };
        let checked = map(vector.view()).and_then(|image| {
            check::vector("product", vector.len(), &image.view())?;
            Ok(image)
        });
        let mut image = match checked {
            Ok(image) => image,
            Err(error) => {
                self.next = Some(vector);
                return Err(error);
            }
        };
        let order = vector.len();
        self.largest = self.largest.max(norm(image.view()).as_f64());
        // The shape fits: the basis has as many columns as the vector has entries.
        self.basis.push_row(vector.view()).map_err(|_| Error::Shape {
            quantity: "basis",
            expected: vec![self.basis.ncols()],
            found: vec![order],
        })?;
        // Classical Gram-Schmidt, twice: two matrix products each time. The last coefficient is α.
        let mut alpha = 0.0;
        for _ in 0..2 {
            let overlap = times(self.basis.view(), image.view());
            alpha += overlap.last().map_or(0.0, |x| x.as_f64());
            image -= &times(self.basis.t(), overlap.view());
        }
        self.alpha.push(alpha);
        let rest = norm(image.view());
        let rounding = 8.0 * (order as f64).sqrt() * T::epsilon().as_f64() * self.largest;
        if self.alpha.len() == order || rest.as_f64() <= rounding {
            self.beta.push(0.0);
        } else {
            self.beta.push(rest.as_f64());
            self.next = Some(image / rest);
        }
        Ok(true)
    }

    /// k, the steps done.
    pub fn steps(&self) -> usize {
        self.alpha.len()
    }

    /// Qᵀ, k × n: one basis vector per row.
    pub fn basis(&self) -> ArrayView2<'_, T> {
        self.basis.view()
    }

    /// α_1, …, α_k.
    pub fn diagonal(&self) -> &[f64] {
        &self.alpha
    }

    /// β_1, …, β_{k-1}.
    pub fn off_diagonal(&self) -> &[f64] {
        self.beta.split_last().map_or(&[], |(_, inner)| inner)
    }

    /// β_k = ‖A Q - Q T‖; 0 if the space is invariant.
    pub fn remainder(&self) -> f64 {
        self.beta.last().copied().unwrap_or(0.0)
    }

    /// ‖b‖, the length of the start vector.
    pub fn start_norm(&self) -> f64 {
        self.start
    }

    /// Whether the space is invariant under A (to rounding), so that eigenvalues of T are eigenvalues of A.
    pub fn is_invariant(&self) -> bool {
        self.next.is_none()
    }

    /// Eigenvalues θ of T, with the squares of the first components of its eigenvectors (the weights of a Gauss
    /// quadrature) and the residual bounds β_k |s_k|: A has an eigenvalue within each bound of its θ.
    ///
    /// # Errors
    /// [`Error::NotConverged`] should the eigenvalue iteration fail.
    ///
    /// # Cost
    /// About 35k² flops.
    pub fn ritz(&self) -> Result<Ritz> {
        let order = self.steps();
        let ends = Array2::from_shape_fn((2, order), |(row, column)| {
            let end = if row == 0 { 0 } else { order - 1 };
            f64::from(u8::from(column == end))
        });
        let found = tridiagonal(&self.alpha, self.off_diagonal(), ends.view())?;
        Ok(Ritz {
            weights: found.rows.row(0).mapv(|s| s * s),
            bounds: found.rows.row(1).mapv(|s| s.abs() * self.remainder()),
            values: found.values,
        })
    }
}

/// What a [`Lanczos`] process knows of a spectrum.
#[derive(Debug, Clone, PartialEq)]
pub struct Ritz {
    /// θ in ascending order.
    pub values: Array1<f64>,
    /// (e₁ᵀs)², which sum to 1.
    pub weights: Array1<f64>,
    /// β_k |s_k|: an eigenvalue of A lies within this distance of θ.
    pub bounds: Array1<f64>,
}
