use crate::data::{Dataset, NumericTable};
use crate::{Result, Scalar};

/// 1,797 handwritten digits of 8 × 8 pixels, labels 0 to 9.
///
/// ```text
/// input = ink / 16,    ink ∈ {0, …, 16}
/// ```
///
/// Pixels are in row order, scaled to [0, 1] (exactly, in either precision), and named `p` row column. The data
/// are compiled into the library; `data/README.md` says where they come from.
///
/// # Shapes
/// Inputs 1797 × 64; labels 1797 × 1.
///
/// # Errors
/// None with the data as shipped.
///
/// # Cost
/// Parses 260 kB of text, some 10 ms.
///
/// # Example
/// ```
/// let digits = natgrad::data::digits::<f32>()?;
/// assert_eq!((digits.len(), digits.features(), digits.classes()), (1797, 64, Some(10)));
/// assert_eq!(digits.inputs()[[0, 2]], 5.0 / 16.0);
/// # Ok::<(), natgrad::Error>(())
/// ```
pub fn digits<T: Scalar>() -> Result<Dataset<T>> {
    let table = NumericTable::<T>::parse("digits.csv", include_bytes!("../../data/digits.csv"))?;
    let data = table.into_dataset("digits", 1)?.with_classes(10)?;
    let scaled = data.inputs().mapv(|ink| ink / T::of(16.0));
    data.with_inputs(scaled)
}
