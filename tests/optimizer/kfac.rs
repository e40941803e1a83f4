//! K-FAC by its properties.

use super::layered::{Problem, gather, here};
use crate::support::distance;
use nalgebra::DMatrix;
use natgrad::likelihood::{Gaussian, Likelihood};
use natgrad::model::{Activation, Affine};
use natgrad::operator::{KroneckerFactors, MatrixBlock};
use natgrad::optimizer::{Curvature, FactorAverage, FactorDamping, FisherType, Kfac, Method, Minibatch};
use natgrad::optimizer::{
    MethodSettings, ModelSettings, NaturalDescent, NaturalMatrix, OptimizerConfig, Rescaling,
};
use natgrad::{Error, Labels, Network, ParameterLayout};
use ndarray::{Array1, Array2, array};
use std::sync::Arc;

fn undamped() -> Kfac {
    Kfac {
        learning_rate: 1.0,
        damping: 0.0,
        momentum: 0.0,
        kl_clip: f64::INFINITY,
        inverse_interval: 1,
        ..Kfac::default()
    }
}

fn all() -> Vec<usize> {
    (0..13).collect()
}

/// Data for a regression with D inputs and C outputs.
fn regression(data: usize, inputs: usize, outputs: usize) -> (Array2<f64>, Array2<f64>) {
    let x =
        Array2::from_shape_fn((data, inputs), |(n, d)| ((n * 5 + d * 7 + n * n * d) % 11) as f64 / 5.0 - 1.0);
    let y = Array2::from_shape_fn((data, outputs), |(n, c)| ((n * 3 + c * 5 + n * n) % 7) as f64 / 3.0 - 1.0);
    (x, y)
}

fn steps(
    method: &mut dyn Method<f64>,
    network: &Network<f64>,
    likelihood: &Arc<dyn Likelihood<f64>>,
    (x, y): (&Array2<f64>, &Array2<f64>),
    count: usize,
) -> Network<f64> {
    let labels = Labels::new(y.clone()).unwrap();
    let ids: Vec<u64> = (0..x.nrows() as u64).collect();
    let mut network = network.clone();
    for _ in 0..count {
        let mut theta = network.parameters();
        let batch = Minibatch::new(&network, likelihood, x, &labels, &ids).unwrap();
        method.step(&mut theta, &batch).unwrap();
        network = network.with_parameters(theta.view()).unwrap();
    }
    network
}

fn unit() -> Arc<dyn Likelihood<f64>> {
    Arc::new(Gaussian::with_variance(1.0).unwrap())
}

/// (B + γ/π) ⊗ (A + πγ) = B ⊗ A + γ² I + residual, and no other π has a residual of smaller trace.
#[test]
fn factored_damping_is_the_damping_and_a_residual_of_least_trace() {
    let problem = Problem::new(13);
    let found = here(&problem, &problem.theta, &all(), false).factors();
    let gamma = 0.3;
    for ((b, a), (offset, outputs, inputs)) in found.iter().zip(problem.blocks()) {
        let block = MatrixBlock { offset, outputs, inputs, bias: true };
        let array = |m: &DMatrix<f64>| Array2::from_shape_fn(m.shape(), |(i, j)| m[(i, j)]);
        let factors = KroneckerFactors::new(block, array(b), array(a)).unwrap();
        let (beta, alpha) = FactorDamping::Factored.shifts(&factors, gamma).unwrap();
        assert_eq!(FactorDamping::FactoredEven.shifts(&factors, gamma), Some((gamma, gamma)));
        assert_eq!(FactorDamping::Exact.shifts(&factors, gamma), None);
        assert!((alpha * beta - gamma * gamma).abs() < 1e-16);
        let eye = |m: &DMatrix<f64>| DMatrix::<f64>::identity(m.nrows(), m.nrows());
        let product = (b + eye(b) * beta).kronecker(&(a + eye(a) * alpha));
        let plain = b.kronecker(a);
        let residual = &product - &plain - eye(&plain) * (gamma * gamma);
        let pi = alpha / gamma;
        let formula = |pi: f64| b.kronecker(&eye(a)) * (pi * gamma) + eye(b).kronecker(a) * (gamma / pi);
        assert!((&residual - formula(pi)).amax() < 1e-15);
        for factor in [0.5, 0.9, 0.99, 1.01, 1.1, 2.0] {
            assert!(formula(pi * factor).trace() > residual.trace() * (1.0 + 1e-6), "{factor}");
        }
    }
}

