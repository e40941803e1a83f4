use crate::data::NumericTable;
use crate::{Result, Scalar};
use ndarray::Array2;

/// Deaths by horse kick in 200 corps-years of the Prussian army, the classical Poisson sample: its mean is 0.61.
///
/// # Shapes
/// 200 × 1, in increasing order.
///
/// # Units
/// Deaths per corps and year.
///
/// # Errors
/// None with the data as shipped.
///
/// # Example
/// ```
/// let deaths = natgrad::data::horse_kicks::<f64>()?;
/// assert_eq!((deaths.len(), deaths.sum()), (200, 122.0));
/// # Ok::<(), natgrad::Error>(())
/// ```
///
/// # References
/// L. von Bortkiewicz (1898), *Das Gesetz der kleinen Zahlen*.
pub fn horse_kicks<T: Scalar>() -> Result<Array2<T>> {
    let observations: Vec<T> = horse_kicks_table()?
        .into_iter()
        .flat_map(|(deaths, corps_years)| std::iter::repeat_n(T::of(deaths as f64), corps_years))
        .collect();
    Ok(Array2::from_shape_fn((observations.len(), 1), |(n, _)| observations[n]))
}

/// The same sample as a frequency table: (deaths, corps-years with that many deaths).
///
/// # Errors
/// None with the data as shipped.
///
/// # Example
/// ```
/// let table = natgrad::data::horse_kicks_table()?;
/// assert_eq!(table, [(0, 109), (1, 65), (2, 22), (3, 3), (4, 1)]);
/// # Ok::<(), natgrad::Error>(())
/// ```
pub fn horse_kicks_table() -> Result<Vec<(usize, usize)>> {
    let table = NumericTable::<f64>::parse("horse_kicks.csv", include_bytes!("../../data/horse_kicks.csv"))?;
    Ok(table.values().rows().into_iter().map(|row| (row[0] as usize, row[1] as usize)).collect())
}
