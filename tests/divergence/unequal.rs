//! Mixtures of very unequal weights. Numbers: mpmath 1.3, 50 digits.

use natgrad::divergence::{Divergence, JensenShannon, Renyi, cross_entropy, entropy};
use natgrad::ndarray::array;

/// Of laws without a common outcome it is the entropy of the weights; p + (m - p) has no digit of m there.
#[test]
fn jensen_shannon_of_disjoint_laws_is_the_entropy_of_the_weights() -> natgrad::Result<()> {
    let (p, q) = (array![1.0, 0.0], array![0.0, 1.0]);
    for (weight, expected) in [(1e-10, 2.40258509298904577e-9), (1e-18, 4.24465316738928253e-17)] {
        let two = JensenShannon::weighted(weight)?.of(p.view(), q.view())?;
        assert!((two - expected).abs() < 1e-14 * expected, "{weight:e}: {two:e}");
        for rows in [array![[1.0, 0.0], [0.0, 1.0]], array![[0.0, 1.0], [1.0, 0.0]]] {
            let many = JensenShannon::of_many(array![weight, 1.0 - weight].view(), rows.view())?;
            assert!((many - expected).abs() < 1e-14 * expected, "{weight:e}: {many:e}");
        }
    }
    Ok(())
}

/// A far law of little weight beside two that are 1e-9 apart: their part, some 1e-19, keeps its digits.
#[test]
fn a_light_law_does_not_cost_the_others_their_digits() -> natgrad::Result<()> {
    let step = 2f64.powi(-30);
    let laws = array![[0.5, 0.25, 0.25], [0.25 + step, 0.5 - step, 0.25], [0.25 - step, 0.5 + step, 0.25]];
    let weight = 2f64.powi(-100);
    let found = JensenShannon::of_many(array![weight, 0.5, 0.5].view(), laws.view())?;
    // ½ step²(1/.25 + 1/.5), but for fourth orders, and the far law's 2⁻¹⁰⁰.
    assert!((found / (3.0 * step * step) - 1.0).abs() < 1e-11, "{found:e}");
    Ok(())
}

#[test]
fn entropies_of_a_vertex_are_zero_and_not_minus_zero() -> natgrad::Result<()> {
    let vertex = array![1.0, 0.0];
    assert!(
        entropy(vertex.view())?.is_sign_positive()
            && cross_entropy(vertex.view(), vertex.view())?.is_sign_positive()
    );
    // Nor is Rényi's of order 0 where both laws have all outcomes.
    let half = array![0.5, 0.5];
    assert!(Renyi::new(0.0)?.of(half.view(), half.view())?.is_sign_positive());
    Ok(())
}
