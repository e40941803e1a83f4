//! A run that is interrupted anywhere ends with the same bits.

use super::tuning::experiment;
use natgrad::data::Checkpoint;
use natgrad::experiment::{Entrant, Experiment, Plan, Run, Store};
use natgrad::optimizer::{Batches, MethodSettings, Optimizer, Training};

/// All that a run ends with, but for the time it took.
fn bits(run: &Run) -> (Vec<u64>, Vec<[u64; 4]>) {
    let theta = run.network.parameters().iter().map(|x| x.to_bits()).collect();
    let point = |p: &natgrad::experiment::Point| {
        let accuracy = p.accuracy.unwrap_or(-1.0);
        [p.step, p.train_loss.to_bits(), p.held_out_loss.to_bits(), accuracy.to_bits()]
    };
    (theta, run.points.iter().map(point).collect())
}

fn kept(directory: &std::path::Path, every: Option<u64>, epochs: u64) -> Experiment {
    let mut kept = experiment(Some(Store { directory: directory.into(), every, resume: true }));
    kept.plan = Plan { epochs, ..kept.plan };
    kept
}

/// Of every method there is: the first epoch by one program, the second by another.
#[test]
fn a_run_goes_on_with_the_same_bits() {
    for name in MethodSettings::NAMES {
        let place = tempfile::tempdir().unwrap();
        let entrant = Entrant::named(name).unwrap();
        let straight = experiment(None).run(&entrant, 5, &|_| ()).unwrap();
        kept(place.path(), None, 1).run(&entrant, 5, &|_| ()).unwrap();
        let resumed = kept(place.path(), None, 2).run(&entrant, 5, &|_| ()).unwrap();
        assert_eq!(bits(&resumed), bits(&straight), "{name}");
        // Finished: read, not run.
        let path = place.path().join(format!("{name}.seed5.npz"));
        let written = std::fs::read(&path).unwrap();
        let read = kept(place.path(), None, 2).run(&entrant, 5, &|_| ()).unwrap();
        assert_eq!(read, resumed, "{name}");
        assert_eq!(std::fs::read(&path).unwrap(), written, "{name}");
        let beyond = kept(place.path(), None, 1).run(&entrant, 5, &|_| ()).unwrap_err().to_string();
        assert_eq!(beyond, format!("{}: has 16 steps, beyond the 8 asked for", path.display()), "{name}");
    }
}

#[test]
fn other_settings_are_refused_by_name() {
    let place = tempfile::tempdir().unwrap();
    let adam = Entrant::named("adam").unwrap();
    kept(place.path(), Some(3), 1).run(&adam, 0, &|_| ()).unwrap();
    let path = place.path().join("adam.seed0.npz");
    let told = |experiment: &Experiment, entrant: &Entrant| {
        let error = experiment.run(entrant, 0, &|_| ()).unwrap_err().to_string();
        error.strip_prefix(&format!("{}: was written with ", path.display())).expect(&error).to_owned()
    };
    let usual = kept(place.path(), Some(3), 2);
    assert_eq!(told(&usual, &adam.clone().with_learning_rate(0.5)), "optimizer.lr = 0.001, not 0.5");
    let mut other = usual.clone();
    other.plan.batch = 32;
    assert_eq!(told(&other, &adam), "batch = 64, not 32");
    other.plan.batch = 64;
    other.shape.hidden = vec![3];
    assert_eq!(told(&other, &adam), "network = 30-2-1 tanh network, not 30-3-1 tanh network");
    let mut other = usual.clone();
    other.task.train.x[[0, 0]] += 1e-9;
    let data = told(&other, &adam);
    assert!(data.starts_with("data = ") && data.len() == "data = , not ".len() + 128, "{data}");
    // A file of another run under the name of this one.
    std::fs::copy(&path, place.path().join("adam.seed1.npz")).unwrap();
    let error = usual.run(&adam, 1, &|_| ()).unwrap_err().to_string();
    assert!(error.ends_with("was written with seed = 0, not 1"), "{error}");
    // Without leave to go on, it is in the way, unless there is nothing in it.
    let mut fresh = usual.clone();
    fresh.store.as_mut().unwrap().resume = false;
    let written = std::fs::read(&path).unwrap();
    assert!(fresh.run(&adam, 0, &|_| ()).is_err() && fresh.check_store(std::slice::from_ref(&adam)).is_err());
    assert_eq!(std::fs::read(&path).unwrap(), written);
    std::fs::write(&path, b"").unwrap();
    fresh.plan.seeds = 1;
    fresh.check_store(std::slice::from_ref(&adam)).unwrap();
    fresh.run(&adam, 0, &|_| ()).unwrap();
}

#[test]
fn a_run_that_diverged_stays_so() {
    let place = tempfile::tempdir().unwrap();
    let wild = Entrant::named("sgd").unwrap().with_learning_rate(1e308);
    let first = kept(place.path(), None, 2).run(&wild, 0, &|_| ()).unwrap();
    assert!(first.diverged.is_some());
    assert_eq!(kept(place.path(), None, 2).run(&wild, 0, &|_| ()).unwrap(), first);
    let saved = Checkpoint::read(place.path().join("sgd.seed0.npz")).unwrap();
    assert_eq!(saved.status("diverged"), first.diverged.as_deref());
}

/// From any step of an epoch, the batches that follow are those of a run from the start.
#[test]
fn training_resumes_at_any_step() {
    let task = experiment(None).task;
    let network = task.network(&experiment(None).shape, 0).unwrap();
    let new_method = || -> Box<dyn Optimizer<f64>> {
        Entrant::named("fadam").unwrap().config.optimizer(network.layout().clone()).unwrap()
    };
    let batches = Batches::new(64, 9).unwrap();
    let (x, y) = (task.train.x.clone(), task.train.y.clone());
    let start = |network, steps| {
        Training::resume(network, task.likelihood.clone(), x.clone(), y.clone(), batches, steps).unwrap()
    };
    let (mut whole, mut method) = (start(network.clone(), 0), new_method());
    let mut cuts = Vec::new();
    for _ in 0..18 {
        cuts.push((whole.network().clone(), natgrad::optimizer::Method::state(&method)));
        whole.step(&mut method).unwrap();
    }
    for (steps, (there, state)) in cuts.into_iter().enumerate() {
        let (mut part, mut method) = (start(there, steps as u64), new_method());
        natgrad::optimizer::Method::restore(&mut method, &state).unwrap();
        assert_eq!((part.steps(), part.epochs()), (steps as u64, steps as u64 / 8));
        while part.steps() < 18 {
            part.step(&mut method).unwrap();
        }
        assert_eq!(part.network(), whole.network(), "from step {steps}");
        assert_eq!(part.epochs(), whole.epochs());
    }
}
