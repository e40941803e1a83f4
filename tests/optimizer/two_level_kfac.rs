//! Two-level K-FAC with dense matrices, and by its properties.

use super::layered::{Problem, from_rows, gather, here, scatter, vec_rows};
use crate::support::distance;
use nalgebra::{DMatrix, DVector};
use natgrad::fisher::Exact;
use natgrad::likelihood::{Gaussian, Likelihood};
use natgrad::model::Activation;
use natgrad::optimizer::Minibatch;
use natgrad::optimizer::{
    CoarseDamping, CoarseFisher, Curvature, FactorDamping, FisherType, Kfac, Method, Restriction,
};
use natgrad::optimizer::{KroneckerDescent, OptimizerConfig, TwoLevelCurvature, TwoLevelKfac};
use natgrad::{Error, Labels, Network, ParameterLayout};
use ndarray::{Array1, Array2};
use std::sync::Arc;

fn all() -> Vec<usize> {
    (0..13).collect()
}

fn plain() -> TwoLevelKfac {
    TwoLevelKfac {
        learning_rate: 1.0,
        momentum: 0.0,
        damping: 0.03,
        kl_clip: f64::INFINITY,
        ..TwoLevelKfac::default()
    }
}

fn sizes(problem: &Problem) -> Vec<usize> {
    problem.blocks().iter().map(|block| block.1 * (block.2 + 1)).collect()
}

/// R.
fn restriction(problem: &Problem, kind: Restriction) -> DMatrix<f64> {
    let mut r = DMatrix::zeros(2, problem.theta.len());
    for (l, (block, size)) in problem.blocks().into_iter().zip(sizes(problem)).enumerate() {
        let entry = match kind {
            Restriction::Sum => 1.0,
            Restriction::Mean => 1.0 / size as f64,
            Restriction::Normalised => 1.0 / (size as f64).sqrt(),
        };
        r.view_mut((l, block.0), (1, size)).fill(entry);
    }
    r
}

/// The matrix of the preconditioner as it acts, column by column.
fn matrix(method: &KroneckerDescent<f64, TwoLevelCurvature>, dim: usize) -> DMatrix<f64> {
    let mut p = DMatrix::zeros(dim, dim);
    for k in 0..dim {
        let mut unit = Array1::zeros(dim);
        unit[k] = 1.0;
        p.set_column(k, &DVector::from_vec(method.curvature().precondition(unit.view()).unwrap().to_vec()));
    }
    p
}

fn after_one_step(
    settings: &TwoLevelKfac,
    problem: &Problem,
) -> (KroneckerDescent<f64, TwoLevelCurvature>, Array1<f64>) {
    let mut method = settings.build::<f64>(problem.network::<f64>().layout().clone()).unwrap();
    let mut theta = problem.theta::<f64>();
    problem.at(&theta.clone(), &all(), |batch| method.step(&mut theta, batch)).unwrap();
    (method, theta)
}

