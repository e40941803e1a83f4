//! Where Kronecker products of moments are no approximation, and where layers do not meet.

use natgrad::fisher::Exact;
use natgrad::likelihood::{Gaussian, Likelihood};
use natgrad::model::{Activation, Affine};
use natgrad::ndarray::{Array1, Array2, array};
use natgrad::optimizer::{CoarseFisher, Method, Minibatch, TwoLevelKfac};
use natgrad::{Labels, Network};
use std::sync::Arc;

/// δ of a linear network does not depend on the datum: F_lm = E[δ_l δ_mᵀ] ⊗ E[ā_l ā_mᵀ] exactly, for every pair of layers.
#[test]
fn every_block_of_a_deep_linear_network_is_a_kronecker_product() {
    let network = Network::<f64>::random(&[3, 5, 2, 7], Activation::Identity, 4).unwrap();
    let x = Array2::from_shape_fn((13, 3), |(n, d)| ((n * 5 + d * 7 + n * n * d) % 11) as f64 / 5.0 - 1.0);
    let y = Labels::new(Array2::from_shape_fn((13, 7), |(n, c)| ((n * 3 + c * 5) % 7) as f64 / 3.0)).unwrap();
    let lin = network.linearize(&Gaussian::with_variance(1.0).unwrap(), &x, &y).unwrap();
    let fisher = lin.scores(&Exact).unwrap().dense().unwrap().into_operator().into_matrix();
    // Inputs of each layer with their 1, and outputs of the network over outputs of the layer.
    let layers = network.layers();
    let (mut inputs, mut below) = (Vec::new(), x);
    for layer in layers {
        let mut with_one = Array2::ones((13, below.ncols() + 1));
        with_one.slice_mut(ndarray::s![.., ..below.ncols()]).assign(&below);
        inputs.push(with_one);
        below = below.dot(&layer.weight().t()) + layer.bias().unwrap();
    }
    let mut outputs = vec![Array2::<f64>::eye(7)];
    for layer in layers.iter().skip(1).rev() {
        outputs.insert(0, outputs[0].dot(layer.weight()));
    }
    let mut places: Vec<(usize, usize, usize)> = Vec::new();
    for (l, layer) in layers.iter().enumerate() {
        let (rows, columns) = layer.weight().dim();
        (0..rows).for_each(|o| (0..columns).for_each(|i| places.push((l, o, i))));
        (0..rows).for_each(|o| places.push((l, o, columns)));
    }
    let mut largest = 0.0f64;
    for (p, &(l, o, i)) in places.iter().enumerate() {
        for (q, &(m, u, j)) in places.iter().enumerate() {
            let deltas = outputs[l].column(o).dot(&outputs[m].column(u));
            let expected = deltas * inputs[l].column(i).dot(&inputs[m].column(j)) / 13.0;
            largest = largest.max((fisher[[p, q]] - expected).abs());
        }
    }
    assert!(largest < 1e-14, "{largest:e}");
    let crossing: f64 = (0..20).map(|p| fisher[[p, 25]].abs()).sum();
    assert!(crossing > 0.1, "the first two layers are coupled");
}

/// The first layer has weights 0 and data of mean 0, the second sees only zeros and its 1: they share no information.
#[test]
fn layers_that_share_no_information_are_not_coupled_on_the_coarse_level() {
    let first = Affine::new(Array2::zeros((5, 3)), None).unwrap();
    let weight = Array2::from_shape_fn((2, 5), |(o, i)| 0.3 * (o as f64 + 1.0) - 0.2 * i as f64 + 0.1);
    let second = Affine::new(weight, Some(array![0.2, -0.4])).unwrap();
    let network = Network::new(vec![first, second], Activation::Tanh).unwrap();
    let x = array![[1.0, -0.5, 0.25], [-1.0, 0.5, -0.25], [0.5, 0.75, 2.0], [-0.5, -0.75, -2.0]];
    let y = Labels::new(array![[0.5, 1.0], [0.0, -1.0], [2.0, 0.5], [1.0, 0.0]]).unwrap();
    let likelihood: Arc<dyn Likelihood<f64>> = Arc::new(Gaussian::with_variance(1.0).unwrap());
    let batch = Minibatch::new(&network, &likelihood, &x, &y, &[0, 1, 2, 3]).unwrap();
    let fisher = batch.linearization().scores(&Exact).unwrap().dense().unwrap().into_operator().into_matrix();
    assert!(fisher.slice(ndarray::s![..15, 15..]).iter().all(|x| x.abs() < 1e-15));
    for coarse_fisher in [CoarseFisher::Exact, CoarseFisher::Kronecker] {
        let settings = TwoLevelKfac { coarse_fisher, ..TwoLevelKfac::default() };
        let mut method = settings.build::<f64>(network.layout().clone()).unwrap();
        let mut theta: Array1<f64> = network.parameters();
        method.step(&mut theta, &batch).unwrap();
        let coarse = method.curvature().coarse();
        assert!(coarse[[0, 1]].abs() < 1e-15 && coarse[[1, 0]].abs() < 1e-15, "{coarse}");
        assert!(coarse[[0, 0]] > 0.01 && coarse[[1, 1]] > 0.01, "{coarse}");
    }
}
