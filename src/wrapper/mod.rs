//! One compiler call, told in order.
//!
//! Owns what `RUSTC_WRAPPER` does: answer a compile from the store, or run the compiler and remember. Never makes a
//! build fail that the compiler would let pass: whatever goes wrong on our side, the real compiler runs and the event
//! log says why. Never writes to stdout or stderr anything that is not the compiler's.
//!
//! 1. [`call`]: what is asked, and in which [workspace](crate::serve::workspace). A question (`-vV`, `--print`) goes straight to the compiler.
//! 2. [`session`]: the settings, the store, the compiler's identity; the invocation key.
//! 3. [`lookup`]: predictions → present state → entry key → entry.
//! 4. [`restore`]: a hit puts the outputs in place and repeats what the compiler said.
//! 5. [`compile`]: a miss runs the compiler, with this checkout's directories [mapped](mapping), traced where more may be
//!    read than dep-info tells, and [incrementally](edit) where cargo asks for that.
//! 6. [`learn`]: what was read becomes a prediction, or the reason why the result can't be kept; of a variable that only
//!    was [leading] to files, the place.
//! 7. [`record`]: outputs become blobs, the entry goes into the index.
//! 8. [`products`]: what was linked gets this checkout's paths, also where the cache is off.
//!
//! [`verify`] takes the place of 4 for those who ask for it: steps 5 to 8 on a hit, and a comparison.
//!
//! # The point of no return
//! Until the compiler has run, any trouble ends in running it. Once it has run, its result stands: trouble in
//! recording is noted and nothing else.
//!
//! # Performance
//! A hit starts no process and no thread. It opens the index, looks at each input by one `statx`, links the outputs
//! and appends one line to the event log.

mod assembly;
mod call;
mod clock;
mod compile;
mod compiler;
mod edit;
mod leading;
mod learn;
mod lookup;
mod mapping;
mod outputs;
mod place;
mod products;
mod record;
mod restore;
mod session;
mod stand_in;
mod verify;

use std::process::ExitCode;
use std::time::Instant;

use crate::config::Incremental;
use crate::event::{Bypass, Outcome};
use crate::invocation::CompilerCall;
use crate::serve;
use crate::serve::nested;
use crate::serve::notes::{self, Notes, Outcomes};
use crate::serve::process::{self, Ending};
use crate::store::guard;
use crate::store::layout::Layout;
use call::{Asked, Call};
use compile::Compiled;
use lookup::Found;
use session::Session;

/// Serves one compiler call of cargo's.
pub fn run(call: CompilerCall) -> ExitCode {
    let started = Instant::now();
    guard::fall_back_on_panic();
    let mut call = match Call::read(call) {
        Asked::Question(program) => return process::replace(&program),
        Asked::Compile(call) => call,
    };
    if nested::is_marked() {
        // What a build script reads on the way has to be seen there.
        restore::unlink_outputs(&call);
        return process::replace(call.as_cargo_has_it());
    }
    let settings = match serve::session::settings(&*call) {
        Ok(settings) if settings.disabled => return step_aside(&call),
        Ok(settings) => settings,
        Err(why) => {
            let outcome = Outcome::Bypassed(Bypass::Settings(why));
            return run_plainly(&call, None, started, &notes::notes_anyway(), outcome);
        }
    };
    if settings.share_homes {
        call.share_homes();
    }
    // What is not recorded may as well be compiled as with plain cargo.
    let layout = Layout::new(settings.cache_dir.clone());
    let states = (settings.incremental == Incremental::Auto).then_some(&layout);
    let session = match session::open(&call, settings) {
        Ok(session) => session,
        Err(excluded) => {
            let outcome = Outcome::Bypassed(excluded.why);
            return run_plainly(&call, states, started, &excluded.notes, outcome);
        }
    };
    match serve(&session, started) {
        Ok(ending) => ending.exit(),
        Err(what) => run_plainly(&call, states, started, &session.notes(), Outcome::Error(what)),
    }
}

/// Looks up, and restores or compiles. An error says that nothing has run yet.
fn serve(session: &Session<'_>, started: Instant) -> Result<Ending, String> {
    let looked_up = session.look_up_in_turn(|| lookup::look_up(session), |found| found.missing(session))?;
    let mut miss = match looked_up.found {
        Found::Hit(hit) if verify::is_due(session, &hit) => {
            let verified = verify::verify(session, *hit, looked_up.by_remote);
            session.notes().add(session.call, started, verified.ended);
            return Ok(verified.ending);
        }
        Found::Hit(hit) => match restore::restore(session, &hit) {
            Ok(bytes) => {
                let ended = Outcomes::hit(hit.key, hit.entry.compile_ms, bytes, looked_up.by_remote);
                session.notes().add(session.call, started, ended);
                return Ok(Ending::success());
            }
            Err(restore::Failure::Damaged) => lookup::Miss::damaged(session, *hit),
            Err(restore::Failure::File(error)) => return Err(notes::chain(&error)),
        },
        Found::Miss(miss) => miss,
    };
    session.end_guard();
    let Ok(compiled) = compile::compile(session, &miss) else { return Ok(Ending::NotStarted) };
    let ended = match compiled.ending.is_success() {
        true => keep(session, &mut miss, &compiled),
        false => Outcomes::compiled(Outcome::Failed { code: compiled.ending.code() }, compiled.millis),
    };
    session.notes().add(session.call, started, ended);
    Ok(compiled.ending)
}

/// Learns from a compile that succeeded and records its result.
fn keep(session: &Session<'_>, miss: &mut lookup::Miss, compiled: &Compiled) -> Outcomes {
    session.guard_result();
    let recorded = record::record(session, miss, compiled);
    let reason = miss.reason(session);
    session.end_guard();
    match &recorded {
        Ok(recorded) => {
            compiled.left.keep(session.call, &session.store.layout);
            session.after_recording(&recorded.key);
        }
        Err(_) => {
            products::localise_all(session.call);
            stand_in::replace_all(session);
        }
    }
    Outcomes::missed(reason, recorded, compiled.millis)
}

/// Runs the compiler as if the cache were not there. Nothing is recorded or noted; but what is linked may be made of
/// libraries that came through the cache earlier.
fn step_aside(call: &Call) -> ExitCode {
    restore::unlink_outputs(call);
    if products::all(call).is_empty() {
        return process::replace(call.as_cargo_has_it());
    }
    let ending = compile::run_as_cargo_has_it(call);
    if ending.is_success() {
        products::localise_all(call);
    }
    ending.exit()
}

/// Runs the compiler without the cache.
fn run_plainly(
    call: &Call,
    states: Option<&Layout>,
    started: Instant,
    notes: &Notes,
    outcome: Outcome,
) -> ExitCode {
    restore::unlink_outputs(call);
    let clock = Instant::now();
    let ending = compile::run_plainly(call, states);
    let outcome = match ending.is_success() {
        true => {
            products::localise_all(call);
            outcome
        }
        false => Outcome::Failed { code: ending.code() },
    };
    notes.add(call, started, Outcomes::compiled(outcome, notes::millis(clock)));
    ending.exit()
}
