//! Which variables a program asks for by name, and which of its parts does; also who asks for its place, the time,
//! random numbers and the name of the machine. And what all programs of its tree look at, noted without a stop.
//!
//! Owns the way into the program: a library of ours that is preloaded into it and notes each call of `getenv` and the
//! other functions, and the log it leaves. Never changes what the program finds: the library takes itself out of the
//! environment before the program begins, for the program and for all it starts, and nothing of ours stays open in it.
//!
//! - `library`, `kernel`, `machine`, `tape`, `paths`, `programs`: the library; compiled by `build.rs`, not with the program
//! - `layout`: what it and we agree on
//! - `block`: the environment that brings it in
//! - `log`: what it wrote
//!
//! # How
//!
//! Library and log are one file in memory, gone with the last who holds it. The loader finds it by its path in `/proc`,
//! among our descriptors, at the end of the environment. Only programs that we know the loader of are given one: no
//! scripts, static programs or those of another architecture, where the loader would complain aloud.
//!
//! # Looks without a stop
//!
//! A C compiler looks at thousands of paths for one file, most of them in vain, and a stop costs more than such a look.
//! So `open` to read, `stat`, `access`, `readlink` and `realpath` write the path on a tape, which all processes of the
//! tree share with the supervisor, and make the call through a gate: from its one address the filter lets calls pass
//! that only look. All else stops as before: looks by other functions or without the library, and every change. Before
//! a stop is answered, the tape is read. A note is on the tape before its look is made, so nothing in the tree can
//! change between the two without a stop that comes later: the trace is the same as with stops.
//!
//! Programs that this one starts get the library too, from a second file of the same form that has a tape and no log,
//! where they are the system's and have a loader of our architecture. The one who starts them adds the entry to the
//! environment, and the library there takes it out again; see `programs`.
//!
//! # Limits
//!
//! Seen is who calls `getenv` or another of the functions through the loader. Not seen is who walks the list by
//! `environ` or the start-up arguments of a constructor, reads `/proc/self/environ`, asks the C library for something
//! that looks at variables itself, such as the local time, or finds functions by `dlsym`. What programs started by this
//! one ask for is not noted. A consumer has to know these by other means: by what the objects import, and by the trace.
//! Who asks is who the answer goes to: a function that ends with the call, and leaves its answer to its own caller, is
//! not named. Clocks and random numbers have other ways still: system calls, also through `syscall`, the functions that the
//! kernel maps into each program, instructions of the processor, the times of a file just made.
//!
//! A thread can't be cancelled in a look that is noted. A path that lies in no memory of the program ends it, as it would
//! in `realpath`.
//!
//! The log says nothing about a program that did not end by `exit`, that unloaded an object, or whose processes
//! ended more than once after a `fork`.
//!
//! What stays different: `/proc/self/environ` ends with zeros, `/proc/self/maps` shows the library and its log, and
//! the trace shows that `/proc/self/exe` was asked for.

mod block;
pub(super) mod layout;
mod log;
#[cfg(test)]
mod tests;

use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use rustix::fs::{MemfdFlags, memfd_create};

use self::block::Block;
use self::layout::{CODE, CURSOR, END, GATE_CODE, LOG, MAGIC, NEXT, NEXT_LEN, NOTES, RECORDS, SIZE, TAPE};
use super::playback::Tape;
use super::program::{self, Needs};
use crate::trace::Variables;

/// The library; empty where it could not be compiled.
const LIBRARY: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/hook.so"));

/// A library that waits for one program.
#[derive(Debug)]
pub(super) struct Hook {
    file: File,
    /// What the program finds it by; no access of the program's own.
    pub(super) path: PathBuf,
    /// The environment that brings it in.
    pub(super) block: Arc<Block>,
    /// The second file, which programs find that this one starts.
    second: Option<(File, PathBuf)>,
}

