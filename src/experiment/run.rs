use super::{Entrant, MeanInterval, PairedDifference};
use crate::Network;

/// One measurement of a run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// Steps taken.
    pub step: u64,
    /// Training alone; measuring and saving do not count.
    pub seconds: f64,
    /// Mean loss on all training data, nats per datum.
    pub train_loss: f64,
    /// Mean loss on what is held out: the held-out log-likelihood with its sign changed.
    pub held_out_loss: f64,
    /// The share of right answers on what is held out, where that means anything.
    pub accuracy: Option<f64>,
}

/// One method from one seed.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    /// Of weights, batches, and the method's own draws.
    pub seed: u64,
    /// At the start and after every epoch.
    pub points: Vec<Point>,
    /// Why it ended early, if it did.
    pub diverged: Option<String>,
    /// The network to use: at the last iterate, or where the method says to look.
    pub network: Network<f64>,
}

/// One method from all seeds.
#[derive(Debug, Clone, PartialEq)]
pub struct Runs {
    /// The method, with the learning rate it ran with.
    pub entrant: Entrant,
    /// One per seed, in order.
    pub runs: Vec<Run>,
}

impl Runs {
    /// The runs that came to their end.
    pub fn finished(&self) -> impl Iterator<Item = &Run> {
        self.runs.iter().filter(|run| run.diverged.is_none())
    }

    /// Mean over the finished runs of a number at their last point.
    pub fn last(&self, of: impl Fn(&Point) -> Option<f64>) -> Option<MeanInterval> {
        let ends = self.finished().filter_map(|run| run.points.last());
        MeanInterval::of(&ends.filter_map(of).collect::<Vec<_>>())
    }

    /// Mean over all runs that came as far, at the measurement of this number.
    pub fn at(&self, measurement: usize, of: impl Fn(&Point) -> Option<f64>) -> Option<MeanInterval> {
        let points = self.runs.iter().filter_map(|run| run.points.get(measurement));
        MeanInterval::of(&points.filter_map(of).collect::<Vec<_>>())
    }

    /// How a number at this measurement differs from that of another method: the mean over the seeds that came as far
    /// in both, pair by pair. `None` without such a seed.
    pub fn against(
        &self,
        reference: &Runs,
        measurement: usize,
        of: impl Fn(&Point) -> Option<f64>,
    ) -> Option<PairedDifference> {
        let number = |run: &Run| run.points.get(measurement).and_then(&of);
        let pair = |run: &Run| {
            let other = reference.runs.iter().find(|other| other.seed == run.seed)?;
            Some((number(run)?, number(other)?))
        };
        let (ours, theirs): (Vec<f64>, Vec<f64>) = self.runs.iter().filter_map(pair).unzip();
        PairedDifference::of(&ours, &theirs).ok().flatten()
    }

    /// How many diverged.
    pub fn diverged(&self) -> usize {
        self.runs.iter().filter(|run| run.diverged.is_some()).count()
    }
}
