//! The LMDB index: what is known of keys, artefacts and files.
//!
//! Owns the database file and its tables. Never holds a truth that can't be made again: without the index there are
//! misses, and nothing else.
//!
//! # Format
//! One unnamed database; a key is one byte that names the table, then the key proper. A value is its 8-byte checksum
//! (blake3 over key and value, truncated), then its postcard form. A value with a wrong checksum counts as absent.
//!
//! # Locking
//! Readers take no lock. Writers take LMDB's own mutex, which the kernel hands on when its holder dies. No
//! transaction is held open across a file operation.
//!
//! # Durability
//! Commits are not flushed (`MDB_NOSYNC`): a killed process loses nothing, since the kernel has the pages; a crash of
//! the machine may leave pages of different transactions. So the first process after a boot walks all values and
//! starts a new index when any is damaged.
//!
//! # Damage
//! LMDB trusts its file, and a damaged one can end the process by a signal. [`Guard`](super::guard::Guard) turns that into a marker file
//! and a fallback of the caller's choice; the next process that sees the marker starts a new index.
//!
//! # Compatibility
//! Each [`INDEX_SCHEMA`](super::layout::INDEX_SCHEMA) has its own directory, so programs of two versions share the blobs and leave each other's
//! index alone.
//!
//! # File systems
//! LMDB needs coherent shared maps; the caller refuses network file systems before it opens the index.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use heed::types::Bytes;
use heed::{Database, Env, EnvFlags, EnvOpenOptions, MdbError, RoTxn, RwTxn, WithoutTls};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::layout::Layout;
use super::soundness::Marks;
use crate::digest::{Digest, FieldHasher};
use crate::entry::{Artefact, Entry, Prediction, Usage};
use crate::event::LogPosition;
use crate::fs;
use crate::fs::stat::{Stat, Time};

/// Size of the memory map to begin with. The file grows only as it is used.
const FIRST_MAP_SIZE: usize = 1 << 30;
/// Slots for concurrent readers: one for each thread with a read transaction, at 64 bytes.
const READERS: u32 = 4096;
/// Predictions kept for one invocation: more say that the names change with each compile.
const PREDICTIONS_KEPT: usize = 8;
/// Entries remembered for one unit, to explain misses by.
const HISTORY_KEPT: usize = 16;

/// The index cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    /// A file operation around the index failed.
    #[error(transparent)]
    File(#[from] fs::PathError),
    /// LMDB refused.
    #[error("failed to use the index at `{}`", path.display())]
    Lmdb {
        /// Directory of the index.
        path: PathBuf,
        /// Why.
        #[source]
        source: heed::Error,
    },
}

type Result<T> = std::result::Result<T, IndexError>;

/// The tables, by the first byte of their keys.
#[derive(Clone, Copy)]
#[repr(u8)]
enum Table {
    Predictions = b'p',
    Entries = b'e',
    History = b'h',
    Artefacts = b'a',
    Memos = b'm',
    Usage = b'u',
    Evicted = b'v',
    Remote = b'r',
    Targets = b't',
    Notes = b'n',
    Meta = b'.',
}

/// The digest of a file whose stat is the same now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, serde::Deserialize)]
pub struct Memo {
    /// What the file system said when the digest was made.
    pub stat: MemoStat,
    /// The content then.
    pub digest: Digest,
}

/// The fields of a [`Stat`] that tell whether a memo still holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, serde::Deserialize)]
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, serde::Deserialize)]
pub struct RemoteCopy {
    /// Whether the entry came from there; else it was made here.
    pub was_pulled: bool,
    /// Its length there, in bytes.
    pub bytes: u64,
}

/// An open index.
#[derive(Debug)]
pub struct Index {
    env: Env<WithoutTls>,
    table: Database<Bytes, Bytes>,
    path: PathBuf,
}

impl Index {
    /// Opens the index of this cache, making a new one where there is none or a damaged one.
    pub fn open(layout: &Layout) -> Result<Self> {
        let marks = Marks::of(layout);
        Self::open_at(marks.sound_directory()?).or_else(|_| {
            marks.start_anew()?;
            Self::open_at(marks.sound_directory()?)
        })
    }

    pub(super) fn open_at(path: &Path) -> Result<Self> {
        let lmdb = |source| IndexError::Lmdb { path: path.to_owned(), source };
        let mut options = EnvOpenOptions::new().read_txn_without_tls();
        let map_size =
            fs::metadata(&path.join("data.mdb")).map_or(0, |m| usize::try_from(m.len()).unwrap_or(0));
        options.map_size(FIRST_MAP_SIZE.max(map_size.next_multiple_of(1 << 20))).max_readers(READERS);
        // SAFETY: the directory is private to the user, and only LMDB writes its files; NO_SYNC loses nothing
        // unless the machine stops, which `soundness` looks for.
        let env =
            unsafe { options.flags(EnvFlags::NO_SYNC | EnvFlags::NO_READ_AHEAD).open(path) }.map_err(lmdb)?;
        // LMDB leaves it to programs that are started to close this one.
        fs::close_on_exec(&path.join("data.mdb"));
        let reader = env.read_txn().map_err(lmdb)?;
        let table = env.open_database(&reader, None).map_err(lmdb)?;
        drop(reader);
        let table = match table {
            Some(table) => table,
            None => {
                let mut writer = env.write_txn().map_err(lmdb)?;
                let table = env.create_database(&mut writer, None).map_err(lmdb)?;
                writer.commit().map_err(lmdb)?;
                table
            }
        };
        Ok(Self { env, table, path: path.to_owned() })
    }

