//! Results leave here: files first, completely or not at all, then the terminal.

use crate::failure::{Failure, Outcome};
use crate::settings::Settings;
use anstyle::Style;
use natgrad::data::{NpzWriter, write_atomically};
use natgrad::report::{Document, Part};
use std::io::{self, ErrorKind, Write};
use std::path::Path;

/// Refuses a file that could not be written, or that two outputs share, before the work begins.
pub fn check_targets<'a>(targets: impl IntoIterator<Item = Option<&'a Path>>) -> Outcome {
    let mut seen = Vec::new();
    for path in targets.into_iter().flatten() {
        let refuse = |kind: ErrorKind| {
            Err(Failure::new(format!("{}: cannot write: {}", path.display(), io::Error::from(kind))))
        };
        let directory = match path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        if path.is_dir() {
            return refuse(ErrorKind::IsADirectory);
        }
        match std::fs::metadata(directory) {
            Ok(found) if found.is_dir() => {}
            Ok(_) => return refuse(ErrorKind::NotADirectory),
            Err(error) => return refuse(error.kind()),
        }
        // A device takes any number.
        if std::fs::metadata(path).is_ok_and(|found| !found.is_file()) {
            continue;
        }
        let place = std::fs::canonicalize(directory).unwrap_or_else(|_| directory.into());
        let place = path.file_name().map(|name| place.join(name));
        if seen.contains(&place) {
            return Err(Failure::new(format!("{}: is named for two outputs", path.display())));
        }
        seen.push(place);
    }
    Ok(())
}

/// Writes every file that was asked for, then shows the document.
pub fn deliver(
    document: &Document,
    settings: &Settings,
    npz: Option<(&NpzWriter, &Path)>,
    html: Option<&Path>,
) -> Outcome {
    deliver_more(document, document, settings, npz, html)
}

/// The same, where the JSON file has more in it than the rest.
pub fn deliver_more(
    document: &Document,
    full: &Document,
    settings: &Settings,
    npz: Option<(&NpzWriter, &Path)>,
    html: Option<&Path>,
) -> Outcome {
    let archive = || npz.map_or(Ok(()), |(npz, path)| npz.write(path));
    let page = || match html {
        Some(path) => write_around(path, &document.to_html(), archive),
        None => archive(),
    };
    match &settings.json {
        Some(path) => write_around(path, &format!("{:#}\n", full.to_json()), page)?,
        None => page()?,
    }
    if settings.quiet { Ok(()) } else { show(document) }
}

/// Writes a file of which nothing is seen before `rest` has succeeded: all files of a run appear, or none.
fn write_around(path: &Path, text: &str, rest: impl FnOnce() -> natgrad::Result<()>) -> natgrad::Result<()> {
    let mut inner = Ok(());
    let outer = write_atomically(path, |file| {
        file.write_all(text.as_bytes())?;
        file.flush()?;
        file.get_ref().sync_all()?;
        inner = rest();
        inner.as_ref().copied().map_err(|error| io::Error::other(error.to_string()))
    });
    inner.and(outer)
}

/// The document on standard output: bold titles on a terminal, plain text elsewhere.
pub fn show(document: &Document) -> Outcome {
    let bold = Style::new().bold();
    let mut text = format!("{bold}{}{bold:#}\n", document.title());
    for part in document.parts() {
        match part {
            Part::Heading(heading) => text += &format!("\n{bold}{heading}{bold:#}\n"),
            Part::Text(paragraph) => text += &format!("\n{paragraph}\n"),
            Part::Table(table) => {
                let all = table.to_string();
                match all.strip_prefix(table.title()) {
                    Some(rest) if !table.title().is_empty() => {
                        text += &format!("\n{bold}{}{bold:#}{rest}", table.title());
                    }
                    _ => text += &format!("\n{all}"),
                }
            }
            // Figures are for the page.
            _ => {}
        }
    }
    print(&text)
}

/// Text on standard output.
pub fn print(text: &str) -> Outcome {
    let mut stdout = anstream::stdout().lock();
    tolerate(stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()))
}

/// A reader who has gone away has seen enough; any other failure is told.
pub fn tolerate(outcome: io::Result<()>) -> Outcome {
    match outcome {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(Failure::new(format!("standard output: cannot write: {error}")))
        }
        _ => Ok(()),
    }
}
