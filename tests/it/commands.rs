//! Our own commands: what they print, what they change, and how they end.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;

use crate::support::{Project, Run, project};

const HOUR: Duration = Duration::from_hours(1);
const COMMANDS: [&str; 14] = [
    "list",
    "stats",
    "why",
    "sync",
    "gc",
    "purge",
    "clean",
    "verify",
    "doctor",
    "config",
    "daemon",
    "completions",
    "key",
    "help",
];

/// A small library `b_two`, a large one `a-one`, which needs it, and nothing built.
fn workspace() -> Project {
    project()
        .settings("")
        .workspace(&["a-one", "b_two"])
        .package("b_two", "b_two", "")
        .file("b_two/src/lib.rs", "pub fn f() -> u8 { 1 }")
        .package("a-one", "a-one", "[dependencies]\nb_two = { path = \"../b_two\" }\n")
        .file("a-one/src/lib.rs", "pub use b_two::f;\npub static A: [u8; 300_000] = [7; 300_000];")
        .build()
}

/// The same, built once: `b_two` first.
fn built() -> Project {
    let p = workspace();
    p.kache("build").success().misses(2);
    p
}

/// Crates whose orders differ: `a`, `b`, `c` by name; `b` is the largest and `a` the smallest; `c` has two hits, `a` one
/// and `b` none. `b` is 31 minutes old, `a` 25 hours, `c` 8 days.
fn three() -> Project {
    let p = project()
        .settings("")
        .workspace(&["a", "b", "c"])
        .package("a", "a", "")
        .file("a/src/lib.rs", "")
        .package("b", "b", "")
        .file("b/src/lib.rs", "pub static B: [u8; 300_000] = [7; 300_000];")
        .package("c", "c", "")
        .file("c/src/lib.rs", "pub static C: [u8; 100_000] = [7; 100_000];")
        .build();
    p.kache("build").success().misses(3);
    for words in ["build -p c", "build -p a -p c"] {
        p.wipe();
        p.kache(words).success().misses(0);
    }
    for (package, age) in [("b", HOUR / 60 * 31), ("a", 25 * HOUR), ("c", 8 * 24 * HOUR)] {
        p.age(package, age);
    }
    p
}

/// Builds again from nothing.
#[track_caller]
fn again(p: &Project) -> Run {
    p.wipe();
    let run = p.kache("build");
    run.success();
    run
}

/// The words of the first column, without its head.
fn first_column(run: &Run) -> Vec<&str> {
    let rows = run.stdout.lines().skip(1).take_while(|line| !line.contains(" entr"));
    rows.filter_map(|line| line.split_whitespace().next()).collect()
}

fn keys(value: &Value) -> BTreeSet<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

#[track_caller]
fn assert_keys(value: &Value, expected: &str) {
    assert_eq!(keys(value), expected.split(' ').collect::<BTreeSet<_>>());
}

// list

#[test]
fn list_of_an_empty_store() {
    let p = workspace();
    p.kache("list").success().stdout_is("No cached entries.\n").stderr_is("");
    p.kache("list x").success().stdout_is("No cached entries for `x`.\n");
    p.kache("list --json").success().stdout_is("{\"schema\":1,\"entries\":[],\"total_size\":0}\n");
}

#[test]
fn list_is_a_table() {
    let p = built();
    let run = p.kache("list");
    let lines = run.success().stderr_is("").stdout.lines().collect::<Vec<_>>();
    let head = lines[0].split_whitespace().collect::<Vec<_>>();
    assert_eq!(head, ["CRATE", "VERSION", "TYPE", "PROFILE", "SIZE", "HITS", "CREATED", "USED"]);
    assert!(lines[1].starts_with("a-one  0.1.0    lib   dev      "), "{run}");
    assert!(lines[3].starts_with("2 entries, ") && lines.len() == 4, "{run}");
}

#[test]
fn list_in_each_order() {
    let p = three();
    for (order, expected) in [
        ("", ["a", "b", "c"]),
        ("--sort name", ["a", "b", "c"]),
        ("--sort size", ["b", "c", "a"]),
        ("--sort hits", ["c", "a", "b"]),
        ("--sort age", ["b", "a", "c"]),
    ] {
        assert_eq!(first_column(p.kache(&format!("list {order}")).success()), expected, "{order}");
    }
    p.kache("list --sort colour").exits(2).stdout_is("").stderr_has("--sort");
}

