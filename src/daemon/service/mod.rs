//! The daemon as a service of the user's login.
//!
//! Owns which file makes it one, what that file holds, and what is said to the service manager. Never needs root, and
//! never leaves a file behind that the manager did not take.
//!
//! The file holds the program's path and the settings that came from variables, so that the service has the store and
//! the remote of whoever installed it. Secrets are never among them: a service takes its credentials from the profile
//! or from the default chain.

pub mod launchd;
pub mod systemd;

use std::ffi::OsString;
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use crate::config::KEYS;
use crate::env::{self, Env};
use crate::fs::{self, OrAbsent as _, PathError};

/// Words that make this program the daemon of a service.
const WORDS: [&str; 3] = ["daemon", "run", "--service"];

/// Variables that are settings of one call, and no concern of a service.
const OF_A_CALL: &[&str] =
    &[env::KACHE_REPORT, env::KACHE_REPORT_FILE, env::KACHE_RECACHE, env::KACHE_VERIFY, env::KACHE_DISABLED];

/// Variables besides ours that decide where things are, and how a remote is reached. None of them holds a secret.
const OTHERS: &[&str] = &[
    env::XDG_CACHE_HOME,
    env::XDG_CONFIG_HOME,
    env::AWS_PROFILE,
    env::AWS_CONFIG_FILE,
    env::AWS_SHARED_CREDENTIALS_FILE,
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
    "AWS_CA_BUNDLE",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
];

/// Variables that hold a secret or go with one.
const SECRETS: &[&str] = &[
    env::KACHE_S3_ACCESS_KEY,
    env::KACHE_S3_SECRET_KEY,
    env::KACHE_S3_SESSION_TOKEN,
    env::AWS_ACCESS_KEY_ID,
    env::AWS_SECRET_ACCESS_KEY,
    env::AWS_SESSION_TOKEN,
];

/// What a service runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    /// This program.
    pub program: PathBuf,
    /// Its variables.
    pub variables: Vec<(OsString, OsString)>,
}

/// What came of an installation.
#[derive(Debug)]
pub struct Installed {
    /// The file.
    pub path: PathBuf,
    /// What went wrong without harm.
    pub warnings: Vec<String>,
}

