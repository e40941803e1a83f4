//! Integration tests: one binary that mirrors the floors.

mod data;
mod report;
