//! Stands for the daemon in builds without it.

use super::{Options, RunError};

/// Says that there is none.
pub fn run(_options: Options<'_>) -> Result<(), RunError> {
    Err(RunError::Disabled)
}
