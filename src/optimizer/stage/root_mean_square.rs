use crate::Scalar;

/// Squares are summed in this many independent lanes, so that the loop vectorises and its order is fixed.
const LANES: usize = 8;

/// Below this sum of squares, some squares may have underflowed.
const SMALLEST_SAFE_SUM: f64 = 1e-280;

/// RMS(x) = (mean of xᵢ²)^½ in `f64`, right wherever the result is representable; 0 for an empty slice.
pub(crate) fn root_mean_square<T: Scalar>(x: &[T]) -> f64 {
    let count = x.len().max(1) as f64;
    let sum = sum_of_squares(x, |v| v);
    if sum.is_finite() && sum > SMALLEST_SAFE_SUM {
        return (sum / count).sqrt();
    }
    let largest = x.iter().fold(0.0f64, |largest, v| largest.max(v.as_f64().abs()));
    if largest > 0.0 && largest.is_finite() {
        largest * (sum_of_squares(x, |v| v / largest) / count).sqrt()
    } else if sum.is_nan() {
        sum
    } else {
        largest
    }
}

fn sum_of_squares<T: Scalar>(x: &[T], scale: impl Fn(f64) -> f64) -> f64 {
    let mut lanes = [0.0f64; LANES];
    let chunks = x.chunks_exact(LANES);
    let rest = chunks.remainder();
    for chunk in chunks {
        for (lane, v) in lanes.iter_mut().zip(chunk) {
            let scaled = scale(v.as_f64());
            *lane += scaled * scaled;
        }
    }
    for (lane, v) in lanes.iter_mut().zip(rest) {
        let scaled = scale(v.as_f64());
        *lane += scaled * scaled;
    }
    lanes.iter().sum()
}
