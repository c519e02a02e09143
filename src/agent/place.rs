//! Where the daemon listens.
//!
//! Owns the path of the socket, which has to fit into an address of 104 or 108 bytes, and the note by which a daemon
//! tells its own. Never connects.

use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use crate::digest::Digest;
use crate::env::{self, Env};
use crate::fs::{self, AtPath as _};
use crate::store::layout::Layout;

/// Longest path of a socket: the address has one byte more for the NUL.
const MAX: usize = if cfg!(target_os = "linux") { 107 } else { 103 };

/// Returns `wanted`, or a short path that stands for it: in the runtime folder, else in a private one below `/tmp`.
pub fn fitting(wanted: PathBuf, env: &Env) -> PathBuf {
    let fits = |path: &PathBuf| path.as_os_str().len() <= MAX;
    if fits(&wanted) {
        return wanted;
    }
    let name = Digest::of(wanted.as_os_str().as_bytes()).short();
    let runtime = env.absolute(env::XDG_RUNTIME_DIR).map(|base| base.join(format!("kache-{name}.sock")));
    runtime.filter(fits).unwrap_or_else(|| private_folder().join(format!("{name}.sock")))
}

/// Returns the folder of sockets of users without a runtime folder.
fn private_folder() -> PathBuf {
    Path::new("/tmp").join(format!("kache-{}", rustix::process::getuid().as_raw()))
}

/// Makes sure that the folder of a socket exists, and that in one below `/tmp` nobody else can put a socket.
pub fn prepare(socket: &Path) -> fs::Result<()> {
    let folder = socket.parent().unwrap_or(Path::new("/"));
    fs::create_private_dir_all(folder)?;
    if folder != private_folder() {
        return Ok(());
    }
    let meta = fs::symlink_metadata(folder)?;
    if meta.is_dir() && meta.uid() == rustix::process::getuid().as_raw() && meta.mode() & 0o077 == 0 {
        return Ok(());
    }
    Err(std::io::Error::other("it is not private to this user")).at("use", folder)
}

/// Writes down which process has the daemon's lock, and where it listens. Only the holder of the lock may.
pub fn note(layout: &Layout, socket: &Path) -> fs::Result<()> {
    let mut text = format!("{}\n", std::process::id()).into_bytes();
    text.extend(socket.as_os_str().as_bytes());
    fs::write(&layout.daemon_lock(), text)
}

/// Returns where the last daemon listened.
pub fn noted(layout: &Layout) -> Option<PathBuf> {
    let text = fs::read(&layout.daemon_lock()).ok()?;
    let newline = text.iter().position(|byte| *byte == b'\n')?;
    let path = PathBuf::from(std::ffi::OsString::from_vec(text[newline + 1..].to_vec()));
    Some(path).filter(|path| path.is_absolute())
}

/// Returns the process that had the daemon's lock last.
pub fn noted_pid(layout: &Layout) -> Option<u32> {
    let text = fs::read(&layout.daemon_lock()).ok()?;
    std::str::from_utf8(text.split(|byte| *byte == b'\n').next()?).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn long() -> PathBuf {
        Path::new("/home").join("x".repeat(100)).join("daemon.sock")
    }

    #[test]
    fn short_paths_stay() {
        let none = Env::from_pairs::<&str, &str>([]);
        let exact = PathBuf::from(format!("/{}", "x".repeat(MAX - 1)));
        assert_eq!(fitting(exact.clone(), &none), exact);
    }

    #[test]
    fn long_paths_move() {
        let name = Digest::of(long().as_os_str().as_bytes()).short();
        let env = Env::from_pairs([(env::XDG_RUNTIME_DIR, "/run/user/7")]);
        assert_eq!(fitting(long(), &env), PathBuf::from(format!("/run/user/7/kache-{name}.sock")));
        let far = long().parent().unwrap().to_owned();
        for env in [Env::from_pairs([(env::XDG_RUNTIME_DIR, far)]), Env::from_pairs::<&str, &str>([])] {
            assert_eq!(fitting(long(), &env), private_folder().join(format!("{name}.sock")));
        }
    }

    #[test]
    fn the_note_comes_back() {
        let dir = tempfile::tempdir().unwrap();
        let layout = Layout::new(dir.path().to_owned());
        assert_eq!(noted(&layout), None);
        let odd = PathBuf::from(std::ffi::OsString::from_vec(b"/a\nb\xff.sock".to_vec()));
        note(&layout, &odd).unwrap();
        assert_eq!(noted(&layout), Some(odd));
        assert_eq!(noted_pid(&layout), Some(std::process::id()));
    }
}
