//! Cargo's locks on what it builds in.
//!
//! Owns where they are: files whose names begin with `.cargo` and end with `lock`, in the target directory, in its
//! profiles, and in target directories within it. They are held as cargo holds them, by `flock(2)`. Makes no file: a
//! profile without a lock is one that no cargo is at work in.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::io::ErrorKind;

use crate::fs::dir::Dir;
use crate::fs::lock::{self, Lock, Sharing};
use crate::fs::{self, OrAbsent as _};

/// Folders of a profile, in which there are no locks but those of builds within a build.
const WITHOUT: [&str; 6] = ["deps", ".fingerprint", "incremental", "build", "examples", "doc"];

/// Locks that we hold.
#[derive(Debug, Default)]
pub(super) struct Locks {
    held: Vec<Lock>,
    /// Their files, by device and inode.
    files: HashSet<(u64, u64)>,
}

impl Locks {
    /// Takes all locks of a target directory that are not held yet. Returns whether no cargo has one of them.
    pub(super) fn take(&mut self, dir: &Dir) -> fs::Result<bool> {
        self.walk(dir, Sharing::Alone)
    }

    fn walk(&mut self, dir: &Dir, sharing: Sharing) -> fs::Result<bool> {
        for name in dir.list()? {
            let Some(stat) = dir.stat(&name).or_absent()? else { continue };
            let is_free = if stat.is_dir() && !WITHOUT.iter().any(|other| name == *other) {
                self.enter(dir, &name, sharing)?
            } else if stat.is_file() && is_lock(&name) && self.files.insert(stat.identity()) {
                self.add(dir, &name, sharing)?
            } else {
                true
            };
            if !is_free {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn enter(&mut self, dir: &Dir, name: &OsStr, sharing: Sharing) -> fs::Result<bool> {
        match dir.child(name).or_absent() {
            Ok(Some(child)) => self.walk(&child, sharing),
            // What is mounted there is not removed either.
            Err(error) if error.kind() != ErrorKind::CrossesDevices => Err(error),
            _ => Ok(true),
        }
    }

    fn add(&mut self, dir: &Dir, name: &OsStr, sharing: Sharing) -> fs::Result<bool> {
        let Some(file) = dir.file(name).or_absent()? else { return Ok(true) };
        let lock = lock::try_open(file, sharing, &dir.path().join(name))?;
        let is_free = lock.is_some();
        self.held.extend(lock);
        Ok(is_free)
    }
}

/// Whether a cargo has one of the locks.
pub(super) fn are_held(dir: &Dir) -> bool {
    matches!(Locks::default().walk(dir, Sharing::Shared), Ok(false))
}

fn is_lock(name: &OsStr) -> bool {
    let name = name.as_encoded_bytes();
    name.starts_with(b".cargo") && name.ends_with(b"lock")
}
