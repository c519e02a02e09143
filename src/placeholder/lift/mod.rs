//! Puts the placeholder in the place of a real directory in what compilers of other languages make.
//!
//! Owns the way back of [`patch`](super::patch), for objects and static libraries that a build script has made: its
//! compiler was not told to write [`ROOT`](super::ROOT), so the debug information names the checkout. Never looks at
//! the file system, and never changes what a program can see: a directory that stands anywhere but in strings for
//! debuggers leaves the whole file as it is.
//!
//! Files of two checkouts come out equal. That takes more than the replacement: compilers write their strings in the
//! order of a hash table, and so in another order for each directory. They are sorted.
//!
//! | step | where |
//! |---|---|
//! | members of a static library, and its index of symbols | `archive` |
//! | sections of an object, and all that points into them | `elf` |
//! | strings and line tables, and where each part of them went | `moved` |
//!
//! # Limits
//!
//! - Only relocatable ELF files of 64 bits for x86-64 and AArch64, in GNU's form of archives.
//! - An object without relocations for its debug information is refused, as one that has lost them. An object that lacks
//!   only some of them would be damaged; no compiler makes such.
//! - Where the bytes of the directory stand in any other place the file is refused, be it in the middle of a longer name:
//!   a directory with a short name like `/src` is.
//! - Dates and owners in archives stay: builds that are meant to be equal write none.

mod archive;
mod elf;
mod moved;

use std::path::Path;

use memchr::memmem::Finder;

use super::object::{self, Object, number};
use super::patch::fitting;

/// What became of a file's names of a directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lifted {
    /// It does not name the directory.
    Unnamed,
    /// Its new content, in which nothing names the directory.
    Replaced(Vec<u8>),
    /// It names the directory where that can't be replaced, or where one can't look.
    Stuck,
}

/// Replaces `root` by the placeholder in an object or a static library.
///
/// Other files are left alone: they name the directory or they don't. The root must be one that
/// [`patch`](super::patch::patch()) can put back; with any other all files are stuck.
pub fn lift(content: &[u8], root: &Path) -> Lifted {
    let Some(root) = fitting(root).filter(|root| root.len() > 1) else { return Lifted::Stuck };
    let finder = Finder::new(root);
    let is_named = finder.find(content).is_some();
    if is_opaque(content) {
        return Lifted::Stuck;
    }
    if !is_named {
        return Lifted::Unnamed;
    }
    let new = if content.starts_with(&::object::archive::MAGIC) {
        archive::lift(content, &finder)
    } else {
        elf::lift(content, root)
    };
    new.filter(|new| finder.find(new).is_none()).map_or(Lifted::Stuck, Lifted::Replaced)
}

/// Whether there are parts into which one can't look: compressed sections, and code in a compiler's own form.
pub fn is_opaque(content: &[u8]) -> bool {
    let is_clear = |object: &Object| !object.compressed && !object.bitcode && object.sections.is_some();
    !object::objects(content).is_ok_and(|objects| objects.iter().all(is_clear))
}

/// Reads a number of `size` bytes, with the low byte first.
fn get(bytes: &[u8], at: usize, size: usize) -> Option<u64> {
    number(bytes.get(at..at.checked_add(size)?)?, true)
}

/// Reads a number that counts or places something in memory.
fn get_size(bytes: &[u8], at: usize, size: usize) -> Option<usize> {
    usize::try_from(get(bytes, at, size)?).ok()
}

/// Writes a number of `size` bytes, with the low byte first. `None` if it does not fit.
fn put(bytes: &mut [u8], at: usize, size: usize, value: u64) -> Option<()> {
    let field = bytes.get_mut(at..at.checked_add(size)?)?;
    let value = value.to_le_bytes();
    let (low, high) = value.split_at(size);
    high.iter().all(|byte| *byte == 0).then(|| field.copy_from_slice(low))
}
