//! Numerical checks that a user may run on their own functions and manifolds.
