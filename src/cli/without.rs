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

/// Stands for the selector of target directories.
#[cfg(not(feature = "tui"))]
pub(super) mod picker {
    use std::process::ExitCode;

    use super::super::{context::Context, error::CliError};
    use crate::store::layout::Layout;
    use crate::targets::Target;

    /// What came of a question that nobody can be asked.
    #[expect(dead_code, reason = "nobody is asked")]
    pub(in super::super) enum Picked {
        These(Vec<(Target, String)>),
        Cancelled,
        Ended(ExitCode),
    }

    /// Says that there is none.
    pub(in super::super) fn needs_screen(_context: &Context, instead: &str) -> Result<(), CliError> {
        Err(CliError::failed("this build has no tui").hint(instead))
    }

    /// Is not reached.
    pub(in super::super) fn pick(
        _context: &Context,
        _targets: Vec<(Target, String)>,
        _layout: Layout,
    ) -> Result<Picked, CliError> {
        Ok(Picked::Cancelled)
    }
}

fn missing(what: &str) -> Outcome {
    Err(CliError::failed(format!("this build has no {what}")))
}
