use std::io::{self, Write};

/// Shows one value in a Rust notebook (evcxr), in several forms of which the viewer takes its best.
///
/// Each block is a MIME type and a body. Always give `text/plain` too: it is what diffs and terminals see.
/// Outside a notebook the blocks appear on standard output as they are.
///
/// # Example
/// ```
/// natgrad::report::emit(&[("text/latex", "$F = S^\\top S / N$"), ("text/plain", "F = SᵀS/N")]);
/// ```
pub fn emit(blocks: &[(&str, &str)]) {
    // One lock, so that no other thread writes in between; a closed output is nobody's error here.
    let _ = write_blocks(&mut io::stdout().lock(), blocks);
}

/// The text of [`emit`], to any writer.
///
/// ```text
/// EVCXR_BEGIN_CONTENT mime
/// body
/// EVCXR_END_CONTENT
/// ```
///
/// # Errors
/// Those of the writer.
///
/// # Example
/// ```
/// let mut text = Vec::new();
/// natgrad::report::write_blocks(&mut text, &[("text/plain", "1.5")])?;
/// assert_eq!(text, b"EVCXR_BEGIN_CONTENT text/plain\n1.5\nEVCXR_END_CONTENT\n");
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn write_blocks(writer: &mut impl Write, blocks: &[(&str, &str)]) -> io::Result<()> {
    for (mime, body) in blocks {
        writeln!(writer, "EVCXR_BEGIN_CONTENT {mime}\n{body}\nEVCXR_END_CONTENT")?;
    }
    writer.flush()
}
