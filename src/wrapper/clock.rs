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
    newest_dependency > T0 || newest_script_output(session.call) > T0 || !session.target_is_new
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

/// The process that called us.
#[derive(Clone, Debug)]
pub(super) struct Parent {
    /// Its id.
    pub(super) id: u32,
    /// The name of its program.
    pub(super) name: String,
    /// When it started, in clock ticks since boot: with the id, this names it.
    pub(super) ticks: u64,
    /// The id of the process that called it in turn.
    parent: u32,
    /// A time at which it had started for certain.
    started_before: Time,
}

impl Parent {
    /// Describes the process that called this one. `None` where there is no `/proc`.
    pub(super) fn read() -> Option<Self> {
        Self::of(std::os::unix::process::parent_id())
    }

    /// Describes the process that called it in turn.
    pub(super) fn parent(&self) -> Option<Self> {
        Self::of(self.parent)
    }

    /// Whether its command line speaks of documentation: `doc`, `d`, `rustdoc`, or an alias that is named after them.
    pub(super) fn documents(&self) -> bool {
        let words = fs::read(Path::new(&format!("/proc/{}/cmdline", self.id))).unwrap_or_default();
        words
            .split(|b| *b == 0)
            .skip(1)
            .any(|word| word == b"d" || word.windows(3).any(|part| part == b"doc"))
    }

    #[cfg(not(target_os = "linux"))]
    fn of(_id: u32) -> Option<Self> {
        None
    }

    #[cfg(target_os = "linux")]
    fn of(id: u32) -> Option<Self> {
        let text = fs::read_short(Path::new(&format!("/proc/{id}/stat"))).ok()?;
        let text = String::from_utf8_lossy(&text);
        // The name stands in parentheses and may hold any character.
        let (head, tail) = text.rsplit_once(')')?;
        let name = head.split_once('(')?.1.to_owned();
        let mut fields = tail.split_whitespace();
        let parent = fields.nth(1)?.parse().ok()?;
        let ticks: u64 = fields.nth(17)?.parse().ok()?;
        let per_second = rustix::param::clock_ticks_per_second();
        let boot = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
        let now = rustix::time::clock_gettime(rustix::time::ClockId::Realtime);
        let nanos = |t: rustix::time::Timespec| i128::from(t.tv_sec) * 1_000_000_000 + i128::from(t.tv_nsec);
        // The tick that was running when it started ends at `ticks + 1`.
        let tick_end = i128::from(ticks + 1) * 1_000_000_000 / i128::from(per_second);
        let started = nanos(now) - nanos(boot) + tick_end;
        let started_before = Time {
            seconds: i64::try_from(started / 1_000_000_000).ok()?,
            nanos: u32::try_from(started % 1_000_000_000).ok()?,
        };
        Some(Self { id, name, ticks, parent, started_before })
    }
}
