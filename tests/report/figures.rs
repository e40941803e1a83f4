use natgrad::Error;
use natgrad::ndarray::{Array2, array};
use natgrad::report::{ColourScale, Curves, Heatmap};

#[test]
fn colours_are_symmetric_about_zero() {
    let svg = Heatmap::new(array![[2.0, -2.0], [0.0, 1.0]].view()).render().expect("drawn");
    let markup = svg.markup();
    // The ends of the scale, and half its strength (half-way between anchors 7 and 8 of RdBu); white is not drawn.
    assert!(markup.contains("<path fill=\"#67001f\" d=\"M0 0h1v1h-1z\"/>"));
    assert!(markup.contains("<path fill=\"#053061\" d=\"M1 0h1v1h-1z\"/>"));
    assert!(markup.contains("<path fill=\"#e58368\" d=\"M1 1h1v1h-1z\"/>"));
    assert_eq!(svg.caption(), "2 × 2, largest size 2");
}

#[test]
fn a_logarithmic_scale_reaches_down_its_decades() {
    let x = array![[1.0, 1e-2, 1e-4, 1e-5]];
    let scale = ColourScale::Logarithmic { decades: 4.0 };
    let svg = Heatmap::new(x.view()).scale(scale).render().expect("drawn");
    assert!(svg.markup().contains("<path fill=\"#67001f\" d=\"M0 0h1v1h-1z\"/>"));
    assert!(svg.markup().contains("<path fill=\"#e58368\" d=\"M1 0h1v1h-1z\"/>"));
    assert!(!svg.markup().contains("d=\"M2 0") && !svg.markup().contains("d=\"M3 0"));
    assert!(svg.caption().ends_with("logarithmic colours over 4 decades"));
}

#[test]
fn a_large_matrix_keeps_its_largest_entries_and_says_so() {
    let mut x = Array2::<f32>::zeros((521, 300));
    x[[520, 299]] = -7.0;
    x[[0, 1]] = 3.5;
    let svg = Heatmap::new(x.view()).render().expect("drawn");
    let caption = "521 × 300, largest size 7; each cell shows the entry of largest size in a patch of 3 × 3";
    assert_eq!(svg.caption(), caption);
    assert!(svg.markup().contains("<path fill=\"#053061\" d=\"M99 173h1v1h-1z\"/>"));
    assert!(svg.markup().contains("<path fill=\"#e58368\" d=\"M0 0h1v1h-1z\"/>"));
}

#[test]
fn entries_that_are_not_finite_are_counted() {
    let svg = Heatmap::new(array![[1.0, f64::NAN], [f64::INFINITY, 1.0]].view()).render().expect("drawn");
    assert!(svg.caption().ends_with("; 2 entries are not finite (olive)"));
    assert!(Heatmap::new(array![[f64::NAN, f64::NAN]].view()).render().is_ok());
    assert!(Heatmap::new(Array2::<f64>::zeros((3, 3)).view()).render().is_ok());
}

#[test]
fn blocks_are_named_and_must_fit() {
    let x = Array2::<f64>::eye(10);
    let named = Heatmap::new(x.view()).blocks([("a<b", 7), ("", 0), ("c", 3)]).render().expect("drawn");
    assert!(named.markup().contains(">a&lt;b</text>") && !named.markup().contains("a<b"));
    let error = Heatmap::new(x.view()).blocks([("a", 7), ("b", 2)]).render().expect_err("refused");
    assert_eq!(error.to_string(), "matrix with blocks has shape [10, 10]; expected [9, 9]");
    let error = Heatmap::new(Array2::<f64>::zeros((0, 3)).view()).render().expect_err("refused");
    assert_eq!(error, Error::Empty { quantity: "matrix" });
}

