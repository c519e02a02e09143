//! What builds did, for people and for programs.
//!
//! Owns the way from events to figures ([`figures`]) and from figures to output: [`text`] for a terminal, [`json`],
//! [`markdown`] for a CI summary, [`trace`] for a trace viewer; [`stats`] looks at a period, [`why`] at single units,
//! [`entries`] at what is stored.
//! All reasons are put into words in [`words`], once for every form. Never opens the store or the log, never looks at
//! the clock, and never prints: values come in, strings go out.

pub mod entries;
pub mod figures;
pub mod json;
pub mod markdown;
pub mod nearest;
pub mod stats;
pub mod table;
pub mod text;
pub mod time;
pub mod trace;
pub mod why;
pub mod words;

#[cfg(test)]
mod tests;

use std::path::Path;

use crate::event::UnitEvent;

/// One run of cargo, as far as it is known.
#[derive(Clone, Debug, Default)]
pub struct Build {
    /// Names it; the same in all its events.
    pub id: String,
    /// The words of the command, `cargo` first.
    pub command: Vec<String>,
    /// When it began, in milliseconds since the Unix epoch.
    pub started_ms: u64,
    /// How long it took.
    pub wall_ms: u64,
    /// Cargo's exit code; `None` if a signal ended it.
    pub exit: Option<i32>,
    /// What the wrappers said, in the order in which they ended.
    pub events: Vec<UnitEvent>,
    /// What happened apart from compiler calls.
    pub transfer: Transfer,
    /// What else there is to know, most important first.
    pub notes: Vec<Note>,
}

impl Build {
    /// Puts the events of the newest build together.
    pub fn last_of(mut events: Vec<UnitEvent>) -> Option<Self> {
        let id = events.last()?.build.clone();
        events.retain(|event| event.build == id);
        let started_ms = events.iter().map(|event| event.at_ms.saturating_sub(event.wrapper_ms)).min()?;
        let ended_ms = events.iter().map(|event| event.at_ms).max()?;
        Some(Self {
            id: id.0,
            command: vec!["cargo".into()],
            started_ms,
            wall_ms: ended_ms - started_ms,
            events,
            ..Self::default()
        })
    }
}

/// What a build did outside of its compiler calls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Transfer {
    /// Units put back before cargo started. They are hits among the events.
    pub restored_before: u64,
    /// Entries fetched ahead.
    pub prefetched: u64,
    /// Bytes that came over the network.
    pub downloaded: u64,
    /// Bytes sent to the remote.
    pub uploaded: u64,
    /// Bytes waiting to be sent.
    pub pending: u64,
}

/// A line at the end of a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Note {
    /// Good to know.
    Info(String),
    /// Something did not work.
    Warning(String),
}

impl Note {
    /// Returns what it says.
    pub fn message(&self) -> &str {
        match self {
            Self::Info(message) | Self::Warning(message) => message,
        }
    }
}

/// The form of a report file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileForm {
    /// The report object.
    Json,
    /// A summary for a CI page.
    Markdown,
    /// Events for a trace viewer.
    Trace,
}

impl FileForm {
    /// Chooses by the ending of the name: `.md`, `.trace.json`, else the report object.
    pub fn of(path: &Path) -> Self {
        let name = path.file_name().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
        if name.ends_with(".md") {
            Self::Markdown
        } else if name.ends_with(".trace.json") {
            Self::Trace
        } else {
            Self::Json
        }
    }

    /// Writes a build down in this form.
    pub fn render(self, build: &Build) -> String {
        match self {
            Self::Json => json::report(build) + "\n",
            Self::Markdown => markdown::report(build),
            Self::Trace => trace::report(build),
        }
    }
}
