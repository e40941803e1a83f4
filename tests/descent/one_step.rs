//! One step of each method against its formula, written out again with plain inner products and transports.
//!
//! On a simplex of seven trials, where nothing that is forgotten (N, a transport, a root) is one.

#![allow(clippy::float_cmp, reason = "the same operations give the same bits")]

use crate::descent::functions::{generic, kl_to};
use natgrad::Result;
use natgrad::descent::*;
use natgrad::manifold::simplex::{MixtureTransport, MultiplicativeTransport};
use natgrad::manifold::*;
use natgrad::ndarray::{Array1, array};

const N: f64 = 7.0;

fn simplex() -> Simplex {
    Simplex::multinomial(5, 7).unwrap()
}

fn start() -> Point {
    simplex().point(array![0.1, 0.15, 0.2, 0.25, 0.3]).unwrap()
}

fn combined(a: f64, v: &Tangent, b: f64, w: &Tangent) -> Tangent {
    &(a * v) + &(b * w)
}

/// ‖v - w‖ over ‖w‖.
fn apart(p: &Point, v: &Tangent, w: &Tangent) -> f64 {
    let s = simplex();
    let difference = s.project(p, (v - w).values()).unwrap();
    s.norm(p, &difference).unwrap() / s.norm(p, w).unwrap()
}

fn moved<S>(outcome: Outcome<S>) -> (Iterate, S, f64) {
    match outcome {
        Outcome::Moved { next, memory, length } => (*next, memory, length),
        _ => panic!("no step"),
    }
}

/// The first of h, hr, hr², … that fulfils f(R(hd)) ≤ f + c h⟨grad f, d⟩, by trying them.
#[test]
fn armijo_takes_the_first_step_that_decreases_enough() -> Result<()> {
    let (s, f) = (simplex(), kl_to(array![0.3, 0.25, 0.2, 0.15, 0.1]));
    let problem = Problem::new(&s, &f);
    let at = problem.iterate(start())?;
    let d = -&at.gradient;
    let mut refused = 0;
    for k in 0..40 {
        let rule = Armijo {
            sufficient: 0.45,
            contraction: 0.7,
            initial: N * (0.8 + 0.05 * f64::from(k)),
            ..Armijo::default()
        };
        let longest = rule.inside * s.exit_time(&at.point, &d)?;
        let mut h = rule.initial.min(longest);
        loop {
            let value = f.value(&s.exp(&at.point, &(h * &d))?)?;
            if value <= at.value - rule.sufficient * h * at.squared_decrement {
                break;
            }
            // Decreases, though not enough: what a search for any decrease would take.
            refused += usize::from(value < at.value);
            h *= rule.contraction;
        }
        match StepRule::Armijo(rule).search(&problem, &at, &d, None)? {
            Search::Found { step, next, .. } => {
                assert_eq!(step, h);
                assert_eq!(next.value, f.value(&s.exp(&at.point, &(h * &d))?)?);
            }
            Search::Failed(failure) => panic!("{failure}"),
        }
    }
    assert!(refused > 10, "{refused}");
    Ok(())
}

/// h = √(2δ/⟨d, d⟩), and lengths that are those of the geodesics walked, also where the step was cut.
#[test]
fn fixed_steps_have_the_length_they_report() -> Result<()> {
    let (s, f) = (simplex(), generic(5));
    let problem = Problem::new(&s, &f);
    let at = problem.iterate(start())?;
    let d = -&at.gradient;
    let squared = s.inner(&at.point, &d, &d)?;
    for delta in [1e-6, 1e-3, 0.03] {
        let Search::Found { step, next, .. } = StepRule::KlRadius(delta).search(&problem, &at, &d, None)?
        else {
            panic!("no step");
        };
        assert!((step / (2.0 * delta / squared).sqrt() - 1.0).abs() < 1e-14);
        assert!((s.distance(&at.point, &next.point)? / (2.0 * delta).sqrt() - 1.0).abs() < 1e-12);
    }
    let inside = Problem::new(&s, &f).stay_inside(0.8)?;
    let exit = s.exit_time(&at.point, &d)?;
    for h in [0.3 * exit, 2.0 * exit] {
        let Search::Found { step, ending, .. } = StepRule::Fixed(h).search(&inside, &at, &d, None)? else {
            panic!("no step");
        };
        assert!((step / h.min(0.8 * exit) - 1.0).abs() < 1e-14);
        assert_eq!(ending, if h > exit { Ending::AtLimit } else { Ending::Met });
        let descent = GradientDescent { rule: StepRule::Fixed(h) };
        let (next, _, length) = moved(descent.step(&inside, &at, &None)?);
        assert!((length / s.distance(&at.point, &next.point)? - 1.0).abs() < 1e-12, "{length}");
    }
    Ok(())
}

