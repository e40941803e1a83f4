use crate::divergence::{Jet, Potential};
use crate::family::{Expectation, Family, Natural};
use crate::{Error, Result, check, linalg};
use ndarray::{Array1, Array2, Array3, ArrayView1, Axis};

/// Metric and α-connections that a convex potential makes of its own affine coordinates, at one point.
///
/// ```text
/// g = ∇²F,   Γ^(α)_{ij,k} = (1-α)/2 ∂³F   (natural parameters: F = ψ, T = ∂³ψ)
///            Γ^(α)_{ij,k} = (1+α)/2 ∂³F   (expectation parameters: F = φ, T = -∂³φ)
/// ```
///
/// The connection that is flat in the coordinates is ∇^(1) for natural and ∇^(-1) for expectation parameters.
///
/// # Shapes
/// Vectors: d; the metric d × d; third derivatives d × d × d.
///
/// # Example
/// ```
/// use natgrad::{connection::DuallyFlat, family::{Family, FiniteSupport}, ndarray::array};
/// // Three outcomes, T their first two indicators: categorical laws in θ = (ln p₁/p₃, ln p₂/p₃).
/// let family = FiniteSupport::new(array![0.0, 0.0, 0.0], array![[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]])?;
/// let theta = [0.4f64.ln(), 0.6f64.ln()].into(); // p = (.2, .3, .5)
/// let at = DuallyFlat::natural(family.fisher_natural(&theta)?, family.third_cumulants(&theta)?)?;
/// let (x, y) = (array![1.0, 0.0], array![0.3, -2.0]);
/// assert!((at.sectional_curvature(0.0, x.view(), y.view())? - 0.25).abs() < 1e-14);
/// assert!((at.skewness(x.view(), x.view(), x.view())? - 0.096).abs() < 1e-16); // .2 · .8 · .6
/// # Ok::<(), natgrad::Error>(())
/// ```
///
/// # References
/// Amari & Nagaoka 2000, Methods of Information Geometry (AMS), chapter 3; Shima 2007, The Geometry of Hessian Structures (World
/// Scientific).
#[derive(Debug, Clone)]
pub struct DuallyFlat {
    metric: Array2<f64>,
    third: Array3<f64>,
    factor: linalg::Cholesky<f64>,
    /// The α whose connection vanishes in these coordinates, 1 or -1.
    flat: f64,
}

impl DuallyFlat {
    /// In natural parameters, from ∇²ψ and ∂³ψ: the covariance and the third cumulants of the sufficient statistic.
    pub fn natural(metric: Array2<f64>, third: Array3<f64>) -> Result<Self> {
        DuallyFlat::new(metric, third, 1.0)
    }

    /// In expectation parameters, from ∇²φ and ∂³φ.
    pub fn expectation(metric: Array2<f64>, third: Array3<f64>) -> Result<Self> {
        DuallyFlat::new(metric, third, -1.0)
    }

    /// A family in its natural parameters.
    pub fn of_family(family: &dyn Family, theta: &Natural) -> Result<Self> {
        DuallyFlat::natural(family.fisher_natural(theta)?, family.third_cumulants(theta)?)
    }

    /// A family in its expectation parameters: ∂³φ is -∂³ψ with all indices raised.
    pub fn of_family_dual(family: &dyn Family, eta: &Expectation) -> Result<Self> {
        DuallyFlat::of_family(family, &family.expectation_to_natural(eta)?)?.legendre()
    }

    /// A potential at x, by exact differentiation; x counts as natural parameters.
    pub fn of_potential<P: Potential>(potential: &P, x: ArrayView1<'_, f64>) -> Result<Self> {
        check::not_empty("point", &x)?;
        check::finite("point", &x)?;
        let d = x.len();
        let at = |i: usize, j: usize, k: usize| {
            let unit = |n: usize, m: usize| if n == m { 1.0 } else { 0.0 };
            let jet = |(n, &x): (usize, &f64)| Jet::variable(x, [unit(n, i), unit(n, j), unit(n, k)]);
            potential.at(&x.iter().enumerate().map(jet).collect::<Vec<_>>())
        };
        let metric = Array2::from_shape_fn((d, d), |(i, j)| at(i, j, i).second());
        let third = Array3::from_shape_fn((d, d, d), |(i, j, k)| at(i, j, k).third());
        DuallyFlat::natural(metric, third)
    }

