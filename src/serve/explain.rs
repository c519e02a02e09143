//! Why there was no hit.

use crate::entry::{Entry, Inputs};
use crate::event::{MissReason, Unit};
use crate::key::diff;
use crate::key::invocation::unit_id;
use crate::key::schema::KEY_SCHEMA;
use crate::store::index::Index;

/// Explains a miss by the nearest earlier entry of the unit. The inputs are those of what has been made since.
pub fn miss(index: &Index, unit: &Unit, inputs: &Inputs) -> MissReason {
    let Ok(reader) = index.read() else { return MissReason::First };
    let history = reader.history(&unit_id(unit));
    let mut nearest: Option<Entry> = None;
    for entry in history.iter().filter_map(|key| reader.entry(key)) {
        // The entry just recorded stands in the history too.
        if entry.inputs == *inputs {
            continue;
        }
        let same = entry.unit == *unit;
        if nearest.is_none() || same {
            nearest = Some(entry);
        }
        if same {
            break;
        }
    }
    let Some(nearest) = nearest else { return MissReason::First };
    if nearest.key_schema != KEY_SCHEMA {
        return MissReason::Schema;
    }
    if nearest.unit.version != unit.version {
        return MissReason::Version { from: nearest.unit.version, to: unit.version.clone() };
    }
    diff::reason(&diff::changes(&nearest.inputs, inputs))
}
