//! Manifolds.

mod precision;
mod arcs;
mod half_plane;
mod laws;
mod local_laws;
mod printed_families;
mod products;
mod simplex;
mod straight_steps;
mod table;

use natgrad::manifold::{Manifold, Simplex};
use natgrad::ndarray::array;

/// d, log and transport of p = (.2, .3, .5), q = (.1, .6, .3), from a forty-digit program.
#[test]
fn the_simplex_gives_the_printed_numbers() -> natgrad::Result<()> {
    let simplex = Simplex::new(3)?;
    let (p, q) = (simplex.point(array![0.2, 0.3, 0.5])?, simplex.point(array![0.1, 0.6, 0.3])?);
    let v = simplex.tangent(&p, array![0.1, -0.3, 0.2])?;
    approx::assert_relative_eq!(simplex.distance(&p, &q)?, 0.61572300076480524, max_relative = 1e-15);
    approx::assert_relative_eq!(simplex.exp(&p, &v)?.values()[0], 0.28430376135656122, max_relative = 1e-15);
    approx::assert_relative_eq!(
        simplex.log(&p, &q)?.values()[0],
        -0.099921737013439386,
        max_relative = 1e-14
    );
    let carried = simplex.parallel_transport(&p, &q, &v)?;
    approx::assert_relative_eq!(carried.values()[1], -0.32008822692655492, max_relative = 1e-14);
    approx::assert_relative_eq!(simplex.exit_time(&p, &v)?, 1.7702109877647107, max_relative = 1e-14);
    Ok(())
}
