//! Largest relative errors on the simplex against 720-digit values (tests/golden/geometry.py), and on the other manifolds
//! (`precision_curves`): the numbers of docs/precision.md.
//!
//! The page holds what was measured, rounded up. The test fails if a number has grown by more than a quarter; set
//! `NATGRAD_WRITE_PRECISION` to write the page anew.

use super::precision_curves::{self, OPERATIONS};
use crate::support::Stream;
use natgrad::Result;
use natgrad::manifold::*;
use natgrad::ndarray::Array1;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Write;

const KEPT: usize = 12;

/// Divides by the sum, added from the left as the other program does.
fn normalised(w: Vec<f64>) -> Vec<f64> {
    let total = w.iter().fold(0.0, |t, x| t + x);
    w.iter().map(|x| x / total).collect()
}

/// The same doubles that `point` of the program makes.
fn entries(regime: &str, n: usize, stream: &mut Stream, second: bool) -> Vec<f64> {
    let mut w: Vec<f64> = (0..n)
        .map(|_| {
            let u = stream.uniform() + 0.5;
            let halvings = (stream.bits() % 60) as i32;
            if regime == "sparse" { u * 2f64.powi(-halvings) } else { u }
        })
        .collect();
    if regime == "centre" && !second {
        w = vec![1.0; n];
    }
    if let Some(tiny) = ["1e-16", "1e-100", "1e-300"].iter().find(|t| **t == regime) {
        let tiny: f64 = tiny.parse().unwrap();
        w[0] = tiny * if second { 7.0 } else { 1.0 };
        if n > 3 {
            w[if second { 2 } else { 1 }] = 3.0 * tiny;
        }
    }
    normalised(w)
}

fn vector(p: &[f64], stream: &mut Stream) -> Vec<f64> {
    let mut v: Vec<f64> = p.iter().map(|x| x.sqrt() * (2.0 * stream.uniform() - 1.0)).collect();
    for _ in 0..2 {
        let total = v.iter().fold(0.0, |t, x| t + x);
        v = v.iter().zip(p).map(|(x, y)| x - total * y).collect();
    }
    v
}

fn kept(n: usize) -> Vec<usize> {
    if n <= KEPT { (0..n).collect() } else { (0..KEPT).map(|i| i * (n - 1) / (KEPT - 1)).collect() }
}

fn golden() -> Value {
    serde_json::from_str(include_str!("../golden/geometry.json")).unwrap()
}

fn numbers(row: &Value, key: &str) -> Vec<f64> {
    row[key].as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect()
}

fn number(row: &Value, key: &str) -> f64 {
    row[key].as_f64().unwrap()
}

/// The largest |found - expected|/√p over the kept entries, over the length: the error of a component in the metric.
fn in_the_metric(found: &Tangent, expected: &[f64], p: &Point, length: f64) -> f64 {
    let components = kept(p.values().len()).into_iter().zip(expected);
    components.fold(0.0, |worst: f64, (i, e)| {
        let error = (found.values()[i] - e).abs() / p.values()[i].sqrt() / length;
        assert!(error.is_finite());
        worst.max(error)
    })
}

/// (operation, regime) to (largest error, largest condition, largest error in units of ε·condition).
type Measured = BTreeMap<(String, String), [f64; 3]>;

fn record(table: &mut Measured, operation: &str, regime: &str, error: f64, condition: f64) {
    let entry = table.entry((operation.to_owned(), regime.to_owned())).or_insert([0.0; 3]);
    let units = error / (f64::EPSILON * condition);
    for (most, x) in entry.iter_mut().zip([error, condition, units]) {
        *most = most.max(x);
    }
}

