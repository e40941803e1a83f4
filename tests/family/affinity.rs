//! What follows from ψ: Rényi, Amari, Bhattacharyya, Chernoff, and the provided divergence by quadrature.

use super::table::{Case, cases};
use crate::support::close::{close, near};
use natgrad::Result;
use natgrad::family::{
    Affinity, Bernoulli, Expectation, Family, GeometricFailures, Natural, Poisson, Source,
};
use natgrad::ndarray::{Array1, Array2, Array3, Array4, ArrayView1, array};

/// The first two laws of each row.
fn pairs(law: impl Fn(&Case, [(Source, Natural); 2])) {
    for case in cases() {
        let all: Vec<(Source, Natural)> = case.each().take(2).collect();
        law(&case, all.try_into().unwrap());
    }
}

/// ln Σ p^a q^(1-a) over the outcomes of both laws.
fn direct(case: &Case, [(lambda1, theta1), (lambda2, theta2)]: &[(Source, Natural); 2], a: f64) -> f64 {
    let mut outcomes = case.outcomes(lambda1, theta1);
    outcomes.extend(case.outcomes(lambda2, theta2));
    if case.discrete.is_none() {
        // One grid for both densities, fine enough for either.
        let (low, high, step) = (-60.0, 60.0, 0.05);
        let count = ((high - low) / step) as usize;
        outcomes = (0..=count).map(|k| (vec![low + k as f64 * step], step)).collect();
    }
    outcomes.sort_by(|x, y| x.0.partial_cmp(&y.0).unwrap());
    outcomes.dedup_by(|x, y| x.0 == y.0);
    let (one, two) = (lambda1.values().to_vec(), lambda2.values().to_vec());
    let term = |x: &[f64]| (a * case.book.log_mass(&one, x) + (1.0 - a) * case.book.log_mass(&two, x)).exp();
    outcomes.iter().map(|(x, weight)| weight * term(x)).sum::<f64>().ln()
}

#[test]
fn log_affinity_is_the_direct_sum() {
    pairs(|case, pair| {
        for a in [0.5, 0.1, 0.875, 1e-3] {
            let found = case.family.log_affinity(&pair[0].1, &pair[1].1, a).unwrap();
            // The sum next to one is good to 1e-14 and no better.
            near(found, direct(case, &pair, a), 2e-13 * (1.0 + found.abs()));
            assert!(found <= 0.0);
            // Exchanging the laws exchanges the exponents.
            let mirrored = case.family.log_affinity(&pair[1].1, &pair[0].1, 1.0 - a).unwrap();
            close(mirrored, found, 2e-13);
        }
        for a in [0.0, 1.0] {
            assert_eq!(case.family.log_affinity(&pair[0].1, &pair[1].1, a).unwrap(), 0.0);
        }
    });
}

/// -ln Σ p^a q^(1-a) = a(1-a)/2 δᵀGδ (1 + O(δ)): to nine digits at δ = 1e-10, where a sum of masses has none.
#[test]
fn affinity_of_neighbours_is_the_metric() {
    for case in cases() {
        for (_, theta) in case.each() {
            let delta = Array1::from_shape_fn(case.family.dim(), |i| 1e-10 * (0.5 + i as f64));
            let other = Natural::new(&theta.values() + &delta);
            // What is left of δ after rounding.
            let delta = &other.values() - &theta.values();
            let half = 0.5 * delta.dot(&case.family.fisher_natural(&theta).unwrap().dot(&delta));
            for a in [0.5, 0.125, 1e-6, 3.0, -1.5] {
                let found = case.family.log_affinity(&theta, &other, a).unwrap();
                close(-found, a * (1.0 - a) * half, 1e-7);
            }
            close(case.family.jeffreys(&theta, &other).unwrap(), 2.0 * half, 1e-7);
        }
    }
}

