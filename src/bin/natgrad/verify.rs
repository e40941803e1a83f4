//! `natgrad verify`.

use crate::failure::{Failure, Outcome};
use crate::output;
use crate::progress;
use crate::settings::Settings;
use anstyle::{AnsiColor, Style};
use natgrad::claims::{self, Claim, Effort, Finding, Measurement, Verdict};
use natgrad::data::write_atomically;
use natgrad::report::Document;
use std::io::Write;
use std::path::PathBuf;

/// Columns of the terminal form.
const WIDTH: usize = 104;
/// Of which the measured quantity has at most this many.
const QUANTITY: usize = 60;

/// The ledger of claims: what the papers and their critics say, each statement measured.
///
/// A false statement is expected to come out refuted. Exit code 0 if every verdict is the recorded one and every number
/// the expected one, else 1.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  cargo natgrad verify C4 K --html claims.html")]
pub struct Args {
    /// Ids (C4) or beginnings of ids (A): only these claims, with the reasons of the tolerances
    #[arg(value_name = "CLAIM-PREFIX")]
    claims: Vec<String>,
    /// List the claims without measuring
    #[arg(long, conflicts_with_all = ["full", "html"])]
    list: bool,
    /// More replications and longer sweeps
    #[arg(long)]
    full: bool,
    /// Write one page with every number, its tolerance and the reason, and figures
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
}

pub fn run(args: &Args, settings: &Settings) -> Outcome {
    output::check_targets([args.html.as_deref(), settings.json.as_deref()])?;
    let chosen = claims::select(&args.claims)?;
    if args.list {
        return list(&chosen, settings);
    }
    let effort = Effort { seed: settings.seed, full: args.full };
    let bar = progress::bar(settings, chosen.len() as u64, "claims");
    let mut findings = Vec::with_capacity(chosen.len());
    for claim in &chosen {
        bar.set_message(claim.id);
        findings.push(claim.measure(effort));
        bar.inc(1);
    }
    bar.finish_and_clear();
    if let Some(path) = &settings.json {
        let json = claims::json(&findings, effort);
        write_atomically(path, |file| writeln!(file, "{json:#}"))?;
    }
    if let Some(path) = &args.html {
        claims::document(&findings, effort)?.write_html(path)?;
    }
    if !settings.quiet {
        output::print(&text(&findings, !args.claims.is_empty()))?;
    }
    let astray: Vec<&str> =
        findings.iter().filter(|finding| !finding.as_recorded()).map(|finding| finding.claim().id).collect();
    if astray.is_empty() {
        Ok(())
    } else {
        Err(Failure::verdict(format!("not as recorded: {}", astray.join(", "))))
    }
}

fn list(chosen: &[Claim], settings: &Settings) -> Outcome {
    if let Some(path) = &settings.json {
        let mut document = Document::new("verify-list", "The ledger of claims");
        document.table(claims::overview(chosen));
        document.write_json(path)?;
    }
    if settings.quiet {
        return Ok(());
    }
    let mut text = String::new();
    let mut group = None;
    for claim in chosen {
        if group.replace(claim.group) != Some(claim.group) {
            text += &heading(claim.group.title());
        }
        text += &opening(claim, claim.recorded);
    }
    output::print(text.trim_start())
}

/// What the terminal shows: group by group, claim by claim, number by number; and the sum of it.
fn text(findings: &[Finding], reasons: bool) -> String {
    let mut text = String::new();
    let mut group = None;
    for finding in findings {
        let claim = finding.claim();
        if group.replace(claim.group) != Some(claim.group) {
            text += &heading(claim.group.title());
            text += &columns();
        }
        text += &opening(claim, finding.verdict());
        if finding.verdict() != claim.recorded {
            let warning = style(AnsiColor::Red).bold();
            text += &format!("     {warning}! recorded: {}{warning:#}\n", claim.recorded);
        }
        for m in finding.measurements() {
            text += &line(m, reasons);
        }
    }
    let bold = Style::new().bold();
    text += "\n✓ as the statement says   ✗ not as the statement says   · beside the statement   ! not as expected\n";
    text += &format!("{bold}{}{bold:#}\n", wrapped(&claims::summary(findings), 0));
    text.trim_start().to_owned()
}

fn heading(title: &str) -> String {
    let bold = Style::new().bold().underline();
    format!("\n{bold}{title}{bold:#}\n")
}

fn columns() -> String {
    let dim = Style::new().dimmed();
    let (quantity, measured, expected) = ("", "measured", "expected");
    format!(
        "{dim}{quantity:width$}  {measured:>13}  {expected:>15}  tolerance{dim:#}\n",
        width = QUANTITY + 5
    )
}

/// Id, verdict, statement, source.
fn opening(claim: &Claim, verdict: Verdict) -> String {
    let (bold, dim, colour) = (Style::new().bold(), Style::new().dimmed(), style(colour(verdict)).bold());
    let condition = verdict.condition().map(|condition| format!(" {condition}")).unwrap_or_default();
    format!(
        "\n{bold}{:<3}{bold:#}  {}\n     {dim}{}{dim:#}\n     {colour}{}{colour:#}{}\n",
        claim.id,
        wrapped(claim.statement, 5),
        wrapped(&claim.source.to_string(), 5),
        verdict.word(),
        condition
    )
}

fn colour(verdict: Verdict) -> AnsiColor {
    match verdict {
        Verdict::Confirmed => AnsiColor::Green,
        Verdict::Refuted => AnsiColor::Red,
        _ => AnsiColor::Yellow,
    }
}

fn style(colour: AnsiColor) -> Style {
    Style::new().fg_color(Some(colour.into()))
}

fn line(m: &Measurement, reasons: bool) -> String {
    let dim = Style::new().dimmed();
    let mark = m.mark();
    let colour = match mark {
        '✓' => style(AnsiColor::Green),
        '·' => dim,
        _ => style(AnsiColor::Red).bold(),
    };
    let reason = if reasons { format!("       {dim}{}{dim:#}\n", m.reason) } else { String::new() };
    format!(
        "   {colour}{mark}{colour:#} {:QUANTITY$}  {:>13}  {:>15}  {:>9}\n{reason}",
        m.quantity,
        m.measured_text(),
        m.expected.to_string(),
        m.tolerance_text()
    )
}

/// Breaks text at spaces so that it fits; lines after the first are indented.
fn wrapped(text: &str, indent: usize) -> String {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let used = lines.last().map_or(0, |line| line.chars().count());
        if used > 0 && used + 1 + word.chars().count() > WIDTH - indent {
            lines.push(word.to_owned());
        } else if let Some(line) = lines.last_mut() {
            if used > 0 {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines.join(&format!("\n{}", " ".repeat(indent)))
}
