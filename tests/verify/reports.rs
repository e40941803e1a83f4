//! What a report says, and that it can be drawn.

use super::functions::simplex;
use natgrad::manifold::{Cotangent, Manifold, Point};
use natgrad::verify::{Report, Sweep, check_gradient};

fn report(factor: f64) -> Report {
    let (m, p, v, _) = simplex();
    let f = |p: &Point| Ok(p.values().mapv(|p| p * p.ln()).sum());
    let partials = |p: &Point| Ok(Cotangent::new(p.values().mapv(|p| factor * p.ln())));
    check_gradient(&m, &p, &v, f, partials, Sweep::default())
}

#[test]
fn text_says_slope_coefficient_window_and_reason() {
    let right = report(1.0).to_string();
    assert!(right.starts_with("gradient on the probability simplex (3 outcomes): passed\n"), "{right}");
    assert!(right.contains("slope 1.99") && right.contains("slope ≥ 2") && right.contains(" ✓ "), "{right}");
    assert!(right.contains("error ≈ 0.201") && right.contains("t²; window 1.0e-4 to "), "{right}");
    let wrong = report(2.0).to_string();
    assert!(wrong.contains(": failed\n") && wrong.contains(" ✗ "), "{wrong}");
    assert!(wrong.contains("the slope is 0.993") && wrong.contains("and 2 is required"), "{wrong}");
    assert_eq!(report(2.0).table().rows().len(), 2);
}

#[test]
fn pictures_are_drawn_and_say_the_verdict() {
    let svg = report(2.0).svg().expect("drawn");
    assert!(
        svg.markup().contains(": failed") && svg.markup().contains("required slope 2"),
        "{}",
        svg.caption()
    );
    assert!(svg.caption().contains("the slope is 0.993"), "{}", svg.caption());
    assert_eq!(report(2.0).svg().expect("drawn"), svg);
    // Nothing to draw where nothing could be evaluated.
    let (m, p, v, _) = simplex();
    let nan = |_: &Point| Ok(f64::NAN);
    let gradient = |_: &Point| m.gradient(&p, p.values().to_owned());
    assert!(check_gradient(&m, &p, &v, nan, gradient, Sweep::default()).svg().is_err());
}

#[test]
fn exact_curves_are_drawn_at_the_floor() {
    let (m, p, v, _) = simplex();
    let f = |p: &Point| Ok(p.values().sum());
    let zero = |_: &Point| Ok(Cotangent::from([0.0; 3]));
    let report = check_gradient(&m, &p, &v, f, zero, Sweep::default());
    assert!(report.to_string().contains("rounding only"), "{report}");
    assert!(report.svg().is_ok());
}
