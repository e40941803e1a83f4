//! Triangles: corners where they belong, refusals, and the same bytes twice.

use natgrad::Error;
use natgrad::report::{Side, Ternary};

fn circle(markup: &str, number: usize) -> (f64, f64) {
    let part = markup.split("<circle ").nth(number + 1).expect("a circle");
    let read = |key: &str| -> f64 {
        let rest = part.split(key).nth(1).expect("an attribute");
        rest.split('"').next().expect("a number").parse().expect("a number")
    };
    (read("cx=\""), read("cy=\""))
}

#[test]
fn barycentric_coordinates_are_drawn_where_they_belong() {
    let mut triangle = Ternary::new("t", ["a", "b", "c"]);
    let third = 1.0 / 3.0;
    triangle
        .marks(&[[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [third, third, third], [0.5, 0.5, 0.0]])
        .expect("marks");
    let svg = triangle.render().expect("drawn");
    let at: Vec<(f64, f64)> = (0..5).map(|k| circle(svg.markup(), k)).collect();
    let side = |a: (f64, f64), b: (f64, f64)| ((a.0 - b.0).powi(2) + (a.1 - b.1).powi(2)).sqrt();
    // Equilateral, a at the left, b at the right, c on top (y points down); coordinates are rounded to 0.01.
    let length = side(at[0], at[1]);
    assert!(
        (side(at[1], at[2]) / length - 1.0).abs() < 1e-4 && (side(at[2], at[0]) / length - 1.0).abs() < 1e-4
    );
    assert!(at[0].0 < at[2].0 && at[2].0 < at[1].0 && at[2].1 < at[0].1);
    assert!((at[0].1 - at[1].1).abs() < 0.01);
    let centre = ((at[0].0 + at[1].0 + at[2].0) / 3.0, (at[0].1 + at[1].1 + at[2].1) / 3.0);
    assert!(side(centre, at[3]) < 0.02 && (at[4].0 - 0.5 * (at[0].0 + at[1].0)).abs() < 0.02);
    assert_eq!(triangle.render().expect("drawn"), svg);
}

#[test]
fn a_part_of_the_triangle_fills_the_frame_and_hides_the_rest() {
    let mut triangle = Ternary::new("", ["a", "b", "c"]);
    triangle.marks(&[[0.5, 0.25, 0.25], [0.9, 0.05, 0.05]]).expect("marks");
    triangle.from([0.0, 0.2, 0.2]).expect("a part");
    let markup = triangle.render().expect("drawn").markup().to_owned();
    assert_eq!(markup.matches("<circle").count(), 1);
    let mut whole = Ternary::new("", ["a", "b", "c"]);
    // (0.5, 0.25, 0.25) in the part is (0.5/0.6, 0.05/0.6, 0.05/0.6) in the whole.
    whole.marks(&[[0.5 / 0.6, 0.05 / 0.6, 0.05 / 0.6]]).expect("marks");
    assert_eq!(circle(&markup, 0), circle(whole.render().expect("drawn").markup(), 0));
    assert!(triangle.from([0.5, 0.5, 0.0]).is_err() && triangle.from([f64::NAN, 0.0, 0.0]).is_err());
}

#[test]
fn text_stays_text_and_captions_count() {
    let mut triangle = Ternary::new("a <b>", ["x", "y", "z"]);
    let points = [[0.2, 0.3, 0.5], [0.1, 0.6, 0.3]];
    triangle.curve("first", &points).expect("a curve").dashed();
    triangle.curve("a name that is much longer than its place", &points).expect("a curve");
    triangle.label("p & q", points[0], Side::Above).expect("a label").note("a note");
    let svg = triangle.render().expect("drawn");
    assert!(svg.markup().contains("a &lt;b&gt;") && svg.markup().contains("p &amp; q"));
    assert!(svg.markup().contains("stroke-dasharray") && svg.markup().contains("a name that is much lon…"));
    assert!(svg.caption().contains("corners x, y, z; 2 curves: first, a name"), "{}", svg.caption());
    for outside in ["<style", "<use", "foreignObject", "id="] {
        assert!(!svg.markup().contains(outside), "{outside}");
    }
}

#[test]
fn what_is_no_distribution_is_refused() {
    let mut triangle = Ternary::new("t", ["a", "b", "c"]);
    assert_eq!(triangle.render().expect_err("refused"), Error::Empty { quantity: "triangle" });
    assert!(triangle.curve("", &[]).is_err());
    let error = triangle.marks(&[[0.5, 0.5, 0.0], [0.5, -0.1, 0.6]]).expect_err("refused");
    assert!(error.to_string().contains("[4] = -0.1"), "{error}");
    for bad in [[f64::NAN, 0.5, 0.5], [0.5, 0.5, 0.1], [f64::INFINITY, 0.0, 0.0]] {
        assert!(triangle.label("x", bad, Side::Left).is_err(), "{bad:?}");
    }
}
