//! What one call works with: settings, store, and the guard around the index.
//!
//! Owns the decisions that need no look at any input: whether this unit may be cached at all.

use std::cell::RefCell;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use super::call::Call;
use super::clock;
use super::log;
use crate::config::{self, Settings};
use crate::digest::Digest;
use crate::env::Env;
use crate::event::{BuildId, Bypass, Bytes, Log, Outcome, UnitEvent};
use crate::fs;
use crate::fs::lock::{self, Lock};
use crate::invocation::AUTOMATIC_GC;
use crate::key::environment;
use crate::rustc::args::Unsupported;
use crate::store::gc;
use crate::store::guard::Guard;
use crate::store::layout::Layout;
use crate::store::{OpenError, Store};

/// Why a session was not opened, and where to note it.
pub(super) struct Excluded {
    pub(super) why: Bypass,
    pub(super) notes: Notes,
}

/// One call that may be cached.
pub(super) struct Session<'c> {
    pub(super) call: &'c Call,
    pub(super) settings: Settings,
    pub(super) store: Store,
    /// Whether the profile directory is new to this run of cargo.
    pub(super) target_is_new: bool,
    /// Taken away once the compiler has run.
    guard: RefCell<Option<Guard>>,
}

/// Resolves the settings; an error in words.
pub(super) fn settings(call: &Call) -> Result<Settings, String> {
    // The target directory usually lies in the workspace root.
    let root = call.profile_dir().and_then(Path::parent).and_then(Path::parent);
    config::resolve(&Env::process(), root).map(|r| r.settings).map_err(|e| chain(&e))
}

impl<'c> Session<'c> {
    /// Decides whether the call may be cached, and opens the store.
    pub(super) fn open(call: &'c Call, settings: Settings) -> Result<Self, Excluded> {
        let layout = Layout::new(settings.cache_dir.clone());
        let notes = Notes { log: Some(Log::at(layout.events())), filter: settings.log.clone() };
        if let Some(why) = exclusion(call, &settings) {
            return Err(Excluded { why, notes });
        }
        let guard = Guard::become_program(&layout, &call.command.program, &call.command.arguments);
        let store = Store::open(layout).map_err(|e| match e {
            OpenError::NetworkFs(_) => Excluded { why: Bypass::NetworkFs, notes },
            other => Excluded { why: Bypass::Store(chain(&other)), notes },
        })?;
        let target_is_new = clock::claim_target(call, &store.index).unwrap_or(false);
        Ok(Self { call, settings, store, target_is_new, guard: RefCell::new(guard) })
    }

    /// Lets go of the fallback to the compiler: it is about to run.
    pub(super) fn end_guard(&self) {
        self.guard.take();
    }

    /// From now on trouble in the index ends this process as the compiler ended: well.
    pub(super) fn guard_result(&self) {
        // A guard that goes takes the handlers with it, so the old one goes first.
        self.guard.take();
        self.guard.replace(Guard::exit(&self.store.layout, 0));
    }

    /// Takes the turn to compile `key`, waiting for another process that has it. `None`: it has kept it too long, or
    /// turns can't be taken.
    pub(super) fn take_turn(&self, key: &Digest) -> Option<Lock> {
        let slot = u64::from_le_bytes(key.as_bytes()[..8].try_into().expect("eight bytes"));
        lock::byte(&self.store.layout.inflight_lock(), slot, self.settings.lock_timeout).ok().flatten()
    }

    /// Starts a gc that goes on by itself, if the last one was some time ago: the store has just grown. Under the front
    /// end that is done once, at the end of the build.
    pub(super) fn collect_if_due(&self) {
        let has_front_end = self.call.environment.get(crate::env::KACHE_BUILD).is_some();
        if has_front_end || !gc::is_due(&self.store.layout, now_ms()) {
            return;
        }
        let Ok(this_program) = std::env::current_exe() else { return };
        let mut gc = Command::new(this_program);
        gc.arg("kache").args(AUTOMATIC_GC).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        // Out of the terminal's foreground group: an interrupt of the build is not meant for it.
        let _ = gc.process_group(0).spawn();
    }

    /// Returns where outcomes are noted.
    pub(super) fn notes(&self) -> Notes {
        Notes { log: Some(self.store.log.clone()), filter: self.settings.log.clone() }
    }
}

