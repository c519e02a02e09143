//! The way to the process that works in the background.
//!
//! Owns what the wrapper, the front end and our commands say to the daemon, where they find it, and how one is started.
//! Never does the daemon's work, and never waits longer than it is told to: no runtime, no thread, one socket. A daemon
//! that is absent, busy or of another version is never an error of a build.
//!
//! # The conversation
//!
//! 1. [`place`] names the socket, [`peer`] makes sure that the same user sits at its other end.
//! 2. The client says [`message::Hello`]: who it is, and whether it means to use the daemon or only to look.
//! 3. The daemon answers with a [`message::Greeting`]. One of another binary or other settings finishes its work and
//!    ends, so that a new one can take its place ([`start`]).
//! 4. Then one [`message::Reply`] follows each [`message::Request`].
//!
//! Each message is a frame ([`frame`]): its length, then the value in the index's own binary form.
//!
//! # Compatibility
//!
//! `Hello` and `Greeting` are the same for ever; all else belongs to one [`message::PROTOCOL`].

pub mod client;
pub mod detached;
pub mod frame;
pub mod identity;
pub mod message;
pub mod peer;
pub mod place;
pub mod start;
pub mod stop;

use std::path::{Path, PathBuf};

use crate::config::Settings;
use crate::env::Env;
use crate::fs;
use crate::store::layout::Layout;
use identity::Identity;

/// Everything that finds, greets or starts the daemon of one store.
#[derive(Clone, Debug)]
pub struct Agent {
    /// The cache it belongs to.
    pub layout: Layout,
    /// Its socket.
    pub socket: PathBuf,
    /// Its log.
    pub log: PathBuf,
    /// This program, to be started as the daemon.
    pub program: PathBuf,
    /// Who we are.
    pub identity: Identity,
}

impl Agent {
    /// Describes the daemon of these settings; nobody is contacted. `program` is the running program.
    pub fn new(settings: &Settings, env: &Env, program: &Path) -> fs::Result<Self> {
        let layout = Layout::new(settings.cache_dir.clone());
        let wanted = settings.socket.clone().unwrap_or_else(|| layout.daemon_socket());
        Ok(Self {
            socket: place::fitting(wanted, env),
            log: settings.log_file.clone().unwrap_or_else(|| layout.daemon_log()),
            program: program.to_owned(),
            identity: Identity::of(settings, env, program)?,
            layout,
        })
    }

    /// Returns the sockets to try: ours, and the one that the running daemon noted if that is another.
    pub(crate) fn sockets(&self) -> impl Iterator<Item = PathBuf> + '_ {
        let noted = || place::noted(&self.layout).filter(|noted| *noted != self.socket);
        std::iter::once(self.socket.clone()).chain(std::iter::once_with(noted).flatten())
    }
}
