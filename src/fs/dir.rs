//! Open directories.
//!
//! Owns work below a directory that is reached by its descriptor, never by its path: whoever swaps a name for a link
//! meanwhile leads nobody astray. No call here follows a link, and none crosses into another file system. Where the
//! kernel can tell, that holds for directories mounted from the same device too.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, FlockOperation, Mode, OFlags};
use rustix::io::Errno;

use super::stat::Stat;
use super::{AtPath as _, Result};

/// An open directory. The path only names it in errors.
#[derive(Debug)]
pub struct Dir {
    fd: OwnedFd,
    path: PathBuf,
}

/// How directories are opened.
const FLAGS: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

impl Dir {
    /// Opens a directory by its path, whose last part is no link.
    pub fn open(path: &Path) -> Result<Self> {
        let fd = rustix::fs::open(path, FLAGS, Mode::empty()).at("open", path)?;
        Ok(Self { fd, path: path.to_owned() })
    }

    /// Opens a directory in this one. A link is [`std::io::ErrorKind::NotADirectory`], another file system
    /// [`std::io::ErrorKind::CrossesDevices`].
    pub fn child(&self, name: &OsStr) -> Result<Self> {
        let path = self.path.join(name);
        let fd = self.open_child(name).at("open", &path)?;
        Ok(Self { fd, path })
    }

    /// Opens a file in this directory that is no link, for reading.
    pub fn file(&self, name: &OsStr) -> Result<File> {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let fd = rustix::fs::openat(&self.fd, name, flags, Mode::empty());
        fd.map(File::from).at("open", &self.path.join(name))
    }

    /// Returns the path by which the directory was opened.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Says by which path the directory is reached now.
    #[must_use]
    pub fn moved_to(self, path: PathBuf) -> Self {
        Self { path, ..self }
    }

    /// Lists the names in the directory, sorted by their bytes.
    pub fn list(&self) -> Result<Vec<OsString>> {
        let read = || {
            let mut names = Vec::new();
            for entry in rustix::fs::Dir::read_from(&self.fd)? {
                let entry = entry?;
                let name = OsStr::from_bytes(entry.file_name().to_bytes());
                if name != "." && name != ".." {
                    names.push(name.to_owned());
                }
            }
            names.sort();
            Ok::<_, Errno>(names)
        };
        read().at("list", &self.path)
    }

    /// Describes the directory.
    pub fn own_stat(&self) -> Result<Stat> {
        Stat::of_descriptor(self.fd.as_fd(), &self.path)
    }

    /// Describes a name in it, itself.
    pub fn stat(&self, name: &OsStr) -> Result<Stat> {
        Stat::of_name_in(self.fd.as_fd(), name, &self.path)
    }

    /// Removes a name that is no directory.
    pub fn unlink(&self, name: &OsStr) -> Result<()> {
        rustix::fs::unlinkat(&self.fd, name, AtFlags::empty()).at("remove", &self.path.join(name))
    }

    /// Removes an empty directory.
    pub fn remove_dir(&self, name: &OsStr) -> Result<()> {
        rustix::fs::unlinkat(&self.fd, name, AtFlags::REMOVEDIR).at("remove", &self.path.join(name))
    }

    /// Gives a directory in it another name, which nothing but an empty directory may have.
    pub fn rename_dir(&self, from: &OsStr, to: &OsStr) -> Result<()> {
        rustix::fs::renameat(&self.fd, from, &self.fd, to).at("rename", &self.path.join(from))
    }

    /// Lets its owner remove names in it.
    pub fn make_writable(&self, stat: &Stat) -> Result<()> {
        let mode = Mode::from_raw_mode((stat.mode & 0o7777 | 0o700) as _);
        rustix::fs::fchmod(&self.fd, mode).at("change the mode of", &self.path)
    }

    /// Locks the directory itself until it is dropped. Returns whether nobody else has it.
    pub fn try_lock(&self) -> Result<bool> {
        match rustix::fs::flock(&self.fd, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(true),
            Err(Errno::WOULDBLOCK) => Ok(false),
            Err(error) => Err(error).at("lock", &self.path),
        }
    }

    #[cfg(target_os = "linux")]
    fn open_child(&self, name: &OsStr) -> rustix::io::Result<OwnedFd> {
        use rustix::fs::ResolveFlags;
        let resolve = ResolveFlags::NO_XDEV | ResolveFlags::NO_SYMLINKS | ResolveFlags::BENEATH;
        match rustix::fs::openat2(&self.fd, name, FLAGS, Mode::empty(), resolve) {
            // An old kernel, or a sandbox that does not know the call.
            Err(Errno::NOSYS | Errno::PERM) => self.open_child_by_device(name),
            Err(Errno::LOOP) => Err(Errno::NOTDIR),
            opened => opened,
        }
    }

    #[cfg(not(target_os = "linux"))]
    fn open_child(&self, name: &OsStr) -> rustix::io::Result<OwnedFd> {
        self.open_child_by_device(name)
    }

    fn open_child_by_device(&self, name: &OsStr) -> rustix::io::Result<OwnedFd> {
        let child = match rustix::fs::openat(&self.fd, name, FLAGS, Mode::empty()) {
            Err(Errno::LOOP) => Err(Errno::NOTDIR),
            opened => opened,
        }?;
        let device = |fd: &OwnedFd| rustix::fs::fstat(fd).map(|stat| stat.st_dev);
        if device(&child)? == device(&self.fd)? { Ok(child) } else { Err(Errno::XDEV) }
    }
}

#[cfg(test)]
mod tests {
    use std::io::ErrorKind;
    use std::os::unix::fs::symlink;

    use super::*;
    use crate::fs;

    #[test]
    fn links_lead_nowhere() {
        let base = tempfile::tempdir().unwrap();
        fs::create_dir_all(&base.path().join("real")).unwrap();
        symlink("real", base.path().join("link")).unwrap();
        let dir = Dir::open(base.path()).unwrap();
        assert_eq!(dir.list().unwrap(), ["link", "real"]);
        assert!(dir.stat("real".as_ref()).unwrap().is_dir());
        assert!(!dir.stat("link".as_ref()).unwrap().is_dir());
        for open in [Dir::child, Dir::child_by_device] {
            assert!(open(&dir, "real".as_ref()).is_ok());
            assert_eq!(open(&dir, "link".as_ref()).unwrap_err().kind(), ErrorKind::NotADirectory);
        }
        assert!(dir.file("link".as_ref()).is_err());
        assert!(Dir::open(&base.path().join("link")).is_err());
        assert!(dir.child("..".as_ref()).is_err());
    }

    #[test]
    fn another_file_system_is_not_entered() {
        let root = Dir::open(Path::new("/")).unwrap();
        for open in [Dir::child, Dir::child_by_device] {
            assert_eq!(open(&root, "proc".as_ref()).unwrap_err().kind(), ErrorKind::CrossesDevices);
        }
    }

    #[test]
    fn a_lock_is_for_one() {
        let base = tempfile::tempdir().unwrap();
        let (one, two) = (Dir::open(base.path()).unwrap(), Dir::open(base.path()).unwrap());
        assert!(one.try_lock().unwrap());
        assert!(!two.try_lock().unwrap());
    }

    impl Dir {
        fn child_by_device(&self, name: &OsStr) -> Result<Self> {
            let path = self.path.join(name);
            let fd = self.open_child_by_device(name).at("open", &path)?;
            Ok(Self { fd, path })
        }
    }
}
