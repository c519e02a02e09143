//! cargo-kache
pub mod digest;
pub mod fs;
pub mod trace;
