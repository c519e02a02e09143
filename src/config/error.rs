//! What can be wrong with settings.
//!
//! Owns the texts of errors and warnings. Never chooses an exit code and never prints: `cli` does both.

use std::fmt;
use std::path::{Path, PathBuf};

use crate::fs::PathError;
use crate::quantity;

/// Settings that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A file is no TOML.
    #[error("failed to parse {}", path.display())]
    Parse {
        /// The file.
        path: PathBuf,
        /// Where and why.
        #[source]
        source: SyntaxError,
    },
    /// A value is not of its kind.
    #[error("invalid value `{value}` for `{name}`: expected {expected}")]
    Value {
        /// The value as found; `…` for a secret.
        value: String,
        /// The key or variable.
        name: String,
        /// What it should be.
        expected: String,
        /// Where it is, if in a file.
        #[source]
        at: Option<Position>,
    },
    /// A file cannot be read.
    #[error(transparent)]
    File(#[from] PathError),
    /// A file cannot be written.
    #[error(transparent)]
    Write(PathError),
    /// No variable says where a home folder is, and one is needed.
    #[error("cannot tell where {wanted} is: `HOME` is not set")]
    NoHome {
        /// What was looked for.
        wanted: &'static str,
        /// The variable that would name it directly.
        variable: &'static str,
    },
    /// Something is set about a bucket that is not.
    #[error("a remote needs a bucket: {} set, but `cache.remote.bucket` is not", are(keys))]
    NoBucket {
        /// What is set.
        keys: Vec<&'static str>,
    },
    /// No setting has this name.
    #[error("unknown key `{key}`")]
    UnknownKey {
        /// The name.
        key: String,
        /// The one that was likely meant.
        suggestion: Option<&'static str>,
    },
    /// Settings lie below this name, but it is none itself.
    #[error("`{table}` is a table of settings, not a setting")]
    Table {
        /// The name.
        table: String,
        /// A setting in it.
        example: &'static str,
    },
}

impl ConfigError {
    /// Returns what the user can do about it, where there is something.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::NoHome { variable, .. } => Some(format!("set `HOME` or `{variable}`")),
            Self::NoBucket { keys } => Some(format!("set `cache.remote.bucket`, or unset {}", quoted(keys))),
            Self::UnknownKey { suggestion, .. } => suggestion.map(|key| format!("did you mean `{key}`?")),
            Self::Table { example, .. } => Some(format!("name a setting in it, as in `{example}`")),
            Self::Parse { .. } | Self::Value { .. } | Self::File(_) | Self::Write(_) => None,
        }
    }

    /// Returns the line and the column that the error is about, if it is in a file.
    pub fn place(&self) -> Option<(usize, usize)> {
        match self {
            Self::Parse { source, .. } => Some((source.line, source.column)),
            Self::Value { at, .. } => at.as_ref().map(|at| (at.line, at.column)),
            _ => None,
        }
    }
}

/// Joins keys as in "`a`, `b` are".
fn are(keys: &[&str]) -> String {
    quoted(keys) + if keys.len() == 1 { " is" } else { " are" }
}

fn quoted(keys: &[&str]) -> String {
    keys.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", ")
}

/// Where in a file, and why, TOML could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {message}")]
pub struct SyntaxError {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// What is wrong there.
    pub message: String,
}

impl SyntaxError {
    pub(super) fn new(text: &str, error: &toml_edit::TomlError) -> Self {
        let (line, column) = line_and_column(text, error.span().map_or(0, |span| span.start));
        Self { line, column, message: error.message().trim_end().replace('\n', "; ") }
    }
}

/// A place in a file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("set in {}, line {line}, column {column}", path.display())]
pub struct Position {
    /// The file.
    pub path: PathBuf,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

impl Position {
    pub(super) fn new(path: &Path, text: &str, offset: usize) -> Self {
        let (line, column) = line_and_column(text, offset);
        Self { path: path.to_owned(), line, column }
    }
}

/// Counts lines, and characters in the last of them, up to a byte of `text`.
fn line_and_column(text: &str, offset: usize) -> (usize, usize) {
    let before = &text[..text.floor_char_boundary(offset)];
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
}

/// Something odd that does not stop a build.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Warning {
    /// A file sets something that does not exist.
    UnknownKey {
        /// Its name.
        key: String,
        /// Where it is.
        at: Position,
        /// The key that was likely meant.
        suggestion: Option<&'static str>,
    },
    /// A project file sets what only the user may.
    NotForProjects {
        /// The key, which is ignored.
        key: &'static str,
        /// Where it is.
        at: Position,
    },
    /// `KACHE_CONFIG` names a file that is not there.
    NoSuchConfig {
        /// The file.
        path: PathBuf,
    },
    /// Half of a pair of credentials is set, and ignored.
    HalfCredentials {
        /// The variable that is set.
        set: &'static str,
        /// The variable that is not.
        missing: &'static str,
    },
    /// A size that is a few bytes, likely for lack of a unit.
    FewBytes {
        /// The key or variable.
        name: &'static str,
        /// The size.
        bytes: u64,
        /// Where it is, if in a file.
        at: Option<Position>,
    },
    /// The remote is a folder, but none is named.
    NoRemotePath,
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownKey { key, at, suggestion } => {
                write!(f, "unknown key `{key}` in {}", at.path.display())?;
                suggestion.map_or(Ok(()), |meant| write!(f, "; did you mean `{meant}`?"))
            }
            Self::NotForProjects { key, at } => {
                write!(f, "key `{key}` in {} is ignored: a project may not set it", at.path.display())
            }
            Self::NoSuchConfig { path } => {
                write!(f, "`KACHE_CONFIG` names {}, which does not exist", path.display())
            }
            Self::HalfCredentials { set, missing } => {
                write!(f, "`{set}` is set but `{missing}` is not: it is ignored")
            }
            Self::FewBytes { name, bytes, at } => {
                let place = at.as_ref().map_or(String::new(), |at| format!(" in {}", at.path.display()));
                let unit = if *bytes < 10_000 { "GB" } else { "MB" };
                let size = quantity::count(*bytes, "byte", "bytes");
                write!(f, "`{name}`{place} has no unit: it means {size}; did you mean `{bytes}{unit}`?")
            }
            Self::NoRemotePath => {
                f.write_str("`cache.remote.type` is `dir`, but `cache.remote.path` is not set")
            }
        }
    }
}
