//! The build front end: `cargo kache <CARGO COMMAND>`.
//!
//! Owns one run of cargo: what it is started with, how we wait for it, and what is said afterwards. Never looks into
//! cargo's words further than to find its command, never changes one of them, and never decides what a unit's fate is:
//! that happens in the wrapper, one process for each compiler call.
//!
//! # The story
//!
//! 1. [`command`] finds cargo's command, and with it whether a report makes sense at all.
//! 2. A store that cannot be used is one warning, and cargo runs without us.
//! 3. [`other_wrapper`] finds the compiler wrapper that cargo would use: it is replaced, or kept inside of ours.
//! 4. Cargo runs with `RUSTC_WRAPPER` and `KACHE_BUILD` set, everything else as it was. [`signals`] keeps us alive
//!    while it runs and passes on what only we were sent.
//! 5. [`remote`] has the daemon fetch ahead meanwhile, and send afterwards.
//! 6. The events with our build id become the report; the log is rotated; cargo's exit is ours.
//!
//! # Performance
//!
//! A build that compiles nothing opens no index and runs no program but cargo: a few `stat` calls and cargo's own
//! configuration files are all it costs.

pub mod command;
pub mod other_wrapper;
mod signals;

#[cfg(feature = "daemon")]
mod expected;
#[cfg(feature = "daemon")]
mod prefetch;
mod program;
#[cfg_attr(not(feature = "daemon"), path = "no_remote.rs")]
mod remote;
mod suggest;

use std::ffi::OsString;
use std::io::Write;
use std::os::unix::process::ExitStatusExt as _;
use std::path::PathBuf;
use std::process::{Command, ExitStatus};
use std::time::{Duration, Instant, SystemTime};

use command::{CargoWords, Habit};
use other_wrapper::OtherWrapper;
use remote::{Ended, Remote};
use rustix::fs::Access;

use crate::cargo_config::CargoConfig;
use crate::config::{Origin, ReportStyle, Resolved};
use crate::env::{self, Env};
use crate::event::{BuildId, Log, LogPosition};
use crate::fs::{self, AtPath as _};
use crate::handover::Handover;
use crate::report::text::{self, Detail, Label};
use crate::report::{Build, FileForm, Note, json};
use crate::store::layout::Layout;
use crate::store::{self, OpenError, Store};

/// What is done with the store after a build.
pub type After<'a> = Box<dyn FnOnce(&Store) + 'a>;

/// Everything a run of cargo depends on.
pub struct Request<'a> {
    /// Our own options.
    pub options: Options,
    /// Cargo's words, the command among them.
    pub words: Vec<OsString>,
    /// The settings.
    pub resolved: &'a Resolved,
    /// The environment.
    pub env: &'a Env,
    /// The running program, by absolute path.
    pub this_program: PathBuf,
    /// The current directory.
    pub directory: PathBuf,
    /// The commands of ours, to find what a mistyped one was meant to be.
    pub own_commands: &'a [&'a str],
    /// Where to say something.
    pub stderr: &'a mut dyn Write,
    /// Whether to say it in colour.
    pub color: bool,
    /// Called after a build that used the store, to look after its size.
    pub after: Option<After<'a>>,
}

/// Our options in front of cargo's command.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// `--report`
    pub report: Option<ReportStyle>,
    /// `--report-file`, each.
    pub report_files: Vec<PathBuf>,
    /// `--no-prefetch`
    pub no_prefetch: bool,
    /// `--no-remote`
    pub no_remote: bool,
    /// `--wait-uploads`
    pub wait_uploads: bool,
}

/// How we have to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Outcome {
    /// With this exit code.
    Exit(i32),
    /// By this signal: see [`crate::signal::die_by`].
    Signal(i32),
}

