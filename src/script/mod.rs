//! One run of a build script, told in order.
//!
//! Owns what stands behind a [`launcher`](crate::launcher): answer the run from the store, or run the script and
//! remember. Never makes a build fail that the script would let pass: whatever goes wrong on our side, the real script
//! runs, as cargo would have run it. Never writes anything to stdout or stderr that is not the script's.
//!
//! 1. [`call`]: which script, for which package, where.
//! 2. [`lookup`]: what cargo gives to it → predictions → present state → entry.
//! 3. [`restore`]: a hit puts `OUT_DIR` back and repeats what the script said.
//! 4. [`execute`]: a miss runs the script in its own place, traced.
//! 5. [`learn`]: what its process tree read becomes a prediction, or the reason why the run can't be kept.
//! 6. [`record`]: what it left and said goes into the store, with this checkout's [directories](places) taken out.
//!
//! # What is not kept
//! Runs that fail, reach out by a socket, write outside of `OUT_DIR`, ask for the time or for random numbers, look at what
//! an earlier run left in `OUT_DIR`, or could read what the trace does not see. A result that names a directory of
//! this checkout where no other can be put in its place is kept for this checkout only.
//!
//! # Limits
//! Every script knows where it is, since cargo tells it `OUT_DIR`. What it writes is searched for directories of the
//! checkout, in the forms that people write them in; a number that was computed from one (a hash, a length) is not seen
//! for what it is, and is the first checkout's in all others. The same holds for clocks that are read without a library, by
//! programs that the script starts. Of a file that is read, its content and its owner's permissions count, not its times nor
//! what others may do with it.
//!
//! # Cargo's own rules
//! Cargo decides when a script runs, by `rerun-if-…` and by times, as without us; we are asked only then. It reads what
//! the script says from our stdout, and writes its own files.

mod call;
mod execute;
mod learn;
mod lookup;
mod moment;
mod outputs;
mod places;
mod record;
mod restore;

use std::process::ExitCode;
use std::time::Instant;

use crate::event::{Bypass, Outcome};
use crate::invocation::ScriptCall;
use crate::serve::notes::{self, Notes, Outcomes};
use crate::serve::process::{self, Ending};
use crate::serve::session::{self, Session};
use crate::store::guard;
use crate::{config, serve};
use call::Run;
use lookup::{Found, Miss};

/// Serves one run of a build script for cargo.
pub fn run(call: ScriptCall) -> ExitCode {
    let started = Instant::now();
    guard::fall_back_on_panic();
    let mut run = Run::read(call);
    if !run.is_for_cargo() || serve::nested::is_marked() {
        return process::replace(&run.program);
    }
    let settings = match serve::session::settings(&run) {
        Ok(settings) => settings,
        Err(why) => return stand_aside(&run, started, &notes::notes_anyway(), Bypass::Settings(why)),
    };
    if settings.disabled || settings.trace == config::Trace::Off {
        return execute::replace(&run);
    }
    if settings.share_homes {
        run.share_homes();
    }
    let exclusion = session::rule_against(&run.unit.package, &settings);
    let session = match Session::open(&run, settings, exclusion) {
        Ok(session) => session,
        Err(excluded) => return stand_aside(&run, started, &excluded.notes, excluded.why),
    };
    match serve(&session, started) {
        Ok(ending) => ending.exit(),
        Err(what) => {
            session.notes().add(&run, started, Outcomes::compiled(Outcome::Error(what), 0));
            session.end_guard();
            execute::replace(&run)
        }
    }
}

/// Lets the script run without us.
fn stand_aside(run: &Run, started: Instant, notes: &Notes, why: Bypass) -> ExitCode {
    notes.add(run, started, Outcomes::compiled(Outcome::Bypassed(why), 0));
    execute::replace(run)
}

/// Looks up, and restores or runs. An error says that nothing has run yet.
fn serve(session: &Session<'_, Run>, started: Instant) -> Result<Ending, String> {
    let looked_up = session.look_up_in_turn(|| lookup::look_up(session), |found| found.missing(session))?;
    let mut miss = match looked_up.found {
        Found::Hit(hit) => match restore::restore(session, &hit) {
            Ok(bytes) => {
                let ended = Outcomes::hit(hit.key, hit.entry.compile_ms, bytes, looked_up.by_remote);
                session.notes().add(session.call, started, ended);
                return Ok(Ending::success());
            }
            Err(restore::Failure::Damaged) => Miss::damaged(session, &hit),
            Err(restore::Failure::File(error)) => return Err(notes::chain(&error)),
        },
        Found::Miss(miss) => miss,
    };
    session.end_guard();
    let executed = match execute::execute(session) {
        Ok(executed) => executed,
        Err(execute::Unable::Untraced(why)) => {
            let bypass = Outcome::Bypassed(Bypass::Script(format!("can't be traced: {why}")));
            session.notes().add(session.call, started, Outcomes::compiled(bypass, 0));
            execute::replace(session.call);
            return Ok(Ending::NotStarted);
        }
        Err(execute::Unable::NotStarted) => return Ok(Ending::NotStarted),
    };
    let ended = match executed.ending.is_success() {
        true => keep(session, &mut miss, &executed),
        false => Outcomes::compiled(Outcome::Failed { code: executed.ending.code() }, executed.millis),
    };
    session.notes().add(session.call, started, ended);
    Ok(executed.ending)
}

/// Learns from a run that succeeded and records it.
fn keep(session: &Session<'_, Run>, miss: &mut Miss, executed: &execute::Executed) -> Outcomes {
    session.guard_result();
    let recorded = record::record(session, miss, executed);
    let reason = miss.reason(session);
    session.end_guard();
    if let Ok(recorded) = &recorded {
        session.after_recording(&recorded.key);
    }
    Outcomes::missed(reason, recorded, executed.millis)
}
