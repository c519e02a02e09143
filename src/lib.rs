//! cargo-kache
pub mod digest;
pub mod entry;
pub mod event;
pub mod fs;
pub mod invocation;
pub mod key;
pub mod portable;
pub mod rustc;
pub mod store;
