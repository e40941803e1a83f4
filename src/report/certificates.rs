//! The rows of a contest of approximations as tables: matrices, directions, steps, divergences, costs.

use crate::Result;
use crate::fisher::{ErrorKind, Row};
use crate::report::{Cell, Column, Format, Table};

/// What the notes below the tables say.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ContestNotes {
    /// λ.
    pub damping: f64,
    /// Predicted divergence of the trial steps, nats per datum.
    pub divergence: f64,
    /// Of the draws.
    pub seed: u64,
}

/// The tables that `natgrad compare` prints: matrix, direction, step, divergence (with a network), and cost; a row per
/// approximation.
///
/// # Errors
/// None for rows that [`Contest::rows`](crate::fisher::Contest::rows) made.
pub fn certificates(rows: &[Row], notes: &ContestNotes) -> Result<Vec<Table>> {
    let mut tables = vec![matrices(rows)?, directions(rows, notes)?, steps(rows, notes)?];
    if rows.iter().any(|row| row.divergence.is_some()) {
        tables.push(divergences(rows, notes)?);
    }
    tables.push(costs(rows, notes)?);
    Ok(tables)
}

fn columns<const N: usize>(columns: [Column; N]) -> Vec<Column> {
    [Column::new("estimator"), Column::new("matrix")].into_iter().chain(columns).collect()
}

fn named<const N: usize>(row: &Row, cells: [Cell; N]) -> Vec<Cell> {
    let form = row.form.map_or(Cell::Missing, |form| form.name().into());
    [row.estimator.clone().into(), form].into_iter().chain(cells).collect()
}

fn cells<const N: usize>(row: &Row, cells: [Option<f64>; N]) -> Vec<Cell> {
    named(row, cells.map(Cell::from))
}

fn digits(name: &str, digits: usize) -> Column {
    Column::new(name).format(Format::Significant(digits))
}

fn fixed(name: &str, decimals: usize) -> Column {
    Column::new(name).format(Format::Fixed(decimals))
}

fn matrices(rows: &[Row]) -> Result<Table> {
    let mut table = Table::new(
        "The matrix M against the exact Fisher F",
        columns([
            digits("trace", 5),
            digits("Frobenius", 5),
            digits("Frobenius error", 4),
            digits("spectral error", 4),
            digits("worst block", 4),
            Column::new("rank"),
        ]),
    );
    for row in rows {
        let Some(m) = row.matrix.as_ref() else { continue };
        let worst = m.block_errors.iter().fold(0.0, |worst: f64, &error| worst.max(error));
        table.row(named(
            row,
            [
                m.trace.into(),
                m.frobenius.into(),
                m.relative_frobenius_error.into(),
                m.relative_spectral_error.into(),
                worst.into(),
                m.rank.into(),
            ],
        ))?;
    }
    table.note("Errors: ‖M - F‖/‖F‖, and the greatest ‖M_b - F_b‖/‖F_b‖ of a layer's block (Frobenius).");
    if rows.iter().any(|row| row.estimator == "empirical") {
        table.note("empirical: score second moment at the observed labels; it does not estimate F.");
    }
    if rows.iter().any(|row| row.estimator == "empirical-centred") {
        table.note("empirical-centred: score covariance at the observed labels; it does not estimate F.");
    }
    Ok(table)
}

fn directions(rows: &[Row], notes: &ContestNotes) -> Result<Table> {
    let mut table = Table::new(
        format!("The direction d = (M + {} I)⁻¹ g against the exact one", notes.damping),
        columns([
            fixed("cosine", 4),
            fixed("metric cosine", 4),
            fixed("efficiency", 4),
            digits("least μ", 4),
            digits("greatest μ", 4),
            fixed("Kantorovich", 4),
        ]),
    );
    for row in rows {
        let (m, d) = (row.matrix.as_ref(), &row.direction);
        table.row(cells(
            row,
            [
                Some(d.euclidean_cosine),
                Some(d.metric_cosine),
                Some(d.efficiency),
                m.map(|m| m.generalised_range.0),
                m.map(|m| m.generalised_range.1),
                m.map(|m| m.kantorovich_bound),
            ],
        ))?;
    }
    table.note("Efficiency: decrease of the quadratic model along d at its best length, relative to the exact direction.");
    table.note("μ: extreme generalised eigenvalues of (F + λI, M + λI). Kantorovich: the least metric cosine for any gradient.");
    Ok(table)
}

