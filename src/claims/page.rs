//! Findings as tables, as one page, and as JSON.

use crate::Result;
use crate::claims::{Claim, Effort, Finding, Role, figures};
use crate::report::{Alignment, Column, Document, Format, Table};
use serde_json::{Value, json};

/// Claims without measuring: id, statement, source, recorded verdict.
///
/// # Example
/// ```
/// use natgrad::claims::{ledger, overview};
/// assert_eq!(overview(&ledger()).rows().len(), ledger().len());
/// ```
pub fn overview(claims: &[Claim]) -> Table {
    let mut table = Table::new("", ["id", "statement", "source", "verdict"]);
    for claim in claims {
        let cells = [claim.id.into(), claim.statement.into(), claim.source.to_string().into()];
        // Four cells for four columns.
        let _ = table.row(cells.into_iter().chain([claim.recorded.to_string().into()]));
    }
    table
}

/// One page: a summary, then claim by claim what was measured, with figures.
///
/// # Errors
/// Those of the figures, which are computed here.
///
/// # Cost
/// The figures take some ten milliseconds.
///
/// # Example
/// ```
/// use natgrad::claims::{self, Effort};
/// let effort = Effort::default();
/// let page = claims::document(&claims::run(&["K1"], effort)?, effort)?;
/// assert_eq!(page.schema(), "natgrad/verify/1");
/// # Ok::<(), natgrad::Error>(())
/// ```
pub fn document(findings: &[Finding], effort: Effort) -> Result<Document> {
    let mut page = Document::new("verify", "The ledger of claims");
    page.text(summary(findings));
    page.text(format!(
        "What the papers and their critics say, each statement measured with natgrad {} (seed {}{}). A false statement \
         is expected to be refuted; the last column says whether the verdict is the recorded one.\n\n\
         Marks of a number: ✓ as the statement says, ✗ not so (but as expected), · beside the statement, ! not as expected.",
        env!("CARGO_PKG_VERSION"),
        effort.seed,
        if effort.full { ", full" } else { "" }
    ));
    let mut verdicts = Table::new(
        "Verdicts",
        [
            Column::new("id"),
            Column::new("statement"),
            Column::new("verdict"),
            Column::new("numbers"),
            Column::new("time").unit("ms").format(Format::Fixed(1)),
            Column::new("as recorded"),
        ],
    );
    for finding in findings {
        let claim = finding.claim();
        verdicts.row([
            claim.id.into(),
            claim.statement.into(),
            finding.verdict().to_string().into(),
            finding.measurements().len().into(),
            (1e3 * finding.seconds()).into(),
            finding.as_recorded().into(),
        ])?;
    }
    page.table(verdicts);
    for finding in findings {
        let claim = finding.claim();
        page.heading(format!("{} · {}", claim.id, finding.verdict()));
        page.text(format!("“{}”\n\nSource: {}.", claim.statement, claim.source));
        page.table(measurements(finding)?);
        for figure in figures::figures(claim.id)? {
            page.figure(figure);
        }
    }
    Ok(page)
}

/// One sentence: how many claims came out how, and whether all is as recorded.
///
/// # Example
/// ```
/// use natgrad::claims::{Effort, run, summary};
/// let findings = run(&["C1", "K1"], Effort::default())?;
/// assert!(summary(&findings).contains("1 confirmed, 1 refuted, 0 hold only under a condition"));
/// # Ok::<(), natgrad::Error>(())
/// ```
pub fn summary(findings: &[Finding]) -> String {
    let count = |word: &str| findings.iter().filter(|finding| finding.verdict().word() == word).count();
    let numbers: usize = findings.iter().map(|finding| finding.measurements().len()).sum();
    let seconds: f64 = findings.iter().map(Finding::seconds).sum();
    let astray: Vec<&str> =
        findings.iter().filter(|finding| !finding.as_recorded()).map(|finding| finding.claim().id).collect();
    let verdict = if astray.is_empty() {
        "every verdict and every number is as recorded".to_owned()
    } else {
        format!("NOT as recorded: {}", astray.join(", "))
    };
    format!(
        "{} claims, {numbers} numbers, {seconds:.2} s: {} confirmed, {} refuted, {} hold only under a condition; {verdict}.",
        findings.len(),
        count("confirmed"),
        count("refuted"),
        count("holds only if"),
    )
}

fn measurements(finding: &Finding) -> Result<Table> {
    let right = |name: &str| Column::new(name).align(Alignment::Right);
    let mut table = Table::new(
        "",
        [
            Column::new(""),
            Column::new("measured quantity"),
            right("measured"),
            right("expected"),
            right("tolerance"),
            Column::new("because of"),
            Column::new("the statement says"),
        ],
    );
    for m in finding.measurements() {
        let says = match m.role {
            Role::Statement => "the same".to_owned(),
            Role::Condition => "the same, condition met".to_owned(),
            Role::Against { says, .. } => says.to_string(),
            Role::Context => "–".to_owned(),
        };
        table.row([
            m.mark().to_string().into(),
            m.quantity.as_str().into(),
            m.measured_text().into(),
            m.expected.to_string().into(),
            m.tolerance_text().into(),
            m.reason.into(),
            says.into(),
        ])?;
    }
    Ok(table)
}

/// The findings as JSON, every digit kept; what is not a number is null.
///
/// ```text
/// { "schema": "natgrad/verify/1", "version": …, "seed": …, "full": …, "as_recorded": …, "claims": [
///     { "id", "group", "statement", "source": { "work", "place", "evidence" },
///       "verdict", "recorded", "as_recorded", "seconds", "measurements": [
///         { "quantity", "measured", "comparison": "=" | "≤" | "≥", "expected", "tolerance", "reason", "within",
///           "role": "statement" | "condition" | "against" | "context", "agrees": true | false | null }, … ] }, … ] }
/// ```
///
/// # Example
/// ```
/// use natgrad::claims::{self, Effort};
/// let effort = Effort::default();
/// let json = claims::json(&claims::run(&["C1"], effort)?, effort);
/// assert_eq!(json["claims"][0]["verdict"], "confirmed");
/// # Ok::<(), natgrad::Error>(())
/// ```
pub fn json(findings: &[Finding], effort: Effort) -> Value {
    let claims: Vec<Value> = findings.iter().map(claim).collect();
    json!({
        "schema": "natgrad/verify/1",
        "version": env!("CARGO_PKG_VERSION"),
        "seed": effort.seed,
        "full": effort.full,
        "as_recorded": findings.iter().all(Finding::as_recorded),
        "claims": claims,
    })
}

fn claim(finding: &Finding) -> Value {
    let claim = finding.claim();
    let measurements: Vec<Value> = finding
        .measurements()
        .iter()
        .map(|m| {
            json!({
                "quantity": m.quantity,
                "measured": m.measured,
                "comparison": m.expected.sign(),
                "expected": m.expected.value(),
                "tolerance": m.tolerance,
                "reason": m.reason,
                "within": m.within,
                "role": match m.role {
                    Role::Statement => "statement",
                    Role::Condition => "condition",
                    Role::Against { .. } => "against",
                    Role::Context => "context",
                },
                "agrees": m.agrees(),
            })
        })
        .collect();
    json!({
        "id": claim.id,
        "group": claim.group.title(),
        "statement": claim.statement,
        "source": {
            "work": claim.source.work,
            "place": claim.source.place,
            "evidence": claim.source.evidence.to_string(),
        },
        "verdict": finding.verdict().to_string(),
        "recorded": claim.recorded.to_string(),
        "as_recorded": finding.as_recorded(),
        "seconds": finding.seconds(),
        "measurements": measurements,
    })
}
