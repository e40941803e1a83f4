use super::kernel::{self, Pair};
use super::{MASS_TOLERANCE, Simplex, contiguous};
use crate::manifold::{Manifold, Point};
use crate::{Error, Result, check};
use ndarray::{ArrayView1, Zip};

/// Distances to the boundary, and the closed simplex.
///
/// The open simplex is the manifold. Its boundary lies at finite distance, and distances extend to it continuously; the
/// metric does not, because ⟨v, v⟩ is infinite for a vector that points off a face. On the closed simplex a vector must
/// therefore vanish wherever its point does: it is tangent to the smallest face that holds the point, and that face
/// is a simplex of its own with the same metric.
///
/// The methods here are checked by `manifold::charts::faces_and_vertices_have_the_printed_distances`.
impl Simplex {
    /// √N·2 atan2(√pᵢ, √(1 - pᵢ)): distance to the face on which outcome i is impossible.
    ///
    /// # Errors
    /// [`Setting`](Error::Setting) if there is no such outcome.
    ///
    /// # Numerical notes
    /// 1 - pᵢ is the sum of the others, so that it keeps its digits for pᵢ near one.
    ///
    /// # Example
    /// ```
    /// # use natgrad::{manifold::{Manifold, Simplex}, ndarray::array};
    /// let simplex = Simplex::new(3)?;
    /// let p = simplex.point(array![0.25, 0.25, 0.5])?;
    /// // The root of ¼ is ½: 30 degrees, on a sphere of radius 2.
    /// assert!((simplex.face_distance(&p, 0)? - std::f64::consts::FRAC_PI_3).abs() < 1e-15);
    /// # Ok::<(), natgrad::Error>(())
    /// ```
    pub fn face_distance(&self, p: &Point, outcome: usize) -> Result<f64> {
        let (this, others) = self.split(p, outcome)?;
        Ok(2.0 * self.trials.sqrt() * this.sqrt().atan2(others.sqrt()))
    }

    /// √N·2 atan2(√(1 - pᵢ), √pᵢ): distance to the vertex at which outcome i is certain.
    ///
    /// Together with the distance to the opposite face it is [`diameter`](Simplex::diameter).
    ///
    /// # Errors
    /// [`Setting`](Error::Setting) if there is no such outcome.
    pub fn vertex_distance(&self, p: &Point, outcome: usize) -> Result<f64> {
        let (this, others) = self.split(p, outcome)?;
        Ok(2.0 * self.trials.sqrt() * others.sqrt().atan2(this.sqrt()))
    }

    /// Distance to the nearest face, that of the least probable outcome: the radius of the largest ball on which exp is total.
    ///
    /// # Errors
    /// If p is not on the manifold.
    pub fn boundary_distance(&self, p: &Point) -> Result<f64> {
        self.check_point(p.values())?;
        let least = p
            .values()
            .iter()
            .enumerate()
            .fold((0, f64::INFINITY), |best, (i, &p)| if p < best.1 { (i, p) } else { best });
        self.face_distance(p, least.0)
    }

    /// π√N, the distance of two vertices.
    pub fn diameter(&self) -> f64 {
        std::f64::consts::PI * self.trials.sqrt()
    }

