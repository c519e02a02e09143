//! What makes two compilations, or two runs of a build script, equal.
//!
//! Owns the two-step key. Never opens the store, never starts a compiler, never uses the network: file contents come
//! through [`Files`], which the caller fills.
//!
//! 1. The **invocation key** ([`invocation`]) is made of what is known before any file is read: compiler, normalised
//!    arguments, working directory.
//! 2. A *prediction* names the files and variables that an earlier compile of this invocation read.
//! 3. The **entry key** ([`entry_key`]) is the invocation key with the present state of all those, and with the content
//!    of the dependencies. Equal entry keys mean equal results.
//!
//! A run has the same two steps; what its first key is made of is known to [`script`](crate::script).
//!
//! # What enters
//!
//! | input | how | where |
//! |-------|-----|-------|
//! | compiler, sysroot, code generators | content, not path | [`compiler`] |
//! | flags | normalised text | [`invocation`] |
//! | working directory, crate root | text, where the crate root is not relative to it | [`invocation`] |
//! | directories of the checkout | path, where the result names them | prediction |
//! | variables of `env!`, where they only lead to files | place below the roots | prediction |
//! | form of messages (`--error-format`, `--json`, `--color`) | text, where the compile said anything | [`with_messages`] |
//! | output directory, `-L dependency`, diagnostic width | not at all | |
//! | linker and what it reads | content, traced | prediction |
//! | sources, included files | content, or absence | prediction |
//! | modules that would shadow a source | absence | prediction |
//! | files, listings and programs macros look at | content, traced | prediction |
//! | what is searched for in directories above the workspace | content, wherever it is found | prediction |
//! | other variables of `env!`, `option_env!` | value | prediction |
//! | variables that macros ask for by name | value, traced | prediction |
//! | number and kind of processors, where macros ask for the number | value, traced | prediction |
//! | whole environment, less [session noise](environment) | value, where macros may read it otherwise | prediction |
//! | dependencies | content, with all they were compiled against | [`entry_key`] |
//!
//! # Limits
//! What a macro asks the C library for the time, for random numbers or for the name of the machine makes no key: such a
//! compile is not recorded. A macro that goes around the C library, or has another program ask, can't be seen to do so.
//! Of a file that is only asked for its metadata, content and kind count, not times and permissions. Names in the
//! dependency directories (`target/debug/deps`) do not count. Of directories that are searched for crates, the names in
//! them do not count, only what was read. Of a crate without the word `asm` in its own sources, what a
//! macro of another crate has the assembler read does not count. The limits of a process count nowhere, nor does its
//! processor, unless it is asked for through the C library or `/proc/cpuinfo`, or words such as `-march=native` name it.

pub mod compiler;
pub mod diff;
pub mod environment;
pub mod invocation;
pub mod schema;

use std::path::{Path, PathBuf};

use crate::digest::{Digest, FieldHasher};
use crate::entry::{Aspect, Extern, FileState, Prediction};
use crate::fs;
use crate::portable::{PortablePath, Roots};
use environment::Environment;

/// Tells the present content of files.
pub trait Files {
    /// Returns the state of what `path` leads to.
    fn state(&self, path: &Path) -> fs::Result<FileState>;

    /// Returns the state of what `path` leads to, for a file with what its owner may do.
    fn file(&self, path: &Path) -> fs::Result<FileState>;

    /// Returns the digest of the names in a directory.
    fn listing(&self, path: &Path) -> fs::Result<FileState>;

    /// Returns the digest of a symbolic link's text; what is no link is `Other`.
    fn link(&self, path: &Path) -> fs::Result<FileState>;

    /// Returns the digest of a file's length, time and permissions; of what is no file, its state.
    fn metadata(&self, path: &Path) -> fs::Result<FileState>;

    /// Returns the digest of all that is in a directory; of what is none, its state.
    fn tree(&self, path: &Path) -> fs::Result<FileState>;
}

/// The present state of all that a prediction names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    /// Files, in the prediction's order.
    pub files: Vec<(PortablePath, FileState)>,
    /// Variables, sorted by name.
    pub variables: Vec<(String, Option<Digest>)>,
    /// The directories of the checkout, for a result that names them.
    pub place: Option<Digest>,
}

