//! G5 to G7: natural-gradient steps, and what they owe to coordinates.

use crate::claims::{Claim, Effort, Evidence, Expected, Group, Measurement, Source, Verdict};
use crate::descent::{
    ExpectationPartials, Function, Integrator, Reparametrisation, Reparametrised, StepLength, Stepper,
    exponentiated_gradient, mirror_natural, natural_gradient_expectation, natural_step,
};
use crate::family::{Categorical, Expectation, Family};
use crate::manifold::arc::Poisson;
use crate::manifold::simplex::{MixtureRetraction, MultiplicativeRetraction};
use crate::manifold::{Cotangent, Curve, Exponential, Manifold, Point, Retraction, Simplex};
use crate::random::{Purpose, Streams};
use crate::{Result, linalg};
use ndarray::{Array1, array};

pub(crate) const MIRROR: Claim = Claim {
    id: "G5",
    group: Group::Geometry,
    statement: "Mirror descent is natural gradient descent in the dual coordinates",
    source: Source {
        work: "Raskutti & Mukherjee 2015 (arXiv 1310.7780)",
        place: "abstract",
        evidence: Evidence::Read,
    },
    recorded: Verdict::Confirmed,
    measurements: mirror,
};

/// A law and a derivative, drawn.
fn drawn(seed: u64, datum: u64, outcomes: usize) -> Result<(Simplex, Point, Array1<f64>)> {
    let simplex = Simplex::new(outcomes)?;
    let mut uniforms = Streams::new(seed, Purpose::Data).uniforms(datum);
    let p = simplex.normalise(uniforms.by_ref().take(outcomes).map(|u| 0.05 + u).collect())?;
    let derivative = uniforms.take(outcomes).map(|u| 2.0 * u - 1.0).collect();
    Ok((simplex, p, derivative))
}

fn mirror(effort: Effort) -> Result<Vec<Measurement>> {
    const ROUNDING: &str = "rounding of numbers below 1, times the condition number of the metric";
    let (mut in_eta, mut on_simplex) = (0.0f64, 0.0f64);
    for datum in 0..effort.pick(50, 2000) as u64 {
        let (simplex, p, derivative) = drawn(effort.seed, datum, 5)?;
        let family = Categorical::new(5)?;
        let eta = Expectation::new(p.values().iter().take(4).copied().collect::<Array1<f64>>());
        // ∂f/∂η for outcomes 1..n when f is a function of p: differences to the last outcome.
        let partials: Array1<f64> = derivative.iter().take(4).map(|d| d - derivative[4]).collect();
        let partials = ExpectationPartials::new(partials);
        let theta = family.expectation_to_natural(&eta)?;
        let mirrored = mirror_natural(&family, &theta, &partials.to_natural(&family, &eta)?, 0.1)?;
        let plain = natural_gradient_expectation(&family, &eta, &partials, 0.1)?;
        let gap = &family.natural_to_expectation(&mirrored)?.values() - &plain.values();
        in_eta = in_eta.max(linalg::norm(gap.view()));
        let covector = Cotangent::new(derivative);
        let exponentiated = exponentiated_gradient(&simplex, &p, &covector, 0.1)?;
        let stepper = Stepper::new(&simplex).retraction(&MultiplicativeRetraction);
        let step = natural_step(&stepper, &p, &covector, StepLength::LearningRate(0.1), &[])?;
        let gap = &exponentiated.values() - &step.point.values();
        on_simplex = on_simplex.max(linalg::norm(gap.view()));
    }
    Ok(vec![
        Measurement::equal("mirror step on θ less natural step in η, largest", in_eta, 0.0, 1e-13, ROUNDING),
        Measurement::equal(
            "exponentiated gradient less natural e-step, largest",
            on_simplex,
            0.0,
            1e-14,
            ROUNDING,
        ),
    ])
}

pub(crate) const ONE_STEP: Claim = Claim {
    id: "G6",
    group: Group::Geometry,
    statement: "One natural-gradient step of rate 1 minimises a Kullback-Leibler divergence exactly",
    source: Source {
        work: "Amari & Nagaoka 2000; Amari 2016",
        place: "dually flat coordinates",
        evidence: Evidence::Unconfirmed,
    },
    recorded: Verdict::HoldsOnlyIf(
        "the retraction is the one that fits: e for KL(·‖q), m for KL(q‖·), exp for d²(·, q)/2",
    ),
    measurements: one_step,
};

/// Where one step of rate 1 from p arrives: the Fisher-Rao distance to q.
fn missed<R: Retraction<Simplex>>(
    retraction: &R,
    simplex: &Simplex,
    p: &Point,
    q: &Point,
    a: Array1<f64>,
) -> Result<f64> {
    let stepper = Stepper::new(simplex).retraction(retraction);
    let step = natural_step(&stepper, p, &Cotangent::new(a), StepLength::LearningRate(1.0), &[])?;
    simplex.distance(&step.point, q)
}

