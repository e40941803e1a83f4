use crate::report::Svg;
use crate::report::colour::PALETTE;
use crate::report::drawing::{page, text};
use crate::report::markup::{escape, plain};
use crate::{Error, Result, check};
use std::fmt::Write;

const SIZE: (f64, f64) = (800.0, 640.0);
/// The lower left corner and the side of the triangle.
const CORNER: (f64, f64) = (70.0, 575.0);
const SIDE: f64 = 560.0;
const LEGEND: f64 = 600.0;
/// How far coordinates may sum to something else than one.
const MASS_TOLERANCE: f64 = 1e-9;

/// Where a label stands, seen from its point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Centred above.
    Above,
    /// Centred below.
    Below,
    /// Before.
    Left,
    /// After.
    Right,
}

#[derive(Debug, Clone, PartialEq)]
enum Shape {
    Curve { dashed: bool },
    Marks,
    Label { text: String, side: Side },
}

#[derive(Debug, Clone, PartialEq)]
struct Item {
    shape: Shape,
    name: String,
    colour: usize,
    points: Vec<[f64; 3]>,
}

/// Curves and marks in the triangle of distributions on three outcomes, in barycentric coordinates.
///
/// ```text
/// (p₁, p₂, p₃) is drawn at p₁A + p₂B + p₃C: A at the lower left, B at the lower right, C at the top
/// ```
///
/// Numbers at the left side are p₁, below p₂, at the right p₃; each is read along the line that begins there.
///
/// Points must be probabilities; the boundary belongs to the triangle. Marks take the colour of the curve added last. Lines are
/// drawn in hundredths of a pixel, because geodesics that differ are often a few pixels apart.
///
/// # Example
/// ```
/// use natgrad::report::{Side, Ternary};
/// let mut triangle = Ternary::new("A mixture", ["red", "green", "blue"]);
/// triangle.curve("m-geodesic", &[[0.2, 0.3, 0.5], [0.1, 0.6, 0.3]])?;
/// triangle.marks(&[[0.15, 0.45, 0.4]])?.label("half", [0.15, 0.45, 0.4], Side::Right)?;
/// let svg = triangle.render()?;
/// assert_eq!(svg.caption(), "A mixture: triangle with corners red, green, blue; one curve: m-geodesic");
/// # Ok::<(), natgrad::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Ternary {
    title: String,
    corners: [String; 3],
    items: Vec<Item>,
    view: Option<[f64; 3]>,
    notes: Vec<String>,
}

impl Ternary {
    /// An empty triangle; the corners are where the first, second and third outcome is certain.
    pub fn new(title: impl Into<String>, corners: [impl Into<String>; 3]) -> Self {
        Ternary {
            title: title.into(),
            corners: corners.map(Into::into),
            items: Vec::new(),
            view: None,
            notes: Vec::new(),
        }
    }

    /// Adds a curve through these points, in the next colour.
    ///
    /// # Errors
    /// [`Error::Empty`] without points; [`Error::Domain`] if a coordinate is negative or not finite, [`Error::Setting`] if three do
    /// not sum to one.
    pub fn curve(&mut self, name: impl Into<String>, points: &[[f64; 3]]) -> Result<&mut Self> {
        let colour = self.items.iter().filter(|i| matches!(i.shape, Shape::Curve { .. })).count();
        self.add(Shape::Curve { dashed: false }, name.into(), colour, points)
    }

    /// Draws the curve added last dashed.
    pub fn dashed(&mut self) -> &mut Self {
        if let Some(Item { shape: Shape::Curve { dashed }, .. }) = self.items.last_mut() {
            *dashed = true;
        }
        self
    }

    /// Gives the item added last the colour of the curve of this number (from 0).
    pub fn colour(&mut self, number: usize) -> &mut Self {
        if let Some(item) = self.items.last_mut() {
            item.colour = number;
        }
        self
    }

    /// Adds dots, in the colour of the item added last.
    ///
    /// # Errors
    /// Those of [`curve`](Self::curve).
    pub fn marks(&mut self, points: &[[f64; 3]]) -> Result<&mut Self> {
        let colour = self.items.last().map_or(6, |item| item.colour);
        self.add(Shape::Marks, String::new(), colour, points)
    }

    /// Adds a label beside a point, in the colour of ink.
    ///
    /// # Errors
    /// Those of [`curve`](Self::curve).
    pub fn label(&mut self, label: impl Into<String>, point: [f64; 3], side: Side) -> Result<&mut Self> {
        self.add(Shape::Label { text: label.into(), side }, String::new(), 6, &[point])
    }

