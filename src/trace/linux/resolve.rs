//! From the arguments of a call to an absolute path.
//!
//! Owns the joining of a directory and a name as the stopped thread sees them. Never looks at what is there, and keeps
//! `..`: what it means depends on links, and only a consumer that looks can say.

use std::io::Write;

use super::look::{self, Target};

/// Resolves paths for the threads of the tree; its buffers are reused from stop to stop.
#[derive(Debug, Default)]
pub(super) struct Resolver {
    name: Vec<u8>,
    directory: Vec<u8>,
}

/// What a path is relative to.
#[derive(Debug, Clone, Copy)]
pub(super) enum Base {
    WorkingDirectory,
    Descriptor(i32),
}

/// Why a name has no absolute form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unresolved {
    /// The descriptor is not open or no directory: the call itself will fail.
    NoBase,
    /// The base exists and is not ours to see.
    Denied,
}

impl Base {
    /// Reads the argument that names a directory.
    pub(super) fn from_arg(arg: u64) -> Self {
        match arg as i32 {
            libc::AT_FDCWD => Self::WorkingDirectory,
            fd => Self::Descriptor(fd),
        }
    }
}

impl Resolver {
    /// Puts the absolute form of `name` into `out`.
    pub(super) fn resolve(
        &mut self,
        tid: u32,
        base: Base,
        name: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<(), Unresolved> {
        out.clear();
        let (base, name) = match own_link(name) {
            Some(("root", rest)) => (None, rest),
            Some((_, rest)) => (Some(Base::WorkingDirectory), rest),
            None if name.first() == Some(&b'/') => (None, name),
            None => (Some(base), name),
        };
        if let Some(base) = base {
            out.extend_from_slice(self.directory(tid, base)?);
        }
        push_clean(out, name);
        Ok(())
    }

    /// Returns the path of a directory that the thread holds.
    pub(super) fn directory(&mut self, tid: u32, base: Base) -> Result<&[u8], Unresolved> {
        self.name.clear();
        match base {
            Base::WorkingDirectory => write!(self.name, "/proc/{tid}/cwd"),
            Base::Descriptor(fd) => write!(self.name, "/proc/{tid}/fd/{fd}"),
        }
        .map_err(|_| Unresolved::Denied)?;
        match look::target(&self.name, &mut self.directory) {
            Target::Path => Ok(&self.directory),
            Target::NoPath => Err(Unresolved::NoBase),
            Target::Denied => Err(Unresolved::Denied),
        }
    }
}

/// Splits a path through the caller's own `cwd` or `root` link, which mean something else for everyone else.
fn own_link(name: &[u8]) -> Option<(&'static str, &[u8])> {
    let rest = name.strip_prefix(b"/proc/self/").or_else(|| name.strip_prefix(b"/proc/thread-self/"))?;
    [("cwd", &b"cwd/"[..]), ("root", b"root/")]
        .into_iter()
        .find_map(|(link, prefix)| Some((link, rest.strip_prefix(prefix)?)))
}

/// Appends the parts of `name` to the absolute path in `out`, leaving out empty ones and `.`.
pub(super) fn push_clean(out: &mut Vec<u8>, name: &[u8]) {
    if out == b"/" {
        out.clear();
    }
    for part in name.split(|&b| b == b'/') {
        if !part.is_empty() && part != b"." {
            out.push(b'/');
            out.extend_from_slice(part);
        }
    }
    if out.is_empty() {
        out.push(b'/');
    }
}
