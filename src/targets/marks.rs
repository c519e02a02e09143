//! How a target directory is recognised by what lies in it.
//!
//! Owns the names that cargo gives. Where such a directory may lie is for [`super::find`].

use std::ffi::OsString;
use std::fs::File;
use std::io::Read as _;

use crate::fs::dir::Dir;

/// What of cargo's lies in a directory.
pub(super) struct Marks {
    tag: bool,
    signed: bool,
    compiler_note: bool,
    profile: bool,
    /// Whether a folder in it holds a project.
    projects: bool,
}

impl Marks {
    /// Looks for them. `None`: it is none of cargo's, whatever else lies in it.
    pub(super) fn of(dir: &Dir) -> Option<Self> {
        let names = dir.list().ok()?;
        if names.iter().any(|name| name == "Cargo.toml" || name == ".git") {
            return None;
        }
        let is_file = |name: &str| dir.stat(name.as_ref()).is_ok_and(|stat| stat.is_file());
        let below = |dir: &Dir| {
            let open = |name: &OsString| dir.child(name).ok();
            dir.list().unwrap_or_default().iter().filter_map(open).collect::<Vec<_>>()
        };
        let children = below(dir);
        let is_project =
            |child: &Dir| ["Cargo.toml", ".git"].iter().any(|name| child.stat(name.as_ref()).is_ok());
        let is_triple = |child: &Dir| below(child).iter().any(is_surely_a_profile);
        Some(Self {
            tag: is_file("CACHEDIR.TAG"),
            signed: is_signed(dir),
            compiler_note: is_file(".rustc_info.json"),
            profile: children.iter().any(is_profile) || children.iter().any(is_triple),
            projects: children.iter().any(is_project),
        })
    }

    /// Whether it is a target directory if it is called `target` and lies in a project.
    pub(super) fn are_a_project(&self) -> bool {
        self.tag || self.compiler_note || self.profile
    }

    /// Whether it is one if settings name it.
    pub(super) fn are_configured(&self) -> bool {
        self.signed && (self.compiler_note || self.profile) && !self.projects
    }
}

/// Whether a directory is one of cargo's profiles.
fn is_profile(dir: &Dir) -> bool {
    dir.stat("deps".as_ref()).is_ok_and(|stat| stat.is_dir()) || is_surely_a_profile(dir)
}

/// The same by names that only cargo gives.
fn is_surely_a_profile(dir: &Dir) -> bool {
    dir.stat(".fingerprint".as_ref()).is_ok_and(|stat| stat.is_dir())
        || dir.stat(".cargo-lock".as_ref()).is_ok_and(|stat| stat.is_file())
}

/// Whether the directory bears the mark of directories that can be made again.
fn is_signed(dir: &Dir) -> bool {
    const SIGNATURE: &[u8] = b"Signature: 8a477f597d28d172789f06886806bc55";
    let mut start = [0; SIGNATURE.len()];
    let mut read = |mut file: File| file.read_exact(&mut start);
    dir.file("CACHEDIR.TAG".as_ref()).is_ok_and(|file| read(file).is_ok()) && start == SIGNATURE
}
