//! Comparisons, and every tolerance of the lower floors with its reason.

use approx::relative_eq;
use natgrad::Scalar;

/// Numbers of `extreme.json`, entry by entry. Its exact values are rounded once, and the formulas of the library
/// have condition numbers of a few; what remains is a dozen roundings of 1.1e-16 (and ½ ulp of the argument
/// of an exponential: 690 · 1.1e-16 = 8e-14 at the far end).
pub const EXTREME: f64 = 1e-13;

/// Numbers of `fisher.json`, relative to the largest entry: sums of at most some hundred products.
pub const GOLDEN: f64 = 1e-12;

/// Against Richardson differences in f64: the rounding of the function divided by the smallest step, 1.1e-16 ·
/// 2¹⁰, times the growth of the extrapolation and the size of the function.
pub const DIFFERENCES: f64 = 1e-10;

/// Half-width of the band of a statistical test in standard deviations. The seeds are fixed, so a test passes
/// always or never; a correct sampler leaves the band at 1 of 150,000 seeds.
pub const BAND: f64 = 4.5;

/// `units` roundings of the scalar type, for references computed in f64.
pub fn rounding<T: Scalar>(units: f64) -> f64 {
    units * T::epsilon().as_f64()
}

/// One number, relatively.
#[track_caller]
pub fn close(found: f64, expected: f64, relative: f64) {
    assert!(
        relative_eq!(found, expected, epsilon = 0.0, max_relative = relative),
        "{found:e} is not {expected:e} within {relative:.1e} relative (off by {:.2e})",
        (found - expected).abs() / expected.abs()
    );
}

/// One number, absolutely.
#[track_caller]
pub fn near(found: f64, expected: f64, absolute: f64) {
    assert!(
        (found - expected).abs() <= absolute,
        "{found:e} is not {expected:e} within {absolute:.1e} (off by {:.2e})",
        (found - expected).abs()
    );
}

/// Arrays of one length, relative to the largest expected entry.
#[track_caller]
pub fn all_close<'a, T: Scalar>(
    found: impl IntoIterator<Item = &'a T>,
    expected: impl IntoIterator<Item = &'a f64>,
    relative: f64,
) {
    let found: Vec<f64> = found.into_iter().map(|x| x.as_f64()).collect();
    let expected: Vec<f64> = expected.into_iter().copied().collect();
    assert_eq!(found.len(), expected.len(), "lengths differ");
    let largest = expected.iter().fold(0.0f64, |m, x| m.max(x.abs()));
    for (k, (f, e)) in found.iter().zip(&expected).enumerate() {
        let off = (f - e).abs();
        assert!(
            off <= relative * largest,
            "entry {k}: {f:e} is not {e:e} within {relative:.1e} of {largest:e} (off by {:.2e})",
            off / largest
        );
    }
}

/// The mean of `n` independent terms lies in the band that their exact mean and variance allow.
#[track_caller]
pub fn in_band(what: &str, mean: f64, exact: f64, variance: f64, n: usize) {
    let z = (mean - exact) / (variance / n as f64).sqrt();
    assert!(z.abs() <= BAND, "{what}: mean {mean} of {n}, exact {exact}: z = {z:.2}");
}
