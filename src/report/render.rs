//! The forms of a table.

use crate::report::markup::{escape, markdown, plain};
use crate::report::{Alignment, Cell, Table, emit};
use comfy_table::{CellAlignment, ContentLineStyle, LineStyle, TableStyle};
use serde_json::{Map, Value, json};
use std::fmt;

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.title.is_empty() {
            writeln!(f, "{}", plain(&self.title))?;
        }
        let style = TableStyle::new()
            .header_lines(ContentLineStyle::none().junction('│'))
            .header_separator(LineStyle::none().fill('═').junction('╪'))
            .content_lines(ContentLineStyle::none().junction('│'));
        let mut text = comfy_table::Table::new();
        text.load_style(style);
        text.set_header(self.columns.iter().map(|column| plain(&column.heading())));
        for row in &self.rows {
            text.add_row(row.iter().enumerate().map(|(i, cell)| plain(&self.shown(i, cell))));
        }
        for (i, column) in text.column_iter_mut().enumerate() {
            column.set_cell_alignment(match self.alignment(i) {
                Alignment::Left => CellAlignment::Left,
                Alignment::Right => CellAlignment::Right,
            });
        }
        for line in text.lines() {
            writeln!(f, "{}", line.trim_end())?;
        }
        for note in &self.notes {
            writeln!(f, "{}", plain(note))?;
        }
        Ok(())
    }
}

impl Table {
    /// The table as Markdown, rounded.
    pub fn to_markdown(&self) -> String {
        let mut text = String::new();
        if !self.title.is_empty() {
            text += &format!("**{}**\n\n", markdown(&self.title));
        }
        let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
        text += &line(self.columns.iter().map(|column| markdown(&column.heading())).collect());
        text += &line(
            (0..self.columns.len())
                .map(|i| if self.alignment(i) == Alignment::Right { "---:" } else { "---" }.to_owned())
                .collect(),
        );
        for row in &self.rows {
            text += &line(row.iter().enumerate().map(|(i, cell)| markdown(&self.shown(i, cell))).collect());
        }
        for note in &self.notes {
            text += &format!("\n{}\n", markdown(note));
        }
        text
    }

    /// The table as an HTML `<table>`, rounded; alignment by attribute, so that it survives without a style
    /// sheet.
    pub fn to_html(&self) -> String {
        let mut html = String::from("<table>\n");
        if !self.title.is_empty() {
            html += &format!("<caption>{}</caption>\n", escape(&self.title));
        }
        let side = |i| if self.alignment(i) == Alignment::Right { "right" } else { "left" };
        html += "<thead><tr>";
        for (i, column) in self.columns.iter().enumerate() {
            html += &format!("<th scope=\"col\" align=\"{}\">{}</th>", side(i), escape(&column.heading()));
        }
        html += "</tr></thead>\n<tbody>\n";
        for row in &self.rows {
            html += "<tr>";
            for (i, cell) in row.iter().enumerate() {
                html += &format!("<td align=\"{}\">{}</td>", side(i), escape(&self.shown(i, cell)));
            }
            html += "</tr>\n";
        }
        html += "</tbody>\n";
        if !self.notes.is_empty() {
            let notes: Vec<String> = self.notes.iter().map(|note| escape(note)).collect();
            let width = self.columns.len();
            html += &format!("<tfoot><tr><td colspan=\"{width}\">{}</td></tr></tfoot>\n", notes.join("<br>"));
        }
        html + "</table>\n"
    }

    /// The table as JSON, every digit kept.
    ///
    /// ```text
    /// { "kind": "table", "title": …, "columns": [{ "name": …, "unit": … | null }, …],
    ///   "rows": [[cell, …], …], "notes": [ … ] }
    /// ```
    ///
    /// A cell is a string, a number, or null where it is [`Cell::Missing`]. JSON has no NaN and no infinities:
    /// they are the strings `"NaN"`, `"Infinity"`, `"-Infinity"`.
    pub fn to_json(&self) -> Value {
        let columns: Vec<Value> =
            self.columns.iter().map(|column| json!({ "name": column.name, "unit": column.unit })).collect();
        let rows: Vec<Vec<Value>> = self.rows.iter().map(|row| row.iter().map(cell).collect()).collect();
        let mut table = Map::new();
        table.insert("kind".into(), "table".into());
        table.insert("title".into(), self.title.clone().into());
        table.insert("columns".into(), columns.into());
        table.insert("rows".into(), rows.into());
        table.insert("notes".into(), self.notes.clone().into());
        Value::Object(table)
    }

    /// Shows the table in a notebook, as HTML with plain text beside.
    pub fn evcxr_display(&self) {
        emit(&[("text/html", &self.to_html()), ("text/plain", &self.to_string())]);
    }
}

fn cell(cell: &Cell) -> Value {
    match cell {
        Cell::Text(text) => text.clone().into(),
        Cell::Missing => Value::Null,
        Cell::Number(x) if x.is_nan() => "NaN".into(),
        Cell::Number(x) if x.is_infinite() => if *x > 0.0 { "Infinity" } else { "-Infinity" }.into(),
        // Counts stay whole numbers.
        Cell::Number(x) if x.fract() == 0.0 && x.abs() < 9e15 => (*x as i64).into(),
        Cell::Number(x) => (*x).into(),
    }
}
