//! Networks against loops and differences.

use crate::support::cases::{NETWORKS, double, labels, matrix, network, vector};
use crate::support::close::{DIFFERENCES, all_close, close, in_band, near, rounding};
use crate::support::{Stream, naive};
use natgrad::model::{Activation, Affine};
use natgrad::{Network, Scalar};
use ndarray::{Array1, Array2, Axis, array, concatenate, s};

fn forward_is_the_loop<T: Scalar>() {
    for case in NETWORKS {
        let eta = case.network::<T>().forward(&matrix(&case.inputs())).unwrap();
        all_close(&eta, &case.naive_eta(&case.theta()), rounding::<T>(32.0));
    }
}

/// J by Richardson differences of the loop: nothing of the library enters the expected values.
fn jacobian_is_the_slope_of_the_loop<T: Scalar>() {
    for case in NETWORKS {
        let slopes = naive::derivatives(|theta| case.naive_eta(theta), &case.theta());
        let jacobian = case.network::<T>().jacobian(&matrix(&case.inputs())).unwrap();
        let outputs = case.widths[case.widths.len() - 1];
        assert_eq!(jacobian.dim(), (case.data, outputs, case.dim()));
        // The loop lists η of all data; one row of `slopes` per parameter.
        let expected: Vec<f64> =
            (0..case.data * outputs).flat_map(|k| slopes.iter().map(move |slope| slope[k])).collect();
        all_close(&jacobian, &expected, DIFFERENCES.max(rounding::<T>(32.0)));
    }
}

/// The gradient by Richardson differences of the mean textbook loss over the loop.
fn gradient_is_the_slope_of_the_loss<T: Scalar>() {
    for case in NETWORKS {
        let y = case.labels();
        let outputs = case.widths[case.widths.len() - 1];
        let loss = |theta: &[f64]| -> Vec<f64> {
            let eta = case.naive_eta(theta);
            let logs = eta.chunks(outputs).zip(y.outer_iter());
            let sum: f64 =
                logs.map(|(eta, y)| -naive::probability(case.likelihood, eta, &y.to_vec()).ln()).sum();
            vec![sum / case.data as f64]
        };
        let expected = naive::derivatives(loss, &case.theta()).concat();
        let (x, y) = (matrix(&case.inputs()), labels::<T>(&y));
        let lin = case.network::<T>().linearize(&case.likelihood(), &x, &y).unwrap();
        all_close(lin.gradient(), &expected, (8.0 * DIFFERENCES).max(rounding::<T>(64.0)));
        close(lin.loss().as_f64(), loss(&case.theta())[0], rounding::<T>(32.0));
        // The loss alone takes the same path to the same bits.
        let alone = case.network::<T>().loss(&case.likelihood(), &x, &y).unwrap();
        assert_eq!(alone.as_f64().to_bits(), lin.loss().as_f64().to_bits());
        assert_eq!((lin.data(), lin.outputs(), lin.dim()), (case.data, outputs, case.dim()));
        assert_eq!(lin.layout(), case.network::<T>().layout());
        assert_eq!(lin.labels(), &y);
    }
}

/// jvp and vjp against the Jacobian written out, and ⟨J v, r⟩ = ⟨v, Jᵀ r⟩.
fn products_with_the_jacobian<T: Scalar>() {
    for case in NETWORKS {
        let (x, y) = (matrix(&case.inputs()), labels::<T>(&case.labels()));
        let network = case.network::<T>();
        let lin = network.linearize(&case.likelihood(), &x, &y).unwrap();
        let mut stream = Stream(7);
        let v = Array1::from_shape_simple_fn(case.dim(), || stream.dyadic());
        let r = Array2::from_shape_simple_fn(lin.eta().dim(), || stream.dyadic());
        let jacobian = double(&network.jacobian(&x).unwrap());
        let (data, outputs, order) = jacobian.dim();
        let mut jvp = Array2::zeros((data, outputs));
        let mut vjp = Array1::zeros(order);
        for ((n, c, p), entry) in jacobian.indexed_iter() {
            jvp[[n, c]] += entry * v[p];
            vjp[p] += entry * r[[n, c]];
        }
        let found_jvp = lin.jvp(v.mapv(T::of).view()).unwrap();
        let found_vjp = lin.vjp(matrix(&r).view()).unwrap();
        all_close(&found_jvp, &jvp, rounding::<T>(32.0));
        all_close(&found_vjp, &vjp, rounding::<T>(32.0));
        let left: f64 = double(&found_jvp).iter().zip(&r).map(|(a, b)| a * b).sum();
        let right = naive::dot(&v, &double(&found_vjp));
        let size = naive::norm(&v) * naive::norm(&double(&found_vjp));
        near(left, right, rounding::<T>(16.0) * size);
    }
}

