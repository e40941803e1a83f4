//! DP-Adam-AC: against loops, against AdamW, its clip against the quantile, its noise against its law.

use super::small_network::{batches, by_loops, categorical, data, goes_on_after_a_restore, network, train};
use crate::support::distance;
use natgrad::fisher::Empirical;
use natgrad::ndarray::{Array1, Array2, Axis};
use natgrad::optimizer::{ClippedSum, DpAdamAc, Method, Minibatch, Optimizer, PrivateAdam};
use natgrad::{Error, Labels, Network};

fn quiet() -> DpAdamAc {
    DpAdamAc { learning_rate: 0.02, noise: 0.0, clip: 0.5, clip_min: 1e-3, ..DpAdamAc::default() }
}

fn start(settings: DpAdamAc, network: &Network<f64>) -> PrivateAdam<f64> {
    settings.build(network.layout().clone()).unwrap()
}

struct Expected {
    theta: Vec<Vec<f64>>,
    averaged: Vec<f64>,
    clip: f64,
    multiplier: f64,
    norms: Vec<f64>,
}

/// The recurrence of the docstring by loops, without noise.
fn transcription(
    s: &DpAdamAc,
    network: &Network<f64>,
    (x, y): &(Array2<f64>, Labels<f64>),
    batches: &[Vec<usize>],
) -> Expected {
    let mut theta = network.parameters().to_vec();
    let (mut m, mut v, mut averaged) = (vec![0.0; theta.len()], vec![0.0; theta.len()], theta.clone());
    let (mut clip, mut multiplier, mut norms) = (s.clip, 1.0, Vec::<f64>::new());
    let mut path = vec![theta.clone()];
    for (step, rows) in batches.iter().enumerate() {
        let mut total = vec![0.0; theta.len()];
        let (mut clipped, mut count) = (0.0, 0.0);
        for micro in rows.chunks(s.micro_batch) {
            let classes: Vec<usize> = micro.iter().map(|&row| y.values()[[row, 0]] as usize).collect();
            let (_, mean) = by_loops(&theta, &x.select(Axis(0), micro), &classes);
            let size = micro.len() as f64;
            let norm = mean.iter().map(|g| (g * size).powi(2)).sum::<f64>().sqrt();
            let factor = f64::min(1.0, clip * size / norm);
            total.iter_mut().zip(&mean).for_each(|(total, g)| *total += factor * size * g);
            clipped += f64::from(u8::from(norm / size > clip));
            count += 1.0;
            norms.push(norm / size);
        }
        let t = step as i32 + 1;
        for k in 0..theta.len() {
            let g = total[k] / rows.len() as f64;
            m[k] = s.beta1 * m[k] + (1.0 - s.beta1) * g;
            v[k] = s.beta2 * v[k] + (1.0 - s.beta2) * g * g;
            let direction =
                m[k] / (1.0 - s.beta1.powi(t)) / ((v[k] / (1.0 - s.beta2.powi(t))).sqrt() + s.epsilon);
            theta[k] -= s.learning_rate * multiplier * (direction + s.weight_decay * theta[k]);
            averaged[k] = s.averaging * averaged[k] + (1.0 - s.averaging) * theta[k];
        }
        if s.adaptive {
            let kept = &norms[norms.len().saturating_sub(s.history)..];
            clip = quantile(kept, 1.0 - s.target_rate).max(s.clip_min).min(s.clip_max);
            if clipped / count < s.target_rate - s.rate_band {
                multiplier = f64::min(s.multiplier_max, multiplier * s.multiplier_up);
            } else if clipped / count > s.target_rate + s.rate_band {
                multiplier = f64::max(s.multiplier_min, multiplier * s.multiplier_down);
            }
        }
        path.push(theta.clone());
    }
    let norms = norms[norms.len().saturating_sub(s.history)..].to_vec();
    Expected { theta: path, averaged, clip, multiplier, norms }
}

/// By counting: the k-th smallest is the one with k others below it.
fn quantile(numbers: &[f64], q: f64) -> f64 {
    let rank = |x: f64| numbers.iter().filter(|y| **y < x).count();
    let at = |k: usize| *numbers.iter().find(|x| rank(**x) == k).unwrap();
    let place = q * (numbers.len() - 1) as f64;
    let (low, high) = (at(place.floor() as usize), at(place.ceil() as usize));
    low * (1.0 - place.fract()) + high * place.fract()
}

