//! `config`: shows and changes settings.

use std::process::ExitCode;

use clap::Subcommand;
use serde::Serialize;

use super::args::Format;
use super::context::Context;
use super::error::CliError;
use super::{Outcome, output};
use crate::config::{self, Resolved};
use crate::report::table::{Align, Table};

/// Show or change the settings
///
/// Without a command: an editor on the whole screen.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  cargo kache config        Edit the settings
  cargo kache config list   All settings, and where each value comes from
  cargo kache config set cache.local_max_size 20GB")]
pub(super) struct Args {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List every setting, its value and where it comes from
    List {
        #[command(flatten)]
        format: Format,
    },
    /// Print the value in effect
    Get {
        /// A setting, as in `cache.local_max_size`
        key: String,
        #[command(flatten)]
        format: Format,
    },
    /// Set a value in your settings file
    Set {
        /// A setting, as in `cache.local_max_size`
        key: String,
        /// Its value, as in `20GB`
        value: String,
    },
    /// Take a setting out of your settings file
    Unset {
        /// A setting, as in `cache.local_max_size`
        key: String,
    },
    /// Print the path of your settings file
    Path {
        #[command(flatten)]
        format: Format,
    },
}

pub(super) fn run(context: &Context, args: Args) -> Outcome {
    let Some(command) = args.command else { return editor::run(context) };
    match command {
        Command::List { format } => list(context, format),
        Command::Get { key, format } => get(context, &key, format),
        Command::Set { key, value } => set(context, &key, &value),
        Command::Unset { key } => unset(context, &key),
        Command::Path { format } => path(context, format),
    }
}

#[cfg(feature = "tui")]
mod editor {
    use super::*;
    use crate::cli::screen;
    use crate::tui::editor::Editor;

    /// Edits the settings on the whole screen.
    pub(super) fn run(context: &Context) -> Outcome {
        screen::needs_screen(context, "config", INSTEAD)?;
        let path = config::user_file_path(&context.env)?;
        screen::show(context, &mut Editor::open(context.env.clone(), context.project_root(), path))
    }
}

#[cfg(not(feature = "tui"))]
mod editor {
    use super::*;

    /// Says that there is none.
    pub(super) fn run(_context: &Context) -> Outcome {
        Err(CliError::failed("this build has no settings editor").hint(INSTEAD))
    }
}

/// What does without a screen.
const INSTEAD: &str = "use `cargo kache config list` and `cargo kache config set <key> <value>`";

#[derive(Serialize)]
struct ListObject {
    settings: Vec<SettingObject>,
}

#[derive(Serialize)]
struct SettingObject {
    key: String,
    value: Option<String>,
    from: Option<String>,
}

fn list(context: &Context, format: Format) -> Outcome {
    let rows = config::list(&context.settings()?);
    let text = if format.is_json() {
        let object = |row: config::Row| SettingObject {
            key: row.key.to_owned(),
            value: row.value,
            from: Some(row.from),
        };
        output::object(&ListObject { settings: rows.into_iter().map(object).collect() })
    } else {
        let mut table = Table::new(["KEY", "VALUE", "FROM"].map(|name| (name, Align::Left)));
        for row in rows {
            table.row([row.key.to_owned(), row.value.unwrap_or_default(), row.from]);
        }
        table.render(context.term.width())
    };
    context.term.result(&text)?;
    Ok(ExitCode::SUCCESS)
}

fn get(context: &Context, key: &str, format: Format) -> Outcome {
    let resolved = context.settings()?;
    let value = config::get(&resolved, key)?;
    let text = match format.is_json() {
        true => output::object(&SettingObject { from: from(&resolved, key), key: key.to_owned(), value }),
        false => value.unwrap_or_default() + "\n",
    };
    context.term.result(&text)?;
    Ok(ExitCode::SUCCESS)
}

#[derive(Serialize)]
struct PathObject {
    path: String,
    /// Whether there is a file.
    exists: bool,
}

fn path(context: &Context, format: Format) -> Outcome {
    let path = config::user_file_path(&context.env)?;
    let shown = path.display().to_string();
    let text = match format.is_json() {
        true => output::object(&PathObject { path: shown, exists: path.exists() }),
        false => shown + "\n",
    };
    context.term.result(&text)?;
    Ok(ExitCode::SUCCESS)
}

fn from(resolved: &Resolved, key: &str) -> Option<String> {
    config::list(resolved).into_iter().find(|row| row.key == key).map(|row| row.from)
}

fn set(context: &Context, key: &str, value: &str) -> Outcome {
    let path = config::user_file_path(&context.env)?;
    config::set(&path, key, value).map_err(|error| match error {
        // A wrong word on the command line, not a wrong file.
        config::ConfigError::Value { at: None, .. } => CliError::new(super::Kind::Usage, error),
        other => other.into(),
    })?;
    context.term.message(&format!("Set `{key}` in {}.\n", path.display()));
    let resolved = match context.settings() {
        Ok(resolved) => resolved,
        // What was asked for is done. Something else is wrong, and was before.
        Err(error) => {
            context.term.warning(&format!("the settings cannot be used: {}", error.on_one_line()));
            return Ok(ExitCode::SUCCESS);
        }
    };
    // What stands above the user's file wins; say so rather than let the change seem lost.
    let file = resolved.origin(key) == Some(config::Origin::User);
    if let Some(from) = from(&resolved, key).filter(|_| !file) {
        context.term.warning(&format!("`{key}` still has the value from {from}, which wins over your file"));
    }
    Ok(ExitCode::SUCCESS)
}

fn unset(context: &Context, key: &str) -> Outcome {
    let path = config::user_file_path(&context.env)?;
    let done = if config::unset(&path, key)? { "Removed" } else { "Found no" };
    context.term.message(&format!("{done} `{key}` in {}.\n", path.display()));
    Ok(ExitCode::SUCCESS)
}
