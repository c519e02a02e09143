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
use std::sync::atomic::{AtomicU32, Ordering};

use super::layout::Layout;
use crate::digest::Digest;
use crate::entry::{Output, OutputKind};
use crate::fs::link;
use crate::fs::stat::{Stat, Time};
use crate::fs::{self, AtPath as _, Result};

/// The modification time of every blob: 2001-09-09T01:46:40Z. Any fixed time in the past does; all files being
/// *equally* old is what keeps cargo's comparison of times right.
pub const T0: Time = Time { seconds: 1_000_000_000, nanos: 0 };

/// The permission bits of a blob, which its links share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// `0444`
    Data,
    /// `0555`: a program, or a dynamic library.
    Program,
    /// `0644`: crate metadata. Rustc, run without us, refuses to replace a read-only one (by a rename; it never writes in
    /// place).
    Metadata,
}

impl Form {
    /// Chooses the form of an output. What scripts write is data, and gets its permissions where it is put.
    pub fn of(output: &Output) -> Self {
        match output.kind {
            OutputKind::Metadata => Self::Metadata,
            OutputKind::Generated | OutputKind::Template => Self::Data,
            OutputKind::Library | OutputKind::HostTool | OutputKind::Product => match output.executable {
                true => Self::Program,
                false => Self::Data,
            },
        }
    }

