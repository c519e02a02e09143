//! The command line of a person.
//!
//! Owns how words become a command, and the exit code of our own commands. Parses and calls: what a command does lies
//! in the modules below. Never runs in a compiler call.
//!
//! 1. [`route`] decides by the first word whose words these are: ours or cargo's.
//! 2. Cargo's go through the front end ([`front_end`]), byte for byte.
//! 3. Ours are parsed by clap ([`args`]) and run by the file of their name.

pub mod args;
mod clean;
mod completions;
mod config;
mod context;
#[cfg(feature = "daemon")]
mod daemon;
mod doctor;
pub mod error;
mod front_end;
mod gc;
mod help;
#[cfg(feature = "daemon")]
mod key;
mod list;
mod man;
#[cfg(feature = "tui")]
mod monitor;
mod output;
#[cfg(feature = "tui")]
mod picker;
mod purge;
pub mod route;
#[cfg(feature = "tui")]
mod screen;
mod stats;
#[cfg(feature = "daemon")]
mod sync;
mod verify;
mod why;
#[cfg(not(all(feature = "daemon", feature = "tui")))]
mod without;

#[cfg(not(feature = "daemon"))]
use without::{daemon, daemon as key, daemon as sync};
#[cfg(not(feature = "tui"))]
use without::{monitor, picker};

use std::ffi::{OsStr, OsString};
use std::process::ExitCode;

use clap::Parser as _;

use crate::env::{self, Env};
use crate::term::{Color, DEFAULT_PAGER, Options, Term, Verbosity};
use args::{Cli, Command, Global};
use context::Context;
use error::{CliError, Kind};
use route::Route;

/// How a command ended.
type Outcome = Result<ExitCode, CliError>;

/// Stands in front of the words when a process before this one ended in a damaged index.
const AFTER_DAMAGE: &str = "--after-index-damage";

/// Runs the command in `words`: those after the program's name.
pub fn run(mut words: Vec<OsString>) -> ExitCode {
    error::report_panics();
    let after_damage = words.first().is_some_and(|word| word == AFTER_DAMAGE);
    if after_damage {
        words.remove(0);
    }
    let env = Env::process();
    // What goes wrong before the options are known is told as they most likely say.
    let early = term(&env, &Global { color: args::color_of(&words), ..Global::default() });
    let outcome = match route::route(words) {
        Ok(Route::Cargo(words)) => front_end::run(&env, &early, words),
        Ok(Route::Ours(words)) => match parse(&words, &early) {
            Ok(cli) => dispatch(cli, env, words, after_damage),
            Err(outcome) => outcome,
        },
        Err(invalid) => Err(CliError::new(Kind::Usage, invalid)),
    };
    outcome.unwrap_or_else(|error| error.show(&early))
}

fn dispatch(cli: Cli, env: Env, words: Vec<OsString>, after_damage: bool) -> Outcome {
    let term = term(&env, &cli.global);
    if after_damage {
        term.warning("the index of the store was damaged; a new one has been started");
    }
    let context = Context { term, env, words, after_damage };
    let outcome = run_command(&context, cli.command);
    match outcome {
        // The index refused to be read, and has been marked: once more with a new one.
        Err(error) if !after_damage && context.index_is_bad() => {
            context.run_again();
            Err(error)
        }
        outcome => outcome,
    }
}

fn run_command(context: &Context, command: Option<Command>) -> Outcome {
    match command {
        None if monitor::can_run(context) => monitor::run(context, monitor::Args::default()),
        None => stats::run(context, stats::Args::default()),
        Some(Command::List(args)) => list::run(context, args),
        Some(Command::Stats(args)) => stats::run(context, args),
        Some(Command::Why(args)) => why::run(context, args),
        Some(Command::Sync(args)) => sync::run(context, args),
        Some(Command::Gc(args)) => gc::run(context, args),
        Some(Command::Purge(args)) => purge::run(context, args),
        Some(Command::Verify(args)) => verify::run(context, args),
        Some(Command::Doctor(args)) => doctor::run(context, args),
        Some(Command::Config(args)) => config::run(context, args),
        Some(Command::Completions(args)) => completions::run(context, args),
        Some(Command::Key(args)) => key::run(context, args),
        Some(Command::Help(args)) => help::run(context, args),
        Some(Command::Monitor(args)) => monitor::run(context, args),
        Some(Command::Plan(_)) => not_yet(route::NOT_YET),
        Some(Command::Clean(args)) => clean::run(context, args),
        Some(Command::Daemon(args)) => daemon::run(context, args),
    }
}

fn not_yet(name: &str) -> Outcome {
    Err(CliError::failed(format!("this build has no `{name}` command yet")))
}

/// Parses our own words. Help and wrong words have their outcome at once.
fn parse(words: &[OsString], term: &Term) -> Result<Cli, Outcome> {
    let name = std::iter::once(OsStr::new("cargo-kache"));
    Cli::try_parse_from(name.chain(words.iter().map(OsString::as_os_str))).map_err(|error| {
        if let Some(error) = of_cargo_clean(words, &error) {
            return Err(error);
        }
        let text = error.render();
        let shown = |color| if color { text.ansi().to_string() } else { text.to_string() };
        if error.use_stderr() {
            term.error_text(&shown(term.stderr_color()));
            return Ok(Kind::Usage.into());
        }
        term.result(&shown(term.stdout_color()))?;
        Ok(ExitCode::SUCCESS)
    })
}

/// Tells those who want cargo's own `clean` where it is.
fn of_cargo_clean(words: &[OsString], error: &clap::Error) -> Option<CliError> {
    use clap::error::{ContextKind, ContextValue, ErrorKind};
    let is_clean = error.kind() == ErrorKind::UnknownArgument && words.iter().any(|word| word == "clean");
    match error.get(ContextKind::InvalidArg).filter(|_| is_clean)? {
        ContextValue::String(option) => clean::is_of_cargo(option),
        _ => None,
    }
}

fn term(env: &Env, global: &Global) -> Term {
    let cargo = env.get(env::CARGO_TERM_COLOR);
    let pager = env.get(env::KACHE_PAGER).or_else(|| env.get(env::PAGER));
    Term::new(Options {
        color: Color::choose(
            global.color.map(Color::from),
            env.get(env::NO_COLOR).is_some(),
            cargo.as_deref(),
            env.get(env::TERM).is_some_and(|kind| kind == "dumb"),
        ),
        verbosity: match (global.quiet, global.verbose) {
            (true, _) => Verbosity::Quiet,
            (false, 0) => Verbosity::Normal,
            (false, _) => Verbosity::Verbose,
        },
        pager: (!global.no_pager).then(|| pager.unwrap_or_else(|| DEFAULT_PAGER.into())),
    })
}
