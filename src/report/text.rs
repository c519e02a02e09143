//! The report on a terminal.
//!
//! Owns the lines among cargo's own: a word in twelve columns, then what it is about. Never prints, and never decides
//! about colour.

use std::fmt::Write as _;
use std::time::Duration;

use super::figures::{self, Figures, Row};
use super::table::{Align, Table};
use super::words::{self, Verdict};
use super::{Build, Note};
use crate::event::UnitEvent;
use crate::quantity::{format_duration, format_size};

/// How much is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// Many units of a kind share one row.
    Short,
    /// A row for each, and a table of all units.
    Full,
}

/// The word in front of a message that is no part of the columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Label {
    /// What ends a command.
    Error,
    /// What did not work.
    Warning,
    /// What is good to know.
    Note,
    /// What to do.
    Hint,
}

/// A colour of cargo's.
#[derive(Clone, Copy, Debug)]
enum Hue {
    Red,
    Green,
    Yellow,
    Cyan,
}

impl Hue {
    fn code(self) -> u8 {
        match self {
            Self::Red => 91,
            Self::Green => 92,
            Self::Yellow => 93,
            Self::Cyan => 96,
        }
    }

    fn paint(self, word: &str, color: bool) -> String {
        if color { format!("\x1b[1m\x1b[{}m{word}\x1b[0m", self.code()) } else { word.to_owned() }
    }
}

/// Returns the whole report, each line ended.
pub fn report(build: &Build, detail: Detail, color: bool) -> String {
    let units = if build.events.is_empty() { nothing(color) } else { units(build, detail, color) };
    units + &notes(build, color)
}

/// Returns what is said about the build as a whole.
pub fn notes(build: &Build, color: bool) -> String {
    let note = |note: &Note| match note {
        Note::Info(message) => labelled(Label::Note, message, color),
        Note::Warning(message) => labelled(Label::Warning, message, color),
    };
    build.notes.iter().map(note).collect()
}

/// Returns a message behind its label, the line ended.
pub fn labelled(label: Label, message: &str, color: bool) -> String {
    let (word, hue) = match label {
        Label::Error => ("error", Hue::Red),
        Label::Warning => ("warning", Hue::Yellow),
        Label::Note => ("note", Hue::Cyan),
        Label::Hint => ("hint", Hue::Cyan),
    };
    format!("{}: {message}\n", hue.paint(word, color))
}

/// Returns the one line that sums a build up.
pub fn summary_line(events: &[UnitEvent], color: bool) -> String {
    status("Kache", Hue::Green, &summary(&Figures::of(events)), color)
}

/// Returns the line for a build without any unit.
fn nothing(color: bool) -> String {
    status("Kache", Hue::Green, "nothing was compiled through the cache", color)
}

fn units(build: &Build, detail: Detail, color: bool) -> String {
    let figures = Figures::of(&build.events);
    let mut text = summary_line(&build.events, color);
    if let Some(saved) = saved(&figures, build.transfer.downloaded) {
        text += &status("Saved", Hue::Green, &saved, color);
    }
    for row in figures::rows(&build.events, detail == Detail::Short) {
        text += &shown_row(&row, color);
    }
    if detail == Detail::Full {
        let _ = write!(text, "\n{}", all_units(&build.events));
    }
    text
}

/// Returns `35 of 38 units from cache (31 local, 4 remote), 2 missed, 1 bypassed`.
pub(super) fn summary(figures: &Figures) -> String {
    let mut text = format!(
        "{} of {} from cache ({} local, {} remote), {} missed, {} bypassed",
        figures.hits(),
        units_of(figures.units),
        figures.local,
        figures.remote,
        figures.missed,
        figures.bypassed
    );
    if figures.failed > 0 {
        let _ = write!(text, ", {} failed", figures.failed);
    }
    if figures.errors > 0 {
        let _ = write!(text, ", {}", crate::quantity::count(figures.errors, "error", "errors"));
    }
    text
}

/// Returns `1m 12s of compile time; 84.1 MB linked, 1.2 MB copied, 12.3 MB downloaded`, if anything was saved.
pub(super) fn saved(figures: &Figures, downloaded: u64) -> Option<String> {
    if figures.hits() == 0 && downloaded == 0 {
        return None;
    }
    let mut text = format!(
        "{} of compile time; {} linked, {} copied",
        shown_time(figures.saved_ms),
        format_size(figures.linked),
        format_size(figures.copied)
    );
    if downloaded > 0 {
        let _ = write!(text, ", {} downloaded", format_size(downloaded));
    }
    Some(text)
}

fn shown_row(row: &Row<'_>, color: bool) -> String {
    let (verdict, text) = match row {
        Row::Unit { event, reason } => {
            // A compiler that took our place was not timed.
            let time = match event.compile_ms {
                0 => String::new(),
                ms => format!(" {}", shown_time(ms)),
            };
            (Verdict::of(&event.outcome), format!("{}{time}: {}", words::label(&event.unit), reason.text))
        }
        Row::Folded { verdict, summary, units, packages, more } => {
            (*verdict, format!("{}, {summary}: {}", units_of(*units as u64), names(packages, *more)))
        }
    };
    let (word, hue) = match verdict {
        Verdict::Local | Verdict::Remote => ("Hit", Hue::Green),
        Verdict::Missed => ("Missed", Hue::Yellow),
        Verdict::Bypassed => ("Bypassed", Hue::Yellow),
        Verdict::Failed => ("Failed", Hue::Red),
        Verdict::Error => ("Error", Hue::Red),
    };
    status(word, hue, &text, color)
}

/// Returns `syn, regex, … and 138 more`.
pub(super) fn names(packages: &[&str], more: usize) -> String {
    let named = packages.join(", ");
    if more == 0 { named } else { format!("{named}, … and {more} more") }
}

/// Returns the table of all units, hits too, in the order in which they ended.
fn all_units(events: &[UnitEvent]) -> String {
    let mut table = Table::new([
        ("RESULT", Align::Left),
        ("UNIT", Align::Left),
        ("COMPILE", Align::Right),
        ("WRAPPER", Align::Right),
        ("SIZE", Align::Right),
        ("KEY", Align::Left),
        ("REASON", Align::Left),
    ]);
    for event in events {
        let bytes = event.bytes;
        table.row([
            Verdict::of(&event.outcome).word().to_owned(),
            words::label(&event.unit),
            shown_time(event.compile_ms),
            shown_time(event.wrapper_ms),
            format_size(bytes.linked + bytes.copied + bytes.recorded),
            event.key.as_deref().map(short_key).unwrap_or_default().to_owned(),
            figures::reason(events, event).map(|reason| reason.text).unwrap_or_default(),
        ]);
    }
    table.render(None)
}

/// Returns the part of a key that people see.
pub fn short_key(key: &str) -> &str {
    key.get(..16).unwrap_or(key)
}

/// Shows milliseconds.
pub fn shown_time(ms: u64) -> String {
    format_duration(Duration::from_millis(ms))
}

fn units_of(number: u64) -> String {
    crate::quantity::count(number, "unit", "units")
}

fn status(word: &str, hue: Hue, text: &str, color: bool) -> String {
    format!("{} {text}\n", hue.paint(&format!("{word:>12}"), color))
}
