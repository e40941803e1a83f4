//! Langevin steps: the covariance of the noise, its optimality, and a stationary law in closed form.

use super::small_network::{batches, by_loops, categorical, data, goes_on_after_a_restore, network, train};
use crate::support::{Stream, distance};
use nalgebra::{DMatrix, SymmetricEigen};
use natgrad::likelihood::{Gaussian, Likelihood};
use natgrad::model::{Activation, Affine};
use natgrad::ndarray::{Array1, Array2, Axis, array};
use natgrad::optimizer::{
    GradientNoise, Method, Minibatch, NoiseCovariance, NoiseScaling, Optimizer, Sgd, Sgld, anisotropic_noise,
    sgld_step,
};
use natgrad::{Error, Labels, Network, Scalar};
use std::sync::Arc;

fn random(rows: usize, columns: usize, seed: u64) -> DMatrix<f64> {
    let mut stream = Stream(seed);
    DMatrix::from_fn(rows, columns, |_, _| stream.heavy(-1.0, 0.3))
}

fn to_array(matrix: &DMatrix<f64>) -> Array2<f64> {
    Array2::from_shape_fn(matrix.shape(), |(i, j)| matrix[(i, j)])
}

fn to_matrix(array: &Array2<f64>) -> DMatrix<f64> {
    DMatrix::from_fn(array.nrows(), array.ncols(), |i, j| array[[i, j]])
}

/// tr C^½, by nalgebra.
fn trace_of_root(c: &DMatrix<f64>) -> f64 {
    SymmetricEigen::new(c.clone()).eigenvalues.iter().map(|x| x.max(0.0).sqrt()).sum()
}

#[test]
fn no_competitor_of_the_same_trace_is_better() {
    let factor = random(5, 7, 1);
    let (c, budget) = (&factor * factor.transpose(), 0.7);
    let sigma = to_matrix(&anisotropic_noise(to_array(&c).view(), budget).unwrap());
    let value = |sigma: &DMatrix<f64>| (&c * sigma.clone().try_inverse().unwrap()).trace();
    let least = trace_of_root(&c).powi(2) / budget;
    assert!((sigma.trace() - budget).abs() < 1e-14);
    assert!((value(&sigma) / least - 1.0).abs() < 1e-12, "{} {least}", value(&sigma));
    let mut closest = f64::MAX;
    for k in 0..2000 {
        // Half of them anywhere, half of them near the optimum.
        let noise = random(5, 5, 100 + k);
        let other = if k % 2 == 0 {
            &noise * noise.transpose()
        } else {
            &sigma + (&noise + noise.transpose()) * 1e-3
        };
        let other = &other * (budget / other.trace());
        if SymmetricEigen::new(other.clone()).eigenvalues.iter().all(|x| *x > 1e-9) {
            closest = closest.min(value(&other) / least - 1.0);
        }
    }
    assert!(closest > 1e-9 && closest < 1e-2, "{closest:e}");
    // C itself and the identity, which the other two shapes are.
    assert!(value(&(&c * (budget / c.trace()))) > 1.1 * least);
    assert!(value(&DMatrix::from_diagonal_element(5, 5, budget / 5.0)) > 1.1 * least);
}

/// The covariance of the gradients of single data, by loops.
fn covariance(network: &Network<f64>, x: &Array2<f64>, y: &Labels<f64>) -> DMatrix<f64> {
    let theta = network.parameters();
    let gradients: Vec<Vec<f64>> = (0..x.nrows())
        .map(|n| {
            let class = y.values()[[n, 0]] as usize;
            by_loops(theta.as_slice().unwrap(), &x.select(Axis(0), &[n]), &[class]).1
        })
        .collect();
    let (count, dim) = (x.nrows() as f64, theta.len());
    let mean: Vec<f64> = (0..dim).map(|k| gradients.iter().map(|g| g[k]).sum::<f64>() / count).collect();
    DMatrix::from_fn(dim, dim, |i, j| {
        gradients.iter().map(|g| (g[i] - mean[i]) * (g[j] - mean[j])).sum::<f64>() / count
    })
}

/// L written out, by unit vectors.
fn map<T: Scalar>(noise: &GradientNoise<T>) -> DMatrix<f64> {
    let columns: Vec<Array1<T>> = (0..noise.normals())
        .map(|k| {
            let mut unit = Array1::zeros(noise.normals());
            unit[k] = 1.0;
            noise.apply(unit.view()).unwrap()
        })
        .collect();
    DMatrix::from_fn(columns[0].len(), columns.len(), |i, j| columns[j][i].as_f64())
}

