//! What every subcommand understands.

use crate::failure::{Failure, Outcome};
use std::path::PathBuf;

#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Common options")]
pub struct Settings {
    /// Write what the terminal shows as JSON, every digit kept
    #[arg(long, global = true, value_name = "FILE")]
    pub json: Option<PathBuf>,
    /// Threads; results do not depend on it [default: all cores]
    #[arg(long, global = true, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub threads: Option<u16>,
    /// Seed of everything random; 0 is a seed
    #[arg(long, global = true, value_name = "S", default_value_t = 0)]
    pub seed: u64,
    /// Print nothing but errors
    #[arg(long, short, global = true)]
    pub quiet: bool,
}

impl Settings {
    /// Sets up the threads, once, before anything uses them.
    pub fn start(&self) -> Outcome {
        let Some(threads) = self.threads else { return Ok(()) };
        rayon::ThreadPoolBuilder::new()
            .num_threads(usize::from(threads))
            .build_global()
            .map_err(|error| Failure::new(format!("--threads {threads}: {error}")))
    }
}
