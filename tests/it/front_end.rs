//! The front end: `cargo kache <CARGO COMMAND>` is cargo, with the cache in it and a report behind it.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use serde_json::Value;

use crate::support::{Project, Run, project};

/// A library and a program.
fn pair() -> Project {
    project()
        .settings("")
        .file("src/lib.rs", "pub fn text() -> &'static str { \"one\" }")
        .file("src/main.rs", "fn main() { println!(\"{}\", foo::text()); }")
        .build()
}

/// A library.
fn single() -> Project {
    project().settings("").file("src/lib.rs", "pub fn f() {}").build()
}

/// Makes `bin/<name>` beside the project a link to the program under test; returns a `PATH` that begins with `bin`.
fn linked(p: &Project, names: &[&str]) -> String {
    for name in names {
        p.symlink(Project::program(), p.beside("bin").join(name).to_str().unwrap());
    }
    path_with(p)
}

fn path_with(p: &Project) -> String {
    format!("{}:{}", p.beside("bin").display(), std::env::var("PATH").unwrap())
}

#[track_caller]
fn counts(report: &Value) -> [u64; 4] {
    ["units", "local", "missed", "bypassed"].map(|name| report["counts"][name].as_u64().unwrap())
}

const NOTHING: &str = "       Kache nothing was compiled through the cache\n";

// The tour.

#[test]
fn the_tour() {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/tour.toml")).unwrap();
    let declared = text.parse::<toml_edit::DocumentMut>().unwrap();
    let number = |build: &str, name: &str| declared[build][name].as_integer().unwrap() as u64;
    let p = project().settings("").fixture("tour").build();
    for build in ["first", "second"] {
        p.wipe();
        let run = p.kache("--report json build");
        run.success();
        let report = run.report();
        let expected = ["units", "hits", "missed", "bypassed"].map(|name| number(build, name));
        assert_eq!(counts(&report), expected, "{build}: {run}");
        let units = report["units"].as_array().unwrap();
        let bypasses = units.iter().filter(|unit| unit["result"] == "bypassed");
        let bypasses = bypasses.map(|unit| {
            let name =
                format!("{} ({})", unit["package"].as_str().unwrap(), unit["target"].as_str().unwrap());
            (name, unit["reason"]["kind"].as_str().unwrap().to_owned())
        });
        let named = declared["bypasses"].as_table().unwrap().iter();
        let named = named.map(|(name, kind)| (name.to_owned(), kind.as_str().unwrap().to_owned()));
        assert_eq!(bypasses.collect::<Vec<_>>(), named.collect::<Vec<_>>(), "{build}: {run}");
        for (_, warning) in declared["warnings"].as_table().unwrap() {
            run.stderr_has(warning.as_str().unwrap());
        }
        for (name, output) in declared["programs"].as_table().unwrap() {
            assert_eq!(p.run_program(name), output.as_str().unwrap(), "{build}");
        }
        p.assert_fresh("build");
    }
    p.wipe_for("wrapped");
    let run = p.kache("--report none build");
    p.assert_as_plain(&run, "build");
    p.assert_store_is_whole();
}

// The report.

#[test]
fn the_styles_of_the_report() {
    let mut p = pair();
    let run = p.kache("build");
    run.success().stdout_is("");
    run.stderr_has("       Kache 0 of 2 units from cache (0 local, 0 remote), 1 missed, 1 bypassed\n");
    run.stderr_has("\n      Missed foo v0.1.0 (lib) ").stderr_has(": not in the cache yet\n");
    run.stderr_has("\n    Bypassed foo v0.1.0 (bin \"foo\") ")
        .stderr_has(": executables are not cached (`KACHE_CACHE_EXECUTABLES=1` caches them)\n");
    run.stderr_lacks("RESULT");
    let table = |run: &Run| {
        run.success().stdout_is("");
        run.stderr_has("       Kache 1 of 2 units from cache (1 local, 0 remote), 0 missed, 1 bypassed\n");
        run.stderr_has("       Saved ").stderr_has(" of compile time; ");
        run.stderr_has("\nRESULT    UNIT ").stderr_has("\nlocal     foo v0.1.0 (lib) ");
    };
    p.wipe();
    table(&p.kache("--report full build"));
    p.wipe();
    let run = p.kache("--report=json build");
    run.success().stdout_is("").stderr_lacks("Kache");
    let report = run.report();
    assert_eq!(report["schema"], 1);
    assert_eq!(counts(&report), [2, 1, 0, 1]);
    assert_eq!(report["build"]["command"], serde_json::json!(["cargo", "build"]));
    assert_eq!(report["build"]["exit"], 0);
    p.wipe();
    p.kache("--report none build").success().stdout_is("").stderr_lacks("Kache").stderr_has("Compiling foo");
    // A setting takes the place of the default; an option wins over it.
    p.set("KACHE_REPORT", "full");
    p.wipe();
    table(&p.kache("build"));
    p.kache("--report none build").success().stderr_lacks("Kache");
    p.kache("--report long build").exits(2).stderr_is(
        "error: invalid value `long` for `--report`: expected `short`, `full`, `json` or `none`\n",
    );
}

