//! The table that the laws run on: a new manifold is a new row.

use natgrad::manifold::arc::{Binomial, Logarithmic, NegativeBinomial, Poisson, Straight};
use natgrad::manifold::{Curve, Euclidean, HalfPlane, Manifold, Point, Product, Simplex, Tangent};
use natgrad::ndarray::Array1;
use natgrad::random::{Purpose, Streams};

/// A manifold and what the laws need to know of it.
pub struct Row {
    pub manifold: Box<dyn Manifold>,
    /// Points in general position, well inside.
    pub points: Vec<Vec<f64>>,
    /// Points where digits are at risk: beside the boundary, far out.
    pub far: Vec<Vec<f64>>,
    /// The sectional curvature, if it is constant.
    pub curvature: Option<f64>,
}

impl Row {
    fn new(manifold: impl Manifold + 'static, points: &[&[f64]], far: &[&[f64]]) -> Row {
        let owned = |points: &[&[f64]]| points.iter().map(|p| p.to_vec()).collect();
        Row { manifold: Box::new(manifold), points: owned(points), far: owned(far), curvature: Some(0.0) }
    }

    fn curved(mut self, curvature: Option<f64>) -> Row {
        self.curvature = curvature;
        self
    }

    /// Points well inside.
    pub fn inner(&self) -> Vec<Point> {
        self.points.iter().map(|p| self.manifold.point(Array1::from(p.clone())).unwrap()).collect()
    }

    /// All points.
    pub fn all(&self) -> Vec<Point> {
        let far = self.far.iter().map(|p| self.manifold.point(Array1::from(p.clone())).unwrap());
        self.inner().into_iter().chain(far).collect()
    }

    /// The same `count` vectors every time.
    pub fn tangents(&self, p: &Point, count: u64) -> Vec<Tangent> {
        let draw = |k| self.manifold.random_tangent(p, &mut generator(k)).unwrap();
        (0..count).map(draw).collect()
    }

    /// A vector shortened to the fraction of its way out, or to that fraction of length 3 if it never gets out.
    pub fn shortened(&self, p: &Point, v: &Tangent, fraction: f64) -> Tangent {
        let way = self.manifold.exit_time(p, v).unwrap().min(3.0 / self.manifold.norm(p, v).unwrap());
        (fraction * way) * v
    }
}

/// Seeded draws.
pub fn generator(k: u64) -> impl rand::Rng {
    Streams::new(2027, Purpose::Directions).generator(k)
}

/// Every manifold.
pub fn rows() -> Vec<Row> {
    let line: &[&[f64]] = &[&[0.3], &[2.5], &[4.0], &[17.0]];
    let line_far: &[&[f64]] = &[&[1e-300], &[1e-16], &[1e16]];
    let unit: &[&[f64]] = &[&[0.2], &[0.3], &[0.6], &[0.9]];
    let unit_far: &[&[f64]] = &[&[1e-300], &[1e-16], &[1.0 - 1e-10], &[1.0 - 1.2e-16]];
    let coin = |trials| Curve::new(Binomial::probability(trials).unwrap());
    let plane: &[&[f64]] = &[&[0.0, 1.0], &[1.0, 2.0], &[-0.5, 0.25], &[3.0, 1.5]];
    let plane_far: &[&[f64]] = &[&[2.0, 1e100], &[-1e100, 3.0]];
    let simplex: &[&[f64]] = &[&[0.2, 0.3, 0.5], &[0.1, 0.6, 0.3], &[0.4, 0.4, 0.2]];
    let simplex_far: &[&[f64]] =
        &[&[1e-300, 0.25, 0.75], &[1e-16, 1e-8, 1.0 - 1e-8], &[0.5, 0.5 - 1e-16, 1e-16]];
    let mixed: Vec<Box<dyn Manifold>> = vec![
        Box::new(Simplex::new(3).unwrap()),
        Box::new(Curve::new(Poisson)),
        Box::new(HalfPlane::normal()),
    ];
    vec![
        Row::new(Euclidean::new(3).unwrap(), &[&[0.0, 1.0, -2.0], &[3.0, 0.5, 1.0], &[1.0, 1.0, 1.0]], &[]),
        Row::new(coin(1), unit, unit_far),
        Row::new(coin(7), unit, unit_far),
        Row::new(
            Curve::new(Binomial::mean(7).unwrap()),
            &[&[1.5], &[2.0], &[4.5], &[6.25]],
            &[&[1e-300], &[7.0 - 1e-10]],
        ),
        Row::new(Curve::new(Poisson), line, line_far),
        Row::new(Curve::new(NegativeBinomial::mean(1.0).unwrap()), line, line_far),
        Row::new(Curve::new(NegativeBinomial::mean(3.5).unwrap()), line, line_far),
        Row::new(Curve::new(NegativeBinomial::probability(3.5).unwrap()), unit, unit_far),
        Row::new(
            Curve::new(Straight::normal_mean(0.5).unwrap()),
            &[&[-1.0], &[0.25], &[3.0]],
            &[&[1e-300], &[1e16]],
        ),
        Row::new(
            Curve::new(Straight::interval(-1.0, 5.0).unwrap()),
            &[&[-0.5], &[0.25], &[3.0]],
            &[&[5.0 - 1e-15]],
        ),
        Row::new(Curve::new(Logarithmic::normal_scale()), line, line_far),
        Row::new(Curve::new(Logarithmic::exponential_rate()), line, line_far),
        Row::new(HalfPlane::normal(), plane, plane_far).curved(Some(-0.5)),
        Row::new(HalfPlane::hyperbolic(), plane, plane_far).curved(Some(-1.0)),
        Row::new(HalfPlane::location_scale(0.5, 0.5).unwrap(), plane, plane_far).curved(Some(-2.0)),
        Row::new(Simplex::new(3).unwrap(), simplex, simplex_far).curved(Some(0.25)),
        Row::new(Simplex::multinomial(3, 5).unwrap(), simplex, simplex_far).curved(Some(0.05)),
        Row::new(
            Simplex::multinomial(7, 3).unwrap(),
            &[
                &[0.1, 0.2, 0.05, 0.25, 0.15, 0.125, 0.125],
                &[0.3, 0.1, 0.1, 0.05, 0.2, 0.125, 0.125],
                &[0.05, 0.05, 0.5, 0.1, 0.1, 0.1, 0.1],
            ],
            &[&[1e-300, 1e-100, 1e-16, 1e-4, 0.3, 0.3, 0.3999]],
        )
        .curved(Some(1.0 / 12.0)),
        Row::new(
            Product::power(HalfPlane::normal(), 2).unwrap(),
            &[&[0.0, 1.0, 0.5, 0.25], &[1.0, 2.0, -1.0, 0.5], &[-0.5, 0.25, 0.0, 3.0]],
            &[],
        )
        .curved(None),
        Row::new(
            Product::power(Curve::new(Logarithmic::positive()), 3).unwrap(),
            &[&[1.0, 2.0, 0.25], &[0.5, 7.0, 3.0], &[1.5, 1.0, 0.125]],
            &[&[1e-300, 1.0, 1e300]],
        ),
        Row::new(
            Product::new(mixed).unwrap(),
            &[
                &[0.2, 0.3, 0.5, 2.5, 0.0, 1.0],
                &[0.1, 0.6, 0.3, 4.0, 1.0, 2.0],
                &[0.4, 0.4, 0.2, 0.5, 3.0, 0.5],
            ],
            &[&[1e-16, 1e-8, 1.0 - 1e-8, 1e-300, 2.0, 1e-150]],
        )
        .curved(None),
    ]
}
