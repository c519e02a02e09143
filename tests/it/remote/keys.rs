//! `key generate`: what it prints, what it writes, and what it leaves alone.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use cargo_kache::remote::sign::{PublicKey, SigningKey};

use crate::support::{Project, project};

fn bare() -> Project {
    project().settings("").file("src/lib.rs", "").build()
}

/// The public key that the text of a run names.
fn public_key(stdout: &str) -> PublicKey {
    let line = stdout.lines().find_map(|line| line.strip_prefix("Public key: "));
    line.unwrap_or_else(|| panic!("no public key in {stdout}")).parse().unwrap()
}

#[test]
fn a_pair_is_made_at_a_path() {
    let p = bare();
    let run = p.kache("key generate some.key");
    run.success().stderr_is("");
    let path = p.path("some.key");
    let key = SigningKey::read(&path).unwrap();
    assert_eq!(public_key(&run.stdout), key.public());
    run.stdout_has(&format!("Secret key: {}\n", path.display()));
    run.stdout_has(&format!("\ntrusted_keys = [\"{}\"]\n", key.public()));
    run.stdout_has("`KACHE_SIGNING_KEY`");
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let secret = fs::read_to_string(&path).unwrap();
    assert!(secret.starts_with("kache-secret-1:") && !run.stdout.contains(secret.trim()));
}

#[test]
fn the_line_for_readers_is_one_the_settings_know() {
    let p = bare();
    let run = p.kache("key generate some.key");
    let line = run.success().stdout.lines().find(|line| line.starts_with("trusted_keys")).unwrap();
    let settings = p.path("reader.toml");
    fs::write(&settings, format!("[cache.remote]\n{line}\n")).unwrap();
    let listed = p.set_and_kache("KACHE_CONFIG", &settings, "config get cache.remote.trusted_keys");
    listed.success().stderr_is("").stdout_has(&public_key(&run.stdout).to_string());
}

#[test]
fn a_key_lies_beside_the_settings_by_default() {
    let p = bare();
    let run = p.kache("key generate --json");
    let object = run.success().stderr_is("").json();
    let settings = p.kache("config path");
    let expected = std::path::Path::new(settings.success().stdout.trim()).with_file_name("signing.key");
    assert_eq!(object["schema"], 1);
    assert_eq!(object["path"], expected.to_str().unwrap());
    let key = SigningKey::read(&expected).unwrap();
    assert_eq!(object["public_key"], key.public().to_string());
}

#[test]
fn a_key_is_never_overwritten() {
    let p = bare();
    let first = public_key(&p.kache("key generate some.key").success().stdout);
    let again = p.kache("key generate some.key");
    again.exits(1).stdout_is("").stderr_has("error: there is a file at `");
    again.stderr_has("hint: give another path");
    assert_eq!(SigningKey::read(&p.path("some.key")).unwrap().public(), first);

    // Nor anything else that is there.
    std::os::unix::fs::symlink("gone", p.path("link.key")).unwrap();
    p.kache("key generate link.key").exits(1);
    assert!(!p.path("gone").exists());
    let other = public_key(&p.kache("key generate other.key").success().stdout);
    assert_ne!(first, other);
}

#[test]
fn wrong_words_and_places() {
    let p = bare();
    p.kache("key").exits(2);
    p.kache("key make").exits(2);
    let run = p.kache("key generate no/such/folder/some.key");
    run.exits(1).stderr_has("error: failed to create `").stderr_has("Caused by:");
    p.kache("key --help").success().stdout_has("generate").stdout_has("cargo kache key generate");
}