#[test]
fn is_its_transcription() {
    let (network, data) = (network::<f64>(1), data::<f64>(11, 2));
    let batches = batches(30);
    let cases = [
        ("single", quiet()),
        ("pairs", DpAdamAc { micro_batch: 2, history: 17, averaging: 0.7, ..quiet() }),
        ("fixed", DpAdamAc { adaptive: false, weight_decay: 0.3, beta1: 0.5, beta2: 0.9, ..quiet() }),
        (
            "median",
            DpAdamAc { micro_batch: 3, target_rate: 0.5, rate_band: 0.05, multiplier_up: 1.2, ..quiet() },
        ),
        ("floor", DpAdamAc { clip_min: 50.0, clip_max: 100.0, multiplier_max: 1.05, ..quiet() }),
        ("ceiling", DpAdamAc { clip_max: 1e-2, multiplier_down: 0.8, multiplier_min: 0.4, ..quiet() }),
    ];
    for (name, settings) in cases {
        let mut method = start(settings, &network);
        assert!(method.averaged().is_none());
        let path = train(&mut method, &network, &categorical(), &data, &batches);
        let expected = transcription(&settings, &network, &data, &batches);
        let off = path.iter().zip(&expected.theta).map(|(a, b)| distance(a.as_slice().unwrap(), b));
        let off = off.fold(0.0, f64::max);
        assert!(off < 1e-14, "{name}: {off:e}");
        assert!(
            distance(method.averaged().unwrap().as_slice().unwrap(), &expected.averaged) < 1e-10,
            "{name}"
        );
        assert!((method.clip() - expected.clip).abs() < 1e-10, "{name}: {} {}", method.clip(), expected.clip);
        assert!((method.multiplier() - expected.multiplier).abs() < 1e-14, "{name}: {}", method.multiplier());
        if settings.adaptive {
            assert!(distance(&method.norms().collect::<Vec<_>>(), &expected.norms) < 1e-10, "{name}");
            assert!(method.norms().count() <= settings.history);
            assert!((method.multiplier() - 1.0).abs() > 1e-3, "{name}: the multiplier never moved");
        }
    }
    let ends = |settings: DpAdamAc| {
        let mut method = start(settings, &network);
        train(&mut method, &network, &categorical(), &data, &batches);
        (method.clip(), method.multiplier())
    };
    assert_eq!(ends(cases[4].1), (50.0, 1.05));
    assert_eq!(ends(cases[5].1), (1e-2, 0.4));
}

#[test]
fn without_noise_and_clip_it_is_adamw() {
    let (network, data) = (network::<f64>(5), data::<f64>(11, 6));
    for micro_batch in [1, 3, 11] {
        let settings = DpAdamAc { clip: f64::INFINITY, adaptive: false, micro_batch, ..quiet() };
        let mut method = start(settings, &network);
        let mut adamw: Box<dyn Optimizer<f64>> =
            Box::new(settings.adamw().build(network.layout().clone()).unwrap());
        let found = train(&mut method, &network, &categorical(), &data, &batches(50));
        let expected = train(&mut adamw, &network, &categorical(), &data, &batches(50));
        let off = distance(found[50].as_slice().unwrap(), expected[50].as_slice().unwrap());
        assert!(off < 1e-13, "{micro_batch}: {off:e}");
    }
    // In single precision the order of the sums shows earlier.
    let network = super::small_network::network::<f32>(5);
    let data = super::small_network::data::<f32>(11, 6);
    let settings = DpAdamAc { clip: f64::INFINITY, adaptive: false, ..quiet() };
    let mut method = settings.build::<f32>(network.layout().clone()).unwrap();
    let mut adamw: Box<dyn Optimizer<f32>> =
        Box::new(settings.adamw().build(network.layout().clone()).unwrap());
    let found = train(&mut method, &network, &categorical(), &data, &batches(10));
    let expected = train(&mut adamw, &network, &categorical(), &data, &batches(10));
    let off = (&found[10] - &expected[10]).iter().fold(0.0f32, |m, x| m.max(x.abs()));
    assert!(off < 3e-6, "{off:e}");
}

