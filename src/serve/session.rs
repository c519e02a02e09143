//! What one call works with: settings, store, and the guard around the index.
//!
//! Owns the opening of the store, the turns that equal calls take, and the start of a gc when one is due.

use std::cell::RefCell;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use super::Call;
use super::notes::{Notes, chain, now_ms};
use super::remote::Missing;
use crate::config::{self, Settings};
use crate::digest::Digest;
use crate::env::Env;
use crate::event::{Bypass, Log};
use crate::fs::lock::{self, Lock};
use crate::handover::Handover;
use crate::invocation::AUTOMATIC_GC;
use crate::key::environment;
use crate::store::gc;
use crate::store::guard::Guard;
use crate::store::layout::Layout;
use crate::store::{OpenError, Store};

/// Why a session was not opened, and where to note it.
pub struct Excluded {
    /// Why.
    pub why: Bypass,
    /// Where.
    pub notes: Notes,
}

/// One call that may be cached.
pub struct Session<'c, C> {
    /// What is asked for.
    pub call: &'c C,
    /// The settings.
    pub settings: Settings,
    /// The store.
    pub store: Store,
    /// Taken away once the program has run.
    guard: RefCell<Option<Guard>>,
}

/// What a look-up came to.
pub struct LookedUp<F> {
    /// What was found.
    pub found: F,
    /// Keeps equal calls waiting.
    pub turn: Option<Lock>,
    /// Whether something came from the remote on the way.
    pub by_remote: bool,
}

/// Resolves the settings; an error in words.
pub fn settings(call: &impl Call) -> Result<Settings, String> {
    // The target directory usually lies in the workspace root.
    let root = call.profile_dir().and_then(Path::parent).and_then(Path::parent);
    let resolved = config::resolve(&Env::process(), root).map_err(|e| chain(&e))?;
    let mut settings = resolved.settings;
    if let Some(build) = call.environment().get(crate::env::KACHE_BUILD) {
        // What the front end was told on its command line.
        let build = Handover::read(build);
        settings.remote.offline |= build.no_remote;
        settings.prefetch &= !build.no_prefetch;
    }
    Ok(settings)
}

impl<'c, C: Call> Session<'c, C> {
    /// Opens the store, unless `exclusion` holds against it.
    pub fn open(call: &'c C, settings: Settings, exclusion: Option<Bypass>) -> Result<Self, Excluded> {
        let layout = Layout::new(settings.cache_dir.clone());
        let notes = Notes { log: Some(Log::at(layout.events())), filter: settings.log.clone() };
        if let Some(why) = exclusion {
            return Err(Excluded { why, notes });
        }
        let guard = become_program(call, &layout);
        let store = Store::open(layout).map_err(|e| match e {
            OpenError::NetworkFs(_) => Excluded { why: Bypass::NetworkFs, notes },
            other => Excluded { why: Bypass::Store(chain(&other)), notes },
        })?;
        Ok(Self { call, settings, store, guard: RefCell::new(guard) })
    }

    /// Lets go of the fallback to the program: it is about to run.
    pub fn end_guard(&self) {
        self.guard.take();
    }

    /// From now on trouble in the index makes this process the program, as before it ran.
    pub fn guard_call(&self) {
        self.guard.take();
        self.guard.replace(become_program(self.call, &self.store.layout));
    }

    /// From now on trouble in the index ends this process as the program ended: well.
    pub fn guard_result(&self) {
        // A guard that goes takes the handlers with it, so the old one goes first.
        self.guard.take();
        self.guard.replace(Guard::exit(&self.store.layout, 0));
    }

    /// Looks up. Where that finds nothing, takes the turn to make what is missing, since an equal call may be under way or
    /// may have ended meanwhile, and then asks the remote. `missing` tells what is to be made, `None` if all is there.
    pub fn look_up_in_turn<F>(
        &self,
        look_up: impl Fn() -> Result<F, String>,
        missing: impl Fn(&F) -> Option<Missing>,
    ) -> Result<LookedUp<F>, String> {
        let seen = self.store.index.last_change();
        let mut found = look_up()?;
        let Some(what) = missing(&found) else { return Ok(LookedUp { found, turn: None, by_remote: false }) };
        let turn = self.take_turn(&what.keys.first().copied().unwrap_or(what.invocation));
        if self.store.index.last_change() != seen {
            found = look_up()?;
        }
        let mut by_remote = false;
        // The first time may bring what is to be looked at, and the second the entry.
        for _ in 0..2 {
            let Some(what) = missing(&found) else { break };
            if !self.find_in_remote(&what) {
                break;
            }
            found = look_up()?;
            by_remote = true;
        }
        Ok(LookedUp { found, turn, by_remote })
    }

    /// Takes the turn to make `key`, waiting for another process that has it. `None`: it has kept it too long, or
    /// turns can't be taken.
    pub fn take_turn(&self, key: &Digest) -> Option<Lock> {
        let slot = u64::from_le_bytes(key.as_bytes()[..8].try_into().expect("eight bytes"));
        lock::byte(&self.store.layout.inflight_lock(), slot, self.settings.lock_timeout).ok().flatten()
    }

    /// Looks after what was just recorded: it may be sent, and the store has grown.
    pub fn after_recording(&self, key: &Digest) {
        self.send_later(key);
        self.collect_if_due();
    }

    /// Starts a gc that goes on by itself, if the last one was some time ago: the store has just grown. Under the front
    /// end that is done once, at the end of the build.
    fn collect_if_due(&self) {
        let has_front_end = self.call.environment().get(crate::env::KACHE_BUILD).is_some();
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
    pub fn notes(&self) -> Notes {
        Notes { log: Some(self.store.log.clone()), filter: self.settings.log.clone() }
    }
}

fn become_program(call: &impl Call, layout: &Layout) -> Option<Guard> {
    let program = call.program();
    Guard::become_program(layout, &program.program, &program.arguments)
}

/// Finds the rule of the user's that keeps a package out of the cache.
pub fn rule_against(package: &str, settings: &Settings) -> Option<Bypass> {
    let name = package.replace('-', "_");
    let listed = |glob: &&String| environment::matches(&glob.replace('-', "_"), &name);
    settings.bypass.iter().find(listed).map(|rule| Bypass::Rule(rule.clone()))
}
