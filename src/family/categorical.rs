use crate::family::throws::{Throws, methods_of_throws, probabilities_of_throws};
use crate::family::{Discrete, Expectation, Family, Natural, SUPPORT_LIMIT, Source, lattice};
use crate::{Error, Result, check};
use ndarray::{Array1, Array2, ArrayView1};
use rand::Rng;

/// One of n+1 categories: x is its index, 0..=n.
///
/// A die thrown once, the label of a classifier, a cell of a table.
///
/// ```text
/// θ_i = ln(p_i/p_{n+1}),   η = (p_1, …, p_n),   ψ = ln(1 + Σ e^θ_i)
/// G_θ = diag(η) - ηηᵀ,   G_λ = G_η = diag(1/η) + 11ᵀ/p_{n+1}
/// ```
///
/// # Shapes
/// n parameters for n+1 categories in every coordinate system, the last category being what is left: the family is
/// minimal and its Fisher matrices have full rank. Source parameters are p_1..p_n; T(x) is the unit vector of x < n, zero
/// for the last category. With two categories, category 0 is the one of a [`Bernoulli`](crate::family::Bernoulli) coin.
///
/// # Numerical notes
/// 1 - p is summed from the other categories, so η, G and KL keep their digits for logits of ±700. In coordinates that
/// leave out a tiny last probability, that one has lost its digits; see [`natural_of_weights`](Self::natural_of_weights).
///
/// # Example
/// ```
/// use natgrad::family::{Categorical, Family, Source};
/// let die = Categorical::new(3)?;
/// let g = die.fisher_source(&Source::from([0.2, 0.3]))?;
/// assert!((g[[0, 0]] - 7.0).abs() < 1e-14 && (g[[0, 1]] - 2.0).abs() < 1e-14);
/// # Ok::<(), natgrad::Error>(())
/// ```
///
/// # Checked by
/// `tests/family/laws.rs`, `tests/family/extremes.rs`, `tests/family/limits.rs`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Categorical {
    throws: Throws,
}

impl Categorical {
    /// n+1 categories.
    ///
    /// # Errors
    /// [`Error::Setting`] for fewer than two.
    pub fn new(categories: usize) -> Result<Self> {
        Ok(Categorical { throws: Throws::new(categories, 1)? })
    }

    /// n+1.
    pub fn categories(&self) -> usize {
        self.throws.categories
    }

    probabilities_of_throws!();

    /// The category, if it is one.
    fn category(&self, x: ArrayView1<'_, f64>) -> Result<Option<usize>> {
        check::vector("outcome", 1, &x)?;
        let x = x.sum();
        let holds = x >= 0.0 && x < self.throws.categories as f64 && x.fract() == 0.0;
        Ok(holds.then_some(x as usize))
    }
}

impl Family for Categorical {
    fn name(&self) -> String {
        format!("categorical ({} categories)", self.throws.categories)
    }

    methods_of_throws!();

    fn entropy(&self, theta: &Natural) -> Result<f64> {
        let law = self.throws.law(theta)?;
        Ok(0.0 - law.p.dot(&law.log))
    }

    fn sufficient(&self, x: ArrayView1<'_, f64>) -> Result<Array1<f64>> {
        let Some(category) = self.category(x)? else {
            let (value, requirement) = (x.sum(), "the index of a category, a whole number from 0 to n");
            return Err(Error::Domain { quantity: "outcome", index: 0, value, requirement });
        };
        Ok(Array1::from_shape_fn(self.throws.dim(), |i| if i == category { 1.0 } else { 0.0 }))
    }

    fn log_carrier(&self, x: ArrayView1<'_, f64>) -> Result<f64> {
        Ok(if self.category(x)?.is_some() { 0.0 } else { f64::NEG_INFINITY })
    }

    fn log_probability(&self, theta: &Natural, x: ArrayView1<'_, f64>) -> Result<f64> {
        let (law, category) = (self.throws.law(theta)?, self.category(x)?);
        Ok(category.and_then(|category| law.log.get(category)).copied().unwrap_or(f64::NEG_INFINITY))
    }

    /// One uniform per draw.
    fn sample(&self, theta: &Natural, draws: usize, rng: &mut dyn Rng) -> Result<Array2<f64>> {
        let law = self.throws.law(theta)?;
        let throw = |mut u: f64| {
            let mut category = 0;
            for p in law.p.iter().take(self.throws.dim()) {
                if u < *p {
                    break;
                }
                u -= p;
                category += 1;
            }
            category as f64
        };
        Ok(Array2::from_shape_simple_fn((draws, 1), || throw(crate::random::open_unit(rng.next_u64()))))
    }
}

impl Discrete for Categorical {
    /// All categories, whatever the tail.
    fn support(&self, theta: &Natural, tail: f64) -> Result<Array2<f64>> {
        self.check_natural(theta)?;
        check::setting("tail", tail, tail > 0.0 && tail < 1.0, "strictly between 0 and 1")?;
        let needed = self.throws.categories as f64;
        if needed > SUPPORT_LIMIT as f64 {
            return Err(Error::TooLarge {
                quantity: "list of outcomes",
                needed,
                limit: SUPPORT_LIMIT as f64,
                advice: "use the closed forms",
            });
        }
        Ok(lattice::column(0.0, self.throws.dim() as f64))
    }
}
