//! `why`: explains what was no hit in the last build.

use std::process::ExitCode;

use super::Outcome;
use super::args::Format;
use super::context::{Context, now_ms};
use super::error::CliError;
use crate::event::UnitEvent;
use crate::report::nearest::Search;
use crate::report::why::{Explained, Why};
use crate::report::words::Verdict;
use crate::report::{Build, time};
use crate::store::Store;
use crate::store::purge::is_named;

/// Explain why units of the last build were compiled
#[derive(Debug, clap::Args)]
#[command(alias = "why-miss")]
#[command(after_help = "\
Examples:
  cargo kache why       What the last build compiled, and why
  cargo kache why app   The units of one crate, down to the root cause")]
pub(super) struct Args {
    /// Explain the units of this crate, hits too
    #[arg(value_name = "CRATE")]
    name: Option<String>,
    #[command(flatten)]
    format: Format,
}

pub(super) fn run(context: &Context, args: Args) -> Outcome {
    let opened = context.open()?;
    let events = opened.store.log.read_all()?;
    let Some(build) = Build::last_of(events.clone()) else {
        return Err(CliError::failed("no build has been recorded yet"));
    };
    let asked = |event: &&UnitEvent| match &args.name {
        Some(name) => is_named(&event.unit, name),
        None => !Verdict::of(&event.outcome).is_hit(),
    };
    let asked = build.events.iter().filter(asked).collect::<Vec<_>>();
    if let Some(name) = args.name.as_deref().filter(|_| asked.is_empty()) {
        return Err(not_compiled(name, &events));
    }
    let why = Why {
        command: None,
        is_last: true,
        now_ms: now_ms(),
        build: &build.events,
        units: explain(&opened.store, &asked)?,
    };
    let text = match args.format.is_json() {
        true => why.json() + "\n",
        false if asked.is_empty() => "Every unit of the last build came from the cache.\n".to_owned(),
        false => why.text(),
    };
    context.term.long_result(&text)?;
    Ok(ExitCode::SUCCESS)
}

fn not_compiled(name: &str, events: &[UnitEvent]) -> CliError {
    let error = CliError::failed(format!("`{name}` was not compiled in the last build"));
    match events.iter().rev().find(|event| is_named(&event.unit, name)) {
        Some(event) => error.hint(format!("it last was on {}", time::date(event.at_ms))),
        None => error,
    }
}

fn explain<'a>(store: &Store, events: &[&'a UnitEvent]) -> Result<Vec<Explained<'a>>, CliError> {
    let reader = store.index.read()?;
    let mut search = Search::new(events, |key| reader.entry(key));
    reader.each_entry(|key, entry| search.see(key, &entry));
    Ok(search.explain())
}
