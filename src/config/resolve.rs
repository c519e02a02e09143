//! Decides each setting: environment over project file over user file over default.
//!
//! Owns the order, the places of the files, and the few values that depend on others. Never shows or edits
//! anything. This is on the wrapper's fast path: it looks variables up and opens two files at most.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::error::{ConfigError, Warning};
use super::file;
use super::keys::{self, KEYS};
use super::kind::{self, Kind};
use super::settings::{Credentials, RemoteType, Settings};
use crate::env::{self, Env};

/// The settings, and how they came about.
#[derive(Clone, Debug)]
pub struct Resolved {
    /// What to do.
    pub settings: Settings,
    /// What is odd about it.
    pub warnings: Vec<Warning>,
    /// The user's file, whether it exists or not; `None` without a home folder.
    pub user_file: Option<PathBuf>,
    /// The project's file, whether it exists or not; `None` outside a project.
    pub project_file: Option<PathBuf>,
    /// Who decided each row of [`KEYS`].
    pub(super) origins: Vec<Origin>,
}

/// Who decided a setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Nobody.
    Default,
    /// The user's file.
    User,
    /// The project's file.
    Project,
    /// A variable.
    Env,
}

/// Resolves the settings; `project_root` is the workspace root, where it is known.
pub fn resolve(env: &Env, project_root: Option<&Path>) -> Result<Resolved, ConfigError> {
    let home = env.home();
    let mut resolved = Resolved::built_in(env, home.as_deref(), project_root)?;
    resolved.lay_user_file_over(env, home.as_deref())?;
    resolved.lay_project_file_over(home.as_deref())?;
    if let Some(error) = resolved.lay_variables_over(env, home.as_deref()).into_iter().next() {
        return Err(error);
    }
    resolved.read_credentials(env)?;
    resolved.complete(env)?;
    Ok(resolved)
}

/// What the settings would be with another user file.
#[derive(Debug)]
pub struct Preview {
    /// As all layers have them.
    pub resolved: Resolved,
    /// As that file alone has them.
    pub own: Resolved,
    /// What is wrong with the layers above that file. Their invalid values are left out.
    pub problems: Vec<ConfigError>,
}

/// Resolves the settings as if `text` stood in the user's file.
pub fn preview(env: &Env, project_root: Option<&Path>, text: &str) -> Result<Preview, ConfigError> {
    let home = env.home();
    let path = user_file_path(env)?;
    let mut own = Resolved::built_in(env, home.as_deref(), project_root)?;
    file::lay_text_over(&mut own, &path, text, Origin::User, home.as_deref())?;

    let mut resolved = own.clone();
    let mut problems = Vec::new();
    problems.extend(resolved.lay_project_file_over(home.as_deref()).err());
    problems.extend(resolved.lay_variables_over(env, home.as_deref()));
    problems.extend(resolved.read_credentials(env).err());
    own.complete(env)?;
    resolved.complete(env)?;
    Ok(Preview { resolved, own, problems })
}

/// Returns the settings as they are without files and variables of ours.
pub(super) fn defaults(env: &Env) -> Result<Settings, ConfigError> {
    let mut resolved = Resolved::built_in(env, env.home().as_deref(), None)?;
    resolved.complete(env)?;
    Ok(resolved.settings)
}

/// Returns the user's settings file, whether it exists or not.
pub fn user_file_path(env: &Env) -> Result<PathBuf, ConfigError> {
    let located = locate_user_file(env, env.home().as_deref())?;
    located.ok_or(ConfigError::NoHome { wanted: "the settings file", variable: env::KACHE_CONFIG })
}

/// Returns the settings file of the project whose workspace root is `root`.
pub fn project_file_path(root: &Path) -> PathBuf {
    root.join(".config").join("kache.toml")
}

/// Returns where the cache is when no setting says so.
///
/// It is also where to leave a note when the settings are invalid.
pub fn default_cache_dir(env: &Env) -> Result<PathBuf, ConfigError> {
    let base = env.absolute(env::XDG_CACHE_HOME).or_else(|| Some(env.home()?.join(".cache")));
    let missing = ConfigError::NoHome { wanted: "the cache", variable: env::KACHE_CACHE_DIR };
    base.map(|base| base.join("kache")).ok_or(missing)
}

fn locate_user_file(env: &Env, home: Option<&Path>) -> Result<Option<PathBuf>, ConfigError> {
    if let Some(raw) = env.get(env::KACHE_CONFIG) {
        let path = kind::absolute(&raw, home);
        return path.map(Some).ok_or_else(|| invalid_variable(env::KACHE_CONFIG, &raw));
    }
    let base = env.absolute(env::XDG_CONFIG_HOME).or_else(|| Some(home?.join(".config")));
    Ok(base.map(|base| base.join("kache").join("config.toml")))
}

