//! The logarithmic series against four hundred digits.

use super::golden::{agree, relative, rows, show};
use natgrad::family::{Discrete, Expectation, Family, LogarithmicSeries, Natural, Univariate};
use natgrad::{Error, Result};

#[test]
fn cumulants_and_entropy_have_all_digits_at_both_ends() -> Result<()> {
    for row in rows("log_series") {
        let theta = Natural::from(row[0]);
        let [mean, second, third, fourth] = LogarithmicSeries.cumulants(&theta)?;
        let psi = LogarithmicSeries.log_partition(&theta)?;
        let found = [psi, mean, second, third, fourth, LogarithmicSeries.entropy(&theta)?];
        let exact = [row[1], 1.0 + row[2], row[3], row[4], row[5], row[6]];
        let errors: Vec<f64> = found.iter().zip(&exact).map(|(f, e)| relative(*f, *e)).collect();
        println!("{} {}", row[0], show(&errors));
    }
    Ok(())
}
