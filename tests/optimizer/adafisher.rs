//! AdaFisher and AdaFisherW: against loops, against the official code, and what F must be.

use super::small_network::{
    BIAS, WIDTHS, batches, by_loops, categorical, data, goes_on_after_a_restore, method, network, train,
};
use crate::support::{Stream, distance};
use natgrad::fisher::{Empirical, LayerDiagonals};
use natgrad::likelihood::{Bernoulli, Likelihood};
use natgrad::model::{Activation, Affine};
use natgrad::ndarray::{Array1, Array2, Axis, array, s};
use natgrad::operator::MatrixBlock;
use natgrad::optimizer::{
    AdaFisher, AdaFisherAverage, AdaFisherW, FactoredAdam, Fallback, FisherType, Method, MinMax, Minibatch,
    OptimizerConfig, Reduction,
};
use natgrad::{Error, Labels, Network, ParameterLayout};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The recurrence of the docstring by loops; returns every θ.
fn transcription(
    settings: &AdaFisher,
    decoupled: bool,
    network: &Network<f64>,
    (x, y): &(Array2<f64>, Labels<f64>),
    batches: &[Vec<usize>],
) -> Vec<Vec<f64>> {
    let mut theta = network.parameters().to_vec();
    let mut m = vec![0.0; theta.len()];
    let mut h: Vec<Vec<f64>> =
        (0..3).map(|l| vec![settings.initial_factor; WIDTHS[l] + usize::from(BIAS[l])]).collect();
    let mut d: Vec<Vec<f64>> = (0..3).map(|l| vec![settings.initial_factor; WIDTHS[l + 1]]).collect();
    let rescale = |x: &[f64]| -> Vec<f64> {
        let low = x.iter().cloned().fold(f64::MAX, f64::min);
        let high = x.iter().cloned().fold(f64::MIN, f64::max);
        x.iter().map(|x| (x - low) / (high - low + settings.minmax_epsilon)).collect()
    };
    let mut path = vec![theta.clone()];
    for (step, rows) in batches.iter().enumerate() {
        let classes: Vec<usize> = rows.iter().map(|&row| y.values()[[row, 0]] as usize).collect();
        let (seen, gradient) = by_loops(&theta, &x.select(Axis(0), rows), &classes);
        let n = rows.len() as f64;
        if (step as u64).is_multiple_of(settings.interval) {
            for l in 0..3 {
                let mean_square =
                    |rows: &[Vec<f64>], k: usize| rows.iter().map(|r| r[k] * r[k]).sum::<f64>() / n;
                let mut fresh_h: Vec<f64> =
                    (0..h[l].len()).map(|k| mean_square(&seen[l].inputs, k)).collect();
                let mut fresh_d: Vec<f64> =
                    (0..d[l].len()).map(|k| mean_square(&seen[l].deltas, k)).collect();
                if settings.reduction == Reduction::Mean {
                    fresh_d.iter_mut().for_each(|d| *d /= n * n);
                }
                if settings.minmax == MinMax::BeforeEma {
                    (fresh_h, fresh_d) = (rescale(&fresh_h), rescale(&fresh_d));
                }
                let (old, new) = match settings.ema {
                    AdaFisherAverage::Paper => (1.0 - settings.gamma, settings.gamma),
                    AdaFisherAverage::Official => (settings.gamma / 10.0, settings.gamma / 100.0),
                    AdaFisherAverage::OfficialJanuary => (settings.gamma, settings.gamma / 10.0),
                };
                for (average, fresh) in [(&mut h[l], fresh_h), (&mut d[l], fresh_d)] {
                    for k in 0..average.len() {
                        average[k] = old * average[k] + new * fresh[k];
                    }
                }
            }
        }
        let mut place = 0;
        for l in 0..3 {
            let (h, d) = match settings.minmax {
                MinMax::AfterEma => (rescale(&h[l]), rescale(&d[l])),
                _ => (h[l].clone(), d[l].clone()),
            };
            let weights = (0..WIDTHS[l + 1]).flat_map(|o| (0..WIDTHS[l]).map(move |i| (o, i)));
            let biases = (0..WIDTHS[l + 1]).filter(|_| BIAS[l]).map(|o| (o, WIDTHS[l]));
            for (o, i) in weights.chain(biases) {
                let f = d[o] * h[i] + settings.damping;
                let decay = settings.weight_decay * theta[place];
                let g = gradient[place] + if decoupled { 0.0 } else { decay };
                m[place] = settings.beta1 * m[place] + (1.0 - settings.beta1) * g;
                let corrected = m[place] / (1.0 - settings.beta1.powi(step as i32 + 1));
                theta[place] -=
                    settings.learning_rate * (corrected / f + if decoupled { decay } else { 0.0 });
                place += 1;
            }
        }
        path.push(theta.clone());
    }
    path
}

