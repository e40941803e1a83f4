use crate::divergence::{Contrast, Jet};
use crate::manifold::{Manifold, Point, Simplex, Tangent};
use crate::{Result, linalg};
use ndarray::{Array1, Array2};

/// The metric and the pair of dual connections that a divergence induces on the open simplex.
///
/// ```text
/// g(v, w) = -∂_v ∂'_w D,   ⟨Γ(v, w), z⟩ = -∂_v ∂_w ∂'_z D,   ⟨Γ*(v, w), z⟩ = -∂'_v ∂'_w ∂_z D
/// at p = q
/// ```
///
/// ∂ differentiates in the first argument and ∂' in the second, along constant tangent vectors in p. T = Γ - Γ* is totally symmetric. For
/// KL(p‖q), g is Fisher-Rao's, Γ the m-connection and Γ* the e-connection; for D^(α), Γ = Γ^(α). Exchanging the arguments of D
/// exchanges the two. (Some authors put the second argument first, which gives T the opposite sign.)
///
/// # Numerical notes
/// Exact differentiation by [`Jet`]s: the error is rounding, not a step's.
///
/// # Example
/// ```
/// use natgrad::{connection::Induced, divergence::PearsonChiSquare, manifold::{Manifold, Simplex}, ndarray::array};
/// let simplex = Simplex::new(3)?;
/// let p = simplex.point(array![0.2, 0.3, 0.5])?;
/// let v = simplex.tangent(&p, array![0.1, -0.3, 0.2])?;
/// let induced = Induced::new(simplex, PearsonChiSquare)?;
/// assert!((induced.inner(&p, &v, &v)? - 0.86).abs() < 1e-15); // twice Σ v²/p
/// # Ok::<(), natgrad::Error>(())
/// ```
///
/// # References
/// Eguchi 1983, Ann. Statist. 11, 793-803; Eguchi 1992, Hiroshima Math. J. 22, 631-647.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Induced<D> {
    simplex: Simplex,
    divergence: D,
}

impl<D: Contrast> Induced<D> {
    /// Of a divergence between laws of one trial.
    pub fn new(simplex: Simplex, divergence: D) -> Result<Self> {
        crate::check::setting("trials", simplex.trials(), simplex.trials() <= 1.0, "1")?;
        Ok(Induced { simplex, divergence })
    }

    /// g(v, w).
    pub fn inner(&self, p: &Point, v: &Tangent, w: &Tangent) -> Result<f64> {
        let zero = self.simplex.zero();
        Ok(-self.jet(p, [v, &zero, &zero], [&zero, w, &zero])?.second())
    }

    /// ⟨Γ(v, w), z⟩ = -∂_v ∂_w ∂'_z D.
    pub fn lowered(&self, p: &Point, v: &Tangent, w: &Tangent, z: &Tangent) -> Result<f64> {
        let zero = self.simplex.zero();
        Ok(-self.jet(p, [v, w, &zero], [&zero, &zero, z])?.third())
    }

    /// ⟨Γ*(v, w), z⟩ = -∂'_v ∂'_w ∂_z D.
    pub fn lowered_dual(&self, p: &Point, v: &Tangent, w: &Tangent, z: &Tangent) -> Result<f64> {
        let zero = self.simplex.zero();
        Ok(-self.jet(p, [&zero, &zero, z], [v, w, &zero])?.third())
    }

    /// T(u, v, w) = ⟨Γ(u, v), w⟩ - ⟨Γ*(u, v), w⟩.
    pub fn skewness(&self, p: &Point, u: &Tangent, v: &Tangent, w: &Tangent) -> Result<f64> {
        Ok(self.lowered(p, u, v, w)? - self.lowered_dual(p, u, v, w)?)
    }

    /// Γ(v, w).
    pub fn christoffel(&self, p: &Point, v: &Tangent, w: &Tangent) -> Result<Tangent> {
        self.raise(p, |z| self.lowered(p, v, w, z))
    }

    /// Γ*(v, w).
    pub fn christoffel_dual(&self, p: &Point, v: &Tangent, w: &Tangent) -> Result<Tangent> {
        self.raise(p, |z| self.lowered_dual(p, v, w, z))
    }

    /// D with its arguments moving from `p` along three directions each.
    fn jet(&self, p: &Point, first: [&Tangent; 3], second: [&Tangent; 3]) -> Result<Jet> {
        self.simplex.check_point(p.values())?;
        for v in first.iter().chain(&second) {
            self.simplex.check_tangent(p, v.values())?;
        }
        let moving = |[a, b, c]: [&Tangent; 3]| -> Vec<Jet> {
            let rates =
                a.values().to_owned().into_iter().zip(b.values().to_owned()).zip(c.values().to_owned());
            p.values().iter().zip(rates).map(|(&p, ((a, b), c))| Jet::variable(p, [a, b, c])).collect()
        };
        Ok(self.divergence.value(&moving(first), &moving(second)))
    }

    /// The tangent vector with the given products, by the Gram matrix of n tangent vectors e_i - p, scaled by √p_i.
    fn raise(&self, p: &Point, a: impl Fn(&Tangent) -> Result<f64>) -> Result<Tangent> {
        let n = self.simplex.dim();
        let largest =
            p.values().iter().enumerate().fold((0, 0.0), |m, (i, &x)| if x > m.1 { (i, x) } else { m }).0;
        let others = (0..=n).filter(|i| *i != largest);
        let basis = others
            .map(|i| {
                let unit = |j: usize| if j == i { 1.0 } else { 0.0 };
                let p = p.values();
                let vector = Array1::from_shape_fn(n + 1, |j| p.get(i).map_or(0.0, |x| x.sqrt()) * unit(j));
                self.simplex.project(&Point::unchecked(p.to_owned()), vector.view())
            })
            .collect::<Result<Vec<_>>>()?;
        let products = basis.iter().map(&a).collect::<Result<Array1<f64>>>()?;
        let mut gram = Array2::zeros((n, n));
        for (mut row, v) in gram.rows_mut().into_iter().zip(&basis) {
            for (entry, w) in row.iter_mut().zip(&basis) {
                *entry = self.inner(p, v, w)?;
            }
        }
        let coefficients = linalg::Cholesky::factor(gram.view())?.solve(products.view())?;
        let zero = self.simplex.zero();
        Ok(basis.iter().zip(&coefficients).fold(zero, |sum, (v, c)| &sum + &(*c * v)))
    }
}
