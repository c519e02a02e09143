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
    let rustc = versions[1].1.as_ref().ok().cloned();
    let bad = versions.iter().filter_map(|(name, version)| judge(name, version));
    let mut findings = bad.collect::<Vec<_>>();
    if findings.is_empty() {
        let shown = versions.map(|(name, version)| format!("{name} {}", version.unwrap_or_default()));
        findings.push(Finding::ok(NAME, shown.join(", ")));
    }
    findings.extend(tracing(subject));
    findings.extend(subject.program.and_then(|program| clock(program, SystemTime::now())));
    (findings, rustc)
}

/// Why a tool does not tell its version.
#[derive(Debug)]
enum Fault {
    /// There is none, or none that can be started.
    Absent,
    /// It said something else.
    Said(String),
}

/// Asks a tool for its version, where it would run: rustup chooses by folder.
fn version(subject: &Subject<'_>, program: OsString) -> Result<String, Fault> {
    let output = Command::new(program).arg("--version").current_dir(subject.here).output();
    let output = output.map_err(|_| Fault::Absent)?;
    let said = || Fault::Said(String::from_utf8_lossy(&output.stderr).into_owned());
    let text = std::str::from_utf8(&output.stdout).ok().filter(|_| output.status.success());
    text.and_then(|text| text.split_whitespace().nth(1)).map(str::to_owned).ok_or_else(said)
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

fn judge(name: &str, version: &Result<String, Fault>) -> Option<Finding> {
    let version = match version {
        Ok(version) => version,
        Err(fault) => return Some(does_not_run(name, fault)),
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

/// Says what keeps a tool from running. One that speaks is there, and knows best; most often it is rustup's link.
fn does_not_run(name: &str, fault: &Fault) -> Finding {
    let said = match fault {
        Fault::Absent => "",
        Fault::Said(text) => text.trim(),
    };
    let first = said.lines().find(|line| line.starts_with("error:")).or_else(|| said.lines().next());
    let why = first.map_or(String::new(), |line| format!(": {}", line.trim_start_matches("error:").trim()));
    let finding = Finding::problem(NAME, format!("`{name}` does not run{why}"));
    match fault {
        Fault::Absent => finding.fix("install Rust: https://rustup.rs"),
        Fault::Said(_) if said.contains("no default is configured") => finding
            .fix("rustup default stable; or, if there are toolchains, set `RUSTUP_HOME` to their folder"),
        Fault::Said(_) if said.contains("is not installed") => finding.fix("rustup toolchain install"),
        Fault::Said(_) => finding.fix(format!("find out why `{name} --version` fails")),
    }
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
        let judge = |version: &str| judge("rustc", &Ok(version.to_owned()));
        assert_eq!(judge("1.95.0"), None);
        assert_eq!(judge("1.97.0-nightly"), None);
        assert_eq!(judge("odd"), None);
        assert_eq!(judge("1.79.0").unwrap().severity, Severity::Problem);
    }

    #[test]
    fn what_keeps_a_tool_from_running() {
        let judged = |fault| {
            let finding = judge("cargo", &Err(fault)).unwrap();
            assert_eq!(finding.severity, Severity::Problem);
            (finding.detail, finding.fix.unwrap())
        };
        let (detail, fix) = judged(Fault::Absent);
        assert_eq!((&*detail, &*fix), ("`cargo` does not run", "install Rust: https://rustup.rs"));
        let said = |text: &str| judged(Fault::Said(text.to_owned()));
        let (detail, fix) = said("error: rustup could not choose, and no default is configured.\nhelp: x\n");
        assert_eq!(detail, "`cargo` does not run: rustup could not choose, and no default is configured.");
        assert!(fix.starts_with("rustup default stable") && fix.contains("RUSTUP_HOME"), "{fix}");
        let (detail, fix) = said("info: x\nerror: toolchain 'y' is not installed\n");
        assert_eq!(
            (&*detail, &*fix),
            ("`cargo` does not run: toolchain 'y' is not installed", "rustup toolchain install")
        );
        assert_eq!(said("").1, "find out why `cargo --version` fails");
    }
}
