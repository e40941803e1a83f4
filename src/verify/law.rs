use crate::Result;

/// An equation, and by how much it fails to hold.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Law {
    /// The equation.
    pub name: String,
    /// By how much the sides differ, in the unit that the name implies; NaN if a side could not be evaluated.
    pub error: f64,
    /// By how much they may.
    pub tolerance: f64,
    /// What stopped the evaluation, or how the two sides came out if they differ.
    pub remark: String,
}

impl Law {
    /// Whether the sides agree.
    pub fn holds(&self) -> bool {
        self.error <= self.tolerance
    }

    /// A law that is an error within a tolerance.
    pub(crate) fn within(name: impl Into<String>, tolerance: f64, error: Result<f64>) -> Law {
        let name = name.into();
        match error {
            Ok(error) => Law { name, error, tolerance, remark: String::new() },
            Err(problem) => Law { name, error: f64::NAN, tolerance, remark: problem.to_string() },
        }
    }

    /// Two numbers that agree, relative to the larger or to `scale`.
    pub(crate) fn equal(
        name: impl Into<String>,
        tolerance: f64,
        scale: f64,
        sides: Result<(f64, f64)>,
    ) -> Law {
        let mut law = Law::within(name, tolerance, sides.clone().map(|(a, b)| relative(a, b, scale)));
        if let (false, Ok((a, b))) = (law.holds(), sides) {
            law.remark = format!("{a:.12e} against {b:.12e}");
        }
        law
    }

    /// Something that must be refused.
    pub(crate) fn refused<T>(name: impl Into<String>, answer: &Result<T>) -> Law {
        let accepted = answer.is_ok();
        Law {
            name: name.into(),
            error: if accepted { 1.0 } else { 0.0 },
            tolerance: 0.0,
            remark: if accepted { "accepted, where an error is right".into() } else { String::new() },
        }
    }
}

/// |a - b| over the larger of |a|, |b| and `scale`; zero if all are.
pub(crate) fn relative(a: f64, b: f64, scale: f64) -> f64 {
    let size = a.abs().max(b.abs()).max(scale.abs());
    let apart = (a - b).abs();
    if apart <= 0.0 { 0.0 } else { apart / size }
}
