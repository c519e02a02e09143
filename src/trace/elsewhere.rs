//! Where tracing is not available: the same functions, and one answer.
//!
//! Never runs anything.

use std::convert::Infallible;
use std::ffi::OsString;
use std::io;
use std::process::{Child, Command, ExitStatus};

use super::{SpawnError, Trace, Unsupported};

/// The supervisor of a running program, of which there is none.
#[derive(Debug)]
pub(super) struct Watch(Infallible);

impl Watch {
    pub(super) fn wait(self, _: &mut Child) -> io::Result<(ExitStatus, Trace)> {
        match self.0 {}
    }
}

pub(super) fn spawn(
    _: &mut Command,
    _: Option<&[(OsString, OsString)]>,
) -> Result<(Child, Watch), SpawnError> {
    Err(Unsupported::Platform.into())
}

pub(super) fn supported() -> Result<(), Unsupported> {
    Err(Unsupported::Platform)
}
