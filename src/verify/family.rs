use crate::family::{Expectation, Family, Natural, Source};
use crate::linalg::Cholesky;
use crate::report::Format;
use crate::verify::differences::{self, largest};
use crate::verify::law::relative;
use crate::verify::sums::{sampled, sums};
use crate::verify::{Law, Report};
use crate::{Error, Result, check};
use ndarray::{Array1, Array2, ArrayView2, Axis};

/// Tolerance of a derivative against extrapolated differences.
const DERIVATIVE: f64 = 1e-7;
/// Tolerance of two formulas for one number.
const FORMULA: f64 = 1e-10;

/// Whether the parts of an exponential family fit one another, at two parameters.
///
/// ```text
/// ∇ψ = η,   ∂η = G,   ∂G = T,   ∂T = fourth cumulants,   ∂θ/∂λ = J,   G_λ = JᵀG_θJ,
/// G_η G_θ = 1,   θ → η → θ,   θ → λ → θ
/// Σp = 1,   Σp T = η,   Σp (T - η)(T - η)ᵀ = G,   entropy = -Σp ln p,
/// KL = Σp ln(p/q) = B_ψ = B_φ = Fenchel-Young
/// ```
///
/// `outcomes` lists the support, one outcome per row ([`Discrete::support`](crate::family::Discrete::support) makes such a list);
/// an infinite support is listed as far as its probabilities count at both parameters. With no rows, the laws that sum over outcomes are left out. `refused` are natural parameters outside the
/// domain, which [`Family::check_natural`] must refuse, beside NaN, infinities and wrong lengths.
///
/// Derivatives are extrapolated central differences (relative tolerance 10⁻⁷), formulas must agree to 10⁻¹⁰, the mean of a
/// sample of fixed size and seed to five standard errors.
///
/// # Errors
/// None: what cannot be evaluated is a failed verdict with the place.
///
/// # Example
/// ```
/// use natgrad::family::{Discrete, Family, Natural, Poisson};
/// use natgrad::verify::check_family;
///
/// let (first, second) = (Natural::from(2.5f64.ln()), Natural::from(4f64.ln()));
/// let outcomes = Poisson::new().support(&second, 1e-16)?;
/// let report = check_family(&Poisson::new(), (&first, &second), outcomes.view(), &[]);
/// assert!(report.passed(), "{report}");
/// # Ok::<(), natgrad::Error>(())
/// ```
///
/// # Cost
/// 24 d evaluations of ψ, η, G; O(outcomes · d³); 500 draws.
pub fn check_family<F: Family + ?Sized>(
    family: &F,
    (first, second): (&Natural, &Natural),
    outcomes: ArrayView2<'_, f64>,
    refused: &[Natural],
) -> Report {
    let mut report = Report::new(family.name());
    for theta in [first, second] {
        let shown: Vec<String> = theta.values().iter().map(|x| Format::Significant(4).show(*x)).collect();
        let at = format!("at θ = ({})", shown.join(", "));
        derivatives(&mut report, family, theta, &at);
        round_trips(&mut report, family, theta, &at);
        if !outcomes.is_empty() {
            sums(&mut report, family, theta, outcomes, &at);
        }
        sampled(&mut report, family, theta, &at);
    }
    relative_entropy(&mut report, family, first, second, outcomes);
    refusals(&mut report, family, first, refused);
    report
}

/// max |a - b| over the largest entry of both.
pub(crate) fn apart(a: &Array1<f64>, b: &Array1<f64>) -> Result<f64> {
    check::shape("side of the law", a.shape(), b.shape())?;
    let (size, apart) = (largest(a).max(largest(b)), largest(&(a - b)));
    Ok(if apart <= 0.0 { 0.0 } else { apart / size })
}

pub(crate) fn flattened<D: ndarray::Dimension>(x: &ndarray::Array<f64, D>) -> Array1<f64> {
    x.iter().copied().collect()
}

/// The derivative along every axis against `claimed`, whose last axis is that of the derivative: the worst difference.
fn gradient_law(
    name: String,
    theta: &Natural,
    claimed: Result<Array1<f64>>,
    f: impl Fn(&Natural) -> Result<Array1<f64>>,
) -> Law {
    let error = || -> Result<(f64, f64)> {
        let (claimed, d) = (claimed?, theta.values().len());
        let mut found: Vec<Array1<f64>> = Vec::with_capacity(d);
        let mut uncertainty: f64 = 0.0;
        for k in 0..d {
            let along = |t: f64| {
                let mut shifted = theta.values().to_owned();
                if let Some(entry) = shifted.get_mut(k) {
                    *entry += t;
                }
                f(&Natural::new(shifted))
            };
            let difference = differences::first(along, 0.25)?;
            uncertainty = uncertainty.max(difference.uncertainty);
            found.push(difference.value);
        }
        let found: Array1<f64> = match found.first() {
            Some(column) => (0..column.len()).flat_map(|i| found.iter().map(move |c| c[i])).collect(),
            None => return Err(Error::Empty { quantity: "natural parameter" }),
        };
        let size = largest(&claimed).max(largest(&found));
        Ok((apart(&claimed, &found)?, 10.0 * uncertainty / size))
    };
    match error() {
        Ok((error, uncertainty)) => Law::within(name, DERIVATIVE.max(uncertainty), Ok(error)),
        Err(problem) => Law::within(name, DERIVATIVE, Err(problem)),
    }
}

