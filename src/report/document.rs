use crate::Result;
use crate::data::write_atomically;
use crate::report::markup::escape;
use crate::report::{Svg, Table, emit};
use serde_json::{Value, json};
use std::fmt;
use std::io::Write;
use std::path::Path;

/// One part of a [`Document`].
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Part {
    /// A heading.
    Heading(String),
    /// Paragraphs, an empty line between.
    Text(String),
    /// A table.
    Table(Table),
    /// A figure, its caption below.
    Figure(Svg),
}

/// Text, tables and figures under one title: one HTML page without outside parts, or JSON.
///
/// # Example
/// ```
/// use natgrad::report::{Document, Table};
/// let mut document = Document::new("verify", "Claims & verdicts");
/// document.heading("Results").text("Two of 3 < 4.").table(Table::new("t", ["a"]));
/// assert_eq!(document.to_json()["schema"], "natgrad/verify/1");
/// assert!(document.to_html().contains("<h1>Claims &amp; verdicts</h1>\n<h2>Results</h2>\n<p>Two of 3 &lt; 4.</p>"));
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    schema: String,
    title: String,
    parts: Vec<Part>,
}

impl Document {
    /// An empty document; `kind` names the schema of its JSON, `natgrad/kind/1`.
    pub fn new(kind: &str, title: impl Into<String>) -> Self {
        Document { schema: format!("natgrad/{kind}/1"), title: title.into(), parts: Vec::new() }
    }

    /// Adds a heading.
    pub fn heading(&mut self, text: impl Into<String>) -> &mut Self {
        self.part(Part::Heading(text.into()))
    }

    /// Adds paragraphs, an empty line between.
    pub fn text(&mut self, text: impl Into<String>) -> &mut Self {
        self.part(Part::Text(text.into()))
    }

    /// Adds a table.
    pub fn table(&mut self, table: Table) -> &mut Self {
        self.part(Part::Table(table))
    }

    /// Adds a figure.
    pub fn figure(&mut self, figure: Svg) -> &mut Self {
        self.part(Part::Figure(figure))
    }

    /// Adds any part.
    pub fn part(&mut self, part: Part) -> &mut Self {
        self.parts.push(part);
        self
    }

    /// The title.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// The schema of the JSON form.
    pub fn schema(&self) -> &str {
        &self.schema
    }

    /// The parts in order.
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// The whole page: its style sheet within, light or dark as the reader's system is, no scripts.
    pub fn to_html(&self) -> String {
        let title = escape(&self.title);
        let mut html = format!(
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <title>{title}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n<h1>{title}</h1>\n"
        );
        for part in &self.parts {
            html += &body(part);
        }
        html + "</main>\n</body>\n</html>\n"
    }

    /// The document as JSON: tables in full precision, figures as captions.
    ///
    /// ```text
    /// { "schema": "natgrad/…/1", "title": …, "parts": [
    ///     { "kind": "heading", "text": … }, { "kind": "text", "text": … },
    ///     { "kind": "figure", "caption": … }, { "kind": "table", … as Table::to_json … } ] }
    /// ```
    pub fn to_json(&self) -> Value {
        let parts: Vec<Value> = self
            .parts
            .iter()
            .map(|part| match part {
                Part::Heading(text) => json!({ "kind": "heading", "text": text }),
                Part::Text(text) => json!({ "kind": "text", "text": text }),
                Part::Table(table) => table.to_json(),
                Part::Figure(figure) => json!({ "kind": "figure", "caption": figure.caption() }),
            })
            .collect();
        json!({ "schema": self.schema, "title": self.title, "parts": parts })
    }

    /// Writes the page, completely or not at all.
    ///
    /// # Errors
    /// [`Error::File`](crate::Error::File).
    pub fn write_html(&self, path: impl AsRef<Path>) -> Result<()> {
        write_atomically(path, |file| file.write_all(self.to_html().as_bytes()))
    }

    /// Writes the JSON, completely or not at all.
    ///
    /// # Errors
    /// [`Error::File`](crate::Error::File).
    pub fn write_json(&self, path: impl AsRef<Path>) -> Result<()> {
        write_atomically(path, |file| writeln!(file, "{:#}", self.to_json()))
    }

    /// Shows the document in a notebook, as HTML with plain text beside.
    pub fn evcxr_display(&self) {
        let html: String = self.parts.iter().map(body).collect();
        let html = format!("<h1>{}</h1>\n{html}", escape(&self.title));
        emit(&[("text/html", &html), ("text/plain", &self.to_string())]);
    }
}

/// The terminal form: figures are their captions.
impl fmt::Display for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.title)?;
        for part in &self.parts {
            match part {
                Part::Heading(text) => writeln!(f, "\n## {text}")?,
                Part::Text(text) => writeln!(f, "\n{text}")?,
                Part::Table(table) => write!(f, "\n{table}")?,
                Part::Figure(figure) => writeln!(f, "\n[figure] {}", figure.caption())?,
            }
        }
        Ok(())
    }
}

fn body(part: &Part) -> String {
    match part {
        Part::Heading(text) => format!("<h2>{}</h2>\n", escape(text)),
        Part::Text(text) => text
            .split("\n\n")
            .filter(|paragraph| !paragraph.trim().is_empty())
            .map(|paragraph| format!("<p>{}</p>\n", escape(paragraph.trim())))
            .collect(),
        Part::Table(table) => format!("<div class=\"wide\">\n{}</div>\n", table.to_html()),
        Part::Figure(figure) => format!(
            "<figure>\n{}\n<figcaption>{}</figcaption>\n</figure>\n",
            figure.markup(),
            escape(figure.caption())
        ),
    }
}

const STYLE: &str = "\
:root { color-scheme: light dark; --ink: #1b1f24; --faint: #59636e; --line: #d1d9e0; --paper: #ffffff; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6e9ec; --faint: #9aa4af; --line: #3a424b; --paper: #14181d; } }
body { margin: 0; background: var(--paper); color: var(--ink);
  font: 16px/1.5 system-ui, -apple-system, \"Segoe UI\", Roboto, sans-serif; }
main { max-width: 60rem; margin: 0 auto; padding: 2rem 1rem 4rem; }
h1 { font-size: 1.7rem; line-height: 1.2; } h2 { font-size: 1.25rem; margin-top: 2.5rem; }
.wide { overflow-x: auto; margin: 1.5rem 0; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: 0.9rem; }
caption { text-align: left; font-weight: 600; padding: 0.3rem 0; }
th, td { padding: 0.3rem 0.8rem; border-bottom: 1px solid var(--line); }
thead th { border-bottom: 2px solid var(--faint); white-space: nowrap; vertical-align: bottom; }
tfoot td { border: 0; color: var(--faint); font-size: 0.85rem; }
figure { margin: 1.5rem 0; } figure svg { max-width: 100%; height: auto; background: #ffffff; border-radius: 6px; }
figcaption { color: var(--faint); font-size: 0.9rem; margin-top: 0.4rem; }
";
