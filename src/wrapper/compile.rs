//! A miss: the compiler runs.
//!
//! Owns the passing on of its streams while they are written, and their copies.

use std::io::{Read, Write};
use std::process::{Command, ExitStatus, Stdio};
use std::time::Instant;

use super::lookup::Miss;
use super::process::{Ending, say_not_started};
use super::restore::unlink_outputs;
use super::session::{Session, millis};
use crate::config;
use crate::fs::stat::{Stat, Time};
use crate::trace::{self, Scope, SpawnError, Trace};

/// A compiler that has run.
pub(super) struct Compiled {
    /// How it ended.
    pub(super) ending: Ending,
    /// How long it took.
    pub(super) millis: u64,
    /// A time before it started: what changed later may have been read before or after.
    pub(super) started: Time,
    /// What it wrote to stdout.
    pub(super) stdout: Vec<u8>,
    /// What it wrote to stderr.
    pub(super) stderr: Vec<u8>,
    /// What it read.
    pub(super) reads: Reads,
}

/// What is known of a compile's reads.
pub(super) enum Reads {
    /// Dep-info tells all.
    Declared,
    /// All was traced.
    Traced(Box<Trace>),
    /// More may have been read, and could not be traced.
    Unknown(String),
}

/// The compiler could not be started; the error has been said.
pub(super) struct NotStarted;

/// Runs the compiler, traced if dep-info does not tell all.
pub(super) fn compile(session: &Session<'_>, miss: &Miss) -> Result<Compiled, NotStarted> {
    let call = session.call;
    unlink_outputs(call);
    let started = start_time(session);
    let clock = Instant::now();
    let mut command = call.command.command();
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let run = match miss.needs_trace {
        false => run_declared(&mut command),
        true if session.settings.trace == config::Trace::Off => {
            run_untraced(&mut command, "tracing is off (`KACHE_TRACE`)".to_owned())
        }
        true => run_traced(&mut command, scope(session, miss)),
    };
    let run = run.map_err(|error| {
        say_not_started(&call.command, &error);
        NotStarted
    })?;
    let Run { status, stdout, stderr, reads } = run;
    Ok(Compiled { ending: Ending::Status(status), millis: millis(clock), started, stdout, stderr, reads })
}

/// Returns a time that everything written before this call is older than.
///
/// Where something has just been written (generated code, a source saved a moment ago) that means to wait for the
/// clock's next tick.
fn start_time(session: &Session<'_>) -> Time {
    let call = session.call;
    let now = Time::now();
    let source = Stat::of(&call.cwd.join(&call.arguments.source));
    let is_old = source.is_ok_and(|stat| stat.changed.seconds + 1 < now.seconds);
    if is_old && call.environment.get("OUT_DIR").is_none() { now } else { Time::next_tick() }
}

struct Run {
    status: ExitStatus,
    stdout: Vec<u8>,
    stderr: Vec<u8>,
    reads: Reads,
}

fn run_declared(command: &mut Command) -> std::io::Result<Run> {
    let mut child = command.spawn()?;
    let (stdout, stderr) = pass_on(child.stdout.take(), child.stderr.take());
    Ok(Run { status: child.wait()?, stdout, stderr, reads: Reads::Declared })
}

fn run_untraced(command: &mut Command, why: String) -> std::io::Result<Run> {
    Ok(Run { reads: Reads::Unknown(why), ..run_declared(command)? })
}

/// Variables are of interest where the compiler may load macros, and it is the compiler that is started.
fn scope(session: &Session<'_>, miss: &Miss) -> Scope {
    let is_direct = miss.known.compiler.is_direct && session.call.inner_wrapper.is_none();
    match is_direct && miss.known.closure.is_none() {
        true => Scope::FilesAndVariables,
        false => Scope::Files,
    }
}

fn run_traced(command: &mut Command, scope: Scope) -> std::io::Result<Run> {
    let mut traced = match trace::spawn(command, scope) {
        Ok(traced) => traced,
        Err(SpawnError::Unsupported(why)) => return run_untraced(command, super::session::chain(&why)),
        Err(SpawnError::Program(error)) => return Err(error),
    };
    let (stdout, stderr) = pass_on(traced.child.stdout.take(), traced.child.stderr.take());
    let (status, trace) = traced.wait()?;
    Ok(Run { status, stdout, stderr, reads: Reads::Traced(Box::new(trace)) })
}

/// Passes both streams on as they come, and returns what came.
fn pass_on(stdout: Option<impl Read + Send>, stderr: Option<impl Read>) -> (Vec<u8>, Vec<u8>) {
    std::thread::scope(|scope| {
        let stdout = scope.spawn(|| copy(stdout, std::io::stdout()));
        let stderr = copy(stderr, std::io::stderr());
        (stdout.join().unwrap_or_default(), stderr)
    })
}

/// Copies a stream. A reader that went away is the compiler's business no less than ours: its output is still read,
/// so that it can end.
fn copy(from: Option<impl Read>, mut to: impl Write) -> Vec<u8> {
    let mut all = Vec::new();
    let Some(mut from) = from else { return all };
    let mut buffer = [0; 16 * 1024];
    loop {
        match from.read(&mut buffer) {
            Ok(0) => return all,
            Ok(n) => {
                let _ = to.write_all(&buffer[..n]).and_then(|()| to.flush());
                all.extend_from_slice(&buffer[..n]);
            }
            Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
            Err(_) => return all,
        }
    }
}