impl Hook {
    /// Prepares a library for a program with these variables. `None` where the program could not load it.
    pub(super) fn prepare(command: &Command, variables: &[(OsString, OsString)]) -> Option<Self> {
        // What is set or removed for this command alone would come in our block's place.
        if LIBRARY.is_empty() || LIBRARY.len() > CODE || command.get_envs().len() > 0 {
            return None;
        }
        if !has_loader(command, variables) {
            return None;
        }
        let file = write().ok()?;
        let path = path_of(&file);
        if !can_be_loaded(&file, &path) {
            return None;
        }
        let block = Arc::new(Block::new(variables, &path)?);
        let second = write_second().ok().map(|second| {
            let path = path_of(&second);
            (second, path)
        });
        if let Some((_, path)) = &second {
            name_second(&file, path).ok()?;
        }
        Some(Self { file, path, block, second })
    }

    /// Reads the log of the program, which has ended.
    pub(super) fn variables(&self) -> Option<Variables> {
        log::read(&self.file)
    }

    /// Maps the tape of the programs; also returns the path of its file.
    pub(super) fn tape(&self) -> Option<(Tape, &Path)> {
        let (file, path) = self.second.as_ref()?;
        Some((Tape::open(file)?, path))
    }
}

/// Returns the path by which others open a file of ours that has no name.
fn path_of(file: &File) -> PathBuf {
    PathBuf::from(format!("/proc/{}/fd/{}", std::process::id(), file.as_raw_fd()))
}

/// Writes the library, the gate and an empty tape.
fn write_second() -> io::Result<File> {
    let file = File::from(memfd_create("kache-hook-tape", MemfdFlags::CLOEXEC)?);
    file.write_all_at(LIBRARY, 0)?;
    file.write_all_at(GATE_CODE, CODE as u64)?;
    file.set_len((LOG + SIZE) as u64)?;
    file.write_all_at(&TAPE.to_le_bytes(), LOG as u64)?;
    file.write_all_at(&(NOTES as u32).to_le_bytes(), (LOG + END) as u64)?;
    Ok(file)
}

/// Tells the library of the second file.
fn name_second(first: &File, path: &Path) -> io::Result<()> {
    let name = path.as_os_str().as_bytes();
    if name.len() >= NEXT_LEN {
        return Ok(());
    }
    first.write_all_at(name, (LOG + NEXT) as u64)
}

/// Writes the library and an empty log.
fn write() -> io::Result<File> {
    let file = File::from(memfd_create("kache-hook", MemfdFlags::CLOEXEC)?);
    file.write_all_at(LIBRARY, 0)?;
    file.set_len((LOG + SIZE) as u64)?;
    file.write_all_at(&MAGIC.to_le_bytes(), LOG as u64)?;
    file.write_all_at(&(RECORDS as u32).to_le_bytes(), (LOG + CURSOR) as u64)?;
    Ok(file)
}

/// Whether the program is one that a loader of our architecture starts.
fn has_loader(command: &Command, variables: &[(OsString, OsString)]) -> bool {
    let directory = command.get_current_dir().map(Path::to_owned).or_else(|| std::env::current_dir().ok());
    let Some(directory) = directory else { return false };
    let name = Path::new(command.get_program());
    let program = match name.parent() {
        Some(parent) if parent == Path::new("") => {
            let search = variables.iter().find(|(variable, _)| variable == "PATH");
            let places = search.iter().flat_map(|(_, places)| std::env::split_paths(places));
            places.map(|place| directory.join(place).join(name)).find(|path| path.is_file())
        }
        _ => Some(directory.join(name)),
    };
    program.is_some_and(|path| {
        let needs = program::needs(path.as_os_str().as_bytes(), directory.as_os_str().as_bytes());
        matches!(needs, Needs::Loader(_))
    })
}

/// Tries what the loader does: opens the file by its path, and maps it to be run.
fn can_be_loaded(file: &File, path: &Path) -> bool {
    let (Ok(opened), Ok(own)) = (File::options().read(true).write(true).open(path), file.metadata()) else {
        return false;
    };
    if !opened.metadata().is_ok_and(|other| (other.dev(), other.ino()) == (own.dev(), own.ino())) {
        return false;
    }
    const PAGE: usize = 4096;
    let (protection, flags) = (libc::PROT_READ | libc::PROT_EXEC, libc::MAP_PRIVATE);
    // SAFETY: a new mapping at a place of the kernel's choice, which is not looked into and goes again.
    unsafe {
        let at = libc::mmap(std::ptr::null_mut(), PAGE, protection, flags, opened.as_raw_fd(), 0);
        at != libc::MAP_FAILED && libc::munmap(at, PAGE) == 0
    }
}