#[test]
fn curves_say_what_they_hide() {
    let mut curves = Curves::new("t", "step", "loss [nats]");
    curves.series("a <b>", &[1.0, 2.0, 3.0, 4.0], &[1.0, 0.0, f64::NAN, 8.0]).expect("a curve");
    curves.series("c", &[1.0, 2.0], &[0.5, 0.25]).expect("a curve");
    curves.band(&[0.4, 0.2], &[0.6, 0.3]).expect("a band");
    let caption = |curves: &Curves| curves.render().expect("drawn").caption().to_owned();
    let base = "t: loss [nats] against step, 2 curves";
    assert_eq!(caption(&curves), format!("{base}; 1 points cannot be shown on these axes"));
    assert_eq!(caption(curves.logarithmic_y()), format!("{base}; 2 points cannot be shown on these axes"));
    let markup = curves.render().expect("drawn").markup().to_owned();
    assert!(markup.starts_with("<svg ") && markup.ends_with("</svg>"));
    assert!(markup.contains("a &lt;b&gt;") && markup.contains("loss [nats]"));
    for outside in ["<style", "<use", "foreignObject", "id="] {
        assert!(!markup.contains(outside), "{outside}");
    }
}

#[test]
fn curves_with_strange_numbers_are_drawn() {
    for (x, y) in [
        (vec![1.0], vec![1.0]),
        (vec![0.0, 0.0], vec![f64::NAN, f64::NAN]),
        (vec![-1e299, 1e299], vec![f64::MAX, f64::MIN]),
        (vec![1e-310, 2e-310], vec![5e-324, 1e-323]),
        (vec![1e15, 1e15 + 1.0], vec![-0.0, 0.0]),
    ] {
        let mut curves = Curves::new("", "x", "y");
        // From the eighth on they are dashed.
        for _ in 0..9 {
            curves.series("", &x, &y).expect("a curve").band(&y, &y).expect("a band");
        }
        assert!(curves.render().is_ok());
        assert!(curves.logarithmic_x().logarithmic_y().render().is_ok());
    }
}

/// As many curves as there are methods: no name below the figure.
#[test]
fn the_names_of_many_curves_have_room() {
    let mut curves = Curves::new("t", "x", "y");
    for k in 0..28 {
        curves.series(format!("m{k}"), &[0.0, 1.0], &[1.0, f64::from(k)]).expect("a curve");
    }
    let svg = curves.render().expect("drawn");
    let attribute = |tag: &str, name: &str| -> Option<String> {
        let from = tag.find(&format!(" {name}=\""))? + name.len() + 3;
        tag[from..].split('"').next().map(str::to_owned)
    };
    let figure = svg.markup().split('>').next().expect("a figure");
    let height: f64 = attribute(figure, "height").expect("a height").parse().expect("a number");
    // Names are drawn in tenths of a pixel.
    let mut lowest = 0.0f64;
    for tag in svg.markup().split('<').filter(|tag| tag.starts_with("text")) {
        let y: f64 = attribute(tag, "y").expect("a place").parse().expect("a number");
        lowest = lowest.max(y / 10.0);
    }
    assert!(lowest > 560.0 && lowest + 7.0 < height, "{lowest} of {height}");
    let few = Curves::new("t", "x", "y").series("a", &[0.0, 1.0], &[1.0, 2.0]).expect("a curve").render();
    assert!(few.expect("drawn").markup().contains("height=\"500\""));
}

#[test]
fn curves_refuse_what_does_not_fit() {
    let mut curves = Curves::new("t", "x", "y");
    assert_eq!(curves.render().expect_err("refused"), Error::Empty { quantity: "chart" });
    assert_eq!(curves.band(&[], &[]).expect_err("refused"), Error::Empty { quantity: "chart" });
    assert_eq!(curves.series("a", &[], &[]).expect_err("refused"), Error::Empty { quantity: "curve" });
    let error = curves.series("a", &[1.0, 2.0], &[1.0]).expect_err("refused");
    assert_eq!(error.to_string(), "y of the curve has shape [1]; expected [2]");
}