    /// Adds a line of text below the legend.
    pub fn note(&mut self, note: impl Into<String>) -> &mut Self {
        self.notes.push(note.into());
        self
    }

    /// Shows only the part of the triangle in which each coordinate is at least this; the sides then are lines of equal
    /// probability.
    ///
    /// # Errors
    /// [`Error::Setting`] unless the three are at least 0 and sum to less than 1.
    pub fn from(&mut self, least: [f64; 3]) -> Result<&mut Self> {
        let sum = least.iter().sum::<f64>();
        let holds = least.iter().all(|x| *x >= 0.0) && sum < 1.0;
        check::setting("sum of the least coordinates", sum, holds, "of numbers ≥ 0, and below 1")?;
        self.view = Some(least);
        Ok(self)
    }

    fn add(&mut self, shape: Shape, name: String, colour: usize, points: &[[f64; 3]]) -> Result<&mut Self> {
        if points.is_empty() {
            return Err(Error::Empty { quantity: "points of the triangle" });
        }
        for (n, point) in points.iter().enumerate() {
            if let Some(k) = point.iter().position(|x| !(0.0..=1.0).contains(x)) {
                return Err(Error::Domain {
                    quantity: "points of the triangle",
                    index: 3 * n + k,
                    value: point[k],
                    requirement: "a probability",
                });
            }
            let sum: f64 = point.iter().sum();
            check::setting("sum of the coordinates", sum, (sum - 1.0).abs() <= MASS_TOLERANCE, "1")?;
        }
        self.items.push(Item { shape, name, colour, points: points.to_vec() });
        Ok(self)
    }

    /// Draws the triangle, 800 × 640.
    ///
    /// # Errors
    /// [`Error::Empty`] if nothing was added.
    pub fn render(&self) -> Result<Svg> {
        if self.items.is_empty() {
            return Err(Error::Empty { quantity: "triangle" });
        }
        let mut body = text(SIZE.0 / 2.0, 32.0, "middle", 20, &plain(&self.title));
        self.frame(&mut body);
        for item in &self.items {
            self.item(&mut body, item);
        }
        self.legend(&mut body);
        let caption = self.caption();
        Ok(Svg::new(page(SIZE, &caption, &body), caption))
    }

    fn caption(&self) -> String {
        let names: Vec<&str> = self
            .items
            .iter()
            .filter(|item| matches!(item.shape, Shape::Curve { .. }) && !item.name.is_empty())
            .map(|item| item.name.as_str())
            .collect();
        let curves = match names.len() {
            0 => String::new(),
            1 => format!("; one curve: {}", names[0]),
            count => format!("; {count} curves: {}", names.join(", ")),
        };
        format!("{}: triangle with corners {}{curves}", self.title, self.corners.join(", "))
    }

    /// Least coordinates, and how much of the whole the view is.
    fn window(&self) -> ([f64; 3], f64) {
        let least = self.view.unwrap_or([0.0; 3]);
        (least, 1.0 - least.iter().sum::<f64>())
    }

    fn place(&self, p: [f64; 3]) -> (f64, f64) {
        let (least, width) = self.window();
        let (b, c) = ((p[1] - least[1]) / width, (p[2] - least[2]) / width);
        (CORNER.0 + SIDE * (b + 0.5 * c), CORNER.1 - SIDE * 0.75f64.sqrt() * c)
    }

    fn inside(&self, p: [f64; 3]) -> bool {
        p.iter().zip(&self.window().0).all(|(p, least)| *p >= least - 1e-12)
    }

    /// The triangle, lines of equal probability, their numbers, and the names of the corners.
    fn frame(&self, body: &mut String) {
        let (least, width) = self.window();
        let corner = |k: usize| {
            let mut p = least;
            p[k] += width;
            p
        };
        let segment = |body: &mut String, a: [f64; 3], b: [f64; 3], colour: &str, stroke: f64| {
            let ((x0, y0), (x1, y1)) = (self.place(a), self.place(b));
            let _ = write!(
                body,
                "<path d=\"M{x0:.2} {y0:.2}L{x1:.2} {y1:.2}\" stroke=\"{colour}\" stroke-width=\"{stroke}\" fill=\"none\"/>"
            );
        };
        for step in 1..5 {
            let share = f64::from(step) / 5.0;
            for k in 0..3 {
                // Where coordinate k has this value, the other two trade.
                let (mut a, mut b) = (least, least);
                a[k] += share * width;
                b[k] += share * width;
                a[(k + 1) % 3] += (1.0 - share) * width;
                b[(k + 2) % 3] += (1.0 - share) * width;
                segment(body, a, b, "#e0e0e0", 1.0);
                // Its number at the side that the line meets anticlockwise, k rising along it.
                let (x, y) = self.place(b);
                let number = format!("{:.3}", least[k] + share * width);
                let number = number.trim_end_matches('0').trim_end_matches('.');
                let (dx, dy, anchor) = [(-8.0, 2.0, "end"), (4.0, 16.0, "middle"), (8.0, 2.0, "start")][k];
                *body += &text(x + dx, y + dy, anchor, 12, number);
            }
        }
        for k in 0..3 {
            segment(body, corner(k), corner((k + 1) % 3), "#5a5a5a", 1.2);
        }
        let name = |k: usize| plain(&self.corners[k]);
        let at = |k: usize| self.place(corner(k));
        *body += &text(at(0).0, at(0).1 + 24.0, "middle", 15, &name(0));
        *body += &text(at(1).0, at(1).1 + 24.0, "middle", 15, &name(1));
        *body += &text(at(2).0, at(2).1 - 12.0, "middle", 15, &name(2));
    }

