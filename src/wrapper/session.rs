//! What one compiler call works with.
//!
//! Owns the decisions that need no look at any input: whether this unit may be cached at all.

use std::path::PathBuf;

use super::call::Call;
use super::clock;
use crate::config::Settings;
use crate::event::Bypass;
use crate::fs;
use crate::rustc::args::Unsupported;
use crate::serve::session::{self, Excluded};

/// A compile that may be cached.
pub(super) type Session<'c> = session::Session<'c, Call>;

/// Decides whether the call may be cached, and opens the store.
pub(super) fn open(call: &Call, settings: Settings) -> Result<Session<'_>, Excluded> {
    let exclusion = exclusion(call, &settings);
    let session = Session::open(call, settings, exclusion)?;
    call.target_is_new.set(clock::claim_target(call, &session.store.index).unwrap_or(false));
    Ok(session)
}

/// Why this unit is not to be cached, if so.
fn exclusion(call: &Call, settings: &Settings) -> Option<Bypass> {
    match &call.unsupported {
        Some(Unsupported::Flag(flag)) => return Some(Bypass::Flag(flag.clone())),
        Some(Unsupported::Emit(kind)) => return Some(Bypass::Emit(kind.clone())),
        Some(Unsupported::Stdin) => return Some(Bypass::Stdin),
        None => {}
    }
    if let Some(rule) = session::rule_against(&call.unit.package, settings) {
        return Some(rule);
    }
    (call.makes_executable() && !settings.cache_executables).then_some(Bypass::Executable)
}

/// Finds a program the way `execvp` does. `None` if there is none.
pub(super) fn find_program(call: &Call, program: &std::ffi::OsStr) -> Option<PathBuf> {
    if program.as_encoded_bytes().contains(&b'/') {
        return Some(call.cwd.join(program));
    }
    let path = call.environment.get("PATH")?;
    std::env::split_paths(path).map(|dir| call.cwd.join(dir).join(program)).find(|file| fs::is_program(file))
}