impl State {
    /// Looks at everything the prediction names. `None` if it names a root that this call has not.
    ///
    /// `place_in_workspace` tells where a directory lies below the workspace's: there its files are said to be.
    pub fn observe(
        prediction: &Prediction,
        roots: &Roots,
        cwd: &Path,
        files: &impl Files,
        environment: &Environment,
        place_in_workspace: impl Fn(&Path) -> Option<PathBuf>,
    ) -> fs::Result<Option<Self>> {
        let mut states = Vec::with_capacity(prediction.files.len());
        for (portable, aspect) in &prediction.files {
            let Some(path) = portable.expand(roots) else { return Ok(None) };
            let path = cwd.join(path);
            let state = match aspect {
                Aspect::Content => files.state(&path)?,
                Aspect::File => files.file(&path)?,
                Aspect::Listing => files.listing(&path)?,
                Aspect::Link => files.link(&path)?,
                Aspect::Metadata => files.metadata(&path)?,
                Aspect::Tree => files.tree(&path)?,
                Aspect::Above => above(portable, roots, files)?,
            };
            states.push((portable.clone(), state));
        }
        let mut variables = environment.digests(&prediction.variables, prediction.whole_environment);
        for name in prediction.directories.iter().filter(|name| !prediction.variables.contains(name)) {
            let value = environment.get(name).map(|value| {
                let value = Path::new(value);
                directory(value, place_in_workspace(value), roots)
            });
            match variables.binary_search_by(|(known, _)| known.cmp(name)) {
                Ok(at) => variables[at].1 = value,
                Err(at) => variables.insert(at, (name.clone(), value)),
            }
        }
        let place = prediction.bound.then(|| place(roots));
        Ok(Some(Self { files: states, variables, place }))
    }
}

/// Looks for a path in all directories above a root, the nearest first. How many of them there are does not count, only
/// what is found. The root of the file system has the same name for everybody.
fn above(portable: &PortablePath, roots: &Roots, files: &impl Files) -> fs::Result<FileState> {
    let root = portable.root.and_then(|root| roots.get(root)).unwrap_or(Path::new(""));
    let mut hasher = FieldHasher::new("above");
    for folder in root.ancestors().skip(1).filter(|folder| folder.parent().is_some()) {
        match files.state(&folder.join(&portable.rest))? {
            FileState::Absent => {}
            found => enter(&mut hasher, &found),
        }
    }
    Ok(FileState::Above(hasher.finish()))
}

/// Digests the value of a variable that only leads to files.
fn directory(value: &Path, place: Option<PathBuf>, roots: &Roots) -> Digest {
    match roots.place(value) {
        Some(portable) => Digest::of(format!("{portable:?} {place:?}").as_bytes()),
        None => Digest::of(value.as_os_str().as_encoded_bytes()),
    }
}

/// Digests the directories that the roots stand for.
fn place(roots: &Roots) -> Digest {
    let mut hasher = FieldHasher::new("place");
    for (root, path) in roots.iter() {
        hasher.field(format!("{root:?}").as_bytes()).field(path.as_os_str().as_encoded_bytes());
    }
    hasher.finish()
}

/// Makes the entry key. `closure` digests all that the dependencies were compiled against; it stands in for traced
/// reads where there are none.
pub fn entry_key(invocation: &Digest, state: &State, externs: &[Extern], closure: Option<&Digest>) -> Digest {
    let mut hasher = FieldHasher::new("entry");
    hasher.digest(invocation);
    hasher.field(&(state.files.len() as u64).to_le_bytes());
    for (path, state) in &state.files {
        hasher.field(path.display().as_bytes());
        enter(&mut hasher, state);
    }
    hasher.field(&(state.variables.len() as u64).to_le_bytes());
    for (name, value) in &state.variables {
        hasher.field(name.as_bytes());
        match value {
            Some(digest) => hasher.digest(digest),
            None => hasher.field(b"unset"),
        };
    }
    if let Some(place) = &state.place {
        hasher.field(b"place").digest(place);
    }
    for dependency in externs {
        hasher.field(dependency.name.as_bytes()).field(dependency.file.as_bytes()).digest(&dependency.digest);
    }
    match closure {
        Some(closure) => hasher.digest(closure),
        None => hasher.field(b"traced"),
    };
    hasher.finish()
}

/// Takes the state of a file into a key.
fn enter(hasher: &mut FieldHasher, state: &FileState) {
    match state {
        FileState::Absent => hasher.field(b"absent"),
        FileState::Directory => hasher.field(b"directory"),
        FileState::Other => hasher.field(b"other"),
        FileState::Content(digest) => hasher.field(b"content").digest(digest),
        FileState::File { content, owner } => hasher.field(b"file").digest(content).field(&[*owner]),
        FileState::Listing(digest) => hasher.field(b"listing").digest(digest),
        FileState::Link(digest) => hasher.field(b"link").digest(digest),
        FileState::Metadata(digest) => hasher.field(b"metadata").digest(digest),
        FileState::Tree(digest) => hasher.field(b"tree").digest(digest),
        FileState::Above(digest) => hasher.field(b"above").digest(digest),
    };
}

/// Makes the key of a result with messages of one form. A compile that said nothing goes without: its result serves
/// every form.
pub fn with_messages(key: &Digest, form: &[String]) -> Digest {
    let mut hasher = FieldHasher::new("messages");
    hasher.digest(key);
    for flag in form {
        hasher.field(flag.as_bytes());
    }
    hasher.finish()
}
