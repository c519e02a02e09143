//! The table of settings.
//!
//! Owns the name, variable, kind and meaning of every setting, each in one row. Never holds a default: those are in
//! [`Settings::new`](super::Settings::new), and a test keeps `default.toml` equal to them.

use super::error::ConfigError;
use super::kind::{Form, Kind, Slot};
use super::section::Section::{self, Advanced, Caching, General, Remote};
use crate::env;

/// One setting.
#[derive(Debug)]
pub struct Key {
    /// Its name in a file, as in `cache.local_store`; `None` if only a variable sets it.
    pub path: Option<&'static str>,
    /// Its variable; `None` if only a file sets it.
    pub variable: Option<&'static str>,
    /// What it may be, and the field it fills.
    pub kind: Kind,
    /// What it is about.
    pub section: Section,
    /// Whether a project file may set it.
    pub project: bool,
    /// Whether its value is never shown.
    pub secret: bool,
    /// What it does, in one line.
    pub help: &'static str,
}

/// Names a field of the settings.
macro_rules! slot {
    ($($field:ident).+) => { Slot { get: |s| &s.$($field).+, get_mut: |s| &mut s.$($field).+ } };
}

/// Names a field that holds a choice.
macro_rules! choice {
    ($($field:ident).+) => { Kind::Choice(&slot!($($field).+)) };
}

