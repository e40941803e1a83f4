//! Which road a dual solve takes. Its answer is checked against F itself and repaired by a dearer road where the plain
//! form cancels, so that a fault of the plain form would show in nothing but the road.

use crate::support::cases::{NETWORKS, labels, matrix};
use natgrad::fisher::Exact;
use natgrad::solver::{Damping, Woodbury};
use natgrad::{LinearOperator, Scalar, Solver};

/// With λ of the size of F nothing cancels: one factorisation, a refinement at most, and no word of a fallback.
fn plain_where_nothing_cancels<T: Scalar>() {
    for case in NETWORKS {
        let lin = case
            .network::<T>()
            .linearize(&case.likelihood(), &matrix(&case.inputs()), &labels(&case.labels()))
            .unwrap();
        let f = lin.scores(&Exact).unwrap().gram().unwrap();
        let norm = f.spectral_norm().unwrap().as_f64();
        for share in [0.1, 1.0, 7.0] {
            let solver = Woodbury { damping: Damping::Exact(share * norm) };
            let info = solver.solve(&f, lin.gradient().view()).unwrap().converged().unwrap().info;
            assert_eq!(info.note, None, "{}, λ = {share}‖F‖", case.likelihood);
        }
    }
}

on_both!(plain_where_nothing_cancels);
