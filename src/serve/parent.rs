//! Who called us.
//!
//! Owns the look at other processes: by what `/proc` says, where there is one. Never waits for one and never signals one.

use std::path::Path;

use crate::fs;
use crate::fs::stat::Time;

/// The process that called us.
#[derive(Clone, Debug)]
pub struct Parent {
    /// Its id.
    pub id: u32,
    /// The name of its program.
    pub name: String,
    /// When it started, in clock ticks since boot: with the id, this names it.
    pub ticks: u64,
    /// The id of the process that called it in turn.
    parent: u32,
    /// A time at which it had started for certain.
    pub started_before: Time,
}

impl Parent {
    /// Describes the process that called this one. `None` where there is no `/proc`.
    pub fn read() -> Option<Self> {
        Self::of(std::os::unix::process::parent_id())
    }

    /// Describes the process that called it in turn.
    pub fn parent(&self) -> Option<Self> {
        Self::of(self.parent)
    }

    /// Whether its command line speaks of documentation: `doc`, `d`, `rustdoc`, or an alias that is named after them.
    pub fn documents(&self) -> bool {
        let words = fs::read(Path::new(&format!("/proc/{}/cmdline", self.id))).unwrap_or_default();
        words
            .split(|b| *b == 0)
            .skip(1)
            .any(|word| word == b"d" || word.windows(3).any(|part| part == b"doc"))
    }

    /// Describes a process, if it runs.
    #[cfg(not(target_os = "linux"))]
    pub fn of(_id: u32) -> Option<Self> {
        None
    }

    /// Describes a process, if it runs.
    #[cfg(target_os = "linux")]
    pub fn of(id: u32) -> Option<Self> {
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
