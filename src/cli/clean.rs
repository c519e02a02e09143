//! `clean`: removes target directories.
//!
//! Owns who decides what goes: `--yes`, or a person at a terminal. What is a target directory, what it takes and how it
//! goes away lies in [`crate::targets`].

mod object;
mod text;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use super::args::Format;
use super::context::{Context, current_dir, now_ms};
use super::error::CliError;
use super::{Outcome, output, picker};
use crate::env;
use crate::fs;
use crate::store::held::Held;
use crate::store::layout::Layout;
use crate::targets::find::{Scope, find};
use crate::targets::remove::{Stays, remove};
use crate::targets::{Measured, Target, measure};
use object::Object;

/// Find target directories and remove them
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  cargo kache clean               Choose among the target directories below
  cargo kache clean -n ~/src      Only say what there is, and what deleting frees
  cargo kache clean --yes ~/old   Delete all of them")]
pub(super) struct Args {
    /// Folder to look below [default: the current one]
    path: Option<PathBuf>,
    /// Only say what is there and what would be freed
    #[arg(long, short = 'n')]
    dry_run: bool,
    /// Remove all that is found; do not ask
    #[arg(long, short)]
    yes: bool,
    #[command(flatten)]
    format: Format,
}

/// Options of cargo's own `clean`, which say what of a target directory goes.
const CARGO_OPTIONS: [&str; 16] = [
    "-p",
    "--package",
    "-r",
    "--release",
    "--profile",
    "--target",
    "--target-dir",
    "--doc",
    "--workspace",
    "--manifest-path",
    "--lockfile-path",
    "--config",
    "-Z",
    "--frozen",
    "--locked",
    "--offline",
];

/// A target directory and its figures.
struct Row {
    target: Target,
    /// The path as people see it.
    shown: String,
    measured: fs::Result<Measured>,
}

/// What came of a row.
enum Fate {
    /// Nobody asked for its removal.
    Kept,
    Removed {
        freed: u64,
    },
    Stays(Stays),
}

/// Tells an option of cargo's own `clean` from a wrong word.
pub(super) fn is_of_cargo(option: &str) -> Option<CliError> {
    CARGO_OPTIONS.contains(&option).then(|| {
        CliError::usage(format!("`{option}` is an option of cargo's own `clean`"))
            .hint("for cargo's own command run `cargo clean` or `cargo kache -- clean`")
    })
}

pub(super) fn run(context: &Context, args: Args) -> Outcome {
    let asks = !args.yes && !args.dry_run;
    if asks {
        let instead =
            "`cargo kache clean --dry-run` shows what is there, `cargo kache clean --yes` removes all of it";
        if args.format.is_json() {
            return Err(CliError::usage("`--json` needs `--dry-run` or `--yes`").hint(instead));
        }
        picker::needs_screen(context, instead)?;
    }
    let settings = context.settings()?.settings;
    let layout = Layout::new(settings.cache_dir);
    let here = current_dir()?;
    let targets = search(context, &args, &here, &layout)?;
    if targets.is_empty() && !args.format.is_json() {
        context.term.result("No target directories found.\n")?;
        return Ok(ExitCode::SUCCESS);
    }
    if asks {
        return match picker::pick(context, named(targets, &here), layout)? {
            picker::Picked::These(targets) if targets.is_empty() => say(context, "Nothing selected.\n"),
            picker::Picked::These(targets) => remove_all(context, targets),
            picker::Picked::Cancelled => say(context, "Cancelled.\n"),
            picker::Picked::Ended(code) => Ok(code),
        };
    }
    if !args.dry_run && !args.format.is_json() {
        return remove_all(context, named(targets, &here));
    }
    let rows = measure_all(context, named(targets, &here), &layout)?;
    if args.dry_run {
        let rows = rows.into_iter().map(|row| (row, Fate::Kept)).collect::<Vec<_>>();
        let text = if args.format.is_json() {
            output::object(&Object::new(&rows, true))
        } else {
            text::dry_run(&rows, now_ms())
        };
        context.term.result(&text)?;
        return Ok(ExitCode::SUCCESS);
    }
    let fates = rows.into_iter().map(|row| {
        let fate = fate(&row.target);
        (row, fate)
    });
    let rows = fates.collect::<Vec<_>>();
    context.term.result(&output::object(&Object::new(&rows, false)))?;
    finish(rows.iter().map(|(_, fate)| fate))
}

