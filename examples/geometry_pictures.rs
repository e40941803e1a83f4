//! Pictures of the geometry of discrete distributions, for `docs/geometry.md`.
//!
//! ```sh
//! cargo run --release --example geometry_pictures          # writes docs/geometry/*.svg
//! cargo run --release --example geometry_pictures -- out  # into the folder out
//! ```
//!
//! Every number that the page quotes is printed. Two runs write the same bytes.

use natgrad::Result;
use natgrad::connection::{AlphaConnection, AlphaGeodesic, Pythagoras, m_projection};
use natgrad::descent::{Function, Integrator, Reparametrisation, Reparametrised};
use natgrad::family::{Expectation, Family, FiniteSupport, Natural};
use natgrad::manifold::simplex::{
    AverageRetraction, MixtureRetraction, MultiplicativeRetraction, NaturalQuadraticRetraction,
    ProjectionRetraction, QuadraticRetraction,
};
use natgrad::manifold::{Curve, Manifold, Order, Point, Retraction, Simplex, Tangent, arc};
use natgrad::ndarray::{Array1, array};
use natgrad::report::{Curves, Format, Side, Svg, Ternary};
use natgrad::verify::{Sweep, check_retraction};
use std::path::PathBuf;

/// Draws one picture, and prints its numbers.
type Draw = fn() -> Result<Svg>;

fn main() -> Result<()> {
    let folder = PathBuf::from(std::env::args().nth(1).unwrap_or_else(|| "docs/geometry".into()));
    if let Err(problem) = std::fs::create_dir_all(&folder) {
        return Err(natgrad::Error::File { path: folder, problem: problem.to_string() });
    }
    let pictures: [(&str, Draw); 7] = [
        ("geodesics", geodesics),
        ("retractions", retractions),
        ("charts", charts),
        ("distance_formulas", distance_formulas),
        ("projection", projection),
        ("balls", balls),
        ("poisson_limit", poisson_limit),
    ];
    for (name, draw) in pictures {
        println!("\n{name}");
        let svg = draw()?;
        println!("  {}", svg.caption());
        svg.write(folder.join(format!("{name}.svg")))?;
    }
    Ok(())
}

/// The coordinates of a point on three outcomes.
fn three(p: &Point) -> [f64; 3] {
    let p = p.values();
    [p[0], p[1], p[2]]
}

/// Geodesics of five connections between the same ends, with marks at equal times.
fn geodesics() -> Result<Svg> {
    let simplex = Simplex::new(3)?;
    let p = simplex.point(array![0.86, 0.08, 0.06])?;
    let q = simplex.point(array![0.04, 0.36, 0.60])?;
    let mut triangle =
        Ternary::new("One pair of ends, five geodesics, equal times", ["p₁ = 1", "p₂ = 1", "p₃ = 1"]);
    for (name, alpha) in [
        ("α = 3", 3.0),
        ("α = 1: e-geodesic", 1.0),
        ("α = 0: Fisher-Rao", 0.0),
        ("α = -1: m-geodesic", -1.0),
        ("α = -3", -3.0),
    ] {
        let geodesic = AlphaGeodesic::between(&AlphaConnection::new(simplex, alpha)?, &p, &q)?;
        let at = |t: f64| Ok::<_, natgrad::Error>(three(&geodesic.at(t)?));
        let curve: Vec<[f64; 3]> = (0..=200).map(|k| at(f64::from(k) / 200.0)).collect::<Result<_>>()?;
        let marks: Vec<[f64; 3]> = (1..8).map(|k| at(f64::from(k) / 8.0)).collect::<Result<_>>()?;
        let middle = at(0.5)?;
        println!("  {name}: at time ½ ({:.4}, {:.4}, {:.4})", middle[0], middle[1], middle[2]);
        triangle.curve(name, &curve)?.marks(&marks)?;
    }
    triangle.marks(&[three(&p), three(&q)])?.colour(6);
    triangle.label("p", three(&p), Side::Below)?.label("q", three(&q), Side::Right)?;
    triangle.note("dots: times 1/8, 2/8, …, 7/8");
    triangle.render()
}

