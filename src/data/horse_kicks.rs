use crate::data::{Dataset, NumericTable};
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

/// The corps in the order of the columns: the Guard, then by number.
const CORPS: [&str; 14] =
    ["G", "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XIV", "XV"];

/// Deaths by horse kick in all 14 corps and each year from 1875 to 1894, for a Poisson regression.
///
/// ```text
/// input = [corps is G, corps is I, …, corps is XV, (year − 1884.5) / 10],    label = deaths
/// ```
///
/// Without the corps G, I, VI and XI, which were put together differently, these are the 200 corps-years of
/// [`horse_kicks`].
///
/// # Shapes
/// Inputs 280 × 15, year by year; labels 280 × 1.
///
/// # Errors
/// None with the data as shipped.
///
/// # Example
/// ```
/// let kicks = natgrad::data::horse_kicks_by_corps::<f64>()?;
/// assert_eq!((kicks.len(), kicks.features(), kicks.labels().sum()), (280, 15, 196.0));
/// assert_eq!(kicks.feature_names()[12], "XIV");
/// # Ok::<(), natgrad::Error>(())
/// ```
///
/// # References
/// L. von Bortkiewicz (1898), *Das Gesetz der kleinen Zahlen*; D. F. Andrews and A. M. Herzberg (1985), *Data*.
pub fn horse_kicks_by_corps<T: Scalar>() -> Result<Dataset<T>> {
    let bytes = include_bytes!("../../data/horse_kicks_by_corps.csv");
    let table = NumericTable::<f64>::parse("horse_kicks_by_corps.csv", bytes)?;
    let (years, corps) = (table.values().nrows(), CORPS.len());
    let mut inputs = Array2::zeros((years * corps, corps + 1));
    let mut deaths = Array2::zeros((years * corps, 1));
    for (year, row) in table.values().rows().into_iter().enumerate() {
        for (c, count) in row.iter().skip(1).enumerate() {
            let n = year * corps + c;
            inputs[[n, c]] = T::one();
            inputs[[n, corps]] = T::of((row[0] - 1884.5) / 10.0);
            deaths[[n, 0]] = T::of(*count);
        }
    }
    Dataset::new("horse kicks", inputs, deaths)?.with_feature_names(CORPS.into_iter().chain(["year"]))
}
