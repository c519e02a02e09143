//! Which directories are target directories.
//!
//! Owns the rule, and the walk that looks for them. Changes nothing, and goes through no link.
//!
//! | | where | must hold |
//! |---|---|---|
//! | project | `target` beside a `Cargo.toml`, below the folder asked for | `CACHEDIR.TAG`, `.rustc_info.json`, or a profile folder |
//! | configured | where the settings of a workspace found say | a `CACHEDIR.TAG` with its signature, which cargo writes only if it makes the directory itself, and one of the others |
//! | leftover | beside either | a name that only [`super::remove`] gives |
//!
//! A *profile folder* holds `deps`, `.fingerprint` or cargo's lock. None of them may hold a `Cargo.toml` or a `.git`.
//! The walk skips hidden folders, `node_modules`, links and other file systems, and does not enter what it found. A
//! directory that holds the home folder, the workspace or the cache is passed over; a configured one also if a folder
//! in it is a project.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use super::configured;
use super::marks::Marks;
use crate::env::Env;
use crate::fs::dir::Dir;
use crate::fs::stat::Stat;
use crate::fs::{self, OrAbsent as _, PathError};

/// A target directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Where it is. Only its parents may have been links, and they have been resolved.
    pub path: PathBuf,
    /// How it was found.
    pub kind: Kind,
    /// Device and inode.
    pub identity: (u64, u64),
}

/// How a target directory was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `target` beside a `Cargo.toml`.
    Project,
    /// Named by cargo's settings.
    Configured,
    /// What a removal that did not come to its end has left.
    Leftover,
}

/// Where to look.
#[derive(Clone, Debug)]
pub struct Scope<'a> {
    /// The folder to look below.
    pub root: PathBuf,
    /// Variables.
    pub env: &'a Env,
    /// What no removal may ever take along.
    pub precious: Vec<PathBuf>,
}

/// What the search gave.
#[derive(Debug, Default)]
pub struct Found {
    /// By path.
    pub targets: Vec<Target>,
    /// What was passed over.
    pub passed: Vec<Passed>,
}

/// Why something was passed over.
#[derive(Debug, thiserror::Error)]
pub enum Passed {
    /// It could not be read.
    #[error("{error}: {}", error.source)]
    Unreadable {
        /// What went wrong.
        error: PathError,
    },
    /// A link stands in its place.
    #[error("passed over `{}`: it is a link", .0.display())]
    Link(PathBuf),
    /// It holds something else.
    #[error("passed over `{}`: `{}` lies in it", .target.display(), .inside.display())]
    Precious {
        /// The target directory.
        target: PathBuf,
        /// What it holds.
        inside: PathBuf,
    },
}

/// Finds the target directories below a folder, and those of the workspaces there.
///
/// # Errors
/// Only the folder itself must be readable.
pub fn find(scope: &Scope<'_>) -> fs::Result<Found> {
    // With a slash at its end the name of a link would be taken for what it leads to.
    let name = scope.root.components().collect::<PathBuf>();
    let link = Stat::of_name(&name).is_ok_and(|stat| !stat.is_dir());
    let root = scope.root.canonicalize().map_err(|source| PathError {
        action: "find",
        path: scope.root.clone(),
        source,
    })?;
    let mut search =
        Search { device: Stat::of(&root)?.device, found: Found::default(), workspaces: Vec::new() };
    let parent = root.parent().filter(|parent| !link && is_file(&parent.join("Cargo.toml")));
    if parent.is_none() || !search.take_project(&root) {
        let names = fs::list_with_types(&root)?;
        search.walk(&root, names);
    }
    let mut found = search.found;
    take_all_configured(scope.env, search.workspaces, &mut found);
    found.targets.sort_by(|a, b| a.path.cmp(&b.path));
    // By another way to the same directory, or within one that goes as a whole.
    let mut targets: Vec<Target> = Vec::new();
    for target in std::mem::take(&mut found.targets) {
        if !targets
            .iter()
            .any(|other| other.identity == target.identity || target.path.starts_with(&other.path))
        {
            targets.push(target);
        }
    }
    let precious = scope.precious.iter().filter_map(|path| path.canonicalize().ok()).collect::<Vec<_>>();
    for target in targets {
        match precious.iter().find(|path| path.starts_with(&target.path)) {
            Some(inside) => {
                found.passed.push(Passed::Precious { target: target.path, inside: inside.clone() });
            }
            None => found.targets.push(target),
        }
    }
    Ok(found)
}

/// Whether a target directory still is what it was found as.
pub(super) fn is_still(target: &Target, dir: &Dir) -> bool {
    dir.own_stat().is_ok_and(|stat| stat.identity() == target.identity)
        && match target.kind {
            Kind::Project => Marks::of(dir).is_some_and(|marks| marks.are_a_project()),
            Kind::Configured => Marks::of(dir).is_some_and(|marks| marks.are_configured()),
            Kind::Leftover => true,
        }
}