/// Why this unit is not to be cached, if so.
fn exclusion(call: &Call, settings: &Settings) -> Option<Bypass> {
    match &call.unsupported {
        Some(Unsupported::Flag(flag)) => return Some(Bypass::Flag(flag.clone())),
        Some(Unsupported::Emit(kind)) => return Some(Bypass::Emit(kind.clone())),
        Some(Unsupported::Stdin) => return Some(Bypass::Stdin),
        None => {}
    }
    let name = call.unit.package.replace('-', "_");
    let listed = |glob: &&String| environment::matches(&glob.replace('-', "_"), &name);
    if let Some(rule) = settings.bypass.iter().find(listed) {
        return Some(Bypass::Rule(rule.clone()));
    }
    (call.makes_executable() && !settings.cache_executables).then_some(Bypass::Executable)
}

/// Where outcomes are noted.
#[derive(Clone)]
pub(super) struct Notes {
    /// The event log; `None` where the settings don't tell where it is.
    pub(super) log: Option<Log>,
    /// What `KACHE_LOG` asks for.
    pub(super) filter: Option<String>,
}

/// How a call ended.
pub(super) struct Outcomes {
    pub(super) outcome: Outcome,
    pub(super) key: Option<Digest>,
    pub(super) compile_ms: u64,
    pub(super) bytes: Bytes,
}

impl Outcomes {
    /// The compiler ran, and nothing was kept.
    pub(super) fn compiled(outcome: Outcome, compile_ms: u64) -> Self {
        Self { outcome, key: None, compile_ms, bytes: Bytes::default() }
    }
}

/// Returns where to note that the settings are invalid: the default place, if there is one.
pub(super) fn notes_anyway() -> Notes {
    let env = Env::process();
    let given = env.absolute(crate::env::KACHE_CACHE_DIR);
    let dir = given.or_else(|| config::default_cache_dir(&env).ok());
    Notes { log: dir.map(|dir| Log::at(Layout::new(dir).events())), filter: None }
}

impl Notes {
    /// Appends an event. Trouble with the log is no trouble of the build's.
    pub(super) fn add(&self, call: &Call, started: Instant, ended: Outcomes) {
        log::say(self.filter.as_deref(), &call.unit, &ended.outcome);
        let Some(log) = &self.log else { return };
        // What a build script tries on the compiler is none of the build's units, unless it came from the cache.
        if is_trial(call) && !matches!(ended.outcome, Outcome::Hit { .. } | Outcome::Missed { .. }) {
            return;
        }
        let _ = log.append(&UnitEvent {
            build: build_id(call),
            at_ms: now_ms(),
            unit: call.unit.clone(),
            outcome: ended.outcome,
            key: ended.key.map(|k| k.to_hex()),
            compile_ms: ended.compile_ms,
            wrapper_ms: millis(started),
            bytes: ended.bytes,
            cwd: call.cwd.clone(),
            out_dir: Some(call.out_dir.clone()),
        });
    }
}

/// Whether a build script calls: the variables that cargo gives to scripts only are set.
fn is_trial(call: &Call) -> bool {
    ["HOST", "TARGET", "NUM_JOBS"].iter().all(|name| call.environment.get(name).is_some())
}

/// Names the run of cargo: the front end's id, else the nearest cargo that called us.
fn build_id(call: &Call) -> BuildId {
    let given = call.environment.get(crate::env::KACHE_BUILD).and_then(|v| v.to_str());
    if let Some(given) = given.filter(|g| !g.is_empty()) {
        return BuildId(given.split(';').next().unwrap_or(given).to_owned());
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
pub(super) fn millis(start: Instant) -> u64 {
    u64::try_from((start.elapsed().as_micros() + 500) / 1000).unwrap_or(u64::MAX)
}

/// Returns the time in milliseconds since the Unix epoch.
pub(super) fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// Puts an error and its causes into one line.
pub(super) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

/// Finds a program the way `execvp` does. `None` if there is none.
pub(super) fn find_program(call: &Call, program: &std::ffi::OsStr) -> Option<PathBuf> {
    if program.as_encoded_bytes().contains(&b'/') {
        return Some(call.cwd.join(program));
    }
    let path = call.environment.get("PATH")?;
    std::env::split_paths(path).map(|dir| call.cwd.join(dir).join(program)).find(|file| fs::is_program(file))
}
