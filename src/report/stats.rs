//! Figures over a period: `cargo kache stats`.
//!
//! Owns the sums over the builds of a period and their three forms. Never opens the store or asks a daemon: the
//! caller brings what they say as plain values.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;

use super::figures::Figures;
use super::markdown::cell;
use super::text::shown_time;
use super::words::{self, Reason};
use super::{figures, json};
use crate::event::{Outcome, UnitEvent};
use crate::quantity::{count, format_size};

/// All that `stats` shows.
#[derive(Clone, Debug)]
pub struct Stats<'a> {
    /// How far back the events go; `None` for the whole log.
    pub period: Option<Period<'a>>,
    /// The events of the period.
    pub events: &'a [UnitEvent],
    /// The store.
    pub store: StoreFigures,
    /// The daemon.
    pub daemon: Daemon<'a>,
    /// The remote, as in `s3://build-cache/artifacts`.
    pub remote: Option<&'a str>,
}

/// A span of time, and the words in which it was asked for.
#[derive(Clone, Copy, Debug)]
pub struct Period<'a> {
    /// How long.
    pub duration: Duration,
    /// As it was written: `24h`.
    pub words: &'a str,
}

/// The store in numbers.
#[derive(Clone, Copy, Debug, Default)]
pub struct StoreFigures {
    /// Bytes of all entries.
    pub size: u64,
    /// Bytes above which it is collected.
    pub limit: u64,
    /// Number of entries.
    pub entries: u64,
    /// Bytes it takes on disk.
    pub used: u64,
    /// Bytes that target directories share with it by link.
    pub shared: u64,
}

/// The daemon, as far as it answers.
#[derive(Clone, Copy, Debug)]
pub enum Daemon<'a> {
    /// It does not.
    Offline,
    /// It has our version.
    Running(&'a str),
    /// It has another version than this program.
    Outdated {
        /// Its own.
        running: &'a str,
        /// Ours.
        ours: &'a str,
    },
}

/// How often one cause was named.
struct Cause {
    reason: Reason,
    units: u64,
}

impl Stats<'_> {
    /// Returns the text for a terminal.
    pub fn text(&self) -> String {
        let width = self.lines().iter().map(|(name, _)| name.len()).max().unwrap_or(0) + 2;
        let line = |(name, value): (&str, String)| format!("{:width$}{value}\n", format!("{name}:"));
        self.lines().into_iter().map(line).collect()
    }

    /// Returns a table for a CI summary page.
    pub fn markdown(&self) -> String {
        let line = |(name, value): (&str, String)| format!("| {name} | {} |\n", cell(&value));
        let rows: String = self.lines().into_iter().map(line).collect();
        format!("### Kache\n\n| | |\n|---|---|\n{rows}")
    }

    fn lines(&self) -> [(&'static str, String); 7] {
        let figures = Figures::of(self.events);
        [
            ("Store", self.store.line()),
            ("Hit rate", rate(&figures)),
            ("Time saved", format!("{} ({})", shown_time(figures.saved_ms), self.span())),
            (
                "On disk",
                format!(
                    "{} used; {} more would be needed without links",
                    format_size(self.store.used),
                    format_size(self.store.shared)
                ),
            ),
            ("Daemon", self.daemon.line()),
            ("Remote", self.remote.unwrap_or("not configured").to_owned()),
            ("Bypasses", self.bypasses_line()),
        ]
    }

    fn span(&self) -> String {
        self.period.map_or("whole log".to_owned(), |period| format!("last {}", period.words))
    }

    fn bypasses_line(&self) -> String {
        let shown = |cause: &Cause| match cause.reason.kind {
            "executable" => format!("executables {}", cause.units),
            "flag" | "emit" => {
                let detail = cause.reason.detail.as_deref().unwrap_or_default();
                format!("{} `{detail}` {}", cause.reason.kind, cause.units)
            }
            kind => format!("{kind} {}", cause.units),
        };
        let causes: Vec<String> = self.bypasses().iter().map(shown).collect();
        if causes.is_empty() { "none".to_owned() } else { causes.join(", ") }
    }

    /// Counts the bypasses by what they were about where that is a word of ours or cargo's, else by kind.
    fn bypasses(&self) -> Vec<Cause> {
        let reasons = self.events.iter().filter_map(|event| match &event.outcome {
            Outcome::Bypassed(why) => Some(words::bypass(why)),
            _ => None,
        });
        causes(reasons, |reason| matches!(reason.kind, "flag" | "emit" | "rule"))
    }

    fn misses(&self) -> Vec<Cause> {
        let reasons = self.events.iter().filter_map(|event| match &event.outcome {
            Outcome::Missed { .. } => figures::reason(&[], event),
            _ => None,
        });
        causes(reasons, |_| false)
    }

    /// Returns the object for programs, on one line.
    pub fn json(&self) -> String {
        let figures = Figures::of(self.events);
        json::line(&Object {
            schema: json::SCHEMA,
            period_ms: self.period.map(|period| {
                u64::try_from(period.duration.as_millis()).expect("a period fits in 64 bits of milliseconds")
            }),
            store: StoreObject {
                size: self.store.size,
                limit: self.store.limit,
                entries: self.store.entries,
            },
            counts: Counts {
                units: figures.units,
                local: figures.local,
                remote: figures.remote,
                missed: figures.missed,
                bypassed: figures.bypassed,
                failed: figures.failed,
                errors: figures.errors,
            },
            hit_rate: figures.hit_rate(),
            saved_ms: figures.saved_ms,
            compile_ms: figures.compile_ms,
            disk: DiskObject { used: self.store.used, without_links: self.store.used + self.store.shared },
            daemon: self.daemon.object(),
            remote: self.remote,
            misses: self.misses().iter().map(CauseObject::of).collect(),
            bypasses: self.bypasses().iter().map(CauseObject::of).collect(),
        })
    }
}