/// Every setting, in the order it is listed.
#[rustfmt::skip]
pub static KEYS: &[Key] = &[
    key("cache.local_store", env::KACHE_CACHE_DIR, Kind::Folder(slot!(cache_dir)),
        "local store").under(General),
    key("cache.local_max_size", env::KACHE_MAX_SIZE, Kind::Size(slot!(max_size)),
        "size above which the store is collected").under(General),
    key("cache.min_free", env::KACHE_MIN_FREE, Kind::SizeOrOff(slot!(min_free)),
        "free disk space below which the store is collected; `0` never").under(General),
    key("cache.cache_executables", env::KACHE_CACHE_EXECUTABLES, Kind::Flag(slot!(cache_executables)),
        "cache bin, dylib, cdylib and test executables").project(),
    key("cache.clean_incremental", env::KACHE_CLEAN_INCREMENTAL, Kind::Flag(slot!(clean_incremental)),
        "let gc remove incremental folders").under(General),
    key("cache.incremental", env::KACHE_INCREMENTAL, choice!(incremental),
        "`auto`: edited members compile incrementally, uncached; `never`: none does").project(),
    key("cache.restore", env::KACHE_RESTORE, choice!(restore),
        "`auto`: reflink, else read-only hard link, else copy; `copy`: private copies").project(),
    key("cache.trace", env::KACHE_TRACE, choice!(trace),
        "`auto`: trace macros and build scripts on a miss where the system can; `off`: never"),
    key("cache.share_homes", env::KACHE_SHARE_HOMES, Kind::Flag(slot!(share_homes)),
        "share registry crates between machines whose `CARGO_HOME` differs"),
    key("cache.lock_timeout", env::KACHE_LOCK_TIMEOUT, Kind::Duration(slot!(lock_timeout)),
        "longest wait for an equal compile on this machine").under(Advanced),
    key("cache.key_salt", env::KACHE_KEY_SALT, Kind::Text(slot!(key_salt), Form::ANY),
        "text added to every key").project(),
    key("cache.key_env", env::KACHE_KEY_ENV, Kind::List(slot!(key_env)),
        "variables (globs) that macros read unseen; added to every key").project(),
    key("cache.bypass", env::KACHE_BYPASS, Kind::List(slot!(bypass)),
        "crates (globs) never cached").project(),
    key("cache.prefetch", env::KACHE_PREFETCH, Kind::Flag(slot!(prefetch)),
        "fetch what a build will need before cargo asks for it").under(Remote),
    key("cache.prefetch_wait", env::KACHE_PREFETCH_WAIT, Kind::Duration(slot!(prefetch_wait)),
        "longest wait for the prefetch before cargo starts").under(Remote),
    key("cache.prefetch_max", env::KACHE_PREFETCH_MAX, Kind::SizeOrOff(slot!(prefetch_max)),
        "bytes a build prefetches at most").under(Remote),
    key("cache.upload_wait", env::KACHE_UPLOAD_WAIT, Kind::Duration(slot!(upload_wait)),
        "longest wait for uploads at the end of a build").under(Remote),
    key("cache.compression_level", env::KACHE_COMPRESSION_LEVEL, Kind::Number(slot!(compression_level), 1, 22),
        "level of zstd compression").under(Advanced),
    key("cache.s3_concurrency", env::KACHE_S3_CONCURRENCY, Kind::Number(slot!(s3_concurrency), 1, 256),
        "S3 operations at once").under(Advanced),
    key("cache.daemon_idle", env::KACHE_DAEMON_IDLE, Kind::Duration(slot!(daemon_idle)),
        "idle time after which a daemon started on demand ends").under(Advanced),
    file_only("cache.event_log_max_size", Kind::Size(slot!(event_log_max_size)),
        "size at which the event log is rotated").under(Advanced),

    file_only("cache.remote.type", choice!(remote.kind),
        "kind of remote; `dir` is a folder, for tests and shared disks").under(Remote),
    file_only("cache.remote.path", Kind::File(slot!(remote.path)),
        "folder of a `dir` remote").under(Remote),
    key("cache.remote.bucket", env::KACHE_S3_BUCKET, Kind::Text(slot!(remote.bucket), Form::BUCKET),
        "bucket; turns the remote on").under(Remote),
    key("cache.remote.endpoint", env::KACHE_S3_ENDPOINT, Kind::Text(slot!(remote.endpoint), Form::URL),
        "address of Ceph, MinIO, R2 …; path-style addressing then").under(Remote),
    key("cache.remote.region", env::KACHE_S3_REGION, Kind::Word(slot!(remote.region), Form::NAME),
        "region of the bucket").under(Remote),
    key("cache.remote.prefix", env::KACHE_S3_PREFIX, Kind::Word(slot!(remote.prefix), Form::PREFIX),
        "prefix of every object; outer `/` are trimmed").under(Remote),
    key("cache.remote.profile", env::KACHE_S3_PROFILE, Kind::Text(slot!(remote.profile), Form::ANY),
        "AWS profile that holds the credentials").under(Remote),
    key("cache.remote.readonly", env::KACHE_S3_READONLY, choice!(remote.readonly),
        "`auto`: read-only in the CI jobs of pull requests, else not").under(Remote),
    key("cache.remote.timeout", env::KACHE_REMOTE_TIMEOUT, Kind::Duration(slot!(remote.timeout)),
        "longest wait of one unit for the remote").under(Remote),
    key("cache.remote.signing_key", env::KACHE_SIGNING_KEY, Kind::File(slot!(remote.signing_key)),
        "file of the key that signs what is pushed").under(Remote),
    file_only("cache.remote.trusted_keys", Kind::List(slot!(remote.trusted_keys)),
        "if set, only entries signed by one of these keys are used").under(Remote),

    key("report.style", env::KACHE_REPORT, choice!(report),
        "style of the report after a build").under(General).project(),

    variable_only(env::KACHE_REPORT_FILE, Kind::LocalFile(slot!(report_file)),
        "file the report is also written to; `.json`, `.md` or `.trace.json` choose the form").under(Advanced),
    variable_only(env::KACHE_DISABLED, Kind::Flag(slot!(disabled)),
        "no caching at all").under(Advanced),
    variable_only(env::KACHE_RECACHE, Kind::Flag(slot!(recache)),
        "ignore hits, record anew").under(Advanced),
    variable_only(env::KACHE_VERIFY, choice!(verify),
        "also compile on a hit and compare; runs of build scripts are taken as they are").under(Advanced),
    variable_only(env::KACHE_OFFLINE, Kind::Flag(slot!(remote.offline)),
        "ignore the remote").under(Remote),
    variable_only(env::KACHE_LOG, Kind::Text(slot!(log), Form::ANY),
        "filter of the log on stderr; the wrapper is silent unless it is set").under(Advanced),
    variable_only(env::KACHE_LOG_FILE, Kind::File(slot!(log_file)),
        "file the log goes to, rotated at 5 MB").under(Advanced),
    variable_only(env::KACHE_SOCKET, Kind::File(slot!(socket)),
        "endpoint of the daemon").under(Advanced),
    variable_only(env::KACHE_CONFIG, Kind::Apart("an absolute path"),
        "file read instead of the user's").under(Advanced),
    variable_only(env::KACHE_S3_ACCESS_KEY, Kind::Apart("UTF-8 text"),
        "access key of an explicit pair; wins over the profile").under(Remote).secret(),
    variable_only(env::KACHE_S3_SECRET_KEY, Kind::Apart("UTF-8 text"),
        "secret key of that pair").under(Remote).secret(),
    variable_only(env::KACHE_S3_SESSION_TOKEN, Kind::Apart("UTF-8 text"),
        "session token of that pair, if it is short-lived").under(Remote).secret(),
];

