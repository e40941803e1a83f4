//! `natgrad`: Fisher approximations and optimizers, verified from the command line.

mod compare;
mod completions;
mod failure;
mod fisher;
mod info;
mod methods;
mod names;
mod npz_problem;
mod output;
mod progress;
mod replay;
mod settings;
mod solve;
mod tasks;
mod train;
mod verify;
mod view;

use clap::{Parser, Subcommand};
use failure::{Failure, Outcome};
use settings::Settings;
use std::process::ExitCode;

/// Verify approximations of the Fisher information, and optimizers, against an independent implementation.
#[derive(Debug, Parser)]
#[command(name = "natgrad", version, propagate_version = true, after_help = EXAMPLE, max_term_width = 110)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    settings: Settings,
}

const EXAMPLE: &str = "Exit code 0: done; 1: a numerical verdict failed; 2: bad input, nothing was written.\n\n\
    Example:\n  cargo natgrad compare examples/problem.npz --likelihood categorical";

#[derive(Debug, Subcommand)]
enum Command {
    /// The ledger of claims: what the papers say, measured
    Verify(verify::Args),
    /// One Fisher approximation of a problem, with loss and gradient
    Fisher(fisher::Args),
    /// The natural direction: (F + damping) d = gradient
    Solve(solve::Args),
    /// Approximations against the exact Fisher, one row each
    Compare(compare::Args),
    /// A recorded gradient sequence, fed to an optimizer
    Replay(replay::Args),
    /// Optimizers side by side on real data
    Train(train::Args),
    /// What this build is, and a self-test of its numbers
    Info(info::Args),
    /// A completion script for a shell
    Completions(completions::Args),
}

impl Command {
    fn run(&self, settings: &Settings) -> Outcome {
        match self {
            Command::Verify(args) => verify::run(args, settings),
            Command::Fisher(args) => fisher::run(args, settings),
            Command::Solve(args) => solve::run(args, settings),
            Command::Compare(args) => compare::run(args, settings),
            Command::Replay(args) => replay::run(args, settings),
            Command::Train(args) => train::run(args, settings),
            Command::Info(args) => info::run(args, settings),
            Command::Completions(args) => completions::run::<Cli>(args),
        }
    }
}

fn main() -> ExitCode {
    let outcome = match Cli::try_parse() {
        Ok(cli) => cli.settings.start().and_then(|()| cli.command.run(&cli.settings)),
        Err(error) => failure::usage(&error),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure { message, code }) => {
            // Whoever closed standard error does not want to know.
            let _ = std::io::Write::write_all(&mut std::io::stderr(), format!("{message}\n").as_bytes());
            ExitCode::from(code)
        }
    }
}
