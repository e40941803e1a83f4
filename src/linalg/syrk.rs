use crate::Scalar;
use ndarray::{Array2, ArrayView2, Axis, s};
use rayon::prelude::*;

/// Side of a tile: large enough for the product kernel to run at speed, small enough to waste little on
/// the diagonal and to give two threads an even share.
const TILE: usize = 128;

/// The symmetric product of a matrix with itself.
///
/// ```text
/// C = Sᵀ S
/// ```
///
/// # Shapes
/// `s`: rows × n; returns n × n, exactly symmetric.
///
/// # Cost
/// rows·n² flops: half of a general product, for only tiles on and below the diagonal are computed.
///
/// # Numerical notes
/// Bit-identical for any number of threads.
///
/// # Example
/// ```
/// use natgrad::{linalg::syrk, ndarray::array};
/// assert_eq!(syrk(array![[1.0, 2.0], [3.0, 4.0]].view()), array![[10.0, 14.0], [14.0, 20.0]]);
/// ```
pub fn syrk<T: Scalar>(s: ArrayView2<'_, T>) -> Array2<T> {
    let mut sum = SymmetricAccumulator::new(s.ncols());
    let transposed = s.reversed_axes();
    sum.add(transposed.as_standard_layout().view());
    sum.finish(T::one())
}

/// A running sum of symmetric products, for a matrix S that is never held as a whole (how `syrk` and the dense Fisher
/// are made).
///
/// ```text
/// C = Σ_k S_kᵀ S_k
/// ```
///
/// The lower triangle is kept as square tiles; every tile is one accumulation chain, so the sum does not
/// depend on the number of threads that work on different tiles.
///
/// # Cost
/// rows·n² flops in all; memory n²/2, and n² for the matrix at the end.
#[derive(Debug, Clone)]
pub(crate) struct SymmetricAccumulator<T> {
    order: usize,
    /// Tiles (i, j) with j ≤ i.
    tiles: Vec<(usize, usize, Array2<T>)>,
}

impl<T: Scalar> SymmetricAccumulator<T> {
    /// Zero, of order n.
    pub(crate) fn new(order: usize) -> Self {
        let side = |tile: usize| TILE.min(order - tile * TILE);
        let count = order.div_ceil(TILE);
        let tiles = (0..count)
            .flat_map(|i| (0..=i).map(move |j| (i, j)))
            .map(|(i, j)| (i, j, Array2::zeros((side(i), side(j)))))
            .collect();
        SymmetricAccumulator { order, tiles }
    }

    /// Adds A Aᵀ, where A = S_kᵀ holds one row per parameter.
    ///
    /// # Shapes
    /// `a`: n × k; in standard layout no copy is made.
    pub(crate) fn add(&mut self, a: ArrayView2<'_, T>) {
        debug_assert_eq!(a.nrows(), self.order);
        if a.ncols() == 0 {
            return;
        }
        let panel = |tile: usize| {
            let start = tile * TILE;
            a.slice(s![start..(start + TILE).min(a.nrows()), ..])
        };
        let update = |(i, j, tile): &mut (usize, usize, Array2<T>)| {
            T::gemm(panel(*i), panel(*j).reversed_axes(), true, tile.view_mut());
        };
        if self.tiles.len() == 1 {
            self.tiles.iter_mut().for_each(update);
        } else {
            self.tiles.par_iter_mut().for_each(update);
        }
    }

    /// `scale`·C as a full symmetric matrix.
    pub(crate) fn finish(self, scale: T) -> Array2<T> {
        let mut c = Array2::zeros((self.order, self.order));
        for (i, j, tile) in self.tiles {
            let (row, column) = (i * TILE, j * TILE);
            for (r, values) in tile.axis_iter(Axis(0)).enumerate() {
                for (k, &value) in values.iter().enumerate() {
                    // A diagonal tile holds both halves; the lower one decides.
                    if column + k <= row + r {
                        c[[row + r, column + k]] = value * scale;
                        c[[column + k, row + r]] = value * scale;
                    }
                }
            }
        }
        c
    }
}