    /// Starts a read transaction: one consistent state for as long as it lives.
    pub fn read(&self) -> Result<Reader<'_>> {
        let begin = || self.env.read_txn();
        let txn = match begin() {
            Err(heed::Error::Mdb(MdbError::ReadersFull)) => {
                self.env.clear_stale_readers().map_err(|e| self.lmdb(e))?;
                begin()
            }
            Err(heed::Error::Mdb(MdbError::MapResized)) => {
                self.grow(0)?;
                begin()
            }
            other => other,
        };
        Ok(Reader { txn: txn.map_err(|e| self.lmdb(e))?, table: self.table })
    }

    /// Has the next process start a new index: this one does not give back what was put into it.
    pub fn condemn(&self) {
        let _ = fs::create(&self.path.with_extension("bad"));
    }

    /// Number of the last committed change: an index that shows the same one has not changed.
    pub fn last_change(&self) -> usize {
        self.env.info().last_txn_id
    }

    /// Runs `change` in one write transaction. A full map is grown and the change run again, so `change` must not
    /// have effects besides.
    pub fn write<T>(&self, change: impl Fn(&mut Writer<'_>) -> heed::Result<T>) -> Result<T> {
        loop {
            match self.try_write(&change) {
                Err(heed::Error::Mdb(MdbError::MapFull)) => self.grow(self.env.info().map_size * 2)?,
                Err(heed::Error::Mdb(MdbError::MapResized)) => self.grow(0)?,
                other => return other.map_err(|e| self.lmdb(e)),
            }
        }
    }

    fn try_write<T>(&self, change: impl Fn(&mut Writer<'_>) -> heed::Result<T>) -> heed::Result<T> {
        // Readers that were killed would keep old pages alive, and the file would grow.
        self.env.clear_stale_readers()?;
        let mut writer = Writer { txn: self.env.write_txn()?, table: self.table };
        let value = change(&mut writer)?;
        writer.txn.commit()?;
        Ok(value)
    }

    fn grow(&self, size: usize) -> Result<()> {
        // SAFETY: no transaction of this process is active: they borrow `self.env` and have ended.
        unsafe { self.env.resize(size) }.map_err(|e| self.lmdb(e))
    }

    /// Makes an error of ours. One that says the index is damaged leaves the marker, so that the next process starts
    /// a new index.
    fn lmdb(&self, source: heed::Error) -> IndexError {
        if is_damage(&source) {
            self.condemn();
        }
        IndexError::Lmdb { path: self.path.clone(), source }
    }
}

/// Whether an error can only come from damaged files.
fn is_damage(error: &heed::Error) -> bool {
    let heed::Error::Mdb(error) = error else { return false };
    matches!(error, MdbError::Corrupted | MdbError::PageNotFound | MdbError::Panic | MdbError::CursorFull)
}

/// A consistent view of the index.
pub struct Reader<'i> {
    txn: RoTxn<'i, WithoutTls>,
    table: Database<Bytes, Bytes>,
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

/// A change under way.
pub struct Writer<'i> {
    txn: RwTxn<'i>,
    table: Database<Bytes, Bytes>,
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

fn full_key(table: Table, key: &[u8]) -> Vec<u8> {
    let mut full = Vec::with_capacity(1 + key.len());
    full.push(table as u8);
    full.extend_from_slice(key);
    full
}

fn inode_key(stat: &Stat) -> [u8; 16] {
    let mut key = [0; 16];
    key[..8].copy_from_slice(&stat.device.to_be_bytes());
    key[8..].copy_from_slice(&stat.inode.to_be_bytes());
    key
}

const CHECKSUM: usize = 8;

fn encode(key: &[u8], value: &impl Serialize) -> Vec<u8> {
    let mut bytes = vec![0; CHECKSUM];
    bytes = postcard::to_extend(value, bytes).expect("plain data serialises");
    let checksum = checksum(key, &bytes[CHECKSUM..]);
    bytes[..CHECKSUM].copy_from_slice(&checksum);
    bytes
}

/// A value belongs to its key: pages of different times may hold whole values in the wrong places.
fn checksum(key: &[u8], value: &[u8]) -> [u8; CHECKSUM] {
    let mut hasher = FieldHasher::new("value");
    let digest = hasher.field(key).field(value).finish();
    digest.as_bytes()[..CHECKSUM].try_into().expect("a digest is longer")
}

fn unseal<'v>(key: &[u8], bytes: &'v [u8]) -> Option<&'v [u8]> {
    let (sum, value) = bytes.split_at_checked(CHECKSUM)?;
    (checksum(key, value) == *sum).then_some(value)
}

fn decode<T: DeserializeOwned>(key: &[u8], bytes: &[u8]) -> Option<T> {
    postcard::from_bytes(unseal(key, bytes)?).ok()
}
