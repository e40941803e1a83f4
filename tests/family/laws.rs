//! Laws of every family of the table: conversions, potentials, cumulants, entropy, by direct sums and dual numbers.

use super::dual::{gradient, hessian};
use super::table::{Case, cases};
use crate::support::close::{all_close, close, near};
use natgrad::family::{Expectation, Natural, Source};
use natgrad::ndarray::{Array1, Array2};

/// Every row at every parameter.
fn on_all(law: impl Fn(&Case, &Source, &Natural)) {
    for case in cases() {
        for (lambda, theta) in case.each() {
            law(&case, &lambda, &theta);
        }
    }
}

/// E f under the textbook's masses.
fn mean(case: &Case, lambda: &Source, theta: &Natural, f: impl Fn(&[f64]) -> f64) -> f64 {
    case.masses(lambda, theta).iter().map(|(x, mass)| mass * f(x)).sum()
}

#[test]
fn masses_are_those_of_the_textbook() {
    on_all(|case, lambda, theta| {
        let total = mean(case, lambda, theta, |_| 1.0);
        near(total, 1.0, 1e-13);
        for (x, _) in case.outcomes(lambda, theta) {
            let found = case.family.log_probability(theta, Array1::from(x.clone()).view()).unwrap();
            let expected = case.book.log_mass(&lambda.values().to_vec(), &x);
            // The textbook adds up to a hundred logarithms.
            near(found, expected, 2e-13 * (1.0 + expected.abs()));
            let (carrier, statistic) =
                (case.family.log_carrier(Array1::from(x.clone()).view()).unwrap(), case.statistic(&x));
            let linear: f64 = statistic.iter().zip(theta.values()).map(|(t, theta)| t * theta).sum();
            let psi = case.family.log_partition(theta).unwrap();
            let size = 1.0 + carrier.abs() + linear.abs() + psi.abs();
            near(carrier + linear - psi, expected, 1e-13 * size);
        }
    });
}

#[test]
fn expectation_is_the_slope_of_psi_and_the_mean_of_the_statistic() {
    on_all(|case, lambda, theta| {
        let eta = case.family.natural_to_expectation(theta).unwrap();
        let sums: Vec<f64> =
            (0..case.family.dim()).map(|i| mean(case, lambda, theta, |x| case.statistic(x)[i])).collect();
        all_close(eta.values(), &sums, 1e-13);
        let slope = gradient(&theta.values().to_vec(), |t| case.book.psi(t));
        all_close(eta.values(), &slope, 1e-13);
        let psi = case.family.log_partition(theta).unwrap();
        near(psi, case.book.psi(&theta.values().to_vec()), 1e-14 * (1.0 + psi.abs()));
    });
}

#[test]
fn natural_parameter_is_the_slope_of_phi() {
    on_all(|case, _, theta| {
        let eta = case.family.natural_to_expectation(theta).unwrap();
        let phi = case.family.dual_potential(&eta).unwrap();
        let legendre = theta.values().dot(&eta.values()) - case.family.log_partition(theta).unwrap();
        near(phi, legendre, 1e-13 * (1.0 + phi.abs()));
        let point = eta.values().to_vec();
        if let Some(expected) = case.book.phi(&point) {
            near(phi, expected, 1e-13 * (1.0 + phi.abs()));
            let slope = gradient(&point, |eta| case.book.phi(eta).unwrap());
            all_close(theta.values(), &slope, 1e-12);
        }
    });
}

/// Relative 1e-13 in the largest coordinate; the parameters of the table are where η has not lost digits itself.
#[test]
fn coordinates_go_round() {
    on_all(|case, lambda, theta| {
        let family = &case.family;
        let eta = family.natural_to_expectation(theta).unwrap();
        let start = lambda.values().to_vec();
        let natural = theta.values().to_vec();
        // By way of θ, of η, and directly.
        all_close(family.natural_to_source(theta).unwrap().values(), &start, 1e-13);
        all_close(family.expectation_to_source(&eta).unwrap().values(), &start, 1e-13);
        let direct = family.source_to_expectation(lambda).unwrap();
        all_close(direct.values(), &eta.values().to_vec(), 1e-13);
        // η rounds: 1 - p of p = 0.999 has lost three digits.
        all_close(family.expectation_to_natural(&eta).unwrap().values(), &natural, 1e-13);
        let book = case.book.theta_of_lambda(&start);
        all_close(theta.values(), &book, 1e-13);
        all_close(
            family.natural_to_source(theta).unwrap().values(),
            &case.book.lambda_of_theta(&natural),
            1e-13,
        );
        all_close(eta.values(), &case.book.eta_of_lambda(&start), 1e-13);
        family.check_natural(theta).unwrap();
        family.check_expectation(&eta).unwrap();
        family.check_source(lambda).unwrap();
    });
}

