//! Gives a file a second name or a second body.
//!
//! Owns the three ways to do so: hard link (one inode, two names), reflink (two inodes, one set of blocks) and copy.
//! Never decides which is right: the rules of the store do.

use std::fs::{File, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use super::stat::Time;
use super::{AtPath as _, Result, remove_file, rename};

/// How a private copy came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Copied {
    /// The file system shares the blocks.
    Reflinked,
    /// The bytes were copied.
    Bytes,
}

/// Gives `existing` the further name `new`, replacing what is there in one step.
///
/// # Errors
/// `EXDEV` (other device), `EMLINK` (too many names) and `EPERM` (no links here) say that a copy is needed:
/// see [`needs_copy`].
pub fn hard_link(existing: &Path, new: &Path) -> Result<()> {
    match raw_link(existing, new) {
        Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {
            let beside = beside(new);
            raw_link(existing, &beside)?;
            rename(&beside, new)?;
            // A rename onto another name of the same inode does nothing and leaves both.
            remove_file(&beside).map(drop)
        }
        other => other,
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the wrapper")]
fn raw_link(existing: &Path, new: &Path) -> Result<()> {
    std::fs::hard_link(existing, new).at("link to", new)
}

/// Whether a failed [`hard_link`] means that the file system can't link here, so that a copy is the answer.
pub fn needs_copy(error: &super::PathError) -> bool {
    let codes = [libc::EXDEV, libc::EMLINK, libc::EPERM, libc::ENOTSUP, libc::ENOSYS, libc::EACCES];
    error.source.raw_os_error().is_some_and(|code| codes.contains(&code))
}

/// Makes `to` a file of its own with the content of `from` and permission bits `mode` (less the umask), replacing
/// what is there in one step. Its times are those of the file system's clock.
pub fn private_copy(from: &Path, to: &Path, mode: u32) -> Result<Copied> {
    let source = super::open(from)?;
    let beside = beside(to);
    let target = create_new(&beside, mode)?;
    let copied = copy_open(&source, &target, &beside);
    let copied = copied.and_then(|how| rename(&beside, to).map(|()| how));
    if copied.is_err() {
        let _ = remove_file(&beside);
    }
    copied
}

/// Fills the empty file `target` from `source`.
pub fn copy_open(mut source: &File, mut target: &File, name: &Path) -> Result<Copied> {
    #[cfg(target_os = "linux")]
    if rustix::fs::ioctl_ficlone(target, source).is_ok() {
        return Ok(Copied::Reflinked);
    }
    io::copy(&mut source, &mut target).at("copy to", name)?;
    Ok(Copied::Bytes)
}

/// Writes `bytes` as a new file that takes the place of `to` in one step.
pub fn write_replacing(to: &Path, bytes: &[u8], mode: u32) -> Result<()> {
    use std::io::Write as _;
    let beside = beside(to);
    let mut file = create_new(&beside, mode)?;
    let written = file.write_all(bytes).at("write", &beside).and_then(|()| rename(&beside, to));
    if written.is_err() {
        let _ = remove_file(&beside);
    }
    written
}

/// Creates a file that must not exist yet.
pub fn create_new(path: &Path, mode: u32) -> Result<File> {
    OpenOptions::new().write(true).create_new(true).mode(mode).open(path).at("create", path)
}

/// Sets the modification time.
pub fn set_modified(file: &File, time: Time, path: &Path) -> Result<()> {
    let at = std::time::UNIX_EPOCH
        + std::time::Duration::new(u64::try_from(time.seconds).expect("after 1970"), time.nanos);
    file.set_modified(at).at("set the time of", path)
}

/// Sets the permission bits.
pub fn set_mode(file: &File, mode: u32, path: &Path) -> Result<()> {
    file.set_permissions(Permissions::from_mode(mode)).at("set the mode of", path)
}

/// Names a temporary file in the directory of `path` that no other process uses.
fn beside(path: &Path) -> PathBuf {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    path.with_file_name(format!(".kache-{}-{count}.tmp", std::process::id()))
}

#[cfg(test)]
mod tests {
    use super::super::stat::Stat;
    use super::*;
    use crate::fs;

    #[test]
    fn linking_replaces_and_leaves_nothing_beside() {
        let dir = tempfile::tempdir().unwrap();
        let (a, b) = (dir.path().join("a"), dir.path().join("b"));
        fs::write(&a, "new").unwrap();
        fs::write(&b, "old").unwrap();
        for _ in 0..2 {
            hard_link(&a, &b).unwrap();
            assert_eq!(fs::read(&b).unwrap(), b"new");
            assert_eq!(fs::list(dir.path()).unwrap(), ["a", "b"]);
        }
        assert_eq!(Stat::of(&a).unwrap().links, 2);
    }

    #[test]
    fn a_copy_never_touches_the_inode_it_replaces() {
        let dir = tempfile::tempdir().unwrap();
        let (a, b, c) = (dir.path().join("a"), dir.path().join("b"), dir.path().join("c"));
        fs::write(&a, "new").unwrap();
        fs::write(&b, "old").unwrap();
        hard_link(&b, &c).unwrap();
        private_copy(&a, &b, 0o644).unwrap();
        write_replacing(&a, b"newer", 0o600).unwrap();
        assert_eq!(fs::read(&b).unwrap(), b"new");
        assert_eq!(fs::read(&c).unwrap(), b"old");
        assert_eq!(Stat::of(&a).unwrap().mode & 0o777, 0o600);
        assert_eq!(fs::list(dir.path()).unwrap().len(), 3);
    }
}
