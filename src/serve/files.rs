//! Contents of files, remembered.
//!
//! Owns the use of memos: a digest is believed when the file's stat is what it was, and noted only when any change
//! since would show. Memos that are new wait here until they are written in one go.

use std::cell::RefCell;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::digest::{Digest, FieldHasher};
use crate::entry::{Aspect, FileState, Prediction};
use crate::fs::stat::{Stat, Time};
use crate::fs::{self, AtPath as _};
use crate::key::Files;
use crate::portable::{Root, Roots};
use crate::store::index::{Memo, MemoStat, Reader};

/// Digests files, with memos of the index.
pub struct RememberedFiles<'i> {
    reader: &'i Reader<'i>,
    fresh: RefCell<Vec<(Stat, Memo)>>,
}

impl<'i> RememberedFiles<'i> {
    /// Uses the memos seen by `reader`.
    pub fn new(reader: &'i Reader<'i>) -> Self {
        Self { reader, fresh: RefCell::default() }
    }

    /// Takes the memos that are not in the index yet.
    pub fn take_fresh(&self) -> Vec<(Stat, Memo)> {
        self.fresh.take()
    }

    /// Returns stat and digest of a file. `None`: there is no such file.
    pub fn digest(&self, path: &Path) -> fs::Result<Option<(Stat, Digest)>> {
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
        let (digest, memo) = read(path, stat)?;
        self.fresh.borrow_mut().extend(memo);
        Ok(digest)
    }

    /// Reads those of many files that have no memo, with all processors, for their memos. What can't be read is passed over.
    pub fn read_ahead(&self, paths: &[PathBuf]) {
        let has_memo = |stat: &Stat| self.reader.memo(stat).is_some_and(|memo| memo.stat.matches(stat));
        let unread = paths.iter().filter_map(|path| Some((path, stat(path).ok()??)));
        let mut unread = unread.filter(|(_, stat)| stat.is_file() && !has_memo(stat)).collect::<Vec<_>>();
        unread.sort_by_key(|(_, stat)| std::cmp::Reverse(stat.size));
        let next = AtomicUsize::new(0);
        let work = || {
            let take = || unread.get(next.fetch_add(1, Ordering::Relaxed));
            let read = |(path, stat): &(&PathBuf, Stat)| read(path, stat).ok()?.1;
            std::iter::from_fn(take).filter_map(read).collect::<Vec<_>>()
        };
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        let memos = std::thread::scope(|scope| {
            let others = (1..processors.min(unread.len())).map(|_| scope.spawn(work)).collect::<Vec<_>>();
            let mut memos = work();
            memos.extend(others.into_iter().filter_map(|other| other.join().ok()).flatten());
            memos
        });
        self.fresh.borrow_mut().extend(memos);
    }

    /// Returns the state of what `path` leads to; `of_file` says what of a file counts.
    fn look_at(&self, path: &Path, of_file: impl Fn(Digest, &Stat) -> FileState) -> fs::Result<FileState> {
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
            Ok(digest) => Ok(of_file(digest, &stat)),
            Err(e) if denied(&e) => Ok(FileState::Other),
            Err(e) => Err(e),
        }
    }
}

/// Reads a file. Returns its digest, and the memo of it if any change since would show.
fn read(path: &Path, stat: &Stat) -> fs::Result<(Digest, Option<(Stat, Memo)>)> {
    let before = Time::now();
    let mut file = fs::open(path)?;
    let (digest, _) = Digest::of_reader(&mut file).at("read", path)?;
    let after = Stat::of_open(&file, path)?;
    let memo = Memo { stat: MemoStat::of_file(&after), digest };
    let is_settled = memo.stat.matches(stat) && after.settled_before(before);
    Ok((digest, is_settled.then_some((after, memo))))
}

/// Finds an input that may have changed since `started`.
pub fn unsettled(prediction: &Prediction, roots: &Roots, cwd: &Path, started: Time) -> Option<PathBuf> {
    prediction.files.iter().find_map(|(portable, aspect)| {
        let path = cwd.join(portable.expand(roots)?);
        let stat = match aspect {
            // Those who search upwards leave a path of its own for each step.
            Aspect::Above => return None,
            Aspect::Link => Stat::of_name(&path),
            Aspect::Content | Aspect::File | Aspect::Listing | Aspect::Metadata | Aspect::Tree => {
                Stat::of(&path)
            }
        };
        let stat = stat.ok()?;
        // Artefacts of the build get new links at any time; cargo lets no two builds write them.
        let is_artefact =
            matches!(portable.root, Some(Root::Profile(_))) && portable.rest.starts_with("deps/");
        let is_settled = match aspect {
            Aspect::Content | Aspect::File | Aspect::Link | Aspect::Tree if stat.is_dir() => true,
            _ if is_artefact => stat.modified < started,
            _ => stat.settled_before(started),
        };
        (!is_settled).then_some(path)
    })
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
        self.look_at(path, |content, _| FileState::Content(content))
    }

    fn file(&self, path: &Path) -> fs::Result<FileState> {
        self.look_at(path, |content, stat| FileState::File { content, owner: (stat.mode >> 6 & 0o7) as u8 })
    }

    fn link(&self, path: &Path) -> fs::Result<FileState> {
        match std::fs::read_link(path) {
            Ok(target) => Ok(FileState::Link(Digest::of(target.as_os_str().as_encoded_bytes()))),
            Err(_) => Ok(FileState::Other),
        }
    }

    fn metadata(&self, path: &Path) -> fs::Result<FileState> {
        match stat(path) {
            Ok(Some(stat)) if stat.is_file() => {
                let mut hasher = FieldHasher::new("metadata");
                for number in [stat.size, stat.modified.seconds.unsigned_abs()] {
                    hasher.field(&number.to_le_bytes());
                }
                for number in [stat.modified.nanos, stat.mode & 0o7777] {
                    hasher.field(&number.to_le_bytes());
                }
                Ok(FileState::Metadata(hasher.finish()))
            }
            _ => self.state(path),
        }
    }

    fn tree(&self, path: &Path) -> fs::Result<FileState> {
        if self.state(path)? != FileState::Directory {
            return self.state(path);
        }
        let mut hasher = FieldHasher::new("tree");
        let mut folders = vec![path.to_owned()];
        while let Some(folder) = folders.pop() {
            hasher.field(folder.strip_prefix(path).unwrap_or(&folder).as_os_str().as_encoded_bytes());
            for (name, is_dir) in fs::list_with_types(&folder)? {
                let inside = folder.join(&name);
                if is_dir {
                    folders.push(inside);
                    continue;
                }
                hasher.field(name.as_encoded_bytes());
                match self.state(&inside)? {
                    FileState::Content(digest) => hasher.digest(&digest),
                    other => hasher.field(format!("{other:?}").as_bytes()),
                };
            }
        }
        Ok(FileState::Tree(hasher.finish()))
    }

    fn listing(&self, path: &Path) -> fs::Result<FileState> {
        match fs::list_with_types(path) {
            Ok(names) => {
                let mut hasher = FieldHasher::new("listing");
                for (name, is_dir) in names {
                    hasher.field(name.as_encoded_bytes()).field(&[u8::from(is_dir)]);
                }
                Ok(FileState::Listing(hasher.finish()))
            }
            Err(e) if is_absence(&e) => Ok(FileState::Absent),
            Err(e) if e.kind() == io::ErrorKind::PermissionDenied => Ok(FileState::Other),
            Err(e) => Err(e),
        }
    }
}