/// Central moments of T of the given orders of each index.
fn central(case: &Case, lambda: &Source, theta: &Natural, indices: &[usize]) -> f64 {
    let eta = case.family.natural_to_expectation(theta).unwrap();
    mean(case, lambda, theta, |x| {
        let t = case.statistic(x);
        indices.iter().map(|&i| t[i] - eta.values()[i]).product()
    })
}

#[test]
fn cumulants_are_direct_sums() {
    on_all(|case, lambda, theta| {
        let d = case.family.dim();
        let g = case.family.fisher_natural(theta).unwrap();
        let third = case.family.third_cumulants(theta).unwrap();
        let fourth = case.family.fourth_cumulants(theta).unwrap();
        let (mut second_sums, mut third_sums, mut fourth_sums) = (vec![], vec![], vec![]);
        for i in 0..d {
            for j in 0..d {
                second_sums.push(central(case, lambda, theta, &[i, j]));
                for k in 0..d {
                    third_sums.push(central(case, lambda, theta, &[i, j, k]));
                    for l in 0..d {
                        let pairs = g[[i, j]] * g[[k, l]] + g[[i, k]] * g[[j, l]] + g[[i, l]] * g[[j, k]];
                        fourth_sums.push(central(case, lambda, theta, &[i, j, k, l]) - pairs);
                    }
                }
            }
        }
        all_close(&g, &second_sums, 1e-13);
        // At p = ½ the third is zero: relative to σ³, σ⁴.
        let size = g.iter().fold(0.0f64, |m, x| m.max(x.abs()));
        for (found, sum) in third.iter().zip(&third_sums) {
            near(*found, *sum, 1e-12 * size.powf(1.5).max(sum.abs()));
        }
        for (found, sum) in fourth.iter().zip(&fourth_sums) {
            near(*found, *sum, 2e-12 * (size * size).max(sum.abs()));
        }
    });
}

#[test]
fn cumulants_of_the_outcome_are_direct_sums() {
    on_all(|case, lambda, theta| {
        let Some(family) = &case.univariate else { return };
        let [first, second, third, fourth] = family.cumulants(theta).unwrap();
        near(first, mean(case, lambda, theta, |x| x[0]), 1e-13 * (first.abs() + second.sqrt()));
        let moment = |k: i32| mean(case, lambda, theta, |x| (x[0] - first).powi(k));
        close(second, moment(2), 1e-13);
        near(third, moment(3), 1e-12 * second.powf(1.5).max(third.abs()));
        near(fourth, moment(4) - 3.0 * second * second, 2e-12 * (second * second).max(fourth.abs()));
    });
}

#[test]
fn entropy_is_minus_the_mean_of_the_log_mass() {
    on_all(|case, lambda, theta| {
        let values = lambda.values().to_vec();
        let sum = -mean(case, lambda, theta, |x| case.book.log_mass(&values, x));
        let found = case.family.entropy(theta).unwrap();
        near(found, sum, 2e-13 * sum.abs());
        // and -φ(η) - E ln h
        let eta = case.family.natural_to_expectation(theta).unwrap();
        let carrier =
            mean(case, lambda, theta, |x| case.family.log_carrier(Array1::from(x.to_vec()).view()).unwrap());
        let phi = case.family.dual_potential(&eta).unwrap();
        near(found, -phi - carrier, 1e-13 * (1.0 + phi.abs() + carrier.abs()));
    });
}

