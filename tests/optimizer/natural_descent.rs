//! Natural-gradient descent by every view of the Fisher, against dense solves of a Fisher written out with loops.

use super::layered::{Problem, gather, here, scatter};
use crate::support::distance;
use nalgebra::{DMatrix, DVector};
use natgrad::fisher::{Exact, ImplicitForm};
use natgrad::optimizer::{
    FisherType, Method, ModelSettings, NaturalDescent, NaturalGradient, NaturalMatrix, OptimizerConfig,
};
use natgrad::solver::{ConjugateGradient, Damping};
use natgrad::{Error, Scalar};
use ndarray::Array1;

fn rows() -> Vec<usize> {
    (0..13).collect()
}

fn free(matrix: NaturalMatrix) -> NaturalDescent {
    NaturalDescent {
        learning_rate: 1.0,
        divergence_limit: f64::INFINITY,
        matrix,
        damping: 0.02,
        ..NaturalDescent::default()
    }
}

fn stepped<T: Scalar>(method: &mut dyn Method<T>, theta: &Array1<T>) -> Array1<T> {
    let mut moved = theta.clone();
    Problem::new(13).at(theta, &rows(), |batch| method.step(&mut moved, batch)).unwrap();
    moved
}

fn of<T: Scalar>(settings: NaturalDescent) -> Box<dyn Method<T>> {
    settings.method(Problem::new(13).network::<T>().layout().clone()).unwrap()
}

/// F with everything outside a pattern set to zero; positions i, j of the flat vector.
fn masked(fisher: &DMatrix<f64>, keep: impl Fn(usize, usize) -> bool) -> DMatrix<f64> {
    DMatrix::from_fn(fisher.nrows(), fisher.ncols(), |i, j| if keep(i, j) { fisher[(i, j)] } else { 0.0 })
}

/// (layer, output, whether bias) of every position.
fn owners(problem: &Problem) -> Vec<(usize, usize, bool)> {
    let mut owners = Vec::new();
    for (l, (_, outputs, inputs)) in problem.blocks().into_iter().enumerate() {
        owners.extend((0..outputs * inputs).map(|k| (l, k / inputs, false)));
        owners.extend((0..outputs).map(|o| (l, o, true)));
    }
    owners
}

#[test]
fn every_matrix_is_a_solve_with_a_dense_one() {
    let problem = Problem::new(13);
    let theta = problem.theta::<f64>();
    for fisher in [FisherType::Exact, FisherType::Empirical] {
        let now = here(&problem, &problem.theta, &rows(), fisher == FisherType::Empirical);
        let (dense, owners) = (now.fisher(&problem), owners(&problem));
        let layer = |i: usize, j: usize| owners[i].0 == owners[j].0;
        let unit = |i: usize, j: usize| layer(i, j) && owners[i].1 == owners[j].1;
        let kfac = {
            let mut kfac = DMatrix::zeros(dense.nrows(), dense.ncols());
            for ((b, a), block) in now.factors().iter().zip(problem.blocks()) {
                // Column by column: the image of a unit matrix.
                for o in 0..block.1 {
                    for i in 0..=block.2 {
                        let mut column = vec![0.0; dense.nrows()];
                        scatter(block, &(b.column(o) * a.row(i)), &mut column);
                        let mut unit = vec![0.0; dense.nrows()];
                        scatter(
                            block,
                            &DMatrix::from_fn(block.1, block.2 + 1, |p, q| {
                                f64::from(u8::from((p, q) == (o, i)))
                            }),
                            &mut unit,
                        );
                        let place = unit.iter().position(|x| *x > 0.5).unwrap();
                        kfac.set_column(place, &DVector::from_vec(column));
                    }
                }
            }
            kfac
        };
        // Beside the entries that it keeps, the weights of a unit are independent given its bias.
        let bias = |i: usize| (0..owners.len()).find(|&k| unit(i, k) && owners[k].2).unwrap();
        let quasi_diagonal = DMatrix::from_fn(dense.nrows(), dense.ncols(), |i, j| {
            if i == j || (unit(i, j) && (owners[i].2 || owners[j].2)) {
                dense[(i, j)]
            } else if unit(i, j) {
                let b = bias(i);
                dense[(b, i)] * dense[(b, j)] / dense[(b, b)]
            } else {
                0.0
            }
        });
        let table = [
            (NaturalMatrix::Dense, dense.clone()),
            (NaturalMatrix::Dual, dense.clone()),
            (NaturalMatrix::Implicit, dense.clone()),
            (NaturalMatrix::Block, masked(&dense, layer)),
            (NaturalMatrix::UnitBlock, masked(&dense, unit)),
            (NaturalMatrix::QuasiDiagonal, quasi_diagonal),
            (NaturalMatrix::Diagonal, masked(&dense, |i, j| i == j)),
            (NaturalMatrix::Kfac, kfac),
        ];
        for (matrix, expected) in table {
            let settings = NaturalDescent { fisher, tolerance: 1e-14, max_iterations: 1000, ..free(matrix) };
            let found = &theta - &stepped(of(settings).as_mut(), &theta);
            let damped = &expected + DMatrix::identity(theta.len(), theta.len()) * 0.02;
            let direction = damped.lu().solve(&DVector::from_column_slice(&now.gradient)).unwrap();
            let off = distance(found.as_slice().unwrap(), direction.as_slice());
            println!("{fisher} {matrix}: {off:e}");
            assert!(off < 1e-11, "{fisher} {matrix}: {off:e}");
            let limited = NaturalDescent { divergence_limit: 1e-4, ..settings };
            let short = &theta - &stepped(of(limited).as_mut(), &theta);
            let curvature = direction.dot(&(&expected * &direction));
            let rate = (2e-4 / curvature).sqrt().min(1.0);
            let off = distance(short.as_slice().unwrap(), (direction * rate).as_slice());
            assert!(off < 1e-11 && rate < 1.0, "{fisher} {matrix}: {off:e}");
        }
    }
}

