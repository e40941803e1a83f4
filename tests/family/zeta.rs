//! The zeta family against forty digits.

use super::golden::{agree, relative, rows, show};
use natgrad::family::{Discrete, Expectation, Family, Natural, Zeta};
use natgrad::ndarray::{Array2, array};
use natgrad::random::{Purpose, Streams};
use natgrad::{Error, Result};

fn derivatives(s: f64) -> Result<[f64; 5]> {
    let theta = Natural::from(s);
    Ok([
        Zeta.log_partition(&theta)?,
        Zeta.natural_to_expectation(&theta)?.values()[0],
        Zeta.fisher_natural(&theta)?[[0, 0]],
        Zeta.third_cumulants(&theta)?[[0, 0, 0]],
        Zeta.fourth_cumulants(&theta)?[[0, 0, 0, 0]],
    ])
}

#[test]
fn four_derivatives_of_log_zeta_have_all_digits() -> Result<()> {
    for row in rows("zeta") {
        let found = derivatives(row[0])?;
        let errors: Vec<f64> = found.iter().zip(&row[1..]).map(|(f, e)| relative(*f, *e)).collect();
        println!("{} {}", row[0], show(&errors));
    }
    Ok(())
}
