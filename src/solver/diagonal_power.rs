use crate::operator::DiagonalOperator;
use crate::solver::refine::refined;
use crate::solver::solution::System;
use crate::solver::spectral::ends;
use crate::solver::{Damping, Solution, SolveInfo, Solver};
use crate::{Error, Result, Scalar, check};
use ndarray::{Array1, ArrayView1, Zip};

/// A power of a diagonal.
///
/// ```text
/// d_i = g_i / (f_i + damping_i)^p,    0/0 = 0
/// ```
///
/// p = 1 is the natural gradient of a diagonal Fisher; p = ½ is what Adam and FAdam do, which has the Euclidean
/// length that the natural gradient has in the Fisher metric, and is not one.
///
/// # Errors
/// [`Error::Domain`] where f + damping is 0 and the gradient is not.
///
/// # Cost
/// P powers.
///
/// # Example
/// ```
/// use natgrad::{Solver, ndarray::array, operator::Diagonal, solver::DiagonalPower};
/// let f = Diagonal::new(array![4.0, 0.0])?;
/// let half = DiagonalPower::new(0.5)?.solve(&f, array![6.0, 0.0].view())?;
/// assert_eq!(half.direction, array![3.0, 0.0]);
/// # Ok::<(), natgrad::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DiagonalPower {
    power: f64,
    damping: Damping,
}

impl DiagonalPower {
    /// Power p, undamped.
    ///
    /// # Errors
    /// [`Error::Setting`] unless p is finite.
    pub fn new(power: f64) -> Result<Self> {
        check::setting("power", power, power.is_finite(), "finite")?;
        Ok(DiagonalPower { power, damping: Damping::None })
    }

    /// The same power of f + damping.
    pub fn with_damping(self, damping: Damping) -> Self {
        DiagonalPower { damping, ..self }
    }

    /// p.
    pub fn power(&self) -> f64 {
        self.power
    }
}

impl<T: Scalar, F: DiagonalOperator<T>> Solver<T, F> for DiagonalPower {
    fn solve(&self, operator: &F, gradient: ArrayView1<'_, T>) -> Result<Solution<T>> {
        check::vector("gradient", operator.dim(), &gradient)?;
        let shift = self.damping.shift(operator)?;
        let damped = &shift + &operator.entries();
        let power = T::of(self.power);
        let scales = damped.mapv(|f| {
            if self.power.to_bits() == 1.0f64.to_bits() {
                f
            } else if self.power.to_bits() == 0.5f64.to_bits() {
                f.sqrt()
            } else {
                f.powf(power)
            }
        });
        let singular = scales.iter().zip(gradient).position(|(scale, g)| scale.is_zero() && !g.is_zero());
        if let Some(index) = singular {
            return Err(Error::Domain {
                quantity: "damped diagonal",
                index,
                value: damped[index].as_f64(),
                requirement: "positive where the gradient is not 0; raise the damping",
            });
        }
        let inverse = |v: ArrayView1<'_, T>| {
            let divide = |&v: &T, &scale: &T| if v.is_zero() { v } else { v / scale };
            Ok(Zip::from(v).and(&scales).map_collect(divide))
        };
        // A scale may be infinite (0 to a negative power), where the direction is 0.
        let apply = |v: &Array1<T>| {
            let multiply = |&v: &T, &scale: &T| if v.is_zero() { v } else { v * scale };
            Ok(Zip::from(v).and(&scales).map_collect(multiply))
        };
        let found = refined(apply, inverse, gradient)?;
        let extreme = |pick: fn(T, T) -> T, start: T| scales.iter().fold(start, |m, &x| pick(m, x));
        let (least, most) = (extreme(T::min, T::infinity()), extreme(T::max, T::zero()));
        let condition = if least.is_zero() { f64::INFINITY } else { most.as_f64() / least.as_f64() };
        let system =
            System { direction: &found.direction, rest: &found.rest, gradient, operator_norm: most.as_f64() };
        let info = SolveInfo {
            iterations: 1 + found.steps,
            shift: Some(ends(&shift)),
            ..SolveInfo::direct("diagonal power", self.damping, system, condition)
        };
        Ok(Solution { direction: found.direction, info })
    }
}
