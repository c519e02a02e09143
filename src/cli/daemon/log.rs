//! `daemon log`: what the daemon said.

use std::io;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use serde::Serialize;

use super::super::args::Format;
use super::super::context::Context;
use super::super::error::CliError;
use super::super::{Outcome, output};
use crate::agent::Agent;
use crate::config::Settings;
use crate::daemon::tail::Tail;

/// Time between two looks for new lines.
const LOOK: Duration = Duration::from_millis(200);

/// Print its log
///
/// On a terminal it goes on with new lines until it is interrupted.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  cargo kache daemon log -n 100 --no-follow")]
pub(super) struct Args {
    /// How many of the last lines to print
    #[arg(short = 'n', value_name = "N", default_value_t = 50)]
    lines: usize,
    /// Go on with new lines
    #[arg(long, overrides_with = "no_follow")]
    follow: bool,
    /// Stop at the end
    #[arg(long)]
    no_follow: bool,
    #[command(flatten)]
    format: Format,
}

/// The last lines, for programs; nothing is followed.
#[derive(Serialize)]
struct Object {
    path: String,
    /// Empty if there is no log too.
    lines: Vec<String>,
}

pub(super) fn run(context: &Context, settings: &Settings, args: Args) -> Outcome {
    let path = context.agent(settings)?.log;
    if args.format.is_json() {
        return object(context, &path, &args);
    }
    let Some(mut tail) = Tail::open(&path)? else {
        context.term.result(&format!("No daemon log at {}.\n", path.display()))?;
        return Ok(ExitCode::SUCCESS);
    };
    context.term.result(&tail.last(args.lines)?)?;
    let follow = args.follow || !args.no_follow && context.term.stdout_is_terminal();
    while follow && has_reader()? {
        let more = tail.more()?;
        if !more.is_empty() {
            context.term.result(&more)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn object(context: &Context, path: &Path, args: &Args) -> Outcome {
    if args.follow {
        return Err(CliError::usage("`--json` gives one object, and follows nothing"));
    }
    let text = Tail::open(path)?.map(|mut tail| tail.last(args.lines)).transpose()?.unwrap_or_default();
    let lines = text.lines().map(str::to_owned).collect();
    context.term.result(&output::object(&Object { path: path.display().to_string(), lines }))?;
    Ok(ExitCode::SUCCESS)
}

/// Waits a little. Returns at once, and `false`, if nobody reads our output any more.
fn has_reader() -> io::Result<bool> {
    let stdout = io::stdout();
    let mut streams = [PollFd::new(&stdout, PollFlags::empty())];
    let time = Timespec { tv_sec: 0, tv_nsec: LOOK.subsec_nanos().into() };
    match poll(&mut streams, Some(&time)) {
        Ok(0) | Err(rustix::io::Errno::INTR) => Ok(true),
        Ok(_) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Returns the last lines of the log, as far as there are some.
pub(super) fn tail(agent: &Agent, lines: usize) -> String {
    let tail = Tail::open(&agent.log).ok().flatten();
    tail.and_then(|mut tail| tail.last(lines).ok()).unwrap_or_default()
}
