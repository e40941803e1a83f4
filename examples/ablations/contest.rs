//! Rates, runs, and runs at the rate of the full method.

use crate::studies::{Study, Variant};
use natgrad::Result;
use natgrad::experiment::{Entrant, Experiment, Runs, Search, Tuned};
use rayon::prelude::*;
use std::collections::BTreeMap;

/// Rates are tuned on seeds that no run has.
const FIRST_TUNING_SEED: u64 = 1000;

/// What one task has to say on one study.
pub struct Results {
    tuned: BTreeMap<String, Tuned>,
    runs: BTreeMap<String, Runs>,
    fixed: BTreeMap<String, Runs>,
}

impl Results {
    /// Tuned, then trained; then once more at the rates of the full methods. Side by side: no run sees another.
    pub fn of(study: &Study, experiment: &Experiment, search: Search) -> Result<Self> {
        let mut tuning = experiment.clone();
        tuning.plan.first_seed = FIRST_TUNING_SEED;
        let mut variants: BTreeMap<String, &Variant> = BTreeMap::new();
        for block in &study.blocks {
            for variant in std::iter::once(&block.full).chain(&block.rows) {
                variants.entry(variant.entrant.name.clone()).or_insert(variant);
            }
        }
        let variants: Vec<&Variant> = variants.into_values().collect();
        let one = |variant: &&Variant| -> Result<(String, Tuned, Runs)> {
            let tuned = tuning.tune(&variant.entrant, search, &|_| ())?;
            let runs = experiment.runs(&tuned.entrant, &|_| ())?;
            eprintln!("{} {}: rate {}", experiment.task.name, variant.name, rate(&tuned.entrant));
            Ok((variant.entrant.name.clone(), tuned, runs))
        };
        let found: Result<Vec<_>> = variants.par_iter().with_max_len(1).map(one).collect();
        let (mut tuned, mut runs) = (BTreeMap::new(), BTreeMap::new());
        for (name, one_tuned, one_runs) in found? {
            tuned.insert(name.clone(), one_tuned);
            runs.insert(name, one_runs);
        }
        let mut wanted: BTreeMap<String, Entrant> = BTreeMap::new();
        for block in &study.blocks {
            let full = rate(&tuned[&block.full.entrant.name].entrant);
            for row in block.rows.iter().filter(|row| row.related) {
                if rate(&tuned[&row.entrant.name].entrant).to_bits() != full.to_bits() {
                    let mut entrant = row.entrant.clone().with_learning_rate(full);
                    entrant.name = fixed_name(&row.entrant.name, full);
                    wanted.insert(entrant.name.clone(), entrant);
                }
            }
        }
        let one = |entrant: &Entrant| Ok((entrant.name.clone(), experiment.runs(entrant, &|_| ())?));
        let wanted: Vec<Entrant> = wanted.into_values().collect();
        let fixed: Result<BTreeMap<_, _>> = wanted.par_iter().with_max_len(1).map(one).collect();
        eprintln!(
            "{} {}: {} more at the rate of the full method",
            experiment.task.name,
            study.name,
            wanted.len()
        );
        Ok(Results { tuned, runs, fixed: fixed? })
    }

    /// The search.
    pub fn tuned(&self, variant: &Variant) -> &Tuned {
        &self.tuned[&variant.entrant.name]
    }

    /// At its own rate.
    pub fn runs(&self, variant: &Variant) -> &Runs {
        &self.runs[&variant.entrant.name]
    }

    /// At another rate: that of the full method.
    pub fn at_rate(&self, variant: &Variant, rate: f64) -> &Runs {
        self.fixed.get(&fixed_name(&variant.entrant.name, rate)).unwrap_or_else(|| self.runs(variant))
    }
}

pub fn rate(entrant: &Entrant) -> f64 {
    entrant.config.settings.learning_rate()
}

fn fixed_name(name: &str, rate: f64) -> String {
    format!("{name}-at-{rate}")
}
