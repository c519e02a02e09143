//! The identity of a compiler: what it is, not where it lies.
//!
//! Owns the list of files that make a compiler. Two toolchains at one path differ, one toolchain at two paths does
//! not. Never starts the compiler; what only it can tell comes in as [`Facts`], which the caller remembers by the
//! program's content.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::Files;
use crate::digest::{Digest, FieldHasher};
use crate::entry::FileState;
use crate::fs::{self, OrAbsent as _};

/// What a compiler says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// First line of `-V`: `rustc 1.95.0 (59807616e 2026-04-14)`.
    pub version: String,
    /// The host triple.
    pub host: String,
    /// Where its libraries are.
    pub sysroot: PathBuf,
}

/// A compiler with its sysroot.
#[derive(Clone, Debug)]
pub struct Compiler {
    /// Digest of all its files.
    pub identity: Digest,
    /// What it says of itself.
    pub facts: Facts,
    /// Whether the program is the sysroot's own, and not a script or another program in front of it.
    pub is_direct: bool,
}

impl Compiler {
    /// Identifies a compiler by the content of `programs` (the driver, and a workspace wrapper before it) and of the
    /// sysroot's files for the host and for `target`.
    pub fn identify(
        programs: &[&Path],
        facts: Facts,
        sysroot: Option<&Path>,
        target: Option<&str>,
        files: &impl Files,
    ) -> fs::Result<Self> {
        let mut hasher = FieldHasher::new("compiler");
        for program in programs {
            hasher.digest(&content(program, files)?);
        }
        let own = facts.sysroot.join("lib");
        let mut all = libraries(&own)?;
        for triple in [Some(&*facts.host), target.filter(|t| *t != facts.host)].into_iter().flatten() {
            walk(&sysroot.unwrap_or(&facts.sysroot).join("lib/rustlib").join(triple), &mut all)?;
        }
        let root = &facts.sysroot;
        for path in &all {
            hasher.field(path.strip_prefix(root).unwrap_or(path).as_os_str().as_encoded_bytes());
            hasher.digest(&content(path, files)?);
        }
        // A custom target is a file; a change of it is a change of the compiler.
        if let Some(target) = target.filter(|t| t.ends_with(".json")) {
            hasher.digest(&content(Path::new(target), files)?);
        }
        // With the library's sources installed, diagnostics name them by path.
        let sources = root.join("lib/rustlib/src/rust/library");
        if sources.is_dir() {
            hasher.field(sources.as_os_str().as_encoded_bytes());
        }
        let is_direct = programs.iter().all(|program| program.starts_with(&facts.sysroot));
        Ok(Self { identity: hasher.finish(), facts, is_direct })
    }
}

fn content(path: &Path, files: &impl Files) -> fs::Result<Digest> {
    Ok(match files.state(path)? {
        FileState::Content(digest) => digest,
        // A file that went away, or a link to nowhere.
        other => Digest::of(format!("{other:?}").as_bytes()),
    })
}

/// Lists the shared libraries of the compiler proper.
fn libraries(directory: &Path) -> fs::Result<Vec<PathBuf>> {
    let is_library = |name: &std::ffi::OsStr| {
        let name = name.to_string_lossy();
        name.contains(".so") || name.ends_with(".dylib")
    };
    let names = fs::list(directory).or_absent()?.unwrap_or_default();
    Ok(names.into_iter().filter(|name| is_library(name)).map(|name| directory.join(name)).collect())
}

/// Lists the files below a directory.
fn walk(directory: &Path, into: &mut Vec<PathBuf>) -> fs::Result<()> {
    let Some(entries) = fs::list_with_types(directory).or_absent()? else { return Ok(()) };
    for (name, is_dir) in entries {
        let path = directory.join(name);
        if is_dir {
            walk(&path, into)?;
        } else {
            into.push(path);
        }
    }
    Ok(())
}

/// Describes the processor that `-C target-cpu=native` stands for.
pub(super) fn processor() -> String {
    let text = fs::read_to_string(Path::new("/proc/cpuinfo")).unwrap_or_default();
    let first = text.split("\n\n").next().unwrap_or_default();
    let fields = [
        "vendor_id",
        "cpu family",
        "model\t",
        "stepping",
        "flags",
        "Features",
        "CPU part",
        "CPU implementer",
    ];
    let lines = first.lines().filter(|line| fields.iter().any(|field| line.starts_with(field)));
    Digest::of(lines.collect::<Vec<_>>().join("\n").as_bytes()).short()
}