#[test]
fn the_clip_bounds_the_step() {
    let problem = Problem::new(13);
    let theta = problem.theta::<f64>();
    for learning_rate in [1e-3, 0.1, 10.0, 30.0] {
        let kfac = Kfac { learning_rate, kl_clip: 0.02, momentum: 0.0, ..Kfac::default() };
        let mut method = kfac.build(problem.network::<f64>().layout().clone()).unwrap();
        let mut moved = theta.clone();
        let v = problem.at(&theta, &all(), |batch| {
            method.step(&mut moved, batch).unwrap();
            batch.gradient().clone()
        });
        let u = method.curvature().precondition(v.view()).unwrap();
        let nu = -method.last_step().dot(&v) / (learning_rate * u.dot(&v));
        let reached = learning_rate.powi(2) * nu * nu * u.dot(&v);
        assert!(reached <= 0.02 * (1.0 + 1e-12), "{reached}");
        // One of the two binds, and both occur.
        let free = learning_rate.powi(2) * u.dot(&v) < 0.02;
        assert_eq!(free, learning_rate < 0.5);
        assert!(if free { (nu - 1.0).abs() < 1e-12 } else { (reached / 0.02 - 1.0).abs() < 1e-12 });
    }
}

/// One affine layer with a Gaussian likelihood: the Fisher *is* I ⊗ A, so one step solves least squares, for any scale of step
/// that the quadratic model decides as well.
#[test]
fn one_step_solves_linear_regression() {
    let (x, y) = regression(13, 3, 2);
    let network = Network::<f64>::random(&[3, 2], Activation::Tanh, 5).unwrap();
    // Normal equations by LU.
    let design = DMatrix::from_fn(13, 4, |n, d| if d < 3 { x[[n, d]] } else { 1.0 });
    let targets = DMatrix::from_fn(13, 2, |n, c| y[[n, c]]);
    let solution = (design.transpose() * &design).lu().solve(&(design.transpose() * targets)).unwrap();
    for kfac in [
        undamped(),
        Kfac { damping_form: FactorDamping::Exact, ..undamped() },
        Kfac { rescaling: Rescaling::Rate, ..undamped() },
        Kfac { rescaling: Rescaling::Both, ..undamped() },
        // Forward-only loses nothing here.
        Kfac { fisher: FisherType::ForwardOnly, ..undamped() },
    ] {
        let mut method = kfac.build(network.layout().clone()).unwrap();
        let after = steps(&mut method, &network, &unit(), (&x, &y), 1).parameters();
        let found = gather((0, 2, 3), after.as_slice().unwrap());
        assert!((found - solution.transpose()).amax() < 1e-13, "{kfac:?}");
    }
    // The rate undoes a wrong scale of the curvature: an identity average is 0.95 I + 0.05 A, no multiple of A; but
    // Fisher of twice the data scale is.
    let half = Kfac { learning_rate: 0.5, ..undamped() };
    let mut method = half.build(network.layout().clone()).unwrap();
    let after = steps(&mut method, &network, &unit(), (&x, &y), 1).parameters();
    let before = gather((0, 2, 3), network.parameters().as_slice().unwrap());
    let found = gather((0, 2, 3), after.as_slice().unwrap());
    assert!((found - (before + solution.transpose()) * 0.5).amax() < 1e-13);
}