/// D^(α) goes to KL at α = ∓1 without a jump, and D^(α)(p‖q) = D^(-α)(q‖p).
#[test]
fn amari_is_continuous_and_dual() {
    pairs(|case, pair| {
        let [(_, p), (_, q)] = &pair;
        let d = |p: &Natural, q: &Natural, alpha: f64| case.family.amari(p, q, alpha).unwrap();
        let scale = 1e-5 * (1.0 + d(p, q, -1.0) + d(q, p, -1.0)).powi(2);
        near(d(p, q, -1.0 + 1e-6), case.family.kullback_leibler(p, q).unwrap(), scale);
        near(d(p, q, 1.0 - 1e-6), case.family.kullback_leibler(q, p).unwrap(), scale);
        for alpha in [-0.75, 0.0, 0.5, 0.999] {
            close(d(p, q, alpha), d(q, p, -alpha), 1e-12);
        }
        close(d(p, q, 0.0), 4.0 * case.family.hellinger_squared(p, q).unwrap(), 1e-15);
        // (1-a) R_a(p‖q) = a R_{1-a}(q‖p), and R_½ is twice Bhattacharyya's.
        let r = |p: &Natural, q: &Natural, a: f64| case.family.renyi(p, q, a).unwrap();
        close(0.7 * r(p, q, 0.3), 0.3 * r(q, p, 0.7), 1e-13);
        close(r(p, q, 0.5), 2.0 * case.family.bhattacharyya(p, q).unwrap(), 1e-15);
        close(r(p, q, 1.0 - 1e-9), case.family.kullback_leibler(p, q).unwrap(), 1e-7);
    });
}

/// At the Chernoff point the mixture is equally far from both laws, and no other exponent gives more.
#[test]
fn chernoff_is_equally_far_from_both() {
    pairs(|case, pair| {
        let [(_, p), (_, q)] = &pair;
        let point = case.family.chernoff(p, q).unwrap();
        let a = point.exponent;
        let mixture = Natural::new(&(a * &p.values()) + &((1.0 - a) * &q.values()));
        for law in [p, q] {
            close(case.family.kullback_leibler(&mixture, law).unwrap(), point.information, 1e-12);
        }
        for beside in [a - 0.01, a + 0.01] {
            assert!(-case.family.log_affinity(p, q, beside).unwrap() < point.information);
        }
        let mirrored = case.family.chernoff(q, p).unwrap();
        close(mirrored.exponent, 1.0 - a, 1e-12);
        let equal = case.family.chernoff(p, p).unwrap();
        assert_eq!((equal.exponent, equal.information), (0.5, 0.0));
    });
}

/// Σ p³/q² of geometric laws diverges when (1-p)³ ≥ (1-q)²; the affinity says infinity, not a wrong number.
#[test]
fn a_diverging_sum_is_infinite() {
    let family = GeometricFailures::new();
    let theta = |q: f64| Natural::from(q.ln());
    assert_eq!(family.log_affinity(&theta(0.9), &theta(0.5), 3.0).unwrap(), f64::INFINITY);
    assert_eq!(family.renyi(&theta(0.9), &theta(0.5), 3.0).unwrap(), f64::INFINITY);
    assert_eq!(family.log_affinity(&theta(0.5), &theta(0.9), -2.0).unwrap(), f64::INFINITY);
    // 0.8³/0.75² = 0.91 converges: ln(0.2³/0.25² / (1 - 0.8³/0.75²)).
    let found = family.log_affinity(&theta(0.8), &theta(0.75), 3.0).unwrap();
    let ratio: f64 = 0.8f64.powi(3) / 0.75f64.powi(2);
    close(found, (0.2f64.powi(3) / 0.25f64.powi(2) / (1.0 - ratio)).ln(), 1e-13);
    for order in [0.0, -1.0, f64::NAN] {
        assert!(family.renyi(&theta(0.5), &theta(0.6), order).is_err());
    }
    assert!(family.log_affinity(&theta(0.5), &theta(0.6), f64::INFINITY).is_err());
    assert!(family.amari(&theta(0.5), &theta(0.6), f64::NAN).is_err());
}

/// A family that says only what it must.
#[derive(Debug)]
struct Plain<F>(F);

