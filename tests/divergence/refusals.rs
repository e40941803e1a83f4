//! What is no law is refused with the number.

use super::support::*;
use natgrad::Error;
use natgrad::divergence::*;
use natgrad::ndarray::{Array1, array};

#[test]
fn what_is_no_law_is_refused() {
    let good = array![0.25, 0.75];
    for divergence in monotone() {
        let of = |p: &Array1<f64>, q: &Array1<f64>| divergence.of(p.view(), q.view());
        for (bad, check) in [
            (array![-0.25, 1.25], "Domain"),
            (array![f64::NAN, 1.0], "NonFinite"),
            (array![0.5, 0.5 + 1e-9], "Setting"),
            (array![0.5, 0.25, 0.25], "Shape"),
            (array![], "Empty"),
        ] {
            for error in [of(&bad, &good).unwrap_err(), of(&good, &bad).unwrap_err()] {
                let name = format!("{error:?}");
                let shape = matches!(error, Error::Shape { .. });
                assert!(name.starts_with(check) || shape && bad.len() != 2, "{}: {name}", divergence.name());
            }
        }
        assert!(of(&good, &good).unwrap().abs() < 1e-300, "{} of equal laws", divergence.name());
    }
}

#[test]
fn parameters_outside_their_domain_are_refused() {
    assert!(AlphaDivergence::new(f64::NAN).is_err() && AlphaDivergence::new(f64::INFINITY).is_err());
    assert!(Renyi::new(-1e-9).is_err() && Renyi::new(f64::NAN).is_err());
    assert!(Tsallis::new(f64::INFINITY).is_err() && Tsallis::new(-1.0).is_err());
    assert!(JensenShannon::weighted(0.0).is_err() && JensenShannon::weighted(1.0).is_err());
    let swapped = Swapped(KullbackLeibler).of(array![-1.0, 2.0].view(), array![0.5, 0.5].view()).unwrap_err();
    assert!(matches!(swapped, Error::Domain { quantity: "first law", index: 0, .. }), "{swapped:?}");
}

/// f(u) = 1 - u² is concave.
#[derive(Debug)]
struct Concave;

impl Generator for Concave {
    fn name(&self) -> String {
        "concave".to_owned()
    }
    fn at<N: Number>(&self, u: N) -> N {
        N::from(1.0) - u * u
    }
    fn at_zero(&self) -> f64 {
        1.0
    }
    fn slope_at_infinity(&self) -> f64 {
        f64::NEG_INFINITY
    }
}

impl Potential for Concave {
    fn name(&self) -> String {
        "concave".to_owned()
    }
    fn at<N: Number>(&self, x: &[N]) -> N {
        x.iter().fold(N::from(0.0), |sum, &x| sum - x * x)
    }
}

#[test]
fn a_function_that_is_not_convex_is_noticed() {
    assert!(matches!(FDivergence::new(Concave), Err(Error::Setting { option: "f''(1)", value: -2.0, .. })));
    let bregman = Bregman(Concave).of(array![1.0].view(), array![3.0].view());
    assert!(matches!(bregman, Err(Error::Domain { value: -4.0, .. })), "{bregman:?}");
    assert!(Bregman(Concave).of(array![1.0].view(), array![f64::NAN].view()).is_err());
}
