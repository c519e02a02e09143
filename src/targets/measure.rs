//! What a target directory takes, and what its removal frees.
//!
//! Owns the one walk over it, and the figures that come of it. Changes nothing and follows no link.
//!
//! All figures are bytes on disk: blocks in use, not lengths. A file with several names counts once.
//!
//! | figure | counts |
//! |---|---|
//! | bytes | every file, directory and link in it |
//! | cached | those of its files that the store has a name for too |
//! | freed | those that no name outside of what is removed leads to; a file with names in two target directories is freed when both go |
//! | parts | its bytes by what they are for; a file with several names counts where cargo puts it last |
//!
//! # Filesystems
//! Where files can share blocks without sharing a name, shared blocks count once, and never as freed: the file system
//! does not tell whether all their owners go. More may become free then, by what only target directories share.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::ffi::{OsStr, OsString};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::find::{self, Target};
use super::locks;
use super::parts::{Part, Parts, Place, is_profile};
use crate::fs::dir::Dir;
use crate::fs::extents;
use crate::fs::stat::Stat;
use crate::fs::{self, OrAbsent as _, PathError};
use crate::store::held::Held;

/// A measured target directory.
#[derive(Debug, Default)]
pub struct Measured {
    /// All that it takes.
    pub bytes: u64,
    /// What the store has a name for too.
    pub cached: u64,
    /// The same as `bytes`, by part.
    pub parts: Parts,
    /// The profiles built in it, as paths within it: `debug`, `wasm32-wasip1/release`.
    pub profiles: Vec<String>,
    /// When it was built in last, in milliseconds since the Unix epoch: the last change in it, or cargo's last look at
    /// what it noted of the compiler. The latter is known to the day only, and not at all on some file systems.
    pub last_used_ms: Option<u64>,
    /// Whether a cargo is at work in it.
    pub busy: bool,
    /// Where another file system is mounted in it; that does not count.
    pub mounted: Option<PathBuf>,
    /// What could not be read, and so does not count.
    pub unreadable: Option<PathError>,
    /// Bytes of what has one name.
    alone: u64,
    /// What has several names.
    linked: HashMap<(u64, u64), Linked>,
    /// Blocks with several owners, by device and place.
    common: HashMap<(u64, u64), Common>,
}

/// Blocks with several owners.
#[derive(Clone, Copy, Debug)]
struct Common {
    bytes: u64,
    cached: bool,
}

/// A file with several names.
#[derive(Clone, Copy, Debug)]
struct Linked {
    bytes: u64,
    /// All its names.
    links: u32,
    /// Those that lie in what is measured.
    seen: u32,
    cached: bool,
}

/// Figures of several target directories together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Total {
    /// All that they take.
    pub bytes: u64,
    /// What the store has a name for too.
    pub cached: u64,
    /// What becomes free when all of them go.
    pub freed: u64,
}

/// Measures a target directory.
///
/// # Errors
/// The directory is not what was found. What cannot be read within it is noted in the result.
pub fn measure(target: &Target, held: &Held) -> fs::Result<Measured> {
    let dir = Dir::open(&target.path)?;
    if !find::is_still(target, &dir) {
        let gone = std::io::Error::from(ErrorKind::NotFound);
        return Err(PathError { action: "find", path: target.path.clone(), source: gone });
    }
    let busy = locks::are_held(&dir);
    let mut walk = Walk {
        held,
        shares_blocks: extents::can_share(&target.path),
        measured: Measured { busy, ..Measured::default() },
        newest: accessed(&target.path),
    };
    let own = dir.own_stat()?;
    walk.count(&own, own.allocated(), Part::Other);
    walk.folder(&dir, Place::Outside(Path::new("")));
    let mut measured = walk.measured;
    measured.last_used_ms = u64::try_from(walk.newest).ok();
    measured.profiles.sort();
    Ok(measured)
}

impl Measured {
    /// Returns what becomes free when this one alone goes.
    pub fn freed(&self) -> u64 {
        total([self]).freed
    }
}

/// Adds up. What lies in several of them counts once.
pub fn total<'a>(all: impl IntoIterator<Item = &'a Measured>) -> Total {
    let mut total = Total::default();
    let mut linked: HashMap<(u64, u64), Linked> = HashMap::new();
    let mut common: HashMap<(u64, u64), Common> = HashMap::new();
    for measured in all {
        total.bytes += measured.alone;
        total.freed += measured.alone;
        common.extend(&measured.common);
        for (identity, file) in &measured.linked {
            match linked.entry(*identity) {
                Entry::Occupied(mut known) => known.get_mut().seen += file.seen,
                Entry::Vacant(new) => drop(new.insert(*file)),
            }
        }
    }
    for blocks in common.values() {
        total.bytes += blocks.bytes;
        total.cached += if blocks.cached { blocks.bytes } else { 0 };
    }
    for file in linked.values() {
        total.bytes += file.bytes;
        total.cached += if file.cached { file.bytes } else { 0 };
        total.freed += if file.seen >= file.links { file.bytes } else { 0 };
    }
    total
}

