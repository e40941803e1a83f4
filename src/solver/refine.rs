use crate::linalg::norm;
use crate::{Result, Scalar, check};
use ndarray::{Array1, ArrayView1};

/// Steps at most: in working precision the first does nearly all there is to do.
const STEPS: usize = 3;

/// A direction after iterative refinement.
#[derive(Debug)]
pub(super) struct Refined<T> {
    pub(super) direction: Array1<T>,
    /// A d - g.
    pub(super) rest: Array1<T>,
    /// Steps that were kept.
    pub(super) steps: usize,
}

/// Iterative refinement: what a direct solver left over is solved for again.
///
/// ```text
/// d ← d + inverse(g - A d)
/// ```
///
/// A step is kept only if the residual falls, so the result is never worse than `inverse(g)`. In working precision
/// refinement makes a direct solver stable in the sense of its backward error (Skeel 1980, Math. Comp. 35, 817-832); it cannot
/// reach a relative residual below some ε·‖A‖‖d‖/‖g‖.
pub(super) fn refined<T: Scalar>(
    apply: impl Fn(&Array1<T>) -> Result<Array1<T>>,
    inverse: impl Fn(ArrayView1<'_, T>) -> Result<Array1<T>>,
    gradient: ArrayView1<'_, T>,
) -> Result<Refined<T>> {
    let rest = |direction: &Array1<T>| -> Result<Array1<T>> { Ok(apply(direction)? - gradient) };
    let direction = inverse(gradient)?;
    check::finite("direction", &direction)?;
    let mut best = Refined { rest: rest(&direction)?, direction, steps: 0 };
    // Below ε of the gradient there is nothing to gain.
    let enough = T::epsilon() * norm(gradient);
    while best.steps < STEPS && norm(best.rest.view()) > enough {
        let direction = &best.direction - &inverse(best.rest.view())?;
        let rest = rest(&direction)?;
        let falls = norm(rest.view()) < norm(best.rest.view());
        if !(falls && direction.iter().all(|d| d.is_finite())) {
            break;
        }
        best = Refined { direction, rest, steps: best.steps + 1 };
    }
    Ok(best)
}
