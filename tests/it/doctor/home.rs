//! Cargo's settings in the home folder, with a bucket that answers.

use std::os::unix::fs::PermissionsExt as _;

use super::*;
use crate::support::s3::{ACCESS_KEY, BUCKET, REGION, SECRET_KEY, Server};

#[test]
fn bucket_and_wrapper_move() {
    let server = Server::start();
    let config = format!(
        "# Cargo of mine\n[build]\n# cached\nrustc-wrapper = \"sccache\" # by the team's bucket\n\n[net]\ngit-fetch-with-cli = true\n\n\
         [env]\nSCCACHE_BUCKET = \"{BUCKET}\"\nSCCACHE_ENDPOINT = {{ value = \"127.0.0.1:{}\", force = true }}\n\
         SCCACHE_REGION = \"{REGION}\" # r\n# objects of the team\nSCCACHE_S3_KEY_PREFIX = \"team\"\n\
         AWS_PROFILE = \"builds\"\nOTHER = \"sccache\"\n",
        server.port()
    );
    let keys = format!("[builds]\naws_access_key_id = {ACCESS_KEY}\naws_secret_access_key = {SECRET_KEY}\n");
    let mut p = patient(&[(".cargo/config.toml", &config), (".aws/credentials", &keys)]);
    fs::set_permissions(home(&p, ".cargo/config.toml"), fs::Permissions::from_mode(0o640)).unwrap();
    p.unset("KACHE_OFFLINE");
    p.kache("doctor").exits(1).stderr_is(
        "note: `cargo kache doctor --fix` mends what it can; with `--dry-run` it only shows how\n",
    );

    // A preview changes nothing.
    let before = tree(&p);
    let run = p.kache("doctor --fix --dry-run");
    run.exits(1).stdout_has(
        "    -rustc-wrapper = \"sccache\" # by the team's bucket\n    +rustc-wrapper = \"kache\" # by",
    );
    run.stdout_has("    +[cache.remote]\n").stdout_has("\nNothing was changed.\n");
    assert_eq!(tree(&p), before);

    let run = p.kache("doctor --fix");
    run.success().stdout_has(&format!("`cache.remote.endpoint` to `http://127.0.0.1:{}`", server.port()));
    let edited = "# Cargo of mine\n[build]\n# cached\nrustc-wrapper = \"kache\" # by the team's bucket\n\n[net]\ngit-fetch-with-cli = true\n\n\
                  [env]\n# objects of the team\nAWS_PROFILE = \"builds\"\nOTHER = \"sccache\"\n";
    let path = home(&p, ".cargo/config.toml");
    assert_eq!(p.read(&path), edited);
    assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o640);
    assert_eq!(backups(&p), BTreeMap::from([(".cargo/config.toml".to_owned(), config)]));
    assert_settled(&p);

    // The bucket answers to the settings as they are now.
    let run = p.kache("doctor --json");
    let remote = findings(&run, "remote").remove(0);
    assert_eq!(remote.0, "ok", "{run}");
    assert!(remote.1.starts_with(&format!("s3://{BUCKET}/team")), "{remote:?}");
    p.set("KACHE_OFFLINE", "1");
    assert_wrapped(&p);
    assert_builds_hit(&p);
}

#[test]
fn cargo_home_may_be_elsewhere() {
    let mut p = patient(&[(".cargo/config.toml", "[env]\nSCCACHE_DIR = \"/x\"\n")]);
    p.set("CARGO_HOME", p.beside("cargo home"));
    p.write(p.beside("cargo home/config.toml"), "build.rustc-wrapper = '/usr/bin/sccache'\r\n# end\r\n");
    p.kache("doctor --fix").success();
    assert_eq!(p.read(p.beside("cargo home/config.toml")), "build.rustc-wrapper = 'kache'\r\n# end\r\n");
    // It is above the project, so it counts as well.
    assert_eq!(p.read(home(&p, ".cargo/config.toml")), "");
}