    const fn mode(self) -> u32 {
        match self {
            Self::Data => 0o444,
            Self::Program => 0o555,
            Self::Metadata => 0o644,
        }
    }
}

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
    pub fn find(&self, digest: &Digest, size: u64, form: Form) -> Option<(std::path::PathBuf, Stat)> {
        let path = self.layout.blob(digest);
        let stat = Stat::of_name(&path).ok()?;
        let unwritten = stat.mode & 0o222 & !form.mode() == 0;
        if stat.is_file() && stat.size == size && stat.modified == T0 && unwritten {
            // What was first kept as data is made anew as a program.
            let runs = form != Form::Program || stat.mode & 0o111 != 0;
            return runs.then_some((path, stat));
        }
        let _ = fs::remove_any(&path);
        None
    }

    /// Whether a file in a target directory may be a link to a blob: the compiler must not write to it.
    pub fn may_be_link(stat: &Stat) -> bool {
        stat.modified == T0 || stat.mode & 0o200 == 0
    }

    /// Makes the file at `path` a blob *by its inode*: the file stays, becomes read-only and gets [`T0`]. Where the
    /// blob exists already, or the file system can't link, `path` becomes a link to (or stays apart from) it.
    ///
    /// Returns the blob's stat.
    pub fn take_over(&self, path: &Path, digest: &Digest, size: u64, form: Form) -> Result<Stat> {
        if let Some((blob, stat)) = self.find(digest, size, form) {
            match link::hard_link(&blob, path) {
                Ok(()) => return Ok(stat),
                Err(e) if link::needs_copy(&e) => return Ok(stat),
                Err(e) => return Err(e),
            }
        }
        let temporary = self.temporary(digest)?;
        match link::hard_link(path, &temporary) {
            Ok(()) => {
                let file = fs::open(&temporary)?;
                seal(&file, &temporary, form)?;
                self.publish(&temporary, digest)
            }
            Err(e) if link::needs_copy(&e) => self.copy_in(path, digest, size, form),
            Err(e) => Err(e),
        }
    }

    /// Makes a blob of the file's content; the file itself is left alone.
    pub fn copy_in(&self, path: &Path, digest: &Digest, size: u64, form: Form) -> Result<Stat> {
        if let Some((_, stat)) = self.find(digest, size, form) {
            return Ok(stat);
        }
        let temporary = self.temporary(digest)?;
        let copied = fill(path, &temporary, size, form).and_then(|()| self.publish(&temporary, digest));
        if copied.is_err() {
            // What was written of it may be what filled the disk.
            let _ = fs::remove_file(&temporary);
        }
        copied
    }

    /// Makes a blob of a file that is this process's own, by moving it.
    pub fn move_in(&self, path: &Path, digest: &Digest, size: u64, form: Form) -> Result<Stat> {
        if let Some((_, stat)) = self.find(digest, size, form) {
            return Ok(stat);
        }
        let file = fs::open(path)?;
        seal(&file, path, form)?;
        self.publish(path, digest)
    }

    /// Makes a blob of bytes.
    pub fn put(&self, content: &[u8], digest: &Digest, form: Form) -> Result<Stat> {
        if let Some((_, stat)) = self.find(digest, content.len() as u64, form) {
            return Ok(stat);
        }
        let temporary = self.temporary(digest)?;
        let write = || {
            use std::io::Write as _;
            let mut file = link::create_new(&temporary, 0o600)?;
            file.write_all(content).at("write", &temporary)?;
            seal(&file, &temporary, form)
        };
        let published = write().and_then(|()| self.publish(&temporary, digest));
        if published.is_err() {
            let _ = fs::remove_file(&temporary);
        }
        published
    }

    /// Names a file to be written. One of that name is left from a dead process that had our number.
    fn temporary(&self, digest: &Digest) -> Result<std::path::PathBuf> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let (process, turn) = (std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let path = self.layout.temporary().join(format!("{}-{process}-{turn}", digest.short()));
        fs::remove_any(&path)?;
        Ok(path)
    }

    fn publish(&self, temporary: &Path, digest: &Digest) -> Result<Stat> {
        let blob = self.layout.blob(digest);
        if fs::rename(temporary, &blob).is_err() {
            // The folder is missing, or something that is no blob stands in the way.
            let folder = blob.parent().expect("blobs lie in a directory");
            if !folder.is_dir() {
                fs::remove_any(folder)?;
                fs::create_private_dir_all(folder)?;
            } else if blob.is_dir() {
                fs::remove_any(&blob)?;
            }
            fs::rename(temporary, &blob)?;
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

/// Copies a file of `size` bytes and seals the copy.
fn fill(from: &Path, to: &Path, size: u64, form: Form) -> Result<()> {
    let source = fs::open(from)?;
    let target = link::create_new(to, 0o600)?;
    link::copy_open(&source, &target, to)?;
    if target.metadata().at("read metadata of", to)?.size() != size {
        return Err(std::io::Error::other("it changed while it was copied")).at("copy", from);
    }
    seal(&target, to, form)
}

fn seal(file: &std::fs::File, path: &Path, form: Form) -> Result<()> {
    link::set_mode(file, form.mode(), path)?;
    link::set_modified(file, T0, path)
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
            let stat = blobs.take_over(&path, &digest, 7, Form::Data).unwrap();
            let file = Stat::of(&path).unwrap();
            assert_eq!((file.inode, file.modified, file.mode & 0o777), (stat.inode, T0, 0o444));
        }
        assert_eq!(blobs.find(&digest, 7, Form::Data).unwrap().1.links, 3);
        assert_eq!(fs::list(&dir.path().join("cache/tmp")).unwrap(), [""; 0]);
    }

    #[test]
    fn copies_leave_the_file_alone() {
        let (dir, blobs) = blobs();
        let path = dir.path().join("a");
        fs::write(&path, "content").unwrap();
        let before = Stat::of(&path).unwrap();
        blobs.copy_in(&path, &Digest::of(b"content"), 7, Form::Program).unwrap();
        assert_eq!(Stat::of(&path).unwrap(), before);
        assert_eq!(blobs.list().unwrap().len(), 1);
    }

    #[test]
    fn a_changed_blob_is_dropped() {
        let (dir, blobs) = blobs();
        let path = dir.path().join("a");
        fs::write(&path, "content").unwrap();
        let digest = Digest::of(b"content");
        blobs.take_over(&path, &digest, 7, Form::Data).unwrap();
        link::set_mode(&fs::open(&path).unwrap(), 0o644, &path).unwrap();
        fs::write(&path, "CONTENT").unwrap();
        assert!(blobs.find(&digest, 7, Form::Data).is_none());
        assert!(blobs.list().unwrap().is_empty());
    }
}
