//! What a check found, and what can be done about it.
//!
//! Owns the values that checks return. Never holds a secret: lines of files are masked before they come in here.

use std::path::{Path, PathBuf};

use serde::{Serialize, Serializer};

use super::secrets;

/// What a check found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The check.
    pub name: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// What there is.
    pub detail: String,
    /// What to do about it.
    pub fix: Option<String>,
    /// What `--fix` does about it.
    #[serde(rename = "fixable", serialize_with = "is_automatic")]
    pub repair: Option<Repair>,
}

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// All is well.
    Ok,
    /// Could be better.
    Note,
    /// Does not work.
    Problem,
}

/// What can be done about a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Repair {
    /// Make the link `kache`.
    Link {
        /// Its name.
        at: PathBuf,
        /// What it leads to.
        to: PathBuf,
    },
    /// Make the store.
    Store,
    /// Start a new index.
    Index,
    /// Have the daemon start anew.
    Daemon,
    /// Write the service's file anew, for this program.
    Service,
    /// Take sccache out of a file of cargo's settings.
    CargoConfig(PathBuf),
    /// Stop sccache's server, by this program.
    Server(PathBuf),
    /// Remove sccache's cache, if asked to.
    Cache(PathBuf),
    /// Remove sccache itself, if asked to.
    Program(PathBuf),
    /// Nothing but tell a person which line to change.
    ByHand(Line),
}

/// A line of a file that only a person changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Line {
    /// The file.
    pub file: PathBuf,
    /// Which line, from 1.
    pub line: usize,
    /// What is there.
    pub old: String,
    /// What to do with it.
    pub action: Action,
    /// What to write instead.
    pub new: Option<String>,
    /// What else there is to know.
    pub advice: Option<&'static str>,
}

/// What to do with a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// Write something else.
    Replace,
    /// Take it out.
    Remove,
    /// Look at it.
    Review,
}

impl Finding {
    fn new(name: &'static str, severity: Severity, detail: impl Into<String>) -> Self {
        Self { name, severity, detail: detail.into(), fix: None, repair: None }
    }

    pub(super) fn ok(name: &'static str, detail: impl Into<String>) -> Self {
        Self::new(name, Severity::Ok, detail)
    }

    pub(super) fn note(name: &'static str, detail: impl Into<String>) -> Self {
        Self::new(name, Severity::Note, detail)
    }

    pub(super) fn problem(name: &'static str, detail: impl Into<String>) -> Self {
        Self::new(name, Severity::Problem, detail)
    }

    /// Makes a finding of a line that a person has to change.
    pub(super) fn by_hand(name: &'static str, line: Line) -> Self {
        let place = format!("{}:{}", line.file.display(), line.line);
        Self::note(name, place).fix(line.text()).repair(Repair::ByHand(line))
    }

    pub(super) fn fix(mut self, fix: impl Into<String>) -> Self {
        self.fix = Some(fix.into());
        self
    }

    pub(super) fn repair(mut self, repair: Repair) -> Self {
        self.repair = Some(repair);
        self
    }

    /// Whether `--fix` mends it.
    pub fn is_fixable(&self) -> bool {
        self.repair.as_ref().is_some_and(Repair::is_automatic)
    }
}

impl Repair {
    /// Whether `--fix` does it, with nothing else asked for.
    pub fn is_automatic(&self) -> bool {
        !matches!(self, Self::ByHand(_) | Self::Cache(_) | Self::Program(_))
    }
}

impl Line {
    pub(super) fn new(file: &Path, line: usize, old: &str, remedy: Remedy) -> Self {
        let (action, new, advice) = match remedy {
            Remedy::Replace(new) => (Action::Replace, Some(secrets::masked(&new)), None),
            Remedy::Remove(advice) => (Action::Remove, None, advice),
            Remedy::Review => (Action::Review, None, None),
        };
        Self { file: file.to_owned(), line, old: secrets::masked(old), action, new, advice }
    }

    /// Returns the line and what becomes of it, in one or two lines.
    pub fn text(&self) -> String {
        let advice = self.advice.map(|advice| format!("; {advice}")).unwrap_or_default();
        match (self.action, &self.new) {
            (Action::Replace, Some(new)) => format!("- {}\n+ {new}", self.old),
            (Action::Remove, _) => format!("- {}   (remove{advice})", self.old),
            _ => format!("  {}   (review)", self.old),
        }
    }
}

/// What to do with a line, before anything is masked.
pub(super) enum Remedy {
    Replace(String),
    Remove(Option<&'static str>),
    Review,
}

fn is_automatic<S: Serializer>(repair: &Option<Repair>, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_bool(repair.as_ref().is_some_and(Repair::is_automatic))
}