/// A deep linear network with a Gaussian likelihood, and one datum of any network: the blocks are Kronecker products.
#[test]
fn where_blocks_are_products_kfac_is_the_block_natural_gradient() {
    let (x, y) = regression(13, 3, 5);
    let deep = Network::<f64>::random(&[3, 2, 5], Activation::Identity, 5).unwrap();
    let tanh = Network::<f64>::random(&[3, 2, 5], Activation::Tanh, 6).unwrap();
    let one = (x.slice(ndarray::s![..1, ..]).to_owned(), y.slice(ndarray::s![..1, ..]).to_owned());
    for (network, x, y) in [(&deep, &x, &y), (&tanh, &one.0, &one.1)] {
        let damping = 0.01;
        let kfac = Kfac { damping, damping_form: FactorDamping::Exact, ..undamped() };
        let block = NaturalDescent {
            learning_rate: 1.0,
            damping,
            divergence_limit: f64::INFINITY,
            matrix: NaturalMatrix::Block,
            ..NaturalDescent::default()
        };
        let mut a = kfac.method(network.layout().clone()).unwrap();
        let mut b = block.method(network.layout().clone()).unwrap();
        let found = steps(a.as_mut(), network, &unit(), (x, y), 1).parameters();
        let expected = steps(b.as_mut(), network, &unit(), (x, y), 1).parameters();
        let off = distance(found.as_slice().unwrap(), expected.as_slice().unwrap());
        assert!(off < 1e-11, "{off:e}");
    }
    // Elsewhere they are not.
    let kfac = Kfac { damping: 0.01, damping_form: FactorDamping::Exact, ..undamped() };
    let block = NaturalDescent {
        learning_rate: 1.0,
        damping: 0.01,
        divergence_limit: f64::INFINITY,
        matrix: NaturalMatrix::Block,
        ..NaturalDescent::default()
    };
    let mut a = kfac.method(tanh.layout().clone()).unwrap();
    let mut b = block.method(tanh.layout().clone()).unwrap();
    let found = steps(a.as_mut(), &tanh, &unit(), (&x, &y), 1).parameters();
    let expected = steps(b.as_mut(), &tanh, &unit(), (&x, &y), 1).parameters();
    assert!(distance(found.as_slice().unwrap(), expected.as_slice().unwrap()) > 1e-3);
}

/// Without damping the function learned does not depend on affine coordinates of the inputs, nor on linear ones of a linear layer.
#[test]
fn without_damping_coordinates_of_layers_do_not_matter() {
    let (x, y) = regression(13, 3, 5);
    let omega: Array2<f64> = array![[1.0, 0.5, -0.3], [0.0, 2.0, 0.4], [0.2, -0.1, 0.7]];
    let shift = array![0.3, -1.0, 0.5];
    let phi: Array2<f64> = array![[1.0, 0.6], [-0.4, 0.8]];
    let inverse = |m: &Array2<f64>| {
        let n = m.nrows();
        let inverse = DMatrix::from_fn(n, n, |i, j| m[[i, j]]).try_inverse().unwrap();
        Array2::from_shape_fn((n, n), |(i, j)| inverse[(i, j)])
    };
    let plain = Network::<f64>::random(&[3, 2, 5], Activation::Identity, 5).unwrap();
    let [first, second] = plain.layers() else { panic!("two layers") };
    // x' = Ω x + c, z₁' = Φ z₁.
    let weight = phi.dot(first.weight()).dot(&inverse(&omega));
    let bias = phi.dot(first.bias().unwrap()) - weight.dot(&shift);
    let other = Network::new(
        vec![
            Affine::new(weight, Some(bias)).unwrap(),
            Affine::new(second.weight().dot(&inverse(&phi)), second.bias().cloned()).unwrap(),
        ],
        Activation::Identity,
    )
    .unwrap();
    let x_other = x.dot(&omega.t()) + &shift;
    let off = |kfac: Kfac| {
        let kfac = Kfac { learning_rate: 0.3, ..kfac };
        let run = |network: &Network<f64>, x: &Array2<f64>| {
            let mut method = kfac.build(network.layout().clone()).unwrap();
            steps(&mut method, network, &unit(), (x, &y), 7).forward(x).unwrap()
        };
        let (a, b) = (run(&plain, &x), run(&other, &x_other));
        assert!(distance(a.as_slice().unwrap(), plain.forward(&x).unwrap().as_slice().unwrap()) > 0.1);
        distance(a.as_slice().unwrap(), b.as_slice().unwrap())
    };
    let found = off(Kfac { momentum: 0.0, ..undamped() });
    assert!(found < 1e-9, "{found:e}");
    let clipped = off(Kfac { kl_clip: 1e-3, momentum: 0.0, ..undamped() });
    assert!(clipped < 1e-9, "{clipped:e}");
    assert!(off(Kfac { damping: 0.1, ..undamped() }) > 1e-3);
}

