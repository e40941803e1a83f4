/// 1 − β^t, the sum of the weights that an average from 0 has given after t steps: what its bias is divided by.
pub(crate) fn weight_so_far(beta: f64, step: u64) -> f64 {
    1.0 - beta.powi(i32::try_from(step).unwrap_or(i32::MAX))
}
