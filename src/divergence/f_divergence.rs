use crate::divergence::laws::pair;
use crate::divergence::number::total;
use crate::divergence::quadrature::remainder;
use crate::divergence::{Contrast, Divergence, Jet, Number};
use crate::{Error, Result, check};
use ndarray::ArrayView1;
use std::fmt::Debug;

/// A convex f on (0, ∞) with f(1) = 0, which makes an [`FDivergence`].
pub trait Generator: Debug + Send + Sync {
    /// The divergence's name.
    fn name(&self) -> String;

    /// f(u), u > 0, in any arithmetic.
    fn at<N: Number>(&self, u: N) -> N;

    /// The limit of f(u) as u → 0: what an outcome costs that only the first law has.
    fn at_zero(&self) -> f64;

    /// The limit of f(u)/u as u → ∞: what an outcome costs that only the second law has.
    fn slope_at_infinity(&self) -> f64;
}

/// The f-divergence of a declared f: the second law over the first.
///
/// ```text
/// D_f(p ‖ q) = Σ p f(q/p)
/// KL(p‖q): f(u) = -ln u;   KL(q‖p): f(u) = u ln u;   ½ Σ (p-q)²/p: f(u) = ½ (u-1)²
/// ```
///
/// A multiple of u - 1 added to f changes nothing. The metric is f''(1) times Fisher-Rao's and the connection is ∇^(α)
/// with α = 3 + 2 f'''(1)/f''(1). Every f-divergence contracts under stochastic maps.
///
/// # Numerical notes
/// f''(u) and f'(1) come from [`Jet`]s. Where |q/p - 1| ≤ ¼ the term is p t² ∫ (1-s) f''(1+st) ds, t = q/p - 1, by eight Gauss
/// points, so that nothing cancels as q → p. Elsewhere it is p (f(u) - f'(1)(u-1)).
///
/// # Example
/// ```
/// use natgrad::{divergence::{Divergence, FDivergence, Generator, Number}, ndarray::array};
///
/// /// Vincze and Le Cam: ½ Σ (p-q)²/(p+q).
/// #[derive(Debug)]
/// struct Triangular;
/// impl Generator for Triangular {
///     fn name(&self) -> String {
///         "triangular discrimination".to_owned()
///     }
///     fn at<N: Number>(&self, u: N) -> N {
///         let t = u - N::from(1.0);
///         t * t / (N::from(2.0) * (u + N::from(1.0)))
///     }
///     fn at_zero(&self) -> f64 {
///         0.5
///     }
///     fn slope_at_infinity(&self) -> f64 {
///         0.5
///     }
/// }
/// let d = FDivergence::new(Triangular)?;
/// assert!((d.of(array![0.5, 0.5].view(), array![0.0, 1.0].view())? - 1.0 / 3.0).abs() < 1e-16);
/// assert_eq!(d.curvature(), 0.5);                                  // f''(1)
/// assert_eq!(d.normalised().alpha(), 0.0);                         // symmetric: the Levi-Civita connection
/// # Ok::<(), natgrad::Error>(())
/// ```
///
/// # References
/// Csiszár 1967, Studia Sci. Math. Hungar. 2, 299-318; Ali & Silvey 1966, J. R. Statist. Soc. B 28, 131-142.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FDivergence<F> {
    generator: F,
    scale: f64,
    slope: f64,
    curvature: f64,
    third: f64,
}

impl<F: Generator> FDivergence<F> {
    /// Of f as it is.
    ///
    /// # Errors
    /// [`Error::Setting`] unless |f(1)| ≤ 1e-12 and f''(1) is positive and finite.
    pub fn new(generator: F) -> Result<Self> {
        let jet = generator.at(Jet::variable(1.0, [1.0; 3]));
        let (value, slope, curvature, third) = (jet.value(), jet.first(), jet.second(), jet.third());
        check::setting("f(1)", value, value.abs() <= 1e-12, "0")?;
        check::setting("f'(1)", slope, slope.is_finite(), "finite")?;
        check::setting("f''(1)", curvature, curvature > 0.0 && curvature.is_finite(), "positive and finite")?;
        check::setting("f'''(1)", third, third.is_finite(), "finite")?;
        Ok(FDivergence { generator, scale: 1.0, slope, curvature, third })
    }

    /// The multiple whose f''(1) is one: its metric is Fisher-Rao's.
    pub fn normalised(self) -> Self {
        let scale = self.scale / self.curvature;
        FDivergence { scale, slope: self.slope, curvature: 1.0, third: self.third / self.curvature, ..self }
    }

    /// f''(1).
    pub fn curvature(&self) -> f64 {
        self.curvature
    }

    /// α = 3 + 2 f'''(1)/f''(1), of the connection ∇^(α) that it induces.
    pub fn alpha(&self) -> f64 {
        3.0 + 2.0 * self.third / self.curvature
    }

    fn term(&self, p: f64, q: f64) -> f64 {
        let f = &self.generator;
        if p <= 0.0 && q <= 0.0 {
            return 0.0;
        }
        if q <= 0.0 {
            return p * (f.at_zero() + self.slope);
        }
        let t = (q - p) / p;
        if t.abs() <= 0.25 {
            return (q - p) * t * remainder(|s| f.at(Jet::variable(1.0 + s * t, [1.0, 1.0, 0.0])).second());
        }
        let u = q / p;
        if u.is_finite() { p * (f.at(u) - self.slope * t) } else { q * (f.slope_at_infinity() - self.slope) }
    }
}

impl<F: Generator> Divergence for FDivergence<F> {
    fn name(&self) -> String {
        self.generator.name()
    }

    fn of(&self, first: ArrayView1<'_, f64>, second: ArrayView1<'_, f64>) -> Result<f64> {
        pair(first, second)?;
        let mut value = 0.0;
        for (index, (&p, &q)) in first.iter().zip(&second).enumerate() {
            let term = self.scale * self.term(p, q);
            if term.is_nan() || term < 0.0 {
                let requirement = "at least 0 (f must be convex, and finite on (0, ∞))";
                return Err(Error::Domain {
                    quantity: "term of the f-divergence",
                    index,
                    value: term,
                    requirement,
                });
            }
            value += term;
        }
        Ok(value)
    }
}

impl<F: Generator> Contrast for FDivergence<F> {
    fn value<N: Number>(&self, first: &[N], second: &[N]) -> N {
        N::from(self.scale) * total(first, second, |p, q| p * self.generator.at(q / p))
    }
}
