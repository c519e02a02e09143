//! Why there was no hit.

use crate::entry::Inputs;
use crate::event::{MissReason, Unit};
use crate::key::diff;
use crate::key::invocation::unit_id;
use crate::key::schema::KEY_SCHEMA;
use crate::store::index::Index;

/// Explains a miss by the earlier entry of the unit that differs in the least, the newest of them. The inputs are those of what has been made since.
pub fn miss(index: &Index, unit: &Unit, inputs: &Inputs) -> MissReason {
    let Ok(reader) = index.read() else { return MissReason::First };
    let history = reader.history(&unit_id(unit));
    // The entry just recorded stands in the history too.
    let earlier = history.iter().filter_map(|key| reader.entry(key)).filter(|entry| entry.inputs != *inputs);
    let compared = earlier.map(|entry| (diff::changes(&entry.inputs, inputs), entry));
    let nearest = compared.min_by_key(|(changes, entry)| {
        (entry.unit != *unit || entry.key_schema != KEY_SCHEMA, changes.len())
    });
    let Some((changes, nearest)) = nearest else { return MissReason::First };
    if nearest.key_schema != KEY_SCHEMA {
        return MissReason::Schema;
    }
    if nearest.unit.version != unit.version {
        return MissReason::Version { from: nearest.unit.version, to: unit.version.clone() };
    }
    diff::reason(&changes)
}
