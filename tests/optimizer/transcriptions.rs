//! The named methods against scalar transcriptions of their papers.

use super::{flat, run};
use crate::support::{Stream, distance, rms, textbook};
use natgrad::optimizer::stage::{ClipForm, EpsilonExponent, EpsilonRule};
use natgrad::optimizer::{Adam, AdamW, FAdam, Optimizer, RmsProp, Sgd};
use natgrad::{ParameterLayout, Scalar};

const DIM: usize = 37;
const STEPS: usize = 1000;

fn problem<T: Scalar>(seed: u64) -> (Vec<T>, Vec<Vec<T>>) {
    let mut stream = Stream(seed);
    let theta = (0..DIM).map(|_| T::of(stream.heavy(-1.0, 1.0))).collect();
    let gradients = (0..STEPS).map(|_| (0..DIM).map(|_| T::of(stream.heavy(-5.0, 2.0))).collect()).collect();
    (theta, gradients)
}

fn same_bits<T: Scalar>(found: &[Vec<T>], expected: &[Vec<T>]) {
    assert_eq!(found.len(), expected.len());
    for (t, (a, b)) in found.iter().zip(expected).enumerate() {
        for (i, (x, y)) in a.iter().zip(b).enumerate() {
            assert_eq!(
                x.as_f64().to_bits(),
                y.as_f64().to_bits(),
                "step {t}, coordinate {i}: {x} against {y}"
            );
        }
    }
}

#[test]
fn adam_and_fadam_without_corrections_are_the_textbook_to_the_last_bit() {
    let adam = Adam { learning_rate: 3e-3, beta1: 0.87, beta2: 0.993, epsilon: 1e-6, ..Adam::default() };
    let fadam = FAdam {
        learning_rate: 3e-3,
        beta1: 0.87,
        beta2: 0.993,
        epsilon: 1e-6,
        ..FAdam::without_corrections()
    };

    let (theta, gradients) = problem::<f64>(1);
    let expected = textbook::double::adam(&theta, &gradients, 3e-3, 0.87, 0.993, 1e-6);
    same_bits(&run(&mut adam.build::<f64>(flat(DIM)).unwrap(), &theta, &gradients), &expected);
    same_bits(&run(&mut fadam.build::<f64>(flat(DIM)).unwrap(), &theta, &gradients), &expected);

    let (theta, gradients) = problem::<f32>(2);
    let expected = textbook::single::adam(&theta, &gradients, 3e-3, 0.87, 0.993, 1e-6);
    same_bits(&run(&mut adam.build::<f32>(flat(DIM)).unwrap(), &theta, &gradients), &expected);
    same_bits(&run(&mut fadam.build::<f32>(flat(DIM)).unwrap(), &theta, &gradients), &expected);
}

#[test]
fn defaults_of_fadam_without_corrections_are_those_of_adam() {
    assert_eq!(
        FAdam::without_corrections().stages().unwrap().preconditioner.power().to_bits(),
        0.5f64.to_bits()
    );
    let (theta, gradients) = problem::<f64>(3);
    let adam = run(&mut Adam::default().build::<f64>(flat(DIM)).unwrap(), &theta, &gradients);
    let fadam = run(&mut FAdam::without_corrections().build::<f64>(flat(DIM)).unwrap(), &theta, &gradients);
    same_bits(&fadam, &adam);
    // And no other preset is: the switches do something.
    let paper = run(&mut FAdam::paper().build::<f64>(flat(DIM)).unwrap(), &theta, &gradients);
    assert!(distance(&paper[STEPS], &adam[STEPS]) > 0.01);
}

#[test]
fn neither_average_of_adam_is_corrected_without_correction() {
    // 0.1 g over √(0.001 g²) in the first step, 0.19 g over √(0.001999 g²) in the second.
    let adam = Adam { learning_rate: 1.0, epsilon: 0.0, bias_correction: false, ..Adam::default() };
    let path = run(&mut adam.build::<f64>(flat(2)).unwrap(), &[0.0; 2], &vec![vec![3.0, -0.2]; 2]);
    let first = 0.1 / 0.001f64.sqrt();
    assert!(distance(&path[1], &[-first, first]) < 1e-13);
    let both = first + 0.19 / 0.001999f64.sqrt();
    assert!(distance(&path[2], &[-both, both]) < 1e-13);
}

