//! What the pages say of the tests: every test that they name exists.

use natgrad::optimizer::MethodSettings;
use std::collections::HashSet;
use std::path::Path;
use std::{fs, io};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Paths of the files under `folder` with this extension, relative to it and without the extension, as `a/b/c`.
fn files(folder: &Path, extension: &str) -> io::Result<Vec<String>> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(next)? {
            let path = entry?.path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|e| e == extension) {
                let name = path.strip_prefix(folder).unwrap_or(&path).with_extension("");
                found.push(name.to_string_lossy().replace('\\', "/"));
            }
        }
    }
    Ok(found)
}

/// `floor::module` for every file of tests, and `floor::module::test` for every test written out in it.
fn tests() -> io::Result<(HashSet<String>, HashSet<String>)> {
    let (mut modules, mut tests) = (HashSet::new(), HashSet::new());
    for file in files(&root().join("tests"), "rs")? {
        let module = file.trim_end_matches("/mod").replace('/', "::");
        let text = fs::read_to_string(root().join("tests").join(file).with_extension("rs"))?;
        for piece in text.split("#[test]").skip(1) {
            if let Some((name, _)) = piece.split_once("fn ").and_then(|(_, rest)| rest.split_once('(')) {
                tests.insert(format!("{module}::{name}"));
            }
        }
        // Those that run in both precisions.
        for piece in text.split("on_both!(").skip(1) {
            let names = piece.split(')').next().unwrap_or_default();
            tests.extend(names.split(',').map(|name| format!("{module}::{}", name.trim())));
        }
        modules.insert(module);
    }
    Ok((modules, tests))
}

/// The names in backticks that look like paths.
fn paths(text: &str) -> Vec<&str> {
    let name = |x: &&str| {
        x.contains("::")
            && x.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "_:".contains(c))
    };
    text.split('`').skip(1).step_by(2).filter(name).collect()
}

#[test]
fn every_test_that_the_page_on_other_packages_names_exists() -> io::Result<()> {
    let (_, tests) = tests()?;
    let page = fs::read_to_string(root().join("docs/elsewhere.md"))?;
    let rows: Vec<&str> = page
        .lines()
        .filter(|line| line.starts_with("| ") && !line.starts_with("| what ") && !line.starts_with("|---"))
        .collect();
    assert_eq!(rows.len(), 17);
    for row in rows {
        let named = paths(row);
        assert!(!named.is_empty(), "no test: {row}");
        for test in named {
            assert!(tests.contains(test), "docs/elsewhere.md names {test}, which is no test");
        }
    }
    Ok(())
}

#[test]
fn every_test_that_the_page_on_the_optimizers_names_exists() -> io::Result<()> {
    let (modules, tests) = tests()?;
    let page = fs::read_to_string(root().join("docs/optimizers.md"))?;
    let named = paths(&page);
    assert!(named.len() >= MethodSettings::NAMES.len());
    for test in named {
        let known = modules.contains(test) || tests.contains(test);
        assert!(known, "docs/optimizers.md names {test}, which is no test");
    }
    for method in MethodSettings::NAMES {
        assert!(page.contains(&format!("| `{method}` |")), "docs/optimizers.md has no row for {method}");
    }
    Ok(())
}

/// `# Checked by` in the documentation of the library names modules of tests, or tests.
#[test]
fn every_test_that_the_documentation_names_exists() -> io::Result<()> {
    let (modules, tests) = tests()?;
    let mut wrong = Vec::new();
    for file in files(&root().join("src"), "rs")? {
        let text = fs::read_to_string(root().join("src").join(&file).with_extension("rs"))?;
        for part in text.split("# Checked by\n").skip(1) {
            let lines = part
                .lines()
                .map(|line| line.trim_start().trim_start_matches("///").trim_start_matches("//!"));
            let paragraph: Vec<&str> =
                lines.take_while(|line| !line.trim().is_empty() && line.starts_with(' ')).collect();
            for name in paths(&paragraph.join("\n")) {
                if !modules.contains(name) && !tests.contains(name) {
                    wrong.push(format!("src/{file}.rs: {name}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    Ok(())
}
