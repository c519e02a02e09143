//! Settings that no other topic has: where they come from, and what they do to a build.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::support::{Project, Run, project};

/// A setting with a key: its variable, its key, its default, and a value of the file's and one of the variable's.
const KEYS: &[(&str, &str, Option<&str>, &str, &str)] = &[
    ("KACHE_CACHE_DIR", "cache.local_store", Some("HOME/.cache/kache"), "/file", "/variable"),
    ("KACHE_MAX_SIZE", "cache.local_max_size", Some("50GB"), "20GB", "30GB"),
    ("KACHE_S3_BUCKET", "cache.remote.bucket", None, "filed", "builds"),
    ("KACHE_S3_ENDPOINT", "cache.remote.endpoint", None, "http://file.example", "http://variable.example"),
    ("KACHE_S3_REGION", "cache.remote.region", Some("us-east-1"), "eu-west-1", "eu-west-2"),
    ("KACHE_S3_PREFIX", "cache.remote.prefix", Some("artifacts"), "file", "variable"),
    ("KACHE_S3_PROFILE", "cache.remote.profile", None, "file", "variable"),
    ("KACHE_CACHE_EXECUTABLES", "cache.cache_executables", Some("false"), "true", "false"),
    ("KACHE_CLEAN_INCREMENTAL", "cache.clean_incremental", Some("true"), "false", "true"),
    ("KACHE_COMPRESSION_LEVEL", "cache.compression_level", Some("3"), "4", "22"),
    ("KACHE_S3_CONCURRENCY", "cache.s3_concurrency", Some("8"), "4", "16"),
];

/// A folder for the user, beside the project.
fn home(p: &Project) -> PathBuf {
    p.beside("home")
}

/// Runs `cargo kache …` as somebody who has set these variables and no others of ours.
fn as_user(p: &Project, words: &str, variables: &[(&str, &Path)]) -> Run {
    let mut command = p.kache_command(words);
    for name in ["KACHE_CONFIG", "KACHE_CACHE_DIR", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"] {
        command.env_remove(name);
    }
    command.env("HOME", home(p)).envs(variables.iter().copied());
    p.run(command)
}

#[test]
fn each_key_has_its_default_its_line_and_its_variable() {
    let p = project().build();
    let file = home(&p).join(".config/kache/config.toml");
    let list = |variables: &[(&str, &Path)]| as_user(&p, "config list --json", variables).success().json();
    let of = |list: &Value, key: &str| {
        let row = list["settings"].as_array().unwrap().iter().find(|row| row["key"] == key).unwrap().clone();
        (row["value"].as_str().map(str::to_owned), row["from"].as_str().unwrap().to_owned())
    };
    let (defaults, mut text) = (list(&[]), String::new());
    for (_, key, default, in_file, _) in KEYS {
        let default = default.map(|it| it.replace("HOME", home(&p).to_str().unwrap()));
        assert_eq!(of(&defaults, key), (default, "default".to_owned()), "{key}");
        let is_bare = in_file.parse::<u32>().is_ok() || in_file.parse::<bool>().is_ok();
        text += &if is_bare { format!("{key} = {in_file}\n") } else { format!("{key} = \"{in_file}\"\n") };
    }
    p.write(&file, text);
    let filed = list(&[]);
    let variables = KEYS.iter().map(|(name, .., value)| (*name, Path::new(*value))).collect::<Vec<_>>();
    let set = list(&variables);
    for (variable, key, _, in_file, in_variable) in KEYS {
        let value = |text: &str| Some(text.to_owned());
        assert_eq!(of(&filed, key), (value(in_file), format!("file {}", file.display())));
        assert_eq!(of(&set, key), (value(in_variable), format!("env {variable}")));
    }
}

/// The caches below the home that exist.
fn caches(p: &Project) -> Vec<String> {
    let folders = ["default", "xdg", "one", "two", "three", "four"];
    let place = |name: &&str| match *name {
        "default" => home(p).join(".cache/kache"),
        "xdg" => home(p).join("xdg-cache/kache"),
        name => home(p).join(name),
    };
    folders.iter().filter(|name| place(name).join("index").exists()).map(|name| (*name).to_owned()).collect()
}

