//! Traces a command: which files its process tree read, looked for, listed, started or wrote.
//!
//! Owns running a program so that what it depends on becomes known. Never decides what an access means for a cache,
//! never hashes anything, and never changes what the program does: it refuses no call and answers none in its place.
//!
//! # How
//!
//! On Linux a seccomp filter lets the kernel stop the tree at each call that takes a path, and at those that reach out
//! of it. A thread of ours writes down what the call is about, looks at what is on disk at that moment, and lets the
//! call run. The filter is inherited, so it covers threads, `vfork`, deep trees, static programs and raw system calls
//! alike; the rest of the calls runs at full speed. Elsewhere [`supported`] says no and the caller runs untraced.
//!
//! Where variables are asked for too, most looks need no stop: a library of ours notes them, in the program and in those
//! of the system that it starts; see `hook`. The trace is the same either way.
//!
//! # As found, or made by the tree
//!
//! An access counts as an input while its path stands as the tree found it. Once the tree has created, truncated,
//! replaced, renamed or removed a path, that path and all below it are the tree's own, and looking at them is no
//! access any more: the flags [`read`](Access::read), `stat`, `list`, `link`, `exec` and `absent` speak of what was
//! found, never of what was made. A write that fails leaves the path as found. Renaming or hard-linking a file that was
//! found counts as reading it. A link made by the tree that leads to a file it found counts as access to that file.
//!
//! | call | noted as |
//! |---|---|
//! | `open` for reading | `read`; `stat` for a directory, whose content is learnt by listing it |
//! | `stat`, `access`, `statx`, `statfs`, `getxattr` | `stat` |
//! | `lstat`, `readlink` | `link`; `lstat` of what is no link also `stat` |
//! | `getdents` | `list` |
//! | `execve` | `exec`, for the program, the interpreters of `#!` lines and the loader of an ELF file |
//! | `open` that creates or truncates, `mkdir`, `symlink`, `link`, `rename`, `unlink` | `written`; the path is the tree's own from now on |
//! | `open` for writing without truncation | `written`; also `read` for `O_RDWR`; the path stays as found |
//! | `chmod`, `chown`, `utimens`, `truncate`, `setxattr` | `written`; the path stays as found |
//! | a creation of what is already there, a removal of what is not | `stat` |
//! | `getrandom` without flags | [`random`](Trace::random) |
//! | `uname` | [`host`](Trace::host) |
//! | `socket` (but for local streams), `bind`, `connect` to anything that exists | [`network`](Trace::network) |
//!
//! # Paths
//!
//! A path is absolute, without `.`, doubled or trailing slashes. `..` and links on the way stay: only looking can say what
//! they mean, and looking is left to the consumer. Two spellings of one file are two accesses. Paths of `/proc/self`
//! stay as written and are never called absent, save that `/proc/self/cwd/…` and `/proc/self/root/…` are spelled out.
//!
//! # Variables
//!
//! On request, what the program asks its environment for is noted too, by a library of ours that is loaded with it; see
//! `hook` for how, and for what escapes it. That is no trace of a tree: only the program itself is looked into. Among
//! the names stand those of other questions, which no variable can have:
//!
//! | name | asked for by |
//! |---|---|
//! | [`HERE`] | `getcwd`, `realpath` |
//! | [`CLOCK`] | `clock_gettime` of a clock that tells the date, `gettimeofday`, `time`, `timespec_get` |
//! | [`RANDOM`] | `getrandom` without flags, `getentropy`, `arc4random` and its like |
//! | [`HOST`] | `uname`, `gethostname`, `sysinfo`, `getlogin`, `getlogin_r` |
//! | [`PROCESSORS`] | `sched_getaffinity`, `get_nprocs`, `get_nprocs_conf` |
//!
//! How much time goes by counts for nothing. Nor do random numbers that are asked for with a flag, not to wait for them:
//! hash tables and allocators do so, in every program.
//!
//! # Limits
//!
//! Not seen, hence to be known otherwise: environment variables of other programs than the first, and all of them
//! unless asked for; the user; what kind of processor it is; clocks, which are read without a system call, and random
//! numbers where a C library makes them in the same way, unless the program itself asks for them and is looked into;
//! memory and descriptors inherited from us (a pipe, a jobserver, a directory opened before); what a `connect`ed server
//! sends; abstract sockets are [`network`](Trace::network). `fstatat` and `statx` with a directory, a name *and* no flag
//! but `AT_EMPTY_PATH` look like `fstat` to the filter and pass. Ways around paths, such as file handles, rings or
//! `ptrace`, make a trace [`incomplete`](Trace::incomplete), as do programs of another architecture.
//!
//! What is on disk is looked at just before the call. Another process that changes it in between, or a thread that
//! rewrites its own arguments, can deceive a trace: it is no security boundary. A path that was absent and that others
//! create while the program runs shows as `absent` and may have been read all the same: a consumer that looks again
//! afterwards and finds it must not use the trace.
//!
//! The tree runs with `no_new_privs`: set-user-ID programs start without their rights, and a trace that saw one is
//! incomplete. While a filter has a listener no second one can be installed below it: a trace within a trace is
//! unsupported, and asking for it makes the outer one incomplete. A handler installed without `SA_RESTART` can interrupt
//! a stopped call with `EINTR`; from Linux 5.19 on only until we have looked at it.
//!
//! Processes that outlive the program keep their filter, and someone has to answer their calls, which would fail with
//! `ENOSYS` otherwise. When [`Traced`] goes, with or without [`wait`](Traced::wait), a small process of its own takes that
//! over, lets everything run, and ends with the last of them. If it is killed, or our process before it could start it,
//! the calls do fail.

