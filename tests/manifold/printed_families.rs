//! One-parameter families: numbers printed by a thirty-digit program, numbers that geomstats stores in its tests, quadrature of
//! the Fisher information, limits.

use super::arcs::within;
use natgrad::Result;
use natgrad::manifold::arc::{Binomial, Logarithmic, NegativeBinomial, Poisson};
use natgrad::manifold::{Curve, Manifold, Simplex};
use natgrad::ndarray::{Array1, array};

fn distance(m: &dyn Manifold, x: f64, y: f64) -> f64 {
    m.distance(&m.point(array![x]).unwrap(), &m.point(array![y]).unwrap()).unwrap()
}

fn exp(m: &dyn Manifold, x: f64, v: f64) -> f64 {
    let p = m.point(array![x]).unwrap();
    m.exp(&p, &m.tangent(&p, array![v]).unwrap()).unwrap().values()[0]
}

fn log(m: &dyn Manifold, x: f64, y: f64) -> f64 {
    m.log(&m.point(array![x]).unwrap(), &m.point(array![y]).unwrap()).unwrap().values()[0]
}

fn middle(m: &dyn Manifold, x: f64, y: f64) -> f64 {
    m.geodesic(&m.point(array![x]).unwrap(), &m.point(array![y]).unwrap(), 0.5).unwrap().values()[0]
}

fn coin(trials: u64) -> Curve<Binomial> {
    Curve::new(Binomial::probability(trials).unwrap())
}

fn failures(successes: f64) -> Curve<NegativeBinomial> {
    Curve::new(NegativeBinomial::probability(successes).unwrap())
}

#[test]
fn distances() {
    within("Bernoulli", distance(&coin(1), 0.3, 0.6), 0.61287476685781881, 1.0);
    within("binomial", distance(&coin(7), 0.3, 0.6), 1.6215142179324794, 1.0);
    within("Poisson", distance(&Curve::new(Poisson), 2.5, 4.0), 0.83772233983162067, 1.0);
    within("geometric", distance(&failures(1.0), 0.2, 0.5), 1.1245237763185346, 1.0);
    within("negative binomial", distance(&failures(3.5), 0.2, 0.5), 2.1037913471325862, 1.0);
}

#[test]
fn maps() -> Result<()> {
    let poisson = Curve::new(Poisson);
    within("exp", exp(&poisson, 2.5, 1.2), 3.844, 2.0);
    within("log", log(&poisson, 2.5, 4.0), 1.3245553203367587, 2.0);
    within("middle", middle(&poisson, 2.5, 4.0), 3.2061388300841897, 2.0);
    let (p, q) = (poisson.point(array![2.5])?, poisson.point(array![4.0])?);
    let carried = poisson.parallel_transport(&p, &q, &poisson.tangent(&p, array![1.2])?)?;
    within("transport", carried.values()[0], 1.5178932768808221, 2.0);
    within("exit", poisson.exit_time(&p, &poisson.tangent(&p, array![-1.0])?)?, 5.0, 1.0);
    within("exp", exp(&coin(1), 0.3, 0.2), 0.5124581777844201, 2.0);
    within("log", log(&coin(1), 0.3, 0.6), 0.28085450106543675, 2.0);
    within("middle", middle(&coin(1), 0.3, 0.6), 0.4475569032495052, 2.0);
    within("exp", exp(&failures(1.0), 0.2, 0.1), 0.32369066317507512, 2.0);
    within("log", log(&failures(1.0), 0.2, 0.5), 0.20116092849304093, 2.0);
    within("middle", middle(&failures(1.0), 0.2, 0.5), 0.32455532033675866, 2.0);
    let by_mean = Curve::new(NegativeBinomial::mean(3.5)?);
    within("middle", middle(&by_mean, 14.0, 3.5), 7.2839859052946638, 3.0);
    within("exp", exp(&by_mean, 14.0, -5.0), 9.7249588869938033, 3.0);
    within("log", log(&by_mean, 14.0, 3.5), -17.601581243141082, 2.0);
    Ok(())
}