/// The tables keys live in.
const SECTIONS: [&str; 3] = ["cache", "cache.remote", "report"];

const fn key(path: &'static str, variable: &'static str, kind: Kind, help: &'static str) -> Key {
    Key {
        path: Some(path),
        variable: Some(variable),
        kind,
        section: Caching,
        project: false,
        secret: false,
        help,
    }
}

const fn file_only(path: &'static str, kind: Kind, help: &'static str) -> Key {
    Key { path: Some(path), variable: None, kind, section: Caching, project: false, secret: false, help }
}

const fn variable_only(variable: &'static str, kind: Kind, help: &'static str) -> Key {
    Key { path: None, variable: Some(variable), kind, section: Caching, project: false, secret: false, help }
}

impl Key {
    /// Returns what to call it: its name in a file, else its variable.
    pub fn name(&self) -> &'static str {
        self.path.or(self.variable).expect("a key is in a file or has a variable")
    }

    const fn under(mut self, section: Section) -> Self {
        self.section = section;
        self
    }

    const fn project(mut self) -> Self {
        self.project = true;
        self
    }

    const fn secret(mut self) -> Self {
        self.secret = true;
        self
    }
}

/// Returns the setting called `path` in files.
pub fn find(path: &str) -> Result<&'static Key, ConfigError> {
    position(path).map(|index| &KEYS[index]).ok_or_else(|| match first_in(path) {
        Some(example) if is_section(path) => ConfigError::Table { table: path.to_owned(), example },
        _ => {
            let suggestion = suggest(path).filter(|meant| !is_section(meant));
            ConfigError::UnknownKey { key: path.to_owned(), suggestion }
        }
    })
}

/// Returns the first setting in a table.
fn first_in(section: &str) -> Option<&'static str> {
    let mut paths = KEYS.iter().filter_map(|key| key.path);
    paths.find(|path| path.strip_prefix(section).is_some_and(|rest| rest.starts_with('.')))
}

/// Returns where in [`KEYS`] the setting called `path` is.
pub(super) fn position(path: &str) -> Option<usize> {
    KEYS.iter().position(|key| key.path == Some(path))
}

/// Returns whether `path` is a table of settings.
pub(super) fn is_section(path: &str) -> bool {
    SECTIONS.contains(&path)
}

/// Returns the key or table that `wrong` most likely means.
///
/// A variable's name means its key, and a key without its table the one that ends alike; else it is the nearest by
/// edit distance, if no more than a third of it is wrong.
pub(super) fn suggest(wrong: &str) -> Option<&'static str> {
    let by_variable = KEYS.iter().find(|key| key.variable == Some(wrong)).and_then(|key| key.path);
    by_variable.or_else(|| nearest(wrong)).or_else(|| same_ending(wrong))
}

