//! Integrators of the natural-gradient flow, by how far they depend on the chart.

use crate::descent::{Chart, Objective};
use crate::manifold::{Point, Tangent};
use crate::{Result, check};

/// How closely runs of one method in two charts agree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Invariance {
    /// The difference is O(hᵏ) after a fixed time.
    Order(u32),
    /// There is none.
    Exact,
}

/// A discretisation of the natural-gradient flow ẋ = w(x), w = -G⁻¹∂f, in coordinates.
///
/// The flow is the same curve in every chart. A straight step x + hw is not: its second-order term belongs to the chart. With d the
/// previous displacement and 𝒯 parallel transport:
///
/// | value | update | invariance | order to the flow |
/// |---|---|---|---|
/// | `Plain` | x + hw | 1 | 1 |
/// | `RiemannianEuler` | exp(hw) | exact | 1 |
/// | `GeodesicCorrection` | x + hw - ½h²Γ(w, w) | 2 | 1 |
/// | `FasterGeodesicCorrection` | x + hw - ½Γ(d, d), at the start as above | 2 | 1 |
/// | `Midpoint` | x + hw(x + ½hw) | 2 | 2 |
/// | `Heun` | x + ½h(w + w(x + hw)) | 2 | 2 |
/// | `RungeKutta4` | the classical rule | 4 | 4 |
/// | `RiemannianMidpoint` | exp(h 𝒯w(exp(½hw))) | exact | 2 |
///
/// If unsure: `RiemannianEuler` to optimise on a manifold with closed geodesics, `GeodesicCorrection` elsewhere.
///
/// In the arc-length coordinate of a curve `Plain` is `RiemannianEuler`; in the mean of a Poisson law `GeodesicCorrection` is, for
/// the mean is quadratic along geodesics.
///
/// # References
/// Song, Song & Ermon, ICML 2018 (arXiv:1803.01273), who define the order of invariance and both corrections.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Integrator {
    /// Straight steps.
    Plain,
    /// Geodesic steps.
    RiemannianEuler,
    /// Straight steps, bent to second order as geodesics are.
    GeodesicCorrection,
    /// The same bend, of the last displacement; it saves a solve where G is dense.
    FasterGeodesicCorrection,
    /// The explicit midpoint rule.
    Midpoint,
    /// Heun's rule.
    Heun,
    /// The classical rule of Runge and Kutta.
    RungeKutta4,
    /// The midpoint rule with geodesics and parallel transport.
    RiemannianMidpoint,
}

impl Integrator {
    /// All of them.
    pub const ALL: [Integrator; 8] = [
        Integrator::Plain,
        Integrator::RiemannianEuler,
        Integrator::GeodesicCorrection,
        Integrator::FasterGeodesicCorrection,
        Integrator::Midpoint,
        Integrator::Heun,
        Integrator::RungeKutta4,
        Integrator::RiemannianMidpoint,
    ];

