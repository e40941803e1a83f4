//! EKFAC against its recurrence, and by its properties.

use super::layered::{Here, Problem, from_rows, gather, here, scatter, vec_rows};
use crate::support::distance;
use nalgebra::{DMatrix, DVector};
use natgrad::optimizer::{
    Ekfac, EkfacScaling, EkfacStart, FactorAverage, FisherType, Method, OptimizerConfig,
};
use natgrad::{Error, Scalar};

fn rows(step: usize) -> Vec<usize> {
    if step % 2 == 1 { (0..7).collect() } else { (7..13).collect() }
}

fn all() -> Vec<usize> {
    (0..13).collect()
}

fn plain() -> Ekfac {
    Ekfac { learning_rate: 0.1, damping: 0.03, kl_clip: f64::INFINITY, basis_interval: 4, ..Ekfac::default() }
}

/// θ after every step; every block is a dense matrix in a basis of nalgebra's, whose signs and order are its own.
fn written(ekfac: &Ekfac, problem: &Problem, steps: usize) -> Vec<Vec<f64>> {
    let mut theta = DVector::from_column_slice(&problem.theta);
    let mut before = DVector::zeros(theta.len());
    let mut factors: Vec<(DMatrix<f64>, DMatrix<f64>)> = Vec::new();
    let mut bases = Vec::new();
    let mut scalings: Vec<DMatrix<f64>> = Vec::new();
    let (mut seen, mut scaled) = (0, 0);
    let mut path = Vec::new();
    for step in 1..=steps {
        let empirical = ekfac.fisher == FisherType::Empirical;
        let now: Here = here(problem, theta.as_slice(), &rows(step), empirical);
        let since = |interval: u64| ((step - 1) as u64).is_multiple_of(interval);
        if since(ekfac.statistics_interval) {
            seen += 1;
            let keep = match ekfac.average {
                FactorAverage::Identity => panic!("not in this table"),
                FactorAverage::Normalised => 1.0 - 1.0 / (0..seen).map(|j| ekfac.decay.powi(j)).sum::<f64>(),
                FactorAverage::Capped => ekfac.decay.min(1.0 - 1.0 / f64::from(seen)),
            };
            let fresh = now.factors();
            if factors.is_empty() {
                factors = fresh;
            } else {
                for ((b, a), (fresh_b, fresh_a)) in factors.iter_mut().zip(fresh) {
                    *b = &*b * keep + fresh_b * (1.0 - keep);
                    *a = &*a * keep + fresh_a * (1.0 - keep);
                }
            }
        }
        if since(ekfac.basis_interval) {
            let eigen: Vec<_> = factors
                .iter()
                .map(|(b, a)| (b.clone().symmetric_eigen(), a.clone().symmetric_eigen()))
                .collect();
            bases = eigen.iter().map(|(b, a)| (b.eigenvectors.clone(), a.eigenvectors.clone())).collect();
            scalings = eigen.iter().map(|(b, a)| &b.eigenvalues * a.eigenvalues.transpose()).collect();
            scaled = 0;
        }
        if since(ekfac.scaling_interval) {
            scaled += 1;
            let alpha = ekfac.scaling_decay;
            let keep = if ekfac.start == EkfacStart::Kronecker {
                alpha
            } else {
                alpha.min(1.0 - 1.0 / f64::from(scaled))
            };
            for (l, ((q_b, q_a), block)) in bases.iter().zip(problem.blocks()).enumerate() {
                let fresh = match ekfac.scaling {
                    EkfacScaling::Moments => now.second_moments(l, q_b, q_a),
                    EkfacScaling::Gradient => {
                        let inside = q_b.transpose() * gather(block, &now.gradient) * q_a;
                        inside.component_mul(&inside) * now.data as f64
                    }
                };
                scalings[l] = &scalings[l] * keep + fresh * (1.0 - keep);
            }
        }
        let gradient = DVector::from_column_slice(&now.gradient) + &theta * ekfac.weight_decay;
        let mut u = vec![0.0; theta.len()];
        for (((q_b, q_a), s), block) in bases.iter().zip(&scalings).zip(problem.blocks()) {
            let q = q_b.kronecker(q_a);
            let s = vec_rows(s).add_scalar(ekfac.damping + ekfac.weight_decay);
            let matrix = &q * DMatrix::from_diagonal(&s) * q.transpose();
            let image = matrix.lu().solve(&vec_rows(&gather(block, gradient.as_slice()))).unwrap();
            scatter(block, &from_rows(&image, block.1, block.2 + 1), &mut u);
        }
        let u = DVector::from_vec(u);
        let nu = (ekfac.kl_clip / (ekfac.learning_rate.powi(2) * u.dot(&gradient))).sqrt().min(1.0);
        let delta = u * (-ekfac.learning_rate * nu) + before * ekfac.momentum;
        theta += &delta;
        before = delta;
        path.push(theta.as_slice().to_vec());
    }
    path
}

