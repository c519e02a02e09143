//! Cargo's words: which is the command, and what of the rest concerns us.
//!
//! Owns the little we need to know of cargo's command line. Never rejects a word and never changes one: cargo judges
//! its own arguments.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use crate::env::{self, Env};

/// Commands of cargo's that compile.
const COMPILES: &[&str] = &[
    "bench", "b", "build", "c", "check", "clippy", "d", "doc", "fix", "install", "llvm-cov", "miri",
    "nextest", "package", "publish", "r", "run", "rustc", "rustdoc", "t", "test", "udeps", "hack",
];

/// Commands of cargo's that never do.
const NEVER_COMPILES: &[&str] = &[
    "add",
    "clean",
    "config",
    "fetch",
    "fmt",
    "generate-lockfile",
    "git-checkout",
    "help",
    "info",
    "init",
    "locate-project",
    "login",
    "logout",
    "metadata",
    "new",
    "owner",
    "pkgid",
    "read-manifest",
    "remove",
    "report",
    "rm",
    "search",
    "tree",
    "uninstall",
    "update",
    "vendor",
    "verify-project",
    "version",
    "yank",
    "--help",
    "--version",
    "--list",
];

/// Options in front of a command that take the next word as their value.
const LEADING_WITH_VALUE: &[&str] =
    &["--config", "-Z", "-C", "--color", "--explain", "--manifest-path", "--lockfile-path", "--target-dir"];

/// Options of `cargo run` that take the next word as their value.
const RUN_WITH_VALUE: &[&str] = &[
    "--config",
    "-Z",
    "-C",
    "--color",
    "--manifest-path",
    "--lockfile-path",
    "--target-dir",
    "--bin",
    "--example",
    "-p",
    "--package",
    "-F",
    "--features",
    "-j",
    "--jobs",
    "--profile",
    "--target",
    "--message-format",
    "--artifact-dir",
    "--out-dir",
    "--exclude",
];

/// Short options that take the rest of their word as a value.
const SHORT_WITH_VALUE: &[u8] = b"pjFZCm";

/// What a command of cargo's does with compilers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Habit {
    /// It runs them.
    Compiles,
    /// It does not.
    NeverCompiles,
    /// It is an alias or someone else's program.
    Unknown,
}

/// Cargo's words, taken apart.
#[derive(Clone, Debug)]
pub struct CargoWords<'a> {
    all: &'a [OsString],
    command: Option<usize>,
    /// Where the arguments of a program or a test begin.
    end: usize,
}

impl<'a> CargoWords<'a> {
    /// Finds the command among the words.
    pub fn parse(words: &'a [OsString]) -> Self {
        let mut command = None;
        let mut at = usize::from(has_toolchain(words));
        while let Some(word) = words.get(at).filter(|word| *word != "--") {
            if !is_option(word) {
                command = Some(at);
                break;
            }
            at += if contains(LEADING_WITH_VALUE, word) { 2 } else { 1 };
        }
        let end = words.iter().position(|word| word == "--").unwrap_or(words.len());
        let mut parsed = Self { all: words, command, end };
        if matches!(parsed.command_name(), Some("run" | "r")) {
            parsed.end = parsed.end_of_run();
        }
        parsed
    }

    /// Finds the first word of `cargo run` that is for the program: it needs no `--` in front.
    fn end_of_run(&self) -> usize {
        let mut at = self.command.map_or(0, |command| command + 1);
        while at < self.end && is_option(&self.all[at]) {
            at += if contains(RUN_WITH_VALUE, &self.all[at]) { 2 } else { 1 };
        }
        at.min(self.end)
    }

    /// Returns all words.
    pub fn all(&self) -> &'a [OsString] {
        self.all
    }

    /// Returns the command, if it is one and can be read.
    pub fn command_name(&self) -> Option<&'a str> {
        self.all[self.command?].to_str()
    }

    /// Whether the first word chooses a toolchain: `+nightly`.
    pub fn has_toolchain(&self) -> bool {
        has_toolchain(self.all)
    }

    /// Says whether the command compiles.
    pub fn habit(&self) -> Habit {
        let asks_for_help = || self.own().iter().any(|word| word == "-h" || word == "--help");
        match self.command_name() {
            Some(name) if COMPILES.contains(&name) && !asks_for_help() => Habit::Compiles,
            // An alias may hand the question on to a program that is yet to be compiled.
            Some(name) if !COMPILES.contains(&name) && !NEVER_COMPILES.contains(&name) => Habit::Unknown,
            // Without a command cargo only speaks of itself.
            _ => Habit::NeverCompiles,
        }
    }

    /// Whether cargo is asked to be quiet.
    pub fn is_quiet(&self, env: &Env) -> bool {
        env.get(env::CARGO_TERM_QUIET).is_some_and(|value| value == "true" || value == "1")
            || self.own().iter().any(|word| word == "--quiet" || has_short_q(word))
    }

    /// Returns the directory that cargo changes to: `-C DIR`.
    pub fn directory(&self) -> Option<PathBuf> {
        let leading = &self.all[..self.command.unwrap_or(self.all.len())];
        values(leading, "-C").last().map(|value| PathBuf::from(bytes_to_os(value)))
    }

    /// Returns the values of `--config`, the last one first: it wins.
    pub fn configs(&self) -> Vec<OsString> {
        let mut configs: Vec<_> = values(self.own(), "--config").map(bytes_to_os).collect();
        configs.reverse();
        configs
    }

    /// Whether a word stands there.
    pub fn has(&self, option: &str) -> bool {
        self.own().iter().any(|word| word == option)
    }

    /// Returns the last value of a long option, if it is text.
    pub fn value(&self, option: &str) -> Option<String> {
        values(self.own(), option).last().and_then(|value| String::from_utf8(value.to_owned()).ok())
    }

    /// Returns the whole command for people.
    pub fn shown(&self) -> Vec<String> {
        let words = self.all.iter().map(|word| word.to_string_lossy().into_owned());
        std::iter::once("cargo".to_owned()).chain(words).collect()
    }

    /// Returns the words that are cargo's own, not those of a program that it runs.
    fn own(&self) -> &'a [OsString] {
        &self.all[..self.end]
    }
}

