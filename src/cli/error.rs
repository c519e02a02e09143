//! What went wrong with a command, and the exit code that says so.
//!
//! Owns the kinds, the exit codes and the form in which errors are shown. Cargo's and rustc's own codes never come
//! through here: the front end passes them on untouched.

use std::io;
use std::process::ExitCode;

use crate::config::ConfigError;
use crate::fs::PathError;
use crate::store::index::IndexError;
use crate::term::Term;

/// The exit codes of our own commands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Did not do all that was asked.
    Failed = 1,
    /// Was asked for something that makes no sense.
    Usage = 2,
    /// The settings are invalid, or lack what is needed.
    Settings = 3,
    /// A bug of ours.
    Internal = 4,
}

impl From<Kind> for ExitCode {
    fn from(kind: Kind) -> Self {
        Self::from(kind as u8)
    }
}

/// A failed command.
#[derive(Debug)]
pub enum CliError {
    /// Something to tell.
    Told {
        /// Decides the exit code.
        kind: Kind,
        /// What and why.
        error: anyhow::Error,
        /// What to do about it.
        hints: Vec<String>,
    },
    /// Whoever read our output has seen enough.
    ClosedPipe,
}

impl CliError {
    /// Makes an error of this kind.
    pub fn new(kind: Kind, error: impl Into<anyhow::Error>) -> Self {
        Self::Told { kind, error: error.into(), hints: Vec::new() }
    }

    /// Makes a usage error.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(Kind::Usage, anyhow::Error::msg(message.into()))
    }

    /// Makes an error about what could not be done.
    pub fn failed(message: impl Into<String>) -> Self {
        Self::new(Kind::Failed, anyhow::Error::msg(message.into()))
    }

    /// Adds what can be done about it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        if let Self::Told { hints, .. } = &mut self {
            hints.push(hint.into());
        }
        self
    }

    /// Returns the error and its causes on one line.
    pub(super) fn on_one_line(&self) -> String {
        let Self::Told { error, .. } = self else { return String::new() };
        format!("{error:#}")
    }

    /// Shows the error, and returns the exit code for it.
    pub fn show(&self, term: &Term) -> ExitCode {
        let Self::Told { kind, error, hints } = self else { return ExitCode::SUCCESS };
        let causes = error.chain().skip(1).map(ToString::to_string).collect::<Vec<_>>();
        term.error(&error.to_string(), &causes);
        for hint in hints {
            term.hint(hint);
        }
        (*kind).into()
    }
}

impl From<ConfigError> for CliError {
    fn from(error: ConfigError) -> Self {
        let hint = error.hint();
        let kind = match &error {
            ConfigError::UnknownKey { .. } | ConfigError::Table { .. } => Kind::Usage,
            ConfigError::Write(_) => Kind::Failed,
            _ => Kind::Settings,
        };
        let told = Self::new(kind, error);
        match hint {
            Some(hint) => told.hint(hint),
            None => told,
        }
    }
}

impl From<IndexError> for CliError {
    fn from(error: IndexError) -> Self {
        Self::new(Kind::Failed, error)
    }
}

impl From<PathError> for CliError {
    fn from(error: PathError) -> Self {
        Self::new(Kind::Failed, error)
    }
}

/// Errors of stdout and stdin; all others name a path.
impl From<io::Error> for CliError {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            return Self::ClosedPipe;
        }
        Self::new(Kind::Failed, anyhow::Error::new(error).context("failed to write the result"))
    }
}

/// Makes a panic an internal error: told in our form, with an exit code of its own.
///
/// Panics abort in releases, so the hook is the last word. It must end the process before the abort does: a signal
/// would be taken for a damaged index.
pub fn report_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let what = panic.payload_as_str().unwrap_or("unknown");
        let place = panic.location().map_or(String::new(), |at| format!(" at {}:{}", at.file(), at.line()));
        let term = Term::new(crate::term::Options::default());
        term.error(&format!("internal error: {what}{place}"), &[]);
        term.hint("this is a bug of cargo-kache; builds without the cache are not affected");
        #[expect(clippy::disallowed_methods, reason = "nothing of the process can be relied on any more")]
        std::process::exit(Kind::Internal as i32)
    }));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(error: CliError) -> Option<Kind> {
        match error {
            CliError::Told { kind, .. } => Some(kind),
            CliError::ClosedPipe => None,
        }
    }

    #[test]
    fn kinds_of_causes() {
        let unknown = ConfigError::UnknownKey { key: "x".into(), suggestion: Some("y") };
        assert!(
            matches!(CliError::from(unknown), CliError::Told { kind: Kind::Usage, hints, .. } if hints.len() == 1)
        );
        let path =
            || PathError { action: "read", path: "c".into(), source: io::ErrorKind::InvalidData.into() };
        assert_eq!(kind(ConfigError::File(path()).into()), Some(Kind::Settings));
        assert_eq!(kind(ConfigError::Write(path()).into()), Some(Kind::Failed));
        let no_home = ConfigError::NoHome { wanted: "the cache", variable: "KACHE_CACHE_DIR" };
        assert_eq!(kind(no_home.into()), Some(Kind::Settings));
        assert_eq!(kind(io::Error::from(io::ErrorKind::BrokenPipe).into()), None);
        assert_eq!(kind(io::Error::from(io::ErrorKind::StorageFull).into()), Some(Kind::Failed));
    }
}
