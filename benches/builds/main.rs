//! Builds real workspaces with and without build caches, side by side, and compares the times.
//!
//! `cargo bench --bench builds -- --help` lists the options; `benches/README.md` says what the scenarios mean.
//!
//! - `workload`: the workspaces, made from published crates
//! - `tool`: cargo alone, this project, other caches; how each is set up
//! - `scenario`: cold, warm, another checkout, no change, edits, an empty machine with a full remote
//! - `remote`: the S3 server of the last scenario
//! - `measure`: clocks and counters
//! - `micro`: a single hit of the wrapper
//! - `table`: the result as text and JSON

#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a benchmark is a program of its own: it reads variables, prints, and handles files of no store"
)]

#[cfg(target_os = "linux")]
mod measure;
#[cfg(target_os = "linux")]
mod micro;
#[cfg(target_os = "linux")]
mod options;
#[cfg(target_os = "linux")]
mod remote;
#[cfg(target_os = "linux")]
#[allow(dead_code, unused_imports, reason = "the tests break more than a benchmark does")]
#[path = "../../tests/it/support/s3/mod.rs"]
mod s3;
#[cfg(target_os = "linux")]
mod scenario;
#[cfg(target_os = "linux")]
mod table;
#[cfg(target_os = "linux")]
mod tool;
#[cfg(target_os = "linux")]
mod workload;

#[cfg(target_os = "linux")]
mod run;

/// Any error ends the benchmark, or the part of it that the tool at fault takes part in, with its text.
type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

fn failed<T>(message: impl Into<String>) -> Result<T> {
    Err(message.into().into())
}

#[cfg(target_os = "linux")]
fn main() -> Result<()> {
    match options::parse(std::env::args().skip(1))? {
        Some(options) => run::run(&options),
        None => Ok(()),
    }
}

#[cfg(not(target_os = "linux"))]
fn main() -> Result<()> {
    failed("the build benchmark counts with Linux's /proc and runs there only")
}
