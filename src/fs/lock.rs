//! Locks between processes.
//!
//! Owns two kinds, both let go by the kernel when their holder dies: a whole-file lock (`flock`) for maintenance of
//! the store, and single-byte locks for work in flight, one byte for each key, so that no file is made for a key.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::fd::AsRawFd as _;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;
use std::sync::mpsc;
use std::time::Duration;

use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;

use super::{AtPath as _, Result};

/// A lock that is held until dropped.
#[derive(Debug)]
pub struct Lock {
    file: File,
}

impl Lock {
    /// Whether `path` leads to the file that is locked. A lock on a removed file keeps nobody out.
    pub fn is_at(&self, path: &Path) -> bool {
        let identity = |meta: std::fs::Metadata| (meta.dev(), meta.ino());
        let (ours, there) = (self.file.metadata().map(identity), path.metadata().map(identity));
        ours.is_ok_and(|ours| there.is_ok_and(|there| ours == there))
    }
}

fn lock_file(path: &Path) -> Result<File> {
    let open = OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path);
    open.at("open", path)
}

/// Takes the whole-file lock together with other sharers. `None`: an exclusive holder has kept it for `patience`.
pub fn shared(path: &Path, patience: Duration) -> Result<Option<Lock>> {
    whole(path, FlockOperation::NonBlockingLockShared, FlockOperation::LockShared, patience)
}

/// Takes the whole-file lock alone. `None`: a holder has kept it for `patience`.
pub fn exclusive(path: &Path, patience: Duration) -> Result<Option<Lock>> {
    whole(path, FlockOperation::NonBlockingLockExclusive, FlockOperation::LockExclusive, patience)
}

fn whole(
    path: &Path,
    now: FlockOperation,
    later: FlockOperation,
    patience: Duration,
) -> Result<Option<Lock>> {
    let file = lock_file(path)?;
    match flock(&file, now) {
        Ok(()) => return Ok(Some(Lock { file })),
        Err(rustix::io::Errno::WOULDBLOCK) => {}
        Err(e) => return Err(e).at("lock", path),
    }
    let waiting = file.try_clone().at("lock", path)?;
    within(patience, move || flock(&waiting, later).map_err(io::Error::from), file, path)
}

/// Waits for a lock in a thread of its own. The thread outlives an expired wait; it ends with the process, and holds
/// nothing of value.
fn within(
    patience: Duration,
    wait: impl FnOnce() -> io::Result<()> + Send + 'static,
    file: File,
    path: &Path,
) -> Result<Option<Lock>> {
    if patience.is_zero() {
        return Ok(None);
    }
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || sender.send(wait()));
    match receiver.recv_timeout(patience) {
        Ok(result) => result.at("lock", path).map(|()| Some(Lock { file })),
        Err(_) => Ok(None),
    }
}

/// Takes the whole-file lock alone if nobody holds it now.
pub fn try_exclusive(path: &Path) -> Result<Option<Lock>> {
    exclusive(path, Duration::ZERO)
}

/// With whom a lock is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sharing {
    /// With nobody.
    Alone,
    /// With all who want no more.
    Shared,
}

/// Takes the whole-file lock of an open file if nobody keeps it from us now. Where there are no locks, nobody does.
pub fn try_open(file: File, sharing: Sharing, path: &Path) -> Result<Option<Lock>> {
    let now = match sharing {
        Sharing::Alone => FlockOperation::NonBlockingLockExclusive,
        Sharing::Shared => FlockOperation::NonBlockingLockShared,
    };
    match flock(&file, now) {
        Err(Errno::WOULDBLOCK) => Ok(None),
        Ok(()) | Err(Errno::NOSYS | Errno::OPNOTSUPP) => Ok(Some(Lock { file })),
        Err(error) => Err(error).at("lock", path),
    }
}

/// Takes the lock of byte `slot`, waiting for another holder for at most `patience`. `None`: it is still held.
pub fn byte(path: &Path, slot: u64, patience: Duration) -> Result<Option<Lock>> {
    let file = lock_file(path)?;
    // The offset must be a positive off_t.
    let slot = i64::try_from(slot >> 1).expect("63 bits");
    if range_lock(&file, libc::F_OFD_SETLK, slot).is_ok() {
        return Ok(Some(Lock { file }));
    }
    let waiting = file.try_clone().at("lock", path)?;
    within(patience, move || range_lock(&waiting, libc::F_OFD_SETLKW, slot), file, path)
}

fn range_lock(file: &File, command: libc::c_int, slot: i64) -> io::Result<()> {
    let whence = i16::try_from(libc::SEEK_SET).expect("a small constant");
    let kind = i16::try_from(libc::F_WRLCK).expect("a small constant");
    let range = libc::flock { l_type: kind, l_whence: whence, l_start: slot, l_len: 1, l_pid: 0 };
    // SAFETY: the descriptor is open, and `range` is a valid `flock` that the call only reads.
    match unsafe { libc::fcntl(file.as_raw_fd(), command, &raw const range) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_independent_and_exclusive() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("locks");
        let held = byte(&path, 2, Duration::ZERO).unwrap();
        assert!(held.is_some());
        assert!(byte(&path, 2, Duration::ZERO).unwrap().is_none());
        assert!(byte(&path, 2, Duration::from_millis(1)).unwrap().is_none());
        assert!(byte(&path, u64::MAX, Duration::ZERO).unwrap().is_some());
        let waiting = {
            let path = path.clone();
            std::thread::spawn(move || byte(&path, 2, Duration::from_secs(60)).unwrap().is_some())
        };
        drop(held);
        assert!(waiting.join().unwrap());
    }

    #[test]
    fn whole_file_locks() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("lock");
        let one = shared(&path, Duration::ZERO).unwrap();
        let two = shared(&path, Duration::ZERO).unwrap();
        assert!(try_exclusive(&path).unwrap().is_none());
        drop((one, two));
        let held = try_exclusive(&path).unwrap().unwrap();
        assert!(held.is_at(&path));
        crate::fs::remove_file(&path).unwrap();
        assert!(!held.is_at(&path));
        assert!(try_exclusive(&path).unwrap().is_some_and(|new| new.is_at(&path) && !held.is_at(&path)));
    }
}
