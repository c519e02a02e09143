//! The launcher that stands in for a build script.
//!
//! Owns what lies where cargo expects the script's program: a [`launcher`], and the program beside it under a name of its
//! own. So the script's *runs* come to us; see [`script`](crate::script). The launcher is a file of each target
//! directory's own, and its time is the unit's; the program is a link like any other output.

use std::path::{Path, PathBuf};

use super::restore::PLAIN_EXECUTABLE;
use super::session::Session;
use crate::config::Trace;
use crate::event::Target;
use crate::fs::{self, link};
use crate::launcher;
use crate::store::blob::T0;

/// When the launcher says it was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Made {
    /// Now.
    Now,
    /// At the time of everything that is shared.
    T0,
}

/// A launcher and the program it stands in for.
pub(super) struct StandIn {
    launcher: PathBuf,
    content: Vec<u8>,
    /// Where the program is kept.
    pub(super) program: PathBuf,
}

impl StandIn {
    /// Prepares one for the program at `path`, if this is a build script whose runs can be served.
    pub(super) fn for_program(session: &Session<'_>, path: &Path) -> Option<Self> {
        if session.call.unit.target != Target::BuildScript || session.settings.trace == Trace::Off {
            return None;
        }
        let program = launcher::script_of(path);
        let content = launcher::launcher(&std::env::current_exe().ok()?, program.file_name()?)?;
        Some(Self { launcher: path.to_owned(), content, program })
    }

    /// Takes the place of a program that has just been compiled.
    pub(super) fn replace(&self) -> fs::Result<()> {
        fs::rename(&self.launcher, &self.program)?;
        self.put(Made::Now).or_else(|_| fs::rename(&self.program, &self.launcher))
    }

    /// Writes the launcher.
    pub(super) fn put(&self, made: Made) -> fs::Result<()> {
        link::write_replacing(&self.launcher, &self.content, PLAIN_EXECUTABLE)?;
        match made {
            Made::Now => Ok(()),
            Made::T0 => link::set_modified(&fs::open(&self.launcher)?, T0, &self.launcher),
        }
    }
}

/// Takes the place of a build script that is not recorded itself: its runs may be. Trouble leaves the script where it is.
pub(super) fn replace_all(session: &Session<'_>) {
    for (name, _, _) in session.call.expected_outputs() {
        let path = session.call.out_dir.join(name);
        if let Some(stand_in) = StandIn::for_program(session, &path).filter(|_| !launcher::is_launcher(&path))
        {
            let _ = stand_in.replace();
        }
    }
}

/// Returns the file with the program, where `path` may be a launcher.
pub(super) fn program_behind(path: &Path) -> PathBuf {
    if launcher::is_launcher(path) { launcher::script_of(path) } else { path.to_owned() }
}
