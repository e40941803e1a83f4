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
         --seeds 2 --lr sgd=1,adam=0.05,adamw=0.02,fadam=0.05,natural-gradient=0.5 --json out.json --html out.html",
    );
    assert!(text.contains("455 data to train, 114 held out"), "{text}");
    assert!(text.lines().all(|line| line.chars().count() <= 120), "{text}");
    let json = place.json("out.json");
    assert_eq!(json["schema"], "natgrad/train/1");
    let tables = tables(&json);
    let summary = tables[0]["rows"].as_array().unwrap();
    assert_eq!(summary.len(), 5);
    for row in summary {
        // Optimizer, rate, training, held out, ±, accuracy, ±, seconds, diverged: far better than the ln 2 of a coin.
        let of = |k: usize| row[k].as_f64().unwrap();
        assert!(of(3) < 0.3 && of(5) > 0.9 && of(8) == 0.0, "{row}");
        assert!(of(4) > 0.0 && of(7) > 0.0, "{row}");
    }
    // Five optimizers, two seeds, the start and four epochs of eight steps.
    let all = tables[1]["rows"].as_array().unwrap();
    assert_eq!(all.len(), 5 * 2 * 5);
    assert_eq!((all[4][2].as_u64(), &all[0][4]), (Some(32), &all[10][4]));
    // Of two numbers the interval is their half distance times t_(0.975, 1).
    let (first, second) = (all[4][5].as_f64().unwrap(), all[9][5].as_f64().unwrap());
    let half_width = summary[0][4].as_f64().unwrap();
    assert!((half_width - 12.706_204_736_4 * (first - second).abs() / 2.0).abs() < 1e-9, "{half_width}");
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
    let first = losses("--lr 0.05 --threads 1");
    assert_eq!(first, losses("--lr 0.05 --threads 2"));
    assert_eq!(first, losses("--lr 0.05 --seed 0"));
    assert_ne!(first, losses("--lr 0.05 --seed 1"));
    assert_ne!(first, losses("--lr 0.02"));
    assert_eq!(losses("--lr 0.02"), losses("--lr fadam=0.02"));
}

#[test]
fn a_run_that_diverges_is_told() {
    let place = Place::new();
    let run = place.run("train --data breast-cancer --optimizer sgd --lr 1e308 --epochs 2");
    assert_eq!((run.code, run.err.as_str()), (1, "every run diverged; try smaller learning rates (--lr)\n"));
    assert!(run.out.contains("sgd from seed 0 diverged at step "), "{}", run.out);
    // A number of hundreds of digits is told with an exponent.
    let counts = place.run("train --data horse-kicks --hidden 0 --optimizer sgd --lr 1e200 --epochs 2");
    assert!(counts.out.lines().all(|line| line.chars().count() <= 200), "{}", counts.out);
    assert!(counts.out.contains("it must be a log rate"), "{}", counts.out);
    place.refuse("train --data digits --lr adam=x", "--lr adam=x: a rate must be positive and finite");
    place.refuse("train --data digits --lr lion=1", "--lr lion=1: no such optimizer in this run");
    place.refuse("train --data digits --lr 1 --batch 0", "batch = 0; it must be at least 1");
}