fn worst<T: Scalar>(ekfac: &Ekfac, steps: usize) -> f64 {
    let problem = Problem::new(13);
    let mut method = ekfac.build::<T>(problem.network::<T>().layout().clone()).unwrap();
    let mut theta = problem.theta::<T>();
    let mut largest = 0.0f64;
    for (step, written) in written(ekfac, &problem, steps).iter().enumerate() {
        problem.at(&theta.clone(), &rows(step + 1), |batch| method.step(&mut theta, batch)).unwrap();
        let found: Vec<f64> = theta.iter().map(|x| x.as_f64()).collect();
        let scale = written.iter().fold(1.0f64, |m, x| m.max(x.abs()));
        largest = largest.max(distance(&found, written) / scale);
    }
    largest
}

#[test]
fn the_recurrence_written_out() {
    let table = [
        plain(),
        Ekfac { start: EkfacStart::Kronecker, scaling_decay: 0.7, weight_decay: 0.02, ..plain() },
        Ekfac {
            scaling_interval: 2,
            statistics_interval: 3,
            average: FactorAverage::Normalised,
            decay: 0.6,
            ..plain()
        },
        Ekfac { learning_rate: 1.0, kl_clip: 0.01, fisher: FisherType::Empirical, ..plain() },
        Ekfac { basis_interval: 5, statistics_interval: 5, damping: 0.1, ..Ekfac::intra_batch() },
        Ekfac { basis_interval: 5, statistics_interval: 5, damping: 0.1, ..Ekfac::running_average() },
        Ekfac { scaling: EkfacScaling::Gradient, damping: 0.2, ..plain() },
    ];
    for (k, ekfac) in table.iter().enumerate() {
        let found = worst::<f64>(ekfac, 17);
        println!("{k}: {found:e}");
        assert!(found < 1e-11, "{k}: {found:e}");
    }
    let single = worst::<f32>(&plain(), 8);
    println!("single: {single:e}");
    assert!(single < 2e-5, "{single:e}");
}

/// In the basis of the factors S is the diagonal of the block: nothing on that diagonal is nearer, K-FAC's eigenvalues least of
/// all, and its trace is that of the block.
#[test]
fn the_eigenvalues_are_the_nearest_of_the_basis() {
    let problem = Problem::new(13);
    let mut method = plain().build::<f64>(problem.network::<f64>().layout().clone()).unwrap();
    let mut theta = problem.theta::<f64>();
    problem.at(&theta.clone(), &all(), |batch| method.step(&mut theta, batch)).unwrap();
    let fisher = here(&problem, &problem.theta, &all(), false).fisher(&problem);
    let curvature = method.curvature();
    for (l, block) in problem.blocks().into_iter().enumerate() {
        let size = block.1 * (block.2 + 1);
        // Places of the block in the order of vec, row-major.
        let order: Vec<usize> = (0..block.1)
            .flat_map(|o| {
                (0..=block.2).map(move |i| {
                    if i < block.2 { block.0 + o * block.2 + i } else { block.0 + block.1 * block.2 + o }
                })
            })
            .collect();
        let exact = DMatrix::from_fn(size, size, |i, j| fisher[(order[i], order[j])]);
        let dense = |m: &ndarray::Array2<f64>| DMatrix::from_fn(m.nrows(), m.ncols(), |i, j| m[[i, j]]);
        let (left, right) = &curvature.bases()[l];
        let basis = dense(left).kronecker(&dense(right));
        let s = vec_rows(&dense(&curvature.scalings()[l]));
        assert!(s.iter().all(|s| *s >= 0.0));
        let rotated = basis.transpose() * &exact * &basis;
        assert!((rotated.diagonal() - &s).amax() < 1e-15);
        assert!((s.sum() / exact.trace() - 1.0).abs() < 1e-13);
        let error =
            |s: &DVector<f64>| (&exact - &basis * DMatrix::from_diagonal(s) * basis.transpose()).norm();
        let factors = &curvature.factors()[l];
        let kfac = (&exact
            - dense(&factors.left().to_owned()).kronecker(&dense(&factors.right().to_owned())))
        .norm();
        assert!(error(&s) < kfac, "{} {kfac}", error(&s));
        for k in 0..size {
            let mut other = s.clone();
            other[k] += 1e-3;
            assert!(error(&other) > error(&s));
        }
    }
}

