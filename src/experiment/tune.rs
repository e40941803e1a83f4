use super::rates::{grid, place, start_rate};
use super::store::settings;
use super::{Entrant, Experiment};
use crate::data::Checkpoint;
use crate::{Error, Result};
use ndarray::Array1;
use std::path::PathBuf;

/// The effort of a search for a learning rate: the same for every method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Search {
    /// Epochs of one trial.
    pub epochs: u64,
    /// Seeds of one trial, from the first of the plan.
    pub seeds: u64,
    /// Trials at most.
    pub trials: usize,
}

impl Default for Search {
    /// Ten epochs from three seeds: on the digits five from one choose rates that leap afterwards.
    fn default() -> Self {
        Search { epochs: 10, seeds: 3, trials: 12 }
    }
}

/// One learning rate and what it led to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Trial {
    /// η.
    pub rate: f64,
    /// Mean training loss over the seeds, nats per datum; infinite if a run diverged.
    pub loss: f64,
}

/// The result of a search.
#[derive(Debug, Clone, PartialEq)]
pub struct Tuned {
    /// The method, with the best rate.
    pub entrant: Entrant,
    /// Every rate tried, in increasing order.
    pub trials: Vec<Trial>,
    /// Whether the trials ran out before both neighbours of the best rate were tried.
    pub cut_short: bool,
}

impl Experiment {
    /// A learning rate for a method, by the rule that all methods share.
    ///
    /// ```text
    /// rates:   {1, 2, 5} × 10^k
    /// loss:    mean over seeds of the training loss after a few epochs; infinite if a run diverged
    /// search:  from a start per method, try both neighbours of the best rate until both are worse
    /// ```
    ///
    /// Of equal losses the smaller rate counts as better. The held-out data are never looked at. With a store, every
    /// trial is kept and not run again.
    ///
    /// # Errors
    /// Those of [`Experiment::run`].
    pub fn tune(&self, entrant: &Entrant, search: Search, tried: &dyn Fn(Trial)) -> Result<Tuned> {
        let start = place(start_rate(&entrant.config));
        let mut trials = Trials { found: Vec::new(), file: self.file_of_trials(entrant, search, start)? };
        trials.read()?;
        let limit = search.trials.max(1);
        let mut best = start;
        let mut cut_short = false;
        // Replays what is known, then goes on.
        let mut seen: Vec<(i32, f64)> = Vec::new();
        let mut next = Some(start);
        while let Some(k) = next {
            if seen.len() == limit {
                cut_short = true;
                break;
            }
            let rate = grid(k);
            let known = trials.found.iter().find(|trial| place(trial.rate) == k).map(|trial| trial.loss);
            let loss = match known {
                Some(loss) => loss,
                None => {
                    let loss = self.mean_loss(&entrant.clone().with_learning_rate(rate), search)?;
                    trials.keep(Trial { rate, loss })?;
                    loss
                }
            };
            tried(Trial { rate, loss });
            seen.push((k, loss));
            seen.sort_by_key(|(k, _)| *k);
            best = seen.iter().fold(seen[0], |best, one| if one.1 < best.1 { *one } else { best }).0;
            next = [best - 1, best + 1].into_iter().find(|k| seen.iter().all(|(seen, _)| seen != k));
        }
        let trials = seen.into_iter().map(|(k, loss)| Trial { rate: grid(k), loss }).collect();
        Ok(Tuned { entrant: entrant.clone().with_learning_rate(grid(best)), trials, cut_short })
    }

    fn mean_loss(&self, entrant: &Entrant, search: Search) -> Result<f64> {
        let mut total = 0.0;
        for k in 0..search.seeds.max(1) {
            total += self.loss_after(entrant, self.plan.first_seed.wrapping_add(k), search.epochs)?;
            if total.is_infinite() {
                break;
            }
        }
        Ok(total / search.seeds.max(1) as f64)
    }

    fn file_of_trials(
        &self,
        entrant: &Entrant,
        search: Search,
        start: i32,
    ) -> Result<Option<(PathBuf, Checkpoint, bool)>> {
        let Some(store) = &self.store else { return Ok(None) };
        store.make()?;
        let path = store.rates(entrant);
        let base = entrant.clone().with_learning_rate(grid(start));
        let mut wanted = settings(self, &base, "learning rates")?;
        for (name, value) in [
            ("first seed", self.plan.first_seed),
            ("seeds", search.seeds),
            ("epochs", search.epochs),
            ("trials", search.trials as u64),
        ] {
            wanted = wanted.with_setting(name, value.to_string());
        }
        store.refuse_in_the_way(&path)?;
        Ok(Some((path, wanted, store.resume)))
    }
}

/// The rates tried so far, in a file if there is a store.
struct Trials {
    found: Vec<Trial>,
    file: Option<(PathBuf, Checkpoint, bool)>,
}

impl Trials {
    fn read(&mut self) -> Result<()> {
        let Some((path, wanted, true)) = &self.file else { return Ok(()) };
        if !std::fs::metadata(path).is_ok_and(|metadata| metadata.len() > 0) {
            return Ok(());
        }
        let found = Checkpoint::read(path)?;
        found.belongs_to(wanted, path)?;
        let column = |name: &str| {
            let problem = format!("is no search: it has no array '{name}'");
            found.array(name).ok_or(Error::File { path: path.clone(), problem })
        };
        let pairs = column("rates")?.iter().zip(column("losses")?.iter());
        self.found = pairs.map(|(rate, loss)| Trial { rate: *rate, loss: *loss }).collect();
        Ok(())
    }

    fn keep(&mut self, trial: Trial) -> Result<()> {
        self.found.push(trial);
        let Some((path, settings, _)) = &self.file else { return Ok(()) };
        let column = |of: fn(&Trial) -> f64| self.found.iter().map(of).collect::<Array1<f64>>();
        let mut checkpoint = settings.clone();
        checkpoint.put("rates", &column(|trial| trial.rate)).put("losses", &column(|trial| trial.loss));
        checkpoint.write(path)
    }
}
