//! Settings that are invalid or unreadable, and caches that cannot be.

use std::fs;
use std::path::PathBuf;

use cargo_kache::event::{Bypass, Log, Outcome};

use super::{assert_right, small};
use crate::support::Project;

#[test]
fn a_cache_that_is_a_file_stops_no_build() {
    let p = small();
    fs::write(p.cache(), "").unwrap();
    assert_right(&p);
    assert_eq!(fs::read(p.cache()).unwrap(), b"");
}

/// With a wrong word in the settings, nothing is lost.
#[test]
fn a_directory_in_use_is_no_cache() {
    let mut p = small();
    let files = ["tmp/a", "store/project/b", "store/e", "states/nevada/c", "index/pages/d"];
    for file in files {
        p.write(format!("../used/{file}"), "mine");
    }
    p.set("KACHE_CACHE_DIR", p.beside("used"));
    assert_right(&p);
    for command in ["gc", "purge", "verify --repair"] {
        p.kache(command).exits(1).stderr_has("it is in use for something else");
    }
    for file in files {
        assert_eq!(p.read(format!("../used/{file}")), "mine");
    }
    // What a process left that ended while it made the cache is one.
    p.remove("../used");
    fs::create_dir_all(p.beside("used/store")).unwrap();
    assert_right(&p);
    p.kache("list").success().stdout_has("\na ");
}

#[test]
fn without_a_home_nothing_is_cached() {
    let mut p = small();
    let home = PathBuf::from(std::env::var_os("HOME").unwrap());
    for (name, folder) in [("CARGO_HOME", ".cargo"), ("RUSTUP_HOME", ".rustup")] {
        let value = std::env::var_os(name).map_or_else(|| home.join(folder), PathBuf::from);
        p.set(name, value);
    }
    p.wipe_for("wrapped");
    let mut command = p.wrapped_command("build");
    command
        .env_remove("HOME")
        .env_remove("KACHE_CACHE_DIR")
        .env_remove("KACHE_CONFIG")
        .env_remove("XDG_CACHE_HOME");
    let run = p.run(command);
    p.assert_as_plain(&run, "build");
    p.assert_fresh("build");
}

/// Demands that a build is right and notes `settings` as the reason of each unit, where the cache would be.
#[track_caller]
fn assert_bypassed_by_settings(p: &Project) {
    assert_right(p);
    let logs = [p.cache(), p.beside("home cache/kache")];
    let noted = logs.iter().flat_map(|cache| Log::at(cache.join("logs/events.jsonl")).read_all().unwrap());
    let noted = noted.map(|event| event.outcome).collect::<Vec<_>>();
    assert!(!noted.is_empty(), "no reason was noted");
    assert!(
        noted.iter().all(|outcome| matches!(outcome, Outcome::Bypassed(Bypass::Settings(_)))),
        "{noted:#?}"
    );
}

#[test]
fn invalid_settings_stop_no_build() {
    let mut p = small();
    p.set("XDG_CACHE_HOME", p.beside("home cache"));
    fs::write(p.beside("config.toml"), "[cache\n").unwrap();
    assert_bypassed_by_settings(&p);
}

#[test]
fn an_invalid_setting_of_the_project_stops_no_build() {
    let mut p = small();
    p.set("XDG_CACHE_HOME", p.beside("home cache"));
    p.write(".config/kache.toml", "[cache]\nrestore = \"nonsense\"\n");
    assert_bypassed_by_settings(&p);
}

#[test]
fn an_invalid_variable_stops_no_build() {
    let mut p = small();
    p.set("XDG_CACHE_HOME", p.beside("home cache")).set("KACHE_LOCK_TIMEOUT", "soon");
    assert_bypassed_by_settings(&p);
}

#[test]
fn unreadable_settings_stop_no_build() {
    let mut p = small();
    p.set("XDG_CACHE_HOME", p.beside("home cache"));
    fs::create_dir(p.beside("config.toml")).unwrap();
    assert_bypassed_by_settings(&p);
}

#[test]
fn disabled_means_untouched() {
    let mut p = small();
    p.set("KACHE_DISABLED", "1");
    let run = assert_right(&p);
    run.no_units();
    assert!(!p.cache().exists());
}
