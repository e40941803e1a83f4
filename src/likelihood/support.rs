use crate::likelihood::SUPPORT_LIMIT;
use crate::{Error, Result, Scalar};
use ndarray::{Array1, Array2};

/// The labels of one datum with their probabilities.
///
/// For a [`Gaussian`](super::Gaussian), which has no list of labels, the three-point Gauss-Hermite rule per
/// output: expectations of polynomials up to degree five in each output, hence every second and fourth
/// moment of the score, are exact.
#[derive(Debug, Clone, PartialEq)]
pub struct Support<T> {
    /// One row per label: L × width.
    pub labels: Array2<T>,
    /// p(y|η), in the order of the rows; they sum to one.
    pub probabilities: Array1<T>,
    /// An upper bound of the probability of the labels left out; 0 for finite supports.
    pub omitted_mass: f64,
    /// Whether the labels are the nodes of a quadrature rule rather than the labels themselves.
    pub quadrature: bool,
}

impl<T: Scalar> Support<T> {
    /// The joint support of independent outputs, the last output running fastest.
    ///
    /// # Errors
    /// [`Error::TooLarge`] beyond [`SUPPORT_LIMIT`] labels.
    pub(crate) fn product(outputs: &[Support<T>]) -> Result<Self> {
        let size: f64 = outputs.iter().map(|output| output.probabilities.len() as f64).product();
        if size > SUPPORT_LIMIT as f64 {
            return Err(Error::TooLarge {
                quantity: "labels of one datum",
                needed: size,
                limit: SUPPORT_LIMIT as f64,
                advice: "use the estimator `Exact`, which needs no enumeration",
            });
        }
        let size = size as usize;
        let mut labels = Array2::zeros((size, outputs.len()));
        let mut probabilities = Array1::from_elem(size, T::one());
        let mut repeat = size;
        for (column, output) in outputs.iter().enumerate() {
            let count = output.probabilities.len();
            repeat /= count.max(1);
            for row in 0..size {
                let k = row / repeat % count;
                labels[[row, column]] = output.labels[[k, 0]];
                probabilities[row] *= output.probabilities[k];
            }
        }
        // P(some output outside its list) ≤ the sum of the parts.
        let omitted_mass = outputs.iter().map(|output| output.omitted_mass).sum();
        let quadrature = outputs.iter().any(|output| output.quadrature);
        Ok(Support { labels, probabilities, omitted_mass, quadrature })
    }

    /// The support of one output.
    pub(crate) fn of_output(labels: Vec<T>, probabilities: Vec<T>, omitted_mass: f64) -> Self {
        let labels = Array1::from(labels).insert_axis(ndarray::Axis(1));
        Support { labels, probabilities: Array1::from(probabilities), omitted_mass, quadrature: false }
    }
}
