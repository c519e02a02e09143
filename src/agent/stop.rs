//! Stopping the daemon.
//!
//! Owns the request and the wait for the end. A daemon of another protocol is stopped too: by the signal.

use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use super::Agent;
use super::client::{Client, ClientError};
use super::message::{Intent, PROTOCOL, Request};
use super::start::DRAIN;
use crate::fs::{PathError, lock};

/// How long a daemon may take to take the request.
const ANSWER: Duration = Duration::from_secs(5);

/// Why it still runs.
#[derive(Debug, thiserror::Error)]
pub enum StopError {
    /// It could not be asked.
    #[error("failed to stop the daemon")]
    Client(#[from] ClientError),
    /// It did not end.
    #[error("the daemon (pid {0}) did not end")]
    StillThere(u32),
    /// The lock could not be looked at.
    #[error(transparent)]
    Path(#[from] PathError),
}

/// Asks the daemon to finish its work and waits for its end. Returns whether there was one.
pub fn stop(agent: &Agent) -> Result<bool, StopError> {
    let mut client = match Client::connect(agent, Intent::Look, ANSWER) {
        Ok(client) => client,
        Err(ClientError::Absent) => return Ok(false),
        Err(error) => return Err(error.into()),
    };
    let pid = client.greeting.pid;
    if client.greeting.protocol == PROTOCOL {
        match client.ask(&Request::Stop) {
            // It was ending already.
            Ok(_) | Err(ClientError::Lost(_)) => {}
            Err(error) => return Err(error.into()),
        }
    } else if let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) {
        let _ = kill_process(pid, Signal::TERM);
    }
    if !client.wait_for_end(DRAIN + ANSWER) {
        return Err(StopError::StillThere(pid));
    }
    // The connection closes a moment before the lock is free.
    lock::shared(&agent.layout.daemon_lock(), ANSWER)?;
    Ok(true)
}