fn variants() -> Vec<(&'static str, AdaFisher)> {
    let base = AdaFisher { learning_rate: 0.02, damping: 0.1, interval: 1, ..AdaFisher::paper() };
    vec![
        ("paper", base),
        ("interval", AdaFisher { interval: 3, beta1: 0.6, gamma: 0.35, ..base }),
        ("decay", AdaFisher { weight_decay: 0.3, interval: 2, initial_factor: 0.7, ..base }),
        ("off", AdaFisher { minmax: MinMax::Off, initial_factor: 0.4, ..base }),
        ("before", AdaFisher { minmax: MinMax::BeforeEma, minmax_epsilon: 0.02, ..base }),
        ("official", AdaFisher { learning_rate: 1e-4, interval: 2, ..AdaFisher::official() }),
        ("january", AdaFisher { learning_rate: 1e-3, interval: 2, ..AdaFisher::official_2025_01() }),
        ("mean", AdaFisher { reduction: Reduction::Mean, minmax_epsilon: 1e-3, ..base }),
    ]
}

#[test]
fn paper_form_is_its_transcription() {
    let (network, data) = (network::<f64>(1), data(11, 2));
    let batches = batches(40);
    for (name, settings) in variants() {
        for decoupled in [false, true] {
            let mut method: FactoredAdam<f64> = if decoupled {
                AdaFisherW::from(settings).build(network.layout().clone()).unwrap()
            } else {
                settings.build(network.layout().clone()).unwrap()
            };
            let path = train(&mut method, &network, &categorical(), &data, &batches);
            let expected = transcription(&settings, decoupled, &network, &data, &batches);
            let worst = path.iter().zip(&expected).map(|(a, b)| distance(a.as_slice().unwrap(), b));
            let worst = worst.fold(0.0, f64::max);
            assert!(distance(&expected[40], &expected[0]) > 0.01, "{name} does not move");
            assert!(worst < 1e-14, "{name} {decoupled}: {worst:e}");
        }
    }
}

#[test]
fn single_precision_is_the_transcription_to_its_rounding() {
    let (double, single) = (network::<f64>(1), network::<f32>(1));
    let batches = batches(20);
    for (name, settings) in variants() {
        let mut method = settings.build::<f32>(single.layout().clone()).unwrap();
        let path = train(&mut method, &single, &categorical(), &data(11, 2), &batches);
        let expected = transcription(&settings, false, &double, &data(11, 2), &batches);
        let found: Vec<f64> = path[20].iter().map(|&x| f64::from(x)).collect();
        let worst = distance(&found, &expected[20]);
        assert!(worst < 3e-6, "{name}: {worst:e}");
    }
}

#[derive(Deserialize)]
struct Record {
    widths: Vec<usize>,
    bias: Vec<bool>,
    theta0: Vec<f64>,
    x: Vec<Vec<f64>>,
    y: Vec<usize>,
    batches: Vec<Vec<usize>>,
    trajectories: BTreeMap<String, Trajectory>,
}

#[derive(Deserialize)]
struct Trajectory {
    config: String,
    theta: BTreeMap<usize, Vec<f64>>,
    range: BTreeMap<usize, (f64, f64)>,
}