/// One datum: EKFAC is the block, and its direction that of the block.
#[test]
fn one_datum_is_exact() {
    let problem = Problem::new(13);
    let ekfac = Ekfac { learning_rate: 1.0, momentum: 0.0, fisher: FisherType::Empirical, ..plain() };
    let mut method = ekfac.build::<f64>(problem.network::<f64>().layout().clone()).unwrap();
    let mut theta = problem.theta::<f64>();
    problem.at(&theta.clone(), &[4], |batch| method.step(&mut theta, batch)).unwrap();
    let now = here(&problem, &problem.theta, &[4], true);
    let fisher = now.fisher(&problem);
    for block in problem.blocks() {
        let (from, size) = (block.0, block.1 * (block.2 + 1));
        let damped = fisher.view((from, from), (size, size)) + DMatrix::identity(size, size) * 0.03;
        let gradient = DVector::from_column_slice(&now.gradient[from..from + size]);
        let expected = damped.lu().solve(&gradient).unwrap();
        let found: Vec<f64> = (from..from + size).map(|k| problem.theta[k] - theta[k]).collect();
        assert!(distance(&found, expected.as_slice()) < 1e-12);
    }
}

#[test]
fn a_restored_run_goes_on_bit_identically() {
    let problem = Problem::new(13);
    let layout = problem.network::<f64>().layout().clone();
    for ekfac in [
        Ekfac {
            basis_interval: 5,
            scaling_interval: 2,
            statistics_interval: 3,
            fisher: FisherType::MonteCarlo { draws: 1 },
            ..plain()
        },
        Ekfac { basis_interval: 4, statistics_interval: 4, ..Ekfac::running_average() },
    ] {
        let mut method = ekfac.build::<f64>(layout.clone()).unwrap();
        let mut theta = problem.theta::<f64>();
        let mut saved = vec![(method.state(), theta.clone())];
        for _ in 0..9 {
            problem.at(&theta.clone(), &all(), |batch| method.step(&mut theta, batch)).unwrap();
            saved.push((method.state(), theta.clone()));
        }
        for (at, (state, from)) in saved.iter().enumerate() {
            let mut again = ekfac.build::<f64>(layout.clone()).unwrap();
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
    let text = "optimizer = \"ekfac\"\npreset = \"running-average\"\nscaling_decay = 0.5\nkl_clip = 0.1";
    let layout = Problem::new(13).network::<f64>().layout().clone();
    assert!(OptimizerConfig::from_toml(text).unwrap().method::<f64>(layout.clone()).is_ok());
    for (option, ekfac) in [
        ("scaling_decay", Ekfac { scaling_decay: 1.0, ..plain() }),
        ("decay", Ekfac { decay: -0.1, ..plain() }),
        ("basis_interval", Ekfac { basis_interval: 0, ..plain() }),
        ("scaling_interval", Ekfac { scaling_interval: 0, ..plain() }),
        ("statistics_interval", Ekfac { statistics_interval: 0, ..plain() }),
    ] {
        match ekfac.build::<f64>(layout.clone()).unwrap_err() {
            Error::Setting { option: found, .. } => assert_eq!(found, option),
            error => panic!("{error}"),
        }
    }
    let problem = Problem::new(13);
    let mut theta = problem.theta::<f64>();
    // No scores, no moments; and without damping one datum leaves zeros, which nothing divides by.
    for (rows, ekfac) in [
        (all(), Ekfac { fisher: FisherType::ForwardOnly, ..plain() }),
        (
            vec![4],
            Ekfac {
                damping: 0.0,
                start: EkfacStart::Kronecker,
                scaling: EkfacScaling::Gradient,
                fisher: FisherType::ForwardOnly,
                ..plain()
            },
        ),
    ] {
        let mut method = ekfac.build::<f64>(layout.clone()).unwrap();
        let state = method.state();
        let error = problem.at(&theta.clone(), &rows, |batch| method.step(&mut theta, batch)).unwrap_err();
        assert!(matches!(error, Error::Unsupported { .. } | Error::Singular { .. }), "{error}");
        assert_eq!((theta.clone(), method.state()), (problem.theta::<f64>(), state));
    }
    // Forward-only factors with eigenvalues of the gradient are a method.
    let ekfac = Ekfac { fisher: FisherType::ForwardOnly, scaling: EkfacScaling::Gradient, ..plain() };
    let mut method = ekfac.build::<f64>(layout).unwrap();
    problem.at(&theta.clone(), &all(), |batch| method.step(&mut theta, batch)).unwrap();
    assert!(
        method.curvature().factors()[0].left().indexed_iter().all(|((i, j), x)| (x - f64::from(u8::from(
            i == j
        )))
        .abs()
            < 1e-15)
    );
}
