//! L
/// Labels
#[derive(Debug)]
pub struct Labels<T> {
    x: Vec<T>,
}
