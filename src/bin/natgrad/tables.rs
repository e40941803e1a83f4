//! The rows of `compare` as three tables: matrices, directions, steps.

use crate::failure::Outcome;
use crate::rows::Row;
use natgrad::fisher::ErrorKind;
use natgrad::report::{Cell, Column, Format, Table};

/// What the notes below the tables say.
pub struct Notes {
    pub damping: f64,
    pub divergence: f64,
    pub seed: u64,
    pub forward: bool,
}

pub fn tables(rows: &[Row], notes: &Notes) -> Outcome<[Table; 3]> {
    Ok([matrices(rows, notes)?, directions(rows, notes)?, steps(rows, notes)?])
}

fn columns<const N: usize>(columns: [Column; N]) -> Vec<Column> {
    [Column::new("estimator"), Column::new("matrix")].into_iter().chain(columns).collect()
}

fn cells<const N: usize>(row: &Row, cells: [Option<f64>; N]) -> Vec<Cell> {
    let (estimator, matrix) = &row.name;
    let matrix = if matrix == "none" { Cell::Missing } else { matrix.clone().into() };
    [estimator.clone().into(), matrix].into_iter().chain(cells.map(Cell::from)).collect()
}

fn digits(name: &str, digits: usize) -> Column {
    Column::new(name).format(Format::Significant(digits))
}

fn matrices(rows: &[Row], notes: &Notes) -> Outcome<Table> {
    let mut table = Table::new(
        "The matrix M against the exact Fisher F",
        columns([
            digits("trace", 5),
            digits("standard error", 3),
            digits("mse", 3),
            digits("Frobenius", 5),
            digits("Frobenius error", 4),
            digits("spectral error", 4),
        ]),
    );
    for row in rows.iter().filter(|row| row.matrix.is_some()) {
        let m = row.matrix.as_ref();
        table.row(cells(
            row,
            [
                m.map(|m| m.trace),
                row.error.map(|e| e.trace_standard_error()),
                row.error.map(|e| e.mean_squared_error),
                m.map(|m| m.frobenius),
                m.map(|m| m.relative_frobenius_error),
                m.map(|m| m.relative_spectral_error),
            ],
        ))?;
    }
    table.note(
        "Errors: ‖M - F‖/‖F‖. Standard error (of the trace) and mse = E‖M - F‖² (Frobenius, of the whole",
    );
    let estimated = |row: &&Row| row.error.is_some_and(|e| e.kind == ErrorKind::Estimated);
    let mut names: Vec<&str> = rows.iter().filter(estimated).map(|row| row.name.0.as_str()).collect();
    names.dedup();
    if names.is_empty() {
        table.note(format!(
            "matrix) are exact, not estimated; the draws themselves have seed {}.",
            notes.seed
        ));
    } else {
        table.note(format!(
            "matrix) are exact where labels can be listed; the draws themselves have seed {}.",
            notes.seed
        ));
        for name in names {
            table.note(format!("{name}: its errors are estimated from the sample."));
        }
    }
    if rows.iter().any(|row| row.name.0 == "empirical") {
        table.note("empirical: score second moment at the observed labels; it does not estimate F.");
    }
    if rows.iter().any(|row| row.name.0 == "empirical-centred") {
        table.note("empirical-centred: score covariance at the observed labels; it does not estimate F.");
    }
    Ok(table)
}

fn directions(rows: &[Row], notes: &Notes) -> Outcome<Table> {
    let mut table = Table::new(
        format!("The direction d = (M + {} I)⁻¹ g against the exact one", notes.damping),
        columns([
            Column::new("cosine").format(Format::Fixed(4)),
            Column::new("metric cosine").format(Format::Fixed(4)),
            Column::new("efficiency").format(Format::Fixed(4)),
            digits("least μ", 4),
            digits("greatest μ", 4),
            Column::new("Kantorovich").format(Format::Fixed(4)),
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

fn steps(rows: &[Row], notes: &Notes) -> Outcome<Table> {
    let mut table = Table::new(
        format!("A step along -d, as long as second order foretells {} nats of divergence", notes.divergence),
        columns([
            digits("KL", 4).unit("nats"),
            Column::new("of foretold").format(Format::Fixed(3)),
            digits("decrease", 4).unit("nats"),
            digits("foretold", 4).unit("nats"),
            digits("memory", 4).unit("MB"),
            digits("time", 3).unit("s"),
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
                row.bytes.map(|bytes| bytes as f64 / 1e6),
                row.seconds,
            ],
        ))?;
    }
    if notes.forward {
        table.note("KL (divergence) and decrease of the loss: by a forward pass, nats per datum. Foretold: t g·d - ½t²dᵀFd.");
    } else {
        table.note(
            "No network, no forward pass: divergence and decrease are not available for a bare Jacobian.",
        );
    }
    table.note("Memory: of the representation. Time: to estimate it, without solving.");
    Ok(table)
}
