//! The file system, with errors that name the path.
//!
//! Owns the thin wrappers through which the rest of the program touches files. Never decides anything about the
//! cache: what a file means is known above.

pub mod dir;
pub mod extents;
pub mod link;
pub mod lock;
pub mod replace;
pub mod stat;

use std::ffi::OsString;
use std::fs::{File, Metadata};
use std::io;
use std::path::{Path, PathBuf};

/// An io error and the path it happened at.
#[derive(Debug, thiserror::Error)]
#[error("failed to {action} `{}`", path.display())]
pub struct PathError {
    /// What was tried, as a verb: `read`, `create` …
    pub action: &'static str,
    /// Where.
    pub path: PathBuf,
    /// Why it failed.
    #[source]
    pub source: io::Error,
}

impl PathError {
    /// Returns the kind of the io error.
    pub fn kind(&self) -> io::ErrorKind {
        self.source.kind()
    }
}

/// The result of a file system operation.
pub type Result<T> = std::result::Result<T, PathError>;

/// Adds action and path to an io result.
pub trait AtPath<T> {
    /// Names the action and the path of a failure.
    fn at(self, action: &'static str, path: &Path) -> Result<T>;
}

impl<T, E: Into<io::Error>> AtPath<T> for std::result::Result<T, E> {
    fn at(self, action: &'static str, path: &Path) -> Result<T> {
        self.map_err(|e| PathError { action, path: path.to_owned(), source: e.into() })
    }
}

/// Turns "not found" into `None`.
pub trait OrAbsent<T> {
    /// Turns "not found" into `None`.
    fn or_absent(self) -> Result<Option<T>>;
}

impl<T> OrAbsent<T> for Result<T> {
    fn or_absent(self) -> Result<Option<T>> {
        match self {
            Ok(value) => Ok(Some(value)),
            Err(e) if matches!(e.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => Ok(None),
            Err(e) => Err(e),
        }
    }
}

/// Opens a file for reading.
pub fn open(path: &Path) -> Result<File> {
    File::open(path).at("open", path)
}

/// Opens a file for writing in place.
pub fn open_for_writing(path: &Path) -> Result<File> {
    File::options().write(true).open(path).at("open for writing", path)
}

/// Creates or truncates a file.
pub fn create(path: &Path) -> Result<File> {
    File::create(path).at("create", path)
}

/// Keeps the low descriptors of an open file from programs that this one starts.
pub fn close_on_exec(path: &Path) {
    let Ok(file) = rustix::fs::stat(path) else { return };
    for number in 3..32 {
        // SAFETY: nobody closes the low descriptors of a process that has just opened them; one that is not open is an
        // error of the call.
        let descriptor = unsafe { std::os::fd::BorrowedFd::borrow_raw(number) };
        let open = rustix::fs::fstat(descriptor);
        let is_it = open.is_ok_and(|open| (open.st_dev, open.st_ino) == (file.st_dev, file.st_ino));
        if is_it {
            let _ = rustix::io::fcntl_setfd(descriptor, rustix::io::FdFlags::CLOEXEC);
        }
    }
}

/// Reads a whole file.
#[expect(clippy::disallowed_methods, reason = "this is the wrapper")]
pub fn read(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).at("read", path)
}

/// Reads a file of at most 1 KiB by one call: files of the kernel's do not tell their length, and a reader that does not
/// know it asks for a few bytes at a time.
pub fn read_short(path: &Path) -> Result<Vec<u8>> {
    use std::io::Read as _;
    let mut bytes = vec![0; 1024];
    let length = open(path)?.read(&mut bytes).at("read", path)?;
    bytes.truncate(length);
    Ok(bytes)
}

/// Reads a whole file as UTF-8.
#[expect(clippy::disallowed_methods, reason = "this is the wrapper")]
pub fn read_to_string(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).at("read", path)
}

/// Writes a whole file in place.
#[expect(clippy::disallowed_methods, reason = "this is the wrapper")]
pub fn write(path: &Path, bytes: impl AsRef<[u8]>) -> Result<()> {
    std::fs::write(path, bytes).at("write", path)
}

/// Renames a file or directory, replacing a file at `to`.
#[expect(clippy::disallowed_methods, reason = "this is the wrapper")]
pub fn rename(from: &Path, to: &Path) -> Result<()> {
    std::fs::rename(from, to).at("rename to", to)
}

/// Removes a file; one that is not there is no error. Returns whether it was there.
#[expect(clippy::disallowed_methods, reason = "this is the wrapper")]
pub fn remove_file(path: &Path) -> Result<bool> {
    std::fs::remove_file(path).at("remove", path).or_absent().map(|found| found.is_some())
}

/// Removes a directory tree; one that is not there is no error.
#[expect(clippy::disallowed_methods, reason = "this is the wrapper")]
pub fn remove_dir_all(path: &Path) -> Result<()> {
    std::fs::remove_dir_all(path).at("remove", path).or_absent().map(drop)
}

/// Removes whatever is at `path`: a file, a link, or a directory with all that is in it; nothing there is no error.
pub fn remove_any(path: &Path) -> Result<()> {
    match path.symlink_metadata() {
        Ok(meta) if meta.is_dir() => remove_dir_all(path),
        _ => remove_file(path).map(drop),
    }
}

/// Creates a directory and its parents.
#[expect(clippy::disallowed_methods, reason = "this is the wrapper")]
pub fn create_dir_all(path: &Path) -> Result<()> {
    std::fs::create_dir_all(path).at("create directory", path)
}

/// Creates a directory and its parents, the new ones private to the user.
pub fn create_private_dir_all(path: &Path) -> Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path).at("create directory", path)
}

/// Returns metadata, following links.
pub fn metadata(path: &Path) -> Result<Metadata> {
    path.metadata().at("read metadata of", path)
}

/// Returns metadata of the name itself.
pub fn symlink_metadata(path: &Path) -> Result<Metadata> {
    path.symlink_metadata().at("read metadata of", path)
}

/// Whether `path` leads to a file that somebody may run.
pub fn is_program(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    path.metadata().is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}

/// Lists the names in a directory, sorted.
#[expect(clippy::disallowed_methods, reason = "this is the wrapper")]
pub fn list(path: &Path) -> Result<Vec<OsString>> {
    let entries = std::fs::read_dir(path).at("list", path)?;
    let names = entries.map(|entry| entry.map(|e| e.file_name())).collect::<io::Result<Vec<_>>>();
    names.at("list", path).map(|mut names| {
        names.sort();
        names
    })
}

/// Lists the names in a directory, sorted, and whether each is a directory itself (not a link to one).
#[expect(clippy::disallowed_methods, reason = "this is the wrapper")]
pub fn list_with_types(path: &Path) -> Result<Vec<(OsString, bool)>> {
    let entries = std::fs::read_dir(path).at("list", path)?;
    let read = |entry: io::Result<std::fs::DirEntry>| {
        let entry = entry?;
        Ok((entry.file_name(), entry.file_type()?.is_dir()))
    };
    let mut names = entries.map(read).collect::<io::Result<Vec<_>>>().at("list", path)?;
    names.sort();
    Ok(names)
}