fn steps(rows: &[Row], notes: &ContestNotes) -> Result<Table> {
    let mut table = Table::new(
        format!("A step along -d, as long as second order foretells {} nats of divergence", notes.divergence),
        columns([
            digits("KL", 4).unit("nats"),
            fixed("of foretold", 3),
            digits("decrease", 4).unit("nats"),
            digits("foretold", 4).unit("nats"),
            digits("unscaled", 4),
        ]),
    );
    for row in rows {
        let step = row.step.as_ref();
        table.row(cells(
            row,
            [
                step.map(|s| s.divergence),
                step.map(|s| s.divergence / s.predicted_divergence),
                step.map(|s| s.decrease),
                step.map(|s| s.predicted_decrease),
                Some(row.direction.unit_efficiency),
            ],
        ))?;
    }
    if rows.iter().any(|row| row.step.is_some()) {
        table.note("KL (divergence) and decrease of the loss: by a forward pass, nats per datum. Foretold: t g·d - ½t²dᵀFd.");
    } else {
        table.note(
            "No network, no forward pass: divergence and decrease are not available for a bare Jacobian.",
        );
    }
    table.note("Unscaled: decrease of the quadratic model for the step d itself, relative to the exact one; below 0 it rises.");
    Ok(table)
}

fn divergences(rows: &[Row], notes: &ContestNotes) -> Result<Table> {
    let mut table = Table::new(
        "Is M the second-order term of the divergence? KL/(½t²dᵀMd) along its own d",
        columns([
            digits("at t", 6),
            digits("at t/2", 6),
            digits("at t/4", 6),
            digits("limit", 6),
            fixed("order", 2),
        ]),
    );
    for row in rows.iter().filter(|row| row.matrix.is_some()) {
        let d = row.divergence.as_ref();
        table.row(cells(
            row,
            [
                d.map(|d| d.ratios[0]),
                d.map(|d| d.ratios[1]),
                d.map(|d| d.ratios[2]),
                d.map(|d| d.limit),
                d.map(|d| d.order).filter(|order| order.is_finite()),
            ],
        ))?;
    }
    table.note(format!(
        "By forward passes alone, mean of both signs of d, from the t that makes {} nats: the limit is 1 for the",
        notes.divergence
    ));
    table.note("Fisher, along every d; its order is 2, for the cubic term cancels.");
    Ok(table)
}

fn costs(rows: &[Row], notes: &ContestNotes) -> Result<Table> {
    let mut table = Table::new(
        "Order, chance and cost",
        columns([
            Column::new("M against F"),
            digits("standard error", 3),
            digits("mse", 3),
            digits("memory", 4).unit("MB"),
            digits("time", 3).unit("s"),
        ]),
    );
    for row in rows.iter().filter(|row| row.matrix.is_some()) {
        table.row(named(
            row,
            [
                row.matrix.as_ref().map_or(Cell::Missing, |m| m.loewner.to_string().into()),
                row.error.map(|e| e.trace_standard_error()).into(),
                row.error.map(|e| e.mean_squared_error).into(),
                row.bytes.map(|bytes| bytes as f64 / 1e6).into(),
                row.seconds.into(),
            ],
        ))?;
    }
    table.note(
        "M against F: =, above, below or neither, in the order of symmetric matrices (Loewner), both damped.",
    );
    let estimated = |row: &&Row| row.error.is_some_and(|error| error.kind == ErrorKind::Estimated);
    let mut names: Vec<&str> = rows.iter().filter(estimated).map(|row| row.estimator.as_str()).collect();
    names.dedup();
    table.note(format!(
        "Standard error (of the trace) and mse = E‖F̂ - F‖² (Frobenius): of the whole matrix of the draws, seed {},",
        notes.seed
    ));
    match names.as_slice() {
        [] => table.note("exact, not estimated. Memory: of the representation. Time: to estimate it, without solving."),
        names => table.note(format!(
            "exact but for {}: estimated from the sample. Memory: of the representation. Time: to estimate it.",
            names.join(", ")
        )),
    };
    Ok(table)
}