#[test]
fn the_direction_with_dense_matrices() {
    let problem = Problem::new(13);
    let dim = problem.theta.len();
    let now = here(&problem, &problem.theta, &all(), false);
    let fisher = now.fisher(&problem);
    let factors = now.factors();
    // E[(1ᵀā_l)(1ᵀā_m)] and E[(1ᵀδ_l)(1ᵀδ_m)], across layers.
    let sums = |l: usize, m: usize| {
        let sum = |x: &Vec<f64>| x.iter().sum::<f64>();
        let a: f64 = (0..13).map(|n| sum(&now.inputs[l][n]) * sum(&now.inputs[m][n]) / 13.0).sum();
        let g: f64 = now.scores.iter().map(|s| s.weight / 13.0 * sum(&s.deltas[l]) * sum(&s.deltas[m])).sum();
        a * g
    };
    let kinds = [Restriction::Sum, Restriction::Mean, Restriction::Normalised];
    for coarse_fisher in [CoarseFisher::Kronecker, CoarseFisher::Exact] {
        for coarse_damping in [CoarseDamping::Restricted, CoarseDamping::Identity] {
            for kind in kinds {
                let settings = TwoLevelKfac {
                    coarse_fisher,
                    coarse_damping,
                    restriction: kind,
                    fine_weight: 0.7,
                    coarse_weight: 1.3,
                    ..plain()
                };
                let (method, theta) = after_one_step(&settings, &problem);
                let r = restriction(&problem, kind);
                let ones = restriction(&problem, Restriction::Sum);
                let coarse = match coarse_fisher {
                    CoarseFisher::Exact => &ones * &fisher * ones.transpose(),
                    CoarseFisher::Kronecker => DMatrix::from_fn(2, 2, sums),
                };
                let scale =
                    DMatrix::from_fn(2, 2, |l, m| if l == m { r[(l, problem.blocks()[l].0)] } else { 0.0 });
                let mut damped = &scale * coarse * &scale;
                damped += match coarse_damping {
                    CoarseDamping::Restricted => &r * r.transpose() * 0.03,
                    CoarseDamping::Identity => DMatrix::identity(2, 2) * 0.03,
                };
                let coarse = r.transpose() * damped.try_inverse().unwrap() * &r;
                let gradient = DVector::from_column_slice(&now.gradient);
                let mut fine = vec![0.0; dim];
                for (block, (b, a)) in problem.blocks().into_iter().zip(&factors) {
                    let pi = ((a.trace() / a.nrows() as f64) / (b.trace() / b.nrows() as f64)).sqrt();
                    let gamma = 0.03f64.sqrt();
                    let eye = |n: usize| DMatrix::<f64>::identity(n, n);
                    let product =
                        (b + eye(b.nrows()) * (gamma / pi)).kronecker(&(a + eye(a.nrows()) * (gamma * pi)));
                    let image = product.lu().solve(&vec_rows(&gather(block, &now.gradient))).unwrap();
                    scatter(block, &from_rows(&image, block.1, block.2 + 1), &mut fine);
                }
                let expected = DVector::from_vec(fine) * 0.7 + &coarse * gradient * 1.3;
                let found: Vec<f64> = (0..dim).map(|k| problem.theta[k] - theta[k]).collect();
                let off = distance(&found, expected.as_slice()) / expected.amax();
                assert!(off < 1e-12, "{coarse_fisher} {coarse_damping} {kind}: {off:e}");
                // Symmetric and positive definite.
                let p = matrix(&method, dim);
                assert!((&p - p.transpose()).amax() < 1e-12 * p.amax());
                assert!(p.symmetric_eigenvalues().min() > 0.0);
            }
        }
    }
}

/// Sums of factors are averaged as factors are, and inverted at the steps of the inverses.
#[test]
fn the_coarse_level_is_averaged_and_refreshed() {
    let problem = Problem::new(13);
    for coarse_fisher in [CoarseFisher::Kronecker, CoarseFisher::Exact] {
        let settings = TwoLevelKfac {
            learning_rate: 0.2,
            fine_weight: 0.0,
            coarse_fisher,
            decay: 0.6,
            statistics_interval: 2,
            inverse_interval: 3,
            ..plain()
        };
        let mut method = settings.build::<f64>(problem.network::<f64>().layout().clone()).unwrap();
        let (r, ones) =
            (restriction(&problem, Restriction::Normalised), restriction(&problem, Restriction::Sum));
        let scale = DMatrix::from_fn(2, 2, |l, m| if l == m { r[(l, problem.blocks()[l].0)] } else { 0.0 });
        let mut sums = vec![DMatrix::zeros(2, 2); 2];
        let (mut inverse, mut count) = (DMatrix::zeros(2, 2), 0.0);
        let mut theta = problem.theta::<f64>();
        for step in 0..9 {
            let now = here(&problem, &theta.to_vec(), &all(), false);
            if step % 2 == 0 {
                count += 1.0;
                let keep = f64::min(1.0 - 1.0 / count, 0.6);
                let sum = |x: &Vec<f64>| x.iter().sum::<f64>();
                let inputs = DMatrix::from_fn(2, 2, |l, m| {
                    (0..13).map(|n| sum(&now.inputs[l][n]) * sum(&now.inputs[m][n]) / 13.0).sum()
                });
                let deltas = DMatrix::from_fn(2, 2, |l, m| {
                    now.scores.iter().map(|s| s.weight / 13.0 * sum(&s.deltas[l]) * sum(&s.deltas[m])).sum()
                });
                let fresh = match coarse_fisher {
                    CoarseFisher::Kronecker => vec![inputs, deltas],
                    CoarseFisher::Exact => {
                        vec![
                            &ones * now.fisher(&problem) * ones.transpose(),
                            DMatrix::from_element(2, 2, 1.0),
                        ]
                    }
                };
                for (sum, fresh) in sums.iter_mut().zip(fresh) {
                    *sum = &*sum * keep + fresh * (1.0 - keep);
                }
            }
            if step % 3 == 0 {
                let coarse: DMatrix<f64> = &scale * sums[0].component_mul(&sums[1]) * &scale;
                inverse = (coarse + &r * r.transpose() * 0.03).try_inverse().unwrap();
            }
            let direction = r.transpose() * &inverse * &r * DVector::from_column_slice(&now.gradient);
            let expected: Vec<f64> = theta.iter().zip(&direction).map(|(x, d)| x - 0.2 * d).collect();
            problem.at(&theta.clone(), &all(), |batch| method.step(&mut theta, batch)).unwrap();
            let off = distance(theta.as_slice().unwrap(), &expected) / direction.amax();
            assert!(off < 1e-12, "{coarse_fisher}, step {step}: {off:e}");
        }
    }
}

