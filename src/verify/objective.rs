use crate::descent::Objective;
use crate::manifold::{Manifold, Point, Tangent};
use crate::verify::{Report, Sweep, check_gradient, check_hessian};
use crate::{Error, Result};

/// Whether the derivatives of an [`Objective`] are those of its value: [`check_gradient`], and [`check_hessian`] if it has
/// second derivatives.
///
/// # Errors
/// None: what cannot be evaluated is a failed verdict with the place.
///
/// # Example
/// ```
/// use natgrad::descent::Function;
/// use natgrad::manifold::{Manifold, Simplex};
/// use natgrad::ndarray::array;
/// use natgrad::verify::{Sweep, check_objective};
///
/// let simplex = Simplex::new(3)?;
/// let p = simplex.point(array![0.2, 0.3, 0.5])?;
/// let v = simplex.tangent(&p, array![0.1, -0.3, 0.2])?;
/// let w = simplex.tangent(&p, array![0.2, -0.1, -0.1])?;
/// let f = Function::new(|p| p.dot(&p), |p| 2.0 * &p);
/// assert!(check_objective(&simplex, &p, (&v, &w), &f, Sweep::default()).passed());
/// let wrong = Function::new(|p| p.dot(&p), |p| p.to_owned());
/// assert!(!check_objective(&simplex, &p, (&v, &w), &wrong, Sweep::default()).passed());
/// # Ok::<(), natgrad::Error>(())
/// ```
pub fn check_objective<M: Manifold + ?Sized>(
    manifold: &M,
    p: &Point,
    (v, w): (&Tangent, &Tangent),
    objective: &dyn Objective,
    sweep: Sweep,
) -> Report {
    let value = |p: &Point| objective.value(p);
    let partials = |p: &Point| objective.partials(p);
    let mut report = check_gradient(manifold, p, v, value, partials, sweep);
    report.subject = format!("derivatives on the {}", manifold.name());
    if matches!(objective.second_partials(p, v), Ok(None)) {
        return report;
    }
    let hessian = |p: &Point, v: &Tangent| -> Result<Tangent> {
        let missing = Error::Unsupported {
            what: "second derivative of the objective",
            reason: "it is given in one direction and not in another",
        };
        let second = objective.second_partials(p, v)?.ok_or(missing)?;
        manifold.hessian(p, &objective.partials(p)?, &second, v)
    };
    let second = check_hessian(manifold, p, (v, w), value, partials, hessian, sweep);
    report.curves.extend(second.curves);
    report.laws.extend(second.laws);
    report
}
