use super::coarse::{CoarseDamping, CoarseFisher, CoarseInverse, Restriction};
use super::kfac_curvature::{FactorRule, KfacCurvature};
use super::kronecker::{Curvature, count};
use crate::fisher::LayerSums;
use crate::optimizer::stage::is_due;
use crate::optimizer::{FisherType, Minibatch, State, StateReader};
use crate::{Error, ParameterLayout, Result, Scalar, check};
use ndarray::{Array1, Array2, ArrayView1};

/// What the coarse level is made of.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct CoarseRule {
    pub(crate) fine_weight: f64,
    pub(crate) coarse_weight: f64,
    pub(crate) restriction: Restriction,
    pub(crate) fisher: CoarseFisher,
    pub(crate) damping: CoarseDamping,
}

/// K-FAC's factors and inverses, and a Fisher of one number per layer beside them: the [`Curvature`] of two-level K-FAC.
#[derive(Debug, Clone)]
pub struct TwoLevelCurvature {
    fine: KfacCurvature,
    rule: CoarseRule,
    /// Averages: of the inputs' sums and the gradients', or of their products alone.
    sums: Vec<Array2<f64>>,
    counted: u64,
    /// 1ᵀ F_lm 1 and γ as they were inverted.
    inverted: Option<(Array2<f64>, f64, CoarseInverse)>,
}

impl TwoLevelCurvature {
    pub(crate) fn new(layout: &ParameterLayout, factors: FactorRule, rule: CoarseRule) -> Result<Self> {
        if factors.fisher == FisherType::ForwardOnly {
            return Err(Error::Unsupported {
                what: "two-level K-FAC with forward-only factors",
                reason: "the coarse level couples layers by their scores, of which there are none; use another Fisher",
            });
        }
        for (option, weight) in [("fine_weight", rule.fine_weight), ("coarse_weight", rule.coarse_weight)] {
            check::at_least_zero(option, weight)?;
        }
        let fine = KfacCurvature::new(layout, factors)?;
        let layers = fine.layers().blocks().len();
        let kept = match rule.fisher {
            CoarseFisher::Kronecker => 2,
            CoarseFisher::Exact => 1,
        };
        Ok(TwoLevelCurvature {
            fine,
            rule,
            sums: vec![Array2::zeros((layers, layers)); kept],
            counted: 0,
            inverted: None,
        })
    }

    /// The fine level.
    pub fn fine(&self) -> &KfacCurvature {
        &self.fine
    }

    /// 1ᵀ F_lm 1 for all pairs of layers, averaged over time.
    pub fn coarse(&self) -> Array2<f64> {
        match &self.sums[..] {
            [inputs, deltas] => inputs * deltas,
            sums => sums.first().cloned().unwrap_or_default(),
        }
    }

    fn with_sums<T: Scalar>(&self, sums: &LayerSums<T>) -> (Vec<Array2<f64>>, u64) {
        let counted = self.counted + 1;
        let rule = self.fine.rule();
        let keep = rule.average.keep(rule.decay, counted);
        let fresh = match self.rule.fisher {
            CoarseFisher::Kronecker => vec![&sums.inputs, &sums.deltas],
            CoarseFisher::Exact => vec![&sums.products],
        };
        let mix =
            |(old, new): (&Array2<f64>, &Array2<T>)| old * keep + new.mapv(Scalar::as_f64) * (1.0 - keep);
        (self.sums.iter().zip(fresh).map(mix).collect(), counted)
    }

    fn inverse(&self, ones: Array2<f64>, gamma: f64) -> Result<(Array2<f64>, f64, CoarseInverse)> {
        let CoarseRule { restriction, damping, .. } = self.rule;
        let inverse =
            CoarseInverse::new(self.fine.layers().blocks(), restriction, &ones, damping, gamma * gamma)?;
        Ok((ones, gamma, inverse))
    }
}

impl Curvature for TwoLevelCurvature {
    fn observed<T: Scalar>(&self, batch: &Minibatch<'_, T>, step: u64, gamma: f64) -> Result<Self> {
        let mut next = self.clone();
        let rule = self.fine.rule();
        let mut fresh = None;
        if is_due(step, rule.statistics_interval) {
            // One set of draws for both levels.
            let scores = batch.linearization().scores(rule.fisher.estimator(rule.seed, step).as_ref())?;
            fresh = Some(self.fine.layers().factors(&scores.kfac()?)?);
            (next.sums, next.counted) = self.with_sums(&scores.layer_sums()?);
        }
        if self.fine.inverts_at(step) {
            next.inverted = Some(self.inverse(next.coarse(), gamma)?);
        }
        next.fine = self.fine.advanced(fresh, step, gamma)?;
        Ok(next)
    }

    fn damped(&self, gamma: f64) -> Result<Self> {
        let inverted = Some(self.inverse(self.coarse(), gamma)?);
        Ok(TwoLevelCurvature { fine: self.fine.damped(gamma)?, inverted, ..self.clone() })
    }

    fn precondition(&self, v: ArrayView1<'_, f64>) -> Result<Array1<f64>> {
        let mut result = self.fine.precondition(v)? * self.rule.fine_weight;
        if let Some((_, _, inverse)) = &self.inverted {
            inverse.add_to(&mut result, v, self.rule.coarse_weight)?;
        }
        Ok(result)
    }

    fn save(&self, state: &mut State) {
        self.fine.save(state);
        state.number("coarse", self.counted as f64);
        for (k, sums) in self.sums.iter().enumerate() {
            state.put(format!("coarse/{k}"), sums);
        }
        if let Some((ones, gamma, _)) = &self.inverted {
            state.put("coarse/inverted", ones).number("coarse/gamma", *gamma);
        }
    }

    fn load(&mut self, reader: &mut StateReader<'_>) -> Result<()> {
        self.fine.load(reader)?;
        self.counted = count(reader, "coarse")?;
        for (k, sums) in self.sums.iter_mut().enumerate() {
            *sums = reader.array(&format!("coarse/{k}"), sums.shape())?;
        }
        self.inverted = None;
        if reader.has("coarse/inverted") {
            let layers = self.fine.layers().blocks().len();
            let ones = reader.array("coarse/inverted", &[layers, layers])?;
            let gamma = reader.scalar("coarse/gamma")?;
            self.inverted = Some(self.inverse(ones, gamma)?);
        }
        Ok(())
    }
}
