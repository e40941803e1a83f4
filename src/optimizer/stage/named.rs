use crate::{Error, Result};

/// The value that a name stands for, or an error that lists the names.
pub(crate) fn named<V: Copy>(what: &'static str, name: &str, table: &[(&str, V)]) -> Result<V> {
    table.iter().find(|(known, _)| *known == name).map(|(_, value)| *value).ok_or_else(|| Error::Unknown {
        what,
        name: name.to_owned(),
        known: table.iter().map(|(known, _)| *known).collect::<Vec<_>>().join(", "),
    })
}
