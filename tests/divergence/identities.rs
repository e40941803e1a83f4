//! Identities and bounds between divergences, on random pairs.

use super::support::*;
use crate::support::Stream;
use natgrad::divergence::*;
use natgrad::manifold::{Manifold, Simplex};
use natgrad::ndarray::{Array1, Array2};

fn alpha(alpha: f64) -> AlphaDivergence {
    AlphaDivergence::new(alpha).unwrap()
}

fn renyi(order: f64) -> Renyi {
    Renyi::new(order).unwrap()
}

fn value(divergence: &dyn Divergence, p: &Array1<f64>, q: &Array1<f64>) -> f64 {
    divergence.of(p.view(), q.view()).unwrap()
}

#[track_caller]
fn close(found: f64, expected: f64, tolerance: f64) {
    approx::assert_relative_eq!(found, expected, max_relative = tolerance);
}

#[test]
fn identities_hold_on_random_pairs() {
    let mut stream = Stream(11);
    for outcomes in [2, 3, 13] {
        for _ in 0..100 {
            let (p, q) = random_pair(&mut stream, outcomes);
            let kl = value(&KullbackLeibler, &p, &q);
            let h2 = value(&SquaredHellinger, &p, &q);
            for a in [-3.0, -0.7, 0.2, 1.0] {
                close(value(&alpha(a), &p, &q), value(&alpha(-a), &q, &p), 3e-15);
            }
            close(value(&alpha(0.0), &p, &q), 4.0 * h2, 3e-15);
            close(value(&alpha(-1.0), &p, &q), kl, 3e-15);
            close(value(&alpha(3.0), &p, &q), 0.5 * value(&NeymanChiSquare, &p, &q), 3e-15);
            close(value(&alpha(-3.0), &p, &q), 0.5 * value(&PearsonChiSquare, &p, &q), 3e-15);
            close(value(&Jeffreys, &p, &q), kl + value(&KullbackLeibler, &q, &p), 3e-15);
            close(value(&renyi(0.5), &p, &q), 2.0 * value(&Bhattacharyya, &p, &q), 3e-15);
            for a in [0.1, 0.5, 0.8] {
                close((1.0 - a) * value(&renyi(a), &p, &q), a * value(&renyi(1.0 - a), &q, &p), 4e-15);
                let s: f64 = p.iter().zip(&q).map(|(p, q)| p.powf(a) * q.powf(1.0 - a)).sum();
                assert!(((a - 1.0) * value(&renyi(a), &p, &q) - s.ln()).abs() < 2e-15);
            }
            let orders = [0.0, 1e-6, 0.3, 0.5, 1.0 - 1e-9, 1.0, 1.0 + 1e-9, 2.0, 10.0, 1e6, f64::INFINITY];
            let values = orders.map(|order| value(&renyi(order), &p, &q));
            assert!(values.windows(2).all(|w| w[1] >= w[0] * (1.0 - 2e-15)), "{values:?}");
            for (example, same) in [(Example::MinusLog, kl), (Example::Hellinger, 4.0 * h2)] {
                // Just beyond |t| = ¼ the generic term subtracts f'(1) t from seven times what is left.
                close(value(&f_divergence(example), &p, &q), same, 1e-14);
            }
            // H = √2 sin(d/4).
            let simplex = Simplex::new(outcomes).unwrap();
            let points = [&p, &q].map(|x| simplex.point(x.clone()).unwrap());
            let d = simplex.distance(&points[0], &points[1]).unwrap();
            close(h2.sqrt(), 2f64.sqrt() * (d / 4.0).sin(), 3e-15);
        }
    }
}

#[test]
fn bounds_hold_on_random_pairs() {
    let mut stream = Stream(12);
    let room = 1.0 + 1e-14;
    for outcomes in [2, 3, 13] {
        let simplex = Simplex::new(outcomes).unwrap();
        for _ in 0..1000 {
            let (p, q) = random_pair(&mut stream, outcomes);
            let (kl, js) = (value(&KullbackLeibler, &p, &q), value(&JensenShannon::EVEN, &p, &q));
            let (h2, tv) = (value(&SquaredHellinger, &p, &q), value(&TotalVariation, &p, &q));
            let bhattacharyya = value(&Bhattacharyya, &p, &q);
            let points = [&p, &q].map(|x| simplex.point(x.clone()).unwrap());
            let d = simplex.distance(&points[0], &points[1]).unwrap();
            assert!(tv * tv <= 0.5 * kl * room);
            assert!(h2 <= tv * room && tv <= (h2 * (2.0 - h2)).sqrt() * room);
            assert!(2.0 * bhattacharyya <= kl * room && h2 <= bhattacharyya * room);
            assert!(2f64.ln() * h2 <= js * room && js <= h2 * room);
            assert!(d * d / std::f64::consts::PI.powi(2) <= h2 * room && h2 <= d * d / 8.0 * room);
        }
    }
}

