//! The compiler wrapper that cargo would use without us.
//!
//! Owns the search for it, in cargo's own order, and the decision what becomes of it. Never runs it.
//!
//! | # | source | relative programs belong to |
//! |---|--------|------------------------------|
//! | 1 | `RUSTC_WRAPPER`; empty means none, whatever follows | the current directory |
//! | 2 | `--config build.rustc-wrapper=…`, the last one | the current directory |
//! | 3 | `CARGO_BUILD_RUSTC_WRAPPER` | the current directory |
//! | 4 | `.cargo/config.toml` from here up, then the one in `CARGO_HOME` | the directory that holds `.cargo` |
//!
//! We set the first one, so ours is used in any case.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use super::program::find_program;
use crate::cargo_config::{CargoConfig, Text};
use crate::env::{self, Env};

/// Wrappers that cache, by file stem: two caches around one compiler only get in each other's way.
const CACHES: [&str; 4] = ["sccache", "cachepot", "kache", "cargo-kache"];

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OtherWrapper {
    /// None, or this very program.
    None,
    /// Another cache, as it was written: not used in this build.
    Replaced(String),
    /// Something else, by absolute path if it was found: to be run inside of ours.
    Kept(PathBuf),
}

/// Finds the wrapper that is set.
pub(super) fn find(env: &Env, config: &CargoConfig, this_program: &Path) -> OtherWrapper {
    let Some((written, root)) = effective(env, config) else { return OtherWrapper::None };
    let program = if written.as_encoded_bytes().contains(&b'/') {
        root.join(&written)
    } else {
        find_program(env, &written).unwrap_or_else(|| PathBuf::from(&written))
    };
    if is_same_file(&program, this_program) {
        return OtherWrapper::None;
    }
    match program.file_stem().and_then(OsStr::to_str) {
        Some(stem) if CACHES.contains(&stem) => {
            OtherWrapper::Replaced(written.to_string_lossy().into_owned())
        }
        _ => OtherWrapper::Kept(program),
    }
}

/// Returns the wrapper as it is written, and the directory it is relative to.
fn effective(env: &Env, config: &CargoConfig) -> Option<(OsString, PathBuf)> {
    // Cargo passes over a variable that it cannot read as text.
    if let Some(value) = env.raw(env::RUSTC_WRAPPER).filter(|value| value.to_str().is_some()) {
        return Some((value, config.directory().to_owned())).filter(|(value, _)| !value.is_empty());
    }
    let key = ["build", "rustc-wrapper"];
    let variable = || {
        let value = env.get(env::CARGO_BUILD_RUSTC_WRAPPER)?.into_string().ok()?;
        Some(Text { value, root: config.directory().to_owned() })
    };
    let found = config.option(&key).or_else(variable).or_else(|| config.file(&key))?;
    Some((OsString::from(found.value), found.root)).filter(|(value, _)| !value.is_empty())
}

fn is_same_file(a: &Path, b: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    match (a.metadata(), b.metadata()) {
        (Ok(a), Ok(b)) => (a.dev(), a.ino()) == (b.dev(), b.ino()),
        _ => false,
    }
}
