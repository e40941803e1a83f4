//! Right numbers that other packages store, recomputed.

use crate::support::close::{all_close, close};
use natgrad::Result;
use natgrad::manifold::simplex::MultiplicativeRetraction;
use natgrad::manifold::{Cotangent, Manifold, Retraction, Simplex};
use natgrad::ndarray::{Array1, array};

/// Manifolds.jl: the Fisher-Rao representer of the functional whose Euclidean representer is log_p q.
#[test]
fn a_euclidean_representer_is_sharpened() -> Result<()> {
    let simplex = Simplex::new(3)?;
    let p = simplex.point(array![1.0 / 2.0, 1.0 / 3.0, 1.0 / 6.0])?;
    let q = simplex.point(array![0.2, 0.3, 0.5])?;
    let x = simplex.log(&p, &q)?.into_inner();
    let stored = array![-0.10040964054128285, 0.03818665287320871, 0.06222298766807415];
    all_close(simplex.sharp(&p, &Cotangent::new(x))?.values(), &stored, 1e-15);
    Ok(())
}

/// Manifolds.jl: the gradient of the mean of ln pᵢ is 1/5 - p.
#[test]
fn the_gradient_of_the_mean_logarithm_points_to_the_centre() -> Result<()> {
    let simplex = Simplex::new(5)?;
    let p = simplex.point(array![0.1, 0.15, 0.2, 0.25, 0.3])?;
    let gradient = simplex.gradient(&p, p.values().mapv(|x| 0.2 / x))?;
    all_close(gradient.values(), &(0.2 - &p.values()), 1e-15);
    Ok(())
}

/// Manifolds.jl: ⟨v, w⟩ on a face, where the vanishing entry does not count.
#[test]
fn the_metric_of_a_face() -> Result<()> {
    let simplex = Simplex::new(3)?;
    let (p, v, w) = (array![0.0, 0.5, 0.5], array![0.0, 1.0, -1.0], array![0.0, 2.0, -2.0]);
    close(simplex.closed_inner(p.view(), v.view(), w.view())?, 8.0, 1e-15);
    Ok(())
}

/// ExponentialFamily.jl: the product of two categorical laws, that is, one step of the e-retraction along ln q.
#[test]
fn the_product_of_two_laws() -> Result<()> {
    let simplex = Simplex::new(3)?;
    let p = simplex.point(array![0.1, 0.4, 0.5])?;
    let log: Array1<f64> = array![0.8, 0.1, 0.1].mapv(f64::ln);
    let product =
        MultiplicativeRetraction.retract(&simplex, &p, &simplex.sharp(&p, &Cotangent::new(log))?)?;
    let stored = array![0.47058823529411764, 0.23529411764705882, 0.2941176470588235];
    all_close(product.values(), &stored, 1e-15);
    Ok(())
}

/// infogeom: a distance of π/3.
#[test]
fn a_distance_of_sixty_degrees() -> Result<()> {
    let simplex = Simplex::new(2)?;
    let d = simplex.distance(&simplex.point(array![0.25, 0.75])?, &simplex.point(array![0.75, 0.25])?)?;
    close(d, std::f64::consts::FRAC_PI_3, 1e-15);
    Ok(())
}
