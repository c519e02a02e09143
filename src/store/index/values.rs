//! What the index holds of its own: facts about files, and about copies in the remote.

use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::fs::stat::{Stat, Time};

/// The digest of a file whose stat is the same now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Memo {
    /// What the file system said when the digest was made.
    pub stat: MemoStat,
    /// The content then.
    pub digest: Digest,
}

/// The fields of a [`Stat`] that tell whether a memo still holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemoStat {
    size: u64,
    modified: Time,
    changed: Time,
    born: Time,
}

impl MemoStat {
    /// Picks the fields of any file.
    pub fn of_file(stat: &Stat) -> Self {
        Self { size: stat.size, modified: stat.modified, changed: stat.changed, born: stat.born }
    }

    /// Picks the fields of an inode that this store made a blob: its change time does not count, since each link
    /// changes it.
    pub fn of_blob(stat: &Stat) -> Self {
        Self { changed: Time::default(), ..Self::of_file(stat) }
    }

    /// Whether a file with this stat is the same, unchanged.
    pub fn matches(&self, stat: &Stat) -> bool {
        let is_blob = self.changed == Time::default();
        *self == if is_blob { Self::of_blob(stat) } else { Self::of_file(stat) }
    }
}

/// A copy of an entry in the remote, as it was last seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RemoteCopy {
    /// Whether the entry came from there; else it was made here.
    pub was_pulled: bool,
    /// Its length there, in bytes.
    pub bytes: u64,
}
