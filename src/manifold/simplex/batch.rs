use super::kernel::{Motion, Pair};
use super::{MASS_TOLERANCE, Simplex};
use crate::manifold::{Manifold, Point, Tangent};
use crate::{Error, Result, check};
use ndarray::{Array1, Array2, ArrayView2};
use rayon::prelude::*;

/// Rows that one thread takes at a time; fixed, and rows do not mix, so that the result is the same on any number of threads.
const ROWS: usize = 1024;

/// Whether a sum is one within the tolerance of a point (false for NaN).
fn whole(mass: f64) -> bool {
    (mass - 1.0).abs() <= MASS_TOLERANCE
}

fn in_row<T>(row: usize, result: Result<T>) -> Result<T> {
    result.map_err(|error| Error::Row { row, error: Box::new(error) })
}

/// Many rows at once: checks, sums and the formula in one pass per row, nothing allocated per row.
impl Simplex {
    /// Distances of the rows of `p` to those of `q`.
    ///
    /// ```text
    /// dᵣ = d(pᵣ, qᵣ)
    /// ```
    ///
    /// # Shapes
    /// Both rows × (n + 1); the result has one number per row.
    ///
    /// # Errors
    /// [`Row`](Error::Row) with the first offending row.
    ///
    /// # Cost
    /// One square root and one division an entry, one arc sine and two roots a row.
    ///
    /// # Numerical notes
    /// To the last bit what [`distance`](Manifold::distance) gives row by row, on any number of threads.
    ///
    /// # Example
    /// ```
    /// # use natgrad::{manifold::{Manifold, Simplex}, ndarray::array};
    /// let (p, q) = (array![[0.25, 0.75], [0.5, 0.5]], array![[0.75, 0.25], [0.5, 0.5]]);
    /// let d = Simplex::new(2)?.distances(p.view(), q.view())?;
    /// assert!((d[0] - std::f64::consts::FRAC_PI_3).abs() < 1e-15 && d[1] == 0.0);
    /// # Ok::<(), natgrad::Error>(())
    /// ```
    ///
    /// # Checked by
    /// `manifold::simplex_laws::batches_are_their_rows_and_name_the_row_that_fails`
    pub fn distances(&self, p: ArrayView2<'_, f64>, q: ArrayView2<'_, f64>) -> Result<Array1<f64>> {
        let rows = self.rows("points", p, "other points", q)?;
        let (p, q) = (p.as_standard_layout(), q.as_standard_layout());
        let scale = 2.0 * self.trials.sqrt();
        let mut found = vec![0.0; rows];
        let piece = ROWS * self.outcomes;
        let (left, right) = (p.as_slice().unwrap_or_default(), q.as_slice().unwrap_or_default());
        found
            .par_chunks_mut(ROWS)
            .zip(left.par_chunks(piece).zip(right.par_chunks(piece)))
            .enumerate()
            .map(|(chunk, (out, (p, q)))| {
                let pairs = p.chunks_exact(self.outcomes).zip(q.chunks_exact(self.outcomes));
                for (row, (out, (p, q))) in out.iter_mut().zip(pairs).enumerate() {
                    let pair = Pair::new(p, q);
                    if !(pair.positive && whole(pair.mass) && whole(pair.mass + pair.drift)) {
                        in_row(chunk * ROWS + row, self.check_point(p.into()))?;
                        in_row(chunk * ROWS + row, self.check_point(q.into()))?;
                    }
                    *out = scale * pair.angle();
                }
                Ok(())
            })
            .collect::<Vec<Result<()>>>()
            .into_iter()
            .collect::<Result<()>>()?;
        Ok(found.into())
    }

    /// exp of the rows of `v` at the rows of `p`.
    ///
    /// ```text
    /// qᵣ = exp_{pᵣ}(vᵣ)
    /// ```
    ///
    /// # Shapes
    /// Both, and the result, rows × (n + 1).
    ///
    /// # Errors
    /// [`Row`](Error::Row) with the first offending row.
    ///
    /// # Cost
    /// Two divisions an entry and no square root; a sine and a cosine a row.
    ///
    /// # Numerical notes
    /// To the last bit what [`exp`](Manifold::exp) gives row by row, on any number of threads.
    ///
    /// # Example
    /// ```
    /// # use natgrad::{Error, manifold::Simplex, ndarray::array};
    /// let simplex = Simplex::new(2)?;
    /// let (p, v) = (array![[0.5, 0.5], [0.5, 0.5]], array![[0.0, 0.0], [1.0, -1.0]]);
    /// // √p would turn by ϑ = ½‖v‖ = 1, and meets the face at π/4. Half of it ends at (1 + sin 2ϑ)/2.
    /// let error = simplex.exps(p.view(), v.view()).unwrap_err();
    /// assert!(matches!(error, Error::Row { row: 1, .. }));
    /// let q = simplex.exps(p.view(), (0.5 * &v).view())?;
    /// assert!((q[[1, 0]] - 0.5 * (1.0 + 1f64.sin())).abs() < 1e-15);
    /// # Ok::<(), natgrad::Error>(())
    /// ```
    ///
    /// # Checked by
    /// `manifold::simplex_laws::batches_are_their_rows_and_name_the_row_that_fails`
    pub fn exps(&self, p: ArrayView2<'_, f64>, v: ArrayView2<'_, f64>) -> Result<Array2<f64>> {
        let rows = self.rows("points", p, "tangent vectors", v)?;
        let (p, v) = (p.as_standard_layout(), v.as_standard_layout());
        let mut found = Array2::zeros((rows, self.outcomes));
        let piece = ROWS * self.outcomes;
        let (points, vectors) = (p.as_slice().unwrap_or_default(), v.as_slice().unwrap_or_default());
        found
            .as_slice_mut()
            .unwrap_or_default()
            .par_chunks_mut(piece)
            .zip(points.par_chunks(piece).zip(vectors.par_chunks(piece)))
            .enumerate()
            .map(|(chunk, (out, (p, v)))| {
                let pairs = p.chunks_exact(self.outcomes).zip(v.chunks_exact(self.outcomes));
                for (row, (out, (p, v))) in out.chunks_exact_mut(self.outcomes).zip(pairs).enumerate() {
                    let motion = Motion::new(p, v);
                    let sound = motion.positive
                        && whole(motion.mass)
                        && motion.sum.abs() <= MASS_TOLERANCE * motion.size
                        && motion.angle.is_finite();
                    if !(sound && motion.exp_into(p, v, out)) {
                        let q = in_row(chunk * ROWS + row, self.exp_of_row(p, v))?;
                        out.iter_mut().zip(q.values()).for_each(|(out, q)| *out = *q);
                    }
                }
                Ok(())
            })
            .collect::<Vec<Result<()>>>()
            .into_iter()
            .collect::<Result<()>>()?;
        Ok(found)
    }

    /// The slow road, with every check: for rows that fail a quick one.
    fn exp_of_row(&self, p: &[f64], v: &[f64]) -> Result<Point> {
        let p = self.point(p.to_vec().into())?;
        self.exp(&p, &Tangent::unchecked(v.to_vec().into()))
    }

    fn rows(
        &self,
        first: &'static str,
        p: ArrayView2<'_, f64>,
        second: &'static str,
        q: ArrayView2<'_, f64>,
    ) -> Result<usize> {
        check::shape(first, &[p.nrows(), self.outcomes], p.shape())?;
        check::shape(second, &[p.nrows(), self.outcomes], q.shape())?;
        Ok(p.nrows())
    }
}
