//! Schedules and groups of tensors as a file writes them.

use super::grouped::of_group;
use super::settings::{TableError, of_option, one_line};
use super::stage::Schedule;
use super::{MethodSettings, TensorGroup};
use crate::Error;
use serde::Deserialize;
use toml::{Table, Value};

/// Takes the schedule out of a table, if it says anything of one.
pub(super) fn read_schedule(table: &mut Table) -> Result<Option<Schedule>, TableError> {
    let mut options = Table::new();
    for name in Schedule::OPTIONS {
        if let Some(value) = table.remove(name) {
            options.insert(name.to_owned(), value);
        }
    }
    if let Some(name) = table.keys().find(|name| name.starts_with("schedule")) {
        let known = format!("for schedules: {}", Schedule::OPTIONS.join(", "));
        return Err(TableError::Settings(Error::Unknown { what: "option", name: name.clone(), known }));
    }
    if options.is_empty() {
        return Ok(None);
    }
    for (name, value) in &options {
        // Of the wrong type by itself; whether all of them fit together is said below.
        let fits = match name.as_str() {
            "schedule" => value.is_str(),
            "schedule_floor" => value.is_float() || value.is_integer(),
            _ => value.as_integer().is_some_and(|steps| steps >= 0),
        };
        if !fits {
            let expected = match name.as_str() {
                "schedule" => "a word",
                "schedule_floor" => "a number",
                _ => "a number of steps",
            };
            return Err(TableError::Value(format!("{name} = {value}: it must be {expected}")));
        }
    }
    let names = options.keys().cloned().collect::<Vec<_>>().join(", ");
    let schedule = Schedule::deserialize(options);
    schedule.map(Some).map_err(|error| TableError::Value(of_option(&names, &one_line(error.message()))))
}

/// Puts a schedule into a table.
pub(super) fn write_schedule(table: &mut Table, schedule: Schedule) {
    table.extend(Table::try_from(schedule).unwrap_or_default());
}

/// The groups, each on top of the base.
pub(super) fn read_groups(
    groups: Option<Value>,
    base: &MethodSettings,
    schedule: Schedule,
) -> Result<Vec<TensorGroup>, TableError> {
    let tables = match groups {
        None => return Ok(Vec::new()),
        Some(Value::Array(tables)) => tables,
        Some(other) => return Err(TableError::Value(format!("group = {}: {TABLES}", short(&other)))),
    };
    let mut groups = Vec::with_capacity(tables.len());
    for (index, table) in tables.into_iter().enumerate() {
        let Value::Table(table) = table else {
            return Err(TableError::Value(format!("group {}: {TABLES}", index + 1)));
        };
        let group = read_group(table, base, schedule).and_then(|group| {
            group.settings.only_gradients().map_err(TableError::Settings)?;
            if group.tensors.is_empty() {
                return Err(TableError::Settings(Error::Empty { quantity: "tensors" }));
            }
            Ok(group)
        });
        groups.push(group.map_err(|error| match error {
            TableError::Value(problem) => TableError::Value(format!("group {}: {problem}", index + 1)),
            TableError::Settings(error) => TableError::Settings(of_group(index + 1, error)),
        })?);
    }
    Ok(groups)
}

const TABLES: &str = "groups are tables, each under a line [[group]]";

fn read_group(
    mut table: Table,
    base: &MethodSettings,
    schedule: Schedule,
) -> Result<TensorGroup, TableError> {
    let patterns = "a list of names or patterns, for example [\"b*\"]";
    let tensors = match table.remove("tensors") {
        None => return Err(TableError::Value(format!("has no line tensors = {patterns}"))),
        Some(value) => value
            .clone()
            .try_into::<Vec<String>>()
            .map_err(|_| TableError::Value(format!("tensors = {}: it must be {patterns}", short(&value))))?,
    };
    let schedule = read_schedule(&mut table)?.unwrap_or(schedule);
    let settings = match table.remove("optimizer") {
        None => base.overridden(table)?,
        Some(Value::String(name)) => MethodSettings::from_table(&name, table)?,
        Some(other) => return Err(TableError::Value(format!("optimizer = {other}: it must be a word"))),
    };
    Ok(TensorGroup { tensors, settings, schedule })
}

/// A value on one line.
fn short(value: &Value) -> String {
    one_line(&value.to_string())
}

/// Puts the groups into a table, all of their options said.
pub(super) fn write_groups(table: &mut Table, groups: &[TensorGroup]) {
    if groups.is_empty() {
        return;
    }
    let tables = groups.iter().map(|TensorGroup { tensors, settings, schedule }| {
        let mut table = settings.to_table().unwrap_or_default();
        table.insert("optimizer".to_owned(), settings.name().into());
        table.insert("tensors".to_owned(), tensors.clone().into());
        write_schedule(&mut table, *schedule);
        Value::Table(table)
    });
    table.insert("group".to_owned(), Value::Array(tables.collect()));
}
