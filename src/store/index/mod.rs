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

mod format;
mod reader;
#[cfg(test)]
mod tests;
mod values;
mod writer;

use std::path::{Path, PathBuf};

use heed::types::Bytes;
use heed::{Database, Env, EnvFlags, EnvOpenOptions, MdbError, WithoutTls};

pub use reader::Reader;
pub use values::{Memo, MemoStat, RemoteCopy};
pub use writer::Writer;

use super::layout::Layout;
use super::soundness::Marks;
use crate::fs;
use crate::fs::stat::Stat;

/// Size of the memory map to begin with. The file grows only as it is used.
const FIRST_MAP_SIZE: usize = 1 << 30;
/// Slots for concurrent readers: one for each thread with a read transaction, at 64 bytes.
const READERS: u32 = 4096;

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

/// An open index.
#[derive(Debug)]
pub struct Index {
    env: Env<WithoutTls>,
    table: Database<Bytes, Bytes>,
    path: PathBuf,
    /// Device and inode of the open file.
    file: Option<(u64, u64)>,
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

    /// Opens the index only to look at it: nothing is made or walked. `None` where there is none, or a damaged one.
    pub fn look(layout: &Layout) -> Result<Option<Self>> {
        let path = layout.index_file("");
        if layout.index_is_bad().exists() || file_of(&path).is_none() {
            return Ok(None);
        }
        Self::open_at(&path).map(Some)
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
        Ok(Self { env, table, path: path.to_owned(), file: file_of(path) })
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

    /// Whether others that open the index now get the same file: a damaged one is replaced, and who has it open goes on
    /// with what nobody sees any more.
    pub fn is_current(&self) -> bool {
        file_of(&self.path) == self.file
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

fn file_of(path: &Path) -> Option<(u64, u64)> {
    let stat = Stat::of(&path.join("data.mdb")).ok()?;
    Some((stat.device, stat.inode))
}

/// Whether an error can only come from damaged files.
fn is_damage(error: &heed::Error) -> bool {
    let heed::Error::Mdb(error) = error else { return false };
    matches!(error, MdbError::Corrupted | MdbError::PageNotFound | MdbError::Panic | MdbError::CursorFull)
}
