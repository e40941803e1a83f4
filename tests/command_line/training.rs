//! `train`: real runs, the same for everybody.

use super::Place;
use serde_json::Value;

fn tables(json: &Value) -> Vec<&Value> {
    json["parts"].as_array().unwrap().iter().filter(|part| part["kind"] == "table").collect()
}

#[test]
fn every_optimizer_learns_the_tumours() {
    let place = Place::new();
    let text = place.succeed(
        "train --data breast-cancer --hidden 5 --optimizer sgd,adam,adamw,fadam,natural-gradient --epochs 4 \
         --seeds 2 --json out.json --html out.html",
    );
    assert!(text.contains("455 data to train, 114 held out"), "{text}");
    assert!(text.lines().all(|line| line.chars().count() <= 120), "{text}");
    let json = place.json("out.json");
    assert_eq!(json["schema"], "natgrad/train/1");
    let tables = tables(&json);
    let summary = tables[0]["rows"].as_array().unwrap();
    assert_eq!(summary.len(), 5);
    for row in summary {
        // Mean between least and greatest; far better than the ln 2 of a coin.
        let held_out: Vec<f64> = (3..6).map(|k| row[k].as_f64().unwrap()).collect();
        assert!(held_out[1] <= held_out[0] && held_out[0] <= held_out[2], "{row}");
        assert!(held_out[2] < 0.3 && row[6].as_f64().unwrap() > 0.9, "{row}");
    }
    // Five optimizers, two seeds, the start and four epochs of eight steps.
    let all = tables[1]["rows"].as_array().unwrap();
    assert_eq!(all.len(), 5 * 2 * 5);
    assert_eq!((all[4][2].as_u64(), &all[0][4]), (Some(32), &all[10][4]));
    assert_eq!(std::fs::read_to_string(place.path("out.html")).unwrap().matches("<svg").count(), 3);
}

#[test]
fn a_run_depends_on_the_seed_and_on_nothing_else() {
    let place = Place::new();
    let losses = |options: &str| -> Vec<Value> {
        place.succeed(&format!(
            "train --data breast-cancer --hidden 4 --optimizer fadam --epochs 2 --quiet --json out.json {options}"
        ));
        let json = place.json("out.json");
        tables(&json)[1]["rows"].as_array().unwrap().iter().map(|row| row[4].clone()).collect()
    };
    let first = losses("--threads 1");
    assert_eq!(first, losses("--threads 2"));
    assert_eq!(first, losses("--seed 0"));
    assert_ne!(first, losses("--seed 1"));
    assert_ne!(first, losses("--lr 0.02"));
    assert_eq!(losses("--lr 0.02"), losses("--lr fadam=0.02"));
}

#[test]
fn a_run_that_diverges_is_told() {
    let place = Place::new();
    let run = place.run("train --data breast-cancer --optimizer sgd --lr 1e308 --epochs 2");
    assert_eq!((run.code, run.err.as_str()), (1, "every run diverged; try smaller learning rates (--lr)\n"));
    assert!(run.out.contains("sgd from seed 0 diverged at step "), "{}", run.out);
    place.refuse("train --data digits --lr adam=x", "--lr adam=x: a rate must be positive and finite");
    place.refuse("train --data digits --lr lion=1", "--lr lion=1: no such optimizer in this run");
    place.refuse("train --data digits --batch 0", "batch = 0; it must be at least 1");
}