/// λ R Rᵀ goes with the rows, λ I does not.
#[test]
fn the_scale_of_the_rows_does_not_matter_to_restricted_damping() {
    let problem = Problem::new(13);
    let run = |restriction: Restriction, coarse_damping: CoarseDamping| {
        after_one_step(&TwoLevelKfac { restriction, coarse_damping, ..plain() }, &problem).1
    };
    let restricted = run(Restriction::Sum, CoarseDamping::Restricted);
    let identity = run(Restriction::Sum, CoarseDamping::Identity);
    for kind in [Restriction::Mean, Restriction::Normalised] {
        let same = run(kind, CoarseDamping::Restricted);
        assert!(distance(same.as_slice().unwrap(), restricted.as_slice().unwrap()) < 1e-13);
        let other = run(kind, CoarseDamping::Identity);
        assert!(distance(other.as_slice().unwrap(), identity.as_slice().unwrap()) > 1e-4);
    }
}

/// Without damping and with the exact coarse Fisher, Q = Rᵀ F_c⁻¹ R is a projection: (QF)² = QF and Q F Rᵀ = Rᵀ.
#[test]
fn the_coarse_level_is_exact_on_its_range() {
    // The scores of a softmax sum to 0 over the last layer, whose coarse entry is 0: another likelihood.
    let network = Network::<f64>::random(&[3, 2, 5], Activation::Tanh, 6).unwrap();
    let x = Array2::from_shape_fn((13, 3), |(n, d)| ((n * 5 + d * 7 + n * n * d) % 11) as f64 / 5.0 - 1.0);
    let y = Labels::new(Array2::from_shape_fn((13, 5), |(n, c)| ((n * 3 + c * 5) % 7) as f64 / 3.0)).unwrap();
    let likelihood: Arc<dyn Likelihood<f64>> = Arc::new(Gaussian::with_variance(1.0).unwrap());
    let batch = Minibatch::new(&network, &likelihood, &x, &y, &(0..13).collect::<Vec<_>>()).unwrap();
    let settings =
        TwoLevelKfac { fine_weight: 0.0, coarse_fisher: CoarseFisher::Exact, damping: 0.0, ..plain() };
    let mut method = settings.build::<f64>(network.layout().clone()).unwrap();
    method.step(&mut network.parameters(), &batch).unwrap();
    let dim = network.dim();
    let dense = batch.linearization().scores(&Exact).unwrap().dense().unwrap().into_operator().into_matrix();
    let fisher = DMatrix::from_fn(dim, dim, |i, j| dense[[i, j]]);
    let qf = matrix(&method, dim) * fisher;
    let mut r = DMatrix::zeros(2, dim);
    r.view_mut((0, 0), (1, 8)).fill(0.5);
    r.view_mut((1, 8), (1, 15)).fill(3.0);
    assert!((&qf * r.transpose() - r.transpose()).amax() < 1e-13);
    assert!((&qf * &qf - &qf).amax() < 1e-13 && qf.amax() > 0.1);
    // The coarse Fisher couples the layers, and is what is restricted.
    let coarse = method.curvature().coarse();
    assert!(coarse[[0, 1]].abs() > 1e-3);
}