/// Order and leading coefficient of every retraction of the simplex.
fn retractions() -> Result<Svg> {
    let simplex = Simplex::new(3)?;
    let p = simplex.point(array![0.2, 0.3, 0.5])?;
    let v = simplex.tangent(&p, array![0.1, -0.3, 0.2])?;
    let sweep = Sweep { first: 1e-3, last: 0.8, count: 41, ..Sweep::default() };
    let list: [(&str, &dyn Retraction<Simplex>); 7] = [
        ("softmax of v", &Softmax),
        ("mixture", &MixtureRetraction),
        ("multiplicative", &MultiplicativeRetraction),
        ("average", &AverageRetraction),
        ("projection", &ProjectionRetraction),
        ("quadratic in p", &QuadraticRetraction),
        ("quadratic in θ", &NaturalQuadraticRetraction),
    ];
    let mut curves = Curves::new("Distance from the exponential map", "time t", "d(R(tv), exp(tv))");
    curves.logarithmic_x().logarithmic_y();
    for (name, retraction) in list {
        let report = check_retraction(&simplex, retraction, &p, &v, sweep);
        let curve = &report.curves[0];
        let (order, coefficient) = (curve.order().unwrap_or(0), curve.coefficient.unwrap_or(f64::NAN));
        let power = ["", "t", "t²", "t³"].get(order as usize).copied().unwrap_or("?");
        println!(
            "  {name}: {coefficient:.6} {power}, slope {:.4}: {}",
            curve.slope.unwrap_or(f64::NAN),
            report.verdict()
        );
        let legend = format!("{name}: {} {power}", Format::Significant(3).show(coefficient));
        curves.series(legend, &curve.times, &curve.errors)?;
        // Where two curves begin as one, the second is drawn as points.
        if name == "multiplicative" {
            curves.points();
        }
    }
    curves.render()
}

/// p∘exp(v)/Z: the step that is taken for a retraction where the score v/p is forgotten.
#[derive(Debug)]
struct Softmax;

impl Retraction<Simplex> for Softmax {
    fn name(&self) -> &'static str {
        "softmax of the vector"
    }
    fn order(&self) -> Order {
        Order::First
    }
    fn exit_time(&self, _: &Simplex, _: &Point, _: &Tangent) -> Result<f64> {
        Ok(f64::INFINITY)
    }
    fn retract(&self, simplex: &Simplex, p: &Point, v: &Tangent) -> Result<Point> {
        simplex.normalise(&p.values() * &v.values().mapv(f64::exp))
    }
}

/// One natural-gradient run, with the plain, the corrected and the geodesic step, in four charts.
fn charts() -> Result<Svg> {
    let counts = Curve::new(arc::Poisson);
    let f = Function::new(
        |x| 0.5 * (x[0] - 2.0).powi(2) + 0.3 * (2.0 * x[0]).sin(),
        |x| array![x[0] - 2.0 + 0.6 * (2.0 * x[0]).cos()],
    );
    let (h, steps) = (0.04, 25);
    let times: Vec<f64> = (1..=steps).map(|k| h * k as f64).collect();
    let start = counts.point(array![0.7])?;
    let exact = Integrator::RiemannianEuler.run(&counts, &f, &start, h, steps)?;
    let mut curves =
        Curves::new("One natural-gradient run in four charts", "time", "difference from the geodesic steps");
    curves.logarithmic_y();
    let maps = [
        ("λ", Reparametrisation::power(1.0)?),
        ("ln λ", Reparametrisation::logarithm()),
        ("λ³", Reparametrisation::power(3.0)?),
        ("√λ", Reparametrisation::power(0.5)?),
    ];
    println!("  geodesic steps end at {:.15}", exact[steps].values()[0]);
    for (k, (name, map)) in maps.into_iter().enumerate() {
        let chart = Reparametrised::new(counts, map)?;
        let objective = chart.objective(&f);
        for (method, integrator) in
            [("plain", Integrator::Plain), ("corrected", Integrator::GeodesicCorrection)]
        {
            let path = integrator.run(&chart, &objective, &chart.from_base(&start)?, h, steps)?;
            let mut apart = Vec::with_capacity(steps);
            for (x, exact) in path.iter().zip(&exact).skip(1) {
                apart.push((chart.to_base(x)?.values()[0] - exact.values()[0]).abs().max(1e-16));
            }
            let end = chart.to_base(&path[steps])?.values()[0];
            println!("  {method} in {name}: ends at {end:.15}, {:.1e} apart", apart[steps - 1]);
            // In the arc-length coordinate there is nothing to correct.
            if name == "√λ" && method == "corrected" {
                continue;
            }
            curves.series(format!("{method} in {name}"), &times, &apart)?.colour(k);
            match (method, name) {
                ("corrected", _) => curves.dashed(),
                // As far from the geodesic steps as the plain run in λ, on the other side.
                (_, "ln λ") => curves.points(),
                _ => &mut curves,
            };
        }
    }
    curves.render()
}

