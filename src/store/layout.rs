//! Where things lie in the cache directory.
//!
//! Owns every path below it: nothing else joins names inside the cache.
//!
//! ```text
//! {cache_dir}/            default ~/.cache/kache, mode 0700
//!   CACHEDIR.TAG          tells backup programs to pass it over
//!   store/xx/<blake3>     blobs: one file for each content, read-only, time T0
//!   index/<schema>/       LMDB: data.mdb, lock.mdb; one directory for each index schema
//!   index/<schema>.boot   the boot the index was last checked in
//!   index/<schema>.bad    made by a process that found the index damaged: the next one starts it anew
//!   states/<blake3>/      incremental state of one unit of one target directory: hard links
//!   tmp/                  files being written; stale ones are removed by gc
//!   queue/                what waits to be sent to the remote
//!   logs/events.jsonl     what builds said
//!   logs/daemon.log       what the daemon said
//!   daemon.sock           where the daemon listens, unless the path is too long for a socket
//!   daemon.lock           held by the running daemon; names its process and its socket
//!   daemon-start.lock     held by a daemon that does not listen yet
//!   inflight.lock         one byte for each compile under way
//!   store.lock            shared while recording, exclusive while gc removes
//!   gc.lock               one gc at a time
//!   sync.lock             one sync at a time
//! ```

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::queue::Queue;
use crate::digest::Digest;
use crate::fs::{self, AtPath as _, OrAbsent as _};

/// Version of the index's tables and values. 1: first.
pub const INDEX_SCHEMA: u32 = 6;

/// The directories and files of one cache.
#[derive(Clone, Debug)]
pub struct Layout {
    root: PathBuf,
}

impl Layout {
    /// Names the cache at `root`; nothing is touched.
    pub fn new(root: PathBuf) -> Self {
        Self { root }
    }

    /// Returns the cache directory.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Creates what is missing of the directories, private to the user.
    pub fn create(&self) -> fs::Result<()> {
        if self.tag().exists() && self.temporary().is_dir() && self.blobs().is_dir() && self.index().is_dir()
        {
            return Ok(());
        }
        self.refuse_foreign()?;
        fs::create_private_dir_all(&self.root)?;
        for dir in [self.blobs(), self.temporary(), self.logs(), self.index()] {
            fs::create_private_dir_all(&dir)?;
        }
        fs::write(&self.tag(), CACHEDIR_TAG)
    }

    /// Refuses a directory that is used for something else: what we remove of a cache by its place alone could be that.
    fn refuse_foreign(&self) -> fs::Result<()> {
        const FILLED: &[&str] = &["store", "index", "states", "tmp"];
        let names = fs::list(&self.root).or_absent()?.unwrap_or_default();
        // What a process may leave that ended before all was made.
        let is_early = |name: &OsString| {
            let is_empty = || fs::list(&self.root.join(name)).is_ok_and(|inside| inside.is_empty());
            match name.to_str() {
                Some("queue" | "logs" | "daemon.sock") => true,
                Some(name) if name.ends_with(".lock") => true,
                Some(name) => FILLED.contains(&name) && is_empty(),
                None => false,
            }
        };
        let is_tagged = || fs::read(&self.tag()).is_ok_and(|text| text == CACHEDIR_TAG.as_bytes());
        if names.iter().all(is_early) || is_tagged() || self.has_index() {
            return Ok(());
        }
        let why =
            std::io::Error::other("it is in use for something else: a cache needs a directory of its own");
        Err(why).at("use", &self.root)
    }

    /// Whether there is an index of any schema.
    fn has_index(&self) -> bool {
        let schemas = fs::list(&self.index()).unwrap_or_default();
        schemas.iter().any(|schema| self.index().join(schema).join("data.mdb").exists())
    }

    fn tag(&self) -> PathBuf {
        self.root.join("CACHEDIR.TAG")
    }

    /// Returns the directory of all blobs.
    pub fn blobs(&self) -> PathBuf {
        self.root.join("store")
    }

    /// Returns the file of one blob.
    pub fn blob(&self, digest: &Digest) -> PathBuf {
        let hex = digest.to_hex();
        let mut path = self.blobs();
        path.push(&hex[..2]);
        path.push(hex);
        path
    }

    /// Returns the directory of the index databases.
    pub fn index(&self) -> PathBuf {
        self.root.join("index")
    }

    /// Returns the database directory of this schema, or with an `ending` a file beside it.
    pub fn index_file(&self, ending: &str) -> PathBuf {
        self.index().join(format!("{INDEX_SCHEMA}{ending}"))
    }

    /// Returns the marker file of a damaged index.
    pub fn index_is_bad(&self) -> PathBuf {
        self.index_file(".bad")
    }

    /// Returns the directory of all incremental states.
    pub fn states(&self) -> PathBuf {
        self.root.join("states")
    }

    /// Returns the directory of one unit's incremental state.
    pub fn state(&self, name: &Digest) -> PathBuf {
        self.states().join(name.to_hex())
    }

    /// Returns the directory for files being written.
    pub fn temporary(&self) -> PathBuf {
        self.root.join("tmp")
    }

    /// Returns what waits to be sent.
    pub fn queue(&self) -> Queue {
        Queue::at(self.root.join("queue"))
    }

    /// Returns the directory of the logs.
    pub fn logs(&self) -> PathBuf {
        self.root.join("logs")
    }

    /// Returns the event log.
    pub fn events(&self) -> PathBuf {
        self.logs().join("events.jsonl")
    }

    /// Returns the log of the daemon.
    pub fn daemon_log(&self) -> PathBuf {
        self.logs().join("daemon.log")
    }

    /// Returns the socket of the daemon.
    pub fn daemon_socket(&self) -> PathBuf {
        self.root.join("daemon.sock")
    }

    /// Returns the lock file of the running daemon.
    pub fn daemon_lock(&self) -> PathBuf {
        self.root.join("daemon.lock")
    }

    /// Returns the lock file of a daemon being started.
    pub fn daemon_start_lock(&self) -> PathBuf {
        self.root.join("daemon-start.lock")
    }

    /// Returns the lock file of compiles under way.
    pub fn inflight_lock(&self) -> PathBuf {
        self.root.join("inflight.lock")
    }

    /// Returns the lock file between recording and removal.
    pub fn store_lock(&self) -> PathBuf {
        self.root.join("store.lock")
    }

    /// Returns the lock file of `sync`, which holds the number of the process that has it.
    pub fn sync_lock(&self) -> PathBuf {
        self.root.join("sync.lock")
    }

    /// Returns the lock file of gc.
    pub fn gc_lock(&self) -> PathBuf {
        self.root.join("gc.lock")
    }
}

const CACHEDIR_TAG: &str = "Signature: 8a477f597d28d172789f06886806bc55\n\
    # This file marks a cache directory made by cargo-kache.\n\
    # See https://bford.info/cachedir/ for its meaning.\n";
