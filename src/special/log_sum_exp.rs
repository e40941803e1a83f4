/// ln Σ exp(xᵢ) without overflow; negative infinity for an empty or all-impossible list.
pub(crate) fn log_sum_exp(terms: impl Iterator<Item = f64> + Clone) -> f64 {
    let largest = terms.clone().fold(f64::NEG_INFINITY, f64::max);
    if largest.is_infinite() {
        return largest;
    }
    // The largest is a one that is not added, so that the logarithm of nearly one keeps its digits.
    let top = terms.clone().position(|x| x >= largest);
    let others = terms.enumerate().filter(|(i, _)| Some(*i) != top);
    largest + others.map(|(_, x)| (x - largest).exp()).sum::<f64>().ln_1p()
}
