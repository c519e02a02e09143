//! cargo-kache: a build cache for Rust.
//!
//! # Bird's eye
//!
//! Cargo asks for one compile after another. Each call runs this program in the compiler's place: it forms a key from
//! all that the compile depends on, and either puts the outputs of an earlier equal compile in place, or runs the
//! compiler and remembers the result.
//!
//! # Entry points
//!
//! `main.rs` decides by argv whether this process is the compiler's stand-in ([`wrapper`]), a build script's
//! ([`script`]), or a person's command ([`cli`]). `cargo kache build` is a command that runs cargo with this program as the
//! wrapper ([`orchestrate`]); `daemon run` is one that stays ([`daemon`]).
//!
//! # Map
//!
//! Imports point downwards only; a test keeps it so.
//!
//! | row | modules | |
//! |---|---|---|
//! | 7 | [`cli`] | parses, then calls one thing below |
//! | 6 | [`doctor`] | looks at everything below; changes only what it is asked to |
//! | 5 | [`orchestrate`], [`daemon`], [`tui`] | runs cargo with the wrapper set; the process in the background; full-screen views |
//! | 4 | [`wrapper`], [`script`], [`report`], [`targets`] | one compiler call; one run of a build script; events to figures; target directories |
//! | 4 | [`transfer`] | entries between the store and the remote |
//! | 3 | [`config`], [`agent`], [`serve`] | settings, which rows 0 to 2 never see; the way to the daemon; what it takes to serve a call of cargo's |
//! | 2 | [`key`], [`store`], [`remote`], [`trace`] | what makes compiles equal; blobs and index; objects in a bucket; what a process tree reads |
//! | 1 | [`cargo_config`], [`entry`], [`event`], [`handover`], [`invocation`], [`launcher`], [`placeholder`], [`portable`], [`rustc`] | cargo's settings; what is stored and said; front end to wrappers; argv; stands for build scripts; the workspace's stand-in; paths; rustc's formats |
//! | 0 | [`digest`], [`mod@env`], [`fs`], [`quantity`], [`signal`], [`term`] | content names, variables, files, units of measure, signals, printing |
//!
//! # Invariants
//!
//! - `key` opens no store, starts no process and reads no variable of ours.
//! - `store` does not know what a compiler is.
//! - `remote` knows neither the store nor the settings; it alone loads an HTTP client.
//! - `wrapper` writes nothing of its own to stdout or stderr, and loads neither clap nor a terminal library.
//! - `report` takes values: it opens neither the store nor the log.
//! - `agent` never waits without an end, and loads no runtime; only `daemon` has one.
//! - `tui` never writes the store.
//! - Nothing but `term`, `tui` and the wrapper's last words prints.
//!
//! # Glossary
//!
//! - *unit*: one compile as cargo plans it.
//! - *key*: names a compile by all that enters it.
//! - *entry*: what a key maps to: outputs, messages, and the inputs by group.
//! - *blob*: the bytes of one output, named by their digest.
//! - *prediction*: the names of files and variables that an earlier compile read.
//! - *placeholder*: what stands for the workspace's directory in what is shared between checkouts.
//! - *bound*: of a result that shows directories of its checkout; then these are inputs.
//! - *launcher*: the program in a build script's place, which asks the cache before the script runs.
//! - *hit*, *miss*, *bypass*: restored; compiled and recorded; compiled without the cache.
//! - *daemon*: the process in the background that looks after the remote. A build never depends on it.
//! - *restore*: entry → target directory. *record*: target directory → entry.

pub mod agent;
pub mod cargo_config;
pub mod cli;
pub mod config;
#[cfg(feature = "daemon")]
pub mod daemon;
pub mod digest;
pub mod doctor;
pub mod entry;
pub mod env;
pub mod event;
pub mod fs;
pub mod handover;
pub mod invocation;
pub mod key;
pub mod launcher;
pub mod orchestrate;
pub mod placeholder;
pub mod portable;
pub mod quantity;
#[cfg(feature = "daemon")]
pub mod remote;
pub mod report;
pub mod rustc;
pub mod script;
pub mod serve;
pub mod signal;
pub mod store;
pub mod targets;
pub mod term;
pub mod trace;
#[cfg(feature = "daemon")]
pub mod transfer;
#[cfg(feature = "tui")]
pub mod tui;
pub mod wrapper;