/// d₊ = -g₊ + β 𝒯d for all eight rules, from short to long steps, with β from the textbook.
#[test]
fn conjugate_directions_are_those_of_the_rules() -> Result<()> {
    let (s, f) = (simplex(), generic(5));
    let problem = Problem::new(&s, &f);
    let at = problem.iterate(start())?;
    // A direction that is not the gradient, as after some steps.
    let d = s.project(&at.point, array![0.03, -0.02, -0.05, 0.01, 0.03].view())?;
    let d = combined(-1.0, &at.gradient, 0.3 * at.gradient_norm() / s.norm(&at.point, &d)?, &d);
    let mut conjugate = 0;
    for rule in ConjugateRule::ALL {
        for h in [0.02, 0.5, 2.0, 3.5] {
            let method = ConjugateGradient {
                search: StepRule::Fixed(h),
                restart_every: Some(100),
                ..ConjugateGradient::new(rule)
            };
            let memory = ConjugateMemory { direction: d.clone(), guess: None, since_restart: 0 };
            let (next, memory, _) = moved(method.step(&problem, &at, &memory)?);
            let q = &next.point;
            let (g, old) = (&next.gradient, s.parallel_transport(&at.point, q, &at.gradient)?);
            let carried = s.parallel_transport(&at.point, q, &d)?;
            let inner = |v: &Tangent, w: &Tangent| s.inner(q, v, w).unwrap();
            let (gg, g_old, gd) = (inner(g, g), inner(g, &old), inner(g, &carried));
            let (before, slope) = (inner(&old, &old), inner(&old, &carried));
            let (along, bend, square) = (gg - g_old, gd - slope, gg - 2.0 * g_old + before);
            let beta = match rule {
                ConjugateRule::FletcherReeves => gg / before,
                ConjugateRule::PolakRibiere => along / before,
                ConjugateRule::PolakRibierePlus => (along / before).max(0.0),
                ConjugateRule::HestenesStiefel => along / bend,
                ConjugateRule::DaiYuan => gg / bend,
                ConjugateRule::ConjugateDescent => -gg / slope,
                ConjugateRule::LiuStorey => -along / slope,
                ConjugateRule::HagerZhang => (along - 2.0 * square / bend * gd) / bend,
            };
            let textbook = combined(-1.0, g, beta, &carried);
            let descends = inner(g, &textbook) < 0.0;
            conjugate += usize::from(descends && beta.abs() > 1e-3);
            let expected = if descends { textbook } else { -g };
            assert!(apart(q, &memory.direction, &expected) < 1e-9, "{} {h}: β = {beta}", rule.name());
            assert_eq!(memory.since_restart, usize::from(descends));
            let restarted = ConjugateGradient { restart_every: Some(1), ..method };
            let memory = ConjugateMemory { direction: d.clone(), guess: None, since_restart: 0 };
            let (_, memory, _) = moved(restarted.step(&problem, &at, &memory)?);
            assert_eq!(memory.direction, -g);
        }
    }
    assert!(conjugate > 12, "{conjugate}");
    Ok(())
}

