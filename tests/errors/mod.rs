//! The text of every error: what, where, how much, and what to try.

use natgrad::{Error, Scalar};
use std::path::PathBuf;

#[test]
fn texts_carry_numbers_and_advice() {
    let table = [
        (
            Error::Shape { quantity: "x", expected: vec![7, 3], found: vec![7, 2] },
            "x has shape [7, 2]; expected [7, 3]",
        ),
        (
            Error::Domain { quantity: "label", index: 5, value: 2.5, requirement: "0 or 1" },
            "label[5] = 2.5; it must be 0 or 1",
        ),
        (
            Error::Setting { option: "damping", value: -0.5, requirement: "finite and at least 0" },
            "damping = -0.5; it must be finite and at least 0",
        ),
        (
            Error::NonFinite { quantity: "x", index: 11, value: f64::NAN },
            "x[11] = NaN; every entry must be finite",
        ),
        (Error::Empty { quantity: "labels" }, "labels is empty; at least one entry is needed"),
        (
            Error::NotPositiveDefinite { order: 7, pivot: 3 },
            "matrix of order 7 is not positive definite: pivot 3 is not positive; raise the damping, or check \
             that it is a Fisher matrix",
        ),
        (
            Error::NotConverged {
                solver: "conjugate gradient",
                iterations: 5,
                residual: 0.0125,
                tolerance: 1e-10,
                condition: 4e3,
                backward_error: 2e-5,
                at_rounding: false,
            },
            "conjugate gradient stopped after 5 iterations at relative residual 1.250e-2 (tolerance 1.0e-10); \
             condition ≥ 4.0e3, backward error 2.0e-5; raise the damping or the iteration limit",
        ),
        (
            Error::NotConverged {
                solver: "cholesky",
                iterations: 2,
                residual: 0.0125,
                tolerance: 1e-10,
                condition: 3e15,
                backward_error: 1e-16,
                at_rounding: true,
            },
            "cholesky stopped after 2 iterations at relative residual 1.250e-2 (tolerance 1.0e-10); the backward error \
             1.0e-16 is at rounding level: with a condition of at least 3.0e15 the system itself is too ill conditioned \
             for a smaller residual; raise the damping",
        ),
        (
            Error::NotConverged {
                solver: "an iteration",
                iterations: 60,
                residual: 0.5,
                tolerance: 1e-15,
                condition: f64::NAN,
                backward_error: f64::NAN,
                at_rounding: false,
            },
            "an iteration stopped after 60 iterations at relative residual 5.000e-1 (tolerance 1.0e-15); \
             raise the damping or the iteration limit",
        ),
        (
            Error::TooLarge { quantity: "labels", needed: 1e7, limit: 1048576.0, advice: "use `Exact`" },
            "labels would need 10000000, more than the limit of 1048576; use `Exact`",
        ),
        (Error::Unsupported { what: "layout", reason: "twice the same name" }, "layout: twice the same name"),
        (
            Error::NeedsModel { method: "kfac", needs: "the model" },
            "kfac needs the model, not only gradients",
        ),
        (
            Error::Group { group: 2, error: Box::new(Error::Empty { quantity: "tensors" }) },
            "group 2: tensors is empty; at least one entry is needed",
        ),
        (
            Error::Unknown { what: "activation", name: "swish".into(), known: "tanh, relu".into() },
            "unknown activation 'swish'; known: tanh, relu",
        ),
        (
            Error::File { path: PathBuf::from("a/b.csv"), problem: "line 3 has 2 fields".into() },
            "a/b.csv: line 3 has 2 fields",
        ),
    ];
    for (error, text) in table {
        assert_eq!(error.to_string(), text);
    }
}

/// The path goes in front, once: the innermost file is the one that is wrong.
#[test]
fn a_file_is_named_once() {
    let error = Error::Empty { quantity: "y" }.in_file("labels.npy");
    assert_eq!(error.to_string(), "labels.npy: y is empty; at least one entry is needed");
    assert_eq!(error.clone().in_file("archive.npz"), error);
}

#[test]
fn errors_cross_threads() {
    fn movable<E: std::error::Error + Send + Sync + 'static>() {}
    movable::<Error>();
}

/// `of` rounds to nearest once; `as_f64` is exact.
#[test]
fn scalars_round_once() {
    // 1 + 2⁻²⁴ lies half-way between two f32; a little more rounds up.
    let half = 2f64.powi(-24);
    assert_eq!(f32::of(1.0 + half).to_bits(), 1.0f32.to_bits());
    assert_eq!(f32::of(1.0 + half * (1.0 + 1e-6)).as_f64().to_bits(), (1.0 + 2.0 * half).to_bits());
    assert_eq!(<f64 as Scalar>::of(0.1).to_bits(), 0.1f64.to_bits());
    assert_eq!((f32::NAME, f64::NAME), ("float32", "float64"));
}
