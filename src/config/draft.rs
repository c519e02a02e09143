//! Changes to the user's file that are not saved yet, and what they would do.
//!
//! Owns the way of a change from a person to the file: it is checked, shown among the other layers, and saved only if
//! nobody else changed the file meanwhile. A change back is none, so that the file then stays as it was, byte for
//! byte. Never writes but in [`Draft::save`] and [`Draft::save_over`], and never a file that did not parse.

#[cfg(all(test, unix))]
mod tests;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::edit::UserFile;
use super::error::ConfigError;
use super::keys::{self, KEYS, Key};
use super::resolve::{self, Origin, Preview, Resolved};
use super::settings::{RemoteType, Settings};
use crate::env::Env;

/// The user's file, changes to it, and all settings as they would be with them.
#[derive(Debug)]
pub struct Draft {
    env: Env,
    project_root: Option<PathBuf>,
    defaults: Settings,
    /// The file as it was read.
    read: UserFile,
    /// The settings that it alone makes.
    before: Resolved,
    /// By row of the table: the new value, or none to take the key out.
    changes: Changes,
    /// The file with the changes.
    changed: UserFile,
    preview: Preview,
}

type Changes = BTreeMap<usize, Option<String>>;

/// One setting as the changes would make it.
#[derive(Clone, Debug)]
pub struct Setting {
    /// Its row in the table.
    pub key: &'static Key,
    /// The value in effect; `None` if it has none, or is secret.
    pub value: Option<String>,
    /// Who decided it.
    pub from: Origin,
    /// The value in the user's file.
    pub own: Option<String>,
    /// The value if nobody decides it.
    pub default: Option<String>,
    /// Whether there is a change that is not saved.
    pub changed: bool,
    /// The variable that decided it, with its value as it is; `…` for a secret.
    pub locked: Option<(&'static str, String)>,
    /// Why that variable cannot be used.
    pub problem: Option<String>,
}

/// How saving went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Saved {
    /// The file holds the changes.
    Done,
    /// There were none.
    Nothing,
    /// Nothing was written: somebody else changed the file since it was read.
    Stale,
}

/// What makes no sense without a bucket.
const ABOUT_BUCKETS: [&str; 4] =
    ["cache.remote.endpoint", "cache.remote.region", "cache.remote.prefix", "cache.remote.profile"];

impl Draft {
    /// Reads the user's file, which need not exist. One that is invalid is an error.
    pub fn open(env: &Env, project_root: Option<&Path>) -> Result<Self, ConfigError> {
        let read = UserFile::open(&resolve::user_file_path(env)?)?;
        let preview = resolve::preview(env, project_root, read.text())?;
        Ok(Self {
            env: env.clone(),
            project_root: project_root.map(Path::to_owned),
            defaults: resolve::defaults(env)?,
            before: preview.own.clone(),
            changes: BTreeMap::new(),
            changed: read.clone(),
            read,
            preview,
        })
    }

    /// Returns where the file is.
    pub fn path(&self) -> &Path {
        self.read.path()
    }

    /// Returns how many settings would change.
    pub fn changes(&self) -> usize {
        self.changes.len()
    }

    /// Returns every setting a file may hold, and those made by a variable only, if it is set.
    pub fn settings(&self) -> Vec<Setting> {
        (0..KEYS.len()).filter_map(|index| self.setting(index)).collect()
    }

    /// Returns what is odd about the settings, errors of other layers first.
    pub fn warnings(&self) -> Vec<String> {
        let problems = self.preview.problems.iter().map(ToString::to_string);
        problems.chain(self.preview.resolved.warnings.iter().map(ToString::to_string)).collect()
    }

    /// Sets a key, to be saved later. The default of a key that is not in the file is no change.
    pub fn set(&mut self, key: &str, value: &str) -> Result<(), ConfigError> {
        self.change(key, Some(value.to_owned()))
    }

    /// Takes a key out, to be saved later.
    pub fn unset(&mut self, key: &str) -> Result<(), ConfigError> {
        self.change(key, None)
    }