/// Returns the name that a target directory has while it is removed.
pub(super) fn aside(name: &OsStr) -> std::ffi::OsString {
    let mut aside = std::ffi::OsString::from(".");
    aside.push(name);
    aside.push(ASIDE);
    aside.push(std::process::id().to_string());
    aside
}

/// Stands before the process number in the name of what is being removed.
const ASIDE: &str = ".kache-removed-";

/// Whether a name is one that a directory has while it is removed.
fn is_aside(name: &OsStr) -> bool {
    let bytes = name.as_encoded_bytes();
    let Some(at) = memchr::memmem::rfind(bytes, ASIDE.as_bytes()) else { return false };
    let number = &bytes[at + ASIDE.len()..];
    at > 1 && bytes[0] == b'.' && !number.is_empty() && number.iter().all(u8::is_ascii_digit)
}

struct Search {
    device: u64,
    found: Found,
    /// Folders with a manifest.
    workspaces: Vec<PathBuf>,
}

impl Search {
    /// Looks at all names in a folder, and below.
    fn walk(&mut self, folder: &Path, names: Vec<(std::ffi::OsString, bool)>) {
        let has_manifest = names.iter().any(|(name, is_dir)| name == "Cargo.toml" && !is_dir);
        if has_manifest {
            self.workspaces.push(folder.to_owned());
        }
        for (name, is_dir) in names {
            let path = folder.join(&name);
            let is_target = has_manifest && name == "target";
            if !is_dir {
                if is_target && path.is_dir() {
                    self.found.passed.push(Passed::Link(path));
                }
                continue;
            }
            if is_aside(&name) {
                self.take(path, Kind::Leftover);
            } else if self.skips(&name, &path) || is_target && self.take_project(&path) {
                // None of ours, or not to be looked into.
            } else {
                match fs::list_with_types(&path).or_absent() {
                    Ok(names) => self.walk(&path, names.unwrap_or_default()),
                    Err(error) => self.found.passed.push(Passed::Unreadable { error }),
                }
            }
        }
    }

    fn skips(&self, name: &OsStr, path: &Path) -> bool {
        let is_hidden = name.as_encoded_bytes().first() == Some(&b'.');
        is_hidden
            || name == "node_modules"
            || Stat::of_name(path).is_ok_and(|stat| stat.device != self.device)
    }

    /// Takes a directory if it is a project's.
    fn take_project(&mut self, path: &Path) -> bool {
        let named = path.file_name().is_some_and(|name| name == "target");
        let is =
            named && open(path).is_some_and(|dir| Marks::of(&dir).is_some_and(|marks| marks.are_a_project()));
        is && self.take(path.to_owned(), Kind::Project)
    }

    fn take(&mut self, path: PathBuf, kind: Kind) -> bool {
        push(&mut self.found, path, kind)
    }
}

fn push(found: &mut Found, path: PathBuf, kind: Kind) -> bool {
    let Ok(stat) = Stat::of_name(&path) else { return false };
    found.targets.push(Target { path, kind, identity: stat.identity() });
    true
}

/// Takes what the settings of all workspaces name.
fn take_all_configured(env: &Env, mut workspaces: Vec<PathBuf>, found: &mut Found) {
    let mut seen = BTreeSet::new();
    // Outer ones first: what was packaged into a target directory is no workspace of its own.
    workspaces.sort();
    for workspace in workspaces {
        if found.targets.iter().any(|target| workspace.starts_with(&target.path)) {
            continue;
        }
        for directory in configured::directories(env, &workspace) {
            if !seen.insert(directory.clone()) {
                continue;
            }
            if directory.canonicalize().is_ok_and(|directory| workspace.starts_with(directory)) {
                found.passed.push(Passed::Precious { target: directory, inside: workspace.clone() });
            } else {
                take_configured(&directory, found);
            }
        }
    }
}

/// Takes a directory that settings name, and what a removal has left beside it.
fn take_configured(directory: &Path, found: &mut Found) {
    let (Some(parent), Some(name)) = (directory.parent(), directory.file_name()) else { return };
    let Ok(parent) = parent.canonicalize() else { return };
    let path = parent.join(name);
    if Stat::of_name(&path).is_ok_and(|stat| !stat.is_dir()) && path.is_dir() {
        found.passed.push(Passed::Link(path));
    } else if open(&path).is_some_and(|dir| Marks::of(&dir).is_some_and(|marks| marks.are_configured())) {
        push(found, path, Kind::Configured);
    }
    for (beside, is_dir) in fs::list_with_types(&parent).unwrap_or_default() {
        let begins =
            beside.as_encoded_bytes().get(1..).is_some_and(|rest| rest.starts_with(name.as_encoded_bytes()));
        if is_dir && begins && is_aside(&beside) {
            push(found, parent.join(beside), Kind::Leftover);
        }
    }
}

fn is_file(path: &Path) -> bool {
    Stat::of_name(path).is_ok_and(|stat| stat.is_file())
}

fn open(path: &Path) -> Option<Dir> {
    Dir::open(path).ok()
}

#[cfg(test)]
mod tests;
