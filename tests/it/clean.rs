//! `clean`: what it finds, what it says, what it removes, and what it never touches.

mod screens;

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::time::Duration;

use cargo_kache::fs::lock;
use serde_json::Value;

use crate::support::{Memory, Project, project, wait_for};

/// A folder without a project of its own: what lies in it is up to the test.
fn folder() -> Project {
    let p = project().settings("").at("src").build();
    p.remove("Cargo.toml");
    p
}

/// Puts a project with a target directory at a place, as cargo would leave it.
fn put(p: &Project, place: &str) {
    p.write(format!("{place}/Cargo.toml"), "");
    p.write(format!("{place}/target/CACHEDIR.TAG"), "Signature: 8a477f597d28d172789f06886806bc55\n");
    p.write(format!("{place}/target/debug/.cargo-lock"), "");
    p.write(format!("{place}/target/debug/deps/libapp.rlib"), [1; 9000]);
}

/// Lists the names in a folder.
fn names(path: impl AsRef<Path>) -> Vec<String> {
    let names = fs::read_dir(path).unwrap().map(|entry| entry.unwrap().file_name());
    let mut names = names.map(|name| name.to_string_lossy().into_owned()).collect::<Vec<_>>();
    names.sort();
    names
}

#[test]
fn what_it_says_it_frees_is_what_the_disk_gains() {
    let disk = tempfile::tempdir().unwrap();
    let disk = disk.path().canonicalize().unwrap();
    let Some(memory) = Memory::mount(&disk, 512 << 20) else { return };
    let p = project()
        .file("../../config.toml", "")
        .below(disk.to_str().unwrap())
        .at("src/one")
        .env("KACHE_MIN_FREE", "0")
        .env("CARGO_INCREMENTAL", "1")
        .file("src/lib.rs", "pub static A: [u8; 300_000] = [7; 300_000]; pub fn f() -> u8 { A[0] }")
        .file("src/main.rs", "fn main() { println!(\"{}\", foo::f()); }")
        .build();
    p.kache("build").success();
    let second = p.checkout("src/two");
    second.kache("build").success().hit("foo");
    let third = p.checkout("src/plain");
    third.cargo("build --release").success();
    let src = p.beside("src");
    let clean = |words: &str| {
        let mut command = p.kache_command(&format!("clean {words}"));
        command.current_dir(&src);
        p.run(command)
    };

    let object = clean("-n --json").success().json();
    let number =
        |value: &Value, name: &str| value[name].as_u64().unwrap_or_else(|| panic!("{name} of {value}"));
    let targets = object["targets"].as_array().unwrap();
    let of =
        |end: &str| targets.iter().find(|target| target["path"].as_str().unwrap().ends_with(end)).unwrap();
    assert_eq!((targets.len(), &object["schema"], &object["dry_run"]), (3, &1.into(), &true.into()));
    for (target, profile) in
        [(of("one/target"), "debug"), (of("two/target"), "debug"), (of("plain/target"), "release")]
    {
        assert_eq!(target["profiles"], serde_json::json!([profile]), "{target}");
        assert!(target["last_used"].is_string() && target["result"].is_null() && target["in_use"] == false);
        let parts = target["parts"].as_object().unwrap().values().map(|part| part.as_u64().unwrap());
        assert_eq!(parts.sum::<u64>(), number(target, "bytes"));
        assert!(number(&target["parts"], "deps") > 0 && number(&target["parts"], "binaries") > 0, "{target}");
    }
    assert!(
        number(of("one/target"), "cached_bytes") >= 300_000
            && number(of("plain/target"), "cached_bytes") == 0
    );
    assert_eq!(number(of("plain/target"), "freed_bytes"), number(of("plain/target"), "bytes"));
    // One blob in both of them counts once.
    let shared = number(of("two/target"), "cached_bytes");
    assert!(
        shared >= 300_000
            && number(&object, "cached_bytes") < shared + number(of("one/target"), "cached_bytes")
    );

    let size = |bytes: u64| cargo_kache::quantity::format_size(bytes);
    let (bytes, cached, freed) =
        (number(&object, "bytes"), number(&object, "cached_bytes"), number(&object, "freed_bytes"));
    assert!(freed < bytes && freed > 0);
    let run = clean("--dry-run");
    let head = format!(
        "Found 3 target directories ({}, {} of it shared with the cache)\n",
        size(bytes),
        size(cached)
    );
    assert!(run.success().stdout.starts_with(&head), "{run}");
    run.stdout_has("  [debug]  frees ").stdout_has("  [release]  frees ").stdout_has(", used ");
    assert!(run.stdout.ends_with(&format!("Dry run: would free {}\n", size(freed))), "{run}");

    // A file system mounted within, also one of the same device, keeps the directory, whole.
    let precious = p.beside("precious");
    fs::create_dir_all(&precious).unwrap();
    fs::write(precious.join("letter"), "dear").unwrap();
    let inside = src.join("plain/target/release/mounted");
    let bound = Memory::bind(&precious, &inside);
    let run = clean("--yes plain");
    run.exits(1)
        .stdout_has("  failed  plain/target: another file system is mounted at `")
        .stderr_is("error: 1 target directory was not removed\n");
    drop(bound);
    fs::remove_dir(&inside).unwrap();
    assert_eq!((names(&precious), names(src.join("plain"))), (vec!["letter".into()], names(src.join("one"))));

    let before = memory.used();
    let run = clean("--yes");
    run.success().stderr_is("").stdout_is(&format!(
        "  removed one/target\n  removed plain/target\n  removed two/target\n\
         Removed 3 target directories, freed {}\n",
        size(freed)
    ));
    assert_eq!(before - memory.used(), freed);
    assert_eq!(names(src.join("one")), ["Cargo.lock", "Cargo.toml", "src"]);
    p.assert_store_is_whole();
    second.kache("build").success().hit("foo");
    let object = clean("--yes --json").success().json();
    assert_eq!((&object["removed"], &object["stayed"]), (&1.into(), &0.into()));
    assert_eq!(object["targets"][0]["result"], "removed");
    assert_eq!(object["freed_bytes"], object["targets"][0]["freed_bytes"]);
    clean("--yes").success().stdout_is("No target directories found.\n").stderr_is("");
    clean("-n").success().stdout_is("No target directories found.\n");
    assert_eq!(clean("-n --json").success().json()["targets"], serde_json::json!([]));
}

