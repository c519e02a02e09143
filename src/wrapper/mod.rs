//! One compiler call, told in order.
//!
//! Owns what `RUSTC_WRAPPER` does: answer a compile from the store, or run the compiler and remember. Never makes a
//! build fail that the compiler would let pass: whatever goes wrong on our side, the real compiler runs and the event
//! log says why. Never writes to stdout or stderr anything that is not the compiler's.
//!
//! 1. [`call`]: what is asked. A question (`-vV`, `--print`) goes straight to the compiler.
//! 2. [`session`]: the settings, the store, the compiler's identity; the invocation key.
//! 3. [`lookup`]: predictions → present state → entry key → entry.
//! 4. [`restore`]: a hit puts the outputs in place and repeats what the compiler said.
//! 5. [`compile`]: a miss runs the compiler, traced where more may be read than dep-info tells.
//! 6. [`learn`]: what was read becomes a prediction, or the reason why the result can't be kept.
//! 7. [`record`]: outputs become blobs, the entry goes into the index.
//!
//! # The point of no return
//! Until the compiler has run, any trouble ends in running it. Once it has run, its result stands: trouble in
//! recording is noted and nothing else.
//!
//! # Performance
//! A hit starts no process and no thread. It opens the index, looks at each input by one `statx`, links the outputs
//! and appends one line to the event log.

mod call;
mod clock;
mod compile;
mod compiler;
mod files;
mod learn;
mod lookup;
mod process;
mod record;
mod restore;
mod session;

use std::process::ExitCode;
use std::time::Instant;

use crate::event::{Bypass, Bytes, Outcome};
use crate::invocation::CompilerCall;
use crate::store::guard;
use call::{Call, Plan};
use compile::Compiled;
use lookup::Found;
use process::Ending;
use session::Session;

/// Serves one compiler call of cargo's.
pub fn run(call: CompilerCall) -> ExitCode {
    let started = Instant::now();
    guard::fall_back_on_panic();
    let call = match Call::read(call) {
        Plan::Ask(program) => return process::replace(&program),
        Plan::Compile(call) => call,
    };
    let settings = match session::settings(&call) {
        Ok(settings) if settings.disabled => return process::replace(&call.command),
        Ok(settings) => settings,
        Err(why) => return bypass(&call, started, None, Bypass::Settings(why)),
    };
    let session = match Session::open(&call, settings) {
        Ok(session) => session,
        Err(excluded) => return bypass(&call, started, excluded.log, excluded.why),
    };
    serve(&session, started)
        .map_or_else(|what| fail_open(&call, started, Some(session.log()), what), Ending::exit)
}

/// Looks up, and restores or compiles. An error says that nothing has run yet.
fn serve(session: &Session<'_>, started: Instant) -> Result<Ending, String> {
    let mut found = lookup::look_up(session)?;
    // An equal compile may be under way: wait for it and look again.
    let _turn = match &found {
        Found::Hit(_) => None,
        Found::Miss(miss) => {
            let (turn, waited) = session.take_turn(&miss.likely_key());
            if waited {
                found = lookup::look_up(session)?;
            }
            turn
        }
    };
    let mut reason = match found {
        Found::Hit(hit) => match restore::restore(session, &hit) {
            Ok(bytes) => {
                session.report(
                    started,
                    Outcome::Hit { remote: false },
                    Some(hit.key),
                    hit.entry.compile_ms,
                    bytes,
                );
                return Ok(Ending::success());
            }
            Err(restore::Failure::Damaged) => Box::new(lookup::Miss::damaged(session, &hit)),
            Err(restore::Failure::File(error)) => return Err(session::chain(&error)),
        },
        Found::Miss(miss) => miss,
    };
    session.end_guard();
    let compiled = match compile::compile(session, reason.needs_trace) {
        Ok(compiled) => compiled,
        Err(failure) => return Ok(failure.ending()),
    };
    if !compiled.ending.is_success() {
        let outcome = Outcome::Failed { code: compiled.ending.code() };
        session.report(started, outcome, None, compiled.millis, Bytes::default());
        return Ok(compiled.ending);
    }
    Ok(keep(session, started, &mut reason, compiled))
}

/// Learns from a compile that succeeded and records its result.
fn keep(session: &Session<'_>, started: Instant, miss: &mut lookup::Miss, compiled: Compiled) -> Ending {
    let recorded = record::record(session, miss, &compiled);
    let (key, not_recorded, bytes) = match recorded {
        Ok(recorded) => (Some(recorded.key), None, recorded.bytes),
        Err(why) => (None, Some(why), Bytes::default()),
    };
    let outcome = Outcome::Missed { reason: miss.reason(session), not_recorded };
    session.report(started, outcome, key, compiled.millis, bytes);
    compiled.ending
}

/// Runs the compiler without the cache, by decision.
fn bypass(call: &Call, started: Instant, log: Option<crate::event::Log>, why: Bypass) -> ExitCode {
    run_plainly(call, started, log, Outcome::Bypassed(why))
}

/// Runs the compiler without the cache, since the cache failed.
fn fail_open(call: &Call, started: Instant, log: Option<crate::event::Log>, what: String) -> ExitCode {
    run_plainly(call, started, log, Outcome::Error(what))
}

fn run_plainly(call: &Call, started: Instant, log: Option<crate::event::Log>, outcome: Outcome) -> ExitCode {
    restore::unlink_outputs(call);
    let compile_started = Instant::now();
    let ending = process::run_inherited(&call.command);
    let outcome = match ending.is_success() {
        true => outcome,
        false => Outcome::Failed { code: ending.code() },
    };
    if let Some(log) = log {
        let millis = session::millis(compile_started);
        session::report(&log, call, started, outcome, None, millis, Bytes::default());
    }
    ending.exit()
}
