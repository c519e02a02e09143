//! Starting the daemon.
//!
//! Owns when a process is started, and the wait for its first answer. Never starts two: whoever starts holds a lock
//! until it listens, and others see that. Errors are values; a build goes on without a daemon.

use std::process::{Child, Command};
use std::time::{Duration, Instant};

use super::client::{Client, ClientError};
use super::message::Intent;
use super::{Agent, detached};
use crate::fs::{self, AtPath as _, lock};

/// How long [`start`] waits for an answer.
pub const PATIENCE: Duration = Duration::from_secs(8);

/// How long a daemon that ends may take for what is queued.
pub const DRAIN: Duration = Duration::from_secs(30);

/// Words that make this program the daemon in the background.
const WORDS: [&str; 3] = ["daemon", "run", "--background"];

/// What came of a start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Started {
    /// A new daemon answers.
    New,
    /// One of ours answered already.
    Already,
}

/// Why there is no daemon.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The process could not be started, or its folder not be made.
    #[error(transparent)]
    Path(#[from] fs::PathError),
    /// It gave no answer in time, or ended.
    #[error("daemon did not start in {}s", PATIENCE.as_secs())]
    NoAnswer,
    /// Somebody else has the socket.
    #[error(transparent)]
    Client(ClientError),
}

/// Starts a daemon if none runs, and does not wait for it. Returns whether a process was started.
///
/// The caller found that none runs, or that it is another's: [`Client::connect`] with [`Intent::Use`] told it so.
pub fn start_on_demand(agent: &Agent) -> fs::Result<bool> {
    Ok(launch(agent)?.is_some())
}

/// Connects to a daemon of our binary and settings, and starts one if there is none. `None` if that takes longer.
pub fn reach(agent: &Agent, within: Duration) -> Option<Client> {
    let until = Instant::now() + within;
    let mut was_started = false;
    loop {
        let left = until.saturating_duration_since(Instant::now());
        match Client::connect(agent, Intent::Use, left) {
            Ok(client) if client.greeting.serves() => return Some(client),
            // It makes room for ours, or is not there yet.
            Ok(_) | Err(ClientError::Absent | ClientError::Lost(_)) if !left.is_zero() => {
                if !was_started {
                    start_on_demand(agent).ok()?;
                    was_started = true;
                }
                std::thread::sleep(Duration::from_millis(2));
            }
            _ => return None,
        }
    }
}

/// Returns when a daemon of our binary and settings answers.
pub fn start(agent: &Agent) -> Result<Started, StartError> {
    let deadline = Instant::now() + PATIENCE;
    let mut child: Option<Child> = None;
    let mut was_started = false;
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(StartError::NoAnswer);
        }
        match Client::connect(agent, Intent::Use, left) {
            Ok(client) if client.greeting.serves() => {
                return Ok(if was_started { Started::New } else { Started::Already });
            }
            // It was of another binary or other settings, and ends now.
            Ok(client) => {
                client.wait_for_end(left);
            }
            Err(error @ ClientError::Stranger) => return Err(StartError::Client(error)),
            Err(ClientError::Silent) => return Err(StartError::NoAnswer),
            Err(_) => {}
        }
        match &mut child {
            None => {
                child = launch(agent)?;
                was_started |= child.is_some();
            }
            Some(started) => match started.try_wait() {
                // Another one was first.
                Ok(Some(status)) if status.success() => child = None,
                Ok(Some(_)) => return Err(StartError::NoAnswer),
                _ => {}
            },
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Starts the process, unless one is being started.
fn launch(agent: &Agent) -> fs::Result<Option<Child>> {
    agent.layout.create()?;
    if lock::shared(&agent.layout.daemon_start_lock(), Duration::ZERO)?.is_none() {
        return Ok(None);
    }
    let mut command = Command::new(&agent.program);
    detached::spawn(command.args(WORDS)).at("run", &agent.program).map(Some)
}
