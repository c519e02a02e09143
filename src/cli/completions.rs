//! `completions`: scripts that complete our words in a shell.
//!
//! Owns how they are made of the command line's own definition, so that they can't differ from it. The files in
//! `completions/` hold the same, for packagers; a test compares them.

use std::process::ExitCode;

use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgAction, Command, CommandFactory as _, ValueHint};
use clap_complete::Shell;

use super::Outcome;
use super::args::Cli;
use super::context::Context;

/// Print a completion script for a shell
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  cargo kache completions bash > ~/.local/share/bash-completion/completions/kache
  cargo kache completions zsh > ~/.zfunc/_kache
  cargo kache completions fish > ~/.config/fish/completions/kache.fish")]
pub(super) struct Args {
    /// The shell
    shell: Shell,
}

pub(super) fn run(context: &Context, args: Args) -> Outcome {
    context.term.result(&script(args.shell))?;
    Ok(ExitCode::SUCCESS)
}

/// Cargo's commands that compile, with what they do: the front end takes any, these are offered.
const CARGO_COMMANDS: &[(&str, &str)] = &[
    ("build", "Compile through the cache"),
    ("check", "Check through the cache"),
    ("clippy", "Lint through the cache"),
    ("test", "Run tests, built through the cache"),
    ("run", "Run a program, built through the cache"),
    ("bench", "Run benchmarks, built through the cache"),
    ("doc", "Build documentation through the cache"),
    ("rustc", "Compile one target with extra flags"),
    ("install", "Install a program, built through the cache"),
];

/// Returns the words as a shell should know them: ours, and those of the front end.
fn definition() -> Command {
    let styles = PossibleValuesParser::new(["short", "full", "json", "none"]);
    let flag = |name: &'static str, help: &'static str| {
        Arg::new(name).long(name).help(help).action(ArgAction::SetTrue)
    };
    let ours = Cli::command();
    // What help hides is not offered either.
    let shown = ours.get_subcommands().filter(|command| !command.is_hide_set());
    let mut command = Command::new("kache")
        .version(env!("CARGO_PKG_VERSION"))
        .disable_help_subcommand(true)
        .args(ours.get_arguments())
        .subcommands(shown)
        .arg(Arg::new("report").long("report").help("Report after the build").value_parser(styles))
        .arg(
            Arg::new("report-file")
                .long("report-file")
                .help("Write the report to a file too")
                .value_hint(ValueHint::FilePath)
                .action(ArgAction::Append),
        )
        .arg(flag("no-prefetch", "Fetch nothing ahead of the build"))
        .arg(flag("no-remote", "Use the local store only"))
        .arg(flag("wait-uploads", "Wait for all uploads at the end"));
    for (name, about) in CARGO_COMMANDS {
        command = command.subcommand(Command::new(*name).about(*about));
    }
    command
}

fn generated(shell: Shell, name: &str) -> String {
    let mut bytes = Vec::new();
    clap_complete::generate(shell, &mut definition(), name, &mut bytes);
    String::from_utf8(bytes).expect("the definition is text")
}

/// Returns the script for a shell: for `kache`, `cargo-kache` and, where cargo's own completion allows, `cargo kache`.
fn script(shell: Shell) -> String {
    match shell {
        // One function serves all three names; cargo's completion looks for `_cargo-<command>`.
        Shell::Zsh => {
            let script = generated(shell, "kache");
            let script = script.replacen("#compdef kache", "#compdef kache cargo-kache", 1);
            script
                + "\n# Called by cargo's own completion for `cargo kache`.\n_cargo-kache() { _kache \"$@\" }\n"
        }
        Shell::Fish => generated(shell, "kache") + &generated(shell, "cargo-kache") + FISH_CARGO,
        _ => generated(shell, "kache") + &generated(shell, "cargo-kache"),
    }
}

/// `cargo kache <words>` offers what `kache <words>` does.
const FISH_CARGO: &str = "\
complete -c cargo -n '__fish_seen_subcommand_from kache' -f \
-a '(complete -C (string replace -r \"^.*?\\bkache\\b\" kache -- (commandline -cp)))'\n";

#[cfg(test)]
mod tests {
    use std::path::Path;

    use clap::ValueEnum as _;

    use super::*;
    use crate::env::Env;
    use crate::fs::{self, OrAbsent as _};

    /// Set to rewrite the files instead of comparing them.
    const REWRITE: &str = "KACHE_REWRITE_COMPLETIONS";

    #[test]
    fn the_files_are_up_to_date() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("completions");
        for shell in Shell::value_variants() {
            let path = folder.join(match shell {
                Shell::Bash => "kache.bash",
                Shell::Elvish => "kache.elv",
                Shell::Fish => "kache.fish",
                Shell::PowerShell => "_kache.ps1",
                _ => "_kache",
            });
            let script = script(*shell);
            if Env::process().get(REWRITE).is_some() {
                fs::write(&path, &script).unwrap();
            }
            let file = fs::read_to_string(&path).or_absent().unwrap();
            assert!(file == Some(script), "{} is stale: run the tests with {REWRITE}=1", path.display());
        }
    }

    #[test]
    fn all_words_are_offered() {
        for shell in Shell::value_variants() {
            let script = script(*shell);
            for word in ["gc", "max-age", "monitor", "clippy", "wait-uploads", "cargo-kache"] {
                assert!(script.contains(word), "{shell}: {word}");
            }
        }
    }
}
