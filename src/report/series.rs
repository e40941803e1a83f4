//! One curve of a chart (private).

use crate::report::axis::Axis;
use crate::report::colour::PALETTE;
use crate::report::markup::plain;
use plotters::style::RGBColor;

/// Letters of a name at most.
const LONGEST: usize = 30;

/// Points with a name, and bounds where there is a spread.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Series {
    pub(crate) name: String,
    pub(crate) x: Vec<f64>,
    pub(crate) y: Vec<f64>,
    pub(crate) band: Option<(Vec<f64>, Vec<f64>)>,
    /// Place in the palette; that of the curve's own number if there is none.
    pub(crate) colour: Option<usize>,
    pub(crate) stroke: Stroke,
}

/// How a curve is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stroke {
    /// A line; dashed where the colours repeat.
    Line,
    Dashed,
    Points,
}

impl Series {
    /// Its colour, if it is the chart's `number`-th.
    pub(crate) fn palette(&self, number: usize) -> RGBColor {
        PALETTE[self.colour.unwrap_or(number) % PALETTE.len()]
    }

    /// Lengths of dash and gap, in pixels, or none for a whole line: every time that the colours repeat another pattern.
    pub(crate) fn dashes(&self, number: usize) -> Option<(u32, u32)> {
        if self.stroke == Stroke::Dashed {
            return Some((7, 4));
        }
        match self.colour.map_or(number / PALETTE.len(), |_| 0) {
            0 => None,
            1 => Some((7, 4)),
            2 => Some((2, 3)),
            round => Some((4 * round as u32, 5)),
        }
    }

    /// Width of the line: references are thinner.
    pub(crate) fn width(&self) -> u32 {
        if self.stroke == Stroke::Dashed { 1 } else { 2 }
    }

    /// The name, cut where it would squeeze the chart.
    pub(crate) fn shown_name(&self) -> String {
        let name = plain(&self.name);
        if name.chars().count() <= LONGEST {
            name
        } else {
            name.chars().take(LONGEST - 1).chain(['…']).collect()
        }
    }

    /// The points; `None` where the axes have no place for one.
    pub(crate) fn points<'a>(
        &'a self,
        axes: &'a (Axis, Axis),
    ) -> impl Iterator<Item = Option<(f64, f64)>> + 'a {
        let shown = |(x, y): (&f64, &f64)| (axes.0.shows(*x) && axes.1.shows(*y)).then_some((*x, *y));
        self.x.iter().zip(&self.y).map(shown)
    }

    /// The band as closed outlines, one per stretch without gaps.
    pub(crate) fn outlines(&self, axes: &(Axis, Axis)) -> Vec<Vec<(f64, f64)>> {
        let Some((low, high)) = &self.band else { return Vec::new() };
        let fits = |n: &usize| axes.0.shows(self.x[*n]) && axes.1.shows(low[*n]) && axes.1.shows(high[*n]);
        let all: Vec<usize> = (0..self.x.len()).collect();
        all.split(|n| !fits(n))
            .filter(|stretch| stretch.len() > 1)
            .map(|stretch| {
                let there = stretch.iter().map(|n| (self.x[*n], low[*n]));
                let back = stretch.iter().rev().map(|n| (self.x[*n], high[*n]));
                there.chain(back).collect()
            })
            .collect()
    }
}
