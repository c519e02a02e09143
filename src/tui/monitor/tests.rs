//! The state and its screens, without a terminal.

use super::*;
use crate::event::{BuildId, Bytes, Mode, Outcome, Target, Unit, UnitEvent};

pub(super) fn hit() -> Outcome {
    Outcome::Hit { remote: false }
}

pub(super) fn event(package: &str, at_ms: u64, outcome: Outcome) -> UnitEvent {
    UnitEvent {
        build: BuildId("one".into()),
        at_ms,
        unit: Unit {
            package: package.into(),
            version: "1.0.0".into(),
            crate_name: package.into(),
            target: Target::Lib,
            mode: Mode::Build,
            profile: "dev".into(),
            triple: None,
        },
        outcome,
        key: None,
        compile_ms: 1_350,
        wrapper_ms: 20,
        bytes: Bytes { linked: 2_000_000, ..Bytes::default() },
        cwd: "/w/app".into(),
        out_dir: Some("/w/app/target/debug/deps".into()),
    }
}
