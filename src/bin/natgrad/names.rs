//! Names of estimators, matrices and damping schemes.

use crate::failure::{Failure, Outcome};
use natgrad::Scalar;
use natgrad::fisher::{
    CentredEmpirical, CurvaturePropagation, Empirical, Estimator, Exact, ExactEnumeration, Form, MonteCarlo,
    Root, Sampler,
};
use natgrad::likelihood::{self, Likelihood};
use natgrad::optimizer::MethodSettings;
use natgrad::solver::{Damping, Pi};
use std::sync::Arc;

pub const LIKELIHOODS: &str = "categorical, bernoulli, binomial:TRIALS, poisson, geometric, \
                               negative-binomial:FAILURES, gaussian:VARIANCE";
pub const ESTIMATORS: &str = "exact, exact-enumeration, mc:M, mc-antithetic:M, mc-systematic:M, \
    curvature-propagation:M, curvature-propagation-labels:M, empirical, empirical-centred";
pub const MATRICES: &str = "dense, implicit, gram, block, unit-block, quasi-diagonal, diagonal, kfac, kfac-separate, \
    ekfac, kfoc, tkfac, diagonal-kronecker";
pub const SOLVERS: &str =
    "auto, cholesky, eigen, cg, lanczos, diagonal, block, kronecker, eigenbasis, woodbury";
pub const SCHEMES: &str = "exact, factored, factored-unit, per-factor, relative-diagonal";
/// The failure for an optimizer that is not there.
pub fn no_optimizer(name: &str) -> Failure {
    refuse("optimizer", name, &MethodSettings::NAMES.join(", "))
}

/// The failure for a name that does nothing here.
pub fn refuse(what: &str, name: &str, known: &str) -> Failure {
    Failure::new(format!("unknown {what} '{name}'; available: {known}"))
}

pub fn likelihood<T: Scalar>(name: &str) -> Outcome<Arc<dyn Likelihood<T>>> {
    likelihood::named(name).map_err(|error| match error {
        natgrad::Error::Unknown { .. } => refuse("likelihood", name, LIKELIHOODS),
        other => Failure::new(format!("likelihood '{name}': {other}")),
    })
}

/// The number of draws in `mc:M`.
fn draws(name: &str, text: &str) -> Outcome<usize> {
    match text.parse() {
        Ok(draws @ 1..) => Ok(draws),
        _ => Err(Failure::new(format!("estimator '{name}': M must be a whole number, at least 1"))),
    }
}

pub fn estimator<T: Scalar>(name: &str, seed: u64) -> Outcome<Box<dyn Estimator<T>>> {
    Ok(match name.split_once(':') {
        None if name == "exact" => Box::new(Exact),
        None if name == "exact-enumeration" => Box::new(ExactEnumeration),
        None if name == "empirical" => Box::new(Empirical),
        None if name == "empirical-centred" => Box::new(CentredEmpirical),
        Some((kind, m)) => match kind {
            "mc" => Box::new(MonteCarlo { draws: draws(name, m)?, sampler: Sampler::Independent, seed }),
            "mc-antithetic" => {
                let draws = draws(name, m)?;
                if draws % 2 != 0 {
                    return Err(Failure::new(format!(
                        "estimator '{name}': M must be even: draws come in pairs"
                    )));
                }
                Box::new(MonteCarlo { draws, sampler: Sampler::Antithetic, seed })
            }
            "mc-systematic" => {
                Box::new(MonteCarlo { draws: draws(name, m)?, sampler: Sampler::Systematic, seed })
            }
            "curvature-propagation" => {
                Box::new(CurvaturePropagation { draws: draws(name, m)?, seed, root: Root::Likelihood })
            }
            "curvature-propagation-labels" => {
                Box::new(CurvaturePropagation { draws: draws(name, m)?, seed, root: Root::Labels })
            }
            _ => return Err(refuse("estimator", name, ESTIMATORS)),
        },
        _ => return Err(refuse("estimator", name, ESTIMATORS)),
    })
}

/// Which view of the scores.
pub fn form(name: &str) -> Outcome<Form> {
    name.parse().map_err(|_| refuse("matrix", name, MATRICES))
}

pub fn damping(scheme: &str, value: f64) -> Outcome<Damping> {
    if !(value >= 0.0 && value.is_finite()) {
        return Err(Failure::new(format!("--damping {value}: it must be finite and at least 0")));
    }
    match scheme {
        "exact" => Ok(Damping::Exact(value)),
        "relative-diagonal" => Ok(Damping::RelativeDiagonal(value)),
        "factored" => Ok(Damping::Factored { lambda: value, pi: Pi::TraceRatio }),
        "factored-unit" => Ok(Damping::Factored { lambda: value, pi: Pi::One }),
        "per-factor" => Ok(Damping::PerFactor(value)),
        _ => Err(refuse("scheme", scheme, SCHEMES)),
    }
}
