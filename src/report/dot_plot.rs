use crate::report::drawing::{page, text};
use crate::report::number::trimmed;
use crate::report::{Format, Svg};
use crate::{Error, Result, check};

/// A number with its interval, as a [`DotPlot`] shows it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Dot {
    /// Where the dot is.
    pub value: f64,
    /// The bar reaches so far to either side; no bar if there is no interval.
    pub half_width: Option<f64>,
    /// 0: hollow and grey; 1: filled and pale; 2: filled and dark. What it stands for is for the note to say.
    pub strength: u8,
}

/// Numbers with intervals, one row per name and one panel per column, around a line at zero.
///
/// A value far beyond the others would press them against the line: an axis ends at 1.6 times the third quartile of the
/// sizes of all ends of bars, and what lies beyond is an arrow at the edge. The numbers are written beside every dot.
///
/// # Example
/// ```
/// use natgrad::report::{Dot, DotPlot};
/// let mut plot = DotPlot::new("Differences", ["digits", "words"]);
/// plot.heading("without").row("clip", [Some(Dot { value: 0.2, half_width: Some(0.1), strength: 2 }), None])?;
/// let svg = plot.note("bars: 95 % intervals").render()?;
/// assert_eq!(svg.caption(), "Differences: 1 row, panels digits, words; bars: 95 % intervals");
/// assert!(svg.markup().contains("0.200 ± 0.100"));
/// # Ok::<(), natgrad::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct DotPlot {
    title: String,
    panels: Vec<String>,
    rows: Vec<Row>,
    notes: Vec<String>,
}

#[derive(Debug, Clone, PartialEq)]
enum Row {
    Heading(String),
    Dots(String, Vec<Option<Dot>>),
}

const LEFT: f64 = 262.0;
const PANEL: f64 = 205.0;
const NUMBERS: f64 = 145.0;
const TOP: f64 = 88.0;
const PITCH: f64 = 23.0;
const COLOURS: [&str; 3] = ["#888888", "#56b4e9", "#0072b2"];

impl DotPlot {
    /// An empty plot with panels of these names; write the units into them.
    pub fn new<S: Into<String>>(title: impl Into<String>, panels: impl IntoIterator<Item = S>) -> Self {
        let panels = panels.into_iter().map(Into::into).collect();
        DotPlot { title: title.into(), panels, rows: Vec::new(), notes: Vec::new() }
    }

    /// A line of words between rows.
    pub fn heading(&mut self, words: impl Into<String>) -> &mut Self {
        self.rows.push(Row::Heading(words.into()));
        self
    }

    /// A row, one dot per panel or nothing there.
    ///
    /// # Errors
    /// [`Error::Shape`] unless there is one entry per panel; [`Error::NonFinite`] for a number that has no place.
    pub fn row(
        &mut self,
        name: impl Into<String>,
        dots: impl IntoIterator<Item = Option<Dot>>,
    ) -> Result<&mut Self> {
        let dots: Vec<Option<Dot>> = dots.into_iter().collect();
        check::shape("row of the plot", &[self.panels.len()], &[dots.len()])?;
        let numbers = dots.iter().flatten().flat_map(|dot| [dot.value, dot.half_width.unwrap_or(0.0)]);
        check::finite("row of the plot", &numbers.collect::<ndarray::Array1<f64>>())?;
        self.rows.push(Row::Dots(name.into(), dots));
        Ok(self)
    }

    /// A line below the plot.
    pub fn note(&mut self, words: impl Into<String>) -> &mut Self {
        self.notes.push(words.into());
        self
    }

    /// The figure.
    ///
    /// # Errors
    /// [`Error::Empty`] without a row.
    pub fn render(&self) -> Result<Svg> {
        let count = self.rows.iter().filter(|row| matches!(row, Row::Dots(..))).count();
        if count == 0 || self.panels.is_empty() {
            return Err(Error::Empty { quantity: "plot" });
        }
        let bottom = TOP + PITCH * self.rows.len() as f64;
        let width = LEFT + self.panels.len() as f64 * (PANEL + NUMBERS);
        let height = bottom + 20.0 + 16.0 * self.notes.len() as f64;
        let mut body = text(16.0, 28.0, "start", 17, &self.title);
        for (k, row) in self.rows.iter().enumerate() {
            let y = TOP + PITCH * (k as f64 + 0.5);
            body += &match row {
                Row::Heading(words) => text(12.0, y + 5.0, "start", 13, words),
                Row::Dots(name, _) => {
                    let band = format!(
                        "<rect x=\"8\" y=\"{:.1}\" width=\"{:.1}\" height=\"{:.1}\" fill=\"#f5f5f5\"/>",
                        y - PITCH / 2.0 + 1.0,
                        width - 16.0,
                        PITCH - 2.0
                    );
                    band + &text(24.0, y + 4.0, "start", 13, name)
                }
            };
        }
        for (k, name) in self.panels.iter().enumerate() {
            let scale = Scale::new(LEFT + k as f64 * (PANEL + NUMBERS), self.column(k));
            body += &text(scale.left, 56.0, "start", 14, name);
            body += &scale.frame(bottom);
            for (place, row) in self.rows.iter().enumerate() {
                if let Row::Dots(_, dots) = row
                    && let Some(Some(dot)) = dots.get(k)
                {
                    body += &scale.dot(TOP + PITCH * (place as f64 + 0.5), *dot);
                }
            }
        }
        for (k, note) in self.notes.iter().enumerate() {
            body += &text(16.0, bottom + 22.0 + 16.0 * k as f64, "start", 11, note);
        }
        let rows = if count == 1 { "1 row".to_owned() } else { format!("{count} rows") };
        let mut caption = format!("{}: {rows}, panels {}", self.title, self.panels.join(", "));
        for note in &self.notes {
            caption = format!("{caption}; {note}");
        }
        Ok(Svg::new(page((width, height), &caption, &body), caption))
    }

