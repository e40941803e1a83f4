//! Binomial, geometric and negative binomial: another library's pmf, kinship, limits.

use crate::support::cases::vector;
use crate::support::close::{close, near};
use natgrad::likelihood::{Binomial, NegativeBinomial, SUPPORT_LIMIT, named};
use natgrad::{Error, Likelihood, Scalar};
use ndarray::array;
use statrs::distribution::Discrete;

/// nll, score, Fisher, Hessian and root of one output.
pub fn one<T: Scalar>(name: &str, eta: f64, y: f64) -> [f64; 5] {
    let (law, eta, y) = (named::<T>(name).unwrap(), vector::<T>(&[eta]), vector::<T>(&[y]));
    [
        law.nll(eta.view(), y.view()).unwrap(),
        law.score(eta.view(), y.view()).unwrap()[0],
        law.fisher(eta.view()).unwrap()[[0, 0]],
        law.hessian(eta.view(), y.view()).unwrap()[[0, 0]],
        law.root(eta.view()).unwrap()[[0, 0]],
    ]
    .map(T::as_f64)
}

/// KL of one output.
pub fn divergence(name: &str, eta: f64, other: f64) -> f64 {
    named::<f64>(name).unwrap().kl(array![eta].view(), array![other].view()).unwrap()
}

/// From η to itself nothing; to the next number nearly nothing, and never below zero or NaN.
#[test]
fn divergences_are_never_negative() {
    for name in ["bernoulli", "binomial:7", "geometric", "negative-binomial:2.5"] {
        for eta in [-800.0f64, -745.0, -40.0, -1.0, 0.0, 1e-3, 3.0, 36.0, 710.0, 800.0] {
            assert!(divergence(name, eta, eta).abs() <= 0.0);
            for other in [-800.0, -710.0, -90.0, -0.5, 0.0, 2.0, 90.0, 745.0, 800.0, eta.next_up()] {
                let kl = divergence(name, eta, other);
                assert!(kl >= 0.0, "{name}: KL({eta}, {other}) = {kl}");
            }
        }
    }
}

/// Near equality KL = ½ fisher d² (1 + O(d)); the O(d) term is below |d| here.
#[test]
fn divergences_do_not_cancel() {
    for name in ["binomial:7", "geometric", "negative-binomial:2.5"] {
        for eta in [-5.0, -0.75, 0.0, 2.5] {
            let fisher = one::<f64>(name, eta, 0.0)[2];
            for d in [1e-4, -1e-6, 1e-9] {
                let other: f64 = eta + d;
                let d = other - eta;
                close(divergence(name, eta, other), 0.5 * fisher * d * d, d.abs());
            }
        }
    }
}

/// The statrs twins. Its geometric counts trials, so one more; its negative binomial takes the probability of
/// what ends the count, our failure.
#[test]
fn statrs_agrees() {
    let check = |name: &str, eta: f64, pmf: &dyn Fn(u64) -> f64| {
        let support = named::<f64>(name).unwrap().support(vector(&[eta]).view()).unwrap();
        for (y, p) in support.labels.column(0).iter().zip(&support.probabilities) {
            // statrs exponentiates sums of log-gamma functions.
            near(*p, pmf(*y as u64), 1e-11 * p + 1e-300);
        }
    };
    for eta in [-4.0, -0.75, 0.0, 0.625, 3.0] {
        let (p, q) = (1.0 / (1.0 + f64::exp(-eta)), 1.0 / (1.0 + f64::exp(eta)));
        for n in [1, 2, 31] {
            let twin = statrs::distribution::Binomial::new(p, n).unwrap();
            check(&format!("binomial:{n}"), eta, &|y| twin.pmf(y));
        }
        let twin = statrs::distribution::Geometric::new(p).unwrap();
        check("geometric", eta, &|y| twin.pmf(y + 1));
        for r in [0.3, 2.5, 17.0] {
            let twin = statrs::distribution::NegativeBinomial::new(r, q).unwrap();
            check(&format!("negative-binomial:{r}"), eta, &|y| twin.pmf(y));
        }
    }
}

/// One trial is a coin; one failure is a geometric count with the sides exchanged.
#[test]
fn kinship() {
    for eta in [-30.0, -1.5, 0.0, 0.375, 6.0] {
        for y in [0.0, 1.0] {
            for (a, b) in one::<f64>("binomial:1", eta, y).iter().zip(one::<f64>("bernoulli", eta, y)) {
                close(*a, b, 1e-15);
            }
        }
        for y in [0.0, 1.0, 13.0] {
            let (a, mut b) = (one::<f64>("negative-binomial:1", eta, y), one::<f64>("geometric", -eta, y));
            b[1] = -b[1];
            for (a, b) in a.iter().zip(b) {
                close(*a, b, 4e-15);
            }
        }
        close(divergence("negative-binomial:1", eta, 0.5), divergence("geometric", -eta, -0.5), 0.0);
        close(divergence("binomial:1", eta, 0.5), divergence("bernoulli", eta, 0.5), 0.0);
    }
}

/// r → ∞ at mean λ = r e^η is Poisson; the difference is of order λ²/r.
#[test]
fn many_failures_are_poisson() {
    let (r, rate) = (1e12f64, 3.5f64);
    for y in [0.0, 2.0, 11.0] {
        let found = one::<f64>(&format!("negative-binomial:{r}"), (rate / r).ln(), y);
        let expected = one::<f64>("poisson", rate.ln(), y);
        for (a, b) in found.iter().zip(expected) {
            near(*a, b, 1e-10);
        }
    }
}