#[test]
fn the_cache_and_the_file_are_where_they_are_looked_for() {
    let p = project().file("src/lib.rs", "").build();
    fs::create_dir_all(home(&p)).unwrap();
    let settings = |path: &str, store: &str| {
        p.write(home(&p).join(path), format!("[cache]\nlocal_store = \"~/{store}\"\n"));
    };
    let check = |variables: &[(&str, &Path)], found: &[&str]| {
        as_user(&p, "list", variables).success().stdout_is("No cached entries.\n");
        assert_eq!(caches(&p), found);
    };
    let path = |variables: &[(&str, &Path)], file: &Path| {
        as_user(&p, "config path", variables).success().stdout_is(&format!("{}\n", file.display()));
    };
    let (home_file, xdg) = (home(&p).join(".config/kache/config.toml"), home(&p).join("xdg"));
    let (cache, other) = (home(&p).join("xdg-cache"), home(&p).join("other.toml"));
    let place = home(&p).join("four");

    let mut variables: Vec<(&str, &Path)> = Vec::new();
    check(&variables, &["default"]);
    variables.push(("XDG_CACHE_HOME", &cache));
    check(&variables, &["default", "xdg"]);
    settings(".config/kache/config.toml", "one");
    path(&variables, &home_file);
    check(&variables, &["default", "xdg", "one"]);
    settings("xdg/kache/config.toml", "two");
    variables.push(("XDG_CONFIG_HOME", &xdg));
    path(&variables, &xdg.join("kache/config.toml"));
    check(&variables, &["default", "xdg", "one", "two"]);
    // A wrapper on its own looks there too.
    let mut command = p.wrapped_command("check");
    command.env_remove("KACHE_CONFIG").env_remove("KACHE_CACHE_DIR").env("HOME", home(&p));
    command.envs(variables.iter().copied());
    p.run(command).success();
    as_user(&p, "list", &variables).stdout_has("1 entry, ");
    settings("other.toml", "three");
    variables.push(("KACHE_CONFIG", &other));
    path(&variables, &other);
    check(&variables, &["default", "xdg", "one", "two", "three"]);
    variables.push(("KACHE_CACHE_DIR", &place));
    check(&variables, &["default", "xdg", "one", "two", "three", "four"]);
}

/// A library and a program, which is not cached.
fn pair() -> Project {
    project()
        .settings("")
        .file("src/lib.rs", "pub fn f() -> u8 { 1 }")
        .file("src/main.rs", "fn main() { println!(\"{}\", foo::f()) }")
        .build()
}

#[test]
fn the_wrapper_of_cargos_own_settings() {
    let mut p = pair();
    p.symlink(Project::program(), "../bin/kache");
    p.write("../cargo-home/config.toml", "[build]\nrustc-wrapper = \"kache\"\n");
    let mut path = p.beside("bin").into_os_string();
    path.push(":");
    path.push(std::env::var_os("PATH").unwrap());
    let cargo_home = p.beside("cargo-home");
    p.set("PATH", path).set("CARGO_HOME", cargo_home);
    p.cargo("build").success().missed("foo").bypassed("bin foo");
    p.wipe();
    p.cargo("build").success().hit("foo");
    assert_eq!(p.run_program("foo"), "1\n");
}

#[test]
fn the_wrapper_says_as_much_as_is_asked_for() {
    let mut p = pair();
    p.wrapped("build").success().stderr_lacks("kache: ");
    for (filter, says_hits, says_bypasses) in
        [("kache=debug", true, true), ("kache=info", false, true), ("kache=warn", false, false)]
    {
        p.set("KACHE_LOG", filter);
        p.wipe();
        let run = p.wrapped("build");
        run.success().hit("foo").bypassed("bin foo");
        let says = |text: &str| run.stderr.lines().any(|line| line.starts_with(text));
        assert_eq!(says("kache: foo v0.1.0 (Lib): Hit"), says_hits, "{run}");
        assert_eq!(says("kache: foo v0.1.0 (Bin(\"foo\")): Bypassed"), says_bypasses, "{run}");
    }
}

/// The state of a first compile lies in the cache too, and outlives the target directory.
#[test]
fn gc_takes_states_of_first_compiles_unless_told_not_to() {
    let p = pair();
    p.kache("build").success().missed("foo");
    p.wipe();
    let states = || fs::read_dir(p.cache().join("states")).unwrap().count();
    let kept = states();
    assert!(kept > 0);
    p.set_and_kache("KACHE_CLEAN_INCREMENTAL", "0", "gc").success().stdout_has("Nothing to remove.\n");
    p.kache("gc --dry-run").success().stdout_has("Would remove incremental data (");
    assert_eq!(states(), kept);
    let run = p.kache("gc");
    assert!(run.success().stdout.starts_with("Removed incremental data ("), "{run}");
    assert_eq!(states(), 0);
}

#[test]
fn gc_takes_incremental_folders_unless_told_not_to() {
    let mut p = pair();
    p.kache("build").success().missed("foo");
    p.replace("src/lib.rs", "{ 1 }", "{ 2 }");
    p.kache("build").success().not_recorded("foo");
    let folder = p.target().join("debug/incremental");
    let states = || fs::read_dir(&folder).map_or(0, Iterator::count);
    assert_eq!(states(), 2);
    for (name, value) in [("KACHE_CLEAN_INCREMENTAL", "0"), ("KACHE_CLEAN_INCREMENTAL", "false")] {
        p.set(name, value);
        let run = p.kache("gc");
        assert!(!run.success().stdout.contains("incremental"), "{run}");
        assert_eq!(states(), 2);
    }
    p.unset("KACHE_CLEAN_INCREMENTAL");
    let run = p.kache("gc --dry-run");
    assert!(run.success().stdout.starts_with("Would remove incremental data of 1 project ("), "{run}");
    assert_eq!(states(), 2);
    let run = p.kache("gc");
    assert!(run.success().stdout.starts_with("Removed incremental data of 1 project ("), "{run}");
    assert_eq!(states(), 0);
    p.kache("gc").success().stdout_has("Nothing to remove.\nStore: ");
    // What is left is whole.
    p.assert_fresh("build");
    p.replace("src/lib.rs", "{ 2 }", "{ 3 }");
    p.kache("build").success();
    assert_eq!(p.run_program("foo"), "3\n");
}
