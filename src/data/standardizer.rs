use crate::data::Dataset;
use crate::{Result, Scalar, check};
use ndarray::{Array1, Array2, ArrayView2, Axis};

/// Centres and scales features by what was seen in training.
///
/// ```text
/// zᵢ = (xᵢ - meanᵢ) / deviationᵢ,    deviationᵢ² = (1/N) Σₙ (xₙᵢ - meanᵢ)²
/// ```
///
/// # Numerical notes
/// Mean and deviation are accumulated in double precision, in two passes. A feature that does not vary in
/// training (its deviation is below 10⁻¹² of its largest entry) has deviation 1, so that it is only centred.
///
/// # Example
/// ```
/// use natgrad::{data::Standardizer, ndarray::array};
/// let standardizer = Standardizer::fit(array![[1.0, 7.0], [5.0, 7.0]].view())?;
/// assert_eq!(standardizer.transform(array![[1.0, 7.0], [7.0, 8.0]].view())?, array![[-1.0, 0.0], [2.0, 1.0]]);
/// # Ok::<(), natgrad::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Standardizer<T> {
    mean: Array1<T>,
    deviation: Array1<T>,
}

impl<T: Scalar> Standardizer<T> {
    /// From training inputs, N × D.
    ///
    /// # Errors
    /// [`Error::Empty`](crate::Error::Empty), [`Error::NonFinite`](crate::Error::NonFinite).
    ///
    /// # Cost
    /// 4ND flops.
    pub fn fit(inputs: ArrayView2<'_, T>) -> Result<Self> {
        check::not_empty("inputs", &inputs)?;
        check::finite("inputs", &inputs)?;
        let count = inputs.nrows() as f64;
        let mean = inputs.map_axis(Axis(0), |x| x.iter().map(|x| x.as_f64()).sum::<f64>() / count);
        let mut deviation = Array1::zeros(inputs.ncols());
        for (i, column) in inputs.axis_iter(Axis(1)).enumerate() {
            let square = column.iter().map(|x| (x.as_f64() - mean[i]).powi(2)).sum::<f64>() / count;
            let largest = column.iter().fold(0.0f64, |m, x| m.max(x.as_f64().abs()));
            deviation[i] = if square.sqrt() > 1e-12 * largest { T::of(square.sqrt()) } else { T::one() };
        }
        Ok(Standardizer { mean: mean.mapv(T::of), deviation })
    }

    /// Means of the features.
    pub fn mean(&self) -> &Array1<T> {
        &self.mean
    }

    /// Standard deviations of the features (1 where a feature does not vary).
    pub fn deviation(&self) -> &Array1<T> {
        &self.deviation
    }

    /// The standardised inputs.
    ///
    /// # Errors
    /// [`Error::Shape`](crate::Error::Shape) unless there are as many features as in training.
    pub fn transform(&self, inputs: ArrayView2<'_, T>) -> Result<Array2<T>> {
        check::shape("inputs", &[inputs.nrows(), self.mean.len()], inputs.shape())?;
        Ok((&inputs - &self.mean) / &self.deviation)
    }

    /// The same data set with standardised inputs.
    ///
    /// # Errors
    /// [`Error::Shape`](crate::Error::Shape) unless there are as many features as in training.
    pub fn apply(&self, data: &Dataset<T>) -> Result<Dataset<T>> {
        data.clone().with_inputs(self.transform(data.inputs())?)
    }
}
