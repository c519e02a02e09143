//! `doctor`: whether everything is set up.

use std::io;
use std::process::ExitCode;

use serde::Serialize;

use super::args::Format;
use super::context::{Context, current_dir};
use super::error::Kind;
use super::{Outcome, output};
use crate::doctor::fix::{self, Options, Report};
use crate::doctor::{self, Examination, Style, Subject};

/// Check the set-up, and mend it
///
/// Looks at the program, the wrapper in effect, settings, store, remote, daemon, toolchain, and at what is left of
/// sccache. With `--fix` it puts right what it can, and moves from sccache to kache: cargo's settings are edited, and what
/// sccache had of a bucket becomes settings of kache. Files of shells and CI services are shown, never edited; each edited
/// file is saved first.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  cargo kache doctor                  Is everything set up?\n  cargo kache doctor --fix --dry-run  What would be changed?\n  cargo kache doctor --fix            Migrate from sccache, repair the rest"
)]
pub(super) struct Args {
    /// Put right what can be put right, and migrate from sccache
    #[arg(long)]
    fix: bool,
    /// With `--fix`: remove sccache and its cache too
    #[arg(long, requires = "fix")]
    purge_sccache: bool,
    /// Only show what `--fix` would change
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    format: Format,
}

/// The result for programs.
#[derive(Serialize)]
struct Object<'a> {
    #[serde(flatten)]
    examination: &'a Examination,
    fix: Option<&'a Report>,
}

pub(super) fn run(context: &Context, args: Args) -> Outcome {
    let here = current_dir()?;
    let program = std::env::current_exe().ok();
    let settings = context.resolve();
    let subject =
        |settings| Subject { env: &context.env, here: &here, program: program.as_deref(), settings };
    let style = Style::of(&context.env, context.term.stdout_is_terminal(), context.term.stdout_color());
    let before = doctor::examine(&subject(&settings));
    if !args.fix && !args.dry_run {
        look(context, &before, style, args.format)?;
        return Ok(code(before.is_ill()));
    }

    let is_text = !args.format.is_json();
    if is_text {
        // What becomes of lines follows with the migration.
        context.term.result(&before.without_lines().text(style))?;
    }
    let plan = fix::plan(&subject(&settings), &before, Options { purge: args.purge_sccache });
    let report = if args.dry_run { fix::preview(&plan) } else { fix::apply(&subject(&settings), &plan) };
    if is_text {
        context.term.result(&report.text(style))?;
    }
    let settings = context.resolve();
    let after = if args.dry_run { before } else { doctor::examine(&subject(&settings)) };
    if !is_text {
        context.term.result(&output::object(&Object { examination: &after, fix: Some(&report) }))?;
    } else if after.is_ill() && !args.dry_run {
        context.term.result(&format!("\nStill wrong:\n{}", after.problems(style)))?;
    }
    Ok(code(after.is_ill() || report.has_failed()))
}

/// Tells what was found, and that more can be done about it.
fn look(context: &Context, found: &Examination, style: Style, format: Format) -> io::Result<()> {
    if format.is_json() {
        return context.term.result(&output::object(&Object { examination: found, fix: None }));
    }
    context.term.result(&found.text(style))?;
    if found.fixable() > 0 {
        context.term.note("`cargo kache doctor --fix` mends what it can; with `--dry-run` it only shows how");
    }
    Ok(())
}

fn code(is_ill: bool) -> ExitCode {
    if is_ill { Kind::Failed.into() } else { ExitCode::SUCCESS }
}
