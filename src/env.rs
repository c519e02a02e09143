//! The environment: every variable this program reads, and the way to read one.
//!
//! Owns the names, so that a search for `KACHE_` in the code ends here. Never parses a value and never decides
//! what one means: that is for `config` and for the module that asks. Nothing below row 3 calls it.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::path::PathBuf;

/// Declares one constant per variable, and [`ALL`] with their first doc lines.
macro_rules! variables {
    ($(#[doc = $doc:literal] $name:ident,)*) => {
        $(#[doc = $doc] pub const $name: &str = stringify!($name);)*

        /// Every variable with what it is for, in the order of this file.
        pub const ALL: &[(&str, &str)] = &[$(($name, $doc.trim_ascii())),*];
    };
}

variables! {
    // Settings of ours. Each has a row in `config::KEYS`.
    /// Directory of the local store.
    KACHE_CACHE_DIR,
    /// Size above which the store is collected.
    KACHE_MAX_SIZE,
    /// Free disk space below which the store is collected.
    KACHE_MIN_FREE,
    /// Bucket of the remote; turns the remote on.
    KACHE_S3_BUCKET,
    /// Address of an S3 service other than AWS.
    KACHE_S3_ENDPOINT,
    /// Region of the bucket.
    KACHE_S3_REGION,
    /// Prefix of every object in the bucket.
    KACHE_S3_PREFIX,
    /// AWS profile that holds the credentials.
    KACHE_S3_PROFILE,
    /// Access key of an explicit pair of credentials.
    KACHE_S3_ACCESS_KEY,
    /// Secret key of an explicit pair of credentials.
    KACHE_S3_SECRET_KEY,
    /// Session token that belongs to the explicit pair.
    KACHE_S3_SESSION_TOKEN,
    /// S3 operations at once.
    KACHE_S3_CONCURRENCY,
    /// Whether the remote is only read.
    KACHE_S3_READONLY,
    /// Longest wait of one unit for the remote.
    KACHE_REMOTE_TIMEOUT,
    /// Ignores the remote.
    KACHE_OFFLINE,
    /// File of the key that signs what is pushed.
    KACHE_SIGNING_KEY,
    /// Whether executables and dynamic libraries are cached.
    KACHE_CACHE_EXECUTABLES,
    /// Whether gc removes incremental folders.
    KACHE_CLEAN_INCREMENTAL,
    /// Level of zstd compression.
    KACHE_COMPRESSION_LEVEL,
    /// Whether edited members compile incrementally.
    KACHE_INCREMENTAL,
    /// How outputs are put back.
    KACHE_RESTORE,
    /// Whether macros and build scripts are traced.
    KACHE_TRACE,
    /// Whether registry crates are shared between machines with another `CARGO_HOME`.
    KACHE_SHARE_HOMES,
    /// Wait for an equal compile on this machine.
    KACHE_LOCK_TIMEOUT,
    /// Text added to every key.
    KACHE_KEY_SALT,
    /// Variables (globs, separated by commas) added to every key.
    KACHE_KEY_ENV,
    /// Crates (globs, separated by commas) that are never cached.
    KACHE_BYPASS,
    /// Whether a build prefetches from the remote.
    KACHE_PREFETCH,
    /// Wait for the prefetch before cargo starts.
    KACHE_PREFETCH_WAIT,
    /// Bytes a build prefetches at most.
    KACHE_PREFETCH_MAX,
    /// Wait for uploads at the end of a build.
    KACHE_UPLOAD_WAIT,
    /// Style of the report after a build.
    KACHE_REPORT,
    /// File the report is also written to.
    KACHE_REPORT_FILE,
    /// Turns all caching off.
    KACHE_DISABLED,
    /// Ignores hits and records anew.
    KACHE_RECACHE,
    /// Compiles on a hit too, and compares; runs of build scripts are taken at their word.
    KACHE_VERIFY,
    /// Filter of the log on stderr.
    KACHE_LOG,
    /// File the log goes to.
    KACHE_LOG_FILE,
    /// Endpoint of the daemon.
    KACHE_SOCKET,
    /// Idle time after which a daemon started on demand ends.
    KACHE_DAEMON_IDLE,
    /// Settings file read instead of the user's.
    KACHE_CONFIG,

    // Ours, but no settings.
    /// Id of the running build, set by the front end for its wrappers.
    KACHE_BUILD,
    /// Pager for long output.
    KACHE_PAGER,

    // Cargo and rustc.
    /// Program to run as cargo.
    CARGO,
    /// Cargo's home folder.
    CARGO_HOME,
    /// Program to run as rustc.
    RUSTC,
    /// Wrapper around every rustc call.
    RUSTC_WRAPPER,
    /// Wrapper around the rustc calls of workspace members.
    RUSTC_WORKSPACE_WRAPPER,
    /// Cargo's own name for `RUSTC_WRAPPER`.
    CARGO_BUILD_RUSTC_WRAPPER,
    /// Target directory of cargo.
    CARGO_TARGET_DIR,
    /// Cargo's other name for `CARGO_TARGET_DIR`.
    CARGO_BUILD_TARGET_DIR,
    /// Directory of what cargo makes on the way.
    CARGO_BUILD_BUILD_DIR,
    /// When cargo's output is coloured.
    CARGO_TERM_COLOR,
    /// Whether cargo is quiet.
    CARGO_TERM_QUIET,

    // Where and for whom we run.
    /// Home folder of the user.
    HOME,
    /// Home folder of the user on Windows.
    USERPROFILE,
    /// Base folder of settings.
    XDG_CONFIG_HOME,
    /// Base folder of caches.
    XDG_CACHE_HOME,
    /// Base folder of sockets and other short-lived files.
    XDG_RUNTIME_DIR,
    /// Where programs are found.
    PATH,
    /// Pager of the user.
    PAGER,
    /// Turns colour off.
    NO_COLOR,
    /// Kind of the terminal.
    TERM,
    /// Locale of everything, above all others.
    LC_ALL,
    /// Locale of characters.
    LC_CTYPE,
    /// Locale of what no other variable names.
    LANG,
    /// Set by most CI services.
    CI,
    /// What started a GitHub workflow.
    GITHUB_EVENT_NAME,
    /// Set in the merge request jobs of GitLab.
    CI_MERGE_REQUEST_IID,

    // The AWS default chain of credentials.
    /// Access key of AWS.
    AWS_ACCESS_KEY_ID,
    /// Secret key of AWS.
    AWS_SECRET_ACCESS_KEY,
    /// Session token of AWS.
    AWS_SESSION_TOKEN,
    /// Profile of AWS.
    AWS_PROFILE,
    /// Settings file of AWS.
    AWS_CONFIG_FILE,
    /// Credentials file of AWS.
    AWS_SHARED_CREDENTIALS_FILE,
    /// File with a web identity token.
    AWS_WEB_IDENTITY_TOKEN_FILE,
    /// Role assumed with the web identity token.
    AWS_ROLE_ARN,
    /// Name of the session under that role.
    AWS_ROLE_SESSION_NAME,
    /// Path of the credentials service of a container.
    AWS_CONTAINER_CREDENTIALS_RELATIVE_URI,
    /// Address of the credentials service of a container.
    AWS_CONTAINER_CREDENTIALS_FULL_URI,
    /// Token for the credentials service of a container.
    AWS_CONTAINER_AUTHORIZATION_TOKEN,
    /// File with the token for the credentials service of a container.
    AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE,
    /// Turns the instance role off.
    AWS_EC2_METADATA_DISABLED,
}

/// Where variables are looked up: the process, or a fixed set in tests.
#[derive(Clone)]
pub struct Env(Source);

#[derive(Clone)]
enum Source {
    Process,
    Pairs(BTreeMap<OsString, OsString>),
}

impl Env {
    /// Reads the variables of this process, each when it is asked for.
    pub fn process() -> Self {
        Self(Source::Process)
    }

    /// Holds exactly `pairs`.
    pub fn from_pairs<K: Into<OsString>, V: Into<OsString>>(pairs: impl IntoIterator<Item = (K, V)>) -> Self {
        Self(Source::Pairs(pairs.into_iter().map(|(name, value)| (name.into(), value.into())).collect()))
    }

    /// Returns the value of `name`; an empty variable counts as unset.
    pub fn get(&self, name: &str) -> Option<OsString> {
        self.raw(name).filter(|value| !value.is_empty())
    }

    /// Returns the value of `name` as it is, for variables of cargo's that mean something when they are empty.
    #[expect(clippy::disallowed_methods, reason = "this is where variables are read")]
    pub fn raw(&self, name: &str) -> Option<OsString> {
        match &self.0 {
            Source::Process => std::env::var_os(name),
            Source::Pairs(pairs) => pairs.get(OsStr::new(name)).cloned(),
        }
    }

    /// Returns the variables whose names begin like this, but for empty ones.
    pub fn beginning_with(&self, start: &str) -> BTreeMap<OsString, OsString> {
        let all: BTreeMap<OsString, OsString> = match &self.0 {
            Source::Process => std::env::vars_os().collect(),
            Source::Pairs(pairs) => pairs.clone(),
        };
        let begins = |name: &OsString| name.as_encoded_bytes().starts_with(start.as_bytes());
        all.into_iter().filter(|(name, value)| begins(name) && !value.is_empty()).collect()
    }

    /// Returns the user's home folder, if a variable names one.
    pub fn home(&self) -> Option<PathBuf> {
        let home = self.absolute(HOME);
        if cfg!(windows) { home.or_else(|| self.absolute(USERPROFILE)) } else { home }
    }

    /// Returns a folder named by a variable that must be absolute to count, as the `XDG_*` ones.
    pub fn absolute(&self, name: &str) -> Option<PathBuf> {
        self.get(name).map(PathBuf::from).filter(|path| path.is_absolute())
    }

    /// Returns whether this is a CI job: `CI` is set, and not to `false` or `0`.
    pub fn in_ci(&self) -> bool {
        self.get(CI).is_some_and(|value| !value.eq_ignore_ascii_case("false") && value != "0")
    }

    /// Returns whether this is the CI job of a pull or merge request.
    pub fn in_pull_request(&self) -> bool {
        let github = self.get(GITHUB_EVENT_NAME);
        github.is_some_and(|event| event == "pull_request" || event == "pull_request_target")
            || self.get(CI_MERGE_REQUEST_IID).is_some()
    }
}

impl fmt::Debug for Env {
    /// Shows names only: values may be secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Source::Process => f.write_str("Env(process)"),
            Source::Pairs(pairs) => f.debug_set().entries(pairs.keys()).finish(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_variable_is_unset() {
        let env = Env::from_pairs([(KACHE_LOG, ""), (KACHE_REPORT, "full")]);
        assert_eq!(env.get(KACHE_LOG), None);
        assert_eq!(env.get(KACHE_REPORT), Some("full".into()));
        assert_eq!(env.get(KACHE_BUILD), None);
    }

    #[test]
    fn the_process_is_read() {
        assert!(Env::process().get(PATH).is_some());
    }

    #[test]
    fn relative_base_folders_do_not_count() {
        let env = Env::from_pairs([(HOME, "/home/u"), (XDG_CACHE_HOME, "cache")]);
        assert_eq!(env.home(), Some("/home/u".into()));
        assert_eq!(env.absolute(XDG_CACHE_HOME), None);
    }

    #[test]
    fn ci_jobs_are_recognised() {
        let ci = |value| Env::from_pairs([(CI, value)]).in_ci();
        assert!(ci("true") && ci("1") && ci("woodpecker"));
        assert!(!ci("false") && !ci("0") && !ci(""));

        assert!(Env::from_pairs([(GITHUB_EVENT_NAME, "pull_request")]).in_pull_request());
        assert!(!Env::from_pairs([(GITHUB_EVENT_NAME, "push")]).in_pull_request());
        assert!(Env::from_pairs([(CI_MERGE_REQUEST_IID, "7")]).in_pull_request());
    }

    #[test]
    fn debug_output_holds_no_value() {
        let env = Env::from_pairs([(KACHE_S3_SECRET_KEY, "hush")]);
        assert_eq!(format!("{env:?}"), r#"{"KACHE_S3_SECRET_KEY"}"#);
    }

    #[test]
    fn every_variable_is_described_once() {
        let mut names: Vec<_> = ALL.iter().map(|(name, _)| name).collect();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), ALL.len());
        assert!(ALL.iter().all(|(_, doc)| doc.ends_with('.') && !doc.starts_with(' ')));
    }
}
