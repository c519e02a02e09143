//! Contents of files, remembered.
//!
//! Owns the use of memos: a digest is believed when the file's stat is what it was, and noted only when any change
//! since would show. Memos that are new wait here until they are written in one go.

use std::cell::RefCell;
use std::io;
use std::path::Path;

use crate::digest::Digest;
use crate::entry::FileState;
use crate::fs::stat::{Stat, Time};
use crate::fs::{self, AtPath as _};
use crate::key::Files;
use crate::store::index::{Memo, MemoStat, Reader};

/// Digests files, with memos of the index.
pub(super) struct RememberedFiles<'i> {
    reader: &'i Reader<'i>,
    fresh: RefCell<Vec<(Stat, Memo)>>,
}

impl<'i> RememberedFiles<'i> {
    /// Uses the memos seen by `reader`.
    pub(super) fn new(reader: &'i Reader<'i>) -> Self {
        Self { reader, fresh: RefCell::default() }
    }

    /// Takes the memos that are not in the index yet.
    pub(super) fn take_fresh(&self) -> Vec<(Stat, Memo)> {
        self.fresh.take()
    }

    /// Returns stat and digest of a file. `None`: there is no such file.
    pub(super) fn digest(&self, path: &Path) -> fs::Result<Option<(Stat, Digest)>> {
        let Some(stat) = stat(path)? else { return Ok(None) };
        if !stat.is_file() {
            return Ok(None);
        }
        self.digest_at(path, &stat).map(|digest| Some((stat, digest)))
    }

    fn digest_at(&self, path: &Path, stat: &Stat) -> fs::Result<Digest> {
        if let Some(memo) = self.reader.memo(stat)
            && memo.stat.matches(stat)
        {
            return Ok(memo.digest);
        }
        let before = Time::now();
        let mut file = fs::open(path)?;
        let (digest, _) = Digest::of_reader(&mut file).at("read", path)?;
        let after = Stat::of_open(&file, path)?;
        let memo_stat = MemoStat::of_file(&after);
        if memo_stat.matches(stat) && after.settled_before(before) {
            self.fresh.borrow_mut().push((after, Memo { stat: memo_stat, digest }));
        }
        Ok(digest)
    }
}

fn stat(path: &Path) -> fs::Result<Option<Stat>> {
    match Stat::of(path) {
        Ok(stat) => Ok(Some(stat)),
        Err(e) if is_absence(&e) => Ok(None),
        Err(e) => Err(e),
    }
}

/// Whether an error says that there is nothing to read.
fn is_absence(error: &fs::PathError) -> bool {
    let code = error.source.raw_os_error();
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
        || code == Some(libc::ELOOP)
        || code == Some(libc::ENAMETOOLONG)
}

impl Files for RememberedFiles<'_> {
    fn state(&self, path: &Path) -> fs::Result<FileState> {
        let denied = |e: &fs::PathError| e.kind() == io::ErrorKind::PermissionDenied;
        let stat = match stat(path) {
            Ok(Some(stat)) => stat,
            Ok(None) => return Ok(FileState::Absent),
            Err(e) if denied(&e) => return Ok(FileState::Other),
            Err(e) => return Err(e),
        };
        if stat.is_dir() {
            return Ok(FileState::Directory);
        }
        if !stat.is_file() {
            return Ok(FileState::Other);
        }
        match self.digest_at(path, &stat) {
            Ok(digest) => Ok(FileState::Content(digest)),
            Err(e) if denied(&e) => Ok(FileState::Other),
            Err(e) => Err(e),
        }
    }

    fn link(&self, path: &Path) -> fs::Result<FileState> {
        match std::fs::read_link(path) {
            Ok(target) => Ok(FileState::Link(Digest::of(target.as_os_str().as_encoded_bytes()))),
            Err(_) => Ok(FileState::Other),
        }
    }

    fn listing(&self, path: &Path) -> fs::Result<FileState> {
        match fs::list(path) {
            Ok(names) => {
                let mut hasher = crate::digest::FieldHasher::new("listing");
                for name in names {
                    hasher.field(name.as_encoded_bytes());
                }
                Ok(FileState::Listing(hasher.finish()))
            }
            Err(e) if is_absence(&e) => Ok(FileState::Absent),
            Err(e) if e.kind() == io::ErrorKind::PermissionDenied => Ok(FileState::Other),
            Err(e) => Err(e),
        }
    }
}
