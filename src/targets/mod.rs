//! Target directories: which there are, what they take, and how they go away.
//!
//! Owns what `clean` does. Never removes what is not a target directory of cargo's, is in use, or is reached through a
//! link, and never prints. Removal is where data is lost, so each step looks again for itself.
//!
//! 1. [`find`] walks below a folder, and asks cargo's settings for directories elsewhere ([`configured`]). What lies in one
//!    must look like it ([`marks`]).
//! 2. [`measure`] walks each once: bytes by part ([`parts`]), what the store shares with it, what its removal frees.
//! 3. [`remove`] takes cargo's locks ([`locks`]), renames it aside, and deletes it.

mod configured;
pub mod find;
mod locks;
mod marks;
pub mod measure;
mod parts;
pub mod remove;
#[cfg(test)]
mod testing;

pub use find::{Kind, Target};
pub use measure::Measured;
pub use parts::Parts;
