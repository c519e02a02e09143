//! Cargo's settings in projects and above them, in all the forms they have.

use std::os::unix::fs::PermissionsExt as _;

use super::*;

#[test]
fn every_file_that_counts() {
    // The old name, a link, a file on the way up, one that nothing reads for another is stronger.
    let p = patient(&[
        ("work/app/.cargo/config", "[build]\r\nrustc-wrapper = \"sccache\" # x\r\n"),
        ("work/app/.cargo/config.toml", "[env]\nSCCACHE_DIR = \"/x\"\n\n[build]\njobs = 1\n"),
        ("dotfiles/cargo.toml", "[env]\nRUSTC_WRAPPER = \"sccache\"\n"),
    ]);
    p.symlink("../../dotfiles/cargo.toml", "../.cargo/config.toml");
    let run = p.kache("doctor --fix");
    run.success();
    assert_eq!(p.read(".cargo/config"), "[build]\r\nrustc-wrapper = \"kache\" # x\r\n");
    assert_eq!(p.read(".cargo/config.toml"), "[build]\njobs = 1\n");
    assert_eq!(p.read(home(&p, "dotfiles/cargo.toml")), "[env]\nRUSTC_WRAPPER = \"kache\"\n");
    let link = home(&p, "work/.cargo/config.toml");
    assert_eq!(fs::read_link(link).unwrap(), Path::new("../../dotfiles/cargo.toml"));
    let saved = backups(&p);
    let names = saved.keys().map(String::as_str).collect::<Vec<_>>();
    assert_eq!(names, ["dotfiles/cargo.toml", "work/app/.cargo/config", "work/app/.cargo/config.toml"]);
    assert_wrapped(&p);
    assert_settled(&p);
    assert_builds_hit(&p);
}

#[test]
fn what_cannot_be_changed_is_told_and_left_alone() {
    let p = patient(&[
        (".cargo/config.toml", "[env]\nSCCACHE_DIR = \"/x\"\n"),
        ("work/.cargo/config.toml", "[env\nSCCACHE_DIR = \"/x\"\n"),
        ("work/app/.cargo/config.toml", "[build]\nrustc-wrapper = \"sccache\"\n"),
    ]);
    let read_only = p.path(".cargo/config.toml");
    fs::set_permissions(&read_only, fs::Permissions::from_mode(0o444)).unwrap();
    let run = p.kache("doctor --fix");
    run.exits(1).stdout_has(&format!(
        "  ✗ edit {}: `build.rustc-wrapper` is `kache`: it is read-only\n",
        read_only.display()
    ));
    run.stdout_has("  ✓ Edited ")
        .stdout_has(&format!("{} does not parse: line 1: ", home(&p, "work/.cargo/config.toml").display()));
    assert_eq!(p.read(&read_only), "[build]\nrustc-wrapper = \"sccache\"\n");
    assert_eq!(p.read(home(&p, "work/.cargo/config.toml")), "[env\nSCCACHE_DIR = \"/x\"\n");
    assert_eq!(p.read(home(&p, ".cargo/config.toml")), "");

    // A script around sccache needs its variables; nobody knows what it does.
    let script = "[build]\nrustc-wrapper = \"tools/sccache-wrapper\"\n[env]\nSCCACHE_BUCKET = \"b\"\n";
    let p = patient(&[("work/app/.cargo/config.toml", script)]);
    p.write_script("tools/sccache-wrapper", "#!/bin/sh\nexec \"$@\"\n");
    let run = p.kache("doctor --fix");
    run.success().stdout_has("`tools/sccache-wrapper`, set in ").stdout_has("it is left as it is\n");
    run.stdout_has("  ! left for a wrapper that may run sccache: `SCCACHE_BUCKET` in cargo's settings\n");
    assert_eq!(p.read(".cargo/config.toml"), script);
}

#[test]
fn secrets_are_neither_moved_nor_shown() {
    let config = "[build]\nrustc-wrapper = \"sccache\"\n[env]\nSCCACHE_BUCKET = \"b\"\nSCCACHE_AZURE_KEY = \"HUSH1\"\n\
                  AWS_ACCESS_KEY_ID = \"HUSH2\"\n[env.AWS_SECRET_ACCESS_KEY]\nvalue = \"HUSH3\"\n";
    let mut p = patient(&[("work/app/.cargo/config.toml", config)]);
    p.set("SCCACHE_WEBDAV_TOKEN", "HUSH4");
    for words in ["doctor", "doctor --json", "doctor --dry-run", "doctor --dry-run --json", "doctor --fix"] {
        let run = p.kache(words);
        assert!(!run.stdout.contains("HUSH") && !run.stderr.contains("HUSH"), "{run}");
        let tells = "`AWS_SECRET_ACCESS_KEY` stays in ";
        assert_eq!(run.stdout.contains(tells), words.contains("--fix") || words.contains("dry"), "{run}");
    }
    assert_eq!(settings(&p), "[cache.remote]\nbucket = \"b\"\n");
    let left = "[build]\nrustc-wrapper = \"kache\"\n[env]\nAWS_ACCESS_KEY_ID = \"HUSH2\"\n[env.AWS_SECRET_ACCESS_KEY]\nvalue = \"HUSH3\"\n";
    assert_eq!(p.read(".cargo/config.toml"), left);
}