fn derivatives<F: Family + ?Sized>(report: &mut Report, family: &F, theta: &Natural, at: &str) {
    let psi = |theta: &Natural| Ok(Array1::from_elem(1, family.log_partition(theta)?));
    let eta = |theta: &Natural| Ok(family.natural_to_expectation(theta)?.into_inner());
    let fisher = |theta: &Natural| Ok(flattened(&family.fisher_natural(theta)?));
    let third = family.third_cumulants(theta);
    let cubic = |theta: &Natural| Ok(flattened(&family.third_cumulants(theta)?));
    report.laws.push(gradient_law(format!("∇ψ = η {at}"), theta, eta(theta), psi));
    report.laws.push(gradient_law(format!("∂η = G {at}"), theta, fisher(theta), eta));
    report.laws.push(gradient_law(format!("∂G = T {at}"), theta, cubic(theta), fisher));
    let quartic = family.fourth_cumulants(theta).map(|t| flattened(&t));
    report.laws.push(gradient_law(format!("∂T = fourth cumulants {at}"), theta, quartic, cubic));
    if let Ok(source) = family.natural_to_source(theta) {
        let jacobian = family.source_jacobian(&source).map(|j| flattened(&j));
        let natural =
            |l: &Natural| Ok(family.source_to_natural(&Source::new(l.values().to_owned()))?.into_inner());
        let at_source = Natural::new(source.into_inner());
        report.laws.push(gradient_law(format!("∂θ/∂λ = J {at}"), &at_source, jacobian, natural));
    }
    let definite = || -> Result<f64> {
        let fisher = family.fisher_natural(theta)?;
        Cholesky::factor(fisher.view())?;
        apart(&flattened(&fisher), &flattened(&fisher.t().to_owned()))
    };
    report.laws.push(Law::within(format!("G symmetric, positive definite {at}"), 1e-14, definite()));
    if family.dim() > 1 {
        let symmetric = third.and_then(|t| {
            let swapped = apart(&flattened(&t), &flattened(&t.clone().permuted_axes([1, 0, 2])))?;
            Ok(swapped.max(apart(&flattened(&t), &flattened(&t.clone().permuted_axes([2, 1, 0])))?))
        });
        report.laws.push(Law::within(format!("T totally symmetric {at}"), 1e-13, symmetric));
    }
}

fn round_trips<F: Family + ?Sized>(report: &mut Report, family: &F, theta: &Natural, at: &str) {
    let start = theta.values().to_owned();
    let eta = family.natural_to_expectation(theta);
    let through_eta = || apart(&family.expectation_to_natural(&eta.clone()?)?.into_inner(), &start);
    report.laws.push(Law::within(format!("θ → η → θ {at}"), FORMULA, through_eta()));
    let source = family.natural_to_source(theta);
    let through_source = || apart(&family.source_to_natural(&source.clone()?)?.into_inner(), &start);
    report.laws.push(Law::within(format!("θ → λ → θ {at}"), FORMULA, through_source()));
    let short = || {
        let direct = family.source_to_expectation(&source.clone()?)?.into_inner();
        let back = family.expectation_to_source(&eta.clone()?)?.into_inner();
        Ok(apart(&direct, &eta.clone()?.into_inner())?.max(apart(&back, &source.clone()?.into_inner())?))
    };
    report.laws.push(Law::within(format!("λ → η and η → λ agree {at}"), FORMULA, short()));
    let legendre = || {
        let (eta, psi) = (eta.clone()?, family.log_partition(theta)?);
        let product = theta.values().dot(&eta.values());
        let size = psi.abs().max(product.abs());
        Ok(relative(family.dual_potential(&eta)? + psi, product, size))
    };
    report.laws.push(Law::within(format!("φ(η) + ψ(θ) = ⟨θ, η⟩ {at}"), FORMULA, legendre()));
    let inverse = || -> Result<f64> {
        let product = family.fisher_expectation(&eta.clone()?)?.dot(&family.fisher_natural(theta)?);
        Ok(largest(&flattened(&(product - Array2::<f64>::eye(family.dim())))))
    };
    report.laws.push(Law::within(format!("G_η G_θ = 1 {at}"), 1e-9, inverse()));
    let pulled = || -> Result<f64> {
        let (source, fisher) = (source.clone()?, family.fisher_natural(theta)?);
        let jacobian = family.source_jacobian(&source)?;
        let product = jacobian.t().dot(&fisher).dot(&jacobian);
        apart(&flattened(&family.fisher_source(&source)?), &flattened(&product))
    };
    report.laws.push(Law::within(format!("G_λ = Jᵀ G_θ J {at}"), FORMULA, pulled()));
    let checks = || {
        family.check_natural(theta)?;
        family.check_expectation(&eta.clone()?)?;
        family.check_source(&source.clone()?)?;
        Ok(0.0)
    };
    report.laws.push(Law::within(format!("θ, η and λ are in their domains {at}"), 0.0, checks()));
}

