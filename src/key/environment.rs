//! Variables, as far as they enter keys.
//!
//! Owns the rule which variables count when a macro may have read any of them. Values become digests here and are
//! never kept.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use super::compiler;
use crate::digest::Digest;
use crate::trace::PROCESSORS;

/// A snapshot of the environment.
#[derive(Clone, Debug, Default)]
pub struct Environment(BTreeMap<OsString, OsString>);

/// Variables that rustc itself looks at, for any unit.
pub const COMPILER_VARIABLES: &[&str] = &[
    "LD_PRELOAD",
    "MACOSX_DEPLOYMENT_TARGET",
    "RUSTC_BOOTSTRAP",
    "RUSTC_FORCE_RUSTC_VERSION",
    "RUSTC_LOG",
    "RUSTC_OVERRIDE_VERSION_STRING",
    "RUST_TARGET_PATH",
    "SDKROOT",
    "SOURCE_DATE_EPOCH",
];

/// Variables that the usual linkers and their drivers look at.
pub const LINKER_VARIABLES: &[&str] = &[
    "COLLECT_GCC_OPTIONS",
    "COMPILER_PATH",
    "GCC_COMPARE_DEBUG",
    "GCC_EXEC_PREFIX",
    "GCC_ROOT",
    "GCC_SPECS",
    "LDEMULATION",
    "LD_RUN_PATH",
    "LIBRARY_PATH",
    "LTO",
];

/// Variables that clippy looks at.
pub const CLIPPY_VARIABLES: &[&str] = &[
    "CARGO_PKG_RUST_VERSION",
    "CARGO_PRIMARY_PACKAGE",
    "CLIPPY_ARGS",
    "CLIPPY_CONF_DIR",
    "CLIPPY_DISABLE_DOCS_LINKS",
    "CLIPPY_TERMINAL_WIDTH",
    "SYSROOT",
];

/// Variables that differ from one terminal, job or cargo process to the next and say nothing about a build.
/// `*` stands for any ending.
const SESSION_NOISE: &[&str] = &[
    "_",
    "ALACRITTY_*",
    "CARGO_BUILD_JOBS",
    "CARGO_MAKEFLAGS",
    "CARGO_TERM_*",
    "COLORFGBG",
    "COLORTERM",
    "COLUMNS",
    "DBUS_SESSION_BUS_ADDRESS",
    "DESKTOP_SESSION",
    "DISPLAY",
    "GNOME_TERMINAL_*",
    "GPG_*",
    "HISTFILE",
    "HISTSIZE",
    "INVOCATION_ID",
    "ITERM_*",
    "JOURNAL_STREAM",
    "KACHE_*",
    "KITTY_*",
    "KONSOLE_*",
    "LESS*",
    "LINES",
    "LS_COLORS",
    "MAKEFLAGS",
    "MAKELEVEL",
    "MANAGERPID",
    "MFLAGS",
    "NUM_JOBS",
    "OLDPWD",
    "PS1",
    "PWD",
    "RUSTC_WORKSPACE_WRAPPER",
    "RUSTC_WRAPPER",
    "RUST_BACKTRACE",
    "RUSTUP_TOOLCHAIN_SOURCE",
    "RUST_RECURSION_COUNT",
    "SESSION_MANAGER",
    "SHLVL",
    "SSH_*",
    "STY",
    "TERM",
    "TERMINAL_*",
    "TERM_PROGRAM*",
    "TERM_SESSION_ID",
    "TMUX*",
    "VTE_VERSION",
    "WAYLAND_DISPLAY",
    "WINDOWID",
    "WINDOWPATH",
    "WT_*",
    "XAUTHORITY",
    "XDG_RUNTIME_DIR",
    "XDG_SEAT",
    "XDG_SESSION_*",
    "XDG_VTNR",
];

impl Environment {
    /// Takes the environment of this process.
    pub fn process() -> Self {
        Self(std::env::vars_os().collect())
    }

    /// Makes one of pairs.
    pub fn from_pairs<K: Into<OsString>, V: Into<OsString>>(pairs: impl IntoIterator<Item = (K, V)>) -> Self {
        Self(pairs.into_iter().map(|(k, v)| (k.into(), v.into())).collect())
    }

    /// Returns a value.
    pub fn get(&self, name: &str) -> Option<&OsStr> {
        self.0.get(OsStr::new(name)).map(OsString::as_os_str)
    }

