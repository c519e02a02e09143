//! The resolved settings, as plain typed fields.
//!
//! Owns the built-in values and the closed choices. Never knows where a value came from; that is
//! [`Resolved`](super::Resolved)'s.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use super::kind::choices;
use crate::env::Env;

/// Every setting of the program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Root of the local cache, absolute.
    pub cache_dir: PathBuf,
    /// Size above which the store is collected, in bytes.
    pub max_size: u64,
    /// Free disk space below which the store is collected, in bytes; 0 never.
    pub min_free: u64,
    /// Whether bin, dylib, cdylib and test executables are cached.
    pub cache_executables: bool,
    /// Whether gc removes incremental folders.
    pub clean_incremental: bool,
    /// Level of zstd compression, 1 to 22.
    pub compression_level: u32,
    /// S3 operations at once.
    pub s3_concurrency: u32,
    /// Whether edited members compile incrementally.
    pub incremental: Incremental,
    /// How outputs are put back.
    pub restore: Restore,
    /// Whether macros and build scripts are traced.
    pub trace: Trace,
    /// Whether registry crates are shared between machines whose `CARGO_HOME` differs.
    pub share_homes: bool,
    /// Longest wait for an equal compile on this machine.
    pub lock_timeout: Duration,
    /// Text added to every key.
    pub key_salt: Option<String>,
    /// Globs of variables added to every key.
    pub key_env: Vec<String>,
    /// Globs of crates never cached.
    pub bypass: Vec<String>,
    /// Whether a build prefetches.
    pub prefetch: bool,
    /// Longest wait for the prefetch before cargo starts.
    pub prefetch_wait: Duration,
    /// Bytes a build prefetches at most.
    pub prefetch_max: u64,
    /// Longest wait for uploads at the end of a build.
    pub upload_wait: Duration,
    /// Size at which the event log is rotated, in bytes.
    pub event_log_max_size: u64,
    /// Style of the report.
    pub report: ReportStyle,
    /// File the report is also written to; relative to the current folder.
    pub report_file: Option<PathBuf>,
    /// Whether nothing is cached at all.
    pub disabled: bool,
    /// Whether hits are ignored and recorded anew.
    pub recache: bool,
    /// Whether hits are compiled too, and compared.
    pub verify: Verify,
    /// Filter of the log on stderr; unset means `kache=warn`, and silence in the wrapper.
    pub log: Option<String>,
    /// File the log goes to; unset means the daemon's own.
    pub log_file: Option<PathBuf>,
    /// Endpoint of the daemon; unset means the one in the store.
    pub socket: Option<PathBuf>,
    /// Idle time after which a daemon started on demand ends.
    pub daemon_idle: Duration,
    /// The remote.
    pub remote: Remote,
}

/// What is set about the remote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remote {
    /// What kind of remote it is.
    pub kind: RemoteType,
    /// Folder of a `dir` remote.
    pub path: Option<PathBuf>,
    /// Bucket of an `s3` remote.
    pub bucket: Option<String>,
    /// Address of an S3 service other than AWS; path-style addressing then.
    pub endpoint: Option<String>,
    /// Region of the bucket.
    pub region: String,
    /// Prefix of every object, without outer slashes.
    pub prefix: String,
    /// AWS profile that holds the credentials.
    pub profile: Option<String>,
    /// The explicit pair of credentials; wins over the profile.
    pub credentials: Option<Credentials>,
    /// Whether the remote is only read.
    pub readonly: Readonly,
    /// Longest wait of one unit.
    pub timeout: Duration,
    /// File of the key that signs what is pushed.
    pub signing_key: Option<PathBuf>,
    /// Public keys of which one must have signed an entry; empty trusts all.
    pub trusted_keys: Vec<String>,
    /// Whether the remote is ignored.
    pub offline: bool,
}

/// An explicit pair of S3 credentials.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// Names the holder.
    pub access_key: String,
    /// Proves it.
    pub secret_key: String,
    /// Comes with short-lived pairs.
    pub session_token: Option<String>,
}

impl fmt::Debug for Credentials {
    /// Shows that there are some, and nothing of them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials(…)")
    }
}

