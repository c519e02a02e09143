//! Programs by name.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use crate::env::{self, Env};

/// Finds a program as a shell does: below `PATH`, if it is a bare name.
pub(super) fn find_program(env: &Env, name: &OsStr) -> Option<PathBuf> {
    let path = env.get(env::PATH)?;
    std::env::split_paths(&path).map(|directory| directory.join(name)).find(|file| is_executable(file))
}

fn is_executable(file: &Path) -> bool {
    file.is_file() && rustix::fs::access(file, rustix::fs::Access::EXEC_OK).is_ok()
}
