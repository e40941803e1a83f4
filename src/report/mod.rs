//! Results as a person reads them and as a program reads them: tables, figures, one self-contained page.
//!
//! | to show | use | becomes |
//! |---|---|---|
//! | numbers in rows | [`Table`] | terminal text, Markdown, HTML, JSON |
//! | curves over steps or time | [`Curves`] | [`Svg`] |
//! | a matrix | [`Heatmap`] | [`Svg`] |
//! | numbers with intervals around zero | [`DotPlot`] | [`Svg`] |
//! | distributions on three outcomes | [`Ternary`] | [`Svg`] |
//! | all of it together | [`Document`] | one HTML page without outside parts, or JSON |
//! | any of it in a notebook | its `evcxr_display` | rich output, plain text beside |
//!
//! Rounding is for the eye: text, Markdown and HTML round to the format of the column, JSON holds every digit.

mod number;
mod markup;
mod svg;
mod table;
mod render;
mod document;
mod certificates;
mod colour;
mod drawing;
mod heatmap;
mod axis;
mod series;
mod curves;
mod dot_plot;
mod ternary;
mod notebook;

pub use certificates::{ContestNotes, certificates};
pub use colour::ColourScale;
pub use curves::Curves;
pub use document::{Document, Part};
pub use dot_plot::{Dot, DotPlot};
pub use heatmap::Heatmap;
pub use notebook::{emit, write_blocks};
pub use number::Format;
pub use svg::Svg;
pub use table::{Alignment, Cell, Column, Table};
pub use ternary::{Side, Ternary};