#[cfg(all(
    target_os = "linux",
    target_pointer_width = "64",
    target_endian = "little",
    any(target_arch = "x86_64", target_arch = "aarch64")
))]
#[path = "linux/mod.rs"]
mod platform;
#[cfg(not(all(
    target_os = "linux",
    target_pointer_width = "64",
    target_endian = "little",
    any(target_arch = "x86_64", target_arch = "aarch64")
)))]
#[path = "elsewhere.rs"]
mod platform;
#[cfg(all(test, target_os = "linux"))]
mod tests;

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus};

/// How much of a program is traced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Its tree's way to files.
    Files,
    /// Also what the program itself asks its environment for, where that is possible.
    FilesAndVariables,
}

/// Spawns `command` traced, with the standard streams it is configured with.
///
/// Nothing about the program changes but `no_new_privs`. The command itself can be spawned again afterwards, untraced.
pub fn spawn(command: &mut Command, scope: Scope) -> Result<Traced, SpawnError> {
    match scope {
        Scope::Files => spawn_with(command, None),
        Scope::FilesAndVariables => spawn_with(command, Some(std::env::vars_os().collect())),
    }
}

/// Spawns `command`; given an environment, the command gets it, and is looked into.
fn spawn_with(
    command: &mut Command,
    variables: Option<Vec<(OsString, OsString)>>,
) -> Result<Traced, SpawnError> {
    let (child, watch) = platform::spawn(command, variables.as_deref())?;
    Ok(Traced { child, watch })
}

/// Returns whether commands can be traced here; tried once, and then remembered.
pub fn supported() -> Result<(), Unsupported> {
    platform::supported()
}

/// A program that runs under a trace.
///
/// Dropping it does not stop the program; only the trace is lost.
#[derive(Debug)]
pub struct Traced {
    /// The program; its pipes are the caller's to read.
    pub child: Child,
    watch: platform::Watch,
}

impl Traced {
    /// Waits for the program to exit and for its tree to be gone, and returns what was seen.
    ///
    /// Processes that live on more than a second after the program make the trace incomplete; they are not waited for
    /// any longer, and go on unrecorded.
    pub fn wait(mut self) -> io::Result<(ExitStatus, Trace)> {
        self.watch.wait(&mut self.child)
    }
}

/// What a process tree did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trace {
    /// One per path, sorted by path.
    pub accesses: Vec<Access>,
    /// The tree reached out of itself by a socket.
    pub network: bool,
    /// The tree asked the kernel for random numbers, and would have waited for them. What a C library makes without a
    /// system call is not seen, nor are clocks.
    pub random: bool,
    /// The tree asked the kernel which machine it runs on.
    pub host: bool,
    /// Something could have been read unseen.
    pub incomplete: Option<Incomplete>,
    /// How many calls stopped: what the trace has cost.
    pub stops: u64,
    /// What the program asked its environment for. `None`: not known.
    pub variables: Option<Variables>,
}

impl Trace {
    /// Whether the content of a file was asked for.
    pub fn read(&self, file: &str) -> bool {
        self.accesses.iter().any(|access| access.read && access.path == Path::new(file))
    }
}

/// Stands among the names for the question where the program is: its working directory, or a path made absolute by it.
pub const HERE: &str = ".";

/// Stands among the names for the question what time it is.
pub const CLOCK: &str = "=clock";

/// Stands among the names for the wish for random numbers.
pub const RANDOM: &str = "=random";

/// Stands among the names for the question which machine this is, and whose.
pub const HOST: &str = "=host";

/// Stands among the names for the question how many processors there are, and which.
pub const PROCESSORS: &str = "=processors";

