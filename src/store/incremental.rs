//! Removes cargo's incremental folders below the target directories that builds were recorded in.
//!
//! Owns how such a folder is recognised and taken away. Never searches for target directories, and never removes a
//! folder while a cargo holds the lock of its profile directory.

use std::path::{Path, PathBuf};

use super::Store;
use super::index::IndexError;
use super::usage;
use crate::fs::{self, OrAbsent as _, lock};

/// What was removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Cleaned {
    /// Space on disk.
    pub(super) bytes: u64,
    /// Target directories concerned.
    pub(super) targets: usize,
}

/// Removes the incremental folders of recorded target directories without a build since `unused_since`.
pub(super) fn clean(store: &Store, unused_since: u64, dry_run: bool) -> Result<Cleaned, IndexError> {
    let mut cleaned = Cleaned::default();
    let targets = store.index.read()?.targets();
    for (target, last_ms) in targets {
        if !is_target(&target) {
            if !dry_run {
                store.index.write(|writer| writer.forget_target(&target))?;
            }
            continue;
        }
        if last_ms > unused_since {
            continue;
        }
        let mut bytes = 0;
        for profile in profiles(&target) {
            // A folder that can't be removed is no reason to give up on the others.
            bytes += clean_profile(&profile, dry_run).unwrap_or(0);
        }
        cleaned.bytes += bytes;
        cleaned.targets += usize::from(bytes > 0);
    }
    Ok(cleaned)
}

/// Whether this still is a target directory: cargo marks those it makes.
fn is_target(target: &Path) -> bool {
    ["CACHEDIR.TAG", ".rustc_info.json"].iter().any(|mark| target.join(mark).is_file())
}

/// Finds the profile directories: `<target>/<profile>` and `<target>/<triple>/<profile>`.
fn profiles(target: &Path) -> Vec<PathBuf> {
    let below = |dir: &Path| {
        let names = fs::list_with_types(dir).unwrap_or_default().into_iter().filter(|(_, is_dir)| *is_dir);
        names.map(|(name, _)| dir.join(name)).collect::<Vec<_>>()
    };
    let is_profile = |dir: &Path| dir.join(".cargo-lock").is_file();
    let mut found = Vec::new();
    for dir in below(target) {
        if is_profile(&dir) {
            found.push(dir);
        } else {
            found.extend(below(&dir).into_iter().filter(|dir| is_profile(dir)));
        }
    }
    found
}

fn clean_profile(profile: &Path, dry_run: bool) -> fs::Result<u64> {
    let Some(lock) = lock::try_exclusive(&profile.join(".cargo-lock"))? else { return Ok(0) };
    let mut doomed = Vec::new();
    for (name, is_dir) in fs::list_with_types(profile)? {
        let leftover = name.to_str().is_some_and(|name| name.starts_with(ASIDE));
        let path = profile.join(&name);
        // Cargo makes the folder even if nothing comes into it.
        if is_dir && (leftover || name == "incremental" && !fs::list(&path)?.is_empty()) {
            doomed.push(path);
        }
    }
    let mut bytes = 0;
    let mut aside = Vec::new();
    for dir in doomed {
        bytes += usage::tree_on_disk(&dir)?;
        if !dry_run {
            let name = profile.join(format!("{ASIDE}{}-{}", std::process::id(), aside.len()));
            fs::rename(&dir, &name)?;
            aside.push(name);
        }
    }
    // A cargo that waits for the lock need not wait for the removal.
    drop(lock);
    for dir in aside {
        fs::remove_dir_all(&dir).or_absent()?;
    }
    Ok(bytes)
}

/// Begins the names of folders under removal.
const ASIDE: &str = ".kache-removed-";

#[cfg(test)]
mod tests {
    use super::super::testing::Scratch;
    use super::*;

    fn target(scratch: &Scratch, name: &str) -> PathBuf {
        let target = scratch.dir.path().join(name);
        for profile in ["debug", "wasm32/release"] {
            let folder = target.join(profile).join("incremental/app-0123");
            fs::create_dir_all(&folder).unwrap();
            fs::write(&folder.join("part"), [0; 5000]).unwrap();
            fs::write(&target.join(profile).join(".cargo-lock"), "").unwrap();
        }
        fs::write(&target.join("CACHEDIR.TAG"), "").unwrap();
        scratch.store.index.write(|writer| writer.put_target(&target, 100)).unwrap();
        target
    }

    #[test]
    fn folders_go_unless_cargo_is_at_work_or_was_lately() {
        let scratch = Scratch::new();
        let (idle, busy) = (target(&scratch, "idle"), target(&scratch, "busy"));
        let _cargo = lock::try_exclusive(&busy.join("debug/.cargo-lock")).unwrap();

        assert_eq!(clean(&scratch.store, 99, false).unwrap(), Cleaned::default());
        let foreseen = clean(&scratch.store, 100, true).unwrap();
        assert!(idle.join("debug/incremental").exists());
        assert_eq!(foreseen.targets, 2);
        assert!(foreseen.bytes >= 15_000, "{foreseen:?}");
        // A program that another test starts may have a lock of ours for a moment.
        let mut bytes = 0;
        while bytes < foreseen.bytes {
            bytes += clean(&scratch.store, 100, false).unwrap().bytes;
            std::thread::yield_now();
        }
        assert_eq!(bytes, foreseen.bytes);
        assert_eq!(fs::list(&idle.join("debug")).unwrap(), [".cargo-lock"]);
        assert_eq!(fs::list(&idle.join("wasm32/release")).unwrap(), [".cargo-lock"]);
        assert!(busy.join("debug/incremental").exists());
        assert!(!busy.join("wasm32/release/incremental").exists());
    }

    #[test]
    fn what_is_no_target_any_more_is_left_alone_and_forgotten() {
        let scratch = Scratch::new();
        let target = target(&scratch, "t");
        fs::remove_file(&target.join("CACHEDIR.TAG")).unwrap();
        assert_eq!(clean(&scratch.store, 100, false).unwrap(), Cleaned::default());
        assert!(target.join("debug/incremental").exists());
        assert!(scratch.store.index.read().unwrap().targets().is_empty());
    }
}
