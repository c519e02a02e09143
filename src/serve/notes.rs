//! The event that each call leaves behind.
//!
//! Owns which call belongs to which build, and what is no unit of it. Trouble with the log is no trouble of the build's.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use super::{Call, log};
use crate::config;
use crate::digest::Digest;
use crate::env::Env;
use crate::event::{BuildId, Bypass, Bytes, Log, MissReason, Outcome, Target, UnitEvent};
use crate::handover::Handover;
use crate::store::layout::Layout;

/// Where outcomes are noted.
#[derive(Clone)]
pub struct Notes {
    /// The event log; `None` where the settings don't tell where it is.
    pub log: Option<Log>,
    /// What `KACHE_LOG` asks for.
    pub filter: Option<String>,
}

/// How a call ended.
pub struct Outcomes {
    pub outcome: Outcome,
    pub key: Option<Digest>,
    pub compile_ms: u64,
    pub bytes: Bytes,
}

/// A result that is in the store now.
pub struct Recorded {
    pub key: Digest,
    pub bytes: Bytes,
}

impl Outcomes {
    /// It came from the store, or from the remote by the store.
    pub fn hit(key: Digest, compile_ms: u64, bytes: Bytes, remote: bool) -> Self {
        Self { outcome: Outcome::Hit { remote }, key: Some(key), compile_ms, bytes }
    }

    /// It was made, and recorded or not.
    pub fn missed(reason: MissReason, recorded: Result<Recorded, Bypass>, compile_ms: u64) -> Self {
        let (recorded, not_recorded) = match recorded {
            Ok(recorded) => (Some(recorded), None),
            Err(why) => (None, Some(why)),
        };
        let outcome = Outcome::Missed { reason, not_recorded };
        let (key, bytes) = recorded.map(|it| (it.key, it.bytes)).unzip();
        Self { outcome, key, compile_ms, bytes: bytes.unwrap_or_default() }
    }

    /// The compiler ran, and nothing was kept.
    pub fn compiled(outcome: Outcome, compile_ms: u64) -> Self {
        Self { outcome, key: None, compile_ms, bytes: Bytes::default() }
    }
}

/// Returns where to note that the settings are invalid: the default place, if there is one.
pub fn notes_anyway() -> Notes {
    let env = Env::process();
    let given = env.absolute(crate::env::KACHE_CACHE_DIR);
    let dir = given.or_else(|| config::default_cache_dir(&env).ok());
    Notes { log: dir.map(|dir| Log::at(Layout::new(dir).events())), filter: None }
}

impl Notes {
    /// Appends an event. Trouble with the log is no trouble of the build's.
    pub fn add(&self, call: &impl Call, started: Instant, ended: Outcomes) {
        log::say(self.filter.as_deref(), call.unit(), &ended.outcome);
        let Some(log) = &self.log else { return };
        // What a build script tries on the compiler is none of the build's units, unless it came from the cache.
        if is_trial(call) && !matches!(ended.outcome, Outcome::Hit { .. } | Outcome::Missed { .. }) {
            return;
        }
        let _ = log.append(&UnitEvent {
            build: build_id(call),
            at_ms: now_ms(),
            unit: call.unit().clone(),
            outcome: ended.outcome,
            key: ended.key.map(|k| k.to_hex()),
            compile_ms: ended.compile_ms,
            wrapper_ms: millis(started),
            bytes: ended.bytes,
            cwd: call.cwd().to_owned(),
            out_dir: Some(call.out_dir().to_owned()),
        });
    }
}

/// Whether a build script calls: the variables that cargo gives to scripts only are set.
fn is_trial(call: &impl Call) -> bool {
    call.unit().target != Target::BuildScriptRun
        && ["HOST", "TARGET", "NUM_JOBS"].iter().all(|name| call.environment().get(name).is_some())
}

/// Names the run of cargo: the front end's id, else the nearest cargo that called us.
pub(super) fn build_id(call: &impl Call) -> BuildId {
    let given = call.environment().get(crate::env::KACHE_BUILD);
    if let Some(given) = given.filter(|given| !given.is_empty()) {
        return BuildId(Handover::read(given).id);
    }
    let Some(parent) = call.parent() else {
        return BuildId(format!("cargo-{}", std::os::unix::process::parent_id()));
    };
    let mut nearest = parent.clone();
    for _ in 0..4 {
        if nearest.name == "cargo" {
            return BuildId(format!("cargo-{}-{}", nearest.id, nearest.ticks));
        }
        let Some(next) = nearest.parent() else { break };
        nearest = next;
    }
    BuildId(format!("cargo-{}-{}", parent.id, parent.ticks))
}

/// Returns the milliseconds since `start`, rounded.
pub fn millis(start: Instant) -> u64 {
    u64::try_from((start.elapsed().as_micros() + 500) / 1000).unwrap_or(u64::MAX)
}

/// Returns the time in milliseconds since the Unix epoch.
pub fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// Puts an error and its causes into one line.
pub fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