#[test]
fn list_of_one_crate() {
    let p = built();
    for name in ["a-one", "a_one"] {
        let run = p.kache(&format!("list {name}"));
        run.success()
            .stdout_has("key: ")
            .stdout_has("\ncrate: a-one\nversion: 0.1.0\ntype: lib\nprofile: dev\n");
        run.stdout_has("\nfeatures: -\nrustc: rustc ")
            .stdout_has("\norigin: built here\nfiles:\n  liba_one-");
        assert!(!run.stdout.contains("b_two"), "{run}");
    }
    p.kache("list c").success().stdout_is("No cached entries for `c`.\n");
}

#[test]
fn list_for_programs() {
    let p = built();
    for words in ["list --json", "list --format json"] {
        let object = p.kache(words).success().json();
        assert_keys(&object, "schema entries total_size");
        assert_eq!(object["schema"], 1);
        let entries = object["entries"].as_array().unwrap();
        assert_eq!(entries.len(), 2);
        let fields = "key crate version type mode profile target features rustc size hits created used \
                      compile_ms origin files";
        assert_keys(&entries[0], fields);
        assert_keys(&entries[0]["files"][0], "name size digest");
        assert_eq!(entries[0]["crate"], "a-one");
        assert_eq!(entries[0]["key"].as_str().unwrap().len(), 64);
        let sizes = entries.iter().flat_map(|entry| entry["files"].as_array().unwrap());
        let sum: u64 = sizes.map(|file| file["size"].as_u64().unwrap()).sum();
        assert_eq!(object["total_size"], sum);
    }
    p.kache("list --json --format text").exits(2);
}

// stats

#[test]
fn stats_of_nothing() {
    let p = workspace();
    p.kache("stats")
        .success()
        .stdout_has("Hit rate:   - (local 0, ")
        .stdout_has("Remote:     not configured\n");
    p.kache("stats --last").exits(1).stdout_is("").stderr_is("error: no build has been recorded yet\n");
}

#[test]
fn stats_in_each_form() {
    let p = built();
    again(&p).hits(2);
    let run = p.kache("stats");
    run.success().stderr_is("");
    let names = run.stdout.lines().map(|line| line.split(':').next().unwrap()).collect::<Vec<_>>();
    assert_eq!(names, ["Store", "Hit rate", "Time saved", "On disk", "Daemon", "Remote", "Bypasses"]);
    run.stdout_has(" / 50.0 GB (2 entries, 0%)\n");
    run.stdout_has("Hit rate:   50% (local 2, remote 0, missed 2, bypassed 0)\n").stdout_has(" (last 24h)\n");
    assert_eq!(p.kache("").success().stdout, run.stdout);
    p.kache("stats --since 1d12h").success().stdout_has(" (last 1d12h)\n");
    let object = p.kache("stats --json").success().json();
    assert_eq!(object["schema"], 1);
    assert_eq!(object["store"]["entries"], 2);
    assert_eq!(object["counts"]["local"], 2);
    p.kache("stats --format markdown")
        .success()
        .stdout_has("### Kache\n")
        .stdout_has("| Hit rate | 50% (local 2");
    p.age("a-one", 25 * HOUR);
    p.kache("stats").success().stdout_has("(local 1, remote 0, missed 1,");
    p.kache("stats --since 2d").success().stdout_has("(local 2, remote 0, missed 2,");
}

#[test]
fn stats_of_the_last_build() {
    let p = built();
    p.replace("b_two/src/lib.rs", "u8 { 1", "u16 { 1");
    p.kache("build").success();
    let run = p.kache("stats --last");
    run.success()
        .stdout_has("       Kache 0 of 2 units from cache (0 local, 0 remote), 2 missed, 0 bypassed\n");
    run.stdout_has(": source changed: `b_two/src/lib.rs`; not recorded: edited member built incrementally")
        .stdout_has("\nRESULT  UNIT ")
        .stderr_is("");
    assert_eq!(p.kache("stats --last --json").success().json()["counts"]["missed"], 2);
    p.kache("stats --last --format markdown").success().stdout_has("### Kache: 0 of 2 units");
    p.kache("stats --last --since 1h").exits(2);
}

