//! Whether the cargo behind a build still runs.
//!
//! Owns the reading of build ids: those that the front end makes, and those derived from the process that called us.
//! Never signals a process.

use super::parent::Parent;
use crate::event::BuildId;

/// Whether the build goes on, as far as can be seen. An id of another form belongs to a build that has ended.
pub fn is_running(build: &BuildId) -> bool {
    match Runner::of(&build.0) {
        Some(Runner::Cargo { id, ticks }) => Parent::of(id).is_some_and(|it| it.ticks == ticks),
        // A process that started later has only got the same number.
        Some(Runner::FrontEnd { id, by_ms }) => Parent::of(id).is_some_and(|it| {
            u64::try_from(it.started_before.seconds).is_ok_and(|seconds| seconds * 1_000 <= by_ms + 1_000)
        }),
        None => false,
    }
}

/// The process that an id names.
#[derive(Debug, PartialEq, Eq)]
enum Runner {
    /// Plain cargo, or what called us in its place.
    Cargo { id: u32, ticks: u64 },
    /// The front end, which had started by then.
    FrontEnd { id: u32, by_ms: u64 },
}

impl Runner {
    fn of(build: &str) -> Option<Self> {
        if let Some(process) = build.strip_prefix("cargo-") {
            let (id, ticks) = process.split_once('-')?;
            return Some(Self::Cargo { id: id.parse().ok()?, ticks: ticks.parse().ok()? });
        }
        let (by_ms, id) = build.split_once('-')?;
        let id = u32::from_str_radix(id, 16).ok()?;
        Some(Self::FrontEnd { id, by_ms: u64::from_str_radix(by_ms, 16).ok()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_name_processes() {
        assert_eq!(Runner::of("cargo-12-345"), Some(Runner::Cargo { id: 12, ticks: 345 }));
        assert_eq!(Runner::of("19ab-1f"), Some(Runner::FrontEnd { id: 31, by_ms: 0x19ab }));
        for odd in ["", "cargo-12", "cargo-a-1", "x-y", "12"] {
            assert_eq!(Runner::of(odd), None, "{odd}");
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_number_used_again_is_another_process() {
        let own = Parent::of(std::process::id()).unwrap();
        let is_running = |text: String| is_running(&BuildId(text));
        assert!(is_running(format!("cargo-{}-{}", own.id, own.ticks)));
        assert!(!is_running(format!("cargo-{}-{}", own.id, own.ticks + 1)));
        let seconds = u64::try_from(own.started_before.seconds).unwrap();
        assert!(is_running(format!("{:x}-{:x}", seconds * 1_000, own.id)));
        assert!(!is_running(format!("{:x}-{:x}", (seconds - 10) * 1_000, own.id)));
    }
}