#[test]
fn quiet_lowers_the_default_only() {
    let mut p = single();
    p.kache("build").success();
    assert!(p.kache("build").stderr.ends_with(NOTHING));
    for quiet in ["-q build", "build -q", "build --quiet", "b -rq"] {
        p.kache(quiet).success().stderr_is("").stdout_is("");
    }
    p.set_and_kache("CARGO_TERM_QUIET", "true", "build").success().stderr_is("");
    p.kache("--report short build -q").success().stderr_is(NOTHING);
    p.set("KACHE_REPORT", "short");
    p.kache("build -q").success().stderr_is(NOTHING);
}

#[test]
fn report_files_have_the_form_of_their_ending() {
    let p = pair();
    p.kache("--report none --report-file r.json --report-file=r.md --report-file r.trace.json build")
        .success()
        .stderr_lacks("Kache");
    let report: Value = serde_json::from_str(&p.read("r.json")).unwrap();
    assert_eq!(counts(&report), [2, 0, 1, 1]);
    assert!(p.read("r.md").contains("| "), "{}", p.read("r.md"));
    assert!(p.read("r.md").contains("foo v0.1.0 (lib)"), "{}", p.read("r.md"));
    let trace: Value = serde_json::from_str(&p.read("r.trace.json")).unwrap();
    let events = trace.as_array().or_else(|| trace["traceEvents"].as_array()).unwrap();
    assert!(events.iter().any(|event| event["ph"] == "X"), "{trace}");
    p.wipe();
    p.set_and_kache("KACHE_REPORT_FILE", "set.json", "build").success().stderr_has("Kache 1 of 2");
    assert_eq!(counts(&serde_json::from_str(&p.read("set.json")).unwrap()), [2, 1, 0, 1]);
    // A file that cannot be written is no reason to fail.
    p.kache("--report-file nowhere/r.json build").success().stderr_has("warning: failed to ");
}

#[test]
fn stdout_is_cargos_own() {
    let p = pair();
    for report in ["short", "full", "json"] {
        p.wipe();
        let run = p.kache(&format!("--report {report} build --message-format=json"));
        let messages = run
            .success()
            .stdout
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap())
            .collect::<Vec<_>>();
        assert_eq!(messages.last().unwrap()["reason"], "build-finished", "{run}");
    }
    p.kache("run -q").success().stdout_is("one\n").stderr_is("");
    p.kache("run").success().stdout_is("one\n").stderr_has(NOTHING);
}

// Cargo's words and codes.

#[test]
fn exit_codes_are_cargos() {
    let p = project()
        .settings("")
        .file("src/lib.rs", "#[test] fn fails() { assert_eq!(1, 2); }")
        .file("src/main.rs", "fn main() { std::process::exit(7) }")
        .build();
    p.kache("run").exits(7).stderr_has("Kache 0 of 2 units");
    p.kache("test --lib").exits(101).stdout_has("test fails ... FAILED").stderr_has("Kache 0 of 1 unit");
    p.write("src/lib.rs", "pub fn f() -> u8 { \"\" }");
    let run = p.kache("--report json build");
    assert_eq!(run.exits(101).stderr_has("E0308").report()["build"]["exit"], 101);
    p.kache("build").exits(101).stderr_has("      Failed foo v0.1.0 (lib) ").stderr_has("1 failed");
    p.kache("build --no-such-option").exits(1).stderr_has("--no-such-option");
}

#[test]
fn a_cargo_that_is_missing_is_an_error() {
    let p = single();
    p.set_and_kache("CARGO", "/nowhere/cargo", "build")
        .exits(1)
        .stderr_has("error: failed to run `/nowhere/cargo`\n\nCaused by:\n  ");
}

