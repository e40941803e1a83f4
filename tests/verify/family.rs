//! A family passes; with its log-partition, Fisher information or domain wrong, it does not.

use natgrad::family::{
    Bernoulli, Binomial, Categorical, ConwayMaxwellPoisson, Discrete, Expectation, Family, GeometricFailures,
    GeometricTrials, LogarithmicSeries, Multinomial, Natural, NegativeBinomial, Normal, Poisson, Source,
    Zeta,
};
use natgrad::ndarray::{Array1, Array2, Array3, Array4, ArrayView1};
use natgrad::verify::{Report, check_family};
use natgrad::{Error, Result};
use rand::Rng;

/// The geometric law of failures, λ = p, θ = ln(1-p), with one part wrong at a time.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Planted {
    Nothing,
    /// ψ = -ln(1-p) where -ln p is right.
    LogPartition,
    /// The Fisher information in p instead of in θ.
    Fisher,
    /// Third cumulants of the other sign.
    Third,
    /// Every number is accepted as a natural parameter.
    Domain,
    /// The carrier of the law of trials, which starts at one.
    Carrier,
    /// The derivative of θ by λ, of the other sign.
    Jacobian,
    /// Bits, where nats are promised.
    Entropy,
    /// Outcomes shifted by one.
    Sampler,
    /// λ and η take each other's place.
    Source,
}

#[derive(Debug, Clone, Copy)]
struct Geometric(Planted);

impl Geometric {
    fn p(&self, theta: &Natural) -> Result<f64> {
        self.check_natural(theta)?;
        Ok(-theta.values()[0].exp_m1())
    }
}

fn scalar(values: ArrayView1<'_, f64>, holds: impl Fn(f64) -> bool) -> Result<()> {
    match values.to_vec().as_slice() {
        [x] if x.is_finite() && holds(*x) => Ok(()),
        other => Err(Error::Domain {
            quantity: "parameter",
            index: 0,
            value: other.first().copied().unwrap_or(f64::NAN),
            requirement: "one number in the domain",
        }),
    }
}

impl Family for Geometric {
    fn name(&self) -> String {
        "geometric (failures)".into()
    }
    fn dim(&self) -> usize {
        1
    }
    fn check_natural(&self, theta: &Natural) -> Result<()> {
        scalar(theta.values(), |x| x < 0.0 || self.0 == Planted::Domain)
    }
    fn check_expectation(&self, eta: &Expectation) -> Result<()> {
        scalar(eta.values(), |x| x > 0.0)
    }
    fn check_source(&self, lambda: &Source) -> Result<()> {
        scalar(lambda.values(), |x| x > 0.0 && x < 1.0)
    }
    fn source_to_natural(&self, lambda: &Source) -> Result<Natural> {
        self.check_source(lambda)?;
        Ok(Natural::from((-lambda.values()[0]).ln_1p()))
    }
    fn natural_to_source(&self, theta: &Natural) -> Result<Source> {
        let p = self.p(theta)?;
        Ok(Source::from(if self.0 == Planted::Source { (1.0 - p) / p } else { p }))
    }
    fn natural_to_expectation(&self, theta: &Natural) -> Result<Expectation> {
        self.check_natural(theta)?;
        Ok(Expectation::from(1.0 / (-theta.values()[0]).exp_m1()))
    }
    fn expectation_to_natural(&self, eta: &Expectation) -> Result<Natural> {
        self.check_expectation(eta)?;
        Ok(Natural::from(-(1.0 / eta.values()[0]).ln_1p()))
    }
    fn log_partition(&self, theta: &Natural) -> Result<f64> {
        let p = self.p(theta)?;
        Ok(if self.0 == Planted::LogPartition { -(-p).ln_1p() } else { -p.ln() })
    }
    fn fisher_natural(&self, theta: &Natural) -> Result<Array2<f64>> {
        let p = self.p(theta)?;
        let in_p = 1.0 / (p * p * (1.0 - p));
        Ok(Array2::from_elem((1, 1), if self.0 == Planted::Fisher { in_p } else { (1.0 - p) / (p * p) }))
    }
    fn third_cumulants(&self, theta: &Natural) -> Result<Array3<f64>> {
        let p = self.p(theta)?;
        let sign = if self.0 == Planted::Third { -1.0 } else { 1.0 };
        Ok(Array3::from_elem((1, 1, 1), sign * (1.0 - p) * (2.0 - p) / p.powi(3)))
    }
    fn fourth_cumulants(&self, theta: &Natural) -> Result<Array4<f64>> {
        let p = self.p(theta)?;
        let q = 1.0 - p;
        Ok(Array4::from_elem((1, 1, 1, 1), q * (1.0 + 4.0 * q + q * q) / p.powi(4)))
    }
    fn source_jacobian(&self, lambda: &Source) -> Result<Array2<f64>> {
        self.check_source(lambda)?;
        let sign = if self.0 == Planted::Jacobian { 1.0 } else { -1.0 };
        Ok(Array2::from_elem((1, 1), sign / (1.0 - lambda.values()[0])))
    }
    fn entropy(&self, theta: &Natural) -> Result<f64> {
        let p = self.p(theta)?;
        let bits = if self.0 == Planted::Entropy { 2f64.ln() } else { 1.0 };
        Ok((-p * p.ln() - (1.0 - p) * (1.0 - p).ln()) / p / bits)
    }
    fn sufficient(&self, x: ArrayView1<'_, f64>) -> Result<Array1<f64>> {
        scalar(x, |_| true)?;
        Ok(x.to_owned())
    }
    fn log_carrier(&self, x: ArrayView1<'_, f64>) -> Result<f64> {
        scalar(x, |_| true)?;
        let least = if self.0 == Planted::Carrier { 1.0 } else { 0.0 };
        Ok(if x[0] >= least { 0.0 } else { f64::NEG_INFINITY })
    }
    fn sample(&self, theta: &Natural, draws: usize, rng: &mut dyn Rng) -> Result<Array2<f64>> {
        let log = (-self.p(theta)?).ln_1p();
        let shift = if self.0 == Planted::Sampler { 1.0 } else { 0.0 };
        Ok(Array2::from_shape_fn((draws, 1), |_| {
            let u = (rng.next_u64() >> 11) as f64 / (1u64 << 53) as f64;
            ((1.0 - u).ln() / log).floor() + shift
        }))
    }
}