/// EKFAC in the eigenbasis of nalgebra.
#[test]
fn ekfac_is_a_division_in_the_basis_of_the_factors() {
    let problem = Problem::new(13);
    let theta = problem.theta::<f64>();
    let now = here(&problem, &problem.theta, &rows(), false);
    let mut expected = vec![0.0; theta.len()];
    for (l, ((b, a), block)) in now.factors().into_iter().zip(problem.blocks()).enumerate() {
        let (q_b, q_a) = (b.symmetric_eigen().eigenvectors, a.symmetric_eigen().eigenvectors);
        let s = now.second_moments(l, &q_b, &q_a).add_scalar(0.02);
        let inside = (q_b.transpose() * gather(block, &now.gradient) * &q_a).component_div(&s);
        scatter(block, &(&q_b * inside * q_a.transpose()), &mut expected);
    }
    let found = &theta - &stepped(of(free(NaturalMatrix::Ekfac)).as_mut(), &theta);
    assert!(distance(found.as_slice().unwrap(), &expected) < 1e-12);
}

/// At damping 0 `dual` is F⁺g: it lies in the range of F and solves F d = g there. With 13 data of 3 classes the rank is at most 26 of
/// 33.
#[test]
fn the_dual_solution_without_damping_is_the_shortest() {
    let problem = Problem::new(13);
    let theta = problem.theta::<f64>();
    let settings = NaturalDescent { damping: 0.0, ..free(NaturalMatrix::Dual) };
    let found = &theta - &stepped(of(settings).as_mut(), &theta);
    let now = here(&problem, &problem.theta, &rows(), false);
    let eigen = now.fisher(&problem).symmetric_eigen();
    let largest = eigen.eigenvalues.max();
    let gradient = DVector::from_column_slice(&now.gradient);
    let (mut expected, mut rank) = (DVector::zeros(theta.len()), 0);
    for (value, vector) in eigen.eigenvalues.iter().zip(eigen.eigenvectors.column_iter()) {
        if *value > 1e-13 * largest {
            expected += vector * (vector.dot(&gradient) / value);
            rank += 1;
        }
    }
    assert_eq!(rank, 26);
    let scale = expected.amax();
    let off = distance(found.as_slice().unwrap(), expected.as_slice()) / scale;
    println!("{off:e}, {scale}");
    assert!(off < 1e-8, "{off:e}");
}

