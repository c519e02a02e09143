//! `why`: explains what was no hit in the last build.

use std::process::ExitCode;

use super::args::Format;
use super::context::{Context, now_ms};
use super::error::CliError;
use super::{Outcome, stats};
use crate::digest::Digest;
use crate::entry::Inputs;
use crate::event::{Unit, UnitEvent};
use crate::key::diff;
use crate::report::time;
use crate::report::why::{Explained, Nearest, Why};
use crate::report::words::Verdict;
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
    let Some(build) = stats::last_build(events.clone()) else {
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
    let why =
        Why { command: None, now_ms: now_ms(), build: &build.events, units: explain(&opened.store, &asked)? };
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

/// An entry that a unit may be compared with.
struct Earlier {
    key: Digest,
    created_ms: u64,
    inputs: Inputs,
}

fn explain<'a>(store: &Store, events: &[&'a UnitEvent]) -> Result<Vec<Explained<'a>>, CliError> {
    let keys = events.iter().map(|event| event.key.as_deref().and_then(|key| key.parse().ok()));
    let keys = keys.collect::<Vec<Option<Digest>>>();
    let mut nearest: Vec<Option<Earlier>> = events.iter().map(|_| None).collect();
    let reader = store.index.read()?;
    // One pass over the entries for all units.
    reader.each_entry(|key, entry| {
        for ((event, own), nearest) in events.iter().zip(&keys).zip(&mut nearest) {
            let is_newer = nearest.as_ref().is_none_or(|known| known.created_ms < entry.created_ms);
            let is_other = *own != Some(key) && entry.created_ms <= event.at_ms;
            if is_other && is_newer && same_target(&entry.unit, &event.unit) {
                let inputs = entry.inputs.clone();
                *nearest = Some(Earlier { key, created_ms: entry.created_ms, inputs });
            }
        }
    });
    let units = events.iter().zip(keys).zip(nearest).map(|((event, own), nearest)| {
        let is_hit = Verdict::of(&event.outcome).is_hit();
        let now = own.filter(|_| !is_hit).and_then(|key| reader.entry(&key));
        let changes = match (&nearest, &now) {
            (Some(earlier), Some(now)) => diff::changes(&earlier.inputs, &now.inputs),
            _ => Vec::new(),
        };
        let nearest = nearest.filter(|_| !is_hit);
        let nearest = nearest.map(|e| Nearest { key: e.key.to_hex(), created_ms: e.created_ms });
        Explained { event, changes, nearest }
    });
    Ok(units.collect())
}

/// Whether both are the same target of the same package, in any version.
fn same_target(a: &Unit, b: &Unit) -> bool {
    let identity = |unit: &Unit| {
        let Unit { package, crate_name, target, mode, profile, triple, .. } = unit.clone();
        (package, crate_name, target, mode, profile, triple)
    };
    identity(a) == identity(b)
}
