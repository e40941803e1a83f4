use crate::report::colour::{ColourScale, colour};
use crate::report::drawing::{bar, frame, page, text};
use crate::report::number::trimmed;
use crate::report::{Format, Svg};
use crate::{Result, Scalar, check};
use ndarray::{Array2, ArrayView2, s};
use std::collections::BTreeMap;

/// Cells drawn along the longer side at most.
const FINEST: usize = 256;
/// Pixels along the longer side.
const SIDE: f64 = 440.0;
const NOT_A_NUMBER: &str = "#8a8f00";

/// A picture of a matrix: blue entries are negative, white ones zero, red ones positive.
///
/// Blocks (the tensors of a network, say) may be named; lines then show their boundaries. A matrix of more than
/// 256 rows or columns is drawn coarser: each cell shows the entry of largest size in its patch, and the caption
/// says so. Entries that are not finite are olive, and the caption counts them.
///
/// # Cost
/// O(entries); some 10 bytes of markup per run of equal colour.
///
/// # Example
/// ```
/// use natgrad::{ndarray::array, report::Heatmap};
/// let f = array![[2.0, -0.5, 0.0], [-0.5, 1.0, 0.0], [0.0, 0.0, 0.25]];
/// let svg = Heatmap::new(f.view()).title("Fisher").blocks([("w0", 2), ("b0", 1)]).render()?;
/// assert_eq!(svg.caption(), "Fisher: 3 × 3, largest size 2");
/// # Ok::<(), natgrad::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Heatmap {
    matrix: Array2<f64>,
    title: String,
    blocks: Vec<(String, usize)>,
    scale: ColourScale,
}

impl Heatmap {
    /// The picture of this matrix, with a linear colour scale.
    pub fn new<T: Scalar>(matrix: ArrayView2<'_, T>) -> Self {
        Heatmap {
            matrix: matrix.mapv(|x| x.as_f64()),
            title: String::new(),
            blocks: Vec::new(),
            scale: ColourScale::Linear,
        }
    }