/// When cargo last read its note on the compiler, as it does at each start, in milliseconds.
fn accessed(target: &Path) -> i64 {
    let accessed = target.join(".rustc_info.json").symlink_metadata().and_then(|meta| meta.accessed());
    let since = accessed.ok().and_then(|time| time.duration_since(std::time::UNIX_EPOCH).ok());
    since.and_then(|since| i64::try_from(since.as_millis()).ok()).unwrap_or(-1)
}

struct Walk<'a> {
    held: &'a Held,
    /// Whether files here may share blocks.
    shares_blocks: bool,
    measured: Measured,
    /// The last time seen, in milliseconds.
    newest: i64,
}

impl Walk<'_> {
    fn folder(&mut self, dir: &Dir, place: Place<'_>) {
        let listed = dir.list().or_absent().unwrap_or_else(|error| {
            self.measured.unreadable.get_or_insert(error);
            None
        });
        let names = listed.unwrap_or_default();
        let place = match place {
            Place::Outside(path) if is_profile(&names) && path != Path::new("") => {
                self.measured.profiles.push(path.to_string_lossy().into_owned());
                Place::Profile
            }
            place => place,
        };
        let mut folders = Vec::new();
        // Files first: what lies at the top of a profile has a name in `deps` too.
        for name in names {
            match dir.stat(&name).or_absent() {
                Ok(Some(stat)) if stat.is_dir() => folders.push((name, stat)),
                Ok(Some(stat)) => self.count_file(dir, &name, &stat, place.part_of_file(&name)),
                Ok(None) => {}
                Err(error) => drop(self.measured.unreadable.get_or_insert(error)),
            }
        }
        // What people are given before what it was made from.
        folders.sort_by_key(|(name, _)| name != "examples");
        for (name, stat) in folders {
            self.enter(dir, &name, &stat, place);
        }
    }

    fn enter(&mut self, dir: &Dir, name: &OsString, stat: &Stat, place: Place<'_>) {
        match dir.child(name).or_absent() {
            Ok(Some(child)) => {
                let part = place.part_of_folder(name);
                self.count(stat, stat.allocated(), part);
                match place {
                    Place::Outside(path) => self.folder(&child, Place::Outside(&path.join(name))),
                    _ => self.folder(&child, Place::Within(part)),
                }
            }
            Ok(None) => {}
            Err(error) if error.kind() == ErrorKind::CrossesDevices => {
                self.measured.mounted.get_or_insert(error.path);
            }
            Err(error) => {
                self.count(stat, stat.allocated(), place.part_of_folder(name));
                self.measured.unreadable.get_or_insert(error);
            }
        }
    }

    /// Counts a name that is no directory.
    fn count_file(&mut self, dir: &Dir, name: &OsStr, stat: &Stat, part: Part) {
        let is_new = stat.links <= 1 || !self.measured.linked.contains_key(&stat.identity());
        let may_share = self.shares_blocks && is_new && stat.is_file() && stat.blocks > 0;
        let shared = if may_share { self.count_shared(dir, name, stat, part) } else { 0 };
        self.count(stat, stat.allocated().saturating_sub(shared), part);
    }

    /// Counts the blocks of a file that have other owners too. Returns how many bytes they are.
    fn count_shared(&mut self, dir: &Dir, name: &OsStr, stat: &Stat, part: Part) -> u64 {
        let Ok(file) = dir.file(name) else { return 0 };
        let is_held = self.held.has(stat.identity());
        let mut sum = 0;
        for extent in extents::shared(&file) {
            let bytes = extent.length;
            sum += bytes;
            if let Entry::Vacant(new) = self.measured.common.entry((stat.device, extent.physical)) {
                let cached = is_held || self.held.has_blocks(stat.device, extent);
                new.insert(Common { bytes, cached });
                self.measured.bytes += bytes;
                self.measured.cached += if cached { bytes } else { 0 };
                *self.measured.parts.of(part) += bytes;
            }
        }
        sum
    }

    /// Counts an inode, with those of its bytes that are its alone.
    fn count(&mut self, stat: &Stat, bytes: u64, part: Part) {
        let modified =
            stat.modified.seconds.saturating_mul(1_000) + i64::from(stat.modified.nanos / 1_000_000);
        self.newest = self.newest.max(modified);
        if stat.is_dir() || stat.links <= 1 {
            self.measured.alone += bytes;
        } else {
            match self.measured.linked.entry(stat.identity()) {
                Entry::Occupied(mut known) => {
                    known.get_mut().seen += 1;
                    return;
                }
                Entry::Vacant(new) => {
                    let cached = self.held.has(stat.identity());
                    self.measured.cached += if cached { bytes } else { 0 };
                    new.insert(Linked { bytes, links: stat.links, seen: 1, cached });
                }
            }
        }
        self.measured.bytes += bytes;
        *self.measured.parts.of(part) += bytes;
    }
}

#[cfg(test)]
mod tests;
