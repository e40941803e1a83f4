//! One row of `compare`: an approximation held against the exact Fisher.

use crate::failure::Outcome;
use crate::names::{self, Matrix};
use crate::view::{Solving, View};
use indicatif::ProgressBar;
use natgrad::fisher::{
    Comparison, DirectionComparison, Exact, Fisher, MonteCarloError, Reference, TrialStep,
};
use natgrad::ndarray::{Array1, Array2, ArrayView1};
use natgrad::operator::Dense;
use natgrad::solver::Damping;
use natgrad::{Linearization, Network, Scalar};
use rayon::prelude::*;
use std::time::Instant;

/// Estimator and matrix, by name.
pub type Name = (String, String);

/// Everything there is to say about one approximation.
pub struct Row {
    pub name: Name,
    /// `None` for a direction without a matrix.
    pub matrix: Option<Comparison>,
    pub direction: DirectionComparison,
    /// `None` without a network, or without curvature.
    pub step: Option<TrialStep>,
    pub error: Option<MonteCarloError>,
    /// Of the representation.
    pub bytes: Option<usize>,
    /// To estimate and represent.
    pub seconds: Option<f64>,
}

/// What all rows share.
pub struct Bench<'a, T: Scalar> {
    pub lin: &'a Linearization<T>,
    pub network: Option<&'a (Network<T>, Array2<T>)>,
    pub damping: f64,
    pub divergence: f64,
    pub seed: u64,
}

/// An estimate on its way to its row.
type Estimate<T> = (Name, View<T>, usize, f64);

impl<T: Scalar + Send + Sync> Bench<'_, T> {
    /// The exact row, then the others by efficiency, the plain gradient among them.
    pub fn rows(&self, names: &[Name], bar: &ProgressBar) -> Outcome<Vec<Row>> {
        bar.set_message("exact");
        let start = Instant::now();
        let exact = self.lin.scores(&Exact)?.dense()?;
        let seconds = start.elapsed().as_secs_f64();
        let reference = Reference::new(&exact, self.lin.gradient().view(), T::of(self.damping))?;
        let bytes = self.lin.dim() * self.lin.dim() * size_of::<T>();
        let first = Row {
            name: ("exact".into(), "dense".into()),
            matrix: Some(reference.compare(&exact)?),
            direction: reference.compare_direction(reference.direction().view())?,
            step: self.step(&exact, reference.direction().view())?,
            error: None,
            bytes: Some(bytes),
            seconds: Some(seconds),
        };
        bar.inc(1);
        let gradient = self.lin.gradient().view();
        let mut others = vec![Row {
            name: ("gradient".into(), "none".into()),
            matrix: None,
            direction: reference.compare_direction(gradient)?,
            step: self.step(&exact, gradient)?,
            error: None,
            bytes: None,
            seconds: None,
        }];
        // Estimated one after the other, so that their times are their own; compared side by side.
        for names in names.chunks(rayon::current_num_threads().max(1)) {
            let estimates = names.iter().map(|name| self.estimate(name)).collect::<Outcome<Vec<_>>>()?;
            let rows: Outcome<Vec<Row>> = estimates
                .into_par_iter()
                .map(|estimate| {
                    let row = self.row(&reference, &exact, estimate);
                    bar.inc(1);
                    row
                })
                .collect();
            others.extend(rows?);
        }
        others.sort_by(|a, b| b.direction.efficiency.total_cmp(&a.direction.efficiency));
        let mut rows = vec![first];
        rows.extend(others);
        bar.finish_and_clear();
        Ok(rows)
    }

    fn estimate(&self, name: &Name) -> Outcome<Estimate<T>> {
        let estimator = names::estimator::<T>(&name.0, self.seed)?;
        let matrix = Matrix::named(&name.1)?;
        let start = Instant::now();
        let scores = self.lin.scores(estimator.as_ref())?;
        let view = View::of(&scores, matrix)?;
        let seconds = start.elapsed().as_secs_f64();
        let bytes = view.numbers(&scores) * size_of::<T>();
        Ok((name.clone(), view, bytes, seconds))
    }

    fn row(
        &self,
        reference: &Reference<T>,
        exact: &Fisher<Dense<T>>,
        (name, view, bytes, seconds): Estimate<T>,
    ) -> Outcome<Row> {
        let matrix = reference.compare(view.operator())?;
        let direction: Array1<T> = view
            .solve(
                self.lin.gradient().view(),
                &Solving {
                    solver: "auto",
                    damping: Damping::Exact(self.damping),
                    tolerance: if T::NAME == f32::NAME { 1e-5 } else { 1e-10 },
                    max_iterations: 10 * self.lin.dim(),
                },
            )?
            .direction;
        Ok(Row {
            name,
            matrix: Some(matrix),
            direction: matrix.direction,
            step: self.step(exact, direction.view())?,
            error: view.provenance().error,
            bytes: Some(bytes),
            seconds: Some(seconds),
        })
    }

    fn step(&self, exact: &Fisher<Dense<T>>, direction: ArrayView1<'_, T>) -> Outcome<Option<TrialStep>> {
        let Some((network, x)) = self.network else { return Ok(None) };
        Ok(TrialStep::measure(network, x, self.lin, exact, direction, self.divergence)?)
    }
}
