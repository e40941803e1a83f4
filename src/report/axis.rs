//! One axis that is linear or logarithmic at run time (private): plotters has a type for each.

use crate::report::Format;
use crate::report::number::trimmed;
use plotters::coord::ranged1d::{KeyPointHint, NoDefaultFormatting, Ranged, ValueFormatter};
use std::ops::Range;

/// An axis over finite values; where it is logarithmic, over positive ones.
#[derive(Debug, Clone)]
pub(crate) struct Axis {
    low: f64,
    high: f64,
    logarithmic: bool,
}

impl Axis {
    /// Around these values, with a margin; values that cannot be shown do not count.
    pub(crate) fn around(values: impl Iterator<Item = f64>, logarithmic: bool, margin: f64) -> Self {
        let mut axis = Axis { low: f64::INFINITY, high: f64::NEG_INFINITY, logarithmic };
        for value in values {
            if let Some(place) = axis.place(value) {
                axis.low = axis.low.min(place);
                axis.high = axis.high.max(place);
            }
        }
        if axis.low > axis.high {
            (axis.low, axis.high) = (0.0, 1.0);
        }
        let width = axis.high - axis.low;
        let room = if width > 1e-12 * axis.high.abs().max(axis.low.abs()) {
            margin * width
        } else {
            axis.high.abs().max(1.0) * 0.5
        };
        axis.low -= room;
        axis.high += room;
        axis
    }

    /// Whether the axis has a place for this value.
    pub(crate) fn shows(&self, value: f64) -> bool {
        self.place(value).is_some()
    }

    /// The value, or its decimal logarithm.
    fn place(&self, value: f64) -> Option<f64> {
        let place = if self.logarithmic && value <= 0.0 {
            f64::NAN
        } else if self.logarithmic {
            value.log10()
        } else {
            value
        };
        (place.abs() < 1e300).then_some(place)
    }

    fn value(&self, place: f64) -> f64 {
        if self.logarithmic { 10f64.powf(place) } else { place }
    }

    /// Round places in steps of 1, 2 or 5 times a power of ten, at most `count` of them.
    fn round_places(&self, count: usize) -> Vec<f64> {
        let rough = (self.high - self.low) / count.max(2) as f64;
        let power = 10f64.powf(rough.log10().floor());
        let mut step = [1.0, 2.0, 5.0, 10.0].into_iter().find(|m| m * power >= rough).unwrap_or(10.0) * power;
        if self.logarithmic {
            step = step.max(1.0).ceil();
        }
        let first = (self.low / step).ceil();
        (0..=count).map(|k| (first + k as f64) * step).filter(|place| *place <= self.high).collect()
    }

    /// Between decades: 1, 2, 5 times the powers of ten, for a logarithmic axis over few decades.
    fn within_decades(&self) -> Vec<f64> {
        (self.low.floor() as i32..=self.high.ceil() as i32)
            .flat_map(|decade| [1.0f64, 2.0, 5.0].map(|m| m.log10() + f64::from(decade)))
            .filter(|place| (self.low..=self.high).contains(place))
            .collect()
    }
}

impl Ranged for Axis {
    type FormatOption = NoDefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, limit: (i32, i32)) -> i32 {
        let share = match self.place(*value) {
            Some(place) => (place - self.low) / (self.high - self.low),
            None => 0.0,
        };
        // Beyond the frame by at most its size: far points must not overflow the arithmetic of the backend.
        let share = share.clamp(-1.0, 2.0);
        limit.0 + (f64::from(limit.1 - limit.0) * share).round() as i32
    }

    fn key_points<H: KeyPointHint>(&self, hint: H) -> Vec<f64> {
        let count = hint.bold_points().clamp(2, 8);
        let places = if self.logarithmic && self.high - self.low < 2.5 {
            self.within_decades()
        } else {
            self.round_places(count)
        };
        places.into_iter().map(|place| self.value(place)).collect()
    }

    fn range(&self) -> Range<f64> {
        self.value(self.low)..self.value(self.high)
    }
}

impl ValueFormatter<f64> for Axis {
    fn format_ext(&self, value: &f64) -> String {
        if self.logarithmic {
            let exponent = value.log10();
            if (exponent - exponent.round()).abs() < 1e-9 && !(-3.5..4.5).contains(&exponent) {
                return format!("1e{}", exponent.round());
            }
        }
        // A tick of the linear axis at 3e-17 is a zero.
        let zero = !self.logarithmic && value.abs() < 1e-9 * (self.high - self.low);
        let text = Format::Significant(4).show(if zero { 0.0 } else { *value });
        trimmed(&text)
    }
}