/// Weight 0 leaves K-FAC, to the bit; one layer adds a matrix of rank 1.
#[test]
fn without_the_coarse_level_it_is_kfac() {
    let problem = Problem::new(13);
    let layout = problem.network::<f64>().layout().clone();
    let kfac = Kfac {
        learning_rate: 0.3,
        damping: 0.03,
        inverse_interval: 3,
        kl_clip: 0.01,
        damping_form: FactorDamping::Exact,
        ..Kfac::default()
    };
    let two = TwoLevelKfac {
        learning_rate: 0.3,
        momentum: 0.9,
        kl_clip: 0.01,
        inverse_interval: 3,
        damping_form: FactorDamping::Exact,
        coarse_weight: 0.0,
        ..plain()
    };
    let (mut a, mut b) = (kfac.build::<f64>(layout.clone()).unwrap(), two.build::<f64>(layout).unwrap());
    let (mut theta, mut other) = (problem.theta::<f64>(), problem.theta::<f64>());
    for _ in 0..7 {
        problem.at(&theta.clone(), &all(), |batch| a.step(&mut theta, batch)).unwrap();
        problem.at(&other.clone(), &all(), |batch| b.step(&mut other, batch)).unwrap();
        assert_eq!(theta, other);
    }
    let single = Problem { widths: vec![2, 3], theta: problem.theta[..9].to_vec(), ..Problem::new(13) };
    let settings = TwoLevelKfac { coarse_fisher: CoarseFisher::Exact, ..plain() };
    let (both, _) = after_one_step(&settings, &single);
    let (fine, _) = after_one_step(&TwoLevelKfac { coarse_weight: 0.0, ..settings }, &single);
    let correction = matrix(&both, 9) - matrix(&fine, 9);
    assert!((correction.clone().add_scalar(-correction[(0, 0)])).amax() < 1e-12);
    let ones = DVector::from_element(9, 1.0);
    let fisher = here(&single, &single.theta, &all(), false).fisher(&single);
    assert!((correction[(0, 0)] * (ones.dot(&(fisher * &ones)) + 0.03 * 9.0) - 1.0).abs() < 1e-12);
}

#[test]
fn a_restored_run_goes_on_bit_identically() {
    let problem = Problem::new(13);
    let layout = problem.network::<f64>().layout().clone();
    for settings in [
        TwoLevelKfac {
            inverse_interval: 4,
            statistics_interval: 3,
            fisher: FisherType::MonteCarlo { draws: 1 },
            learning_rate: 0.1,
            ..plain()
        },
        TwoLevelKfac {
            inverse_interval: 3,
            coarse_fisher: CoarseFisher::Exact,
            learning_rate: 0.1,
            momentum: 0.5,
            ..plain()
        },
    ] {
        let mut method = settings.build::<f64>(layout.clone()).unwrap();
        let mut theta = problem.theta::<f64>();
        let mut saved = vec![(method.state(), theta.clone())];
        for _ in 0..9 {
            problem.at(&theta.clone(), &all(), |batch| method.step(&mut theta, batch)).unwrap();
            saved.push((method.state(), theta.clone()));
        }
        for (at, (state, from)) in saved.iter().enumerate() {
            let mut again = settings.build::<f64>(layout.clone()).unwrap();
            again.restore(state).unwrap();
            let mut theta = from.clone();
            for later in &saved[at + 1..] {
                problem.at(&theta.clone(), &all(), |batch| again.step(&mut theta, batch)).unwrap();
                assert_eq!(theta, later.1, "from {at}");
            }
            assert_eq!(again.state(), saved[9].0);
        }
    }
}

#[test]
fn options_and_refusals() {
    let layout = Problem::new(13).network::<f64>().layout().clone();
    let text = "optimizer = \"two-level-kfac\"\nrestriction = \"sum\"\ncoarse_fisher = \"exact\"\ncoarse_damping = \"identity\"";
    assert!(OptimizerConfig::from_toml(text).unwrap().method::<f64>(layout.clone()).is_ok());
    let error =
        TwoLevelKfac { fisher: FisherType::ForwardOnly, ..plain() }.build::<f64>(layout.clone()).unwrap_err();
    assert!(matches!(error, Error::Unsupported { .. }), "{error}");
    let error = TwoLevelKfac { coarse_weight: -1.0, ..plain() }.build::<f64>(layout).unwrap_err();
    assert!(matches!(error, Error::Setting { option: "coarse_weight", .. }), "{error}");
    assert!(plain().build::<f64>(ParameterLayout::flat(3).unwrap()).is_err());
}
