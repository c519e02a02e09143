//! `help`: of our commands, and of cargo's.

use std::ffi::OsString;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use clap::CommandFactory as _;

use super::args::Cli;
use super::context::Context;
use super::error::{CliError, Kind};
use super::{Outcome, man, not_yet};
use crate::quantity::count;
use crate::{env, fs};

/// Show help for a command
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  cargo kache help gc            One of our commands
  cargo kache help build         One of cargo's
  cargo kache help --man DIR     Man pages, for packagers")]
pub(super) struct Args {
    /// One of our commands, or one of cargo's
    command: Option<OsString>,
    /// Write man pages to a folder instead
    #[arg(long, value_name = "DIR", conflicts_with = "command")]
    man: Option<PathBuf>,
}

pub(super) fn run(context: &Context, args: Args) -> Outcome {
    if let Some(folder) = args.man {
        return write_man(context, &folder);
    }
    let mut ours = Cli::command();
    ours.build();
    let mut command = match args.command {
        None => ours,
        Some(name) => match ours.find_subcommand(&name) {
            Some(command) if command.is_hide_set() => return not_yet(command.get_name()),
            Some(command) => command.clone(),
            None => return cargo_help(context, &name),
        },
    };
    let text = command.render_help();
    let text = if context.term.stdout_color() { text.ansi().to_string() } else { text.to_string() };
    context.term.result(&text)?;
    Ok(ExitCode::SUCCESS)
}

fn write_man(context: &Context, folder: &Path) -> Outcome {
    fs::create_dir_all(folder)?;
    let pages = man::pages()?;
    for (name, text) in &pages {
        fs::write(&folder.join(name), text)?;
    }
    let pages = count(pages.len() as u64, "page", "pages");
    context.term.message(&format!("Wrote {pages} to {}.\n", folder.display()));
    Ok(ExitCode::SUCCESS)
}

fn cargo_help(context: &Context, name: &OsString) -> Outcome {
    let cargo = context.env.get(env::CARGO).unwrap_or_else(|| "cargo".into());
    let error = Command::new(&cargo).arg("help").arg(name).exec();
    let error = anyhow::Error::new(error).context(format!("failed to run `{}`", cargo.display()));
    Err(CliError::new(Kind::Failed, error))
}
