//! The fixed text that stands for the workspace's directory in what the compiler makes.
//!
//! Owns the text, its replacement in linked files ([`patch`]) and in messages ([`stream`]), and the question where it
//! stands ([`scan`]). Puts it into what compilers of other languages made without it ([`mod@lift`]). Never starts a
//! compiler, and never decides when a compile is mapped or a file is shared.
//!
//! # Why
//!
//! Compilers write absolute paths into debug information and into the texts of panics. Two checkouts of one workspace
//! have no output in common for that alone. So compilers are told to write [`ROOT`] for the workspace's directory
//! (`--remap-path-prefix`). Libraries keep it, and are equal in all checkouts. What is *linked* belongs to one checkout,
//! is run there and debugged there: in it the placeholder is replaced by the directory it stands for.
//!
//! # Where it stands
//!
//! - In strings for debuggers, most often as the directory of a compile, or as the beginning of a generated file's name.
//! - In the line tables of DWARF up to version 4, which hold their own names of directories and files.
//! - In strings that the program sees (`file!()`, the places of panics), should a generated file be mapped whose code can
//!   name it. Who maps sees to it that none is; other source files are named relative to the workspace.
//! - In messages of the compiler.
//!
//! # How it is replaced
//!
//! Nothing in a linked file can move, so the placeholder is long: the real directory takes its place and what is left
//! over is made to vanish, see [`patch`]. Where the length of a string is known elsewhere (in all that is loaded into
//! memory) the gap is filled by `/.`, by which a path leads to the same file. Only whole path components are replaced.
//! The compiler's own metadata in shared libraries keeps the placeholder, for what is compiled against them.
//!
//! Should a placeholder be forgotten, the path leads to the workspace as long as the reader works in its root.
//!
//! # Limits
//!
//! - A directory of more than [`LENGTH`] bytes can't be put in.
//! - What is linked without us keeps the placeholder of the libraries in it: by plain cargo without the wrapper, for doctests
//!   (rustdoc calls the linker itself), by another build system. It is as valid; its debug paths of these libraries lead
//!   to the sources only from the workspace's root, until the libraries are compiled anew.
//! - Debug sections that the linker has compressed are [unpacked](mod@unpack) where the placeholder stands in them, and stay
//!   so. Those of archives' members and of the form before ELF's own (`.zdebug_info`) are not, and no [`scan`] looks into
//!   any; nor into bitcode. [`patch::Patched`] and [`scan::Found`] tell of them.
//! - A program that hashes or compares paths of its own sources at run time sees `/.` in them.
//! - Ids that linkers form of the contents (`.note.gnu.build-id`) are those of the file before its replacement.
//! - Only ELF so far.

mod bytes;
pub mod lift;
mod line;
mod object;
pub mod patch;
pub mod scan;
mod search;
pub mod stream;
mod unpack;

use std::fmt;
use std::ops::Deref;
use std::sync::OnceLock;

/// Stands for the root of the workspace in what the compiler makes: `/proc/self/cwd` and 185 times `/.`.
pub static ROOT: Placeholder = Placeholder(OnceLock::new());

/// The length of [`ROOT`], and so that of the longest root that can be put in its place.
pub const LENGTH: usize = 384;

/// What [`ROOT`] begins with: a name by which a process finds its own working directory.
const HEAD: &str = "/proc/self/cwd";

const _: () = assert!((LENGTH - HEAD.len()).is_multiple_of(2));

/// A text that is written out when it is first needed. As a constant it would stand in this very program, which could
/// then not be built through the cache itself.
#[derive(Debug)]
pub struct Placeholder(OnceLock<String>);

impl Deref for Placeholder {
    type Target = str;

    fn deref(&self) -> &str {
        self.0.get_or_init(|| format!("{HEAD}{}", "/.".repeat((LENGTH - HEAD.len()) / 2)))
    }
}

impl fmt::Display for Placeholder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self)
    }
}

/// Whether a path in a binary file ends with the placeholder, or goes on below it, judged by the byte behind it.
fn is_whole(next: Option<u8>) -> bool {
    matches!(next, None | Some(b'/' | 0))
}

#[cfg(test)]
mod tests;
