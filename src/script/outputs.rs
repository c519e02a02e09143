//! What a script left in `OUT_DIR`.
//!
//! Owns the walk over the directory, and the form in which each thing in it is kept: a text with its directories taken
//! out, an object file with the placeholder for the workspace in its debug information, anything else as it is.

use std::ffi::OsStr;
use std::os::unix::fs::{FileTypeExt as _, PermissionsExt};
use std::path::{Path, PathBuf};

use super::call::Run;
use super::moment::Moment;
use super::places::Places;
use crate::digest::Digest;
use crate::entry::{Output, OutputKind, Tree};
use crate::event::Bypass;
use crate::fs::stat::{Stat, Time};
use crate::fs::{self, AtPath as _, link};
use crate::placeholder::lift::{self, Lifted};
use crate::portable::Root;
use crate::serve::notes::chain;
use crate::store::blob::{Blobs, Form};

/// What a script left.
#[derive(Default)]
pub(super) struct Left {
    files: Vec<File>,
    tree: Tree,
    /// Directories that were there before.
    old_directories: Vec<String>,
    /// Whether something in it names this checkout's place, and no other can be put in.
    pub(super) is_bound: bool,
    /// Whether the time of the run stands in it.
    pub(super) tells_time: bool,
}

/// One file.
struct File {
    name: String,
    path: PathBuf,
    permissions: u32,
    form: Kept,
}

/// How a file is kept.
enum Kept {
    /// As it is.
    AsIs,
    /// The text of a template, made ready to be stored.
    Template(Vec<u8>),
    /// With other debug information, which the file itself gets as well.
    Lifted(Vec<u8>),
}

/// Looks at all that is in `OUT_DIR`, and was put there since a time if one is given: the rest is of an earlier run.
pub(super) fn collect(
    run: &Run,
    places: &Places,
    moment: &Moment,
    since: Option<Time>,
) -> Result<Left, Bypass> {
    let mut left = Left::default();
    let is_old = |stat: &Stat| since.is_some_and(|since| stat.changed < since);
    let mut folders = vec![(String::new(), run.out_dir.clone())];
    while let Some((prefix, folder)) = folders.pop() {
        let mut inside = Vec::new();
        for name in fs::list(&folder).map_err(|e| store(&e))? {
            let path = folder.join(&name);
            let name = text(&name)?;
            let name = if prefix.is_empty() { name } else { format!("{prefix}/{name}") };
            let stat = Stat::of_name(&path).map_err(|e| store(&e))?;
            if is_old(&stat) && !stat.is_dir() {
                continue;
            }
            let meta = fs::symlink_metadata(&path).map_err(|e| store(&e))?;
            let kind = meta.file_type();
            let permissions = meta.permissions().mode() & 0o777;
            if kind.is_dir() {
                left.tree.directories.push((name.clone(), permissions));
                left.old_directories.extend(is_old(&stat).then(|| name.clone()));
                inside.push((name, path));
            } else if kind.is_symlink() {
                let target = std::fs::read_link(&path).at("read", &path).map_err(|e| store(&e))?;
                let target = places.shorten(target.as_os_str().as_encoded_bytes());
                left.is_bound |= target.is_bound;
                left.tree.links.push((name, target.text));
            } else if kind.is_file() {
                let form = left.look_into(&path, run, places, moment)?;
                left.files.push(File { name, path, permissions, form });
            } else {
                let what = if kind.is_fifo() { "pipe" } else { "socket or device" };
                return Err(Bypass::Script(format!("left a {what}, `{name}`")));
            }
        }
        folders.extend(inside.into_iter().rev());
    }
    if let Some(name) = left.old_directories.iter().find(|name| !left.has_something_in(name)) {
        return Err(Bypass::Script(format!("may or may not have made the directory `{name}`")));
    }
    Ok(left)
}

impl Left {
    /// Whether a file or link of this run lies below a directory.
    fn has_something_in(&self, directory: &str) -> bool {
        let names =
            self.files.iter().map(|file| &file.name).chain(self.tree.links.iter().map(|(name, _)| name));
        names.into_iter().any(|name| name.strip_prefix(directory).is_some_and(|rest| rest.starts_with('/')))
    }

    /// Looks into a file, and chooses how it is kept.
    fn look_into(
        &mut self,
        path: &Path,
        run: &Run,
        places: &Places,
        moment: &Moment,
    ) -> Result<Kept, Bypass> {
        let content = fs::read(path).map_err(|e| store(&e))?;
        if !content.contains(&0) && std::str::from_utf8(&content).is_ok() {
            self.tells_time |= moment.is_told_in(&content);
            let shortened = places.shorten(&content);
            self.is_bound |= shortened.is_bound;
            return Ok(match shortened.is_changed {
                true => Kept::Template(postcard::to_stdvec(&shortened.text).expect("a text serialises")),
                false => Kept::AsIs,
            });
        }
        self.tells_time |= moment.is_told_by_compiler(&content);
        if !places.are_in(&content) {
            self.is_bound |= lift::is_opaque(&content);
            return Ok(Kept::AsIs);
        }
        let lifted = run.roots.get(Root::Workspace).map(|workspace| lift::lift(&content, workspace));
        match lifted {
            Some(Lifted::Replaced(content)) if !places.are_in(&content) => Ok(Kept::Lifted(content)),
            _ => {
                self.is_bound = true;
                Ok(Kept::AsIs)
            }
        }
    }

    /// Puts all of it into the store. What is for this checkout only is kept as it is.
    pub(super) fn store(self, blobs: &Blobs) -> fs::Result<(Vec<Output>, Tree)> {
        let (mut outputs, mut tree) = (Vec::new(), self.tree);
        for file in self.files {
            let executable = file.permissions & 0o111 != 0;
            let (kind, (digest, size)) = match file.form {
                Kept::Template(text) if !self.is_bound => (OutputKind::Template, put(blobs, &text)?),
                Kept::Lifted(content) if !self.is_bound => {
                    link::write_replacing(&file.path, &content, file.permissions)?;
                    set_permissions(&file.path, file.permissions)?;
                    (OutputKind::Generated, put(blobs, &content)?)
                }
                _ => (OutputKind::Generated, copy(blobs, &file.path)?),
            };
            tree.permissions.push(file.permissions);
            outputs.push(Output { name: file.name, kind, digest, size, executable });
        }
        Ok((outputs, tree))
    }
}

/// Sets permission bits, whatever the umask.
pub(super) fn set_permissions(path: &Path, permissions: u32) -> fs::Result<()> {
    std::fs::set_permissions(path, PermissionsExt::from_mode(permissions)).at("set the mode of", path)
}

fn put(blobs: &Blobs, content: &[u8]) -> fs::Result<(Digest, u64)> {
    let digest = Digest::of(content);
    blobs.put(content, &digest, Form::Data)?;
    Ok((digest, content.len() as u64))
}

fn copy(blobs: &Blobs, path: &Path) -> fs::Result<(Digest, u64)> {
    let mut file = fs::open(path)?;
    let (digest, size) = Digest::of_reader(&mut file).at("read", path)?;
    blobs.copy_in(path, &digest, size, Form::Data)?;
    Ok((digest, size))
}

fn text(name: &OsStr) -> Result<String, Bypass> {
    let text = name.to_str().map(str::to_owned);
    text.ok_or_else(|| Bypass::Script(format!("left a file whose name is no text, `{}`", name.display())))
}

fn store(error: &dyn std::error::Error) -> Bypass {
    Bypass::Store(chain(error))
}
