//! The meanings of "damping 0.1" on one KFAC, by printed numbers; what π does, by hand and by a scan.

use super::kronecker::damped;
use crate::fisher::support::reference as model;
use crate::support::cases::{matrix, vector};
use crate::support::close::{close, near, rounding};
use crate::support::naive;
use natgrad::fisher::{Exact, Fisher};
use natgrad::operator::{BlockDiagonal, Dense, Kronecker, KroneckerFactors, MatrixBlock};
use natgrad::solver::{Auto, BlockSolver, Cholesky, ConjugateGradient, Damping, Eigen, KroneckerSolver, Pi};
use natgrad::{Error, LinearOperator, Scalar, Solver};
use ndarray::{Array1, Array2, array};

fn kfac() -> (Fisher<Dense<f64>>, Fisher<Kronecker<f64>>, Array1<f64>) {
    let lin = model("M2").linearize::<f64>();
    let scores = lin.scores(&Exact).unwrap();
    (scores.dense().unwrap(), scores.kfac().unwrap(), lin.gradient().clone())
}

fn model_blocks() -> Fisher<BlockDiagonal<f64>> {
    model("M2").linearize::<f64>().scores(&Exact).unwrap().blocks().unwrap()
}

/// ‖d‖, gᵀd and the cosine to the true direction, printed by a numpy program for the reference model M2 with the bias in the
/// factors, λ = 0.1, to the digits printed.
#[test]
fn five_meanings_of_a_tenth() {
    let (exact, kfac, g) = kfac();
    let truth = Cholesky::damped(0.1).solve(&exact, g.view()).unwrap().direction;
    near(naive::norm(&truth), 2.64650242666, 5e-12);
    near(naive::dot(&truth, &g), 1.90099696857, 5e-12);
    let table = [
        (Damping::Exact(0.1), 3.32754798471, 2.39430939072, 0.926598481),
        (Damping::Factored { lambda: 0.1, pi: Pi::TraceRatio }, 1.58373594357, 1.17837217175, 0.930909863),
        (Damping::PerFactor(0.1), 3.67172299976, 2.42747736647, 0.898967696),
        (Damping::Factored { lambda: 0.1, pi: Pi::One }, 1.45005636791, 1.05511247816, 0.933216664),
    ];
    for (damping, length, along, cosine) in table {
        for solution in
            [KroneckerSolver { damping }.solve(&kfac, g.view()), Auto { damping }.solve(&kfac, g.view())]
        {
            let solution = solution.unwrap().converged().unwrap();
            let d = &solution.direction;
            near(naive::norm(d), length, 5e-12);
            near(naive::dot(d, &g), along, 5e-12);
            let found = naive::dot(d, &truth) / naive::norm(d) / naive::norm(&truth);
            near(found, cosine, 5e-10);
            assert_eq!((solution.info.solver, solution.info.damping), ("kronecker", damping));
        }
    }
}

/// The ends of the spectrum and of what was added, against nalgebra's eigenvalues of the matrices built by loops.
#[test]
fn the_effective_damping_is_told() {
    let (_, kfac, g) = kfac();
    let plain = damped(&kfac, Damping::None);
    let ends = |matrix: &Array2<f64>| {
        let n = matrix.nrows();
        let values = nalgebra::DMatrix::from_fn(n, n, |i, j| matrix[[i, j]]).symmetric_eigenvalues();
        (values.min(), values.max())
    };
    for lambda in [1e-3, 0.1, 7.0] {
        for damping in [
            Damping::Exact(lambda),
            Damping::RelativeDiagonal(lambda),
            Damping::Factored { lambda, pi: Pi::TraceRatio },
            Damping::Factored { lambda, pi: Pi::One },
            Damping::PerFactor(lambda),
        ] {
            let matrix = damped(&kfac, damping);
            let info = KroneckerSolver { damping }.solve(&kfac, g.view()).unwrap().info;
            let (least, greatest) = ends(&(&matrix - &plain));
            let found = info.shift.unwrap();
            near(found.0, least, 1e-14 * (greatest + 1.0));
            near(found.1, greatest, 1e-14 * (greatest + 1.0));
            let (least, greatest) = ends(&matrix);
            if let Some(found) = info.spectrum {
                near(found.0, least, 1e-14 * greatest);
                near(found.1, greatest, 1e-14 * greatest);
                close(info.condition, found.1 / found.0, 1e-15);
            } else {
                assert!(matches!(damping, Damping::RelativeDiagonal(_)), "{damping}");
            }
        }
    }
    // The solvers of a diagonal shift tell its ends as well.
    let (dense, _, _) = self::kfac();
    let diagonal = dense.diagonal().unwrap();
    let ends = diagonal.iter().fold((f64::INFINITY, 0.0f64), |(a, b), x| (a.min(*x), b.max(*x)));
    let damping = Damping::RelativeDiagonal(0.5);
    for info in [
        Cholesky { damping }.solve(&dense, g.view()).unwrap().info,
        ConjugateGradient { damping, ..ConjugateGradient::damped(0.5) }.solve(&dense, g.view()).unwrap().info,
        BlockSolver { damping }.solve(&model_blocks(), g.view()).unwrap().info,
        Eigen { damping, cutoff: None }.solve(&dense, g.view()).unwrap().info,
    ] {
        let found = info.shift.unwrap();
        near(found.0, 0.5 * ends.0, 1e-17);
        near(found.1, 0.5 * ends.1, 1e-16);
    }
    // At λ = 0.1 the factored scheme adds up to several times what it is called by.
    let info = KroneckerSolver::factored(0.1).solve(&kfac, g.view()).unwrap().info;
    assert!(info.shift.unwrap().1 > 0.3, "{:?}", info.shift);
}

