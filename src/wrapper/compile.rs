//! The compiler runs: on a miss, and where a hit is [verified](super::verify).
//!
//! Owns the choice of its arguments, the passing on of its streams while they are written, and their copies.

use std::io::{Read, Write};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Instant;

use super::call::Call;
use super::lookup::Miss;
use super::mapping::{self, Mapping};
use super::restore::unlink_outputs;
use super::session::Session;
use super::{assembly, edit, place};
use crate::config;
use crate::fs::stat::{Stat, Time};
use crate::placeholder::ROOT;
use crate::placeholder::stream::Replacer;
use crate::rustc::depinfo::DepInfo;
use crate::serve::notes::millis;
use crate::serve::process::{Ending, Program, say_not_started};
use crate::serve::streams::tee;
use crate::store::layout::Layout;
use crate::trace::{self, Scope, SpawnError, Trace};

/// A compiler that has run.
pub(super) struct Compiled {
    /// How it ended.
    pub(super) ending: Ending,
    /// How long it took.
    pub(super) millis: u64,
    /// A time before it started: what changed later may have been read before or after.
    pub(super) started: Time,
    /// What it wrote to stdout, placeholders and all.
    pub(super) stdout: Vec<u8>,
    /// What it wrote to stderr, placeholders and all.
    pub(super) stderr: Vec<u8>,
    /// What it read.
    pub(super) reads: Reads,
    /// Which directories stand in the result as placeholders.
    pub(super) mapping: Mapping,
    /// What it has left of incremental state.
    pub(super) left: edit::Left,
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

impl Compiled {
    /// Passes on what was held back.
    pub(super) fn say(&self, call: &Call) {
        say(call, &self.stdout, std::io::stdout());
        say(call, &self.stderr, std::io::stderr());
    }
}

/// How the compiler runs.
struct Way {
    state: edit::State,
    passing: Passing,
}

/// Runs the compiler, traced if dep-info does not tell all.
pub(super) fn compile(session: &Session<'_>, miss: &Miss) -> Result<Compiled, NotStarted> {
    let state = edit::State::choose(session.call, &session.settings);
    if matches!(state, edit::State::Continued) {
        edit::bring_back(session.call, &session.store.layout);
    }
    compile_by(Way { state, passing: Passing::AtOnce }, session, miss)
}

/// Does the same, from nothing and without a word: the caller passes on what was said, if the result is used.
pub(super) fn compile_apart(session: &Session<'_>, miss: &Miss) -> Result<Compiled, NotStarted> {
    let state = edit::State::apart(session.call, &session.settings);
    compile_by(Way { state, passing: Passing::Later }, session, miss)
}

fn compile_by(way: Way, session: &Session<'_>, miss: &Miss) -> Result<Compiled, NotStarted> {
    let call = session.call;
    let map = |generated| match miss.known.runs_compiler(call) {
        true => mapping::choose(call, generated),
        false => Mapping::default(),
    };
    let (mut finished, mut mapping) = run(session, miss, map(!miss.was_bound), &way)?;
    let mut is_held_back = mapping.is_tentative;
    if mapping.is_tentative && shows_placeholder(call, &finished) {
        // Nobody has seen anything of it yet.
        (finished, mapping) = run(session, miss, map(false), &way)?;
        is_held_back = false;
    }
    let Finished { run: Run { status, stdout, stderr, reads }, started, millis } = finished;
    let (ending, left) = (Ending::Status(status), way.state.after(call));
    let compiled = Compiled { ending, millis, started, stdout, stderr, reads, mapping, left };
    if is_held_back && way.passing == Passing::AtOnce {
        compiled.say(call);
    }
    Ok(compiled)
}

/// A compiler that has run, and when.
struct Finished {
    run: Run,
    started: Time,
    millis: u64,
}

/// Runs the compiler once.
fn run(
    session: &Session<'_>,
    miss: &Miss,
    mapping: Mapping,
    way: &Way,
) -> Result<(Finished, Mapping), NotStarted> {
    let call = session.call;
    unlink_outputs(call);
    let started = start_time(session);
    let clock = Instant::now();
    let program = way.state.program(call);
    let mut command = program.command();
    command.args(way.state.arguments()).args(&mapping.arguments);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let passing = if mapping.is_tentative { Passing::Later } else { way.passing };
    // What can't be recorded need not be known.
    let is_recorded = !matches!(way.state, edit::State::Continued);
    let needs_trace = is_recorded && (miss.needs_trace || assembly::may_be_used(call));
    let run = match needs_trace {
        false => run_declared(&mut command, call, passing),
        true if session.settings.trace == config::Trace::Off => {
            run_untraced(&mut command, call, passing, "tracing is off (`KACHE_TRACE`)".to_owned())
        }
        true => run_traced(&mut command, call, passing, scope(session, miss)),
    };
    let run = run.map_err(|error| {
        say_not_started(program, &error);
        NotStarted
    })?;
    Ok((Finished { run, started, millis: millis(clock) }, mapping))
}

/// Whether a result that nobody has used yet shows a placeholder to those who run it.
fn shows_placeholder(call: &Call, finished: &Finished) -> bool {
    finished.run.status.success()
        && place::in_outputs(call, &DepInfo::default()).map_or(true, |shown| shown.placeholder)
}

/// Runs the compiler without the cache: nothing of it is kept but, with `states`, its incremental state.
pub(super) fn run_plainly(call: &Call, states: Option<&Layout>) -> Ending {
    let Some((program, layout)) = call.incremental.as_ref().zip(states) else {
        return run_program(call, &call.command);
    };
    let state = edit::State::new(call);
    edit::bring_back(call, layout);
    let ending = run_program(call, program);
    if ending.is_success() {
        state.after(call).keep(call, layout);
    }
    ending
}

/// Runs the compiler with cargo's own arguments.
pub(super) fn run_as_cargo_has_it(call: &Call) -> Ending {
    run_program(call, call.as_cargo_has_it())
}

fn run_program(call: &Call, program: &Program) -> Ending {
    let mut command = program.command();
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    match run_declared(&mut command, call, Passing::AtOnce) {
        Ok(run) => Ending::Status(run.status),
        Err(error) => {
            say_not_started(program, &error);
            Ending::NotStarted
        }
    }
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

/// When the streams are passed on.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Passing {
    /// As they come.
    AtOnce,
    /// By the caller, if the result stands.
    Later,
}

fn run_declared(command: &mut Command, call: &Call, passing: Passing) -> std::io::Result<Run> {
    let mut child = command.spawn()?;
    let (stdout, stderr) = read_streams(&mut child, call, passing);
    Ok(Run { status: child.wait()?, stdout, stderr, reads: Reads::Declared })
}

fn run_untraced(command: &mut Command, call: &Call, passing: Passing, why: String) -> std::io::Result<Run> {
    Ok(Run { reads: Reads::Unknown(why), ..run_declared(command, call, passing)? })
}

/// Variables are of interest where the compiler may load macros, and it is the compiler that is started.
fn scope(session: &Session<'_>, miss: &Miss) -> Scope {
    match miss.known.runs_compiler(session.call) && miss.known.closure.is_none() {
        true => Scope::FilesAndVariables,
        false => Scope::Files,
    }
}

fn run_traced(command: &mut Command, call: &Call, passing: Passing, scope: Scope) -> std::io::Result<Run> {
    let mut traced = match trace::spawn(command, scope) {
        Ok(traced) => traced,
        Err(SpawnError::Unsupported(why)) => {
            return run_untraced(command, call, passing, crate::serve::notes::chain(&why));
        }
        Err(SpawnError::Program(error)) => return Err(error),
    };
    let (stdout, stderr) = read_streams(&mut traced.child, call, passing);
    let (status, trace) = traced.wait()?;
    Ok(Run { status, stdout, stderr, reads: Reads::Traced(Box::new(trace)) })
}

/// Reads both streams to their ends.
fn read_streams(child: &mut Child, call: &Call, passing: Passing) -> (Vec<u8>, Vec<u8>) {
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let at_once = passing == Passing::AtOnce;
    // Reading is all that the other thread shares of the call.
    let out = at_once.then(|| Outlet::new(call, std::io::stdout()));
    let err = at_once.then(|| Outlet::new(call, std::io::stderr()));
    std::thread::scope(|scope| {
        let stdout = scope.spawn(|| copy(stdout, out));
        let stderr = copy(stderr, err);
        (stdout.join().unwrap_or_default(), stderr)
    })
}

/// Copies a stream to its end.
fn copy<W: Write>(from: Option<impl Read>, mut to: Option<Outlet<W>>) -> Vec<u8> {
    let all = tee(from, |piece| {
        if let Some(to) = &mut to {
            to.write(piece);
        }
    });
    if let Some(to) = to {
        to.finish();
    }
    all
}

/// Says again what a compiler has said, with this checkout's paths.
pub(super) fn say(call: &Call, text: &[u8], to: impl Write) {
    // Without a placeholder, nobody need look for the workspace.
    let root = memchr::memmem::find(text, ROOT.as_bytes()).and_then(|_| call.root());
    let mut outlet = Outlet { to, replacer: root.map(Replacer::new) };
    outlet.write(text);
    outlet.finish();
}

/// Passes on what a compiler says, with this checkout's paths.
struct Outlet<W> {
    to: W,
    replacer: Option<Replacer>,
}

impl<W: Write> Outlet<W> {
    /// Passes on to `to`.
    fn new(call: &Call, to: W) -> Self {
        Self { to, replacer: call.root().map(Replacer::new) }
    }

    /// Takes the next piece. A reader that went away is no trouble of ours.
    fn write(&mut self, piece: &[u8]) {
        let piece = match &mut self.replacer {
            Some(replacer) => replacer.push(piece),
            None => piece.into(),
        };
        let _ = self.to.write_all(&piece).and_then(|()| self.to.flush());
    }

    /// Passes on what is left.
    fn finish(mut self) {
        if let Some(replacer) = self.replacer {
            let _ = self.to.write_all(&replacer.finish()).and_then(|()| self.to.flush());
        }
    }
}
