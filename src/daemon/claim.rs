//! Becoming the one daemon of a store.
//!
//! Owns the order: the lock first, then the socket. Only the holder of the lock touches the socket's file, so that one
//! of a dead daemon can be replaced. Never takes a lock away from anybody, nor a socket on which somebody answers.

use std::os::unix::fs::FileTypeExt as _;
use std::os::unix::net::UnixListener;
use std::time::{Duration, Instant};

use rustix::fs::Mode as Bits;

use super::{DRAIN, Mode, RunError};
use crate::agent::client::{Client, ClientError};
use crate::agent::message::{Intent, Reply, Request};
use crate::agent::{Agent, place};
use crate::fs::lock::Lock;
use crate::fs::stat::Stat;
use crate::fs::{self, AtPath as _, lock};

/// How long a daemon that holds the lock may take to answer.
const ANSWER: Duration = Duration::from_secs(2);

/// The lock and the socket of a store.
pub(super) struct Claim {
    lock: Lock,
    agent: Agent,
    socket: Stat,
}

impl Claim {
    /// Waits for a daemon that is about to end, and becomes the next.
    pub(super) fn make(agent: &Agent, mode: Mode) -> Result<(Self, UnixListener), RunError> {
        agent.layout.create()?;
        let deadline = Instant::now() + DRAIN + Duration::from_secs(10);
        // Held until we listen: meanwhile nobody else starts one.
        let patience = if mode == Mode::Background { Duration::ZERO } else { left(deadline) };
        let starting = lock::exclusive(&agent.layout.daemon_start_lock(), patience)?;
        let _starting = starting.ok_or(RunError::Starting)?;
        let lock = take_lock(agent, mode, deadline)?;
        place::prepare(&agent.socket)?;
        let listener = listen(agent, deadline)?;
        let socket = Stat::of_name(&agent.socket)?;
        place::note(&agent.layout, &agent.socket)?;
        Ok((Self { lock, agent: agent.clone(), socket }, listener))
    }

    /// Whether lock and socket are still to be found by others.
    pub(super) fn is_valid(&self) -> bool {
        self.lock.is_at(&self.agent.layout.daemon_lock()) && self.has_socket()
    }

    fn has_socket(&self) -> bool {
        Stat::of_name(&self.agent.socket).is_ok_and(|now| {
            (now.device, now.inode, now.born) == (self.socket.device, self.socket.inode, self.socket.born)
        })
    }

    /// Removes the socket and lets the lock go.
    pub(super) fn release(self) {
        if self.is_valid() {
            let _ = fs::remove_file(&self.agent.socket);
        }
    }
}

fn left(deadline: Instant) -> Duration {
    deadline.saturating_duration_since(Instant::now())
}

fn take_lock(agent: &Agent, mode: Mode, deadline: Instant) -> Result<Lock, RunError> {
    let path = agent.layout.daemon_lock();
    let mut patience = Duration::ZERO;
    while !left(deadline).is_zero() {
        if let Some(lock) = lock::exclusive(&path, patience.min(left(deadline)))? {
            // The file may have been removed with the whole cache since it was opened.
            if lock.is_at(&path) {
                return Ok(lock);
            }
            agent.layout.create()?;
            continue;
        }
        patience = make_room(agent, mode, deadline)?;
    }
    Err(RunError::Running(place::noted_pid(&agent.layout)))
}

/// Asks the holder of the lock whether it ends. Returns how long to wait for the lock.
fn make_room(agent: &Agent, mode: Mode, deadline: Instant) -> Result<Duration, RunError> {
    let mut client = match Client::connect(agent, Intent::Look, ANSWER) {
        Ok(client) => client,
        // It has just been started, or has almost ended.
        Err(ClientError::Absent | ClientError::Lost(_)) => return Ok(Duration::from_secs(1)),
        Err(_) => return Err(RunError::Running(place::noted_pid(&agent.layout))),
    };
    let running = RunError::Running(Some(client.greeting.pid));
    if !client.greeting.ending {
        let may_replace = mode == Mode::Service && !is_service(&mut client);
        if !may_replace || !matches!(client.ask(&Request::Stop), Ok(Reply::Stopping)) {
            return Err(running);
        }
    }
    client.wait_for_end(left(deadline));
    Ok(Duration::from_secs(1))
}

fn is_service(client: &mut Client) -> bool {
    matches!(client.ask(&Request::Status), Ok(Reply::Status(status)) if status.service)
}

/// Leaves the socket to a daemon of another store that was told to listen there too, unless it is about to end.
fn yield_to_living(agent: &Agent, deadline: Instant) -> Result<(), RunError> {
    match Client::connect(agent, Intent::Look, ANSWER) {
        Ok(client) if client.greeting.ending => {
            client.wait_for_end(left(deadline));
            Ok(())
        }
        Ok(client) => Err(RunError::Running(Some(client.greeting.pid))),
        Err(ClientError::Absent | ClientError::Lost(_)) => Ok(()),
        Err(_) => Err(RunError::Running(None)),
    }
}

fn listen(agent: &Agent, deadline: Instant) -> Result<UnixListener, RunError> {
    let path = &agent.socket;
    match path.symlink_metadata() {
        Ok(meta) if !meta.file_type().is_socket() => return Err(RunError::NotASocket(path.clone())),
        Ok(_) => {
            yield_to_living(agent, deadline)?;
            fs::remove_file(path).map(drop)?;
        }
        Err(_) => {}
    }
    let before = rustix::process::umask(Bits::from_raw_mode(0o177));
    let listener = UnixListener::bind(path).at("listen at", path);
    rustix::process::umask(before);
    let listener = listener?;
    listener.set_nonblocking(true).at("listen at", path)?;
    Ok(listener)
}
