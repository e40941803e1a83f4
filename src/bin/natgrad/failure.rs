//! How a run can end: well, with a verdict that failed (1), or with input that cannot be used (2).

use clap::error::{Error, ErrorKind};

/// One line for standard error, and the exit code.
#[derive(Debug)]
pub struct Failure {
    pub message: String,
    pub code: u8,
}

pub type Outcome<T = ()> = Result<T, Failure>;

impl Failure {
    /// Bad input.
    pub fn new(message: impl Into<String>) -> Self {
        Failure { message: one_line(&message.into()), code: 2 }
    }

    /// A number that should have come out otherwise.
    pub fn verdict(message: impl Into<String>) -> Self {
        Failure { message: one_line(&message.into()), code: 1 }
    }
}

impl From<natgrad::Error> for Failure {
    fn from(error: natgrad::Error) -> Self {
        Failure::new(error.to_string())
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Help and version go to standard output; a wrong command line is one line.
pub fn usage(error: &Error) -> Outcome {
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => crate::output::tolerate(error.print()),
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            Err(Failure::new("a subcommand is needed; `natgrad --help` lists them"))
        }
        _ => {
            let text = error.render().to_string();
            let told: Vec<&str> =
                text.lines().take_while(|line| !line.starts_with("Usage:")).map(str::trim).collect();
            let told = told.join(" ").replace("error: ", "");
            Err(Failure::new(format!(
                "{}; try --help",
                told.trim().trim_end_matches("For more information, try '--help'.").trim()
            )))
        }
    }
}
