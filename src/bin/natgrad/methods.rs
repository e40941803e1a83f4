//! Training methods by name or by file, and learning rates that are told.

use crate::failure::{Failure, Outcome};
use crate::names;
use natgrad::experiment::{Entrant, start_rate};
use natgrad::optimizer::MethodSettings;
use std::path::Path;

/// A method, and whether its learning rate is given.
#[derive(Debug, Clone, PartialEq)]
pub struct Choice {
    pub entrant: Entrant,
    pub fixed: bool,
}

/// `a,b,c`, where each is a name, the path of a TOML file, or `all` for every name; with `--lr 0.1` for all or
/// `--lr a=0.1,b=0.2` for some. A file that says `lr` has said it.
pub fn choices<'a>(names: &'a [String], rates: &[String]) -> Outcome<Vec<Choice>> {
    let mut choices: Vec<Choice> = Vec::new();
    let expand = |name: &'a String| match name.as_str() {
        "all" => MethodSettings::NAMES.to_vec(),
        one => vec![one],
    };
    for name in names.iter().flat_map(expand) {
        let choice = choice(name)?;
        let known = &choice.entrant.name;
        if choices.iter().any(|other| other.entrant.name == *known) {
            return Err(Failure::new(format!("optimizer '{known}' is named twice")));
        }
        choices.push(choice);
    }
    let mut told = Vec::new();
    for entry in rates {
        let (name, text) = entry.split_once('=').map_or((None, entry.as_str()), |(n, r)| (Some(n), r));
        let rate = match text.parse::<f64>() {
            Ok(rate) if rate > 0.0 && rate.is_finite() => rate,
            _ => return Err(Failure::new(format!("--lr {entry}: a rate must be positive and finite"))),
        };
        if told.contains(&name) {
            return Err(Failure::new(format!(
                "--lr {entry}: a second rate for {}",
                name.map_or("all".to_owned(), |name| format!("'{name}'"))
            )));
        }
        told.push(name);
        let meant = |choice: &&mut Choice| name.is_none_or(|name| choice.entrant.name == name);
        let mut found = false;
        for choice in choices.iter_mut().filter(meant) {
            choice.entrant = choice.entrant.clone().with_learning_rate(rate);
            choice.fixed = true;
            found = true;
        }
        if !found {
            return Err(Failure::new(format!("--lr {entry}: no such optimizer in this run")));
        }
    }
    Ok(choices)
}

fn choice(name: &str) -> Outcome<Choice> {
    if name.ends_with(".toml") || name.contains('/') {
        let (entrant, fixed) = Entrant::read(Path::new(name))?;
        return Ok(Choice { entrant, fixed });
    }
    let entrant = Entrant::named(name).map_err(|_| names::no_optimizer(name))?;
    Ok(Choice { entrant, fixed: false })
}

/// A method with the rate where a search would start.
pub fn untuned(name: &str) -> Outcome<Entrant> {
    let entrant = Entrant::named(name).map_err(|_| names::no_optimizer(name))?;
    let rate = start_rate(&entrant.config);
    Ok(entrant.with_learning_rate(rate))
}
