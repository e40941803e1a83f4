//! Manifolds.

#![allow(clippy::float_cmp, reason = "symmetries, exits at short binary numbers and infinities are exact")]
#![allow(
    clippy::excessive_precision,
    reason = "numbers are copied with all the digits that other programs print"
)]

mod arcs;
mod batches;
mod charts;
mod corners;
mod edges;
mod elsewhere;
mod every_manifold;
mod half_plane;
mod local_laws;
mod means;
mod numerical_curve;
mod numerical_family;
mod orders;
mod precision;
mod precision_curves;
mod printed_families;
mod products;
mod simplex;
mod simplex_laws;
mod stored_elsewhere;
mod straight_steps;
mod table;
