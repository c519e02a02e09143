//! Puts a new text in the place of a file that people edit.
//!
//! Owns the one safe way: a new file beside it takes its name in one step. Never makes a file of a link: what the link
//! leads to is replaced.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use super::{AtPath as _, OrAbsent as _, Result};
use crate::fs;

/// Puts `bytes` in place of the file that `path` leads to, with the mode and the owner it had.
pub fn replace(path: &Path, bytes: &[u8]) -> Result<()> {
    let target = follow(path)?;
    // A device, say, would be gone for good.
    if fs::metadata(&target).or_absent()?.is_some_and(|meta| !meta.is_file()) {
        return Err(std::io::Error::other("it is no regular file")).at("replace", &target);
    }
    let folder = target.parent().expect("a file lies in a folder");
    fs::create_dir_all(folder)?;

    let name = target.file_name().unwrap_or_default().to_string_lossy();
    let fresh = folder.join(format!(".{name}.{}.tmp", std::process::id()));
    fs::remove_file(&fresh)?;
    let written = write_new(&fresh, bytes, &target).and_then(|()| fs::rename(&fresh, &target));
    if written.is_err() {
        // The first error is the one to tell.
        fs::remove_file(&fresh).ok();
    }
    written
}

/// Writes a file that is not there yet, with mode and owner of `model` if that exists.
fn write_new(fresh: &Path, bytes: &[u8], model: &Path) -> Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).open(fresh).at("create", fresh)?;
    if let Some(model) = fs::metadata(model).or_absent()? {
        // Only root may give a file away, and only root would take one from its owner.
        let _ = std::os::unix::fs::fchown(&file, Some(model.uid()), Some(model.gid()));
        file.set_permissions(model.permissions()).at("set the mode of", fresh)?;
    }
    file.write_all(bytes).and_then(|()| file.sync_all()).at("write", fresh)
}

/// Follows links from `path` to the name a new file has to take, which need not exist.
pub fn follow(path: &Path) -> Result<PathBuf> {
    let mut path = path.to_owned();
    for _ in 0..MAX_LINKS {
        match path.read_link() {
            Ok(target) => path = path.parent().unwrap_or(Path::new("")).join(target),
            Err(_) => return Ok(path),
        }
    }
    Err(std::io::Error::other("too many links")).at("follow", &path)
}

/// As many links as Linux follows.
const MAX_LINKS: usize = 40;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_stays_a_link_and_modes_stay() {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = tempfile::tempdir().unwrap();
        let (file, link) = (dir.path().join("real/file"), dir.path().join("link"));
        std::os::unix::fs::symlink("real/file", &link).unwrap();
        replace(&link, b"1").unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o604)).unwrap();
        // Only root can make a file that is another's; others see that their own stays theirs.
        let _ = std::os::unix::fs::chown(&file, Some(12), Some(34));
        let before = file.metadata().unwrap();
        replace(&link, b"2").unwrap();
        let after = file.metadata().unwrap();
        assert_eq!(fs::read(&file).unwrap(), b"2");
        assert_eq!(link.read_link().unwrap(), Path::new("real/file"));
        assert_ne!(after.ino(), before.ino());
        let of = |meta: &std::fs::Metadata| (meta.mode(), meta.uid(), meta.gid());
        assert_eq!(of(&after), of(&before));
        assert_eq!(fs::list(&dir.path().join("real")).unwrap(), ["file"]);
    }
}
