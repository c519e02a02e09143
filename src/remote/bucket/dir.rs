//! A folder in the place of a bucket.
//!
//! Owns the files: one for each object, under the object's name. Nothing half written is ever seen: bytes go to a
//! file beside the place first. On a shared disk this holds for all machines, as far as the disk's own promises go.
//! Files are read and written by threads, so that a disk that hangs costs no more than the deadline.

use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::UNIX_EPOCH;

use bytes::Bytes;

use super::{Object, Page, Put};
use crate::fs::{self, AtPath as _, OrAbsent as _, PathError, link};
use crate::remote::failure::{Denial, Failure, Result, Right};

/// What names of files that are being written begin with; no object's does.
const TEMPORARY: &str = ".kache-";

/// A folder with objects.
#[derive(Clone)]
pub(super) struct Folder {
    root: PathBuf,
}

impl Folder {
    pub(super) fn new(root: PathBuf) -> Self {
        Self { root }
    }

    pub(super) async fn get(&self, name: &str, limit: u64) -> Result<Vec<u8>> {
        let (path, name) = (self.path(name)?, name.to_owned());
        in_thread(move || {
            let file = open(&path, &name)?;
            let length = file.metadata().at("read metadata of", &path).map_err(reading)?.len();
            if length > limit {
                return Err(Failure::TooLarge(limit));
            }
            let mut content = Vec::with_capacity(usize::try_from(length).unwrap_or(0));
            file.take(limit).read_to_end(&mut content).at("read", &path).map_err(reading)?;
            Ok(content)
        })
        .await
    }

    pub(super) async fn get_range(&self, name: &str, offset: u64, length: u64) -> Result<Vec<u8>> {
        let (path, name) = (self.path(name)?, name.to_owned());
        in_thread(move || {
            let mut file = open(&path, &name)?;
            let size = file.metadata().at("read metadata of", &path).map_err(reading)?.len();
            if size < offset.saturating_add(length) {
                return Err(Failure::Damaged("the object is shorter than it should be".to_owned()));
            }
            let mut content = vec![0; usize::try_from(length).map_err(|_| Failure::TooLarge(length))?];
            let read = file.seek(SeekFrom::Start(offset)).and_then(|_| file.read_exact(&mut content));
            read.at("read", &path).map_err(reading)?;
            Ok(content)
        })
        .await
    }

    pub(super) async fn put_new(&self, name: &str, body: &Bytes) -> Result<Put> {
        let (path, body) = (self.path(name)?, body.clone());
        in_thread(move || {
            if path.exists() {
                return Ok(Put::Exists);
            }
            let beside = write_beside(&path, &body).map_err(writing)?;
            let put = name_new(&beside, &path);
            let _ = fs::remove_file(&beside);
            put.map_err(writing)
        })
        .await
    }

    pub(super) async fn put(&self, name: &str, body: &Bytes) -> Result<()> {
        let (path, body) = (self.path(name)?, body.clone());
        in_thread(move || {
            let beside = write_beside(&path, &body).map_err(writing)?;
            let renamed = fs::rename(&beside, &path);
            if renamed.is_err() {
                let _ = fs::remove_file(&beside);
            }
            renamed.map_err(writing)
        })
        .await
    }

    pub(super) async fn exists(&self, name: &str) -> Result<bool> {
        let path = self.path(name)?;
        in_thread(move || match fs::metadata(&path).or_absent() {
            Ok(found) => Ok(found.is_some_and(|meta| meta.is_file())),
            Err(error) => Err(reading(error)),
        })
        .await
    }

    /// Lists all objects whose names begin with `prefix`, in one page.
    pub(super) async fn list(&self, prefix: &str) -> Result<Page> {
        let (folder, _) = prefix.rsplit_once('/').unwrap_or_default();
        let (root, start) = (self.root.clone(), self.path(folder)?);
        let prefix = prefix.to_owned();
        in_thread(move || {
            let mut objects = Vec::new();
            let mut folders = vec![start];
            while let Some(folder) = folders.pop() {
                let names = fs::list_with_types(&folder).or_absent().map_err(listing)?;
                for (name, is_dir) in names.unwrap_or_default() {
                    let path = folder.join(&name);
                    let Some(object) = path.strip_prefix(&root).ok().and_then(Path::to_str) else { continue };
                    let is_hidden = name.as_encoded_bytes().starts_with(b".");
                    if is_hidden || !(object.starts_with(&prefix) || is_dir && prefix.starts_with(object)) {
                        continue;
                    }
                    if is_dir {
                        folders.push(path);
                    } else if let Some(meta) = fs::metadata(&path).or_absent().map_err(listing)? {
                        let name = object.to_owned();
                        objects.push(Object { name, size: meta.len(), modified_ms: modified_ms(&meta) });
                    }
                }
            }
            objects.sort_by(|a, b| a.name.cmp(&b.name));
            Ok(Page { objects, next: None })
        })
        .await
    }

