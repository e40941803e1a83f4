//! A problem of several tensors of pairwise distinct prime sizes, for transcriptions.

use crate::support::Stream;
use natgrad::{ParameterLayout, Scalar};

/// A matrix, a vector, a number, a tensor of three axes and one without entries.
pub const SHAPES: [(&str, &[usize]); 5] =
    [("w", &[7, 3]), ("b", &[5]), ("scale", &[]), ("none", &[0, 4]), ("kernel", &[11, 2, 13])];

pub fn layout() -> ParameterLayout {
    ParameterLayout::new(SHAPES.map(|(name, shape)| (name, shape.to_vec()))).unwrap()
}

/// θ₀ and gradients over four decades; entries 2 and 22 are silent at first, entry 26 (the number) always.
pub fn problem<T: Scalar>(seed: u64, steps: usize) -> (Vec<T>, Vec<Vec<T>>) {
    let mut stream = Stream(seed);
    let dim = layout().dim();
    let theta = (0..dim).map(|_| T::of(stream.heavy(-1.0, 0.5))).collect();
    let gradients = (0..steps)
        .map(|t| {
            let silent = |i: usize| i == 26 || (t < steps / 3 && (i == 2 || i == 22));
            (0..dim)
                .map(|i| {
                    let g = stream.heavy(-3.0, 1.0);
                    T::of(if silent(i) { 0.0 } else { g })
                })
                .collect()
        })
        .collect();
    (theta, gradients)
}

pub fn same_bits<T: Scalar>(found: &[Vec<T>], expected: &[Vec<T>]) {
    assert_eq!(found.len(), expected.len());
    for (step, (found, expected)) in found.iter().zip(expected).enumerate() {
        for (i, (a, b)) in found.iter().zip(expected).enumerate() {
            // −0 and 0 are the same number.
            assert!(a == b, "step {step}, entry {i}: {a} is not {b}");
        }
    }
}

/// The largest difference of two paths, relative to the largest entry of the second.
pub fn apart<T: Scalar>(found: &[Vec<T>], expected: &[Vec<T>]) -> f64 {
    assert_eq!(found.len(), expected.len());
    let mut largest = 0.0f64;
    let mut size = 0.0f64;
    for (found, expected) in found.iter().zip(expected) {
        assert_eq!(found.len(), expected.len());
        for (a, b) in found.iter().zip(expected) {
            let difference = (a.as_f64() - b.as_f64()).abs();
            assert!(difference.is_finite(), "{a} against {b}");
            largest = largest.max(difference);
            size = size.max(b.as_f64().abs());
        }
    }
    largest / size
}
