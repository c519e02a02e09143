//! One daemon, from start to end.

use std::ffi::OsString;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Instant;

use tokio::net::UnixListener;

use super::claim::Claim;
use super::errand::Errands;
use super::life::{Cause, Life, Signals};
use super::server::{self, Server};
use super::work::Work;
use super::{Mode, Options, RunError, log};
use crate::agent::identity::Identity;

/// The program that runs, even if its file has been replaced.
const RUNNING: &str = "/proc/self/exe";

/// Runs the daemon until it ends.
pub fn run(mut options: Options<'_>) -> Result<(), RunError> {
    if Path::new(RUNNING).exists() {
        options.agent.identity = Identity::of(options.settings, options.env, Path::new(RUNNING))?;
    }
    let claim = match Claim::make(&options.agent, options.mode) {
        // Whoever started us in the background gets the other one's answer.
        Err(RunError::Running(_) | RunError::Starting) if options.mode == Mode::Background => return Ok(()),
        Err(error) => return Err(note_failure(&mut options, error)),
        Ok(claim) => claim,
    };
    log::begin(&options.agent.log, options.settings.log.as_deref(), options.echo.take())?;
    end_on_panic();
    let cause = serve(&options, claim, || Errands::begin(options.settings, options.env))
        .inspect_err(|error| tracing::error!("{error}"))?;
    if cause == Cause::Replaced && options.mode == Mode::Service {
        become_new_program(&options)?;
    }
    Ok(())
}

/// Ends the process with a line in the log. To the guard of the index an abort would look like damage.
#[allow(clippy::disallowed_methods, reason = "no one is left to hand an exit code to")]
fn end_on_panic() {
    std::panic::set_hook(Box::new(|panic| {
        tracing::error!("{panic}");
        std::process::exit(101);
    }));
}

/// Writes down why there is no daemon: whoever started us in the background can't see it.
fn note_failure(options: &mut Options<'_>, error: RunError) -> RunError {
    if options.mode == Mode::Background
        && log::begin(&options.agent.log, options.settings.log.as_deref(), None).is_ok()
    {
        let causes = std::iter::successors(Some(&error as &dyn std::error::Error), |error| error.source());
        tracing::error!("{}", causes.map(ToString::to_string).collect::<Vec<_>>().join(": "));
    }
    error
}

/// Answers clients until the end. `begin` is called in the runtime, where the work's own tasks are to run.
fn serve<W: Work>(
    options: &Options<'_>,
    (claim, listener): (Claim, std::os::unix::net::UnixListener),
    begin: impl FnOnce() -> W,
) -> Result<Cause, RunError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| RunError::System("start the runtime", error))?;
    let service = options.mode == Mode::Service;
    let idle = (!service).then_some(options.settings.daemon_idle);
    let cause = runtime.block_on(async {
        let mut signals = Signals::catch()?;
        let listener = UnixListener::from_std(listener).map_err(|error| RunError::System("listen", error))?;
        let server = Arc::new(Server {
            agent: options.agent.clone(),
            life: Life::new(idle),
            work: begin(),
            started: Instant::now(),
            service,
        });
        tracing::info!(
            version = env!("CARGO_PKG_VERSION"),
            pid = std::process::id(),
            socket = %options.agent.socket.display(),
            service,
            "started"
        );
        tokio::spawn(server::accept(listener, Arc::clone(&server)));
        Ok(server.life.live(&|| claim.is_valid() && server.work.is_valid(), &server.work, &mut signals).await)
    });
    if let Ok(cause) = &cause {
        tracing::info!(?cause, "ended");
    }
    // Clients wait for their connection to close; by then the next daemon can listen.
    claim.release();
    drop(runtime);
    cause
}

/// Replaces this process by the program that now lies where this one was started from, if it is another.
fn become_new_program(options: &Options<'_>) -> Result<(), RunError> {
    let mut words = std::env::args_os();
    let first = words.next().map(PathBuf::from).filter(|path| path.is_absolute());
    let program = first.unwrap_or_else(|| options.agent.program.clone());
    let rest: Vec<OsString> = words.collect();
    let there = Identity::of(options.settings, options.env, &program);
    if there.is_ok_and(|there| there.program != options.agent.identity.program) {
        tracing::info!(program = %program.display(), "becoming the new program");
        let error = Command::new(&program).args(rest).exec();
        return Err(RunError::System("run the new program", error));
    }
    Ok(())
}
