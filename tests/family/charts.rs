//! Fisher matrices by four routes, and the change of coordinates for every ordered pair.

use super::dual::{Number, gradient, hessian, jacobian};
use super::table::{Case, cases};
use crate::support::close::all_close;
use natgrad::family::{Natural, Source};
use natgrad::ndarray::Array2;

fn square(entries: Vec<f64>) -> Array2<f64> {
    let d = (entries.len() as f64).sqrt() as usize;
    Array2::from_shape_vec((d, d), entries).unwrap()
}

fn on_all(law: impl Fn(&Case, &Source, &Natural)) {
    for case in cases() {
        for (lambda, theta) in case.each() {
            law(&case, &lambda, &theta);
        }
    }
}

/// Σ p s sᵀ, -Σ p ∂²l, 4Σ ∂√p ∂√pᵀ in source coordinates, with derivatives of the textbook's log-mass.
#[test]
fn fisher_by_sums_over_the_support() {
    on_all(|case, lambda, theta| {
        let (d, values) = (case.family.dim(), lambda.values().to_vec());
        let found = case.family.fisher_source(lambda).unwrap();
        let (mut scores, mut curvature, mut roots) =
            (Array2::<f64>::zeros((d, d)), Array2::<f64>::zeros((d, d)), Array2::<f64>::zeros((d, d)));
        for (x, weight) in case.outcomes(lambda, theta) {
            let mass = weight * case.book.log_mass(&values, &x).exp();
            let score = gradient(&values, |lambda| case.book.log_mass(lambda, &x));
            let root = gradient(&values, |lambda| (case.book.log_mass(lambda, &x) / Number::of(2.0)).exp());
            let second = square(hessian(&values, |lambda| case.book.log_mass(lambda, &x)));
            curvature.scaled_add(-mass, &second);
            for i in 0..d {
                for j in 0..d {
                    scores[[i, j]] += mass * score[i] * score[j];
                    roots[[i, j]] += 4.0 * weight * root[i] * root[j];
                }
            }
        }
        for route in [scores, curvature, roots] {
            all_close(&found, &route, 1e-12);
        }
    });
}

#[test]
fn fisher_is_the_hessian_of_psi() {
    on_all(|case, _, theta| {
        let second = hessian(&theta.values().to_vec(), |theta| case.book.psi(theta));
        all_close(&case.family.fisher_natural(theta).unwrap(), &second, 1e-12);
    });
}

/// The derivative of the *source-space* log-partition, ψ(θ(λ)): -r ln p for the negative binomial.
#[test]
fn log_partition_in_source_coordinates_has_the_right_slope() {
    on_all(|case, lambda, theta| {
        let values = lambda.values().to_vec();
        let slope = gradient(&values, |lambda| case.book.psi(&case.book.theta_of_lambda(lambda)));
        let jacobian = case.family.source_jacobian(lambda).unwrap();
        let eta = case.family.natural_to_expectation(theta).unwrap();
        all_close(&jacobian.t().dot(&eta.values()), &slope, 1e-12);
    });
}

/// G_a = Jᵀ G_b J with J = ∂b/∂a by dual numbers, for all six ordered pairs of source, natural and expectation.
#[test]
fn fisher_changes_coordinates_as_a_tensor() {
    on_all(|case, lambda, theta| {
        let (family, book) = (&case.family, &case.book);
        let eta = family.natural_to_expectation(theta).unwrap();
        let fishers = [
            family.fisher_source(lambda).unwrap(),
            family.fisher_natural(theta).unwrap(),
            family.fisher_expectation(&eta).unwrap(),
        ];
        let points = [lambda.values().to_vec(), theta.values().to_vec(), eta.values().to_vec()];
        let closed = book.lambda_of_eta(&points[2]).is_some();
        let mut pairs = vec![
            (0, 1, jacobian(&points[0], |x| book.theta_of_lambda(x))),
            (1, 0, jacobian(&points[1], |x| book.lambda_of_theta(x))),
            (0, 2, jacobian(&points[0], |x| book.eta_of_lambda(x))),
            (1, 2, jacobian(&points[1], |x| book.eta_of_lambda(&book.lambda_of_theta(x)))),
        ];
        if closed {
            let source = |x: &[super::dual::Dual<f64>]| book.lambda_of_eta(x).unwrap();
            pairs.push((2, 0, jacobian(&points[2], source)));
            pairs.push((2, 1, jacobian(&points[2], |x| book.theta_of_lambda(&source(x)))));
        }
        for (a, b, jacobian) in pairs {
            let jacobian = square(jacobian);
            if (a, b) == (0, 1) {
                all_close(&family.source_jacobian(lambda).unwrap(), &jacobian, 1e-13);
            }
            let expected = jacobian.t().dot(&fishers[b]).dot(&jacobian);
            all_close(&fishers[a], &expected, 1e-12);
        }
    });
}
