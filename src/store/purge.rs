//! Empties the store, or takes one crate out of it.
//!
//! Owns removal that a person asks for. Never touches settings, logs or target directories: those keep their links.
//!
//! # Locking
//! `store.lock` alone, so that what is being recorded is finished first.

use std::collections::HashSet;

use super::index::IndexError;
use super::usage::{self, Removed};
use super::{Store, states};
use crate::digest::Digest;
use crate::event::Unit;
use crate::fs::stat::Stat;
use crate::fs::{self, OrAbsent as _};

/// What was removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Purged {
    /// Entries that went.
    pub entries_removed: usize,
    /// Space on disk of the files that went.
    pub bytes_removed: u64,
    /// What of it became free.
    pub bytes_freed: u64,
}

/// Removes every entry and every blob.
pub fn all(store: &Store) -> Result<Purged, IndexError> {
    let _lock = store.own()?;
    usage::fold(store)?;
    let reader = store.index.read()?;
    let mut entries_removed = 0;
    reader.each_entry(|_, _| entries_removed += 1);
    let targets = reader.targets();
    let until_ms = reader.folded_until();
    drop(reader);
    let end = store.log.end();
    store.index.write(|writer| {
        writer.clear()?;
        // The events stay, but they speak of entries that are gone.
        writer.set_folded(end, until_ms)?;
        targets.iter().try_for_each(|(target, at_ms)| writer.put_target(target, *at_ms))
    })?;
    let mut removed = Removed::default();
    for (path, _, stat) in store.blobs.list()? {
        remove(&path, &stat, &mut removed)?;
    }
    let temporary = store.layout.temporary();
    for name in fs::list(&temporary)? {
        let path = temporary.join(name);
        let Some(stat) = Stat::of_name(&path).or_absent()? else { continue };
        remove(&path, &stat, &mut removed)?;
    }
    let freed = removed.freed + states::clean(&store.layout, u64::MAX, false)?.freed;
    Ok(Purged { entries_removed, bytes_removed: removed.bytes, bytes_freed: freed })
}

/// Removes the entries of one crate, by its package's name or its own; `-` equals `_`.
pub fn crate_named(store: &Store, name: &str) -> Result<Purged, IndexError> {
    let _lock = store.own()?;
    let mut keys = Vec::new();
    let mut blobs = HashSet::new();
    let mut kept = HashSet::new();
    store.index.read()?.each_entry(|key, entry| {
        let digests = entry.outputs.iter().map(|output| output.digest);
        if is_named(&entry.unit, name) {
            keys.push(key);
            blobs.extend(digests);
        } else {
            kept.extend(digests);
        }
    });
    store.index.write(|writer| keys.iter().try_for_each(|key| writer.remove_entry(key).map(drop)))?;
    let mut removed = Removed::default();
    for digest in blobs.difference(&kept) {
        remove_blob(store, digest, &mut removed)?;
    }
    Ok(Purged { entries_removed: keys.len(), bytes_removed: removed.bytes, bytes_freed: removed.freed })
}

/// Whether the unit belongs to the package or crate `name`; `-` equals `_`.
pub fn is_named(unit: &Unit, name: &str) -> bool {
    let same = |known: &str| known.replace('-', "_") == name.replace('-', "_");
    same(&unit.package) || same(&unit.crate_name)
}

pub(super) fn remove_blob(store: &Store, digest: &Digest, removed: &mut Removed) -> fs::Result<()> {
    let path = store.layout.blob(digest);
    let Some(stat) = Stat::of_name(&path).or_absent()? else { return Ok(()) };
    remove(&path, &stat, removed)
}

pub(super) fn remove(path: &std::path::Path, stat: &Stat, removed: &mut Removed) -> fs::Result<()> {
    if stat.is_dir() {
        fs::remove_dir_all(path)?
    } else {
        fs::remove_file(path).map(drop)?
    }
    removed.add(stat);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Scratch, event};
    use super::*;
    use crate::event::Outcome;

    #[test]
    fn everything_goes_but_logs_and_targets() {
        let scratch = Scratch::new();
        let key = scratch.record("a", &[b"one", b"two"], 1);
        scratch.store.log.append(&event(&key, 2, Outcome::Hit { remote: false })).unwrap();
        let purged = all(&scratch.store).unwrap();
        assert_eq!(purged.entries_removed, 1);
        assert!(scratch.store.blobs.list().unwrap().is_empty());
        assert_eq!(scratch.store.log.read_all().unwrap().len(), 1);
        let again = scratch.record("a", &[b"one", b"two"], 1);
        usage::fold(&scratch.store).unwrap();
        let reader = scratch.store.index.read().unwrap();
        assert_eq!(reader.usage(&again).hits, 0);
        assert_eq!(reader.targets().len(), 1);
    }

    #[test]
    fn one_crate_leaves_what_others_share() {
        let scratch = Scratch::new();
        scratch.record("my-crate", &[b"own", b"shared"], 1);
        scratch.record("other", &[b"shared"], 1);
        assert_eq!(crate_named(&scratch.store, "none").unwrap(), Purged::default());
        assert_eq!(crate_named(&scratch.store, "my_crate").unwrap().entries_removed, 1);
        assert_eq!(scratch.names(), ["other"]);
        assert!(scratch.blob(b"shared").exists() && !scratch.blob(b"own").exists());
    }
}
