//! The report floor: numbers for the eye and for programs, escaping, and figures that say what they show.

mod document;
mod dot_plot;
mod figures;
mod numbers;
mod table;
mod ternary;