#[test]
fn forward_only_has_kronecker_factors_and_nothing_else() {
    let problem = Problem::new(13);
    let theta = problem.theta::<f64>();
    let fisher = FisherType::ForwardOnly;
    let found =
        &theta - &stepped(of(NaturalDescent { fisher, ..free(NaturalMatrix::Kfac) }).as_mut(), &theta);
    let now = here(&problem, &problem.theta, &rows(), false);
    for ((_, a), block) in now.factors().into_iter().zip(problem.blocks()) {
        let damped = &a + DMatrix::identity(a.nrows(), a.nrows()) * 0.02;
        let expected = gather(block, &now.gradient) * damped.try_inverse().unwrap();
        assert!((gather(block, found.as_slice().unwrap()) - expected).amax() < 1e-12);
    }
    for matrix in [NaturalMatrix::Dense, NaturalMatrix::Implicit, NaturalMatrix::Ekfac] {
        let mut method = of::<f64>(NaturalDescent { fisher, ..free(matrix) });
        let mut moved = theta.clone();
        let error = problem.at(&theta, &rows(), |batch| method.step(&mut moved, batch)).unwrap_err();
        assert!(matches!(error, Error::Unsupported { .. }), "{error}");
        assert_eq!((moved, method.steps()), (theta.clone(), 0));
    }
}

#[test]
fn draws_differ_from_step_to_step() {
    let theta = Problem::new(13).theta::<f64>();
    let settings =
        NaturalDescent { fisher: FisherType::MonteCarlo { draws: 2 }, seed: 5, ..free(NaturalMatrix::Dense) };
    let mut method = of::<f64>(settings);
    let (first, second) = (stepped(method.as_mut(), &theta), stepped(method.as_mut(), &theta));
    assert_ne!(first, second);
    assert_eq!(stepped(of::<f64>(settings).as_mut(), &theta), first);
    assert_ne!(stepped(of::<f64>(NaturalDescent { seed: 6, ..settings }).as_mut(), &theta), first);
    // A restored method draws what the first would have drawn.
    let mut again = of::<f64>(settings);
    stepped(again.as_mut(), &theta);
    let mut restored = of::<f64>(settings);
    restored.restore(&again.state()).unwrap();
    assert_eq!(stepped(restored.as_mut(), &theta), second);
}

/// What is added to the gradient reaches the solve.
#[test]
fn the_gradient_is_that_of_the_batch() {
    let problem = Problem::new(13);
    let theta = problem.theta::<f64>();
    let stages = NaturalGradient {
        estimator: Exact,
        representation: ImplicitForm,
        solver: ConjugateGradient { damping: Damping::Exact(0.01), tolerance: 1e-3, max_iterations: 30 },
        learning_rate: 0.5,
        divergence_limit: Some(0.05),
    };
    let mut by_stages = stages.method();
    let mut by_name = of::<f64>(NaturalDescent::default());
    for scale in [1.0, -2.0] {
        let (mut a, mut b) = (theta.clone(), theta.clone());
        problem.at(&theta, &rows(), |batch| {
            let other = batch.clone().with_gradient(batch.gradient() * scale).unwrap();
            by_stages.step(&mut a, &other).unwrap();
            by_name.step(&mut b, &other).unwrap();
        });
        // The same conjugate gradients as ever, to the bit.
        assert_eq!(a, b);
        let along = (&a - &theta).dot(&problem.at(&theta, &rows(), |batch| batch.gradient().clone()));
        assert!(along * scale < 0.0, "{along}");
    }
}

#[test]
fn options_and_refusals() {
    let text = "optimizer = \"natural-gradient\"\nmatrix = \"unit-block\"\nfisher = \"mc:3\"\ndivergence_limit = inf\nseed = 4";
    let config = OptimizerConfig::from_toml(text).unwrap();
    let layout = Problem::new(13).network::<f64>().layout().clone();
    assert!(config.method::<f64>(layout.clone()).is_ok());
    let error =
        OptimizerConfig::from_toml("optimizer = \"natural-gradient\"\nmatrix = \"tridiagonal\"").unwrap_err();
    assert!(error.to_string().contains("quasi-diagonal"), "{error}");
    for (option, settings) in [
        ("damping", NaturalDescent { damping: -1.0, ..NaturalDescent::default() }),
        ("divergence_limit", NaturalDescent { divergence_limit: f64::NAN, ..NaturalDescent::default() }),
        ("tolerance", NaturalDescent { tolerance: 1.0, ..NaturalDescent::default() }),
        ("max_iterations", NaturalDescent { max_iterations: 0, ..NaturalDescent::default() }),
        ("lr", NaturalDescent { learning_rate: f64::INFINITY, ..NaturalDescent::default() }),
    ] {
        match settings.method::<f64>(layout.clone()).unwrap_err() {
            Error::Setting { option: found, .. } => assert_eq!(found, option),
            error => panic!("{error}"),
        }
    }
}