/// On a quadratic objective the change is the one predicted, ρ = 1, wherever the step goes: λ falls each time. With λ in the model it
/// promises more than is had of a short step, and less than is lost by a long one.
#[test]
fn on_a_quadratic_the_reduction_ratio_is_one() {
    let (x, y) = regression(13, 3, 2);
    let network = Network::<f64>::random(&[3, 2], Activation::Tanh, 5).unwrap();
    for learning_rate in [0.1, 1.0, 1.7, 5.0] {
        let kfac = Kfac {
            learning_rate,
            damping: 3.0,
            damping_interval: 2,
            damping_decay: 0.9,
            rescaling: Rescaling::Both,
            weight_decay: 0.1,
            ..undamped()
        };
        let mut method = kfac.build(network.layout().clone()).unwrap();
        let mut now = network.clone();
        for step in 1..=8 {
            now = steps(&mut method, &now, &unit(), (&x, &y), 1);
            let expected = 3.0 * 0.81f64.powi(step / 2);
            assert!((method.damping() / expected - 1.0).abs() < 1e-12, "{learning_rate}, {step}");
        }
    }
}

/// The step of both coefficients is stationary on the span of its two directions.
#[test]
fn the_rescaled_step_minimises_the_model_on_its_span() {
    let problem = Problem::new(13);
    let kfac = Kfac { rescaling: Rescaling::Both, damping: 0.1, ..undamped() };
    let mut method = kfac.build::<f64>(problem.network::<f64>().layout().clone()).unwrap();
    let mut theta = problem.theta::<f64>();
    for step in 1..=6 {
        let (from, before) = (theta.clone(), method.last_step().clone());
        let v = problem.at(&from, &all(), |batch| {
            method.step(&mut theta, batch).unwrap();
            batch.gradient().clone()
        });
        let fisher = here(&problem, from.as_slice().unwrap(), &all(), false).fisher(&problem);
        let delta = method.last_step();
        let image =
            Array1::from_shape_fn(v.len(), |i| (0..v.len()).map(|j| fisher[(i, j)] * delta[j]).sum::<f64>());
        let rest = &v + &image + delta * 0.1;
        let u = method.curvature().precondition(v.view()).unwrap();
        let cosine = |a: &Array1<f64>| rest.dot(a).abs() / (v.dot(&v) * a.dot(a)).sqrt().max(1e-300);
        assert!(cosine(&u) < 1e-12, "{step}: {:e}", cosine(&u));
        assert!(cosine(&before) < 1e-10, "{step}: {:e}", cosine(&before));
        // It does move along both.
        assert!(step == 1 || delta.dot(delta) > 0.0);
    }
}

