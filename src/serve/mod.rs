//! What it takes to serve one call of cargo's, whatever it asks for: a compile, or the run of a build script.
//!
//! Owns the way to the store and back to cargo. Never knows what makes two calls equal, and never restores anything.
//!
//! - [`session`]: settings, store, turns, and the guard around the index
//! - [`notes`]: the event that is left behind
//! - [`files`]: contents of files, remembered
//! - [`nested`]: calls from inside a run that we trace
//! - [`process`], [`streams`]: programs that are run in cargo's place, and what they say
//! - [`parent`], [`workspace`]: who called, and where
//! - [`running`]: whether the build of an event still goes on
//! - [`accesses`], [`above`], [`asked`], [`imports`]: what traces mean for whoever is traced
//! - [`remote`]: what the daemon is asked
//! - [`explain`]: why there was no hit

pub mod above;
pub mod accesses;
pub mod asked;
pub mod explain;
pub mod files;
pub mod imports;
pub mod libraries;
mod log;
pub mod nested;
pub mod notes;
pub mod parent;
pub mod process;
pub mod remote;
pub mod running;
pub mod session;
pub mod streams;
pub mod workspace;

use std::path::{Path, PathBuf};

use crate::event::Unit;
use crate::key::environment::Environment;
use parent::Parent;
use process::Program;

/// A call of cargo's.
pub trait Call {
    /// What is to be made.
    fn unit(&self) -> &Unit;
    /// The environment of the call.
    fn environment(&self) -> &Environment;
    /// The process that called, where the system tells.
    fn parent(&self) -> Option<&Parent>;
    /// The working directory.
    fn cwd(&self) -> &Path;
    /// The directory that receives what is made.
    fn out_dir(&self) -> &Path;
    /// The workspace's directory, as far as it can be told.
    fn workspace(&self) -> Option<PathBuf>;
    /// The profile directory (`target/debug`), where what is made goes into one.
    fn profile_dir(&self) -> Option<&Path>;
    /// What would be run without a cache.
    fn program(&self) -> &Program;
}

/// Returns cargo's home in an environment.
pub fn cargo_home(environment: &Environment) -> Option<PathBuf> {
    let given = environment.get("CARGO_HOME").map(PathBuf::from);
    given.or_else(|| Some(Path::new(environment.get("HOME")?).join(".cargo")))
}
