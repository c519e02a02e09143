//! What a build says about itself: one record for each compiler call and for each
//! transfer, in an append-only log.
//!
//! Owns the record types and their file, `logs/events.jsonl` in the cache directory. Never interprets them: figures
//! and words are made in `report`. Variable *values* and other secrets never enter a record.
//!
//! # Format
//! One JSON object a line, written by a single `write` to a file opened for appending, so that lines of processes
//! that write at once do not mix. A reader skips lines it does not understand: an older program can read a log that
//! a newer one writes, and the other way round.

mod log;
mod transfer;

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

pub use log::{Log, LogPosition};
pub use transfer::{Direction, TransferEvent, mark_remote};

/// One compiler call, as it ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct UnitEvent {
    /// The build it belongs to.
    pub build: BuildId,
    /// When it ended, in milliseconds since the Unix epoch.
    pub at_ms: u64,
    /// What was compiled.
    pub unit: Unit,
    /// What came of it.
    pub outcome: Outcome,
    /// Entry key, in hex, where one could be made.
    pub key: Option<String>,
    /// Time of the real compile: measured for what was compiled, recorded earlier for a hit. Zero for a hit that was
    /// compiled all the same, to verify it.
    pub compile_ms: u64,
    /// Time of the whole wrapper process.
    pub wrapper_ms: u64,
    /// Bytes moved.
    pub bytes: Bytes,
    /// Working directory of the call: the workspace for members, the package for others.
    pub cwd: PathBuf,
    /// The directory that receives the outputs.
    pub out_dir: Option<PathBuf>,
}

/// Names one run of cargo.
///
/// The front end makes one; a lone wrapper derives one from the process that called it, so that the calls of one
/// plain cargo run group together.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct BuildId(pub String);

/// One compilation as cargo plans it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Unit {
    /// The package's name, or the crate's where cargo gave none.
    pub package: String,
    /// The package's version; empty if unknown.
    pub version: String,
    /// The crate's name.
    pub crate_name: String,
    /// What kind of target.
    pub target: Target,
    /// What the compiler was asked to do.
    pub mode: Mode,
    /// `dev` or `release`-like, by optimisation; shown to people only.
    pub profile: String,
    /// The target triple when it is not the host.
    pub triple: Option<String>,
}

/// The kind of a cargo target.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Target {
    /// A library of any crate type but proc-macro.
    Lib,
    /// A procedural macro.
    ProcMacro,
    /// The program of a build script.
    BuildScript,
    /// A run of that program.
    BuildScriptRun,
    /// A program.
    Bin(String),
    /// A test harness, by target name.
    Test(String),
    /// An example.
    Example(String),
    /// A benchmark.
    Bench(String),
}

/// What the compiler was asked to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// Generate code.
    Build,
    /// Check only.
    Check,
    /// Check, with clippy's lints.
    Clippy,
}

/// What came of a compiler call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Restored from the cache.
    Hit {
        /// Whether bytes came over the network for it during this build.
        remote: bool,
    },
    /// Compiled, and recorded unless `not_recorded` says why not.
    Missed {
        /// Why there was no hit.
        reason: MissReason,
        /// Why the result was not recorded.
        not_recorded: Option<Bypass>,
    },
    /// Compiled without the cache.
    Bypassed(Bypass),
    /// The compiler refused the code.
    Failed {
        /// The compiler's exit code, or 128 + signal.
        code: i32,
    },
    /// The cache itself failed, or what it had was found wrong; the unit was compiled.
    Error(String),
}

/// How an [`Outcome::Error`] begins that tells of a hit which did not stand the comparison with a new compile.
pub const VERIFICATION_FAILED: &str = "verification failed";

/// Bytes moved for one unit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bytes {
    /// Restored by hard link or reflink.
    pub linked: u64,
    /// Restored by copy.
    pub copied: u64,
    /// Recorded into the store.
    pub recorded: u64,
}

/// Why there was no hit: one variant for each cause.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MissReason {
    /// No entry of this unit has been seen.
    First,
    /// Source files of the crate changed.
    Source {
        /// The first of them.
        path: String,
        /// How many besides.
        more: usize,
    },
    /// Another file that was read changed: included, read by a macro, or by the linker.
    Included {
        /// The first of them.
        path: String,
        /// How many besides.
        more: usize,
    },
    /// The artefact of a dependency changed.
    Dependency(String),
    /// Another compiler.
    Compiler {
        /// The earlier one.
        from: String,
        /// The present one.
        to: String,
    },
    /// A compiler flag.
    Flags(String),
    /// Features of the package.
    Features {
        /// Turned on since.
        added: Vec<String>,
        /// Turned off since.
        removed: Vec<String>,
    },
    /// Another `--cfg`.
    Cfg(String),
    /// The value of a variable.
    Env(String),
    /// What a build script wrote.
    BuildScript(String),
    /// The linker, or a file it reads.
    Linker(String),
    /// A native library.
    NativeLib(String),
    /// The package's version.
    Version {
        /// The earlier one.
        from: String,
        /// The present one.
        to: String,
    },
    /// The entry was made under an older key schema.
    Schema,
    /// The entry was removed by `gc`.
    Evicted,
    /// The entry was damaged and has been removed.
    Damaged,
    /// The result names the directory of the checkout, and this is another one.
    Place,
    /// `KACHE_RECACHE` asks for it.
    Recache,
}

/// Why the cache stood aside: one variant for each cause.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Bypass {
    /// Executables and dynamic libraries are not cached unless asked for.
    Executable,
    /// A compiler flag that the key does not model.
    Flag(String),
    /// An output kind that is not cached.
    Emit(String),
    /// Listed in `cache.bypass`.
    Rule(String),
    /// The crate comes from stdin.
    Stdin,
    /// A member that was edited since this target last built it keeps cargo's `-C incremental`.
    Incremental,
    /// An input changed while the compiler ran.
    ChangedDuringCompile(String),
    /// The unit loads macros or a linker whose reads could not be traced.
    Untraced(String),
    /// A run of a build script that can't be repeated from the store.
    #[serde(rename = "script-run")]
    Script(String),
    /// It used the network, or something else whose answer cannot be known later.
    Volatile(String),
    /// The settings are invalid.
    Settings(String),
    /// The store cannot be used.
    Store(String),
    /// The store lies on a network file system.
    NetworkFs,
}
