//! Training runs that can be compared, and that survive the program.
//!
//! ```text
//! task + network + plan  →  (per method) tuned learning rate  →  runs from several seeds  →  means and intervals
//! ```
//!
//! | to | use |
//! |---|---|
//! | have data, a likelihood, and a part held out | [`Task`] |
//! | train a method from several seeds | [`Experiment::runs`] |
//! | give every method its learning rate by one rule | [`Experiment::tune`] |
//! | say how two methods differ | [`Runs::against`] |
//! | go on after a crash, with the same bits | [`Store`] |
//! | see it: tables and curves | [`summary`], [`searches`], [`figures`] |
//!
//! # What is fair
//! All methods start from the same weights and see the same batches; the learning rate of each is found by the same
//! search with the same effort, on the training loss; all other options are the method's defaults. Seconds count
//! steps alone. A run that diverges is counted, not hidden.

mod statistics;
mod entrant;
mod shape;
mod task;
mod words;
mod rates;
mod run;
mod store;
mod contest;
mod tune;
mod outcomes;

pub use contest::{Experiment, Plan};
pub use entrant::Entrant;
pub use outcomes::{figures, measurements, searches, summary};
pub use rates::start_rate;
pub use run::{Point, Run, Runs};
pub use shape::NetworkShape;
pub use statistics::{MeanInterval, PairedDifference};
pub use store::Store;
pub use task::{Part, Task, WordOptions};
pub use tune::{Search, Trial, Tuned};