#[test]
fn the_map_has_the_covariance() {
    let network = network::<f64>(3);
    assert_eq!(network.dim(), 74);
    // Fewer data than parameters (through the Gram matrix), and more.
    for count in [11, 97] {
        let (x, y) = data::<f64>(count, 4);
        let lin = network.linearize(&categorical(), &x, &y).unwrap();
        let c = covariance(&network, &x, &y);
        let largest = c.iter().fold(0.0f64, |m, x| m.max(x.abs()));
        for form in [NoiseCovariance::Isotropic, NoiseCovariance::SquareRoot, NoiseCovariance::Covariance] {
            let noise = GradientNoise::new(&lin, form, 3.5).unwrap();
            let l = map(&noise);
            assert!(noise.normals() <= count.max(74));
            let sigma = &l * l.transpose();
            assert!((sigma.trace() - 3.5).abs() < 1e-12, "{form}: {}", sigma.trace());
            let off = match form {
                NoiseCovariance::Isotropic => sigma - DMatrix::from_diagonal_element(74, 74, 3.5 / 74.0),
                NoiseCovariance::Covariance => sigma - &c * (3.5 / c.trace()),
                // Its square is a multiple of C, and so Σ the multiple of the root that has the trace: no root is taken here.
                NoiseCovariance::SquareRoot => {
                    let square = &sigma * &sigma;
                    (&square * (c.trace() / square.trace()) - &c) / largest
                }
            };
            let off = off.iter().fold(0.0f64, |m, x| m.max(x.abs()));
            assert!(off < 1e-14, "{form}, {count} data: {off:e}");
        }
    }
}

#[test]
fn single_precision_has_the_same_covariance() {
    let (double, single) = (network::<f64>(3), network::<f32>(3));
    for form in [NoiseCovariance::SquareRoot, NoiseCovariance::Covariance] {
        let ((x, y), (x32, y32)) = (data::<f64>(11, 4), data::<f32>(11, 4));
        let a =
            map(&GradientNoise::new(&double.linearize(&categorical(), &x, &y).unwrap(), form, 1.0).unwrap());
        let b =
            map(&GradientNoise::new(&single.linearize(&categorical(), &x32, &y32).unwrap(), form, 1.0)
                .unwrap());
        let off = (&a * a.transpose() - &b * b.transpose()).iter().fold(0.0f64, |m, x| m.max(x.abs()));
        assert!(off < 1e-6, "{form}: {off:e}");
    }
}

#[test]
fn what_is_drawn_has_that_covariance() {
    let (network, (x, y)) = (network::<f64>(3), data::<f64>(11, 4));
    let lin = network.linearize(&categorical(), &x, &y).unwrap();
    let noise = GradientNoise::new(&lin, NoiseCovariance::SquareRoot, 3.5).unwrap();
    let l = map(&noise);
    let draws: Vec<Array1<f64>> = (1..=2000).map(|step| noise.draw(9, step).unwrap()).collect();
    assert_eq!(draws[0], noise.draw(9, 1).unwrap());
    assert_ne!(draws[0], noise.draw(10, 1).unwrap());
    // Along 5 directions: mean 0, variance vᵀΣv, nothing in common with the step before; bands of 4 deviations.
    for seed in 0..5 {
        let mut stream = Stream(seed);
        let v = DMatrix::from_fn(1, 74, |_, _| stream.heavy(-1.0, 0.0));
        let deviation = (&v * &l).norm();
        let z: Vec<f64> = draws
            .iter()
            .map(|d| d.iter().zip(v.iter()).map(|(d, v)| d * v).sum::<f64>() / deviation)
            .collect();
        let count = z.len() as f64;
        let mean = z.iter().sum::<f64>() / count.sqrt();
        let variance = z.iter().map(|z| z * z - 1.0).sum::<f64>() / (2.0 * count).sqrt();
        let lagged = z.windows(2).map(|w| w[0] * w[1]).sum::<f64>() / count.sqrt();
        assert!(mean.abs() < 4.0 && variance.abs() < 4.0 && lagged.abs() < 4.0, "{mean} {variance} {lagged}");
    }
}