choices! {
    /// Style of the report after a build.
    pub enum ReportStyle {
        /// Two lines, and one row per unit that was no hit, many of a kind folded.
        Short = "short",
        /// Every row, and a table of all units.
        Full = "full",
        /// One object on one line.
        Json = "json",
        /// No report.
        None = "none",
    }

    /// Whether edited members compile incrementally.
    pub enum Incremental {
        /// Members edited since the target last built them do, uncached.
        Auto = "auto",
        /// None does.
        Never = "never",
    }

    /// How outputs are put back.
    pub enum Restore {
        /// By reflink, else read-only hard link, else copy.
        Auto = "auto",
        /// By private copies with plain cargo's modes.
        Copy = "copy",
    }

    /// Whether macros and build scripts are traced on a miss.
    pub enum Trace {
        /// Where the system can.
        Auto = "auto",
        /// Nowhere.
        Off = "off",
    }

    /// Whether hits are compiled too, and compared. Runs of build scripts are not.
    pub enum Verify {
        /// None is.
        Off = "off",
        /// About one in sixteen is, chosen by its key.
        Sampled = "sampled",
        /// All are.
        Always = "always",
    }

    /// Whether the remote is only read.
    pub enum Readonly {
        /// In the CI jobs of pull requests.
        Auto = "auto",
        /// Always.
        Yes = "true",
        /// Never.
        No = "false",
    }

    /// What kind of remote it is.
    pub enum RemoteType {
        /// A bucket of an S3 service.
        S3 = "s3",
        /// A folder.
        Dir = "dir",
    }
}

impl Settings {
    /// Returns the built-in values with the cache in `cache_dir`.
    pub fn new(cache_dir: PathBuf) -> Self {
        Self {
            cache_dir,
            max_size: 50 * GB,
            min_free: 5 * GB,
            cache_executables: false,
            clean_incremental: true,
            compression_level: 3,
            s3_concurrency: 8,
            incremental: if cfg!(target_os = "macos") { Incremental::Never } else { Incremental::Auto },
            restore: Restore::Auto,
            trace: Trace::Auto,
            share_homes: true,
            lock_timeout: Duration::from_mins(10),
            key_salt: None,
            key_env: Vec::new(),
            bypass: Vec::new(),
            prefetch: true,
            prefetch_wait: Duration::from_secs(1),
            prefetch_max: 2 * GB,
            upload_wait: Duration::ZERO,
            event_log_max_size: 10 * MB,
            report: ReportStyle::Short,
            report_file: None,
            disabled: false,
            recache: false,
            verify: Verify::Off,
            log: None,
            log_file: None,
            socket: None,
            daemon_idle: Duration::from_mins(30),
            remote: Remote::default(),
        }
    }
}

impl Settings {
    /// Returns why the remote is only read, if so.
    pub fn why_readonly(&self, env: &Env) -> Option<&'static str> {
        match self.remote.readonly {
            Readonly::Yes => Some("`KACHE_S3_READONLY` or `cache.remote.readonly` says so"),
            Readonly::No => None,
            Readonly::Auto => {
                env.in_pull_request().then_some("this is the CI job of a pull or merge request")
            }
        }
    }
}

impl Default for Remote {
    fn default() -> Self {
        Self {
            kind: RemoteType::S3,
            path: None,
            bucket: None,
            endpoint: None,
            region: "us-east-1".to_owned(),
            prefix: "artifacts".to_owned(),
            profile: None,
            credentials: None,
            readonly: Readonly::Auto,
            timeout: Duration::from_secs(3),
            signing_key: None,
            trusted_keys: Vec::new(),
            offline: false,
        }
    }
}

impl Remote {
    /// Returns whether a remote is named, be it ignored for now or not.
    pub fn is_configured(&self) -> bool {
        match self.kind {
            RemoteType::S3 => self.bucket.is_some(),
            RemoteType::Dir => self.path.is_some(),
        }
    }

    /// Names it for people: `s3://bucket/prefix`, or the folder.
    pub fn name(&self) -> Option<String> {
        match self.kind {
            RemoteType::S3 => Some(format!("s3://{}/{}", self.bucket.as_ref()?, self.prefix)),
            RemoteType::Dir => Some(self.path.as_ref()?.display().to_string()),
        }
    }

    /// Returns whether a remote is named and to be used.
    pub fn is_on(&self) -> bool {
        self.is_configured() && !self.offline
    }
}

const MB: u64 = 1_000_000;
const GB: u64 = 1_000 * MB;