#[test]
fn much_damping_is_gradient_descent() {
    let problem = Problem::new(13);
    let theta = problem.theta::<f64>();
    for damping_form in [FactorDamping::Factored, FactorDamping::FactoredEven, FactorDamping::Exact] {
        let kfac = Kfac { damping: 1e12, damping_form, ..undamped() };
        let mut method = kfac.build::<f64>(problem.network::<f64>().layout().clone()).unwrap();
        let mut moved = theta.clone();
        let v = problem.at(&theta, &all(), |batch| {
            method.step(&mut moved, batch).unwrap();
            batch.gradient().clone()
        });
        let scaled = method.last_step() * -1e12;
        let off = distance(scaled.as_slice().unwrap(), v.as_slice().unwrap());
        // √λ beside the factors: 1e-6 of relative error; λ beside their product: 1e-12.
        let limit = if damping_form == FactorDamping::Exact { 1e-10 } else { 2e-5 };
        assert!(off < limit, "{damping_form}: {off:e}");
    }
}

#[test]
fn averages_of_factors() {
    let problem = Problem::new(13);
    let halves: [Vec<usize>; 2] = [(0..7).collect(), (7..13).collect()];
    let moments: Vec<DMatrix<f64>> = halves
        .iter()
        .map(|rows| here(&problem, &problem.theta, rows, false).factors()[1].0.clone())
        .collect();
    let average = |average: FactorAverage, steps: usize| {
        // A rate of 0: all factors are taken at one θ.
        let kfac = Kfac { learning_rate: 0.0, damping: 1.0, average, decay: 0.9, ..undamped() };
        let mut method = kfac.build::<f64>(problem.network::<f64>().layout().clone()).unwrap();
        let mut theta = problem.theta::<f64>();
        for step in 0..steps {
            problem.at(&theta.clone(), &halves[step % 2], |batch| method.step(&mut theta, batch)).unwrap();
        }
        let left = method.curvature().factors()[1].left().to_owned();
        DMatrix::from_fn(3, 3, |i, j| left[[i, j]])
    };
    let close = |found: DMatrix<f64>, expected: DMatrix<f64>| assert!((found - expected).amax() < 1e-15);
    close(average(FactorAverage::Capped, 1), moments[0].clone());
    close(average(FactorAverage::Capped, 4), (&moments[0] + &moments[1]) * 0.5);
    close(average(FactorAverage::Capped, 3), &moments[0] * (2.0 / 3.0) + &moments[1] / 3.0);
    close(average(FactorAverage::Normalised, 1), moments[0].clone());
    close(average(FactorAverage::Normalised, 3), (&moments[0] * 1.81 + &moments[1] * 0.9) / 2.71);
    let carried = DMatrix::<f64>::identity(3, 3) * 0.81;
    close(average(FactorAverage::Identity, 2), carried + &moments[0] * 0.09 + &moments[1] * 0.1);
}

#[test]
fn draws_differ_from_step_to_step_and_by_seed() {
    let problem = Problem::new(13);
    let left = |seed: u64, steps: usize, draws: usize| {
        let fisher = FisherType::MonteCarlo { draws };
        // A decay of 0: the factors of the last step alone.
        let kfac = Kfac { learning_rate: 0.0, damping: 1.0, fisher, seed, decay: 0.0, ..undamped() };
        let mut method = kfac.build::<f64>(problem.network::<f64>().layout().clone()).unwrap();
        let mut theta = problem.theta::<f64>();
        for _ in 0..steps {
            problem.at(&theta.clone(), &all(), |batch| method.step(&mut theta, batch)).unwrap();
        }
        method.curvature().factors()[1].left().to_owned()
    };
    assert_eq!(left(3, 1, 1), left(3, 1, 1));
    assert_ne!(left(3, 1, 1), left(3, 2, 1));
    assert_ne!(left(3, 1, 1), left(4, 1, 1));
    // The error falls as the root of the number of draws: 4 standard deviations of an entry of B, which is below ½/√(13·draws).
    let exact = here(&problem, &problem.theta, &all(), false).factors()[1].0.clone();
    for draws in [100, 10_000] {
        let found = left(0, 1, draws);
        let off = (0..3)
            .flat_map(|i| (0..3).map(move |j| (i, j)))
            .fold(0.0f64, |m, (i, j)| m.max((found[[i, j]] - exact[(i, j)]).abs()));
        assert!(off < 2.0 / (13.0 * draws as f64).sqrt() && off > 0.0, "{off:e}");
    }
}

