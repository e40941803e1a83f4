//! The data floor: known counts of the shipped data, files of independent writers, every refusal word for word.

#![allow(clippy::float_cmp, reason = "files and whole numbers come back exactly")]

mod atomic;
mod checkpoint;
mod csv;
mod dataset;
mod idx;
mod npz;
mod shipped;

use natgrad::{Error, Result};
use std::path::{Path, PathBuf};

/// A directory of its own that goes away with the test.
pub fn directory() -> tempfile::TempDir {
    tempfile::tempdir().expect("a temporary directory")
}

/// A file that an independent program has written.
pub fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name)
}

/// The message after the path, which must be the path given.
pub fn problem<V: std::fmt::Debug>(path: &Path, result: Result<V>) -> String {
    match result.expect_err("a refusal") {
        Error::File { path: named, problem } => {
            assert_eq!(named, path);
            assert!(!problem.contains('\n'), "one line: {problem}");
            problem
        }
        other => panic!("not about a file: {other}"),
    }
}
