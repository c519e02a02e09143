//! What the launcher's program and we agree on.
//!
//! Owns how the two texts of a launcher are found. Compiled twice: into the launcher, and into this program.
//!
//! ```text
//! 0     the program as it was compiled, up to the end of what is loaded of it
//! …       somewhere in it, TEXTS: MAGIC, then two words: where in memory the two texts begin
//! …     the path of this program, and a zero
//! …     the name of the script, and a zero
//! −16   MAGIC
//! ```

/// Stands before the two addresses, and at the end of every launcher. The end stays as it is in all versions.
pub(crate) const MAGIC: [u8; 16] = *b"\0kache launcher\0";

/// The first argument of this program when a launcher runs it.
pub const RUN_BUILD_SCRIPT: &str = "kache-run-build-script";

/// The longest path that the kernel takes, with its zero.
pub(crate) const PATH: usize = 4096;
/// The longest name, with its zero.
pub(crate) const NAME: usize = 256;
