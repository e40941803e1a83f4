//! How far the preconditioner of AdaFisher is from a constant, and its iterates from those of plain momentum.

use crate::contest::rate;
use crate::tables::signed;
use natgrad::Result;
use natgrad::experiment::{Entrant, Experiment, MeanInterval};
use natgrad::optimizer::{AdaFisher, Batches, Optimizer, Settings, Sgd, Training};
use natgrad::report::{Alignment, Cell, Column, Format, Table};

/// What one run shows.
struct Seen {
    /// Per refresh: least F, largest F.
    ranges: Vec<[f64; 2]>,
    /// |θ − θ'| / |θ − θ₀|, θ' the iterate of the twin.
    distance: f64,
    /// Training loss of the twin, less that of AdaFisher.
    loss: f64,
}

/// AdaFisher, and on the same batches its twin: averaged gradients at the rate η/mean F, one number for all coordinates.
fn watch(experiment: &Experiment, settings: AdaFisher, seed: u64) -> Result<Option<Seen>> {
    let network = experiment.task.network(&experiment.shape, seed)?;
    let start = network.parameters();
    let mut method = settings.build::<f64>(network.layout().clone())?;
    let sgd = Sgd { momentum: settings.beta1, ..Sgd::default() };
    let mut twin_method: Box<dyn Optimizer<f64>> = Box::new(sgd.build(network.layout().clone())?);
    let training = || {
        let (train, likelihood) = (&experiment.task.train, experiment.task.likelihood.clone());
        let batches = Batches::new(experiment.plan.batch, seed)?;
        Training::new(network.clone(), likelihood, train.x.clone(), train.y.clone(), batches)
    };
    let (mut main, mut twin) = (training()?, training()?);
    let mut ranges = Vec::new();
    while main.epochs() < experiment.plan.epochs {
        let due = method.is_refresh_due();
        if main.step(&mut method).is_err() {
            return Ok(None);
        }
        let curvature = method.curvature();
        if due {
            let low = curvature.iter().copied().fold(f64::INFINITY, f64::min);
            ranges.push([low, curvature.iter().copied().fold(f64::NEG_INFINITY, f64::max)]);
        }
        // The buffer of SGD is a sum: m̂ = (1 − β)/(1 − β^t) of it.
        let correction = 1.0 - settings.beta1.powi(main.steps() as i32);
        let rate = settings.learning_rate * (1.0 - settings.beta1) / correction;
        twin_method.set_learning_rate(rate / curvature.mean().unwrap_or(1.0))?;
        if twin.step(&mut twin_method).is_err() {
            return Ok(None);
        }
    }
    let (theta, other) = (main.network().parameters(), twin.network().parameters());
    let norm = |x: natgrad::ndarray::Array1<f64>| x.dot(&x).sqrt();
    let loss = |training: &Training<f64>| {
        let train = &experiment.task.train;
        training.network().loss(&experiment.task.likelihood, &train.x, &train.y)
    };
    Ok(Some(Seen {
        ranges,
        distance: norm(&other - &theta) / norm(&theta - &start),
        loss: loss(&twin)? - loss(&main)?,
    }))
}

/// The presets at their tuned rates, over all seeds.
pub fn table(experiment: &Experiment, presets: &[(&str, &Entrant)], momentum: &Entrant) -> Result<Table> {
    let mut table = Table::new(
        format!("{}: how constant F is", experiment.task.name),
        [
            Column::new("preset"),
            Column::new("rate").format(Format::Significant(3)),
            Column::new("rate/λ").format(Format::Significant(3)),
            Column::new("F by refresh, least … largest").align(Alignment::Left),
            Column::new("distance of the twin").format(Format::Significant(3)),
            Column::new("loss of the twin, less its own").align(Alignment::Right),
        ],
    );
    for (name, entrant) in presets {
        let settings = AdaFisher::preset(name)?.with_learning_rate(rate(entrant));
        let seen: Result<Vec<Option<Seen>>> =
            experiment.plan.seeds().map(|seed| watch(experiment, settings, seed)).collect();
        let seen: Vec<Seen> = seen?.into_iter().flatten().collect();
        let count = seen.iter().map(|one| one.ranges.len()).max().unwrap_or(0);
        let range = |k: usize| {
            let at = seen.iter().filter_map(|one| one.ranges.get(k));
            let [low, high] = at.fold([f64::INFINITY, 0.0f64], |[l, h], r| [l.min(r[0]), h.max(r[1])]);
            format!("{low:.3e} … {high:.3e}")
        };
        let ranges: Vec<String> =
            (0..count.min(3)).chain((count > 3).then(|| count - 1)).map(range).collect();
        let distances: Vec<f64> = seen.iter().map(|one| one.distance).collect();
        let losses = MeanInterval::of(&seen.iter().map(|one| one.loss).collect::<Vec<_>>());
        let loss =
            losses.map(|loss| format!("{} ± {:.4}", signed(loss.mean, 4), loss.half_width.unwrap_or(0.0)));
        table.row([
            (*name).into(),
            settings.learning_rate.into(),
            (settings.learning_rate / settings.damping).into(),
            ranges.join("; ").into(),
            MeanInterval::of(&distances).map(|distance| distance.mean).into(),
            loss.map_or(Cell::Missing, Into::into),
        ])?;
    }
    table.note(format!(
        "All {} seeds; of more than three refreshes the first three and the last. Twin: averaged gradients at the rate \
         η/mean F; its distance is |θ − θ'|/|θ − θ₀| at the end. SGD with momentum 0.9, tuned by itself, has a rate of \
         {} for averaged gradients (ten times the {} of its sums).",
        experiment.plan.seeds,
        10.0 * rate(momentum),
        rate(momentum)
    ));
    Ok(table)
}
