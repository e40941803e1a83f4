use crate::likelihood::{Likelihood, Support};
use crate::random::{mix, open_unit};
use crate::{Error, Result, Scalar, check};
use ndarray::{Array1, Array2, ArrayView1, Zip};
use std::fmt::Debug;

/// Where the distribution function of one output passes u.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cell<T> {
    /// The label.
    pub label: T,
    /// P(Y < label).
    pub below: f64,
    /// P(Y = label).
    pub mass: f64,
}

/// A likelihood of one real output η, from which [`Likelihood`] follows for C independent outputs.
///
/// ```text
/// -log p(y|η) = Σ_c -log p(y_c|η_c),    H = diag(fisher(η_c)),    R = diag(√fisher(η_c))
/// ```
///
/// Methods are called with arguments in the domain only.
pub trait Univariate: Debug + Send + Sync {
    /// The name the command line uses.
    fn name(&self) -> String;

    /// What η must be, if it is not that; called with finite values.
    fn refuse_parameter<T: Scalar>(&self, eta: T) -> Option<&'static str>;

    /// What a label must be, if it is not that; called with finite values.
    fn refuse_label<T: Scalar>(&self, y: T) -> Option<&'static str>;

    /// -log p(y|η).
    fn nll<T: Scalar>(&self, eta: T, y: T) -> T;

    /// ∂ log p(y|η)/∂η.
    fn score<T: Scalar>(&self, eta: T, y: T) -> T;

    /// E\[score²\].
    fn fisher<T: Scalar>(&self, eta: T) -> T;

    /// √fisher, where a formula beats the square root.
    fn root<T: Scalar>(&self, eta: T) -> T {
        self.fisher(eta).sqrt()
    }

    /// ∂²(-log p(y|η))/∂η².
    fn hessian<T: Scalar>(&self, eta: T, y: T) -> T;

    /// KL(p(·|η) ‖ p(·|η')).
    fn kl<T: Scalar>(&self, eta: T, other: T) -> T;

    /// E\[score⁴\].
    fn fourth_moment<T: Scalar>(&self, eta: T) -> T;

    /// The labels in ascending order with their probabilities.
    ///
    /// # Errors
    /// [`Error::TooLarge`] if they are too many to list.
    fn support<T: Scalar>(&self, eta: T) -> Result<Support<T>>;

    /// The cell that holds u; `fresh` is a second uniform for those who have no cells.
    ///
    /// # Errors
    /// [`Error::TooLarge`] if the search would be too long.
    fn cell<T: Scalar>(&self, eta: T, u: f64, fresh: f64) -> Result<Cell<T>>;
}

impl<T: Scalar, U: Univariate> Likelihood<T> for U {
    fn name(&self) -> String {
        Univariate::name(self)
    }

    fn label_width(&self, outputs: usize) -> usize {
        outputs
    }

    fn check(&self, eta: ArrayView1<'_, T>, y: Option<ArrayView1<'_, T>>) -> Result<()> {
        check::not_empty("eta", &eta)?;
        check::finite("eta", &eta)?;
        refuse("eta", eta, |x| self.refuse_parameter(x))?;
        if let Some(y) = y {
            check::vector("label", eta.len(), &y)?;
            refuse("label", y, |x| self.refuse_label(x))?;
        }
        Ok(())
    }

    fn nll(&self, eta: ArrayView1<'_, T>, y: ArrayView1<'_, T>) -> Result<T> {
        self.check(eta, Some(y))?;
        Ok(eta.iter().zip(y).map(|(&eta, &y)| Univariate::nll(self, eta, y)).sum())
    }

    fn score(&self, eta: ArrayView1<'_, T>, y: ArrayView1<'_, T>) -> Result<Array1<T>> {
        self.check(eta, Some(y))?;
        Ok(Zip::from(eta).and(y).map_collect(|&eta, &y| Univariate::score(self, eta, y)))
    }

    fn fisher(&self, eta: ArrayView1<'_, T>) -> Result<Array2<T>> {
        self.check(eta, None)?;
        Ok(Array2::from_diag(&eta.mapv(|eta| Univariate::fisher(self, eta))))
    }

    fn root(&self, eta: ArrayView1<'_, T>) -> Result<Array2<T>> {
        self.check(eta, None)?;
        Ok(Array2::from_diag(&eta.mapv(|eta| Univariate::root(self, eta))))
    }

    fn hessian(&self, eta: ArrayView1<'_, T>, y: ArrayView1<'_, T>) -> Result<Array2<T>> {
        self.check(eta, Some(y))?;
        let diagonal = Zip::from(eta).and(y).map_collect(|&eta, &y| Univariate::hessian(self, eta, y));
        Ok(Array2::from_diag(&diagonal))
    }

    fn kl(&self, eta: ArrayView1<'_, T>, other: ArrayView1<'_, T>) -> Result<T> {
        self.check(eta, None)?;
        check::shape("other eta", eta.shape(), other.shape())?;
        self.check(other, None)?;
        Ok(eta.iter().zip(other).map(|(&eta, &other)| Univariate::kl(self, eta, other)).sum())
    }

    fn score_fourth_moments(&self, eta: ArrayView1<'_, T>) -> Result<Option<Array1<T>>> {
        self.check(eta, None)?;
        Ok(Some(eta.mapv(|eta| Univariate::fourth_moment(self, eta))))
    }

    fn support(&self, eta: ArrayView1<'_, T>) -> Result<Support<T>> {
        self.check(eta, None)?;
        let outputs = eta.iter().map(|&eta| Univariate::support(self, eta)).collect::<Result<Vec<_>>>()?;
        Support::product(&outputs)
    }

    /// One uniform serves all outputs: each takes its cell, and the place of u inside the cell, stretched to
    /// (0, 1), is the uniform of the next. Stretching by 1/mass exposes log₂(1/mass) low bits that u never
    /// had; they are filled from a hash of u, so that the hundredth output is as random as the first.
    fn sample(&self, eta: ArrayView1<'_, T>, u: f64) -> Result<Array1<T>> {
        self.check(eta, None)?;
        check::setting("u", u, u > 0.0 && u < 1.0, "strictly between 0 and 1")?;
        let mut labels = Array1::zeros(eta.len());
        let (mut place, mut state) = (u, u.to_bits());
        for (label, &eta) in labels.iter_mut().zip(eta) {
            state = mix(state);
            let fresh = open_unit(state);
            let cell = self.cell(eta, place, fresh)?;
            *label = cell.label;
            // Only the bits that this stretch exposes: those of earlier stretches are in `place` already.
            let grid = GRID / cell.mass;
            let stretched = (place - cell.below) / cell.mass;
            state = mix(state);
            place = if grid < 1.0 && stretched.is_finite() {
                // Inside (0, 1) whatever rounding does at the edges of the cell.
                (stretched + (open_unit(state) - 0.5) * grid).clamp(GRID, 1.0 - GRID)
            } else {
                open_unit(state)
            };
        }
        Ok(labels)
    }
}

/// Spacing of the uniforms in (0, 1).
const GRID: f64 = 1.0 / (1u64 << 52) as f64;

/// The first entry that is refused, as an error.
fn refuse<T: Scalar>(
    quantity: &'static str,
    entries: ArrayView1<'_, T>,
    requirement: impl Fn(T) -> Option<&'static str>,
) -> Result<()> {
    for (index, &x) in entries.iter().enumerate() {
        if let Some(requirement) = requirement(x) {
            return Err(Error::Domain { quantity, index, value: x.as_f64(), requirement });
        }
    }
    Ok(())
}