#[test]
fn blocks_that_the_store_has_too_are_not_freed() {
    let room = tempfile::tempdir().unwrap();
    let disk = room.path().canonicalize().unwrap().join("disk");
    let Some(btrfs) = Memory::btrfs(&disk, 300 << 20) else { return };
    let p = project().settings("").below(disk.to_str().unwrap()).at("src").build();
    put(&p, "app");
    const LARGE: usize = 20 << 20;
    let blob = p.layout().blob(&cargo_kache::digest::Digest::of(b"content"));
    p.write(&blob, vec![1; LARGE]);
    p.write("app/target/debug/deps/own", vec![2; LARGE]);
    for (from, to) in [(blob, "shared"), (p.path("app/target/debug/deps/shared"), "shared-again")] {
        let to = p.path("app/target/debug/deps").join(to);
        let copied = std::process::Command::new("cp").arg("--reflink=always").args([&from, &to]).status();
        assert!(copied.unwrap().success());
    }
    btrfs.sync();
    let object = p.kache("clean -n --json").success().json();
    let near = |value: u64, expected: usize| value.abs_diff(expected as u64) < 1 << 20;
    let number = |name: &str| object[name].as_u64().unwrap();
    let figures = ["bytes", "cached_bytes", "freed_bytes"].map(number);
    assert!(near(figures[0], 2 * LARGE) && near(figures[1], LARGE) && near(figures[2], LARGE), "{figures:?}");
    let before = btrfs.used();
    let object = p.kache("clean -y --json").success().json();
    btrfs.sync();
    assert!(
        near(before - btrfs.used(), LARGE) && near(object["freed_bytes"].as_u64().unwrap(), LARGE),
        "{object}"
    );
}