/// A law on three outcomes projected onto the curve of Hardy and Weinberg, the binomial laws of two trials.
fn projection() -> Result<Svg> {
    let simplex = Simplex::new(3)?;
    // T counts the letter A; the two orders of A and a make the weight 2.
    let family = FiniteSupport::new(array![0.0, 2f64.ln(), 0.0], array![[0.0], [1.0], [2.0]])?;
    let of = |theta: &Natural| simplex.point(family.probabilities(theta)?);
    let p = simplex.point(array![0.55, 0.10, 0.35])?;
    let projection = m_projection(p.values(), &family)?;
    let (theta, q) = (projection.parameters, projection.point);
    let end = family.expectation_to_natural(&Expectation::from(1.6))?;
    let r = of(&end)?;
    let triangle = Pythagoras::of(p.values(), q.values(), r.values())?;
    let sides = [triangle.mixture_leg, triangle.exponential_leg, triangle.hypotenuse];
    println!("  mean of A at p {:.3}, at q {:.15}", 0.1 + 0.7, family.mean(q.values())[0]);
    println!("  KL(p‖q) {:.15}, KL(q‖r) {:.15}", sides[0], sides[1]);
    println!("  sum {:.15}, KL(p‖r) {:.15}", sides[0] + sides[1], sides[2]);
    let mut triangle = Ternary::new("Pythagoras on the curve of Hardy and Weinberg", ["aa", "aA", "AA"]);
    let curve: Vec<[f64; 3]> = (0..=200)
        .map(|k| f64::from(k) / 200.0)
        .map(|s| [(1.0 - s).powi(2), 2.0 * s * (1.0 - s), s * s])
        .collect();
    triangle.curve("two independent draws", &curve)?;
    triangle.curve("m-geodesic p → q", &[three(&p), three(&q)])?;
    let along: Vec<[f64; 3]> = (0..=100)
        .map(|k| Ok(three(&of(&line(&theta, &end, f64::from(k) / 100.0))?)))
        .collect::<Result<_>>()?;
    triangle.curve("e-geodesic q → r", &along)?;
    let long = AlphaGeodesic::between(&AlphaConnection::new(simplex, 1.0)?, &p, &r)?;
    let long: Vec<[f64; 3]> =
        (0..=100).map(|k| Ok(three(&long.at(f64::from(k) / 100.0)?))).collect::<Result<_>>()?;
    triangle.curve("e-geodesic p → r", &long)?.dashed();
    triangle.marks(&[three(&p), three(&q), three(&r)])?.colour(6);
    triangle.label("p", three(&p), Side::Left)?;
    triangle.label("q", three(&q), Side::Above)?;
    triangle.label("r", three(&r), Side::Right)?;
    triangle.note(format!("KL(p‖q) = {:.6}", sides[0]));
    triangle.note(format!("KL(q‖r) = {:.6}", sides[1]));
    triangle.note(format!("KL(p‖r) = {:.6}, their sum", sides[2]));
    triangle.render()
}

