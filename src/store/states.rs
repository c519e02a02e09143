//! Copies of the compiler's incremental state, for the first edit after a target directory came from the cache.
//!
//! Owns `states/` in the cache directory: for each unit of each target directory the folder that the compiler left when
//! it compiled that unit here from nothing. A state belongs to its place: the compiler takes none from elsewhere, and
//! checks each by itself. Never holds results: what comes of a state is not recorded.
//!
//! The files are hard links, in both directions. The compiler never writes into the files of a state: it makes new ones
//! and renames them, or links the old ones into its next session.
//!
//! # Filesystems
//! Without hard links between the cache and the target directory there are no states.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::layout::Layout;
use super::usage::{self, Removed};
use crate::digest::Digest;
use crate::fs::stat::Stat;
use crate::fs::{self, AtPath as _, OrAbsent as _, link};

/// How the folder of a session that is still under way ends.
const WORKING: &str = "-working";

/// Keeps the state in `folder`, which is named by the crate, as the one of the unit `name`.
pub fn save(layout: &Layout, name: &Digest, folder: &Path) -> fs::Result<()> {
    let Some(crate_folder) = folder.file_name() else { return Ok(()) };
    let beside = layout.temporary().join(format!("state-{}-{}", std::process::id(), name.short()));
    let result = fill(folder, &beside.join(crate_folder)).and_then(|()| {
        let state = layout.state(name);
        fs::create_private_dir_all(&layout.states())?;
        fs::remove_any(&state)?;
        fs::rename(&beside, &state)
    });
    if result.is_err() {
        let _ = fs::remove_any(&beside);
    }
    result
}

/// Brings the state of the unit `name` back into the incremental folder `into`, unless there is one.
pub fn bring_back(layout: &Layout, name: &Digest, into: &Path) -> fs::Result<()> {
    let state = layout.state(name);
    for crate_folder in fs::list(&state).or_absent()?.unwrap_or_default() {
        let there = into.join(&crate_folder);
        if there.exists() {
            continue;
        }
        let beside = into.join(format!(".kache-state-{}", std::process::id()));
        let result = fill(&state.join(&crate_folder), &beside).and_then(|()| fs::rename(&beside, &there));
        if result.is_err() {
            let _ = fs::remove_any(&beside);
            return result;
        }
        // It is in use.
        fs::open(&state)?.set_modified(SystemTime::now()).at("set the time of", &state)?;
    }
    Ok(())
}

/// Links the finished sessions of `from` into the new folder `to`.
fn fill(from: &Path, to: &Path) -> fs::Result<()> {
    fs::create_dir_all(to)?;
    for (session, is_dir) in fs::list_with_types(from)? {
        let bytes = session.as_encoded_bytes();
        if !is_dir || bytes.ends_with(WORKING.as_bytes()) {
            continue;
        }
        fs::create_dir_all(&to.join(&session))?;
        for file in fs::list(&from.join(&session))? {
            link::hard_link(&from.join(&session).join(&file), &to.join(&session).join(&file))?;
        }
        // `s-<time>-<random>-<hash>` goes with `s-<time>-<random>.lock`.
        if let Some(stem) = session.to_str().and_then(|name| name.rsplit_once('-')).map(|(stem, _)| stem) {
            fs::write(&to.join(format!("{stem}.lock")), "")?;
        }
    }
    Ok(())
}

/// What was removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Cleaned {
    /// Space on disk that the cache directory loses, in bytes.
    pub(super) bytes: u64,
    /// What of it becomes free: target directories may hold the same files.
    pub(super) freed: u64,
}

/// Removes the states that were not used since `unused_since`, in milliseconds since the Unix epoch.
pub(super) fn clean(layout: &Layout, unused_since: u64, dry_run: bool) -> fs::Result<Cleaned> {
    let mut removed = Removed::default();
    let mut bytes = 0;
    let folder = layout.states();
    for name in fs::list(&folder).or_absent()?.unwrap_or_default() {
        let path = folder.join(name);
        let Some(stat) = Stat::of_name(&path).or_absent()? else { continue };
        let used_ms = u64::try_from(stat.modified.seconds).unwrap_or(0) * 1000;
        if used_ms > unused_since {
            continue;
        }
        bytes += usage::tree_on_disk(&path)?;
        add_tree(&path, &mut removed)?;
        if !dry_run {
            fs::remove_dir_all(&path)?;
        }
    }
    Ok(Cleaned { bytes, freed: removed.freed })
}

fn add_tree(path: &Path, removed: &mut Removed) -> fs::Result<()> {
    let mut pending: Vec<PathBuf> = vec![path.to_owned()];
    while let Some(path) = pending.pop() {
        let Some(stat) = Stat::of_name(&path).or_absent()? else { continue };
        if stat.is_dir() {
            pending.extend(fs::list(&path)?.into_iter().map(|name| path.join(name)));
        } else {
            removed.add(&stat);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::testing::Scratch;
    use super::*;

    #[test]
    fn a_state_goes_and_comes_back() {
        let scratch = Scratch::new();
        let layout = &scratch.store.layout;
        let target = tempfile::tempdir().unwrap();
        let folder = target.path().join("incremental/app-1x");
        let session = folder.join("s-a-b-c");
        fs::create_dir_all(&session).unwrap();
        fs::write(&session.join("dep-graph.bin"), "graph").unwrap();
        fs::create_dir_all(&folder.join("s-d-e-working")).unwrap();
        let name = Digest::of(b"unit");
        save(layout, &name, &folder).unwrap();
        // Again, in the place of the first.
        save(layout, &name, &folder).unwrap();

        let into = target.path().join("incremental");
        bring_back(layout, &Digest::of(b"other"), &into).unwrap();
        bring_back(layout, &name, &into).unwrap();
        fs::remove_dir_all(&into).unwrap();
        fs::create_dir_all(&into).unwrap();
        bring_back(layout, &name, &into).unwrap();
        assert_eq!(fs::read(&session.join("dep-graph.bin")).unwrap(), b"graph");
        assert!(folder.join("s-a-b.lock").exists() && !folder.join("s-d-e-working").exists());
        assert_eq!(fs::list(&into).unwrap().len(), 1);

        assert_eq!(clean(layout, 0, false).unwrap(), Cleaned::default());
        assert!(layout.state(&name).exists());
        let held = clean(layout, u64::MAX, true).unwrap();
        assert!(held.bytes > 0 && held.freed == 0, "the target still holds it");
        fs::remove_dir_all(&into).unwrap();
        assert!(clean(layout, u64::MAX, true).unwrap().freed > 0);
        assert!(clean(layout, u64::MAX, false).unwrap().freed > 0);
        assert!(!layout.state(&name).exists());
    }
}