/// geomstats 2.8.0, tests2/data: squared distances and metrics; digits beyond those it stores from a thirty-digit program.
#[test]
fn numbers_that_geomstats_stores() -> Result<()> {
    let squared = |m: &dyn Manifold, x, y| distance(m, x, y).powi(2);
    within("binomial", squared(&coin(5), 0.2, 0.3), 0.26908349076215657, 2.0);
    within("binomial", squared(&coin(5), 0.3, 0.5), 0.84673057298666315, 2.0);
    within("binomial", squared(&coin(10), 0.1, 0.99), 52.796858637613835, 2.0);
    let poisson = Curve::new(Poisson);
    for (x, y, square) in [(1.0, 4.0, 4.0), (0.1, 0.9, 1.6), (0.1, 4.9, 14.4), (0.4, 0.1, 0.4)] {
        within("Poisson", squared(&poisson, x, y), square, 3.0);
    }
    assert_eq!(distance(&poisson, 3.0, 3.0), 0.0);
    within("geometric", squared(&failures(1.0), 0.2, 0.3), 0.21846342154512002, 3.0);
    // geomstats stores …3949; of the doubles 0.3 and 0.5 the forty-digit program says …39520.
    within("geometric", squared(&failures(1.0), 0.3, 0.5), 0.4318107273293952, 3.0);
    let rate = Curve::new(Logarithmic::exponential_rate());
    for (x, y, square) in [(1.0, 2.0, 0.48045301f64), (0.5, 3.5, 3.78656631), (0.1, 0.99, 5.255715612697455)]
    {
        assert!((squared(&rate, x, y) - square).abs() < 1e-8);
        within("exponential", distance(&rate, x, y), (y / x).ln(), 2.0);
    }
    let metric = |m: &dyn Manifold, x: f64| {
        let p = m.point(array![x]).unwrap();
        let one = m.tangent(&p, array![1.0]).unwrap();
        m.inner(&p, &one, &one).unwrap()
    };
    for (n, p, g) in [(5, 0.5, 20.0), (7, 0.1, 700.0 / 9.0), (7, 0.5, 28.0), (7, 0.4, 175.0 / 6.0)] {
        within("binomial", metric(&coin(n), p), g, 3.0);
    }
    for (p, g) in [(0.5, 8.0), (0.2, 31.25), (0.4, 125.0 / 12.0)] {
        within("geometric", metric(&failures(1.0), p), g, 3.0);
    }
    within("Poisson", metric(&poisson, 0.5), 2.0, 2.0);
    within("Poisson", metric(&poisson, 0.2), 5.0, 2.0);
    Ok(())
}

/// Twenty-point Gauss-Legendre on sixteen pieces, nodes by Newton's method.
fn integral(from: f64, to: f64, f: impl Fn(f64) -> f64) -> f64 {
    let legendre = |x: f64| {
        (2..=20).fold((1.0, x), |(a, b), k| {
            let k = f64::from(k);
            (b, ((2.0 * k - 1.0) * x * b - (k - 1.0) * a) / k)
        })
    };
    let slope = |x: f64, (a, b): (f64, f64)| 20.0 * (x * b - a) / (x * x - 1.0);
    let mut sum = 0.0;
    for i in 1..=20 {
        let mut x = (std::f64::consts::PI * (f64::from(i) - 0.25) / 20.5).cos();
        for _ in 0..6 {
            x -= legendre(x).1 / slope(x, legendre(x));
        }
        let weight = 2.0 / ((1.0 - x * x) * slope(x, legendre(x)).powi(2));
        let half = (to - from) / 32.0;
        sum += (0..16).map(|k| half * weight * f(from + half * (f64::from(2 * k + 1) + x))).sum::<f64>();
    }
    sum.abs()
}

/// d = ∫√G dθ = ∫√G dη with G_θ = ψ'' the variance of the count and G_η = 1/ψ'': both charts of both coordinates.
#[test]
fn distances_are_integrals_of_the_root_of_the_information() -> Result<()> {
    let (n, r) = (7.0f64, 3.5f64);
    // Variance of the count as a function of its mean; natural parameter of a mean; the families by mean and by p.
    type Case<'a> =
        (&'a dyn Manifold, &'a dyn Fn(f64) -> f64, &'a dyn Fn(f64) -> f64, &'a dyn Fn(f64) -> f64, f64, f64);
    let (binomial, negative) = (Curve::new(Binomial::mean(7)?), Curve::new(NegativeBinomial::mean(r)?));
    let cases: [Case<'_>; 3] = [
        (&binomial, &|m| m * (n - m) / n, &|m| (m / (n - m)).ln(), &|t| n / (1.0 + (-t).exp()), 0.7, 5.9),
        (&Curve::new(Poisson), &|m| m, &f64::ln, &f64::exp, 0.2, 9.0),
        (&negative, &|m| m * (m + r) / r, &|m| (m / (m + r)).ln(), &|t| r / (-t).exp_m1(), 0.4, 14.0),
    ];
    for (family, variance, natural, mean, x, y) in cases {
        let by_mean = integral(x, y, |m| 1.0 / variance(m).sqrt());
        let by_natural = integral(natural(x), natural(y), |t| variance(mean(t)).sqrt());
        // Sums of 320 terms.
        within(&family.name(), distance(family, x, y), by_mean, 16.0);
        within(&family.name(), distance(family, x, y), by_natural, 16.0);
    }
    // p and mean are two coordinates of one curve.
    within("binomial", distance(&coin(7), 0.1, 0.8), distance(&binomial, 0.7, 5.6), 4.0);
    within("negative", distance(&failures(r), 0.2, 0.5), distance(&negative, 14.0, 3.5), 4.0);
    Ok(())
}