impl<F: Family> Family for Plain<F> {
    fn name(&self) -> String {
        self.0.name()
    }
    fn dim(&self) -> usize {
        self.0.dim()
    }
    fn outcome_len(&self) -> usize {
        self.0.outcome_len()
    }
    fn check_natural(&self, theta: &Natural) -> Result<()> {
        self.0.check_natural(theta)
    }
    fn check_expectation(&self, eta: &Expectation) -> Result<()> {
        self.0.check_expectation(eta)
    }
    fn check_source(&self, lambda: &Source) -> Result<()> {
        self.0.check_source(lambda)
    }
    fn source_to_natural(&self, lambda: &Source) -> Result<Natural> {
        self.0.source_to_natural(lambda)
    }
    fn natural_to_source(&self, theta: &Natural) -> Result<Source> {
        self.0.natural_to_source(theta)
    }
    fn natural_to_expectation(&self, theta: &Natural) -> Result<Expectation> {
        self.0.natural_to_expectation(theta)
    }
    fn expectation_to_natural(&self, eta: &Expectation) -> Result<Natural> {
        self.0.expectation_to_natural(eta)
    }
    fn log_partition(&self, theta: &Natural) -> Result<f64> {
        self.0.log_partition(theta)
    }
    fn fisher_natural(&self, theta: &Natural) -> Result<Array2<f64>> {
        self.0.fisher_natural(theta)
    }
    fn third_cumulants(&self, theta: &Natural) -> Result<Array3<f64>> {
        self.0.third_cumulants(theta)
    }
    fn fourth_cumulants(&self, theta: &Natural) -> Result<Array4<f64>> {
        self.0.fourth_cumulants(theta)
    }
    fn source_jacobian(&self, lambda: &Source) -> Result<Array2<f64>> {
        self.0.source_jacobian(lambda)
    }
    fn entropy(&self, theta: &Natural) -> Result<f64> {
        self.0.entropy(theta)
    }
    fn sufficient(&self, x: ArrayView1<'_, f64>) -> Result<Array1<f64>> {
        self.0.sufficient(x)
    }
    fn log_carrier(&self, x: ArrayView1<'_, f64>) -> Result<f64> {
        self.0.log_carrier(x)
    }
    fn sample(&self, theta: &Natural, draws: usize, rng: &mut dyn rand::Rng) -> Result<Array2<f64>> {
        self.0.sample(theta, draws, rng)
    }
}

/// Everything the trait provides, against the closed forms: KL by potentials where they do not cancel, by quadrature of the
/// Fisher where they do.
#[test]
fn provided_methods_agree_with_the_closed_forms() {
    let (plain, poisson) = (Plain(Poisson::new()), Poisson::new());
    for theta in [-5.0, 0.25, 3.0] {
        let theta = Natural::from(theta);
        for step in [1e-15, -1e-9, 1e-4, 0.03, -0.5, 2.0, -7.0] {
            let step = array![step];
            let found = plain.kullback_leibler_step(&theta, step.view()).unwrap();
            // The difference of potentials may lose three digits before the quadrature takes over.
            close(found, poisson.kullback_leibler_step(&theta, step.view()).unwrap(), 1e-12);
        }
    }
    let (plain, coin) = (Plain(Bernoulli::new()), Bernoulli::new());
    for p in [0.3, 0.9] {
        let lambda = Source::from(p);
        let theta = coin.source_to_natural(&lambda).unwrap();
        let eta = coin.natural_to_expectation(&theta).unwrap();
        let entry = |g: Array2<f64>| g[[0, 0]];
        close(
            entry(plain.fisher_source(&lambda).unwrap()),
            entry(coin.fisher_source(&lambda).unwrap()),
            1e-14,
        );
        let inverse = entry(coin.fisher_expectation(&eta).unwrap());
        close(entry(plain.fisher_expectation(&eta).unwrap()), inverse, 1e-14);
        close(plain.dual_potential(&eta).unwrap(), coin.dual_potential(&eta).unwrap(), 1e-14);
        close(plain.source_to_expectation(&lambda).unwrap().values()[0], p, 1e-15);
        close(plain.expectation_to_source(&eta).unwrap().values()[0], p, 1e-15);
        for step in [1e-15, -1e-9, 0.03, -3.0] {
            let found = plain.kullback_leibler_step(&theta, array![step].view()).unwrap();
            close(found, coin.kullback_leibler_step(&theta, array![step].view()).unwrap(), 1e-12);
        }
    }
}
