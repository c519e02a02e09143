//! `doctor --fix`: puts right what can be put right, and migrates from sccache.
//!
//! Owns what is done about the findings, in three steps: [`plan()`] turns them into values, [`preview`] shows these, and
//! [`apply()`] does them. Never changes a file of a shell or of a CI service, never overwrites a setting of ours, and never
//! touches a secret.
//!
//! | file | |
//! |---|---|
//! | [`mod@plan`], [`step`] | findings to steps, each with what it needs |
//! | [`purge`] | what may be removed of sccache, if that is asked for |
//! | [`migrate`] | which of sccache's settings becomes which of ours |
//! | [`edit`] | changes in a file of cargo's settings, that keep all else |
//! | [`diff`] | an edit as people read it |
//! | [`mod@apply`] | does the steps; saves what is edited before |
//! | [`unseen`] | what would be lost with a line of a shell's file |
//! | [`text`] | what was done, as people read it |
//!
//! What is edited was first saved below `backups/<UTC time>/` beside the settings file. A second run finds nothing to do.

mod apply;
mod diff;
mod edit;
pub(super) mod migrate;
mod plan;
mod purge;
mod step;
mod text;
mod unseen;

use std::path::PathBuf;

use serde::Serialize;

use super::finding::Line;

pub use apply::apply;
pub use plan::{Options, Plan, plan};
pub use step::{Act, Edit, Program, Step, Verb};

/// What came of a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Whether it was only shown.
    pub dry_run: bool,
    /// Each step.
    pub actions: Vec<Done>,
    /// Lines that a person has to change.
    pub by_hand: Vec<Line>,
    /// What else there is to know.
    pub notes: Vec<String>,
    /// Where the files as they were have been saved.
    pub backups: Option<PathBuf>,
    /// Whether anything of sccache was found.
    #[serde(skip)]
    found_sccache: bool,
    /// How to set a wrapper, if none is set.
    #[serde(skip)]
    how: Option<&'static str>,
}

/// One step, and what came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Done {
    /// The step in words.
    pub action: String,
    /// What came of it.
    pub status: Status,
    /// Why it failed.
    pub error: Option<String>,
    /// The file, if one is edited.
    pub path: Option<PathBuf>,
    /// How the file changes, in a preview.
    pub diff: Option<String>,
    /// Whether it belongs to the migration.
    #[serde(skip)]
    is_migration: bool,
}

/// What came of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// It is only shown.
    Planned,
    /// It is done.
    Done,
    /// It is not.
    Failed,
}

impl Report {
    /// Whether a step failed.
    pub fn has_failed(&self) -> bool {
        self.actions.iter().any(|done| done.status == Status::Failed)
    }
}

/// Shows a plan, and changes nothing.
pub fn preview(plan: &Plan) -> Report {
    let done = |step: &Step| {
        let error = match &step.act {
            Act::Refuse(why) => Some(why.clone()),
            _ => None,
        };
        Done {
            action: step.text(false),
            status: if error.is_some() { Status::Failed } else { Status::Planned },
            error,
            path: step.path(),
            diff: step.edit().map(diff::unified),
            is_migration: step.is_migration,
        }
    };
    plan.report(true, plan.steps.iter().map(done).collect(), None)
}
