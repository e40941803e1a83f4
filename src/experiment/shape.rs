use crate::model::Activation;
use crate::{Result, check};

/// The hidden layers of a network, and what is between them.
///
/// # Example
/// ```
/// use natgrad::{experiment::NetworkShape, model::Activation};
/// let shape = NetworkShape { hidden: vec![32, 16], activation: Activation::Relu };
/// assert_eq!(shape.widths(64, 10)?, [64, 32, 16, 10]);
/// assert_eq!(shape.describe(64, 10)?, "64-32-16-10 relu network");
/// # Ok::<(), natgrad::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct NetworkShape {
    /// Widths of the hidden layers; none is a linear model.
    pub hidden: Vec<usize>,
    /// After every hidden layer.
    pub activation: Activation,
}

impl Default for NetworkShape {
    /// One hidden layer of 32 tanh units.
    fn default() -> Self {
        NetworkShape { hidden: vec![32], activation: Activation::Tanh }
    }
}

impl NetworkShape {
    /// All widths, inputs and outputs included.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) for a width outside 1 to 65536, more than 64 layers, or more than 2²⁷ weights: a
    /// gigabyte in double precision.
    pub fn widths(&self, inputs: usize, outputs: usize) -> Result<Vec<usize>> {
        check::setting("hidden layers", self.hidden.len() as f64, self.hidden.len() <= 64, "at most 64")?;
        for width in &self.hidden {
            let fits = (1..=65536).contains(width);
            check::setting("width of a hidden layer", *width as f64, fits, "from 1 to 65536")?;
        }
        let ends = [inputs, outputs];
        let widths: Vec<usize> = ends[..1].iter().chain(&self.hidden).chain(&ends[1..]).copied().collect();
        let weights: f64 = widths.iter().zip(&widths[1..]).map(|(from, to)| *from as f64 * *to as f64).sum();
        check::setting("weights", weights, weights <= f64::from(1 << 27), "at most 134217728")?;
        Ok(widths)
    }

    /// The network in words.
    ///
    /// # Errors
    /// As [`widths`](Self::widths).
    pub fn describe(&self, inputs: usize, outputs: usize) -> Result<String> {
        let widths: Vec<String> = self.widths(inputs, outputs)?.iter().map(usize::to_string).collect();
        Ok(format!("{} {} network", widths.join("-"), self.activation.name()))
    }
}
