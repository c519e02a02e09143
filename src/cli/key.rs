//! `key`: keys that sign what is pushed.

use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Subcommand;
use serde::Serialize;

use super::args::Format;
use super::context::Context;
use super::error::{CliError, Kind};
use super::{Outcome, output};
use crate::config;
use crate::env;
use crate::fs;
use crate::remote::sign::{PublicKey, SigningKey};

/// Make a key that signs what is pushed
///
/// Readers that list its public half use only entries signed by it.
///
/// Example:
///   cargo kache key generate
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make a pair of keys, and print the public one
    Generate {
        /// File of the secret key [default: `signing.key` beside your settings file]
        #[arg(value_hint = clap::ValueHint::FilePath)]
        path: Option<PathBuf>,
        #[command(flatten)]
        format: Format,
    },
}

pub(super) fn run(context: &Context, args: Args) -> Outcome {
    match args.command {
        Command::Generate { path, format } => generate(context, path, format),
    }
}

#[derive(Serialize)]
struct Generated {
    path: PathBuf,
    public_key: PublicKey,
}

fn generate(context: &Context, path: Option<PathBuf>, format: Format) -> Outcome {
    let settings = config::user_file_path(&context.env)?;
    let path = match path {
        Some(path) => std::path::absolute(&path).map_err(|error| failed(&path, error))?,
        None => {
            let folder = settings.parent().expect("the settings file lies in a folder");
            fs::create_private_dir_all(folder)?;
            folder.join("signing.key")
        }
    };
    let key = SigningKey::generate().map_err(|error| failed(&path, error))?;
    key.write(&path).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => exists(&path),
        _ => error.into(),
    })?;
    let generated = Generated { path, public_key: key.public() };
    let text = match format.is_json() {
        true => output::object(&generated),
        false => text(&generated, &settings),
    };
    context.term.result(&text)?;
    Ok(ExitCode::SUCCESS)
}

fn text(generated: &Generated, settings: &Path) -> String {
    let Generated { path, public_key } = generated;
    let (path, settings, variable) = (path.display(), settings.display(), env::KACHE_SIGNING_KEY);
    format!(
        "Secret key: {path}\n\
         Public key: {public_key}\n\
         \n\
         To sign what is pushed, set `{variable}` to the path of the secret key.\n\
         To use only what it has signed, readers add this line under `[cache.remote]` in {settings}:\n\
         \n\
         trusted_keys = [\"{public_key}\"]\n"
    )
}

fn exists(path: &Path) -> CliError {
    CliError::failed(format!("there is a file at `{}` already", path.display()))
        .hint("give another path, as in `cargo kache key generate <PATH>`; a key is never overwritten")
}

fn failed(path: &Path, error: io::Error) -> CliError {
    let doing = format!("failed to make a key for `{}`", path.display());
    CliError::new(Kind::Failed, anyhow::Error::new(error).context(doing))
}