/// Consecutive counts; moments that are not cut; a list no longer than its limit says; an omitted mass below 1e-19.
#[test]
fn lists_hold_the_moments() {
    let names =
        ["binomial:7", "binomial:10007", "geometric", "negative-binomial:0.01", "negative-binomial:2.5"];
    for name in names.into_iter().chain(["negative-binomial:1009"]) {
        for eta in [-800.0, -20.0, -3.0, -0.5, 0.0, 2.0, 5.0, 6.5, 20.0, 800.0] {
            let law = named::<f64>(name).unwrap();
            let support = match law.support(array![eta].view()) {
                Ok(support) => support,
                Err(Error::TooLarge { needed, limit, .. }) => {
                    assert!(needed > limit && !name.starts_with("binomial"), "{name} at {eta}");
                    continue;
                }
                Err(error) => panic!("{error}"),
            };
            let labels = support.labels.column(0);
            assert!(labels.iter().enumerate().all(|(k, y)| *y as usize == labels[0] as usize + k));
            assert!(support.omitted_mass < 1e-19 && labels.len() <= SUPPORT_LIMIT, "{name} at {eta}");
            let moment = |f: &dyn Fn(f64) -> f64| -> f64 {
                labels.iter().zip(&support.probabilities).map(|(y, p)| p * f(*y)).sum()
            };
            let score = |y: f64| law.score(array![eta].view(), array![y].view()).unwrap()[0];
            let fisher = one::<f64>(name, eta, 0.0)[2];
            let fourth = law.score_fourth_moments(array![eta].view()).unwrap().unwrap()[0];
            // Sums of up to a million weights from recurrences of up to a hundred thousand products.
            near(moment(&score), 0.0, 1e-11 * fisher.sqrt());
            near(moment(&|y| score(y).powi(2)), fisher, 1e-11 * fisher);
            near(moment(&|y| score(y).powi(4)), fourth, 1e-11 * fourth);
            let curvature = |y: f64| law.hessian(array![eta].view(), array![y].view()).unwrap()[[0, 0]];
            near(moment(&curvature), fisher, 1e-11 * fisher);
        }
    }
}

/// What is left out of a list, by the textbook on both sides: at most the bound.
#[test]
fn the_omitted_mass_is_a_bound() {
    for (name, eta) in [
        ("binomial:997", -1.0),
        ("geometric", -2.0),
        ("negative-binomial:0.3", 2.0),
        ("negative-binomial:2.5", 1.0),
        ("negative-binomial:97", 0.5),
    ] {
        let support = named::<f64>(name).unwrap().support(array![eta].view()).unwrap();
        let (first, count) = (support.labels[[0, 0]] as usize, support.labels.nrows());
        let mut omitted = 0.0;
        let last = if name.starts_with("binomial") { 997 } else { first + count + 2000 };
        for y in (0..=last).filter(|y| *y < first || *y >= first + count) {
            omitted += (-one::<f64>(name, eta, y as f64)[0]).exp();
        }
        assert!(omitted > 0.0 && omitted <= support.omitted_mass * (1.0 + 1e-9), "{name}: {omitted:e}");
    }
}

/// Too spread out to list, but not to differentiate.
#[test]
fn too_many_counts() {
    for (name, eta) in
        [("geometric", -12.0), ("negative-binomial:2.5", 12.0), ("negative-binomial:2.5", 800.0)]
    {
        let law = named::<f64>(name).unwrap();
        let error = law.support(array![eta].view()).unwrap_err();
        assert!(matches!(error, Error::TooLarge { .. }), "{error}");
        assert!(error.to_string().contains("use the estimator `Exact`"), "{error}");
        assert!(one::<f64>(name, eta, 3.0).iter().all(|x| x.is_finite()));
    }
    let counts = named::<f64>("negative-binomial:2.5").unwrap();
    assert!(matches!(counts.sample(array![12.0].view(), 0.5), Err(Error::TooLarge { .. })));
    // A geometric count is drawn in closed form: the median of mean e^12 is where (1 - p)^y passes one half.
    let geometric = named::<f64>("geometric").unwrap();
    let median = geometric.sample(array![-12.0].view(), 0.5).unwrap()[0];
    assert!((median - (2f64.ln() / f64::exp(-12.0).ln_1p()).floor()).abs() <= 0.0, "{median}");
    let Err(Error::TooLarge { needed, limit, .. }) = geometric.sample(array![-21.0].view(), 0.5) else {
        panic!("a mean of e^21 is drawn");
    };
    close(needed, f64::exp(21.0), 1e-15);
    close(limit, 1e9, 0.0);
}

/// Everything at η = ±800 and beyond is a number, in both scalars.
fn far_out<T: Scalar>() {
    for name in ["binomial:7", "geometric", "negative-binomial:2.5"] {
        for eta in [-1e30, -800.0, -90.0, 90.0, 800.0, 1e30] {
            for y in [0.0, 1.0, 7.0] {
                let all = one::<T>(name, eta, y);
                assert!(all.iter().all(|x| x.is_finite()), "{name} at {eta}, label {y}: {all:?}");
            }
            let law = named::<T>(name).unwrap();
            for u in [f64::MIN_POSITIVE, 0.5, 1.0 - 1e-16] {
                match law.sample(vector::<T>(&[eta]).view(), u) {
                    Ok(label) => assert!(label[0].is_finite()),
                    Err(error) => assert!(matches!(error, Error::TooLarge { .. }), "{error}"),
                }
            }
        }
    }
}

#[test]
fn parameters_are_kept() {
    assert_eq!(Binomial::with_trials(7).unwrap().trials(), 7);
    close(NegativeBinomial::with_failures(2.5).unwrap().failures(), 2.5, 0.0);
}

on_both!(far_out);
