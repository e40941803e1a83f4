/// R(v) = p + v: straight in p, the exponential map of the mixture connection.
///
/// ```text
/// d(R(tv), exp(tv)) = t² ¼‖v²/p - ⟨v, v⟩p‖ + O(t³),   exit time min pᵢ/(-vᵢ) over vᵢ < 0
/// ```
///
/// # Errors
/// [`BeyondExit`](crate::Error::BeyondExit) with the exit time, if the step is as long.
///
/// # Cost
/// A division an entry.
///
/// # Example
/// ```
/// use natgrad::manifold::{Manifold, Retraction, Simplex, simplex::MixtureRetraction};
/// use natgrad::ndarray::array;
///
/// let simplex = Simplex::new(2)?;
/// let p = simplex.point(array![0.25, 0.75])?;
/// let v = simplex.tangent(&p, array![0.25, -0.25])?;
/// let q = MixtureRetraction.retract(&simplex, &p, &v)?;
/// assert_eq!(q.values(), array![0.5, 0.5]);
/// # Ok::<(), natgrad::Error>(())
/// ```
///
/// # Checked by
/// `manifold::orders`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct MixtureRetraction;

/// R(v) = p∘exp(v/p)/Z: straight in the logits, the exponential map of the exponential connection; the step of
/// exponentiated gradient.
///
/// ```text
/// d(R(tv), exp(tv)) = t² ¼‖v²/p - ⟨v, v⟩p‖ + O(t³),   never leaves the simplex
/// ```
///
/// p∘exp(v)/Z, without the division by p, is no retraction: its velocity at zero is not v.
///
/// # Errors
/// [`Domain`](crate::Error::Domain) if a weight underflows: the point exists, but no double holds it.
///
/// # Cost
/// An exponential an entry.
///
/// # Numerical notes
/// A step of scores below one is added to p as p expm1(s), so that the shortest keeps all its digits.
///
/// # Example
/// ```
/// use natgrad::manifold::{Manifold, Retraction, Simplex, simplex::MultiplicativeRetraction};
/// use natgrad::ndarray::array;
///
/// let simplex = Simplex::new(2)?;
/// let p = simplex.point(array![0.5, 0.5])?;
/// // Scores ±ln 2 multiply the odds by 4.
/// let v = simplex.tangent(&p, array![0.5, -0.5] * 2f64.ln())?;
/// let q = MultiplicativeRetraction.retract(&simplex, &p, &v)?;
/// assert!((q.values()[0] - 0.8).abs() < 1e-15);
/// # Ok::<(), natgrad::Error>(())
/// ```
///
/// # Checked by
/// `manifold::orders`
///
/// # References
/// Kivinen & Warmuth 1997 (exponentiated gradient); Åström, Petra, Schmitzer & Schnörr 2017.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct MultiplicativeRetraction;

/// The average of the mixture and the multiplicative step. Their second-order errors are opposite, so that it is of second
/// order.
///
/// ```text
/// R(tv) = ½(p + tv) + ½ p∘exp(ts)/Z(t),
/// exit time the root of 1 + ts + exp(ts)/Z(t) for the least score s
/// ```
///
/// It leaves after the mixture step, by at most 28 %: 1 + x + exp(x) has its root at x = -1.2785.
///
/// # Errors
/// [`BeyondExit`](crate::Error::BeyondExit) with the exit time, if the step is as long.
///
/// # Cost
/// An exponential an entry; the exit time by 56 bisections, of which each is one exponential an entry.
///
/// # Example
/// ```
/// use natgrad::manifold::{Manifold, Retraction, Simplex, simplex::AverageRetraction};
/// use natgrad::ndarray::array;
///
/// let simplex = Simplex::new(2)?;
/// let p = simplex.point(array![0.5, 0.5])?;
/// let v = simplex.tangent(&p, array![0.5, -0.5] * 2f64.ln())?;
/// let q = AverageRetraction.retract(&simplex, &p, &v)?;
/// // Half of .8, the multiplicative step, and half of ½ + ½ ln 2.
/// assert!((q.values()[0] - 0.5 * (0.8 + 0.5 + 0.5 * 2f64.ln())).abs() < 1e-15);
/// # Ok::<(), natgrad::Error>(())
/// ```
///
/// # Checked by
/// `manifold::orders`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct AverageRetraction;

