//! Training runs: tasks cut as they say, rates found as they say, runs that go on with the same bits.

#![allow(clippy::float_cmp, reason = "a run that goes on has the same bits")]

mod differences;
mod resuming;
mod tasks;
mod tuning;
