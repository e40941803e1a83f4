use crate::Result;
use crate::report::{Alignment, Cell, Column, Curves, Format, Svg, Table};
use crate::verify::{Curve, Law, Verdict};
use std::fmt;

/// What a check found: curves with their slopes, laws with their errors, and the verdict.
///
/// [`Display`](fmt::Display) is the [`table`](Report::table) as text.
///
/// # Example
/// ```
/// use natgrad::manifold::{Manifold, Simplex};
/// use natgrad::ndarray::array;
/// use natgrad::verify::{Sweep, check_gradient};
///
/// let simplex = Simplex::new(3)?;
/// let p = simplex.point(array![0.2, 0.3, 0.5])?;
/// let v = simplex.tangent(&p, array![0.1, -0.3, 0.2])?;
/// let f = |p: &natgrad::manifold::Point| Ok(p.values().mapv(|p| p * p.ln()).sum());
/// let wrong = |p: &natgrad::manifold::Point| simplex.gradient(p, p.values().mapv(|p| p.ln() / 3.0));
///
/// let report = check_gradient(&simplex, &p, &v, f, wrong, Sweep::default());
/// assert!(!report.passed());
/// assert!((report.curves[0].slope.unwrap_or(f64::NAN) - 1.0).abs() < 0.01);
/// println!("{report}");
/// # Ok::<(), natgrad::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Report {
    /// What was checked, and on what.
    pub subject: String,
    /// Errors as functions of time.
    pub curves: Vec<Curve>,
    /// Equations.
    pub laws: Vec<Law>,
}

impl Report {
    pub(crate) fn new(subject: impl Into<String>) -> Self {
        Report { subject: subject.into(), curves: Vec::new(), laws: Vec::new() }
    }

    /// Whether every curve and every law is right.
    pub fn passed(&self) -> bool {
        self.verdict().passed()
    }

    /// Exact if every curve is, and the laws hold; failed with the first reason if anything fails.
    pub fn verdict(&self) -> Verdict {
        for curve in &self.curves {
            if let Verdict::Failed(why) = &curve.verdict {
                return Verdict::Failed(format!("{}: {why}", curve.law));
            }
        }
        if let Some(law) = self.laws.iter().find(|law| !law.holds()) {
            let found = if law.error.is_nan() { "not evaluated".to_owned() } else { size(law.error) };
            let remark = if law.remark.is_empty() { String::new() } else { format!(" ({})", law.remark) };
            return Verdict::Failed(format!("{}: {found}{remark}", law.name));
        }
        if self.curves.iter().all(|curve| curve.verdict == Verdict::Exact) {
            Verdict::Exact
        } else {
            Verdict::Passed
        }
    }

    /// The names of the curves and laws that fail.
    pub fn failures(&self) -> Vec<&str> {
        let curves = self.curves.iter().filter(|curve| !curve.passed()).map(|curve| curve.law.as_str());
        curves.chain(self.laws.iter().filter(|law| !law.holds()).map(|law| law.name.as_str())).collect()
    }

    /// Holds the leading coefficient of the first curve to a number that is known, within a relative tolerance.
    pub fn with_coefficient(mut self, expected: f64, tolerance: f64) -> Self {
        let Some(curve) = self.curves.first() else { return self };
        let mut law = match curve.coefficient {
            Some(found) => Law::equal("leading coefficient", tolerance, 0.0, Ok((found, expected))),
            None => Law {
                name: "leading coefficient".into(),
                error: f64::NAN,
                tolerance,
                remark: "the curve has none".into(),
            },
        };
        if expected.abs() <= 0.0 && curve.verdict == Verdict::Exact {
            law = Law::within("leading coefficient", tolerance, Ok(0.0));
        }
        self.laws.push(law);
        self
    }

    /// One row for each curve and law; reasons and windows as notes.
    pub fn table(&self) -> Table {
        let verdict = match self.verdict() {
            Verdict::Failed(_) => "failed".to_owned(),
            other => other.to_string(),
        };
        let columns = [
            Column::new("").align(Alignment::Left),
            Column::new("law").align(Alignment::Left),
            Column::new("found").align(Alignment::Right),
            Column::new("required").align(Alignment::Left),
        ];
        let mut table = Table::new(format!("{}: {verdict}", self.subject), columns);
        let mut notes = Vec::new();
        for curve in &self.curves {
            let found = match (&curve.verdict, curve.slope) {
                (_, Some(slope)) => format!("slope {slope:.4}"),
                (Verdict::Failed(_), None) => "–".into(),
                _ => "rounding only".into(),
            };
            let required = if curve.required.is_infinite() {
                "rounding only".to_owned()
            } else {
                format!("slope ≥ {}", curve.required)
            };
            push(&mut table, curve.passed(), &curve.law, found, required);
            notes.extend(curve_note(curve));
        }
        for law in &self.laws {
            let found = if law.error.is_nan() { "–".to_owned() } else { size(law.error) };
            push(&mut table, law.holds(), &law.name, found, format!("≤ {}", size(law.tolerance)));
            if !law.remark.is_empty() {
                notes.push(format!("{}: {}", law.name, law.remark));
            }
        }
        for note in notes {
            table.note(note);
        }
        table
    }