/// The authors' classes at four commits, run on the same network and batches.
#[test]
fn recorded_from_the_official_code() {
    let record: Record = serde_json::from_str(include_str!("../golden/adafisher.json")).unwrap();
    assert_eq!((record.widths.as_slice(), record.bias.as_slice()), (&WIDTHS[..], &BIAS[..]));
    let network = network::<f64>(0).with_parameters(Array1::from(record.theta0.clone()).view()).unwrap();
    let x = Array2::from_shape_vec((record.x.len(), 2), record.x.concat()).unwrap();
    let data = (x, Labels::classes(&record.y).unwrap());
    assert_eq!(record.trajectories.len(), 9);
    for (name, trajectory) in &record.trajectories {
        let mut method = method::<f64>(&trajectory.config, &network);
        let path = train(method.as_mut(), &network, &categorical(), &data, &record.batches);
        for (&step, theta) in &trajectory.theta {
            let off = distance(path[step].as_slice().unwrap(), theta);
            assert!(off < 1e-12, "{name}, step {step}: off by {off:e}");
        }
        // F itself, from the concrete type.
        let mut method = concrete(&trajectory.config, network.layout());
        for (step, rows) in record.batches.iter().enumerate() {
            let here = network.with_parameters(path[step].view()).unwrap();
            train(&mut method, &here, &categorical(), &data, std::slice::from_ref(rows));
            if let Some(&(low, high)) = trajectory.range.get(&(step + 1)) {
                let (found_low, found_high) = range(&method);
                assert!((found_low - low).abs() < 1e-14, "{name}, step {}: {found_low} {low}", step + 1);
                assert!((found_high - high).abs() < 1e-12, "{name}, step {}: {found_high} {high}", step + 1);
            }
        }
    }
}

fn concrete(text: &str, layout: &ParameterLayout) -> FactoredAdam<f64> {
    use natgrad::optimizer::MethodSettings::{AdaFisher, AdaFisherW};
    match OptimizerConfig::from_toml(text).unwrap().settings {
        AdaFisher(settings) => settings.build(layout.clone()).unwrap(),
        AdaFisherW(settings) => settings.build(layout.clone()).unwrap(),
        other => panic!("{other:?}"),
    }
}

fn range(method: &FactoredAdam<f64>) -> (f64, f64) {
    let f = method.curvature();
    (f.iter().copied().fold(f64::MAX, f64::min), f.iter().copied().fold(f64::MIN, f64::max))
}

#[test]
fn official_curvature_after_every_refresh() {
    let network = network::<f64>(7);
    let settings = AdaFisher { interval: 1, ..AdaFisher::official() };
    let mut method = settings.build::<f64>(network.layout().clone()).unwrap();
    let (mut low, mut high, mut theta) = (1.0f64, 1.0f64, network.parameters());
    let published = [(7.4e-3, 8.75e-3), (1.041e-3, 1.226e-3), (1.0003e-3, 1.0848e-3)];
    for k in 0..30 {
        let here = network.with_parameters(theta.view()).unwrap();
        let path = train(&mut method, &here, &categorical(), &data(11, 8), &batches(1));
        theta = path[1].clone();
        (low, high) = (0.08 * low, 0.08 * high + 0.008);
        let (least, greatest) = range(&method);
        assert!(least >= low * low + 1e-3 - 1e-17 && greatest <= high * high + 1e-3, "{k}");
        // The guard of 1e-6 costs d, which is of the order 1e-3 at eleven data, some 1e-4 of its range.
        assert!(greatest > 1e-3 + 0.9 * high * high, "{k}: {greatest}");
        if let Some(&(low, high)) = published.get(k) {
            // Printed with four or five digits.
            assert!(least >= low - 5e-7 && greatest <= high + 5e-7, "{k}: {least} {greatest}");
        }
    }
    let (least, greatest) = range(&method);
    assert!((least - 1e-3).abs() < 1e-15 && (1.075e-3..=1.0757e-3).contains(&greatest), "{least} {greatest}");
}

/// Factors of one layer (out × in, with bias) by hand.
fn factors(offset: usize, h: &[f64], d: &[f64]) -> LayerDiagonals<f64> {
    let block = MatrixBlock { offset, outputs: d.len(), inputs: h.len() - 1, bias: true };
    LayerDiagonals { block, inputs: Array1::from(h.to_vec()), outputs: Array1::from(d.to_vec()) }
}

fn layout() -> ParameterLayout {
    ParameterLayout::new([
        ("token", vec![5]),
        ("w0", vec![3, 2]),
        ("b0", vec![3]),
        ("nothing", vec![0]),
        ("scale", vec![]),
        ("w1", vec![2, 3]),
        ("b1", vec![2]),
        ("w", vec![7, 2]),
    ])
    .unwrap()
}

