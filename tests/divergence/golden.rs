//! Against divergences.py, which sums in 400 digits.

use natgrad::divergence::*;
use natgrad::ndarray::{Array1, array, stack};
use serde_json::Value;

fn number(value: &Value) -> f64 {
    value.as_str().unwrap().parse().unwrap()
}

fn vector(value: &Value) -> Array1<f64> {
    value.as_array().unwrap().iter().map(number).collect()
}

/// Relative errors, the largest by name.
#[derive(Debug, Default)]
struct Worst(std::collections::BTreeMap<String, (f64, String)>);

impl Worst {
    fn see(&mut self, what: String, case: &str, found: f64, expected: f64) {
        let error = if expected == 0.0 || expected.is_infinite() {
            let same = if expected.is_infinite() { found.is_infinite() } else { found.abs() <= 0.0 };
            if same { 0.0 } else { f64::INFINITY }
        } else {
            (found - expected).abs() / expected.abs()
        };
        let entry = self.0.entry(what).or_default();
        if error > entry.0 {
            *entry = (error, format!("{case}: {found:e} against {expected:e}"));
        }
    }
}

#[test]
fn every_divergence_keeps_its_digits_from_the_boundary_to_near_equality() {
    let file: Value = serde_json::from_str(include_str!("../golden/divergences.json")).unwrap();
    let mut worst = Worst::default();
    for case in file["cases"].as_array().unwrap() {
        let name = case["name"].as_str().unwrap();
        let (p, q) = (vector(&case["first"]), vector(&case["second"]));
        let named: [(&str, Box<dyn Divergence>); 9] = [
            ("kullback_leibler", Box::new(KullbackLeibler)),
            ("jeffreys", Box::new(Jeffreys)),
            ("squared_hellinger", Box::new(SquaredHellinger)),
            ("bhattacharyya", Box::new(Bhattacharyya)),
            ("total_variation", Box::new(TotalVariation)),
            ("pearson", Box::new(PearsonChiSquare)),
            ("neyman", Box::new(NeymanChiSquare)),
            ("chernoff", Box::new(Chernoff)),
            ("kullback_leibler", Box::new(FDivergence::new(super::support::Example::MinusLog).unwrap())),
        ];
        for (key, divergence) in named {
            let found = divergence.of(p.view(), q.view()).unwrap();
            worst.see(divergence.name(), name, found, number(&case[key]));
        }
        type Family = fn(f64) -> Box<dyn Divergence>;
        let families: [(&str, &str, Family); 4] = [
            ("alphas", "alpha", |a| Box::new(AlphaDivergence::new(a).unwrap())),
            ("orders", "renyi", |a| Box::new(Renyi::new(a).unwrap())),
            ("orders", "tsallis", |a| Box::new(Tsallis::new(a).unwrap())),
            ("weights", "jensen_shannon", |w| Box::new(JensenShannon::weighted(w).unwrap())),
        ];
        for (parameters, key, make) in families {
            for (parameter, expected) in vector(&file[parameters]).iter().zip(case[key].as_array().unwrap()) {
                let divergence = make(*parameter);
                let found = divergence.of(p.view(), q.view()).unwrap();
                worst.see(divergence.name(), name, found, number(expected));
            }
        }
        let third = vector(&case["third"]);
        let laws = stack![natgrad::ndarray::Axis(0), p, q, third];
        let found = JensenShannon::of_many(array![0.25, 0.25, 0.5].view(), laws.view()).unwrap();
        worst.see("Jensen-Shannon of three".into(), name, found, number(&case["jensen_shannon_of_three"]));
        if !case["chernoff_exponent"].is_null() {
            let found = Chernoff.optimum(p.view(), q.view()).unwrap().exponent;
            worst.see("Chernoff exponent".into(), name, found, number(&case["chernoff_exponent"]));
        }
    }
    for (what, (error, at)) in &worst.0 {
        println!("{error:9.2e} {what}: {at}");
    }
    assert!(worst.0.len() > 30);
    for (what, (error, at)) in worst.0 {
        assert!(error <= 2e-15, "{what}: relative error {error:e}; {at}");
    }
}
