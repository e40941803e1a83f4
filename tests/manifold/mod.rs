//! Manifolds.

mod simplex;
mod arcs;
mod half_plane;
mod laws;
mod local_laws;
mod printed_families;
mod products;
mod straight_steps;
mod table;
mod numerical_arc_length;
mod numerical_family;
