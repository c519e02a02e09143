//! What this process was started as.
//!
//! Owns the decision between the compiler wrapper, the run of a build script and the command line, taken once, from argv alone. Never parses
//! further than needed for that, and never reads a file.
//!
//! The tests, in order (the first that holds decides):
//!
//! | # | test | role |
//! |---|------|------|
//! | 0 | argv\[1\] is `kache-run-build-script`, and three more follow | run of a build script, by a launcher |
//! | 1 | argv\[1\] is `kache`, and not followed by a rustc and one of `-`, `-vV`, `--crate-name` | command line, argv\[1\] dropped |
//! | 2 | argv\[1\] is a rustc | wrapper; the compiler is argv\[1\] |
//! | 2a | argv\[1\] is a path to a program, or any word followed by `-vV`, `--crate-name` or `- --crate-name` | wrapper; the compiler is argv\[1\] |
//! | 3 | argv\[2\] is a rustc (a workspace wrapper stands between) | wrapper; the compiler is argv\[1\], called with argv\[2..\] |
//! | 4 | anything else | command line |

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use crate::fs;
use crate::launcher::RUN_BUILD_SCRIPT;

/// The role of this process.
#[derive(Debug, PartialEq, Eq)]
pub enum Invocation {
    /// One run of a build script.
    Script(ScriptCall),
    /// One compiler call of cargo's.
    Wrapper(CompilerCall),
    /// A command of a person's; holds the arguments after the program name.
    Cli(Vec<OsString>),
}

/// A run of a build script, as the launcher in its place was told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScriptCall {
    /// The script itself.
    pub script: PathBuf,
    /// The path that cargo ran: that of the launcher.
    pub place: PathBuf,
    /// What the script finds as its own name.
    pub argv0: OsString,
    /// Its arguments.
    pub arguments: Vec<OsString>,
}

/// A compiler call as cargo wrote it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompilerCall {
    /// The program to run: rustc, or the workspace wrapper in front of it.
    pub program: OsString,
    /// Its arguments. With a workspace wrapper, the first one is the rustc it wraps.
    pub arguments: Vec<OsString>,
    /// Whether `program` is a workspace wrapper (`clippy-driver` or the user's own).
    pub workspace_wrapper: bool,
}

/// The words of a command that this program gives itself: a gc that nobody asked for.
pub const AUTOMATIC_GC: [&str; 2] = ["gc", "--automatic"];

impl Invocation {
    /// Decides the role. `argv` is the whole command line, `rustc` the value of `$RUSTC`, and `this_program` the
    /// path of the running program (skipped once when it was also set as workspace wrapper).
    pub fn decide(argv: Vec<OsString>, rustc: Option<&OsStr>, this_program: Option<&Path>) -> Self {
        let mut words = argv.into_iter().skip(1).collect::<Vec<_>>();
        if words.len() >= 4 && words[0] == RUN_BUILD_SCRIPT {
            return Self::script(words);
        }
        let is = |index: usize, test: &dyn Fn(&OsStr) -> bool| words.get(index).is_some_and(|w| test(w));
        let named_kache = is(0, &|w| w == "kache");
        let wraps_kache_compiler =
            is(1, &|w| is_rustc(w, rustc)) && is(2, &|w| w == "-" || w == "-vV" || w == "--crate-name");
        if named_kache && !wraps_kache_compiler {
            words.remove(0);
            return Self::Cli(words);
        }
        let first_is_compiler = is(0, &|w| is_rustc(w, rustc));
        let second_is_compiler = is(1, &|w| is_rustc(w, rustc));
        if first_is_compiler && !(second_is_compiler && is(0, &is_driver)) {
            return Self::wrapper(words, false);
        }
        if second_is_compiler {
            if is(0, &|w| this_program.is_some_and(|this| Path::new(w) == this)) {
                words.remove(0);
                return Self::wrapper(words, false);
            }
            return Self::wrapper(words, true);
        }
        // A compiler of any name, as `build.rustc` may give one.
        let is_asked = is(1, &|w| w == "-vV" || w == "--crate-name")
            || is(1, &|w| w == "-") && is(2, &|w| w == "--crate-name");
        if is(0, &is_executable_path) || is_asked {
            return Self::wrapper(words, false);
        }
        Self::Cli(words)
    }

