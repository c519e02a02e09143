//! `help`: of our commands, and of cargo's.

use std::ffi::OsString;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, ExitCode};

use clap::CommandFactory as _;

use super::Outcome;
use super::args::Cli;
use super::context::Context;
use super::error::{CliError, Kind};
use crate::env;

/// Show help for a command
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// One of our commands, or one of cargo's
    command: Option<OsString>,
}

pub(super) fn run(context: &Context, args: Args) -> Outcome {
    let mut ours = Cli::command();
    ours.build();
    let mut command = match args.command {
        None => ours,
        Some(name) => match ours.find_subcommand(&name) {
            Some(command) => command.clone(),
            None => return cargo_help(context, &name),
        },
    };
    let text = command.render_help();
    let text = if context.term.stdout_color() { text.ansi().to_string() } else { text.to_string() };
    context.term.result(&text)?;
    Ok(ExitCode::SUCCESS)
}

fn cargo_help(context: &Context, name: &OsString) -> Outcome {
    let cargo = context.env.get(env::CARGO).unwrap_or_else(|| "cargo".into());
    let error = Command::new(&cargo).arg("help").arg(name).exec();
    let error = anyhow::Error::new(error).context(format!("failed to run `{}`", cargo.display()));
    Err(CliError::new(Kind::Failed, error))
}