#[test]
fn a_restored_run_goes_on_bit_identically() {
    let problem = Problem::new(13);
    let kfacs = [
        Kfac {
            inverse_interval: 4,
            statistics_interval: 3,
            fisher: FisherType::MonteCarlo { draws: 1 },
            damping: 0.1,
            ..Kfac::default()
        },
        Kfac { inverse_interval: 5, ..Kfac::martens_grosse() },
        Kfac {
            inverse_interval: 3,
            damping_form: FactorDamping::Exact,
            average: FactorAverage::Normalised,
            ..Kfac::kfac_jax()
        },
    ];
    for kfac in kfacs {
        let layout = problem.network::<f64>().layout().clone();
        let mut method = kfac.build::<f64>(layout.clone()).unwrap();
        let mut theta = problem.theta::<f64>();
        let mut saved = vec![(method.state(), theta.clone())];
        for _ in 0..11 {
            problem.at(&theta.clone(), &all(), |batch| method.step(&mut theta, batch)).unwrap();
            saved.push((method.state(), theta.clone()));
        }
        for (at, (state, from)) in saved.iter().enumerate() {
            let mut again = kfac.build::<f64>(layout.clone()).unwrap();
            again.restore(state).unwrap();
            assert_eq!(&again.state(), state);
            let mut theta = from.clone();
            for later in &saved[at + 1..] {
                problem.at(&theta.clone(), &all(), |batch| again.step(&mut theta, batch)).unwrap();
                assert_eq!(theta, later.1, "from {at}");
            }
            assert_eq!(again.averaged(), method.averaged());
            assert_eq!(again.state(), saved[11].0, "from {at}");
        }
        // A state without its inverses' factors, or with too much, is refused.
        let mut other = saved[5].0.clone();
        other.number("nobody", 1.0);
        assert!(method.restore(&other).is_err());
        assert_eq!(method.state(), saved[11].0);
    }
}

#[test]
fn what_cannot_be_is_refused() {
    let layouts = [
        ParameterLayout::new([("w0", vec![3, 2]), ("scale", vec![2])]).unwrap(),
        ParameterLayout::new([("kernel", vec![3, 2, 2])]).unwrap(),
        ParameterLayout::flat(5).unwrap(),
        ParameterLayout::new([("w", vec![3, 2]), ("b", vec![3]), ("c", vec![3])]).unwrap(),
    ];
    for layout in layouts {
        let error = Kfac::default().build::<f64>(layout).unwrap_err();
        assert!(
            matches!(error, Error::Unsupported { .. }) && error.to_string().contains("affine"),
            "{error}"
        );
    }
    let layout = Problem::new(13).network::<f64>().layout().clone();
    for (option, kfac) in [
        ("lr", Kfac { learning_rate: -1.0, ..Kfac::default() }),
        ("momentum", Kfac { momentum: 1.0, ..Kfac::default() }),
        ("damping", Kfac { damping: f64::NAN, ..Kfac::default() }),
        ("decay", Kfac { decay: 1.0, ..Kfac::default() }),
        ("statistics_interval", Kfac { statistics_interval: 0, ..Kfac::default() }),
        ("inverse_interval", Kfac { inverse_interval: 0, ..Kfac::default() }),
        ("kl_clip", Kfac { kl_clip: 0.0, ..Kfac::default() }),
        ("kl_clip", Kfac { rescaling: Rescaling::Both, ..Kfac::default() }),
        ("weight_decay", Kfac { weight_decay: f64::INFINITY, ..Kfac::default() }),
        ("damping_decay", Kfac { damping_decay: 1.5, ..Kfac::default() }),
        ("gamma_decay", Kfac { gamma_decay: 0.0, ..Kfac::default() }),
        ("averaging", Kfac { averaging: -0.1, ..Kfac::default() }),
        ("min_damping", Kfac { min_damping: -1.0, ..Kfac::default() }),
    ] {
        match kfac.build::<f64>(layout.clone()).unwrap_err() {
            Error::Setting { option: found, .. } => assert_eq!(found, option),
            error => panic!("{error}"),
        }
    }
}