fn fresh() -> Vec<LayerDiagonals<f64>> {
    vec![factors(5, &[0.3, 0.7, 1.0], &[0.01, 0.03, 0.02]), factors(15, &[0.2, 0.1, 0.9, 1.0], &[0.5, 0.6])]
}

#[test]
fn factors_are_paired_by_place_and_every_parameter_moves() {
    // A token in front and tensors between: the official loop would leave the last layer as it was.
    let dim = layout().dim();
    assert_eq!(dim, 37);
    for fallback in [Fallback::Adam, Fallback::Mean] {
        let settings = AdaFisher { fallback, interval: 1, ..AdaFisher::paper() };
        let mut forward = settings.build::<f64>(layout()).unwrap();
        let mut backward = settings.build::<f64>(layout()).unwrap();
        assert_eq!(forward.layers().map(|block| block.offset).collect::<Vec<_>>(), [5, 15]);
        let (mut a, mut b) = (Array1::<f64>::zeros(dim), Array1::<f64>::zeros(dim));
        let reversed: Vec<_> = fresh().into_iter().rev().collect();
        for _ in 0..2 {
            forward.advance(&mut a, Array1::ones(dim).view(), Some((&fresh(), 4))).unwrap();
            backward.advance(&mut b, Array1::ones(dim).view(), Some((&reversed, 4))).unwrap();
        }
        assert_eq!(a, b);
        assert!(a.iter().all(|x| *x < 0.0), "{a}");
        // d' = (0, 1, ½), h' = (0, 4/7, 1): w0 row-major, then b0.
        let f = forward.curvature();
        let expected = [0.0, 0.0, 0.0, 4.0 / 7.0, 0.0, 2.0 / 7.0, 0.0, 1.0, 0.5].map(|x| x + 1e-3);
        assert!(distance(&f.to_vec()[5..14], &expected) < 1e-15);
        // h' of the second layer is (1/9, 0, 8/9, 1), d' = (0, 1): sums 3.0714 · 1.5 over 9 and 2 over 8 entries.
        let outside: Vec<f64> =
            f.iter().enumerate().filter(|(k, _)| *k < 5 || *k == 14 || *k >= 23).map(|(_, f)| *f).collect();
        assert_eq!(outside.len(), 20);
        let by_hand = match fallback {
            Fallback::Adam => 1.0 + 1e-8,
            Fallback::Mean => (11.0 / 7.0 * 1.5 + 2.0) / 17.0 + 1e-3,
        };
        assert!(outside.iter().all(|f| (f - by_hand).abs() < 1e-14), "{fallback}: {outside:?} {by_hand}");
    }
    let mut method = AdaFisher::default().build::<f64>(layout()).unwrap();
    for wrong in [&fresh()[..1], &[fresh()[0].clone(), fresh()[0].clone()]] {
        let mut theta = Array1::zeros(dim);
        let error = method.advance(&mut theta, Array1::ones(dim).view(), Some((wrong, 4))).unwrap_err();
        assert!(matches!(error, Error::Unsupported { .. }), "{error}");
        assert_eq!((theta, method.steps()), (Array1::zeros(dim), 0));
    }
}

#[test]
fn every_parameter_of_a_network_moves_within_two_steps() {
    let network = network::<f64>(5);
    for name in ["adafisher", "adafisherw"] {
        for preset in ["paper", "official", "official-2025-01", "official-before-2025"] {
            let text = format!("optimizer = '{name}'\npreset = '{preset}'");
            let path =
                train(method(&text, &network).as_mut(), &network, &categorical(), &data(11, 6), &batches(2));
            assert!(path[2].iter().zip(&path[0]).all(|(a, b)| a != b), "{text}");
        }
    }
}

