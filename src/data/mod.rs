//! Data in and out: the shipped data sets, and the formats other programs speak.
//!
//! ```text
//! inputs: N × D,    labels: N × L    (categorical: one column of class indices 0, 1, …)
//! ```
//!
//! | to get | use |
//! |---|---|
//! | handwritten digits, 10 classes | [`digits`] |
//! | tumours, benign or malignant | [`breast_cancer`] |
//! | English words, next-letter prediction | [`words`], [`next_letter`] |
//! | the classical Poisson counts | [`horse_kicks`] |
//! | the same by corps and year, with four corps more | [`horse_kicks_by_corps`] |
//! | the lower half of a digit from its upper half, as counts | [`ink`] |
//! | your own numbers with a header | [`NumericTable`] (CSV) |
//! | a run that can go on | [`Checkpoint`] |
//! | arrays from NumPy, and back | [`Npz`], [`NpzWriter`], [`read_npy`], [`write_npy`] |
//! | MNIST and its relatives | [`read_idx`], [`write_idx`] |
//!
//! If unsure, use [`digits`]: `let (train, test) = digits::<f64>()?.split(0.2, 0)?`.
//!
//! A reader believes no size that a file declares: memory grows with the bytes that really come. A writer never
//! leaves half a file: see [`write_atomically`].

mod atomic;
mod latch;
mod element;
mod dataset;
mod standardizer;
mod table;
mod npy;
mod npz;
mod npz_writer;
mod checkpoint;
mod idx;
mod digits;
mod ink;
mod breast_cancer;
mod words;
mod horse_kicks;

pub use atomic::{AtomicWriter, write_atomically};
pub use breast_cancer::breast_cancer;
pub use checkpoint::Checkpoint;
pub use dataset::Dataset;
pub use digits::digits;
pub use horse_kicks::{horse_kicks, horse_kicks_by_corps, horse_kicks_table};
pub use idx::{IdxType, read_idx, write_idx};
pub use ink::ink;
pub use npy::{read_npy, write_npy};
pub use npz::Npz;
pub use npz_writer::NpzWriter;
pub use standardizer::Standardizer;
pub use table::NumericTable;
pub use words::{next_letter, words};
