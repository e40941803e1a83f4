use ndarray::ArrayView1;

/// An interval of u on which the labels of a group of draws do not change.
pub(super) struct Cell {
    pub(super) length: f64,
    /// The labels of the group and the share of its draws that each takes.
    pub(super) shares: Vec<(usize, f64)>,
}

/// P(Y ≤ y) for every label, from 0 to 1.
fn cumulative(probabilities: ArrayView1<'_, f64>) -> Vec<f64> {
    let mut sums = vec![0.0];
    for p in probabilities {
        sums.push((sums[sums.len() - 1] + p).min(1.0));
    }
    let last = sums.len() - 1;
    sums[last] = 1.0;
    sums
}

/// The cells of two points u and 1 - u.
pub(super) fn antithetic(probabilities: ArrayView1<'_, f64>) -> Vec<Cell> {
    let cumulative = cumulative(probabilities);
    let breaks = cumulative.iter().flat_map(|c| [*c, 1.0 - c]).collect();
    between(breaks, |u| {
        // The middle of a cell that ends at 1 may round up to it.
        let last = cumulative.len().saturating_sub(2);
        let label = |u: f64| cumulative.partition_point(|c| *c <= u).saturating_sub(1).min(last);
        let (first, second) = (label(u), label(1.0 - u));
        if first == second { vec![(first, 1.0)] } else { vec![(first, 0.5), (second, 0.5)] }
    })
}

/// The cells of the points (u + m)/M, m = 0..M: breaks at the fractional parts of M·P(Y ≤ y).
pub(super) fn systematic(probabilities: ArrayView1<'_, f64>, draws: usize) -> Vec<Cell> {
    let m = draws as f64;
    let cumulative = cumulative(probabilities);
    let mut breaks: Vec<f64> = cumulative.iter().map(|c| (c * m).fract()).collect();
    breaks.extend([0.0, 1.0]);
    between(breaks, |u| {
        // Draws m with (u + m)/M below a bound.
        let below = |bound: f64| (bound * m - u).ceil().clamp(0.0, m);
        let share = |y: usize| (below(cumulative[y + 1]) - below(cumulative[y])) / m;
        (0..cumulative.len() - 1).map(|y| (y, share(y))).filter(|(_, share)| *share > 0.0).collect()
    })
}

/// One cell between each two breaks, by its middle.
fn between(mut breaks: Vec<f64>, shares: impl Fn(f64) -> Vec<(usize, f64)>) -> Vec<Cell> {
    breaks.sort_by(f64::total_cmp);
    let ends = breaks.windows(2).filter(|ends| ends[1] > ends[0]);
    ends.map(|ends| Cell { length: ends[1] - ends[0], shares: shares(0.5 * (ends[0] + ends[1])) }).collect()
}