#[test]
fn isotropic_noise_on_a_quadratic() {
    // Thirteen outputs w_c x of one input with unit variance: loss ½ a ‖w − w*‖², a the mean of x².
    let (x, a) = (array![[0.5], [1.5], [-1.0]], (0.25 + 2.25 + 1.0) / 3.0);
    let network =
        Network::new(vec![Affine::new(Array2::zeros((13, 1)), None).unwrap()], Activation::Tanh).unwrap();
    let y = Labels::new(Array2::zeros((3, 13))).unwrap();
    let likelihood: Arc<dyn Likelihood<f64>> = Arc::new(Gaussian::with_variance(1.0).unwrap());
    let (rate, temperature, steps) = (0.6, 0.3, 4000);
    let settings = Sgld {
        learning_rate: rate,
        temperature,
        noise: NoiseCovariance::Isotropic,
        seed: 1,
        ..Sgld::default()
    };
    let mut method = settings.build::<f64>(network.layout().clone()).unwrap();
    let path = train(&mut method, &network, &likelihood, &(x, y), &vec![vec![0, 1, 2]; steps]);
    let after: Vec<&f64> = path[100..].iter().flatten().collect();
    let found = after.iter().map(|x| *x * *x).sum::<f64>() / after.len() as f64;
    let expected = temperature / (a * (1.0 - 0.5 * rate * a));
    // An autoregression with φ = 1 − ηa: the mean of squares has relative variance (2/n)(1 + φ²)/(1 − φ²).
    let phi = 1.0 - rate * a;
    let deviation = (2.0 / after.len() as f64 * (1.0 + phi * phi) / (1.0 - phi * phi)).sqrt();
    let z = (found / expected - 1.0) / deviation;
    assert!(z.abs() < 4.0, "{found} {expected}: {z} deviations");
    // The law of the diffusion itself, τ/a, is far off at this rate.
    assert!((found / (temperature / a) - 1.0) / deviation > 20.0);
}

#[test]
fn without_temperature_it_is_gradient_descent() {
    let (network, data) = (network::<f64>(5), data::<f64>(11, 6));
    for noise in [NoiseCovariance::Isotropic, NoiseCovariance::SquareRoot, NoiseCovariance::Covariance] {
        let settings = Sgld { learning_rate: 0.1, temperature: 0.0, noise, ..Sgld::default() };
        let mut sgld = settings.build::<f64>(network.layout().clone()).unwrap();
        let sgd = Sgd { learning_rate: 0.1, ..Sgd::default() };
        let mut sgd: Box<dyn Optimizer<f64>> = Box::new(sgd.build(network.layout().clone()).unwrap());
        let found = train(&mut sgld, &network, &categorical(), &data, &batches(20));
        assert_eq!(found, train(&mut sgd, &network, &categorical(), &data, &batches(20)));
    }
    // A batch whose gradients do not differ has no covariance, and no noise of these two shapes.
    for noise in [NoiseCovariance::SquareRoot, NoiseCovariance::Covariance] {
        let settings = Sgld { learning_rate: 0.1, temperature: 2.0, noise, ..Sgld::default() };
        let mut sgld = settings.build::<f64>(network.layout().clone()).unwrap();
        let path = train(&mut sgld, &network, &categorical(), &data, &[vec![4]]);
        let class = data.1.values()[[4, 0]] as usize;
        let (_, gradient) = by_loops(path[0].as_slice().unwrap(), &data.0.select(Axis(0), &[4]), &[class]);
        let change = (&path[1] - &path[0]).mapv(|x| x / -0.1);
        assert!(distance(change.as_slice().unwrap(), &gradient) < 1e-14);
    }
}

#[test]
fn a_step_is_the_gradient_and_the_noise_of_its_number() {
    let (network, (x, y)) = (network::<f64>(5), data::<f64>(11, 6));
    for (scaling, trace) in
        [(NoiseScaling::Langevin, 2.0 * 0.1 * 0.02 * 74.0), (NoiseScaling::Constant, 0.02 * 74.0)]
    {
        let settings = Sgld { learning_rate: 0.1, temperature: 0.02, scaling, seed: 8, ..Sgld::default() };
        let mut method = settings.build::<f64>(network.layout().clone()).unwrap();
        let mut here = network.clone();
        let mut changes = Vec::new();
        for step in 1..=3 {
            let lin = here.linearize(&categorical(), &x, &y).unwrap();
            let noise =
                GradientNoise::new(&lin, NoiseCovariance::SquareRoot, trace).unwrap().draw(8, step).unwrap();
            let expected = here.parameters() - lin.gradient() * 0.1 + &noise;
            let all = vec![(0..11).collect::<Vec<usize>>()];
            let path = train(&mut method, &here, &categorical(), &(x.clone(), y.clone()), &all);
            assert!(distance(path[1].as_slice().unwrap(), expected.as_slice().unwrap()) < 1e-15);
            here = network.with_parameters(path[1].view()).unwrap();
            changes.push(noise);
        }
        assert!(changes[0] != changes[1]);
    }
}

