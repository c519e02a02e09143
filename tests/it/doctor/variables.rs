//! Variables only, set by files of the shell.

use std::path::Path;

use super::*;

const PROFILE: &str = "# mine\nexport EDITOR=vi\nexport RUSTC_WRAPPER=sccache  # sccache is fast\n\
                       export SCCACHE_BUCKET=builds\nexport SCCACHE_ENDPOINT=http://minio:9000\n\
                       export SCCACHE_REDIS_PASSWORD=HUSH\n";

/// Runs a command as a new login shell would.
fn in_shell(p: &Project, words: &str) -> Run {
    let mut command = p.command(Path::new("/bin/sh"));
    command.arg("-c").arg(format!(". \"$HOME/.profile\"; exec {words}"));
    p.run(command)
}

#[test]
fn files_of_the_shell_are_shown_and_never_edited() {
    let p = patient(&[(".profile", PROFILE)]);
    in_shell(&p, "cargo-kache kache doctor")
        .exits(1)
        .stdout_has("  ✗ wrapper   `sccache`, set in `RUSTC_WRAPPER`\n");

    // The variables of this shell stay as they are: that is told.
    let run = in_shell(&p, "cargo-kache kache doctor --fix");
    run.exits(1).stdout_has(&format!(
        "Change these lines yourself:\n  {0}:3\n    - export RUSTC_WRAPPER=sccache  # sccache is fast\n    \
         + export RUSTC_WRAPPER=kache  # sccache is fast\n  {0}:4\n    - export SCCACHE_BUCKET=builds   (remove)\n",
        home(&p, ".profile").display()
    ));
    run.stdout_has(
        "  ✓ Set `cache.remote.bucket` to `builds`, `cache.remote.endpoint` to `http://minio:9000` in ",
    );
    run.stdout_has("\nStill wrong:\n  ✗ wrapper  `sccache`, set in `RUSTC_WRAPPER`\n");
    run.stdout_has("Then verify with `kache doctor`\n");
    assert!(!run.stdout.contains("HUSH"), "{run}");
    assert_eq!(p.read(home(&p, ".profile")), PROFILE);
    let carried = "[cache.remote]\nbucket = \"builds\"\nendpoint = \"http://minio:9000\"\n";
    assert_eq!(settings(&p), carried);

    let before = tree(&p);
    let again = in_shell(&p, "cargo-kache kache doctor --fix --json");
    assert_eq!(again.exits(1).json()["fix"]["actions"], serde_json::json!([]));
    assert_eq!(tree(&p), before);

    follow_advice(&again);
    assert_eq!(
        p.read(home(&p, ".profile")),
        "# mine\nexport EDITOR=vi\nexport RUSTC_WRAPPER=kache  # sccache is fast\n"
    );
    let build = || in_shell(&p, &format!("{} build", env!("CARGO")));
    build().success().missed("foo");
    p.wipe();
    build().success().hit("foo");
    let run = in_shell(&p, "cargo-kache kache doctor --json");
    assert_eq!(findings(&run, "wrapper")[0].0, "ok", "{run}");
}

#[test]
fn settings_of_ours_are_never_overwritten() {
    let mut p = patient(&[
        (".config/kache/config.toml", "# mine\n[cache]\nlocal_max_size = \"1GB\" # small\n"),
        (
            ".config/sccache/config",
            "[cache.s3]\nbucket = \"b\"\nregion = \"eu\"\n[cache.disk]\nsize = 1073741824\n",
        ),
    ]);
    p.set("KACHE_S3_REGION", "us-west-2").set("AWS_PROFILE", "team");
    p.kache("doctor --fix").success();
    let expected = "# mine\n[cache]\nlocal_max_size = \"1GB\" # small\n\n[cache.remote]\nbucket = \"b\"\nprofile = \"team\"\n";
    assert_eq!(settings(&p), expected);
    assert_eq!(
        backups(&p)[".config/kache/config.toml"],
        "# mine\n[cache]\nlocal_max_size = \"1GB\" # small\n"
    );
    assert_settled(&p);

    // Nothing is written to a file that does not parse; what would be lost stays where it is.
    let p = patient(&[
        (".config/kache/config.toml", "[cache\n"),
        (".cargo/config.toml", "[build]\nrustc-wrapper = \"sccache\"\n[env]\nSCCACHE_BUCKET = \"b\"\n"),
    ]);
    let before = tree(&p);
    let run = p.kache("doctor --fix");
    run.exits(1).stdout_has("  ✗ set `cache.remote.bucket` to `b`: failed to parse ");
    run.stdout_has(": not done, for it would do harm without: set `cache.remote.bucket`");
    assert_eq!(tree(&p), before);
}
