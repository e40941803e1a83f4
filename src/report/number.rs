/// How the numbers of a column are rounded for the eye.
///
/// # Example
/// ```
/// use natgrad::report::Format;
/// assert_eq!(Format::Significant(5).show(0.000123456), "1.2346e-4");
/// assert_eq!(Format::Significant(5).show(2.0 / 3.0), "0.66667");
/// assert_eq!(Format::Significant(5).show(1797.0), "1797");
/// assert_eq!(Format::Fixed(2).show(-0.001), "0.00");
/// assert_eq!(Format::Scientific(3).show(12345.0), "1.23e4");
/// assert_eq!(Format::Significant(5).show(f64::NAN), "NaN");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Format {
    /// This many significant digits; with an exponent below 10⁻³ and from 10⁶ on. Whole numbers below 10⁹ are
    /// shown whole.
    Significant(usize),
    /// This many digits after the point.
    Fixed(usize),
    /// This many significant digits, always with an exponent.
    Scientific(usize),
}

impl Default for Format {
    fn default() -> Self {
        Format::Significant(5)
    }
}

impl Format {
    /// The number as text.
    pub fn show(self, x: f64) -> String {
        if x.is_nan() {
            return "NaN".into();
        }
        if x.is_infinite() {
            return if x > 0.0 { "inf".into() } else { "-inf".into() };
        }
        match self {
            Format::Significant(_) if x.fract() == 0.0 && x.abs() < 1e9 => unsigned_zero(format!("{x:.0}")),
            Format::Significant(digits) => {
                let digits = digits.max(1);
                // The exponent after rounding: 9.99996 has five digits before its point moves.
                let scientific = format!("{x:.*e}", digits - 1);
                let exponent: i32 =
                    scientific.split_once('e').and_then(|(_, exponent)| exponent.parse().ok()).unwrap_or(0);
                if (-3..6).contains(&exponent) {
                    let decimals = usize::try_from(digits as i32 - 1 - exponent).unwrap_or(0);
                    format!("{x:.decimals$}")
                } else {
                    scientific
                }
            }
            Format::Fixed(decimals) => unsigned_zero(format!("{x:.decimals$}")),
            Format::Scientific(digits) => format!("{x:.*e}", digits.max(1) - 1),
        }
    }
}

/// Without the sign of a number that has been rounded to zero.
fn unsigned_zero(text: String) -> String {
    match text.strip_prefix('-') {
        Some(rest) if rest.bytes().all(|b| b == b'0' || b == b'.') => rest.to_owned(),
        _ => text,
    }
}

/// A number on an axis or in a caption: without zeros at the end of its fraction.
pub(crate) fn trimmed(text: &str) -> String {
    let (mantissa, exponent) = text.split_once('e').map_or((text, None), |(m, e)| (m, Some(e)));
    let mantissa =
        if mantissa.contains('.') { mantissa.trim_end_matches('0').trim_end_matches('.') } else { mantissa };
    exponent.map_or_else(|| mantissa.to_owned(), |exponent| format!("{mantissa}e{exponent}"))
}
