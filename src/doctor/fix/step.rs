//! The steps of a plan, as values.
//!
//! Owns what a step can be, and its words. Never does one.

use std::path::PathBuf;

/// One step.
#[derive(Debug)]
pub struct Step {
    pub(super) verb: Verb,
    /// The rest of the sentence.
    pub(super) what: String,
    /// What is done.
    pub act: Act,
    /// Earlier steps without which this one would do harm.
    pub needs: Vec<usize>,
    /// Whether it belongs to the migration.
    pub is_migration: bool,
}

/// What a step does, in a word.
#[derive(Clone, Copy, Debug)]
pub enum Verb {
    /// Edit a file.
    Edit,
    /// Make a link.
    Link,
    /// Make something that is not there.
    Make,
    /// Remove something.
    Remove,
    /// Start something anew.
    Restart,
    /// Set settings of ours.
    Set,
    /// Stop a process.
    Stop,
    /// Take a program off the machine.
    Uninstall,
    /// Write a file anew.
    Rewrite,
}

/// What a step does.
#[derive(Debug)]
pub enum Act {
    /// Makes a link.
    Link {
        /// Its name.
        at: PathBuf,
        /// What it leads to.
        to: PathBuf,
    },
    /// Makes the store.
    Store(PathBuf),
    /// Starts a new index in this store.
    Index(PathBuf),
    /// Has the daemon start anew.
    Daemon,
    /// Writes the service's file anew.
    Service,
    /// Edits a file.
    Edit(Edit),
    /// Runs a program.
    Run(Program),
    /// Removes a folder, or a link to one.
    Remove(PathBuf),
    /// Nothing: it cannot be done, for this reason.
    Refuse(String),
}

/// A program and what it is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    /// Itself.
    pub path: PathBuf,
    /// Its words.
    pub words: &'static [&'static str],
    /// Variables besides those that there are.
    pub variables: Vec<(&'static str, String)>,
}

/// A file, before and after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// The file, or a link to it.
    pub path: PathBuf,
    /// What it holds; `None`: there is none.
    pub before: Option<String>,
    /// What it is to hold.
    pub after: String,
    /// Texts in it that are never shown.
    pub secrets: Vec<String>,
}

impl Verb {
    fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Edit => ("Edited", "edit"),
            Self::Link => ("Linked", "link"),
            Self::Make => ("Made", "make"),
            Self::Remove => ("Removed", "remove"),
            Self::Restart => ("Restarted", "restart"),
            Self::Set => ("Set", "set"),
            Self::Stop => ("Stopped", "stop"),
            Self::Uninstall => ("Uninstalled", "uninstall"),
            Self::Rewrite => ("Rewrote", "rewrite"),
        }
    }
}

impl Step {
    /// Returns the step in words, as done or to be done.
    pub fn text(&self, is_done: bool) -> String {
        let (done, to_do) = self.verb.words();
        format!("{} {}", if is_done { done } else { to_do }, self.what)
    }

    pub(super) fn edit(&self) -> Option<&Edit> {
        match &self.act {
            Act::Edit(edit) => Some(edit),
            _ => None,
        }
    }

    pub(super) fn path(&self) -> Option<PathBuf> {
        self.edit().map(|edit| edit.path.clone())
    }
}
