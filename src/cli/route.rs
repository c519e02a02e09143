//! Whose words these are: ours or cargo's.
//!
//! Owns the decision, taken by the first word that is no leading option. Words for cargo are handed on byte for byte;
//! only our front-end options in front of them are taken out. Never looks at what follows a cargo command.

use std::ffi::{OsStr, OsString};

use crate::config::{Choice as _, ReportStyle};
use crate::orchestrate::Options;

/// Our commands, in the order help shows them.
pub const COMMANDS: &[&str] = &[
    "monitor",
    "list",
    "stats",
    "why",
    "plan",
    "sync",
    "gc",
    "purge",
    "clean",
    "doctor",
    "config",
    "daemon",
    "completions",
    "key",
    "verify",
    "help",
];

/// The one of them that is still to come: its name is taken, and nothing leads to it.
pub const NOT_YET: &str = "plan";

/// Further names of our commands.
const ALIASES: &[&str] = &["why-miss"];

/// Who gets the words.
#[derive(Debug, PartialEq, Eq)]
pub enum Route {
    /// One of our commands, or our help: to be parsed as they are.
    Ours(Vec<OsString>),
    /// Cargo, through the front end.
    Cargo(FrontEnd),
}

/// A cargo command and our options in front of it.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct FrontEnd {
    /// Our options.
    pub options: Options,
    /// Cargo's words: options, the command, its arguments.
    pub cargo: Vec<OsString>,
}

/// An option of ours that lacks its value, or has one that makes no sense.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Invalid {
    /// The value is missing.
    #[error("option `{0}` needs a value")]
    NoValue(&'static str),
    /// The style of the report is none.
    #[error("invalid value `{0}` for `--report`: expected `short`, `full`, `json` or `none`")]
    Report(String),
    /// There is no cargo command behind our options.
    #[error("option `{0}` stands before a cargo command, as in `cargo kache {0} build`")]
    NoCommand(String),
}

/// Cargo's leading options whose value is the next word.
const CARGO_VALUES: &[&str] = &["--color", "--config", "--explain", "-C", "-Z"];
/// Leading options that cargo and our commands share; they alone make no cargo command.
const SHARED: &[&str] = &["-q", "--quiet", "-v", "--verbose", "-vv", "--color"];
/// Options that ask for our help.
const HELP: &[&str] = &["-h", "--help", "-V", "--version"];

/// Decides who gets the words.
pub fn route(words: Vec<OsString>) -> Result<Route, Invalid> {
    let mut front_end = FrontEnd::default();
    let mut ours = None;
    let mut rest = words.iter();
    while let Some(word) = rest.next() {
        if word == "--" {
            front_end.cargo.extend(rest.cloned());
            return Ok(Route::Cargo(front_end));
        }
        let is_option = word.as_encoded_bytes().first().is_some_and(|first| matches!(first, b'-' | b'+'));
        if !is_option {
            if is_command(word) {
                return Ok(Route::Ours(words));
            }
            front_end.cargo.push(word.clone());
            front_end.cargo.extend(rest.cloned());
            return Ok(Route::Cargo(front_end));
        }
        if is_one_of(HELP, word) {
            return Ok(Route::Ours(words));
        }
        if front_end.take(word, &mut rest)? {
            ours = ours.or_else(|| word.to_str());
            continue;
        }
        front_end.cargo.push(word.clone());
        if is_one_of(CARGO_VALUES, word) {
            front_end.cargo.extend(rest.next().cloned());
        }
    }
    if let Some(option) = ours {
        return Err(Invalid::NoCommand(option.split('=').next().unwrap_or_default().to_owned()));
    }
    // `cargo kache --list` is for cargo; `cargo kache -q` says nothing to it.
    let mut options = front_end.cargo.iter();
    let is_shared = |word: &OsString| {
        is_one_of(SHARED, word) || word.to_str().is_some_and(|word| word.starts_with("--color="))
    };
    while let Some(word) = options.next() {
        if !is_shared(word) {
            return Ok(Route::Cargo(front_end));
        }
        if word == "--color" {
            options.next();
        }
    }
    Ok(Route::Ours(words))
}

