//! A machine for tests: a home folder, a search path and a workspace, all made up.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use super::{Finding, Severity, Subject};
use crate::config::{self, ConfigError, Resolved};
use crate::env::Env;
use crate::fs;

pub(super) struct Machine {
    pub(super) dir: tempfile::TempDir,
    variables: Vec<(String, String)>,
}

impl Machine {
    pub(super) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut machine = Self { dir, variables: Vec::new() };
        for folder in ["bin", "home/.cargo", "work/.cargo"] {
            fs::create_dir_all(&machine.path(folder)).unwrap();
        }
        for (name, folder) in [("HOME", "home"), ("PATH", "bin"), ("CARGO_HOME", "home/.cargo")] {
            let folder = machine.path(folder);
            machine.set(name, &folder.display().to_string());
        }
        machine
    }

    pub(super) fn path(&self, relative: &str) -> PathBuf {
        self.dir.path().join(relative)
    }

    pub(super) fn set(&mut self, name: &str, value: &str) {
        self.variables.push((name.into(), value.into()));
    }

    pub(super) fn file(&self, relative: &str, text: &str) -> PathBuf {
        let path = self.path(relative);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path
    }

    pub(super) fn program(&self, relative: &str) -> PathBuf {
        let path = self.file(relative, "#!/bin/sh\n");
        path.metadata().unwrap().permissions().set_mode(0o755);
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        path
    }

    /// Runs a check; the running program is `bin/cargo-kache`.
    pub(super) fn check(&self, check: impl FnOnce(&Subject<'_>) -> Vec<Finding>) -> Vec<Finding> {
        self.with(check)
    }

    /// Runs something on this machine.
    pub(super) fn with<T>(&self, run: impl FnOnce(&Subject<'_>) -> T) -> T {
        let env = Env::from_pairs(self.variables.clone());
        let settings: Result<Resolved, ConfigError> = config::resolve(&env, None);
        let (here, program) = (self.path("work"), self.path("bin/cargo-kache"));
        run(&Subject { env: &env, here: &here, program: Some(&program), settings: &settings })
    }
}

/// Returns what was found, in short.
pub(super) fn found(findings: &[Finding]) -> Vec<(Severity, &str)> {
    findings.iter().map(|finding| (finding.severity, &*finding.detail)).collect()
}

/// Returns the severities alone.
pub(super) fn severities(findings: &[Finding]) -> Vec<Severity> {
    findings.iter().map(|finding| finding.severity).collect()
}

pub(super) fn shown(path: &Path) -> String {
    path.display().to_string()
}
