//! Next-letter prediction, cut between words (private).

use super::task::{HELD_OUT, Part, WordOptions, enough};
use crate::Result;
use crate::data::{next_letter, words};
use crate::random::{Purpose, Streams};

/// Letters, and the mark before and after a word.
pub(super) const SYMBOLS: usize = 27;

/// All, training, held out. Every word draws a key, and the last fifth by key is held out.
pub(super) fn parts(seed: u64, options: WordOptions) -> Result<(Part, Part, Part)> {
    let all = words();
    enough("words", options.words, all.len())?;
    let chosen = &all[..options.words];
    let streams = Streams::new(seed, Purpose::Shuffle);
    let mut keyed: Vec<(f64, &str)> = chosen
        .iter()
        .enumerate()
        .map(|(n, word)| (streams.uniforms(n as u64).next().unwrap_or(0.5), *word))
        .collect();
    keyed.sort_by(|a, b| a.0.total_cmp(&b.0));
    let shuffled: Vec<&str> = keyed.into_iter().map(|(_, word)| word).collect();
    let held_out = (HELD_OUT * shuffled.len() as f64).round() as usize;
    let (train, held_out) = shuffled.split_at(shuffled.len() - held_out);
    let part = |words: &[&str]| Part::of(&next_letter(words, options.context)?);
    Ok((part(chosen)?, part(train)?, part(held_out)?))
}