/// Factors of a block with three outputs and two inputs, no two of whose traces or dimensions agree.
fn factors<T: Scalar>() -> KroneckerFactors<T> {
    let block = MatrixBlock { offset: 0, outputs: 3, inputs: 2, bias: false };
    let left = matrix(&array![[5.0, 1.0, -2.0], [1.0, 7.0, 0.5], [-2.0, 0.5, 6.0]]);
    KroneckerFactors::new(block, left, matrix(&array![[32.0, 3.0], [3.0, 76.0]])).unwrap()
}

/// π = √((108/2)/(18/3)) = 3: to A times π, to B over π. By hand on unit vectors: with γ = √(1/4) the first damped entries are
/// 5 + 1/6 and 32 + 3/2.
fn pi_by_hand<T: Scalar>() {
    close(Pi::TraceRatio.of(&factors::<T>()), 3.0, 1e-15);
    close(Pi::One.of(&factors::<T>()), 1.0, 0.0);
    let block = MatrixBlock { offset: 0, outputs: 1, inputs: 1, bias: false };
    let entry = |b: f64, a: f64, damping: Damping| {
        let of = |x: f64| Array2::from_elem((1, 1), T::of(x));
        let f = Kronecker::new(vec![KroneckerFactors::new(block, of(b), of(a)).unwrap()]).unwrap();
        KroneckerSolver { damping }.solve(&f, vector::<T>(&[1.0]).view()).unwrap().direction[0].as_f64()
    };
    // π = √(36/4) = 3, γ = ½.
    let factored = |pi| Damping::Factored { lambda: 0.25, pi };
    close(1.0 / entry(4.0, 36.0, factored(Pi::TraceRatio)), (4.0 + 0.5 / 3.0) * 37.5, rounding::<T>(4.0));
    close(1.0 / entry(4.0, 36.0, factored(Pi::One)), 4.5 * 36.5, rounding::<T>(4.0));
    close(1.0 / entry(4.0, 36.0, Damping::PerFactor(0.25)), 4.25 * 36.25, rounding::<T>(4.0));
    close(1.0 / entry(4.0, 36.0, Damping::Exact(0.25)), 144.25, rounding::<T>(4.0));
    close(1.0 / entry(4.0, 36.0, Damping::RelativeDiagonal(0.25)), 180.0, rounding::<T>(4.0));
    // A factor without a trace has no ratio: π = 1.
    close(1.0 / entry(0.0, 36.0, factored(Pi::TraceRatio)), 0.5 * 36.5, rounding::<T>(4.0));
    close(1.0 / entry(4.0, 0.0, factored(Pi::TraceRatio)), 4.5 * 0.5, rounding::<T>(4.0));
}

/// (B + γ/π) ⊗ (A + πγ) = B ⊗ A + γ² + πγ B ⊗ I + γ/π I ⊗ A, and of all π the ratio of traces leaves the least trace beyond the
/// first two.
#[test]
fn the_product_identity_and_the_least_trace() {
    let f = Kronecker::new(vec![factors::<f64>()]).unwrap();
    let gamma = 0.3;
    let lambda = gamma * gamma;
    let (b, a) = (factors::<f64>().left().to_owned(), factors::<f64>().right().to_owned());
    let matrix = damped(&f, Damping::Factored { lambda, pi: Pi::TraceRatio });
    let plain = f.to_dense().unwrap();
    for ((r, c), &x) in matrix.indexed_iter() {
        let ((o, i), (p, j)) = ((r / 2, r % 2), (c / 2, c % 2));
        let unit = |x: usize, y: usize| f64::from(u8::from(x == y));
        let rest = 3.0 * gamma * b[[o, p]] * unit(i, j) + gamma / 3.0 * a[[i, j]] * unit(o, p);
        near(x, plain[[r, c]] + lambda * unit(r, c) + rest, 1e-12);
    }
    let trace = |pi: f64| pi * gamma * 2.0 * b.diag().sum() + gamma / pi * 3.0 * a.diag().sum();
    let least =
        (1..400).map(|k| f64::from(k) * 0.025).min_by(|x, y| trace(*x).total_cmp(&trace(*y))).unwrap();
    near(least, Pi::TraceRatio.of(&factors::<f64>()), 0.0126);
    near(trace(3.0), matrix.diag().sum() - plain.diag().sum() - 6.0 * lambda, 1e-12);
}