    /// The field's name.
    pub fn name(self) -> &'static str {
        match self {
            Integrator::Plain => "plain natural gradient",
            Integrator::RiemannianEuler => "Riemannian Euler",
            Integrator::GeodesicCorrection => "geodesic correction",
            Integrator::FasterGeodesicCorrection => "faster geodesic correction",
            Integrator::Midpoint => "midpoint",
            Integrator::Heun => "Heun",
            Integrator::RungeKutta4 => "Runge-Kutta 4",
            Integrator::RiemannianMidpoint => "Riemannian midpoint",
        }
    }

    /// How closely runs in two charts agree.
    pub fn invariance(self) -> Invariance {
        match self {
            Integrator::Plain => Invariance::Order(1),
            Integrator::GeodesicCorrection
            | Integrator::FasterGeodesicCorrection
            | Integrator::Midpoint
            | Integrator::Heun => Invariance::Order(2),
            Integrator::RungeKutta4 => Invariance::Order(4),
            Integrator::RiemannianEuler | Integrator::RiemannianMidpoint => Invariance::Exact,
        }
    }

    /// The error against the flow after a fixed time is O(hᵏ).
    pub fn flow_order(self) -> u32 {
        match self {
            Integrator::Plain
            | Integrator::RiemannianEuler
            | Integrator::GeodesicCorrection
            | Integrator::FasterGeodesicCorrection => 1,
            Integrator::Midpoint | Integrator::Heun | Integrator::RiemannianMidpoint => 2,
            Integrator::RungeKutta4 => 4,
        }
    }

    /// One step of length `h`; `previous` is the displacement of the step before. Returns the point and the displacement.
    ///
    /// # Errors
    /// If a stage leaves the domain of the chart.
    pub fn step<C: Chart + ?Sized>(
        self,
        chart: &C,
        objective: &dyn Objective,
        x: &Point,
        h: f64,
        previous: Option<&Tangent>,
    ) -> Result<(Point, Tangent)> {
        check::setting("time step", h, h > 0.0 && h.is_finite(), "positive")?;
        chart.check_coordinates(x.values())?;
        let flow = |x: &Point| -> Result<Tangent> { Ok(-&chart.raise(x, &objective.partials(x)?)?) };
        let straight = |v: &Tangent| shifted(chart, x, v);
        let w = flow(x)?;
        let move_by = match self {
            Integrator::Plain => h * &w,
            Integrator::GeodesicCorrection => {
                let hw = h * &w;
                &hw + &(0.5 * &chart.acceleration(x, &hw)?)
            }
            Integrator::FasterGeodesicCorrection => {
                let hw = h * &w;
                let bend = chart.acceleration(x, previous.unwrap_or(&hw))?;
                &hw + &(0.5 * &bend)
            }
            Integrator::Midpoint => h * &flow(&straight(&(0.5 * h * &w))?)?,
            Integrator::Heun => 0.5 * h * &(&w + &flow(&straight(&(h * &w))?)?),
            Integrator::RungeKutta4 => {
                let second = flow(&straight(&(0.5 * h * &w))?)?;
                let third = flow(&straight(&(0.5 * h * &second))?)?;
                let fourth = flow(&straight(&(h * &third))?)?;
                h / 6.0 * &(&(&w + &fourth) + &(2.0 * &(&second + &third)))
            }
            Integrator::RiemannianEuler => {
                let hw = h * &w;
                return Ok((chart.follow(x, &hw)?, hw));
            }
            Integrator::RiemannianMidpoint => {
                let middle = chart.follow(x, &(0.5 * h * &w))?;
                let hw = h * &chart.carry(&middle, x, &flow(&middle)?)?;
                return Ok((chart.follow(x, &hw)?, hw));
            }
        };
        Ok((straight(&move_by)?, move_by))
    }

    /// `steps` steps: all points, the start first.
    ///
    /// # Example
    /// ```
    /// use natgrad::descent::{Function, Integrator};
    /// use natgrad::manifold::{Manifold, Simplex};
    /// use natgrad::ndarray::array;
    ///
    /// let simplex = Simplex::new(2)?;
    /// let start = simplex.point(array![0.5, 0.5])?;
    /// let f = Function::new(|p| p[0], |_| array![1.0, 0.0]);
    /// // ṗ = -p(1 - p): the flow from 1/2 is the logistic function.
    /// let path = Integrator::RungeKutta4.run(&simplex, &f, &start, 0.1, 10)?;
    /// assert!((path[10].values()[0] - 1.0 / (1.0 + 1f64.exp())).abs() < 1e-7);
    /// # Ok::<(), natgrad::Error>(())
    /// ```
    pub fn run<C: Chart + ?Sized>(
        self,
        chart: &C,
        objective: &dyn Objective,
        start: &Point,
        h: f64,
        steps: usize,
    ) -> Result<Vec<Point>> {
        let mut path = vec![start.clone()];
        let (mut x, mut previous) = (start.clone(), None);
        for _ in 0..steps {
            let (next, displacement) = self.step(chart, objective, &x, h, previous.as_ref())?;
            path.push(next.clone());
            (x, previous) = (next, Some(displacement));
        }
        Ok(path)
    }
}

/// x + v, if that is a point.
fn shifted<C: Chart + ?Sized>(chart: &C, x: &Point, v: &Tangent) -> Result<Point> {
    check::shape("displacement", x.values().shape(), v.values().shape())?;
    let y = &x.values() + &v.values();
    chart.check_coordinates(y.view())?;
    Ok(Point::unchecked(y))
}
