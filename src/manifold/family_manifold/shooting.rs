use super::FamilyManifold;
use super::travel::Fate;
use crate::family::{Family, Natural};
use crate::linalg::{Cholesky, qr};
use crate::{Error, Result};
use ndarray::{Array1, Array2, ArrayView1};

/// Newton steps for one target.
const ITERATIONS: usize = 40;

impl<F: Family> FamilyManifold<F> {
    /// The velocity at `p` whose geodesic has moved by `target` at time 1.
    ///
    /// First straight to the target, from the mean of the two flat logarithms, which is right to second order; if Newton's
    /// method fails, by way of 2, 4, 8, … targets between, each starting from the answer before.
    pub(super) fn shoot(&self, p: ArrayView1<'_, f64>, target: ArrayView1<'_, f64>) -> Result<Array1<f64>> {
        let (start, end) = (Natural::new(p.to_owned()), Natural::new(&p + &target));
        let factor = Cholesky::factor(self.family.fisher_natural(&start)?.view())?;
        let rise = self.family.natural_to_expectation(&end)?.into_inner()
            - self.family.natural_to_expectation(&start)?.values();
        let first = 0.5 * (&target + &factor.solve(rise.view())?);
        let mut failure = match self.newton(p, &factor, target, first) {
            Err(error) => error,
            done => return done,
        };
        for pieces in [2_u32, 4, 8, 16, 32] {
            let mut velocity = Ok(&target / f64::from(pieces));
            for k in 1..=pieces {
                let part = f64::from(k) / f64::from(pieces);
                velocity = velocity.and_then(|v| {
                    let guess = if k == 1 { v } else { v * (f64::from(k) / f64::from(k - 1)) };
                    self.newton(p, &factor, (part * &target).view(), guess)
                });
            }
            match velocity {
                Err(error) => failure = error,
                done => return done,
            }
        }
        Err(failure)
    }

    /// Newton's method with differences for derivatives, in orthonormal coordinates at both ends, where the derivative is
    /// close to a rotation.
    fn newton(
        &self,
        p: ArrayView1<'_, f64>,
        factor: &Cholesky<f64>,
        target: ArrayView1<'_, f64>,
        guess: Array1<f64>,
    ) -> Result<Array1<f64>> {
        let d = p.len();
        let end = Cholesky::factor(self.family.fisher_natural(&Natural::new(&p + &target))?.view())?;
        let miss = |velocity: &Array1<f64>| -> Result<Array1<f64>> {
            let journey = self.travel(p, velocity.view(), Array1::zeros(d).view(), 1.0)?;
            match journey.fate {
                Fate::Arrived => Ok(end.lower().t().dot(&(journey.displacement - target))),
                Fate::Exit(exit_time) => Err(self.beyond(exit_time)),
            }
        };
        let size = |v: &Array1<f64>| v.dot(v).sqrt();
        let speed = |v: &Array1<f64>| size(&factor.lower().t().dot(v));
        let mut velocity = guess;
        let mut gap = loop {
            match miss(&velocity) {
                Ok(gap) => break gap,
                // The guess leaves the manifold: shorter.
                Err(Error::BeyondExit { exit_time, .. }) if exit_time > 1e-3 => velocity *= 0.9 * exit_time,
                Err(error) => return Err(error),
            }
        };
        for _ in 0..ITERATIONS {
            let length = speed(&velocity);
            if size(&gap) <= 4.0 * f64::EPSILON * length {
                return Ok(velocity);
            }
            let nudge = 1e-6 * length;
            let mut derivative = Array2::zeros((d, d));
            for k in 0..d {
                let unit = Array1::from_shape_fn(d, |i| if i == k { nudge } else { 0.0 });
                let along = factor.whiten_transposed(unit.view())?;
                // Away from the boundary ahead, if there is one.
                let (sign, moved) = match miss(&(&velocity + &along)) {
                    Ok(moved) => (1.0, moved),
                    Err(_) => (-1.0, miss(&(&velocity - &along))?),
                };
                derivative.column_mut(k).assign(&((moved - &gap) * (sign / nudge)));
            }
            let step = factor.whiten_transposed(solve(&derivative, &gap)?.view())?;
            let (mut damping, mut moved) = (1.0, None);
            while damping > 1e-3 && moved.is_none() {
                let trial = &velocity - &(damping * &step);
                moved = miss(&trial).ok().filter(|next| size(next) < size(&gap)).map(|next| (trial, next));
                damping *= 0.5;
            }
            match moved {
                Some((next, rest)) => (velocity, gap) = (next, rest),
                // No step is an improvement: the rounding level, or no answer nearby.
                None => break,
            }
        }
        let residual = size(&gap) / speed(&velocity);
        if residual <= 1e3 * self.tolerance {
            return Ok(velocity);
        }
        Err(Error::NotConverged {
            solver: "shooting for the logarithm",
            iterations: ITERATIONS,
            residual,
            tolerance: 1e3 * self.tolerance,
            condition: f64::NAN,
            backward_error: f64::NAN,
            at_rounding: false,
        })
    }
}

/// x of A x = b, A square and nonsingular.
fn solve(a: &Array2<f64>, b: &Array1<f64>) -> Result<Array1<f64>> {
    let found = qr(a.view())?;
    let order = b.len();
    if found.r.nrows() < order {
        let what = "Newton step of the logarithm (the end point is conjugate)";
        return Err(Error::Singular { what, eigenvalue: 0.0, largest: 1.0 });
    }
    let mut x = found.q.t().dot(b);
    for k in (0..order).rev() {
        let known: f64 = (k + 1..order).map(|j| found.r[[k, j]] * x[j]).sum();
        x[k] = (x[k] - known) / found.r[[k, k]];
    }
    Ok(x)
}