#[test]
fn with_power_0_epsilon_divides_all_alike() {
    let fadam = FAdam { power: 0.0, epsilon: 0.5, epsilon_rule: EpsilonRule::E1, ..super::direction_only() };
    let plain = FAdam { epsilon_exponent: EpsilonExponent::Plain, ..fadam };
    let step = |fadam: FAdam| run(&mut super::start(fadam, 2), &[0.0; 2], &[vec![3.0, -6.0]])[1].clone();
    // f⁰ + ε^(2·0) = 2, and f⁰ + ε = 1.5.
    assert!(distance(&step(fadam), &[-1.5, 3.0]) < 1e-15);
    assert!(distance(&step(plain), &[-2.0, 4.0]) < 1e-15);
}

#[test]
fn adamw_is_the_textbook() {
    let (theta, gradients) = problem::<f64>(4);
    let adamw = AdamW { learning_rate: 3e-3, weight_decay: 0.7, ..AdamW::default() };
    let found = run(&mut adamw.build::<f64>(flat(DIM)).unwrap(), &theta, &gradients);
    let expected = textbook::double::adamw(&theta, &gradients, 3e-3, 0.9, 0.999, 1e-8, 0.7);
    // One sum instead of two differences: rounding only. θ is below 10.
    assert!(distance(&found[STEPS], &expected[STEPS]) < 1e-13);
    let without = textbook::double::adam(&theta, &gradients, 3e-3, 0.9, 0.999, 1e-8);
    assert!(distance(&expected[STEPS], &without[STEPS]) > 0.1);
}

#[test]
fn sgd_is_the_textbook_to_the_last_bit() {
    for (mu, nesterov, decay) in [(0.0, false, 0.0), (0.0, false, 0.3), (0.9, false, 0.1), (0.8, true, 0.1)] {
        let sgd = Sgd { learning_rate: 3e-3, momentum: mu, nesterov, weight_decay: decay };
        let (theta, gradients) = problem::<f64>(5);
        let expected = textbook::double::sgd(&theta, &gradients, 3e-3, mu, nesterov, decay);
        same_bits(&run(&mut sgd.build::<f64>(flat(DIM)).unwrap(), &theta, &gradients), &expected);
        let (theta, gradients) = problem::<f32>(6);
        let expected = textbook::single::sgd(&theta, &gradients, 3e-3, mu, nesterov, decay);
        same_bits(&run(&mut sgd.build::<f32>(flat(DIM)).unwrap(), &theta, &gradients), &expected);
    }
}

#[test]
fn blocks_and_tensors_do_not_change_an_elementwise_method() {
    // 1301 entries: two full blocks of the sweep and a rest, in one tensor and in five.
    let dim = 1301;
    let mut stream = Stream(7);
    let theta: Vec<f64> = (0..dim).map(|_| stream.heavy(-1.0, 1.0)).collect();
    let gradients: Vec<Vec<f64>> =
        (0..5).map(|_| (0..dim).map(|_| stream.heavy(-3.0, 1.0)).collect()).collect();
    let shapes = [("a", vec![600]), ("b", vec![0]), ("c", vec![20, 30]), ("d", vec![100]), ("e", vec![1])];
    let cut = ParameterLayout::new(shapes).unwrap();
    let whole = run(&mut Adam::default().build::<f64>(flat(dim)).unwrap(), &theta, &gradients);
    let parts = run(&mut Adam::default().build::<f64>(cut.clone()).unwrap(), &theta, &gradients);
    same_bits(&parts, &whole);
    same_bits(&whole, &textbook::double::adam(&theta, &gradients, 1e-3, 0.9, 0.999, 1e-8));
    // What is remembered beside the averages is cut in the same places.
    let makes: [&dyn Fn(ParameterLayout) -> Box<dyn Optimizer<f64>>; 2] =
        [&|layout| Box::new(Adam { amsgrad: true, ..Adam::default() }.build(layout).unwrap()), &|layout| {
            Box::new(RmsProp { centered: true, ..RmsProp::default() }.build(layout).unwrap())
        }];
    for make in makes {
        let whole = run(make(flat(dim)).as_mut(), &theta, &gradients);
        same_bits(&run(make(cut.clone()).as_mut(), &theta, &gradients), &whole);
    }
}