// why

#[test]
fn why_follows_the_chain_to_its_root() {
    let p = project()
        .settings("")
        .workspace(&["app", "mid", "leaf"])
        .package("leaf", "leaf", "")
        .file("leaf/src/lib.rs", "mod a; pub use a::f;")
        .file("leaf/src/a.rs", "pub fn f() -> u8 { 1 }")
        .package("mid", "mid", "[dependencies]\nleaf = { path = \"../leaf\" }\n")
        .file("mid/src/lib.rs", "pub use leaf::f;")
        .package("app", "app", "[dependencies]\nmid = { path = \"../mid\" }\n")
        .file("app/src/lib.rs", "pub use mid::f;")
        .build();
    p.kache("build").success();
    p.kache("why app")
        .success()
        .stdout_has("app v0.1.0 (lib) missed in ")
        .stdout_has(": not in the cache yet\n");
    p.write("leaf/src/a.rs", "pub fn f() -> u16 { 1 }");
    again(&p).misses(3);
    let run = p.kache("why app");
    run.success().stdout_has("app v0.1.0 (lib) missed in ").stderr_is("");
    run.stdout_has("\n  changed  dependency mid v0.1.0 (lib)\n");
    run.stdout_has("\n  because  leaf v0.1.0 (lib): source changed: `leaf/src/a.rs`\n");
    run.stdout_has("\n  key ").stdout_has(", nearest ");
    p.kache("why leaf").success().stdout_has("\n  changed  source `").stdout_has("leaf/src/a.rs`\n");
    let object = p.kache("why mid --json").success().json();
    assert_eq!(object["schema"], 1);
    assert_eq!(object["units"][0]["unit"]["package"], "mid");
    assert_eq!(object["units"][0]["changes"][0]["kind"], "dependency");
    assert_eq!(p.kache("why").success().stdout.matches("missed in").count(), 3);
    p.kache("why-miss app").success().stdout_has("\n  changed  dependency mid v0.1.0 (lib)\n");
}