#[test]
fn the_noise_follows_the_learning_rate_that_is_set() {
    let (network, (x, y)) = (network::<f64>(5), data::<f64>(11, 6));
    let step = |built: f64| {
        let settings = Sgld { learning_rate: built, temperature: 0.02, seed: 8, ..Sgld::default() };
        let mut method = settings.build::<f64>(network.layout().clone()).unwrap();
        method.set_learning_rate(0.1).unwrap();
        let all = vec![(0..11).collect::<Vec<usize>>()];
        train(&mut method, &network, &categorical(), &(x.clone(), y.clone()), &all)[1].clone()
    };
    assert_eq!(step(0.1), step(0.7));
}

#[test]
fn a_free_step_has_the_covariance_that_is_given() {
    let factor = random(3, 3, 5);
    let (c, gradient) = (to_array(&(&factor * factor.transpose())), array![1.0, -2.0, 0.5]);
    let sigma = anisotropic_noise(c.view(), 0.4).unwrap();
    let noise: Vec<Array1<f64>> = (0..4000)
        .map(|step| sgld_step(gradient.view(), c.view(), 0.1, 0.4, 3, step).unwrap() + &gradient * 0.1)
        .collect();
    for i in 0..3 {
        for j in 0..3 {
            let found = noise.iter().map(|x| x[i] * x[j]).sum::<f64>() / 4000.0;
            let deviation = ((sigma[[i, j]].powi(2) + sigma[[i, i]] * sigma[[j, j]]) / 4000.0).sqrt();
            assert!((found - sigma[[i, j]]).abs() < 4.0 * deviation, "{i} {j}");
        }
    }
    assert_eq!(sgld_step(gradient.view(), c.view(), 0.5, 0.0, 3, 1).unwrap(), &gradient * -0.5);
    let none = anisotropic_noise(Array2::<f64>::zeros((3, 3)).view(), 0.4).unwrap();
    assert_eq!(none, Array2::<f64>::zeros((3, 3)));
}

#[test]
fn data_that_are_all_alike_have_no_noise() {
    // Centred, their scores are the rounding of the scores themselves: eigenvalues of either sign, and no direction.
    let network = network::<f64>(1);
    let (x, _) = data(11, 2);
    for rows in [7, 13, 83] {
        let alike = x.select(Axis(0), &vec![3; rows]);
        let lin =
            network.linearize(&categorical(), &alike, &Labels::classes(&vec![1; rows]).unwrap()).unwrap();
        for form in [NoiseCovariance::SquareRoot, NoiseCovariance::Covariance] {
            let noise = GradientNoise::new(&lin, form, 0.5).unwrap();
            let drawn = noise.draw(3, 1).unwrap();
            assert!(drawn.iter().all(|x| x.abs() <= 0.0), "{rows} {form:?}: {drawn}");
        }
    }
}

#[test]
fn refusals_and_restores() {
    for noise in ["isotropic", "sqrt-covariance", "covariance"] {
        goes_on_after_a_restore(&format!(
            "optimizer = 'sgld'\nlr = 0.05\ntemperature = 0.01\nnoise = '{noise}'\nseed = 3"
        ));
    }
    let network = network::<f64>(1);
    for (name, settings) in [
        ("lr", Sgld { learning_rate: -0.1, ..Sgld::default() }),
        ("temperature", Sgld { temperature: f64::INFINITY, ..Sgld::default() }),
    ] {
        let error = settings.build::<f64>(network.layout().clone()).unwrap_err();
        assert!(matches!(error, Error::Setting { option, .. } if option == name), "{error}");
    }
    let indefinite = array![[1.0, 0.0], [0.0, -0.1]];
    assert!(matches!(anisotropic_noise(indefinite.view(), 1.0).unwrap_err(), Error::Domain { index: 0, .. }));
    assert!(anisotropic_noise(array![[1.0]].view(), -1.0).is_err());
    assert!(sgld_step(array![1.0].view(), indefinite.view(), 0.1, 1.0, 0, 1).is_err());
    let ((x, y), likelihood) = (data(11, 2), categorical());
    let ids: Vec<u64> = (0..11).collect();
    let batch = Minibatch::new(&network, &likelihood, &x, &y, &ids).unwrap();
    let settings = Sgld { temperature: 1e300, scaling: NoiseScaling::Constant, ..Sgld::default() };
    let mut method = settings.build::<f64>(network.layout().clone()).unwrap();
    method.set_learning_rate(1e308).unwrap();
    let mut theta = network.parameters();
    let step = method.step(&mut theta, &batch.with_gradient(Array1::from_elem(74, 1e30)).unwrap());
    assert!(matches!(step.unwrap_err(), Error::NonFinite { .. }));
    assert_eq!((theta, method.steps()), (network.parameters(), 0));
}