#[test]
fn no_micro_batch_contributes_more_than_its_share() {
    let (network, (x, y)) = (network::<f64>(7), data::<f64>(11, 8));
    for limit in [1e-3, 0.4, 1.1, f64::INFINITY] {
        for rows in [vec![0], vec![3, 4], vec![5, 6, 7, 8, 9]] {
            let labels = Labels::new(y.values().select(Axis(0), &rows)).unwrap();
            let inputs = x.select(Axis(0), &rows);
            let scores =
                network.linearize(&categorical(), &inputs, &labels).unwrap().scores(&Empirical).unwrap();
            let clipped = ClippedSum::new(&scores, rows.len(), limit).unwrap();
            let norm = clipped.sum.dot(&clipped.sum).sqrt();
            let size = rows.len() as f64;
            assert!(norm <= limit * size * (1.0 + 1e-14), "{norm} {limit}");
            let classes: Vec<usize> = rows.iter().map(|&row| y.values()[[row, 0]] as usize).collect();
            let (_, mean) = by_loops(network.parameters().as_slice().unwrap(), &inputs, &classes);
            let unit = mean.iter().map(|g| g * g).sum::<f64>().sqrt();
            assert!((clipped.norms[0] - unit).abs() < 1e-14);
            let factor = f64::min(1.0, limit / unit) * size;
            let expected: Vec<f64> = mean.iter().map(|g| g * factor).collect();
            assert!(distance(clipped.sum.as_slice().unwrap(), &expected) < 1e-14);
        }
    }
}

/// g̃ of the first step: the momentum of AdamW over 1 − β₁.
fn first_gradient(settings: DpAdamAc, network: &Network<f64>, rows: &[usize]) -> Array1<f64> {
    let mut method = start(settings, network);
    train(&mut method, network, &categorical(), &data(11, 2), &[rows.to_vec()]);
    method.state().vector("adamw/momentum").unwrap().mapv(|m| m / (1.0 - settings.beta1))
}

#[test]
fn the_noise_has_its_deviation_and_is_new_at_every_step() {
    let network = network::<f64>(1);
    let rows: Vec<usize> = (0..7).collect();
    let still = first_gradient(quiet(), &network, &rows);
    let (mut sum, mut squares, mut count) = (0.0, 0.0, 0.0);
    for seed in 0..20 {
        let loud = first_gradient(DpAdamAc { noise: 1.7, seed, ..quiet() }, &network, &rows);
        for z in (&loud - &still).iter().map(|x| x * 7.0 / (1.7 * 0.5)) {
            sum += z;
            squares += z * z - 1.0;
            count += 1.0;
        }
    }
    let (mean, variance) = (sum / f64::sqrt(count), squares / f64::sqrt(2.0 * count));
    assert!(mean.abs() < 4.0 && variance.abs() < 4.0, "{mean} {variance}");
    // Without a learning rate θ and so the gradient stay: what changes from step to step is the noise.
    let settings =
        DpAdamAc { learning_rate: 0.0, beta1: 0.0, noise: 1.0, adaptive: false, seed: 3, ..quiet() };
    let noises = |settings: DpAdamAc| {
        let mut method = start(settings, &network);
        (0..2)
            .map(|_| {
                train(&mut method, &network, &categorical(), &data(11, 2), std::slice::from_ref(&rows));
                method.state().vector("adamw/momentum").unwrap().to_owned()
            })
            .collect::<Vec<_>>()
    };
    let found = noises(settings);
    assert_ne!(found[0], found[1]);
    assert_eq!(found, noises(settings));
}

#[test]
fn the_noise_is_in_proportion_to_the_clip_of_its_step() {
    // Without a learning rate the gradients stay, and the draws are those of the seed and the step.
    let (network, rows) = (network::<f64>(1), (0..7).collect::<Vec<usize>>());
    let second = |adaptive: bool| {
        let found = [0.0, 1.0].map(|noise| {
            let settings = DpAdamAc { learning_rate: 0.0, beta1: 0.0, noise, adaptive, seed: 3, ..quiet() };
            let mut method = start(settings, &network);
            let mut clip = 0.0;
            for _ in 0..2 {
                clip = method.clip();
                train(&mut method, &network, &categorical(), &data(11, 2), std::slice::from_ref(&rows));
            }
            (method.state().vector("adamw/momentum").unwrap().to_owned(), clip)
        });
        (&found[1].0 - &found[0].0, found[1].1)
    };
    let ((fixed, first), (adapted, clip)) = (second(false), second(true));
    assert!((clip / first - 1.0).abs() > 0.01, "{first} {clip}");
    for (a, b) in adapted.iter().zip(&fixed) {
        assert!((a / b * first / clip - 1.0).abs() < 1e-9, "{a} {b}");
    }
}

