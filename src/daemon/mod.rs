//! The process in the background.
//!
//! Owns the life of the daemon: one for each store, from the lock to the last transfer; its log; and the service that
//! a login starts. What is said to it lies in [`agent`](crate::agent). Never compiles, never writes to a target
//! directory, and no build depends on it.
//!
//! # The story
//!
//! 1. `claim` takes the lock of the store, which the kernel lets go when its holder dies, and then the socket: one
//!    that a dead daemon left behind is replaced, a living daemon's never is.
//! 2. `server` answers clients of the same user, many at once.
//! 3. `life` waits for a reason to end: a signal, a request, a client of another binary or with other settings, no
//!    work for `daemon_idle`, or a store that is gone.
//! 4. [`Work`](work::Work) is given [`DRAIN`] to finish what is queued; a second signal ends at once. Then the socket is
//!    removed, the connections close, and the lock is free.
//!
//! A service does not end for lack of work, takes the place of a daemon started on demand, and becomes the new program
//! when its file has been replaced.
//!
//! # Files
//!
//! `daemon.lock`, `daemon-start.lock`, `daemon.sock` and `logs/daemon.log` in the cache directory; see
//! [`layout`](crate::store::layout).

mod claim;
mod errand;
mod life;
mod log;
mod run;
mod server;
mod work;

pub mod service;
pub mod tail;

pub use crate::agent::start::DRAIN;
pub use run::run;

use std::path::PathBuf;

use crate::agent::Agent;
use crate::config::Settings;
use crate::env::Env;
use crate::fs::PathError;

/// Who started the daemon, and so how it ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// A person, who sees its messages.
    Foreground,
    /// This program, on demand.
    Background,
    /// A service manager: it stays.
    Service,
}

/// Takes a line of the log to show it.
pub type Echo = Box<dyn Fn(&str) + Send + Sync>;

/// What a daemon is started with.
pub struct Options<'a> {
    /// Who started it.
    pub mode: Mode,
    /// Where it listens, and for whom.
    pub agent: Agent,
    /// The settings.
    pub settings: &'a Settings,
    /// The environment.
    pub env: &'a Env,
    /// Where lines go besides the log file, filtered by `KACHE_LOG`.
    pub echo: Option<Echo>,
}

/// Why it does not run.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// Another one has the store.
    #[error("a daemon is already running{}", .0.map_or_else(String::new, |pid| format!(" (pid {pid})")))]
    Running(Option<u32>),
    /// Another one has just been started in the background.
    #[error("a daemon is being started")]
    Starting,
    /// The path of the socket leads to something that is none.
    #[error("cannot listen at `{}`: it is not a socket", .0.display())]
    NotASocket(PathBuf),
    /// A file could not be used.
    #[error(transparent)]
    Path(#[from] PathError),
    /// The system refused something.
    #[error("failed to {0}")]
    System(&'static str, #[source] std::io::Error),
}
