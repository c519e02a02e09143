//! What the index holds: entries, predictions and what is known of artefacts.
//!
//! Owns the types only; they are data, written and read by `store::index`, and by `remote::archive` for people too. A
//! change of any of them needs a new [`INDEX_SCHEMA`](crate::store::layout::INDEX_SCHEMA) and a new
//! [`SCHEMA`](crate::remote::archive::SCHEMA) of archives.

use serde::{Deserialize, Serialize};

use crate::digest::{Digest, FieldHasher};
use crate::event::Unit;
use crate::portable::{PortablePath, PortableText};
use crate::rustc::paths::Loose;

/// The result of one compilation, or of one run of a build script.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The key schema it was made under.
    pub key_schema: u32,
    /// The invocation key it was found by.
    pub invocation: Digest,
    /// What was compiled.
    pub unit: Unit,
    /// All that entered the key, group by group.
    pub inputs: Inputs,
    /// The files it made.
    pub outputs: Vec<Output>,
    /// The dep-info file, with this checkout's paths taken out.
    pub dep_info: Option<(String, PortableText)>,
    /// What the compiler wrote to stdout.
    pub stdout: PortableText,
    /// What the compiler wrote to stderr: diagnostics and artifact notifications.
    pub stderr: PortableText,
    /// How long the compile, or the run, took.
    pub compile_ms: u64,
    /// When it was recorded, in milliseconds since the Unix epoch.
    pub created_ms: u64,
    /// The proc-macro and dynamic libraries that a user of this artefact may load.
    pub artefact: Artefact,
    /// What else a build script left in its directory.
    pub tree: Tree,
}

impl Entry {
    /// Returns the size of all outputs in bytes.
    pub fn size(&self) -> u64 {
        self.outputs.iter().map(|o| o.size).sum()
    }

    /// Returns what is known of each compiled output by its content. Its own closure holds its own content too.
    pub fn artefacts(&self) -> impl Iterator<Item = (Digest, Artefact)> {
        let compiled = |kind| !matches!(kind, OutputKind::Generated | OutputKind::Template);
        self.outputs.iter().filter(move |output| compiled(output.kind)).map(|output| {
            let mut hasher = FieldHasher::new("closure of an artefact");
            hasher.digest(&self.artefact.closure).digest(&output.digest);
            (output.digest, Artefact { closure: hasher.finish(), ..self.artefact.clone() })
        })
    }
}

/// All that entered a key, kept apart so that a miss can be explained.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inputs {
    /// The compiler, for people: `rustc 1.95.0`.
    pub compiler_name: String,
    /// The compiler and its sysroot, by content.
    pub compiler: Digest,
    /// Normalised arguments.
    pub arguments: Vec<String>,
    /// Features of the package.
    pub features: Vec<String>,
    /// Files by portable path; `None` for absent ones.
    pub files: Vec<(PortablePath, FileState)>,
    /// Variables, by digest of the value.
    pub variables: Vec<(String, Option<Digest>)>,
    /// The directories of the checkout, by digest, where the result names them.
    pub place: Option<Digest>,
    /// Direct dependencies: crate name, file name, content.
    pub externs: Vec<Extern>,
}

/// One artefact handed to the compiler by `--extern`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Extern {
    /// The name it is known by in this crate.
    pub name: String,
    /// File name, which holds cargo's unit hash.
    pub file: String,
    /// Its content.
    pub digest: Digest,
}

/// The state of an input file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum FileState {
    /// There is none.
    Absent,
    /// A file with this content.
    Content(Digest),
    /// A file, and what its owner may do with it.
    File {
        /// What it holds.
        content: Digest,
        /// The owner's three bits: read, write, run.
        owner: u8,
    },
    /// A directory; its names are not of interest.
    Directory,
    /// A directory with these names.
    Listing(Digest),
    /// A symbolic link with this text.
    Link(Digest),
    /// A file with this length, time and permissions.
    Metadata(Digest),
    /// A directory with these names, contents and kinds in it, to any depth.
    Tree(Digest),
    /// What lies under one name in the directories above the workspace.
    Above(Digest),
    /// Something else: a device, a socket.
    Other,
}

/// One file of an entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Output {
    /// Its name in the output directory.
    pub name: String,
    /// What it is: decides how it is restored.
    pub kind: OutputKind,
    /// Its content.
    pub digest: Digest,
    /// Its length in bytes.
    pub size: u64,
    /// Whether it is a program.
    pub executable: bool,
}

/// What a build script left in its directory, besides the contents of files.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tree {
    /// Directories and their permissions, each behind the one it lies in.
    pub directories: Vec<(String, u32)>,
    /// Symbolic links and where they lead.
    pub links: Vec<(String, PortableText)>,
    /// Permissions of the files, in the order of the outputs.
    pub permissions: Vec<u32>,
}

/// What an output file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum OutputKind {
    /// `.rmeta`
    Metadata,
    /// `.rlib`
    Library,
    /// A proc-macro library or a build script's program: run by builds, never changed in place.
    HostTool,
    /// A program, dynamic or static library: people strip, sign and patch those in place.
    Product,
    /// What a build script wrote.
    Generated,
    /// What a build script wrote with directories of its checkout in it: the blob holds a text that has them taken out.
    Template,
}

/// The names whose present state, with the invocation key, makes the entry key: what earlier compiles of the same
/// invocation really read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Prediction {
    /// Files, and what of them was looked at.
    pub files: Vec<(PortablePath, Aspect)>,
    /// Variables.
    pub variables: Vec<String>,
    /// Whether all of the environment counts (a macro may read any of it).
    pub whole_environment: bool,
    /// Variables whose value only led to files: it counts by its place below the roots.
    pub directories: Vec<String>,
    /// Whether the result names directories of the checkout: then these are inputs themselves.
    pub bound: bool,
    /// Whether the reads were traced. If not, the dependencies must be known to load no macros.
    pub traced: bool,
}

/// What was looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Aspect {
    /// Content, or absence.
    Content,
    /// The same, and what the file's owner may do with it: those who copy it do so with its permissions. What others
    /// may do is left out, since it differs with the habits of a machine.
    File,
    /// The names in a directory.
    Listing,
    /// Where a symbolic link leads, by its text.
    Link,
    /// Length, time and permissions of a file that nobody opened.
    Metadata,
    /// All that is in a directory.
    Tree,
    /// The path below the workspace's directory, looked for in each directory above instead: so do those who search
    /// upwards, and other checkouts have other directories above them.
    Above,
}

/// What is known of a compiled library by its content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Artefact {
    /// Digest over the library's own content and that of all it was compiled against.
    pub closure: Digest,
    /// Whether a compile that uses it may load proc-macros or dynamic libraries.
    pub loads_code: bool,
    /// The variables whose values its macros, or those of its dependencies, may bring into a compile.
    pub loose: Loose,
    /// Dependencies that were not known yet: cargo starts a compile as soon as their metadata is there. What they bring
    /// in counts as well, and is looked up when it is needed.
    pub unsettled: Vec<Digest>,
}

/// How often and when an entry was used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// Number of hits.
    pub hits: u64,
    /// Last hit, in milliseconds since the Unix epoch.
    pub last_ms: u64,
}
