//! Target directories for tests.

use std::path::{Path, PathBuf};

use super::find::{Found, Scope, Target, find};
use crate::env::Env;
use crate::fs;

/// A folder with projects.
pub(super) struct Scratch {
    _dir: tempfile::TempDir,
    pub(super) base: PathBuf,
}

impl Scratch {
    pub(super) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let base = dir.path().canonicalize().unwrap();
        Self { _dir: dir, base }
    }

    pub(super) fn path(&self, path: impl AsRef<Path>) -> PathBuf {
        self.base.join(path)
    }

    /// Writes a file with its folders.
    pub(super) fn file(&self, path: impl AsRef<Path>, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path
    }

    /// Makes a project with a target directory that was built in.
    pub(super) fn project(&self, place: &str) -> PathBuf {
        self.file(format!("{place}/Cargo.toml"), "");
        self.target(&format!("{place}/target"))
    }

    /// Makes a target directory as cargo does.
    pub(super) fn target(&self, place: &str) -> PathBuf {
        self.file(format!("{place}/CACHEDIR.TAG"), "Signature: 8a477f597d28d172789f06886806bc55\n");
        self.file(format!("{place}/.rustc_info.json"), "{}");
        self.file(format!("{place}/debug/.cargo-lock"), "");
        self.file(format!("{place}/debug/deps/libapp.rlib"), [1; 9000]);
        self.path(place)
    }

    pub(super) fn find_with(&self, variables: &[(&str, &str)], precious: &[&str]) -> Found {
        let home = [("CARGO_HOME", self.path("no-home").to_str().unwrap().to_owned())];
        let home = home.iter().map(|(name, value)| (*name, value.as_str()));
        let env = Env::from_pairs(home.chain(variables.iter().copied()));
        let precious = precious.iter().map(|path| self.path(path)).collect();
        find(&Scope { root: self.path("work"), env: &env, precious }).unwrap()
    }

    pub(super) fn find(&self) -> Vec<Target> {
        self.find_with(&[], &[]).targets
    }

    /// The paths found, below the folder.
    pub(super) fn paths(&self, found: &[Target]) -> Vec<String> {
        let path = |target: &Target| target.path.strip_prefix(&self.base).unwrap().display().to_string();
        found.iter().map(path).collect()
    }
}
