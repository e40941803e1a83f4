//! Streams, threads, JSON, completions, the self-test.

use super::with_m2;
use std::io::Read;
use std::process::Stdio;

#[test]
fn the_number_of_threads_changes_no_byte() {
    let place = with_m2();
    for estimator in ["exact", "mc-systematic:7"] {
        let outputs: Vec<Vec<u8>> = ["1", "2", "5"]
            .iter()
            .map(|threads| {
                place.succeed(&format!(
                    "solve m2.npz --likelihood categorical --estimator {estimator} --damping 0.1 --threads {threads} -o out.npz"
                ));
                std::fs::read(place.path("out.npz")).unwrap()
            })
            .collect();
        assert!(outputs.windows(2).all(|pair| pair[0] == pair[1]), "{estimator}");
    }
}

#[test]
fn seeds_decide_draws() {
    let place = with_m2();
    let drawn = |seed: &str| {
        place.succeed(&format!("fisher m2.npz --likelihood categorical --estimator mc:3 {seed} -o out.npz"));
        place.matrix("out.npz", "fisher")
    };
    assert_eq!(drawn(""), drawn("--seed 0"));
    assert_ne!(drawn("--seed 0"), drawn("--seed 1"));
}

#[test]
fn json_has_a_schema_and_what_the_terminal_shows() {
    let place = with_m2();
    for (kind, line) in [
        ("fisher", "fisher m2.npz --likelihood categorical -o out.npz"),
        ("solve", "solve m2.npz --likelihood categorical --damping 0.1 -o out.npz"),
        ("compare", "compare m2.npz --likelihood categorical"),
        ("info", "info"),
    ] {
        let text = place.succeed(&format!("{line} --json out.json"));
        let json = place.json("out.json");
        assert_eq!(json["schema"], format!("natgrad/{kind}/1"), "{kind}");
        assert!(text.starts_with(json["title"].as_str().unwrap()), "{kind}");
        for part in json["parts"].as_array().unwrap() {
            for row in part["rows"].as_array().unwrap_or(&Vec::new()) {
                let name = row[0].as_str().unwrap();
                assert!(text.contains(name), "{kind}: {name}");
            }
        }
    }
    let fisher = place.json("out.json");
    assert!(fisher["parts"].as_array().unwrap().len() >= 2);
}

#[test]
fn pipes_get_no_colours_and_quiet_means_quiet() {
    let place = with_m2();
    let line = "compare m2.npz --likelihood categorical";
    assert!(!place.succeed(line).contains('\u{1b}'));
    assert_eq!(place.succeed(&format!("{line} --quiet")), "");
    assert_eq!(place.succeed("fisher m2.npz --likelihood categorical -o out.npz -q"), "");
}

#[test]
fn a_reader_who_leaves_is_no_error() {
    let place = with_m2();
    for line in ["completions bash", "--help", "compare m2.npz --likelihood categorical"] {
        let mut child = place.command(line).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let mut told = String::new();
        child.stderr.take().unwrap().read_to_string(&mut told).unwrap();
        assert_eq!((child.wait().unwrap().code(), told.as_str()), (Some(0), ""), "{line}");
    }
}

#[test]
fn the_self_test_passes() {
    let place = with_m2();
    let text = place.succeed("info --threads 2");
    assert!(text.contains(natgrad::backend_name()) && text.contains("confirmed"), "{text}");
    assert!(!text.contains("FAILED") && text.contains("1.964305592"), "{text}");
}

#[test]
fn every_shell_gets_its_completions() {
    let place = with_m2();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        assert!(place.succeed(&format!("completions {shell}")).contains("natgrad"), "{shell}");
    }
}
