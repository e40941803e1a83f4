use plotters::style::RGBColor;

/// Colours of curves, by Okabe and Ito (2008): distinct under all common forms of colour blindness.
pub(crate) const PALETTE: [RGBColor; 7] = [
    RGBColor(0, 114, 178),
    RGBColor(213, 94, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(230, 159, 0),
    RGBColor(86, 180, 233),
    RGBColor(40, 40, 40),
];

/// How a signed number becomes a colour: blue below zero, white at zero, red above.
///
/// The anchors are ColorBrewer's diverging RdBu (Brewer 2003), even in lightness and safe for the common forms of
/// colour blindness; the scale is symmetric, so that equal strengths of either sign look equally strong.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum ColourScale {
    /// In proportion to the number.
    Linear,
    /// In proportion to the logarithm of its size, down to this many decades below the largest; smaller is white.
    Logarithmic {
        /// Decades shown.
        decades: f64,
    },
}

/// From -1 to 1 in eleven steps.
const ANCHORS: [[f64; 3]; 11] = [
    [5.0, 48.0, 97.0],
    [33.0, 102.0, 172.0],
    [67.0, 147.0, 195.0],
    [146.0, 197.0, 222.0],
    [209.0, 229.0, 240.0],
    [255.0, 255.0, 255.0],
    [253.0, 219.0, 199.0],
    [244.0, 165.0, 130.0],
    [214.0, 96.0, 77.0],
    [178.0, 24.0, 43.0],
    [103.0, 0.0, 31.0],
];

/// Steps of strength on either side of zero.
pub(crate) const STEPS: i32 = 64;

impl ColourScale {
    /// Strength in [-1, 1] of a number, where `largest` is the largest size there is.
    pub(crate) fn strength(self, x: f64, largest: f64) -> f64 {
        if x.abs() <= 0.0 || largest <= 0.0 {
            return 0.0;
        }
        let ratio = (x.abs() / largest).min(1.0);
        let strength = match self {
            ColourScale::Linear => ratio,
            ColourScale::Logarithmic { decades } => 1.0 + ratio.log10() / decades,
        };
        strength.max(0.0).copysign(x)
    }

    /// The same in whole steps from -[`STEPS`] to [`STEPS`].
    pub(crate) fn level(self, x: f64, largest: f64) -> i32 {
        (self.strength(x, largest) * f64::from(STEPS)).round() as i32
    }

    /// Where the colour bar has marks: numbers ≥ 0 in decreasing order, and 0 or the smallest shown last.
    pub(crate) fn marks(self, largest: f64) -> Vec<f64> {
        match self {
            ColourScale::Linear => vec![largest, largest / 2.0, 0.0],
            ColourScale::Logarithmic { decades } => {
                let stride = (decades / 4.0).ceil().max(1.0);
                let mut marks: Vec<f64> = (0..)
                    .map(|k| f64::from(k) * stride)
                    .take_while(|below| *below < decades)
                    .map(|below| largest * 10f64.powf(-below))
                    .collect();
                marks.push(0.0);
                marks
            }
        }
    }
}

/// The colour of a level, as SVG writes it.
pub(crate) fn colour(level: i32) -> String {
    let place = (f64::from(level) / f64::from(STEPS)).clamp(-1.0, 1.0).mul_add(5.0, 5.0);
    let below = (place.floor() as usize).min(9);
    let share = place - below as f64;
    let mix = |i: usize| (ANCHORS[below][i] * (1.0 - share) + ANCHORS[below + 1][i] * share).round() as u8;
    format!("#{:02x}{:02x}{:02x}", mix(0), mix(1), mix(2))
}
