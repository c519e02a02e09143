//! What went over the network for a build.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use super::{BuildId, Outcome, UnitEvent};

/// One object that was fetched from the remote or sent to it, or could not be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransferEvent {
    /// Which way.
    pub transfer: Direction,
    /// The build it was for, if for one.
    pub build: Option<BuildId>,
    /// When it ended, in milliseconds since the Unix epoch.
    pub at_ms: u64,
    /// Entry key, in hex.
    pub key: String,
    /// The package.
    pub package: String,
    /// Bytes that went over the network.
    pub bytes: u64,
    /// How long it took.
    pub took_ms: u64,
    /// Why it failed, if it did.
    pub error: Option<String>,
}

/// Which way something went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// From the remote.
    Pull,
    /// To the remote.
    Push,
}

/// Makes hits of the remote of those whose entries came during the same build, before they were looked up.
pub fn mark_remote(events: &mut [UnitEvent], transfers: &[TransferEvent]) {
    let pulled = transfers.iter().filter(|it| it.transfer == Direction::Pull && it.error.is_none());
    let pulled: HashSet<_> = pulled.filter_map(|it| Some((it.build.as_ref()?, &*it.key))).collect();
    for event in events {
        if let (Outcome::Hit { remote }, Some(key)) = (&mut event.outcome, &event.key) {
            *remote |= pulled.contains(&(&event.build, &**key));
        }
    }
}