fn relative_entropy<F: Family + ?Sized>(
    report: &mut Report,
    family: &F,
    first: &Natural,
    second: &Natural,
    outcomes: ArrayView2<'_, f64>,
) {
    let divergence = family.kullback_leibler(first, second);
    // The forms below subtract numbers of this size.
    let terms = || -> Result<([f64; 3], f64)> {
        let (eta, other) = (family.natural_to_expectation(first)?, family.natural_to_expectation(second)?);
        let (phi, phi_other) = (family.dual_potential(&eta)?, family.dual_potential(&other)?);
        let pairing = |a: &Natural, b: &Expectation| a.values().dot(&b.values());
        let (psi, psi_other) = (family.log_partition(first)?, family.log_partition(second)?);
        let mixed = pairing(second, &eta);
        let primal = psi_other - psi - (mixed - pairing(first, &eta));
        let dual = phi - phi_other - (mixed - pairing(second, &other));
        let young = psi_other + phi - mixed;
        let size = [psi, psi_other, phi, phi_other, mixed].iter().fold(0.0, |m: f64, x| m.max(x.abs()));
        Ok(([primal, dual, young], size))
    };
    let forms = ["Bregman divergence of ψ", "Bregman divergence of φ", "Fenchel-Young form"];
    for (k, form) in forms.iter().enumerate() {
        let name = format!("KL(first ‖ second) = {form}");
        let both = divergence.clone().and_then(|kl| Ok((kl, terms()?)));
        report.laws.push(match both {
            Ok((kl, (values, size))) => Law::equal(name, FORMULA, size, Ok((kl, values[k]))),
            Err(problem) => Law::within(name, FORMULA, Err(problem)),
        });
    }
    if !outcomes.is_empty() {
        let sides = || -> Result<(f64, f64)> {
            let mut sum = 0.0;
            for x in outcomes.axis_iter(Axis(0)) {
                let (p, q) = (family.log_probability(first, x)?, family.log_probability(second, x)?);
                if p > f64::NEG_INFINITY {
                    sum += p.exp() * (p - q);
                }
            }
            Ok((divergence.clone()?, sum))
        };
        report.laws.push(Law::equal("KL(first ‖ second) = Σ p ln(p/q)", FORMULA, 0.0, sides()));
    }
    let itself = || Ok(family.kullback_leibler(first, first)?.abs());
    report.laws.push(Law::within("KL(first ‖ first) = 0", 1e-14, itself()));
}

fn refusals<F: Family + ?Sized>(report: &mut Report, family: &F, theta: &Natural, refused: &[Natural]) {
    for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let mut bad = theta.values().to_owned();
        if let Some(entry) = bad.first_mut() {
            *entry = value;
        }
        let answer = family.check_natural(&Natural::new(bad.clone()));
        report.laws.push(Law::refused(format!("θ with {value} is refused"), &answer));
        let answer = family.check_source(&Source::new(bad));
        report.laws.push(Law::refused(format!("λ with {value} is refused"), &answer));
    }
    let long = Array1::zeros(family.dim() + 1);
    let answer = family.check_natural(&Natural::new(long.clone()));
    report.laws.push(Law::refused("θ of another length is refused", &answer));
    let answer = family.check_expectation(&Expectation::new(long));
    report.laws.push(Law::refused("η of another length is refused", &answer));
    for bad in refused {
        let shown: Vec<String> = bad.values().iter().map(|x| format!("{x}")).collect();
        let answer = family.check_natural(bad);
        report.laws.push(Law::refused(format!("θ = ({}) is refused", shown.join(", ")), &answer));
        let answer = family.log_partition(bad);
        report.laws.push(Law::refused(format!("ψ at θ = ({}) is refused", shown.join(", ")), &answer));
    }
}
