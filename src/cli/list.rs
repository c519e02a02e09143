//! `list`: what the store holds.

use std::process::ExitCode;

use clap::ValueEnum;

use super::Outcome;
use super::args::Format;
use super::context::Context;
use crate::report::entries::{Listing, Order, Origin};
use crate::store::Store;
use crate::store::purge::is_named;
use crate::store::usage;

/// List cached entries, or show those of one crate in full
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  cargo kache list               All entries, by name
  cargo kache list --sort size   The largest first
  cargo kache list serde         All about one crate")]
pub(super) struct Args {
    /// Show the entries of this crate in full
    #[arg(value_name = "CRATE")]
    name: Option<String>,
    /// Order of the entries
    #[arg(long, value_name = "ORDER", default_value = "name")]
    sort: Sort,
    #[command(flatten)]
    format: Format,
}

/// Order of the entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Sort {
    /// By name
    Name,
    /// Largest first
    Size,
    /// Most used first
    Hits,
    /// Newest first
    Age,
}

impl From<Sort> for Order {
    fn from(sort: Sort) -> Self {
        match sort {
            Sort::Name => Self::Name,
            Sort::Size => Self::Size,
            Sort::Hits => Self::Hits,
            Sort::Age => Self::Age,
        }
    }
}

pub(super) fn run(context: &Context, args: Args) -> Outcome {
    let opened = context.open()?;
    let mut listing = read(&opened.store, args.name.as_deref())?;
    listing.sort(args.sort.into());
    let text = match (&args.name, args.format.is_json()) {
        (_, true) => listing.json() + "\n",
        (None, false) if listing.rows.is_empty() => "No cached entries.\n".to_owned(),
        (Some(name), false) if listing.rows.is_empty() => format!("No cached entries for `{name}`.\n"),
        (None, false) => listing.table(context.term.width()),
        (Some(_), false) => listing.details(),
    };
    context.term.long_result(&text)?;
    Ok(ExitCode::SUCCESS)
}

fn read(store: &Store, name: Option<&str>) -> Result<Listing, super::CliError> {
    usage::fold(store)?;
    let reader = store.index.read()?;
    let mut listing = Listing::default();
    reader.each_entry(|key, entry| {
        if name.is_none_or(|name| is_named(&entry.unit, name)) {
            listing.add(key, entry, reader.usage(&key), Origin::of(reader.remote(&key)));
        }
    });
    Ok(listing)
}
