//! `sync`: makes the local store and the remote hold the same.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use serde::Serialize;

use super::args::Format;
use super::context::{self, Context};
use super::error::{CliError, Kind};
use super::{Outcome, output};
use crate::config;
use crate::event::Direction;
use crate::fs::{self, lock};
use crate::quantity::{count, format_size};
use crate::remote::failure::Failure;
use crate::transfer::exchange::Exchange;
use crate::transfer::lockfile;
use crate::transfer::sync::{self, Done, Item, Plan, Scope};

mod progress;

use progress::Progress;

/// Synchronize the local store with the remote
///
/// Without --pull or --push both ways. Pulls are limited to the packages of the workspace's Cargo.lock, pushes to what
/// was built here of them.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  cargo kache sync               Pull what is missing, push what was built here
  cargo kache sync --dry-run     Only say what would be transferred
  cargo kache sync --pull --all  Pull everything the remote has")]
pub(super) struct Args {
    /// Download only
    #[arg(long)]
    pull: bool,
    /// Upload only
    #[arg(long)]
    push: bool,
    /// All packages, not just those of Cargo.lock
    #[arg(long)]
    all: bool,
    /// Only say what would be transferred
    #[arg(long, short = 'n')]
    dry_run: bool,
    /// The workspace's manifest, instead of looking for it from here upwards
    #[arg(long, value_name = "PATH", conflicts_with = "all")]
    manifest_path: Option<PathBuf>,
    /// Succeed even if some transfers fail
    #[arg(long)]
    allow_partial: bool,
    #[command(flatten)]
    format: Format,
}

pub(super) fn run(context: &Context, args: Args) -> Outcome {
    let packages = if args.all { None } else { Some(packages(args.manifest_path.as_deref())?) };
    let opened = context.open()?;
    let readonly = opened.settings.why_readonly(&context.env);
    // Neither means both.
    let (pull, mut push) = (args.pull || !args.push, args.push || !args.pull);
    if let Some(why) = readonly.filter(|_| push) {
        if !pull {
            return Err(CliError::failed(format!("cannot push: {why}")));
        }
        context.term.note(&format!("nothing is pushed: {why}"));
        push = false;
    }
    let _turn = take_turn(&opened.store.layout.sync_lock())?;
    let exchange = Exchange::open(&opened.settings, &context.env, opened.store)
        .map_err(|error| CliError::new(Kind::Settings, error))?
        .ok_or_else(|| no_remote(context, &opened.settings.remote))?;
    let exchange = Arc::new(exchange);
    let scope = Scope { packages, pull, push };
    let is_json = args.format.is_json();

    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| CliError::new(Kind::Failed, error))?;
    let plan = runtime.block_on(sync::plan(&exchange, &scope)).map_err(|failure| {
        let hint = failure.hint();
        let error = CliError::failed(format!("failed to list the remote: {failure}"));
        hint.into_iter().fold(error, CliError::hint)
    })?;
    if !is_json {
        context.term.result(&plan_text(&plan, args.dry_run))?;
    }
    let planned = (plan.pull.len(), plan.push.len());
    let done = match args.dry_run {
        true => Vec::new(),
        false => {
            let progress = Progress::new(&context.term, &plan);
            runtime.block_on(sync::run(&exchange, plan.clone(), |done| progress.note(done)))
        }
    };
    let failed = done.iter().filter_map(|done| Some((done, done.result.as_ref().err()?))).collect::<Vec<_>>();
    for (done, failure) in &failed {
        context.term.warning(&format!("failed to {}: {failure}", named(done)));
    }
    if is_json {
        let planned = if args.dry_run { Some(&plan) } else { None };
        context.term.result(&output::object(&summary(&done, planned)))?;
    } else if !args.dry_run {
        context.term.result(&ended_text(&done, planned))?;
    }
    if failed.is_empty() || args.allow_partial {
        return Ok(ExitCode::SUCCESS);
    }
    let hint = failed.iter().find_map(|(_, failure)| failure.hint());
    let error = CliError::failed(format!("{} failed", count(failed.len() as u64, "transfer", "transfers")));
    Err(hint.into_iter().fold(error, CliError::hint))
}

