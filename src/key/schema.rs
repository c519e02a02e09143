//! The version of the keys, and why it changed.
//!
//! Owns the number that enters every key. A new one makes all earlier entries unreachable, and nothing else.
//!
//! # History
//! - 5: the processors count where they are asked for.
//! - 4: what the assembler reads counts; and the user's part of `LD_LIBRARY_PATH`, where macros may read the environment.
//! - 3: what is searched for upwards counts by its place above the workspace.
//! - 2: what is compiled from relative paths is shared between checkouts; before, the working directory told them
//!   apart.
//! - 1: first.

/// The version of what enters keys, and of how.
pub const KEY_SCHEMA: u32 = 5;
