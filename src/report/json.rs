//! The report for programs.
//!
//! Owns the object with `schema` 1. Under one schema fields are only ever added. Never leaves a field out: what is
//! absent is `null`.

use serde::Serialize;

use super::Build;
use super::figures::{self, Figures};
use super::time::rfc3339;
use super::words::{self, Verdict};
use crate::event::{Outcome, UnitEvent};

/// The version of every object made here.
pub const SCHEMA: u32 = 1;

#[derive(Serialize)]
struct Report<'a> {
    schema: u32,
    build: About<'a>,
    counts: Counts,
    saved_ms: u64,
    compile_ms: u64,
    bytes: Bytes,
    notes: Vec<&'a str>,
    units: Vec<Unit<'a>>,
}

#[derive(Serialize)]
struct About<'a> {
    id: &'a str,
    command: &'a [String],
    started: String,
    wall_ms: u64,
    exit: Option<i32>,
}

#[derive(Serialize)]
struct Counts {
    units: u64,
    local: u64,
    remote: u64,
    restored_before: u64,
    prefetched: u64,
    missed: u64,
    bypassed: u64,
    failed: u64,
    errors: u64,
}

#[derive(Serialize)]
struct Bytes {
    linked: u64,
    copied: u64,
    downloaded: u64,
    recorded: u64,
    uploaded: u64,
    pending: u64,
}

/// One unit.
#[derive(Serialize)]
pub(super) struct Unit<'a> {
    package: &'a str,
    version: Option<&'a str>,
    #[serde(rename = "crate")]
    crate_name: &'a str,
    target: String,
    mode: &'static str,
    profile: &'a str,
    triple: Option<&'a str>,
    result: &'static str,
    key: Option<&'a str>,
    reason: Option<Reason>,
    not_recorded: Option<Reason>,
    compile_ms: u64,
    wrapper_ms: u64,
    bytes: UnitBytes,
}

#[derive(Serialize)]
struct UnitBytes {
    linked: u64,
    copied: u64,
    recorded: u64,
}

/// A cause.
#[derive(Serialize)]
pub(super) struct Reason {
    kind: &'static str,
    text: String,
    detail: Option<String>,
}

impl From<words::Reason> for Reason {
    fn from(reason: words::Reason) -> Self {
        Self { kind: reason.kind, text: reason.text, detail: reason.detail }
    }
}

impl<'a> Unit<'a> {
    /// Describes a unit of a build.
    pub(super) fn of(build: &[UnitEvent], event: &'a UnitEvent) -> Self {
        let unit = &event.unit;
        let not_recorded = match &event.outcome {
            Outcome::Missed { not_recorded, .. } => not_recorded.as_ref(),
            _ => None,
        };
        Self {
            package: &unit.package,
            version: Some(&*unit.version).filter(|version| !version.is_empty()),
            crate_name: &unit.crate_name,
            target: words::target(&unit.target),
            mode: words::mode(unit.mode),
            profile: &unit.profile,
            triple: unit.triple.as_deref(),
            result: Verdict::of(&event.outcome).word(),
            key: event.key.as_deref(),
            reason: figures::reason(build, event).map(Reason::from),
            not_recorded: not_recorded.map(|why| words::bypass(why).into()),
            compile_ms: event.compile_ms,
            wrapper_ms: event.wrapper_ms,
            bytes: UnitBytes {
                linked: event.bytes.linked,
                copied: event.bytes.copied,
                recorded: event.bytes.recorded,
            },
        }
    }
}

/// Returns the report as one line without its end.
pub fn report(build: &Build) -> String {
    let figures = Figures::of(&build.events);
    let transfer = build.transfer;
    line(&Report {
        schema: SCHEMA,
        build: About {
            id: &build.id,
            command: &build.command,
            started: rfc3339(build.started_ms),
            wall_ms: build.wall_ms,
            exit: build.exit,
        },
        counts: Counts {
            units: figures.units,
            local: figures.local,
            remote: figures.remote,
            restored_before: transfer.restored_before,
            prefetched: transfer.prefetched,
            missed: figures.missed,
            bypassed: figures.bypassed,
            failed: figures.failed,
            errors: figures.errors,
        },
        saved_ms: figures.saved_ms,
        compile_ms: figures.compile_ms,
        bytes: Bytes {
            linked: figures.linked,
            copied: figures.copied,
            downloaded: transfer.downloaded,
            recorded: figures.recorded,
            uploaded: transfer.uploaded,
            pending: transfer.pending,
        },
        notes: build.notes.iter().map(super::Note::message).collect(),
        units: build.events.iter().map(|event| Unit::of(&build.events, event)).collect(),
    })
}

/// Writes a value on one line.
pub(super) fn line(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("the objects have string keys only")
}
