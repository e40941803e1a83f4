//! Learning rates where searches start, and the grid they walk on.

use crate::optimizer::OptimizerConfig;

/// The best rate on the digits, of the grid {1, 2, 5} × 10^k: the search of `natgrad train --tune-seeds 1 --epochs 10`, from
/// the method's own default or, where twelve trials did not reach the end from there, from the best so far. Of the
/// methods in `docs/learning_rates.md`'s scan, the best of that, with three seeds.
const STARTS: &[(&str, f64)] = &[
    ("sgd", 1.0),
    ("adam", 0.05),
    ("adamw", 0.02),
    ("fadam", 0.05),
    ("shampoo", 2.0),
    ("soap", 0.05),
    ("inverse-free-shampoo", 0.05),
    ("riemannian-adam", 0.05),
    ("adagrad", 0.2),
    ("rmsprop", 0.02),
    ("root-free-rmsprop", 1.0),
    ("root-free-adamw", 2.0),
    ("adafactor", 0.5),
    ("lion", 0.01),
    ("madam", 0.1),
    ("lamadam", 0.1),
    ("swan", 0.02),
    ("conda", 0.05),
    // Not the best, which is a full Newton-like step: single runs leap there.
    ("natural-gradient", 0.5),
    ("adafisher", 0.01),
    ("adafisherw", 0.05),
    ("sophia-g", 0.005),
    ("sgld", 0.2),
    ("kfac", 0.01),
    ("ekfac", 0.002),
    ("two-level-kfac", 0.01),
];

/// Where the search for a learning rate starts, and what runs that are not tuned use: the best rate on the digits, where
/// one was found (`docs/learning_rates.md`), and otherwise the method's own default.
pub fn start_rate(config: &OptimizerConfig) -> f64 {
    let known = STARTS.iter().find(|(name, _)| *name == config.name());
    known.map_or_else(|| config.settings.learning_rate(), |(_, rate)| *rate)
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