/// FAdam by loops, tensor by tensor; f_t = v_t/(1 − β₂^t). What `epsilon` says of RMS(g) is added to f^p.
fn fadam_by_loops(
    theta: &[f64],
    gradients: &[Vec<f64>],
    tensors: &[std::ops::Range<usize>],
    fadam: &FAdam,
    epsilon: impl Fn(f64) -> f64,
) -> Vec<Vec<f64>> {
    let mut path = vec![theta.to_vec()];
    let (mut v, mut m) = (vec![0.0; theta.len()], vec![0.0; theta.len()]);
    for (t, gradient) in gradients.iter().enumerate() {
        let mut theta = path[t].clone();
        for range in tensors {
            let added = epsilon(rms(&gradient[range.clone()]));
            let (mut n, mut w) = (Vec::new(), Vec::new());
            for i in range.clone() {
                v[i] = fadam.beta2 * v[i] + (1.0 - fadam.beta2) * gradient[i] * gradient[i];
                let f: f64 = v[i] / (1.0 - fadam.beta2.powi(t as i32 + 1));
                n.push(gradient[i] / (f.powf(fadam.power) + added));
                w.push(theta[i] / (f.powf(fadam.power) + added));
            }
            let scale = |x: &[f64]| match fadam.clip_form {
                ClipForm::Paper => 1.0 / f64::max(1.0, rms(x) / fadam.clip),
                ClipForm::Port => fadam.clip / f64::max(1.0, rms(x)),
            };
            let (of_n, of_w) = (scale(&n), scale(&w));
            for (k, i) in range.clone().enumerate() {
                m[i] = fadam.beta1 * m[i] + (1.0 - fadam.beta1) * of_n * n[k];
                theta[i] -= fadam.learning_rate * (m[i] + fadam.weight_decay * of_w * w[k]);
            }
        }
        path.push(theta);
    }
    path
}

#[test]
fn root_mean_squares_are_those_of_whole_tensors() {
    // Longer than a block of the sweep; sizes grow along the tensor, so that no part of it has the mean of the whole.
    let (shapes, tensors) =
        ([("a", vec![1301]), ("b", vec![7]), ("c", vec![29, 31])], [0..1301, 1301..1308, 1308..2207]);
    let layout = ParameterLayout::new(shapes).unwrap();
    let mut stream = Stream(17);
    let size = |i: usize| 10f64.powf(i as f64 / 700.0 - 1.0);
    let theta: Vec<f64> = (0..2207).map(|i| size(i) * stream.heavy(-1.0, 1.0)).collect();
    let gradients: Vec<Vec<f64>> =
        (0..6).map(|_| (0..2207).map(|i| size(i) * stream.heavy(-2.0, 0.5)).collect()).collect();
    for (power, clip, clip_form) in [
        (0.5, 0.7, ClipForm::Paper),
        (1.0, 1.3, ClipForm::Paper),
        (0.3, 0.7, ClipForm::Port),
        (0.5, 1.5, ClipForm::Port),
    ] {
        for rule in [EpsilonRule::E2, EpsilonRule::E3, EpsilonRule::E6] {
            let fadam = FAdam {
                learning_rate: 0.1,
                power,
                clip,
                clip_form,
                epsilon_rule: rule,
                epsilon: 0.3,
                epsilon2: 0.2,
                weight_decay: 0.4,
                ..FAdam::paper()
            };
            let found = run(&mut fadam.build::<f64>(layout.clone()).unwrap(), &theta, &gradients);
            let expected = fadam_by_loops(&theta, &gradients, &tensors, &fadam, |r| {
                let epsilon: f64 = match rule {
                    EpsilonRule::E2 => f64::min(0.3, 0.2 * r),
                    EpsilonRule::E3 => 0.3 * f64::min(1.0, r),
                    _ => 0.3 * f64::max(1.0, r / 0.2),
                };
                epsilon.powf(2.0 * power)
            });
            for (a, b) in found.iter().zip(&expected) {
                // θ is below 1e4: a few units in the last place.
                assert!(distance(a, b) < 1e-11, "{fadam:?}: {:e}", distance(a, b));
            }
        }
    }
}

#[test]
fn a_restored_run_goes_on_bit_identically() {
    let (theta, gradients) = problem::<f64>(8);
    type Make = fn() -> Box<dyn Optimizer<f64>>;
    let makes: [Make; 3] = [
        || Box::new(FAdam::paper().build(flat(DIM)).unwrap()),
        || Box::new(Adam::default().build(flat(DIM)).unwrap()),
        || Box::new(Sgd { momentum: 0.9, ..Sgd::default() }.build(flat(DIM)).unwrap()),
    ];
    for make in makes {
        let whole = run(make().as_mut(), &theta, &gradients);
        let mut first = make();
        run(first.as_mut(), &theta, &gradients[..333]);
        let mut second = make();
        second.restore(&first.state()).unwrap();
        assert_eq!(second.steps(), 333);
        same_bits(&run(second.as_mut(), &whole[333], &gradients[333..]), &whole[333..]);
    }
}
