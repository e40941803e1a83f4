/// Whether what is done every `interval` steps is done at this one, t from 1: at 1, 1 + interval, ….
pub(crate) fn is_due(step: u64, interval: u64) -> bool {
    (step - 1).is_multiple_of(interval)
}
