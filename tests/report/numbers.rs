use natgrad::report::Format;
use proptest::prelude::*;

#[test]
fn significant_digits() {
    for (x, text) in [
        (0.0, "0"),
        (-0.0, "0"),
        (1.0, "1"),
        (-17.0, "-17"),
        (123_456_789.0, "123456789"),
        (1e9, "1.0000e9"),
        (std::f64::consts::PI, "3.1416"),
        (31.41592, "31.416"),
        (314_159.2, "314159"),
        (3_141_592.5, "3.1416e6"),
        (0.001, "0.0010000"),
        (0.000_999_999, "0.0010000"),
        (0.000_999_9, "9.9990e-4"),
        // Rounding moves the point; the digits stay five.
        (9.999_96, "10.000"),
        (999_999.6, "1.0000e6"),
        (-1.234_56e-12, "-1.2346e-12"),
        (f64::INFINITY, "inf"),
        (f64::NEG_INFINITY, "-inf"),
    ] {
        assert_eq!(Format::Significant(5).show(x), text, "{x:e}");
    }
}

#[test]
fn fixed_and_scientific() {
    assert_eq!(Format::Fixed(3).show(2.0 / 3.0), "0.667");
    assert_eq!(Format::Fixed(0).show(-0.4), "0");
    assert_eq!(Format::Scientific(4).show(0.0), "0.000e0");
    assert_eq!(Format::Scientific(0).show(1234.0), "1e3");
}

proptest! {
    #[test]
    fn five_digits_are_right_to_half_a_unit(x in prop::num::f64::NORMAL) {
        let shown: f64 = Format::Significant(5).show(x).parse().expect("a number");
        prop_assert!((shown / 2.0 - x / 2.0).abs() <= 0.500_001e-4 * (x / 2.0).abs());
    }
}
