use super::NetworkShape;
use crate::data::{Checkpoint, Dataset, Standardizer, breast_cancer, digits, horse_kicks_by_corps, ink};
use crate::likelihood::{Bernoulli, Categorical, Likelihood, Poisson, accuracy};
use crate::{Error, Labels, Network, Result, check};
use ndarray::{Array1, Array2, ArrayView1, Axis};
use std::sync::Arc;

/// The share of data that is held out.
pub(super) const HELD_OUT: f64 = 0.2;

/// Inputs and labels.
#[derive(Debug, Clone)]
pub struct Part {
    /// N × D.
    pub x: Array2<f64>,
    /// N.
    pub y: Labels<f64>,
}

impl Part {
    pub(super) fn of(data: &Dataset<f64>) -> Result<Self> {
        Ok(Part { x: data.inputs().to_owned(), y: Labels::new(data.labels().to_owned())? })
    }
}

/// How much of the words a [`Task`] takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WordOptions {
    /// Words, from the first.
    pub words: usize,
    /// Letters that are seen before the next.
    pub context: usize,
}

impl Default for WordOptions {
    fn default() -> Self {
        WordOptions { words: 2000, context: 3 }
    }
}

/// One built-in data set, cut for training, with the likelihood that fits.
///
/// | name | from | predicts | likelihood |
/// |---|---|---|---|
/// | `digits` | 64 pixels | one of 10 digits | categorical |
/// | `breast-cancer` | 30 measurements, standardised | benign or malignant | Bernoulli |
/// | `words` | the last 3 letters | the next letter, or the end | categorical, 27 classes |
/// | `ink` | the upper half of a digit | 32 counts of the lower half | Poisson, log link |
/// | `horse-kicks` | corps and year | deaths | Poisson, log link |
///
/// A fifth is held out, chosen by the seed; of `words` a fifth of the words, since letters of one word are no
/// independent data. Losses are mean negative log-likelihoods in nats per datum: per letter for `words`, where
/// exp(loss) is the perplexity, and per picture, the sum over its counts, for `ink`.
///
/// # Example
/// ```
/// use natgrad::experiment::Task;
/// let kicks = Task::named("horse-kicks", 0)?;
/// assert_eq!((kicks.train.x.dim(), kicks.held_out.x.nrows(), kicks.outputs), ((224, 15), 56, 1));
/// assert!((kicks.baseline()? - 1.0).abs() < 0.3);          // one rate for all corps and years
/// # Ok::<(), natgrad::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Task {
    /// One of [`Task::NAMES`].
    pub name: String,
    /// Of the labels given the outputs of a network.
    pub likelihood: Arc<dyn Likelihood<f64>>,
    /// C, the outputs a network for it has.
    pub outputs: usize,
    /// All data, for work that is not training.
    pub all: Part,
    /// What is trained on.
    pub train: Part,
    /// What is measured on.
    pub held_out: Part,
    counts: bool,
    choice: String,
}

