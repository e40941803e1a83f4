//! Families that are limits and special cases of one another.

use crate::support::close::{all_close, close, near};
use natgrad::family::{
    Bernoulli, Binomial, Categorical, Expectation, Family, Multinomial, Natural, NegativeBinomial, Poisson,
    Source,
};
use natgrad::ndarray::{Array1, array};

/// n (f_n - f) of a quantity at n = 10³, 10⁴, 10⁵, 10⁶ against the coefficient c of f_n = f + c/n + O(1/n²).
fn rate(what: &str, limit: f64, coefficient: f64, value: impl Fn(f64) -> f64) {
    for n in [1e3, 1e4, 1e5, 1e6] {
        let found = n * (value(n) - limit);
        // The next term is O(1/n); the difference itself has lost n roundings of the limit.
        let allowed = 100.0 / n + 1e-13 * n * (1.0 + limit.abs());
        assert!((found - coefficient).abs() <= allowed, "{what}, n = {n}: {found} is not {coefficient}");
    }
}

/// Same mean, n or r to infinity: Fisher, divergence and variance go to Poisson's like 1/n, with the coefficients
/// ±1, ±½(μ₁ - μ₂)² and ∓μ² of the expansions by hand.
#[test]
fn binomial_and_negative_binomial_go_to_poisson() {
    let (first, second) = (2.5, 4.0);
    let poisson = Poisson::new();
    let value = |family: &dyn Family, which: usize| {
        let (eta, other) = (Expectation::from(first), Expectation::from(second));
        let theta = family.expectation_to_natural(&eta).unwrap();
        match which {
            0 => family.fisher_expectation(&eta).unwrap()[[0, 0]],
            1 => {
                let other = family.expectation_to_natural(&other).unwrap();
                family.kullback_leibler(&theta, &other).unwrap()
            }
            _ => family.fisher_natural(&theta).unwrap()[[0, 0]],
        }
    };
    let half_square = 0.5 * (second - first) * (second - first);
    for (which, coefficient) in [(0, 1.0), (1, half_square), (2, -first * first)] {
        let limit = value(&poisson, which);
        rate("binomial", limit, coefficient, |n| value(&Binomial::new(n as u64).unwrap(), which));
        rate("negative binomial", limit, -coefficient, |r| value(&NegativeBinomial::new(r).unwrap(), which));
    }
}

/// The coin is a die with two categories; the coin's 1 is category 0.
#[test]
fn categorical_of_two_is_bernoulli() {
    let (coin, die) = (Bernoulli::new(), Categorical::new(2).unwrap());
    for theta in [-37.0, -1.5, 0.25, 3.0, 700.0] {
        let theta = Natural::from(theta);
        let other = Natural::from(0.75);
        close(coin.log_partition(&theta).unwrap(), die.log_partition(&theta).unwrap(), 1e-15);
        let eta = coin.natural_to_expectation(&theta).unwrap();
        all_close(die.natural_to_expectation(&theta).unwrap().values(), &eta.values().to_vec(), 1e-15);
        let same = |a: f64, b: f64| near(a, b, 3e-15 * b.abs());
        same(die.fisher_natural(&theta).unwrap()[[0, 0]], coin.fisher_natural(&theta).unwrap()[[0, 0]]);
        same(
            die.third_cumulants(&theta).unwrap()[[0, 0, 0]],
            coin.third_cumulants(&theta).unwrap()[[0, 0, 0]],
        );
        same(die.fourth_cumulants(&theta).unwrap().sum(), coin.fourth_cumulants(&theta).unwrap().sum());
        same(die.entropy(&theta).unwrap(), coin.entropy(&theta).unwrap());
        same(die.kullback_leibler(&theta, &other).unwrap(), coin.kullback_leibler(&theta, &other).unwrap());
        for (side, x) in [(0.0, 1.0), (1.0, 0.0)] {
            same(
                die.log_probability(&theta, array![side].view()).unwrap(),
                coin.log_probability(&theta, array![x].view()).unwrap(),
            );
        }
    }
}

/// One throw counted is one throw named; N throws are N coins.
#[test]
fn multinomial_of_one_throw_is_categorical_and_of_two_categories_binomial() {
    let (die, once) = (Categorical::new(5).unwrap(), Multinomial::new(5, 1).unwrap());
    let theta = Natural::from([0.5, -2.0, 1.25, 0.0]);
    let other = Natural::from([0.0, 1.0, 1.5, -0.75]);
    close(once.entropy(&theta).unwrap(), die.entropy(&theta).unwrap(), 1e-14);
    assert_eq!(once.fisher_natural(&theta).unwrap(), die.fisher_natural(&theta).unwrap());
    assert_eq!(once.fourth_cumulants(&theta).unwrap(), die.fourth_cumulants(&theta).unwrap());
    let kl = die.kullback_leibler(&theta, &other).unwrap();
    close(once.kullback_leibler(&theta, &other).unwrap(), kl, 1e-15);
    for side in 0..5 {
        let counts = Array1::from_shape_fn(5, |i| if i == side { 1.0 } else { 0.0 });
        let found = once.log_probability(&theta, counts.view()).unwrap();
        close(found, die.log_probability(&theta, array![side as f64].view()).unwrap(), 1e-14);
        assert_eq!(
            once.sufficient(counts.view()).unwrap(),
            die.sufficient(array![side as f64].view()).unwrap()
        );
    }
    let (binomial, dice) = (Binomial::new(7).unwrap(), Multinomial::new(2, 7).unwrap());
    let coin = Bernoulli::new();
    for p in [0.3, 0.01] {
        let lambda = Source::from(p);
        let g = coin.fisher_source(&lambda).unwrap()[[0, 0]];
        close(binomial.fisher_source(&lambda).unwrap()[[0, 0]], 7.0 * g, 1e-15);
        close(dice.fisher_source(&lambda).unwrap()[[0, 0]], 7.0 * g, 1e-15);
        let theta = binomial.source_to_natural(&lambda).unwrap();
        close(dice.entropy(&theta).unwrap(), binomial.entropy(&theta).unwrap(), 1e-13);
        for x in [0.0, 1.0, 3.0, 7.0] {
            close(
                dice.log_probability(&theta, array![x, 7.0 - x].view()).unwrap(),
                binomial.log_probability(&theta, array![x].view()).unwrap(),
                2e-14,
            );
        }
    }
}

/// The rank of a Fisher is its number of parameters: no side is kept too many.
#[test]
fn categorical_natural_fisher_is_nonsingular() {
    for categories in [2, 3, 5, 11] {
        let die = Categorical::new(categories).unwrap();
        let theta = Natural::new(Array1::from_shape_fn(categories - 1, |i| 0.3 * i as f64 - 1.0));
        let g = die.fisher_natural(&theta).unwrap();
        assert_eq!(g.dim(), (categories - 1, categories - 1));
        let factor = natgrad::linalg::Cholesky::factor(g.view()).unwrap();
        // det G_θ = Π p over all categories.
        let product: f64 = die.probabilities(&theta).unwrap().iter().map(|p| p.ln()).sum();
        close(factor.log_determinant(), product, 1e-13);
    }
}
