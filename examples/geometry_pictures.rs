//! Pictures of the geometry of discrete distributions, for `docs/geometry.md`.
//!
//! ```sh
//! cargo run --release --example geometry_pictures          # writes docs/geometry/*.svg
//! cargo run --release --example geometry_pictures -- /tmp  # elsewhere
//! ```
//!
//! Every number that the page quotes is printed. Two runs write the same bytes.

use natgrad::Result;
use natgrad::manifold::{Curve, Manifold, Point, Simplex, arc};
use natgrad::ndarray::{Array1, array};
use natgrad::report::{Curves, Svg};
use std::path::PathBuf;

fn main() -> Result<()> {
    let folder = PathBuf::from(std::env::args().nth(1).unwrap_or_else(|| "docs/geometry".into()));
    if let Err(problem) = std::fs::create_dir_all(&folder) {
        return Err(natgrad::Error::File { path: folder, problem: problem.to_string() });
    }
    let pictures: [(&str, fn() -> Result<Svg>); 2] =
        [("distance_formulas", distance_formulas), ("poisson_limit", poisson_limit)];
    for (name, draw) in pictures {
        println!("\n{name}");
        let svg = draw()?;
        println!("  {}", svg.caption());
        svg.write(folder.join(format!("{name}.svg")))?;
    }
    Ok(())
}

/// Three formulas of the Fisher-Rao distance, over the size ε of the step between the points.
fn distance_formulas() -> Result<Svg> {
    let p = array![0.2, 0.3, 0.5];
    let v = array![0.1, -0.3, 0.2];
    let bound = 3.0;
    let sizes: Vec<f64> = (0..=200).map(|k| 10f64.powf(-12.0 + 11.5 * f64::from(k) / 200.0)).collect();
    let mut errors = [Vec::new(), Vec::new(), Vec::new()];
    let mut lost = 0;
    for &size in &sizes {
        // The points as they are stored, so that rounding of q is not an error of the formula.
        let q: Array1<f64> = &p + &(size * &v);
        let exact = exact_distance(&p, &q);
        let affinity: f64 = p.iter().zip(&q).map(|(p, q)| (p * q).sqrt()).sum();
        let roots = p.iter().zip(&q).map(|(p, q)| (p.sqrt() - q.sqrt()).powi(2)).sum::<f64>().sqrt();
        let chord = p.iter().zip(&q).map(|(p, q)| ((p - q) / (p.sqrt() + q.sqrt())).powi(2)).sum::<f64>();
        let found = [2.0 * affinity.acos(), 4.0 * (0.5 * roots).asin(), 4.0 * (0.5 * chord.sqrt()).asin()];
        for (errors, found) in errors.iter_mut().zip(found) {
            let error = ((found - exact) / exact).abs();
            // An error of zero is shown as half the spacing of the floats.
            errors.push(if error.is_nan() { f64::NAN } else { error.clamp(1.1e-16, bound) });
        }
        lost += usize::from(found[0].is_nan() || found[0] <= 0.0);
    }
    println!("  arccos gives zero or NaN for {lost} of {} sizes", sizes.len());
    for (name, errors) in ["arccos", "difference of roots", "rational"].iter().zip(&errors) {
        let worst = errors.iter().copied().filter(|e| !e.is_nan()).fold(0.0, f64::max);
        println!("  {name}: largest relative error {worst:.1e}");
    }
    let mut curves =
        Curves::new("How many digits of the distance are left", "ε, with q = p + εv", "relative error");
    curves.logarithmic_x().logarithmic_y();
    for (name, errors) in
        ["2 arccos Σ√(pq)", "4 asin ½‖√p - √q‖", "4 asin ½‖(p - q)/(√p + √q)‖"].iter().zip(&errors)
    {
        curves.series(*name, &sizes, errors)?.points();
    }
    curves.render()
}

/// The distance in arithmetic of twice the precision: the chord with a series for what is left of the arcsine.
fn exact_distance(p: &Array1<f64>, q: &Array1<f64>) -> f64 {
    let (mut high, mut low) = (0.0, 0.0);
    for (&p, &q) in p.iter().zip(q) {
        // (p - q)²/(√p + √q)² = (p - q)²/(p + q + 2√(pq)), each operation with its rounding error beside it.
        let d = p - q;
        let (square, square_low) = product(d, d);
        let (pq, pq_low) = product(p, q);
        let root = pq.sqrt();
        let root_low = ((-root).mul_add(root, pq) + pq_low) / (2.0 * root);
        let (sum, sum_low) = two_sum(p, q);
        let (bottom, bottom_low) = two_sum(sum, 2.0 * root);
        let bottom_low = bottom_low + sum_low + 2.0 * root_low;
        let ratio = square / bottom;
        let ratio_low = ((-ratio).mul_add(bottom, square) + square_low - ratio * bottom_low) / bottom;
        let (next, carry) = two_sum(high, ratio);
        (high, low) = (next, low + carry + ratio_low);
    }
    let root = high.sqrt();
    let root = root + ((-root).mul_add(root, high) + low) / (2.0 * root);
    4.0 * (0.5 * root).asin()
}

fn product(a: f64, b: f64) -> (f64, f64) {
    let high = a * b;
    (high, a.mul_add(b, -high))
}

fn two_sum(a: f64, b: f64) -> (f64, f64) {
    let sum = a + b;
    let other = sum - a;
    (sum, (a - (sum - other)) + (b - other))
}

/// Distances of binomial and negative binomial laws with means 2.5 and 4, against that of Poisson laws.
fn poisson_limit() -> Result<Svg> {
    let between =
        |m: &dyn Manifold| -> Result<f64> { m.distance(&m.point(array![2.5])?, &m.point(array![4.0])?) };
    let limit = between(&Curve::new(arc::Poisson))?;
    let sizes: Vec<u64> =
        (0..=60).map(|k| 10f64.powf(0.7 + 4.3 * f64::from(k) / 60.0).round() as u64).collect();
    let (mut binomial, mut negative) = (Vec::new(), Vec::new());
    for &n in &sizes {
        binomial.push(between(&Curve::new(arc::Binomial::mean(n)?))? - limit);
        negative.push(limit - between(&Curve::new(arc::NegativeBinomial::mean(n as f64)?))?);
    }
    println!("  Poisson {limit:.15}");
    let last = sizes.len() - 1;
    println!(
        "  at n = r = {}: binomial +{:.6e}, negative binomial -{:.6e}",
        sizes[last], binomial[last], negative[last]
    );
    // s(μ) = ∫dμ/√V with V = μ ± μ²/n: the first correction is ∓∫½√μ dμ/n.
    let first = (4f64.powf(1.5) - 2.5f64.powf(1.5)) / 3.0;
    println!("  first order: {first:.6}/n");
    let x: Vec<f64> = sizes.iter().map(|n| *n as f64).collect();
    let mut curves = Curves::new(
        "From binomial and negative binomial to Poisson: d(2.5, 4)",
        "trials n, or successes r",
        "difference from the Poisson distance",
    );
    curves.logarithmic_x().logarithmic_y();
    curves.series("binomial: longer", &x, &binomial)?.points();
    curves.series("negative binomial: shorter", &x, &negative)?.points();
    let ends = [x[0], x[last]];
    curves.series("first order, 1.349/n", &ends, &ends.map(|n| first / n))?.colour(6).dashed();
    curves.render()
}