impl Task {
    /// The names of all tasks.
    pub const NAMES: &'static [&'static str] = &["digits", "breast-cancer", "words", "ink", "horse-kicks"];

    /// The task of this name; the seed decides what is held out.
    ///
    /// # Errors
    /// [`Error::Unknown`] with the names there are.
    pub fn named(name: &str, seed: u64) -> Result<Self> {
        Self::with_words(name, seed, WordOptions::default())
    }

    /// The same with options for `words`; the others do not look at them.
    ///
    /// # Errors
    /// Also [`Error::Setting`] for fewer than 5 words, more than there are, or a context outside 1 to 16.
    pub fn with_words(name: &str, seed: u64, options: WordOptions) -> Result<Self> {
        match name {
            "digits" => Self::cut(name, &digits()?, Arc::new(Categorical), 10, seed),
            "breast-cancer" => {
                Self::cut(name, &breast_cancer()?, Arc::new(Bernoulli), 1, seed)?.standardised()
            }
            "words" => Self::of_words(seed, options),
            "ink" => Self::cut(name, &ink()?, Arc::new(Poisson), 32, seed).map(Self::counted),
            "horse-kicks" => {
                Self::cut(name, &horse_kicks_by_corps()?, Arc::new(Poisson), 1, seed).map(Self::counted)
            }
            _ => Err(Error::Unknown { what: "data", name: name.to_owned(), known: Self::NAMES.join(", ") }),
        }
    }

    fn cut(
        name: &str,
        data: &Dataset<f64>,
        likelihood: Arc<dyn Likelihood<f64>>,
        outputs: usize,
        seed: u64,
    ) -> Result<Self> {
        let (train, held_out) = data.split(HELD_OUT, seed)?;
        Ok(Task {
            name: name.to_owned(),
            likelihood,
            outputs,
            all: Part::of(data)?,
            train: Part::of(&train)?,
            held_out: Part::of(&held_out)?,
            counts: false,
            choice: String::new(),
        })
    }

    fn counted(mut self) -> Self {
        self.counts = true;
        self
    }

    /// What is held out must not decide the scale that training sees.
    fn standardised(mut self) -> Result<Self> {
        let scale = Standardizer::fit(self.train.x.view())?;
        self.train.x = scale.transform(self.train.x.view())?;
        self.held_out.x = scale.transform(self.held_out.x.view())?;
        self.all.x = Standardizer::fit(self.all.x.view())?.transform(self.all.x.view())?;
        Ok(self)
    }

    fn of_words(seed: u64, options: WordOptions) -> Result<Self> {
        let (all, train, held_out) = super::words::parts(seed, options)?;
        Ok(Task {
            name: "words".to_owned(),
            likelihood: Arc::new(Categorical),
            outputs: super::words::SYMBOLS,
            all,
            train,
            held_out,
            counts: false,
            choice: format!(" ({} words, context {})", options.words, options.context),
        })
    }

    /// The task in words, options included.
    pub fn describe(&self) -> String {
        format!("{}{}", self.name, self.choice)
    }

    /// D, the inputs a network for it has.
    pub fn inputs(&self) -> usize {
        self.train.x.ncols()
    }

    /// A network with random weights, a function of the seed.
    ///
    /// # Errors
    /// Those of [`NetworkShape::widths`] and [`Network::random`].
    pub fn network(&self, shape: &NetworkShape, seed: u64) -> Result<Network<f64>> {
        Network::random(&shape.widths(self.inputs(), self.outputs)?, shape.activation, seed)
    }

    /// The held-out loss of the best constant in training, nats per datum: what a model with nothing but an intercept
    /// reaches.
    ///
    /// A label that training never saw counts there as half a datum, so that the loss stays finite.
    ///
    /// # Errors
    /// Those of the likelihood.
    pub fn baseline(&self) -> Result<f64> {
        let labels = self.train.y.values();
        let data = labels.nrows() as f64;
        let seen = |total: f64| total.max(0.5) / data;
        let eta: Array1<f64> = if self.counts {
            labels.sum_axis(Axis(0)).mapv(|total| seen(total).ln())
        } else if self.outputs == labels.ncols() {
            labels.sum_axis(Axis(0)).mapv(|ones| (seen(ones) / seen(data - ones)).ln())
        } else {
            let times = |class: usize| labels.iter().filter(|label| label.round() as usize == class).count();
            (0..self.outputs).map(|class| seen(times(class) as f64).ln()).collect()
        };
        let held_out = &self.held_out.y;
        let loss = |row: ArrayView1<'_, f64>| self.likelihood.nll(eta.view(), row);
        let total: f64 = held_out.values().outer_iter().map(loss).sum::<Result<f64>>()?;
        Ok(total / held_out.values().nrows() as f64)
    }

    /// Whether a share of right answers means anything; of counts it does not.
    pub fn has_accuracy(&self) -> bool {
        !self.counts
    }

    /// Held-out loss in nats per datum, and the share of right answers where that means anything.
    ///
    /// # Errors
    /// Those of [`Network::loss`]: where an output is not finite, the run has diverged.
    pub fn held_out(&self, network: &Network<f64>) -> Result<(f64, Option<f64>)> {
        let Part { x, y } = &self.held_out;
        let loss = network.loss(&self.likelihood, x, y)?;
        if !self.has_accuracy() {
            return Ok((loss, None));
        }
        Ok((loss, Some(accuracy(&self.likelihood, network.forward(x)?.view(), y)?)))
    }

    /// The digest of the data, so that a run goes on with those it began with.
    pub(super) fn digest(&self) -> String {
        let mut content = Checkpoint::default();
        for (name, part) in [("train", &self.train), ("held out", &self.held_out)] {
            content.put(format!("{name} x"), &part.x).put(format!("{name} y"), &part.y.values());
        }
        content.digest()
    }
}

/// At least so many, so that a fifth is one.
pub(super) fn enough(option: &'static str, count: usize, available: usize) -> Result<()> {
    let fits = (5..=available).contains(&count);
    check::setting(option, count as f64, fits, "at least 5, and at most the number there are (8000)")
}