#[test]
fn why_names_changed_flags_and_features() {
    let p = project()
        .settings("")
        .root("[features]\nred = []\n[profile.dev]\nopt-level = 1\n")
        .file("src/lib.rs", "pub fn f() {}")
        .build();
    p.kache("build").success();
    p.replace("Cargo.toml", "opt-level = 1", "opt-level = 2");
    p.kache("build").success();
    let changed = |p: &Project| {
        let run = p.kache("why");
        let lines = run.success().stdout.lines().filter(|line| line.starts_with("  changed  "));
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(changed(&p), ["  changed  flag `-C opt-level` 1 → 2"]);
    p.kache("build --features red").success();
    assert_eq!(changed(&p), ["  changed  features +red"]);
}

#[test]
fn why_of_hits_and_of_what_was_not_compiled() {
    let p = workspace();
    p.kache("why").exits(1).stderr_is("error: no build has been recorded yet\n");
    p.kache("build").success();
    again(&p).hits(2);
    p.kache("why").success().stdout_is("Every unit of the last build came from the cache.\n");
    p.kache("why a-one").success().stdout_has("a-one v0.1.0 (lib) came from the cache in ");
    p.wipe();
    p.kache("build -p b_two").success();
    p.kache("why a_one")
        .exits(1)
        .stdout_is("")
        .stderr_has("error: `a_one` was not compiled in the last build\n")
        .stderr_has("20");
    p.kache("why x").exits(1).stderr_is("error: `x` was not compiled in the last build\n");
}

// gc

#[test]
fn gc_of_what_needs_none() {
    let mut p = built();
    p.set("KACHE_CLEAN_INCREMENTAL", "0");
    p.kache("gc").success().stdout_has("Nothing to remove.\nStore: ").stdout_has(" / 50.0 GB (2 entries)\n");
    p.kache("gc --max-age 1h").success().stdout_has("Nothing to remove.\n");
    let fields = "schema entries_removed bytes_removed bytes_freed bytes_still_linked entries_pinned \
                  incremental_bytes incremental_projects entries store_bytes";
    assert_keys(&p.kache("gc --json").success().json(), fields);
}

#[test]
fn gc_of_an_empty_store_says_so() {
    workspace().kache("gc").success().stdout_has("Nothing to remove.\nStore: ").stdout_has(" (0 entries)\n");
}

#[test]
fn gc_by_age() {
    let p = built();
    p.age("a-one", 25 * HOUR);
    let blobs = p.blobs();
    let listed = p.kache("list").stdout;
    for words in ["gc --max-age 1d --dry-run", "gc --max-age 1d -n"] {
        let run = p.kache(words);
        run.success().stdout_has("Would remove 1 entry (").stdout_has("would become free on disk");
        assert_eq!((p.blobs(), p.kache("list").stdout), (blobs.clone(), listed.clone()), "{run}");
    }
    let run = p.kache("gc --max-age 1d");
    run.success().stdout_has("Removed 1 entry (").stdout_has(" is still linked from target directories.\n");
    run.stdout_has(" / 50.0 GB (1 entry)\n");
    assert_eq!(p.kache("list a-one").stdout, "No cached entries for `a-one`.\n");
    again(&p).missed("a_one").hit("b_two");
    p.assert_store_is_whole();
}

#[test]
fn gc_by_ages_in_days_hours_and_minutes() {
    let mut p = three();
    p.set("KACHE_CLEAN_INCREMENTAL", "0");
    for (age, removed) in
        [("9d", 0), ("7d", 1), ("26h", 1), ("24h", 2), ("1d30m", 2), ("32m", 2), ("30m", 3), ("1800s", 3)]
    {
        let object = p.kache(&format!("gc --max-age {age} --dry-run --json")).success().json();
        assert_eq!(object["entries_removed"], removed, "{age}: {object}");
    }
    for (age, left) in [("7d", vec!["a", "b"]), ("24h", vec!["b"]), ("30m", vec![])] {
        p.kache(&format!("gc --max-age {age}")).success().stdout_has("Removed 1 entry (");
        assert_eq!(p.kache("list --json").json()["entries"].as_array().unwrap().len(), left.len());
        for name in left {
            p.kache(&format!("list {name}")).success().stdout_has("key: ");
        }
    }
}

#[test]
fn gc_on_a_disk_with_little_room() {
    let mut p = built();
    p.age("a-one", HOUR);
    p.set("KACHE_CLEAN_INCREMENTAL", "0").set("KACHE_MIN_FREE", "0");
    p.kache("gc").success().stdout_has("Nothing to remove.\n");
    // No disk has as much.
    p.set("KACHE_MIN_FREE", "900000TB");
    p.kache("gc").success().stdout_has("Removed 1 entry (").stdout_has("\n1 entry stayed: ");
    p.kache("list a-one").success().stdout_is("No cached entries for `a-one`.\n");
}

#[test]
fn what_gc_removed_is_missed_for_that_reason() {
    let p = built();
    p.age("a-one", 25 * HOUR);
    p.kache("gc --max-age 1d").success().stdout_has("Removed 1 entry (");
    again(&p).missed("a_one").stderr_has("Missed a-one v0.1.0 (lib) ").stderr_has(": evicted by gc\n");
}

#[test]
fn gc_removes_the_least_recently_used_first() {
    let mut p = built();
    p.age("a-one", 3 * HOUR);
    p.age("b_two", HOUR);
    let size = p.kache("gc --dry-run --json").success().json()["store_bytes"].as_u64().unwrap();
    p.set("KACHE_MAX_SIZE", (size - 1).to_string());
    p.kache("gc").success().stdout_has("Removed 1 entry (");
    assert_eq!(first_column(&p.kache("list")).len(), 1);
    p.kache("list b_two").success().stdout_has("crate: b_two\n");
}

#[test]
fn gc_spares_what_was_just_used() {
    let mut p = built();
    p.age("a-one", HOUR);
    p.set("KACHE_MAX_SIZE", "1kB");
    let run = p.kache("gc");
    run.success()
        .stdout_has("Removed 1 entry (")
        .stdout_has("\n1 entry stayed: used in the last 2 minutes.\n");
    p.kache("list b_two").success().stdout_has("crate: b_two\n");
}

// purge

#[test]
fn purge_of_one_crate() {
    let p = built();
    p.kache("purge --crate-name x").success().stdout_is("No cached entries for `x`.\n");
    p.kache("purge --crate-name a_one").success().stdout_is("Removed 1 entry for `a_one`.\n");
    again(&p).missed("a_one").hit("b_two");
    p.kache("purge --crate-name a-one").success().stdout_is("Removed 1 entry for `a-one`.\n");
    let object = p.kache("purge --crate-name b-two --json").success().json();
    assert_keys(&object, "schema entries_removed bytes_removed bytes_freed");
    assert_eq!(object["entries_removed"], 1);
    p.kache("list").success().stdout_is("No cached entries.\n");
    assert_eq!(p.blobs(), []);
}

#[test]
fn purge_of_all() {
    let p = built();
    p.write("../config.toml", "# mine\n");
    let log = p.read(p.layout().events());
    // Without a terminal nobody is asked.
    p.kache("purge").success().stdout_has("Cleared the local store (2 entries, ").stderr_is("");
    assert_eq!(p.blobs(), []);
    assert_eq!(p.read("../config.toml"), "# mine\n");
    assert_eq!(p.read(p.layout().events()), log);
    p.kache("purge --yes").success().stdout_is("Cleared the local store (0 entries, 0 B).\n");
    again(&p).misses(2);
}

// verify

#[test]
fn verify_of_a_sound_store() {
    let p = built();
    p.kache("verify").success().stdout_has("Checked 2 entries (").stdout_has("): 0 damaged.\n").stderr_is("");
    let object = p.kache("verify --json").success().json();
    assert_keys(&object, "schema entries bytes damaged problems repaired");
}

#[test]
fn verify_finds_damage_and_repairs_it() {
    let p = built();
    // What lies in `target` stays out of this.
    p.wipe();
    let largest = p.blobs().into_iter().max_by_key(|(path, _)| path.metadata().unwrap().len()).unwrap().0;
    let mut bytes = fs::read(&largest).unwrap();
    bytes[1000] ^= 1;
    fs::set_permissions(&largest, fs::Permissions::from_mode(0o644)).unwrap();
    fs::write(&largest, bytes).unwrap();
    let run = p.kache("verify");
    run.exits(1).stdout_has("PROBLEM  KEY ").stdout_has("\ncontent  ").stdout_has("): 1 damaged.\n");
    run.stdout_has("  a-one  liba_one-");
    assert_eq!(p.kache("verify --json").exits(1).json()["problems"][0]["crate"], "a-one");
    p.kache("verify --repair").success().stdout_has("): 1 damaged, removed.\n");
    p.kache("verify").success().stdout_has("Checked 1 entry (").stdout_has("): 0 damaged.\n");
    again(&p).missed("a_one").hit("b_two");
    p.assert_store_is_whole();
}

#[test]
fn verify_finds_strays() {
    let p = built();
    p.write(p.layout().blobs().join("notes.txt"), "mine");
    p.kache("verify").exits(1).stdout_has("\nstray ").stdout_has("notes.txt\n");
    p.kache("verify --repair").success();
    p.kache("verify").success();
}

// doctor

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

// config

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

// What all have in common.

#[test]
fn completions_for_each_shell() {
    let p = workspace();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        p.kache(&format!("completions {shell}"))
            .success()
            .stdout_has("cargo-kache")
            .stdout_has("max-age")
            .stderr_is("");
    }
    p.kache("completions tcsh").exits(2).stdout_is("").stderr_has("tcsh");
}

