//! `config`: what it keeps, makes and refuses.

use super::workspace;
use crate::support::project;

#[test]
fn config_keeps_what_people_wrote() {
    let mut p = workspace();
    p.write(
        "../config.toml",
        "# Mine.\n[cache] # all of it\nlocal_max_size = \"1GB\" # small disk\n\n[later]\nx = 1\n",
    );
    let path = p.beside("config.toml").display().to_string();
    p.kache("config set cache.local_max_size 20GB")
        .success()
        .stdout_is("")
        .stderr_has(&format!("Set `cache.local_max_size` in {path}.\n"));
    p.kache("config set cache.key_salt s1").success();
    let text = p.read("../config.toml");
    for kept in
        ["# Mine.\n[cache] # all of it\nlocal_max_size = \"20GB\" # small disk\n", "\n[later]\nx = 1\n"]
    {
        assert!(text.contains(kept), "{text}");
    }
    p.kache("config get cache.local_max_size").success().stdout_is("20GB\n");
    p.kache("config get cache.key_salt").success().stdout_is("s1\n");
    p.kache("config path").success().stdout_is(&format!("{path}\n"));
    let run = p.kache("config list");
    run.success()
        .stdout_has("KEY  ")
        .stdout_has(&format!("file {path}\n"))
        .stdout_has(" env KACHE_CACHE_DIR\n");
    let object = p.kache("config list --json").success().json();
    assert_eq!(object["schema"], 1);
    p.kache("config unset cache.local_max_size").success();
    p.kache("config get cache.local_max_size").success().stdout_is("50GB\n");
    p.kache("config unset cache.local_max_size").success().stderr_has("Found no `cache.local_max_size` in ");
    assert!(p.read("../config.toml").contains("# Mine.\n"));
    p.set("KACHE_MAX_SIZE", "2 GB");
    p.kache("config get cache.local_max_size").success().stdout_is("2GB\n");
    p.kache("config set cache.local_max_size 3GB")
        .success()
        .stderr_has("warning: ")
        .stderr_has("KACHE_MAX_SIZE");
}

#[test]
fn config_makes_the_file() {
    let mut p = project().file("src/lib.rs", "").build();
    let path = p.beside("new/settings.toml");
    p.set("KACHE_CONFIG", &path);
    p.kache("config set cache.local_max_size 20GB").success();
    p.kache("config get cache.local_max_size").success().stdout_is("20GB\n");
}

#[test]
fn config_refuses_what_makes_no_sense() {
    let p = workspace();
    p.kache("config get cache.local_max_siz")
        .exits(2)
        .stderr_is("error: unknown key `cache.local_max_siz`\nhint: did you mean `cache.local_max_size`?\n");
    p.kache("config set x 1").exits(2).stderr_is("error: unknown key `x`\n");
    p.kache("config unset x").exits(2).stderr_is("error: unknown key `x`\n");
    for (key, value) in [
        ("cache.local_max_size", "lots"),
        ("cache.lock_timeout", "30"),
        ("cache.compression_level", "23"),
        ("cache.cache_executables", "maybe"),
        ("report.style", "long"),
    ] {
        p.kache(&format!("config set {key} {value}"))
            .exits(2)
            .stderr_has(&format!("error: invalid value `{value}` for `{key}`: expected "));
    }
    assert_eq!(p.read("../config.toml"), "");
    p.write("../config.toml", "[cache\n");
    for words in
        ["config get cache.trace", "config set cache.trace off", "config unset cache.trace", "list", "gc"]
    {
        p.kache(words).exits(3).stderr_has("error: failed to parse ").stderr_has("  line 1, column ");
    }
    assert_eq!(p.read("../config.toml"), "[cache\n");
}

/// What is asked for is done, and what else is wrong is told.
#[test]
fn config_set_beside_something_invalid() {
    let p = workspace();
    p.write("../config.toml", "[cache]\ncompression_level = 99\n");
    p.kache("config set cache.trace off")
        .success()
        .stdout_is("")
        .stderr_has("Set `cache.trace` in ")
        .stderr_has(
            "warning: the settings cannot be used: invalid value `99` for `cache.compression_level`: ",
        )
        .stderr_has("config.toml, line 2, column ");
    assert_eq!(p.read("../config.toml"), "[cache]\ncompression_level = 99\ntrace = \"off\"\n");
    // So one can get out of it.
    p.kache("config set cache.compression_level 9").success().stderr_lacks("warning");
    p.kache("config get cache.trace").success().stdout_is("off\n");
    p.write("../config.toml", "[cache]\ncompression_level = 99\n");
    p.kache("config unset cache.compression_level").success().stderr_lacks("warning");
    assert_eq!(p.read("../config.toml"), "");
    // What stands in the way of the key itself is a fault of the file.
    p.write("../config.toml", "cache = 5\n");
    p.kache("config set cache.trace off").exits(3).stderr_has("error: invalid value `5` for `cache`: ");
    assert_eq!(p.read("../config.toml"), "cache = 5\n");
}

#[test]
fn config_that_cannot_be_read_is_a_fault_of_the_settings() {
    let p = workspace();
    let path = p.beside("config.toml");
    let check = || {
        for words in
            ["config list", "config set cache.trace off", "config unset cache.trace", "list", "build"]
        {
            let error = format!("error: failed to read `{}`\n\nCaused by:\n  ", path.display());
            p.kache(words).exits(3).stdout_is("").stderr_has(&error);
        }
    };
    std::fs::write(&path, b"[cache]\nkey_salt = \"\xff\"\n").unwrap();
    check();
    assert_eq!(std::fs::read(&path).unwrap(), b"[cache]\nkey_salt = \"\xff\"\n");
    std::fs::remove_file(&path).unwrap();
    std::fs::create_dir(&path).unwrap();
    check();
    assert!(!p.target().exists());
}

#[test]
fn config_of_a_table() {
    let p = workspace();
    for words in ["config set cache 5", "config get cache", "config unset cache"] {
        p.kache(words).exits(2).stderr_is(
            "error: `cache` is a table of settings, not a setting\n\
             hint: name a setting in it, as in `cache.local_store`\n",
        );
    }
    p.kache("config get cahce").exits(2).stderr_is("error: unknown key `cahce`\n");
}

#[test]
fn config_path_for_programs() {
    let p = workspace();
    let path = p.beside("config.toml");
    let object = p.kache("config path --json").success().json();
    assert_eq!(object, serde_json::json!({ "schema": 1, "path": path.to_str(), "exists": true }));
    std::fs::remove_file(&path).unwrap();
    assert_eq!(p.kache("config path --json").success().json()["exists"], false);
}
