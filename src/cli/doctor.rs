//! `doctor`: whether everything is set up.

use std::process::ExitCode;

use super::args::Format;
use super::context::{Context, current_dir};
use super::error::{CliError, Kind};
use super::{Outcome, output};
use crate::doctor::{self, Severity, Subject};

/// Check the setup
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Put right what can be put right, and migrate from sccache
    #[arg(long, hide = true)]
    fix: bool,
    /// With `--fix`: remove sccache and its cache too
    #[arg(long, hide = true, requires = "fix")]
    purge_sccache: bool,
    /// With `--fix`: only show what would change
    #[arg(long, hide = true)]
    dry_run: bool,
    #[command(flatten)]
    format: Format,
}

pub(super) fn run(context: &Context, args: Args) -> Outcome {
    if args.fix {
        return Err(CliError::usage("this build has no `doctor --fix` yet")
            .hint("run `cargo kache doctor`; it says what to do for each problem"));
    }
    let here = current_dir()?;
    let settings = context.resolve();
    let program = std::env::current_exe().ok();
    let subject =
        Subject { env: &context.env, here: &here, program: program.as_deref(), settings: &settings };
    let examination = doctor::examine(&subject);
    let text = match args.format.is_json() {
        true => output::object(&examination),
        false => examination.text(),
    };
    context.term.result(&text)?;
    let is_ill = examination.findings.iter().any(|finding| finding.severity == Severity::Problem);
    Ok(if is_ill { Kind::Failed.into() } else { ExitCode::SUCCESS })
}