    fn script(mut words: Vec<OsString>) -> Self {
        let arguments = words.split_off(4);
        let mut words = words.into_iter().skip(1);
        let mut next = || words.next().expect("there are four words");
        Self::Script(ScriptCall { script: next().into(), place: next().into(), argv0: next(), arguments })
    }

    fn wrapper(mut words: Vec<OsString>, workspace_wrapper: bool) -> Self {
        let program = words.remove(0);
        Self::Wrapper(CompilerCall { program, arguments: words, workspace_wrapper })
    }
}

/// Whether `word` names a rustc by its file stem, or is the value of `$RUSTC`.
fn is_rustc(word: &OsStr, rustc: Option<&OsStr>) -> bool {
    if rustc.is_some_and(|value| value == word) {
        return true;
    }
    Path::new(word).file_stem().is_some_and(|stem| stem == "rustc" || stem == "clippy-driver")
}

/// Whether `word` is clippy's driver, which takes the path of rustc as its first argument.
fn is_driver(word: &OsStr) -> bool {
    Path::new(word).file_stem().is_some_and(|stem| stem == "clippy-driver")
}

/// Whether `word` is a path with a separator that names an executable file.
fn is_executable_path(word: &OsStr) -> bool {
    word.as_encoded_bytes().contains(&b'/') && fs::is_program(Path::new(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decide(words: &[&str]) -> Invocation {
        let argv = std::iter::once("cargo-kache").chain(words.iter().copied()).map(OsString::from).collect();
        Invocation::decide(argv, Some(OsStr::new("my-rustc")), Some(Path::new("/bin/cargo-kache")))
    }

    fn call(program: &str, arguments: &[&str], workspace_wrapper: bool) -> Invocation {
        Invocation::Wrapper(CompilerCall {
            program: program.into(),
            arguments: arguments.iter().map(OsString::from).collect(),
            workspace_wrapper,
        })
    }

    fn cli(words: &[&str]) -> Invocation {
        Invocation::Cli(words.iter().map(OsString::from).collect())
    }

    fn script(script: &str, place: &str, argv0: &str, arguments: &[&str]) -> Invocation {
        Invocation::Script(ScriptCall {
            script: script.into(),
            place: place.into(),
            argv0: argv0.into(),
            arguments: arguments.iter().map(OsString::from).collect(),
        })
    }

    #[test]
    fn roles() {
        assert_eq!(decide(&["kache-run-build-script", "/s", "/p", "zero"]), script("/s", "/p", "zero", &[]));
        assert_eq!(
            decide(&["kache-run-build-script", "/s", "/p", "", "rustc", "-vV"]),
            script("/s", "/p", "", &["rustc", "-vV"])
        );
        assert_eq!(
            decide(&["kache-run-build-script", "/s", "/p"]),
            cli(&["kache-run-build-script", "/s", "/p"])
        );
        assert_eq!(decide(&[]), cli(&[]));
        assert_eq!(decide(&["kache", "build", "--release"]), cli(&["build", "--release"]));
        assert_eq!(decide(&["kache", "rustc", "--lib"]), cli(&["rustc", "--lib"]));
        assert_eq!(decide(&["list"]), cli(&["list"]));
        assert_eq!(decide(&["rustc", "-vV"]), call("rustc", &["-vV"], false));
        assert_eq!(decide(&["/x/rustc.exe", "-"]), call("/x/rustc.exe", &["-"], false));
        assert_eq!(decide(&["my-rustc", "-vV"]), call("my-rustc", &["-vV"], false));
        assert_eq!(decide(&["kache", "rustc", "-vV"]), call("kache", &["rustc", "-vV"], true));
        assert_eq!(
            decide(&["/t/clippy-driver", "/t/rustc", "--crate-name", "a"]),
            call("/t/clippy-driver", &["/t/rustc", "--crate-name", "a"], true)
        );
        assert_eq!(decide(&["clippy-driver", "-vV"]), call("clippy-driver", &["-vV"], false));
        assert_eq!(decide(&["/usr/bin/env", "rustc", "-vV"]), call("/usr/bin/env", &["rustc", "-vV"], true));
        assert_eq!(decide(&["/usr/bin/env", "-vV"]), call("/usr/bin/env", &["-vV"], false));
        assert_eq!(decide(&["/bin/cargo-kache", "rustc", "-vV"]), call("rustc", &["-vV"], false));
    }
}
