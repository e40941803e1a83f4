use crate::data::{Dataset, write_atomically};
use crate::{Error, Result, Scalar, check};
use csv::{ByteRecord, ReaderBuilder, Trim};
use ndarray::{Array2, ArrayView1, ArrayView2, s};
use std::io::Read;
use std::path::Path;

/// A table of finite numbers with named columns, as a CSV file holds it.
///
/// # Shapes
/// Rows × columns.
///
/// # Example
/// ```
/// use natgrad::{data::NumericTable, ndarray::array};
/// let table = NumericTable::<f64>::parse("toy.csv", b"height,weight\n1.5,2\n2.5,1e1\n")?;
/// assert_eq!(table.column("weight")?, array![2.0, 10.0]);
/// let error = NumericTable::<f64>::parse("toy.csv", b"height,weight\n1.5,2\n2.5,abc\n").unwrap_err();
/// assert_eq!(error.to_string(), "toy.csv: line 3, column 'weight': 'abc' is not a number");
/// # Ok::<(), natgrad::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct NumericTable<T> {
    columns: Vec<String>,
    values: Array2<T>,
}

impl<T: Scalar> NumericTable<T> {
    /// Names and numbers.
    ///
    /// # Errors
    /// [`Error::Shape`] unless there is one name per column; [`Error::NonFinite`]; [`Error::Unsupported`] if a
    /// name occurs twice.
    pub fn new<S: Into<String>>(columns: impl IntoIterator<Item = S>, values: Array2<T>) -> Result<Self> {
        let columns: Vec<String> = columns.into_iter().map(Into::into).collect();
        check::shape("column names", &[values.ncols()], &[columns.len()])?;
        check::finite("table", &values)?;
        if repeated(&columns).is_some() {
            return Err(Error::Unsupported { what: "table", reason: "two columns have the same name" });
        }
        Ok(NumericTable { columns, values })
    }

    /// Reads a CSV file whose first line names the columns.
    ///
    /// # Errors
    /// [`Error::File`] naming the line, the column and the offending text.
    pub fn read(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let file = std::fs::File::open(path).map_err(|error| problem(path, error.to_string()))?;
        Self::parse_reader(path, file)
    }

    /// The same from bytes; `name` stands for the file in messages.
    ///
    /// # Errors
    /// [`Error::File`] naming the line, the column and the offending text.
    pub fn parse(name: impl AsRef<Path>, bytes: &[u8]) -> Result<Self> {
        Self::parse_reader(name.as_ref(), bytes)
    }

    fn parse_reader(path: &Path, reader: impl Read) -> Result<Self> {
        let mut reader = ReaderBuilder::new().flexible(true).trim(Trim::All).from_reader(reader);
        let failed = |error: csv::Error| problem(path, error.to_string().replace('\n', " "));
        let columns: Vec<String> = reader.byte_headers().map_err(failed)?.iter().map(text).collect();
        if columns.is_empty() {
            return Err(problem(path, "is empty; the first line must name the columns".into()));
        }
        if let Some(name) = repeated(&columns) {
            return Err(problem(path, format!("line 1: two columns have the name '{name}'")));
        }
        let mut values = Vec::new();
        let mut record = ByteRecord::new();
        while reader.read_byte_record(&mut record).map_err(failed)? {
            let line = record.position().map_or(0, csv::Position::line);
            if record.len() != columns.len() {
                let (found, expected) = (record.len(), columns.len());
                return Err(problem(
                    path,
                    format!("line {line} has {found} fields; line 1 names {expected} columns"),
                ));
            }
            for (name, field) in columns.iter().zip(&record) {
                let at = |what: &str| {
                    problem(path, format!("line {line}, column '{name}': '{}' {what}", text(field)))
                };
                let number: f64 = text(field).parse().map_err(|_| at("is not a number"))?;
                let value = T::of(number);
                if !number.is_finite() {
                    return Err(at("is not a finite number"));
                }
                if !value.is_finite() {
                    return Err(at("is too large for float32"));
                }
                values.push(value);
            }
        }
        let rows = values.len() / columns.len();
        if rows == 0 {
            return Err(problem(path, "has no rows below the line that names the columns".into()));
        }
        let values = Array2::from_shape_vec((rows, columns.len()), values)
            .map_err(|error| problem(path, error.to_string()))?;
        Ok(NumericTable { columns, values })
    }

    /// Writes a CSV file, completely or not at all; every number reads back as the same number.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn write(&self, path: impl AsRef<Path>) -> Result<()> {
        write_atomically(path, |file| {
            let mut writer = csv::Writer::from_writer(file);
            writer.write_record(&self.columns)?;
            for row in self.values.rows() {
                writer.write_record(row.iter().map(|x| shortest(*x)))?;
            }
            writer.flush()
        })
    }

    /// Names of the columns.
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// The numbers, rows × columns.
    pub fn values(&self) -> ArrayView2<'_, T> {
        self.values.view()
    }

    /// One column by name.
    ///
    /// # Errors
    /// [`Error::Unknown`] with the names there are.
    pub fn column(&self, name: &str) -> Result<ArrayView1<'_, T>> {
        match self.columns.iter().position(|column| column == name) {
            Some(index) => Ok(self.values.column(index)),
            None => Err(Error::Unknown { what: "column", name: name.into(), known: self.columns.join(", ") }),
        }
    }

    /// A data set whose labels are the last `labels` columns and whose features are the others.
    ///
    /// # Errors
    /// [`Error::Setting`] unless a feature remains; [`Error::Empty`] without rows.
    pub fn into_dataset(self, name: &str, labels: usize) -> Result<Dataset<T>> {
        let width = self.columns.len();
        check::setting("label columns", labels as f64, labels < width, "less than the number of columns")?;
        let features = width - labels;
        let inputs = self.values.slice(s![.., ..features]).to_owned();
        let targets = self.values.slice(s![.., features..]).to_owned();
        Dataset::new(name, inputs, targets)?.with_feature_names(self.columns.into_iter().take(features))
    }
}

fn problem(path: &Path, problem: String) -> Error {
    Error::File { path: path.into(), problem }
}

fn text(field: &[u8]) -> String {
    String::from_utf8_lossy(field).into_owned()
}

fn repeated(names: &[String]) -> Option<&str> {
    let mut seen = std::collections::HashSet::new();
    names.iter().find(|name| !seen.insert(name.as_str())).map(String::as_str)
}

/// The shortest text that reads back as the same number.
fn shortest<T: Scalar>(x: T) -> String {
    let magnitude = x.as_f64().abs();
    if magnitude > 0.0 && !(1e-5..1e15).contains(&magnitude) { format!("{x:e}") } else { format!("{x}") }
}
