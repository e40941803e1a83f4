//! Integrators: printed numbers of a reference run, orders by fitted slopes.

use crate::descent::functions::{generic, slope};
use natgrad::descent::{
    FamilyChart, Function, Integrator, Invariance, Objective, Reparametrisation, Reparametrised,
};
use natgrad::family;
use natgrad::manifold::{Curve, Manifold, Point, Simplex, arc::Poisson};
use natgrad::ndarray::{Array1, ArrayView1, array};

/// ½(λ - 2)² + 0.3 sin 2λ.
fn reference() -> Function<'static> {
    Function::new(
        |x| 0.5 * (x[0] - 2.0).powi(2) + 0.3 * (2.0 * x[0]).sin(),
        |x| array![x[0] - 2.0 + 0.6 * (2.0 * x[0]).cos()],
    )
}

fn charts() -> Vec<Reparametrised<Curve<Poisson>>> {
    let poisson = || Curve::new(Poisson);
    vec![
        Reparametrised::new(poisson(), Reparametrisation::power(1.0).unwrap()).unwrap(),
        Reparametrised::new(poisson(), Reparametrisation::logarithm()).unwrap(),
        Reparametrised::new(poisson(), Reparametrisation::power(3.0).unwrap()).unwrap(),
        Reparametrised::new(poisson(), Reparametrisation::power(0.5).unwrap()).unwrap(),
    ]
}

/// The mean after time 1 from 0.7.
fn mean_after(chart: &Reparametrised<Curve<Poisson>>, integrator: Integrator, steps: usize) -> f64 {
    let f = reference();
    let f = chart.objective(&f);
    let start = chart.from_base(&Point::unchecked(array![0.7])).unwrap();
    let path = integrator.run(chart, &f, &start, 1.0 / steps as f64, steps).unwrap();
    chart.to_base(path.last().unwrap()).unwrap().values()[0]
}

#[test]
fn reference_run_gives_the_printed_numbers() {
    let all = charts();
    let [mean, natural, cube] = [&all[0], &all[1], &all[2]];
    let rows = [
        (mean, Integrator::Plain, 1.991170551928525),
        (mean, Integrator::GeodesicCorrection, 2.000216252295864),
        (natural, Integrator::Plain, 2.00907178742933),
        (natural, Integrator::GeodesicCorrection, 2.000081501623356),
        (natural, Integrator::Midpoint, 1.990493961114957),
        (cube, Integrator::Plain, 1.953336251656052),
        (mean, Integrator::RiemannianEuler, 2.000216252295863),
        (natural, Integrator::RiemannianEuler, 2.000216252295863),
        (cube, Integrator::RiemannianEuler, 2.000216252295863),
    ];
    for (chart, integrator, printed) in rows {
        let found = mean_after(chart, integrator, 25);
        // The printed digits: one or two units in the last of sixteen.
        assert!((found - printed).abs() < 1e-15, "{} {integrator:?}: {found:.17}", chart.name());
    }
}

/// The family's own charts, whose metric and acceleration come from cumulants, make the same steps.
#[test]
fn family_charts_are_these_charts() {
    let family = family::Poisson::new();
    let f = reference();
    let (theta, eta) = (FamilyChart::natural(&family), FamilyChart::expectation(&family));
    let all = charts();
    let in_theta = all[1].objective(&f);
    for integrator in Integrator::ALL {
        if integrator.invariance() == Invariance::Exact {
            let refused = integrator.run(&eta, &f, &Point::unchecked(array![0.7]), 0.04, 25);
            assert!(matches!(refused, Err(natgrad::Error::Unsupported { .. })));
            continue;
        }
        let start = Point::unchecked(array![0.7]);
        let by_mean = integrator.run(&eta, &f, &start, 0.04, 25).unwrap()[25].values()[0];
        assert!((by_mean - mean_after(&all[0], integrator, 25)).abs() < 1e-14, "{integrator:?}");
        let start = Point::unchecked(array![0.7f64.ln()]);
        let by_theta = integrator.run(&theta, &in_theta, &start, 0.04, 25).unwrap()[25].values()[0].exp();
        assert!((by_theta - mean_after(&all[1], integrator, 25)).abs() < 1e-14, "{integrator:?}");
    }
}

