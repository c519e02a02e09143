//! `purge`: empties the local store, or takes one crate out of it.

use std::process::ExitCode;

use super::args::Format;
use super::context::Context;
use super::{Outcome, output};
use crate::quantity::{count, format_size};
use crate::store::{purge, usage};

/// Remove everything from the local store, or one crate
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  cargo kache purge                       Empty the store, after a question
  cargo kache purge --crate-name app -y   Drop one crate")]
pub(super) struct Args {
    /// Remove only the entries of this crate
    #[arg(long, value_name = "NAME")]
    crate_name: Option<String>,
    /// Do not ask
    #[arg(long, short)]
    yes: bool,
    #[command(flatten)]
    format: Format,
}

pub(super) fn run(context: &Context, args: Args) -> Outcome {
    let opened = context.open()?;
    let store = &opened.store;
    if let Some(name) = &args.crate_name {
        let purged = purge::crate_named(store, name)?;
        let text = match purged.entries_removed {
            0 => format!("No cached entries for `{name}`.\n"),
            entries => format!("Removed {} for `{name}`.\n", count(entries as u64, "entry", "entries")),
        };
        let text = if args.format.is_json() { output::object(&purged) } else { text };
        context.term.result(&text)?;
        return Ok(ExitCode::SUCCESS);
    }
    if !args.yes && context.term.is_interactive() {
        let mut entries = 0;
        store.index.read()?.each_entry(|_, _| entries += 1);
        let size = format_size(usage::tree_on_disk(&store.layout.blobs())?);
        let entries = count(entries, "entry", "entries");
        let from = store.layout.root().display();
        if !context.term.confirm(&format!("Remove all {entries} ({size}) from {from}?"))? {
            context.term.message("Cancelled.\n");
            return Ok(ExitCode::SUCCESS);
        }
    }
    let purged = purge::all(store)?;
    let entries = count(purged.entries_removed as u64, "entry", "entries");
    let text = format!("Cleared the local store ({entries}, {}).\n", format_size(purged.bytes_removed));
    let text = if args.format.is_json() { output::object(&purged) } else { text };
    context.term.result(&text)?;
    Ok(ExitCode::SUCCESS)
}
