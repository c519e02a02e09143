//! The rules of time.
//!
//! Owns the decision whether a restored unit may carry [`T0`] or needs a time of its own. Cargo takes a unit for stale
//! when an output of a dependency is *newer* than the newest output of its own, and passes nothing on by content. So
//!
//! - into a profile directory that is new to this very run of cargo, everything may be equally old;
//! - anywhere else a restored unit must be newer than what was there when its dependants were built: one output
//!   becomes a private copy with the time of now;
//! - the same wherever something it depends on is newer than [`T0`].

use std::path::Path;

use super::call::Call;
use super::session::Session;
use crate::digest::FieldHasher;
use crate::fs;
use crate::fs::stat::{Stat, Time};
use crate::store::blob::T0;
use crate::store::index::Index;

/// Whether a unit restored now must get a time of its own. `newest_dependency` is the newest time among the artefacts
/// it is compiled against.
pub(super) fn needs_own_time(session: &Session<'_>, newest_dependency: Time) -> bool {
    // Cargo stamps what a check reads in place, so a shared inode would be touched.
    if !session.call.arguments.emits("link") {
        return true;
    }
    newest_dependency > T0 || newest_script_output(session.call) > T0 || !session.call.target_is_new.get()
}

/// Returns the time cargo compares a build script's run by, or the epoch.
pub(super) fn newest_script_output(call: &Call) -> Time {
    call.script_output().and_then(|path| Stat::of(&path).ok()).map_or(Time::default(), |stat| stat.modified)
}

/// Whether the profile directory holds nothing but what this run of cargo put there: it was born after cargo started,
/// and was empty when the first of cargo's calls claimed it. Another cargo that waited for its turn in it does not get
/// a claim.
pub(super) fn claim_target(call: &Call, index: &Index) -> Option<bool> {
    let profile = call.profile_dir()?;
    let stat = Stat::of(profile).ok()?;
    let cargo = call.parent()?;
    if cargo.name != "cargo" || stat.born == Time::default() || stat.born <= cargo.started_before {
        return None;
    }
    let mut name = FieldHasher::new("claimed target");
    for number in [stat.device, stat.inode, u64::from(stat.born.nanos), stat.born.seconds.unsigned_abs()] {
        name.field(&number.to_le_bytes());
    }
    let (name, own) = (name.finish(), format!("{}-{}", cargo.id, cargo.ticks));
    if let Some(owner) = index.read().ok()?.note(&name) {
        return Some(owner == own);
    }
    let is_empty = fs::list(&profile.join("deps")).is_ok_and(|names| names.is_empty());
    if !is_empty || has_run_scripts(profile) {
        return None;
    }
    index.write(|writer| writer.put_first_note(&name, &own)).ok().map(|owner| owner == own)
}

/// Whether a build script has run in a profile directory.
fn has_run_scripts(profile: &Path) -> bool {
    let folder = profile.join("build");
    let names = fs::list(&folder).unwrap_or_default();
    names.iter().any(|name| folder.join(name).join("output").exists())
}
