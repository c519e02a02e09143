//! cargo-kache
pub mod cli;
pub mod config;
pub mod digest;
pub mod entry;
pub mod env;
pub mod event;
pub mod fs;
pub mod invocation;
pub mod key;
pub mod orchestrate;
pub mod portable;
pub mod quantity;
pub mod report;
pub mod rustc;
pub mod store;
pub mod trace;
pub mod wrapper;
