//! An entry as one object.
//!
//! Owns the form: a tar archive, compressed by zstd, that tells all about itself. Never touches the store, and never
//! believes what an archive says before it has been checked.
//!
//! ```text
//! meta.json          what the entry is: everything but the bytes of its files
//! <64 hex digits>    one file for each content, named by its digest
//! ```
//!
//! Crate metadata comes before the library that holds it once more, and the compressor looks back far enough to see
//! that: the second time costs next to nothing.
//!
//! # Compatibility
//! [`SCHEMA`] counts changes of `meta.json`, and with it of the types in [`entry`](crate::entry). An archive of another
//! schema is left alone.
//!
//! # Trust
//! [`unpack()`] takes an archive from anybody. Members have no paths; names in the entry must lie below its directory and
//! behind no link; sizes are known before bytes are taken; content has the digest that `meta.json` says, and a
//! signature, where one is demanded, covers `meta.json`. Memory stays bounded whatever comes.

mod check;
mod meta;
mod pack;
mod unpack;

pub use meta::{META_LIMIT, Meta, SCHEMA};
pub use pack::{PackError, pack};
pub use unpack::{Blob, Content, Expected, unpack};

/// The name of the first member.
const META: &str = "meta.json";

/// How far back the compressor looks at most, as a power of two. Every decompressor takes this much without being asked
/// to.
const WINDOW_LOG: u32 = 27;

#[cfg(test)]
mod tests;
