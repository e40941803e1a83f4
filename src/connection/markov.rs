use crate::divergence::check_law;
use crate::manifold::{Manifold, Point, Simplex, Tangent};
use crate::{Error, Result, check};
use ndarray::{Array1, Array2, ArrayView1, ArrayView2};

/// A stochastic map between finite sets of outcomes: outcome i becomes j with probability K_ij.
///
/// ```text
/// (K p)_j = Σ_i p_i K_ij,   Σ_j K_ij = 1;      tangent vectors go the same way
/// ```
///
/// No metric length, Fisher-Rao distance or monotone divergence grows under it.
///
/// # Shapes
/// K: outcomes before × outcomes after.
///
/// # Example
/// ```
/// use natgrad::{connection::MarkovMap, ndarray::array};
/// let noisy = MarkovMap::new(array![[0.9, 0.1], [0.2, 0.8]])?;
/// let p = noisy.push_law(array![0.5, 0.5].view())?;
/// assert!((p[0] - 0.55).abs() < 1e-15);
/// # Ok::<(), natgrad::Error>(())
/// ```
///
/// # References
/// Chentsov 1982, Statistical Decision Rules and Optimal Inference (AMS).
#[derive(Debug, Clone, PartialEq)]
pub struct MarkovMap {
    kernel: Array2<f64>,
}

impl MarkovMap {
    /// From the matrix K, each row a law.
    pub fn new(kernel: Array2<f64>) -> Result<Self> {
        check::not_empty("kernel", &kernel)?;
        kernel.rows().into_iter().try_for_each(|row| check_law("row of the kernel", row))?;
        Ok(MarkovMap { kernel })
    }

    /// K.
    pub fn kernel(&self) -> ArrayView2<'_, f64> {
        self.kernel.view()
    }

    /// The image of a law, zeros allowed.
    pub fn push_law(&self, p: ArrayView1<'_, f64>) -> Result<Array1<f64>> {
        check::shape("law", &[self.kernel.nrows()], p.shape())?;
        check_law("law", p)?;
        Ok(self.kernel.t().dot(&p))
    }

    /// The image of a point of the open simplex.
    ///
    /// # Errors
    /// [`Error::Domain`] if no outcome leads to some outcome after: then the image is on the boundary.
    pub fn push_point(&self, p: &Point) -> Result<Point> {
        Simplex::new(self.kernel.ncols())?.point(self.push_law(p.values())?)
    }

    /// The image at K p of a tangent vector at `p`.
    pub fn push_tangent(&self, p: &Point, v: &Tangent) -> Result<Tangent> {
        Simplex::new(self.kernel.nrows())?.check_tangent(p, v.values())?;
        let after = Simplex::new(self.kernel.ncols())?;
        after.project(&self.push_point(p)?, self.kernel.t().dot(&v.values()).view())
    }
}

/// A congruent (Markov) embedding: every outcome is split into parts of its own, with fixed weights.
///
/// Metric, Amari-Chentsov tensor, Fisher-Rao distance and every f-divergence are the same on the images; up to factors no other metric and
/// no other symmetric 3-tensor has that property on the simplices of all sizes.
///
/// # Example
/// ```
/// use natgrad::{connection::MarkovEmbedding, ndarray::array};
/// let split = MarkovEmbedding::split(&[vec![0.25, 0.75], vec![1.0]])?;
/// let image = split.map().push_law(array![0.4, 0.6].view())?;
/// assert!((image[1] - 0.3).abs() < 1e-16 && image.len() == 3);
/// assert_eq!(split.merge().push_law(image.view())?, array![0.4, 0.6]);
/// # Ok::<(), natgrad::Error>(())
/// ```
///
/// # References
/// Chentsov 1982; Campbell 1986, Proc. Amer. Math. Soc. 98, 135-141; Ay, Jost, Lê & Schwachhöfer 2017, Information Geometry
/// (Springer), chapter 2.
#[derive(Debug, Clone, PartialEq)]
pub struct MarkovEmbedding {
    map: MarkovMap,
    merge: MarkovMap,
}

impl MarkovEmbedding {
    /// `parts[i]` holds the positive weights, with sum 1, of the parts of outcome i; the parts follow each other.
    pub fn split(parts: &[Vec<f64>]) -> Result<Self> {
        let total: usize = parts.iter().map(Vec::len).sum();
        let mut kernel = Array2::zeros((parts.len(), total));
        let mut merge = Array2::zeros((total, parts.len()));
        let mut column = 0;
        for (outcome, weights) in parts.iter().enumerate() {
            for (index, &value) in weights.iter().enumerate() {
                if value <= 0.0 {
                    let requirement = "positive (an empty part is none)";
                    return Err(Error::Domain { quantity: "weights of a split", index, value, requirement });
                }
                if let (Some(to), Some(back)) =
                    (kernel.get_mut((outcome, column)), merge.get_mut((column, outcome)))
                {
                    (*to, *back) = (value, 1.0);
                }
                column += 1;
            }
        }
        Ok(MarkovEmbedding { map: MarkovMap::new(kernel)?, merge: MarkovMap::new(merge)? })
    }

    /// The embedding as a stochastic map.
    pub fn map(&self) -> &MarkovMap {
        &self.map
    }

    /// Its left inverse, which joins the parts again.
    pub fn merge(&self) -> &MarkovMap {
        &self.merge
    }
}
