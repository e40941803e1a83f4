//! Coordinates to compute in: a metric, and the geodesics' acceleration.

use crate::family::{Expectation, Family, Natural};
use crate::manifold::{Cotangent, Manifold, Point, Tangent};
use crate::{Error, Result, check, linalg};
use ndarray::{Array1, ArrayView1};
use std::fmt::Debug;

/// What an [`Integrator`](crate::descent::Integrator) needs to know of coordinates x.
///
/// ```text
/// w = -G⁻¹∂f,      ẍ = -Γ(ẋ, ẋ)
/// ```
///
/// Every [`Manifold`] is a chart: that of its own coordinates.
pub trait Chart: Debug {
    /// The manifold and its coordinates.
    fn chart_name(&self) -> String;

    /// Whether the numbers are coordinates of a point.
    fn check_coordinates(&self, x: ArrayView1<'_, f64>) -> Result<()>;

    /// G⁻¹a.
    fn raise(&self, x: &Point, a: &Cotangent) -> Result<Tangent>;

    /// -Γ(v, v), the second derivative of the geodesic.
    fn acceleration(&self, x: &Point, v: &Tangent) -> Result<Tangent>;

    /// The geodesic at time 1.
    fn follow(&self, x: &Point, v: &Tangent) -> Result<Point>;

    /// Parallel transport.
    fn carry(&self, from: &Point, to: &Point, v: &Tangent) -> Result<Tangent>;
}

impl<M: Manifold + ?Sized> Chart for M {
    fn chart_name(&self) -> String {
        self.name()
    }

    fn check_coordinates(&self, x: ArrayView1<'_, f64>) -> Result<()> {
        self.check_point(x)
    }

    fn raise(&self, x: &Point, a: &Cotangent) -> Result<Tangent> {
        self.sharp(x, a)
    }

    fn acceleration(&self, x: &Point, v: &Tangent) -> Result<Tangent> {
        Ok(-&self.christoffel(x, v, v)?)
    }

    fn follow(&self, x: &Point, v: &Tangent) -> Result<Point> {
        self.exp(x, v)
    }

    fn carry(&self, from: &Point, to: &Point, v: &Tangent) -> Result<Tangent> {
        self.parallel_transport(from, to, v)
    }
}

/// Which coordinates of a family.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FamilyCoordinate {
    /// θ.
    Natural,
    /// η.
    Expectation,
}

/// An exponential family in θ or η, with the Fisher-Rao metric; any number of parameters.
///
/// ```text
/// in θ:  G = ∇²ψ,        Γ(v, v) = ½ G⁻¹ T(v, v, ·),            T = ∇³ψ
/// in η:  G = (∇²ψ)⁻¹,    Γ(v, v) = -½ T(u, u, ·),  u = Gv
/// ```
///
/// Geodesics have no closed form here: where there is one ([`Simplex`](crate::manifold::Simplex), arcs, the half-plane), the
/// manifold is the chart to take, in other coordinates by [`Reparametrised`](crate::descent::Reparametrised).
#[derive(Debug, Clone, Copy)]
pub struct FamilyChart<'a, F: ?Sized> {
    family: &'a F,
    coordinate: FamilyCoordinate,
}

impl<'a, F: Family + ?Sized> FamilyChart<'a, F> {
    /// The chart of natural parameters.
    pub fn natural(family: &'a F) -> Self {
        FamilyChart { family, coordinate: FamilyCoordinate::Natural }
    }

    /// The chart of expectation parameters.
    pub fn expectation(family: &'a F) -> Self {
        FamilyChart { family, coordinate: FamilyCoordinate::Expectation }
    }

    /// Which coordinates.
    pub fn coordinate(&self) -> FamilyCoordinate {
        self.coordinate
    }

    fn theta(&self, x: &Point) -> Result<Natural> {
        self.check(x.values())?;
        match self.coordinate {
            FamilyCoordinate::Natural => Ok(Natural::new(x.values().to_owned())),
            FamilyCoordinate::Expectation => {
                self.family.expectation_to_natural(&Expectation::new(x.values().to_owned()))
            }
        }
    }

    fn check(&self, x: ArrayView1<'_, f64>) -> Result<()> {
        match self.coordinate {
            FamilyCoordinate::Natural => self.family.check_natural(&Natural::new(x.to_owned())),
            FamilyCoordinate::Expectation => self.family.check_expectation(&Expectation::new(x.to_owned())),
        }
    }

    fn divided(&self, theta: &Natural, a: ArrayView1<'_, f64>) -> Result<Array1<f64>> {
        linalg::Cholesky::factor(self.family.fisher_natural(theta)?.view())?.solve(a)
    }

    /// T(u, u, ·).
    fn third(&self, theta: &Natural, u: &Array1<f64>) -> Result<Array1<f64>> {
        let third = self.family.third_cumulants(theta)?;
        let mut sum = Array1::zeros(u.len());
        for (i, u_i) in u.iter().enumerate() {
            for (j, u_j) in u.iter().enumerate() {
                sum.scaled_add(u_i * u_j, &third.slice(ndarray::s![i, j, ..]));
            }
        }
        Ok(sum)
    }

    fn no_geodesic<T>() -> Result<T> {
        Err(Error::Unsupported {
            what: "geodesics of a family in its chart",
            reason: "they have no closed form in general; take the family's manifold (Simplex, an arc, the half-plane), in other \
                     coordinates by Reparametrised",
        })
    }
}

impl<F: Family + ?Sized> Chart for FamilyChart<'_, F> {
    fn chart_name(&self) -> String {
        let coordinate = match self.coordinate {
            FamilyCoordinate::Natural => "natural parameters",
            FamilyCoordinate::Expectation => "expectation parameters",
        };
        format!("{} in {coordinate}", self.family.name())
    }

    fn check_coordinates(&self, x: ArrayView1<'_, f64>) -> Result<()> {
        self.check(x)
    }

    fn raise(&self, x: &Point, a: &Cotangent) -> Result<Tangent> {
        check::vector("covector", self.family.dim(), &a.values())?;
        let theta = self.theta(x)?;
        Ok(Tangent::unchecked(match self.coordinate {
            FamilyCoordinate::Natural => self.divided(&theta, a.values())?,
            FamilyCoordinate::Expectation => self.family.fisher_natural(&theta)?.dot(&a.values()),
        }))
    }

    fn acceleration(&self, x: &Point, v: &Tangent) -> Result<Tangent> {
        check::vector("tangent vector", self.family.dim(), &v.values())?;
        let theta = self.theta(x)?;
        Ok(Tangent::unchecked(match self.coordinate {
            FamilyCoordinate::Natural => {
                -0.5 * self.divided(&theta, self.third(&theta, &v.values().to_owned())?.view())?
            }
            FamilyCoordinate::Expectation => 0.5 * self.third(&theta, &self.divided(&theta, v.values())?)?,
        }))
    }

    fn follow(&self, _: &Point, _: &Tangent) -> Result<Point> {
        Self::no_geodesic()
    }

    fn carry(&self, _: &Point, _: &Point, _: &Tangent) -> Result<Tangent> {
        Self::no_geodesic()
    }
}