    /// The curves on logarithmic axes, each with a line of the required slope through the middle of its window, and the
    /// noise below.
    ///
    /// # Errors
    /// [`Error::Empty`](crate::Error::Empty) if the check has no curve, or none that could be evaluated.
    pub fn svg(&self) -> Result<Svg> {
        let verdict = match self.verdict() {
            Verdict::Failed(_) => "failed".to_owned(),
            other => other.to_string(),
        };
        let mut chart = Curves::new(format!("{}: {verdict}", self.subject), "time t", "error");
        chart.logarithmic_x().logarithmic_y();
        let alone = self.curves.len() == 1;
        for (k, curve) in self.curves.iter().enumerate() {
            let n = curve.errors.len();
            if n < 2 {
                continue;
            }
            let what = if alone { "error" } else { curve.law.split(" = ").next().unwrap_or("error") };
            let slope = match curve.slope {
                Some(slope) => format!("slope {slope:.2}"),
                None if curve.errors.iter().all(|e| *e <= 0.0) => "zero throughout".into(),
                None => "rounding".into(),
            };
            let name = if alone {
                format!("{what}, {slope}")
            } else {
                format!("{what}: {}", slope.trim_start_matches("slope "))
            };
            chart.series(name, &curve.times[..n], &curve.errors)?.colour(k).points();
            if let Some((times, line)) = curve.reference() {
                chart.series(format!("required slope {}", curve.required), &times, &line)?.colour(k).dashed();
            }
            if alone && !curve.noise.is_empty() {
                chart.series("noise", &curve.times, &curve.noise)?.colour(6).dashed();
            }
        }
        let svg = chart.render()?;
        let caption =
            format!("{}. {}", svg.caption(), self.curves.iter().filter_map(curve_note).collect::<String>());
        Ok(svg.with_caption(caption.trim_end()))
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.table())
    }
}

impl Curve {
    /// The line of the required slope through the middle of the window, over all times.
    fn reference(&self) -> Option<(Vec<f64>, Vec<f64>)> {
        let (first, last) = self.window?;
        if self.required.is_infinite() {
            return None;
        }
        let middle = self.times.iter().position(|t| *t >= (first * last).sqrt())?;
        let (t0, e0) = (*self.times.get(middle)?, *self.errors.get(middle)?);
        let ends = [*self.times.first()?, *self.times.last()?];
        Some((ends.to_vec(), ends.iter().map(|t| e0 * (t / t0).powf(self.required)).collect()))
    }
}

fn push(table: &mut Table, holds: bool, law: &str, found: String, required: String) {
    let mark = if holds { "✓" } else { "✗" };
    let cells: [Cell; 4] = [mark.into(), law.into(), found.into(), required.into()];
    // Four cells for four columns.
    let _ = table.row(cells);
}

fn size(x: f64) -> String {
    if x.abs() <= 0.0 { "0".into() } else { Format::Significant(2).show(x) }
}

/// Coefficient, window, noise, and the reason of a failure.
fn curve_note(curve: &Curve) -> Option<String> {
    let mut parts = Vec::new();
    if let Verdict::Failed(why) = &curve.verdict {
        parts.push(why.clone());
    }
    if let (Some(coefficient), Some(order)) = (curve.coefficient, curve.order()) {
        let coefficient = Format::Significant(5).show(coefficient);
        parts.push(match order {
            0 => format!("error ≈ {coefficient}"),
            1 => format!("error ≈ {coefficient} t"),
            _ => format!("error ≈ {coefficient} t{}", superscript(order)),
        });
    }
    if let Some((first, last)) = curve.window {
        parts.push(format!("window {first:.1e} to {last:.1e}"));
    }
    if !curve.noise.is_empty() {
        parts.push(format!("noise {:.1e}", curve.floor()));
    }
    (!parts.is_empty()).then(|| format!("{}: {}", curve.law, parts.join("; ")))
}

fn superscript(order: i32) -> String {
    let digit = |c: char| match c {
        '-' => '⁻',
        '0' => '⁰',
        '1' => '¹',
        '2' => '²',
        '3' => '³',
        other => char::from_u32(other as u32 - '4' as u32 + '⁴' as u32).unwrap_or(other),
    };
    order.to_string().chars().map(digit).collect()
}