    fn column(&self, panel: usize) -> impl Iterator<Item = Dot> + '_ {
        self.rows.iter().filter_map(move |row| match row {
            Row::Dots(_, dots) => dots.get(panel).copied().flatten(),
            Row::Heading(_) => None,
        })
    }
}

/// One panel: how a number becomes a place.
struct Scale {
    left: f64,
    low: f64,
    high: f64,
    digits: usize,
}

impl Scale {
    fn new(left: f64, dots: impl Iterator<Item = Dot>) -> Self {
        let ends = |dot: Dot| {
            let half = dot.half_width.unwrap_or(0.0).abs();
            [dot.value - half, dot.value + half]
        };
        let ends: Vec<f64> = dots.flat_map(ends).collect();
        let mut sizes: Vec<f64> = ends.iter().map(|end| end.abs()).collect();
        sizes.sort_by(f64::total_cmp);
        let bound = 1.6 * sizes.get(3 * sizes.len() / 4).copied().unwrap_or(1.0);
        let bound = if bound > 0.0 { bound } else { sizes.last().copied().unwrap_or(0.0).max(1e-300) };
        let low = ends.iter().copied().fold(0.0, f64::min).max(-bound);
        let high = ends.iter().copied().fold(0.0, f64::max).min(bound);
        let room = 0.06 * (high - low).max(1e-300);
        // Three significant digits of the largest number on the axis, and not more than make sense.
        let digits = (2.0 - bound.log10().floor()).clamp(0.0, 6.0) as usize;
        Scale { left, low: low - room, high: high + room, digits }
    }

    fn x(&self, value: f64) -> f64 {
        self.left + PANEL * ((value - self.low) / (self.high - self.low)).clamp(0.0, 1.0)
    }

    fn frame(&self, bottom: f64) -> String {
        let rough = (self.high - self.low) / 4.0;
        let power = 10f64.powf(rough.log10().floor());
        let step = [1.0, 2.0, 5.0, 10.0].into_iter().find(|m| m * power >= rough).unwrap_or(10.0) * power;
        let (first, last) = ((self.low / step).ceil() as i32, (self.high / step).floor() as i32);
        let mut drawn = String::new();
        for k in first..=last {
            let x = self.x(f64::from(k) * step);
            let (colour, width) = if k == 0 { ("#222222", 1.2) } else { ("#d8d8d8", 1.0) };
            drawn += &line([x, TOP - 6.0, x, bottom], colour, width);
            let shown = Format::Significant(2).show(f64::from(k) * step);
            drawn += &text(x, TOP - 11.0, "middle", 11, &trimmed(&shown).replace('-', "−"));
        }
        drawn
    }

    fn dot(&self, y: f64, dot: Dot) -> String {
        let colour = COLOURS[usize::from(dot.strength.min(2))];
        let half = dot.half_width.unwrap_or(0.0);
        let x = self.x(dot.value);
        let mut drawn = line([self.x(dot.value - half), y, self.x(dot.value + half), y], colour, 2.5);
        if dot.value < self.low || dot.value > self.high {
            let tip = if dot.value < self.low { -8.0 } else { 8.0 };
            drawn +=
                &format!("<path d=\"M{:.1} {y:.1}l{:.1} -5v10z\" fill=\"{colour}\"/>", x + tip / 2.0, -tip);
        } else {
            let fill = if dot.strength == 0 { "#ffffff" } else { colour };
            drawn += &format!(
                "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"4.2\" fill=\"{fill}\" stroke=\"{colour}\" \
                 stroke-width=\"1.6\"/>"
            );
        }
        let digits = self.digits;
        let value = Format::Fixed(digits).show(dot.value).replace('-', "−");
        let shown = match dot.half_width {
            Some(half) => format!("{value} ± {half:.digits$}"),
            None => value,
        };
        drawn + &text(self.left + PANEL + 12.0, y + 4.0, "start", 12, &shown)
    }
}

fn line([x1, y1, x2, y2]: [f64; 4], colour: &str, width: f64) -> String {
    format!(
        "<path d=\"M{x1:.1} {y1:.1}L{x2:.1} {y2:.1}\" stroke=\"{colour}\" stroke-width=\"{width}\" fill=\"none\"/>"
    )
}
