use super::FamilyManifold;
use super::travel::{Budget, Fate};
use crate::family::{Family, Natural};
use crate::linalg::{Cholesky, qr};
use crate::{Error, Result};
use ndarray::{Array1, Array2, ArrayView1};

/// Newton steps for one target.
const ITERATIONS: usize = 40;

impl<F: Family> FamilyManifold<F> {
    /// The velocity at `p` of the geodesic that is at `q` at time 1.
    ///
    /// It is shot from the end with the smaller volume element, where the boundary is nearer: away from a boundary the end
    /// point is a tame function of the velocity, towards it a singular one.
    pub(super) fn shoot(
        &self,
        p: ArrayView1<'_, f64>,
        q: ArrayView1<'_, f64>,
        budget: &Budget,
    ) -> Result<Array1<f64>> {
        let (here, there) = (self.frame(p)?, self.frame(q)?);
        let target = &q - &p;
        if here.log_volume <= there.log_volume {
            return Ok(self.from(&here, &there, target.view(), budget)?.0);
        }
        let (_, arrival) = self.from(&there, &here, (-target).view(), budget)?;
        Ok(-arrival)
    }

    fn frame(&self, p: ArrayView1<'_, f64>) -> Result<Frame> {
        let theta = Natural::new(p.to_owned());
        let factor = Cholesky::factor(self.family.fisher_natural(&theta)?.view())?;
        let eta = self.family.natural_to_expectation(&theta)?.into_inner();
        Ok(Frame { log_volume: factor.log_determinant(), theta: p.to_owned(), factor, eta })
    }

    /// The velocities at both ends. First straight to the target, from the mean of the two flat logarithms, which is right to second order,
    /// made no longer than √⟨Δθ, Δη⟩, which bounds the distance; if Newton's method fails, by way of 2, 4, 8, … targets
    /// between, each starting from the answer before.
    fn from(
        &self,
        p: &Frame,
        q: &Frame,
        target: ArrayView1<'_, f64>,
        budget: &Budget,
    ) -> Result<(Array1<f64>, Array1<f64>)> {
        let rise = &q.eta - &p.eta;
        let bound = target.dot(&rise).max(0.0).sqrt();
        let mut first = 0.5 * (&target + &p.factor.solve(rise.view())?);
        let length = p.length(&first);
        if length > bound && bound > 0.0 {
            first *= bound / length;
        }
        let mut failure = match self.newton(p, q, target, first, budget) {
            Err(error) => error,
            done => return done,
        };
        for pieces in [2_u32, 4, 8, 16] {
            let mut found = Ok((&target / f64::from(pieces), Array1::zeros(0)));
            for k in 1..=pieces {
                let aim = f64::from(k) / f64::from(pieces) * &target;
                found = found.and_then(|(v, _)| {
                    let guess = if k == 1 { v } else { v * (f64::from(k) / f64::from(k - 1)) };
                    let end = self.frame((&p.theta + &aim).view())?;
                    self.newton(p, &end, aim.view(), guess, budget)
                });
            }
            match found {
                Err(_) if budget.is_spent() => break,
                Err(error) => failure = error,
                done => return done,
            }
        }
        Err(failure)
    }