fn say(context: &Context, text: &str) -> Outcome {
    context.term.message(text);
    Ok(ExitCode::SUCCESS)
}

/// Finds what there is, and tells what was passed over.
fn search(context: &Context, args: &Args, here: &Path, layout: &Layout) -> Result<Vec<Target>, CliError> {
    let root = args.path.as_ref().map_or(here.to_owned(), |path| here.join(path));
    if !root.is_dir() {
        return Err(CliError::usage(format!("`{}` is no folder", text::shown(&root, here))));
    }
    let homes = [context.env.home(), context.env.absolute(env::CARGO_HOME)];
    let precious = homes.into_iter().flatten().chain([layout.root().to_owned()]).collect();
    progress(context, &format!("Searching below {}", text::shown(&root, here)));
    let found = find(&Scope { root, env: &context.env, precious });
    progress(context, "");
    let found = found?;
    for passed in &found.passed {
        context.term.warning(&passed.to_string());
    }
    Ok(found.targets)
}

/// Gives each target directory the path that people see.
fn named(targets: Vec<Target>, here: &Path) -> Vec<(Target, String)> {
    // Side by side, all paths are of one kind.
    let are_below = targets.iter().all(|target| target.path.starts_with(here));
    let from = if are_below { here } else { Path::new("") };
    let named = |target: Target| {
        let shown = text::shown(&target.path, from);
        (target, shown)
    };
    targets.into_iter().map(named).collect()
}

/// Measures all, and puts the largest first.
fn measure_all(
    context: &Context,
    targets: Vec<(Target, String)>,
    layout: &Layout,
) -> Result<Vec<Row>, CliError> {
    let held = Held::by(layout)?;
    let count = targets.len();
    let mut rows = Vec::new();
    for (target, shown) in targets {
        progress(context, &format!("Measuring {} of {count}: {shown}", rows.len() + 1));
        let measured = measure::measure(&target, &held);
        rows.push(Row { target, shown, measured });
    }
    progress(context, "");
    rows.sort_by_key(|row| std::cmp::Reverse(row.measured.as_ref().map_or(0, |measured| measured.bytes)));
    for row in &rows {
        let unreadable = row.measured.as_ref().map_or_else(Some, |measured| measured.unreadable.as_ref());
        if let Some(error) = unreadable {
            context.term.warning(&format!("{error}: {}", error.source));
        }
    }
    Ok(rows)
}

/// Draws over the line of progress, where somebody sees it.
fn progress(context: &Context, text: &str) {
    if context.term.stderr_is_terminal() {
        context.term.message(&format!("\r\x1b[K{text}"));
    }
}

/// Removes target directories, and tells of each.
fn remove_all(context: &Context, targets: Vec<(Target, String)>) -> Outcome {
    let mut fates = Vec::new();
    for (target, shown) in targets {
        let fate = fate(&target);
        context.term.result(&text::fate(&fate, &shown))?;
        fates.push(fate);
    }
    context.term.result(&text::removed(&fates))?;
    finish(fates.iter())
}

fn fate(target: &Target) -> Fate {
    match remove(target) {
        Ok(freed) => Fate::Removed { freed },
        Err(stays) => Fate::Stays(stays),
    }
}

/// What is still there was asked to go: that is an error, also if a build has it.
fn finish<'a>(fates: impl Iterator<Item = &'a Fate>) -> Outcome {
    let stays = fates.filter(|fate| matches!(fate, Fate::Stays(_))).count() as u64;
    if stays == 0 {
        return Ok(ExitCode::SUCCESS);
    }
    let (number, were) = (text::directories(stays), if stays == 1 { "was" } else { "were" });
    Err(CliError::failed(format!("{number} {were} not removed")))
}