/// Lists the packages of the workspace's lock file.
fn packages(manifest: Option<&Path>) -> Result<BTreeSet<String>, CliError> {
    let here = context::current_dir()?;
    let start = match manifest {
        Some(manifest) => {
            let path = here.join(manifest);
            if path.is_dir() { path } else { path.parent().map(Path::to_owned).unwrap_or(path) }
        }
        None => here,
    };
    // The nearest lock file is the workspace's: members have none of their own.
    let found = start.ancestors().find_map(lockfile::packages);
    let found = found.ok_or_else(|| {
        CliError::usage("failed to find a workspace here or above")
            .hint("run it inside a workspace, or pass `--all`")
    })?;
    Ok(found.into_iter().map(|(name, _)| name).collect())
}

/// Keeps a second sync of this store from running. The file holds who has it, for people.
fn take_turn(path: &Path) -> Result<lock::Lock, CliError> {
    let taken = lock::try_exclusive(path).map_err(|error| CliError::new(Kind::Failed, error))?;
    let Some(lock) = taken else {
        let pid = fs::read_to_string(path).unwrap_or_default();
        return Err(CliError::failed(format!("another sync is running (pid {})", pid.trim())));
    };
    let _ = fs::write(path, std::process::id().to_string());
    Ok(lock)
}

fn no_remote(context: &Context, remote: &config::Remote) -> CliError {
    if remote.offline && remote.is_configured() {
        return CliError::new(
            Kind::Settings,
            anyhow::Error::msg("the remote is off (`KACHE_OFFLINE` is set)"),
        );
    }
    let path = config::user_file_path(&context.env);
    let file = path.map_or_else(|_| "the settings file".to_owned(), |path| path.display().to_string());
    CliError::new(Kind::Settings, anyhow::Error::msg("no remote is configured"))
        .hint(format!("set `KACHE_S3_BUCKET`, or `bucket` under `[cache.remote]` in {file}"))
}

fn plan_text(plan: &Plan, with_items: bool) -> String {
    let part = |word: &str, items: &[Item], state: &str| {
        let bytes = items.iter().map(|item| item.bytes).sum();
        let artifacts = count(items.len() as u64, "artifact", "artifacts");
        (!items.is_empty()).then(|| format!("{word} {artifacts} ({}{state})", format_size(bytes)))
    };
    // How small an archive gets is known only once it is made.
    let parts = [part("pull", &plan.pull, ""), part("push", &plan.push, " unpacked")];
    let parts = parts.into_iter().flatten().collect::<Vec<_>>();
    if parts.is_empty() {
        return "Nothing to sync.\n".to_owned();
    }
    let mut text = format!("Plan: {}\n", parts.join(", "));
    if with_items {
        for (word, items) in [("pull", &plan.pull), ("push", &plan.push)] {
            for item in items {
                let size = format_size(item.bytes);
                text += &format!("  {word}  {}  {}  {size}\n", item.key.short(), item.package);
            }
        }
    }
    text
}

fn ended_text(done: &[Done], (pulls, pushes): (usize, usize)) -> String {
    let mut text = String::new();
    for (word, direction, planned) in
        [("Pulled", Direction::Pull, pulls), ("Pushed", Direction::Push, pushes)]
    {
        if planned > 0 {
            let (entries, bytes) = succeeded(done, direction);
            let artifacts = count(planned as u64, "artifact", "artifacts");
            text += &format!("{word} {entries} of {artifacts} ({}", format_size(bytes));
            // A build before this may have had its uploads under way.
            let were_there =
                done.iter().filter(|done| done.direction == direction && done.was_there()).count();
            text += &match were_there {
                0 => ")\n".to_owned(),
                1 => "; 1 was there by then)\n".to_owned(),
                number => format!("; {number} were there by then)\n"),
            };
        }
    }
    text
}