    /// The same with a title.
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.title = title.into();
        self
    }

    /// The same with named blocks along the diagonal: name and number of rows.
    pub fn blocks<S: Into<String>>(mut self, blocks: impl IntoIterator<Item = (S, usize)>) -> Self {
        self.blocks = blocks.into_iter().map(|(name, size)| (name.into(), size)).collect();
        self
    }

    /// The same with another colour scale.
    pub fn scale(mut self, scale: ColourScale) -> Self {
        self.scale = scale;
        self
    }

    /// Draws it.
    ///
    /// # Errors
    /// [`Error::Empty`](crate::Error::Empty) without entries; [`Error::Shape`](crate::Error::Shape) if there are
    /// blocks that do not add up to the order of a square matrix; [`Error::Setting`](crate::Error::Setting) unless
    /// the decades of a logarithmic scale are positive.
    pub fn render(&self) -> Result<Svg> {
        check::not_empty("matrix", &self.matrix)?;
        let (rows, columns) = self.matrix.dim();
        if !self.blocks.is_empty() {
            let order = self.blocks.iter().fold(0usize, |sum, (_, size)| sum.saturating_add(*size));
            check::shape("matrix with blocks", &[order, order], &[rows, columns])?;
        }
        if let ColourScale::Logarithmic { decades } = self.scale {
            check::setting("decades", decades, decades > 0.0 && decades <= 300.0, "positive, at most 300")?;
        }
        let stride = rows.max(columns).div_ceil(FINEST);
        let cells = coarse(&self.matrix, stride);
        let finite = |x: &f64| x.is_finite();
        let largest = cells.iter().copied().filter(finite).fold(0.0f64, |m, x| m.max(x.abs()));
        let unit = SIDE / cells.nrows().max(cells.ncols()) as f64;
        let (width, height) = (cells.ncols() as f64 * unit, cells.nrows() as f64 * unit);
        let pixel = unit / stride as f64;
        let longest = self.blocks.iter().map(|(name, _)| name.chars().count().min(24)).max().unwrap_or(0);
        let left = 16.0 + 6.6 * longest as f64;
        let top = if self.title.is_empty() { 12.0 } else { 36.0 } + if longest > 0 { 18.0 } else { 0.0 };
        let body = [
            self.heading(left),
            paths(&cells, self.scale, largest, left, top, unit),
            frame(left, top, width, height),
            self.boundaries(left, top, (width, height), pixel),
            bar(self.scale, largest, left + width + 24.0, top, height.max(120.0)),
        ]
        .concat();
        let full = (left + width + 124.0, top + height.max(120.0) + 16.0);
        let caption = self.caption(stride, largest);
        Ok(Svg::new(page(full, &caption, &body), caption))
    }

    fn caption(&self, stride: usize, largest: f64) -> String {
        let (rows, columns) = self.matrix.dim();
        let mut caption = if self.title.is_empty() { String::new() } else { format!("{}: ", self.title) };
        caption +=
            &format!("{rows} × {columns}, largest size {}", trimmed(&Format::Significant(4).show(largest)));
        if let ColourScale::Logarithmic { decades } = self.scale {
            caption += &format!("; logarithmic colours over {decades} decades");
        }
        if stride > 1 {
            caption +=
                &format!("; each cell shows the entry of largest size in a patch of {stride} × {stride}");
        }
        match self.matrix.iter().filter(|x| !x.is_finite()).count() {
            0 => caption,
            count => caption + &format!("; {count} entries are not finite (olive)"),
        }
    }

    fn heading(&self, left: f64) -> String {
        if self.title.is_empty() { String::new() } else { text(left, 24.0, "start", 15, &self.title) }
    }

    fn boundaries(&self, left: f64, top: f64, (width, height): (f64, f64), pixel: f64) -> String {
        let mut drawn = String::new();
        let mut start = 0;
        let (mut free_row, mut free_column) = (f64::MIN, f64::MIN);
        for (name, size) in &self.blocks {
            let (from, to) = (start as f64 * pixel, (start + size) as f64 * pixel);
            start += size;
            if from > 0.0 {
                drawn += &format!(
                    "<path d=\"M{x:.2} {top:.2}v{height:.2}M{left:.2} {y:.2}h{width:.2}\" stroke=\"#555\" \
                     stroke-width=\"0.7\" fill=\"none\"/>",
                    x = left + from,
                    y = top + from
                );
            }
            // A name stands where it overlaps no other; what has no room beside still has its lines.
            let shown: String = name.chars().take(24).collect();
            let middle = (from + to) / 2.0;
            if middle - 6.0 >= free_row {
                drawn += &text(left - 6.0, top + middle + 4.0, "end", 11, &shown);
                free_row = middle + 6.0;
            }
            let half = 3.3 * shown.chars().count() as f64 + 2.0;
            if to - from >= 2.0 * half && middle - half >= free_column {
                drawn += &text(left + middle, top - 6.0, "middle", 11, &shown);
                free_column = middle + half;
            }
        }
        drawn
    }
}

/// Every cell is the entry of largest size in a patch (any entry that is not finite wins).
fn coarse(matrix: &Array2<f64>, stride: usize) -> Array2<f64> {
    let (rows, columns) = matrix.dim();
    Array2::from_shape_fn((rows.div_ceil(stride), columns.div_ceil(stride)), |(i, j)| {
        let (below, right) = (((i + 1) * stride).min(rows), ((j + 1) * stride).min(columns));
        let patch = matrix.slice(s![i * stride..below, j * stride..right]);
        patch.iter().fold(0.0f64, |m, x| if !m.is_finite() || x.abs() <= m.abs() { m } else { *x })
    })
}

/// One path per colour, horizontal runs in one stroke: small files, and no seams between cells.
fn paths(cells: &Array2<f64>, scale: ColourScale, largest: f64, left: f64, top: f64, unit: f64) -> String {
    let mut runs: BTreeMap<Option<i32>, String> = BTreeMap::new();
    for (i, row) in cells.rows().into_iter().enumerate() {
        let levels: Vec<Option<i32>> =
            row.iter().map(|x| x.is_finite().then(|| scale.level(*x, largest))).collect();
        let mut start = 0;
        for run in levels.chunk_by(PartialEq::eq) {
            // White is the background.
            if run[0] != Some(0) {
                let path = runs.entry(run[0]).or_default();
                *path += &format!("M{start} {i}h{n}v1h-{n}z", n = run.len());
            }
            start += run.len();
        }
    }
    let mut drawn = format!(
        "<g transform=\"translate({left:.2} {top:.2}) scale({unit:.5})\" shape-rendering=\"crispEdges\">"
    );
    for (level, path) in runs {
        let fill = level.map_or_else(|| NOT_A_NUMBER.to_owned(), colour);
        drawn += &format!("<path fill=\"{fill}\" d=\"{path}\"/>");
    }
    drawn + "</g>"
}