#[test]
fn the_fallback_of_adam_is_adam() {
    // On a layout without layers AdaFisher is Adam.
    let layout = ParameterLayout::new([("u", vec![2, 3]), ("v", vec![5])]).unwrap();
    let mut method = AdaFisher { learning_rate: 0.02, ..AdaFisher::default() }.build::<f64>(layout).unwrap();
    let mut stream = Stream(4);
    let theta0: Vec<f64> = (0..11).map(|_| stream.heavy(-1.0, 1.0)).collect();
    let gradients: Vec<Vec<f64>> =
        (0..50).map(|_| (0..11).map(|_| stream.heavy(-3.0, 1.0)).collect()).collect();
    let expected = crate::support::textbook::double::adam(&theta0, &gradients, 0.02, 0.9, 0.999, 1e-8);
    let mut theta = Array1::from(theta0);
    for (t, gradient) in gradients.iter().enumerate() {
        method.advance(&mut theta, Array1::from(gradient.clone()).view(), None).unwrap();
        assert!(distance(theta.as_slice().unwrap(), &expected[t + 1]) < 1e-13, "{t}");
    }
}

#[test]
fn the_penalty_is_in_both_moments_of_the_fallback() {
    let layout = ParameterLayout::new([("u", vec![2])]).unwrap();
    let settings = AdaFisher { learning_rate: 0.1, weight_decay: 0.5, ..AdaFisher::default() };
    let mut method = settings.build::<f64>(layout).unwrap();
    let mut theta = array![4.0, -3.0];
    // g + λ θ = (3, −1): the first step of Adam is its sign.
    method.advance(&mut theta, array![1.0, 0.5].view(), None).unwrap();
    assert!(distance(theta.as_slice().unwrap(), &[3.9, -2.9]) < 1e-8);
}

#[test]
fn paper_curvature_is_between_the_damping_and_one_more() {
    let network = network::<f64>(9);
    let settings = AdaFisher { interval: 1, damping: 0.03, ..AdaFisher::paper() };
    let mut method = settings.build::<f64>(network.layout().clone()).unwrap();
    let data = data(11, 3);
    let lin = network.linearize(&categorical(), &data.0, &data.1).unwrap();
    train(&mut method, &network, &categorical(), &data, &[(0..11).collect()]);
    let f = method.curvature();
    assert!(f.iter().all(|f| (0.03..=1.03).contains(f)));
    // At γ-average of one refresh the factors are γ times those of the estimate, and min-max removes γ.
    for layer in lin.scores(&Empirical).unwrap().layer_diagonals().unwrap() {
        let unit = |x: &Array1<f64>| {
            let (low, high) = x.iter().fold((f64::MAX, f64::MIN), |(l, h), &x| (l.min(x), h.max(x)));
            x.mapv(|x| (x - low) / (high - low))
        };
        let (h, d) = (unit(&layer.inputs), unit(&layer.outputs));
        let mut matrix = layer.block.gather(f.view());
        for ((o, i), f) in matrix.indexed_iter_mut() {
            *f -= d[o] * h[i] + 0.03;
        }
        assert!(matrix.iter().all(|off| off.abs() < 1e-14), "{matrix}");
        assert_eq!(matrix.dim(), (d.len(), h.len()));
    }
    // The diagonal of the Kronecker product is the form of the Fisher of that name.
    let off = AdaFisher { minmax: MinMax::Off, gamma: 1.0, damping: 0.0, ..settings };
    let mut method = off.build::<f64>(network.layout().clone()).unwrap();
    train(&mut method, &network, &categorical(), &data, &[(0..11).collect()]);
    let form = lin.scores(&Empirical).unwrap().diagonal_kronecker().unwrap();
    let form = natgrad::LinearOperator::<f64>::diagonal(&form).unwrap();
    assert!(distance(method.curvature().as_slice().unwrap(), form.as_slice().unwrap()) < 1e-15);
}

