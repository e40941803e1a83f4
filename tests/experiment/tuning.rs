//! The search for a learning rate.

use natgrad::experiment::{Entrant, Experiment, NetworkShape, Plan, Search, Store, Task, start_rate};
use std::cell::Cell;

pub fn experiment(store: Option<Store>) -> Experiment {
    Experiment {
        task: Task::named("breast-cancer", 0).unwrap(),
        shape: NetworkShape { hidden: vec![2], ..NetworkShape::default() },
        plan: Plan { epochs: 2, seeds: 1, ..Plan::default() },
        store,
    }
}

const SEARCH: Search = Search { epochs: 1, seeds: 2, trials: 12 };

/// The loss of a rate by the runs themselves: what they measured after the epoch.
fn loss_of(entrant: &Entrant, rate: f64) -> f64 {
    let mut experiment = experiment(None);
    experiment.plan = Plan { epochs: 1, seeds: 2, ..experiment.plan };
    let runs = experiment.runs(&entrant.clone().with_learning_rate(rate), &|_| ()).unwrap();
    runs.last(|point| Some(point.train_loss)).unwrap().mean
}

#[test]
fn the_best_rate_is_below_both_neighbours() {
    for name in ["sgd", "fadam", "natural-gradient"] {
        let entrant = Entrant::named(name).unwrap();
        let tuned = experiment(None).tune(&entrant, SEARCH, &|_| ()).unwrap();
        let rate = tuned.entrant.config.settings.learning_rate();
        let at = tuned.trials.iter().position(|trial| trial.rate == rate).unwrap();
        assert!(!tuned.cut_short && at > 0 && at + 1 < tuned.trials.len(), "{tuned:?}");
        assert!(tuned.trials[at - 1].loss >= tuned.trials[at].loss);
        assert!(tuned.trials[at + 1].loss >= tuned.trials[at].loss);
        assert!(tuned.trials.windows(2).all(|pair| {
            let ratio = pair[1].rate / pair[0].rate;
            (ratio - 2.0).abs() < 1e-9 || (ratio - 2.5).abs() < 1e-9
        }));
        for trial in &tuned.trials {
            assert_eq!(trial.loss, loss_of(&entrant, trial.rate), "{name} at {}", trial.rate);
        }
    }
}

#[test]
fn the_effort_is_limited_and_divergence_is_worse_than_anything() {
    let sgd = Entrant::named("sgd").unwrap();
    let short = Search { trials: 2, ..SEARCH };
    let tuned = experiment(None).tune(&sgd, short, &|_| ()).unwrap();
    assert!(tuned.cut_short && tuned.trials.len() == 2, "{tuned:?}");
    // A scale of the inputs at which every rate of the first trials diverges: the search goes down.
    let mut wild = experiment(None);
    wild.shape.hidden.clear();
    wild.task.train.x.mapv_inplace(|x| x * 1e155);
    let tuned = wild.tune(&sgd, Search { trials: 5, ..SEARCH }, &|_| ()).unwrap();
    assert!(tuned.cut_short, "{tuned:?}");
    assert!(tuned.trials.iter().all(|trial| trial.rate <= 1.0), "{tuned:?}");
    assert!(tuned.trials.iter().any(|trial| trial.loss.is_infinite()), "{tuned:?}");
}

#[test]
fn trials_are_kept_and_not_run_again() {
    let place = tempfile::tempdir().unwrap();
    let store = |resume| Some(Store { directory: place.path().join("runs"), every: None, resume });
    let adam = Entrant::named("adam").unwrap();
    let path = store(true).unwrap().rates(&adam);
    let first = experiment(store(false)).tune(&adam, SEARCH, &|_| ()).unwrap();
    let in_the_way = experiment(store(false)).tune(&adam, SEARCH, &|_| ()).unwrap_err().to_string();
    assert!(
        in_the_way.ends_with("holds an earlier run; resume it, or choose another folder"),
        "{in_the_way}"
    );
    let (written, heard) = (std::fs::read(&path).unwrap(), Cell::new(0));
    let again = experiment(store(true)).tune(&adam, SEARCH, &|_| heard.set(heard.get() + 1)).unwrap();
    assert_eq!((&again, heard.get()), (&first, first.trials.len()));
    assert_eq!(std::fs::read(&path).unwrap(), written);
    let other = Search { epochs: 2, ..SEARCH };
    let told = experiment(store(true)).tune(&adam, other, &|_| ()).unwrap_err().to_string();
    assert_eq!(told, format!("{}: was written with epochs = 1, not 2", path.display()));
}

/// Twelve trials are four decades upwards: a method whose best rate is that far from its default would be cut short.
#[test]
fn searches_start_where_rates_were_found_to_be_good() {
    for (name, rate) in
        [("sgd", 1.0), ("shampoo", 2.0), ("root-free-adamw", 2.0), ("lion", 0.01), ("nd-adam", 1e-3)]
    {
        assert_eq!(start_rate(&Entrant::named(name).unwrap().config), rate, "{name}");
    }
    let small = Experiment {
        task: Task::named("digits", 0).unwrap(),
        shape: NetworkShape { hidden: vec![4], ..NetworkShape::default() },
        plan: Plan { epochs: 2, seeds: 1, ..Plan::default() },
        store: None,
    };
    for name in ["shampoo", "root-free-adamw"] {
        let tuned = small.tune(&Entrant::named(name).unwrap(), SEARCH, &|_| ()).unwrap();
        assert!(!tuned.cut_short && tuned.trials.len() <= 8, "{tuned:?}");
    }
}