/// Runs cargo through the cache.
pub fn run(mut request: Request<'_>) -> Outcome {
    let words = std::mem::take(&mut request.words);
    let cargo = CargoWords::parse(&words);
    let config = CargoConfig::new(request.env, &request.directory);
    let config = config.with_options(cargo.directory(), cargo.configs());
    let style = request.style(&cargo);

    let other = other_wrapper::find(request.env, &config, &request.this_program);
    let mut command = cargo_command(request.env, &cargo);
    let session = match cargo.habit() {
        Habit::NeverCompiles => {
            // Some of these ask rustc about itself, and cargo keeps the answers for one wrapper at a time.
            command.env(env::RUSTC_WRAPPER, &request.this_program);
            None
        }
        Habit::Compiles | Habit::Unknown => request.begin(&mut command, &other, style),
    };
    if let Some(session) = &session
        && let Some(remote) = &session.remote
    {
        let log = (&session.log, session.start);
        remote.fetch_ahead(&request.resolved.settings, request.env, &cargo, &config, log);
    }

    let clock = Instant::now();
    let status = match signals::run(&mut command) {
        Ok(status) => status,
        Err(error) => {
            let program = command.get_program().display();
            request.say(Label::Error, &format!("failed to run `{program}`\n\nCaused by:\n  {error}"));
            return Outcome::Exit(1);
        }
    };
    if let Some(session) = session {
        request.conclude(session, &cargo, style, status, clock.elapsed());
    }
    if status.code() == Some(101)
        && cargo.habit() == Habit::Unknown
        && let Some(meant) = suggest::command(request.env, &config, &cargo, request.own_commands)
    {
        request.say(Label::Hint, &format!("did you mean `cargo kache {meant}`?"));
    }
    outcome(status)
}

/// Our part in one run of cargo.
struct Session {
    id: String,
    layout: Layout,
    log: Log,
    start: LogPosition,
    started: SystemTime,
    remote: Option<Remote>,
}

impl Request<'_> {
    /// Puts the wrapper into cargo's environment. `None` without a store to use: cargo runs as if we were not there, but that
    /// programs linked from libraries that came through the cache earlier get this checkout's paths.
    fn begin(&mut self, command: &mut Command, other: &OtherWrapper, style: ReportStyle) -> Option<Session> {
        let layout = Layout::new(self.resolved.settings.cache_dir.clone());
        if let Err(why) = usable(&layout) {
            self.say(Label::Warning, &format!("cache is off for this build: {why}"));
            if matches!(other, OtherWrapper::None) {
                command.env(env::RUSTC_WRAPPER, &self.this_program).env(env::KACHE_DISABLED, "1");
            }
            return None;
        }
        if let OtherWrapper::Replaced(name) = other
            && style != ReportStyle::None
        {
            self.say(Label::Note, &format!("using kache instead of `{name}` for this build"));
        }
        let started = SystemTime::now();
        let id = format!("{:x}-{:x}", millis(started), std::process::id());
        command
            .env(env::RUSTC_WRAPPER, &self.this_program)
            .env(env::KACHE_BUILD, handover(&id, &self.options, other).to_value());
        let log = Log::at(layout.events());
        let start = log.end();
        let remote = Remote::begin(self.resolved, self.env, &self.options, &self.this_program, &id);
        Some(Session { id, layout, log, start, started, remote })
    }

    /// Decides how much is reported: an option, else a setting, else what cargo's own verbosity suggests.
    fn style(&self, cargo: &CargoWords<'_>) -> ReportStyle {
        let is_set = self.resolved.origin("report.style").is_some_and(|origin| origin != Origin::Default);
        match self.options.report {
            Some(style) => style,
            None if is_set => self.resolved.settings.report,
            None if cargo.is_quiet(self.env) => ReportStyle::None,
            None => self.resolved.settings.report,
        }
    }

    /// Reports, writes the report files, and looks after log and store.
    fn conclude(
        &mut self,
        session: Session,
        cargo: &CargoWords<'_>,
        style: ReportStyle,
        status: ExitStatus,
        took: Duration,
    ) {
        let events = match session.log.read_since(session.start) {
            Ok((events, _)) => events,
            Err(error) => {
                return self.say(Label::Warning, &format!("no report for this build: {}", causes(&error)));
            }
        };
        let id = BuildId(session.id);
        let mut events = events.into_iter().filter(|event| event.build == id).collect::<Vec<_>>();
        let remote = session.remote.map(|remote| remote.end(&session.log, session.start, &mut events));
        let Ended { transfer, notes } = remote.unwrap_or_default();
        let build = Build {
            command: cargo.shown(),
            started_ms: millis(session.started),
            wall_ms: u64::try_from(took.as_millis()).expect("a build ends within 64 bits of milliseconds"),
            exit: status.code(),
            events,
            transfer,
            notes: self.notes().into_iter().chain(notes).collect(),
            id: id.0,
        };
        if !build.events.is_empty() || cargo.habit() == Habit::Compiles {
            let report = self.rendered(&build, style, status);
            self.write(&report);
        }
        self.write_files(&build);
        if let Err(error) = session.log.rotate(self.resolved.settings.event_log_max_size) {
            self.say(Label::Warning, &causes(&error));
        }
        if !build.events.is_empty()
            && let Some(after) = self.after.take()
            && let Ok(store) = Store::open(session.layout)
        {
            after(&store);
        }
    }

    fn notes(&self) -> Vec<Note> {
        let off = self.resolved.settings.disabled;
        off.then(|| Note::Info("caching is off (`KACHE_DISABLED` is set)".to_owned())).into_iter().collect()
    }

    fn rendered(&self, build: &Build, style: ReportStyle, status: ExitStatus) -> String {
        let was_interrupted = status.signal().is_some();
        match style {
            ReportStyle::None => String::new(),
            ReportStyle::Json => json::report(build) + "\n",
            // Cargo has said why.
            _ if build.events.is_empty() && status.code().is_some_and(|code| code != 0) => {
                text::notes(build, self.color)
            }
            _ if was_interrupted => text::summary_line(&build.events, self.color),
            ReportStyle::Short => text::report(build, Detail::Short, self.color),
            ReportStyle::Full => text::report(build, Detail::Full, self.color),
        }
    }

    fn write_files(&mut self, build: &Build) {
        let mut files = std::mem::take(&mut self.options.report_files);
        if files.is_empty() {
            files.extend(self.resolved.settings.report_file.clone());
        }
        for path in files {
            let path = self.directory.join(path);
            if let Err(error) = fs::write(&path, FileForm::of(&path).render(build)) {
                self.say(Label::Warning, &causes(&error));
            }
        }
    }

    fn say(&mut self, label: Label, message: &str) {
        let line = text::labelled(label, message, self.color);
        self.write(&line);
    }

    /// Writes to stderr at once. That nobody listens is no reason to fail.
    fn write(&mut self, text: &str) {
        let _ = self.stderr.write_all(text.as_bytes());
        let _ = self.stderr.flush();
    }
}