    /// Saves the changes, unless they make no sense or somebody else changed the file.
    pub fn save(&mut self) -> Result<Saved, ConfigError> {
        if self.changes.is_empty() {
            return Ok(Saved::Nothing);
        }
        self.check()?;
        if self.read.is_stale()? {
            return Ok(Saved::Stale);
        }
        self.changed.save()?;
        self.read = self.changed.clone();
        self.before = self.preview.own.clone();
        self.changes.clear();
        Ok(Saved::Done)
    }

    /// Reads the file anew, makes the changes in what it holds now, and saves that.
    pub fn save_over(&mut self) -> Result<Saved, ConfigError> {
        let mut now = Self::open(&self.env, self.project_root.as_deref())?;
        for (index, value) in &self.changes {
            now.change(path(*index), value.clone())?;
        }
        *self = now;
        self.save()
    }

    /// Reads the file anew and drops the changes.
    pub fn reload(&mut self) -> Result<(), ConfigError> {
        *self = Self::open(&self.env, self.project_root.as_deref())?;
        Ok(())
    }

    fn change(&mut self, key: &str, value: Option<String>) -> Result<(), ConfigError> {
        let row = keys::find(key)?;
        let index = keys::position(key).expect("what is found has a place");
        let unsets = value.is_none();
        let mut changes = self.changes.clone();
        changes.insert(index, value);
        let (mut changed, mut preview) = self.with(&changes)?;

        let same = row.kind.show(&preview.own.settings) == row.kind.show(&self.before.settings);
        let was_there = self.before.origins[index] == Origin::User;
        if same && !(unsets && was_there) {
            changes.remove(&index);
            (changed, preview) = self.with(&changes)?;
        }
        (self.changes, self.changed, self.preview) = (changes, changed, preview);
        Ok(())
    }

    /// Makes changes in what was read.
    fn with(&self, changes: &Changes) -> Result<(UserFile, Preview), ConfigError> {
        let mut file = self.read.clone();
        for (index, value) in changes {
            match value {
                Some(value) => file.set(path(*index), value)?,
                None => drop(file.unset(path(*index))?),
            }
        }
        let preview = resolve::preview(&self.env, self.project_root.as_deref(), file.text())?;
        Ok((file, preview))
    }

    /// Refuses what would be saved in vain.
    fn check(&self) -> Result<(), ConfigError> {
        let (remote, own) = (&self.preview.resolved.settings.remote, &self.preview.own);
        if remote.kind != RemoteType::S3 || remote.bucket.is_some() {
            return Ok(());
        }
        let differs = |key: &Key| key.kind.show(&own.settings) != key.kind.show(&self.defaults);
        let is_set =
            |path: &&str| own.origin(path) == Some(Origin::User) && keys::find(path).is_ok_and(differs);
        let keys = ABOUT_BUCKETS.into_iter().filter(is_set).collect::<Vec<_>>();
        if keys.is_empty() { Ok(()) } else { Err(ConfigError::NoBucket { keys }) }
    }

    fn setting(&self, index: usize) -> Option<Setting> {
        let key = &KEYS[index];
        let raw = key.variable.and_then(|name| Some((name, self.env.get(name)?)));
        if key.path.is_none() && raw.is_none() {
            return None;
        }
        let Preview { resolved, own, problems } = &self.preview;
        let shown = |raw: std::ffi::OsString| match key.secret {
            true => "…".to_owned(),
            false => raw.to_string_lossy().into_owned(),
        };
        let locked = raw.map(|(name, raw)| (name, shown(raw)));
        let problem = problems.iter().find_map(|problem| match problem {
            ConfigError::Value { name, expected, at: None, .. } if key.variable == Some(name) => {
                Some(format!("expected {expected}"))
            }
            _ => None,
        });
        Some(Setting {
            key,
            value: key.kind.show(&resolved.settings),
            from: if locked.is_some() { Origin::Env } else { resolved.origins[index] },
            own: key.kind.show(&own.settings).filter(|_| own.origins[index] == Origin::User),
            default: key.kind.show(&self.defaults),
            changed: self.changes.contains_key(&index),
            locked,
            problem,
        })
    }
}

/// Returns the key of a row that has a change.
fn path(index: usize) -> &'static str {
    KEYS[index].path.expect("only keys of files are changed")
}
