//! Changing things.

use std::collections::HashSet;
use std::path::Path;

use heed::types::Bytes;
use heed::{Database, RwTxn};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::format::{Table, decode, encode, full_key, inode_key, unseal};
use super::values::{Memo, RemoteCopy};
use crate::digest::Digest;
use crate::entry::{Artefact, Entry, Prediction, Usage};
use crate::event::LogPosition;
use crate::fs::stat::Stat;

/// Predictions kept for one invocation: more say that the names change with each compile.
const PREDICTIONS_KEPT: usize = 8;
/// Entries remembered for one unit, to explain misses by.
const HISTORY_KEPT: usize = 16;

/// A change under way.
pub struct Writer<'i> {
    pub(super) txn: RwTxn<'i>,
    pub(super) table: Database<Bytes, Bytes>,
}

impl Writer<'_> {
    fn get<T: DeserializeOwned>(&self, table: Table, key: &[u8]) -> heed::Result<Option<T>> {
        let key = full_key(table, key);
        Ok(self.table.get(&self.txn, &key)?.and_then(|value| decode(&key, value)))
    }

    fn put(&mut self, table: Table, key: &[u8], value: &impl Serialize) -> heed::Result<()> {
        let key = full_key(table, key);
        let value = encode(&key, value);
        self.table.put(&mut self.txn, &key, &value)
    }

    fn delete(&mut self, table: Table, key: &[u8]) -> heed::Result<bool> {
        self.table.delete(&mut self.txn, &full_key(table, key))
    }

    /// Puts a prediction in front of those of its invocation.
    pub fn predict(&mut self, invocation: &Digest, prediction: &Prediction) -> heed::Result<()> {
        let key = invocation.as_bytes();
        let mut all: Vec<Prediction> = self.get(Table::Predictions, key)?.unwrap_or_default();
        if all.first() == Some(prediction) {
            return Ok(());
        }
        all.retain(|known| known != prediction);
        all.insert(0, prediction.clone());
        all.truncate(PREDICTIONS_KEPT);
        self.put(Table::Predictions, key, &all)
    }

    /// Drops the predictions of an invocation.
    pub fn forget_predictions(&mut self, invocation: &Digest) -> heed::Result<bool> {
        self.delete(Table::Predictions, invocation.as_bytes())
    }

    /// Records an entry made here, with all by which it is found: the prediction, and its artefacts.
    pub fn add(
        &mut self,
        key: &Digest,
        unit: &Digest,
        entry: &Entry,
        prediction: &Prediction,
    ) -> heed::Result<()> {
        self.put_entry(key, unit, entry)?;
        self.forget_evicted(key)?;
        self.delete(Table::Remote, key.as_bytes())?;
        self.predict(&entry.invocation, prediction)?;
        entry.artefacts().try_for_each(|(content, artefact)| self.put_artefact(&content, &artefact))
    }

    /// Records an entry that was made elsewhere, with all by which it is found. It counts as used now.
    pub fn import(
        &mut self,
        key: &Digest,
        unit: &Digest,
        entry: &Entry,
        predictions: &[Prediction],
        (bytes, now_ms): (u64, u64),
    ) -> heed::Result<()> {
        self.put_entry(key, unit, entry)?;
        self.put_remote(key, RemoteCopy { was_pulled: true, bytes })?;
        self.add_usage(key, 0, now_ms)?;
        self.forget_evicted(key)?;
        self.learn(&entry.invocation, predictions)?;
        entry.artefacts().try_for_each(|(content, artefact)| self.put_artefact(&content, &artefact))
    }

    /// Notes that the remote has a copy of an entry.
    pub fn put_remote(&mut self, key: &Digest, copy: RemoteCopy) -> heed::Result<()> {
        self.put(Table::Remote, key.as_bytes(), &copy)
    }

    /// Adds predictions made elsewhere behind the newest of those that are known. Returns whether one was new.
    pub fn learn(&mut self, invocation: &Digest, predictions: &[Prediction]) -> heed::Result<bool> {
        let mut all: Vec<Prediction> =
            self.get(Table::Predictions, invocation.as_bytes())?.unwrap_or_default();
        let unknown = predictions.iter().filter(|it| !all.contains(it)).cloned().collect::<Vec<_>>();
        if unknown.is_empty() {
            return Ok(false);
        }
        let behind_newest = all.len().min(1);
        all.splice(behind_newest..behind_newest, unknown);
        all.truncate(PREDICTIONS_KEPT);
        self.put(Table::Predictions, invocation.as_bytes(), &all)?;
        Ok(true)
    }

    /// Records an entry under its key, and in the history of its unit.
    pub fn put_entry(&mut self, key: &Digest, unit: &Digest, entry: &Entry) -> heed::Result<()> {
        self.put(Table::Entries, key.as_bytes(), entry)?;
        let mut history: Vec<Digest> = self.get(Table::History, unit.as_bytes())?.unwrap_or_default();
        history.retain(|known| known != key);
        history.insert(0, *key);
        history.truncate(HISTORY_KEPT);
        self.put(Table::History, unit.as_bytes(), &history)
    }

    /// Returns an entry.
    pub fn entry(&self, key: &Digest) -> heed::Result<Option<Entry>> {
        self.get(Table::Entries, key.as_bytes())
    }

    /// Whether there is an entry.
    pub fn has_entry(&self, key: &Digest) -> heed::Result<bool> {
        Ok(self.table.get(&self.txn, &full_key(Table::Entries, key.as_bytes()))?.is_some())
    }

    /// Removes an entry and what is known of its use. Returns whether it was there.
    pub fn remove_entry(&mut self, key: &Digest) -> heed::Result<bool> {
        self.delete(Table::Usage, key.as_bytes())?;
        self.delete(Table::Remote, key.as_bytes())?;
        self.delete(Table::Entries, key.as_bytes())
    }

    /// Notes that gc removed an entry at this time.
    pub fn note_evicted(&mut self, key: &Digest, at_ms: u64) -> heed::Result<()> {
        self.put(Table::Evicted, key.as_bytes(), &at_ms)
    }

    /// Forgets such a note.
    pub fn forget_evicted(&mut self, key: &Digest) -> heed::Result<bool> {
        self.delete(Table::Evicted, key.as_bytes())
    }

    /// Records what is known of a library with this content.
    pub fn put_artefact(&mut self, content: &Digest, artefact: &Artefact) -> heed::Result<()> {
        self.put(Table::Artefacts, content.as_bytes(), artefact)
    }

    /// Notes a text under a name.
    pub fn put_note(&mut self, name: &Digest, text: &str) -> heed::Result<()> {
        self.put(Table::Notes, name.as_bytes(), &text)
    }

    /// Notes a text under a name that has none yet. Returns the text that stands there.
    pub fn put_first_note(&mut self, name: &Digest, text: &str) -> heed::Result<String> {
        if let Some(first) = self.get(Table::Notes, name.as_bytes())? {
            return Ok(first);
        }
        self.put_note(name, text)?;
        Ok(text.to_owned())
    }

    /// Remembers the digests of several files.
    pub fn put_memos(&mut self, memos: &[(Stat, Memo)]) -> heed::Result<()> {
        memos.iter().try_for_each(|(stat, memo)| self.put_memo(stat, memo))
    }

    /// Remembers the digest of a file.
    pub fn put_memo(&mut self, stat: &Stat, memo: &Memo) -> heed::Result<()> {
        self.put(Table::Memos, &inode_key(stat), memo)
    }

    /// Returns how an entry was used.
    pub fn usage(&self, key: &Digest) -> heed::Result<Usage> {
        Ok(self.get(Table::Usage, key.as_bytes())?.unwrap_or_default())
    }

    /// Adds `hits` to an entry's count; its last use is at least `last_ms`.
    pub fn add_usage(&mut self, key: &Digest, hits: u64, last_ms: u64) -> heed::Result<()> {
        let known: Usage = self.get(Table::Usage, key.as_bytes())?.unwrap_or_default();
        let usage = Usage { hits: known.hits + hits, last_ms: known.last_ms.max(last_ms) };
        self.put(Table::Usage, key.as_bytes(), &usage)
    }

    /// Notes how far the event log has been folded in, and the time of the newest event there.
    pub fn set_folded(&mut self, position: LogPosition, until_ms: u64) -> heed::Result<()> {
        self.put(Table::Meta, b"folded", &position)?;
        self.put(Table::Meta, b"folded-until", &until_ms)
    }

    /// Returns how far the event log has been folded in.
    pub fn folded(&self) -> heed::Result<LogPosition> {
        Ok(self.get(Table::Meta, b"folded")?.unwrap_or_default())
    }

    /// Notes a build in a target directory.
    pub fn put_target(&mut self, target: &Path, at_ms: u64) -> heed::Result<()> {
        let key = Digest::of(target.as_os_str().as_encoded_bytes());
        self.put(Table::Targets, key.as_bytes(), &(target, at_ms))
    }

    /// Forgets a target directory.
    pub fn forget_target(&mut self, target: &Path) -> heed::Result<bool> {
        self.delete(Table::Targets, Digest::of(target.as_os_str().as_encoded_bytes()).as_bytes())
    }

    /// Drops what is known of contents that are not in `alive`: memos and artefacts. Returns how much.
    pub fn retain_facts(&mut self, alive: &HashSet<Digest>) -> heed::Result<usize> {
        let is_alive = |key: &[u8], value: &[u8]| match key[0] == Table::Memos as u8 {
            true => decode(key, value).is_some_and(|memo: Memo| alive.contains(&memo.digest)),
            false => key[1..].try_into().is_ok_and(|digest| alive.contains(&Digest::from_bytes(digest))),
        };
        let mut dropped = 0;
        for table in [Table::Memos, Table::Artefacts] {
            let rows = self.table.prefix_iter(&self.txn, &[table as u8])?;
            dropped += self.delete_all(&keys_without(rows, is_alive)?)?;
        }
        Ok(dropped)
    }

    /// Drops the predictions of invocations that are not in `alive`. Returns how many.
    pub fn retain_predictions(&mut self, alive: &HashSet<Digest>) -> heed::Result<usize> {
        let is_alive = |key: &[u8], _: &[u8]| {
            key[1..].try_into().is_ok_and(|digest| alive.contains(&Digest::from_bytes(digest)))
        };
        let rows = self.table.prefix_iter(&self.txn, &[Table::Predictions as u8])?;
        self.delete_all(&keys_without(rows, is_alive)?)
    }

    /// Drops the values that are not whole. Returns how many.
    pub fn remove_damaged(&mut self) -> heed::Result<usize> {
        let rows = self.table.iter(&self.txn)?;
        self.delete_all(&keys_without(rows, |key, value| unseal(key, value).is_some())?)
    }

    fn delete_all(&mut self, keys: &[Vec<u8>]) -> heed::Result<usize> {
        for key in keys {
            self.table.delete(&mut self.txn, key)?;
        }
        Ok(keys.len())
    }

    /// Removes everything.
    pub fn clear(&mut self) -> heed::Result<()> {
        self.table.clear(&mut self.txn)
    }
}

/// Returns the keys of the rows that are not to be kept.
fn keys_without<'t>(
    rows: impl Iterator<Item = heed::Result<(&'t [u8], &'t [u8])>>,
    is_kept: impl Fn(&[u8], &[u8]) -> bool,
) -> heed::Result<Vec<Vec<u8>>> {
    let dead = |row: heed::Result<(&'t [u8], &'t [u8])>| match row {
        Ok((key, value)) => (!is_kept(key, value)).then(|| Ok(key.to_vec())),
        Err(error) => Some(Err(error)),
    };
    rows.filter_map(dead).collect()
}
