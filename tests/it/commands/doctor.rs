//! `doctor`: what it finds in a set-up.

use serde_json::Value;

use super::assert_keys;
use crate::support::{Project, Run, project};

/// A project for `doctor`: cargo's own settings and the names of the program are the test's.
fn patient(wrapper: &str) -> Project {
    let mut p = project()
        .settings("")
        .file("src/lib.rs", "")
        .file("../cargo-home/empty", "")
        .file(".cargo/config.toml", format!("[build]\nrustc-wrapper = \"{wrapper}\"\n"))
        .build();
    for name in ["kache", "cargo-kache"] {
        p.symlink(Project::program(), p.beside("bin").join(name).to_str().unwrap());
    }
    let path = format!("{}:{}", p.beside("bin").display(), std::env::var("PATH").unwrap());
    let cargo_home = p.beside("cargo-home");
    p.set("PATH", path).set("CARGO_HOME", cargo_home);
    p
}

fn findings(run: &Run, name: &str) -> Vec<(String, String)> {
    let object = run.json();
    let all = object["findings"].as_array().unwrap().clone();
    let named = all.into_iter().filter(|finding| finding["name"] == name);
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    named.map(|finding| (text(&finding["severity"]), text(&finding["detail"]))).collect()
}

#[test]
fn doctor_of_a_sound_setup() {
    let p = patient("kache");
    let run = p.kache("doctor");
    run.success().stdout_has(&format!("cargo-kache {}, rustc ", env!("CARGO_PKG_VERSION"))).stderr_is("");
    run.stdout_has("  ✓ wrapper ").stdout_has("  ✓ settings ").stdout_has("  ✓ binary ");
    assert!(!run.stdout.contains('✗'), "{run}");
    let run = p.kache("doctor --json");
    assert_keys(&run.success().json(), "schema version rustc findings fix");
    assert_eq!(findings(&run, "wrapper")[0].0, "ok");
    // Looking changes nothing.
    assert!(!p.cache().exists());
}

#[test]
fn doctor_finds_sccache_in_cargos_settings() {
    let p = patient("sccache");
    let run = p.kache("doctor");
    run.exits(1).stdout_has("  ✗ wrapper   `sccache`, set in ").stdout_has("project/.cargo/config.toml\n");
    run.stdout_has("    → set it to `kache` in ").stdout_has("1 problem");
    assert_eq!(findings(&p.kache("doctor --json"), "wrapper")[0].0, "problem");
    // Variables win over files.
    p.set_and_kache("RUSTC_WRAPPER", "kache", "doctor").success();
}

#[test]
fn doctor_names_the_line_of_a_wrong_setting() {
    let p = patient("kache");
    p.write("../config.toml", "[cache]\nlocal_max_size = true\n");
    let run = p.kache("doctor --json");
    run.exits(1);
    let (severity, detail) = findings(&run, "settings").remove(0);
    assert_eq!(severity, "problem");
    assert!(detail.contains("line 2"), "{detail}");
    p.kache("doctor --purge-sccache").exits(2);
}

#[test]
fn doctor_of_a_remote_without_a_bucket() {
    let mut p = patient("kache");
    p.set("KACHE_S3_ENDPOINT", "https://s3.example.com");
    let found = findings(&p.kache("doctor --json"), "remote");
    let text = "none: `cache.remote.endpoint` is set, and no bucket";
    assert_eq!(found, [("note".to_owned(), text.to_owned())]);
}