#[test]
fn only_target_directories_of_cargos_go() {
    let p = folder();
    put(&p, "app");
    p.write("../precious/letter", "dear");
    symlink(p.beside("precious"), p.path("app/target/debug/link")).unwrap();
    let odd = Path::new(OsStr::from_bytes(b"odd-\xff\n"));
    p.write(odd.join("Cargo.toml"), "");
    p.write(odd.join("target/debug/deps").join(OsStr::from_bytes(b"\xfe")), "");
    // None of these.
    put(&p, "no-manifest");
    p.remove("no-manifest/Cargo.toml");
    put(&p, "node_modules/app");
    put(&p, ".hidden/app");
    put(&p, "../elsewhere");
    p.write("linked/Cargo.toml", "");
    p.symlink(p.beside("elsewhere/target"), "linked/target");
    p.write("plain/Cargo.toml", "");
    p.write("plain/target/notes/today", "");
    let linked = p.path("linked/target");
    let warning = format!("warning: passed over `{}`: it is a link\n", linked.display());
    let run = p.kache("clean --yes");
    run.success().stderr_is(&warning).stdout_has(
        "  removed app/target\n  removed odd-\u{fffd}\\n/target\nRemoved 2 target directories, freed ",
    );
    assert_eq!(
        (names(p.path("app")), names(p.path(odd))),
        (vec!["Cargo.toml".into()], vec!["Cargo.toml".into()])
    );
    assert_eq!(names(p.beside("precious")), ["letter"]);
    for stays in
        ["no-manifest/target", "node_modules/app/target", ".hidden/app/target", "../elsewhere/target"]
    {
        assert!(p.path(stays).join("debug/deps/libapp.rlib").exists(), "{stays}");
    }
    assert!(p.path("plain/target/notes/today").exists() && linked.is_symlink());
    // The folder may be named, also if it is the target directory itself or hidden.
    put(&p, "app");
    p.kache("clean -n app/target").success().stdout_has("Found 1 target directory (");
    p.kache("clean -y .hidden").success().stdout_has("  removed .hidden/app/target\n");
    p.kache("clean -n linked/target").success().stdout_is("No target directories found.\n");
}

#[test]
fn directories_that_settings_name_go_too() {
    let p = project()
        .file("../../config.toml", "")
        .at("src/app")
        .file("src/lib.rs", "")
        .file(
            ".cargo/config.toml",
            "[build]\ntarget-dir = \"../../out\"\nbuild-dir = \"../../made/{workspace-path-hash}\"\n",
        )
        .build();
    p.cargo("build").success();
    let made = p.beside("made");
    assert!(p.beside("out/debug").is_dir() && made.is_dir());
    let run = p.kache("clean -n --json ..");
    let object = run.success().json();
    let targets = object["targets"].as_array().unwrap();
    let kinds = targets.iter().map(|target| target["kind"].as_str().unwrap()).collect::<Vec<_>>();
    assert_eq!(kinds, ["configured", "configured"], "{run}");
    p.kache("clean -y ..").success().stdout_has("Removed 2 target directories, freed ");
    assert!(!p.beside("out").exists() && names(&made).iter().all(|name| names(made.join(name)).is_empty()));
    // Never a workspace itself, nor the cache.
    for (name, value, inside) in
        [("CARGO_TARGET_DIR", p.root(), p.root()), ("CARGO_BUILD_TARGET_DIR", &p.beside("src"), p.root())]
    {
        p.write(p.beside("src/app/debug/.fingerprint/x"), "");
        let run = p.set_and_kache(name, value, "clean -y");
        let passed =
            format!("warning: passed over `{}`: `{}` lies in it\n", value.display(), inside.display());
        run.success().stderr_is(&passed).stdout_is("No target directories found.\n");
    }
    put(&p, "../other");
    let cache = p.path("../other/target/cache");
    fs::create_dir_all(&cache).unwrap();
    let run = p.set_and_kache("KACHE_CACHE_DIR", &cache, "clean -y ../other");
    run.success().stderr_has("/other/target/cache` lies in it\n").stdout_is("No target directories found.\n");
    assert!(cache.is_dir());
}

#[test]
fn a_running_build_keeps_its_directory() {
    let p = folder();
    put(&p, "busy");
    put(&p, "idle");
    let lock = p.path("busy/target/debug/.cargo-lock");
    let cargo = lock::try_exclusive(&lock).unwrap().unwrap();
    let run = p.kache("clean -n");
    let row = |run: &crate::support::Run| {
        run.stdout.lines().find(|line| line.starts_with("  busy/target")).unwrap_or_default().to_owned()
    };
    assert!(row(run.success()).ends_with(", a build is running"), "{run}");
    let object = p.kache("clean -n --json").success().json();
    assert_ne!(object["freed_bytes"], object["bytes"]);
    let run = p.kache("clean --yes");
    run.exits(1)
        .stdout_has(
            "  skipped busy/target: a build is running\n  removed idle/target\nRemoved 1 target directory, ",
        )
        .stderr_is("error: 1 target directory was not removed\n");
    assert_eq!(names(p.path("busy")), ["Cargo.toml", "target"]);
    let run = p.kache("clean --yes --json");
    let object = run.exits(1).json();
    assert_eq!((&object["targets"][0]["result"], &object["stayed"]), (&"skipped".into(), &1.into()));
    drop(cargo);
    // A program that another test starts may have the lock for a moment.
    wait_for("the lock to be free", || p.kache("clean --yes").code == 0);
    assert_eq!(names(p.path("busy")), ["Cargo.toml"]);
}