fn check(planted: Planted) -> Report {
    // 0.8²⁰⁰ is 4e-20.
    let outcomes = Array2::from_shape_fn((200, 1), |(x, _)| x as f64);
    let parameters = (Natural::from((0.8f64).ln()), Natural::from((0.5f64).ln()));
    let refused = [Natural::from(0.0), Natural::from(0.1)];
    check_family(&Geometric(planted), (&parameters.0, &parameters.1), outcomes.view(), &refused)
}

#[test]
fn a_right_family_passes_every_law() {
    let report = check(Planted::Nothing);
    assert!(report.passed(), "{report}");
    assert_eq!(report.laws.len(), 55, "{report}");
    // Without a list of outcomes the sums are left out.
    let none = Array2::zeros((0, 1));
    let theta = Natural::from(-0.3);
    let report = check_family(&Geometric(Planted::Nothing), (&theta, &theta), none.view(), &[]);
    assert!(report.passed() && !report.to_string().contains('Σ'), "{report}");
}

#[test]
fn the_families_of_the_library_pass() {
    fn passes<F: Discrete>(family: &F, first: &[f64], second: &[f64]) {
        let theta = |lambda: &[f64]| {
            family.source_to_natural(&Source::new(Array1::from(lambda.to_vec()))).expect("a parameter")
        };
        let (first, second) = (theta(first), theta(second));
        let lists = [&first, &second].map(|theta| family.support(theta, 1e-16).expect("a list"));
        let longer = if lists[0].nrows() > lists[1].nrows() { &lists[0] } else { &lists[1] };
        let report = check_family(family, (&first, &second), longer.view(), &[]);
        assert!(report.passed(), "{report}");
    }
    passes(&Bernoulli::new(), &[0.3], &[0.6]);
    passes(&Binomial::new(7).expect("seven"), &[0.3], &[0.6]);
    passes(&Categorical::new(3).expect("three"), &[0.2, 0.3], &[0.1, 0.6]);
    passes(&Multinomial::new(3, 5).expect("five"), &[0.2, 0.3], &[0.1, 0.6]);
    passes(&Poisson::new(), &[2.5], &[4.0]);
    passes(&GeometricFailures::new(), &[0.2], &[0.5]);
    passes(&GeometricTrials::new(), &[0.2], &[0.5]);
    passes(&NegativeBinomial::new(3.5).expect("3.5"), &[0.2], &[0.5]);
    passes(&LogarithmicSeries, &[0.3], &[0.6]);
    passes(&Zeta, &[8.0], &[10.0]);
    passes(&ConwayMaxwellPoisson, &[3.0, 1.5], &[2.0, 0.875]);
    // A family without a list of outcomes.
    let normal = Normal::new();
    let theta = |m: f64, s: f64| normal.source_to_natural(&Source::from([m, s])).expect("a parameter");
    let report =
        check_family(&normal, (&theta(0.5, 1.5), &theta(1.0, 2.0)), Array2::zeros((0, 1)).view(), &[]);
    assert!(report.passed(), "{report}");
}

#[test]
fn planted_errors_are_named() {
    for (planted, law) in [
        (Planted::LogPartition, "∇ψ = η"),
        (Planted::LogPartition, "Σp = 1"),
        (Planted::LogPartition, "KL(first ‖ second) = Σ p ln(p/q)"),
        (Planted::Fisher, "∂η = G"),
        (Planted::Fisher, "G = Σ p (T - η)(T - η)ᵀ"),
        (Planted::Third, "∂G = T"),
        (Planted::Domain, "θ = (0.1) is refused"),
        (Planted::Carrier, "Σp = 1"),
        (Planted::Sampler, "mean of T over draws = η"),
        (Planted::Source, "θ → λ → θ"),
        (Planted::Jacobian, "∂θ/∂λ = J"),
        (Planted::Entropy, "entropy = -Σ p ln p"),
    ] {
        let report = check(planted);
        let failures = report.failures();
        assert!(failures.iter().any(|name| name.starts_with(law)), "{planted:?}: {failures:?} {report}");
    }
}

#[test]
fn next_to_the_end_of_the_domain_differences_stay_inside() {
    // p = 1e-6: a mean of a million, and a step of 1e-6 leaves the domain.
    let (first, second) = (Natural::from((-1e-6f64).ln_1p()), Natural::from(-3.0));
    let none = Array2::zeros((0, 1));
    let report = check_family(&Geometric(Planted::Nothing), (&first, &second), none.view(), &[]);
    assert!(report.passed(), "{report}");
}

#[test]
fn nothing_panics_on_strange_parameters() {
    let family = Geometric(Planted::Nothing);
    let outcomes = Array2::zeros((3, 2));
    for theta in [Natural::from(f64::NAN), Natural::from(1.0), Natural::new(Array1::zeros(0))] {
        assert!(!check_family(&family, (&theta, &theta), outcomes.view(), &[]).passed());
    }
}
