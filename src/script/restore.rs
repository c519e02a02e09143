//! A hit: `OUT_DIR` is put back, and what the script said is repeated.
//!
//! Owns how each kind of file comes back, and that nothing else is in the directory afterwards. All files are private
//! ones, since scripts and the tools they call change theirs in place. Never touches anything outside of `OUT_DIR`.
//!
//! A process that is killed on the way leaves a directory that nobody uses: cargo takes the run for done only when we
//! have ended well.

use std::ffi::OsStr;
use std::io::Write as _;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use super::call::Run;
use super::lookup::Hit;
use super::outputs::set_permissions;
use crate::entry::{Entry, Output, OutputKind};
use crate::event::Bytes;
use crate::fs::link::{self, Copied};
use crate::fs::{self, AtPath as _, PathError};
use crate::portable::PortableText;
use crate::serve::session::Session;
use crate::store::blob::Form;

/// Why a hit could not be restored.
pub(super) enum Failure {
    /// A blob is missing or was changed.
    Damaged,
    /// A file operation failed. `OUT_DIR` is empty.
    File(PathError),
}

/// Puts `OUT_DIR` back, then repeats what the script said.
pub(super) fn restore(session: &Session<'_, Run>, hit: &Hit) -> Result<Bytes, Failure> {
    let (run, entry) = (session.call, &hit.entry);
    let find = |output: &Output| {
        // All become private copies: so crate metadata of the same content, which may be written to, does as well.
        let found = session.store.blobs.find(&output.digest, output.size, Form::Metadata);
        found.map(|(path, _)| path)
    };
    let blobs = entry.outputs.iter().map(find).collect::<Option<Vec<_>>>().ok_or(Failure::Damaged)?;
    let texts = text_here(run, &entry.stdout).zip(text_here(run, &entry.stderr));
    let (stdout, stderr) = texts.ok_or(Failure::Damaged)?;
    empty(&run.out_dir).map_err(Failure::File)?;
    let bytes = match put_back(run, entry, &blobs) {
        Ok(bytes) => bytes,
        Err(error) => {
            // The script, which runs now, finds an empty directory as cargo's clean builds do.
            empty(&run.out_dir).map_err(Failure::File)?;
            // Removed since it was found: by gc, or by hand.
            let is_damaged = blobs.iter().any(|blob| !blob.exists());
            return Err(if is_damaged { Failure::Damaged } else { Failure::File(error) });
        }
    };
    session.end_guard();
    let (mut out, mut err) = (std::io::stdout(), std::io::stderr());
    let _ = err.write_all(&stderr).and_then(|()| err.flush());
    let _ = out.write_all(&stdout).and_then(|()| out.flush());
    Ok(bytes)
}

/// Returns a recorded text with this run's directories. `None` if it has not all of them.
fn text_here(run: &Run, text: &PortableText) -> Option<Vec<u8>> {
    text.expand(|mark| run.roots.get(mark.root).map(|directory| mark.form.write(directory)))
}

fn empty(folder: &Path) -> fs::Result<()> {
    for name in fs::list(folder)? {
        fs::remove_any(&folder.join(name))?;
    }
    Ok(())
}

fn put_back(run: &Run, entry: &Entry, blobs: &[PathBuf]) -> fs::Result<Bytes> {
    let mut bytes = Bytes::default();
    let tree = &entry.tree;
    for (name, _) in &tree.directories {
        let path = run.out_dir.join(name);
        std::fs::create_dir(&path).at("create directory", &path)?;
    }
    for ((output, permissions), blob) in entry.outputs.iter().zip(&tree.permissions).zip(blobs) {
        let path = run.out_dir.join(&output.name);
        let mut file = link::create_new(&path, *permissions)?;
        if output.kind == OutputKind::Template {
            let text = template(run, blob).ok_or(std::io::ErrorKind::InvalidData);
            file.write_all(&text.at("read", blob)?).at("write", &path)?;
            bytes.copied += output.size;
        } else {
            match link::copy_open(&fs::open(blob)?, &file, &path)? {
                Copied::Reflinked => bytes.linked += output.size,
                Copied::Bytes => bytes.copied += output.size,
            }
        }
        // The umask took bits away that are not usual ones.
        if permissions & 0o022 != 0 {
            set_permissions(&path, *permissions)?;
        }
    }
    for (name, target) in &tree.links {
        let path = run.out_dir.join(name);
        let target = text_here(run, target).ok_or(std::io::ErrorKind::InvalidData).at("read", &path)?;
        let target = OsStr::from_bytes(&target);
        std::os::unix::fs::symlink(target, &path).at("create link", &path)?;
    }
    // Directories last: one may forbid to write in it.
    for (name, permissions) in tree.directories.iter().rev() {
        set_permissions(&run.out_dir.join(name), *permissions)?;
    }
    Ok(bytes)
}

/// Reads the text of a template, with this checkout's directories.
fn template(run: &Run, blob: &Path) -> Option<Vec<u8>> {
    let text = postcard::from_bytes::<PortableText>(&fs::read(blob).ok()?).ok()?;
    text_here(run, &text)
}
