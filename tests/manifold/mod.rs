//! Manifolds.

mod arcs;
mod half_plane;
mod laws;
mod local_laws;
mod printed_families;
mod products;
mod precision;
mod simplex;
mod straight_steps;
mod table;
