//! Blobs: one read-only file for each content.
//!
//! Owns how bytes enter the store and whether a blob may still be used. Never writes to a blob's inode once it has its
//! name, and never changes its time: [`T0`] for ever, since other target directories share the inode.
//!
//! # Crash safety
//! A blob gets its name only when its bytes, mode and time are set. Whether the bytes reached the disk is checked at
//! use by length; a file system that may show a file of right length with other bytes after a power cut is found by
//! `verify`.

use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use super::layout::Layout;
use crate::digest::Digest;
use crate::fs::link::{self, Copied};
use crate::fs::stat::{Stat, Time};
use crate::fs::{self, AtPath as _, Result};

/// The modification time of every blob: 2001-09-09T01:46:40Z. Any fixed time in the past does; all files being
/// *equally* old is what keeps cargo's comparison of times right.
pub const T0: Time = Time { seconds: 1_000_000_000, nanos: 0 };

/// Mode of a blob that is no program.
const READ_ONLY: u32 = 0o444;
/// Mode of a blob that is a program or a dynamic library.
const READ_ONLY_EXECUTABLE: u32 = 0o555;

/// The blobs of a store.
#[derive(Clone, Debug)]
pub struct Blobs {
    layout: Layout,
}

impl Blobs {
    /// Names the blobs of this cache.
    pub fn new(layout: Layout) -> Self {
        Self { layout }
    }

    /// Returns the file of a blob, if it is there and nobody wrote to it: length, time and the lack of write
    /// permission are as they were made. One that was changed is removed.
    pub fn find(&self, digest: &Digest, size: u64) -> Option<(std::path::PathBuf, Stat)> {
        let path = self.layout.blob(digest);
        let stat = Stat::of_name(&path).ok()?;
        if stat.is_file() && stat.size == size && stat.modified == T0 {
            return Some((path, stat));
        }
        let _ = fs::remove_file(&path);
        None
    }

    /// Whether a file with this stat can only be a blob's inode.
    pub fn is_blob(stat: &Stat) -> bool {
        stat.modified == T0
    }

    /// Makes the file at `path` a blob *by its inode*: the file stays, becomes read-only and gets [`T0`]. Where the
    /// blob exists already, or the file system can't link, `path` becomes a link to (or stays apart from) it.
    ///
    /// Returns the blob's stat.
    pub fn take_over(&self, path: &Path, digest: &Digest, size: u64, executable: bool) -> Result<Stat> {
        if let Some((blob, stat)) = self.find(digest, size) {
            match link::hard_link(&blob, path) {
                Ok(()) => return Ok(stat),
                Err(e) if link::needs_copy(&e) => return Ok(stat),
                Err(e) => return Err(e),
            }
        }
        let temporary = self.temporary(digest);
        match link::hard_link(path, &temporary) {
            Ok(()) => {
                let file = fs::open(&temporary)?;
                self.seal(&file, &temporary, executable)?;
                self.publish(&temporary, digest)
            }
            Err(e) if link::needs_copy(&e) => self.copy_in(path, digest, size, executable),
            Err(e) => Err(e),
        }
    }

    /// Makes a blob of the file's content; the file itself is left alone.
    pub fn copy_in(&self, path: &Path, digest: &Digest, size: u64, executable: bool) -> Result<Stat> {
        if let Some((_, stat)) = self.find(digest, size) {
            return Ok(stat);
        }
        let temporary = self.temporary(digest);
        let source = fs::open(path)?;
        let target = link::create_new(&temporary, 0o600)?;
        let how = link::copy_open(&source, &target, &temporary)?;
        // The source may have changed since it was digested; a reflink shows no length of what was copied.
        if how == Copied::Bytes && target.metadata().at("read metadata of", &temporary)?.size() != size {
            let _ = fs::remove_file(&temporary);
            return Err(std::io::Error::other("it changed while it was copied")).at("copy", path);
        }
        self.seal(&target, &temporary, executable)?;
        self.publish(&temporary, digest)
    }

