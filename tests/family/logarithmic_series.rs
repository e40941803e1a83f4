//! The logarithmic series against a thousand digits.

use super::golden::{agree, relative, rows};
use natgrad::family::{Discrete, Expectation, Family, LogarithmicSeries, Natural, Source, Univariate};
use natgrad::ndarray::array;
use natgrad::random::{Purpose, Streams};
use natgrad::{Error, Result};

/// From p = 1e-300 to 1 - p = 1e-10: the largest error seen is 7e-16.
#[test]
fn cumulants_and_entropy_have_all_digits_at_both_ends() -> Result<()> {
    for row in rows("log_series") {
        let theta = Natural::from(row[0]);
        let [mean, second, third, fourth] = LogarithmicSeries.cumulants(&theta)?;
        let psi = LogarithmicSeries.log_partition(&theta)?;
        let found = [psi, mean, second, third, fourth, LogarithmicSeries.entropy(&theta)?];
        let exact = [row[1], 1.0 + row[2], row[3], row[4], row[5], row[6]];
        agree(&format!("logarithmic series at {}", row[0]), &found, &exact, 2e-15);
        let tensors = [
            LogarithmicSeries.fisher_natural(&theta)?[[0, 0]],
            LogarithmicSeries.third_cumulants(&theta)?[[0, 0, 0]],
            LogarithmicSeries.fourth_cumulants(&theta)?[[0, 0, 0, 0]],
        ];
        agree("tensors", &tensors, &exact[2..5], 2e-15);
    }
    Ok(())
}

/// All mass on x = 1 is p → 0, so that θ = ln p → -∞: near η = 1, θ = ln(2(η - 1)), and never plus infinity.
#[test]
fn logarithmic_series_at_the_p_to_zero_limit_expectation_one_maps_to_minus_infinity() -> Result<()> {
    let mut last = 0.0;
    for exponent in [4, 8, 16, 32, 44, 52] {
        let excess = 0.5f64.powi(exponent);
        let theta = LogarithmicSeries.expectation_to_natural(&Expectation::from(1.0 + excess))?.values()[0];
        assert!(theta < last, "{theta} after {last}");
        // η - 1 = p/2 + 5p²/12 + …: p = 2δ(1 - 5δ/3 + …).
        let leading = (2.0 * excess).ln() - 5.0 / 3.0 * excess;
        assert!((theta - leading).abs() < 3.0 * excess * excess + 1e-14, "{theta} against {leading}");
        last = theta;
    }
    assert!(last < -35.0, "{last}");
    // At the limit itself: an error, not an infinity of either sign.
    let limit = LogarithmicSeries.expectation_to_natural(&Expectation::from(1.0));
    assert!(matches!(limit, Err(Error::Domain { value: 1.0, .. })), "{limit:?}");
    assert!(LogarithmicSeries.maximum_likelihood(array![[1.0], [1.0]].view()).is_err());
    // And back: θ → -∞ gives η → 1.
    let eta = LogarithmicSeries.natural_to_expectation(&Natural::from(-690.0))?.values()[0];
    assert!((eta - 1.0).abs() < 1e-300);
    Ok(())
}

#[test]
fn coordinates_come_back() -> Result<()> {
    for row in rows("log_series").iter().filter(|row| row[0] > -30.0) {
        let eta = 1.0 + row[2];
        let back = LogarithmicSeries.expectation_to_natural(&Expectation::from(eta))?.values()[0];
        // The rounding of η over the variance.
        let allowed = 4.0 * f64::EPSILON * (row[0].abs() + eta / row[3]);
        assert!((back - row[0]).abs() <= allowed, "{back} against {}", row[0]);
    }
    for p in [1e-300, 1e-16, 0.3, 0.75, 1.0 - 1e-15] {
        let theta = LogarithmicSeries.source_to_natural(&Source::from(p))?;
        let back = LogarithmicSeries.natural_to_source(&theta)?.values()[0];
        assert!(relative(back, p) < 2e-16 * (1.0 + p.ln().abs()), "{back:e} against {p:e}");
    }
    Ok(())
}

#[test]
fn the_printed_numbers() -> Result<()> {
    let at = |p: f64| LogarithmicSeries.source_to_natural(&Source::from(p));
    let (first, second) = (at(0.3)?, at(0.7)?);
    let cumulants = LogarithmicSeries.cumulants(&first)?;
    let exact = [1.2015742508816267, 0.27275396373486715, 0.46983794494320815, 1.09352315810601];
    // The last was printed with fifteen digits.
    agree("cumulants", &cumulants, &exact, 4e-15);
    agree("entropy", &[LogarithmicSeries.entropy(&first)?], &[0.54181577391224895], 1e-15);
    agree(
        "divergence",
        &[LogarithmicSeries.kullback_leibler(&first, &second)?],
        &[0.19846590015272939],
        2e-15,
    );
    Ok(())
}

/// Where η and ψ - θ differ from 1 and 0 by 1e-44, and near equality.
#[test]
fn divergences_keep_their_digits() -> Result<()> {
    // p → 0: x = 2 has probability p/2 and nothing else matters: KL is that of two rare events, a - b + a ln(a/b) turned.
    let (a, b) = (0.5 * (-100.0f64).exp(), 0.5 * (-98.0f64).exp());
    let exact = b - a - 2.0 * a;
    let found = LogarithmicSeries.kullback_leibler(&Natural::from(-100.0), &Natural::from(-98.0))?;
    assert!(relative(found, exact) < 1e-14, "{found:e} against {exact:e}");
    for theta in [-100.0, -1.25, -0.0078125] {
        let variance = LogarithmicSeries.fisher_natural(&Natural::from(theta))?[[0, 0]];
        for step in [1e-9 * theta, -1e-12 * theta, 1e-100] {
            let found =
                LogarithmicSeries.kullback_leibler_step(&Natural::from(theta), array![step].view())?;
            // The cubic term is of relative size step/θ, or step where θ is large.
            assert!(relative(found, 0.5 * variance * step * step) < 1e-6, "{theta} {step}: {found:e}");
            assert!(found > 0.0);
        }
    }
    Ok(())
}

#[test]
fn the_support_is_the_law() -> Result<()> {
    let theta = Natural::from(-0.25);
    let (mut mass, mut mean, mut entropy) = (0.0, 0.0, 0.0);
    for x in LogarithmicSeries.support(&theta, 1e-17)?.outer_iter().rev() {
        let log = LogarithmicSeries.log_probability(&theta, x)?;
        mass += log.exp();
        mean += log.exp() * x[0];
        entropy -= log.exp() * log;
    }
    agree("moments", &[mass, mean], &[1.0, 1.0 + 1.3336855472416382], 1e-14);
    agree("entropy", &[entropy], &[1.5595973952438804], 1e-14);
    Ok(())
}

#[test]
fn draws_and_their_estimate() -> Result<()> {
    for (purpose, theta) in [(0, -1.25), (1, -0.0078125)] {
        let theta = Natural::from(theta);
        let draws = LogarithmicSeries.sample(
            &theta,
            20_011,
            &mut Streams::new(7, Purpose::Data).generator(purpose),
        )?;
        let eta = LogarithmicSeries.maximum_likelihood(draws.view())?.values()[0];
        let [mean, variance, ..] = LogarithmicSeries.cumulants(&theta)?;
        let z = (eta - mean) / (variance / 20_011.0).sqrt();
        assert!(z.abs() < 5.0, "z = {z}");
    }
    Ok(())
}