/// R(v) = (√p + u)²/(1 + ‖u‖²), u = v/(2√p): a straight step from √p, projected back to the sphere. Second order without
/// any function but division.
///
/// ```text
/// d(R(tv), exp(tv)) = t³‖v‖³/12 + O(t⁵) (one trial),   exit time min 2pᵢ/(-vᵢ)
/// ```
///
/// # Errors
/// [`BeyondExit`](crate::Error::BeyondExit) with the exit time, if the step is as long.
///
/// # Cost
/// Two divisions an entry.
///
/// # Example
/// ```
/// use natgrad::manifold::{Manifold, Retraction, Simplex, simplex::ProjectionRetraction};
/// use natgrad::ndarray::array;
///
/// let simplex = Simplex::new(2)?;
/// let p = simplex.point(array![0.5, 0.5])?;
/// let v = simplex.tangent(&p, array![0.5, -0.5])?;
/// let q = ProjectionRetraction.retract(&simplex, &p, &v)?;
/// // √p (1 ± ½): squares 9 to 1.
/// assert!((q.values()[0] - 0.9).abs() < 1e-15);
/// # Ok::<(), natgrad::Error>(())
/// ```
///
/// # Checked by
/// `manifold::orders`
///
/// # References
/// Absil & Malick 2012 (projection retractions are of second order).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ProjectionRetraction;

/// R(v) = p + v + ¼(v²/p - ⟨v, v⟩p): the geodesic's parabola in p.
///
/// ```text
/// R(v)ᵢ = pᵢ((1 + sᵢ/2)² - ‖v‖²/4),   sᵢ = vᵢ/pᵢ, lengths of one trial
/// ```
///
/// # Errors
/// [`BeyondExit`](crate::Error::BeyondExit) with the exit time, if the step is as long. The exit time is 2/(‖v‖ - min vᵢ/pᵢ).
///
/// # Cost
/// Two divisions an entry.
///
/// # Numerical notes
/// Beyond its first zero the parabola of an entry may come back; that is beyond the exit all the same.
///
/// # Example
/// ```
/// use natgrad::manifold::{Manifold, Retraction, Simplex, simplex::QuadraticRetraction};
/// use natgrad::ndarray::array;
///
/// let simplex = Simplex::new(2)?;
/// let p = simplex.point(array![0.25, 0.75])?;
/// let v = simplex.tangent(&p, array![0.25, -0.25])?;
/// let q = QuadraticRetraction.retract(&simplex, &p, &v)?;
/// // v²/p - ⟨v, v⟩p = (1/4 - 1/12, 1/12 - 1/4).
/// assert!((q.values()[0] - (0.5 + 1.0 / 24.0)).abs() < 1e-15);
/// # Ok::<(), natgrad::Error>(())
/// ```
///
/// # Checked by
/// `manifold::orders`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct QuadraticRetraction;

/// θ + δ - ¼G⁻¹T(δ, δ, ·): the geodesic's parabola in the natural parameters. Never leaves the simplex.
///
/// ```text
/// R(v) = p∘exp(s - ¼s²)/Z,   s = v/p
/// ```
///
/// # Errors
/// [`Domain`](crate::Error::Domain) if a weight underflows.
///
/// # Cost
/// An exponential an entry.
///
/// # Numerical notes
/// Scores beyond 2 lower the weight again: a second-order step is no better than its radius.
///
/// # Example
/// ```
/// use natgrad::manifold::{Manifold, Retraction, Simplex, simplex::NaturalQuadraticRetraction};
/// use natgrad::ndarray::array;
///
/// let simplex = Simplex::new(2)?;
/// let p = simplex.point(array![0.25, 0.75])?;
/// let v = simplex.tangent(&p, array![0.25, -0.25])?;
/// let q = NaturalQuadraticRetraction.retract(&simplex, &p, &v)?;
/// // Scores 1 and -1/3: exponents 3/4 and -13/36, and odds of 1/3 at p.
/// let odds = (10.0f64 / 9.0).exp() / 3.0;
/// assert!((q.values()[0] - odds / (1.0 + odds)).abs() < 1e-15);
/// # Ok::<(), natgrad::Error>(())
/// ```
///
/// # Checked by
/// `manifold::orders`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct NaturalQuadraticRetraction;
