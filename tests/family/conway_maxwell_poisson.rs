//! The Conway-Maxwell-Poisson family against sums of seventy digits.

use super::golden::{agree, relative, rows, show};
use natgrad::family::{
    ConwayMaxwellPoisson as Cmp, Discrete, Expectation, Family, Natural, Source, Univariate,
};
use natgrad::{Error, Result};

#[test]
fn sums_have_all_digits() -> Result<()> {
    for row in rows("conway") {
        let theta = Cmp.source_to_natural(&Source::from([row[0], row[1]]))?;
        let eta = Cmp.natural_to_expectation(&theta)?;
        let g = Cmp.fisher_natural(&theta)?;
        let t = Cmp.third_cumulants(&theta)?;
        let f = Cmp.fourth_cumulants(&theta)?;
        let found = [
            Cmp.log_partition(&theta)?,
            eta.values()[0],
            eta.values()[1],
            g[[0, 0]],
            g[[0, 1]],
            g[[1, 1]],
            t[[0, 0, 0]],
            t[[0, 0, 1]],
            t[[0, 1, 1]],
            t[[1, 1, 1]],
            f[[0, 0, 0, 0]],
            f[[0, 0, 0, 1]],
            f[[0, 0, 1, 1]],
            f[[0, 1, 1, 1]],
            f[[1, 1, 1, 1]],
            Cmp.entropy(&theta)?,
        ];
        let errors: Vec<f64> = found.iter().zip(&row[2..]).map(|(f, e)| relative(*f, *e)).collect();
        println!("{} {} {}", row[0], row[1], show(&errors));
        let back = Cmp.expectation_to_natural(&eta);
        println!("    {theta:?} back {back:?}");
    }
    Ok(())
}
