//! The rule: which path runs, and what is said where another had to.

use crate::fisher::support::Problem;
use crate::support::close::all_close;
use crate::support::{Stream, naive};
use natgrad::fisher::{Exact, Scores};
use natgrad::model::Activation;
use natgrad::operator::{Damped, Dense, Kronecker, KroneckerFactors, MatrixBlock, Scaled, Sum};
use natgrad::solver::{Auto, AutoSolve, Cholesky, Damping, Eigenbasis, KroneckerSolver};
use natgrad::{Error, Solver};
use ndarray::{Array1, Array2, ArrayView1, array};

fn setting(widths: &[usize], data: usize) -> (Scores<f64>, Array1<f64>) {
    let problem = Problem::random("categorical", Activation::Tanh, widths, true, data, 3);
    let lin = problem.linearize::<f64>();
    (lin.scores(&Exact).unwrap(), lin.gradient().clone())
}

fn path<F: AutoSolve<f64>>(damping: Damping, f: &F, g: ArrayView1<'_, f64>) -> &'static str {
    let solution = Auto { damping }.solve(f, g).unwrap().converged().unwrap();
    assert_eq!(solution.info.damping, damping);
    solution.info.solver
}

#[test]
fn every_view_has_its_path() {
    let (s, g) = setting(&[3, 5, 2], 7);
    let g = g.view();
    for damping in [Damping::Exact(0.1), Damping::RelativeDiagonal(0.1)] {
        let relative = damping != Damping::Exact(0.1);
        let iterative = "preconditioned conjugate gradient";
        assert_eq!(path(damping, &s.dense().unwrap(), g), "cholesky");
        assert_eq!(path(damping, s.dense().unwrap().operator(), g), "cholesky");
        assert_eq!(path(damping, &s.diagonal().unwrap(), g), "diagonal power");
        assert_eq!(path(damping, &s.diagonal_kronecker().unwrap(), g), "diagonal power");
        assert_eq!(path(damping, &s.blocks().unwrap(), g), "block");
        assert_eq!(path(damping, &s.unit_blocks().unwrap(), g), "block");
        assert_eq!(path(damping, &s.quasi_diagonal().unwrap(), g), "block");
        assert_eq!(path(damping, &s.kfac().unwrap(), g), "kronecker");
        assert_eq!(path(damping, &s.kfoc().unwrap(), g), "kronecker");
        assert_eq!(path(damping, &s.tkfac().unwrap(), g), "kronecker");
        assert_eq!(path(damping, &s.ekfac().unwrap(), g), if relative { iterative } else { "eigenbasis" });
        assert_eq!(path(damping, &s.gram().unwrap(), g), if relative { iterative } else { "woodbury" });
        assert_eq!(path(damping, &s.implicit().unwrap(), g), iterative);
        assert_eq!(path(damping, &&s.implicit().unwrap(), g), iterative);
        let twice = Scaled::new(s.implicit().unwrap(), 2.0).unwrap();
        assert_eq!(path(damping, &twice, g), iterative);
        let sum =
            Sum::new::<f64>(s.implicit().unwrap(), Damped::new(s.diagonal().unwrap(), 0.5).unwrap()).unwrap();
        assert_eq!(path(damping, &sum, g), iterative);
    }
    // The direct way of each view is what Auto gives.
    let direct = KroneckerSolver::damped(0.1).solve(&s.kfac().unwrap(), g).unwrap();
    assert_eq!(Auto::damped(0.1).solve(&s.kfac().unwrap(), g).unwrap(), direct);
}

/// Few rows: the dual. Many: the matrix. Many parameters: products. The direction is the same.
#[test]
fn scores_choose_their_view() {
    for (widths, data, damping, name) in [
        // 2 vectors per datum, and half of P = 124 is 62.
        (&[7usize, 11, 3][..], 31, Damping::Exact(0.1), "woodbury"),
        (&[7, 11, 3], 32, Damping::Exact(0.1), "cholesky"),
        (&[7, 11, 3], 13, Damping::RelativeDiagonal(0.1), "cholesky"),
    ] {
        let (s, g) = setting(widths, data);
        let solution = Auto { damping }.solve_scores(&s, g.view()).unwrap().converged().unwrap();
        assert_eq!(solution.info.solver, name, "{} rows, {} parameters", s.rows(), s.dim());
        let expected = Cholesky { damping }.solve(&s.dense().unwrap(), g.view()).unwrap().direction;
        all_close(&solution.direction, &expected, 1e-12);
    }
    // P = 4334.
    let (s, g) = setting(&[67, 61, 3], 3);
    let damping = Damping::RelativeDiagonal(0.1);
    let solution = Auto { damping }.solve_scores(&s, g.view()).unwrap().converged().unwrap();
    assert_eq!((s.dim(), solution.info.solver), (4334, "preconditioned conjugate gradient"));
    assert!(solution.info.iterations < 100);
    let error = Auto { damping: Damping::PerFactor(0.1) }.solve_scores(&s, g.view()).unwrap_err();
    assert!(matches!(error, Error::Unsupported { .. }) && error.to_string().contains("`.kfac()`"), "{error}");
}

/// Where the usual path fails, the pseudo-inverse runs, and the note has both reasons.
#[test]
fn fallbacks_are_announced() {
    let singular = Dense::new(array![[1.0, 1.0, 0.0], [1.0, 1.0, 0.0], [0.0, 0.0, 2.0]]).unwrap();
    let solution =
        Auto::default().solve(&singular, array![3.0, 3.0, 5.0].view()).unwrap().converged().unwrap();
    all_close(&solution.direction, &[1.5, 1.5, 2.5], 1e-15);
    let note = solution.info.note.unwrap();
    assert_eq!(solution.info.solver, "eigen");
    assert!(note.starts_with("pseudo-inverse of rank 2 of 3"), "{note}");
    assert!(note.contains("instead of the usual path: matrix of order 3 is not positive definite"), "{note}");
    // A pivot of one rounding: the condition tells.
    let nearly = Dense::new(array![[1.0, 1.0], [1.0, 1.0 + f64::EPSILON]]).unwrap();
    assert!(Cholesky::default().solve(&nearly, array![2.0, 2.0].view()).is_ok());
    let solution = Auto::default().solve(&nearly, array![2.0, 2.0].view()).unwrap().converged().unwrap();
    all_close(&solution.direction, &[1.0, 1.0], 1e-15);
    let note = solution.info.note.unwrap();
    assert!(
        note.contains("pseudo-inverse of rank 1 of 2") && note.contains("singular to rounding"),
        "{note}"
    );
    let spectrum: Vec<f64> = (0..17).map(|i| if i < 6 { 0.0 } else { 1.0 + i as f64 }).collect();
    for seed in 0..23 {
        let f = naive::with_spectrum(&spectrum, seed);
        let mut stream = Stream(seed + 100);
        let g = naive::apply(&f, &Array1::from_shape_simple_fn(17, || stream.dyadic()));
        let operator = Dense::new(f).unwrap();
        let solution = Auto::default().solve(&operator, g.view()).unwrap().converged().unwrap();
        assert_eq!(solution.info.solver, "eigen");
        assert!(solution.info.note.unwrap().contains("rank 11 of 17"));
    }
    // Structured views decompose by their structure.
    let (s, g) = setting(&[3, 5, 2], 7);
    let kfac = s.kfac().unwrap();
    assert!(KroneckerSolver::default().solve(&kfac, g.view()).is_err());
    let solution = Auto::default().solve(&kfac, g.view()).unwrap();
    assert_eq!(solution.info.solver, "eigen");
    assert!(solution.info.note.unwrap().contains("instead of the usual path: kronecker"));
    let ekfac = s.ekfac().unwrap();
    assert!(Auto::default().solve(&ekfac, g.view()).unwrap().converged().is_ok());
    // A factor that is singular has no fallback: what was asked for cannot be had.
    let block = MatrixBlock { offset: 0, outputs: 2, inputs: 1, bias: false };
    let factors = KroneckerFactors::new(block, array![[1.0, 0.0], [0.0, 0.0]], array![[3.0]]).unwrap();
    let singular = Kronecker::new(vec![factors]).unwrap();
    let damping = KroneckerSolver::factored(0.0).damping;
    let error = Auto { damping }.solve(&singular, array![1.0, 0.0].view()).unwrap_err();
    assert!(matches!(error, Error::NotPositiveDefinite { .. }), "{error}");
}

/// EKFAC: a relative damping runs conjugate gradients and says so; factors to damp it has none.
#[test]
fn dampings_of_an_eigenbasis() {
    let (s, g) = setting(&[3, 5, 2], 7);
    let ekfac = s.ekfac().unwrap();
    let damping = Damping::RelativeDiagonal(0.01);
    let solution = Eigenbasis { damping }.solve(&ekfac, g.view()).unwrap().converged().unwrap();
    assert_eq!(solution.info.solver, "preconditioned conjugate gradient");
    assert!(solution.info.note.as_ref().unwrap().starts_with("instead of a division in the eigenbasis"));
    let dense: Array2<f64> = natgrad::LinearOperator::to_dense(&ekfac).unwrap();
    let shift: Vec<f64> = dense.diag().iter().map(|x| 0.01 * x).collect();
    all_close(&solution.direction, &super::reference(&super::shifted(&dense, &shift), &g), 1e-7);
    for damping in [Damping::PerFactor(0.1), KroneckerSolver::factored(0.1).damping] {
        let error = Eigenbasis { damping }.solve(&ekfac, g.view()).unwrap_err();
        assert!(
            matches!(error, Error::Unsupported { .. }) && error.to_string().contains("`.kfac()`"),
            "{error}"
        );
        assert!(matches!(Auto { damping }.solve(&ekfac, g.view()), Err(Error::Unsupported { .. })));
    }
}

/// The same solve twice is the same to the bit: nothing is added to what is solved with.
#[test]
fn solves_leave_no_trace() {
    let (s, g) = setting(&[3, 5, 2], 7);
    let auto = Auto::damped(0.1);
    fn twice<F: AutoSolve<f64>>(auto: Auto, f: &F, g: &Array1<f64>) {
        let before = f.to_dense().unwrap();
        let first = auto.solve(f, g.view()).unwrap();
        let second = auto.solve(f, g.view()).unwrap();
        assert_eq!((first, before), (second, f.to_dense().unwrap()));
    }
    twice(auto, &s.dense().unwrap(), &g);
    twice(auto, &s.diagonal().unwrap(), &g);
    twice(auto, &s.blocks().unwrap(), &g);
    twice(auto, &s.quasi_diagonal().unwrap(), &g);
    twice(auto, &s.kfac().unwrap(), &g);
    twice(auto, &s.ekfac().unwrap(), &g);
    twice(auto, &s.gram().unwrap(), &g);
    twice(auto, &s.implicit().unwrap(), &g);
}