    /// Returns the digests of the named variables, and of all others but session noise if `whole`, sorted by name.
    pub fn digests(&self, names: &[String], whole: bool) -> Vec<(String, Option<Digest>)> {
        let mut digests = BTreeMap::new();
        if whole {
            for (name, value) in &self.0 {
                let name = name.to_string_lossy();
                if name == "PATH" {
                    digests.insert(name.into_owned(), Some(digest(without_repetitions(value))));
                } else if !is_noise(&name) {
                    digests.insert(name.into_owned(), Some(digest(value)));
                }
            }
        }
        for name in names {
            let value = if name == PROCESSORS { Some(processors()) } else { self.get(name).map(digest) };
            digests.insert(name.clone(), value);
        }
        digests.into_iter().collect()
    }

    /// Whether one of the values is as asked for.
    pub fn any_value(&self, is_it: impl Fn(&OsStr) -> bool) -> bool {
        self.0.values().any(|value| is_it(value))
    }

    /// Returns the absolute paths that a variable holds, alone or as a list.
    pub fn paths(&self, name: &str) -> impl Iterator<Item = &Path> {
        let value = self.get(name).unwrap_or_default().as_bytes();
        let parts = value.split(|byte| *byte == b':');
        parts.map(|part| Path::new(OsStr::from_bytes(part))).filter(|path| path.is_absolute())
    }

    /// Returns the names of all variables that are texts.
    pub fn names(&self) -> impl Iterator<Item = String> {
        self.0.keys().filter_map(|name| name.to_str().map(str::to_owned))
    }

    /// Returns the digests of the variables whose names are of interest, sorted by name.
    pub fn digests_of(&self, is_of_interest: impl Fn(&str) -> bool) -> Vec<(String, Digest)> {
        let named = self.0.iter().map(|(name, value)| (name.to_string_lossy().into_owned(), digest(value)));
        named.filter(|(name, _)| is_of_interest(name)).collect()
    }

    /// Returns one with another value under a name. What is no variable has a name that begins with `=`, and counts when
    /// it is asked for.
    pub fn with(mut self, name: &str, value: OsString) -> Self {
        self.0.insert(name.into(), value);
        self
    }

    /// Returns one with other values.
    pub fn map_values(&self, change: impl Fn(&OsStr) -> OsString) -> Self {
        Self(self.0.iter().map(|(name, value)| (name.clone(), change(value))).collect())
    }

    /// Returns the names of variables that match one of the globs (`*` at the end), sorted.
    pub fn matching(&self, globs: &[String]) -> Vec<String> {
        let names = self.0.keys().map(|name| name.to_string_lossy().into_owned());
        names.filter(|name| globs.iter().any(|glob| matches(glob, name))).collect()
    }
}

/// Describes the processors that this process may use.
fn processors() -> Digest {
    let count = std::thread::available_parallelism().map_or(0, usize::from);
    Digest::of(format!("{count} {}", compiler::processor()).as_bytes())
}

fn digest(value: impl AsRef<OsStr>) -> Digest {
    Digest::of(value.as_ref().as_encoded_bytes())
}

/// Drops the directories of a search path that stand earlier in it already: rustup adds its own with each start.
fn without_repetitions(path: &OsStr) -> OsString {
    let mut kept: Vec<PathBuf> = Vec::new();
    for directory in std::env::split_paths(path) {
        if !kept.contains(&directory) {
            kept.push(directory);
        }
    }
    std::env::join_paths(kept).unwrap_or_else(|_| path.to_owned())
}

fn is_noise(name: &str) -> bool {
    name.starts_with('=') || SESSION_NOISE.iter().any(|noise| matches(noise, name))
}

/// Whether `name` equals `glob`, or begins with it where it ends with `*`.
pub fn matches(glob: &str, name: &str) -> bool {
    match glob.strip_suffix('*') {
        Some(begin) => name.starts_with(begin),
        None => name == glob,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn named_and_whole() {
        let environment =
            Environment::from_pairs([("A", "1"), ("B", ""), ("TERM", "xterm"), ("SSH_TTY", "x")]);
        let digests = environment.digests(&["TERM".into(), "NONE".into()], false);
        assert_eq!(digests, [("NONE".into(), None), ("TERM".into(), Some(Digest::of(b"xterm")))]);
        let names = |names: &[String]| {
            environment.digests(names, true).into_iter().map(|(n, _)| n).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(names(&[]), "A B");
        assert_eq!(names(&["TERM".into()]), "A B TERM");
        assert_eq!(environment.matching(&["S*".into(), "A".into()]), ["A", "SSH_TTY"]);
    }

    #[test]
    fn empty_and_unset_differ() {
        let environment = Environment::from_pairs([("EMPTY", "")]);
        let digests = environment.digests(&["EMPTY".into(), "UNSET".into()], false);
        assert_ne!(digests[0].1, digests[1].1);
    }
}
