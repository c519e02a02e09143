//! Whether everything is set up, and how it comes to be: looks at everything, and changes only what it is asked to.
//!
//! Owns the checks, one function each, the text in which their findings are shown, and the repairs ([`fix`]). Never
//! prints. A check starts no program but `cargo` and `rustc` to ask for their versions, and changes nothing: what can be
//! done about a finding is a value in it ([`Repair`]), which only [`fix::apply()`] acts on.
//!
//! | check | file |
//! |---|---|
//! | binary | [`binary`] |
//! | wrapper | [`wrapper`] |
//! | settings | [`settings`] |
//! | store | [`store`] |
//! | sccache, shell | [`sccache`], [`shell`] |
//! | CI | [`ci`] |
//! | remote, daemon, service | [`remote`], [`service`] |
//! | system | [`system`] |

mod binary;
mod cargo_config;
mod ci;
mod finding;
pub mod fix;
mod named;
#[cfg_attr(not(feature = "daemon"), path = "no_remote.rs")]
mod remote;
mod sccache;
mod sccache_cache;
mod secrets;
#[cfg(feature = "daemon")]
mod service;
mod settings;
mod shell;
mod store;
mod system;
mod text;
mod wrapper;

use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::config::{ConfigError, Resolved};
use crate::env::{self, Env};
pub use finding::{Action, Finding, Line, Repair, Severity};
pub use text::Style;

/// What is looked at.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// The environment.
    pub env: &'a Env,
    /// The current folder: cargo's configuration depends on it.
    pub here: &'a Path,
    /// The running program.
    pub program: Option<&'a Path>,
    /// The settings, or what is wrong with them.
    pub settings: &'a Result<Resolved, ConfigError>,
}

/// All findings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Examination {
    /// Our version.
    pub version: &'static str,
    /// The compiler's, if there is one.
    pub rustc: Option<String>,
    /// What was found.
    pub findings: Vec<Finding>,
}

/// Runs all checks.
pub fn examine(subject: &Subject<'_>) -> Examination {
    let (system, rustc) = system::check(subject);
    let checks: &[&[Finding]] = &[
        &binary::check(subject),
        &wrapper::check(subject),
        &settings::check(subject),
        &store::check(subject),
        &remote::check(subject),
        #[cfg(feature = "daemon")]
        &service::check(subject),
        &sccache::check(subject),
        &system,
        &shell::check(subject),
        &ci::check(subject),
    ];
    Examination { version: env!("CARGO_PKG_VERSION"), rustc, findings: checks.concat() }
}

/// Whether plain cargo, run here, uses the cache.
pub fn is_wrapped(subject: &Subject<'_>) -> bool {
    wrapper::check(subject).iter().all(|finding| finding.severity == Severity::Ok)
}

/// Finds a program the way a shell does.
fn find_program(env: &Env, name: &str) -> Option<PathBuf> {
    let path = env.get(env::PATH)?;
    std::env::split_paths(&path).map(|dir| dir.join(name)).find(|file| crate::fs::is_program(file))
}

/// Whether both paths lead to the same file.
fn is_same_file(a: &Path, b: &Path) -> bool {
    matches!((a.canonicalize(), b.canonicalize()), (Ok(a), Ok(b)) if a == b)
}

#[cfg(test)]
mod testing;