/// Counts the transfers that succeeded, and their bytes.
fn succeeded(done: &[Done], direction: Direction) -> (u64, u64) {
    let of_direction = done.iter().filter(|done| done.direction == direction);
    let bytes = of_direction.filter_map(|done| done.result.as_ref().ok());
    bytes.fold((0, 0), |(entries, total), bytes| (entries + 1, total + bytes))
}

fn named(done: &Done) -> String {
    let word = word(done.direction);
    format!("{word} {} ({})", done.item.key.short(), done.item.package)
}

fn word(direction: Direction) -> &'static str {
    match direction {
        Direction::Pull => "pull",
        Direction::Push => "push",
    }
}

/// The result object.
#[derive(Serialize)]
struct Summary {
    pulled: u64,
    pushed: u64,
    failed: u64,
    bytes_pulled: u64,
    bytes_pushed: u64,
    transfers: Vec<Transfer>,
}

#[derive(Serialize)]
struct Transfer {
    op: &'static str,
    key: String,
    #[serde(rename = "crate")]
    package: String,
    size: u64,
    /// `None` in a dry run.
    ok: Option<bool>,
    error: Option<String>,
}

fn summary(done: &[Done], planned: Option<&Plan>) -> Summary {
    let (pulled, bytes_pulled) = succeeded(done, Direction::Pull);
    let (pushed, bytes_pushed) = succeeded(done, Direction::Push);
    let transfer = |direction, item: &Item, result: Option<&Result<u64, Failure>>| Transfer {
        op: word(direction),
        key: item.key.to_hex(),
        package: item.package.clone(),
        size: item.bytes,
        ok: result.map(Result::is_ok),
        error: result.and_then(|result| Some(result.as_ref().err()?.to_string())),
    };
    let of_plan = planned.into_iter().flat_map(|plan| {
        let pull = plan.pull.iter().map(|item| transfer(Direction::Pull, item, None));
        pull.chain(plan.push.iter().map(|item| transfer(Direction::Push, item, None)))
    });
    let of_done = done.iter().map(|done| transfer(done.direction, &done.item, Some(&done.result)));
    let failed = done.iter().filter(|done| done.result.is_err()).count() as u64;
    Summary {
        pulled,
        pushed,
        failed,
        bytes_pulled,
        bytes_pushed,
        transfers: of_done.chain(of_plan).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::Digest;

    fn item(package: &str, bytes: u64) -> Item {
        Item { key: Digest::of(package.as_bytes()), package: package.to_owned(), bytes }
    }

    #[test]
    fn plans_and_ends_are_told() {
        let plan =
            Plan { pull: vec![item("serde", 12_300_000), item("syn", 0)], push: vec![item("app", 400_000)] };
        assert_eq!(plan_text(&Plan::default(), true), "Nothing to sync.\n");
        assert_eq!(
            plan_text(&plan, false),
            "Plan: pull 2 artifacts (12.3 MB), push 1 artifact (400.0 kB unpacked)\n"
        );
        assert_eq!(plan_text(&plan, true).lines().count(), 4);
        let done = [
            Done { direction: Direction::Pull, item: item("serde", 1), result: Ok(12_300_000) },
            Done { direction: Direction::Pull, item: item("syn", 1), result: Err(Failure::TimedOut) },
            Done { direction: Direction::Push, item: item("app", 1), result: Ok(100) },
        ];
        assert_eq!(
            ended_text(&done, (2, 1)),
            "Pulled 1 of 2 artifacts (12.3 MB)\nPushed 1 of 1 artifact (100 B)\n"
        );
        let there = Done { direction: Direction::Push, item: item("app", 1), result: Ok(0) };
        assert_eq!(ended_text(&[there], (0, 1)), "Pushed 1 of 1 artifact (0 B; 1 was there by then)\n");
        let summary = summary(&done, None);
        assert_eq!((summary.pulled, summary.pushed, summary.failed), (1, 1, 1));
        assert_eq!(summary.transfers[1].error.as_deref(), Some("no answer in time"));
    }
}