/// A transport that makes a direction longer is scaled back, and only with `nonexpansive`.
#[test]
fn directions_that_grow_are_scaled_back() -> Result<()> {
    let (s, f) = (simplex(), generic(5));
    let (mixture, multiplicative) = (MixtureTransport, MultiplicativeTransport);
    let transports: [&dyn VectorTransport<Simplex>; 2] = [&mixture, &multiplicative];
    let mut grew = 0;
    for transport in transports {
        let problem = Problem::new(&s, &f).transport(transport);
        let at = problem.iterate(start())?;
        let d = -&at.gradient;
        let memory = ConjugateMemory { direction: d.clone(), guess: None, since_restart: 0 };
        for nonexpansive in [true, false] {
            let method = ConjugateGradient {
                search: StepRule::Fixed(0.5),
                restart_every: Some(100),
                nonexpansive,
                ..ConjugateGradient::new(ConjugateRule::FletcherReeves)
            };
            let (next, memory, _) = moved(method.step(&problem, &at, &memory)?);
            let carried = transport.transport(&s, &at.point, &next.point, &d)?;
            let growth = s.norm(&next.point, &carried)? / s.norm(&at.point, &d)?;
            grew += usize::from(growth > 1.0 + 1e-6);
            let scale = if nonexpansive { growth.max(1.0) } else { 1.0 };
            let beta = next.squared_decrement / at.squared_decrement / scale;
            let expected = combined(-1.0, &next.gradient, beta, &carried);
            assert!(apart(&next.point, &memory.direction, &expected) < 1e-10);
        }
    }
    assert!(grew > 0);
    Ok(())
}

/// First moments arrive with the point: by parallel transport, or by the transport that was asked for.
#[test]
fn adams_moment_is_carried() -> Result<()> {
    let (s, f) = (simplex(), generic(5));
    let (mixture, levi_civita) = (MixtureTransport, LeviCivita);
    let transports: [&dyn VectorTransport<Simplex>; 2] = [&levi_civita, &mixture];
    for transport in transports {
        let stepper = Stepper::new(&s).transport(transport);
        let adam = RiemannianAdam::new(0.3);
        let p = start();
        let partials = f.partials(&p)?;
        let (q, memory, _) = adam.update(&stepper, &p, &partials, &adam.memory(&s))?;
        let moment = (1.0 - adam.beta1) * &s.sharp(&p, &partials)?;
        assert!(apart(&q, &memory.first, &transport.transport(&s, &p, &q, &moment)?) < 1e-12);
        assert_eq!(stepper.carry(&p, &q, &moment)?, transport.transport(&s, &p, &q, &moment)?);
    }
    Ok(())
}

/// Pairs (𝒯hd, g₊ - 𝒯g), carried on; the direction of two loops; no pair without curvature; no more than were asked for.
#[test]
fn lbfgs_keeps_and_uses_its_pairs() -> Result<()> {
    let (s, f) = (simplex(), kl_to(array![0.3, 0.25, 0.2, 0.15, 0.1]));
    let problem = Problem::new(&s, &f);
    let (h, mut at) = (0.8, problem.iterate(start())?);
    let method = Lbfgs { memory: 2, search: StepRule::Fixed(h) };
    let mut memory: Pairs = method.start(&problem, &at)?;
    let mut last: Option<(Tangent, Tangent)> = None;
    for k in 0..5 {
        let (next, pairs, _) = moved(method.step(&problem, &at, &memory)?);
        let carry = |v: &Tangent| s.parallel_transport(&at.point, &next.point, v);
        let taken = s.log(&at.point, &next.point)?;
        if k == 1 {
            // H = (1 - ρ s yᵀ) γ (1 - ρ y sᵀ) + ρ s sᵀ with the one pair, γ = ⟨s, y⟩/⟨y, y⟩.
            let (step, change) = &memory[0];
            let inner = |v: &Tangent, w: &Tangent| s.inner(&at.point, v, w).unwrap();
            let rho = 1.0 / inner(step, change);
            let alpha = rho * inner(step, &at.gradient);
            let q = (1.0 / rho / inner(change, change)) * &combined(1.0, &at.gradient, -alpha, change);
            let direction = combined(1.0, &q, alpha - rho * inner(change, &q), step);
            assert!(apart(&at.point, &taken, &(-h * &direction)) < 1e-10);
        }
        assert_eq!(pairs.len(), (k + 1).min(2));
        let (step, change) = pairs.last().unwrap();
        assert!(apart(&next.point, step, &carry(&taken)?) < 1e-10);
        let textbook = combined(1.0, &next.gradient, -1.0, &carry(&at.gradient)?);
        assert!(apart(&next.point, change, &textbook) < 1e-9);
        if let Some((step, change)) = &last {
            assert!(apart(&next.point, &pairs[0].0, &carry(step)?) < 1e-12);
            assert!(apart(&next.point, &pairs[0].1, &carry(change)?) < 1e-12);
        }
        last = pairs.last().cloned();
        (at, memory) = (next, pairs);
    }
    let hill = Function::new(|p| -p.dot(&p), |p| -2.0 * &p);
    let problem = Problem::new(&s, &hill);
    let at = problem.iterate(start())?;
    let (_, pairs, _) = moved(method.step(&problem, &at, &Pairs::new())?);
    assert!(pairs.is_empty());
    Ok(())
}

