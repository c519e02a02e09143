//! What one run gave, and what may be demanded of it.
//!
//! A unit is named by its crate: `foo` for a library or macro, `foo build` for a build script of package `foo`, and
//! `bin foo`, `test foo`, `example foo`, `bench foo` for the others.

use std::os::unix::process::ExitStatusExt as _;
use std::process::Output;

use cargo_kache::event::{Bypass, MissReason, Outcome, Target, UnitEvent};

/// A finished run.
pub(crate) struct Run {
    /// The command, for messages of failed tests.
    pub(crate) command: String,
    /// The exit code, or 128 + signal.
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    /// The compiler calls that the run noted in the event log.
    pub(crate) units: Vec<UnitEvent>,
}

impl Run {
    pub(super) fn new(command: String, output: &Output, units: Vec<UnitEvent>) -> Self {
        let status = output.status;
        let code = status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or_default());
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Self { command, code, stdout: text(&output.stdout), stderr: text(&output.stderr), units }
    }

    /// Demands exit code 0.
    #[track_caller]
    pub(crate) fn success(&self) -> &Self {
        self.exits(0)
    }

    /// Demands cargo's exit code for a failed build.
    #[track_caller]
    pub(crate) fn fails(&self) -> &Self {
        self.exits(101)
    }

    /// Demands an exit code.
    #[track_caller]
    pub(crate) fn exits(&self, code: i32) -> &Self {
        assert_eq!(self.code, code, "{self}");
        self
    }

    /// Demands a piece of text on stderr.
    #[track_caller]
    pub(crate) fn stderr_has(&self, text: &str) -> &Self {
        assert!(self.stderr.contains(text), "no `{text}` in stderr of {self}");
        self
    }

    /// Demands that a piece of text is not on stderr.
    #[track_caller]
    pub(crate) fn stderr_lacks(&self, text: &str) -> &Self {
        assert!(!self.stderr.contains(text), "`{text}` in stderr of {self}");
        self
    }

    /// Demands a piece of text on stdout.
    #[track_caller]
    pub(crate) fn stdout_has(&self, text: &str) -> &Self {
        assert!(self.stdout.contains(text), "no `{text}` in stdout of {self}");
        self
    }

    /// Demands all of stdout.
    #[track_caller]
    pub(crate) fn stdout_is(&self, text: &str) -> &Self {
        assert_eq!(self.stdout, text, "stdout of {self}");
        self
    }

    /// Demands all of stderr.
    #[track_caller]
    pub(crate) fn stderr_is(&self, text: &str) -> &Self {
        assert_eq!(self.stderr, text, "stderr of {self}");
        self
    }

    /// Returns the object on stdout.
    #[track_caller]
    pub(crate) fn json(&self) -> serde_json::Value {
        match serde_json::from_str(&self.stdout) {
            Ok(value) => value,
            Err(error) => panic!("stdout is not one object: {error}: {self}"),
        }
    }

    /// Returns the report that `--report json` wrote as the last line of stderr.
    #[track_caller]
    pub(crate) fn report(&self) -> serde_json::Value {
        match serde_json::from_str(self.stderr.lines().last().unwrap_or_default()) {
            Ok(value) => value,
            Err(error) => panic!("no report at the end of stderr: {error}: {self}"),
        }
    }

    /// Demands this many hits.
    #[track_caller]
    pub(crate) fn hits(&self, count: usize) -> &Self {
        self.count("hits", count, |outcome| matches!(outcome, Outcome::Hit { .. }))
    }

    /// Demands this many misses, recorded or not.
    #[track_caller]
    pub(crate) fn misses(&self, count: usize) -> &Self {
        self.count("misses", count, |outcome| matches!(outcome, Outcome::Missed { .. }))
    }

    /// Demands this many bypasses.
    #[track_caller]
    pub(crate) fn bypasses(&self, count: usize) -> &Self {
        self.count("bypasses", count, |outcome| matches!(outcome, Outcome::Bypassed(_)))
    }

    /// Demands that nothing was asked of the cache.
    #[track_caller]
    pub(crate) fn no_units(&self) -> &Self {
        self.count("units", 0, |_| true)
    }

    #[track_caller]
    fn count(&self, what: &str, count: usize, is: impl Fn(&Outcome) -> bool) -> &Self {
        let found = self.units.iter().filter(|unit| is(&unit.outcome)).count();
        assert_eq!(found, count, "number of {what} in {self}");
        self
    }

    /// Demands that a unit was restored.
    #[track_caller]
    pub(crate) fn hit(&self, unit: &str) -> &Self {
        match self.outcome(unit) {
            Outcome::Hit { .. } => self,
            other => panic!("`{unit}` is no hit but {other:?} in {self}"),
        }
    }

    /// Demands that a unit was compiled and recorded.
    #[track_caller]
    pub(crate) fn missed(&self, unit: &str) -> &Self {
        match self.outcome(unit) {
            Outcome::Missed { not_recorded: None, .. } => self,
            other => panic!("`{unit}` was not compiled and recorded but {other:?} in {self}"),
        }
    }

    /// Demands that a unit was compiled and not recorded, for whatever reason (also one known beforehand).
    #[track_caller]
    pub(crate) fn not_recorded(&self, unit: &str) -> &Self {
        match self.outcome(unit) {
            Outcome::Missed { not_recorded: Some(_), .. } | Outcome::Bypassed(_) => self,
            other => panic!("`{unit}` was not kept from being recorded but {other:?} in {self}"),
        }
    }

    /// Demands that a unit was compiled, recorded or not.
    #[track_caller]
    pub(crate) fn compiled(&self, unit: &str) -> &Self {
        match self.outcome(unit) {
            Outcome::Missed { .. } | Outcome::Bypassed(_) => self,
            other => panic!("`{unit}` was not compiled but {other:?} in {self}"),
        }
    }

    /// Demands that a unit was compiled without the cache.
    #[track_caller]
    pub(crate) fn bypassed(&self, unit: &str) -> &Self {
        self.bypass(unit);
        self
    }

    /// Demands that the compiler refused a unit.
    #[track_caller]
    pub(crate) fn failed(&self, unit: &str) -> &Self {
        match self.outcome(unit) {
            Outcome::Failed { .. } => self,
            other => panic!("`{unit}` did not fail but {other:?} in {self}"),
        }
    }

    /// Returns why a unit was compiled without the cache, or why its result was not kept.
    #[track_caller]
    pub(crate) fn bypass(&self, unit: &str) -> &Bypass {
        match self.outcome(unit) {
            Outcome::Bypassed(why) | Outcome::Missed { not_recorded: Some(why), .. } => why,
            other => panic!("`{unit}` was not bypassed but {other:?} in {self}"),
        }
    }

    /// Returns why a unit missed.
    #[track_caller]
    pub(crate) fn reason(&self, unit: &str) -> &MissReason {
        match self.outcome(unit) {
            Outcome::Missed { reason, .. } => reason,
            other => panic!("`{unit}` did not miss but {other:?} in {self}"),
        }
    }

    /// Returns what came of the one unit of this name.
    #[track_caller]
    pub(crate) fn outcome(&self, unit: &str) -> &Outcome {
        let mut found = self.units.iter().filter(|event| name(event) == unit);
        match (found.next(), found.next()) {
            (Some(event), None) => &event.outcome,
            (None, _) => panic!("no unit `{unit}` in {self}"),
            _ => panic!("more than one unit `{unit}` in {self}"),
        }
    }
}

fn name(event: &UnitEvent) -> String {
    let unit = &event.unit;
    match &unit.target {
        Target::Lib | Target::ProcMacro => unit.crate_name.clone(),
        Target::BuildScript => format!("{} build", unit.package),
        Target::BuildScriptRun => format!("{} run", unit.package),
        Target::Bin(name) => format!("bin {name}"),
        Target::Test(name) => format!("test {name}"),
        Target::Example(name) => format!("example {name}"),
        Target::Bench(name) => format!("bench {name}"),
    }
}

impl std::fmt::Display for Run {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "\n{}\nexit code {}", self.command, self.code)?;
        for event in &self.units {
            writeln!(f, "  {:20} {:?}", name(event), event.outcome)?;
        }
        writeln!(f, "--- stdout\n{}--- stderr\n{}", self.stdout, self.stderr)
    }
}
