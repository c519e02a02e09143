//! The wrapper's own words, for those who ask by `KACHE_LOG`.
//!
//! Owns the filter. Silent unless the variable is set, since cargo stores and repeats what a compiler says.

use crate::event::{Outcome, Unit};

/// How much to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Off,
    Error,
    Warn,
    Info,
    Debug,
}

/// Reads a filter: `debug`, `kache=debug`, or a list of such.
fn level(filter: &str) -> Level {
    let mut level = Level::Off;
    for part in filter.split(',') {
        let word = match part.trim().split_once('=') {
            Some((target, word)) if target == "kache" || target == "cargo_kache" => word,
            Some(_) => continue,
            None => part.trim(),
        };
        level = level.max(match word.to_ascii_lowercase().as_str() {
            "error" => Level::Error,
            "warn" => Level::Warn,
            "info" => Level::Info,
            "debug" | "trace" => Level::Debug,
            _ => Level::Off,
        });
    }
    level
}

/// Says how a unit ended, if that is asked for.
#[expect(clippy::print_stderr, reason = "asked for by a variable")]
pub(super) fn say(filter: Option<&str>, unit: &Unit, outcome: &Outcome) {
    let Some(filter) = filter else { return };
    let needed = match outcome {
        Outcome::Error(_) => Level::Warn,
        Outcome::Missed { not_recorded: Some(_), .. } | Outcome::Bypassed(_) => Level::Info,
        Outcome::Hit { .. } | Outcome::Missed { .. } | Outcome::Failed { .. } => Level::Debug,
    };
    if level(filter) >= needed {
        eprintln!("kache: {} v{} ({:?}): {outcome:?}", unit.package, unit.version, unit.target);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters() {
        assert_eq!(level("kache=warn"), Level::Warn);
        assert_eq!(level("debug"), Level::Debug);
        assert_eq!(level("hyper=debug,kache=info"), Level::Info);
        assert_eq!(level("nonsense"), Level::Off);
    }
}