#[test]
fn fisher_in_eta_is_the_inverse_and_the_hessian_of_phi() {
    on_all(|case, _, theta| {
        let eta = case.family.natural_to_expectation(theta).unwrap();
        let (g, inverse) =
            (case.family.fisher_natural(theta).unwrap(), case.family.fisher_expectation(&eta).unwrap());
        let identity = g.dot(&inverse);
        let condition: f64 = largest(&g) * largest(&inverse);
        for ((i, j), entry) in identity.indexed_iter() {
            // η is rounded before it is inverted: of 1 - p at p = 0.999 that has cost three digits.
            near(*entry, if i == j { 1.0 } else { 0.0 }, 4e-15 * condition.max(100.0));
        }
        if let Some(_value) = case.book.phi(&eta.values().to_vec()) {
            let second = hessian(&eta.values().to_vec(), |eta| case.book.phi(eta).unwrap());
            all_close(&inverse, &second, 1e-12);
        }
    });
}

fn largest(matrix: &Array2<f64>) -> f64 {
    matrix.iter().fold(0.0, |m, x| m.max(x.abs()))
}

/// KL by the textbook sum, by three forms with potentials, and by the closed form, for all ordered pairs of a row.
#[test]
fn kullback_leibler_by_five_routes() {
    for case in cases() {
        let all: Vec<(Source, Natural)> = case.each().collect();
        for (first, (lambda1, theta1)) in all.iter().enumerate() {
            for (second, (lambda2, theta2)) in all.iter().enumerate() {
                let found = case.family.kullback_leibler(theta1, theta2).unwrap();
                if first == second {
                    assert_eq!(found, 0.0, "{}", case.family.name());
                    continue;
                }
                let (one, two) = (lambda1.values().to_vec(), lambda2.values().to_vec());
                let sum = mean(&case, lambda1, theta1, |x| {
                    case.book.log_mass(&one, x) - case.book.log_mass(&two, x)
                });
                close(found, sum, 1e-12);
                let family = &case.family;
                let eta = |theta: &Natural| family.natural_to_expectation(theta).unwrap();
                let psi = |theta: &Natural| family.log_partition(theta).unwrap();
                let phi = |eta: &Expectation| family.dual_potential(eta).unwrap();
                let (eta1, eta2) = (eta(theta1), eta(theta2));
                let step = &theta2.values() - &theta1.values();
                let difference = &eta1.values() - &eta2.values();
                let size =
                    psi(theta1).abs() + psi(theta2).abs() + phi(&eta1).abs() + phi(&eta2).abs() + found;
                let bregman = psi(theta2) - psi(theta1) - step.dot(&eta1.values());
                let dual = phi(&eta1) - phi(&eta2) - difference.dot(&theta2.values());
                let fenchel_young = psi(theta2) + phi(&eta1) - theta2.values().dot(&eta1.values());
                for route in [bregman, dual, fenchel_young] {
                    near(route, found, 1e-13 * size);
                }
            }
        }
    }
}

/// KL(θ ‖ θ + tδ) = t²/2 δᵀGδ + t³/6 T(δ,δ,δ) + t⁴/24 ∂⁴ψ + O(t⁵): the first two terms to all digits at t = 1e-9, where a
/// difference of potentials has none; it is never negative, and never zero.
#[test]
fn near_equality_kullback_leibler_is_half_the_metric() {
    on_all(|case, _, theta| {
        let (g, third) =
            (case.family.fisher_natural(theta).unwrap(), case.family.third_cumulants(theta).unwrap());
        let direction = Array1::from_shape_fn(case.family.dim(), |i| if i % 2 == 0 { 0.7 } else { -0.3 });
        let quadratic = direction.dot(&g.dot(&direction));
        let cubic: f64 =
            third.indexed_iter().map(|((i, j, k), t)| t * direction[i] * direction[j] * direction[k]).sum();
        for t in [1e-5, -1e-7, 1e-9, -1e-15, 1e-100] {
            let found = case.family.kullback_leibler_step(theta, (t * &direction).view()).unwrap();
            let expected = 0.5 * t * t * (quadratic + t * cubic / 3.0);
            // The fourth term is t² of the first times a number of the size of κ₄/κ₂, which is at most 1e4 here.
            close(found, expected, 2e-13 + 1e4 * t * t);
        }
    });
}

#[test]
fn names_are_distinct() {
    let mut names: Vec<String> = cases().iter().map(|case| case.family.name()).collect();
    names.sort();
    let count = names.len();
    names.dedup();
    assert_eq!(names.len(), count);
}
