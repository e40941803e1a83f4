use crate::data::Dataset;
use crate::{Error, Result, Scalar, check};
use ndarray::Array2;

/// Letters a to z, and the mark before and after a word.
const SYMBOLS: usize = 27;

/// 8,000 lower-case English words of 3 to 12 letters, in random order.
///
/// From SCOWL, Copyright 2000-2011 by Kevin Atkinson; the permission notice is in `data/README.md`.
///
/// # Example
/// ```
/// let words = natgrad::data::words();
/// assert_eq!(words.len(), 8000);
/// assert_eq!(words[..2], ["yeoman", "proves"]);
/// ```
pub fn words() -> Vec<&'static str> {
    include_str!("../../data/words.txt").lines().collect()
}

/// Next-letter prediction: from the last `context` symbols of a word, which comes next?
///
/// Symbol 0 is the mark before and after a word, 1 to 26 are the letters. Every word of n letters gives n + 1
/// data: the last one predicts the mark. Inputs are one-hot, the oldest symbol first.
///
/// # Shapes
/// Inputs N × 27·`context`; labels N × 1, below 27.
///
/// # Errors
/// [`Error::Empty`] without words; [`Error::Setting`] unless 1 ≤ `context` ≤ 16; [`Error::Domain`] at the first
/// word that is not of the letters a to z.
///
/// # Cost
/// 27·`context` numbers per letter: 72,000 data for all [`words`], so pass as many as you need.
///
/// # Example
/// ```
/// let data = natgrad::data::next_letter::<f64>(&["add"], 2)?;
/// assert_eq!(data.class_labels(), Some(vec![1, 4, 4, 0]));      // a d d, then the end
/// assert_eq!(data.inputs()[[1, 0]], 1.0);                       // before d: the mark …
/// assert_eq!(data.inputs()[[1, 27 + 1]], 1.0);                  // … and a
/// # Ok::<(), natgrad::Error>(())
/// ```
pub fn next_letter<T: Scalar>(words: &[&str], context: usize) -> Result<Dataset<T>> {
    check::setting("context", context as f64, (1..=16).contains(&context), "between 1 and 16")?;
    if words.is_empty() {
        return Err(Error::Empty { quantity: "words" });
    }
    if let Some(index) = words.iter().position(|word| !word.bytes().all(|b| b.is_ascii_lowercase())) {
        let value = words[index].bytes().find(|b| !b.is_ascii_lowercase()).map_or(f64::NAN, f64::from);
        let requirement = "a word of the letters a to z (the value is the first other byte)";
        return Err(Error::Domain { quantity: "words", index, value, requirement });
    }
    let count = words.iter().map(|word| word.len() + 1).sum();
    let mut inputs = Array2::zeros((count, SYMBOLS * context));
    let mut labels = Array2::zeros((count, 1));
    let mut row = 0;
    for word in words {
        let symbols: Vec<usize> = word.bytes().map(|b| usize::from(b - b'a') + 1).collect();
        for position in 0..=symbols.len() {
            for slot in 0..context {
                let back = context - slot;
                let symbol = position.checked_sub(back).map_or(0, |at| symbols[at]);
                inputs[[row, SYMBOLS * slot + symbol]] = T::one();
            }
            labels[[row, 0]] = T::of(symbols.get(position).map_or(0.0, |symbol| *symbol as f64));
            row += 1;
        }
    }
    Dataset::new("words", inputs, labels)?.with_classes(SYMBOLS)
}
