//! Families as dually flat manifolds, in both of their affine charts, against the α-connections of the simplex.

use super::support::*;
use crate::support::Stream;
use natgrad::connection::{AlphaConnection, DuallyFlat, amari_chentsov};
use natgrad::family::{Categorical, Family, Poisson, Source};
use natgrad::manifold::{Manifold, Point, Simplex, Tangent};
use natgrad::ndarray::{Array1, Array2, ArrayView1, array, s};

const ALPHAS: [f64; 5] = [-3.0, -1.0, 0.0, 0.4, 1.0];

/// θᵢ = ln(pᵢ/p_last) along p + tv, with its first and second derivative: scores and their squares.
fn scores(p: ArrayView1<'_, f64>, v: ArrayView1<'_, f64>) -> (Array1<f64>, Array1<f64>) {
    let score = &v / &p;
    let last = score[score.len() - 1];
    let first = score.slice(s![..-1]).mapv(|s| s - last);
    (first, score.slice(s![..-1]).mapv(|s| last * last - s * s))
}

fn close(found: &Array1<f64>, expected: &Array1<f64>, what: &str) {
    let size = expected.iter().fold(1.0, |m: f64, x| m.max(x.abs()));
    for (found, expected) in found.iter().zip(expected) {
        assert!((found - expected).abs() < 1e-11 * size, "{what}: {found} against {expected}");
    }
}

fn case(stream: &mut Stream, simplex: &Simplex) -> (Point, Tangent, Tangent) {
    let p = random_point(stream, simplex);
    let (v, w) = (random_tangent(stream, simplex, &p), random_tangent(stream, simplex, &p));
    (p, v, w)
}

/// In a chart x, the acceleration of a curve is ẍ + Γ(ẋ, ẋ); it is a vector, so that pushing that of the simplex along
/// the straight line p + tv, Γ_p(v, v), through the chart gives the same: dx(Γ_p) = ẍ + Γ_x(ẋ, ẋ).
#[test]
fn of_family_has_the_alpha_connection_of_the_simplex_in_natural_parameters() -> natgrad::Result<()> {
    let (mut stream, simplex, family) = (Stream(41), Simplex::new(4)?, Categorical::new(4)?);
    for _ in 0..10 {
        let (p, v, _) = case(&mut stream, &simplex);
        let theta = family.natural_of_weights(p.values())?;
        let at = DuallyFlat::of_family(&family, &theta)?;
        let (velocity, bend) = scores(p.values(), v.values());
        for alpha in ALPHAS {
            let gamma = AlphaConnection::new(simplex, alpha)?.christoffel(&p, &v, &v)?;
            let (pushed, _) = scores(p.values(), gamma.values());
            let expected = pushed - &bend;
            close(&at.christoffel(alpha, velocity.view(), velocity.view())?, &expected, "natural");
        }
        assert!(at.christoffel(1.0, velocity.view(), velocity.view())?.iter().all(|x| x.abs() < 1e-300));
    }
    Ok(())
}

#[test]
fn of_family_dual_has_the_alpha_connection_of_the_simplex_in_expectation_parameters() -> natgrad::Result<()> {
    let (mut stream, simplex, family) = (Stream(43), Simplex::new(4)?, Categorical::new(4)?);
    for _ in 0..10 {
        let (p, v, w) = case(&mut stream, &simplex);
        let first = |v: ArrayView1<'_, f64>| v.slice(s![..-1]).to_owned();
        let eta = family.natural_to_expectation(&family.natural_of_weights(p.values())?)?;
        let at = DuallyFlat::of_family_dual(&family, &eta)?;
        let (x, y) = (first(v.values()), first(w.values()));
        for alpha in ALPHAS {
            // The chart forgets the last entry: no second derivatives.
            let gamma = AlphaConnection::new(simplex, alpha)?.christoffel(&p, &v, &w)?;
            close(&at.christoffel(alpha, x.view(), y.view())?, &first(gamma.values()), "expectation");
        }
        let length = x.dot(&at.metric().dot(&y));
        assert!((length - simplex.inner(&p, &v, &w)?).abs() < 1e-12 * (1.0 + length.abs()));
        let skewness = amari_chentsov(&simplex, &p, &v, &v, &w)?;
        assert!(
            (at.skewness(x.view(), x.view(), y.view())? - skewness).abs() < 1e-11 * (1.0 + skewness.abs())
        );
    }
    Ok(())
}

/// One tensor in two charts: T(θ̇, θ̇, θ̇) = T(η̇, η̇, η̇), curvature alike. With r trials the metric is r times as large.
#[test]
fn both_charts_of_a_family_agree() -> natgrad::Result<()> {
    let (family, lambda) = (Categorical::new(3)?, Source::from([0.2, 0.3]));
    let (theta, eta) = (family.source_to_natural(&lambda)?, family.source_to_expectation(&lambda)?);
    let (natural, dual) =
        (DuallyFlat::of_family(&family, &theta)?, DuallyFlat::of_family_dual(&family, &eta)?);
    let (x, y) = (array![0.1, -0.3], array![0.2, -0.1]);
    // By hand: G_η = diag(1/p) + 1/p₃ and T(v, v, v) = .001/.04 - .027/.09 + .008/.25.
    let fisher: Array2<f64> = array![[7.0, 2.0], [2.0, 16.0 / 3.0]];
    let (xt, yt) = (fisher.dot(&x), fisher.dot(&y));
    for (at, x, y) in [(&natural, &xt, &yt), (&dual, &x, &y)] {
        assert!((at.skewness(x.view(), x.view(), x.view())? + 0.243).abs() < 1e-14);
        for alpha in ALPHAS {
            let curvature = at.sectional_curvature(alpha, x.view(), y.view())?;
            assert!((curvature - 0.25 * (1.0 - alpha * alpha)).abs() < 1e-12, "α = {alpha}: {curvature}");
        }
    }
    // Poisson: ψ = e^θ, φ = η ln η - η: Γ^(α) = (1-α)/2 in θ, and -(1+α)/2 · 1/η in η.
    let rate = 3.7;
    let at = DuallyFlat::of_family_dual(&Poisson::new(), &rate.into())?;
    let one = array![1.0];
    assert!((at.christoffel(0.4, one.view(), one.view())?[0] + 0.7 / rate).abs() < 1e-15);
    let at = DuallyFlat::of_family(&Poisson::new(), &f64::ln(rate).into())?;
    assert!((at.christoffel(0.4, one.view(), one.view())?[0] - 0.3).abs() < 1e-15);
    Ok(())
}

/// A potential without a value is refused as such, not as a matrix that wants damping.
#[test]
fn a_metric_that_is_no_number_is_refused() {
    let found = DuallyFlat::natural(array![[f64::NAN]], natgrad::ndarray::Array3::zeros((1, 1, 1)));
    assert!(
        matches!(found, Err(natgrad::Error::NonFinite { quantity: "metric", index: 0, .. })),
        "{found:?}"
    );
}
