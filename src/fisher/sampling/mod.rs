//! What chance does to an estimate: exactly where the law of the draws is at hand, from the sample elsewhere.

mod cells;
mod error;
mod estimate;
mod law;
mod plan;
mod pulled;
mod sample;

pub use error::{ErrorKind, MonteCarloError, StandardError};
pub use estimate::Estimate;
pub use plan::MonteCarloPlan;

use crate::fisher::{CurvaturePropagation, MonteCarlo, Root, Sampler};
use crate::likelihood::{Likelihood, Support};
use crate::linalg::times;
use crate::model::{Differential, Linearization};
use crate::{Result, Scalar};
use cells::Cell;
use law::{Law, Weights};
use ndarray::{Array1, Array2, ArrayView1};
use pulled::Pulled;
use std::sync::Arc;

/// Labels or root columns of one datum beyond which exact errors are not computed.
const LABEL_LIMIT: usize = 4096;

/// What is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scheme {
    Labels(Sampler),
    Signs(Root),
}

/// How the vectors of an estimator were drawn, with all that their law depends on.
#[derive(Debug, Clone)]
pub(crate) struct Sampling<T> {
    scheme: Scheme,
    draws: usize,
    seed: u64,
    likelihood: Arc<dyn Likelihood<T>>,
    eta: Array2<T>,
}

impl<T: Scalar> Sampling<T> {
    fn new(lin: &Linearization<T>, scheme: Scheme, draws: usize, seed: u64) -> Self {
        let (likelihood, eta) = (lin.likelihood().clone(), lin.eta().to_owned());
        Sampling { scheme, draws, seed, likelihood, eta }
    }

    pub(crate) fn of_labels(lin: &Linearization<T>, estimator: &MonteCarlo) -> Self {
        Self::new(lin, Scheme::Labels(estimator.sampler), estimator.draws, estimator.seed)
    }

    pub(crate) fn of_signs(lin: &Linearization<T>, estimator: &CurvaturePropagation) -> Self {
        Self::new(lin, Scheme::Signs(estimator.root), estimator.draws, estimator.seed)
    }

    pub(crate) fn draws(&self) -> usize {
        self.draws
    }

    pub(crate) fn seed(&self) -> u64 {
        self.seed
    }

    /// Draws of one datum that depend on one another: groups of so many are independent.
    fn group(&self) -> usize {
        match self.scheme {
            Scheme::Labels(Sampler::Independent) | Scheme::Signs(_) => 1,
            Scheme::Labels(Sampler::Antithetic) => 2,
            Scheme::Labels(Sampler::Systematic) => self.draws,
        }
    }

    /// The law of one datum's draws; `None` if it needs a list that cannot be had.
    fn law(&self, eta: ArrayView1<'_, T>) -> Result<Option<Law>> {
        let sampler = match self.scheme {
            Scheme::Signs(root) => {
                let root = match root.columns(self.likelihood.as_ref(), eta) {
                    Ok(root) if root.ncols() <= LABEL_LIMIT => root.mapv(|x| x.as_f64()),
                    Ok(_) | Err(crate::Error::TooLarge { .. }) => return Ok(None),
                    Err(error) => return Err(error),
                };
                let ones = Array1::ones(root.ncols());
                let weights = Weights::Independent { second: ones.clone(), fourth: ones, draws: self.draws };
                return Ok(Some(Law { generators: root.reversed_axes(), weights }));
            }
            Scheme::Labels(sampler) => sampler,
        };
        if let (Sampler::Independent, Some(fourth)) = (sampler, self.likelihood.score_fourth_moments(eta)?) {
            let second = self.likelihood.fisher(eta)?.diag().mapv(|x| x.as_f64());
            let fourth = fourth.mapv(|x| x.as_f64());
            let weights = Weights::Independent { second, fourth, draws: self.draws };
            return Ok(Some(Law { generators: Array2::eye(eta.len()), weights }));
        }
        let support = match self.likelihood.support(eta) {
            Ok(support) if support.probabilities.len() <= LABEL_LIMIT => support,
            Ok(_) | Err(crate::Error::TooLarge { .. }) => return Ok(None),
            Err(error) => return Err(error),
        };
        // Nodes of a quadrature have no places in (0, 1); independent draws ask for their fourth moments only.
        if support.quadrature && sampler != Sampler::Independent {
            return Ok(None);
        }
        let cells = self.cells(sampler, &support);
        let mut generators = Array2::zeros((support.probabilities.len(), eta.len()));
        for (label, mut row) in support.labels.outer_iter().zip(generators.outer_iter_mut()) {
            row.assign(&self.likelihood.score(eta, label)?.mapv(|x| x.as_f64()));
        }
        let weights = Weights::Cells { cells, groups: self.draws / self.group() };
        Ok(Some(Law { generators, weights }))
    }

    fn cells(&self, sampler: Sampler, support: &Support<T>) -> Vec<Cell> {
        let probabilities = support.probabilities.mapv(|p| p.as_f64());
        match sampler {
            Sampler::Independent => {
                let cell = |(label, &length): (usize, &f64)| Cell { length, shares: vec![(label, 1.0)] };
                probabilities.iter().enumerate().map(cell).collect()
            }
            Sampler::Antithetic => cells::antithetic(probabilities.view()),
            Sampler::Systematic => cells::systematic(probabilities.view(), self.draws),
        }
    }

    /// The exact error, if every datum's law is at hand and nothing overflows.
    pub(crate) fn error(&self, differential: &Differential<T>) -> Result<Option<MonteCarloError>> {
        let units = Pulled::units(differential, self.eta.dim());
        let (mut squared_error, mut trace_variance) = (0.0, 0.0);
        for (n, eta) in self.eta.outer_iter().enumerate() {
            let Some(law) = self.law(eta)? else { return Ok(None) };
            let (error, variance) = law.error(units.gram(n, n).view());
            squared_error += error;
            trace_variance += variance;
        }
        Ok(MonteCarloError::new(squared_error, trace_variance, self.eta.nrows(), ErrorKind::Exact))
    }

    /// The exact variance of vᵀF̂v, given J_n v for every datum.
    fn form_variance(&self, images: &Array2<T>) -> Result<Option<f64>> {
        let mut sum = 0.0;
        for (eta, image) in self.eta.outer_iter().zip(images.outer_iter()) {
            let Some(law) = self.law(eta)? else { return Ok(None) };
            let image = image.mapv(|x| x.as_f64());
            let values = times(law.generators.view(), image.view());
            sum += law.variance_of_square(values.view());
        }
        let variance = sum / (self.eta.nrows() as f64).powi(2);
        Ok(variance.is_finite().then_some(variance))
    }

    /// The exact variances of the diagonal of F̂.
    fn diagonal_variance(&self, differential: &Differential<T>) -> Result<Option<Array1<f64>>> {
        let units = Pulled::units(differential, self.eta.dim());
        let mut variances = units.empty();
        for (n, eta) in self.eta.outer_iter().enumerate() {
            let Some(law) = self.law(eta)? else { return Ok(None) };
            units.images(n, &law.generators, |block, column, values| {
                variances[block][[n, column]] = law.variance_of_square(values);
            });
        }
        let variances = units.spread(&variances) / (self.eta.nrows() as f64).powi(2);
        Ok(variances.iter().all(|x| x.is_finite()).then_some(variances))
    }
}
