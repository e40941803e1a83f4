//! A method is settings; a run of it returns a report.

use crate::descent::{Criterion, Evaluations, Failure, Iterate, Problem, Progress};
use crate::manifold::{Manifold, Point};
use crate::{Error, Result};
use std::fmt;

/// What one iteration did.
#[derive(Debug, Clone)]
pub enum Outcome<S> {
    /// It moved.
    Moved {
        /// The new point with its value and gradient.
        next: Box<Iterate>,
        /// What the method remembers, transported to it.
        memory: S,
        /// Length of the step in the metric, ‖v‖ of R(v).
        length: f64,
    },
    /// It tried a point and stayed where it was.
    Rejected {
        /// What the method remembers.
        memory: S,
    },
    /// It cannot go on.
    Failed(Failure),
}

/// A method of minimisation: settings, and one iteration as a function of what it remembers.
///
/// An iteration takes point and memory and returns new ones; an error leaves both as they were.
pub trait Minimizer<M: Manifold + ?Sized>: fmt::Debug {
    /// What is kept from step to step.
    type Memory: Clone + fmt::Debug;

    /// The field's name, with the variant.
    fn name(&self) -> String;

    /// The memory before the first step; settings are checked here.
    fn start(&self, problem: &Problem<'_, M>, at: &Iterate) -> Result<Self::Memory>;

    /// One iteration.
    fn step(
        &self,
        problem: &Problem<'_, M>,
        at: &Iterate,
        memory: &Self::Memory,
    ) -> Result<Outcome<Self::Memory>>;

    /// Iterations from `start` until the criterion is met.
    ///
    /// # Errors
    /// Only what is wrong before the first step: the start, the settings, the criterion. Whatever happens later is in
    /// [`Report::stop`], beside all that was found until then.
    fn minimize(&self, problem: &Problem<'_, M>, start: &Point, until: &Criterion) -> Result<Report>
    where
        Self: Sized,
    {
        until.check()?;
        let mut at = problem.iterate(start.clone())?;
        let mut memory = self.start(problem, &at)?;
        let mut history = vec![Record::first(&at)];
        let mut progress = Progress {
            iterations: 0,
            squared_decrement: at.squared_decrement,
            step_length: None,
            cost_change: None,
            not_finite: false,
        };
        let stop = loop {
            if let Some(reason) = until.met(&progress) {
                break Stop::Criterion(reason);
            }
            if at.squared_decrement <= 0.0 {
                break Stop::Stationary;
            }
            match self.step(problem, &at, &memory) {
                Err(error @ Error::NonFinite { .. }) => {
                    progress.not_finite = true;
                    break until.met(&progress).map_or(Stop::Error(error), Stop::Criterion);
                }
                Err(error) => break Stop::Error(error),
                Ok(Outcome::Failed(failure)) => break Stop::Failed(failure),
                Ok(Outcome::Rejected { memory: kept }) => {
                    memory = kept;
                    (progress.step_length, progress.cost_change) = (None, None);
                    history.push(Record { step_length: 0.0, accepted: false, ..Record::first(&at) });
                }
                Ok(Outcome::Moved { next, memory: kept, length }) => {
                    (progress.step_length, progress.cost_change) =
                        (Some(length), Some((next.value - at.value).abs()));
                    progress.squared_decrement = next.squared_decrement;
                    (at, memory) = (*next, kept);
                    history.push(Record { step_length: length, ..Record::first(&at) });
                }
            }
            progress.iterations += 1;
        };
        Ok(Report { method: self.name(), last: at, history, stop, evaluations: problem.evaluations() })
    }
}

/// One line of a run's history.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Record {
    /// f after the iteration.
    pub value: f64,
    /// ‖grad f‖ after the iteration.
    pub gradient_norm: f64,
    /// Length of the step in the metric; 0 for the start and for a rejected step.
    pub step_length: f64,
    /// Whether the point moved.
    pub accepted: bool,
}

impl Record {
    fn first(at: &Iterate) -> Record {
        Record { value: at.value, gradient_norm: at.gradient_norm(), step_length: 0.0, accepted: true }
    }
}

/// Why a run ended.
#[derive(Debug, Clone, PartialEq)]
pub enum Stop {
    /// A criterion was met: which, with the number.
    Criterion(String),
    /// The gradient is exactly zero.
    Stationary,
    /// The method found no step: why, with the numbers.
    Failed(Failure),
    /// A step was an error, for instance beyond the exit time.
    Error(Error),
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Stop::Criterion(reason) => write!(f, "{reason}"),
            Stop::Stationary => write!(f, "the gradient is zero"),
            Stop::Failed(failure) => write!(f, "no step found: {failure}"),
            Stop::Error(error) => write!(f, "error: {error}"),
        }
    }
}

/// What a run found.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// The method.
    pub method: String,
    /// The last point, with value and gradient.
    pub last: Iterate,
    /// The start and one record per iteration.
    pub history: Vec<Record>,
    /// Why it ended.
    pub stop: Stop,
    /// How often the objective was asked, by everyone who used the problem so far.
    pub evaluations: Evaluations,
}

impl Report {
    /// The last point.
    pub fn point(&self) -> &Point {
        &self.last.point
    }

    /// f there.
    pub fn value(&self) -> f64 {
        self.last.value
    }

    /// Iterations done, rejected ones included.
    pub fn iterations(&self) -> usize {
        self.history.len().saturating_sub(1)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}: f = {:e}, ‖grad f‖ = {:.3e} after {} iterations ({} values, {} gradients); {}",
            self.method,
            self.value(),
            self.last.gradient_norm(),
            self.iterations(),
            self.evaluations.values,
            self.evaluations.gradients,
            self.stop
        )
    }
}