#[test]
fn scale_of_the_loss_and_of_inputs() {
    let after = |settings: AdaFisher, h: &[f64], d: &[f64], bias: bool| {
        let inputs = h.len() - usize::from(bias);
        let mut tensors = vec![("w0", vec![d.len(), inputs])];
        if bias {
            tensors.push(("b0", vec![d.len()]));
        }
        let mut method = settings.build::<f64>(ParameterLayout::new(tensors).unwrap()).unwrap();
        let block = MatrixBlock { offset: 0, outputs: d.len(), inputs, bias };
        let fresh =
            LayerDiagonals { block, inputs: Array1::from(h.to_vec()), outputs: Array1::from(d.to_vec()) };
        let mut theta = Array1::zeros(block.dim());
        method.advance(&mut theta, Array1::ones(block.dim()).view(), Some((&[fresh], 3))).unwrap();
        method.curvature().to_vec()
    };
    let (h, d) = ([0.3, 0.7, 0.1], [0.01, 0.03, 0.02, 0.5, 0.07]);
    for minmax in [MinMax::AfterEma, MinMax::BeforeEma] {
        let settings = AdaFisher { minmax, ..AdaFisher::paper() };
        let plain = after(settings, &h, &d, false);
        let scaled = after(settings, &h.map(|x| 16.0 * x), &d.map(|x| 1e-6 * x), false);
        assert!(distance(&plain, &scaled) < 1e-15, "{minmax}");
        // The constant 1 of the bias does not scale with the inputs.
        let (with, larger) = ([0.3, 0.7, 1.0], [4.8, 11.2, 1.0]);
        assert!(
            distance(&after(settings, &with, &d, true), &after(settings, &larger, &d, true)) > 0.1,
            "{minmax}"
        );
        // A guard is not free of scale: with it a small d disappears.
        let guarded = AdaFisher { minmax_epsilon: 1e-6, ..settings };
        let small = after(guarded, &h, &d.map(|x| 1e-12 * x), false);
        assert!(small.iter().all(|f| (f - 1e-3).abs() < 1e-6), "{small:?}");
    }
    // A factor without range is 0, and only damping is left.
    let flat = after(AdaFisher::paper(), &[0.4, 0.4, 0.4], &d, false);
    assert!(flat.iter().all(|f| (f - 1e-3).abs() < 1e-18), "{flat:?}");
}

#[test]
fn hidden_units_may_change_places() {
    let plain = network::<f64>(11);
    let order = [3, 0, 4, 1, 2];
    let [first, second, last] = [0, 1, 2].map(|l| plain.layers()[l].clone());
    let bias = first.bias().unwrap().select(Axis(0), &order);
    let permuted = Network::new(
        vec![
            Affine::new(first.weight().select(Axis(0), &order), Some(bias)).unwrap(),
            Affine::new(second.weight().select(Axis(1), &order), None).unwrap(),
            last,
        ],
        Activation::Tanh,
    )
    .unwrap();
    let settings = AdaFisher { interval: 2, damping: 0.1, learning_rate: 0.05, ..AdaFisher::paper() };
    let end = |network: &Network<f64>| {
        let mut method = settings.build::<f64>(network.layout().clone()).unwrap();
        let path = train(&mut method, network, &categorical(), &data(11, 12), &batches(6));
        network.with_parameters(path[6].view()).unwrap()
    };
    let (a, b) = (end(&plain), end(&permuted));
    let expected = a.layers()[0].weight().select(Axis(0), &order);
    assert!((&expected - b.layers()[0].weight()).iter().all(|x| x.abs() < 1e-13));
    let expected = a.layers()[1].weight().select(Axis(1), &order);
    assert!((&expected - b.layers()[1].weight()).iter().all(|x| x.abs() < 1e-13));
    assert!((a.layers()[2].weight() - b.layers()[2].weight()).iter().all(|x| x.abs() < 1e-13));
}

#[test]
fn a_constant_gradient_is_reproduced_at_every_step() {
    let settings = AdaFisher { learning_rate: 1.0, damping: 1.0, ..AdaFisher::paper() };
    let mut method = settings.build::<f64>(layout()).unwrap();
    let gradient = Array1::from_shape_fn(37, |k| k as f64 - 7.0);
    for t in 0..20 {
        let mut theta = Array1::zeros(37);
        method.advance(&mut theta, gradient.view(), None).unwrap();
        let layer = theta.slice(s![15..23]).to_owned() + gradient.slice(s![15..23]);
        assert!(layer.iter().all(|off| off.abs() < 1e-13), "{t}: {layer}");
    }
}

#[test]
fn decoupled_decay_is_beside_the_step() {
    let network = network::<f64>(13);
    let step = |weight_decay: f64| {
        let settings = AdaFisherW { learning_rate: 0.03, weight_decay, ..AdaFisherW::default() };
        let mut method = settings.build::<f64>(network.layout().clone()).unwrap();
        train(&mut method, &network, &categorical(), &data(11, 14), &batches(1))[1].clone()
    };
    let difference = step(0.25) - step(0.0);
    let expected = network.parameters() * (-0.03 * 0.25);
    assert!(distance(difference.as_slice().unwrap(), expected.as_slice().unwrap()) < 1e-14);
}