#[test]
fn rates_are_searched_by_one_rule_and_every_trial_is_shown() {
    let place = Place::new();
    std::fs::write(place.path("slow.toml"), "optimizer = \"adam\"\nlr = 0.003\n").unwrap();
    std::fs::write(place.path("heavy.toml"), "optimizer = \"sgd\"\nmomentum = 0.9\n").unwrap();
    let text = place.succeed(
        "train --data breast-cancer --hidden 3 --optimizer fadam,slow.toml,heavy.toml,sgd --lr sgd=0.7 --epochs 3 \
         --tune-epochs 2 --json out.json",
    );
    assert!(text.contains("Learning rates tried") && text.contains("chosen"), "{text}");
    let json = place.json("out.json");
    let tables = tables(&json);
    let rate_of = |k: usize| tables[0]["rows"][k][1].as_f64().unwrap();
    // What is told is not searched, neither by --lr nor in a file.
    assert_eq!((rate_of(1), rate_of(3)), (0.003, 0.7));
    let tried: Vec<&Value> = tables[1]["rows"].as_array().unwrap().iter().collect();
    for (row, name) in [(0, "fadam"), (2, "heavy")] {
        let mine: Vec<&&Value> = tried.iter().filter(|trial| trial[0] == name).collect();
        let best = mine
            .iter()
            .filter(|trial| trial[2].is_number())
            .min_by(|a, b| a[2].as_f64().partial_cmp(&b[2].as_f64()).unwrap())
            .unwrap();
        assert_eq!((best[1].as_f64().unwrap(), best[3].as_str()), (rate_of(row), Some("chosen")), "{name}");
        assert!(mine.len() >= 3, "{name}: {mine:?}");
    }
    assert!(tried.iter().all(|trial| trial[0] == "fadam" || trial[0] == "heavy"));
}

#[test]
fn letters_and_counts_are_trained_on() {
    let place = Place::new();
    for (line, likes, intercept) in [
        ("train --data words --words 60 --hidden 4 --lr 0.02", "words (60 words, context 3)", "per letter"),
        ("train --data ink --hidden 4 --lr 0.02", "an intercept", "per picture"),
        ("train --data horse-kicks --hidden 0 --lr 0.02", "an intercept", "15-1 tanh network"),
    ] {
        let text = place.succeed(&format!("{line} --optimizer adam --epochs 2 --seeds 2"));
        assert!(text.contains(likes) && text.contains(intercept), "{text}");
        assert_eq!(text.contains("accuracy"), line.contains("words"), "{text}");
        assert!(text.lines().all(|line| line.chars().count() <= 120), "{text}");
    }
    place.refuse("train --data digits --words 9", "--words and --context are for --data words");
    place.refuse(
        "train --data words --words 3",
        "words = 3; it must be at least 5, and at most the number there are (8000)",
    );
    place.refuse(
        "train --data mnist",
        "unknown data 'mnist'; available: digits, breast-cancer, words, ink, horse-kicks",
    );
}

#[test]
fn logits_are_regularised_for_units_on_a_sphere() {
    let place = Place::new();
    let line = "train --data digits --hidden 8 --optimizer nd-adam --lr 0.002 --epochs 4 --json out.json";
    let loss_of = |options: &str| {
        let text = place.succeed(&format!("{line} {options}"));
        (text, tables(&place.json("out.json"))[0]["rows"][0][3].as_f64().unwrap())
    };
    let (text, plain) = loss_of("");
    assert!(!text.contains("on the logits"), "{text}");
    assert_eq!(loss_of("--logits none").1, plain);
    let (text, normalised) = loss_of("--logits batch-norm:2.5");
    assert!(text.contains("Trained with batch-norm:2.5:0.001:0.9 on the logits"), "{text}");
    assert!(normalised < 0.75 * plain, "{normalised} after {plain}");
    assert!(loss_of("--logits penalty:1").1 > plain);
    // It is part of what a checkpoint belongs to.
    let keep = format!("{line} --checkpoint runs");
    place.succeed(&format!("{keep} --logits penalty:1"));
    let run = place.run(&format!("{keep} --resume --logits penalty:2"));
    assert_eq!((run.code, run.err.lines().count()), (2, 1), "{}", run.err);
    assert!(run.err.contains("logits") && run.err.contains("penalty:1"), "{}", run.err);
    let known = "known: none, penalty:WEIGHT, batch-norm:C, batch-norm:C:EPSILON:DECAY";
    for word in ["softmax", "penalty", "penalty:x", "batch-norm:1:2"] {
        let told = format!("unknown regularisation of logits '{word}'; {known}");
        place.refuse(&format!("{line} --logits {word}"), &told);
    }
    for word in ["penalty:-1", "penalty:NaN", "batch-norm:inf"] {
        let run = place.run(&format!("{line} --logits {word}"));
        assert_eq!((run.code, run.err.lines().count(), run.out.as_str()), (2, 1, ""), "{word}: {}", run.err);
    }
}