    fn item(&self, body: &mut String, item: &Item) {
        let colour = hex(item.colour);
        match &item.shape {
            Shape::Curve { dashed } => {
                let dash = if *dashed { " stroke-dasharray=\"7 4\"" } else { "" };
                for piece in item.points.split(|p| !self.inside(*p)).filter(|piece| piece.len() > 1) {
                    let mut path = String::new();
                    for (n, p) in piece.iter().enumerate() {
                        let (x, y) = self.place(*p);
                        let _ = write!(path, "{}{x:.2} {y:.2}", if n == 0 { "M" } else { "L" });
                    }
                    let _ = write!(
                        body,
                        "<path d=\"{path}\" stroke=\"{colour}\" stroke-width=\"2\" fill=\"none\" \
                         stroke-linejoin=\"round\"{dash}/>"
                    );
                }
            }
            Shape::Marks => {
                for p in item.points.iter().filter(|p| self.inside(**p)) {
                    let (x, y) = self.place(*p);
                    let _ = write!(
                        body,
                        "<circle cx=\"{x:.2}\" cy=\"{y:.2}\" r=\"3.6\" fill=\"{colour}\" stroke=\"#fff\" \
                         stroke-width=\"0.8\"/>"
                    );
                }
            }
            Shape::Label { text: label, side } => {
                for p in item.points.iter().filter(|p| self.inside(**p)) {
                    let (x, y) = self.place(*p);
                    let (dx, dy, anchor) = match side {
                        Side::Above => (0.0, -10.0, "middle"),
                        Side::Below => (0.0, 20.0, "middle"),
                        Side::Left => (-9.0, 5.0, "end"),
                        Side::Right => (9.0, 5.0, "start"),
                    };
                    let _ = write!(
                        body,
                        "<text x=\"{:.2}\" y=\"{:.2}\" text-anchor=\"{anchor}\" font-family=\"sans-serif\" \
                         font-size=\"14\" fill=\"#222\" stroke=\"#fff\" stroke-width=\"3\" \
                         paint-order=\"stroke\">{}</text>",
                        x + dx,
                        y + dy,
                        escape(&plain(label))
                    );
                }
            }
        }
    }

    fn legend(&self, body: &mut String) {
        let mut y = 70.0;
        for item in &self.items {
            let Shape::Curve { dashed } = item.shape else { continue };
            if item.name.is_empty() {
                continue;
            }
            let dash = if dashed { " stroke-dasharray=\"7 4\"" } else { "" };
            let _ = write!(
                body,
                "<path d=\"M{LEGEND} {y}h24\" stroke=\"{}\" stroke-width=\"2\" fill=\"none\"{dash}/>",
                hex(item.colour)
            );
            *body += &text(LEGEND + 31.0, y + 5.0, "start", 14, &shortened(&item.name, 24));
            y += 21.0;
        }
        y += 10.0;
        for note in &self.notes {
            *body += &text(LEGEND, y + 5.0, "start", 13, &shortened(note, 30));
            y += 19.0;
        }
    }
}

/// At most so many letters: what goes beyond the edge cannot be read.
fn shortened(name: &str, letters: usize) -> String {
    let name = plain(name);
    if name.chars().count() <= letters {
        name
    } else {
        name.chars().take(letters.saturating_sub(1)).chain(['…']).collect()
    }
}

fn hex(number: usize) -> String {
    let colour = PALETTE[number % PALETTE.len()];
    format!("#{:02x}{:02x}{:02x}", colour.0, colour.1, colour.2)
}