#[test]
fn each_command_has_help() {
    let p = workspace();
    for command in COMMANDS {
        for words in [format!("{command} --help"), format!("{command} -h"), format!("help {command}")] {
            let run = p.kache(&words);
            run.success().stdout_has(&format!("Usage: cargo kache {command}")).stderr_is("");
        }
    }
    for words in ["--help", "-h", "help"] {
        let run = p.kache(words);
        run.success().stdout_has("cargo kache build").stdout_has("RUSTC_WRAPPER=kache");
        for command in COMMANDS {
            run.stdout_has(&format!("\n  {command} "));
        }
    }
    p.kache("help build").success().stdout_has("cargo");
    let version = format!("cargo-kache {}\n", env!("CARGO_PKG_VERSION"));
    for words in ["-V", "--version"] {
        p.kache(words).success().stdout_is(&version).stderr_is("");
    }
}

#[test]
fn unknown_words_are_usage_errors() {
    let p = workspace();
    for command in COMMANDS {
        p.kache(&format!("{command} --no-such-option")).exits(2).stdout_is("").stderr_has("--no-such-option");
    }
    for words in ["list a b", "gc x", "config nothing", "completions", "-q -v list", "--report short"] {
        p.kache(words).exits(2).stdout_is("").stderr_has("error: ");
    }
}