/// What a program asked its environment for, by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variables {
    /// The program, by the path of its file.
    pub program: PathBuf,
    /// All that was ever loaded into it.
    pub objects: Vec<Object>,
    /// Names that code outside of all objects asked for.
    pub elsewhere: BTreeSet<OsString>,
}

/// A program or library, loaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    /// Where the loader found it.
    pub path: PathBuf,
    /// It was there before the program began.
    pub is_early: bool,
    /// Names that its code asked for.
    pub asked: BTreeSet<OsString>,
}

/// All that was done at one path.
///
/// The flags but `written` speak of the path as the tree found it; one or more of them make it an input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Access {
    /// Where.
    pub path: PathBuf,
    /// Nothing was there.
    pub absent: bool,
    /// The content of a file was opened.
    pub read: bool,
    /// Metadata or mere existence was asked for, links followed.
    pub stat: bool,
    /// The names in a directory were asked for.
    pub list: bool,
    /// The name itself was asked for, without following a link.
    pub link: bool,
    /// It was started, or is what the kernel loads to start something.
    pub exec: bool,
    /// The tree created, changed, replaced or removed it, or tried to.
    pub written: bool,
    /// Something that the tree found there was changed, replaced or removed.
    pub replaced: bool,
    /// The tree wrote it without ever having looked at what was there: an output, not an input.
    pub written_first: bool,
}

impl Access {
    /// Returns whether what was found at this path can have influenced the tree.
    pub fn is_input(&self) -> bool {
        !self.written_first
    }
}

/// Why something could have been read unseen.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Incomplete {
    /// Processes were left after the program itself had ended.
    #[error("a process outlived the program")]
    Outlived,
    /// A set-user-ID program or one with capabilities was started, and ran without its rights.
    #[error("`{}` runs with rights of its own, which a trace takes away", .0.display())]
    Privileged(PathBuf),
    /// A program of another architecture or of a format unknown to us was started.
    #[error("`{}` is a program of another kind", .0.display())]
    ForeignProgram(PathBuf),
    /// System calls of another architecture were made.
    #[error("system calls of another architecture were made")]
    ForeignCalls,
    /// A system call newer than this program was made.
    #[error("system call {0} is not known")]
    UnknownCall(u32),
    /// A directory that the tree did not make was renamed, with all that is in it.
    #[error("the existing directory `{}` was renamed", .0.display())]
    MovedDirectory(PathBuf),
    /// An io_uring was set up, whose requests are no system calls.
    #[error("an io_uring was set up")]
    Ring,
    /// A file was named by a handle instead of a path.
    #[error("a file handle was used in place of a path")]
    Handle,
    /// Memory or descriptors of another process were reached for, as by `ptrace`.
    #[error("another process was reached into")]
    OtherProcess,
    /// Mounts or roots were changed, so that paths mean something else.
    #[error("mounts or the root directory were changed")]
    Namespace,
    /// System V or message queue objects were used.
    #[error("System V shared memory or message queues were used")]
    SharedMemory,
    /// The kernel was asked for what no path shows: keys, mounts, its log, measurements.
    #[error("the kernel was asked for state that no path shows")]
    Kernel,
    /// A filter with a listener of its own was asked for, and refused because of ours.
    #[error("a seccomp listener was asked for")]
    Filter,
    /// The arguments of a call were not readable.
    #[error("the arguments of a system call were not readable")]
    Unreadable,
    /// The supervisor lost the listener.
    #[error("the supervisor failed")]
    Supervisor,
}

/// Why a traced program did not start.
#[derive(Debug, thiserror::Error)]
pub enum SpawnError {
    /// Nothing was run; the same command can be run untraced.
    #[error("failed to trace")]
    Unsupported(#[from] Unsupported),
    /// The program itself cannot be started.
    #[error("failed to start the program")]
    Program(#[source] io::Error),
}

/// Why commands cannot be traced here.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unsupported {
    /// No tracing on this operating system, architecture or kernel.
    #[error("tracing is not available on this platform")]
    Platform,
    /// The kernel refused the filter, as it does inside some sandboxes and inside a trace.
    #[error("the kernel refused a seccomp listener: {}", io::Error::from_raw_os_error(*.errno))]
    Refused {
        /// What the kernel said.
        errno: i32,
    },
    /// A process, thread or socket needed for tracing could not be had.
    #[error("failed to set up tracing: {}", io::Error::from_raw_os_error(*.errno))]
    Resources {
        /// What the kernel said.
        errno: i32,
    },
    /// The memory of traced programs is not readable.
    #[error("the memory of child processes is not readable")]
    NoMemory,
    /// The kernel does not tell when the last traced process is gone.
    #[error("the kernel does not report the end of a traced process tree")]
    NoEnd,
}
