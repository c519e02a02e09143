//! File identity and clocks.
//!
//! Owns what the program believes about "the same file, unchanged": a stamp of the fields that a change of content
//! can't leave all alone, and the test whether a change that has just happened would show in it.

use std::ffi::OsStr;
use std::fs::File;
use std::os::fd::BorrowedFd;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{AtPath as _, Result};

/// A point on the file system's clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Time {
    /// Seconds since the Unix epoch.
    pub seconds: i64,
    /// Nanoseconds within the second.
    pub nanos: u32,
}

impl Time {
    /// Reads the clock that local file systems take their times from: no file changed after this call has an
    /// earlier change time (but for the coarseness of its file system's format).
    pub fn now() -> Self {
        #[cfg(target_os = "linux")]
        const CLOCK: rustix::time::ClockId = rustix::time::ClockId::RealtimeCoarse;
        #[cfg(not(target_os = "linux"))]
        const CLOCK: rustix::time::ClockId = rustix::time::ClockId::Realtime;
        Self::of(CLOCK)
    }

    fn of(clock: rustix::time::ClockId) -> Self {
        let now = rustix::time::clock_gettime(clock);
        Self { seconds: now.tv_sec, nanos: u32::try_from(now.tv_nsec).expect("below 10^9") }
    }

    /// Waits until the clock shows a later time than that of the call: at most one tick, 1 to 10 ms, while the system has
    /// time for its ticks.
    ///
    /// All that was written before the call has then an earlier time than all that is written after it. Linux gives some files
    /// finer times than this clock shows (since 6.13), so the moment of the call is read finely.
    pub fn next_tick() -> Self {
        let before = Self::of(rustix::time::ClockId::Realtime);
        loop {
            let now = Self::now();
            if now > before {
                return now;
            }
            std::thread::sleep(std::time::Duration::from_micros(250));
        }
    }
}

/// What the file system says of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stat {
    /// Device number.
    pub device: u64,
    /// Inode number.
    pub inode: u64,
    /// Length in bytes.
    pub size: u64,
    /// Last change of the content.
    pub modified: Time,
    /// Last change of content or metadata, the number of links included.
    pub changed: Time,
    /// Creation of the inode, where the file system knows it: tells a re-used inode number.
    pub born: Time,
    /// Type and permission bits.
    pub mode: u32,
    /// Number of names.
    pub links: u32,
    /// 512-byte blocks in use.
    pub blocks: u64,
}

impl Stat {
    /// Describes what `path` leads to, through links.
    pub fn of(path: &Path) -> Result<Self> {
        platform::of(path).at("read metadata of", path)
    }

    /// Describes the name itself.
    pub fn of_name(path: &Path) -> Result<Self> {
        platform::of_name(path).at("read metadata of", path)
    }

    /// Describes an open file; `path` only names it in errors.
    pub fn of_open(file: &File, path: &Path) -> Result<Self> {
        platform::of_open(file).at("read metadata of", path)
    }

    /// Describes an open file or directory; `path` only names it in errors.
    pub(super) fn of_descriptor(fd: BorrowedFd<'_>, path: &Path) -> Result<Self> {
        platform::of_descriptor(fd).at("read metadata of", path)
    }

    /// Describes a name in an open directory, itself; `path` only names the directory in errors.
    pub(super) fn of_name_in(dir: BorrowedFd<'_>, name: &OsStr, path: &Path) -> Result<Self> {
        platform::of_name_in(dir, name).at("read metadata of", &path.join(name))
    }

    /// Returns what tells this file from all others: device and inode.
    pub fn identity(&self) -> (u64, u64) {
        (self.device, self.inode)
    }

    /// Returns the bytes that it takes on disk.
    pub fn allocated(&self) -> u64 {
        self.blocks * 512
    }

    /// Whether this is a regular file.
    pub fn is_file(&self) -> bool {
        self.mode & 0o170_000 == 0o100_000
    }

    /// Whether this is a directory.
    pub fn is_dir(&self) -> bool {
        self.mode & 0o170_000 == 0o040_000
    }

    /// Whether any change after `moment` would show in the change time: the racy-clean rule.
    ///
    /// A time without nanoseconds comes from a coarse file system (1 s, FAT 2 s); then two seconds must lie between.
    pub fn settled_before(&self, moment: Time) -> bool {
        if self.changed.nanos == 0 {
            return self.changed.seconds + 2 < moment.seconds;
        }
        self.changed < moment
    }
}

/// One system call for each, with the time of birth.
#[cfg(target_os = "linux")]
mod platform {
    use std::ffi::OsStr;
    use std::fs::File;
    use std::os::fd::{AsFd as _, BorrowedFd};
    use std::path::Path;

    use rustix::fs::{AtFlags, CWD, StatxFlags, StatxTimestamp};
    use rustix::io::Result;

    use super::{Stat, Time};

    pub(super) fn of(path: &Path) -> Result<Stat> {
        statx(CWD, path, AtFlags::empty())
    }

    pub(super) fn of_name(path: &Path) -> Result<Stat> {
        statx(CWD, path, AtFlags::SYMLINK_NOFOLLOW)
    }

    pub(super) fn of_open(file: &File) -> Result<Stat> {
        of_descriptor(file.as_fd())
    }

