//! The earlier entry that a unit is compared with.
//!
//! Owns the choice: of those of the same target that were there when the unit was compiled, the one that differs in the
//! least, and the newest of them. Never opens the store: the caller shows all entries.

use std::cmp::Reverse;

use super::why::{Explained, Nearest};
use super::words::Verdict;
use crate::digest::Digest;
use crate::entry::Entry;
use crate::event::{Unit, UnitEvent};
use crate::key::diff::{self, Change};

/// Finds the nearest earlier entry of each of some units in one pass over all entries.
#[derive(Debug)]
pub struct Search<'e, 'a> {
    events: &'e [&'a UnitEvent],
    /// The entry of each, where it has one.
    own: Vec<Option<Entry>>,
    nearest: Vec<Option<Earlier>>,
}

/// An entry that a unit may be compared with.
#[derive(Debug)]
struct Earlier {
    key: Digest,
    created_ms: u64,
    changes: Vec<Change>,
}

impl<'e, 'a> Search<'e, 'a> {
    /// Begins the search for these units. `entry` looks up a unit's own entry.
    pub fn new(events: &'e [&'a UnitEvent], entry: impl Fn(&Digest) -> Option<Entry>) -> Self {
        let own = |event: &&UnitEvent| entry(&event.key.as_deref()?.parse().ok()?);
        Self { events, own: events.iter().map(own).collect(), nearest: events.iter().map(|_| None).collect() }
    }

    /// Looks at an entry.
    pub fn see(&mut self, key: Digest, entry: &Entry) {
        for ((event, own), nearest) in self.events.iter().zip(&self.own).zip(&mut self.nearest) {
            let is_own = event.key.as_deref().is_some_and(|own| own == key.to_hex());
            if is_own || entry.created_ms > event.at_ms || !same_target(&entry.unit, &event.unit) {
                continue;
            }
            let changes = own.as_ref().map(|own| diff::changes(&entry.inputs, &own.inputs));
            let changes = changes.unwrap_or_default();
            let order = |changes: &[Change], created_ms| (changes.len(), Reverse(created_ms));
            let new = order(&changes, entry.created_ms);
            if nearest.as_ref().is_none_or(|it| new < order(&it.changes, it.created_ms)) {
                *nearest = Some(Earlier { key, created_ms: entry.created_ms, changes });
            }
        }
    }

    /// Ends the search.
    pub fn explain(self) -> Vec<Explained<'a>> {
        let units = self.events.iter().zip(self.nearest);
        let explained = units.map(|(event, nearest)| {
            let verdict = Verdict::of(&event.outcome);
            // An error has its cause in itself.
            let nearest = nearest.filter(|_| !verdict.is_hit() && verdict != Verdict::Error);
            let changes = nearest.as_ref().map(|it| it.changes.clone()).unwrap_or_default();
            let nearest = nearest.map(|it| Nearest { key: it.key.to_hex(), created_ms: it.created_ms });
            Explained { event, changes, nearest }
        });
        explained.collect()
    }
}

/// Whether both are the same target of the same package, in any version.
pub fn same_target(a: &Unit, b: &Unit) -> bool {
    let identity = |unit: &'_ Unit| {
        let Unit { package, crate_name, target, mode, profile, triple, .. } = unit.clone();
        (package, crate_name, target, mode, profile, triple)
    };
    identity(a) == identity(b)
}
