//! What `clean --json` prints.

use serde::Serialize;

use super::{Fate, Row};
use crate::report::time::rfc3339;
use crate::targets::measure::total;
use crate::targets::{Kind, Parts};

/// The whole result. Sizes are bytes on disk.
#[derive(Serialize)]
pub(super) struct Object {
    /// Whether nothing was removed because nobody wanted it.
    dry_run: bool,
    /// Largest first.
    targets: Vec<TargetObject>,
    /// What all of them take; what lies in several of them counts once.
    bytes: u64,
    /// What of it the store has a name for too.
    cached_bytes: u64,
    /// What became free; with `--dry-run`, what would become free: that of directories in use does not count.
    freed_bytes: u64,
    /// Target directories that were removed.
    removed: usize,
    /// Those that were to be removed and are still there.
    stayed: usize,
}

/// One target directory.
#[derive(Serialize)]
struct TargetObject {
    path: String,
    /// `project`, `configured` by cargo's settings, or `leftover` of an interrupted `clean`.
    kind: &'static str,
    /// What it takes; `null`, as the figures that follow, if it could not be measured.
    bytes: Option<u64>,
    /// What of it the store has a name for too.
    cached_bytes: Option<u64>,
    /// What became free; if it was not removed, what would become free if it alone went.
    freed_bytes: Option<u64>,
    /// The same bytes by what they are for.
    parts: Option<Parts>,
    /// Profiles built in it, as `release` or `wasm32-wasip1/release`.
    profiles: Vec<String>,
    last_used: Option<String>,
    /// Whether a build was running in it when it was measured.
    in_use: bool,
    /// `removed`, `skipped` because somebody is at work in it, or `failed`; `null` if it was not to be removed.
    result: Option<&'static str>,
    /// Why it is still there, or could not be measured.
    error: Option<String>,
}

impl Object {
    pub(super) fn new(rows: &[(Row, Fate)], dry_run: bool) -> Self {
        let measured = || rows.iter().filter_map(|(row, _)| row.measured.as_ref().ok());
        let all = total(measured());
        let freed = rows.iter().filter_map(|(_, fate)| match fate {
            Fate::Removed { freed } => Some(*freed),
            _ => None,
        });
        let freed_bytes =
            if dry_run { total(measured().filter(|measured| !measured.busy)).freed } else { freed.sum() };
        let count = |is: fn(&Fate) -> bool| rows.iter().filter(|(_, fate)| is(fate)).count();
        Self {
            dry_run,
            targets: rows.iter().map(|(row, fate)| TargetObject::new(row, fate)).collect(),
            bytes: all.bytes,
            cached_bytes: all.cached,
            freed_bytes,
            removed: count(|fate| matches!(fate, Fate::Removed { .. })),
            stayed: count(|fate| matches!(fate, Fate::Stays(_))),
        }
    }
}

impl TargetObject {
    fn new(row: &Row, fate: &Fate) -> Self {
        let measured = row.measured.as_ref().ok();
        let unmeasured = row.measured.as_ref().err().map(|error| format!("{error}: {}", error.source));
        let (result, freed, error) = match fate {
            Fate::Kept => (None, measured.map(|measured| measured.freed()), unmeasured),
            Fate::Removed { freed } => (Some("removed"), Some(*freed), None),
            Fate::Stays(why) => {
                let result = if why.is_in_use() { "skipped" } else { "failed" };
                (Some(result), measured.map(|measured| measured.freed()), Some(why.to_string()))
            }
        };
        Self {
            path: row.target.path.to_string_lossy().into_owned(),
            kind: match row.target.kind {
                Kind::Project => "project",
                Kind::Configured => "configured",
                Kind::Leftover => "leftover",
            },
            bytes: measured.map(|measured| measured.bytes),
            cached_bytes: measured.map(|measured| measured.cached),
            freed_bytes: freed,
            parts: measured.map(|measured| measured.parts),
            profiles: measured.map(|measured| measured.profiles.clone()).unwrap_or_default(),
            last_used: measured.and_then(|measured| measured.last_used_ms).map(rfc3339),
            in_use: measured.is_some_and(|measured| measured.busy),
            result,
            error,
        }
    }
}
