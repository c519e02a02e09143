//! Looking things up.

use std::path::PathBuf;

use heed::types::Bytes;
use heed::{Database, RoTxn, WithoutTls};
use serde::de::DeserializeOwned;

use super::format::{Table, decode, full_key, inode_key, unseal};
use super::values::{Memo, RemoteCopy};
use crate::digest::Digest;
use crate::entry::{Artefact, Entry, Prediction, Usage};
use crate::event::LogPosition;
use crate::fs::stat::Stat;

/// A consistent view of the index.
pub struct Reader<'i> {
    pub(super) txn: RoTxn<'i, WithoutTls>,
    pub(super) table: Database<Bytes, Bytes>,
}

impl Reader<'_> {
    fn get<T: DeserializeOwned>(&self, table: Table, key: &[u8]) -> Option<T> {
        let key = full_key(table, key);
        decode(&key, self.table.get(&self.txn, &key).ok()??)
    }

    fn all<T: DeserializeOwned>(&self, table: Table) -> Vec<(Digest, T)> {
        let Ok(rows) = self.table.prefix_iter(&self.txn, &[table as u8]) else { return Vec::new() };
        rows.map_while(std::result::Result::ok)
            .filter_map(|(key, value)| {
                Some((Digest::from_bytes(key[1..].try_into().ok()?), decode(key, value)?))
            })
            .collect()
    }

    /// Returns the predictions of an invocation, the newest first.
    pub fn predictions(&self, invocation: &Digest) -> Vec<Prediction> {
        self.get(Table::Predictions, invocation.as_bytes()).unwrap_or_default()
    }

    /// Returns an entry.
    pub fn entry(&self, key: &Digest) -> Option<Entry> {
        self.get(Table::Entries, key.as_bytes())
    }

    /// Returns all entries.
    pub fn entries(&self) -> Vec<(Digest, Entry)> {
        self.all(Table::Entries)
    }

    /// Shows every entry to `visit`, one at a time: all of them at once may not fit in memory.
    pub fn each_entry(&self, mut visit: impl FnMut(Digest, Entry)) {
        let Ok(rows) = self.table.prefix_iter(&self.txn, &[Table::Entries as u8]) else { return };
        for (key, value) in rows.map_while(std::result::Result::ok) {
            let digest = key[1..].try_into().ok().map(Digest::from_bytes);
            if let (Some(digest), Some(entry)) = (digest, decode(key, value)) {
                visit(digest, entry);
            }
        }
    }

    /// Returns the keys of a unit's entries, the newest first.
    pub fn history(&self, unit: &Digest) -> Vec<Digest> {
        self.get(Table::History, unit.as_bytes()).unwrap_or_default()
    }

    /// Returns what is known of a library with this content.
    pub fn artefact(&self, content: &Digest) -> Option<Artefact> {
        self.get(Table::Artefacts, content.as_bytes())
    }

    /// Returns what was remembered of the inode.
    pub fn memo(&self, stat: &Stat) -> Option<Memo> {
        self.get(Table::Memos, &inode_key(stat))
    }

    /// Returns how an entry was used.
    pub fn usage(&self, key: &Digest) -> Usage {
        self.get(Table::Usage, key.as_bytes()).unwrap_or_default()
    }

    /// Returns what is known of an entry's copy in the remote.
    pub fn remote(&self, key: &Digest) -> Option<RemoteCopy> {
        self.get(Table::Remote, key.as_bytes())
    }

    /// Returns when gc removed the entry of this key, in milliseconds since the Unix epoch.
    pub fn evicted(&self, key: &Digest) -> Option<u64> {
        self.get(Table::Evicted, key.as_bytes())
    }

    /// Returns all keys that gc removed, with the times.
    pub fn all_evicted(&self) -> Vec<(Digest, u64)> {
        self.all(Table::Evicted)
    }

    /// Returns a text that was noted under this name.
    pub fn note(&self, name: &Digest) -> Option<String> {
        self.get(Table::Notes, name.as_bytes())
    }

    /// Returns how far the event log has been folded into the usage table.
    pub fn folded(&self) -> LogPosition {
        self.get(Table::Meta, b"folded").unwrap_or_default()
    }

    /// Returns the time of the newest event that has been folded in, in milliseconds since the Unix epoch.
    pub fn folded_until(&self) -> u64 {
        self.get(Table::Meta, b"folded-until").unwrap_or_default()
    }

    /// Returns the target directories that builds were recorded in, with the time of the last one.
    pub fn targets(&self) -> Vec<(PathBuf, u64)> {
        self.all::<(PathBuf, u64)>(Table::Targets).into_iter().map(|(_, target)| target).collect()
    }

    /// Reads every value; whether all of them are whole.
    pub fn is_whole(&self) -> bool {
        let Ok(rows) = self.table.iter(&self.txn) else { return false };
        rows.into_iter().all(|row| row.is_ok_and(|(key, value)| unseal(key, value).is_some()))
    }

    /// Returns the number of memos and artefacts.
    pub fn facts(&self) -> usize {
        let rows = |table| self.table.prefix_iter(&self.txn, &[table as u8]).map_or(0, Iterator::count);
        rows(Table::Memos) + rows(Table::Artefacts)
    }
}
