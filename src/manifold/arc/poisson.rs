use super::ArcLength;

/// Poisson laws by their mean λ, which is also the textbook's parameter.
///
/// ```text
/// g = 1/λ,   s = 2√λ,   exp_λ(v) = (2λ + v)²/(4λ) for v > -2λ
/// ```
///
/// A half line: λ = 0 is at distance 2√λ.
///
/// # Example
/// ```
/// use natgrad::Error;
/// use natgrad::manifold::{Curve, Manifold, arc::Poisson};
/// use natgrad::ndarray::array;
///
/// let counts = Curve::new(Poisson);
/// let p = counts.point(array![1.0])?;
/// let v = counts.tangent(&p, array![-5.0])?;
/// assert_eq!(counts.exit_time(&p, &v)?, 0.4);              // at v = -2; the formula alone goes on, to 2.25
/// assert!(matches!(counts.exp(&p, &v), Err(Error::BeyondExit { .. })));
/// # Ok::<(), natgrad::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Poisson;

impl ArcLength for Poisson {
    fn name(&self) -> String {
        "Poisson laws by their mean".to_owned()
    }

    fn domain(&self) -> (f64, f64) {
        (0.0, f64::INFINITY)
    }

    fn requirement(&self) -> &'static str {
        "positive"
    }

    fn speed(&self, x: f64) -> f64 {
        1.0 / x.sqrt()
    }

    fn christoffel(&self, x: f64) -> f64 {
        -0.5 / x
    }

    fn between(&self, x: f64, y: f64) -> f64 {
        2.0 * ((y - x) / (x.sqrt() + y.sqrt()))
    }

    fn travel(&self, x: f64, length: f64) -> f64 {
        let root = x.sqrt() + 0.5 * length;
        root * root
    }

    fn to_ends(&self, x: f64) -> (f64, f64) {
        (2.0 * x.sqrt(), f64::INFINITY)
    }
}
