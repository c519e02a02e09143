//! Changes to the user's file that are not saved yet, and what they would do.
//!
//! Owns the way of a change from a person to the file: it is checked, shown among the other layers, and saved only if
//! nobody else changed the file meanwhile. A change back is none, so that the file then stays as it was, byte for
//! byte. Never writes but in [`Draft::save`] and [`Draft::save_over`], and never a file that did not parse.

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
    /// By key: the new value, or none to take the key out.
    changes: BTreeMap<&'static str, Option<String>>,
    /// The file with the changes.
    changed: UserFile,
    preview: Preview,
}

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
        self.reload()?;
        Ok(Saved::Done)
    }

    /// Reads the file anew, makes the changes in what it holds now, and saves that.
    pub fn save_over(&mut self) -> Result<Saved, ConfigError> {
        let mut now = Self::open(&self.env, self.project_root.as_deref())?;
        for (key, value) in &self.changes {
            now.change(key, value.clone())?;
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
        let path = row.path.expect("what is found has a path");
        let unsets = value.is_none();
        let mut changes = self.changes.clone();
        changes.insert(path, value);
        let (mut changed, mut preview) = self.with(&changes)?;

        let same = row.kind.show(&preview.own.settings) == row.kind.show(&self.before.settings);
        let was_there = self.before.origin(path) == Some(Origin::User);
        if same && !(unsets && was_there) {
            changes.remove(path);
            (changed, preview) = self.with(&changes)?;
        }
        (self.changes, self.changed, self.preview) = (changes, changed, preview);
        Ok(())
    }

    /// Makes changes in what was read.
    fn with(
        &self,
        changes: &BTreeMap<&'static str, Option<String>>,
    ) -> Result<(UserFile, Preview), ConfigError> {
        let mut file = self.read.clone();
        for (key, value) in changes {
            match value {
                Some(value) => file.set(key, value)?,
                None => drop(file.unset(key)?),
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
            changed: key.path.is_some_and(|path| self.changes.contains_key(path)),
            locked,
            problem,
        })
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use crate::fs;

    const TEXT: &str = "# Mine.\n[cache]\nlocal_max_size = '10GB' # small\nfoo = 1\n";

    struct Home(tempfile::TempDir);

    impl Home {
        fn new(text: &str) -> Self {
            let home = Self(tempfile::tempdir().unwrap());
            home.write(text);
            home
        }

        fn path(&self) -> PathBuf {
            self.0.path().join("config.toml")
        }

        fn write(&self, text: &str) {
            fs::write(&self.path(), text).unwrap();
        }

        fn read(&self) -> String {
            fs::read_to_string(&self.path()).unwrap()
        }

        fn draft(&self, variables: &[(&str, &str)]) -> Result<Draft, ConfigError> {
            let (home, path) = (self.0.path().to_str().unwrap(), self.path());
            let own = [("HOME", home), ("KACHE_CONFIG", path.to_str().unwrap())];
            let env = Env::from_pairs(own.into_iter().chain(variables.iter().copied()));
            Draft::open(&env, Some(&self.0.path().join("project")))
        }
    }

    fn setting(draft: &Draft, name: &str) -> Setting {
        let is_it = |setting: &Setting| setting.key.path.or(setting.key.variable) == Some(name);
        draft.settings().into_iter().find(is_it).unwrap()
    }

    #[test]
    fn a_change_is_shown_before_it_is_saved() {
        let home = Home::new(TEXT);
        let mut draft = home.draft(&[]).unwrap();
        draft.set("cache.trace", "off").unwrap();
        draft.unset("cache.local_max_size").unwrap();
        let trace = setting(&draft, "cache.trace");
        assert_eq!((trace.value.as_deref(), trace.from, trace.changed), (Some("off"), Origin::User, true));
        let size = setting(&draft, "cache.local_max_size");
        assert_eq!((size.value.as_deref(), size.from, size.own), (Some("50GB"), Origin::Default, None));
        assert_eq!((draft.changes(), home.read()), (2, TEXT.to_owned()));

        assert_eq!(draft.save().unwrap(), Saved::Done);
        assert_eq!(home.read(), "# Mine.\n[cache]\nfoo = 1\ntrace = \"off\"\n");
        assert!(!setting(&draft, "cache.trace").changed);
        assert_eq!(draft.save().unwrap(), Saved::Nothing);
    }

    #[test]
    fn a_change_back_is_none() {
        let home = Home::new(TEXT);
        let mut draft = home.draft(&[]).unwrap();
        for (key, there, back) in [
            ("cache.local_max_size", "1GB", "10 GB"),
            ("cache.prefetch", "off", "on"),
            ("cache.bypass", "a", ""),
        ] {
            draft.set(key, there).unwrap();
            assert_eq!(draft.changes(), 1, "{key}");
            draft.set(key, back).unwrap();
            assert_eq!(draft.changes(), 0, "{key}");
        }
        draft.unset("cache.trace").unwrap();
        assert_eq!(draft.changes(), 0);
        // The default in the place of another value is a change, and so is taking it out.
        draft.set("cache.local_max_size", "50GB").unwrap();
        assert_eq!(draft.changes(), 1);
        draft.save().map(drop).unwrap();
        draft.unset("cache.local_max_size").unwrap();
        assert_eq!(draft.changes(), 1);
    }

    #[test]
    fn variables_lock_and_secrets_stay_hidden() {
        let home = Home::new(TEXT);
        let variables = [
            ("KACHE_MAX_SIZE", "2 GB"),
            ("KACHE_S3_SECRET_KEY", "hush"),
            ("KACHE_TRACE", "maybe"),
            ("KACHE_OFFLINE", "1"),
        ];
        let draft = home.draft(&variables).unwrap();
        let size = setting(&draft, "cache.local_max_size");
        assert_eq!(size.locked, Some(("KACHE_MAX_SIZE", "2 GB".to_owned())));
        assert_eq!((size.value.as_deref(), size.own.as_deref()), (Some("2GB"), Some("10GB")));
        let trace = setting(&draft, "cache.trace");
        assert_eq!(trace.problem.as_deref(), Some("expected `auto` or `off`"));
        assert_eq!(setting(&draft, "KACHE_OFFLINE").from, Origin::Env);
        assert_eq!(setting(&draft, "KACHE_S3_SECRET_KEY").locked, Some(("KACHE_S3_SECRET_KEY", "…".into())));
        assert!(!format!("{:?}", draft.settings()).contains("hush"));
        assert!(draft.settings().iter().all(|setting| setting.key.variable != Some("KACHE_LOG")));
        assert!(draft.warnings()[0].contains("`maybe`"), "{:?}", draft.warnings());
    }

    #[test]
    fn what_is_about_a_bucket_needs_one() {
        let home = Home::new("[cache.remote]\nregion = 'us-east-1'\n");
        let mut draft = home.draft(&[]).unwrap();
        draft.set("cache.remote.endpoint", "http://localhost").unwrap();
        draft.set("cache.remote.prefix", "x").unwrap();
        let error = draft.save().unwrap_err();
        assert_eq!(
            error.to_string(),
            "a remote needs a bucket: `cache.remote.endpoint`, `cache.remote.prefix` are set, but \
             `cache.remote.bucket` is not"
        );
        assert!(
            error.hint().unwrap().starts_with("set `cache.remote.bucket`, or unset `cache.remote.endpoint`")
        );
        assert_eq!(home.read(), "[cache.remote]\nregion = 'us-east-1'\n");
        draft.set("cache.remote.bucket", "b").unwrap();
        assert_eq!(draft.save().unwrap(), Saved::Done);

        // A bucket of another layer is one, and a folder needs none.
        let mut draft = home.draft(&[("KACHE_S3_BUCKET", "b")]).unwrap();
        draft.unset("cache.remote.bucket").unwrap();
        assert_eq!(draft.save().unwrap(), Saved::Done);
        let mut draft = home.draft(&[]).unwrap();
        draft.set("cache.remote.type", "dir").unwrap();
        assert_eq!(draft.save().unwrap(), Saved::Done);
    }

    #[test]
    fn changes_of_others_are_not_lost() {
        let home = Home::new(TEXT);
        let mut draft = home.draft(&[]).unwrap();
        draft.set("cache.local_max_size", "20GB").unwrap();
        let theirs = TEXT.replace("10GB", "11GB") + "trace = 'off'\n";
        home.write(&theirs);
        assert_eq!(draft.save().unwrap(), Saved::Stale);
        assert_eq!(home.read(), theirs);
        assert_eq!(draft.save_over().unwrap(), Saved::Done);
        assert_eq!(home.read(), theirs.replace("'11GB'", "\"20GB\""));

        draft.set("cache.trace", "auto").unwrap();
        home.write("[cache\n");
        assert_eq!(draft.save().unwrap(), Saved::Stale);
        assert!(matches!(draft.save_over(), Err(ConfigError::Parse { .. })));
        assert_eq!((home.read().as_str(), draft.changes()), ("[cache\n", 1));
        home.write("");
        draft.reload().unwrap();
        assert_eq!(draft.changes(), 0);
    }

    #[test]
    fn invalid_files_are_errors() {
        for text in ["[cache\n", "[cache]\ntrace = 3\n", "cache = 3\n"] {
            let home = Home::new(text);
            assert!(home.draft(&[]).is_err(), "{text}");
            assert_eq!(home.read(), text);
        }
    }
}