/// Three parameters: a categorical law of four categories in θ, in η, and as a point of the simplex.
#[test]
fn orders_of_a_categorical_law() {
    let family = family::Categorical::new(4).unwrap();
    let simplex = Simplex::new(4).unwrap();
    let f = generic(4);
    let full =
        |eta: ArrayView1<'_, f64>| -> Array1<f64> { eta.iter().copied().chain([1.0 - eta.sum()]).collect() };
    let law = |theta: ArrayView1<'_, f64>| {
        let weights: Array1<f64> = theta.iter().copied().chain([0.0]).map(f64::exp).collect();
        &weights / weights.sum()
    };
    // ∂f/∂ηᵢ = aᵢ - a₄;  ∂f/∂θᵢ = pᵢ(aᵢ - ⟨p, a⟩).
    let at = |p: &Array1<f64>| f.partials(&Point::unchecked(p.clone())).unwrap().into_inner();
    let by_eta = Function::new(
        |_| 0.0,
        |eta| {
            let a = at(&full(eta));
            (0..3).map(|i| a[i] - a[3]).collect()
        },
    );
    let by_theta = Function::new(
        |_| 0.0,
        |theta| {
            let p = law(theta);
            let a = at(&p);
            (0..3).map(|i| p[i] * (a[i] - p.dot(&a))).collect()
        },
    );
    let start = array![0.1, 0.2, 0.3, 0.4];
    let eta0 = Point::unchecked(start.slice(natgrad::ndarray::s![..3]).to_owned());
    let theta0 = Point::unchecked((0..3).map(|i| (start[i] / 0.4f64).ln()).collect());
    let (theta, eta) = (FamilyChart::natural(&family), FamilyChart::expectation(&family));
    for integrator in Integrator::ALL {
        let Invariance::Order(declared) = integrator.invariance() else { continue };
        let steps: &[usize] = if declared == 4 { &[8, 16, 32] } else { &[50, 100, 200] };
        let h: Vec<f64> = steps.iter().map(|n| 1.0 / *n as f64).collect();
        let mut gaps = vec![];
        for (n, h) in steps.iter().zip(&h) {
            let in_theta = integrator.run(&theta, &by_theta, &theta0, *h, *n).unwrap();
            let in_eta = integrator.run(&eta, &by_eta, &eta0, *h, *n).unwrap();
            let on_simplex = integrator.run(&simplex, &f, &Point::unchecked(start.clone()), *h, *n).unwrap();
            let a = law(in_theta[*n].values());
            let (b, c) = (full(in_eta[*n].values()), on_simplex[*n].values().to_owned());
            // η are the first coordinates of p, an affine chart of it: the same steps.
            assert!((&b - &c).iter().all(|d| d.abs() < 1e-14), "{integrator:?}");
            gaps.push((&a - &b).mapv(|d| d * d).sum().sqrt());
        }
        let order = slope(&h, &gaps);
        println!("{integrator:?} {order:.3} {gaps:?}");
        assert!((order - f64::from(declared)).abs() < 0.1, "{integrator:?}: {order}");
    }
}

/// Differences of runs in every pair of charts, and of each from the flow.
#[test]
fn orders() {
    let all = charts();
    let flow = mean_after(&all[0], Integrator::RungeKutta4, 3000);
    assert!((flow - 1.9909461769324).abs() < 1e-12);
    for integrator in Integrator::ALL {
        let steps: &[usize] =
            if integrator == Integrator::RungeKutta4 { &[25, 50, 100, 200] } else { &[400, 800, 1600] };
        let h: Vec<f64> = steps.iter().map(|n| 1.0 / *n as f64).collect();
        let runs: Vec<Vec<f64>> = all
            .iter()
            .map(|chart| steps.iter().map(|n| mean_after(chart, integrator, *n)).collect())
            .collect();
        for (i, run) in runs.iter().enumerate() {
            let errors: Vec<f64> = run.iter().map(|x| (x - flow).abs()).collect();
            let order = slope(&h, &errors);
            assert!((order - f64::from(integrator.flow_order())).abs() < 0.1, "{integrator:?} {i}: {order}");
            for (j, other) in runs[..i].iter().enumerate() {
                let apart: Vec<f64> = run.iter().zip(other).map(|(a, b)| (a - b).abs()).collect();
                let largest = apart.iter().copied().fold(0.0, f64::max);
                let Invariance::Order(declared) = integrator.invariance() else {
                    assert!(largest < 1e-14, "{integrator:?} {i} {j}: {largest:e}");
                    continue;
                };
                // In λ and √λ the corrected step is the geodesic.
                if integrator == Integrator::GeodesicCorrection && (i, j) == (3, 0) {
                    assert!(largest < 1e-14, "{largest:e}");
                    continue;
                }
                let order = slope(&h, &apart);
                println!("{integrator:?} {i} {j}: {order:.3}, {:.1e}", apart[0]);
                // The leading coefficients of these two nearly cancel (differences 1/200 of the others'), so that the next
                // power still shows.
                let cancels =
                    matches!((integrator, i, j), (Integrator::Heun, 1, 0) | (Integrator::Midpoint, 3, 0));
                let slack = if cancels { 0.3 } else { 0.1 };
                assert!((order - f64::from(declared)).abs() < slack, "{integrator:?} {i} {j}: {order}");
            }
        }
    }
}
