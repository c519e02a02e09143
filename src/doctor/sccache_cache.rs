//! Sccache's own cache on disk.
//!
//! Owns where it may be, and the look that tells it from anything else. Never removes it.
//!
//! Sccache spreads files over folders named by one hex digit each, three deep: `a/b/c/abc…`. A folder that holds
//! anything else belongs to somebody else too.

use std::path::{Component, Path, PathBuf};

use super::Subject;
use super::cargo_config::CargoConfigs;
use crate::env;
use crate::fs;

/// How deep folders named by a digit lie in each other.
const DEPTH: usize = 3;

/// Finds what looks like its cache at the first glance.
pub(super) fn find(subject: &Subject<'_>, configs: &CargoConfigs) -> Vec<PathBuf> {
    let home = subject.env.home();
    let in_home = |relative: &str| home.as_deref().map(|home| home.join(relative));
    let set = configs.variable(subject, "SCCACHE_DIR").map(PathBuf::from).filter(|path| path.is_absolute());
    let candidates = [
        set.map(|path| path.components().collect()),
        subject.env.absolute(env::XDG_CACHE_HOME).map(|dir| dir.join("sccache")),
        in_home(".cache/sccache"),
        in_home("Library/Caches/Mozilla.sccache"),
    ];
    let mut found: Vec<PathBuf> = Vec::new();
    for path in candidates.into_iter().flatten() {
        if has_shards(&path) && !found.contains(&path) {
            found.push(path);
        }
    }
    found
}

fn has_shards(dir: &Path) -> bool {
    let names = fs::list_with_types(dir).unwrap_or_default();
    names.iter().any(|(name, is_dir)| *is_dir && name.to_str().is_some_and(is_shard))
}

fn is_shard(name: &str) -> bool {
    name.len() == 1 && name.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Makes sure that a folder is sccache's alone, and no place whose loss would hurt. Returns its size, or what is wrong.
pub(super) fn examine(subject: &Subject<'_>, path: &Path) -> Result<u64, String> {
    let real = path.canonicalize().map_err(|error| error.to_string())?;
    let is_normal = real.components().any(|part| matches!(part, Component::Normal(_)));
    let settings = subject.settings.as_ref().ok();
    let kept = [
        Some(subject.here.to_owned()),
        subject.env.home(),
        settings.map(|resolved| resolved.settings.cache_dir.clone()),
    ];
    let kept = kept.into_iter().flatten().map(|kept| kept.canonicalize().unwrap_or(kept));
    if !is_normal || kept.into_iter().any(|kept| kept.starts_with(&real)) {
        return Err("it holds more than a cache".to_owned());
    }
    size(&real, 0)
}

/// Sums up a folder, of which everything must be sccache's.
fn size(dir: &Path, depth: usize) -> Result<u64, String> {
    let mut sum = 0;
    for (name, is_dir) in fs::list_with_types(dir).map_err(|error| error.to_string())? {
        let path = dir.join(&name);
        let name = name.to_string_lossy();
        let is_its = match is_dir {
            true => depth < DEPTH && is_shard(&name) || depth == 0 && name == "preprocessor",
            false => is_file_of_its(&name),
        };
        if !is_its {
            return Err(format!("{} is not sccache's", path.display()));
        }
        sum += match is_dir {
            true => size(&path, if name == "preprocessor" { 0 } else { depth + 1 })?,
            false => fs::symlink_metadata(&path).map_or(0, |meta| meta.len()),
        };
    }
    Ok(sum)
}

/// Whether a file has a name of those that sccache gives: a digest, or that of a file being written.
fn is_file_of_its(name: &str) -> bool {
    let is_digest = name.len() >= 32 && name.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_digest || name.starts_with(".sccachetmp") || name.starts_with(".tmp") || name == "CACHEDIR.TAG"
}

#[cfg(test)]
mod tests {
    use super::super::cargo_config;
    use super::super::testing::Machine;
    use super::*;

    const DIGEST: &str = "abc4567890abcdef1234567890abcdef1234567890abcdef1234567890abcdef";

    fn found(machine: &Machine) -> Vec<(PathBuf, Result<u64, String>)> {
        machine.with(|subject| {
            let found = find(subject, &cargo_config::read_all(subject));
            found.into_iter().map(|path| (path.clone(), examine(subject, &path))).collect()
        })
    }

    #[test]
    fn a_cache_is_known_by_all_that_is_in_it() {
        let machine = Machine::new();
        let cache = machine.path("home/.cache/sccache");
        machine.file("home/.cache/sccache/notes/a", "");
        assert_eq!(found(&machine), []);
        crate::fs::remove_dir_all(&cache).unwrap();
        machine.file(&format!("home/.cache/sccache/a/b/c/{DIGEST}"), "12345");
        machine.file(&format!("home/.cache/sccache/preprocessor/0/1/2/{DIGEST}"), "67");
        assert_eq!(found(&machine), [(cache.clone(), Ok(7))]);
        machine.file("home/.cache/sccache/a/thesis.txt", "");
        let why = found(&machine).remove(0).1.unwrap_err();
        assert!(why.ends_with("thesis.txt is not sccache's"), "{why}");
    }

    #[test]
    fn what_holds_more_is_none() {
        for dir in ["home", "work", ""] {
            let mut machine = Machine::new();
            let path = machine.path(dir).display().to_string();
            machine.set("SCCACHE_DIR", &path);
            machine.file(format!("{dir}/a/b/c/{DIGEST}").trim_start_matches('/'), "");
            let why = found(&machine).remove(0).1;
            assert_eq!(why, Err("it holds more than a cache".to_owned()), "{dir}");
        }
    }
}
