//! The rules of time.
//!
//! Owns the decision whether a restored unit may carry [`T0`] or needs a time of its own. Cargo takes a unit for stale
//! when an output of a dependency is *newer* than the newest output of its own, and passes nothing on by content. So
//!
//! - into a profile directory that this very run of cargo has created, everything may be equally old;
//! - anywhere else a restored unit must be newer than what was there when its dependants were built: one output
//!   becomes a private copy with the time of now;
//! - the same wherever something it depends on is newer than [`T0`].

use std::path::Path;

use super::call::Call;
use crate::fs;
use crate::fs::stat::{Stat, Time};
use crate::store::blob::T0;

/// Whether a unit restored now must get a time of its own. `newest_dependency` is the newest time among the artefacts
/// it is compiled against.
pub(super) fn needs_own_time(call: &Call, newest_dependency: Time) -> bool {
    // Cargo stamps what a check reads in place, so a shared inode would be touched.
    if !call.arguments.emits("link") {
        return true;
    }
    newest_dependency > T0 || newest_script_output(call) > T0 || !is_created_by_this_cargo(call)
}

/// Returns the time cargo compares a build script's run by, or the epoch.
pub(super) fn newest_script_output(call: &Call) -> Time {
    call.script_output().and_then(|path| Stat::of(&path).ok()).map_or(Time::default(), |stat| stat.modified)
}

/// Whether the profile directory was born after the cargo that called us.
fn is_created_by_this_cargo(call: &Call) -> bool {
    let Some(profile) = call.profile_dir() else { return false };
    let (Ok(stat), Some(parent)) = (Stat::of(profile), call.parent()) else { return false };
    parent.name == "cargo" && stat.born != Time::default() && stat.born > parent.started_before
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
