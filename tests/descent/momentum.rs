//! Momentum with parallel transport on a flat family is Euclidean momentum in arc length.

use natgrad::descent::{
    Criterion, Function, Minimizer, Momentum, MomentumKind, Problem, Reparametrisation, Reparametrised,
};
use natgrad::manifold::{Curve, Euclidean, Manifold, Point, arc::Poisson};
use natgrad::ndarray::array;

const H: f64 = 0.07;
const BETA: f64 = 0.8;

fn objective() -> Function<'static> {
    Function::new(
        |x| (x[0] - 2.0).powi(2) + 0.1 * x[0].powi(3),
        |x| array![2.0 * (x[0] - 2.0) + 0.3 * x[0] * x[0]],
    )
}

/// The textbook recurrences on the line s, with λ = s²/4 and df/ds = f′(λ) s/2; Nesterov's in its first form, the gradient
/// taken ahead, whose iterates there are s + βv of the form with a combined step.
fn textbook(kind: MomentumKind, steps: usize) -> Vec<f64> {
    let slope = |s: f64| {
        let x = 0.25 * s * s;
        (2.0 * (x - 2.0) + 0.3 * x * x) * 0.5 * s
    };
    let mut s = 2.0 * 0.7f64.sqrt();
    let (mut m, mut path) = (0.0, vec![0.25 * s * s]);
    // Nesterov 1983: y is where the gradient is taken, x the sequence without look-ahead.
    let mut x = s;
    for _ in 0..steps {
        match kind {
            MomentumKind::Averaged => {
                m = BETA * m + (1.0 - BETA) * slope(s);
                s -= H * m;
            }
            MomentumKind::HeavyBall => {
                m = BETA * m + slope(s);
                s -= H * m;
            }
            MomentumKind::Nesterov => {
                let next = s - H * slope(s);
                s = next + BETA * (next - x);
                x = next;
            }
        }
        path.push(0.25 * s * s);
    }
    path
}

fn path<M: Manifold>(
    manifold: &M,
    f: &dyn natgrad::descent::Objective,
    start: f64,
    kind: MomentumKind,
    n: usize,
) -> Vec<f64> {
    let method = Momentum::new(H, BETA).with_kind(kind);
    let problem = Problem::new(manifold, f);
    let start = Point::unchecked(array![start]);
    (0..=n)
        .map(|steps| {
            let report = method.minimize(&problem, &start, &Criterion::Iterations(steps)).unwrap();
            assert_eq!(report.iterations(), steps, "{report}");
            report.point().values()[0]
        })
        .collect()
}

#[test]
fn flat_family_is_the_line() {
    let f = objective();
    let poisson = Curve::new(Poisson);
    let chart = Reparametrised::new(poisson, Reparametrisation::logarithm()).unwrap();
    let in_chart = chart.objective(&f);
    for kind in [MomentumKind::Averaged, MomentumKind::HeavyBall, MomentumKind::Nesterov] {
        let expected = textbook(kind, 30);
        let found = path(&poisson, &f, 0.7, kind, 30);
        let logs = path(&chart, &in_chart, 0.7f64.ln(), kind, 30);
        let worst =
            |found: &[f64]| found.iter().zip(&expected).fold(0.0, |e: f64, (a, b)| e.max((a - b).abs()));
        let logs: Vec<f64> = logs.iter().map(|x| x.exp()).collect();
        println!("{kind:?} {:e} {:e}", worst(&found), worst(&logs));
        assert!(worst(&found) < 1e-13 && worst(&logs) < 1e-13);
    }
}

/// With β = 0 all kinds are gradient descent, to the last bit.
#[test]
fn without_memory_it_is_gradient_descent() {
    let f = objective();
    let line = Euclidean::new(1).unwrap();
    let problem = Problem::new(&line, &f);
    let mut x = 0.7f64;
    for steps in 0..10 {
        for kind in [MomentumKind::Averaged, MomentumKind::HeavyBall, MomentumKind::Nesterov] {
            let report = Momentum::new(H, 0.0)
                .with_kind(kind)
                .minimize(&problem, &Point::unchecked(array![0.7]), &Criterion::Iterations(steps))
                .unwrap();
            assert!((report.point().values()[0] - x).abs() < 1e-15);
        }
        x -= H * (2.0 * (x - 2.0) + 0.3 * x * x);
    }
}
