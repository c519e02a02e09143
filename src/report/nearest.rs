//! The earlier entry that a unit is compared with.
//!
//! Owns the choice: the newest one of the same target that was there when the unit was compiled. Never opens the store:
//! the caller shows all entries.

use super::why::{Explained, Nearest};
use super::words::Verdict;
use crate::digest::Digest;
use crate::entry::{Entry, Inputs};
use crate::event::{Unit, UnitEvent};
use crate::key::diff;

/// Finds the nearest earlier entry of each of some units in one pass over all entries.
#[derive(Debug)]
pub struct Search<'e, 'a> {
    events: &'e [&'a UnitEvent],
    /// The key of each, where it has one.
    keys: Vec<Option<Digest>>,
    nearest: Vec<Option<Earlier>>,
}

/// An entry that a unit may be compared with.
#[derive(Debug)]
struct Earlier {
    key: Digest,
    created_ms: u64,
    inputs: Inputs,
}

impl<'e, 'a> Search<'e, 'a> {
    /// Begins the search for these units.
    pub fn new(events: &'e [&'a UnitEvent]) -> Self {
        let keys = events.iter().map(|event| event.key.as_deref().and_then(|key| key.parse().ok())).collect();
        Self { events, keys, nearest: events.iter().map(|_| None).collect() }
    }

    /// Looks at an entry.
    pub fn see(&mut self, key: Digest, entry: &Entry) {
        for ((event, own), nearest) in self.events.iter().zip(&self.keys).zip(&mut self.nearest) {
            let is_newer = nearest.as_ref().is_none_or(|known| known.created_ms < entry.created_ms);
            let is_other = *own != Some(key) && entry.created_ms <= event.at_ms;
            if is_other && is_newer && same_target(&entry.unit, &event.unit) {
                let inputs = entry.inputs.clone();
                *nearest = Some(Earlier { key, created_ms: entry.created_ms, inputs });
            }
        }
    }

    /// Ends the search. `entry` looks up a unit's own entry.
    pub fn explain(self, entry: impl Fn(&Digest) -> Option<Entry>) -> Vec<Explained<'a>> {
        let units = self.events.iter().zip(self.keys).zip(self.nearest);
        let explained = units.map(|((event, own), nearest)| {
            let verdict = Verdict::of(&event.outcome);
            // An error has its cause in itself.
            let is_compared = !verdict.is_hit() && verdict != Verdict::Error;
            let now = own.filter(|_| is_compared).and_then(|key| entry(&key));
            let changes = match (&nearest, &now) {
                (Some(earlier), Some(now)) => diff::changes(&earlier.inputs, &now.inputs),
                _ => Vec::new(),
            };
            let nearest = nearest.filter(|_| is_compared);
            let nearest = nearest.map(|e| Nearest { key: e.key.to_hex(), created_ms: e.created_ms });
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