    /// The distance of two points of the closed simplex: entries may be zero.
    ///
    /// ```text
    /// d(p, q) = 2√N arccos Σ √(pᵢqᵢ)
    /// ```
    ///
    /// # Shapes
    /// n + 1 entries each.
    ///
    /// # Errors
    /// A negative entry, or a sum that is not 1 within 1e-12.
    ///
    /// # Example
    /// ```
    /// # use natgrad::{manifold::{Manifold, Simplex}, ndarray::array};
    /// let (sure, other) = (array![1.0, 0.0, 0.0], array![0.0, 0.5, 0.5]);
    /// let d = Simplex::new(3)?.closed_distance(sure.view(), other.view())?;
    /// assert!((d - std::f64::consts::PI).abs() < 1e-15);
    /// # Ok::<(), natgrad::Error>(())
    /// ```
    pub fn closed_distance(&self, p: ArrayView1<'_, f64>, q: ArrayView1<'_, f64>) -> Result<f64> {
        self.check_closed(p)?;
        self.check_closed(q)?;
        // Outcomes impossible under both add nothing, and would be 0/0.
        let (mut left, mut right) = (Vec::with_capacity(self.outcomes), Vec::with_capacity(self.outcomes));
        Zip::from(p).and(q).for_each(|&p, &q| {
            if p > 0.0 || q > 0.0 {
                left.push(p);
                right.push(q);
            }
        });
        Ok(2.0 * self.trials.sqrt() * Pair::new(&left, &right).angle())
    }

    /// ⟨v, w⟩ at a point of the closed simplex: the sum over its possible outcomes.
    ///
    /// # Shapes
    /// n + 1 entries each.
    ///
    /// # Errors
    /// If a vector is not zero where p is zero: it points off the face.
    ///
    /// # Example
    /// ```
    /// # use natgrad::{manifold::{Manifold, Simplex}, ndarray::array};
    /// let (p, v, w) = (array![0.0, 0.5, 0.5], array![0.0, 1.0, -1.0], array![0.0, 2.0, -2.0]);
    /// let inner = Simplex::new(3)?.closed_inner(p.view(), v.view(), w.view())?;
    /// assert!((inner - 8.0).abs() < 1e-14);
    /// # Ok::<(), natgrad::Error>(())
    /// ```
    pub fn closed_inner(
        &self,
        p: ArrayView1<'_, f64>,
        v: ArrayView1<'_, f64>,
        w: ArrayView1<'_, f64>,
    ) -> Result<f64> {
        self.check_closed(p)?;
        let at = Point::unchecked(p.to_owned());
        for vector in [v, w] {
            self.check_tangent(&at, vector)?;
            if let Some((index, (_, &value))) =
                p.iter().zip(vector).enumerate().find(|(_, (p, v))| **p <= 0.0 && v.abs() > 0.0)
            {
                let requirement = "zero where the point is: the vector points off the face";
                return Err(Error::Domain { quantity: "tangent vector", index, value, requirement });
            }
        }
        let inner = Zip::from(p)
            .and(v)
            .and(w)
            .fold(0.0, |sum, &p, &v, &w| if p > 0.0 { sum + (v / p.sqrt()) * (w / p.sqrt()) } else { sum });
        check::setting(
            "inner product",
            inner,
            inner.is_finite(),
            "a finite number; the vectors are too long",
        )?;
        Ok(self.trials * inner)
    }

    /// pᵢ and the sum of the others, added without pᵢ so that 1 - pᵢ keeps its digits.
    fn split(&self, p: &Point, outcome: usize) -> Result<(f64, f64)> {
        self.check_point(p.values())?;
        let requirement = "less than the number of outcomes";
        let Some(&this) = p.values().get(outcome) else {
            return Err(Error::Setting { option: "outcome", value: outcome as f64, requirement });
        };
        let others: Vec<f64> =
            p.values().iter().enumerate().filter(|(i, _)| *i != outcome).map(|(_, p)| *p).collect();
        Ok((this, kernel::sum(&others)))
    }

    fn check_closed(&self, p: ArrayView1<'_, f64>) -> Result<()> {
        check::vector("point", self.outcomes, &p)?;
        if let Some((index, &value)) = p.iter().enumerate().find(|(_, x)| **x < 0.0) {
            return Err(Error::Domain { quantity: "point", index, value, requirement: "at least 0" });
        }
        let sum = kernel::sum(&contiguous(&p));
        let requirement = "1 within 1e-12; normalise the weights";
        check::setting("sum of the point", sum, (sum - 1.0).abs() <= MASS_TOLERANCE, requirement)
    }
}