fn has_toolchain(words: &[OsString]) -> bool {
    words.first().is_some_and(|word| word.as_encoded_bytes().starts_with(b"+"))
}

fn is_option(word: &OsStr) -> bool {
    word.as_encoded_bytes().starts_with(b"-")
}

fn contains(options: &[&str], word: &OsStr) -> bool {
    options.iter().any(|option| word == *option)
}

/// Whether a word is a bundle of short options with `q` among them: `-q`, `-rq`.
fn has_short_q(word: &OsStr) -> bool {
    let Some(letters) = word.as_encoded_bytes().strip_prefix(b"-") else { return false };
    let flags = letters
        .iter()
        .take_while(|letter| letter.is_ascii_alphabetic() && !SHORT_WITH_VALUE.contains(letter));
    flags.clone().any(|letter| *letter == b'q')
}

/// Returns the values of an option: `--config X`, `--config=X`, `-C X`, `-CX`.
fn values<'a>(words: &'a [OsString], option: &'a str) -> impl Iterator<Item = &'a [u8]> {
    words.iter().enumerate().filter_map(move |(at, word)| {
        let rest = word.as_encoded_bytes().strip_prefix(option.as_bytes())?;
        match rest {
            [] => words.get(at + 1).map(|value| value.as_encoded_bytes()),
            [b'=', value @ ..] if option.starts_with("--") => Some(value),
            value if !option.starts_with("--") => Some(value),
            _ => None,
        }
    })
}

fn bytes_to_os(bytes: &[u8]) -> OsString {
    use std::os::unix::ffi::OsStrExt as _;
    OsStr::from_bytes(bytes).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<OsString> {
        line.split_whitespace().map(OsString::from).collect()
    }

    fn command(line: &str) -> Option<String> {
        CargoWords::parse(&words(line)).command_name().map(str::to_owned)
    }

    #[test]
    fn the_command_stands_behind_leading_options() {
        for line in [
            "build",
            "+nightly build --release",
            "-v --offline --locked build x",
            "--config build.jobs=1 build",
            "--config=build.jobs=1 -Z foo -Zbar -C dir -Cdir --color always build",
            "--manifest-path test build",
            "build -- test",
        ] {
            assert_eq!(command(line).as_deref(), Some("build"), "{line}");
        }
        assert_eq!(command("+nightly"), None);
        assert_eq!(command("--version"), None);
        assert_eq!(command("-- build"), None);
        assert_eq!(command(""), None);
    }

    #[test]
    fn habits() {
        let habit = |line: &str| CargoWords::parse(&words(line)).habit();
        assert_eq!(habit("b --release"), Habit::Compiles);
        assert_eq!(habit("run -- --help"), Habit::Compiles);
        assert_eq!(habit("run x --help"), Habit::Compiles);
        assert_eq!(habit("build --help"), Habit::NeverCompiles);
        assert_eq!(habit("fmt"), Habit::NeverCompiles);
        assert_eq!(habit("--list"), Habit::NeverCompiles);
        assert_eq!(habit("xtask --help"), Habit::Unknown);
    }

    #[test]
    fn quiet_is_cargos_own_option() {
        let quiet = |line: &str| CargoWords::parse(&words(line)).is_quiet(&Env::from_pairs::<&str, &str>([]));
        for line in
            ["-q build", "build --quiet", "build -rq", "build -qr -- x", "run --bin x -q", "run -p q -q a"]
        {
            assert!(quiet(line), "{line}");
        }
        for line in
            ["build", "test -- -q", "run x -q", "build -pq", "build --queue", "build -j2 -Fq", "build -p q"]
        {
            assert!(!quiet(line), "{line}");
        }
        let env = |value| Env::from_pairs([(env::CARGO_TERM_QUIET, value)]);
        let build = words("build");
        assert!(CargoWords::parse(&build).is_quiet(&env("true")));
        assert!(!CargoWords::parse(&build).is_quiet(&env("false")));
    }

    #[test]
    fn directory_and_configs() {
        let line = words("-C a --config x=1 build --config=y=2 -- --config z=3");
        let parsed = CargoWords::parse(&line);
        assert_eq!(parsed.directory(), Some("a".into()));
        assert_eq!(parsed.configs(), ["y=2", "x=1"]);
        assert_eq!(parsed.shown().join(" "), "cargo -C a --config x=1 build --config=y=2 -- --config z=3");
        assert_eq!(CargoWords::parse(&words("build -C x")).directory(), None);
    }
}
