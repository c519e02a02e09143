//! Stands for a command in builds without the daemon.

use super::context::Context;
use super::error::CliError;
use super::{Outcome, args::Any};

/// Its words, which nobody reads.
pub(super) type Args = Any;

/// Says that there is none.
pub(super) fn run(_context: &Context, _args: Args) -> Outcome {
    Err(CliError::failed("this build has no daemon"))
}