fn measure() -> Result<Measured> {
    let (golden, mut table) = (golden(), Measured::new());
    for row in golden["pairs"].as_array().unwrap() {
        let (regime, n) = (row["regime"].as_str().unwrap(), row["outcomes"].as_u64().unwrap() as usize);
        let mut stream = Stream(row["seed"].as_u64().unwrap());
        let s = Simplex::new(n)?;
        let plain = if regime.starts_with("near") { "plain" } else { regime };
        let p = entries(plain, n, &mut stream, false);
        let q = match regime.strip_prefix("near ") {
            Some(size) => {
                let size: f64 = size.parse().unwrap();
                normalised(p.iter().map(|x| x * (1.0 + size * (2.0 * stream.uniform() - 1.0))).collect())
            }
            None => entries(plain, n, &mut stream, true),
        };
        let w = vector(&p, &mut stream);
        let (p, q) = (s.point(Array1::from(p))?, s.point(Array1::from(q))?);
        let w = s.tangent(&p, w.into())?;
        let (distance, norm) = (number(row, "distance"), number(row, "norm"));
        record(&mut table, "distance", regime, (s.distance(&p, &q)? / distance - 1.0).abs(), 1.0);
        record(&mut table, "norm", regime, (s.norm(&p, &w)? / norm - 1.0).abs(), 1.0);
        let log = in_the_metric(&s.log(&p, &q)?, &numbers(row, "log"), &p, distance);
        record(&mut table, "log", regime, log, 1.0);
        let carried = s.parallel_transport(&p, &q, &w)?;
        let carried = in_the_metric(&carried, &numbers(row, "transport"), &q, norm);
        record(&mut table, "parallel transport", regime, carried, 1.0);
    }
    for row in golden["steps"].as_array().unwrap() {
        let (regime, n) = (row["regime"].as_str().unwrap(), row["outcomes"].as_u64().unwrap() as usize);
        let mut stream = Stream(row["seed"].as_u64().unwrap());
        let s = Simplex::new(n)?;
        let p = entries(regime, n, &mut stream, false);
        let v = vector(&p, &mut stream);
        let p = s.point(Array1::from(p))?;
        let v = s.tangent(&p, v.into())?;
        let exit = (s.exit_time(&p, &v)? / number(row, "exit") - 1.0).abs();
        record(&mut table, "exit time", regime, exit, 1.0);
        for step in row["steps"].as_array().unwrap() {
            let q = s.exp(&p, &(number(step, "scale") * &v))?;
            let at = format!("{} of the exit time", step["fraction"].as_str().unwrap());
            for ((i, e), condition) in
                kept(n).into_iter().zip(numbers(step, "end")).zip(numbers(step, "condition"))
            {
                let found = q.values()[i];
                record(&mut table, "exp, in the metric", &at, 2.0 * (found.sqrt() - e.sqrt()).abs(), 1.0);
                record(&mut table, "exp, entry by entry", &at, (found / e - 1.0).abs(), condition.max(1.0));
            }
        }
    }
    Ok(table)
}

const HEAD: &str = "\
# Precision of the manifolds

Each number here is measured again whenever the tests run, and a row that has become worse fails them.

## The simplex

The largest relative errors over sizes of 2, 3, 11, 101 and 1000 outcomes, against values of 720 digits
(`tests/golden/geometry.py`, which makes the inputs too), measured by `tests/manifold/precision.rs`. Rounding alone is half of 2.2e-16
for each number, and the stored references have half of it themselves.

*Relative* means: to the length for a length or a distance; for the vectors log and transport the largest component
|error|/√p over the length of the vector, which is its error in the metric; for exp twice the error of √q, in which the sphere
has radius 2, and then the relative error of each entry by itself.

Regimes: `centre` from the uniform law to a random one; `sparse` entries from 1 down to 2⁻⁶⁰, like draws of a Dirichlet law with small
parameters; `1e-16` to `1e-300` one or two entries of that size at either end; `near` q = p(1 + ε·noise).

| operation | regime | largest error |
|---|---|---|
";

const TAIL: &str = "
### Where no formula can be exact

A step that ends close to the boundary subtracts nearly equal numbers in the vanishing entry, √q = cos ϑ √p + (sin ϑ/ϑ) u. A change of the
last bit of p or v changes it by ε times the condition
2(|cos ϑ √p| + |(sin ϑ/ϑ) u| + ϑ|cos ϑ û - sin ϑ √p|)/√q, so that is what its relative error is compared with. In the metric, where an
entry near zero matters little, the same steps are exact.

| operation | regime | largest error | largest condition | error in units of ε·condition |
|---|---|---|---|---|
";

const CURVES: &str = "
## One-parameter families and the half-plane

