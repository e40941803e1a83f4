use crate::random::{Purpose, Streams};
use crate::{Result, check};
use rand::RngExt;

/// Minibatches: every epoch all data once, in an order of its own.
///
/// The order of epoch e is a function of (seed, e) only: a run may be resumed at any epoch. The last batch of an
/// epoch is smaller where the size does not divide N.
///
/// # Example
/// ```
/// use natgrad::optimizer::Batches;
/// let epoch = Batches::new(3, 0)?.epoch(7, 0);
/// assert_eq!(epoch.iter().map(Vec::len).collect::<Vec<_>>(), [3, 3, 1]);
/// let mut rows = epoch.concat();
/// rows.sort();
/// assert_eq!(rows, [0, 1, 2, 3, 4, 5, 6]);
/// # Ok::<(), natgrad::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Batches {
    size: usize,
    seed: u64,
}

impl Batches {
    /// Batches of this many data.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) for a size of 0.
    pub fn new(size: usize, seed: u64) -> Result<Self> {
        check::at_least_one("batch", size as u64)?;
        Ok(Batches { size, seed })
    }

    /// Data per batch.
    pub fn size(&self) -> usize {
        self.size
    }

    /// The rows of every batch of one epoch, for N data.
    pub fn epoch(&self, data: usize, epoch: u64) -> Vec<Vec<usize>> {
        // Counted down from the top: the streams from 0 up belong to single data.
        let mut generator = Streams::new(self.seed, Purpose::Shuffle).generator(u64::MAX - epoch);
        let mut rows: Vec<usize> = (0..data).collect();
        for last in (1..data).rev() {
            rows.swap(last, generator.random_range(0..=last));
        }
        rows.chunks(self.size).map(<[usize]>::to_vec).collect()
    }
}