/// Stochastic maps, with and without fewer outcomes after.
#[test]
fn every_monotone_divergence_contracts_under_stochastic_maps() {
    let mut stream = Stream(13);
    let all = monotone();
    assert!(all.iter().all(|d| d.is_monotone()));
    for (from, to) in [(2, 2), (5, 3), (3, 7)] {
        for _ in 0..40 {
            let (p, q) = random_pair(&mut stream, from);
            let kernel = random_kernel(&mut stream, from, to);
            let (kp, kq) = (kernel.t().dot(&p), kernel.t().dot(&q));
            for divergence in &all {
                let (was, is) = (value(divergence.as_ref(), &p, &q), value(divergence.as_ref(), &kp, &kq));
                // The image is rounded: 1e-16 over the smallest distance 1e-3, and the order of the power.
                assert!(is <= was * (1.0 + 2e-12) + 1e-17, "{}: {was} grew to {is}", divergence.name());
                assert!(is >= 0.0);
            }
        }
    }
}

/// KL, Rényi and Bhattacharyya add over independent pairs; 1 - H² multiplies.
#[test]
fn products_add() {
    let mut stream = Stream(14);
    let (p1, q1) = random_pair(&mut stream, 3);
    let (p2, q2) = random_pair(&mut stream, 5);
    let product = |a: &Array1<f64>, b: &Array1<f64>| -> Array1<f64> {
        let table: Array2<f64> = Array2::from_shape_fn((a.len(), b.len()), |(i, j)| a[i] * b[j]);
        table.flatten().to_owned()
    };
    let (p, q) = (product(&p1, &p2), product(&q1, &q2));
    let additive: [Box<dyn Divergence>; 4] =
        [Box::new(KullbackLeibler), Box::new(renyi(0.3)), Box::new(renyi(4.0)), Box::new(Bhattacharyya)];
    for d in &additive {
        close(value(d.as_ref(), &p, &q), value(d.as_ref(), &p1, &q1) + value(d.as_ref(), &p2, &q2), 1e-14);
    }
    let h = |p, q| 1.0 - value(&SquaredHellinger, p, q);
    close(h(&p, &q), h(&p1, &q1) * h(&p2, &q2), 1e-15);
    // JS = H(m) - w H(p) - (1-w) H(q).
    let m = 0.3 * &p1 + 0.7 * &q1;
    let by_entropies =
        entropy(m.view()).unwrap() - 0.3 * entropy(p1.view()).unwrap() - 0.7 * entropy(q1.view()).unwrap();
    assert!((value(&JensenShannon::weighted(0.3).unwrap(), &p1, &q1) - by_entropies).abs() < 1e-15);
}

/// The Chernoff information is the distance from both ends of the law where the e-geodesic is as far from both.
#[test]
fn chernoff_meets_the_bisector() {
    let mut stream = Stream(15);
    for outcomes in [2, 7] {
        let (p, q) = random_pair(&mut stream, outcomes);
        let best = Chernoff.optimum(p.view(), q.view()).unwrap();
        let a = best.exponent;
        let weights: Array1<f64> = p.iter().zip(&q).map(|(p, q)| p.powf(a) * q.powf(1.0 - a)).collect();
        let sum = weights.sum();
        let r = weights / sum;
        close(value(&KullbackLeibler, &r, &p), best.information, 2e-13);
        close(value(&KullbackLeibler, &r, &q), best.information, 2e-13);
    }
}

/// D^(α)(p ‖ p + tv) = t²/2 g(v,v) + t³ (α-3)/12 T(v,v,v) + O(t⁴).
#[test]
fn the_cubic_coefficient_of_the_local_expansion() {
    let p = natgrad::ndarray::array![0.2, 0.3, 0.5];
    let v = natgrad::ndarray::array![0.1, -0.3, 0.2];
    let (g, t): (f64, f64) = (0.43, -0.243);
    for a in [-3.0, -1.0, 0.0, 1.0, 3.0, 5.0] {
        let error = |h: f64| {
            let q = &p + &(h * &v);
            (value(&alpha(a), &p, &q) - 0.5 * h * h * g - h * h * h * (a - 3.0) / 12.0 * t).abs()
        };
        for k in 3..7 {
            let h = 0.5f64.powi(k);
            let order = (error(h) / error(0.5 * h)).log2();
            // The remainder is O(h⁴): the slope comes to 4 as fast as h falls; at α = 3 it is Σ(hv)²/p itself, without remainder.
            if error(h) > 1e-15 {
                assert!((order - 4.0).abs() < 4.0 * h, "α = {a}, h = {h}: {order}");
            }
        }
        let (f3, h) = ((a - 3.0) / 12.0 * t, 1e-5);
        let q = &p + &(h * &v);
        let found = (value(&alpha(a), &p, &q) - 0.5 * h * h * g) / (h * h * h);
        assert!((found - f3).abs() < 1e-4, "α = {a}: {found} against {f3}");
    }
}
