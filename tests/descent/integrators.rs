//! Integrators: printed numbers of a reference run, orders by fitted slopes.

use crate::descent::functions::{kl_from, slope};
use natgrad::descent::{
    Chart, FamilyChart, Function, Integrator, Invariance, Reparametrisation, Reparametrised,
};
use natgrad::manifold::{Curve, Manifold, Point, arc::Poisson};
use natgrad::ndarray::{Array1, array};

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
        println!("{} {integrator:?}: {found:.17} {:e}", chart.name(), found - printed);
    }
    let flow = mean_after(mean, Integrator::RungeKutta4, 4000);
    println!("flow {flow:.16}");
}

/// Differences of runs in every pair of charts, and of each from the flow.
#[test]
fn orders() {
    let all = charts();
    let flow = mean_after(&all[0], Integrator::RungeKutta4, 3000);
    println!("flow {flow:.16}");
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
            print!("{integrator:?} {i}: flow {:.3}; inv", slope(&h, &errors));
            for other in &runs[..i] {
                let apart: Vec<f64> = run.iter().zip(other).map(|(a, b)| (a - b).abs()).collect();
                print!(" {:.3} ({:.1e})", slope(&h, &apart), apart[0]);
            }
            println!();
        }
    }
}
