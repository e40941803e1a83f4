//! `train --checkpoint`: a program that is killed anywhere ends, after all, with the same bits.

use super::Place;
use natgrad::data::Checkpoint;
use natgrad::random::{Purpose, Streams};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

const LINE: &str = "train --data breast-cancer --hidden 3 --epochs 8 --checkpoint-every 1 --quiet \
    --optimizer fadam,adamw,natural-gradient --lr fadam=0.05,adamw=0.02,natural-gradient=0.5";

fn files(directory: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = std::fs::read_dir(directory)
        .map(|entries| entries.map(|entry| entry.unwrap().path()).collect())
        .unwrap_or_default();
    // A program that is killed while it writes leaves its temporary file; its name begins with a dot.
    found.retain(|path| path.extension().is_some_and(|e| e == "npz"));
    found.retain(|path| !path.file_name().unwrap().to_string_lossy().starts_with('.'));
    found.sort();
    found
}

/// Steps of all runs in the folder; every file there is whole.
fn steps(directory: &Path) -> u64 {
    let of = |path: &PathBuf| -> u64 {
        Checkpoint::read(path).expect("whole").status("steps").unwrap().parse().unwrap()
    };
    files(directory).iter().map(of).sum()
}

/// All that a run is, but for the seconds it took.
fn content(path: &Path) -> (Vec<(String, Vec<u64>)>, Option<String>) {
    let saved = Checkpoint::read(path).expect("a checkpoint");
    let mut arrays = Vec::new();
    for (name, array) in saved.arrays().filter(|(name, _)| *name != "seconds") {
        let columns = array.ndim();
        let kept = array.indexed_iter().filter(|(at, _)| name != "points" || columns < 2 || at[1] != 1);
        arrays.push((name.to_owned(), kept.map(|(_, x)| x.to_bits()).collect()));
    }
    (arrays, saved.status("steps").map(str::to_owned))
}

/// Lets the program come to a step, and a moment further.
fn wait_for_step(child: &mut Child, directory: &Path, step: u64, moment: Duration) {
    let start = Instant::now();
    while steps(directory) < step && child.try_wait().unwrap().is_none() {
        assert!(start.elapsed() < Duration::from_secs(60), "the program does not come to step {step}");
        std::thread::sleep(Duration::from_micros(100));
    }
    std::thread::sleep(moment);
}

#[test]
fn a_program_killed_ten_times_ends_with_the_same_bits() {
    let place = Place::new();
    place.succeed(&format!("{LINE} --checkpoint whole"));
    let whole = files(&place.path("whole"));
    assert_eq!((whole.len(), steps(&place.path("whole"))), (3, 3 * 8 * 8));
    let parts = place.path("parts");
    let mut draws = Streams::new(20, Purpose::Data).uniforms(0);
    let mut draw = || draws.next().unwrap();
    let (mut killed, mut progress) = (0, vec![0]);
    while killed < 10 {
        let mut child = place
            .command(&format!("{LINE} --checkpoint parts --resume"))
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // Aims in even distances, so that none is behind the end however far a program gets before it is killed.
        let before = *progress.last().unwrap();
        let aim = (17 * (killed + 1) + (5.0 * draw()) as u64).max(before + 1);
        wait_for_step(&mut child, &parts, aim, Duration::from_micros((3000.0 * draw()) as u64));
        let ended = child.try_wait().unwrap();
        assert!(ended.is_none(), "ended before kill {killed}: {ended:?}, steps {progress:?}");
        child.kill().unwrap();
        assert!(!child.wait().unwrap().success());
        killed += 1;
        progress.push(steps(&parts));
    }
    // Every kill fell into the run, and every program got further than the one before.
    assert!(progress.windows(2).all(|pair| pair[0] < pair[1]), "{progress:?}");
    // One method after the other, 64 steps each: every one of them was killed, and the last not at its end.
    for method in 0..3 {
        let run = 64 * method + 1..64 * (method + 1);
        assert!(progress.iter().any(|steps| run.contains(steps)), "{progress:?}");
    }
    place.succeed(&format!("{LINE} --checkpoint parts --resume"));
    for path in whole {
        let resumed = parts.join(path.file_name().unwrap());
        let (expected, found) = (content(&path), content(&resumed));
        assert!(expected.0.iter().any(|(name, _)| name == "theta" || name.starts_with("state/")));
        assert_eq!(found, expected, "{}", resumed.display());
    }
}

#[test]
fn finished_runs_are_read_and_others_are_refused() {
    let place = Place::new();
    let line =
        "train --data breast-cancer --hidden 2 --optimizer adam --epochs 2 --tune-epochs 1 --checkpoint runs";
    let first = place.succeed(line);
    let told = place.run(line);
    assert_eq!((told.code, told.out.as_str()), (2, ""));
    assert_eq!(told.err, "runs/adam.rates.npz: holds an earlier run; resume it, or choose another folder\n");
    let before: Vec<Vec<u8>> =
        files(&place.path("runs")).iter().map(|path| std::fs::read(path).unwrap()).collect();
    assert_eq!(before.len(), 2);
    // The same numbers, the seconds included: nothing was run.
    assert_eq!(place.succeed(&format!("{line} --resume")), first);
    let after: Vec<Vec<u8>> =
        files(&place.path("runs")).iter().map(|path| std::fs::read(path).unwrap()).collect();
    assert_eq!(before, after);
    place.refuse(
        &format!("{line} --resume --batch 32"),
        "runs/adam.rates.npz: was written with batch = 64, not 32",
    );
    let mut damaged = std::fs::read(place.path("runs/adam.seed0.npz")).unwrap();
    damaged.truncate(700);
    std::fs::write(place.path("runs/adam.seed0.npz"), damaged).unwrap();
    let told = place.run(&format!("{line} --resume"));
    assert_eq!((told.code, told.err.lines().count()), (2, 1));
    assert!(
        told.err.starts_with("runs/adam.seed0.npz: is not an NPZ archive, or is truncated"),
        "{}",
        told.err
    );
    let told = place.run("train --data digits --resume");
    assert_eq!((told.code, told.err.lines().count()), (2, 1), "{}", told.err);
}