#[test]
fn what_a_killed_run_leaves_goes_with_the_next() {
    let p = folder();
    let leftover =
        || names(p.path("app")).into_iter().find(|name| name.starts_with(".target.kache-removed-"));
    // A run may be done before the signal comes.
    let left = (0..20).find_map(|_| {
        put(&p, "app");
        for number in 0..3000 {
            fs::write(p.path(format!("app/target/debug/deps/{number}")), "").unwrap();
        }
        let mut child = p.kache_command("clean --yes").spawn().unwrap();
        wait_for("the directory to be renamed", || {
            leftover().is_some() || child.try_wait().unwrap().is_some()
        });
        child.kill().unwrap();
        child.wait().unwrap();
        leftover()
    });
    let left = left.expect("one of the runs is killed in time");
    put(&p, "app");
    p.kache("clean -n")
        .success()
        .stdout_has("[left by an interrupted clean]")
        .stdout_has("Found 2 target directories");
    let run = p.kache("clean --yes");
    run.success()
        .stdout_has(&format!("  removed app/{left}\n  removed app/target\nRemoved 2 target directories"));
    assert_eq!(names(p.path("app")), ["Cargo.toml"]);
}

#[test]
fn words_that_make_no_sense() {
    let p = folder();
    put(&p, "app");
    let instead = "hint: `cargo kache clean --dry-run` shows what is there, `cargo kache clean --yes` removes all of it\n";
    p.kache("clean").exits(2).stdout_is("").stderr_is(&format!("error: `clean` needs a terminal\n{instead}"));
    let json = format!("error: `--json` needs `--dry-run` or `--yes`\n{instead}");
    p.kache("clean --json").exits(2).stdout_is("").stderr_is(&json);
    for (words, option) in [
        ("clean -p app", "-p"),
        ("clean --package=app --yes", "--package"),
        ("clean -y --release", "--release"),
        ("clean -r", "-r"),
        ("--color never clean --doc", "--doc"),
        ("clean --profile dev", "--profile"),
        ("clean --target x", "--target"),
        ("clean --manifest-path x", "--manifest-path"),
        ("clean --locked", "--locked"),
    ] {
        p.kache(words).exits(2).stdout_is("").stderr_is(&format!(
            "error: `{option}` is an option of cargo's own `clean`\n\
             hint: for cargo's own command run `cargo clean` or `cargo kache -- clean`\n"
        ));
    }
    p.kache("clean --colour").exits(2).stderr_has("unexpected argument '--colour'");
    p.kache("clean -y nowhere").exits(2).stderr_is("error: `nowhere` is no folder\n");
    p.kache("clean -y app/Cargo.toml").exits(2).stderr_is("error: `app/Cargo.toml` is no folder\n");
    assert!(p.path("app/target/debug/deps/libapp.rlib").exists());
}

/// Makes all below a folder, and the folder, look used some time ago.
fn age(path: &Path, by: Duration) {
    if path.is_dir() {
        for entry in fs::read_dir(path).unwrap() {
            age(&entry.unwrap().path(), by);
        }
    }
    let then = std::time::SystemTime::now() - by;
    let times = fs::FileTimes::new().set_accessed(then).set_modified(then);
    fs::File::open(path).unwrap().set_times(times).unwrap();
}

/// Paths stand side by side, and are of one kind.
#[test]
fn paths_are_all_from_here_or_all_whole() {
    let p = folder();
    for place in ["one/app", "one/lib", "two"] {
        put(&p, place);
    }
    let rows = |words: &str| {
        let mut command = p.kache_command(&format!("clean {words}"));
        command.current_dir(p.path("one"));
        let run = p.run(command);
        let rows = run.success().stdout.lines().filter_map(|line| line.strip_prefix("  "));
        let path = |row: &str| row.split_whitespace().find(|word| word.contains('/')).unwrap().to_owned();
        rows.map(path).collect::<Vec<_>>()
    };
    let mut below = rows("-n");
    below.sort();
    assert_eq!(below, ["app/target", "lib/target"]);
    for words in ["-n ..", "--yes .."] {
        let mut all = rows(words);
        all.sort();
        let whole =
            ["one/app", "one/lib", "two"].map(|place| p.path(place).join("target").display().to_string());
        assert_eq!(all, whole);
    }
}
