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
mod numerical_arc_length;
mod numerical_family;
mod orders;
mod precision;
mod printed_families;
mod products;
mod simplex;
mod simplex_laws;
mod straight_steps;
mod table;
