//! Settings that nobody means: refused before the first step by name, or harmless.

use crate::descent::functions::{kl_from, kl_to};
use natgrad::descent::*;
use natgrad::manifold::{Manifold, Simplex};
use natgrad::ndarray::array;
use natgrad::{Error, Result};

fn until() -> Criterion {
    Criterion::GradientNorm(1e-9) | Criterion::Iterations(200)
}

/// A distance of differences that is none is an error of the settings, not the end of a run.
#[test]
fn differences_at_no_distance_are_refused_before_the_first_step() -> Result<()> {
    let (simplex, f) = (Simplex::new(3)?, kl_from(array![0.2, 0.3, 0.5]));
    let problem = Problem::new(&simplex, &f);
    for distance in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        let hessian = Hessian::Differences(distance);
        let (trust, newton) = (TrustRegion::new(hessian), Newton::new(hessian));
        let runs = [
            trust.minimize(&problem, &simplex.centre(), &until()),
            newton.minimize(&problem, &simplex.centre(), &until()),
        ];
        for run in runs {
            let error = run.unwrap_err();
            assert!(
                error.to_string().starts_with(&format!("distance of differences = {distance}")),
                "{error}"
            );
        }
    }
    let trust = TrustRegion { largest_radius: 0.0, ..TrustRegion::default() };
    let error = trust.minimize(&problem, &simplex.centre(), &until()).unwrap_err();
    assert!(matches!(error, Error::Setting { option: "largest radius", .. }), "{error}");
    Ok(())
}

/// As many pairs as there are numbers: memory is taken for those that exist.
#[test]
fn a_memory_without_end_is_no_panic() -> Result<()> {
    let (simplex, f) = (Simplex::new(3)?, kl_from(array![0.2, 0.3, 0.5]));
    let many = Lbfgs { memory: usize::MAX, ..Lbfgs::default() };
    let report = many.minimize(&Problem::new(&simplex, &f), &simplex.centre(), &until())?;
    assert!(report.last.gradient_norm() <= 1e-9, "{report}");
    Ok(())
}

/// An optimum at 1e-12 from a face: the model of L-BFGS used to lead into the face with every step, down to 1e-323.
#[test]
fn lbfgs_does_not_jam_at_a_face() -> Result<()> {
    let simplex = Simplex::new(3)?;
    let q = array![1e-12, 0.4, 0.6];
    let f = kl_to(q.clone());
    let start = simplex.point(array![0.3, 0.3, 0.4])?;
    let report = Lbfgs::default().minimize(&Problem::new(&simplex, &f), &start, &until())?;
    assert!(report.last.gradient_norm() <= 1e-9, "{report}");
    assert!(simplex.distance(report.point(), &simplex.normalise(q)?)? < 1e-9, "{report}");
    Ok(())
}