#[test]
fn durations_and_sizes_need_to_be_clear() {
    let mut p = workspace();
    for bad in ["30", "0", "soon", "1.5h", "-1h"] {
        let error = format!("error: invalid duration `{bad}`: add a unit, as in `30m`, `24h` or `7d`\n");
        p.kache(&format!("gc --max-age={bad}")).exits(2).stdout_is("").stderr_is(&error);
        p.kache(&format!("stats --since={bad}")).exits(2).stdout_is("").stderr_is(&error);
    }
    p.set("KACHE_MAX_SIZE", "50XB");
    p.kache("list")
        .exits(3)
        .stdout_is("")
        .stderr_has("error: invalid value `50XB` for `KACHE_MAX_SIZE`: expected ");
    p.set("KACHE_MAX_SIZE", "1 GiB");
    p.kache("config get cache.local_max_size").success().stdout_is("1GiB\n");
}

#[test]
fn a_store_that_cannot_be_opened_is_an_error() {
    let mut p = workspace();
    p.write("../file", "");
    let store = p.beside("file/store");
    p.set("KACHE_CACHE_DIR", &store);
    for command in ["list", "stats", "why", "gc", "purge", "verify"] {
        p.kache(command)
            .exits(1)
            .stdout_is("")
            .stderr_has(&format!("error: cannot open the store at {}\n\nCaused by:\n  ", store.display()));
    }
}

#[test]
fn color_is_asked_for_or_not() {
    let p = workspace();
    let is_colored = |run: &Run| run.stderr.contains('\u{1b}');
    let wrong = "gc --max-age 30";
    assert!(!is_colored(&p.kache(wrong)), "no terminal");
    for words in ["--color always gc --max-age 30", "gc --max-age 30 --color=always", "--color always gc --x"]
    {
        assert!(is_colored(p.kache(words).exits(2)), "{words}");
        assert!(is_colored(&p.set_and_kache("NO_COLOR", "1", words)), "an option wins: {words}");
    }
    assert!(is_colored(&p.set_and_kache("CARGO_TERM_COLOR", "always", wrong)));
    assert!(!is_colored(&p.set_and_kache("CARGO_TERM_COLOR", "always", "--color never gc --max-age 30")));
    let mut command = p.kache_command(wrong);
    command.env("NO_COLOR", "1").env("CARGO_TERM_COLOR", "always");
    assert!(!is_colored(&p.run(command)));
    assert!(p.kache("--color always --help").success().stdout.contains('\u{1b}'));
    p.kache("--color maybe list").exits(2);
    // The report behind cargo's own words.
    let report = p.kache("--color always --report short build").success().stderr.clone();
    assert!(report.contains("\u{1b}[1m\u{1b}[92m       Kache\u{1b}[0m 0 of 2 units"), "{report}");
}

#[test]
fn a_closed_pipe_is_no_error() {
    let p = built();
    for words in
        ["list", "list --json", "list a-one", "stats", "why", "verify", "gc", "config list", "help", "-V"]
    {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = p.kache_command(words);
        let child = command.stdout(writer).stderr(Stdio::piped()).spawn().unwrap();
        drop(command);
        let output = child.wait_with_output().unwrap();
        assert_eq!((output.status.code(), output.stderr), (Some(0), Vec::new()), "{words}");
    }
}

#[test]
fn quiet_keeps_results_and_errors() {
    let p = built();
    p.kache("-q list").success().stdout_has("2 entries, ");
    p.kache("config set cache.trace off -q").success().stdout_is("").stderr_is("");
    p.kache("gc -q --max-age 30").exits(2).stderr_has("error: ");
}
