//! Riemannian steps: mirror descent, integrators, descent on manifolds.
