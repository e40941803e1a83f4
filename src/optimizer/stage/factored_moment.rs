use crate::optimizer::keywords::keywords;
use crate::optimizer::{State, StateReader};
use crate::{Error, Result, Scalar, check};
use ndarray::{ArrayView1, Ix1};

/// Which two axes of a tensor are the rows and columns of a factored second moment; all others are a stack of matrices.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FactoredAxes {
    /// The last two (PyTorch, Transformers, `pytorch_optimizer`).
    #[default]
    LastTwo,
    /// The two largest, the later ones among equals (Optax, Tensor2Tensor).
    LargestTwo,
}

keywords!(FactoredAxes, "factored axes", { LastTwo = "last-two", LargestTwo = "largest-two" });

impl FactoredAxes {
    /// The two axes in ascending order, if the tensor has two and the smaller of them at least `smallest` entries.
    pub fn of(self, shape: &[usize], smallest: usize) -> Option<(usize, usize)> {
        let mut order: Vec<usize> = (0..shape.len()).collect();
        if self == FactoredAxes::LargestTwo {
            order.sort_by_key(|&axis| shape[axis]);
        }
        let [.., a, b] = order[..] else { return None };
        (shape[a].min(shape[b]) >= smallest).then_some((a.min(b), a.max(b)))
    }
}

/// The average of squared gradients of a matrix, kept as one number per row and one per column.
///
/// ```text
/// r_i ← (1 − w) r_i + w mean_j (g_ij² + a)        c_j ← (1 − w) c_j + w mean_i (g_ij² + a)        V_ij = r_i c_j / mean(r)
/// ```
///
/// V has the row and column means of the full average, and of all such matrices the least generalised Kullback-Leibler
/// divergence from it; where the average is of rank one V *is* the average. A tensor of more axes is a stack of matrices.
///
/// # Cost
/// R + C numbers instead of R C; two sweeps over the tensor per step, sums in `f64`.
///
/// # References
/// Shazeer & Stern 2018 (arXiv 1804.04235), section 3.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct FactoredMoment<T> {
    grid: Grid,
    rows: Vec<T>,
    columns: Vec<T>,
}

/// (outer × R × middle × C × inner), row-major: a stack of outer · middle · inner matrices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Grid {
    outer: usize,
    rows: usize,
    middle: usize,
    columns: usize,
    inner: usize,
}

impl Grid {
    /// Calls `visit(entry, row, column)` in the order of the entries.
    fn walk(&self, mut visit: impl FnMut(usize, usize, usize)) {
        let Grid { outer, rows, middle, columns, inner } = *self;
        let mut entry = 0;
        for o in 0..outer {
            for r in 0..rows {
                for m in 0..middle {
                    for c in 0..columns {
                        for i in 0..inner {
                            let matrix = (o * middle + m) * inner + i;
                            visit(entry, matrix * rows + r, matrix * columns + c);
                            entry += 1;
                        }
                    }
                }
            }
        }
    }

    fn matrices(&self) -> usize {
        self.outer * self.middle * self.inner
    }
}

impl<T: Scalar> FactoredMoment<T> {
    /// All zeros, for rows and columns along these two axes of the shape, the first of which is the smaller.
    pub(crate) fn new(shape: &[usize], (first, second): (usize, usize)) -> Self {
        let grid = Grid {
            outer: shape[..first].iter().product(),
            rows: shape[first],
            middle: shape[first + 1..second].iter().product(),
            columns: shape[second],
            inner: shape[second + 1..].iter().product(),
        };
        let zeros = |count: usize| vec![T::zero(); grid.matrices() * count];
        FactoredMoment { grid, rows: zeros(grid.rows), columns: zeros(grid.columns) }
    }

    /// r and c of the next step, with weight w for the newest squares, a added to each.
    pub(crate) fn update(&self, next: &mut Self, gradient: &[T], weight: f64, addition: f64) {
        let mut rows = vec![0.0f64; self.rows.len()];
        let mut columns = vec![0.0f64; self.columns.len()];
        self.grid.walk(|entry, row, column| {
            let g = gradient[entry].as_f64();
            let square = g * g + addition;
            rows[row] += square;
            columns[column] += square;
        });
        let average = |next: &mut [T], old: &[T], sums: &[f64], count: usize| {
            for ((next, &old), &sum) in next.iter_mut().zip(old).zip(sums) {
                *next = T::of((1.0 - weight) * old.as_f64() + weight * (sum / count as f64));
            }
        };
        average(&mut next.rows, &self.rows, &rows, self.grid.columns);
        average(&mut next.columns, &self.columns, &columns, self.grid.rows);
    }

    /// That nothing has overflowed; the index is that of the largest gradient, which did it.
    pub(crate) fn check(&self, gradient: &[T]) -> Result<()> {
        if check::all_finite(&self.rows) && check::all_finite(&self.columns) {
            return Ok(());
        }
        let mut index = 0;
        for (i, g) in gradient.iter().enumerate() {
            if g.abs() > gradient[index].abs() {
                index = i;
            }
        }
        Err(Error::NonFinite { quantity: "second moment", index, value: f64::INFINITY })
    }

    /// g_ij / V_ij^½ with 0/0 := 0, V no smaller than `floor`² and mean(r) no smaller than `floor`.
    pub(crate) fn precondition(&self, gradient: &[T], floor: f64, out: &mut [T]) {
        let mut scaled = Vec::with_capacity(self.rows.len());
        for rows in self.rows.chunks(self.grid.rows.max(1)) {
            let mean = rows.iter().map(|r| r.as_f64()).sum::<f64>() / rows.len() as f64;
            let mean = mean.max(floor);
            scaled.extend(rows.iter().map(|r| if mean > 0.0 { r.as_f64() / mean } else { 0.0 }));
        }
        self.grid.walk(|entry, row, column| {
            let v = (scaled[row] * self.columns[column].as_f64()).max(floor * floor);
            out[entry] = if v > 0.0 { T::of(gradient[entry].as_f64() / v.sqrt()) } else { T::zero() };
        });
    }

    pub(crate) fn save(&self, state: &mut State, name: &dyn Fn(&str) -> String) {
        state.put(name("row_moment"), &ArrayView1::from(&self.rows));
        state.put(name("column_moment"), &ArrayView1::from(&self.columns));
    }

    pub(crate) fn load(&mut self, reader: &mut StateReader<'_>, name: &dyn Fn(&str) -> String) -> Result<()> {
        self.rows = reader.non_negative::<T, Ix1>(&name("row_moment"), &[self.rows.len()])?.to_vec();
        self.columns = reader.non_negative::<T, Ix1>(&name("column_moment"), &[self.columns.len()])?.to_vec();
        Ok(())
    }
}
