//! The checks that users run, on what is right and on what is wrong.

mod family;
mod functions;
mod manifold;
mod reports;
mod retraction;