/// The last factor of a softmax has a null space: without damping nothing can be inverted, and nothing has happened.
#[test]
fn a_step_that_fails_changes_nothing() {
    let problem = Problem::new(13);
    for damping_form in [FactorDamping::Factored, FactorDamping::Exact] {
        let kfac = Kfac { damping_form, fisher: FisherType::Empirical, ..undamped() };
        let mut method = kfac.build::<f64>(problem.network::<f64>().layout().clone()).unwrap();
        let mut theta = problem.theta::<f64>();
        let state = method.state();
        // One datum: every factor has rank 1.
        let error = problem.at(&theta.clone(), &[4], |batch| method.step(&mut theta, batch)).unwrap_err();
        assert!(matches!(error, Error::NotPositiveDefinite { .. } | Error::Singular { .. }), "{error}");
        assert_eq!((method.state(), theta), (state, problem.theta::<f64>()));
    }
}

/// A zero gradient moves by the momentum alone; at rest not at all, whatever is adaptive.
#[test]
fn a_zero_gradient_gives_no_step() {
    let problem = Problem::new(13);
    let theta = problem.theta::<f64>();
    for kfac in [
        Kfac::default(),
        Kfac::martens_grosse(),
        Kfac::kfac_jax(),
        Kfac { rescaling: Rescaling::Rate, ..undamped() },
    ] {
        let kfac = Kfac { weight_decay: 0.0, damping: 1.0, ..kfac };
        let mut method = kfac.build::<f64>(problem.network::<f64>().layout().clone()).unwrap();
        let mut moved = theta.clone();
        for _ in 0..6 {
            problem
                .at(&theta, &all(), |batch| {
                    let batch = batch.clone().with_gradient(Array1::zeros(theta.len())).unwrap();
                    method.step(&mut moved, &batch)
                })
                .unwrap();
        }
        assert_eq!(moved, theta);
    }
}

#[test]
fn presets_and_names() {
    let parse = |text: &str| OptimizerConfig::from_toml(text).unwrap().settings;
    assert_eq!(parse("optimizer = \"kfac\""), MethodSettings::Kfac(Kfac::default()));
    assert_eq!(parse("optimizer = \"kfac\"\npreset = \"practical\""), MethodSettings::Kfac(Kfac::default()));
    let text = "optimizer = \"kfac\"\npreset = \"martens-grosse\"\nfisher = \"exact\"\nkl_clip = inf\naverage = \"identity\"";
    let expected =
        Kfac { fisher: FisherType::Exact, average: FactorAverage::Identity, ..Kfac::martens_grosse() };
    assert_eq!(parse(text), MethodSettings::Kfac(expected));
    for fisher in [
        FisherType::Exact,
        FisherType::Empirical,
        FisherType::ForwardOnly,
        FisherType::MonteCarlo { draws: 3 },
    ] {
        assert_eq!(fisher.to_string().parse::<FisherType>().unwrap(), fisher);
    }
    let mg = Kfac::martens_grosse();
    let factor = mg.damping_decay.powi(5);
    assert!(
        (factor - 0.95f64.powi(5)).abs() < 1e-15
            && (mg.gamma_decay.powi(20) - 0.95f64.sqrt().powi(20)).abs() < 1e-15
    );
}
