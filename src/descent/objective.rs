//! What is minimised: a value, and ordinary partial derivatives as a covector.

use crate::Result;
use crate::manifold::{Cotangent, Point, Tangent};
use ndarray::{Array1, ArrayView1};
use std::fmt;

/// A function on a manifold, with its ordinary partial derivatives.
///
/// ```text
/// f(x),    ∂f/∂xᵢ,    and, if known, Σⱼ ∂²f/∂xᵢ∂xⱼ vⱼ
/// ```
///
/// The derivatives are those of plain calculus in the coordinates of the point; on a manifold of constrained coordinates (the
/// simplex) those of any extension of f to a neighbourhood will do. They are returned as a [`Cotangent`], of which no method
/// here makes a step: [`Manifold::sharp`](crate::manifold::Manifold::sharp) raises them to the gradient first. A derivative
/// that is passed where a direction belongs does not compile.
pub trait Objective: fmt::Debug {
    /// f(x).
    fn value(&self, p: &Point) -> Result<f64>;

    /// ∂f/∂x.
    fn partials(&self, p: &Point) -> Result<Cotangent>;

    /// The derivative of [`partials`](Objective::partials) along `v`, ∂²f v; `None` if it is not known.
    fn second_partials(&self, p: &Point, v: &Tangent) -> Result<Option<Cotangent>> {
        let _ = (p, v);
        Ok(None)
    }
}

type Value<'a> = Box<dyn Fn(ArrayView1<'_, f64>) -> f64 + 'a>;
type Partials<'a> = Box<dyn Fn(ArrayView1<'_, f64>) -> Array1<f64> + 'a>;
type SecondPartials<'a> = Box<dyn Fn(ArrayView1<'_, f64>, ArrayView1<'_, f64>) -> Array1<f64> + 'a>;

/// An objective of closures.
///
/// # Example
/// ```
/// use natgrad::descent::{Function, Objective};
/// use natgrad::manifold::{Manifold, Simplex};
/// use natgrad::ndarray::array;
///
/// let f = Function::new(|p| p.dot(&p), |p| 2.0 * &p);
/// let p = Simplex::new(3)?.point(array![0.2, 0.3, 0.5])?;
/// assert!((f.value(&p)? - 0.38).abs() < 1e-15);                     // 0.04 + 0.09 + 0.25
/// assert_eq!(f.partials(&p)?.values(), array![0.4, 0.6, 1.0]);
/// # Ok::<(), natgrad::Error>(())
/// ```
pub struct Function<'a> {
    value: Value<'a>,
    partials: Partials<'a>,
    second: Option<SecondPartials<'a>>,
}

impl<'a> Function<'a> {
    /// From x ↦ f(x) and x ↦ ∂f/∂x.
    pub fn new(
        value: impl Fn(ArrayView1<'_, f64>) -> f64 + 'a,
        partials: impl Fn(ArrayView1<'_, f64>) -> Array1<f64> + 'a,
    ) -> Self {
        Function { value: Box::new(value), partials: Box::new(partials), second: None }
    }

    /// The same function, with (x, v) ↦ ∂²f v.
    pub fn with_second(
        mut self,
        second: impl Fn(ArrayView1<'_, f64>, ArrayView1<'_, f64>) -> Array1<f64> + 'a,
    ) -> Self {
        self.second = Some(Box::new(second));
        self
    }
}

impl fmt::Debug for Function<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Function").field("second", &self.second.is_some()).finish_non_exhaustive()
    }
}

impl Objective for Function<'_> {
    fn value(&self, p: &Point) -> Result<f64> {
        Ok((self.value)(p.values()))
    }

    fn partials(&self, p: &Point) -> Result<Cotangent> {
        Ok(Cotangent::new((self.partials)(p.values())))
    }

    fn second_partials(&self, p: &Point, v: &Tangent) -> Result<Option<Cotangent>> {
        Ok(self.second.as_ref().map(|second| Cotangent::new(second(p.values(), v.values()))))
    }
}
