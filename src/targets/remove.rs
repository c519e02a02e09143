//! The removal of a target directory.
//!
//! Owns the steps. Each looks for itself whether it still is about the directory that was found:
//!
//! 1. The directory is opened in its parent, not by its path, and must be the same device, inode and marks as before.
//! 2. We lock it against other removals, and take all of cargo's locks in it.
//! 3. It is renamed aside, to `.<name>.kache-removed-<pid>`. A cargo that starts now begins a new one.
//! 4. If what was renamed is another directory after all, or a cargo got in between, it gets its name back.
//! 5. What is in it is removed name by name. A link is removed, not followed; another file system is not entered.
//!
//! A process that is killed in 5 leaves the renamed directory, which the next search finds as a leftover: it holds our
//! lock no more. The bytes that became free are those of files whose last name went, but for blocks that others have too.

use std::ffi::OsStr;
use std::io::ErrorKind;
use std::path::PathBuf;

use super::find::{self, Kind, Target};
use super::locks::Locks;
use crate::fs::dir::Dir;
use crate::fs::extents;
use crate::fs::stat::Stat;
use crate::fs::{self, OrAbsent as _, PathError};

/// Why a target directory stayed.
#[derive(Debug, thiserror::Error)]
pub enum Stays {
    /// A cargo holds a lock in it.
    #[error("a build is running")]
    Building,
    /// Another process removes it.
    #[error("another `clean` is removing it")]
    Removing,
    /// Another directory has its place.
    #[error("it is not the directory that was measured")]
    Replaced,
    /// A file system is mounted in it.
    #[error("another file system is mounted at `{}`", .0.display())]
    Mounted(PathBuf),
    /// It could not be done, or not to the end.
    #[error("{error}: {}", error.source)]
    Failed {
        /// What went wrong first.
        error: PathError,
    },
}

impl Stays {
    /// Whether somebody is at work in it, so that it has been left alone on purpose.
    pub fn is_in_use(&self) -> bool {
        matches!(self, Self::Building | Self::Removing)
    }
}

impl From<PathError> for Stays {
    fn from(error: PathError) -> Self {
        Self::Failed { error }
    }
}

/// Removes a target directory. Returns the bytes that became free on disk.
pub fn remove(target: &Target) -> Result<u64, Stays> {
    let (Some(parent), Some(name)) = (target.path.parent(), target.path.file_name()) else {
        return Err(Stays::Replaced);
    };
    let parent = Dir::open(parent)?;
    let dir = match parent.child(name) {
        Err(error) if error.kind() == ErrorKind::CrossesDevices => return Err(Stays::Mounted(error.path)),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            return Err(Stays::Replaced);
        }
        dir => dir?,
    };
    if !find::is_still(target, &dir) {
        return Err(Stays::Replaced);
    }
    if !dir.try_lock()? {
        return Err(Stays::Removing);
    }
    if let Some(mounted) = mounted_in(&dir)? {
        return Err(Stays::Mounted(mounted));
    }
    if target.kind == Kind::Leftover {
        return delete(&parent, name, &dir);
    }
    let mut locks = Locks::default();
    if !locks.take(&dir)? {
        return Err(Stays::Building);
    }
    let aside = find::aside(name);
    parent.rename_dir(name, &aside)?;
    let stays = match parent.stat(&aside) {
        Ok(stat) if stat.identity() == target.identity => match locks.take(&dir) {
            Ok(true) => None,
            Ok(false) => Some(Stays::Building),
            Err(error) => Some(error.into()),
        },
        _ => Some(Stays::Replaced),
    };
    if let Some(stays) = stays {
        parent.rename_dir(&aside, name)?;
        return Err(stays);
    }
    delete(&parent, &aside, &dir.moved_to(parent.path().join(&aside)))
}

/// Removes all that is in an open directory, and then its name.
fn delete(parent: &Dir, name: &OsStr, dir: &Dir) -> Result<u64, Stays> {
    let shares_blocks = extents::can_share(dir.path());
    let mut deletion = Deletion { shares_blocks, ..Deletion::default() };
    let own = dir.own_stat()?;
    deletion.empty(dir);
    if let Some(error) = deletion.error {
        return Err(error.into());
    }
    parent.remove_dir(name)?;
    Ok(deletion.freed + own.allocated())
}

/// What came of a deletion so far.
#[derive(Default)]
struct Deletion {
    /// Whether files here may share blocks.
    shares_blocks: bool,
    freed: u64,
    /// The first error: the rest goes all the same.
    error: Option<PathError>,
}

impl Deletion {
    fn empty(&mut self, dir: &Dir) {
        let names = match dir.list() {
            Ok(names) => names,
            Err(error) => return self.note(error),
        };
        for name in names {
            match self.remove(dir, &name).or_absent() {
                Ok(_) => {}
                Err(error) => self.note(error),
            }
        }
    }

    /// Removes a name, and what is below it.
    fn remove(&mut self, dir: &Dir, name: &OsStr) -> fs::Result<()> {
        let stat = dir.stat(name)?;
        let freed = self.frees(dir, name, &stat);
        let goes = if stat.is_dir() {
            self.empty(&dir.child(name)?);
            with_rights(dir, || dir.remove_dir(name))
        } else {
            with_rights(dir, || dir.unlink(name))
        };
        // What is left of a directory has been told.
        if stat.is_dir() && self.error.is_some() && goes.is_err() {
            return Ok(());
        }
        goes?;
        self.freed += freed;
        Ok(())
    }

    /// Returns what becomes free with a name.
    fn frees(&self, dir: &Dir, name: &OsStr, stat: &Stat) -> u64 {
        if !stat.is_dir() && stat.links > 1 {
            return 0;
        }
        let may_share = self.shares_blocks && stat.is_file() && stat.blocks > 0;
        let file = may_share.then(|| dir.file(name).ok()).flatten();
        let shared = file.map_or(0, |file| extents::shared(&file).iter().map(|extent| extent.length).sum());
        stat.allocated().saturating_sub(shared)
    }

    fn note(&mut self, error: PathError) {
        self.error.get_or_insert(error);
    }
}

/// Does it, and once more with the right to write into the directory if that is what lacks: build scripts leave
/// read-only directories behind.
fn with_rights(dir: &Dir, remove: impl Fn() -> fs::Result<()>) -> fs::Result<()> {
    match remove() {
        Err(error) if error.kind() == ErrorKind::PermissionDenied => {
            let writable = dir.own_stat().and_then(|stat| dir.make_writable(&stat));
            if writable.is_ok() { remove() } else { Err(error) }
        }
        removed => removed,
    }
}

/// Returns where another file system is mounted in a directory.
fn mounted_in(dir: &Dir) -> fs::Result<Option<PathBuf>> {
    for name in dir.list()? {
        if !dir.stat(&name).or_absent()?.is_some_and(|stat| stat.is_dir()) {
            continue;
        }
        match dir.child(&name).or_absent() {
            Err(error) if error.kind() == ErrorKind::CrossesDevices => return Ok(Some(error.path)),
            // Told when it is deleted.
            Err(error) if error.kind() == ErrorKind::PermissionDenied => {}
            child => {
                if let Some(child) = child?
                    && let Some(mounted) = mounted_in(&child)?
                {
                    return Ok(Some(mounted));
                }
            }
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests;