/// a + t(b - a).
fn line(a: &Natural, b: &Natural, t: f64) -> Natural {
    Natural::new(&a.values() + &(t * &(&b.values() - &a.values())))
}

/// Geodesic balls of one radius, in the middle and at the boundary.
fn balls() -> Result<Svg> {
    let simplex = Simplex::new(3)?;
    let radius = 0.3;
    let mut triangle = Ternary::new("Balls of one Fisher-Rao radius", ["p₁ = 1", "p₂ = 1", "p₃ = 1"]);
    for (k, (name, centre)) in [
        ("centre", array![1.0 / 3.0, 1.0 / 3.0, 1.0 / 3.0]),
        ("off the centre", array![0.15, 0.15, 0.7]),
        ("touching a side", array![0.49, (0.5f64 * 0.3).sin().powi(2), 0.0]),
        ("at a side", array![0.003, 0.55, 0.447]),
        ("at a corner", array![0.005, 0.99, 0.005]),
    ]
    .into_iter()
    .enumerate()
    {
        let mut centre = centre;
        centre[2] = 1.0 - centre[0] - centre[1];
        let p = simplex.point(centre)?;
        let (e, f) = frame(&simplex, &p)?;
        let mut pieces: Vec<Vec<[f64; 3]>> = vec![Vec::new()];
        let turns = 720;
        for n in 0..=turns {
            let angle = std::f64::consts::TAU * f64::from(n) / f64::from(turns);
            let v = &(radius * angle.cos() * &e) + &(radius * angle.sin() * &f);
            if simplex.exit_time(&p, &v)? > 1.0 {
                let end = three(&simplex.exp(&p, &v)?);
                if let Some(piece) = pieces.last_mut() {
                    piece.push(end);
                }
            } else if pieces.last().is_some_and(|piece| !piece.is_empty()) {
                pieces.push(Vec::new());
            }
        }
        let inside = pieces.iter().map(Vec::len).sum::<usize>();
        println!(
            "  {name}: nearest face at {:.4}; {} of {} directions stay inside",
            simplex.boundary_distance(&p)?,
            inside,
            turns + 1
        );
        let mut named = false;
        for piece in pieces.iter().filter(|piece| piece.len() > 1) {
            triangle.curve(if named { "" } else { name }, piece)?.colour(k);
            named = true;
        }
        triangle.marks(&[three(&p)])?.colour(k);
    }
    triangle.note(format!("radius {radius} everywhere;"));
    triangle.note("where a geodesic leaves first,");
    triangle.note("the circle is open");
    triangle.render()
}

/// Two orthonormal tangent vectors.
fn frame(simplex: &Simplex, p: &Point) -> Result<(Tangent, Tangent)> {
    let e = simplex.project(p, (&p.values() * &array![1.0, 0.0, 0.0]).view())?;
    let e = (1.0 / simplex.norm(p, &e)?) * &e;
    let f = simplex.project(p, (&p.values() * &array![0.0, 1.0, 0.0]).view())?;
    let f = &f - &(simplex.inner(p, &f, &e)? * &e);
    let f = (1.0 / simplex.norm(p, &f)?) * &f;
    Ok((e, f))
}

/// Three formulas of the Fisher-Rao distance, over the size ε of the step between the points.
fn distance_formulas() -> Result<Svg> {
    let p = array![0.2, 0.3, 0.5];
    let v = array![0.1, -0.3, 0.2];
    let sizes: Vec<f64> = (0..=200).map(|k| 10f64.powf(-12.0 + 11.5 * f64::from(k) / 200.0)).collect();
    let mut errors = [Vec::new(), Vec::new(), Vec::new()];
    let (mut lost, mut none) = (0, 0);
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
            errors.push(if error.is_nan() { f64::NAN } else { error.max(1.1e-16) });
        }
        lost += usize::from(found[0] <= 0.0);
        none += usize::from(found[0].is_nan());
    }
    println!("  arccos: zero for {lost} and NaN for {none} of {} sizes", sizes.len());
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
