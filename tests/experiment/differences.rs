//! Paired differences against numbers from a table of t quantiles and a pocket calculator.

use natgrad::Network;
use natgrad::experiment::{Entrant, MeanInterval, PairedDifference, Point, Run, Runs};
use natgrad::model::Activation;

#[test]
fn differences_are_taken_pair_by_pair() {
    // Differences 1, 2, 3, 6: mean 3, s² = 14/3, s/√4 = √(14/12).
    let paired = PairedDifference::of(&[101.0, 12.0, -4.0, 7.0], &[100.0, 10.0, -7.0, 1.0]).unwrap().unwrap();
    let error = (14.0f64 / 12.0).sqrt();
    assert_eq!((paired.mean, paired.count), (3.0, 4));
    assert!((paired.standard_error.unwrap() - error).abs() < 1e-14);
    // t with 3 degrees of freedom: 3.182446 at 97.5 %, 5.840909 at 99.5 %, which is 0.05/5 on both sides.
    assert!((paired.interval(1).half_width.unwrap() - 3.182446305284263 * error).abs() < 1e-8);
    assert!((paired.interval(5).half_width.unwrap() - 5.840909309733355 * error).abs() < 1e-8);
    assert_eq!(paired.interval(0), paired.interval(1));
    assert!(!paired.distinguishable(1));
}

#[test]
fn what_all_pairs_share_cancels() {
    let reference = [1.0, 10.0, 100.0];
    // Differences 2, 3, 4: 3 ± 4.302653/√3 = 3 ± 2.484, and with 99.5 % 3 ± 9.924843/√3 = 3 ± 5.730.
    let paired = PairedDifference::of(&[3.0, 13.0, 104.0], &reference).unwrap().unwrap();
    assert!((paired.interval(1).low() - 0.5158623).abs() < 1e-6);
    assert!((paired.interval(5).high() - 8.7301110).abs() < 1e-6);
    assert!(paired.distinguishable(1) && !paired.distinguishable(5));
    // The interval of the values alone is far wider.
    assert!(MeanInterval::of(&reference).unwrap().half_width.unwrap() > 100.0);
}

#[test]
fn equal_values_differ_by_nothing() {
    let x = [1.0, 2.0, 4.0];
    let paired = PairedDifference::of(&x, &x).unwrap().unwrap();
    assert_eq!(paired.interval(1).half_width, Some(0.0));
    assert!(!paired.distinguishable(1));
    // The same difference in every pair has no spread.
    let shifted = PairedDifference::of(&[1.5, 2.5, 4.5], &x).unwrap().unwrap();
    assert!(shifted.distinguishable(1000));
}

#[test]
fn one_pair_says_nothing_and_none_is_none() {
    let one = PairedDifference::of(&[5.0], &[1.0]).unwrap().unwrap();
    assert_eq!((one.mean, one.interval(1).half_width), (4.0, None));
    assert!(!one.distinguishable(1));
    assert_eq!(PairedDifference::of(&[], &[]), Ok(None));
    let error = PairedDifference::of(&[1.0], &[1.0, 2.0]).unwrap_err();
    assert_eq!(error.to_string(), "values of the reference has shape [2]; expected [1]");
}

fn runs(losses: &[(u64, &[f64])]) -> Runs {
    let network = Network::random(&[1, 1], Activation::Tanh, 0).unwrap();
    let run = |(seed, losses): &(u64, &[f64])| {
        let point = |(k, loss): (usize, &f64)| Point {
            step: k as u64,
            seconds: 0.0,
            train_loss: *loss,
            held_out_loss: 0.0,
            accuracy: None,
        };
        let points = losses.iter().enumerate().map(point).collect();
        Run { seed: *seed, points, diverged: None, network: network.clone() }
    };
    Runs { entrant: Entrant::named("sgd").unwrap(), runs: losses.iter().map(run).collect() }
}

#[test]
fn runs_are_paired_by_seed_and_not_by_place() {
    let reference = runs(&[(0, &[9.0, 1.0]), (1, &[9.0, 2.0]), (2, &[9.0, 4.0])]);
    // Seed 2 stands first, seed 1 ended early, seed 7 has no partner.
    let ours = runs(&[(2, &[9.0, 4.5]), (0, &[9.0, 1.25]), (1, &[8.0]), (7, &[0.0, 0.0])]);
    let loss = |p: &Point| Some(p.train_loss);
    let last = ours.against(&reference, 1, loss).unwrap();
    assert_eq!((last.mean, last.count), (0.375, 2));
    let first = ours.against(&reference, 0, loss).unwrap();
    assert_eq!((first.mean, first.count), (-1.0 / 3.0, 3));
    assert_eq!(ours.against(&reference, 2, loss), None);
    assert_eq!(ours.against(&reference, 1, |p| p.accuracy), None);
}
