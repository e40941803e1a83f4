//! Continuous families as finite ones: the nodes of a quadrature are a list of outcomes, its weights the carrier.

use crate::support::close::{all_close, close};
use natgrad::Result;
use natgrad::family::{Expectation, Family, FiniteSupport, Natural};
use natgrad::ndarray::{Array1, Array2, arr2};

/// Equal steps in t over (-∞, ∞), as far as the families below reach: the rule converges faster than any power.
fn line(statistics: fn(f64) -> [f64; 2], from: f64, to: f64) -> Result<FiniteSupport> {
    let step = 1.0 / 32.0;
    let nodes = ((to - from) / step) as usize;
    let rows: Vec<[f64; 2]> = (0..nodes).map(|k| statistics(from + step * k as f64)).collect();
    FiniteSupport::new(Array1::from_elem(nodes, f64::ln(step)), arr2(&rows))
}

/// Gamma laws: x = eᵗ, density in t ∝ exp(shape·ln x - rate·x).
fn gamma() -> Result<FiniteSupport> {
    line(|t| [t, t.exp()], -45.0, 8.0)
}

fn shape_and_scale(shape: f64, scale: f64) -> Natural {
    Natural::from([shape, -1.0 / scale])
}

/// Values that InformationGeometry.jl stores for its closed forms, shape and scale.
#[test]
fn divergences_of_exponential_and_gamma_laws() -> Result<()> {
    let gamma = gamma()?;
    let kl = |p, q| gamma.kullback_leibler(&p, &q);
    close(kl(shape_and_scale(1.0, 5.0), shape_and_scale(1.0, 1.0))?, 2.3905620875658995, 1e-13);
    close(kl(shape_and_scale(5.0, 15.0), shape_and_scale(20.0, 1.0))?, 29.409061308330323, 1e-13);
    Ok(())
}

/// The gamma law of maximal likelihood for the data 1, 2, 3, 4 (geomstats stores shape 4.26542805, mean 2.5).
#[test]
fn maximum_likelihood_of_a_gamma_law() -> Result<()> {
    let mean_log = 24f64.ln() / 4.0;
    let theta = gamma()?.expectation_to_natural(&Expectation::from([mean_log, 2.5]))?;
    let (shape, rate) = (theta.values()[0], -theta.values()[1]);
    close(shape, 4.26542805, 2e-9);
    close(shape / rate, 2.5, 1e-12);
    Ok(())
}

/// Beta laws: x = 1/(1 + e⁻ᵗ), density in t ∝ exp(a ln x + b ln(1 - x)). At a = b = 1 the Fisher is
/// [[1, 1 - π²/6], [1 - π²/6, 1]], which geomstats stores with nine digits.
#[test]
fn fisher_of_the_uniform_law_among_beta_laws() -> Result<()> {
    let beta = line(|t| [-(-t).exp().ln_1p(), -t.exp().ln_1p()], -50.0, 50.0)?;
    let fisher = beta.fisher_natural(&Natural::from([1.0, 1.0]))?;
    let off = 1.0 - std::f64::consts::PI.powi(2) / 6.0;
    assert!((off + 0.644934066).abs() < 1e-9);
    for ((i, j), &entry) in fisher.indexed_iter() {
        close(entry, if i == j { 1.0 } else { off }, 1e-13);
    }
    Ok(())
}

/// Two independent standard normal variables, T = (x, y, x², 2xy, y²): three Gauss-Hermite nodes each integrate degree five
/// exactly. efax stores the diagonal (1, 1, 2, 4, 2).
#[test]
fn fisher_of_a_plane_normal_law_in_natural_coordinates() -> Result<()> {
    let axis = [(-(3f64.sqrt()), 1.0 / 6.0), (0.0, 2.0 / 3.0), (3f64.sqrt(), 1.0 / 6.0)];
    let grid = axis.iter().flat_map(|a| axis.iter().map(move |b| (*a, *b)));
    let carriers = grid.clone().map(|((_, u), (_, v))| f64::ln(u * v)).collect();
    let rows: Vec<[f64; 5]> = grid.map(|((x, _), (y, _))| [x, y, x * x, 2.0 * x * y, y * y]).collect();
    let normal = FiniteSupport::new(carriers, arr2(&rows))?;
    let fisher = normal.fisher_natural(&Natural::new(Array1::zeros(5)))?;
    let expected = Array2::from_diag(&Array1::from(vec![1.0, 1.0, 2.0, 4.0, 2.0]));
    all_close(&fisher, &expected, 1e-14);
    Ok(())
}