/// A script in cargo's place shows what cargo is started with.
#[test]
fn cargo_gets_two_variables_more_and_nothing_else() {
    let p = single();
    let cargo = p.write_script(p.beside("fake"), "#!/bin/sh\necho \"$*\"; pwd; cat; env | sort\n");
    p.write("../input", "typed\n");
    let input = || fs::File::open(p.beside("input")).unwrap();
    let mut command = p.kache_command("--report none --no-prefetch -v build --report x -- --no-remote");
    command.env("CARGO", &cargo).stdin(input());
    let ours = p.run(command);
    let mut command = p.command(&cargo);
    command.args(["-v", "build", "--report", "x", "--", "--no-remote"]).env("CARGO", &cargo).stdin(input());
    let plain = p.run(command);
    let added = ours.success().stdout.lines().filter(|line| !plain.stdout.contains(line)).collect::<Vec<_>>();
    let [build, wrapper] = added[..] else { panic!("{added:?}") };
    assert!(build.starts_with("KACHE_BUILD="), "{build}");
    assert_eq!(wrapper, format!("RUSTC_WRAPPER={}", Project::program().display()));
    assert_eq!(ours.stdout.lines().count(), plain.stdout.lines().count() + 2);
    assert!(ours.stdout.contains("\ntyped\n"), "{ours}");
}

#[test]
fn a_signal_that_ends_cargo_ends_us() {
    let p = single();
    let cargo = p.write_script(p.beside("fake"), "#!/bin/sh\nkill -TERM $$\n");
    p.set_and_kache("CARGO", &cargo, "build").exits(128 + 15);
    let cargo = p.write_script(p.beside("fake"), "#!/bin/sh\nexit 42\n");
    p.set_and_kache("CARGO", &cargo, "build").exits(42);
}

#[test]
fn words_reach_the_program_byte_for_byte() {
    let p = project()
        .settings("")
        .file(
            "src/main.rs",
            "use std::os::unix::ffi::OsStrExt; fn main() { for a in std::env::args_os().skip(1) { println!(\"{:?}\", a.as_bytes()); } }",
        )
        .build();
    let words: [&[u8]; 9] =
        [b"\xff\xfe", b"", b"a b", b"--report", b"-q", b"@file", b"--", b"kache", "\u{fc}\n".as_bytes()];
    let expected = words.map(|word| format!("{word:?}\n")).concat();
    for before in ["run --", "-- run --", "run -q --"] {
        let mut command = p.kache_command(before);
        command.args(words.map(OsStr::from_bytes));
        p.run(command).success().stdout_is(&expected);
    }
}

#[test]
fn places_are_cargos_to_know() {
    let p = pair();
    let elsewhere = p.beside("elsewhere");
    fs::create_dir(&elsewhere).unwrap();
    let manifest = p.path("Cargo.toml");
    let mut command = p.kache_command("build --target-dir");
    command.arg(p.beside("out")).arg("--manifest-path").arg(&manifest).current_dir(&elsewhere);
    p.run(command).success().stderr_has("Kache 0 of 2 units");
    assert!(p.beside("out/debug/foo").exists() && !p.target().exists());
    for words in ["--config build.target-dir=\"a\" build", "build --config build.target-dir=\"b\""] {
        p.kache(words).success().stderr_has("Kache 1 of 2 units");
    }
    assert!(p.path("a/debug/foo").exists() && p.path("b/debug/foo").exists());
    assert!(!p.target().exists());
}

#[test]
fn aliases_are_cargo_commands() {
    let p = pair();
    p.write(".cargo/config.toml", "[alias]\nmake = [\"build\", \"--lib\"]\nlist = \"run -q\"\n");
    p.kache("make").success().stderr_has("Kache 0 of 1 unit from cache");
    // Ours is the nearer one of the same name.
    p.kache("list").success().stdout_has("CRATE");
    p.kache("-- list").success().stdout_is("one\n");
    p.kache("-- clean").success();
    assert!(!p.target().join("debug").exists());
}

#[test]
fn an_unknown_command_near_ours_is_pointed_out() {
    let p = single();
    p.kache("lsit").exits(101).stderr_has("hint: did you mean `cargo kache list`?\n").stderr_lacks("Kache ");
    p.kache("xyzzy").exits(101).stderr_lacks("hint: did you mean `cargo kache");
}

