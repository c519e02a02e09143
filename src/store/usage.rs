//! How the store is used: hits and last use of each entry, target directories, space on disk.
//!
//! Owns the way from the event log to the usage table. Hits write nothing but a line in the log, so that they need no
//! write transaction; whoever needs the figures folds the log in first. Never removes anything.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use super::Store;
use super::blob::Blobs;
use super::index::{IndexError, Reader};
use super::layout::Layout;
use crate::digest::Digest;
use crate::event::{Log, Outcome, Unit, UnitEvent};
use crate::fs::stat::Stat;
use crate::fs::{self, OrAbsent as _};

/// Takes the events since the last call into the usage table and the list of target directories.
pub fn fold(store: &Store) -> Result<(), IndexError> {
    // Another process may fold at the same time: one of the two sees its start moved, and begins anew.
    while !fold_once(store)? {}
    Ok(())
}

fn fold_once(store: &Store) -> Result<bool, IndexError> {
    let reader = store.index.read()?;
    let (start, until_ms) = (reader.folded(), reader.folded_until());
    drop(reader);
    let (mut events, end) = store.log.read_since(start)?;
    if start == end {
        return Ok(true);
    }
    if start.file != end.file {
        // The log was rotated, and begins with events that were counted before.
        events.retain(|event| event.at_ms > until_ms);
    }
    let until_ms = events.iter().map(|event| event.at_ms).fold(until_ms, u64::max);
    let news = News::of(&events);
    store.index.write(|writer| {
        if writer.folded()? != start {
            return Ok(false);
        }
        for (key, (hits, last_ms)) in &news.uses {
            if writer.has_entry(key)? {
                writer.add_usage(key, *hits, *last_ms)?;
            }
        }
        for (target, at_ms) in &news.targets {
            writer.put_target(target, *at_ms)?;
        }
        writer.set_folded(end, until_ms)?;
        Ok(true)
    })
}

/// Shortens the event log to about half of its length if it is above `limit`; what goes has been counted.
pub fn rotate_log(store: &Store, limit: u64) -> Result<bool, IndexError> {
    if store.log.end().offset <= limit {
        return Ok(false);
    }
    fold(store)?;
    Ok(store.log.rotate(limit)?)
}

/// Returns the hits that are not in the usage table yet, with the last use, and takes nothing in.
pub fn unfolded(log: &Log, reader: &Reader<'_>) -> fs::Result<HashMap<Digest, (u64, u64)>> {
    let (start, until_ms) = (reader.folded(), reader.folded_until());
    let (mut events, end) = log.read_since(start)?;
    if start.file != end.file {
        events.retain(|event| event.at_ms > until_ms);
    }
    Ok(News::of(&events).uses)
}

/// What events say about entries and targets.
#[derive(Default)]
struct News {
    /// Hits and last use.
    uses: HashMap<Digest, (u64, u64)>,
    /// Last build.
    targets: HashMap<PathBuf, u64>,
}

impl News {
    fn of(events: &[UnitEvent]) -> Self {
        let mut news = Self::default();
        for event in events {
            let hits = match event.outcome {
                Outcome::Hit { .. } => 1,
                Outcome::Missed { not_recorded: None, .. } => 0,
                _ => continue,
            };
            if let Some(key) = event.key.as_deref().and_then(|k| k.parse().ok()) {
                let (sum, last) = news.uses.entry(key).or_default();
                *sum += hits;
                *last = event.at_ms.max(*last);
            }
            if let Some(target) = event.out_dir.as_deref().and_then(|dir| target_directory(dir, &event.unit))
            {
                let last = news.targets.entry(target.to_owned()).or_default();
                *last = event.at_ms.max(*last);
            }
        }
        news
    }
}

/// Returns the target directory that an output directory lies in: `<target>[/<triple>]/<profile>/deps`, or `build/…`
/// or `examples` in the place of `deps`.
pub fn target_directory<'a>(out_dir: &'a Path, unit: &Unit) -> Option<&'a Path> {
    let is_part = |dir: &&Path| {
        dir.file_name().is_some_and(|name| name == "deps" || name == "build" || name == "examples")
    };
    let above = out_dir.ancestors().find(is_part)?.parent()?.parent()?;
    // A custom target is named by its specification's file.
    let names = |triple: &str, name| name == triple || Path::new(triple).file_stem() == Some(name);
    let is_triple = |name| unit.triple.as_deref().is_some_and(|triple| names(triple, name));
    if above.file_name().is_some_and(is_triple) { above.parent() } else { Some(above) }
}

/// The cache directory on disk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Space {
    /// Bytes it takes.
    pub used: u64,
    /// Bytes that more would be needed if target directories had copies of the blobs instead of links.
    pub shared: u64,
}

/// Measures the cache directory.
pub fn space(layout: &Layout) -> fs::Result<Space> {
    let blobs = Blobs::new(layout.clone()).list()?;
    let shared = blobs.iter().map(|(_, _, stat)| u64::from(stat.links.saturating_sub(1)) * stat.blocks * 512);
    Ok(Space { shared: shared.sum(), used: on_disk(layout)? })
}

/// Returns the space that everything in the cache directory takes on disk, in bytes; each inode counts once.
pub fn on_disk(layout: &Layout) -> fs::Result<u64> {
    tree_on_disk(layout.root())
}

