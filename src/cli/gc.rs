//! `gc`: keeps the store within its limits.

use std::fmt::Write as _;
use std::process::ExitCode;

use super::args::Format;
use super::context::{Context, now_ms};
use super::{Outcome, output};
use crate::config::Settings;
use crate::key::schema::KEY_SCHEMA;
use crate::quantity::{count, format_size};
use crate::store::gc::{self, Limits, Options, Summary};
use crate::store::usage;

/// Remove what was not used for long, and what nobody refers to
///
/// Incremental data goes too, that of target directories and the copies in the cache, unless
/// `cache.clean_incremental` is off.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  cargo kache gc                   Bring the store below its limit
  cargo kache gc --max-age 30d     Drop what nobody used for a month
  cargo kache gc --max-age 7d -n   Only say what would go")]
pub(super) struct Args {
    /// Drop entries not used for that long, as in `30d`, instead of those above the size limit
    #[arg(long, value_name = "DURATION", allow_hyphen_values = true)]
    max_age: Option<String>,
    /// Only say what would be removed
    #[arg(long, short = 'n')]
    dry_run: bool,
    /// Nobody asked: act only well above the limit
    #[arg(long, hide = true, conflicts_with_all = ["max_age", "dry_run"])]
    automatic: bool,
    #[command(flatten)]
    format: Format,
}

pub(super) fn run(context: &Context, args: Args) -> Outcome {
    let max_age = args.max_age.as_deref().map(output::duration).transpose()?;
    let opened = context.open()?;
    let settings = &opened.settings;
    let options = Options {
        limits: Limits { max_size: settings.max_size, min_free: settings.min_free, max_age },
        automatic: args.automatic,
        clean_incremental: settings.clean_incremental,
        dry_run: args.dry_run,
        key_schema: KEY_SCHEMA,
        now_ms: now_ms(),
    };
    let summary = match gc::run(&opened.store, &options)? {
        gc::Outcome::Done(summary) => summary,
        gc::Outcome::Busy => {
            context.term.message("Another gc is running; nothing done.\n");
            Summary::default()
        }
    };
    if !args.dry_run {
        usage::rotate_log(&opened.store, settings.event_log_max_size)?;
    }
    let is_done = summary != Summary::default();
    if args.format.is_json() {
        context.term.result(&output::object(&summary))?;
    } else if is_done {
        context.term.result(&text(&summary, settings, args.dry_run))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn text(summary: &Summary, settings: &Settings, dry_run: bool) -> String {
    let (removed, became, is) =
        if dry_run { ("Would remove", "would become", "would be") } else { ("Removed", "became", "is") };
    let size = |bytes| format_size(bytes);
    let mut text = String::new();
    if summary.bytes_removed == 0 && summary.entries_removed == 0 {
        if summary.incremental_bytes == 0 {
            text += "Nothing to remove.\n";
        }
    } else {
        let what = match summary.entries_removed {
            0 => "leftovers".to_owned(),
            entries => count(entries as u64, "entry", "entries"),
        };
        let _ = write!(
            text,
            "{removed} {what} ({}); {} {became} free on disk",
            size(summary.bytes_removed),
            size(summary.bytes_freed),
        );
        if summary.bytes_still_linked > 0 {
            let linked = size(summary.bytes_still_linked);
            let _ = write!(text, ", {linked} {is} still linked from target directories");
        }
        text += ".\n";
    }
    if summary.entries_pinned > 0 {
        let entries = count(summary.entries_pinned as u64, "entry", "entries");
        let _ = writeln!(text, "{entries} stayed: used in the last 2 minutes.");
    }
    if summary.incremental_bytes > 0 {
        // Without a project, it is the cache's own of target directories that are gone.
        let of = match summary.incremental_projects as u64 {
            0 => String::new(),
            projects => format!(" of {}", count(projects, "project", "projects")),
        };
        let _ = writeln!(text, "{removed} incremental data{of} ({}).", size(summary.incremental_bytes));
    }
    let entries = count(summary.entries as u64, "entry", "entries");
    let _ = writeln!(text, "Store: {} / {} ({entries})", size(summary.store_bytes), size(settings.max_size));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const SUMMARY: Summary = Summary {
        entries_removed: 12,
        bytes_removed: 1_200_000_000,
        bytes_freed: 900_000_000,
        bytes_still_linked: 300_000_000,
        entries_pinned: 0,
        incremental_bytes: 3_100_000_000,
        incremental_projects: 2,
        entries: 1222,
        store_bytes: 48_700_000_000,
    };

    #[test]
    fn all_that_was_done_is_told() {
        let settings = Settings::new("/c".into());
        assert_eq!(
            text(&SUMMARY, &settings, false),
            "Removed 12 entries (1.2 GB); 900.0 MB became free on disk, 300.0 MB is still linked from target \
             directories.\n\
             Removed incremental data of 2 projects (3.1 GB).\n\
             Store: 48.7 GB / 50.0 GB (1222 entries)\n"
        );
        let only = Summary { incremental_projects: 1, incremental_bytes: 1_000, ..Summary::default() };
        assert_eq!(
            text(&only, &settings, true),
            "Would remove incremental data of 1 project (1.0 kB).\nStore: 0 B / 50.0 GB (0 entries)\n"
        );
        let gone = Summary { incremental_bytes: 1_000, ..Summary::default() };
        assert_eq!(
            text(&gone, &settings, false),
            "Removed incremental data (1.0 kB).\nStore: 0 B / 50.0 GB (0 entries)\n"
        );
        let pinned = Summary { entries_pinned: 1, entries: 1, store_bytes: 512, ..Summary::default() };
        assert_eq!(
            text(&pinned, &settings, true),
            "Nothing to remove.\n\
             1 entry stayed: used in the last 2 minutes.\n\
             Store: 512 B / 50.0 GB (1 entry)\n"
        );
    }
}
