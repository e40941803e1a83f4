//! `natgrad verify`: what it prints, what it writes, how it ends.

use serde_json::Value;
use std::path::Path;
use std::process::{Command, Output};

/// Runs `natgrad verify …` in a directory: exit code and both streams.
fn verify(directory: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_natgrad"));
    let Output { status, stdout, stderr } =
        command.arg("verify").args(arguments).current_dir(directory).output().expect("the program starts");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    (status.code(), text(stdout), text(stderr))
}

fn place() -> tempfile::TempDir {
    tempfile::tempdir().expect("a directory")
}

fn files(directory: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(directory).expect("a directory");
    entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect()
}

#[test]
fn the_whole_ledger_is_as_recorded() {
    let place = place();
    let (code, out, err) = verify(place.path(), &[]);
    assert_eq!((code, err.as_str()), (Some(0), ""));
    let ids = |group: &'static str, count: usize| (1..=count).map(move |k| format!("{group}{k}"));
    for id in ids("C", 9).chain(ids("A", 10)).chain(ids("G", 7)).chain(ids("K", 1)) {
        assert!(out.lines().any(|line| line.starts_with(&format!("{id:<3}  "))), "{id} is missing");
    }
    let words = out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("27 claims, "), "{out}");
    assert!(words.contains("18 confirmed, 1 refuted, 8 hold only under a condition"), "{out}");
    assert!(words.ends_with("every verdict and every number is as recorded."), "{out}");
    assert!(out.lines().all(|line| line.chars().count() <= 110), "a line is too long");
    assert!(!out.contains('\u{1b}'), "colours in a pipe");
}

#[test]
fn a_claim_that_is_named_comes_with_its_reasons() {
    let place = place();
    let (code, out, _) = verify(place.path(), &["k1", "C9"]);
    assert_eq!(code, Some(0));
    assert!(out.find("\nC9 ").expect("C9") < out.find("\nK1 ").expect("K1"), "in the order of the ledger");
    assert!(out.contains("     refuted\n") && out.contains("ten digits printed of either"), "{out}");
    assert!(out.contains("     holds only if it is multiplied by the batch size"), "{out}");
    assert!(!out.contains("\nA1 "));
}

#[test]
fn the_list_measures_nothing() {
    let place = place();
    let (code, out, err) = verify(place.path(), &["--list", "A"]);
    assert_eq!((code, err.as_str()), (Some(0), ""));
    assert!(out.contains("\nA10 ") && !out.contains('✓') && !out.contains("\nC1 "), "{out}");
    let (code, out, _) = verify(place.path(), &["--list", "--quiet", "--json", "list.json"]);
    assert_eq!((code, out.as_str()), (Some(0), ""));
    let json: Value = serde_json::from_slice(&std::fs::read(place.path().join("list.json")).expect("a file"))
        .expect("JSON");
    assert_eq!(json["schema"], "natgrad/verify-list/1");
    assert_eq!(json["parts"][0]["rows"].as_array().map(Vec::len), Some(27));
}

#[test]
fn json_and_page_are_written() {
    let place = place();
    let arguments = ["--quiet", "--seed", "3", "--json", "v.json", "--html", "v.html"];
    let (code, out, err) = verify(place.path(), &arguments);
    assert_eq!((code, out.as_str(), err.as_str()), (Some(0), "", ""));
    let json: Value =
        serde_json::from_slice(&std::fs::read(place.path().join("v.json")).expect("a file")).expect("JSON");
    assert_eq!(json["schema"], "natgrad/verify/1");
    assert_eq!(
        (&json["seed"], &json["as_recorded"], &json["full"]),
        (&3.into(), &true.into(), &false.into())
    );
    let claims = json["claims"].as_array().expect("claims");
    assert_eq!(claims.len(), 27);
    for claim in claims {
        assert_eq!(claim["verdict"], claim["recorded"], "{claim}");
        for m in claim["measurements"].as_array().expect("measurements") {
            assert!(m["measured"].is_number() && m["tolerance"].is_number() && m["within"] == true, "{m}");
        }
    }
    let html = std::fs::read_to_string(place.path().join("v.html")).expect("a page");
    assert!(html.starts_with("<!DOCTYPE html>") && html.trim_end().ends_with("</html>"));
    assert!(html.matches("<svg").count() >= 2 && !html.contains("<script"));
    let mut found = files(place.path());
    found.sort();
    assert_eq!(found, ["v.html", "v.json"], "nothing else is left");
}

#[test]
fn bad_input_is_one_line_and_writes_nothing() {
    let place = place();
    let known = "C1, C2, C3, C4, C5, C6, C7, C8, C9, A1, A2, A3, A4, A5, A6, A7, A8, A9, A10, \
                 G1, G2, G3, G4, G5, G6, G7, K1";
    let (code, out, err) = verify(place.path(), &["Z9", "--html", "v.html"]);
    assert_eq!((code, out.as_str()), (Some(2), ""));
    assert_eq!(err, format!("unknown claim 'Z9'; known: {known}\n"));
    for arguments in
        [&["C1", "--html", "none/v.html"][..], &["--list", "--full"], &["--seed", "-1"], &["--wrong"]]
    {
        let (code, out, err) = verify(place.path(), arguments);
        assert_eq!((code, out.as_str(), err.lines().count()), (Some(2), "", 1), "{arguments:?}: {err}");
    }
    assert_eq!(files(place.path()), Vec::<String>::new());
}

#[test]
fn threads_do_not_change_a_number() {
    let place = place();
    let numbers = |threads: &str| {
        verify(place.path(), &["--quiet", "--threads", threads, "--json", "v.json"]);
        let text = std::fs::read_to_string(place.path().join("v.json")).expect("a file");
        text.lines().filter(|line| line.contains("\"measured\"")).map(str::to_owned).collect::<Vec<_>>()
    };
    let one = numbers("1");
    assert!(one.len() > 100);
    assert_eq!(one, numbers("2"));
}