    /// Whether files may be written.
    pub(super) async fn may_write(&self, name: &str) -> Result<()> {
        let path = self.path(name)?;
        in_thread(move || {
            let beside = write_beside(&path, &Bytes::new()).map_err(writing)?;
            fs::remove_file(&beside).map(drop).map_err(writing)?;
            // Gone only if nobody else has put something there.
            let _ = path.parent().map(std::fs::remove_dir);
            Ok(())
        })
        .await
    }

    /// Returns the file of an object, which lies below the root.
    fn path(&self, name: &str) -> Result<PathBuf> {
        let is_plain = |part: &str| !part.is_empty() && !part.starts_with('.') && !part.contains('\0');
        if !name.is_empty() && !name.split('/').all(is_plain) {
            return Err(Failure::Folder(format!("`{}` is no name of an object", name.escape_debug())));
        }
        Ok(self.root.join(name))
    }
}

/// Opens the file of an object.
fn open(path: &Path, name: &str) -> Result<std::fs::File> {
    match fs::open(path).or_absent() {
        Ok(Some(file)) => Ok(file),
        Ok(None) => Err(Failure::NotFound(name.to_owned())),
        Err(error) => Err(reading(error)),
    }
}

/// Writes a file in the directory of `path`, under a name of its own.
fn write_beside(path: &Path, body: &[u8]) -> fs::Result<PathBuf> {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let folder = path.parent().expect("objects lie below the root");
    fs::create_dir_all(folder)?;
    // Processes on several machines may share a number.
    let random = getrandom::u64().map_err(io::Error::other).at("create a file in", folder)?;
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let beside = folder.join(format!("{TEMPORARY}{random:016x}-{count}.tmp"));
    let mut file = link::create_new(&beside, 0o644)?;
    let written = file.write_all(body).at("write", &beside);
    if written.is_err() {
        // What was written of it may be what filled the disk.
        let _ = fs::remove_file(&beside);
    }
    written.map(|()| beside)
}

/// Gives a written file its name, if nothing has that name.
fn name_new(beside: &Path, path: &Path) -> fs::Result<Put> {
    match rustix::fs::link(beside, path).map_err(io::Error::from).at("link to", path) {
        Ok(()) => Ok(Put::Created),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            // A server of files that had to ask twice may find its own link.
            let own = fs::stat::Stat::of_name(beside).is_ok_and(|stat| stat.links == 2);
            Ok(if own { Put::Created } else { Put::Exists })
        }
        Err(error) if link::needs_copy(&error) => rename_new(beside, path),
        Err(error) => Err(error),
    }
}

/// The same where there are no links.
fn rename_new(beside: &Path, path: &Path) -> fs::Result<Put> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    match renameat_with(CWD, beside, CWD, path, RenameFlags::NOREPLACE).map_err(io::Error::from) {
        Ok(()) => Ok(Put::Created),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(Put::Exists),
        // A file system that promises nothing: the last one wins.
        Err(_) => fs::rename(beside, path).map(|()| Put::Created),
    }
}

fn modified_ms(meta: &std::fs::Metadata) -> u64 {
    let since = meta.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    since.and_then(|since| u64::try_from(since.as_millis()).ok()).unwrap_or(0)
}

fn reading(error: PathError) -> Failure {
    of(error, Right::Read)
}

fn writing(error: PathError) -> Failure {
    of(error, Right::Write)
}

fn listing(error: PathError) -> Failure {
    of(error, Right::List)
}

fn of(error: PathError, right: Right) -> Failure {
    match error.kind() {
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            Failure::Denied(Denial::Right(right))
        }
        _ => Failure::Folder(format!("{error}: {}", error.source)),
    }
}

async fn in_thread<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) => Err(Failure::Folder(format!("the work on the folder ended: {error}"))),
    }
}
