//! The local store: blobs, and the index that says what they are.
//!
//! Owns the cache directory. Never knows how a key is made or what a compiler is; callers hand over keys, entries and
//! files.

pub mod blob;
pub mod gc;
pub mod guard;
pub mod held;
mod incremental;
pub mod index;
pub mod layout;
pub mod purge;
pub mod queue;
mod soundness;
pub mod states;
#[cfg(test)]
mod testing;
pub mod usage;
pub mod verify;

use std::time::Duration;

use blob::Blobs;
use index::Index;
use layout::Layout;

use crate::event::Log;
use crate::fs::lock::{self, Lock};
use crate::fs::{self, AtPath as _};

/// Longest wait for another process to be done with the store: only one that hangs keeps it so long.
const PATIENCE: Duration = Duration::from_secs(10);

/// The store cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Links and shared maps can't be relied on there.
    #[error("`{}` lies on a network file system", .0.display())]
    NetworkFs(std::path::PathBuf),
    /// The index failed.
    #[error(transparent)]
    Index(#[from] index::IndexError),
}

/// An open store.
#[derive(Debug)]
pub struct Store {
    /// Paths.
    pub layout: Layout,
    /// Contents.
    pub blobs: Blobs,
    /// What is known of them.
    pub index: Index,
    /// What builds said.
    pub log: Log,
}

impl Store {
    /// Keeps gc from removing what is being recorded or read. `None`: somebody has kept the store for 10 s.
    pub fn hold(&self) -> fs::Result<Option<Lock>> {
        hold(&self.layout)
    }

    /// Keeps everybody from recording. An error says that somebody has kept the store for 10 s.
    pub fn own(&self) -> fs::Result<Lock> {
        let path = self.layout.store_lock();
        let lock = lock::exclusive(&path, PATIENCE)?;
        lock.ok_or_else(|| std::io::Error::from(std::io::ErrorKind::TimedOut)).at("lock", &path)
    }

    /// Opens the store, creating what is missing.
    pub fn open(layout: Layout) -> Result<Self, OpenError> {
        layout.create().map_err(index::IndexError::File)?;
        if is_on_network(layout.root()) {
            return Err(OpenError::NetworkFs(layout.root().to_owned()));
        }
        let index = Index::open(&layout)?;
        Ok(Self { blobs: Blobs::new(layout.clone()), log: Log::at(layout.events()), index, layout })
    }
}

/// Keeps gc from removing what is being recorded or read, in a store that is not open or busy with something else.
/// `None`: somebody has kept the store for 10 s.
pub fn hold(layout: &Layout) -> fs::Result<Option<Lock>> {
    lock::shared(&layout.store_lock(), PATIENCE)
}

/// Whether a directory lies on a file system that several machines may share.
pub fn is_on_network(path: &std::path::Path) -> bool {
    /// Numbers of `statfs(2)`: NFS, SMB (three of them), Ceph, AFS, Coda, 9P, Lustre, GPFS, BeeGFS.
    const NETWORK: &[u32] = &[
        0x6969,
        0x517b,
        0xff53_4d42,
        0xfe53_4d42,
        0x00c3_6400,
        0x5346_414f,
        0x7375_7245,
        0x0102_1997,
        0x0bd0_0bd0,
        0x4750_4653,
        0x1983_0326,
    ];
    fs::stat::file_system(path).is_some_and(|number| NETWORK.contains(&number))
}
