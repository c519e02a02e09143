//! `monitor`: what builds do and have done, on the whole screen.

use super::context::Context;
use super::{Outcome, output, screen};
use crate::tui::monitor::Monitor;

/// Watch builds, projects and the store
#[derive(Debug, Default, clap::Args)]
pub(super) struct Args {
    /// Period to look at, as in `7d` [default: all that is known]
    #[arg(long, value_name = "DURATION")]
    since: Option<String>,
}

/// Whether it can be shown here.
pub(super) fn can_run(context: &Context) -> bool {
    screen::has_screen(context)
}

pub(super) fn run(context: &Context, args: Args) -> Outcome {
    let _since = args.since.as_deref().map(output::duration).transpose()?;
    screen::needs_screen(context, "monitor", "`cargo kache stats` prints the figures")?;
    screen::show(context, &mut Monitor::default())
}
