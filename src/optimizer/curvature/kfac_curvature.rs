use super::kronecker::{
    AffineLayers, Curvature, FactorAverage, FactorDamping, Inverse, Statistics, load_factors, save_factors,
};
use crate::operator::KroneckerFactors;
use crate::optimizer::stage::is_due;
use crate::optimizer::{FisherType, Minibatch, State, StateReader};
use crate::{ParameterLayout, Result, Scalar, check};
use ndarray::{Array1, ArrayView1};

/// Factors averaged over time and the inverses of some of them: the [`Curvature`] of K-FAC.
#[derive(Debug, Clone)]
pub struct KfacCurvature {
    layers: AffineLayers,
    rule: FactorRule,
    statistics: Statistics,
    inverse: Option<Inverse>,
}

/// When factors and inverses are made anew, and of which Fisher.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct FactorRule {
    pub(crate) fisher: FisherType,
    pub(crate) seed: u64,
    pub(crate) average: FactorAverage,
    pub(crate) decay: f64,
    pub(crate) damping: FactorDamping,
    pub(crate) statistics_interval: u64,
    pub(crate) inverse_interval: u64,
    /// The first steps, at all of which inverses are made anew.
    pub(crate) first: u64,
}

impl KfacCurvature {
    pub(crate) fn new(layout: &ParameterLayout, rule: FactorRule) -> Result<Self> {
        check::below_one("decay", rule.decay)?;
        check::at_least_one("statistics_interval", rule.statistics_interval)?;
        check::at_least_one("inverse_interval", rule.inverse_interval)?;
        let layers = AffineLayers::of(layout)?;
        let statistics = Statistics::new(&layers)?;
        Ok(KfacCurvature { layers, rule, statistics, inverse: None })
    }

    /// The averaged factors B and A of every layer.
    pub fn factors(&self) -> &[KroneckerFactors<f64>] {
        self.statistics.factors()
    }

    pub(crate) fn layers(&self) -> &AffineLayers {
        &self.layers
    }

    pub(crate) fn rule(&self) -> &FactorRule {
        &self.rule
    }

    /// Whether inverses are made at a step.
    pub(crate) fn inverts_at(&self, step: u64) -> bool {
        self.inverse.is_none() || step <= self.rule.first || is_due(step, self.rule.inverse_interval)
    }

    /// What it is with the factors of a step, if there are any, and with inverses if it is time.
    pub(crate) fn advanced(
        &self,
        fresh: Option<Vec<KroneckerFactors<f64>>>,
        step: u64,
        gamma: f64,
    ) -> Result<Self> {
        let statistics = match fresh {
            Some(fresh) => self.statistics.with(&fresh, self.rule.average, self.rule.decay)?,
            None => self.statistics.clone(),
        };
        let inverse = if self.inverts_at(step) {
            Some(Inverse::new(statistics.factors(), self.rule.damping, gamma)?)
        } else {
            self.inverse.clone()
        };
        Ok(KfacCurvature { layers: self.layers.clone(), rule: self.rule, statistics, inverse })
    }
}

impl Curvature for KfacCurvature {
    fn observed<T: Scalar>(&self, batch: &Minibatch<'_, T>, step: u64, gamma: f64) -> Result<Self> {
        let fresh = if is_due(step, self.rule.statistics_interval) {
            let fisher = self.rule.fisher.kronecker(batch.linearization(), self.rule.seed, step)?;
            Some(self.layers.factors(&fisher)?)
        } else {
            None
        };
        self.advanced(fresh, step, gamma)
    }

    fn damped(&self, gamma: f64) -> Result<Self> {
        let inverse = Inverse::new(self.statistics.factors(), self.rule.damping, gamma)?;
        Ok(KfacCurvature { inverse: Some(inverse), ..self.clone() })
    }

    fn precondition(&self, v: ArrayView1<'_, f64>) -> Result<Array1<f64>> {
        match &self.inverse {
            Some(inverse) => inverse.apply(v),
            None => Ok(v.to_owned()),
        }
    }

    fn save(&self, state: &mut State) {
        self.statistics.save(state, self.layers.names());
        if let Some(inverse) = &self.inverse {
            state.number("inverted/gamma", inverse.gamma());
            save_factors(inverse.factors(), state, "inverted/", self.layers.names());
        }
    }

    fn load(&mut self, reader: &mut StateReader<'_>) -> Result<()> {
        self.statistics.load(reader, self.layers.names())?;
        self.inverse = None;
        if reader.has("inverted/gamma") {
            let gamma = reader.scalar("inverted/gamma")?;
            let like = self.statistics.factors();
            let factors = load_factors(like, reader, "inverted/", self.layers.names())?;
            // The same numbers from the same factors: nothing of the inverse itself needs saving.
            self.inverse = Some(Inverse::new(&factors, self.rule.damping, gamma)?);
        }
        Ok(())
    }
}
