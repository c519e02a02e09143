//! Reads the whole store and says what of it is damaged.
//!
//! Owns the one place that compares blobs with their digests. Never touches a target directory, and changes the store
//! only when asked to repair.
//!
//! # Locking
//! `store.lock` together with recorders while reading, so that no gc removes what is being read; alone for the repair.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use super::Store;
use super::blob::T0;
use super::index::IndexError;
use super::purge;
use super::usage::Removed;
use crate::digest::Digest;
use crate::entry::OutputKind;
use crate::fs::stat::Stat;
use crate::fs::{self, AtPath as _, OrAbsent as _};

/// What is wrong with a part of the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Problem {
    /// A blob of an entry is not there.
    Missing,
    /// A blob has another length than its entry says.
    Size,
    /// A blob has other bytes than its name says.
    Content,
    /// A blob can be written to.
    Mode,
    /// A blob has a time of its own: somebody wrote to it, or touched it.
    Time,
    /// A file that is no blob lies among them.
    Stray,
    /// The index holds damaged values.
    Index,
}

impl Problem {
    /// Returns the word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Size => "size",
            Self::Content => "content",
            Self::Mode => "mode",
            Self::Time => "time",
            Self::Stray => "stray",
            Self::Index => "index",
        }
    }
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub struct Row {
    /// What.
    pub problem: Problem,
    /// The entry concerned, in hex.
    pub key: Option<String>,
    /// Its package.
    #[serde(rename = "crate")]
    pub package: Option<String>,
    /// More of it.
    pub detail: String,
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Summary {
    /// Entries that were checked.
    pub entries: usize,
    /// Bytes of all blobs that were read.
    pub bytes: u64,
    /// Damaged entries, and damaged files and values that belong to none.
    pub damaged: usize,
    /// Each thing that is wrong.
    pub problems: Vec<Row>,
    /// Whether all of it was removed.
    pub repaired: bool,
}

/// Checks everything; with `repair`, removes what is damaged.
pub fn run(store: &Store, repair: bool) -> Result<Summary, IndexError> {
    let reading = store.hold()?;
    let (faults, bytes) = check_blobs(store)?;
    let mut summary = Summary { bytes, ..Summary::default() };
    let mut damaged_keys = Vec::new();
    let mut explained = BTreeSet::new();
    let reader = store.index.read()?;
    let index_is_whole = reader.is_whole();
    reader.each_entry(|key, entry| {
        summary.entries += 1;
        let before = summary.problems.len();
        for output in &entry.outputs {
            let found = match faults.by_digest.get(&output.digest) {
                Some(Check::Good { writable: true, .. }) if output.kind != OutputKind::Metadata => {
                    (Problem::Mode, format!("{}: it can be written", output.name))
                }
                Some(Check::Good { size, .. }) if *size == output.size => continue,
                Some(Check::Good { size, .. }) => {
                    (Problem::Size, format!("{}: {size} bytes, not {}", output.name, output.size))
                }
                Some(Check::Bad(problem, detail)) => {
                    explained.insert(output.digest);
                    (*problem, format!("{}: {detail}", output.name))
                }
                None => (Problem::Missing, format!("{}: blob {}", output.name, output.digest.short())),
            };
            let (problem, detail) = found;
            let package = Some(entry.unit.package.clone());
            summary.problems.push(Row { problem, key: Some(key.to_hex()), package, detail });
        }
        if summary.problems.len() > before {
            damaged_keys.push(key);
        }
    });
    drop(reader);
    let others = faults.others(&explained, index_is_whole);
    summary.damaged = damaged_keys.len() + others.len();
    summary.problems.extend(others);
    summary.problems.sort();
    drop(reading);
    if repair && summary.damaged > 0 {
        remove_damaged(store, &faults, &damaged_keys)?;
        summary.repaired = true;
    }
    Ok(summary)
}

/// The state of one blob.
enum Check {
    /// It holds what its name says.
    Good {
        /// In this many bytes.
        size: u64,
        /// Whether its owner may write to it, as to metadata.
        writable: bool,
    },
    Bad(Problem, String),
}

/// The state of all files in the blobs' directory.
#[derive(Default)]
struct Faults {
    by_digest: BTreeMap<Digest, Check>,
    strays: Vec<(PathBuf, Stat)>,
}

impl Faults {
    /// Returns what is wrong beside entries.
    fn others(&self, explained: &BTreeSet<Digest>, index_is_whole: bool) -> Vec<Row> {
        let row = |problem, detail| Row { problem, key: None, package: None, detail };
        let unused = self.by_digest.iter().filter(|(digest, _)| !explained.contains(digest));
        let unused = unused.filter_map(|(digest, check)| match check {
            Check::Bad(problem, detail) => Some(row(*problem, format!("blob {}: {detail}", digest.short()))),
            Check::Good { .. } => None,
        });
        let strays = self.strays.iter().map(|(path, _)| row(Problem::Stray, path.display().to_string()));
        let index = (!index_is_whole).then(|| row(Problem::Index, "damaged values".into()));
        unused.chain(strays).chain(index).collect()
    }
}

/// Reads all blobs, on all cores.
fn check_blobs(store: &Store) -> fs::Result<(Faults, u64)> {
    let mut faults = Faults::default();
    let mut blobs = Vec::new();
    for (path, digest, stat) in store.blobs.list()? {
        match digest {
            Some(digest) => blobs.push((path, digest, stat)),
            None => faults.strays.push((path, stat)),
        }
    }
    let bytes = blobs.iter().map(|(_, _, stat)| stat.size).sum();
    let pending = Mutex::new(blobs.into_iter());
    let next = || pending.lock().expect("nothing panics with the lock").next();
    let work = || -> fs::Result<Vec<(Digest, Check)>> {
        let mut done = Vec::new();
        while let Some((path, digest, stat)) = next() {
            if let Some(check) = check_blob(&path, &digest, &stat)? {
                done.push((digest, check));
            }
        }
        Ok(done)
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let results = std::thread::scope(|scope| {
        let workers = (0..threads).map(|_| scope.spawn(work)).collect::<Vec<_>>();
        workers.into_iter().map(|worker| worker.join().expect("a worker does not panic")).collect::<Vec<_>>()
    });
    for result in results {
        faults.by_digest.extend(result?);
    }
    Ok((faults, bytes))
}

/// `None`: the blob vanished meanwhile.
fn check_blob(path: &Path, digest: &Digest, stat: &Stat) -> fs::Result<Option<Check>> {
    let Some(file) = fs::open(path).or_absent()? else { return Ok(None) };
    let (found, size) = Digest::of_reader(file).at("read", path)?;
    Ok(Some(if found != *digest {
        Check::Bad(Problem::Content, format!("its digest is {}", found.short()))
    } else if stat.mode & 0o022 != 0 {
        Check::Bad(Problem::Mode, format!("its mode is {:04o}", stat.mode & 0o7777))
    } else if stat.modified != T0 {
        Check::Bad(Problem::Time, "its time was changed".into())
    } else {
        Check::Good { size, writable: stat.mode & 0o200 != 0 }
    }))
}

fn remove_damaged(store: &Store, faults: &Faults, keys: &[Digest]) -> Result<(), IndexError> {
    let _lock = store.own()?;
    store.index.write(|writer| {
        writer.remove_damaged()?;
        keys.iter().try_for_each(|key| writer.remove_entry(key).map(drop))
    })?;
    let mut removed = Removed::default();
    for (digest, check) in &faults.by_digest {
        if matches!(check, Check::Bad(..)) {
            purge::remove_blob(store, digest, &mut removed)?;
        }
    }
    for (path, stat) in &faults.strays {
        purge::remove(path, stat, &mut removed)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::testing::Scratch;
    use super::*;
    use crate::fs::link;

    fn problems(summary: &Summary) -> Vec<(Problem, Option<&str>)> {
        summary.problems.iter().map(|row| (row.problem, row.package.as_deref())).collect()
    }

    fn set_mode(path: &Path, mode: u32) {
        link::set_mode(&fs::open(path).unwrap(), mode, path).unwrap();
    }

    #[test]
    fn a_whole_store_is_whole() {
        let scratch = Scratch::new();
        scratch.record("a", &[b"one", b"two"], 1);
        let summary = run(&scratch.store, true).unwrap();
        assert_eq!(summary, Summary { entries: 1, bytes: 6, ..Summary::default() });
    }

    #[test]
    fn each_kind_of_damage_is_found_and_repaired() {
        let scratch = Scratch::new();
        for name in ["content", "missing", "mode", "time", "whole"] {
            scratch.record(name, &[name.as_bytes()], 1);
        }
        let content = scratch.blob(b"content");
        set_mode(&content, 0o644);
        fs::write(&content, "CONTENT").unwrap();
        fs::remove_file(&scratch.blob(b"missing")).unwrap();
        set_mode(&scratch.blob(b"mode"), 0o644);
        let time = scratch.blob(b"time");
        let later = crate::fs::stat::Time { seconds: 2_000_000_000, nanos: 0 };
        link::set_modified(&fs::open(&time).unwrap(), later, &time).unwrap();
        fs::write(&scratch.store.layout.blobs().join("stray"), "").unwrap();

        let summary = run(&scratch.store, false).unwrap();
        assert_eq!(
            problems(&summary),
            [
                (Problem::Missing, Some("missing")),
                (Problem::Content, Some("content")),
                (Problem::Mode, Some("mode")),
                (Problem::Time, Some("time")),
                (Problem::Stray, None),
            ]
        );
        assert_eq!((summary.entries, summary.damaged, summary.repaired), (5, 5, false));
        assert!(run(&scratch.store, true).unwrap().repaired);
        assert_eq!(run(&scratch.store, false).unwrap().problems, []);
        assert_eq!(scratch.names(), ["whole"]);
    }

    #[test]
    fn damaged_blobs_without_an_entry_count_too() {
        let scratch = Scratch::new();
        let key = scratch.record("a", &[b"content"], 1);
        scratch.store.index.write(|writer| writer.remove_entry(&key)).unwrap();
        set_mode(&scratch.blob(b"content"), 0o666);
        let summary = run(&scratch.store, false).unwrap();
        assert_eq!(problems(&summary), [(Problem::Mode, None)]);
    }
}
