//! The language of the tests: projects, runs of cargo, and what they must yield.
//!
//! Owns every temporary directory and every environment; a test only says what lies in the project, what changes and
//! what must follow. Never asserts times and never sleeps.
//!
//! ```text
//! let p = project().file("src/lib.rs", "pub mod a;").file("src/a.rs", "").build();
//! p.exact("build").misses(1);          // through the cache, from nothing, and compared with plain cargo
//! p.exact("build").hits(1);            // the same again: nothing changed, so nothing is compiled
//! p.write("src/a.rs", "pub fn f() {}");
//! p.exact("build").missed("foo");      // and so on
//! ```
//!
//! - [`project`], [`Project`]: files, variables, edits, a second checkout.
//! - [`Project::cargo`], [`Project::wrapped`], [`Project::kache`]: one run each; [`Run`] holds what it gave.
//! - [`Project::plain_clean`] is the *oracle*: plain cargo at the same place, from nothing. [`Project::exact`] runs
//!   through the cache, asks the oracle, and demands that both gave the same.

#![allow(dead_code, unused_imports, reason = "a language has words that no test needs yet")]

mod aging;
mod captured;
mod clock;
mod daemons;
mod disk;
mod observe;
mod oracle;
mod processors;
mod project;
mod run;
pub(crate) mod s3;
mod terminal;

pub(crate) use captured::Captured;
pub(crate) use clock::wait_for;
pub(crate) use daemons::{is_free, kill_daemon};
pub(crate) use disk::{Inode, Memory, note};
pub(crate) use observe::is_foreign;
pub(crate) use processors::on_one_processor;
pub(crate) use project::{Builder, Project, copy_to_run, manifest, project};
pub(crate) use run::Run;
pub(crate) use terminal::Terminal;
