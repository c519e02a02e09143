//! `stats`: what the cache was good for, over a period or in the last build.

use std::process::ExitCode;
use std::time::Duration;

use clap::ValueEnum;

use super::context::{Context, Opened, now_ms};
use super::error::CliError;
use super::{Outcome, output};
use crate::agent::client::Client;
use crate::agent::message::{Greeting, Intent};
use crate::event::{LogPosition, UnitEvent, mark_remote};
use crate::report::stats::{Daemon, Period, Stats, StoreFigures};
use crate::report::text::Detail;
use crate::report::{self, Build};
use crate::store::Store;
use crate::store::usage::{self, Space};

/// Show hit rate, time saved and space used
#[derive(Debug, Default, clap::Args)]
#[command(after_help = "\
Examples:
  cargo kache stats --since 7d   The last week
  cargo kache stats --last       The report of the last build
  cargo kache stats --json       For scripts")]
pub(super) struct Args {
    /// Period to look at, as in `7d` [default: 24h]
    #[arg(long, value_name = "DURATION", conflicts_with = "last", allow_hyphen_values = true)]
    since: Option<String>,
    /// Show the full report of the last build
    #[arg(long)]
    last: bool,
    /// Form of the result
    #[arg(long, value_name = "FORM", default_value = "text")]
    format: Form,
    /// Short for `--format json`
    #[arg(long, conflicts_with = "format")]
    json: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Form {
    /// For people
    #[default]
    Text,
    /// One object, for programs
    Json,
    /// A table for the summary of a CI job
    Markdown,
}

pub(super) fn run(context: &Context, args: Args) -> Outcome {
    let words = args.since.as_deref().unwrap_or("24h");
    let duration = output::duration(words)?;
    let opened = context.open()?;
    let form = if args.json { Form::Json } else { args.format };
    if args.last {
        return last(context, &opened, form);
    }
    let since = now_ms().saturating_sub(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX));
    let mut events = events(&opened.store)?;
    events.retain(|event| event.at_ms >= since);
    let remote = opened.settings.remote.name();
    let running = running(context, &opened);
    let stats = Stats {
        period: Some(Period { duration, words }),
        events: &events,
        store: store_figures(&opened)?,
        daemon: match &running {
            None => Daemon::Offline,
            Some(daemon) if daemon.version == env!("CARGO_PKG_VERSION") => Daemon::Running(&daemon.version),
            Some(daemon) => Daemon::Outdated { running: &daemon.version, ours: env!("CARGO_PKG_VERSION") },
        },
        remote: remote.as_deref(),
    };
    let text = match form {
        Form::Text => stats.text(),
        Form::Json => stats.json() + "\n",
        Form::Markdown => stats.markdown(),
    };
    context.term.result(&text)?;
    Ok(ExitCode::SUCCESS)
}

fn last(context: &Context, opened: &Opened, form: Form) -> Outcome {
    let Some(build) = Build::last_of(events(&opened.store)?) else {
        return Err(CliError::failed("no build has been recorded yet"));
    };
    let text = match form {
        Form::Text => report::text::report(&build, Detail::Full, context.term.stdout_color()),
        Form::Json => report::json::report(&build) + "\n",
        Form::Markdown => report::markdown::report(&build),
    };
    context.term.long_result(&text)?;
    Ok(ExitCode::SUCCESS)
}

/// Reads all compiler calls; those answered by the remote are told.
fn events(store: &Store) -> Result<Vec<UnitEvent>, CliError> {
    let mut events = store.log.read_all()?;
    let (transfers, _) = store.log.transfers_since(LogPosition::default())?;
    mark_remote(&mut events, &transfers);
    Ok(events)
}

/// Asks the daemon who it is.
fn running(context: &Context, opened: &Opened) -> Option<Greeting> {
    let agent = context.agent(&opened.settings).ok()?;
    Some(Client::connect(&agent, Intent::Look, Duration::from_millis(500)).ok()?.greeting)
}

fn store_figures(opened: &Opened) -> Result<StoreFigures, CliError> {
    let mut entries = 0;
    opened.store.index.read()?.each_entry(|_, _| entries += 1);
    let Space { used, shared } = usage::space(&opened.store.layout)?;
    Ok(StoreFigures { size: used, limit: opened.settings.max_size, entries, used, shared })
}
