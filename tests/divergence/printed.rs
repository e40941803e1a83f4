//! Numbers from a forty-digit program, and those that dit keeps in its tests (in bits).

use natgrad::divergence::*;
use natgrad::ndarray::{Array1, array};

fn check(divergence: &dyn Divergence, p: &Array1<f64>, q: &Array1<f64>, expected: f64) {
    let found = divergence.of(p.view(), q.view()).unwrap();
    let error = (found - expected).abs() / expected;
    assert!(error <= 1e-15, "{}: {found} against {expected}, relative {error:e}", divergence.name());
}

#[test]
fn divergences_of_the_printed_pair() {
    let (p, q) = (array![0.2, 0.3, 0.5], array![0.1, 0.6, 0.3]);
    check(&KullbackLeibler, &p, &q, 0.18609809382700081);
    check(&Swapped(KullbackLeibler), &p, &q, 0.19332590315017545);
    check(&Jeffreys, &p, &q, 0.37942399697717626);
    check(&JensenShannon::EVEN, &p, &q, 0.046613384319864794);
    check(&SquaredHellinger, &p, &q, 0.047016240430020292);
    check(&Bhattacharyya, &p, &q, 0.048157416847768613);
    check(&TotalVariation, &p, &q, 0.3);
    check(&PearsonChiSquare, &p, &q, 0.38333333333333333);
    check(&NeymanChiSquare, &p, &q, 0.43);
    let alphas = [
        (-3.0, 0.19166666666666667),
        (-0.5, 0.18668114160930172),
        (0.0, 0.18806496172008117),
        (0.5, 0.1902700235053299),
        (3.0, 0.215),
    ];
    for (alpha, expected) in alphas {
        check(&AlphaDivergence::new(alpha).unwrap(), &p, &q, expected);
    }
    let orders = [
        (0.5, 0.096314833695537225),
        (2.0, 0.32449604557449724),
        (3.0, 0.40854204089535351),
        (f64::INFINITY, 2f64.ln()),
    ];
    for (order, expected) in orders {
        check(&Renyi::new(order).unwrap(), &p, &q, expected);
    }
    check(&Tsallis::new(0.5).unwrap(), &p, &q, 0.094032480860040584);
    check(&Chernoff, &p, &q, 0.048161926241768711);
    let best = Chernoff.optimum(p.view(), q.view()).unwrap();
    approx::assert_relative_eq!(best.exponent, 0.49519967548946199, max_relative = 1e-15);
    approx::assert_relative_eq!(entropy(p.view()).unwrap(), 1.0296530140645735, max_relative = 1e-15);
    let cross = cross_entropy(p.view(), q.view()).unwrap();
    approx::assert_relative_eq!(cross, 1.0296530140645735 + 0.18609809382700081, max_relative = 1e-15);
}

/// dit 2.3, tests/divergences: the same numbers, in bits.
#[test]
fn divergences_in_bits() {
    let in_bits =
        |d: &dyn Divergence, p: &Array1<f64>, q: &Array1<f64>| bits(d.of(p.view(), q.view()).unwrap());
    let close =
        |found: f64, expected: f64| approx::assert_relative_eq!(found, expected, max_relative = 1e-15);
    let (fair, biased) = (array![0.5, 0.5], array![0.4, 0.6]);
    // The second is the only one above an ulp or two: it is stored rounded at 17 digits.
    close(in_bits(&KullbackLeibler, &fair, &biased), 0.0294468445267841);
    close(in_bits(&KullbackLeibler, &biased, &fair), 0.029049405545331419);
    let (two, three) = (array![0.5, 0.5, 0.0], array![1.0, 1.0, 1.0] / 3.0);
    close(in_bits(&KullbackLeibler, &two, &three), 0.5849625007211563);
    close(bits(cross_entropy(two.view(), three.view()).unwrap()), 1.5849625007211563);
    let quarter = array![0.25, 0.75];
    close(1.0 - SquaredHellinger.of(fair.view(), quarter.view()).unwrap(), 0.9659258262890682);
    close(TotalVariation.of(fair.view(), quarter.view()).unwrap(), 0.25);
    let shifted = array![0.0, 0.5, 0.5];
    close(in_bits(&JensenShannon::EVEN, &two, &shifted), 0.5);
    close(in_bits(&JensenShannon::weighted(0.25).unwrap(), &two, &shifted), 0.40563906222956625);
    close(in_bits(&JensenShannon::EVEN, &array![1.0, 0.0], &array![0.0, 1.0]), 1.0);
}

/// dit 2.3's `alpha_divergence` jumps at α = ±1: it gives 0.2685 (KL(p‖q) in bits) at α = 1 and 0.19333 (KL(q‖p) in nats) beside it.
#[test]
fn the_alpha_divergence_is_continuous_at_both_ends_with_the_right_kullback_leibler_on_each() {
    let (p, q) = (array![0.2, 0.3, 0.5], array![0.1, 0.6, 0.3]);
    let at = |alpha: f64| AlphaDivergence::new(alpha).unwrap().of(p.view(), q.view()).unwrap();
    for (end, kl) in [(-1.0, 0.18609809382700081), (1.0, 0.19332590315017545)] {
        approx::assert_relative_eq!(at(end), kl, max_relative = 1e-15);
        // dD/dα at -1 and 1, by differences in sixty digits; half the second derivatives are .00158 and .00178.
        let slope: f64 = if end < 0.0 { 0.000374567936736044 } else { 0.006987037202791034 };
        for exponent in 3..=15 {
            for side in [-1.0, 1.0] {
                let gap = side * 10f64.powi(-exponent);
                let change = at(end + gap) - kl;
                let error = (change - slope * gap).abs();
                assert!(error <= 1.8e-3 * gap * gap + 2e-16, "α = {end} + {gap:e}: {change:e}");
            }
        }
    }
}
