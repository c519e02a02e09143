//! cargo-kache
pub mod digest;
pub mod fs;
