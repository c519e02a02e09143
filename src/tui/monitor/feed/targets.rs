//! Measures a target directory.
//!
//! Owns the walk through it, and what its parts are. Never changes anything.

use std::collections::HashMap;
use std::path::Path;

use crate::fs;
use crate::fs::stat::Stat;

/// What a target directory takes on disk, in bytes; each inode counts once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in super::super) struct Usage {
    pub(in super::super) size: u64,
    /// What of it has names outside: the store's.
    pub(in super::super) shared: u64,
    /// What of it lies in `incremental`.
    pub(in super::super) incremental: u64,
    /// What of it lies in `deps`.
    pub(in super::super) deps: u64,
    /// The rest.
    pub(in super::super) other: u64,
    /// Profiles, as `debug` or `<triple>/release`.
    pub(in super::super) profiles: Vec<String>,
}

/// The part of a profile that a file belongs to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Incremental,
    Deps,
    Other,
}

/// A file with several names.
struct Linked {
    bytes: u64,
    links: u32,
    seen: u32,
    part: Part,
}

/// Walks through a directory. What vanishes meanwhile, or can't be read, counts nothing.
pub(in super::super) fn measure(target: &Path) -> Usage {
    let mut usage = Usage::default();
    let mut linked: HashMap<(u64, u64), Linked> = HashMap::new();
    let mut pending = vec![(target.to_owned(), Part::Other)];
    while let Some((directory, part)) = pending.pop() {
        let names = fs::list(&directory).unwrap_or_default();
        if names.iter().any(|name| name == "deps" || name == ".fingerprint")
            && let Ok(profile) = directory.strip_prefix(target)
            && profile.components().next().is_some()
        {
            usage.profiles.push(profile.display().to_string());
        }
        for name in names {
            let path = directory.join(&name);
            let Ok(stat) = Stat::of_name(&path) else { continue };
            let bytes = stat.blocks * 512;
            if stat.is_dir() {
                let inner = match (part, name.to_str()) {
                    (Part::Other, Some("incremental")) => Part::Incremental,
                    (Part::Other, Some("deps")) => Part::Deps,
                    _ => part,
                };
                usage.add(bytes, inner);
                pending.push((path, inner));
            } else if stat.links < 2 {
                usage.add(bytes, part);
            } else {
                let links = stat.links;
                let known = linked.entry((stat.device, stat.inode));
                let known = known.or_insert(Linked { bytes, links, seen: 0, part });
                known.seen += 1;
                // Programs lie in `deps`, and have another name beside it.
                if part == Part::Deps {
                    known.part = part;
                }
            }
        }
    }
    linked.values().for_each(|file| usage.add(file.bytes, file.part));
    usage.shared = linked.values().filter(|file| file.seen < file.links).map(|file| file.bytes).sum();
    usage.profiles.sort();
    usage
}

impl Usage {
    fn add(&mut self, bytes: u64, part: Part) {
        self.size += bytes;
        *match part {
            Part::Incremental => &mut self.incremental,
            Part::Deps => &mut self.deps,
            Part::Other => &mut self.other,
        } += bytes;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_names_outside_is_shared() {
        let dir = tempfile::tempdir().unwrap();
        let target = dir.path().join("target");
        let write = |name: &str| {
            let path = target.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, [7; 10_000]).unwrap();
            path
        };
        let stored = write("debug/deps/liba.rlib");
        fs::link::hard_link(&stored, &dir.path().join("blob")).unwrap();
        let own = write("debug/deps/app");
        fs::link::hard_link(&own, &target.join("debug/app")).unwrap();
        write("debug/incremental/app/state");
        write("x86_64/release/.fingerprint/a");
        let usage = measure(&target);
        let blocks = |path: &Path| Stat::of(path).unwrap().blocks * 512;
        assert_eq!(usage.profiles, ["debug", "x86_64/release"]);
        assert_eq!(usage.shared, blocks(&stored));
        assert!(usage.deps >= 2 * blocks(&own), "{usage:?}");
        assert!(usage.incremental >= blocks(&own), "{usage:?}");
        assert_eq!(usage.size, usage.deps + usage.incremental + usage.other);
        assert_eq!(measure(&dir.path().join("nowhere")), Usage::default());
    }
}
