//! The report for a trace viewer (`chrome://tracing`, Perfetto).
//!
//! Owns the JSON of the Trace Event Format: one complete event for each unit, on as few lanes as the units that ran
//! at once need. Never holds more than the other forms do.

use serde::Serialize;

use super::words::{self, Verdict};
use super::{Build, figures, json};
use crate::event::UnitEvent;

#[derive(Serialize)]
struct Trace<'a> {
    #[serde(rename = "displayTimeUnit")]
    display_time_unit: &'static str,
    #[serde(rename = "traceEvents")]
    events: Vec<Span<'a>>,
}

#[derive(Serialize)]
struct Span<'a> {
    name: String,
    cat: &'static str,
    ph: &'static str,
    /// Microseconds since the build began.
    ts: u64,
    dur: u64,
    pid: u32,
    tid: usize,
    args: Arguments<'a>,
}

#[derive(Serialize)]
struct Arguments<'a> {
    key: Option<&'a str>,
    reason: Option<String>,
    compile_ms: u64,
}

/// Returns the trace.
pub fn report(build: &Build) -> String {
    let mut events: Vec<&UnitEvent> = build.events.iter().collect();
    events.sort_by_key(|event| begin(event));
    // The time at which each lane is free again.
    let mut lanes: Vec<u64> = Vec::new();
    let mut spans = Vec::new();
    for event in events {
        let start = begin(event);
        let lane = lanes.iter().position(|free| *free <= start).unwrap_or(lanes.len());
        if lane == lanes.len() {
            lanes.push(0);
        }
        lanes[lane] = event.at_ms;
        spans.push(Span {
            name: words::label(&event.unit),
            cat: Verdict::of(&event.outcome).word(),
            ph: "X",
            ts: start.saturating_sub(build.started_ms) * 1_000,
            dur: event.wrapper_ms * 1_000,
            pid: 1,
            tid: lane + 1,
            args: Arguments {
                key: event.key.as_deref(),
                reason: figures::reason(&build.events, event).map(|reason| reason.text),
                compile_ms: event.compile_ms,
            },
        });
    }
    json::line(&Trace { display_time_unit: "ms", events: spans }) + "\n"
}

fn begin(event: &UnitEvent) -> u64 {
    event.at_ms.saturating_sub(event.wrapper_ms)
}