impl Resolved {
    /// Returns who decided the setting called `path` in files.
    pub fn origin(&self, path: &str) -> Option<Origin> {
        keys::position(path).map(|index| self.origins[index])
    }

    /// Starts from the built-in values.
    fn built_in(env: &Env, home: Option<&Path>, project_root: Option<&Path>) -> Result<Self, ConfigError> {
        let mut resolved = Self {
            settings: Settings::new(PathBuf::new()),
            warnings: Vec::new(),
            user_file: locate_user_file(env, home)?,
            project_file: project_root.map(project_file_path),
            origins: vec![Origin::Default; KEYS.len()],
        };
        if env.in_ci() {
            resolved.settings.upload_wait = Duration::from_mins(1);
        }
        Ok(resolved)
    }

    fn lay_user_file_over(&mut self, env: &Env, home: Option<&Path>) -> Result<(), ConfigError> {
        let Some(path) = self.user_file.clone() else { return Ok(()) };
        let found = file::lay_over(self, &path, Origin::User, home)?;
        if !found && env.get(env::KACHE_CONFIG).is_some() {
            self.warnings.push(Warning::NoSuchConfig { path });
        }
        Ok(())
    }

    fn lay_project_file_over(&mut self, home: Option<&Path>) -> Result<(), ConfigError> {
        let Some(path) = self.project_file.clone() else { return Ok(()) };
        file::lay_over(self, &path, Origin::Project, home).map(drop)
    }

    /// Takes over all variables that can be read, and returns what is wrong with the others.
    fn lay_variables_over(&mut self, env: &Env, home: Option<&Path>) -> Vec<ConfigError> {
        let mut problems = Vec::new();
        for (key, origin) in KEYS.iter().zip(&mut self.origins) {
            let Some(name) = key.variable.filter(|_| !matches!(key.kind, Kind::Apart(_))) else { continue };
            let Some(raw) = env.get(name) else { continue };
            if !key.kind.read_variable(&mut self.settings, &raw, home) {
                problems.push(invalid_variable(name, &raw));
            } else if let Some(bytes) = raw.to_str().and_then(|text| key.kind.few_bytes(text)) {
                self.warnings.push(Warning::FewBytes { name, bytes, at: None });
            }
            *origin = Origin::Env;
        }
        problems
    }

    /// Takes the explicit credentials if they are whole; half of them is a warning.
    fn read_credentials(&mut self, env: &Env) -> Result<(), ConfigError> {
        let secret = |name| {
            let value =
                env.get(name).map(|raw| raw.into_string().map_err(|raw| invalid_variable(name, &raw)));
            value.transpose()
        };
        let access_key = secret(env::KACHE_S3_ACCESS_KEY)?;
        let secret_key = secret(env::KACHE_S3_SECRET_KEY)?;
        let session_token = secret(env::KACHE_S3_SESSION_TOKEN)?;

        let half = match (access_key, secret_key, session_token) {
            (Some(access_key), Some(secret_key), session_token) => {
                self.settings.remote.credentials =
                    Some(Credentials { access_key, secret_key, session_token });
                None
            }
            (Some(_), None, _) => Some((env::KACHE_S3_ACCESS_KEY, env::KACHE_S3_SECRET_KEY)),
            (None, Some(_), _) => Some((env::KACHE_S3_SECRET_KEY, env::KACHE_S3_ACCESS_KEY)),
            (None, None, Some(_)) => Some((env::KACHE_S3_SESSION_TOKEN, env::KACHE_S3_ACCESS_KEY)),
            (None, None, None) => None,
        };
        self.warnings.extend(half.map(|(set, missing)| Warning::HalfCredentials { set, missing }));
        Ok(())
    }

    /// Fills in what depends on other values.
    fn complete(&mut self, env: &Env) -> Result<(), ConfigError> {
        if self.settings.cache_dir.as_os_str().is_empty() {
            self.settings.cache_dir = default_cache_dir(env)?;
        }
        if self.settings.remote.kind == RemoteType::Dir && self.settings.remote.path.is_none() {
            self.warnings.push(Warning::NoRemotePath);
        }
        Ok(())
    }
}

fn invalid_variable(name: &str, raw: &OsStr) -> ConfigError {
    let key = KEYS.iter().find(|key| key.variable == Some(name)).expect("the table holds every variable");
    let must_be_text = !matches!(key.kind, Kind::Folder(_) | Kind::File(_) | Kind::Apart(_));
    let expected = match raw.to_str() {
        None if must_be_text => "UTF-8 text".into(),
        _ => key.kind.expected(),
    };
    let value = if key.secret { "…".into() } else { raw.to_string_lossy() };
    ConfigError::Value { value: value.into(), name: name.to_owned(), expected: expected.into(), at: None }
}
