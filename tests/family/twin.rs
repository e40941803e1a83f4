//! `statrs` as an independent twin: masses, means, variances, entropies, where both say the same.

use crate::support::close::{close, near};
use natgrad::family::{
    Bernoulli, Binomial, Categorical, Family, GeometricTrials, NegativeBinomial, Normal, Poisson, Source,
    Univariate,
};
use natgrad::ndarray::array;
use statrs::distribution::{self, Continuous, Discrete};
use statrs::statistics::Distribution;

/// Masses, mean and variance.
fn compare<D: Discrete<u64, f64> + Distribution<f64>>(ours: &dyn Univariate, lambda: f64, theirs: &D) {
    let theta = ours.source_to_natural(&Source::from(lambda)).unwrap();
    let [mean, variance, third, _] = ours.cumulants(&theta).unwrap();
    close(mean, theirs.mean().unwrap(), 1e-14);
    close(variance, theirs.variance().unwrap(), 1e-14);
    if let Some(skewness) = theirs.skewness() {
        close(third / variance.powf(1.5), skewness, 1e-13);
    }
    masses(ours, lambda, theirs);
}

fn masses<D: Discrete<u64, f64>>(ours: &dyn Univariate, lambda: f64, theirs: &D) {
    let theta = ours.source_to_natural(&Source::from(lambda)).unwrap();
    for x in 1..40u64 {
        let theirs = theirs.pmf(x);
        let log = ours.log_probability(&theta, array![x as f64].view()).unwrap();
        // Its ln-gamma has eleven to fourteen digits.
        near(log.exp(), theirs, 1e-11 * theirs);
    }
}

#[test]
fn masses_means_variances() {
    compare(&Poisson::new(), 3.7, &distribution::Poisson::new(3.7).unwrap());
    compare(&Binomial::new(41).unwrap(), 0.37, &distribution::Binomial::new(0.37, 41).unwrap());
    compare(&GeometricTrials::new(), 0.23, &distribution::Geometric::new(0.23).unwrap());
    let negative = distribution::NegativeBinomial::new(3.5, 0.4).unwrap();
    masses(&NegativeBinomial::new(3.5).unwrap(), 0.4, &negative);
}

#[test]
fn entropies() {
    let entropy = |family: &dyn Family, lambda: Source| {
        family.entropy(&family.source_to_natural(&lambda).unwrap()).unwrap()
    };
    let theirs = distribution::Bernoulli::new(0.3).unwrap().entropy().unwrap();
    close(entropy(&Bernoulli::new(), Source::from(0.3)), theirs, 1e-14);
    let theirs = distribution::Binomial::new(0.37, 41).unwrap().entropy().unwrap();
    close(entropy(&Binomial::new(41).unwrap(), Source::from(0.37)), theirs, 1e-11);
    let theirs = distribution::Categorical::new(&[0.2, 0.3, 0.5]).unwrap().entropy().unwrap();
    close(entropy(&Categorical::new(3).unwrap(), Source::from([0.2, 0.3])), theirs, 1e-14);
    let theirs = distribution::Normal::new(1.0, 2.5).unwrap().entropy().unwrap();
    close(entropy(&Normal::new(), Source::from([1.0, 2.5])), theirs, 1e-14);
    // Poisson's entropy is in statrs 0.19.1 the expansion in 1/λ, at any λ: good at 30, not at 1.
    let theirs = distribution::Poisson::new(30.0).unwrap().entropy().unwrap();
    near(entropy(&Poisson::new(), Source::from(30.0)), theirs, 1e-6);
}

#[test]
fn normal_densities() {
    let ours = Normal::new();
    let theta = ours.source_to_natural(&Source::from([1.0, 2.5])).unwrap();
    let theirs = distribution::Normal::new(1.0, 2.5).unwrap();
    for x in [-7.0, 0.0, 1.0, 13.0] {
        close(ours.log_probability(&theta, array![x].view()).unwrap(), theirs.ln_pdf(x), 1e-14);
    }
}
