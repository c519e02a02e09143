//! The command line in clap's terms: one place that shows all commands, and the text of `--help`.
//!
//! Owns the global options and the list of commands. The options of each command lie in its own file.

use std::ffi::OsString;

use clap::builder::styling::{AnsiColor, Styles};
use clap::{Args, Parser, Subcommand, ValueEnum};

use super::{
    clean, completions, config, daemon, doctor, gc, help, key, list, monitor, purge, stats, sync, verify, why,
};
use crate::term;

/// Cargo's colours: our help stands beside its own.
const STYLES: Styles = Styles::styled()
    .header(AnsiColor::BrightGreen.on_default().bold())
    .usage(AnsiColor::BrightGreen.on_default().bold())
    .literal(AnsiColor::BrightCyan.on_default().bold())
    .placeholder(AnsiColor::Cyan.on_default())
    .error(AnsiColor::Red.on_default().bold())
    .invalid(AnsiColor::Yellow.on_default().bold())
    .valid(AnsiColor::BrightCyan.on_default().bold());

/// The words after the program's name.
#[derive(Debug, Parser)]
#[command(
    name = "cargo-kache",
    bin_name = "cargo kache",
    version,
    about = "An exact, near-zero-cost build cache for Rust",
    styles = STYLES,
    help_template = TEMPLATE,
    disable_help_subcommand = true,
    subcommand_help_heading = "Commands",
    override_usage = "cargo kache [OPTIONS] <CARGO COMMAND> [ARGS]...\n       cargo kache <COMMAND>",
)]
pub struct Cli {
    #[command(flatten)]
    pub(super) global: Global,
    #[command(subcommand)]
    pub(super) command: Option<Command>,
}

const TEMPLATE: &str = "\
{about}

{usage-heading} {usage}

Build through the cache:
  cargo kache build              Any cargo command: build, check, test, clippy, run, nextest …
  cargo kache test -p app        What follows the command reaches cargo unchanged
  cargo kache -- clean           Cargo's own command where one of ours has the same name

  Before the cargo command:
  --report <STYLE>               Report after the build: short, full, json or none
  --report-file <PATH>           Write the report to a file too: .json, .md or .trace.json
  --no-prefetch                  Fetch nothing ahead of the build
  --no-remote                    Use the local store only
  --wait-uploads                 Wait for all uploads at the end

Commands:
{subcommands}

Options:
{options}

Plain `cargo build` uses the cache too, with the wrapper set:
  export RUSTC_WRAPPER=kache     in the shell, or in ~/.cargo/config.toml:
  [build]
  rustc-wrapper = \"kache\"
`kache` is a link to cargo-kache, which `cargo kache doctor --fix` makes where it is missing.

Examples:
  cargo kache build --release    Build; a report follows
  cargo kache why app            Why was `app` compiled?
  cargo kache gc --max-age 30d   Drop what nobody used for a month
  cargo kache doctor             Is everything set up?
";

/// Options that every command of ours takes.
#[derive(Clone, Copy, Debug, Default, Args)]
pub(super) struct Global {
    /// When to color the output
    #[arg(long, global = true, value_name = "WHEN")]
    pub(super) color: Option<ColorWhen>,
    /// Say only errors and what was asked for
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub(super) quiet: bool,
    /// Say more
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub(super) verbose: u8,
    /// Never page long output
    #[arg(long, global = true, hide_short_help = true)]
    pub(super) no_pager: bool,
}

/// When to color.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum ColorWhen {
    /// On a terminal
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

impl From<ColorWhen> for term::Color {
    fn from(when: ColorWhen) -> Self {
        match when {
            ColorWhen::Auto => Self::Auto,
            ColorWhen::Always => Self::Always,
            ColorWhen::Never => Self::Never,
        }
    }
}

/// Finds `--color` before clap has parsed anything, for what clap itself has to say.
pub(super) fn color_of(words: &[OsString]) -> Option<ColorWhen> {
    let ours = words.iter().take_while(|word| *word != "--").collect::<Vec<_>>();
    let mut values = ours.iter().enumerate().filter_map(|(index, word)| match word.to_str()? {
        "--color" => ours.get(index + 1)?.to_str(),
        word => word.strip_prefix("--color="),
    });
    values.next_back().and_then(|value| ColorWhen::from_str(value, false).ok())
}

/// Our commands.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    Monitor(monitor::Args),
    List(list::Args),
    Stats(stats::Args),
    Why(why::Args),
    #[command(hide = true, disable_help_flag = true)]
    Plan(Any),
    Sync(sync::Args),
    Gc(gc::Args),
    Purge(purge::Args),
    Clean(clean::Args),
    Verify(verify::Args),
    Doctor(doctor::Args),
    Config(config::Args),
    Daemon(daemon::Args),
    Completions(completions::Args),
    Key(key::Args),
    Help(help::Args),
}

/// The words of a command that is still to come.
#[derive(Debug, Default, Args)]
pub(super) struct Any {
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, hide = true)]
    _words: Vec<OsString>,
}

/// How results are printed.
#[derive(Clone, Copy, Debug, Default, Args)]
pub(super) struct Format {
    /// Form of the result
    #[arg(long, value_name = "FORM", default_value = "text")]
    format: Form,
    /// Short for `--format json`
    #[arg(long, conflicts_with = "format")]
    json: bool,
}

/// The form of a result.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Form {
    /// For people
    #[default]
    Text,
    /// One object, for programs
    Json,
}

impl Format {
    /// Whether the result is for programs.
    pub(super) fn is_json(self) -> bool {
        self.json || self.format == Form::Json
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::super::route::COMMANDS;
    use super::*;

    #[test]
    fn clap_finds_no_fault() {
        Cli::command().debug_assert();
    }

    #[test]
    fn the_router_knows_every_command() {
        let known = Cli::command();
        let mut names = known.get_subcommands().map(|c| c.get_name().to_owned()).collect::<Vec<_>>();
        names.sort();
        let mut routed = COMMANDS.to_vec();
        routed.sort_unstable();
        assert_eq!(names, routed);
    }

    #[test]
    fn help_teaches_the_front_end_first() {
        let help = Cli::command().render_help().to_string();
        let place = |text: &str| help.find(text).unwrap_or_else(|| panic!("no {text} in\n{help}"));
        let order = [
            "cargo kache build",
            "--report <STYLE>",
            "Commands:",
            "  gc ",
            "RUSTC_WRAPPER=kache",
            "Examples:",
        ];
        assert!(order.map(place).is_sorted(), "{help}");
        for line in help.lines() {
            assert!(line.chars().count() <= 100, "{line}");
        }
    }

    #[test]
    fn color_is_known_early() {
        let of = |text: &str| color_of(&text.split(' ').map(OsString::from).collect::<Vec<_>>());
        assert_eq!(of("list --color never"), Some(ColorWhen::Never));
        assert_eq!(of("--color=always list"), Some(ColorWhen::Always));
        assert_eq!(of("--color maybe list"), None);
        assert_eq!(of("-- run --color never"), None);
    }
}