fn nearest(wrong: &str) -> Option<&'static str> {
    let paths = KEYS.iter().filter_map(|key| key.path).chain(SECTIONS);
    let distances = paths.map(|path| (edit_distance(wrong, path), path));
    distances.min().filter(|(distance, _)| distance * 3 <= wrong.chars().count()).map(|(_, path)| path)
}

fn same_ending(wrong: &str) -> Option<&'static str> {
    let last = wrong.rsplit('.').next().filter(|last| !last.is_empty())?;
    let ends_alike = |path: &&str| path.strip_suffix(last).is_some_and(|start| start.ends_with(['.', '_']));
    let paths = KEYS.iter().filter_map(|key| key.path).filter(ends_alike);
    paths.min_by_key(|path| edit_distance(wrong, path))
}

/// Returns how many letters to insert, drop or change, or neighbours to swap, make `b` of `a`.
fn edit_distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut before_last = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 0..a.len() {
        let mut row = vec![i + 1];
        for j in 0..b.len() {
            let changed = last[j] + usize::from(a[i] != b[j]);
            let mut best = changed.min(last[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && a[i] == b[j - 1] && a[i - 1] == b[j] {
                let swapped: &Vec<usize> = &before_last;
                best = best.min(swapped[j - 1] + 1);
            }
            row.push(best);
        }
        before_last = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distance_counts_insertions_changes_and_swaps() {
        assert_eq!(edit_distance("", "abc"), 3);
        assert_eq!(edit_distance("abc", "abc"), 0);
        assert_eq!(edit_distance("abc", "acb"), 1);
        assert_eq!(edit_distance("kitten", "sitting"), 3);
    }

    #[test]
    fn suggestions_are_near_or_end_alike() {
        assert_eq!(suggest("cache.local_sotre"), Some("cache.local_store"));
        assert_eq!(suggest("cahce"), Some("cache"));
        assert_eq!(suggest("cache.max_size"), Some("cache.local_max_size"));
        assert_eq!(suggest("bucket"), Some("cache.remote.bucket"));
        assert_eq!(suggest("cache.bucket"), Some("cache.remote.bucket"));
        assert_eq!(suggest("KACHE_MAX_SIZE"), Some("cache.local_max_size"));
        assert_eq!(suggest("KACHE_LOG"), None);
        assert_eq!(suggest("colour"), None);
        assert_eq!(suggest(""), None);
    }

    #[test]
    fn the_table_names_nothing_twice() {
        for (index, key) in KEYS.iter().enumerate() {
            assert!(key.path.is_some() || key.variable.is_some());
            for other in &KEYS[index + 1..] {
                assert!(key.path.is_none() || key.path != other.path, "{key:?}");
                assert!(key.variable.is_none() || key.variable != other.variable, "{key:?}");
            }
        }
    }

    #[test]
    fn every_variable_of_ours_is_in_the_table() {
        let no_settings = [env::KACHE_BUILD, env::KACHE_PAGER];
        for (name, _) in env::ALL.iter().filter(|(name, _)| name.starts_with("KACHE_")) {
            let known = KEYS.iter().any(|key| key.variable == Some(name));
            assert_ne!(known, no_settings.contains(name), "{name}");
        }
    }

    #[test]
    fn every_key_lies_in_a_section() {
        for path in KEYS.iter().filter_map(|key| key.path) {
            let (section, _) = path.rsplit_once('.').unwrap();
            assert!(is_section(section), "{path}");
        }
    }

    #[test]
    fn projects_set_only_what_cannot_redirect() {
        let project: Vec<_> = KEYS.iter().filter(|key| key.project).filter_map(|key| key.path).collect();
        assert_eq!(
            project,
            [
                "cache.cache_executables",
                "cache.incremental",
                "cache.restore",
                "cache.key_salt",
                "cache.key_env",
                "cache.bypass",
                "report.style"
            ]
        );
    }
}
