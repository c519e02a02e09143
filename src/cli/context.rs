//! What every command starts from: the terminal, the settings, the store.
//!
//! Owns the order in which they come: settings first, then the guard against a damaged index, then the store.

use std::ffi::OsString;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use super::AFTER_DAMAGE;
use super::error::{CliError, Kind};
use crate::agent::Agent;
use crate::config::{self, Resolved, Settings};
use crate::env::Env;
use crate::fs;
use crate::store::guard::Guard;
use crate::store::layout::Layout;
use crate::store::{OpenError, Store};
use crate::term::Term;

/// What a command is given.
pub(super) struct Context {
    pub(super) term: Term,
    pub(super) env: Env,
    /// Our words, to run them again.
    pub(super) words: Vec<OsString>,
    /// Whether this run follows one that ended in a damaged index.
    pub(super) after_damage: bool,
}

/// The store, as the settings have it.
pub(super) struct Opened {
    pub(super) settings: Settings,
    pub(super) store: Store,
    /// Last, to outlive the store.
    _guard: Option<Guard>,
}

impl Context {
    /// Resolves the settings, and tells what is odd about them.
    pub(super) fn settings(&self) -> Result<Resolved, CliError> {
        let resolved = self.resolve()?;
        for warning in &resolved.warnings {
            self.term.warning(&warning.to_string());
        }
        Ok(resolved)
    }

    /// Resolves the settings.
    pub(super) fn resolve(&self) -> Result<Resolved, config::ConfigError> {
        resolve(&self.env, current_dir().ok().as_deref())
    }

    /// Returns the root of the workspace that the current folder lies in.
    #[cfg(feature = "tui")]
    pub(super) fn project_root(&self) -> Option<PathBuf> {
        project_root(&current_dir().ok()?)
    }

    /// Opens the store.
    pub(super) fn open(&self) -> Result<Opened, CliError> {
        let settings = self.settings()?.settings;
        let directory = settings.cache_dir.clone();
        let layout = Layout::new(directory.clone());
        let guard = self.guard(&layout);
        let store = Store::open(layout).map_err(|error| {
            let is_far = matches!(error, OpenError::NetworkFs(_));
            let cannot = format!("cannot open the store at {}", directory.display());
            let told = CliError::new(Kind::Failed, anyhow::Error::new(error).context(cannot));
            if is_far { told.hint("set `KACHE_CACHE_DIR` to a directory on a local disk") } else { told }
        })?;
        Ok(Opened { settings, store, _guard: guard })
    }

    /// Describes the daemon of these settings.
    pub(super) fn agent(&self, settings: &Settings) -> Result<Agent, CliError> {
        Ok(Agent::new(settings, &self.env, &this_program()?)?)
    }

    /// Whether the index has been marked as damaged.
    pub(super) fn index_is_bad(&self) -> bool {
        self.resolve().is_ok_and(|resolved| Layout::new(resolved.settings.cache_dir).index_is_bad().exists())
    }

    /// Becomes a new process with the same words. Returns only if that fails.
    pub(super) fn run_again(&self) {
        if let Ok(program) = std::env::current_exe() {
            let _ = Command::new(program).args(self.words_after_damage()).exec();
        }
    }

    fn words_after_damage(&self) -> Vec<OsString> {
        std::iter::once(OsString::from(AFTER_DAMAGE)).chain(self.words.iter().cloned()).collect()
    }

    /// Makes a crash in a damaged index start this command once more, with a new index.
    pub(super) fn guard(&self, layout: &Layout) -> Option<Guard> {
        let program = std::env::current_exe().ok()?;
        if self.after_damage {
            return Guard::exit(layout, Kind::Internal as i32);
        }
        Guard::become_program(layout, program.as_os_str(), &self.words_after_damage())
    }
}

/// Resolves the settings that count in a folder.
pub(super) fn resolve(env: &Env, here: Option<&Path>) -> Result<Resolved, config::ConfigError> {
    config::resolve(env, here.and_then(project_root).as_deref())
}

/// Returns the current folder.
pub(super) fn current_dir() -> Result<PathBuf, CliError> {
    std::env::current_dir().map_err(|error| {
        CliError::new(Kind::Failed, anyhow::Error::new(error).context("failed to find the current folder"))
    })
}

/// Returns the running program.
pub(super) fn this_program() -> Result<PathBuf, CliError> {
    std::env::current_exe().map_err(|error| {
        CliError::new(Kind::Failed, anyhow::Error::new(error).context("failed to find this program"))
    })
}

/// Returns the present time in milliseconds since the Unix epoch.
pub(super) fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// Finds the workspace that `here` lies in: the nearest manifest above that names one, else the nearest manifest.
fn project_root(here: &Path) -> Option<PathBuf> {
    let has_manifest = |dir: &&Path| dir.join("Cargo.toml").is_file();
    let names_workspace = |dir: &&Path| {
        let text = fs::read_to_string(&dir.join("Cargo.toml")).unwrap_or_default();
        text.parse::<toml_edit::DocumentMut>().is_ok_and(|manifest| manifest.contains_key("workspace"))
    };
    let mut manifests = here.ancestors().filter(has_manifest);
    let nearest = manifests.next()?;
    let root = std::iter::once(nearest).chain(manifests).find(names_workspace);
    Some(root.unwrap_or(nearest).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_member_lies_in_its_workspace() {
        let dir = tempfile::tempdir().unwrap();
        let member = dir.path().join("crates/app/src");
        fs::create_dir_all(&member).unwrap();
        fs::write(&dir.path().join("crates/app/Cargo.toml"), "[package]\nname = \"app\"").unwrap();
        assert_eq!(project_root(&member), Some(dir.path().join("crates/app")));
        fs::write(&dir.path().join("Cargo.toml"), "[workspace]\nmembers = [\"crates/*\"]").unwrap();
        assert_eq!(project_root(&member), Some(dir.path().to_owned()));
    }
}
