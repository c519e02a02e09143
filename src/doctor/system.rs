//! The system: are cargo and rustc there and new enough, can compiles be traced, and is the clock right?

use std::ffi::OsString;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, SystemTime};

use super::{Finding, Subject};
use crate::config::Trace;
use crate::env;
use crate::trace;

const NAME: &str = "system";

/// The oldest toolchain whose builds are cached.
const OLDEST: (u32, u32) = (1, 80);

/// Checks the toolchain; returns the compiler's version too.
pub(super) fn check(subject: &Subject<'_>) -> (Vec<Finding>, Option<String>) {
    let tools = [("cargo", env::CARGO), ("rustc", env::RUSTC)];
    let versions = tools.map(|(name, variable)| {
        let program = subject.env.get(variable).unwrap_or_else(|| name.into());
        (name, version(subject, program))
    });
    let rustc = versions[1].1.clone();
    let bad = versions.iter().filter_map(|(name, version)| judge(name, version.as_deref()));
    let mut findings = bad.collect::<Vec<_>>();
    if findings.is_empty() {
        let shown = versions.map(|(name, version)| format!("{name} {}", version.unwrap_or_default()));
        findings.push(Finding::ok(NAME, shown.join(", ")));
    }
    findings.extend(tracing(subject));
    findings.extend(subject.program.and_then(|program| clock(program, SystemTime::now())));
    (findings, rustc)
}

/// Asks a tool for its version, where it would run: rustup chooses by folder.
fn version(subject: &Subject<'_>, program: OsString) -> Option<String> {
    let output = Command::new(program).arg("--version").current_dir(subject.here).output().ok()?;
    let text = String::from_utf8(output.stdout).ok().filter(|_| output.status.success())?;
    text.split_whitespace().nth(1).map(str::to_owned)
}

/// Whether the clock is far behind: the program was written before it ran. A remote finds the other faults of a clock.
fn clock(program: &Path, now: SystemTime) -> Option<Finding> {
    const SLACK: Duration = Duration::from_hours(24);
    let written = program.metadata().ok()?.modified().ok()?;
    (written > now + SLACK).then(|| {
        Finding::note(NAME, "the clock is far off: this program's file is newer than the present time")
            .fix("set the clock; requests to a remote are refused when it is wrong by minutes")
    })
}

/// Whether macros and build scripts can be watched. Without, what they read can't be known.
fn tracing(subject: &Subject<'_>) -> Option<Finding> {
    let is_off = subject.settings.as_ref().is_ok_and(|resolved| resolved.settings.trace == Trace::Off);
    let error = trace::supported().err().filter(|_| !is_off)?;
    let finding = Finding::note(
        NAME,
        format!("{error}: units that load macros are cached only in part, runs of build scripts not at all"),
    );
    Some(match cfg!(target_os = "linux") {
        true => finding.fix("allow seccomp user notification in this container or sandbox"),
        false => finding,
    })
}

fn judge(name: &str, version: Option<&str>) -> Option<Finding> {
    let Some(version) = version else {
        return Some(
            Finding::problem(NAME, format!("`{name}` does not run")).fix("install Rust: https://rustup.rs"),
        );
    };
    let mut numbers = version.split('.').map(|part| part.parse::<u32>().ok());
    let known = (numbers.next().flatten()?, numbers.next().flatten()?);
    let (major, minor) = OLDEST;
    (known < OLDEST).then(|| {
        Finding::problem(
            NAME,
            format!("{name} {version} is older than {major}.{minor}, the oldest supported"),
        )
        .fix("rustup update")
    })
}

#[cfg(test)]
mod tests {
    use super::super::Severity;
    use super::*;

    #[test]
    fn a_clock_far_behind() {
        let file = tempfile::NamedTempFile::new().unwrap();
        assert_eq!(clock(file.path(), SystemTime::now()), None);
        assert_eq!(clock(file.path(), SystemTime::UNIX_EPOCH).unwrap().severity, Severity::Note);
    }

    #[test]
    fn versions() {
        assert_eq!(judge("rustc", Some("1.95.0")), None);
        assert_eq!(judge("rustc", Some("1.97.0-nightly")), None);
        assert_eq!(judge("rustc", Some("odd")), None);
        assert_eq!(judge("rustc", Some("1.79.0")).unwrap().severity, Severity::Problem);
        assert_eq!(judge("cargo", None).unwrap().severity, Severity::Problem);
    }
}
