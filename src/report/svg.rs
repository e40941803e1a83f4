use crate::Result;
use crate::data::write_atomically;
use crate::report::emit;
use std::io::Write;
use std::path::Path;

/// A figure: SVG markup, and a caption that says in words what it shows.
///
/// The markup is plain (shapes, paths, text with attributes): no style sheets, no identifiers, nothing from
/// outside, so that several fit on one page and viewers that sanitise keep them.
///
/// # Example
/// ```
/// use natgrad::{ndarray::array, report::Heatmap};
/// let svg = Heatmap::new(array![[1.0, -0.5], [-0.5, 1.0]].view()).title("correlation").render()?;
/// assert!(svg.markup().starts_with("<svg ") && svg.caption().starts_with("correlation"));
/// # Ok::<(), natgrad::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Svg {
    markup: String,
    caption: String,
}

impl Svg {
    /// Wraps markup that is trusted to be SVG.
    pub fn new(markup: impl Into<String>, caption: impl Into<String>) -> Self {
        Svg { markup: markup.into(), caption: caption.into() }
    }

    /// The markup, `<svg …>…</svg>`.
    pub fn markup(&self) -> &str {
        &self.markup
    }

    /// What it shows, in words.
    pub fn caption(&self) -> &str {
        &self.caption
    }

    /// The same figure with another caption.
    pub fn with_caption(mut self, caption: impl Into<String>) -> Self {
        self.caption = caption.into();
        self
    }

    /// Writes an `.svg` file, completely or not at all.
    ///
    /// # Errors
    /// [`Error::File`](crate::Error::File).
    pub fn write(&self, path: impl AsRef<Path>) -> Result<()> {
        write_atomically(path, |file| writeln!(file, "{}", self.markup))
    }

    /// Shows the figure in a notebook, with its caption as plain text beside.
    pub fn evcxr_display(&self) {
        emit(&[("image/svg+xml", &self.markup), ("text/plain", &self.caption)]);
    }
}