/// Prepares cargo with its words as they are.
fn cargo_command(env: &Env, cargo: &CargoWords<'_>) -> Command {
    // A toolchain word is for rustup, which stands in `PATH`. Cargo would take `CARGO` for its own path, which is
    // another toolchain's.
    let chosen = env.get(env::CARGO).filter(|_| !cargo.has_toolchain());
    let mut command = Command::new(chosen.unwrap_or_else(|| "cargo".into()));
    if cargo.has_toolchain() {
        command.env_remove(env::CARGO);
    }
    command.args(cargo.all());
    command
}

/// Puts together what wrappers are told.
fn handover(id: &str, options: &Options, other: &OtherWrapper) -> Handover {
    let inner = match other {
        OtherWrapper::Kept(program) => Some(PathBuf::from(program)),
        _ => None,
    };
    let (no_remote, no_prefetch) = (options.no_remote, options.no_prefetch);
    Handover { id: id.to_owned(), no_remote, no_prefetch, inner }
}

/// Checks, without opening the index, that wrappers will be able to use the store. An error says why not.
fn usable(layout: &Layout) -> Result<(), String> {
    layout.create().map_err(|error| causes(&error))?;
    if store::is_on_network(layout.root()) {
        return Err(OpenError::NetworkFs(layout.root().to_owned()).to_string());
    }
    for dir in [layout.temporary(), layout.blobs(), layout.index(), layout.logs()] {
        rustix::fs::access(&dir, Access::WRITE_OK | Access::EXEC_OK)
            .at("write to", &dir)
            .map_err(|error| causes(&error))?;
    }
    Ok(())
}

fn outcome(status: ExitStatus) -> Outcome {
    match (status.code(), status.signal()) {
        (Some(code), _) => Outcome::Exit(code),
        (None, Some(signal)) => Outcome::Signal(signal),
        (None, None) => Outcome::Exit(1),
    }
}

fn millis(time: SystemTime) -> u64 {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// Joins an error and its causes on one line.
fn causes(error: &dyn std::error::Error) -> String {
    let all = std::iter::successors(Some(error), |error| error.source());
    all.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

#[cfg(test)]
mod tests;
