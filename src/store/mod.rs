//! The local store: blobs, and the index that says what they are.
//!
//! Owns the cache directory. Never knows how a key is made or what a compiler is; callers hand over keys, entries and
//! files.

pub mod blob;
pub mod gc;
pub mod guard;
mod incremental;
pub mod index;
pub mod layout;
pub mod purge;
#[cfg(test)]
mod testing;
pub mod usage;
pub mod verify;

use blob::Blobs;
use index::Index;
use layout::Layout;

use crate::event::Log;

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
    /// Opens the store, creating what is missing.
    pub fn open(layout: Layout) -> Result<Self, index::IndexError> {
        layout.create()?;
        let index = Index::open(&layout)?;
        Ok(Self { blobs: Blobs::new(layout.clone()), log: Log::at(layout.events()), index, layout })
    }
}