    fn new(metric: Array2<f64>, third: Array3<f64>, flat: f64) -> Result<Self> {
        let d = metric.nrows();
        check::not_empty("metric", &metric)?;
        check::shape("metric", &[d, d], metric.shape())?;
        check::shape("third derivatives", &[d, d, d], third.shape())?;
        check::finite("metric", &metric)?;
        check::finite("third derivatives", &third)?;
        let factor = linalg::Cholesky::factor(metric.view())?;
        Ok(DuallyFlat { metric, third, factor, flat })
    }

    /// The same point in the dual coordinates: G⁻¹, and third derivatives raised with the opposite sign.
    pub fn legendre(&self) -> Result<Self> {
        let d = self.metric.nrows();
        let inverse = self.factor.solve_columns(Array2::eye(d).view())?;
        let mut third = -&self.third;
        // Raise the first index and rotate, three times over.
        for _ in 0..3 {
            let flat = third.to_shape((d, d * d)).map_err(|_| SHAPE)?.to_owned();
            let raised = inverse.dot(&flat);
            let cube = raised.to_shape((d, d, d)).map_err(|_| SHAPE)?.to_owned();
            third = cube.permuted_axes([1, 2, 0]).as_standard_layout().to_owned();
        }
        DuallyFlat::new(inverse, third, -self.flat)
    }

    /// g.
    pub fn metric(&self) -> &Array2<f64> {
        &self.metric
    }

    /// The Amari-Chentsov tensor T(u, v, w).
    pub fn skewness(
        &self,
        u: ArrayView1<'_, f64>,
        v: ArrayView1<'_, f64>,
        w: ArrayView1<'_, f64>,
    ) -> Result<f64> {
        check::vector("third vector", self.metric.nrows(), &w)?;
        Ok(self.flat * self.contract(u, v)?.dot(&w))
    }

    /// Γ^(α)(v, w): ∇_v w = Dw\[v\] + Γ(v, w), and geodesics solve ẍ = -Γ(ẋ, ẋ).
    pub fn christoffel(
        &self,
        alpha: f64,
        v: ArrayView1<'_, f64>,
        w: ArrayView1<'_, f64>,
    ) -> Result<Array1<f64>> {
        check::setting("alpha", alpha, alpha.is_finite(), "finite")?;
        Ok(0.5 * (1.0 - self.flat * alpha) * self.factor.solve(self.contract(v, w)?.view())?)
    }

    /// R^(α)(x, y, y, x)/(‖x‖²‖y‖² - ⟨x, y⟩²) = (1-α²)/4 (‖T_xy‖² - ⟨T_xx, T_yy⟩)/area² with T_xy = T(x, y, ·).
    pub fn sectional_curvature(
        &self,
        alpha: f64,
        x: ArrayView1<'_, f64>,
        y: ArrayView1<'_, f64>,
    ) -> Result<f64> {
        check::setting("alpha", alpha, alpha.is_finite(), "finite")?;
        let (xx, xy, yy) = (self.contract(x, x)?, self.contract(x, y)?, self.contract(y, y)?);
        let inner = |v: ArrayView1<'_, f64>, w: ArrayView1<'_, f64>| v.dot(&self.metric.dot(&w));
        let area = inner(x, x) * inner(y, y) - inner(x, y).powi(2);
        check::setting("squared area of the plane", area, area > 0.0, "positive (x and y independent)")?;
        let numerator = xy.dot(&self.factor.solve(xy.view())?) - xx.dot(&self.factor.solve(yy.view())?);
        Ok(0.25 * (1.0 - alpha) * (1.0 + alpha) * numerator / area)
    }

    /// ∂³F(v, w, ·).
    fn contract(&self, v: ArrayView1<'_, f64>, w: ArrayView1<'_, f64>) -> Result<Array1<f64>> {
        let d = self.metric.nrows();
        check::vector("first vector", d, &v)?;
        check::vector("second vector", d, &w)?;
        Ok(self
            .third
            .axis_iter(Axis(0))
            .zip(v)
            .fold(Array1::zeros(d), |sum, (slice, v)| sum + *v * slice.t().dot(&w)))
    }
}

/// Lengths were checked when the value was made.
const SHAPE: Error =
    Error::Unsupported { what: "raised third derivatives", reason: "the array is not a cube" };
