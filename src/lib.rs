//! cargo-kache
pub mod config;
pub mod digest;
pub mod env;
pub mod fs;
pub mod quantity;
