//! Stochastic estimators on a Fisher: the printed variance of Hutchinson's trace on M2.

use super::cases::reference;
use super::support::*;
use natgrad::LinearOperator;
use natgrad::fisher::Exact;
use natgrad::linalg::Cholesky;
use natgrad::operator::stochastic::{
    Probes, gaussian_trace_variance, hutchinson, rademacher_trace_variance, spectral_density, xtrace,
};

/// Printed by a numpy program apart from the library.
const VARIANCE: f64 = 1.394725598966098;
const TRACE: f64 = 1.9643055916817;
const FROBENIUS: f64 = 0.974429218958548;

#[test]
fn hutchinson_on_m2() {
    let lin = reference("M2").linearize::<f64>();
    let scores = lin.scores(&Exact).unwrap();
    let dense = scores.dense().unwrap().to_dense().unwrap();
    assert_close("variance", rademacher_trace_variance(dense.view(), 1).unwrap(), VARIANCE, 1e-13);
    assert_close("variance of 7", rademacher_trace_variance(dense.view(), 7).unwrap(), VARIANCE / 7.0, 1e-13);
    let gaussian = gaussian_trace_variance(dense.view(), 1).unwrap();
    assert_close("Gaussian", gaussian, 2.0 * FROBENIUS.powi(2), 1e-13);
    // Fixed size and seed, the implicit form: products only.
    let implicit = scores.implicit().unwrap();
    let estimate = hutchinson(&implicit, Probes::rademacher(4001, 3)).unwrap();
    let z = (estimate.value - TRACE) / (VARIANCE / 4001.0).sqrt();
    assert!(z.abs() < 4.0, "z = {z:.2}");
    let scatter = estimate.standard_error.value().unwrap().powi(2) * 4001.0;
    assert!((scatter / VARIANCE - 1.0).abs() < 0.15, "{scatter}");
}

/// M2 has rank 8 of 21: nine test vectors make the estimate exact, and eight Lanczos steps after a shift the determinant's
/// quadrature.
#[test]
fn low_rank_is_exact() {
    let lin = reference("M2").linearize::<f64>();
    let implicit = lin.scores(&Exact).unwrap().implicit().unwrap();
    let estimate = xtrace(&implicit, Probes::gaussian(9, 5)).unwrap();
    assert_close("trace", estimate.value, TRACE, 1e-12);
    assert_eq!(estimate.products, 17);
    let density = spectral_density(&implicit, 21, Probes::rademacher(211, 7)).unwrap();
    assert!(density.is_exact());
    let estimate = density.log_determinant(0.1).unwrap();
    let mut damped = lin.scores(&Exact).unwrap().dense().unwrap().to_dense().unwrap();
    damped.diag_mut().mapv_inplace(|x| x + 0.1);
    let exact = Cholesky::factor(damped.view()).unwrap().log_determinant();
    // Printed: -40.4263129393221.
    assert_close("logdet", exact, -40.4263129393221, 1e-13);
    let z = (estimate.value - exact) / estimate.standard_error.value().unwrap();
    assert!(z.abs() < 4.0, "z = {z:.2}");
}
