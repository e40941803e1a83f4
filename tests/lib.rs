//! The test suite: one binary that mirrors the floors of the crate.

mod fisher;
