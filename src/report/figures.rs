//! Events, counted and put in order.
//!
//! Owns the arithmetic of a report, the order and folding of its rows, and the way from a changed dependency to that
//! dependency's own event. Never makes a sentence: that is for the forms of output.

use std::collections::{BTreeMap, BTreeSet};

use super::words::{self, Reason, Verdict};
use crate::event::{MissReason, Mode, Outcome, Target, UnitEvent};

/// More rows of one kind than this are folded into one.
const FOLD_ABOVE: usize = 10;

/// How many packages a folded row names.
const FOLD_NAMES: usize = 10;

/// The sums over some events. A unit compiled twice counts twice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Compiler calls.
    pub units: u64,
    /// Hits from this machine.
    pub local: u64,
    /// Hits over the network.
    pub remote: u64,
    /// Compiled.
    pub missed: u64,
    /// Compiled without the cache.
    pub bypassed: u64,
    /// Refused by the compiler.
    pub failed: u64,
    /// Errors of the cache.
    pub errors: u64,
    /// Compile time recorded in the hit entries.
    pub saved_ms: u64,
    /// Compile time spent on all others.
    pub compile_ms: u64,
    /// Bytes restored by link.
    pub linked: u64,
    /// Bytes restored by copy.
    pub copied: u64,
    /// Bytes recorded.
    pub recorded: u64,
}

impl Figures {
    /// Counts events.
    pub fn of<'a>(events: impl IntoIterator<Item = &'a UnitEvent>) -> Self {
        let mut figures = Self::default();
        for event in events {
            figures.add(event);
        }
        figures
    }

    /// Counts one more event.
    pub fn add(&mut self, event: &UnitEvent) {
        let verdict = Verdict::of(&event.outcome);
        *match verdict {
            Verdict::Local => &mut self.local,
            Verdict::Remote => &mut self.remote,
            Verdict::Missed => &mut self.missed,
            Verdict::Bypassed => &mut self.bypassed,
            Verdict::Failed => &mut self.failed,
            Verdict::Error => &mut self.errors,
        } += 1;
        self.units += 1;
        *(if verdict.is_hit() { &mut self.saved_ms } else { &mut self.compile_ms }) += event.compile_ms;
        self.linked += event.bytes.linked;
        self.copied += event.bytes.copied;
        self.recorded += event.bytes.recorded;
    }

    /// Returns the number of hits.
    pub fn hits(&self) -> u64 {
        self.local + self.remote
    }

    /// Returns the share of hits in whole percent, rounded down; `None` without a unit that could have been one.
    /// Code that the compiler refused could not.
    pub fn hit_rate(&self) -> Option<u64> {
        (self.hits() * 100).checked_div(self.units - self.failed)
    }
}

/// A row about what was not a hit.
#[derive(Clone, Debug, PartialEq)]
pub enum Row<'a> {
    /// One unit.
    Unit {
        /// Its event.
        event: &'a UnitEvent,
        /// Why.
        reason: Reason,
    },
    /// Many units of one kind.
    Folded {
        /// What came of them.
        verdict: Verdict,
        /// Why, without details.
        summary: String,
        /// How many.
        units: usize,
        /// The first packages among them.
        packages: Vec<&'a str>,
        /// How many units belong to packages not named.
        more: usize,
    },
}

/// Returns a row for every event that was no hit, longest compile first; with `fold`, many of a kind become one row.
pub fn rows(events: &[UnitEvent], fold: bool) -> Vec<Row<'_>> {
    let mut misses: Vec<(&UnitEvent, Reason)> =
        events.iter().filter_map(|event| Some((event, reason(events, event)?))).collect();
    misses.sort_by_key(|(event, _)| std::cmp::Reverse(event.compile_ms));
    let kind = |event: &UnitEvent, reason: &Reason| (Verdict::of(&event.outcome), reason.kind);
    let mut kinds: BTreeMap<_, Vec<&UnitEvent>> = BTreeMap::new();
    for (event, reason) in &misses {
        kinds.entry(kind(event, reason)).or_default().push(event);
    }
    let mut done = BTreeSet::new();
    let mut rows = Vec::new();
    for (event, reason) in misses {
        let kind = kind(event, &reason);
        let same = &kinds[&kind];
        if !fold || same.len() <= FOLD_ABOVE {
            rows.push(Row::Unit { event, reason });
        } else if done.insert(kind) {
            rows.push(folded(kind.0, reason.summary, same));
        }
    }
    rows
}

fn folded<'a>(verdict: Verdict, summary: String, events: &[&'a UnitEvent]) -> Row<'a> {
    let mut packages: Vec<&str> = Vec::new();
    for event in events {
        if packages.len() < FOLD_NAMES && !packages.contains(&&*event.unit.package) {
            packages.push(&event.unit.package);
        }
    }
    let more = events.iter().filter(|event| !packages.contains(&&*event.unit.package)).count();
    Row::Folded { verdict, summary, units: events.len(), packages, more }
}

/// Says why a unit of a build was no hit, with the full name of a changed dependency.
pub fn reason(build: &[UnitEvent], event: &UnitEvent) -> Option<Reason> {
    words::reason(&event.outcome, |name| dependency(build, event, name).map(|dep| words::label(&dep.unit)))
}

/// Finds the event of the dependency that `event` knows as `name`.
///
/// Several may fit: two versions of a package, or one checked and one built. What was not a hit is the likelier
/// cause, then what was made for the same purpose, then what came last. A renamed dependency is not found.
pub fn dependency<'a>(build: &'a [UnitEvent], event: &UnitEvent, name: &str) -> Option<&'a UnitEvent> {
    let fits = |candidate: &&UnitEvent| {
        let is_own_script = event.unit.target == Target::BuildScriptRun
            && candidate.unit.target == Target::BuildScript
            && candidate.unit.package == event.unit.package;
        (is_own_script || matches!(candidate.unit.target, Target::Lib | Target::ProcMacro))
            && candidate.unit.crate_name.bytes().eq(name.bytes().map(|b| if b == b'-' { b'_' } else { b }))
            && candidate.unit != event.unit
    };
    let checks = |mode: Mode| mode != Mode::Build;
    build.iter().filter(fits).max_by_key(|candidate| {
        (
            !Verdict::of(&candidate.outcome).is_hit(),
            checks(candidate.unit.mode) == checks(event.unit.mode),
            candidate.unit.triple == event.unit.triple,
            candidate.at_ms,
        )
    })
}

/// Follows changed dependencies from `event` down: the last one is the root cause. Empty if nothing below it changed.
pub fn chain<'a>(build: &'a [UnitEvent], event: &'a UnitEvent) -> Vec<&'a UnitEvent> {
    let mut chain: Vec<&UnitEvent> = Vec::new();
    let mut last = event;
    while let Some(next) = cause(build, last)
        && next.unit != event.unit
        && chain.iter().all(|known| known.unit != next.unit)
    {
        chain.push(next);
        last = next;
    }
    chain
}

/// Finds the event that made `event` a miss.
fn cause<'a>(build: &'a [UnitEvent], event: &UnitEvent) -> Option<&'a UnitEvent> {
    let Outcome::Missed { reason, .. } = &event.outcome else { return None };
    match reason {
        MissReason::Dependency(name) => dependency(build, event, name),
        MissReason::BuildScript(_) => build.iter().rev().find(|candidate| {
            candidate.unit.target == Target::BuildScriptRun
                && candidate.unit.package == event.unit.package
                && !Verdict::of(&candidate.outcome).is_hit()
        }),
        _ => None,
    }
}
