use crate::divergence::check_law;
use crate::family::{Expectation, Family, FiniteSupport, Natural};
use crate::manifold::{Manifold, Point, Simplex};
use crate::{Error, Result, check};
use ndarray::{ArrayView1, ArrayView2};

/// Where a projection ends, and the parameters found there.
#[derive(Debug, Clone, PartialEq)]
pub struct Projection {
    /// The law.
    pub point: Point,
    /// θ of the family projected onto, or the multipliers of the constraints.
    pub parameters: Natural,
}

/// The m-projection of p onto an exponential family: the member with the same moments.
///
/// ```text
/// argmin_{q in E} KL(p ‖ q),   solved by E_q[T] = E_p[T]
/// ```
///
/// # Errors
/// Unless p is a law on the outcomes of the family, with moments inside the convex hull of its statistics.
///
/// # Cost
/// Newton's method: a d × d factorisation a step.
///
/// # Example
/// ```
/// use natgrad::{connection::m_projection, family::FiniteSupport, ndarray::array};
/// // Four cells of a 2 × 2 table; the statistics are row and column, so the family is that of independence.
/// let independent = FiniteSupport::new(
///     array![0.0, 0.0, 0.0, 0.0],
///     array![[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]],
/// )?;
/// let q = m_projection(array![0.3, 0.2, 0.1, 0.4].view(), &independent)?.point;
/// assert!((q.values()[0] - 0.5 * 0.4).abs() < 1e-15);
/// # Ok::<(), natgrad::Error>(())
/// ```
///
/// # References
/// Csiszár & Shields 2004, Information Theory and Statistics: A Tutorial (Now).
pub fn m_projection(p: ArrayView1<'_, f64>, family: &FiniteSupport) -> Result<Projection> {
    check::shape("law", &[family.log_carriers().len()], p.shape())?;
    check_law("law", p)?;
    matching(family, family.mean(p).view())
}

/// The e-projection of r onto a mixture (linear) family: the closest law with the given moments.
///
/// ```text
/// argmin_{q: E_q[T] = c} KL(q ‖ r),   solved by q ∝ r e^{⟨τ, T⟩}
/// ```
///
/// # Shapes
/// r: m outcomes; T: m × d, its columns and the constant independent; c: d.
///
/// # Errors
/// [`Error::Domain`] with the moment that is beyond the values of its statistic; [`Error::OutsideHull`] with the direction in
/// which c leaves the convex hull of the rows, if it is outside or on the boundary; [`Error::Unsupported`] if T is redundant. For
/// tables with given marginals use [`fit_marginals`](crate::connection::fit_marginals), which minds neither.
///
/// # Example
/// ```
/// use natgrad::{connection::e_projection, manifold::{Manifold, Simplex}, ndarray::array};
/// let die = Simplex::new(6)?.normalise(array![1.0, 1.0, 1.0, 1.0, 1.0, 1.0])?;
/// let eyes = array![[1.0], [2.0], [3.0], [4.0], [5.0], [6.0]];
/// let loaded = e_projection(&die, eyes.view(), array![4.5].view())?;
/// let ratio = loaded.point.values()[1] / loaded.point.values()[0];
/// assert!((loaded.parameters.values()[0].exp() - ratio).abs() < 1e-14);
/// assert!(e_projection(&die, eyes.view(), array![6.5].view()).is_err());
/// # Ok::<(), natgrad::Error>(())
/// ```
///
/// # References
/// Csiszár 1975, Ann. Probab. 3, 146-158; Jaynes 1957, Phys. Rev. 106, 620-630.
pub fn e_projection(
    r: &Point,
    statistics: ArrayView2<'_, f64>,
    moments: ArrayView1<'_, f64>,
) -> Result<Projection> {
    Simplex::new(r.values().len())?.check_point(r.values())?;
    let family = FiniteSupport::new(r.values().mapv(f64::ln), statistics.to_owned())?;
    matching(&family, moments)
}

/// The member with E\[T\] = c.
fn matching(family: &FiniteSupport, moments: ArrayView1<'_, f64>) -> Result<Projection> {
    let statistics = family.statistics();
    check::vector("moments", statistics.ncols(), &moments)?;
    for (index, (column, &value)) in statistics.columns().into_iter().zip(moments).enumerate() {
        let (low, high) =
            column.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), &t| (l.min(t), h.max(t)));
        if value <= low || value >= high {
            let requirement = "strictly between the least and the greatest value of its statistic";
            return Err(Error::Domain { quantity: "moments", index, value, requirement });
        }
    }
    let parameters = family.expectation_to_natural(&Expectation::new(moments.to_owned())).map_err(
        |error| match error {
            Error::OutsideHull { direction, value, bound, .. } => {
                Error::OutsideHull { quantity: "moments", direction, value, bound }
            }
            other => other,
        },
    )?;
    let point = Simplex::new(statistics.nrows())?.normalise(family.probabilities(&parameters)?)?;
    Ok(Projection { point, parameters })
}
