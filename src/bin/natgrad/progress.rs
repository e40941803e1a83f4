//! A bar on standard error while somebody watches, and nothing otherwise.

use crate::settings::Settings;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::time::Duration;

/// A bar of `length` steps; hidden when standard error is no terminal.
pub fn bar(settings: &Settings, length: u64, what: &str) -> ProgressBar {
    let target =
        if settings.quiet { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr_with_hz(10) };
    let bar = ProgressBar::with_draw_target(Some(length), target);
    let style = ProgressStyle::with_template("{prefix} {bar:32} {pos}/{len} {msg} [{elapsed}, {eta} left]");
    if let Ok(style) = style {
        bar.set_style(style);
    }
    bar.set_prefix(what.to_owned());
    bar.enable_steady_tick(Duration::from_millis(250));
    bar
}
