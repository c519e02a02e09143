//! What is on disk at this moment.
//!
//! Owns the supervisor's own looks at the file system, made while the caller of a call stands still. Never changes
//! anything there and never remembers an answer.

use std::mem::MaybeUninit;
use std::os::fd::AsRawFd;

use rustix::fs::{AtFlags, CWD, Mode, OFlags, RawDir};
use rustix::io::Errno;

/// What stands at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Seen {
    /// Nothing: the name or a directory on the way is missing.
    Absent,
    /// Something that cannot be looked at.
    Hidden,
    There(Found),
}

/// A file, directory or other thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Found {
    mode: u32,
    stamp: Stamp,
}

/// Tells one state of a name from another: a write, a replacement and a rename all change it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stamp {
    dev: u64,
    ino: u64,
    size: i64,
    modified: (i64, u64),
    changed: (i64, u64),
}

impl Seen {
    /// Looks at `path`.
    pub(super) fn at(path: &[u8], follow: bool) -> Self {
        let flags = if follow { AtFlags::empty() } else { AtFlags::SYMLINK_NOFOLLOW };
        match rustix::fs::statat(CWD, path, flags) {
            Ok(stat) => Self::There(Found {
                mode: stat.st_mode,
                stamp: Stamp {
                    dev: stat.st_dev,
                    ino: stat.st_ino,
                    size: stat.st_size,
                    modified: (stat.st_mtime, stat.st_mtime_nsec),
                    changed: (stat.st_ctime, stat.st_ctime_nsec),
                },
            }),
            Err(Errno::NOENT | Errno::NOTDIR) => Self::Absent,
            Err(_) => Self::Hidden,
        }
    }

    pub(super) fn is_absent(&self) -> bool {
        matches!(self, Self::Absent)
    }

    pub(super) fn is_directory(&self) -> bool {
        self.kind() == Some(libc::S_IFDIR)
    }

    pub(super) fn is_link(&self) -> bool {
        self.kind() == Some(libc::S_IFLNK)
    }

    pub(super) fn is_file(&self) -> bool {
        self.kind() == Some(libc::S_IFREG)
    }

    /// Returns whether what is written here cannot be read back from the disk.
    pub(super) fn keeps_nothing(&self) -> bool {
        matches!(self.kind(), Some(libc::S_IFCHR | libc::S_IFIFO | libc::S_IFSOCK))
    }

    /// Returns whether a program here runs with rights of its owner or group.
    pub(super) fn changes_identity(&self) -> bool {
        matches!(self, Self::There(found) if found.mode & (libc::S_ISUID | libc::S_ISGID) != 0)
    }

    /// Returns what tells this state from another; nothing for what cannot be looked at.
    pub(super) fn state(&self) -> Option<State> {
        match self {
            Self::Absent => Some(State::Absent),
            Self::Hidden => None,
            Self::There(found) => Some(State::There(found.stamp)),
        }
    }

    fn kind(&self) -> Option<u32> {
        match self {
            Self::There(found) => Some(found.mode & libc::S_IFMT),
            Self::Absent | Self::Hidden => None,
        }
    }
}

/// A state of a name that can be compared with a later one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Absent,
    There(Stamp),
}

/// Where a link of `/proc` leads.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Target {
    /// To the path now in the buffer.
    Path,
    /// To nothing, or to a thing without a path, such as a pipe.
    NoPath,
    /// Not for us to know.
    Denied,
}

/// Puts the path without links and `..` into `out`; false when nothing is there or it has no such path.
pub(super) fn real(path: &[u8], follow: bool, out: &mut Vec<u8>) -> bool {
    let mut flags = OFlags::PATH | OFlags::CLOEXEC;
    flags.set(OFlags::NOFOLLOW, !follow);
    let Ok(fd) = rustix::fs::openat(CWD, path, flags, Mode::empty()) else { return false };
    target(format!("/proc/self/fd/{}", fd.as_raw_fd()).as_bytes(), out) == Target::Path
}

/// Puts what a link of `/proc` leads to into `out`.
pub(super) fn target(link: &[u8], out: &mut Vec<u8>) -> Target {
    let mut buffer = [MaybeUninit::uninit(); libc::PATH_MAX as usize];
    out.clear();
    match rustix::fs::readlinkat_raw(CWD, link, &mut buffer) {
        Ok((target, _)) if target.first() == Some(&b'/') => {
            out.extend_from_slice(target);
            Target::Path
        }
        // A directory outside our root, or of a file system no longer mounted.
        Ok((target, _)) if target.starts_with(b"(unreachable)") => Target::Denied,
        Ok(_) | Err(Errno::NOENT | Errno::SRCH) => Target::NoPath,
        Err(_) => Target::Denied,
    }
}

/// Returns where the symbolic link at `path` leads; nothing if there is something else.
pub(super) fn link(path: &[u8]) -> Result<Option<Vec<u8>>, Errno> {
    let mut buffer = [MaybeUninit::uninit(); libc::PATH_MAX as usize];
    match rustix::fs::readlinkat_raw(CWD, path, &mut buffer) {
        Ok((target, _)) => Ok(Some(target.to_vec())),
        Err(Errno::INVAL) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Returns whether we, and so the traced program with the same rights, could write to a file.
pub(super) fn writable(path: &[u8]) -> bool {
    rustix::fs::accessat(CWD, path, rustix::fs::Access::WRITE_OK, AtFlags::EACCESS).is_ok()
}

/// Returns whether a program file carries rights of its own (`setcap`).
pub(super) fn has_capabilities(path: &[u8]) -> bool {
    rustix::fs::getxattr(path, c"security.capability", &mut [0u8; 64]).is_ok()
}

/// Returns whether the kernel knows further program formats and starts interpreters for them on its own.
pub(super) fn has_further_formats() -> bool {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let Ok(fd) = rustix::fs::openat(CWD, c"/proc/sys/fs/binfmt_misc", flags, Mode::empty()) else {
        return false;
    };
    let mut buffer = [MaybeUninit::uninit(); 1024];
    let mut entries = RawDir::new(fd, &mut buffer);
    while let Some(Ok(entry)) = entries.next() {
        if !matches!(entry.file_name().to_bytes(), b"." | b".." | b"register" | b"status") {
            return true;
        }
    }
    false
}
