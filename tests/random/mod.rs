//! Counter-based streams.

use crate::support::close::in_band;
use natgrad::random::{Purpose, Streams};

const PURPOSES: [Purpose; 7] = [
    Purpose::Labels,
    Purpose::Initialisation,
    Purpose::Shuffle,
    Purpose::Directions,
    Purpose::Probes,
    Purpose::Data,
    Purpose::Signs,
];

fn bits(streams: &Streams, datum: u64, draws: usize) -> Vec<u64> {
    streams.uniforms(datum).take(draws).map(f64::to_bits).collect()
}

/// The values themselves. They come from ChaCha with 8 rounds written out by its definition (Bernstein 2008:
/// key = seed, purpose, zeros; nonce = datum) in a program apart. A change here is value-breaking: every
/// seeded result of the crate changes with it.
#[test]
fn frozen_values() {
    let expected = [
        (
            (0, Purpose::Labels, 0),
            [
                0.07798750476693928,
                0.564701542788426,
                0.8900622066603744,
                0.8781428281514868,
                0.009463313992533195,
            ],
        ),
        (
            (17, Purpose::Labels, 3),
            [
                0.16526576687640515,
                0.6915663945908178,
                0.6806267122085391,
                0.829617559713122,
                0.03503023767093849,
            ],
        ),
        (
            (u64::MAX, Purpose::Directions, (1 << 40) + 7),
            [
                0.24437713805788908,
                0.5532735638106089,
                0.9842078069729118,
                0.5085223506529372,
                0.8985384728841374,
            ],
        ),
    ];
    for ((seed, purpose, datum), values) in expected {
        let found = bits(&Streams::new(seed, purpose), datum, 5);
        assert_eq!(found, values.map(f64::to_bits), "seed {seed}, {purpose:?}, datum {datum}");
    }
}

#[test]
fn more_draws_extend_fewer() {
    for (seed, datum) in [(0, 0), (0, 1), (23, 5), (u64::MAX, u64::MAX)] {
        let streams = Streams::new(seed, Purpose::Labels);
        let many = bits(&streams, datum, 1009);
        for draws in [0, 4, 8, 509] {
            assert_eq!(bits(&streams, datum, draws), many[..draws]);
        }
    }
}

/// The order of asking changes nothing: there is no state.
#[test]
fn order_of_data_is_irrelevant() {
    let streams = Streams::new(5, Purpose::Labels);
    let forward: Vec<_> = (0..97).map(|n| bits(&streams, n, 3)).collect();
    let backward: Vec<_> = (0..97).rev().map(|n| bits(&Streams::new(5, Purpose::Labels), n, 3)).collect();
    assert!(forward.iter().eq(backward.iter().rev()));
}

/// Seeds (zero is one), purposes and data all give different numbers: no two first draws of 52 bits agree.
#[test]
fn seed_purpose_and_datum_all_count() {
    let seeds = [0, 1, 2, 1 << 32, u64::MAX];
    let data = [0, 1, 2, 1 << 32, u64::MAX];
    let mut firsts: Vec<u64> = Vec::new();
    for seed in seeds {
        for purpose in PURPOSES {
            assert_eq!(Streams::new(seed, purpose).seed(), seed);
            for datum in data {
                firsts.extend(bits(&Streams::new(seed, purpose), datum, 1));
            }
        }
    }
    let asked = firsts.len();
    firsts.sort_unstable();
    firsts.dedup();
    assert_eq!((asked, firsts.len()), (175, 175));
}

/// Inside the open interval, and on the grid (k + ½)·2⁻⁵² that the documentation promises.
#[test]
fn uniforms_lie_on_the_open_grid() {
    let grid = (1u64 << 53) as f64;
    for datum in 0..211 {
        for u in Streams::new(0, Purpose::Data).uniforms(datum).take(499) {
            assert!(u > 0.0 && u < 1.0);
            let odd = u * grid;
            assert!(odd.fract().abs() <= 0.0 && odd as u64 % 2 == 1, "{u} is off the grid");
        }
    }
}

/// E[u] = ½, Var u = 1/12; E[(u-½)²] = 1/12 with variance 1/180; along draws, along data, and neighbours of
/// either kind uncorrelated: E[(u-½)(v-½)] = 0 with variance 1/144.
#[test]
fn moments_along_draws_and_data() {
    let n = 40_009;
    let streams = Streams::new(0, Purpose::Labels);
    let draws: Vec<f64> = streams.uniforms(7).take(n).collect();
    let data: Vec<f64> = (0..n as u64).filter_map(|datum| streams.uniforms(datum).next()).collect();
    let seeds: Vec<f64> =
        (0..n as u64).filter_map(|seed| Streams::new(seed, Purpose::Labels).uniforms(7).next()).collect();
    for (what, values) in [("draws", &draws), ("data", &data), ("seeds", &seeds)] {
        let mean = |f: &dyn Fn(f64) -> f64| values.iter().map(|&u| f(u - 0.5)).sum::<f64>() / n as f64;
        in_band(what, mean(&|c| c), 0.0, 1.0 / 12.0, n);
        in_band(what, mean(&|c| c * c), 1.0 / 12.0, 1.0 / 180.0, n);
        let neighbours: f64 = values.windows(2).map(|pair| (pair[0] - 0.5) * (pair[1] - 0.5)).sum();
        in_band(what, neighbours / (n - 1) as f64, 0.0, 1.0 / 144.0, n - 1);
    }
    let crossed: f64 = draws.iter().zip(&data).map(|(u, v)| (u - 0.5) * (v - 0.5)).sum();
    in_band("draws against data", crossed / n as f64, 0.0, 1.0 / 144.0, n);
}

/// Each of 53 equal bins holds its share: chi-square with 52 degrees, mean 52, variance 104.
#[test]
fn bins_are_equally_full() {
    let n = 53_000;
    let mut bins = [0u32; 53];
    for u in Streams::new(1, Purpose::Data).uniforms(3).take(n) {
        bins[(u * 53.0) as usize] += 1;
    }
    let square: f64 = bins.iter().map(|&count| (f64::from(count) - 1000.0).powi(2) / 1000.0).sum();
    in_band("chi-square", square, 52.0, 104.0, 1);
}