#[test]
fn what_is_added_to_the_gradient_is_added_after_the_clip() {
    let (network, (x, y), likelihood) = (network::<f64>(1), data::<f64>(11, 2), categorical());
    let ids: Vec<u64> = (0..11).collect();
    let batch = Minibatch::new(&network, &likelihood, &x, &y, &ids).unwrap();
    let momentum = |batch: &Minibatch<'_, f64>| {
        let mut method = start(DpAdamAc { clip: 1e-2, ..quiet() }, &network);
        method.step(&mut network.parameters(), batch).unwrap();
        method.state().vector("adamw/momentum").unwrap().to_owned()
    };
    let penalty = network.parameters() * 0.3;
    let penalised = batch.clone().with_gradient(batch.gradient() + &penalty).unwrap();
    let difference = momentum(&penalised) - momentum(&batch);
    let expected = penalty * (1.0 - 0.9);
    assert!(distance(difference.as_slice().unwrap(), expected.as_slice().unwrap()) < 1e-15);
}

#[test]
fn runs_go_on_after_a_restore() {
    for text in [
        "optimizer = 'dp-adam-ac'\nlr = 0.02\nclip = 0.5\nhistory = 13\nmicro_batch = 2\nseed = 4",
        "optimizer = 'dp-adam-ac'\nnoise = 0.0\nclip = inf\nadaptive = false",
        "optimizer = 'dp-adam-ac'\nnoise = 0.0\nclip = 'inf'\nclip_max = 'inf'",
    ] {
        goes_on_after_a_restore(text);
    }
    // The average is saved, and a state of another length of θ is refused.
    let network = network::<f64>(1);
    let mut method = start(quiet(), &network);
    train(&mut method, &network, &categorical(), &data(11, 2), &batches(3));
    let (state, mut fresh) = (method.state(), start(quiet(), &network));
    fresh.restore(&state).unwrap();
    assert_eq!((fresh.averaged(), fresh.clip()), (method.averaged(), method.clip()));
    let mut wrong = state.clone();
    wrong.put("averaged", &Array1::<f64>::zeros(3));
    assert!(fresh.restore(&wrong).is_err());
    wrong = state.clone();
    wrong.number("multiplier", -1.0);
    assert!(fresh.restore(&wrong).is_err());
    assert_eq!(fresh.state(), state);
}

#[test]
fn refusals() {
    let (base, network) = (DpAdamAc::default(), network::<f64>(1));
    for (name, settings) in [
        ("lr", DpAdamAc { learning_rate: -1.0, ..base }),
        ("beta1", DpAdamAc { beta1: 1.0, ..base }),
        ("micro_batch", DpAdamAc { micro_batch: 0, ..base }),
        ("history", DpAdamAc { history: 0, ..base }),
        ("noise", DpAdamAc { noise: f64::NAN, ..base }),
        ("clip", DpAdamAc { clip: 0.0, ..base }),
        ("clip", DpAdamAc { clip: f64::INFINITY, ..base }),
        ("target_rate", DpAdamAc { target_rate: 1.5, ..base }),
        ("rate_band", DpAdamAc { rate_band: -0.1, ..base }),
        ("clip_min", DpAdamAc { clip_min: 0.0, ..base }),
        ("clip_max", DpAdamAc { clip_max: 0.01, ..base }),
        ("multiplier_up", DpAdamAc { multiplier_up: 0.0, ..base }),
        ("multiplier_down", DpAdamAc { multiplier_down: f64::INFINITY, ..base }),
        ("multiplier_min", DpAdamAc { multiplier_min: -1.0, ..base }),
        ("multiplier_max", DpAdamAc { multiplier_max: 0.05, ..base }),
        ("averaging", DpAdamAc { averaging: 1.0, ..base }),
    ] {
        let error = settings.build::<f64>(network.layout().clone()).unwrap_err();
        assert!(matches!(error, Error::Setting { option, .. } if option == name), "{name}: {error}");
    }
    let (likelihood, (x, y)) = (categorical(), data::<f64>(11, 2));
    let ids: Vec<u64> = (0..11).collect();
    let batch = Minibatch::new(&network, &likelihood, &x, &y, &ids).unwrap();
    let mut method = start(DpAdamAc { learning_rate: 1e308, ..quiet() }, &network);
    let (mut theta, before) = (Array1::from_elem(74, 1e300), method.state());
    let error = method.step(&mut theta, &batch).unwrap_err();
    assert!(matches!(error, Error::NonFinite { .. }), "{error}");
    assert_eq!((theta, method.state()), (Array1::from_elem(74, 1e300), before));
    assert!(method.averaged().is_none());
}
