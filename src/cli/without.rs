//! Stands for commands in builds without what they need.

use super::Outcome;
use super::error::CliError;

/// Stands for what talks to the daemon.
#[cfg(not(feature = "daemon"))]
pub(super) mod daemon {
    use super::super::{Outcome, args::Any, context::Context};

    /// Its words, which nobody reads.
    pub(in super::super) type Args = Any;

    /// Says that there is none.
    pub(in super::super) fn run(_context: &Context, _args: Args) -> Outcome {
        super::missing("daemon")
    }
}

/// Stands for the monitor.
#[cfg(not(feature = "tui"))]
pub(super) mod monitor {
    use super::super::{Outcome, args::Any, context::Context};

    /// Its words, which nobody reads.
    pub(in super::super) type Args = Any;

    /// Says that there is none.
    pub(in super::super) fn run(_context: &Context, _args: Args) -> Outcome {
        super::missing("monitor")
    }

    /// Whether it can be shown: never.
    pub(in super::super) fn can_run(_context: &Context) -> bool {
        false
    }
}

fn missing(what: &str) -> Outcome {
    Err(CliError::failed(format!("this build has no {what}")))
}