#[test]
fn one_datum_without_damping_steps_along_the_inverse_gradient() {
    let network = network::<f64>(15);
    let (x, y) = data::<f64>(11, 16);
    let settings = AdaFisher {
        learning_rate: 0.5,
        beta1: 0.0,
        gamma: 1.0,
        damping: 0.0,
        minmax: MinMax::Off,
        ..AdaFisher::paper()
    };
    let mut method = settings.build::<f64>(network.layout().clone()).unwrap();
    let path = train(&mut method, &network, &categorical(), &(x.clone(), y.clone()), &[vec![4]]);
    let classes = [y.values()[[4, 0]] as usize];
    let (_, gradient) =
        by_loops(network.parameters().as_slice().unwrap(), &x.select(Axis(0), &[4]), &classes);
    for (k, (f, g)) in method.curvature().iter().zip(&gradient).enumerate() {
        assert!((f - g * g).abs() < 1e-14 * g * g, "{k}: {f} {g}");
        let step = path[1][k] - path[0][k];
        assert!((step + 0.5 / g).abs() < 1e-12 * (1.0 + 0.5 / g.abs()), "{k}: {step} {g}");
    }
}

#[test]
fn the_average_of_two_workers_is_that_of_their_factors() {
    let scale = |by: f64| {
        fresh()
            .into_iter()
            .map(move |f| LayerDiagonals { inputs: f.inputs * by, outputs: f.outputs * by, ..f })
            .collect::<Vec<_>>()
    };
    for ema in [AdaFisherAverage::Paper, AdaFisherAverage::Official, AdaFisherAverage::OfficialJanuary] {
        let settings = AdaFisher { ema, minmax: MinMax::Off, initial_factor: 1.0, ..AdaFisher::paper() };
        let averages = |sequence: [f64; 3]| {
            let mut method = settings.build::<f64>(layout()).unwrap();
            for by in sequence {
                method
                    .advance(&mut Array1::zeros(37), Array1::ones(37).view(), Some((&scale(by), 4)))
                    .unwrap();
            }
            method.state().vector("outputs/w0").unwrap().to_owned()
        };
        let mean = (averages([1.0, 2.0, 5.0]) + averages([3.0, 8.0, 1.0])) * 0.5;
        let together = averages([2.0, 5.0, 3.0]);
        assert!(distance(mean.as_slice().unwrap(), together.as_slice().unwrap()) < 1e-15, "{ema}");
    }
}

#[test]
fn a_small_rate_ends_at_a_stationary_point() {
    // Logistic regression: the gradient is Lipschitz with L = λ_max of E[x̄x̄ᵀ]/4 at most, and 2Lη = λ(1 − β).
    let x = array![[1.0, 0.5], [-0.5, 1.0], [0.3, -1.5], [2.0, 0.1], [-1.0, -0.4], [0.2, 0.9], [-0.7, 0.1]];
    let y = Labels::new(array![[1.0], [0.0], [1.0], [0.0], [0.0], [1.0], [1.0]]).unwrap();
    let network = Network::<f64>::random(&[2, 1], Activation::Tanh, 3).unwrap();
    let trace: f64 = x.iter().map(|x: &f64| x * x).sum::<f64>() / 7.0 + 1.0;
    let settings = AdaFisher { damping: 1.0, beta1: 0.5, interval: 7, ..AdaFisher::paper() };
    let settings = AdaFisher { learning_rate: settings.damping * 0.5 / (2.0 * trace / 4.0), ..settings };
    let likelihood: Arc<dyn Likelihood<f64>> = Arc::new(Bernoulli);
    let mut method = settings.build::<f64>(network.layout().clone()).unwrap();
    let all = vec![(0..7).collect::<Vec<_>>(); 400];
    let path = train(&mut method, &network, &likelihood, &(x.clone(), y.clone()), &all);
    let slope = |theta: &Array1<f64>| {
        let lin = network.with_parameters(theta.view()).unwrap().linearize(&Bernoulli, &x, &y).unwrap();
        lin.gradient().iter().map(|g| g * g).sum::<f64>().sqrt()
    };
    assert!(
        slope(&path[0]) > 0.1 && slope(&path[400]) < 1e-9,
        "{:e} {:e}",
        slope(&path[0]),
        slope(&path[400])
    );
}