/// Data beyond the chunk of 256: what belongs to datum n depends on datum n only, on either side of the cut.
fn chunks_leave_no_trace<T: Scalar>() {
    let case = &NETWORKS[6];
    let network = case.network::<T>();
    let mut stream = Stream(13);
    let x = Array2::from_shape_simple_fn((521, 3), || T::of(stream.dyadic()));
    let jacobian = network.jacobian(&x).unwrap();
    for n in [0, 1, 255, 256, 257, 511, 512, 520] {
        let alone = network.jacobian(&x.slice(s![n..n + 1, ..]).to_owned()).unwrap();
        all_close(jacobian.slice(s![n..n + 1, .., ..]), &double(&alone), rounding::<T>(16.0));
    }
    let y = labels(&Array2::from_shape_fn((521, 1), |(n, _)| (n % 2) as f64));
    let lin = network.linearize(&case.likelihood(), &x, &y).unwrap();
    let mut expected = Array1::<f64>::zeros(case.dim());
    for (n, jacobian) in jacobian.outer_iter().enumerate() {
        let score = case.likelihood::<T>().score(lin.eta().row(n), y.row(n)).unwrap();
        for ((c, p), entry) in jacobian.indexed_iter() {
            expected[p] -= entry.as_f64() * score[c].as_f64() / 521.0;
        }
    }
    all_close(lin.gradient(), &expected, rounding::<T>(64.0));
}

/// θ is PyTorch's order: per layer the weight row-major, then the bias. Written, read, and read again.
fn parameters_round_trip<T: Scalar>() {
    let first = Affine::new(
        array![[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]].mapv(T::of),
        Some(array![7.0, 8.0, 9.0].mapv(T::of)),
    );
    let last = Affine::new(array![[10.0, 11.0, 12.0]].mapv(T::of), None);
    let by_hand = Network::new(vec![first.unwrap(), last.unwrap()], Activation::Tanh).unwrap();
    let expected = Array1::from_iter((1..=12).map(|k| T::of(f64::from(k))));
    assert_eq!(by_hand.parameters(), expected);
    let names: Vec<_> = by_hand.layout().tensors().iter().map(|t| (t.name().to_owned(), t.range())).collect();
    assert_eq!(names, [("w0".to_owned(), 0..6), ("b0".to_owned(), 6..9), ("w1".to_owned(), 9..12)]);
    for case in NETWORKS {
        let theta = vector::<T>(&case.theta());
        let network = case.network::<T>();
        assert_eq!(network.parameters(), theta);
        assert_eq!(network.dim(), case.dim());
        let other = theta.mapv(|x| x + T::one());
        let moved = network.with_parameters(other.view()).unwrap();
        assert_eq!(moved.parameters(), other);
        assert_eq!(moved.with_parameters(theta.view()).unwrap(), network);
        assert_eq!(
            (network.inputs(), network.outputs()),
            (case.widths[0], case.widths[case.widths.len() - 1])
        );
        assert_eq!((network.layers().len(), network.activations()), (case.biases.len(), case.activations));
    }
}

/// A transposed view as weight or input means the same numbers, and strided θ too.
fn memory_order_is_irrelevant<T: Scalar>() {
    let case = &NETWORKS[2];
    let x = matrix::<T>(&case.inputs());
    let turned = x.t().as_standard_layout().into_owned().reversed_axes();
    assert_eq!(x, turned);
    let network = case.network::<T>();
    assert_eq!(network.forward(&x).unwrap(), network.forward(&turned).unwrap());
    let y = labels::<T>(&case.labels());
    let linearize = |x: &Array2<T>| network.linearize(&case.likelihood(), x, &y).unwrap().gradient().clone();
    assert_eq!(linearize(&x), linearize(&turned));
    let layers = network.layers().iter().map(|layer| {
        let weight = layer.weight().t().as_standard_layout().into_owned().reversed_axes();
        Affine::new(weight, layer.bias().cloned()).unwrap()
    });
    let again = Network::with_activations(layers.collect(), network.activations().to_vec()).unwrap();
    assert_eq!(again.parameters(), network.parameters());
    assert_eq!(again.forward(&x).unwrap(), network.forward(&x).unwrap());
    let doubled = Array1::from_iter(network.parameters().iter().flat_map(|&x| [x, T::nan()]));
    assert_eq!(network.with_parameters(doubled.slice(s![..;2])).unwrap(), network);
}

/// Renaming hidden units renames entries of the gradient and changes neither outputs nor loss.
fn hidden_units_have_no_names<T: Scalar>() {
    for case in NETWORKS.iter().filter(|case| case.widths.len() == 3) {
        let network = case.network::<T>();
        let hidden = case.widths[1];
        let old: Vec<usize> = (0..hidden).map(|h| (h + 1) % hidden).collect();
        let (first, last) = (&network.layers()[0], &network.layers()[1]);
        let bias = first.bias().map(|b| b.select(Axis(0), &old));
        let renamed = Network::with_activations(
            vec![
                Affine::new(first.weight().select(Axis(0), &old), bias).unwrap(),
                Affine::new(last.weight().select(Axis(1), &old), last.bias().cloned()).unwrap(),
            ],
            case.activations.to_vec(),
        )
        .unwrap();
        let (x, y) = (matrix(&case.inputs()), labels::<T>(&case.labels()));
        let before = network.linearize(&case.likelihood(), &x, &y).unwrap();
        let after = renamed.linearize(&case.likelihood(), &x, &y).unwrap();
        close(after.loss().as_f64(), before.loss().as_f64(), rounding::<T>(8.0));
        all_close(after.eta(), &double(&before.eta().to_owned()), rounding::<T>(8.0));
        // The gradient, put into a network so that its pieces have names.
        let of =
            |network: &Network<T>, gradient: &Array1<T>| network.with_parameters(gradient.view()).unwrap();
        let (g, h) = (of(&network, before.gradient()), of(&renamed, after.gradient()));
        let moved = g.layers()[0].weight().select(Axis(0), &old);
        all_close(h.layers()[0].weight(), &double(&moved), rounding::<T>(32.0));
        let moved = g.layers()[1].weight().select(Axis(1), &old);
        all_close(h.layers()[1].weight(), &double(&moved), rounding::<T>(32.0));
    }
}

