//! `natgrad completions`.

use crate::failure::Outcome;
use crate::output;
use clap::CommandFactory;
use clap_complete::Shell;

/// A completion script on standard output.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  cargo natgrad completions bash > natgrad.bash")]
pub struct Args {
    /// The shell
    shell: Shell,
}

pub fn run<C: CommandFactory>(args: &Args) -> Outcome {
    // Into memory first: the generator panics where standard output refuses.
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut C::command(), "natgrad", &mut script);
    output::print(&String::from_utf8_lossy(&script))
}
