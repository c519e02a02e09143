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
