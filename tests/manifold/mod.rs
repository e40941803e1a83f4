//! Manifolds.

#![allow(clippy::float_cmp, reason = "symmetries, exits at short binary numbers and infinities are exact")]
#![allow(
    clippy::excessive_precision,
    reason = "numbers are copied with all the digits that other programs print"
)]

mod arcs;
mod half_plane;
mod every_manifold;
mod local_laws;
mod printed_families;
mod products;
mod charts;
mod elsewhere;
mod laws;
mod orders;
mod precision;
mod simplex;
mod straight_steps;
mod table;