/// tanh is odd: flipping the sign of a hidden unit's ingoing and outgoing weights changes nothing.
fn tanh_units_have_no_sign<T: Scalar>() {
    let case = &NETWORKS[2];
    let mut theta = case.theta();
    let x = matrix::<T>(&case.inputs());
    let before = case.network::<T>().forward(&x).unwrap();
    // Unit 3 of 5: ingoing row 3 of w0 (2 inputs), its bias, outgoing column 3 of w1.
    for index in [6, 7, 10 + 3, 15 + 3, 15 + 8, 15 + 13] {
        theta[index] = -theta[index];
    }
    let after = network::<T>(case.widths, case.biases, case.activations, &theta).forward(&x).unwrap();
    all_close(&after, &double(&before), rounding::<T>(8.0));
}

/// Deep linear networks are products of matrices, and data in two halves have the mean of the two gradients.
fn linear_networks_and_split_data<T: Scalar>() {
    let case = &NETWORKS[5];
    let network = case.network::<T>();
    let (w0, w1) = (double(network.layers()[0].weight()), double(network.layers()[1].weight()));
    let x = case.inputs();
    let expected = naive::matmul(&x, &naive::transpose(&naive::matmul(&w1, &w0)));
    all_close(&network.forward(&matrix(&x)).unwrap(), &expected, rounding::<T>(16.0));
    let y = case.labels();
    let gradient = |x: &Array2<f64>, y: &Array2<f64>| {
        double(network.linearize(&case.likelihood(), &matrix(x), &labels(y)).unwrap().gradient())
    };
    let cut = |a: &Array2<f64>, rows: std::ops::Range<usize>| a.slice(s![rows, ..]).to_owned();
    let (head, tail) = (gradient(&cut(&x, 0..2), &cut(&y, 0..2)), gradient(&cut(&x, 2..7), &cut(&y, 2..7)));
    let whole = network.linearize(&case.likelihood(), &matrix(&x), &labels::<T>(&y)).unwrap();
    all_close(whole.gradient(), &((head * 2.0 + tail * 5.0) / 7.0), rounding::<T>(32.0));
    let twice = |a: &Array2<f64>| concatenate(Axis(0), &[a.view(), a.view()]).unwrap();
    all_close(whole.gradient(), &gradient(&twice(&x), &twice(&y)), rounding::<T>(32.0));
}

/// Random weights: standard deviation 1/√inputs (z-test of mean and mean square), zero biases, seeds that count.
fn random_initialisation<T: Scalar>() {
    let widths = [53, 97, 41];
    let network = Network::<T>::random(&widths, Activation::Relu, 0).unwrap();
    for (layer, inputs) in network.layers().iter().zip([53.0, 97.0]) {
        let n = layer.weight().len();
        let mean =
            |f: &dyn Fn(f64) -> f64| layer.weight().iter().map(|w| f(w.as_f64())).sum::<f64>() / n as f64;
        in_band("mean", mean(&|w| w), 0.0, 1.0 / inputs, n);
        let square = 1.0 / inputs;
        in_band("mean square", mean(&|w| w * w), square, 2.0 * square * square, n);
        assert!(layer.bias().unwrap().iter().all(|b| b.is_zero()));
    }
    assert_eq!(network, Network::random(&widths, Activation::Relu, 0).unwrap());
    let other = Network::random(&widths, Activation::Relu, 1).unwrap();
    let (a, b) = (network.parameters(), other.parameters());
    let equal = a.iter().zip(&b).filter(|(a, b)| !a.is_zero() && (**a - **b).is_zero()).count();
    // Of 9118 pairs of normals in f32, one or two may agree by chance; in f64 none.
    assert!(equal <= 3, "{equal} weights agree between seeds");
    // Layers draw from streams of their own: a wider first layer does not move the second.
    let narrow = Network::<T>::random(&[7, 97, 41], Activation::Relu, 0).unwrap();
    assert_eq!(narrow.layers()[1].weight(), network.layers()[1].weight());
}

on_both!(
    forward_is_the_loop,
    jacobian_is_the_slope_of_the_loop,
    gradient_is_the_slope_of_the_loss,
    products_with_the_jacobian,
    chunks_leave_no_trace,
    parameters_round_trip,
    memory_order_is_irrelevant,
    hidden_units_have_no_names,
    tanh_units_have_no_sign,
    linear_networks_and_split_data,
    random_initialisation,
);
