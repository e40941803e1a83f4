//! What divergences induce, against the closed forms of the simplex.

use super::support::*;
use crate::support::Stream;
use natgrad::connection::{AlphaConnection, DuallyFlat, Induced, amari_chentsov};
use natgrad::divergence::*;
use natgrad::manifold::{Manifold, Simplex};
use natgrad::ndarray::{Array1, array};

/// The metric is `factor` times Fisher-Rao's, and the connections are ∇^(α) and ∇^(-α).
fn check<D: Contrast>(divergence: D, factor: f64, alpha: f64) {
    let mut stream = Stream(77);
    let simplex = Simplex::new(4).unwrap();
    let connection = AlphaConnection::new(simplex, alpha).unwrap();
    let induced = Induced::new(simplex, divergence).unwrap();
    for _ in 0..3 {
        let p = random_point(&mut stream, &simplex);
        let [u, v, w] = [0; 3].map(|_| random_tangent(&mut stream, &simplex, &p));
        let scale = factor * (1.0 + alpha.abs());
        let close = |found: f64, expected: f64, what: &str| {
            assert!(
                (found - expected).abs() <= 2e-13 * scale,
                "α = {alpha}, {what}: {found} against {expected}"
            );
        };
        close(induced.inner(&p, &v, &w).unwrap(), factor * simplex.inner(&p, &v, &w).unwrap(), "metric");
        let gamma = connection.christoffel(&p, &v, &w).unwrap();
        let dual = connection.dual().christoffel(&p, &v, &w).unwrap();
        close(induced.lowered(&p, &v, &w, &u).unwrap(), factor * simplex.inner(&p, &gamma, &u).unwrap(), "Γ");
        close(
            induced.lowered_dual(&p, &v, &w, &u).unwrap(),
            factor * simplex.inner(&p, &dual, &u).unwrap(),
            "Γ*",
        );
        let t = amari_chentsov(&simplex, &p, &u, &v, &w).unwrap();
        close(induced.skewness(&p, &u, &v, &w).unwrap(), -alpha * factor * t, "Γ - Γ*");
        let raised = induced.christoffel(&p, &v, &w).unwrap();
        let raised_dual = induced.christoffel_dual(&p, &v, &w).unwrap();
        for (found, expected) in [(raised, gamma), (raised_dual, dual)] {
            for (x, y) in found.values().iter().zip(expected.values()) {
                close(*x, *y, "raised");
            }
        }
    }
}

#[test]
fn every_divergence_induces_its_metric_and_its_alpha_connection() {
    check(KullbackLeibler, 1.0, -1.0);
    check(Swapped(KullbackLeibler), 1.0, 1.0);
    check(Jeffreys, 2.0, 0.0);
    check(SquaredHellinger, 0.25, 0.0);
    check(Bhattacharyya, 0.25, 0.0);
    check(PearsonChiSquare, 2.0, -3.0);
    check(NeymanChiSquare, 2.0, 3.0);
    for alpha in [-3.0, -1.0, -1.0 + 1e-9, -0.5, 0.0, 0.5, 1.0 - 1e-13, 1.0, 2.0] {
        check(AlphaDivergence::new(alpha).unwrap(), 1.0, alpha);
        check(Swapped(AlphaDivergence::new(alpha).unwrap()), 1.0, -alpha);
    }
    for order in [0.3, 1.0, 2.0] {
        check(Renyi::new(order).unwrap(), order, 1.0 - 2.0 * order);
        check(Tsallis::new(order).unwrap(), order, 1.0 - 2.0 * order);
    }
    for weight in [0.5, 0.2] {
        check(
            JensenShannon::weighted(weight).unwrap(),
            weight * (1.0 - weight),
            jensen_shannon_alpha(weight),
        );
    }
}

/// With f(u) = -w ln(w + (1-w)u) + (1-w) u ln(u/(w + (1-w)u)): f'' (1) = w(1-w) and f'''(1) = -w(1-w)(2-w).
fn jensen_shannon_alpha(weight: f64) -> f64 {
    3.0 - 2.0 * (2.0 - weight)
}

#[derive(Debug)]
struct LogSumExp;

impl Potential for LogSumExp {
    fn name(&self) -> String {
        "ln(1 + Σ e^θ)".to_owned()
    }

    fn at<N: Number>(&self, x: &[N]) -> N {
        x.iter().fold(N::from(1.0), |sum, &x| sum + x.exp()).ln()
    }
}

/// The log-partition function, differentiated, has the covariance and the third cumulants of D.1's table.
#[test]
fn a_potential_is_differentiated_exactly() -> natgrad::Result<()> {
    let theta: Array1<f64> = array![0.4f64.ln(), 0.6f64.ln()];
    let at = DuallyFlat::of_potential(&LogSumExp, theta.view())?;
    let metric: natgrad::ndarray::Array2<f64> = array![[0.16, -0.06], [-0.06, 0.21]];
    assert!((at.metric() - &metric).iter().all(|e| e.abs() < 1e-16));
    let (one, two): (Array1<f64>, Array1<f64>) = (array![1.0, 0.0], array![0.0, 1.0]);
    for (u, v, w, expected) in [
        (&one, &one, &one, 0.096),
        (&one, &one, &two, -0.036),
        (&one, &two, &two, -0.024),
        (&two, &two, &two, 0.084),
    ] {
        assert!((at.skewness(u.view(), v.view(), w.view())? - expected).abs() < 1e-16);
    }
    // B_ψ(θ₁ ‖ θ₂) = KL(p₂ ‖ p₁), near and far, against the deviances of the probabilities.
    let laws = |theta: &Array1<f64>| {
        let weights = array![theta[0].exp(), theta[1].exp(), 1.0];
        let sum = weights.sum();
        weights / sum
    };
    for size in [1.0, 1e-3, 1e-6] {
        let other = &theta + &(size * array![0.7, -0.4]);
        let bregman = Bregman(LogSumExp).of(theta.view(), other.view())?;
        let kl = KullbackLeibler.of(laws(&other).view(), laws(&theta).view())?;
        // The probabilities themselves carry a rounding of 1e-16/size of the distance.
        approx::assert_relative_eq!(bregman, kl, max_relative = 1e-15 + 1e-15 / size);
    }
    // In the limit it is ½ dᵀ G d + T(d, d, d)/3·½…, so that the quotient by ½ dᵀ G d tends to one.
    let d: Array1<f64> = 1e-8 * array![0.7, -0.4];
    let bregman = Bregman(LogSumExp).of((&theta + &d).view(), theta.view())?;
    let exact: Array1<f64> = &(&theta + &d) - &theta;
    let quadratic =
        0.5 * exact.dot(&metric.dot(&exact)) + at.skewness(exact.view(), exact.view(), exact.view())? / 6.0;
    approx::assert_relative_eq!(bregman, quadratic, max_relative = 3e-15);
    Ok(())
}
