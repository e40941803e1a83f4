use crate::report::Svg;
use crate::report::axis::Axis;
use crate::report::markup::plain;
use crate::report::series::{Series, Stroke};
use crate::{Error, Result, check};
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

const SIZE: (u32, u32) = (800, 500);
/// Units per pixel: the drawing library rounds to whole units, and lines rounded to pixels wobble.
const FINE: u32 = 10;

type Drawn = std::result::Result<(), Box<dyn std::error::Error + Send + Sync>>;

/// Named curves over a common axis, with bands where there is a spread.
///
/// Points that are not finite, or not positive on a logarithmic axis, leave a gap, and the caption counts them.
/// From the eighth curve on the colours repeat, in another pattern of dashes every seven curves.
///
/// # Example
/// ```
/// use natgrad::report::Curves;
/// let mut curves = Curves::new("Held-out loss", "step", "loss [nats]");
/// curves.series("FAdam", &[0.0, 1.0, 2.0], &[2.3, 0.9, 0.4])?;
/// curves.band(&[2.2, 0.8, 0.3], &[2.4, 1.0, 0.5])?;
/// let svg = curves.logarithmic_y().render()?;
/// assert_eq!(svg.caption(), "Held-out loss: loss [nats] against step, one curve");
/// # Ok::<(), natgrad::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Curves {
    title: String,
    x_label: String,
    y_label: String,
    x_logarithmic: bool,
    y_logarithmic: bool,
    series: Vec<Series>,
}

impl Curves {
    /// An empty chart; write the units into the labels.
    pub fn new(title: impl Into<String>, x_label: impl Into<String>, y_label: impl Into<String>) -> Self {
        Curves {
            title: title.into(),
            x_label: x_label.into(),
            y_label: y_label.into(),
            x_logarithmic: false,
            y_logarithmic: false,
            series: Vec::new(),
        }
    }

    /// Adds a curve.
    ///
    /// # Errors
    /// [`Error::Empty`] without points; [`Error::Shape`] unless every x has its y.
    pub fn series(&mut self, name: impl Into<String>, x: &[f64], y: &[f64]) -> Result<&mut Self> {
        if x.is_empty() {
            return Err(Error::Empty { quantity: "curve" });
        }
        check::shape("y of the curve", &[x.len()], &[y.len()])?;
        self.series.push(Series {
            name: name.into(),
            x: x.to_vec(),
            y: y.to_vec(),
            band: None,
            colour: None,
            stroke: Stroke::Line,
        });
        Ok(self)
    }

    /// Adds a band to the curve added last: for example minimum and maximum over seeds.
    ///
    /// # Errors
    /// [`Error::Empty`] without a curve; [`Error::Shape`] unless every point has its bounds.
    pub fn band(&mut self, low: &[f64], high: &[f64]) -> Result<&mut Self> {
        let Some(series) = self.series.last_mut() else {
            return Err(Error::Empty { quantity: "chart" });
        };
        check::shape("lower bound of the band", &[series.x.len()], &[low.len()])?;
        check::shape("upper bound of the band", &[series.x.len()], &[high.len()])?;
        series.band = Some((low.to_vec(), high.to_vec()));
        Ok(self)
    }

    /// Gives the curve added last the colour of the curve of this number (from 0), for what belongs to it.
    pub fn colour(&mut self, number: usize) -> &mut Self {
        if let Some(series) = self.series.last_mut() {
            series.colour = Some(number);
        }
        self
    }

    /// Draws the curve added last dashed: a reference, not a result.
    pub fn dashed(&mut self) -> &mut Self {
        if let Some(series) = self.series.last_mut() {
            series.stroke = Stroke::Dashed;
        }
        self
    }

    /// Draws the curve added last as separate points.
    pub fn points(&mut self) -> &mut Self {
        if let Some(series) = self.series.last_mut() {
            series.stroke = Stroke::Points;
        }
        self
    }

    /// Makes the horizontal axis logarithmic.
    pub fn logarithmic_x(&mut self) -> &mut Self {
        self.x_logarithmic = true;
        self
    }

    /// Makes the vertical axis logarithmic.
    pub fn logarithmic_y(&mut self) -> &mut Self {
        self.y_logarithmic = true;
        self
    }

    /// Draws the chart, 800 × 500; higher if the names of many curves need it.
    ///
    /// # Errors
    /// [`Error::Empty`] without a curve; [`Error::Unsupported`] if the drawing library refuses.
    pub fn render(&self) -> Result<Svg> {
        if self.series.is_empty() {
            return Err(Error::Empty { quantity: "chart" });
        }
        let mut markup = String::new();
        {
            let size = (FINE * SIZE.0, FINE * self.height());
            let root = SVGBackend::with_string(&mut markup, size).into_drawing_area();
            self.draw(&root).map_err(|_| Error::Unsupported {
                what: "chart",
                reason: "the drawing library could not place it",
            })?;
        }
        // The first is that of the figure.
        let fine = format!("width=\"{}\" height=\"{}\"", FINE * SIZE.0, FINE * self.height());
        let shown = format!("width=\"{}\" height=\"{}\"", SIZE.0, self.height());
        Ok(Svg::new(markup.trim_end().replacen(&fine, &shown, 1), self.caption()))
    }

    fn caption(&self) -> String {
        let number = match self.series.len() {
            1 => "one curve".to_owned(),
            count => format!("{count} curves"),
        };
        let title = if self.title.is_empty() { String::new() } else { format!("{}: ", self.title) };
        let caption = format!("{title}{} against {}, {number}", self.y_label, self.x_label);
        let hidden = |series: &Series| series.points(&self.axes()).filter(Option::is_none).count();
        match self.series.iter().map(hidden).sum::<usize>() {
            0 => caption,
            count => format!("{caption}; {count} points cannot be shown on these axes"),
        }
    }

