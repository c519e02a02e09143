//! The disk below the cache: what lies in the store, and file systems of a test's own.

use std::ffi::CString;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use cargo_kache::digest::Digest;
use cargo_kache::store::blob::{Blobs, T0};
use cargo_kache::store::index::Index;
use cargo_kache::store::layout::Layout;

use super::project::Project;

/// Says what a test found or why it did nothing: shown with `--nocapture`, and when it fails.
#[expect(clippy::print_stdout, reason = "the test harness collects it")]
pub(crate) fn note(text: &str) {
    println!("{text}");
}

/// What a name leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Inode {
    pub(crate) number: u64,
    pub(crate) modified: (i64, i64),
    pub(crate) mode: u32,
    pub(crate) links: u64,
}

impl Inode {
    /// Looks at a file.
    pub(crate) fn of(path: impl AsRef<Path>) -> Self {
        let path = path.as_ref();
        let meta = path.symlink_metadata().unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        Self {
            number: meta.ino(),
            modified: (meta.mtime(), meta.mtime_nsec()),
            mode: meta.mode() & 0o7777,
            links: meta.nlink(),
        }
    }

    /// Whether it carries the time of blobs.
    pub(crate) fn has_t0(&self) -> bool {
        self.modified == (T0.seconds, i64::from(T0.nanos))
    }
}

impl Project {
    /// Returns the layout of the cache.
    pub(crate) fn layout(&self) -> Layout {
        Layout::new(self.cache())
    }

    /// Lists the blobs of the store.
    pub(crate) fn blobs(&self) -> Vec<(PathBuf, Inode)> {
        if !self.layout().blobs().exists() {
            return Vec::new();
        }
        let all = Blobs::new(self.layout()).list().unwrap();
        let blob = |(path, digest, _): (PathBuf, Option<Digest>, _)| {
            assert!(digest.is_some(), "{} is no blob", path.display());
            let inode = Inode::of(&path);
            (path, inode)
        };
        all.into_iter().map(blob).collect()
    }

    /// Demands that every blob has the content, the time and the mode of a blob, and that every entry is complete.
    #[track_caller]
    pub(crate) fn assert_store_is_whole(&self) -> &Self {
        for (path, inode) in self.blobs() {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            let bytes = fs::read(&path).unwrap();
            assert_eq!(Digest::of(&bytes).to_hex(), name, "content of a blob");
            assert!(inode.has_t0(), "time of {name}: {inode:?}");
            let modes: &[u32] = if is_metadata(&bytes) { &[0o644] } else { &[0o444, 0o555] };
            assert!(modes.contains(&inode.mode), "mode of {name}: {inode:?}");
        }
        if !self.layout().index_file("").exists() {
            return self;
        }
        let index = Index::open(&self.layout()).unwrap();
        for (_, entry) in index.read().unwrap().entries() {
            for output in &entry.outputs {
                let blob = self.layout().blob(&output.digest);
                assert!(blob.exists(), "{} of an entry of {} is missing", output.name, entry.unit.crate_name);
            }
        }
        self
    }

    /// Returns the one file in a directory of the project whose name begins and ends like this.
    #[track_caller]
    pub(crate) fn find(&self, directory: &str, begin: &str, end: &str) -> PathBuf {
        let directory = self.path(directory);
        let names = fs::read_dir(&directory).unwrap().map(|entry| entry.unwrap().path());
        let fits = |path: &PathBuf| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            name.starts_with(begin) && name.ends_with(end) && (!end.is_empty() || !name.contains('.'))
        };
        let mut found = names.filter(fits).collect::<Vec<_>>();
        assert_eq!(found.len(), 1, "{begin}…{end} in {}: {found:?}", directory.display());
        found.remove(0)
    }
}

/// A file system in memory, seen by this thread and its children only. Gone when dropped.
pub(crate) struct Memory {
    at: PathBuf,
}

impl Memory {
    /// Mounts one of `size` bytes at a directory. `None`, with a printed reason, where this may not be done.
    pub(crate) fn mount(at: &Path, size: u64) -> Option<Self> {
        fs::create_dir_all(at).unwrap();
        let mounted = private_mounts().and_then(|()| mount("tmpfs", at, 0, &format!("size={size}")));
        match mounted {
            Ok(()) => Some(Self { at: at.to_owned() }),
            Err(error) => {
                note(&format!("skipped: no file system can be mounted here: {error}"));
                None
            }
        }
    }

