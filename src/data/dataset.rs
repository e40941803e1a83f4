use crate::random::{Purpose, Streams};
use crate::{Error, Result, Scalar, check};
use ndarray::{Array2, ArrayView2, Axis};

/// Inputs with their labels, and what is known about them.
///
/// # Shapes
/// Inputs N × D; labels N × L. Labels of a classification are one column of class indices 0, 1, …, C - 1.
///
/// # Example
/// ```
/// use natgrad::{data::Dataset, ndarray::array};
/// let data = Dataset::new("toy", array![[0.0, 1.0], [2.0, 3.0], [4.0, 5.0]], array![[0.0], [1.0], [1.0]])?
///     .with_classes(2)?;
/// assert_eq!((data.len(), data.features(), data.classes()), (3, 2, Some(2)));
/// assert_eq!(data.take(2)?.labels(), array![[0.0], [1.0]]);
/// # Ok::<(), natgrad::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Dataset<T> {
    name: String,
    inputs: Array2<T>,
    labels: Array2<T>,
    feature_names: Vec<String>,
    classes: Option<usize>,
}

impl<T: Scalar> Dataset<T> {
    /// Inputs and labels, row by row; features are named `x0`, `x1`, … until told otherwise.
    ///
    /// # Errors
    /// [`Error::Empty`] without rows; [`Error::Shape`] if the numbers of rows differ; [`Error::NonFinite`].
    pub fn new(name: impl Into<String>, inputs: Array2<T>, labels: Array2<T>) -> Result<Self> {
        if inputs.nrows() == 0 {
            return Err(Error::Empty { quantity: "inputs" });
        }
        check::shape("labels", &[inputs.nrows(), labels.ncols()], labels.shape())?;
        check::finite("inputs", &inputs)?;
        check::finite("labels", &labels)?;
        let feature_names = (0..inputs.ncols()).map(|i| format!("x{i}")).collect();
        Ok(Dataset { name: name.into(), inputs, labels, feature_names, classes: None })
    }

    /// The same data, said to be a classification with this many classes.
    ///
    /// # Errors
    /// [`Error::Setting`] with fewer than two classes; [`Error::Shape`] unless there is one label column;
    /// [`Error::Domain`] at the first label that is not an index below `classes`.
    pub fn with_classes(mut self, classes: usize) -> Result<Self> {
        check::setting("classes", classes as f64, classes >= 2, "at least 2")?;
        check::shape("labels", &[self.len(), 1], self.labels.shape())?;
        let fits = |label: f64| label >= 0.0 && label < classes as f64 && label.fract() == 0.0;
        if let Some((index, label)) = self.labels.iter().enumerate().find(|(_, label)| !fits(label.as_f64()))
        {
            return Err(Error::Domain {
                quantity: "labels",
                index,
                value: label.as_f64(),
                requirement: "a class index 0, 1, … below the number of classes",
            });
        }
        self.classes = Some(classes);
        Ok(self)
    }

    /// The same data with named features.
    ///
    /// # Errors
    /// [`Error::Shape`] unless there is one name per feature.
    pub fn with_feature_names<S: Into<String>>(mut self, names: impl IntoIterator<Item = S>) -> Result<Self> {
        let names: Vec<String> = names.into_iter().map(Into::into).collect();
        check::shape("feature names", &[self.features()], &[names.len()])?;
        self.feature_names = names;
        Ok(self)
    }

    /// The same labels with other inputs, for example standardised ones.
    ///
    /// # Errors
    /// [`Error::Shape`] unless rows and columns stay; [`Error::NonFinite`].
    pub fn with_inputs(mut self, inputs: Array2<T>) -> Result<Self> {
        check::shape("inputs", self.inputs.shape(), inputs.shape())?;
        check::finite("inputs", &inputs)?;
        self.inputs = inputs;
        Ok(self)
    }

    /// What the data are called.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The inputs, N × D.
    pub fn inputs(&self) -> ArrayView2<'_, T> {
        self.inputs.view()
    }

    /// The labels, N × L.
    pub fn labels(&self) -> ArrayView2<'_, T> {
        self.labels.view()
    }

    /// The label column as class indices; `None` unless this is a classification.
    pub fn class_labels(&self) -> Option<Vec<usize>> {
        self.classes.map(|_| self.labels.iter().map(|label| label.as_f64() as usize).collect())
    }

    /// Names of the D features.
    pub fn feature_names(&self) -> &[String] {
        &self.feature_names
    }

    /// C, if the labels are class indices.
    pub fn classes(&self) -> Option<usize> {
        self.classes
    }

    /// N, the number of data (never zero).
    #[allow(clippy::len_without_is_empty, reason = "a data set is never empty")]
    pub fn len(&self) -> usize {
        self.inputs.nrows()
    }

    /// D, the number of features.
    pub fn features(&self) -> usize {
        self.inputs.ncols()
    }

    /// The first `count` data.
    ///
    /// # Errors
    /// [`Error::Setting`] unless 1 ≤ `count` ≤ N.
    pub fn take(&self, count: usize) -> Result<Self> {
        let fits = (1..=self.len()).contains(&count);
        check::setting("count", count as f64, fits, "at least 1 and at most the number of data")?;
        self.select(&(0..count).collect::<Vec<_>>())
    }

    /// The data at these rows, in this order; a row may occur twice.
    ///
    /// # Errors
    /// [`Error::Empty`] without rows; [`Error::Domain`] at the first row that does not exist.
    pub fn select(&self, rows: &[usize]) -> Result<Self> {
        if rows.is_empty() {
            return Err(Error::Empty { quantity: "rows" });
        }
        if let Some(index) = rows.iter().position(|row| *row >= self.len()) {
            return Err(Error::Domain {
                quantity: "rows",
                index,
                value: rows[index] as f64,
                requirement: "below the number of data",
            });
        }
        Ok(Dataset {
            name: self.name.clone(),
            inputs: self.inputs.select(Axis(0), rows),
            labels: self.labels.select(Axis(0), rows),
            feature_names: self.feature_names.clone(),
            classes: self.classes,
        })
    }

    /// Two disjoint parts in random order: training data, and a fraction held out.
    ///
    /// Every datum draws a key from its own stream ([`Purpose::Shuffle`]) and the data are ordered by key; the
    /// last `round(test_fraction · N)` are held out. Hence a larger fraction holds out a superset.
    ///
    /// # Errors
    /// [`Error::Setting`] unless both parts get at least one datum.
    ///
    /// # Cost
    /// O(N log N), and a copy of the data.
    ///
    /// # Example
    /// ```
    /// let (train, test) = natgrad::data::digits::<f64>()?.split(0.2, 0)?;
    /// assert_eq!((train.len(), test.len()), (1438, 359));
    /// # Ok::<(), natgrad::Error>(())
    /// ```
    pub fn split(&self, test_fraction: f64, seed: u64) -> Result<(Self, Self)> {
        let held_out = (test_fraction * self.len() as f64).round();
        let fits = held_out >= 1.0 && held_out < self.len() as f64;
        check::setting("test_fraction", test_fraction, fits, "such that both parts get at least one datum")?;
        let streams = Streams::new(seed, Purpose::Shuffle);
        let mut keyed: Vec<(f64, usize)> =
            (0..self.len()).map(|n| (streams.uniforms(n as u64).next().unwrap_or(0.5), n)).collect();
        keyed.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let order: Vec<usize> = keyed.into_iter().map(|(_, n)| n).collect();
        let (train, test) = order.split_at(self.len() - held_out as usize);
        Ok((self.select(train)?, self.select(test)?))
    }
}
