//! The example at the end of every help runs as it stands, on files that are what their makers say.

use super::{Place, m2};
use natgrad::data::NpzWriter;
use natgrad::ndarray::array;
use std::path::{Path, PathBuf};

const SUBCOMMANDS: [&str; 8] =
    ["verify", "fisher", "solve", "compare", "replay", "train", "info", "completions"];

fn shipped(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(name)
}

/// Four steps of three gradients: the sequence of the golden vectors.
fn gradients() -> NpzWriter {
    let mut npz = NpzWriter::new();
    npz.array("theta0/w", &array![0.5, -1.0, 2.0])
        .and_then(|npz| {
            let gradients = array![[0.1, -0.2, 0.3], [0.05, 0.4, -0.1], [-0.2, 0.1, 0.0], [1.0, -2.0, 0.5]];
            npz.array("grad/w", &gradients)
        })
        .expect("arrays");
    npz
}

#[test]
fn the_shipped_problems_are_what_they_say() {
    let place = Place::new();
    for (name, npz) in [("problem.npz", m2()), ("gradients.npz", gradients())] {
        npz.write(place.path(name)).unwrap();
        let (made, found) = (std::fs::read(place.path(name)).unwrap(), std::fs::read(shipped(name)).unwrap());
        assert!(made == found, "examples/{name} is not what this test makes");
    }
}

#[test]
fn the_example_of_every_help_runs() {
    let place = Place::new();
    std::fs::create_dir(place.path("examples")).unwrap();
    for name in ["problem.npz", "gradients.npz", "fadam.toml"] {
        std::fs::copy(shipped(name), place.path(&format!("examples/{name}"))).unwrap();
    }
    for subcommand in std::iter::once("").chain(SUBCOMMANDS) {
        let help = place.succeed(&format!("{subcommand} --help"));
        let (_, example) = help.split_once("Example:").expect("an example");
        let example = example.replace("\\\n", " ");
        let line = example.trim().strip_prefix("cargo natgrad ").unwrap_or_else(|| panic!("{example:?}"));
        assert_eq!(line.lines().count(), 1, "{subcommand} does not end with its example: {line}");
        // The shell's part of the example is the shell's to test.
        let line = line.split(" > ").next().unwrap_or_default();
        assert!(help.lines().all(|line| line.chars().count() <= 120), "{help}");
        assert!(!place.succeed(line).is_empty(), "{line}");
    }
}

#[test]
fn help_lists_every_subcommand_and_no_other() {
    let help = Place::new().succeed("--help");
    let listed: Vec<&str> = help
        .lines()
        .skip_while(|line| !line.starts_with("Commands:"))
        .skip(1)
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    assert!(SUBCOMMANDS.iter().all(|name| listed.contains(name)), "{listed:?}");
}