    fn axes(&self) -> (Axis, Axis) {
        let x = self.series.iter().flat_map(|series| &series.x).copied();
        let y = self.series.iter().flat_map(|series| {
            let band = series.band.iter().flat_map(|(low, high)| low.iter().chain(high));
            series.y.iter().chain(band).copied()
        });
        (Axis::around(x, self.x_logarithmic, 0.0), Axis::around(y, self.y_logarithmic, 0.05))
    }

    fn draw(&self, root: &DrawingArea<SVGBackend<'_>, Shift>) -> Drawn {
        let axes = self.axes();
        root.fill(&WHITE)?;
        let mut chart = ChartBuilder::on(root)
            .margin(14 * FINE)
            .margin_top(46 * FINE)
            .margin_right((self.legend_width() + 14) * FINE as i32)
            .x_label_area_size(46 * FINE)
            .y_label_area_size(72 * FINE)
            .build_cartesian_2d(axes.0.clone(), axes.1.clone())?;
        chart
            .configure_mesh()
            .max_light_lines(0)
            .bold_line_style(RGBColor(224, 224, 224).stroke_width(FINE))
            .axis_style(RGBColor(90, 90, 90).stroke_width(FINE))
            .set_all_tick_mark_size(5 * FINE)
            .x_desc(plain(&self.x_label))
            .y_desc(plain(&self.y_label))
            .axis_desc_style(("sans-serif", 15 * FINE))
            .label_style(("sans-serif", 13 * FINE))
            .x_labels(8)
            .y_labels(8)
            .draw()?;
        for (k, series) in self.series.iter().enumerate() {
            let colour = series.palette(k);
            for outline in series.outlines(&axes) {
                chart.draw_series(std::iter::once(Polygon::new(outline, colour.mix(0.18).filled())))?;
            }
        }
        for (k, series) in self.series.iter().enumerate() {
            let colour = series.palette(k);
            let style = colour.stroke_width(series.width() * FINE);
            let points: Vec<Option<(f64, f64)>> = series.points(&axes).collect();
            for piece in points.split(Option::is_none).filter(|piece| !piece.is_empty()) {
                let piece: Vec<(f64, f64)> = piece.iter().copied().flatten().collect();
                if piece.len() == 1 || series.stroke == Stroke::Points {
                    let dot = |point| Circle::new(point, 3 * FINE as i32, colour.filled());
                    chart.draw_series(piece.into_iter().map(dot))?;
                } else if let Some((dash, gap)) = series.dashes(k) {
                    chart.draw_series(DashedLineSeries::new(piece, dash * FINE, gap * FINE, style))?;
                } else {
                    chart.draw_series(LineSeries::new(piece, style))?;
                }
            }
        }
        self.heading(root)?;
        self.legend(root)?;
        root.present()?;
        Ok(())
    }

    /// The title, over the middle of the plot, or from the left edge if it is longer than the plot.
    fn heading(&self, root: &DrawingArea<SVGBackend<'_>, Shift>) -> Drawn {
        let title = plain(&self.title);
        let middle = (86 + SIZE.0 as i32 - self.legend_width() - 14) / 2;
        // A letter of this font is about nine pixels wide.
        let fits = 9 * title.chars().count() as i32 / 2 < middle - 14;
        let (left, side) = if fits { (middle, HPos::Center) } else { (14, HPos::Left) };
        let font = ("sans-serif", 20 * FINE).into_text_style(root).pos(Pos::new(side, VPos::Center));
        root.draw(&Text::new(title, (left * FINE as i32, 25 * FINE as i32), font))?;
        Ok(())
    }

    /// Names beside the chart, where they hide no curve; none for a single curve without a name.
    fn legend(&self, root: &DrawingArea<SVGBackend<'_>, Shift>) -> Drawn {
        let left = SIZE.0 as i32 - self.legend_width();
        let at = |x: i32, y: i32| (x * FINE as i32, y * FINE as i32);
        for (k, series) in self.series.iter().enumerate().filter(|(_, series)| !series.name.is_empty()) {
            let y = 52 + 20 * k as i32;
            let colour = series.palette(k);
            let strokes: Vec<[i32; 2]> = match (series.stroke, series.dashes(k)) {
                (Stroke::Points, _) => Vec::new(),
                (_, None) => vec![[0, 21]],
                (_, Some((dash, gap))) => {
                    let starts = (0..21).step_by((dash + gap) as usize);
                    starts.map(|x| [x, (x + dash as i32).min(21)]).collect()
                }
            };
            for stroke in strokes {
                let style = colour.stroke_width(series.width() * FINE);
                root.draw(&PathElement::new(stroke.map(|x| at(left + x, y)), style))?;
            }
            if series.stroke == Stroke::Points {
                for x in [3, 11, 19] {
                    root.draw(&Circle::new(at(left + x, y), 3 * FINE as i32, colour.filled()))?;
                }
            }
            let font =
                ("sans-serif", 14 * FINE).into_text_style(root).pos(Pos::new(HPos::Left, VPos::Center));
            root.draw(&Text::new(series.shown_name(), at(left + 28, y), font))?;
        }
        Ok(())
    }

    fn height(&self) -> u32 {
        SIZE.1.max(52 + 20 * self.series.len() as u32)
    }

    fn legend_width(&self) -> i32 {
        match self.series.iter().map(|series| series.shown_name().chars().count()).max() {
            None | Some(0) => 26,
            Some(longest) => 40 + 7 * longest as i32,
        }
    }
}
