//! The file of a log.
//!
//! Owns its rotation: what is full becomes `<name>.1`, in the place of the one before.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use crate::fs::{self, AtPath as _, Result};

/// An open log.
#[derive(Debug)]
pub(super) struct LogFile {
    path: PathBuf,
    limit: u64,
    file: File,
}

impl LogFile {
    /// Opens the log at `path`, to be rotated at `limit` bytes. Private to the user: it names their projects.
    pub(super) fn open(path: &Path, limit: u64) -> Result<Self> {
        if let Some(folder) = path.parent() {
            fs::create_private_dir_all(folder)?;
        }
        let file = OpenOptions::new().append(true).create(true).mode(0o600).open(path).at("open", path)?;
        Ok(Self { path: path.to_owned(), limit, file })
    }

    /// Appends a line in one piece.
    pub(super) fn append(&mut self, line: &str) -> Result<()> {
        let meta = self.file.metadata().at("read metadata of", &self.path)?;
        let is_full = meta.size() > 0 && meta.size() + line.len() as u64 > self.limit;
        if is_full && meta.nlink() > 0 {
            fs::rename(&self.path, &super::super::tail::older(&self.path))?;
        }
        if is_full || meta.nlink() == 0 {
            *self = Self::open(&self.path, self.limit)?;
        }
        self.file.write_all(line.as_bytes()).at("write", &self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_file_makes_room() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("logs/d.log");
        let mut log = LogFile::open(&path, 10).unwrap();
        let read = |name: &str| fs::read_to_string(&dir.path().join("logs").join(name)).unwrap();
        log.append("a longer line than that\n").unwrap();
        assert_eq!(read("d.log"), "a longer line than that\n", "a line is never cut");
        log.append("one\n").unwrap();
        log.append("two\n").unwrap();
        assert_eq!((read("d.log.1").len(), &*read("d.log")), (24, "one\ntwo\n"));
        log.append("three\n").unwrap();
        assert_eq!((&*read("d.log.1"), &*read("d.log")), ("one\ntwo\n", "three\n"));
        assert_eq!(fs::list(&dir.path().join("logs")).unwrap().len(), 2);
    }

    #[test]
    fn a_removed_file_comes_back() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("d.log");
        let mut log = LogFile::open(&path, 1000).unwrap();
        log.append("one\n").unwrap();
        fs::remove_file(&path).unwrap();
        log.append("two\n").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "two\n");
    }
}
