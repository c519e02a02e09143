//! What the store shares with others.
//!
//! Owns the list of what lies in target directories too, of blobs and incremental states: inodes that have more than one
//! name, and blocks that have more than one owner. Opens no index, and makes no store where there is none.

use std::collections::HashSet;

use super::layout::Layout;
use crate::fs::dir::Dir;
use crate::fs::extents::{self, Extent};
use crate::fs::{OrAbsent as _, Result};

/// What is shared.
#[derive(Clone, Debug, Default)]
pub struct Held {
    /// By device and inode.
    files: HashSet<(u64, u64)>,
    /// By device and place.
    blocks: HashSet<(u64, u64)>,
}

impl Held {
    /// Looks through the store.
    pub fn by(layout: &Layout) -> Result<Self> {
        let mut held = Self::default();
        for root in [layout.blobs(), layout.states()] {
            // What is not there holds nothing.
            if let Some(dir) = Dir::open(&root).or_absent()? {
                held.add(&dir, extents::can_share(&root))?;
            }
        }
        Ok(held)
    }

    /// Whether a file has a name in the store.
    pub fn has(&self, identity: (u64, u64)) -> bool {
        self.files.contains(&identity)
    }

    /// Whether blocks of a device are those of a file in the store.
    pub fn has_blocks(&self, device: u64, extent: Extent) -> bool {
        self.blocks.contains(&(device, extent.physical))
    }

    fn add(&mut self, dir: &Dir, shares_blocks: bool) -> Result<()> {
        for name in dir.list()? {
            // Another process may remove it meanwhile.
            let Some(stat) = dir.stat(&name).or_absent()? else { continue };
            if stat.is_dir() {
                if let Some(child) = dir.child(&name).or_absent()? {
                    self.add(&child, shares_blocks)?;
                }
                continue;
            }
            if stat.links > 1 {
                self.files.insert(stat.identity());
            }
            if shares_blocks && let Some(file) = dir.file(&name).or_absent()? {
                let extents = extents::shared(&file).into_iter();
                self.blocks.extend(extents.map(|extent| (stat.device, extent.physical)));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::Digest;
    use crate::fs::stat::Stat;
    use crate::fs::{self, link};

    #[test]
    fn what_has_further_names_is_held() {
        let dir = tempfile::tempdir().unwrap();
        let layout = Layout::new(dir.path().join("cache"));
        let none = Held::by(&layout).unwrap();
        assert!(none.files.is_empty() && !layout.root().exists());

        layout.create().unwrap();
        let [shared, alone] = [b"a", b"b"].map(|bytes| {
            let blob = layout.blob(&Digest::of(bytes));
            fs::create_dir_all(blob.parent().unwrap()).unwrap();
            fs::write(&blob, bytes).unwrap();
            blob
        });
        link::hard_link(&shared, &dir.path().join("outside")).unwrap();
        let state = layout.state(&Digest::of(b"unit")).join("app-1/s-1");
        fs::create_dir_all(&state).unwrap();
        fs::write(&state.join("part"), "").unwrap();
        link::hard_link(&state.join("part"), &dir.path().join("part")).unwrap();
        let held = Held::by(&layout).unwrap();
        let has = |path: &std::path::Path| held.has(Stat::of_name(path).unwrap().identity());
        assert!(has(&shared) && has(&dir.path().join("part")) && !has(&alone));
    }
}
