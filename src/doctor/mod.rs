//! Whether everything is set up: looks at everything, changes nothing.
//!
//! Owns the checks, one function each, and the text in which their findings are shown. Never prints, and never starts
//! a program but `cargo` and `rustc` to ask for their versions.
//!
//! | check | file |
//! |---|---|
//! | binary | [`binary`] |
//! | wrapper | [`wrapper`] |
//! | settings | [`settings`] |
//! | store | [`store`] |
//! | sccache, shell | [`sccache`], [`shell`] |
//! | remote, daemon | [`remote`] |
//! | system | [`system`] |

mod binary;
mod cargo_config;
#[cfg_attr(not(feature = "daemon"), path = "no_remote.rs")]
mod remote;
mod sccache;
mod settings;
mod shell;
mod store;
mod system;
mod wrapper;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::config::{ConfigError, Resolved};
use crate::env::{self, Env};
use crate::quantity::count;

/// What is looked at.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// The environment.
    pub env: &'a Env,
    /// The current folder: cargo's configuration depends on it.
    pub here: &'a Path,
    /// The running program.
    pub program: Option<&'a Path>,
    /// The settings, or what is wrong with them.
    pub settings: &'a Result<Resolved, ConfigError>,
}

/// What a check found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The check.
    pub name: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// What there is.
    pub detail: String,
    /// What to do about it.
    pub fix: Option<String>,
}

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// All is well.
    Ok,
    /// Could be better.
    Note,
    /// Does not work.
    Problem,
}

impl Finding {
    fn new(name: &'static str, severity: Severity, detail: impl Into<String>) -> Self {
        Self { name, severity, detail: detail.into(), fix: None }
    }

    fn ok(name: &'static str, detail: impl Into<String>) -> Self {
        Self::new(name, Severity::Ok, detail)
    }

    fn note(name: &'static str, detail: impl Into<String>) -> Self {
        Self::new(name, Severity::Note, detail)
    }

    fn problem(name: &'static str, detail: impl Into<String>) -> Self {
        Self::new(name, Severity::Problem, detail)
    }

    fn fix(mut self, fix: impl Into<String>) -> Self {
        self.fix = Some(fix.into());
        self
    }
}

/// All findings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Examination {
    /// Our version.
    pub version: &'static str,
    /// The compiler's, if there is one.
    pub rustc: Option<String>,
    /// What was found.
    pub findings: Vec<Finding>,
}

/// Runs all checks.
pub fn examine(subject: &Subject<'_>) -> Examination {
    let (system, rustc) = system::check(subject);
    let checks: [&[Finding]; 8] = [
        &binary::check(subject),
        &wrapper::check(subject),
        &settings::check(subject),
        &store::check(subject),
        &remote::check(subject),
        &sccache::check(subject),
        &system,
        &shell::check(subject),
    ];
    Examination { version: env!("CARGO_PKG_VERSION"), rustc, findings: checks.concat() }
}

/// Whether plain cargo, run here, uses the cache.
pub fn is_wrapped(subject: &Subject<'_>) -> bool {
    wrapper::check(subject).iter().all(|finding| finding.severity == Severity::Ok)
}

impl Examination {
    /// Returns the text for people.
    pub fn text(&self) -> String {
        let rustc = self.rustc.as_deref().unwrap_or("not found");
        let mut text = format!("cargo-kache {}, rustc {rustc}\n", self.version);
        let width = self.findings.iter().map(|finding| finding.name.len()).max().unwrap_or(0);
        for finding in &self.findings {
            let mark = match finding.severity {
                Severity::Ok => '✓',
                Severity::Note => '!',
                Severity::Problem => '✗',
            };
            let _ = writeln!(text, "  {mark} {:width$}  {}", finding.name, finding.detail);
            if let Some(fix) = &finding.fix {
                let _ = writeln!(text, "    → {}", fix.replace('\n', "\n      "));
            }
        }
        text + &self.verdict() + "\n"
    }

    fn verdict(&self) -> String {
        let number = |severity| self.findings.iter().filter(|f| f.severity == severity).count() as u64;
        let (problems, notes) = (number(Severity::Problem), number(Severity::Note));
        let parts = [(problems, "problem", "problems"), (notes, "note", "notes")];
        let parts = parts.into_iter().filter(|(number, ..)| *number > 0);
        let parts = parts.map(|(number, one, many)| count(number, one, many)).collect::<Vec<_>>();
        if parts.is_empty() { "All checks passed.".to_owned() } else { parts.join(", ") }
    }
}

/// Finds a program the way a shell does.
fn find_program(env: &Env, name: &str) -> Option<PathBuf> {
    let path = env.get(env::PATH)?;
    std::env::split_paths(&path).map(|dir| dir.join(name)).find(|file| crate::fs::is_program(file))
}

/// Whether both paths lead to the same file.
fn is_same_file(a: &Path, b: &Path) -> bool {
    matches!((a.canonicalize(), b.canonicalize()), (Ok(a), Ok(b)) if a == b)
}

#[cfg(test)]
mod testing;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn findings_are_shown_with_what_to_do() {
        let mut examination = Examination {
            version: "0.1.0",
            rustc: Some("1.95.0".into()),
            findings: vec![Finding::ok("binary", "/bin/cargo-kache")],
        };
        assert_eq!(
            examination.text(),
            "cargo-kache 0.1.0, rustc 1.95.0\n  ✓ binary  /bin/cargo-kache\nAll checks passed.\n"
        );
        examination.findings.push(Finding::note("store", "almost full").fix("run `cargo kache gc`"));
        examination.findings.push(Finding::problem("wrapper", "gone"));
        examination.findings.push(Finding::problem("wrapper", "gone too"));
        assert_eq!(
            examination.text(),
            "cargo-kache 0.1.0, rustc 1.95.0\n\
             \x20 ✓ binary   /bin/cargo-kache\n\
             \x20 ! store    almost full\n\
             \x20   → run `cargo kache gc`\n\
             \x20 ✗ wrapper  gone\n\
             \x20 ✗ wrapper  gone too\n\
             2 problems, 1 note\n"
        );
    }
}
