use natgrad::Error;
use natgrad::report::{Dot, DotPlot};

fn dot(value: f64, half: f64) -> Option<Dot> {
    Some(Dot { value, half_width: Some(half), strength: 2 })
}

#[test]
fn a_dot_is_where_its_number_is() {
    let mut plot = DotPlot::new("t", ["p"]);
    plot.row("low", [dot(-1.0, 0.0)]).unwrap().row("high", [dot(1.0, 0.0)]).unwrap();
    plot.row("zero", [dot(0.0, 0.0)]).unwrap();
    let markup = plot.render().unwrap().markup().to_owned();
    // The axis runs from −1 − 6 % of 2 to 1 + 6 % over 205 units from 262: zero in the middle, ±1 at 1/2.24 of them.
    assert!(markup.contains("<circle cx=\"364.5\""), "{markup}");
    assert!(markup.contains("<circle cx=\"273.0\"") && markup.contains("<circle cx=\"456.0\""));
    assert!(markup.contains("−1.00 ± 0.00"));
}

#[test]
fn a_straggler_is_an_arrow_and_presses_nobody() {
    let mut plot = DotPlot::new("t", ["p"]);
    for value in [0.1, 0.2, 0.3] {
        plot.row("near", [dot(value, 0.05)]).unwrap();
    }
    plot.row("far", [dot(1000.0, 1.0)]).unwrap();
    let far = plot.render().unwrap().markup().to_owned();
    // Sizes of the eight ends, in order: 0.05 … 0.35, 999, 1001; the third quartile is 999, so this one still counts …
    assert!(far.matches("<circle").count() >= 3);
    for value in [0.1, 0.2, 0.3, 0.25] {
        plot.row("near", [dot(value, 0.05)]).unwrap();
    }
    // … and among eight rows it does not.
    let markup = plot.render().unwrap().markup().to_owned();
    assert_eq!((markup.matches("<circle").count(), markup.matches("v10z").count()), (7, 1));
    assert!(markup.contains("1000.000 ± 1.000"));
}

#[test]
fn strange_numbers_and_empty_panels_are_drawn_or_refused() {
    let mut plot = DotPlot::new("a <b>", ["p", "q"]);
    assert_eq!(plot.render().unwrap_err(), Error::Empty { quantity: "plot" });
    plot.heading("only words");
    assert_eq!(plot.render().unwrap_err(), Error::Empty { quantity: "plot" });
    let error = plot.row("x", [None]).unwrap_err();
    assert_eq!(error.to_string(), "row of the plot has shape [1]; expected [2]");
    assert!(matches!(plot.row("x", [dot(f64::NAN, 0.0), None]), Err(Error::NonFinite { .. })));
    plot.row("equal", [dot(0.0, 0.0), None]).unwrap();
    let svg = plot.render().unwrap();
    assert!(svg.markup().contains("a &lt;b&gt;") && !svg.markup().contains("NaN"));
    assert_eq!(svg.caption(), "a <b>: 1 row, panels p, q");
    for outside in ["<style", "<use", "foreignObject", "id="] {
        assert!(!svg.markup().contains(outside), "{outside}");
    }
}