fn one_step(_effort: Effort) -> Result<Vec<Measurement>> {
    const ROUNDING: &str = "rounding";
    const PRINTED: &str = "from p after the step, ten digits printed";
    let coin = Simplex::new(2)?;
    let (p, q) = (coin.point(array![0.3, 0.7])?, coin.point(array![0.6, 0.4])?);
    let to_q = (&p.values() / &q.values()).mapv(f64::ln);
    let from_q = -(&q.values() / &p.values());
    let half_squared = -coin.flat(&p, &coin.log(&p, &q)?)?.into_inner();
    let apart = |found: f64| -> Result<f64> { coin.distance(&coin.point(array![found, 1.0 - found])?, &q) };
    Ok(vec![
        Measurement::equal(
            "KL(·‖q), m-step: distance from q",
            missed(&MixtureRetraction, &coin, &p, &q, to_q.clone())?,
            apart(0.563_080_223_384_027_3)?,
            1e-10,
            PRINTED,
        )
        .against(Expected::Equal(0.0), 1e-10),
        Measurement::equal(
            "KL(q‖·), e-step: distance from q",
            missed(&MultiplicativeRetraction, &coin, &p, &q, from_q.clone())?,
            apart(0.641_360_401_678_443_7)?,
            1e-10,
            PRINTED,
        )
        .against(Expected::Equal(0.0), 1e-10),
        Measurement::equal(
            "KL(·‖q), e-step: distance from q",
            missed(&MultiplicativeRetraction, &coin, &p, &q, to_q)?,
            0.0,
            1e-15,
            ROUNDING,
        )
        .under_condition(),
        Measurement::equal(
            "KL(q‖·), m-step: distance from q",
            missed(&MixtureRetraction, &coin, &p, &q, from_q)?,
            0.0,
            1e-15,
            ROUNDING,
        )
        .under_condition(),
        Measurement::equal(
            "d²(·, q)/2, exponential map: distance from q",
            missed(&Exponential, &coin, &p, &q, half_squared)?,
            0.0,
            1e-15,
            ROUNDING,
        )
        .under_condition(),
    ])
}

pub(crate) const INVARIANCE: Claim = Claim {
    id: "G7",
    group: Group::Geometry,
    statement: "The plain natural gradient is invariant to first order in the step, with geodesic correction to second, by the \
                exponential map exactly",
    source: Source {
        work: "Song, Song & Ermon 2018 (arXiv 1803.01273)",
        place: "abstract",
        evidence: Evidence::Read,
    },
    recorded: Verdict::Confirmed,
    measurements: invariance,
};

/// The coordinates of the Poisson law.
enum Chart {
    Mean,
    LogMean,
}

/// The mean at time 1, from the mean 0.7 by steps of h in a chart, of the flow down (λ - 2)²/2 + 0.3 sin 2λ.
fn arrival(integrator: Integrator, chart: Chart, h: f64) -> Result<f64> {
    let f = Function::new(
        |x| 0.5 * (x[0] - 2.0).powi(2) + 0.3 * (2.0 * x[0]).sin(),
        |x| x.mapv(|x| x - 2.0 + 0.6 * (2.0 * x).cos()),
    );
    let steps = (1.0 / h).round() as usize;
    let mean = Curve::new(Poisson);
    let start = mean.point(array![0.7])?;
    let end = match chart {
        Chart::Mean => integrator.run(&mean, &f, &start, h, steps)?.pop(),
        Chart::LogMean => {
            let natural = Reparametrised::new(mean, Reparametrisation::logarithm())?;
            let path =
                integrator.run(&natural, &natural.objective(&f), &natural.from_base(&start)?, h, steps)?;
            path.last().map(|x| natural.to_base(x)).transpose()?
        }
    };
    Ok(end.map_or(f64::NAN, |x| x.values().sum()))
}

/// How far apart runs in the two charts arrive.
fn gap(integrator: Integrator, h: f64) -> Result<f64> {
    Ok((arrival(integrator, Chart::LogMean, h)? - arrival(integrator, Chart::Mean, h)?).abs())
}

fn invariance(_effort: Effort) -> Result<Vec<Measurement>> {
    let order = |integrator| -> Result<f64> { Ok((gap(integrator, 0.01)? / gap(integrator, 0.005)?).log2()) };
    const SLOPE: &str = "the next order of the step, at h = 0.01";
    Ok(vec![
        Measurement::equal(
            "order of plain steps, mean against ln mean",
            order(Integrator::Plain)?,
            1.0,
            0.1,
            SLOPE,
        ),
        Measurement::equal(
            "order with geodesic correction",
            order(Integrator::GeodesicCorrection)?,
            2.0,
            0.1,
            SLOPE,
        ),
        Measurement::equal("order of the midpoint rule", order(Integrator::Midpoint)?, 2.0, 0.1, SLOPE),
        Measurement::equal(
            "exponential map in ln mean: where 25 steps of 0.04 lead",
            arrival(Integrator::RiemannianEuler, Chart::LogMean, 0.04)?,
            2.000_216_252_295_863,
            1e-13,
            "by geodesics of the mean in a separate program; rounding of 25 steps",
        ),
        Measurement::equal(
            "plain steps of 0.04: the two charts apart",
            gap(Integrator::Plain, 0.04)?,
            2.009_071_787_429_33 - 1.991_170_551_928_525,
            1e-13,
            "13 digits printed by a separate program",
        )
        .context(),
    ])
}
