use crate::data::{Dataset, NumericTable};
use crate::{Result, Scalar};

/// 569 tumours with 30 measured features; label 1 = benign, 0 = malignant.
///
/// Features are as measured, on scales from 10⁻³ to 10³: standardise them with
/// [`Standardizer`](crate::data::Standardizer) before training. The data are compiled into the library;
/// `data/README.md` says where they come from.
///
/// # Shapes
/// Inputs 569 × 30; labels 569 × 1.
///
/// # Errors
/// None with the data as shipped.
///
/// # Cost
/// Parses 120 kB of text, some 2 ms.
///
/// # Example
/// ```
/// let tumours = natgrad::data::breast_cancer::<f64>()?;
/// assert_eq!(tumours.labels().sum(), 357.0);
/// # Ok::<(), natgrad::Error>(())
/// ```
pub fn breast_cancer<T: Scalar>() -> Result<Dataset<T>> {
    NumericTable::<T>::parse("breast_cancer.csv", include_bytes!("../../data/breast_cancer.csv"))?
        .into_dataset("breast cancer", 1)?
        .with_classes(2)
}