#[test]
fn what_never_compiles_has_no_report() {
    let p = pair();
    p.cargo("generate-lockfile").success();
    for words in
        ["tree", "metadata --format-version 1 --no-deps", "pkgid", "version", "--list", "build --help"]
    {
        let run = p.kache(words);
        run.success().stderr_lacks("Kache");
        assert_eq!(run.stdout, p.cargo(words).stdout, "{words}");
    }
    assert!(!p.target().join("debug").exists());
}

#[test]
fn the_commands_that_compile() {
    let p = project()
        .settings("")
        .file(
            "src/lib.rs",
            "//! Text.\n/// More.\npub fn f() -> u8 { 1 }\n#[test] fn works() { assert_eq!(f(), 1) }",
        )
        .build();
    p.kache("check").success().stderr_has("Missed foo v0.1.0 (lib, check) ");
    p.kache("test --lib")
        .success()
        .stdout_has("test works ... ok")
        .stderr_has("Bypassed foo v0.1.0 (test \"foo\") ");
    p.kache("doc").success().stderr_has("Generated").stderr_has("Kache ");
    p.kache("clippy").success().stderr_has("Missed foo v0.1.0 (lib, clippy) ");
    p.wipe();
    p.kache("check").success().stderr_has("Kache 1 of 1 unit from cache (1 local, 0 remote)");
    p.kache("clippy").success().stderr_has("Kache 1 of 1 unit from cache (1 local, 0 remote)");
}

// Beside plain cargo.

#[test]
fn plain_cargo_finds_all_fresh_and_so_do_we() {
    let p = pair();
    p.kache("build").success().missed("foo");
    p.assert_fresh("build");
    p.kache("build").success().no_units().stderr_has(NOTHING);
    p.wipe();
    p.cargo("build").success();
    p.kache("build").success().no_units().stderr_has(NOTHING);
}

#[test]
fn where_cargo_refuses_there_is_nothing_to_report() {
    let p = pair();
    for (words, code) in [("build --nope", 1), ("build --features none", 101), ("build -p none", 101)] {
        p.kache(words).exits(code).stderr_has("error: ").stderr_lacks("Kache ");
    }
    p.kache("build").success();
    p.kache("run --bin none").exits(101).stderr_lacks("Kache ");
    p.replace("src/main.rs", "fn main", "fn other");
    p.kache("build").exits(101).stderr_has("Kache ").stderr_has("1 failed");
}

#[test]
fn disabled_means_no_cache_at_all() {
    let p = pair();
    for _ in 0..2 {
        p.wipe();
        let run = p.set_and_kache("KACHE_DISABLED", "1", "build");
        run.success().hits(0).stderr_has("note: caching is off (`KACHE_DISABLED` is set)\n");
    }
    assert_eq!(p.run_program("foo"), "one\n");
    assert_eq!(p.blobs(), []);
}

#[test]
fn invalid_settings_end_it_before_cargo_starts() {
    let p = single();
    let run = p.set_and_kache("KACHE_MAX_SIZE", "lots", "build");
    run.exits(3).stdout_is("").stderr_has("error: invalid value `lots` for `KACHE_MAX_SIZE`: expected ");
    run.stderr_lacks("Compiling");
    p.write("../config.toml", "[cache]\nlocal_max_size = \n");
    let path = p.beside("config.toml");
    p.kache("build")
        .exits(3)
        .stderr_has(&format!("error: failed to parse {}\n\nCaused by:\n  line 2, column ", path.display()));
    assert!(!p.target().exists());
}

#[test]
fn unknown_keys_are_warned_of() {
    let p = single();
    p.write("../config.toml", "[cache]\nlocal_max_siz = \"1GB\"\n");
    p.kache("build")
        .success()
        .stderr_has("warning: unknown key `cache.local_max_siz` in ")
        .stderr_has("did you mean");
}

#[test]
fn a_store_that_cannot_be_used_is_one_warning() {
    let p = pair();
    p.write("../file", "");
    let run = p.set_and_kache("KACHE_CACHE_DIR", p.beside("file/store"), "build");
    run.success().stderr_has("Finished").stderr_lacks("Kache ");
    assert_eq!(run.stderr.matches("warning: cache is off for this build: ").count(), 1, "{run}");
    assert_eq!(run.stderr.matches("warning").count(), 1, "{run}");
    assert_eq!(p.run_program("foo"), "one\n");
    p.assert_fresh("build");
}

// Other wrappers.

const TICK: &str = "#!/bin/sh\necho \"$*\" >> \"$TICKS\"\nexec \"$@\"\n";