    /// Newton's method with differences for derivatives, in orthonormal coordinates at both ends, where the derivative is
    /// close to a rotation; it is kept as long as it serves.
    fn newton(
        &self,
        p: &Frame,
        q: &Frame,
        target: ArrayView1<'_, f64>,
        guess: Array1<f64>,
        budget: &Budget,
    ) -> Result<(Array1<f64>, Array1<f64>)> {
        let d = target.len();
        let miss = |velocity: &Array1<f64>| -> Result<Miss> {
            let journey =
                self.travel(p.theta.view(), velocity.view(), Array1::zeros(d).view(), 1.0, budget)?;
            match journey.fate {
                Fate::Arrived => {
                    let gap = journey.displacement - target;
                    // Where the metric changes over the gap, its value at the target says nothing: √⟨Δθ, Δη⟩ bounds the
                    // distance missed. Below rounding of η it is the other way round.
                    let reached = Natural::new(&q.theta + &gap);
                    let rise = self.family.natural_to_expectation(&reached)?.into_inner() - &q.eta;
                    let local = q.length(&gap);
                    let size = if local > 1e-3 * p.length(velocity) || gap.iter().any(|x| x.abs() > 1.0) {
                        gap.dot(&rise).max(0.0).sqrt()
                    } else {
                        local
                    };
                    Ok(Miss { gap: q.factor.lower().t().dot(&gap), size, arrival: journey.velocity })
                }
                Fate::Exit(exit_time) => Err(self.beyond(exit_time)),
            }
        };
        let mut velocity = guess;
        let mut here = loop {
            match miss(&velocity) {
                Ok(here) => break here,
                // The guess leaves the manifold: shorter.
                Err(Error::BeyondExit { exit_time, .. }) if exit_time > 1e-3 => velocity *= 0.9 * exit_time,
                Err(error) => return Err(error),
            }
        };
        let (mut derivative, mut fresh) = (Array2::eye(0), false);
        for _ in 0..ITERATIONS {
            let length = p.length(&velocity);
            if here.size <= 4.0 * f64::EPSILON * length {
                return Ok((velocity, here.arrival));
            }
            if derivative.is_empty() {
                derivative = Array2::zeros((d, d));
                let nudge = 1e-6 * length;
                for k in 0..d {
                    let unit = Array1::from_shape_fn(d, |i| if i == k { nudge } else { 0.0 });
                    let along = p.factor.whiten_transposed(unit.view())?;
                    // Away from the boundary ahead, if there is one.
                    let (sign, moved) = match miss(&(&velocity + &along)) {
                        Ok(moved) => (1.0, moved),
                        Err(_) => (-1.0, miss(&(&velocity - &along))?),
                    };
                    derivative.column_mut(k).assign(&((moved.gap - &here.gap) * (sign / nudge)));
                }
                fresh = true;
            }
            let step = p.factor.whiten_transposed(solve(&derivative, &here.gap)?.view())?;
            let (mut damping, mut moved) = (1.0, None);
            while damping > 1e-3 && moved.is_none() {
                let trial = &velocity - &(damping * &step);
                moved = miss(&trial).ok().filter(|next| next.size < here.size).map(|next| (trial, next));
                damping *= 0.5;
            }
            match moved {
                Some((trial, next)) => {
                    if next.size > 0.01 * here.size {
                        derivative = Array2::eye(0);
                    }
                    (velocity, here, fresh) = (trial, next, false);
                }
                None if !fresh => derivative = Array2::eye(0),
                // No step is an improvement: the rounding level, or no answer nearby.
                None => break,
            }
            if here.size <= self.tolerance * p.length(&velocity) {
                return Ok((velocity, here.arrival));
            }
        }
        let residual = here.size / p.length(&velocity);
        if residual <= self.rounding {
            return Ok((velocity, here.arrival));
        }
        Err(Error::NotConverged {
            solver: "shooting for the logarithm",
            iterations: budget.spent(),
            residual,
            tolerance: self.rounding,
            condition: f64::NAN,
            backward_error: f64::NAN,
            at_rounding: false,
        })
    }
}

/// A point with what shooting needs of it.
struct Frame {
    theta: Array1<f64>,
    factor: Cholesky<f64>,
    eta: Array1<f64>,
    log_volume: f64,
}

impl Frame {
    /// ‖v‖.
    fn length(&self, v: &Array1<f64>) -> f64 {
        let white = self.factor.lower().t().dot(v);
        white.dot(&white).sqrt()
    }
}

/// Where a geodesic came out.
struct Miss {
    /// What the end point is off, in orthonormal coordinates at the target.
    gap: Array1<f64>,
    /// How far that is.
    size: f64,
    /// The velocity there.
    arrival: Array1<f64>,
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
