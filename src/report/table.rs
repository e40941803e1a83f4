use crate::report::Format;
use crate::{Result, check};

/// Where the entries of a column stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Alignment {
    /// At the left, as words do.
    Left,
    /// At the right, as numbers do.
    Right,
}

/// Name of a column, and how its entries are shown.
///
/// # Example
/// ```
/// use natgrad::report::{Alignment, Column, Format};
/// let time = Column::new("time").unit("ms").format(Format::Fixed(1)).align(Alignment::Right);
/// assert_eq!(time.heading(), "time [ms]");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    pub(crate) name: String,
    pub(crate) unit: Option<String>,
    pub(crate) format: Format,
    pub(crate) alignment: Option<Alignment>,
}

impl Column {
    /// Five significant digits; at the right if it holds a number.
    pub fn new(name: impl Into<String>) -> Self {
        Column { name: name.into(), unit: None, format: Format::default(), alignment: None }
    }

    /// The same column with a unit.
    pub fn unit(mut self, unit: impl Into<String>) -> Self {
        self.unit = Some(unit.into());
        self
    }

    /// The same column, rounded in another way.
    pub fn format(mut self, format: Format) -> Self {
        self.format = format;
        self
    }

    /// The same column, aligned whatever it holds.
    pub fn align(mut self, alignment: Alignment) -> Self {
        self.alignment = Some(alignment);
        self
    }

    /// Name, and unit in brackets.
    pub fn heading(&self) -> String {
        match &self.unit {
            Some(unit) => format!("{} [{unit}]", self.name),
            None => self.name.clone(),
        }
    }
}

impl<S: Into<String>> From<S> for Column {
    fn from(name: S) -> Self {
        Column::new(name)
    }
}

/// One entry of a table.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// Words.
    Text(String),
    /// A number, NaN and infinities included.
    Number(f64),
    /// Nothing to say: not measured, or not defined.
    Missing,
}

macro_rules! cell_from {
    ($($number:ty => $convert:expr),*) => {
        $(impl From<$number> for Cell {
            fn from(x: $number) -> Self {
                Cell::Number($convert(x))
            }
        })*
    };
}

// 64-bit counts beyond 2⁵³ are rounded.
cell_from!(f64 => |x| x, f32 => f64::from, i32 => f64::from, u32 => f64::from, usize => |x| x as f64,
    u64 => |x| x as f64, i64 => |x| x as f64);

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Cell::Text(text.into())
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Cell::Text(text)
    }
}

impl From<bool> for Cell {
    fn from(truth: bool) -> Self {
        Cell::Text(if truth { "yes" } else { "no" }.into())
    }
}

impl<C: Into<Cell>> From<Option<C>> for Cell {
    fn from(cell: Option<C>) -> Self {
        cell.map_or(Cell::Missing, Into::into)
    }
}

/// Rows of words and numbers under named columns.
///
/// [`Display`](std::fmt::Display) is the terminal form, without colours.
///
/// # Example
/// ```
/// use natgrad::report::{Cell, Column, Format, Table};
/// let mut table = Table::new("Trace of the Fisher", [
///     Column::new("estimator"),
///     Column::new("trace").unit("nats"),
///     Column::new("error").format(Format::Scientific(2)),
/// ]);
/// table.row(["exact".into(), 2.0f64.sqrt().into(), Cell::Missing])?;
/// table.row(["mc:4".into(), 1.5.into(), 0.0858.into()])?;
/// table.note("mean over 7 data");
/// assert_eq!(table.to_string(), "\
/// Trace of the Fisher
///  estimator │ trace [nats] │  error
/// ═══════════╪══════════════╪════════
///  exact     │       1.4142 │      –
///  mc:4      │       1.5000 │ 8.6e-2
/// mean over 7 data
/// ");
/// # Ok::<(), natgrad::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    pub(crate) title: String,
    pub(crate) columns: Vec<Column>,
    pub(crate) rows: Vec<Vec<Cell>>,
    pub(crate) notes: Vec<String>,
}

impl Table {
    /// An empty table; columns may be given by name alone.
    pub fn new<C: Into<Column>>(title: impl Into<String>, columns: impl IntoIterator<Item = C>) -> Self {
        Table {
            title: title.into(),
            columns: columns.into_iter().map(Into::into).collect(),
            rows: Vec::new(),
            notes: Vec::new(),
        }
    }

    /// Adds a row.
    ///
    /// # Errors
    /// [`Error::Shape`](crate::Error::Shape) unless there is one cell per column.
    pub fn row(&mut self, cells: impl IntoIterator<Item = Cell>) -> Result<&mut Self> {
        let cells: Vec<Cell> = cells.into_iter().collect();
        check::shape("row of the table", &[self.columns.len()], &[cells.len()])?;
        self.rows.push(cells);
        Ok(self)
    }

    /// Adds a line below the table.
    pub fn note(&mut self, note: impl Into<String>) -> &mut Self {
        self.notes.push(note.into());
        self
    }

    /// The title.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// The columns.
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// The rows, as many cells each as there are columns.
    pub fn rows(&self) -> &[Vec<Cell>] {
        &self.rows
    }

    /// The lines below the table.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// Where a column stands: as told, else at the right if it holds a number.
    pub(crate) fn alignment(&self, column: usize) -> Alignment {
        let holds_number = || self.rows.iter().any(|row| matches!(row[column], Cell::Number(_)));
        self.columns[column]
            .alignment
            .unwrap_or_else(|| if holds_number() { Alignment::Right } else { Alignment::Left })
    }

    /// A cell as the eye reads it.
    pub(crate) fn shown(&self, column: usize, cell: &Cell) -> String {
        match cell {
            Cell::Text(text) => text.clone(),
            Cell::Number(x) => self.columns[column].format.show(*x),
            Cell::Missing => "–".into(),
        }
    }
}
