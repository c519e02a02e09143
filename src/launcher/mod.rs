//! Launchers: small programs that take the place of build scripts, so that the cache is asked before a script runs.
//!
//! Owns the making of launchers, and telling them from scripts. Never runs a script, and never decides which script
//! gets a launcher.
//!
//! Cargo runs a build script by its path and asks nobody. So the path leads to a launcher, and the script lies beside
//! it under another name. A launcher becomes this program, with [`RUN_BUILD_SCRIPT`], the paths of the script and of
//! the launcher, and what it was called with itself. Where this program is gone, it becomes the script: what was built
//! with the cache also works without.
//!
//! - `program`: the launcher itself; compiled by `build.rs`, not with the program
//! - `layout`: what it and we agree on
//!
//! # Limits
//!
//! There are launchers for Linux, on `x86_64` and `aarch64`.

mod layout;
#[cfg(all(test, target_os = "linux"))]
mod tests;

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use memchr::memmem;

pub use self::layout::RUN_BUILD_SCRIPT;
use self::layout::{MAGIC, NAME, PATH};
use crate::fs;

/// The program of every launcher; empty where it could not be compiled.
const PROGRAM: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/launcher"));

/// What the name of a script behind a launcher ends with.
const ENDING: &str = ".script";

/// Returns the launcher that runs `script`, a file name in its own directory, through `program`, an absolute path.
///
/// `None`: there are no launchers here, or the kernel could not use one of the texts.
pub fn launcher(program: &Path, script: &OsStr) -> Option<Vec<u8>> {
    let is_name = !script.is_empty() && script.len() < NAME && !script.as_bytes().contains(&b'/');
    if !program.is_absolute() || program.as_os_str().len() >= PATH || !is_name {
        return None;
    }
    TEMPLATE.as_ref()?.fill(program.as_os_str().as_bytes(), script.as_bytes())
}

/// Whether the file is a launcher, of any version of ours. One that can't be read is none.
pub fn is_launcher(path: &Path) -> bool {
    let ending = || {
        let file = fs::open(path).ok()?;
        let start = file.metadata().ok()?.len().checked_sub(MAGIC.len() as u64)?;
        let mut ending = MAGIC;
        file.read_exact_at(&mut ending, start).ok()?;
        Some(ending)
    };
    ending().is_some_and(|ending| ending == MAGIC)
}

/// Returns where the script lies that a launcher at `place` stands in for.
pub fn script_of(place: &Path) -> PathBuf {
    let mut name = place.file_name().unwrap_or_default().to_owned();
    name.push(ENDING);
    place.with_file_name(name)
}

/// Returns where the launcher of a script lies.
pub fn place_of(script: &Path) -> Option<PathBuf> {
    let name = script.file_name()?.as_bytes().strip_suffix(ENDING.as_bytes())?;
    Some(script.with_file_name(OsString::from(OsStr::from_bytes(name))))
}

static TEMPLATE: LazyLock<Option<Template<'static>>> = LazyLock::new(|| Template::new(PROGRAM));

/// A program that waits for its texts.
#[derive(Debug)]
struct Template<'a> {
    /// All that is loaded of it, without the tables of sections behind.
    program: &'a [u8],
    /// Where in memory the end of it is.
    end: u64,
    /// Where the addresses of the texts go.
    texts: usize,
    /// Where the sizes of the last segment are: in the file, and in memory.
    sizes: [usize; 2],
}

impl<'a> Template<'a> {
    /// Finds what has to be filled in. `None` if this is not a program whose last segment can grow.
    fn new(program: &'a [u8]) -> Option<Self> {
        let segments = Segment::loaded(program)?;
        let last = segments.iter().max_by_key(|segment| segment.address)?;
        let end_in_file = last.offset + last.in_file;
        let is_last = segments.iter().all(|other| other.offset + other.in_file <= end_in_file);
        if !is_last || last.in_file != last.in_memory {
            return None;
        }
        let program = program.get(..usize::try_from(end_in_file).ok()?)?;
        Some(Self {
            program,
            end: last.address + last.in_memory,
            texts: memmem::find(program, &MAGIC)? + MAGIC.len(),
            sizes: [last.header + P_FILESZ, last.header + P_MEMSZ],
        })
    }

    /// Appends the texts to the last segment.
    fn fill(&self, program: &[u8], script: &[u8]) -> Option<Vec<u8>> {
        let mut bytes = self.program.to_vec();
        let mut texts = Vec::with_capacity(program.len() + script.len() + 2);
        for (index, text) in [program, script].into_iter().enumerate() {
            if text.contains(&0) {
                return None;
            }
            put(&mut bytes, self.texts + index * WORD, self.end + texts.len() as u64)?;
            texts.extend_from_slice(text);
            texts.push(0);
        }
        for at in self.sizes {
            let size = word(&bytes, at)? + texts.len() as u64;
            put(&mut bytes, at, size)?;
        }
        // There are no sections any more.
        put(&mut bytes, E_SHOFF, 0)?;
        bytes.get_mut(E_SHNUM..E_END)?.fill(0);
        bytes.extend_from_slice(&texts);
        bytes.extend_from_slice(&MAGIC);
        Some(bytes)
    }
}

/// A part of a program that is loaded.
#[derive(Debug)]
struct Segment {
    /// Where in the file it is described.
    header: usize,
    /// Where in the file it is.
    offset: u64,
    /// Where it is loaded.
    address: u64,
    in_file: u64,
    in_memory: u64,
}

impl Segment {
    /// Lists what is loaded of an ELF program of 64 bits, little-endian.
    fn loaded(program: &[u8]) -> Option<Vec<Self>> {
        let (start, size) = (usize::try_from(word(program, E_PHOFF)?).ok()?, half(program, E_PHENTSIZE)?);
        let mut segments = Vec::new();
        for index in 0..half(program, E_PHNUM)? {
            let header = start + index * size;
            if word(program, header)? as u32 == PT_LOAD {
                segments.push(Self {
                    header,
                    offset: word(program, header + P_OFFSET)?,
                    address: word(program, header + P_VADDR)?,
                    in_file: word(program, header + P_FILESZ)?,
                    in_memory: word(program, header + P_MEMSZ)?,
                });
            }
        }
        Some(segments)
    }
}

/// Where in an ELF file of 64 bits something is, by the names of `elf.h`.
const E_PHOFF: usize = 32;
const E_SHOFF: usize = 40;
const E_PHENTSIZE: usize = 54;
const E_PHNUM: usize = 56;
const E_SHNUM: usize = 60;
const E_END: usize = 64;
/// Where in the header of a segment.
const P_OFFSET: usize = 8;
const P_VADDR: usize = 16;
const P_FILESZ: usize = 32;
const P_MEMSZ: usize = 40;
/// The kind of a segment that is loaded, in the lower half of its first word.
const PT_LOAD: u32 = 1;

const WORD: usize = size_of::<u64>();

fn word(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

fn half(bytes: &[u8], at: usize) -> Option<usize> {
    Some(u16::from_le_bytes(*bytes.get(at..)?.first_chunk()?).into())
}

fn put(bytes: &mut [u8], at: usize, word: u64) -> Option<()> {
    bytes.get_mut(at..at + WORD)?.copy_from_slice(&word.to_le_bytes());
    Some(())
}