/// The calls of the script [`TICK`] for crates, and forgets them.
fn ticks(p: &Project) -> usize {
    let text = fs::read_to_string(p.beside("ticks")).unwrap_or_default();
    let _ = fs::remove_file(p.beside("ticks"));
    text.lines().filter(|line| line.contains("--crate-name foo")).count()
}

#[test]
fn a_wrapper_that_is_no_cache_is_kept() {
    let mut p = single();
    let script = p.write_script(p.beside("tick"), TICK);
    let ticking = p.beside("ticks");
    p.set("TICKS", ticking);
    let build = |name| {
        p.wipe();
        p.set_and_kache(name, &script, "build")
    };
    build("RUSTC_WRAPPER").success().missed("foo").stderr_lacks("using kache instead");
    assert_eq!(ticks(&p), 1);
    build("RUSTC_WRAPPER").success().hit("foo");
    assert_eq!(ticks(&p), 0);
    // It may read any variable: another one is another result.
    build("CARGO_BUILD_RUSTC_WRAPPER").success().missed("foo");
    assert_eq!(ticks(&p), 1);
    p.write(".cargo/config.toml", "[build]\nrustc-wrapper = \"../tick\"\n");
    let build = || {
        p.wipe();
        p.kache("build")
    };
    build().success().stderr_lacks("using kache instead");
    build().success().hit("foo");
    ticks(&p);
    // What it does may depend on every byte of it.
    p.write_script(p.beside("tick"), &TICK.replace("exec", "TICK=1 exec"));
    build().success().missed("foo");
    assert_eq!(ticks(&p), 1);
}

#[test]
fn another_cache_is_replaced() {
    let p = single();
    let sccache = p.write_script(p.beside("bin/sccache"), "#!/bin/sh\nexit 9\n");
    let note = |name: &str| format!("note: using kache instead of `{name}` for this build\n");
    let full = sccache.to_str().unwrap();
    for name in ["RUSTC_WRAPPER", "CARGO_BUILD_RUSTC_WRAPPER"] {
        p.wipe();
        p.set_and_kache(name, full, "build").success().stderr_has(&note(full)).stderr_has("Kache ");
    }
    p.write(".cargo/config.toml", "[build]\nrustc-wrapper = \"sccache\"\n");
    p.wipe();
    let run = p.set_and_kache("PATH", path_with(&p), "build");
    run.success().hit("foo").stderr_has(&note("sccache"));
    p.wipe();
    // Without a report nothing is said; and one that is not installed is replaced as well.
    p.kache("--report none build").success().hit("foo").stderr_lacks("note");
    // `tree` asks rustc about itself.
    p.kache("tree").success();
}

// Names of the program.

#[test]
fn cargo_finds_us_by_name() {
    let mut p = single();
    let path = linked(&p, &["cargo-kache"]);
    p.set("PATH", path);
    p.cargo("kache build").success().missed("foo").stderr_has("Kache 0 of 1 unit from cache");
    p.cargo("kache list").success().stdout_has("1 entry, ");
    p.cargo("kache -V").success().stdout_is(&format!("cargo-kache {}\n", env!("CARGO_PKG_VERSION")));
    assert_eq!(p.cargo("help kache").success().stdout, p.kache("--help").stdout);
}

#[test]
fn a_link_named_kache_is_the_same_program() {
    let mut p = single();
    let path = linked(&p, &["kache"]);
    p.set("PATH", path);
    let kache = |arguments: &[&str]| {
        let mut command = p.command(&p.beside("bin/kache"));
        command.args(arguments);
        p.run(command)
    };
    kache(&["build"]).success().missed("foo").stderr_has("Kache 0 of 1 unit from cache");
    kache(&["list"]).success().stdout_has("1 entry, ");
    p.wipe();
    p.set_and_run("RUSTC_WRAPPER", "kache", "build").success();
    let mut plain = p.cargo_command("build");
    plain.env("RUSTC_WRAPPER", "kache");
    p.wipe();
    p.run(plain).success().hit("foo");
}

// Reasons.

/// Builds anew and returns kind and words of why the library of a package missed.
#[track_caller]
fn reason(p: &Project, package: &str, words: &str) -> (String, String) {
    p.wipe();
    let run = p.kache(&format!("--report json {words}"));
    let report = run.success().report();
    let units = report["units"].as_array().unwrap();
    let unit = units.iter().find(|unit| unit["package"] == package && unit["target"] == "lib").unwrap();
    assert_eq!(unit["result"], "missed", "{run}");
    let word = |name: &str| unit["reason"][name].as_str().unwrap().to_owned();
    (word("kind"), word("text"))
}