    pub(super) fn of_descriptor(fd: BorrowedFd<'_>) -> Result<Stat> {
        statx(fd, Path::new(""), AtFlags::EMPTY_PATH)
    }

    pub(super) fn of_name_in(dir: BorrowedFd<'_>, name: &OsStr) -> Result<Stat> {
        statx(dir, Path::new(name), AtFlags::SYMLINK_NOFOLLOW)
    }

    fn statx(at: BorrowedFd<'_>, path: &Path, flags: AtFlags) -> Result<Stat> {
        let stat = rustix::fs::statx(at, path, flags, StatxFlags::BASIC_STATS | StatxFlags::BTIME)?;
        let time = |t: StatxTimestamp| Time { seconds: t.tv_sec, nanos: t.tv_nsec };
        Ok(Stat {
            device: (u64::from(stat.stx_dev_major) << 32) | u64::from(stat.stx_dev_minor),
            inode: stat.stx_ino,
            size: stat.stx_size,
            modified: time(stat.stx_mtime),
            changed: time(stat.stx_ctime),
            born: time(stat.stx_btime),
            mode: u32::from(stat.stx_mode),
            links: stat.stx_nlink,
            blocks: stat.stx_blocks,
        })
    }
}

/// What the standard library tells.
#[cfg(not(target_os = "linux"))]
mod platform {
    use std::ffi::OsStr;
    use std::fs::{File, Metadata};
    use std::io::Result;
    use std::os::fd::BorrowedFd;
    use std::os::unix::fs::MetadataExt as _;
    use std::path::Path;

    use rustix::fs::AtFlags;

    use super::{Stat, Time};

    pub(super) fn of(path: &Path) -> Result<Stat> {
        path.metadata().map(|m| stat(&m))
    }

    pub(super) fn of_name(path: &Path) -> Result<Stat> {
        path.symlink_metadata().map(|m| stat(&m))
    }

    pub(super) fn of_open(file: &File) -> Result<Stat> {
        file.metadata().map(|m| stat(&m))
    }

    pub(super) fn of_descriptor(fd: BorrowedFd<'_>) -> Result<Stat> {
        of_open(&File::from(fd.try_clone_to_owned()?))
    }

    /// Without the time of birth, which this call does not tell everywhere.
    #[allow(clippy::unnecessary_cast, reason = "the types differ between systems")]
    pub(super) fn of_name_in(dir: BorrowedFd<'_>, name: &OsStr) -> Result<Stat> {
        let stat = rustix::fs::statat(dir, name, AtFlags::SYMLINK_NOFOLLOW)?;
        let time = |seconds, nanos| Time { seconds, nanos: u32::try_from(nanos).unwrap_or(0) };
        Ok(Stat {
            device: stat.st_dev as u64,
            inode: stat.st_ino as u64,
            size: stat.st_size as u64,
            modified: time(stat.st_mtime as i64, stat.st_mtime_nsec as i64),
            changed: time(stat.st_ctime as i64, stat.st_ctime_nsec as i64),
            born: Time::default(),
            mode: u32::from(stat.st_mode),
            links: u32::try_from(stat.st_nlink).unwrap_or(u32::MAX),
            blocks: stat.st_blocks as u64,
        })
    }

    fn stat(meta: &Metadata) -> Stat {
        let time = |seconds, nanos: i64| Time { seconds, nanos: u32::try_from(nanos).unwrap_or(0) };
        let born = meta.created().ok().and_then(|t| t.duration_since(std::time::UNIX_EPOCH).ok());
        let born = born.unwrap_or_default();
        Stat {
            device: meta.dev(),
            inode: meta.ino(),
            size: meta.size(),
            modified: time(meta.mtime(), meta.mtime_nsec()),
            changed: time(meta.ctime(), meta.ctime_nsec()),
            born: Time { seconds: i64::try_from(born.as_secs()).unwrap_or(0), nanos: born.subsec_nanos() },
            mode: meta.mode(),
            links: u32::try_from(meta.nlink()).unwrap_or(u32::MAX),
            blocks: meta.blocks(),
        }
    }
}

/// Returns the number by which `statfs(2)` names the file system of a path; `None` where there are no such numbers.
pub fn file_system(path: &Path) -> Option<u32> {
    #[cfg(target_os = "linux")]
    return rustix::fs::statfs(path).ok().map(|stat| (stat.f_type & 0xffff_ffff) as u32);
    #[cfg(not(target_os = "linux"))]
    {
        let _ = path;
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_after_a_tick_is_seen() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("f");
        crate::fs::write(&path, "a").unwrap();
        let start = Time::next_tick();
        assert!(Stat::of(&path).unwrap().settled_before(start));
        crate::fs::write(&path, "b").unwrap();
        assert!(!Stat::of(&path).unwrap().settled_before(start));
    }

    #[test]
    fn coarse_times_need_two_seconds() {
        let dir = tempfile::tempdir().unwrap();
        let mut stat = Stat::of(dir.path()).unwrap();
        stat.changed = Time { seconds: 100, nanos: 0 };
        assert!(!stat.settled_before(Time { seconds: 102, nanos: 5 }));
        assert!(stat.settled_before(Time { seconds: 103, nanos: 0 }));
        assert!(stat.is_dir() && !stat.is_file());
    }
}
