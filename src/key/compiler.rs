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
    /// Identifies a compiler by the content of its `files`.
    pub fn identify(parts: &Parts<'_>, contents: &impl Files) -> fs::Result<Self> {
        let (facts, root) = (parts.facts, &parts.facts.sysroot);
        let mut hasher = FieldHasher::new("compiler");
        for program in parts.programs {
            hasher.digest(&content(program, contents)?);
        }
        for path in &parts.libraries()? {
            hasher.field(path.strip_prefix(root).unwrap_or(path).as_os_str().as_encoded_bytes());
            hasher.digest(&content(path, contents)?);
        }
        // A custom target is a file; a change of it is a change of the compiler.
        if let Some(target) = parts.target.filter(|t| t.ends_with(".json")) {
            hasher.digest(&content(Path::new(target), contents)?);
        }
        // With the library's sources installed, diagnostics name them by path.
        let sources = root.join("lib/rustlib/src/rust/library");
        if sources.is_dir() {
            hasher.field(sources.as_os_str().as_encoded_bytes());
        }
        let is_direct = parts.programs.iter().all(|program| program.starts_with(root));
        Ok(Self { identity: hasher.finish(), facts: facts.clone(), is_direct })
    }
}

/// What a compiler is made of.
#[derive(Clone, Copy, Debug)]
pub struct Parts<'a> {
    /// The driver, behind a workspace wrapper if there is one.
    pub programs: &'a [&'a Path],
    /// What it says of itself.
    pub facts: &'a Facts,
    /// The sysroot that it was told to take.
    pub sysroot: Option<&'a Path>,
    /// The target that it was told to compile for.
    pub target: Option<&'a str>,
}

impl Parts<'_> {
    /// Lists the libraries: those of the compiler proper, and the sysroot's for the host and the target.
    pub fn libraries(&self) -> fs::Result<Vec<PathBuf>> {
        let mut all = libraries(&self.facts.sysroot.join("lib"))?;
        let host = &*self.facts.host;
        for triple in [Some(host), self.target.filter(|t| *t != host)].into_iter().flatten() {
            let sysroot = self.sysroot.unwrap_or(&self.facts.sysroot);
            walk(&sysroot.join("lib/rustlib").join(triple), &mut all)?;
        }
        Ok(all)
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