/// The binomial curve inside the simplex of its own outcomes has the family's length, 1.6215, but is no geodesic there: the chord
/// is 1.5452.
#[test]
fn the_binomial_curve_is_longer_than_the_simplex_between_its_ends() -> Result<()> {
    let simplex = Simplex::new(8)?;
    let choose = [1.0, 7.0, 21.0, 35.0, 35.0, 21.0, 7.0, 1.0];
    let law = |p: f64| {
        let term = |(k, c): (i32, &f64)| c * p.powi(k) * (1.0 - p).powi(7 - k);
        simplex.normalise((0..).zip(&choose).map(term).collect::<Array1<f64>>())
    };
    let whole = simplex.distance(&law(0.3)?, &law(0.6)?)?;
    within("simplex", whole, 1.5452042976698741, 4.0);
    // Lengths of polygons, whose error falls as 1/steps².
    let polygon = |steps: i32| -> Result<f64> {
        let at = |k: i32| law(0.3 + 0.3 * f64::from(k) / f64::from(steps));
        (0..steps).map(|k| simplex.distance(&at(k)?, &at(k + 1)?)).sum()
    };
    let (coarse, fine, finest) = (polygon(32)?, polygon(64)?, polygon(128)?);
    let extrapolated = |a: f64, b: f64, order: f64| b + (b - a) / (order - 1.0);
    let length = extrapolated(extrapolated(coarse, fine, 4.0), extrapolated(fine, finest, 4.0), 16.0);
    assert!((length - 1.6215142179324794).abs() < 1e-11, "{length}");
    assert!((length - distance(&coin(7), 0.3, 0.6)).abs() < 1e-11);
    Ok(())
}

/// Poisson is the limit of both others, at the rate 1/n.
#[test]
fn limits_to_poisson() -> Result<()> {
    let limit = distance(&Curve::new(Poisson), 2.5, 4.0);
    let printed = [
        (100u64, 0.85155412289140222, 0.82455464094634941),
        (10_000, 0.8378572781151626, 0.83758746790173115),
        (1_000_000, 0.83772368888591329, 0.83772099078396341),
    ];
    let mut gaps = Vec::new();
    for (n, above, below) in printed {
        let found = (
            distance(&Curve::new(Binomial::mean(n)?), 2.5, 4.0),
            distance(&Curve::new(NegativeBinomial::mean(n as f64)?), 2.5, 4.0),
        );
        within("binomial", found.0, above, 2.0);
        within("negative binomial", found.1, below, 2.0);
        gaps.push((n as f64 * (found.0 - limit), n as f64 * (limit - found.1)));
    }
    // n times the gap tends to a constant, the same on both sides.
    assert!(
        (gaps[2].0 / gaps[1].0 - 1.0).abs() < 1e-3 && (gaps[2].0 / gaps[2].1 - 1.0).abs() < 1e-4,
        "{gaps:?}"
    );
    Ok(())
}

/// n trials are n coins: √n times the distance; and the simplex of two outcomes is the coin.
#[test]
fn trials_multiply_the_squared_distance() -> Result<()> {
    within("n coins", distance(&coin(7), 0.3, 0.6), 7f64.sqrt() * distance(&coin(1), 0.3, 0.6), 2.0);
    for trials in [1, 5] {
        let simplex = Simplex::multinomial(2, trials)?;
        for (p, q) in [(0.3, 0.6), (1e-12, 0.25), (0.125, 0.125 + 2f64.powi(-30))] {
            let (a, b) = (simplex.point(array![p, 1.0 - p])?, simplex.point(array![q, 1.0 - q])?);
            within("two outcomes", simplex.distance(&a, &b)?, distance(&coin(trials), p, q), 4.0);
        }
    }
    within(
        "geometric",
        distance(&failures(3.5), 0.2, 0.5),
        3.5f64.sqrt() * distance(&failures(1.0), 0.2, 0.5),
        2.0,
    );
    Ok(())
}