/// (Hess f + μ) d = -grad f, μ times the identity of the tangent space.
#[test]
fn newtons_step_solves_the_damped_equation() -> Result<()> {
    let (s, f) = (simplex(), kl_to(array![0.3, 0.25, 0.2, 0.15, 0.1]));
    let problem = Problem::new(&s, &f);
    let at = problem.iterate(start())?;
    for damping in [0.0, 0.05, 0.7] {
        let (next, (), _) =
            moved(Newton { damping, ..Newton::new(Hessian::Exact) }.step(&problem, &at, &())?);
        let d = s.log(&at.point, &next.point)?;
        let image = combined(1.0, &Hessian::Exact.apply(&problem, &at, &d)?, damping, &d);
        assert!(apart(&at.point, &image, &-&at.gradient) < 1e-11, "{damping}");
    }
    Ok(())
}

/// Steps that were kept, against their own model: ρ, the radius that follows, and a length of Δ where the ball was reached.
#[test]
fn trust_regions_follow_their_ratio() -> Result<()> {
    let s = simplex();
    let waves = Function::new(
        |p| p.iter().enumerate().map(|(i, p)| ((9.0 + i as f64) * p).sin()).sum(),
        |p| p.iter().enumerate().map(|(i, p)| (9.0 + i as f64) * ((9.0 + i as f64) * p).cos()).collect(),
    )
    .with_second(|p, v| {
        let bend = |(i, p): (usize, &f64)| -(9.0 + i as f64).powi(2) * ((9.0 + i as f64) * p).sin();
        p.iter().enumerate().map(bend).collect::<Array1<f64>>() * v
    });
    let valley = kl_to(array![0.3, 0.25, 0.2, 0.15, 0.1]);
    let (mut doubled, mut kept, mut quartered, mut rejected, mut cut) = (0, 0, 0, 0, 0);
    for f in [&waves, &valley] {
        let problem = Problem::new(&s, f);
        for shift in 0..12 {
            let weights =
                Array1::from_shape_fn(5, |i| 1.0 + (1.3 * f64::from(shift) + 2.1 * i as f64).sin().abs());
            let at = problem.iterate(s.normalise(weights)?)?;
            for radius in [0.05, 0.2, 0.6, 1.5, 3.0] {
                let method = TrustRegion { radius, largest_radius: 4.0, ..TrustRegion::new(Hessian::Exact) };
                let (next, memory, length) = match method.step(&problem, &at, &radius)? {
                    Outcome::Moved { next, memory, length } => (*next, memory, length),
                    Outcome::Rejected { memory } => {
                        assert!(memory <= 0.25 * radius * (1.0 + 1e-12), "{memory} {radius}");
                        rejected += 1;
                        continue;
                    }
                    Outcome::Failed(failure) => panic!("{failure}"),
                };
                let v = s.log(&at.point, &next.point)?;
                assert!(length <= radius * (1.0 + 1e-9), "{length} {radius}");
                let slope = s.inner(&at.point, &at.gradient, &v)?;
                let bend = s.inner(&at.point, &Hessian::Exact.apply(&problem, &at, &v)?, &v)?;
                let ratio = (next.value - at.value) / (slope + 0.5 * bend);
                let exit = s.exit_time(&at.point, &v)?;
                let at_exit = (exit - 1.0 / method.inside).abs() < 1e-9;
                let at_boundary = at_exit || (length - radius).abs() < 1e-9 * radius;
                cut += usize::from(at_exit);
                assert!(ratio > method.accept - 1e-9, "{ratio}");
                let near = [0.25, 0.75].iter().any(|edge| (ratio - edge).abs() < 1e-6);
                if near || (at_exit && ratio > 0.75) {
                    continue;
                }
                let expected = if ratio > 0.75 && at_boundary {
                    doubled += 1;
                    (2.0 * radius).min(4.0)
                } else if ratio < 0.25 {
                    quartered += 1;
                    0.25 * radius.min(length)
                } else {
                    kept += usize::from(at_boundary);
                    radius
                };
                assert!((memory / expected - 1.0).abs() < 1e-9, "{ratio} {radius} {length}: {memory}");
            }
        }
    }
    println!(
        "{doubled} doubled, {kept} kept, {quartered} quartered, {rejected} rejected, {cut} cut at the exit"
    );
    assert!(doubled > 3 && kept > 3 && quartered > 2 && rejected > 2);
    Ok(())
}

