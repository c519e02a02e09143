//! A miss: the script runs.
//!
//! Owns the run in the script's own place: while it runs, the file that cargo calls is the script and no launcher, so
//! that it finds itself where it would without us. Its streams are passed on while they are written.

use std::io::Write as _;
use std::os::unix::process::CommandExt as _;
use std::process::{ExitCode, Stdio};
use std::time::Instant;

use rustix::fs::FlockOperation;

use super::call::Run;
use crate::fs::stat::Time;
use crate::fs::{self, link};
use crate::serve::nested;
use crate::serve::notes::{chain, millis};
use crate::serve::process::{self, Ending, Program, say_not_started};
use crate::serve::session::Session;
use crate::serve::streams::tee;
use crate::trace::{self, Scope, SpawnError, Trace};

/// A script that has run.
pub(super) struct Executed {
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
    /// What its process tree did.
    pub(super) trace: Trace,
    /// Whether `OUT_DIR` was empty before.
    pub(super) began_empty: bool,
}

/// Why a script has not run.
pub(super) enum Unable {
    /// It can't be traced; an error in words.
    Untraced(String),
    /// It can't be started; the error has been said.
    NotStarted,
}

/// Runs the script, traced.
pub(super) fn execute(session: &Session<'_, Run>) -> Result<Executed, Unable> {
    trace::supported().map_err(|why| Unable::Untraced(chain(&why)))?;
    let run = session.call;
    let began_empty = fs::list(&run.out_dir).is_ok_and(|names| names.is_empty());
    nested::mark();
    let stage = Stage::set(run);
    // What has just been written is older than all that the script writes.
    let started = Time::next_tick();
    let clock = Instant::now();
    let program = in_place(run);
    let mut command = program.command();
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut traced = trace::spawn(&mut command, Scope::FilesAndVariables).map_err(|error| match error {
        SpawnError::Unsupported(why) => Unable::Untraced(chain(&why)),
        SpawnError::Program(error) => {
            say_not_started(&program, &error);
            Unable::NotStarted
        }
    })?;
    let (out, err) = (traced.child.stdout.take(), traced.child.stderr.take());
    let (stdout, stderr) = std::thread::scope(|scope| {
        let stdout = scope.spawn(|| tee(out, |piece| pass_on(&mut std::io::stdout(), piece)));
        let stderr = tee(err, |piece| pass_on(&mut std::io::stderr(), piece));
        (stdout.join().unwrap_or_default(), stderr)
    });
    let waited = traced.wait();
    drop(stage);
    // It has run, and must not run again.
    let (status, trace) = waited.map_err(|error| {
        say_not_started(&program, &error);
        Unable::NotStarted
    })?;
    let (ending, millis) = (Ending::Status(status), millis(clock));
    Ok(Executed { ending, millis, started, stdout, stderr, trace, began_empty })
}

fn pass_on(to: &mut impl std::io::Write, piece: &[u8]) {
    let _ = to.write_all(piece).and_then(|()| to.flush());
}

/// Becomes the script, which from now on stands in its own place. Cargo puts the launcher back before the next run.
pub(super) fn replace(run: &Run) -> ExitCode {
    let _ = std::io::stdout().flush();
    let _ = link::hard_link(&run.script, &run.place);
    let program = in_place(run);
    let error = program.plain_command().exec();
    say_not_started(&program, &error);
    ExitCode::from(process::NOT_STARTED)
}

/// Returns the program at the place where cargo calls it, if it is there, else where it is kept.
fn in_place(run: &Run) -> Program {
    let is_there = run.place.exists() && !crate::launcher::is_launcher(&run.place);
    let program = if is_there { run.place.clone() } else { run.script.clone() };
    Program { program: program.into(), name: Some(run.own_name().to_owned()), ..run.program.clone() }
}

/// The script stands in its place; at the end the launcher does so again.
struct Stage<'r> {
    run: &'r Run,
    /// Open for as long as the script is on the stage: cargo may run one script for two packages at once.
    script: Option<std::fs::File>,
}

impl<'r> Stage<'r> {
    /// Puts the script in its place.
    fn set(run: &'r Run) -> Self {
        let script = fs::open(&run.script).ok();
        if let Some(script) = &script {
            let _ = rustix::fs::flock(script, FlockOperation::LockShared);
        }
        let _ = link::hard_link(&run.script, &run.place);
        Self { run, script }
    }
}

impl Drop for Stage<'_> {
    /// The last one to leave puts the launcher back. Should nobody, the next run goes without us, and cargo puts it
    /// back before.
    fn drop(&mut self) {
        let Some((script, launcher)) = self.script.as_ref().zip(self.run.launcher()) else { return };
        if rustix::fs::flock(script, FlockOperation::NonBlockingLockExclusive).is_ok() {
            let _ = link::hard_link(&launcher, &self.run.place);
        }
    }
}