impl StoreFigures {
    fn line(&self) -> String {
        let percent = (u128::from(self.size) * 100).checked_div(u128::from(self.limit)).unwrap_or(0);
        let entries = count(self.entries, "entry", "entries");
        format!("{} / {} ({entries}, {percent}%)", format_size(self.size), format_size(self.limit))
    }
}

impl Daemon<'_> {
    fn line(self) -> String {
        match self {
            Self::Offline => "offline".to_owned(),
            Self::Running(version) => format!("v{version}"),
            Self::Outdated { running, ours } => {
                format!("v{running}, this is v{ours}: restarts with the next build")
            }
        }
    }

    fn object(&self) -> DaemonObject<'_> {
        match self {
            Self::Offline => DaemonObject { state: "offline", version: None },
            Self::Running(version) => DaemonObject { state: "running", version: Some(version) },
            Self::Outdated { running, .. } => DaemonObject { state: "outdated", version: Some(running) },
        }
    }
}

fn rate(figures: &Figures) -> String {
    let Figures { local, remote, missed, bypassed, .. } = figures;
    let rate = figures.hit_rate().map_or("-".to_owned(), |rate| format!("{rate}%"));
    let mut text = format!("{rate} (local {local}, remote {remote}, missed {missed}, bypassed {bypassed}");
    for (name, number) in [("failed", figures.failed), ("errors", figures.errors)] {
        if number > 0 {
            text += &format!(", {name} {number}");
        }
    }
    text + ")"
}

/// Counts equal causes, most frequent first.
fn causes(reasons: impl Iterator<Item = Reason>, by_detail: impl Fn(&Reason) -> bool) -> Vec<Cause> {
    let mut causes: BTreeMap<(&str, Option<String>), Cause> = BTreeMap::new();
    for mut reason in reasons {
        if !by_detail(&reason) {
            reason.detail = None;
            reason.text.clone_from(&reason.summary);
        }
        let key = (reason.kind, reason.detail.clone());
        causes.entry(key).or_insert(Cause { reason, units: 0 }).units += 1;
    }
    let mut causes: Vec<Cause> = causes.into_values().collect();
    causes.sort_by_key(|cause| std::cmp::Reverse(cause.units));
    causes
}

#[derive(Serialize)]
struct Object<'a> {
    schema: u32,
    period_ms: Option<u64>,
    store: StoreObject,
    counts: Counts,
    hit_rate: Option<u64>,
    saved_ms: u64,
    compile_ms: u64,
    disk: DiskObject,
    daemon: DaemonObject<'a>,
    remote: Option<&'a str>,
    misses: Vec<CauseObject<'a>>,
    bypasses: Vec<CauseObject<'a>>,
}

#[derive(Serialize)]
struct StoreObject {
    size: u64,
    limit: u64,
    entries: u64,
}

#[derive(Serialize)]
struct Counts {
    units: u64,
    local: u64,
    remote: u64,
    missed: u64,
    bypassed: u64,
    failed: u64,
    errors: u64,
}

#[derive(Serialize)]
struct DiskObject {
    used: u64,
    without_links: u64,
}

#[derive(Serialize)]
struct DaemonObject<'a> {
    state: &'static str,
    version: Option<&'a str>,
}

#[derive(Serialize)]
struct CauseObject<'a> {
    kind: &'static str,
    text: &'a str,
    detail: Option<&'a str>,
    units: u64,
}

impl<'a> CauseObject<'a> {
    fn of(cause: &'a Cause) -> Self {
        let reason = &cause.reason;
        Self { kind: reason.kind, text: &reason.text, detail: reason.detail.as_deref(), units: cause.units }
    }
}
