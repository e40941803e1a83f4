use crate::divergence::laws::{law, sum};
use crate::divergence::number::total;
use crate::divergence::{Contrast, Divergence, Number};
use crate::special::{deviance, log1p_minus};
use crate::{Result, check};
use ndarray::{Array1, ArrayView1, ArrayView2, Axis};

/// The Jensen-Shannon divergence: the mean divergence from the mixture.
///
/// ```text
/// JS_w(p, q) = w KL(p‖m) + (1-w) KL(q‖m),   m = w p + (1-w) q;
/// of many: Σ_k w_k KL(p_k‖m), m = Σ_k w_k p_k
/// ```
///
/// # Units
/// Nats: never infinite, at most the entropy of the weights (ln 2 for w = ½, where its root is a metric). Its metric is w(1-w) times
/// Fisher-Rao's.
///
/// # Numerical notes
/// The mixture enters by its distance from each law, (1-w)(q - p): the mixture itself, rounded, would drown that.
///
/// # Example
/// ```
/// use natgrad::{divergence::{Divergence, JensenShannon}, ndarray::array};
/// let js = JensenShannon::EVEN.of(array![0.5, 0.5, 0.0].view(), array![0.0, 0.5, 0.5].view())?;
/// assert!((js - 0.5 * 2f64.ln()).abs() < 1e-16);
/// let laws = array![[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
/// let third = array![1.0, 1.0, 1.0] / 3.0;
/// assert!((JensenShannon::of_many(third.view(), laws.view())? - 3f64.ln()).abs() < 1e-15);
/// # Ok::<(), natgrad::Error>(())
/// ```
///
/// # References
/// Lin 1991, IEEE Trans. Inf. Theory 37, 145-151; Endres & Schindelin 2003, IEEE Trans. Inf. Theory 49, 1858-1860 (the metric).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct JensenShannon {
    weight: f64,
}

/// The deviance of p from the mixture m = p + increment: next to p the increment is known better, far from it m, which is a
/// sum of positive terms where p + increment would cancel.
fn deviance_to(p: f64, increment: f64, mixture: f64) -> f64 {
    let x = increment / p;
    if x.abs() <= 0.5 { -p * log1p_minus(x) } else { deviance(p, mixture) }
}

impl JensenShannon {
    /// Equal weights.
    pub const EVEN: JensenShannon = JensenShannon { weight: 0.5 };

    /// The first law has weight w, the second 1 - w; 0 < w < 1.
    pub fn weighted(weight: f64) -> Result<Self> {
        check::setting("weight of the first law", weight, weight > 0.0 && weight < 1.0, "between 0 and 1")?;
        Ok(JensenShannon { weight })
    }

    /// Of the rows of `laws`, K × n, with K weights.
    pub fn of_many(weights: ArrayView1<'_, f64>, laws: ArrayView2<'_, f64>) -> Result<f64> {
        law("weights", weights)?;
        check::shape("laws", &[weights.len(), laws.ncols()], laws.shape())?;
        laws.axis_iter(Axis(0)).try_for_each(|p| law("law", p))?;
        // The law nearest to the mixture, and the mixture minus it.
        let heaviest =
            weights.iter().enumerate().fold((0, 0.0), |m, (k, &w)| if w > m.1 { (k, w) } else { m }).0;
        let origin = laws.index_axis(Axis(0), heaviest);
        let mixture = laws.t().dot(&weights);
        let drift: Array1<f64> = laws
            .axis_iter(Axis(0))
            .zip(weights)
            .map(|(p, &w)| w * (&p - &origin))
            .fold(Array1::zeros(laws.ncols()), |sum, part| sum + part);
        let mut value = 0.0;
        for (p, &weight) in laws.axis_iter(Axis(0)).zip(weights).filter(|(_, w)| **w > 0.0) {
            for (((&p, &origin), &drift), &mixture) in p.iter().zip(&origin).zip(&drift).zip(&mixture) {
                value += weight * deviance_to(p, drift - (p - origin), mixture);
            }
        }
        Ok(value)
    }
}

impl Default for JensenShannon {
    fn default() -> Self {
        JensenShannon::EVEN
    }
}

impl Divergence for JensenShannon {
    fn name(&self) -> String {
        format!("Jensen-Shannon ({}, {})", self.weight, 1.0 - self.weight)
    }

    fn of(&self, first: ArrayView1<'_, f64>, second: ArrayView1<'_, f64>) -> Result<f64> {
        let (w, rest) = (self.weight, 1.0 - self.weight);
        sum(first, second, |p, q| {
            let mixture = w * p + rest * q;
            w * deviance_to(p, rest * (q - p), mixture) + rest * deviance_to(q, w * (p - q), mixture)
        })
    }
}

impl Contrast for JensenShannon {
    fn value<N: Number>(&self, first: &[N], second: &[N]) -> N {
        let (w, rest) = (N::from(self.weight), N::from(1.0 - self.weight));
        total(first, second, |p, q| {
            let m = w * p + rest * q;
            w * p * (p / m).ln() + rest * q * (q / m).ln()
        })
    }
}
