//! Whether the index may be trusted, and the start of a new one.
//!
//! Owns the marks beside the database: in which boot it was last walked, and whether a process found it damaged. Never
//! reads a value for its own sake.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::index::{Index, IndexError};
use super::layout::Layout;
use crate::fs::{self, lock};

/// Longest wait for another process that walks the index.
const PATIENCE: Duration = Duration::from_secs(10);

/// The files around the database.
pub(super) struct Marks {
    directory: PathBuf,
    boot: PathBuf,
    bad: PathBuf,
    lock: PathBuf,
}

impl Marks {
    pub(super) fn of(layout: &Layout) -> Self {
        Self {
            directory: layout.index_file(""),
            boot: layout.index_file(".boot"),
            bad: layout.index_is_bad(),
            lock: layout.index_file(".lock"),
        }
    }

    /// Returns the directory of a database that can be trusted as far as anybody knows.
    pub(super) fn sound_directory(&self) -> Result<&Path, IndexError> {
        if !self.is_walked() {
            self.alone(|| if self.is_walked() { Ok(()) } else { self.walk() })?;
        }
        Ok(&self.directory)
    }

    /// Starts a new database in the place of one that can't be opened.
    pub(super) fn start_anew(&self) -> Result<(), IndexError> {
        self.alone(|| {
            // Another process may have done so meanwhile.
            if Index::open_at(&self.directory).is_ok() { Ok(()) } else { self.replace() }
        })
    }

    fn alone(&self, work: impl FnOnce() -> Result<(), IndexError>) -> Result<(), IndexError> {
        let folder = self.directory.parent().expect("the index lies in a directory");
        if !folder.is_dir() {
            fs::remove_any(folder)?;
            fs::create_private_dir_all(folder)?;
        }
        // A holder that hangs is no reason to: the work is the same whoever does it.
        let _lock = lock::exclusive(&self.lock, PATIENCE)?;
        work()
    }

    /// Whether the index was found whole since the machine started.
    fn is_walked(&self) -> bool {
        fs::read_short(&self.boot).is_ok_and(|walked| walked == boot_id()) && !self.bad.exists()
    }

    fn walk(&self) -> Result<(), IndexError> {
        if self.bad.exists() || !self.is_whole() {
            return self.replace();
        }
        fs::create_private_dir_all(&self.directory)?;
        Ok(fs::write(&self.boot, boot_id())?)
    }

    /// Puts an empty directory in the place of the database. Processes that have it open keep the old files until they
    /// end.
    fn replace(&self) -> Result<(), IndexError> {
        let aside = self.directory.with_extension(format!("old-{}", std::process::id()));
        fs::remove_any(&aside)?;
        if self.directory.symlink_metadata().is_ok() {
            fs::rename(&self.directory, &aside)?;
            fs::remove_any(&aside)?;
        }
        fs::create_private_dir_all(&self.directory)?;
        fs::remove_any(&self.boot)?;
        fs::write(&self.boot, boot_id())?;
        Ok(fs::remove_any(&self.bad)?)
    }

    /// Walks the whole index.
    fn is_whole(&self) -> bool {
        if !self.directory.exists() {
            return true;
        }
        Index::open_at(&self.directory).and_then(|index| Ok(index.read()?.is_whole())).unwrap_or(false)
    }
}

/// Names this boot of the machine.
fn boot_id() -> Vec<u8> {
    fs::read_short(Path::new("/proc/sys/kernel/random/boot_id")).unwrap_or_default()
}
