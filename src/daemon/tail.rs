//! Reading the daemon's log.
//!
//! Owns the last lines of it, and the wait for more. A rotated log is followed into the new file. Never writes.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use crate::fs::{self, AtPath as _, OrAbsent as _, Result};

/// Returns the name of the rotated log.
pub fn older(log: &Path) -> PathBuf {
    let mut name = log.as_os_str().to_owned();
    name.push(".1");
    name.into()
}

/// A log being read.
#[derive(Debug)]
pub struct Tail {
    path: PathBuf,
    file: File,
    /// What was read of a line that has no end yet.
    begun: Vec<u8>,
}

impl Tail {
    /// Opens a log at its beginning. `None`: there is none.
    pub fn open(path: &Path) -> Result<Option<Self>> {
        let file = fs::open(path).or_absent()?;
        Ok(file.map(|file| Self { path: path.to_owned(), file, begun: Vec::new() }))
    }

    /// Goes to the end, and returns the last `count` lines before it; older ones from the rotated log.
    pub fn last(&mut self, count: usize) -> Result<String> {
        let mut text = self.more()?;
        if text.lines().count() < count
            && let Some(bytes) = fs::read(&older(&self.path)).or_absent()?
        {
            text.insert_str(0, &String::from_utf8_lossy(&bytes));
        }
        let lines = text.lines().count();
        Ok(text.split_inclusive('\n').skip(lines.saturating_sub(count)).collect())
    }

    /// Returns the whole lines that were written since.
    pub fn more(&mut self) -> Result<String> {
        let mut text = self.rest()?;
        if let Some(next) = self.rotated()? {
            // Between the two looks the last lines may have come.
            text += &self.rest()?;
            self.file = next;
            self.begun.clear();
            text += &self.rest()?;
        }
        Ok(text)
    }

    fn rest(&mut self) -> Result<String> {
        let (path, meta) = (&self.path, self.file.metadata().at("read metadata of", &self.path)?);
        if self.file.stream_position().at("read", path)? > meta.size() {
            // It was cut.
            self.file.seek(SeekFrom::Start(0)).at("read", path)?;
        }
        self.file.read_to_end(&mut self.begun).at("read", path)?;
        let end = self.begun.iter().rposition(|byte| *byte == b'\n').map_or(0, |newline| newline + 1);
        let lines: Vec<u8> = self.begun.drain(..end).collect();
        Ok(String::from_utf8_lossy(&lines).into_owned())
    }

    /// Returns the new file, if the path leads to another one.
    fn rotated(&self) -> Result<Option<File>> {
        let Some(file) = fs::open(&self.path).or_absent()? else { return Ok(None) };
        let (new, old) = (file.metadata(), self.file.metadata());
        let identity = |meta: std::fs::Metadata| (meta.dev(), meta.ino());
        let is_other = new.map(identity).at("read metadata of", &self.path)?
            != old.map(identity).at("read metadata of", &self.path)?;
        Ok(is_other.then_some(file))
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    #[test]
    fn last_lines_reach_into_the_rotated_log() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log");
        assert!(Tail::open(&path).unwrap().is_none());
        fs::write(&path, "c\nd\ne").unwrap();
        let last = |count| Tail::open(&path).unwrap().unwrap().last(count).unwrap();
        assert_eq!((&*last(1), &*last(2), &*last(9)), ("d\n", "c\nd\n", "c\nd\n"));
        fs::write(&older(&path), "a\nb\n").unwrap();
        assert_eq!((&*last(3), &*last(9), &*last(0)), ("b\nc\nd\n", "a\nb\nc\nd\n", ""));
    }

    #[test]
    fn following_passes_a_rotation() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log");
        fs::write(&path, "a\n").unwrap();
        let mut tail = Tail::open(&path).unwrap().unwrap();
        assert_eq!(tail.last(5).unwrap(), "a\n");
        assert_eq!(tail.more().unwrap(), "");
        let mut old = File::options().append(true).open(&path).unwrap();
        old.write_all(b"b\nhal").unwrap();
        assert_eq!(tail.more().unwrap(), "b\n");
        old.write_all(b"f\n").unwrap();
        fs::rename(&path, &older(&path)).unwrap();
        assert_eq!(tail.more().unwrap(), "half\n", "between the two there may be no file");
        old.write_all(b"c\n").unwrap();
        fs::write(&path, "d\n").unwrap();
        assert_eq!(tail.more().unwrap(), "c\nd\n");
        fs::write(&path, "").unwrap();
        assert_eq!(tail.more().unwrap(), "");
        fs::write(&path, "e\n").unwrap();
        assert_eq!(tail.more().unwrap(), "e\n");
    }
}