    fn temporary(&self, digest: &Digest) -> std::path::PathBuf {
        self.layout.temporary().join(format!("{}-{}", digest.short(), std::process::id()))
    }

    fn seal(&self, file: &std::fs::File, path: &Path, executable: bool) -> Result<()> {
        link::set_mode(file, if executable { READ_ONLY_EXECUTABLE } else { READ_ONLY }, path)?;
        link::set_modified(file, T0, path)
    }

    fn publish(&self, temporary: &Path, digest: &Digest) -> Result<Stat> {
        let blob = self.layout.blob(digest);
        match fs::rename(temporary, &blob) {
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
                fs::create_private_dir_all(blob.parent().expect("blobs lie in a directory"))?;
                fs::rename(temporary, &blob)?;
            }
            other => other?,
        }
        Stat::of_name(&blob)
    }

    /// Removes a blob; targets keep their links. Returns whether it was there.
    pub fn remove(&self, digest: &Digest) -> Result<bool> {
        fs::remove_file(&self.layout.blob(digest))
    }

    /// Lists all blobs with their stats. Files that are no blobs come without a digest.
    pub fn list(&self) -> Result<Vec<(std::path::PathBuf, Option<Digest>, Stat)>> {
        let mut all = Vec::new();
        let root = self.layout.blobs();
        for shard in fs::list(&root)? {
            let shard = root.join(shard);
            if !shard.is_dir() {
                all.push((shard.clone(), None, Stat::of_name(&shard)?));
                continue;
            }
            for name in fs::list(&shard)? {
                let path = shard.join(&name);
                // Another process may remove it meanwhile.
                let Ok(stat) = Stat::of_name(&path) else { continue };
                let digest = name.to_str().and_then(|n| n.parse().ok());
                let digest = digest.filter(|d| self.layout.blob(d) == path && stat.is_file());
                all.push((path, digest, stat));
            }
        }
        Ok(all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blobs() -> (tempfile::TempDir, Blobs) {
        let dir = tempfile::tempdir().unwrap();
        let layout = Layout::new(dir.path().join("cache"));
        layout.create().unwrap();
        (dir, Blobs::new(layout))
    }

    #[test]
    fn taken_over_files_are_sealed_and_share_the_inode() {
        let (dir, blobs) = blobs();
        let digest = Digest::of(b"content");
        for name in ["a", "b"] {
            let path = dir.path().join(name);
            fs::write(&path, "content").unwrap();
            let stat = blobs.take_over(&path, &digest, 7, false).unwrap();
            let file = Stat::of(&path).unwrap();
            assert_eq!((file.inode, file.modified, file.mode & 0o777), (stat.inode, T0, 0o444));
        }
        assert_eq!(blobs.find(&digest, 7).unwrap().1.links, 3);
        assert_eq!(fs::list(&dir.path().join("cache/tmp")).unwrap(), [""; 0]);
    }

    #[test]
    fn copies_leave_the_file_alone() {
        let (dir, blobs) = blobs();
        let path = dir.path().join("a");
        fs::write(&path, "content").unwrap();
        let before = Stat::of(&path).unwrap();
        blobs.copy_in(&path, &Digest::of(b"content"), 7, true).unwrap();
        assert_eq!(Stat::of(&path).unwrap(), before);
        assert_eq!(blobs.list().unwrap().len(), 1);
    }

    #[test]
    fn a_changed_blob_is_dropped() {
        let (dir, blobs) = blobs();
        let path = dir.path().join("a");
        fs::write(&path, "content").unwrap();
        let digest = Digest::of(b"content");
        blobs.take_over(&path, &digest, 7, false).unwrap();
        link::set_mode(&fs::open(&path).unwrap(), 0o644, &path).unwrap();
        fs::write(&path, "CONTENT").unwrap();
        assert!(blobs.find(&digest, 7).is_none());
        assert!(blobs.list().unwrap().is_empty());
    }
}
