//! What is known of rustc: its command line, its dep-info files and its messages.
//!
//! Owns the reading of these formats. Never starts a compiler, and never decides what is cached.

pub mod args;
pub mod assembly;
pub mod depinfo;
pub mod flags;
pub mod messages;
pub mod objects;
pub mod paths;
pub mod tokens;