/// The solver's own matrix is the one built by loops: its columns are solves of unit vectors, inverted by nalgebra.
#[test]
fn the_inverse_is_that_of_the_damped_matrix() {
    let f = Kronecker::new(vec![factors::<f64>()]).unwrap();
    for damping in [
        Damping::Factored { lambda: 0.09, pi: Pi::TraceRatio },
        Damping::Factored { lambda: 0.09, pi: Pi::One },
        Damping::PerFactor(0.7),
        Damping::Exact(2.5),
        Damping::RelativeDiagonal(0.3),
    ] {
        let expected = damped(&f, damping);
        let expected = nalgebra::DMatrix::from_fn(6, 6, |i, j| expected[[i, j]]).try_inverse().unwrap();
        for k in 0..6 {
            let mut unit = Array1::zeros(6);
            unit[k] = 1.0;
            let column = KroneckerSolver { damping }.solve(&f, unit.view()).unwrap().direction;
            for i in 0..6 {
                near(column[i], expected[(i, k)], 1e-15);
            }
        }
    }
}

/// Damping is added anew by each solve, never into the operator: the hundredth solve is the first.
#[test]
fn damping_does_not_accumulate() {
    let (_, kfac, g) = kfac();
    let before = kfac.clone();
    for damping in [
        Damping::Exact(0.1),
        Damping::RelativeDiagonal(0.1),
        Damping::PerFactor(0.1),
        KroneckerSolver::factored(0.1).damping,
    ] {
        let solver = KroneckerSolver { damping };
        let first = solver.solve(&kfac, g.view()).unwrap();
        for _ in 0..7 {
            assert_eq!(solver.solve(&kfac, g.view()).unwrap(), first);
        }
    }
    assert_eq!(kfac, before);
}

/// λ = 0 in every scheme: the plain inverse where there is one.
#[test]
fn no_damping_is_no_damping() {
    let f = Kronecker::new(vec![factors::<f64>()]).unwrap();
    let g = vector::<f64>(&[1.0, -2.0, 0.5, 3.0, -1.5, 0.25]);
    let plain = KroneckerSolver::default().solve(&f, g.view()).unwrap().direction;
    for damping in [
        Damping::Exact(0.0),
        Damping::RelativeDiagonal(0.0),
        Damping::PerFactor(0.0),
        Damping::Factored { lambda: 0.0, pi: Pi::TraceRatio },
    ] {
        let solution = KroneckerSolver { damping }.solve(&f, g.view()).unwrap();
        for (x, y) in solution.direction.iter().zip(&plain) {
            near(*x, *y, 1e-16);
        }
        assert_eq!(solution.info.shift, Some((0.0, 0.0)));
    }
}

/// Other solvers say which representation has factors to damp.
#[test]
fn factors_are_asked_for() {
    let (exact, kfac, g) = kfac();
    for damping in [KroneckerSolver::factored(0.1).damping, Damping::PerFactor(0.1)] {
        for error in [
            Cholesky { damping }.solve(&exact, g.view()).unwrap_err(),
            ConjugateGradient { damping, ..ConjugateGradient::damped(0.1) }
                .solve(&kfac, g.view())
                .unwrap_err(),
            Auto { damping }.solve(&exact, g.view()).unwrap_err(),
            damping.shift(&exact).unwrap_err(),
        ] {
            assert!(matches!(error, Error::Unsupported { .. }), "{error}");
            assert!(error.to_string().contains("`.kfac()`"), "{error}");
        }
    }
    for bad in [-0.5, f64::NAN, f64::INFINITY] {
        for damping in [KroneckerSolver::factored(bad).damping, Damping::PerFactor(bad)] {
            let error = KroneckerSolver { damping }.solve(&kfac, g.view()).unwrap_err();
            assert!(matches!(error, Error::Setting { option: "damping", .. }), "{error}");
        }
    }
    let first = &kfac.operator().factors()[0];
    close(Pi::TraceRatio.of(first), (3.21875 / 3.0 / (first.left().diag().sum() / 3.0)).sqrt(), 1e-14);
}

/// How the schemes read.
#[test]
fn schemes_are_printed_as_formulas() {
    let text = |damping: Damping| damping.to_string();
    assert_eq!(text(Damping::PerFactor(0.5)), "(B + 0.5 I) ⊗ (A + 0.5 I)");
    assert_eq!(text(Damping::Factored { lambda: 0.25, pi: Pi::One }), "(B + √0.25 I) ⊗ (A + √0.25 I)");
    assert!(text(KroneckerSolver::factored(0.25).damping).starts_with("(B + √0.25/π I) ⊗ (A + π√0.25 I)"));
    close(Damping::PerFactor(0.5).value() + KroneckerSolver::factored(0.25).damping.value(), 0.75, 0.0);
}

on_both!(pi_by_hand);