Against values of a thousand digits (`tests/golden/arcs.py`; lengths without closed forms by quadrature,
`tests/golden/infinite_support.py`), measured by `tests/manifold/precision_curves.rs`. Parameters range from 1e-300 to 1 - 1e-16 and 1e300, steps
from 1e-12 of the exit time to 0.999 of it, and points may be 1e-9 of themselves apart; on the half-plane σ = 1e-150, |Δμ|/σ = 1e100 and points
1e-140 apart are among them. Errors are relative, of vectors component by component. An exponential map multiplies the rounding of its inputs by a
condition, which the file states for each step: its error is in units of ε = 2.2e-16 times (1 + condition).

";

const REST: &str = "
Lines, intervals and Euclidean space round once or twice in each operation. A product has the errors of its factors, and norms over
factors are sums of squares scaled by the largest. `FamilyManifold` integrates the geodesic equation of any family: its error is that of
the tolerance it is given, and `manifold::numerical_family` compares it with the simplex and the half-plane.
";

/// Rounded up to two digits.
fn up(x: f64) -> String {
    if x <= 0.0 {
        return "0".to_owned();
    }
    let power = 10f64.powf(x.log10().floor() - 1.0);
    format!("{:.1e}", (x / power).ceil() * power)
}

fn page(table: &Measured, curves: &[precision_curves::Row]) -> String {
    let (mut first, mut second) = (String::new(), String::new());
    for ((operation, regime), [error, condition, units]) in table {
        if operation == "exp, entry by entry" {
            let (error, condition) = (up(*error), up(*condition));
            writeln!(second, "| {operation} | {regime} | {error} | {condition} | {units:.1} |").unwrap();
        } else {
            writeln!(first, "| {operation} | {regime} | {} |", up(*error)).unwrap();
        }
    }
    let mut third = format!("| manifold | {} |\n|{}\n", OPERATIONS.join(" | "), "---|".repeat(6));
    for (name, numbers) in curves {
        let cells = numbers.map(|x| x.map_or_else(|| "-".to_owned(), up));
        writeln!(third, "| {name} | {} |", cells.join(" | ")).unwrap();
    }
    format!("{HEAD}{first}{TAIL}{second}{CURVES}{third}{REST}")
}

#[test]
fn rounding_is_all_that_is_left() -> Result<()> {
    let (table, curves) = (measure()?, precision_curves::measure()?);
    for ((operation, regime), [error, _, units]) in &table {
        if operation == "exp, entry by entry" {
            assert!(*units < 4.0, "{operation}, {regime}: {units} units of ε times the condition");
        } else {
            assert!(*error <= 2e-15, "{operation}, {regime}: {error:e}");
        }
    }
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/precision.md");
    if std::env::var_os("NATGRAD_WRITE_PRECISION").is_some() {
        std::fs::write(path, page(&table, &curves)).unwrap();
    }
    let text = std::fs::read_to_string(path).unwrap();
    for ((operation, regime), [error, ..]) in &table {
        let row = format!("| {operation} | {regime} | ");
        let start =
            text.find(&row).unwrap_or_else(|| panic!("docs/precision.md has no row {row}")) + row.len();
        let printed: f64 = text[start..].split(' ').next().unwrap().parse().unwrap();
        // Functions of the standard library may differ by a unit in the last place between systems.
        assert!(*error <= 1.25 * printed + f64::EPSILON, "{row}: {error:e}, printed {printed:e}");
    }
    for (name, numbers) in &curves {
        let line = text.lines().find(|line| line.starts_with(&format!("| {name} | ")));
        let line = line.unwrap_or_else(|| panic!("docs/precision.md has no row of {name}"));
        let cells = line.trim_matches('|').split('|').skip(1).map(|cell| cell.trim().parse::<f64>().ok());
        for ((found, printed), operation) in numbers.iter().zip(cells).zip(OPERATIONS) {
            assert_eq!(found.is_some(), printed.is_some(), "{name}, {operation}");
            let (found, printed) = (found.unwrap_or(0.0), printed.unwrap_or(0.0));
            // Quadrature adds hundreds of terms.
            let limit = match operation.starts_with("exp") {
                true => 2.0,
                false if name.ends_with("numerical") => 4e-15,
                false => 1e-15,
            };
            let unit = if operation.starts_with("exp") { 1.0 } else { f64::EPSILON };
            assert!(found <= limit && found <= 1.25 * printed + unit, "{name}, {operation}: {found:e}");
        }
    }
    Ok(())
}
