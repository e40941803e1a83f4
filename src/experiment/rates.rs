//! Learning rates where searches start, and the grid they walk on.

use crate::optimizer::OptimizerConfig;

/// Where the search for a learning rate starts, and what runs that are not tuned use: the best rate on the digits, where
/// one was found (`docs/learning_rates.md`), and otherwise the method's own default.
pub fn start_rate(config: &OptimizerConfig) -> f64 {
    match config.name() {
        "sgd" => 1.0,
        "adam" | "fadam" => 0.05,
        "adamw" => 0.02,
        "natural-gradient" => 0.5,
        _ => config.settings.learning_rate(),
    }
}

/// The rate of this number: 0 is 1, 1 is 2, 2 is 5, 3 is 10, -1 is 0.5.
pub(super) fn grid(k: i32) -> f64 {
    let mantissa = [1, 2, 5][k.rem_euclid(3) as usize];
    // As text, so that it is the double nearest to the decimal number.
    format!("{mantissa}e{}", k.div_euclid(3)).parse().unwrap_or(1.0)
}

/// The number of the nearest rate, in the logarithm.
pub(super) fn place(rate: f64) -> i32 {
    if !(rate > 0.0 && rate.is_finite()) {
        return 0;
    }
    let near = (3.0 * rate.log10()).round() as i32;
    let distance = |k: &i32| (grid(*k) / rate).ln().abs();
    (near - 1..=near + 1).min_by(|a, b| distance(a).total_cmp(&distance(b))).unwrap_or(near)
}