impl FrontEnd {
    /// Takes an option of ours, with its value. Returns whether it was one.
    fn take<'a>(
        &mut self,
        word: &'a OsStr,
        rest: &mut impl Iterator<Item = &'a OsString>,
    ) -> Result<bool, Invalid> {
        let options = &mut self.options;
        if let Some(value) = value_of("--report", word, rest)? {
            let style = value.to_str().and_then(ReportStyle::from_word);
            options.report = Some(style.ok_or_else(|| Invalid::Report(value.display().to_string()))?);
        } else if let Some(value) = value_of("--report-file", word, rest)? {
            options.report_files.push(value.into());
        } else if word == "--no-prefetch" {
            options.no_prefetch = true;
        } else if word == "--no-remote" {
            options.no_remote = true;
        } else if word == "--wait-uploads" {
            options.wait_uploads = true;
        } else {
            return Ok(false);
        }
        Ok(true)
    }
}

/// Returns the value if `word` is the option `name`, as `--name value` or `--name=value`.
fn value_of<'a>(
    name: &'static str,
    word: &'a OsStr,
    rest: &mut impl Iterator<Item = &'a OsString>,
) -> Result<Option<OsString>, Invalid> {
    if word == name {
        return rest.next().cloned().map(Some).ok_or(Invalid::NoValue(name));
    }
    use std::os::unix::ffi::OsStrExt as _;
    let value = word.as_bytes().strip_prefix(name.as_bytes()).and_then(|rest| rest.strip_prefix(b"="));
    Ok(value.map(|bytes| OsStr::from_bytes(bytes).to_owned()))
}

fn is_command(word: &OsStr) -> bool {
    is_one_of(COMMANDS, word) || is_one_of(ALIASES, word)
}

fn is_one_of(names: &[&str], word: &OsStr) -> bool {
    names.iter().any(|name| word == *name)
}

#[cfg(test)]
mod tests {
    use std::os::unix::ffi::OsStringExt as _;
    use std::path::PathBuf;

    use super::*;

    fn words(text: &str) -> Vec<OsString> {
        text.split_whitespace().map(OsString::from).collect()
    }

    fn cargo(text: &str) -> Result<Route, Invalid> {
        Ok(Route::Cargo(FrontEnd { cargo: words(text), ..FrontEnd::default() }))
    }

    fn ours(text: &str) -> Result<Route, Invalid> {
        Ok(Route::Ours(words(text)))
    }

    #[test]
    fn the_first_word_decides() {
        for text in [
            "",
            "list",
            "-v list --json",
            "--color never gc",
            "help build",
            "-h",
            "-V",
            "-q",
            "--color=always",
        ] {
            assert_eq!(route(words(text)), ours(text), "{text}");
        }
        for text in [
            "build --release",
            "b",
            "-v build -h",
            "--config list build",
            "-C list build",
            "-Z unstable-options build",
            "+nightly build",
            "--locked build -- list",
            "my-alias",
            "--list",
            "-vv --explain E0001",
        ] {
            assert_eq!(route(words(text)), cargo(text), "{text}");
        }
        assert_eq!(route(words("-- clean -p a")), cargo("clean -p a"));
        assert_eq!(route(words("-v -- list --")), cargo("-v list --"));
        assert_eq!(route(words("--locked list")), ours("--locked list"));
    }

    #[test]
    fn our_options_stand_in_front() {
        let text = "--no-prefetch -v --report=full --report-file a.md --report-file=b.json --wait-uploads test --report x";
        let Ok(Route::Cargo(front_end)) = route(words(text)) else { panic!("not for cargo") };
        assert_eq!(front_end.cargo, words("-v test --report x"));
        assert_eq!(front_end.options.report, Some(ReportStyle::Full));
        assert_eq!(front_end.options.report_files, [PathBuf::from("a.md"), PathBuf::from("b.json")]);
        let Options { no_prefetch, no_remote, wait_uploads, .. } = front_end.options;
        assert!(no_prefetch && wait_uploads && !no_remote);
    }

    #[test]
    fn wrong_options() {
        assert_eq!(route(words("--report")), Err(Invalid::NoValue("--report")));
        assert_eq!(route(words("--report long build")), Err(Invalid::Report("long".into())));
        assert_eq!(route(words("--no-remote")), Err(Invalid::NoCommand("--no-remote".into())));
        assert_eq!(route(words("--report=full -v")), Err(Invalid::NoCommand("--report".into())));
    }

    #[test]
    fn words_need_no_encoding() {
        let odd = OsString::from_vec(vec![b'a', 0xff]);
        let all = vec![OsString::from("--report-file"), odd.clone(), odd.clone(), odd.clone()];
        let Ok(Route::Cargo(front_end)) = route(all) else { panic!("not for cargo") };
        assert_eq!(front_end.cargo, [odd.clone(), odd.clone()]);
        assert_eq!(front_end.options.report_files, [PathBuf::from(odd)]);
    }
}