    /// Mounts a btrfs of `size` bytes in a file beside a directory. `None`, with a printed reason, where this cannot be.
    pub(crate) fn btrfs(at: &Path, size: u64) -> Option<Self> {
        fs::create_dir_all(at).unwrap();
        let image = at.with_extension("image");
        fs::File::create(&image).unwrap().set_len(size).unwrap();
        let run = |program: &str, arguments: &[&std::ffi::OsStr]| {
            let output = std::process::Command::new(program).args(arguments).output()?;
            let failed = || std::io::Error::other(String::from_utf8_lossy(&output.stderr).into_owned());
            if output.status.success() { Ok(()) } else { Err(failed()) }
        };
        let made = run("mkfs.btrfs", &["-q".as_ref(), image.as_ref()])
            .and_then(|()| private_mounts())
            .and_then(|()| run("mount", &["-o".as_ref(), "loop".as_ref(), image.as_ref(), at.as_ref()]));
        match made {
            Ok(()) => Some(Self { at: at.to_owned() }),
            Err(error) => {
                note(&format!("skipped: no btrfs can be mounted here: {error}"));
                None
            }
        }
    }

    /// Has all written to the disk below.
    pub(crate) fn sync(&self) {
        rustix::fs::syncfs(fs::File::open(&self.at).unwrap()).unwrap();
    }

    /// Shows a directory at a second place, as a file system of its own. Only after another mount of this thread's.
    pub(crate) fn bind(what: &Path, at: &Path) -> Self {
        fs::create_dir_all(at).unwrap();
        let (from, to) = (c_path(what), c_path(at));
        // SAFETY: all pointers are C strings that outlive the call, or null where the call reads none.
        let bound = unsafe {
            libc::mount(from.as_ptr(), to.as_ptr(), std::ptr::null(), libc::MS_BIND, std::ptr::null())
        };
        assert_eq!(bound, 0, "{}", std::io::Error::last_os_error());
        Self { at: at.to_owned() }
    }

    /// Returns the bytes in use.
    pub(crate) fn used(&self) -> u64 {
        let stat = rustix::fs::statvfs(&self.at).unwrap();
        (stat.f_blocks - stat.f_bfree) * stat.f_frsize
    }

    /// Makes it read-only.
    pub(crate) fn make_read_only(&self) {
        mount("tmpfs", &self.at, libc::MS_REMOUNT | libc::MS_RDONLY, "").unwrap();
    }

    /// Makes it writable again.
    pub(crate) fn make_writable(&self) {
        mount("tmpfs", &self.at, libc::MS_REMOUNT, "").unwrap();
    }

    /// Writes to a file in it until but `rest` bytes are free.
    pub(crate) fn fill(&self, rest: u64) -> PathBuf {
        let filler = self.at.join("filler");
        let stat = rustix::fs::statvfs(&self.at).unwrap();
        let free = stat.f_bavail * stat.f_frsize;
        let size = usize::try_from(free.saturating_sub(rest)).unwrap();
        fs::write(&filler, vec![0; size]).unwrap();
        filler
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        let at = c_path(&self.at);
        // SAFETY: the path is a C string.
        unsafe { libc::umount2(at.as_ptr(), libc::MNT_DETACH) };
    }
}

fn c_path(path: &Path) -> CString {
    CString::new(path.as_os_str().as_encoded_bytes()).unwrap()
}

/// Gives this thread mounts of its own.
fn private_mounts() -> std::io::Result<()> {
    // SAFETY: affects this thread only, which is the test's.
    match unsafe { libc::unshare(libc::CLONE_NEWNS) } {
        0 => mount("none", Path::new("/"), libc::MS_REC | libc::MS_PRIVATE, ""),
        _ => Err(std::io::Error::last_os_error()),
    }
}

fn mount(kind: &str, at: &Path, flags: libc::c_ulong, options: &str) -> std::io::Result<()> {
    let (kind, at, options) = (CString::new(kind)?, c_path(at), CString::new(options)?);
    // SAFETY: all pointers are C strings that outlive the call.
    let result = unsafe {
        libc::mount(kind.as_ptr(), at.as_ptr(), kind.as_ptr(), flags, options.as_ptr().cast::<libc::c_void>())
    };
    if result == 0 { Ok(()) } else { Err(std::io::Error::last_os_error()) }
}

/// Whether a file is crate metadata by itself, not in an archive: rustc refuses to replace it when it is read-only. That
/// of a checked program is empty.
fn is_metadata(bytes: &[u8]) -> bool {
    bytes.is_empty() || bytes.starts_with(b"rust\0")
}