/// Second derivatives in another coordinate, against differences of the first.
#[test]
fn second_derivatives_follow_the_coordinate() -> Result<()> {
    let f = Function::new(|x| (0.7 * x[0]).sin(), |x| array![0.7 * (0.7 * x[0]).cos()])
        .with_second(|x, v| array![-0.49 * (0.7 * x[0]).sin() * v[0]]);
    let chart = Reparametrised::new(Curve::new(arc::Poisson), Reparametrisation::power(3.0)?)?;
    let f = chart.objective(&f);
    let at = |x: f64| Point::unchecked(array![x]);
    let (x, h) = (2.7, 1e-4);
    let second = f.second_partials(&at(x), &Tangent::unchecked(array![1.3]))?.unwrap().values()[0];
    let slope = (f.partials(&at(x + h))?.values()[0] - f.partials(&at(x - h))?.values()[0]) / (2.0 * h);
    assert!((second / (1.3 * slope) - 1.0).abs() < 1e-7, "{second} {slope}");
    Ok(())
}

/// Odds are multiplied by exp(-h Δ∂f/N): with N = 7 and h = 7 ln 3 those of 1 : 1 become 3 : 1.
#[test]
fn exponentiated_gradient_divides_by_the_trials() -> Result<()> {
    let s = Simplex::multinomial(2, 7)?;
    let p = s.point(array![0.5, 0.5])?;
    let q = exponentiated_gradient(&s, &p, &[0.0, 1.0].into(), 7.0 * 3f64.ln())?;
    assert!((q.values()[0] - 0.75).abs() < 1e-15, "{q:?}");
    Ok(())
}

/// A large change of the cost is none to stop at, whichever way it goes.
#[test]
fn a_falling_cost_is_a_change() -> Result<()> {
    let (s, f) = (simplex(), kl_to(array![0.3, 0.25, 0.2, 0.15, 0.1]));
    let method = GradientDescent { rule: StepRule::Fixed(0.1) };
    let until = Criterion::CostChange(1e-12) | Criterion::Iterations(10);
    let report = method.minimize(&Problem::new(&s, &f), &start(), &until)?;
    assert_eq!(report.iterations(), 10, "{report}");
    Ok(())
}
