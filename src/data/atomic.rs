use crate::{Error, Result};
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;
use tempfile::Builder;

/// What the closure of [`write_atomically`] writes to; it can also seek.
pub type AtomicWriter<'a> = BufWriter<&'a File>;

/// Writes a file completely or not at all.
///
/// The bytes go to a temporary name in the same directory, reach the disk, and then take the place of `path` by
/// one rename. Whatever fails on the way (a full disk, an error of `write` itself), an existing file stays as it
/// was and no temporary file is left. A symbolic link is followed; an existing file keeps its permissions. A path
/// that is no regular file (`/dev/stdout`, a pipe) cannot be renamed over and is written to directly, once
/// `write` has succeeded.
///
/// # Errors
/// [`Error::File`](crate::Error::File) with the path and the reason the system gave.
///
/// # Cost
/// One write, one flush to the disk, one rename.
///
/// # Example
/// ```
/// use natgrad::data::write_atomically;
/// use std::io::Write;
/// let path = std::env::temp_dir().join("natgrad-atomic-example.txt");
/// write_atomically(&path, |file| writeln!(file, "loss 0.25"))?;
/// let failed = write_atomically(&path, |_| Err(std::io::Error::other("no more numbers")));
/// assert!(failed.unwrap_err().to_string().ends_with("cannot write: no more numbers"));
/// assert_eq!(std::fs::read_to_string(&path).unwrap(), "loss 0.25\n");
/// # std::fs::remove_file(&path).unwrap();
/// # Ok::<(), natgrad::Error>(())
/// ```
pub fn write_atomically(
    path: impl AsRef<Path>,
    write: impl FnOnce(&mut AtomicWriter<'_>) -> io::Result<()>,
) -> Result<()> {
    let path = path.as_ref();
    place(path, write)
        .map_err(|error| Error::File { path: path.into(), problem: format!("cannot write: {error}") })
}

fn place(path: &Path, write: impl FnOnce(&mut AtomicWriter<'_>) -> io::Result<()>) -> io::Result<()> {
    let existing = match fs::metadata(path) {
        Ok(metadata) => Some(metadata),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(error),
    };
    match &existing {
        Some(metadata) if metadata.is_dir() => return Err(io::ErrorKind::IsADirectory.into()),
        Some(metadata) if !metadata.is_file() => return stream(path, write),
        _ => {}
    }
    let target = if existing.is_some() { fs::canonicalize(path)? } else { path.to_path_buf() };
    let directory = match target.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    // Opened by hand, so that a new file gets the permissions any new file gets, not those of a secret.
    let mut refusal = None;
    let temporary = Builder::new()
        .prefix(".natgrad-")
        .make_in(directory, |name| {
            let opened = File::options().read(true).write(true).create_new(true).open(name);
            refusal = opened.as_ref().err().and_then(io::Error::raw_os_error);
            opened
        })
        // The system's own words, without the temporary name, which changes from run to run.
        .map_err(|error| refusal.map_or(error, io::Error::from_raw_os_error))?;
    fill(temporary.as_file(), write)?;
    if let Some(metadata) = existing {
        temporary.as_file().set_permissions(metadata.permissions())?;
    }
    temporary.as_file().sync_all()?;
    temporary.persist(&target).map_err(|failure| failure.error)?;
    // The rename itself reaches the disk with the directory; where directories cannot be opened, the system's
    // own habit must do.
    if let Ok(directory) = File::open(directory) {
        let _ = directory.sync_all();
    }
    Ok(())
}

fn fill(file: &File, write: impl FnOnce(&mut AtomicWriter<'_>) -> io::Result<()>) -> io::Result<()> {
    let mut writer = BufWriter::new(file);
    let outcome = write(&mut writer).and_then(|()| writer.flush());
    // After a failure the buffer is thrown away instead of being flushed once more.
    let _ = writer.into_parts();
    outcome
}

/// To something that is no regular file: everything is prepared first, then copied.
fn stream(path: &Path, write: impl FnOnce(&mut AtomicWriter<'_>) -> io::Result<()>) -> io::Result<()> {
    let mut prepared = tempfile::tempfile()?;
    fill(&prepared, write)?;
    io::Seek::rewind(&mut prepared)?;
    let mut target = File::options().write(true).open(path)?;
    io::copy(&mut prepared, &mut target)?;
    target.flush()
}
