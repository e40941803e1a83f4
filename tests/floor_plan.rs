//! Imports point down: `lib.rs` declares the floors in order, and no floor names one declared after it.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Floors in the order of their `mod` lines, and the floor of every name re-exported at the root.
struct Plan {
    floors: Vec<String>,
    home: HashMap<String, String>,
}

impl Plan {
    fn read(lib: &str) -> Plan {
        let code = without_comments(lib);
        let floors = code
            .lines()
            .filter_map(|line| line.trim().trim_start_matches("pub ").strip_prefix("mod ")?.strip_suffix(';'))
            .map(str::to_owned)
            .collect();
        let mut home = HashMap::new();
        for statement in code.split(';').filter_map(|part| part.trim().strip_prefix("pub use ")) {
            if let Some((floor, names)) = statement.split_once("::") {
                for name in names.trim_matches(['{', '}']).split(',') {
                    home.insert(name.trim().to_owned(), floor.to_owned());
                }
            }
        }
        Plan { floors, home }
    }

    /// The floors above `floor` that `source` names.
    fn upward(&self, floor: &str, source: &str) -> Vec<String> {
        let level = |name: &str| self.floors.iter().position(|f| f == name);
        names_after_crate(&without_comments(source))
            .into_iter()
            .map(|name| self.home.get(&name).cloned().unwrap_or(name))
            .filter(|name| level(name) > level(floor))
            .collect()
    }
}

fn without_comments(source: &str) -> String {
    let lines = source.lines().map(|line| line.split("//").next().unwrap_or_default());
    lines.collect::<Vec<_>>().join("\n")
}

/// The first path segment after every `crate::`, groups in braces included.
fn names_after_crate(code: &str) -> Vec<String> {
    let mut names = Vec::new();
    for (at, _) in code.match_indices("crate::") {
        let rest = &code[at + "crate::".len()..];
        let group = match rest.strip_prefix('{') {
            None => vec![rest],
            Some(inside) => {
                let (mut depth, mut start, mut parts) = (0, 0, Vec::new());
                for (i, c) in inside.char_indices() {
                    match c {
                        '{' => depth += 1,
                        '}' if depth == 0 => {
                            parts.push(&inside[start..i]);
                            break;
                        }
                        '}' => depth -= 1,
                        ',' if depth == 0 => {
                            parts.push(&inside[start..i]);
                            start = i + 1;
                        }
                        _ => {}
                    }
                }
                parts
            }
        };
        for part in group {
            let part = part.trim_start();
            let end = part.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(part.len());
            names.push(part[..end].to_owned());
        }
    }
    names
}

fn sources(path: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(path).expect("a folder of sources") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

#[test]
fn imports_point_down() {
    let src = root();
    let plan = Plan::read(&fs::read_to_string(src.join("lib.rs")).expect("lib.rs"));
    assert!(plan.floors.len() >= 12, "read only {:?}", plan.floors);
    assert_eq!(plan.home["Network"], "model");
    let mut checked = 0;
    for floor in &plan.floors {
        let mut files = vec![src.join(format!("{floor}.rs"))];
        if src.join(floor).is_dir() {
            files.clear();
            sources(&src.join(floor), &mut files);
        }
        for file in files {
            let source = fs::read_to_string(&file).expect("a source file");
            let upward = plan.upward(floor, &source);
            assert!(upward.is_empty(), "{} reaches up to {upward:?}", file.display());
            checked += 1;
        }
    }
    assert!(checked > 50, "only {checked} files were read");
}

#[test]
fn a_planted_upward_import_is_seen() {
    let plan = Plan::read("pub mod low;\nmod middle;\npub mod high;\npub use high::{Roof, Gable};");
    assert_eq!(plan.upward("low", "use crate::middle::x;"), ["middle"]);
    assert_eq!(plan.upward("low", "use crate::{Gable, low::{a, b}, middle};"), ["high", "middle"]);
    assert_eq!(plan.upward("low", "fn f() { crate::high::g() }"), ["high"]);
    assert!(plan.upward("high", "use crate::{low, middle, Roof};").is_empty());
    assert!(plan.upward("low", "/// see [`high`](crate::high)").is_empty());
}

/// Small files, one idea each. A file that must be longer says why in the list below.
#[test]
fn no_source_file_is_longer_than_four_hundred_lines() {
    let allowed: [&str; 0] = [];
    let mut files = Vec::new();
    sources(&root(), &mut files);
    for file in files {
        let name = file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let lines = fs::read_to_string(&file).expect("a source file").lines().count();
        assert!(lines <= 400 || allowed.contains(&name), "{} has {lines} lines", file.display());
    }
}
