//! The report for a CI summary page.
//!
//! Owns the Markdown form. Never leaves a cell unescaped: names come from other people's packages.

use std::fmt::Write as _;

use super::figures::{self, Figures, Row};
use super::text::{names, saved, shown_time, summary};
use super::words::{self, Verdict};
use super::{Build, Note};

/// Returns the report.
pub fn report(build: &Build) -> String {
    let mut text = format!("### Kache: {}\n\n", headline(build));
    let _ = writeln!(
        text,
        "{} in {}{}",
        code(&build.command.join(" ")),
        shown_time(build.wall_ms),
        ending(build)
    );
    if let Some(saved) = saved(&Figures::of(&build.events), build.transfer.downloaded) {
        let _ = write!(text, "\nSaved {saved}\n");
    }
    text += &table(build);
    if !build.notes.is_empty() {
        text.push('\n');
    }
    for note in &build.notes {
        let _ = match note {
            Note::Info(message) => writeln!(text, "- {message}"),
            Note::Warning(message) => writeln!(text, "- **warning:** {message}"),
        };
    }
    text
}

fn headline(build: &Build) -> String {
    if build.events.is_empty() {
        return "nothing was compiled through the cache".to_owned();
    }
    summary(&Figures::of(&build.events))
}

fn ending(build: &Build) -> String {
    match build.exit {
        Some(0) => String::new(),
        Some(code) => format!(", exit code {code}"),
        None => ", ended by a signal".to_owned(),
    }
}

fn table(build: &Build) -> String {
    let rows = figures::rows(&build.events, true);
    if rows.is_empty() {
        return String::new();
    }
    let mut text = "\n| Result | Unit | Compile | Reason |\n|---|---|--:|---|\n".to_owned();
    for row in rows {
        let (verdict, unit, time, reason) = match row {
            Row::Unit { event, reason } => {
                let time = if event.compile_ms == 0 { String::new() } else { shown_time(event.compile_ms) };
                (Verdict::of(&event.outcome), words::label(&event.unit), time, reason.text)
            }
            Row::Folded { verdict, summary, units, packages, more } => {
                (verdict, format!("{units} units: {}", names(&packages, more)), String::new(), summary)
            }
        };
        let _ = writeln!(text, "| {} | {} | {time} | {} |", verdict.word(), cell(&unit), cell(&reason));
    }
    text
}

/// Makes a text safe inside of a table.
pub(super) fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace(['\n', '\r'], " ").replace('<', "&lt;")
}

fn code(text: &str) -> String {
    format!("`{}`", text.replace('`', "'"))
}