#[track_caller]
fn assert_reason(found: (String, String), kind: &str, text: &str) {
    assert_eq!((&*found.0, &*found.1), (kind, text));
}

#[test]
fn misses_are_explained_by_files() {
    let p = project()
        .settings("")
        .file("src/lib.rs", "mod a;\nmod b;\npub const TEXT: &str = include_str!(\"text.txt\");")
        .file("src/a.rs", "")
        .file("src/b.rs", "")
        .file("src/text.txt", "one")
        .build();
    assert_reason(reason(&p, "foo", "build"), "first", "not in the cache yet");
    p.write("src/a.rs", "pub fn a() {}");
    assert_reason(reason(&p, "foo", "build"), "source", "source changed: `src/a.rs`");
    p.write("src/a.rs", "pub fn aa() {}");
    p.write("src/b.rs", "pub fn b() {}");
    assert_reason(reason(&p, "foo", "build"), "source", "source changed: `src/a.rs` and 1 more");
    p.write("src/text.txt", "two");
    assert_reason(reason(&p, "foo", "build"), "included", "included file changed: `src/text.txt`");
    p.wipe();
    p.write("src/text.txt", "three");
    p.kache("build")
        .stderr_has("Missed foo v0.1.0 (lib) ")
        .stderr_has(": included file changed: `src/text.txt`\n");
}

#[test]
fn misses_are_explained_by_variables_flags_and_features() {
    let mut p = project()
        .settings("")
        .root("[features]\nred = []\nblue = []\n[profile.dev]\nopt-level = 1\n")
        .file("src/lib.rs", "pub const A: Option<&str> = option_env!(\"SECRET\");")
        .env("SECRET", "hush")
        .build();
    assert_reason(reason(&p, "foo", "build"), "first", "not in the cache yet");
    p.set("SECRET", "hush hush");
    assert_reason(reason(&p, "foo", "build"), "env", "variable `SECRET` changed");
    assert_reason(reason(&p, "foo", "build --features red"), "features", "features changed: +red");
    assert_reason(reason(&p, "foo", "build --features blue"), "features", "features changed: +blue −red");
    p.replace("Cargo.toml", "opt-level = 1", "opt-level = 2");
    assert_eq!(reason(&p, "foo", "build --features blue").0, "flags");
    let log = p.read(p.cache().join("logs/events.jsonl"));
    assert!(!log.contains("hush"), "values of variables are stored");
}

#[test]
fn a_changed_flag_is_named() {
    let p = project()
        .settings("")
        .root("[profile.dev]\nopt-level = 1\n")
        .file("src/lib.rs", "pub fn f() {}")
        .build();
    p.kache("build").success();
    p.replace("Cargo.toml", "opt-level = 1", "opt-level = 2");
    assert_reason(reason(&p, "foo", "build"), "flags", "flag changed: `-C opt-level` 1 → 2");
}

#[test]
fn a_variable_that_a_macro_may_have_read_is_named() {
    let mut p = project()
        .settings("")
        .root("[dependencies]\nmac = { path = \"mac\" }\n")
        .proc_macro(
            "#[proc_macro] pub fn nothing(t: TokenStream) -> TokenStream { let _ = std::env::vars().count(); t }",
        )
        .file("src/lib.rs", "mac::nothing!();")
        .build();
    p.kache("build").success();
    p.set("UNHEARD_OF", "1");
    assert_reason(reason(&p, "foo", "build"), "env", "variable `UNHEARD_OF` changed");
}

#[test]
fn misses_are_explained_by_dependencies() {
    let p = project()
        .settings("")
        .workspace(&["app", "leaf"])
        .package("leaf", "leaf", "")
        .file("leaf/src/lib.rs", "pub fn f() -> u8 { 1 }")
        .package("app", "app", "[dependencies]\nleaf = { path = \"../leaf\" }\n")
        .file("app/src/lib.rs", "pub use leaf::f;")
        .build();
    p.kache("build").success();
    p.write("leaf/src/lib.rs", "pub fn f() -> u16 { 1 }");
    assert_reason(reason(&p, "app", "build"), "dependency", "dependency changed: leaf v0.1.0 (lib)");
}
