//! cargo-kache
pub mod digest;
pub mod env;
pub mod fs;
pub mod quantity;