/// Why a service is not installed.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// There is no folder for it.
    #[error("no home folder is known: set `HOME`")]
    NoHome,
    /// A file could not be used.
    #[error(transparent)]
    Path(#[from] PathError),
    /// The manager is not there.
    #[error("failed to run `{0}`")]
    NoManager(String, #[source] io::Error),
    /// The manager refused.
    #[error("`{command}` failed: {message}")]
    Refused {
        /// What was asked.
        command: String,
        /// What it said.
        message: String,
    },
    /// The file can't hold this value.
    #[error("a service file cannot hold `{0}`")]
    Unwritable(String),
}

impl Service {
    /// Describes the service of this program with the settings that variables name now.
    pub fn new(program: &Path, env: &Env) -> Self {
        let keys = KEYS.iter().filter(|key| !key.secret).filter_map(|key| key.variable);
        let names = keys.filter(|name| !OF_A_CALL.contains(name)).chain(OTHERS.iter().copied());
        let variables = names.filter_map(|name| Some((name.into(), env.get(name)?))).collect();
        Self { program: program.to_owned(), variables }
    }
}

/// Returns where the file of the service is, installed or not. `None` without a home folder.
pub fn path(env: &Env) -> Option<PathBuf> {
    if cfg!(target_os = "macos") { launchd::path(env) } else { systemd::path(env) }
}

/// Returns the file of the service, if it is installed.
pub fn installed(env: &Env) -> Option<PathBuf> {
    path(env).filter(|path| path.symlink_metadata().is_ok())
}

/// Reads back what an installed file says. `None`: it is not as it is written here.
pub fn read(path: &Path) -> Option<Service> {
    let text = fs::read_to_string(path).ok()?;
    if cfg!(target_os = "macos") { launchd::read(&text) } else { systemd::read(&text) }
}

/// Installs and starts the service, or brings the installed one up to date.
pub fn install(service: &Service, env: &Env) -> Result<Installed, ServiceError> {
    let path = path(env).ok_or(ServiceError::NoHome)?;
    let installed = if cfg!(target_os = "macos") {
        launchd::install(service, path)
    } else {
        systemd::install(service, path)
    };
    let mut installed = installed?;
    installed.warnings.extend(lacking(env));
    Ok(installed)
}

/// Says which credentials the service will not have.
fn lacking(env: &Env) -> Option<String> {
    let set = SECRETS.iter().filter(|name| env.get(name).is_some());
    let names = set.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    (!names.is_empty()).then(|| format!("the service does not get {names}: put credentials into a profile"))
}

/// Stops and removes the service. `None`: it was not installed.
pub fn uninstall(env: &Env) -> Result<Option<Installed>, ServiceError> {
    let Some(path) = installed(env) else { return Ok(None) };
    let removed = if cfg!(target_os = "macos") { launchd::uninstall(path) } else { systemd::uninstall(path) };
    removed.map(Some)
}

/// A file of a service that is being replaced.
struct Replaced {
    path: PathBuf,
    before: Option<Vec<u8>>,
}

impl Replaced {
    /// Writes the file in one go, and remembers what it held.
    fn with(path: PathBuf, text: &[u8]) -> Result<Self, PathError> {
        let before = fs::read(&path).or_absent()?;
        let folder = path.parent().expect("it is a file in a folder");
        fs::create_dir_all(folder)?;
        let beside = folder.join(format!(".cargo-kache.{}", std::process::id()));
        fs::write(&beside, text)?;
        fs::rename(&beside, &path)?;
        Ok(Self { path, before })
    }

    /// Puts back what the file held, or removes it.
    fn undo(&self) -> Result<(), PathError> {
        match &self.before {
            Some(text) => fs::write(&self.path, text),
            None => fs::remove_file(&self.path).map(drop),
        }
    }
}

/// Runs a manager's command to its end. What it says is for us.
fn ask(program: &str, words: &[&str]) -> Result<(), ServiceError> {
    let shown = || std::iter::once(program).chain(words.iter().copied()).collect::<Vec<_>>().join(" ");
    let output = Command::new(program).args(words).stdin(Stdio::null()).output();
    let output = output.map_err(|error| ServiceError::NoManager(program.to_owned(), error))?;
    if output.status.success() {
        return Ok(());
    }
    Err(ServiceError::Refused { command: shown(), message: said(&output) })
}

/// Returns what a command said on one line, or how it ended.
fn said(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stderr);
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("; ");
    if lines.is_empty() { output.status.to_string() } else { lines }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_has_the_settings_of_its_installer_and_no_secret() {
        let env = Env::from_pairs([
            (env::KACHE_CACHE_DIR, "/c"),
            (env::KACHE_S3_BUCKET, "b"),
            (env::KACHE_S3_ACCESS_KEY, "hush"),
            (env::KACHE_S3_SECRET_KEY, "hush"),
            (env::KACHE_S3_SESSION_TOKEN, "hush"),
            (env::AWS_SECRET_ACCESS_KEY, "hush"),
            (env::KACHE_REPORT, "full"),
            (env::XDG_CONFIG_HOME, "/x"),
            (env::AWS_PROFILE, "p"),
        ]);
        let service = Service::new(Path::new("/p"), &env);
        let names = service.variables.iter().map(|(name, _)| name.to_str().unwrap()).collect::<Vec<_>>();
        assert_eq!(
            names,
            [env::KACHE_CACHE_DIR, env::KACHE_S3_BUCKET, env::XDG_CONFIG_HOME, env::AWS_PROFILE]
        );
        assert!(service.variables.iter().all(|(_, value)| value != "hush"));
        let warning = lacking(&env).unwrap();
        assert!(warning.contains("`KACHE_S3_SECRET_KEY`") && warning.contains("`AWS_SECRET_ACCESS_KEY`"));
        assert!(!warning.contains("hush"));
        assert_eq!(lacking(&Env::from_pairs([(env::AWS_PROFILE, "p")])), None);
    }

    #[test]
    fn a_replaced_file_comes_back() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a/unit");
        let first = Replaced::with(path.clone(), b"one").unwrap();
        let second = Replaced::with(path.clone(), b"two").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        second.undo().unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"one");
        first.undo().unwrap();
        assert_eq!(fs::list(path.parent().unwrap()).unwrap().len(), 0);
    }
}