/// Returns the space that a file or directory with all below it takes on disk, in bytes; each inode counts once. What
/// vanishes meanwhile counts nothing.
pub fn tree_on_disk(path: &Path) -> fs::Result<u64> {
    let mut seen = HashSet::new();
    let mut sum = 0;
    let mut pending = vec![path.to_owned()];
    while let Some(path) = pending.pop() {
        let Some(stat) = Stat::of_name(&path).or_absent()? else { continue };
        if stat.links < 2 || stat.is_dir() || seen.insert((stat.device, stat.inode)) {
            sum += stat.blocks * 512;
        }
        if stat.is_dir() {
            let names = fs::list(&path).or_absent()?.unwrap_or_default();
            pending.extend(names.into_iter().map(|name| path.join(name)));
        }
    }
    Ok(sum)
}

/// Files that went away, and what came of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Removed {
    /// Space they took on disk, in bytes.
    pub bytes: u64,
    /// What of it is free now. Blocks shared by reflink count as free, though other files may still hold them.
    pub freed: u64,
    /// What of it other names still hold.
    pub still_linked: u64,
}

impl Removed {
    /// Adds a file as it was before its removal.
    pub fn add(&mut self, stat: &Stat) {
        let bytes = stat.blocks * 512;
        self.bytes += bytes;
        if stat.links > 1 { self.still_linked += bytes } else { self.freed += bytes }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Scratch, event, unit};
    use super::*;
    use crate::event::MissReason;
    use crate::fs::link;

    #[test]
    fn hits_are_counted_once() {
        let scratch = Scratch::new();
        let key = scratch.record("a", &[b"content"], 5);
        let missed = Outcome::Missed { reason: MissReason::First, not_recorded: None };
        scratch.store.log.append(&event(&key, 10, missed)).unwrap();
        for at_ms in [30, 20] {
            scratch.store.log.append(&event(&key, at_ms, Outcome::Hit { remote: false })).unwrap();
        }
        scratch.store.log.append(&event(&Digest::of(b"gone"), 40, Outcome::Hit { remote: false })).unwrap();
        for _ in 0..2 {
            fold(&scratch.store).unwrap();
            let reader = scratch.store.index.read().unwrap();
            let usage = reader.usage(&key);
            assert_eq!((usage.hits, usage.last_ms), (2, 30));
            assert_eq!(reader.usage(&Digest::of(b"gone")).last_ms, 0);
            assert_eq!(reader.targets(), [(PathBuf::from("/w/target"), 40)]);
        }
    }

    #[test]
    fn hits_can_be_seen_before_they_are_counted() {
        let scratch = Scratch::new();
        let key = scratch.record("a", &[b"content"], 5);
        let hit = |at_ms| scratch.store.log.append(&event(&key, at_ms, Outcome::Hit { remote: false }));
        hit(10).unwrap();
        fold(&scratch.store).unwrap();
        hit(20).unwrap();
        hit(30).unwrap();
        let unfolded = || unfolded(&scratch.store.log, &scratch.store.index.read().unwrap()).unwrap();
        assert_eq!(unfolded(), HashMap::from([(key, (2, 30))]));
        assert_eq!(scratch.store.index.read().unwrap().usage(&key).hits, 1, "looking counts nothing");
        assert!(rotate_log(&scratch.store, 100).unwrap());
        assert_eq!(unfolded(), HashMap::new());
    }

    #[test]
    fn a_rotated_log_is_not_counted_again() {
        let scratch = Scratch::new();
        let key = scratch.record("a", &[b"content"], 5);
        for at_ms in 1..=20 {
            scratch.store.log.append(&event(&key, at_ms, Outcome::Hit { remote: false })).unwrap();
        }
        assert!(!rotate_log(&scratch.store, 1 << 20).unwrap());
        assert!(rotate_log(&scratch.store, 100).unwrap());
        scratch.store.log.append(&event(&key, 21, Outcome::Hit { remote: false })).unwrap();
        fold(&scratch.store).unwrap();
        assert_eq!(scratch.store.index.read().unwrap().usage(&key).hits, 21);
    }

    #[test]
    fn targets_of_output_directories() {
        let host = unit("a");
        let cross = |triple: &str| Unit { triple: Some(triple.into()), ..unit("a") };
        let of = |dir: &'static str, unit: &Unit| target_directory(Path::new(dir), unit).map(Path::to_owned);
        assert_eq!(of("/w/target/debug/deps", &host), Some("/w/target".into()));
        assert_eq!(of("/w/target/debug/build/a-0123", &host), Some("/w/target".into()));
        assert_eq!(of("/w/t/wasm32/release/deps", &cross("wasm32")), Some("/w/t".into()));
        assert_eq!(of("/w/t/my/release/examples", &cross("specs/my.json")), Some("/w/t".into()));
        assert_eq!(of("/w/t/debug/deps", &cross("wasm32")), Some("/w/t".into()));
        assert_eq!(of("/somewhere", &host), None);
    }

    #[test]
    fn each_inode_counts_once() {
        let dir = tempfile::tempdir().unwrap();
        let (a, b) = (dir.path().join("a"), dir.path().join("b"));
        fs::write(&a, vec![1; 100_000]).unwrap();
        let before = tree_on_disk(dir.path()).unwrap();
        assert!(before >= 100_000);
        link::hard_link(&a, &b).unwrap();
        assert_eq!(tree_on_disk(dir.path()).unwrap(), before);
        assert_eq!(tree_on_disk(&dir.path().join("none")).unwrap(), 0);
    }
}
