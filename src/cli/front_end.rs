//! The front end: a cargo command, built through the cache.
//!
//! Owns what comes before and after: the settings, our exit, and the store's size. What a build is lies in
//! `orchestrate`.

use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};

use super::Outcome;
use super::context::{current_dir, now_ms, resolve, this_program};
use super::route::{COMMANDS, FrontEnd, NOT_YET};
use crate::config::Settings;
use crate::env::Env;
use crate::invocation::AUTOMATIC_GC;
use crate::orchestrate::command::CargoWords;
use crate::orchestrate::{self, Request};
use crate::signal;
use crate::store;
use crate::store::layout::Layout;
use crate::term::Term;

pub(super) fn run(env: &Env, term: &Term, words: FrontEnd) -> Outcome {
    let directory = current_dir()?;
    // Cargo may be told to work somewhere else.
    let moved = CargoWords::parse(&words.cargo).directory().map(|to| directory.join(to));
    let resolved = resolve(env, Some(moved.as_deref().unwrap_or(&directory)))?;
    for warning in &resolved.warnings {
        term.warning(&warning.to_string());
    }
    let this_program = this_program()?;
    let own_commands = COMMANDS.iter().copied().filter(|name| *name != NOT_YET).collect::<Vec<_>>();
    let outcome = orchestrate::run(Request {
        options: words.options,
        words: words.cargo,
        resolved: &resolved,
        env,
        this_program: this_program.clone(),
        directory,
        own_commands: &own_commands,
        stderr: &mut std::io::stderr(),
        color: term.stderr_color(),
        after: None,
    });
    collect_if_due(&resolved.settings, &this_program);
    Ok(match outcome {
        orchestrate::Outcome::Exit(code) => exit(code),
        orchestrate::Outcome::Signal(signal) => {
            signal::die_by(signal);
            exit(128 + signal)
        }
    })
}

/// Returns cargo's code as ours.
fn exit(code: i32) -> ExitCode {
    u8::try_from(code).map_or(ExitCode::FAILURE, ExitCode::from)
}

/// Starts a gc that goes on by itself, if the last one was some time ago. It finds out whether there is something to
/// do: nobody waits for that.
fn collect_if_due(settings: &Settings, this_program: &Path) {
    let layout = Layout::new(settings.cache_dir.clone());
    if settings.disabled || !layout.blobs().is_dir() || !store::gc::is_due(&layout, now_ms()) {
        return;
    }
    let mut gc = Command::new(this_program);
    gc.args(AUTOMATIC_GC).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    // Not in the terminal's foreground group: an interrupt there is not meant for it. Nor does a build wait for it.
    let _ = gc.process_group(0).spawn();
}
