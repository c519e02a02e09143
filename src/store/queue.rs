//! What waits to be sent to the remote.
//!
//! Owns the directory `queue`: one file for each thing that waits, so that it survives a crash and a reboot, and many
//! processes add to it at once. Never knows how anything is sent: who has sent it takes it out.
//!
//! An entry that waits is an empty file under its key; what it is stands in the index. A record that waits is a file that
//! holds the name it gets and its text.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::fs;

/// The ending of records.
const RECORD: &str = ".record";

/// What waits.
#[derive(Clone, Debug)]
pub struct Queue {
    directory: PathBuf,
}

/// A text that waits, to be sent behind all entries.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// The name of the object.
    pub name: String,
    /// What it holds.
    pub text: String,
}

/// All that waits at one time, in the order of its names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Waiting {
    /// Entries, by key.
    pub entries: Vec<Digest>,
    /// Records, by file.
    pub records: Vec<PathBuf>,
}

impl Waiting {
    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.records.is_empty()
    }
}

impl Queue {
    pub(super) fn at(directory: PathBuf) -> Self {
        Self { directory }
    }

    /// Lets an entry wait. Once is enough.
    pub fn add(&self, key: &Digest) -> fs::Result<()> {
        self.write(&key.to_hex(), |path| fs::create(path).map(drop))
    }

    /// Lets a record wait. It takes the place of one that waits for the same name.
    pub fn add_record(&self, record: &Record) -> fs::Result<()> {
        let text = serde_json::to_vec(record).expect("texts serialise");
        let name = Digest::of(record.name.as_bytes()).short() + RECORD;
        // Beside and renamed: a reader finds a whole one.
        let beside = self.directory.join(format!("{name}.{}", std::process::id()));
        self.write(&name, |path| {
            fs::write(&beside, &text)?;
            fs::rename(&beside, path)
        })
    }

    fn write(&self, name: &str, write: impl Fn(&Path) -> fs::Result<()>) -> fs::Result<()> {
        let path = self.directory.join(name);
        match write(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                fs::create_private_dir_all(&self.directory)?;
                write(&path)
            }
            other => other,
        }
    }

    /// Lists what waits. Files of other kinds are passed over.
    pub fn waiting(&self) -> fs::Result<Waiting> {
        let names = match fs::list(&self.directory) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
            other => other?,
        };
        let mut waiting = Waiting::default();
        for name in names.iter().filter_map(|name| name.to_str()) {
            if let Ok(key) = name.parse() {
                waiting.entries.push(key);
            } else if name.ends_with(RECORD) {
                waiting.records.push(self.directory.join(name));
            }
        }
        Ok(waiting)
    }

    /// Reads a record that waits. `None` for one that is gone, or is no record.
    pub fn record(path: &Path) -> Option<Record> {
        serde_json::from_slice(&fs::read(path).ok()?).ok()
    }

    /// Takes an entry out.
    pub fn remove(&self, key: &Digest) -> fs::Result<bool> {
        fs::remove_file(&self.directory.join(key.to_hex()))
    }

    /// Takes a record out.
    pub fn remove_record(path: &Path) -> fs::Result<bool> {
        fs::remove_file(path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_put_in_is_found_until_it_is_taken_out() {
        let dir = tempfile::tempdir().unwrap();
        let queue = Queue::at(dir.path().join("queue"));
        assert!(queue.waiting().unwrap().is_empty());
        let keys = [Digest::of(b"a"), Digest::of(b"b")];
        for key in keys.iter().chain(&keys) {
            queue.add(key).unwrap();
        }
        let record = Record { name: "_builds/a/b/c.json".into(), text: "{}".into() };
        queue.add_record(&record).unwrap();
        queue.add_record(&Record { text: "[]".into(), ..record.clone() }).unwrap();
        fs::write(&dir.path().join("queue/other"), "").unwrap();

        let mut waiting = queue.waiting().unwrap();
        waiting.entries.sort_by_key(|key| *key != keys[0]);
        assert_eq!(waiting.entries, keys);
        assert_eq!(waiting.records.len(), 1);
        assert_eq!(Queue::record(&waiting.records[0]).unwrap().text, "[]");

        assert!(queue.remove(&keys[0]).unwrap() && !queue.remove(&keys[0]).unwrap());
        assert!(Queue::remove_record(&waiting.records[0]).unwrap());
        assert_eq!(queue.waiting().unwrap(), Waiting { entries: vec![keys[1]], records: vec![] });
    }
}
