//! Pieces of SVG (private).

use crate::report::Format;
use crate::report::colour::{ColourScale, STEPS, colour};
use crate::report::markup::escape;
use crate::report::number::trimmed;

/// The outline of a rectangle.
pub(crate) fn frame(left: f64, top: f64, width: f64, height: f64) -> String {
    format!(
        "<rect x=\"{left:.2}\" y=\"{top:.2}\" width=\"{width:.2}\" height=\"{height:.2}\" fill=\"none\" \
         stroke=\"#555\"/>"
    )
}

/// The colour scale, with numbers beside it.
pub(crate) fn bar(scale: ColourScale, largest: f64, left: f64, top: f64, height: f64) -> String {
    let step = height / f64::from(2 * STEPS + 1);
    let mut drawn = String::from("<g shape-rendering=\"crispEdges\">");
    for level in -STEPS..=STEPS {
        let y = top + f64::from(STEPS - level) * step;
        drawn += &format!(
            "<rect x=\"{left:.2}\" y=\"{y:.2}\" width=\"16\" height=\"{:.2}\" fill=\"{}\"/>",
            step + 0.3,
            colour(level)
        );
    }
    drawn += "</g>";
    drawn += &frame(left, top, 16.0, height);
    let mut marks = if largest > 0.0 { scale.marks(largest) } else { vec![0.0] };
    let negative: Vec<f64> = marks.iter().filter(|x| **x > 0.0).map(|x| -x).collect();
    marks.extend(negative);
    for mark in marks {
        let y = top + height / 2.0 * (1.0 - scale.strength(mark, largest));
        drawn += &format!("<path d=\"M{:.2} {y:.2}h5\" stroke=\"#555\" fill=\"none\"/>", left + 16.0);
        drawn += &text(left + 25.0, y + 4.0, "start", 11, &trimmed(&Format::Significant(3).show(mark)));
    }
    drawn
}

/// A line of text, anchored at `start`, `middle` or `end`.
pub(crate) fn text(x: f64, y: f64, anchor: &str, size: u32, content: &str) -> String {
    format!(
        "<text x=\"{x:.2}\" y=\"{y:.2}\" text-anchor=\"{anchor}\" font-family=\"sans-serif\" font-size=\"{size}\" \
         fill=\"#222\">{}</text>",
        escape(content)
    )
}

/// The whole figure on white, with a description for those who cannot see it.
pub(crate) fn page((width, height): (f64, f64), caption: &str, body: &str) -> String {
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:.0}\" height=\"{height:.0}\" \
         viewBox=\"0 0 {width:.0} {height:.0}\" role=\"img\"><title>{}</title>\
         <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>{body}</svg>",
        escape(caption)
    )
}
