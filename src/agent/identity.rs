//! Whose daemon it is: this binary's, with these settings.
//!
//! Owns the two digests by which a daemon and its client tell whether they belong together. Never leaves a value in
//! them that could be read back.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::config::{Choice as _, Credentials, Remote, Settings};
use crate::digest::{Digest, FieldHasher};
use crate::env::{self, Env};
use crate::fs;
use crate::fs::stat::Stat;

/// Binary and settings of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// The program file, by its stat.
    pub program: Digest,
    /// The store, and all that decides what the remote is and who we are to it.
    pub settings: Digest,
}

/// Variables besides ours that decide how a remote is reached, and as whom. `SSL_CERT_FILE` and `SSL_CERT_DIR` are none:
/// cargo sets them for all that it runs, so that a wrapper would have other settings than the front end.
const FOREIGN: &[&str] = &[
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
    "all_proxy",
    "no_proxy",
    env::HOME,
];

impl Identity {
    /// Takes the identity of a process that runs `program`.
    pub fn of(settings: &Settings, env: &Env, program: &Path) -> fs::Result<Self> {
        Ok(Self { program: program_digest(program)?, settings: settings_digest(settings, env) })
    }
}

/// Digests what the file system says of a program: a file that was written or replaced since is another.
///
/// The path is left out: a link beside the program is the same one.
fn program_digest(program: &Path) -> fs::Result<Digest> {
    let stat = Stat::of(program)?;
    let mut hasher = FieldHasher::new("program");
    for number in [stat.device, stat.inode, stat.size, stat.modified.seconds.unsigned_abs()] {
        hasher.field(&number.to_le_bytes());
    }
    Ok(hasher.field(&stat.modified.nanos.to_le_bytes()).finish())
}

fn settings_digest(settings: &Settings, env: &Env) -> Digest {
    let mut hasher = FieldHasher::new("settings");
    let mut optional = |text: Option<&[u8]>| {
        hasher.field(&[u8::from(text.is_some())]).field(text.unwrap_or_default());
    };
    // Two stores may be told to have one socket.
    optional(Some(settings.cache_dir.as_os_str().as_encoded_bytes()));
    // `timeout` is the caller's own patience.
    let Remote {
        kind,
        path,
        bucket,
        endpoint,
        region,
        prefix,
        profile,
        credentials,
        readonly,
        timeout: _,
        signing_key,
        trusted_keys,
        offline,
    } = &settings.remote;
    for path in [path, signing_key] {
        optional(path.as_ref().map(|path| path.as_os_str().as_encoded_bytes()));
    }
    for text in [bucket, endpoint, profile] {
        optional(text.as_ref().map(String::as_bytes));
    }
    for text in [kind.word(), region, prefix, readonly.word()] {
        optional(Some(text.as_bytes()));
    }
    optional(Some(&[u8::from(*offline)]));
    if let Some(Credentials { access_key, secret_key, session_token }) = credentials {
        optional(Some(access_key.as_bytes()));
        optional(Some(secret_key.as_bytes()));
        optional(session_token.as_ref().map(String::as_bytes));
    }
    for key in trusted_keys {
        optional(Some(key.as_bytes()));
    }
    for number in [settings.compression_level, settings.s3_concurrency] {
        optional(Some(&number.to_le_bytes()));
    }
    let foreign = FOREIGN.iter().filter_map(|name| Some(((*name).into(), env.get(name)?)));
    for (name, value) in env.beginning_with("AWS_").into_iter().chain(foreign) {
        optional(Some(name.as_encoded_bytes()));
        optional(Some(value.as_encoded_bytes()));
    }
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> Settings {
        Settings::new("/c".into())
    }

    fn credentials(secret_key: &str) -> Option<Credentials> {
        Some(Credentials { access_key: "a".into(), secret_key: secret_key.into(), session_token: None })
    }

    #[test]
    fn what_concerns_store_or_remote_makes_another_daemon() {
        let none = Env::from_pairs::<&str, &str>([]);
        let plain = settings_digest(&settings(), &none);
        let changes: [fn(&mut Settings); 8] = [
            |s| s.cache_dir = "/d".into(),
            |s| s.remote.bucket = Some("b".into()),
            |s| s.remote.endpoint = Some("b".into()),
            |s| s.remote.prefix = "p".into(),
            |s| s.remote.offline = true,
            |s| s.remote.credentials = credentials("s"),
            |s| s.remote.credentials = credentials("t"),
            |s| s.compression_level = 9,
        ];
        let mut seen = vec![plain];
        for change in changes {
            let mut settings = settings();
            change(&mut settings);
            let digest = settings_digest(&settings, &none);
            assert!(!seen.contains(&digest));
            seen.push(digest);
        }
        for pair in [("AWS_PROFILE", "x"), ("AWS_REGION", "x"), ("https_proxy", "x"), ("HOME", "/x")] {
            let digest = settings_digest(&settings(), &Env::from_pairs([pair]));
            assert!(!seen.contains(&digest), "{pair:?}");
            seen.push(digest);
        }
    }

    #[test]
    fn what_concerns_one_call_does_not() {
        let mut other = settings();
        other.remote.timeout = std::time::Duration::from_secs(60);
        other.log = Some("debug".into());
        other.report = crate::config::ReportStyle::Full;
        let env = Env::from_pairs([(env::KACHE_BUILD, "7"), (env::PATH, "/bin"), ("AWS_PROFILE", "")]);
        assert_eq!(
            settings_digest(&other, &env),
            settings_digest(&settings(), &Env::from_pairs::<&str, &str>([]))
        );
    }

    #[test]
    fn a_replaced_file_is_another_program() {
        let dir = tempfile::tempdir().unwrap();
        let (program, link) = (dir.path().join("p"), dir.path().join("l"));
        fs::write(&program, "1").unwrap();
        let digest = program_digest(&program).unwrap();
        std::os::unix::fs::symlink(&program, &link).unwrap();
        assert_eq!(program_digest(&link).unwrap(), digest);
        fs::write(&dir.path().join("q"), "1").unwrap();
        fs::rename(&dir.path().join("q"), &program).unwrap();
        assert_ne!(program_digest(&program).unwrap(), digest);
    }
}