#[test]
fn runs_go_on_after_a_restore() {
    for text in [
        "optimizer = 'adafisher'\ninterval = 3",
        "optimizer = 'adafisherw'\npreset = 'official'\ninterval = 2\nfisher = 'mc:3'\nseed = 9",
    ] {
        goes_on_after_a_restore(text);
    }
}

#[test]
fn labels_are_drawn_anew_at_every_refresh() {
    let network = network::<f64>(17);
    let averages = |seed: u64| {
        let settings = AdaFisher {
            fisher: FisherType::MonteCarlo { draws: 2 },
            minmax: MinMax::Off,
            gamma: 1.0,
            seed,
            interval: 1,
            learning_rate: 0.0,
            ..AdaFisher::paper()
        };
        let mut method = settings.build::<f64>(network.layout().clone()).unwrap();
        (0..3)
            .map(|_| {
                train(&mut method, &network, &categorical(), &data(11, 18), &batches(1));
                method.state().vector("outputs/w2").unwrap().to_owned()
            })
            .collect::<Vec<_>>()
    };
    let first = averages(1);
    assert!(first[0] != first[1] && first[1] != first[2]);
    assert_eq!(first, averages(1));
    assert_ne!(first[0], averages(2)[0]);
}

#[test]
fn refusals() {
    let base = AdaFisher::default();
    let cases = [
        ("lr", AdaFisher { learning_rate: -1.0, ..base }),
        ("beta1", AdaFisher { beta1: 1.0, ..base }),
        ("damping", AdaFisher { damping: -1e-3, ..base }),
        ("gamma", AdaFisher { gamma: 1.5, ..base }),
        ("minmax_epsilon", AdaFisher { minmax_epsilon: f64::NAN, ..base }),
        ("initial_factor", AdaFisher { initial_factor: f64::INFINITY, ..base }),
        ("weight_decay", AdaFisher { weight_decay: -1.0, ..base }),
        ("interval", AdaFisher { interval: 0, ..base }),
    ];
    for (name, settings) in cases {
        let error = settings.build::<f64>(layout()).unwrap_err();
        assert!(matches!(error, Error::Setting { option, .. } if option == name), "{error}");
        assert!(AdaFisherW::from(settings).build::<f32>(layout()).is_err());
    }
    // A step that overflows changes nothing.
    let network = network::<f64>(1);
    let mut method =
        AdaFisher { learning_rate: 1e308, ..base }.build::<f64>(network.layout().clone()).unwrap();
    let ((x, y), likelihood) = (data(11, 2), categorical());
    let ids: Vec<u64> = (0..11).collect();
    let batch = Minibatch::new(&network, &likelihood, &x, &y, &ids).unwrap();
    let (mut theta, before) = (network.parameters(), method.state());
    assert!(matches!(method.step(&mut theta, &batch).unwrap_err(), Error::NonFinite { .. }));
    assert_eq!((theta, method.state()), (network.parameters(), before));
    // So does one whose curvature overflows: dividing by infinity would be no step, now and ever after.
    let outside = ParameterLayout::new([("scale", vec![2])]).unwrap();
    for fallback in [Fallback::Adam, Fallback::Mean] {
        let mut method = AdaFisher { fallback, ..base }.build::<f32>(outside.clone()).unwrap();
        let (mut theta, before) = (array![1.0f32, 2.0], method.state());
        let done = method.advance(&mut theta, array![1.0, 1e20].view(), Some((&[], 1)));
        if fallback == Fallback::Adam {
            let error = done.unwrap_err();
            assert!(matches!(error, Error::NonFinite { quantity: "curvature", index: 1, .. }), "{error}");
            assert_eq!((theta, method.state()), (array![1.0, 2.0], before));
        } else {
            assert_eq!(done, Ok(()));
        }
    }
    let error = OptimizerConfig::from_toml("optimizer = 'adafisher'\nfisher = 'none'").unwrap_err();
    assert!(error.to_string().contains("exact, mc:M (M at least 1), empirical"), "{error}");
}
