//! A writer that remembers its first failure (private).

use std::io::{self, Seek, SeekFrom, Write};

/// Passes everything on until the first failure, and swallows everything after it.
///
/// An archive that is dropped tries to finish itself and complains on standard error if it cannot. Behind a latch
/// it always can; whether the bytes arrived is asked once, at the end.
#[derive(Debug)]
pub(crate) struct Latch<W> {
    inner: W,
    failure: Option<io::Error>,
    position: u64,
    end: u64,
}

impl<W: Write + Seek> Latch<W> {
    /// Around a writer that stands at its beginning.
    pub(crate) fn new(inner: W) -> Self {
        Latch { inner, failure: None, position: 0, end: 0 }
    }

    /// The first failure, else the outcome.
    pub(crate) fn settle<V>(mut self, outcome: io::Result<V>) -> io::Result<V> {
        let _ = self.flush();
        self.failure.map_or(outcome, Err)
    }

    fn advance(&mut self, bytes: usize) -> usize {
        self.position += bytes as u64;
        self.end = self.end.max(self.position);
        bytes
    }
}

impl<W: Write + Seek> Write for Latch<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.failure.is_none() {
            match self.inner.write(bytes) {
                Ok(written) => return Ok(self.advance(written)),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => return Err(error),
                Err(error) => self.failure = Some(error),
            }
        }
        Ok(self.advance(bytes.len()))
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.failure.is_none() {
            self.failure = self.inner.flush().err();
        }
        Ok(())
    }
}

impl<W: Write + Seek> Seek for Latch<W> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let position = match to {
            SeekFrom::Start(position) => Some(position),
            SeekFrom::Current(by) => self.position.checked_add_signed(by),
            SeekFrom::End(by) => self.end.checked_add_signed(by),
        };
        self.position = position.ok_or(io::ErrorKind::InvalidInput)?;
        if self.failure.is_none() {
            self.failure = self.inner.seek(SeekFrom::Start(self.position)).err();
        }
        Ok(self.position)
    }
}
