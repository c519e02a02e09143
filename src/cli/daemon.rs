//! `daemon`: the process in the background.
//!
//! Owns its subcommands. The state that `daemon` alone prints lies in [`state`], the log in [`log`].

mod log;
mod state;

use std::process::ExitCode;

use clap::Subcommand;
use serde::Serialize;

use super::args::Format;
use super::context::{Context, this_program};
use super::error::{CliError, Kind};
use super::{Outcome, output};
use crate::agent::start::{self, StartError, Started};
use crate::config::Settings;
use crate::daemon::service::{self, Service};
use crate::daemon::{self, Mode, Options};

/// Look after the process that works in the background
///
/// The daemon fetches and uploads for plain `cargo build`. It is started when it is needed, and ends after
/// `KACHE_DAEMON_IDLE` (30m) without work; as a service it stays. Without a command, its state is printed.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  cargo kache daemon             Is it running?\n  cargo kache daemon log -n 20   What did it say?"
)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    format: Format,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run it in this terminal
    #[command(after_help = "Example:\n  KACHE_LOG=kache=debug cargo kache daemon run")]
    Run {
        /// A service manager started it: it stays when there is no work
        #[arg(long)]
        service: bool,
        /// It was started on demand
        #[arg(long, hide = true, conflicts_with = "service")]
        background: bool,
    },
    /// Start it in the background
    #[command(after_help = "Example:\n  cargo kache daemon start")]
    Start {
        #[command(flatten)]
        format: Format,
    },
    /// Let it finish its work and end
    #[command(after_help = "Example:\n  cargo kache daemon stop")]
    Stop {
        #[command(flatten)]
        format: Format,
    },
    /// Start it at each login: a user service of systemd, or an agent of launchd
    #[command(after_help = "Example:\n  KACHE_S3_BUCKET=builds cargo kache daemon install")]
    Install {
        #[command(flatten)]
        format: Format,
    },
    /// Take the service back
    #[command(after_help = "Example:\n  cargo kache daemon uninstall")]
    Uninstall {
        #[command(flatten)]
        format: Format,
    },
    /// Print its log
    Log(log::Args),
}

pub(super) fn run(context: &Context, args: Args) -> Outcome {
    let settings = context.settings()?.settings;
    match args.command {
        None => state::run(context, &settings, args.format),
        Some(Command::Run { service, background }) => {
            let mode = match (service, background) {
                (true, _) => Mode::Service,
                (_, true) => Mode::Background,
                _ => Mode::Foreground,
            };
            stay(context, &settings, mode)
        }
        Some(Command::Start { format }) => start(context, &settings, format),
        Some(Command::Stop { format }) => stop(context, &settings, format),
        Some(Command::Install { format }) => install(context, format),
        Some(Command::Uninstall { format }) => uninstall(context, format),
        Some(Command::Log(args)) => log::run(context, &settings, args),
    }
}

fn stay(context: &Context, settings: &Settings, mode: Mode) -> Outcome {
    let term = context.term.clone();
    let echo: daemon::Echo = Box::new(move |line| term.message(line));
    let options = Options {
        mode,
        agent: context.agent(settings)?,
        settings,
        env: &context.env,
        echo: (mode != Mode::Background).then_some(echo),
    };
    match daemon::run(options) {
        Ok(()) => Ok(ExitCode::SUCCESS),
        Err(error) => Err(CliError::new(Kind::Failed, error)),
    }
}

/// What became of the daemon.
#[derive(Serialize)]
struct Done {
    /// `started`, `already-running`, `stopped` or `not-running`.
    result: &'static str,
}

fn start(context: &Context, settings: &Settings, format: Format) -> Outcome {
    let agent = context.agent(settings)?;
    match start::start(&agent) {
        Ok(Started::New) => say(context, format, &Done { result: "started" }, "daemon started\n"),
        Ok(Started::Already) => {
            say(context, format, &Done { result: "already-running" }, "daemon already running\n")
        }
        Err(error @ StartError::NoAnswer) => {
            let code = CliError::new(Kind::Failed, error).show(&context.term);
            context.term.error_text(&log::tail(&agent, 10));
            Ok(code)
        }
        Err(error) => Err(CliError::new(Kind::Failed, error)),
    }
}

fn stop(context: &Context, settings: &Settings, format: Format) -> Outcome {
    let stopped = crate::agent::stop::stop(&context.agent(settings)?);
    match stopped.map_err(|error| CliError::new(Kind::Failed, error))? {
        true => say(context, format, &Done { result: "stopped" }, "daemon stopped\n"),
        false => say(context, format, &Done { result: "not-running" }, "daemon is not running\n"),
    }
}

/// What became of the service.
#[derive(Serialize)]
struct ServiceDone {
    /// `installed`, `removed` or `not-installed`.
    result: &'static str,
    /// Its file.
    unit: Option<String>,
}

fn install(context: &Context, format: Format) -> Outcome {
    let service = Service::new(&this_program()?, &context.env);
    let installed = service::install(&service, &context.env).map_err(|error| {
        CliError::new(Kind::Failed, anyhow::Error::new(error).context("failed to install the service"))
            .hint("`cargo kache daemon start` starts the daemon without a service")
    })?;
    for warning in &installed.warnings {
        context.term.warning(warning);
    }
    let unit = installed.path.display().to_string();
    let text = format!("Service installed and started.\nUnit: {unit}\nLogs: cargo kache daemon log\n");
    say(context, format, &ServiceDone { result: "installed", unit: Some(unit) }, &text)
}

fn uninstall(context: &Context, format: Format) -> Outcome {
    let removed = service::uninstall(&context.env).map_err(|error| {
        CliError::new(Kind::Failed, anyhow::Error::new(error).context("failed to remove the service"))
    })?;
    let Some(removed) = removed else {
        let done = ServiceDone { result: "not-installed", unit: None };
        return say(context, format, &done, "Service is not installed.\n");
    };
    for warning in &removed.warnings {
        context.term.warning(warning);
    }
    let unit = removed.path.display().to_string();
    let text = format!("Service stopped and removed.\n{unit}\n");
    say(context, format, &ServiceDone { result: "removed", unit: Some(unit) }, &text)
}

/// Prints a result in the form that was asked for.
fn say(context: &Context, format: Format, object: &impl Serialize, text: &str) -> Outcome {
    if format.is_json() {
        context.term.result(&output::object(object))?;
    } else {
        context.term.result(text)?;
    }
    Ok(ExitCode::SUCCESS)
}
