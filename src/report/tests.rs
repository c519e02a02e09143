use std::time::Duration;

use super::stats::{Daemon, Period, Stats, StoreFigures};
use super::text::Detail;
use super::why::{Explained, Nearest, Why};
use super::*;
use crate::event::{BuildId, Bypass, Bytes, MissReason, Mode, Outcome, Target, Unit};
use crate::key::diff::Change;
use crate::portable::PortablePath;

fn event(package: &str, target: Target, outcome: Outcome, compile_ms: u64) -> UnitEvent {
    UnitEvent {
        build: BuildId("b1".into()),
        at_ms: 10_000,
        unit: Unit {
            package: package.into(),
            version: "0.1.0".into(),
            crate_name: package.replace('-', "_"),
            target,
            mode: Mode::Build,
            profile: "dev".into(),
            triple: None,
        },
        outcome,
        key: None,
        compile_ms,
        wrapper_ms: compile_ms + 5,
        bytes: Bytes::default(),
        cwd: "/w".into(),
        out_dir: None,
    }
}

fn hit(package: &str, remote: bool, compile_ms: u64) -> UnitEvent {
    let mut event = event(package, Target::Lib, Outcome::Hit { remote }, compile_ms);
    event.key = Some("0123456789abcdef0123".into());
    event.wrapper_ms = 8;
    event.bytes.linked = 84_100_000;
    event.bytes.copied = 312;
    event
}

fn missed(package: &str, reason: MissReason, compile_ms: u64) -> UnitEvent {
    event(package, Target::Lib, Outcome::Missed { reason, not_recorded: None }, compile_ms)
}

fn source(path: &str, more: usize) -> MissReason {
    MissReason::Source { path: path.into(), more }
}

fn build(events: Vec<UnitEvent>) -> Build {
    Build {
        id: "b1".into(),
        command: vec!["cargo".into(), "build".into()],
        started_ms: 1_774_096_496_000,
        wall_ms: 2_500,
        exit: Some(0),
        events,
        ..Build::default()
    }
}

/// The build of the specification's example.
fn example() -> Build {
    let mut build = build(vec![
        hit("syn", false, 61_000),
        hit("serde", true, 11_000),
        missed("app-cli", MissReason::Dependency("app".into()), 600),
        missed("app", source("src/lib.rs", 0), 1_400),
        event("app", Target::Bin("app".into()), Outcome::Bypassed(Bypass::Executable), 0),
    ]);
    build.transfer.downloaded = 12_300_000;
    build
}

fn short(build: &Build) -> String {
    text::report(build, Detail::Short, false)
}

/// Returns the only row about a unit with this outcome.
fn row(outcome: Outcome) -> String {
    let report = short(&build(vec![event("a", Target::Lib, outcome, 100)]));
    report.lines().nth(1).unwrap().trim_start().to_owned()
}

#[test]
fn short_lists_what_was_no_hit_longest_first() {
    assert_eq!(
        short(&example()),
        "       Kache 2 of 5 units from cache (1 local, 1 remote), 2 missed, 1 bypassed\n\
         \x20      Saved 1m 12s of compile time; 168.2 MB linked, 624 B copied, 12.3 MB downloaded\n\
         \x20     Missed app v0.1.0 (lib) 1.4s: source changed: `src/lib.rs`\n\
         \x20     Missed app-cli v0.1.0 (lib) 0.6s: dependency changed: app v0.1.0 (lib)\n\
         \x20   Bypassed app v0.1.0 (bin \"app\"): executables are not cached \
         (`KACHE_CACHE_EXECUTABLES=1` caches them)\n"
    );
}

#[test]
fn full_appends_a_table() {
    let report = text::report(&example(), Detail::Full, false);
    let table = report.split_once("\n\n").unwrap().1;
    assert_eq!(
        table,
        "RESULT    UNIT                    COMPILE  WRAPPER     SIZE  KEY               REASON\n\
         local     syn v0.1.0 (lib)         1m 01s     0.0s  84.1 MB  0123456789abcdef  -\n\
         remote    serde v0.1.0 (lib)          11s     0.0s  84.1 MB  0123456789abcdef  -\n\
         missed    app-cli v0.1.0 (lib)       0.6s     0.6s      0 B  -                 \
         dependency changed: app v0.1.0 (lib)\n\
         missed    app v0.1.0 (lib)           1.4s     1.4s      0 B  -                 \
         source changed: `src/lib.rs`\n\
         bypassed  app v0.1.0 (bin \"app\")     0.0s     0.0s      0 B  -                 \
         executables are not cached (`KACHE_CACHE_EXECUTABLES=1` caches them)\n"
    );
}

#[test]
fn zero_counts_and_single_units() {
    assert_eq!(
        short(&build(vec![missed("a", MissReason::First, 50)])),
        "       Kache 0 of 1 unit from cache (0 local, 0 remote), 1 missed, 0 bypassed\n\
         \x20     Missed a v0.1.0 (lib) 0.1s: not in the cache yet\n"
    );
}

#[test]
fn errors_and_failures_are_counted_when_there_are_some() {
    let failed = event("a", Target::BuildScript, Outcome::Failed { code: 1 }, 20_000);
    let error = event("b", Target::ProcMacro, Outcome::Error("the disk is full".into()), 100);
    let errors = vec![failed, error.clone()];
    assert_eq!(
        short(&build(errors)),
        "       Kache 0 of 2 units from cache (0 local, 0 remote), 0 missed, 0 bypassed, 1 failed, 1 error\n\
         \x20     Failed a v0.1.0 (build script) 20s: exit code 1\n\
         \x20      Error b v0.1.0 (proc-macro) 0.1s: the disk is full\n"
    );
    assert!(short(&build(vec![error.clone(), error])).starts_with(
        "       Kache 0 of 2 units from cache (0 local, 0 remote), 0 missed, 0 bypassed, 2 errors\n"
    ));
    let differs =
        Outcome::Error("verification failed: `liba.rlib` differs from entry 0123456789abcdef".into());
    let many = vec![event("a", Target::Lib, differs, 100); 11];
    assert!(short(&build(many)).ends_with("       Error 11 units, verification failed: a\n"));
}

#[test]
fn no_unit_is_one_line_and_notes_follow() {
    let mut build = build(Vec::new());
    build.notes =
        vec![Note::Info("uploads off: pull request".into()), Note::Warning("remote not answering".into())];
    assert_eq!(
        short(&build),
        "       Kache nothing was compiled through the cache\n\
         note: uploads off: pull request\n\
         warning: remote not answering\n"
    );
}

#[test]
fn more_than_ten_of_a_kind_are_folded() {
    let mut events: Vec<UnitEvent> =
        (0..13).map(|n| missed(&format!("p{n:02}"), MissReason::First, 100 - n)).collect();
    events.push(missed("app", source("src/lib.rs", 2), 1_400));
    events.push(missed("p00", MissReason::First, 1));
    let folded = short(&build(events.clone()));
    assert_eq!(
        folded.lines().skip(1).collect::<Vec<_>>(),
        [
            "      Missed app v0.1.0 (lib) 1.4s: source changed: `src/lib.rs` and 2 more",
            "      Missed 14 units, not in the cache yet: p00, p01, p02, p03, p04, p05, p06, p07, p08, p09, \
             … and 3 more",
        ]
    );
    assert_eq!(text::report(&build(events.clone()), Detail::Full, false).matches("Missed").count(), 15);
    events.drain(..4);
    assert_eq!(short(&build(events)).matches("Missed").count(), 11, "ten are not folded");
}

#[test]
fn a_unit_compiled_twice_counts_twice() {
    let again = vec![missed("a", MissReason::First, 50), hit("a", false, 50), hit("a", false, 50)];
    let figures = figures::Figures::of(&again);
    assert_eq!((figures.units, figures.local, figures.missed, figures.saved_ms), (3, 2, 1, 100));
}

#[test]
fn colours_are_cargos() {
    let report = text::report(&build(vec![missed("a", MissReason::First, 50)]), Detail::Short, true);
    assert!(report.starts_with("\x1b[1m\x1b[92m       Kache\x1b[0m 0 of 1"));
    assert!(report.contains("\n\x1b[1m\x1b[93m      Missed\x1b[0m a v0.1.0"));
}

#[test]
fn labels_tell_targets_and_modes_apart() {
    let mut unit = event("a", Target::Test("a".into()), Outcome::Hit { remote: false }, 1).unit;
    assert_eq!(words::label(&unit), "a v0.1.0 (test \"a\")");
    unit.mode = Mode::Check;
    unit.target = Target::Lib;
    assert_eq!(words::label(&unit), "a v0.1.0 (lib, check)");
    unit.mode = Mode::Clippy;
    unit.version.clear();
    assert_eq!(words::label(&unit), "a (lib, clippy)");
}

#[test]
fn every_cause_has_its_words() {
    let miss = |reason| row(Outcome::Missed { reason, not_recorded: None });
    let bypass = |why| row(Outcome::Bypassed(why));
    let strings = |names: &[&str]| names.iter().map(ToString::to_string).collect();
    let change = ("1.94.0".to_string(), "1.95.0".to_string());
    for (row, expected) in [
        (
            miss(MissReason::Compiler { from: "rustc 1.94.0".into(), to: "rustc 1.95.0".into() }),
            "compiler changed: 1.94.0 → 1.95.0",
        ),
        (
            miss(MissReason::Compiler { from: "rustc 1.95.0".into(), to: "rustc 1.95.0".into() }),
            "compiler changed: another build of 1.95.0",
        ),
        (miss(MissReason::Flags("`-C opt-level` 0 → 3".into())), "flag changed: `-C opt-level` 0 → 3"),
        (
            miss(MissReason::Features { added: strings(&["a", "b"]), removed: strings(&["c"]) }),
            "features changed: +a +b −c",
        ),
        (
            miss(MissReason::Features { added: strings(&["a"; 9]), removed: strings(&["c"]) }),
            "features changed: +a +a +a +a +a +a +a +a and 2 more",
        ),
        (miss(MissReason::Env(crate::trace::PROCESSORS.into())), "number or kind of processors changed"),
        (miss(MissReason::Env("NAME".into())), "variable `NAME` changed"),
        (miss(MissReason::Linker(String::new())), "linker changed"),
        (miss(MissReason::BuildScript("out/x.rs".into())), "build script output changed"),
        (
            miss(MissReason::Version { from: change.0, to: change.1 }),
            "package version changed: 1.94.0 → 1.95.0",
        ),
        (miss(MissReason::Dependency("other".into())), "dependency changed: `other`"),
        (miss(MissReason::Recache), "asked by `KACHE_RECACHE`"),
        (bypass(Bypass::Flag("-Z foo".into())), "flag `-Z foo` is not understood"),
        (bypass(Bypass::Emit("asm".into())), "output kind `asm` is not cached"),
        (bypass(Bypass::Rule("a*".into())), "listed in `cache.bypass`"),
        (
            bypass(Bypass::Untraced("ptrace is not allowed".into())),
            "its macros or linker can't be traced here: ptrace is not allowed",
        ),
        (
            bypass(Bypass::Volatile("used the network".into())),
            "used the network: result can't be known again",
        ),
        (row(Outcome::Failed { code: 137 }), "killed by signal 9"),
        (
            row(Outcome::Missed {
                reason: MissReason::First,
                not_recorded: Some(Bypass::ChangedDuringCompile("src/lib.rs".into())),
            }),
            "not in the cache yet; not recorded: an input changed while rustc ran: `src/lib.rs`",
        ),
    ] {
        let (label, text) = row.split_once(": ").unwrap();
        assert_eq!(text, expected);
        assert!(label.ends_with(" a v0.1.0 (lib) 0.1s"), "{label}");
    }
}

#[test]
fn json_has_schema_one_and_every_field() {
    let mut build = example();
    build.events.drain(..2);
    build.events.drain(1..2);
    build.notes.push(Note::Info("daemon down".into()));
    assert_eq!(
        json::report(&build),
        concat!(
            r#"{"schema":1,"build":{"id":"b1","command":["cargo","build"],"started":"2026-03-21T12:34:56Z","#,
            r#""wall_ms":2500,"exit":0},"counts":{"units":2,"local":0,"remote":0,"restored_before":0,"#,
            r#""prefetched":0,"missed":1,"bypassed":1,"failed":0,"errors":0},"saved_ms":0,"compile_ms":600,"#,
            r#""bytes":{"linked":0,"copied":0,"downloaded":12300000,"recorded":0,"uploaded":0,"pending":0},"#,
            r#""notes":["daemon down"],"units":[{"package":"app-cli","version":"0.1.0","crate":"app_cli","#,
            r#""target":"lib","mode":"build","profile":"dev","triple":null,"result":"missed","key":null,"#,
            r#""reason":{"kind":"dependency","text":"dependency changed: `app`","detail":"app"},"#,
            r#""not_recorded":null,"compile_ms":600,"wrapper_ms":605,"#,
            r#""bytes":{"linked":0,"copied":0,"recorded":0}},"#,
            r#"{"package":"app","version":"0.1.0","crate":"app","target":"bin \"app\"","mode":"build","#,
            r#""profile":"dev","triple":null,"result":"bypassed","key":null,"reason":{"kind":"executable","#,
            r#""text":"executables are not cached (`KACHE_CACHE_EXECUTABLES=1` caches them)","detail":null},"#,
            r#""not_recorded":null,"compile_ms":0,"wrapper_ms":5,"bytes":{"linked":0,"copied":0,"recorded":0}}]}"#,
        )
    );
}

#[test]
fn markdown_escapes_cells() {
    let mut build = build(vec![
        hit("syn", false, 2_000),
        missed("app", MissReason::Env("A|B".into()), 400),
        event("x", Target::Lib, Outcome::Bypassed(Bypass::Stdin), 0),
    ]);
    build.exit = Some(101);
    build.notes.push(Note::Warning("remote not answering".into()));
    assert_eq!(
        markdown::report(&build),
        "### Kache: 1 of 3 units from cache (1 local, 0 remote), 1 missed, 1 bypassed\n\
         \n\
         `cargo build` in 2.5s, exit code 101\n\
         \n\
         Saved 2.0s of compile time; 84.1 MB linked, 312 B copied\n\
         \n\
         | Result | Unit | Compile | Reason |\n\
         |---|---|--:|---|\n\
         | missed | app v0.1.0 (lib) | 0.4s | variable `A\\|B` changed |\n\
         | bypassed | x v0.1.0 (lib) |  | the source comes from stdin |\n\
         \n\
         - **warning:** remote not answering\n"
    );
}

#[test]
fn traces_use_as_many_lanes_as_ran_at_once() {
    let at = |package: &str, end: u64, length: u64| {
        let mut event = hit(package, false, 1);
        (event.at_ms, event.wrapper_ms) = (end, length);
        event
    };
    let mut build = build(vec![at("b", 1_010, 5), at("a", 1_020, 20), at("c", 1_030, 10)]);
    build.started_ms = 1_000;
    let trace: serde_json::Value = serde_json::from_str(&trace::report(&build)).unwrap();
    let spans: Vec<_> = trace["traceEvents"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| (e["name"].as_str().unwrap(), e["ts"].as_u64().unwrap(), e["tid"].as_u64().unwrap()))
        .collect();
    assert_eq!(
        spans,
        [("a v0.1.0 (lib)", 0, 1), ("b v0.1.0 (lib)", 5_000, 2), ("c v0.1.0 (lib)", 20_000, 1)]
    );
}

#[test]
fn file_names_choose_the_form() {
    let form = |name| FileForm::of(Path::new(name));
    assert_eq!(form("a/summary.MD"), FileForm::Markdown);
    assert_eq!(form("build.trace.json"), FileForm::Trace);
    assert_eq!(form("build.json"), FileForm::Json);
}

fn stats(events: &[UnitEvent]) -> Stats<'_> {
    Stats {
        period: Some(Period { duration: Duration::from_secs(86_400), words: "24h" }),
        events,
        store: StoreFigures {
            size: 12_300_000_000,
            limit: 50_000_000_000,
            entries: 1_234,
            used: 9_800_000_000,
            shared: 21_400_000_000,
        },
        daemon: Daemon::Offline,
        remote: None,
    }
}

#[test]
fn stats_over_a_period() {
    let bypassed = |why| event("a", Target::Lib, Outcome::Bypassed(why), 0);
    let mut events = vec![
        bypassed(Bypass::Flag("-Z foo".into())),
        bypassed(Bypass::Executable),
        bypassed(Bypass::Executable),
        bypassed(Bypass::Store("locked".into())),
        missed("a", MissReason::First, 10),
        event("a", Target::Lib, Outcome::Failed { code: 1 }, 5),
    ];
    events.extend((0..35).map(|n| hit("b", n < 4, 24_057)));
    let mut stats = stats(&events);
    assert_eq!(
        stats.text(),
        "Store:      12.3 GB / 50.0 GB (1234 entries, 24%)\n\
         Hit rate:   87% (local 31, remote 4, missed 1, bypassed 4, failed 1)\n\
         Time saved: 14m 02s (last 24h)\n\
         On disk:    9.8 GB used; 21.4 GB more would be needed without links\n\
         Daemon:     offline\n\
         Remote:     not configured\n\
         Bypasses:   executables 2, flag `-Z foo` 1, store 1\n"
    );
    stats.daemon = Daemon::Outdated { running: "0.0.9", ours: "0.1.0" };
    stats.remote = Some("s3://build-cache/artifacts");
    assert!(stats.text().contains("Daemon:     v0.0.9, this is v0.1.0: restarts with the next build\n"));
    assert!(stats.markdown().contains("| Remote | s3://build-cache/artifacts |\n"));
    let object: serde_json::Value = serde_json::from_str(&stats.json()).unwrap();
    assert_eq!(object["schema"], 1);
    assert_eq!(object["counts"]["remote"], 4);
    assert_eq!(object["bypasses"][0]["kind"], "executable");
    assert_eq!(object["bypasses"][0]["units"], 2);
}

#[test]
fn stats_of_nothing() {
    let mut stats = stats(&[]);
    stats.period = None;
    stats.store = StoreFigures { entries: 1, ..StoreFigures::default() };
    let text = stats.text();
    assert!(text.contains("Store:      0 B / 0 B (1 entry, 0%)\n"), "{text}");
    assert!(text.contains("Hit rate:   - (local 0, remote 0, missed 0, bypassed 0)\n"));
    assert!(text.contains("Time saved: 0.0s (whole log)\n"));
    assert!(text.ends_with("Bypasses:   none\n"));
}

#[test]
fn why_follows_a_changed_dependency_to_its_root() {
    let mut events = vec![
        missed("base", source("src/lib.rs", 0), 10),
        missed("middle", MissReason::Dependency("base".into()), 10),
        missed("top", MissReason::Dependency("middle".into()), 10),
    ];
    events[2].key = Some("0123456789abcdef0123".into());
    let changes = vec![
        // Made by cargo of what follows.
        Change::Argument("extra-filename -1a".into(), true),
        Change::Argument("flag -Cmetadata=1a".into(), true),
        Change::Argument("extra-filename -0f".into(), false),
        Change::Argument("flag -Cmetadata=0f".into(), false),
        Change::Argument("flag -Copt-level=3".into(), true),
        Change::Argument("flag -Copt-level=0".into(), false),
        Change::Argument("cfg tokio".into(), true),
        Change::Dependency("middle".into()),
        Change::Dependency("gone".into()),
        Change::File(PortablePath { root: None, rest: "data.txt".into() }),
        Change::Variable("NAME".into()),
    ];
    let nearest = Some(Nearest { key: "fedcba9876543210fedc".into(), created_ms: 0 });
    let why = Why {
        command: Some("cargo build"),
        is_last: true,
        now_ms: 3 * 86_400_000,
        build: &events,
        units: vec![Explained { event: &events[2], changes, nearest }],
    };
    assert_eq!(
        why.text(),
        "top v0.1.0 (lib) missed in `cargo build`, 2d ago\n\
         \x20 changed  flag `-C opt-level` 0 → 3\n\
         \x20 changed  cfg +`tokio`\n\
         \x20 changed  dependency middle v0.1.0 (lib)\n\
         \x20 because  middle v0.1.0 (lib): dependency changed: base v0.1.0 (lib)\n\
         \x20 because  base v0.1.0 (lib): source changed: `src/lib.rs`\n\
         \x20 changed  dependency `gone`\n\
         \x20 because  `gone`: compiled in an earlier build\n\
         \x20 changed  file `data.txt`\n\
         \x20 changed  variable `NAME`\n\
         \x20 key 0123456789abcdef, nearest fedcba9876543210 (3d ago)\n"
    );
    let object: serde_json::Value = serde_json::from_str(&why.json()).unwrap();
    assert_eq!(object["units"][0]["changes"][2]["because"][1]["unit"], "base v0.1.0 (lib)");
    assert_eq!(object["units"][0]["unit"]["crate"], "top");
}

#[test]
fn why_without_an_earlier_entry() {
    let events = vec![
        hit("a", false, 10),
        event("b", Target::Bin("b".into()), Outcome::Bypassed(Bypass::Executable), 10),
    ];
    let explain = |n: usize| Explained { event: &events[n], changes: Vec::new(), nearest: None };
    let why = Why {
        command: None,
        is_last: true,
        now_ms: 130_000,
        build: &events,
        units: vec![explain(0), explain(1)],
    };
    assert_eq!(
        why.text(),
        "a v0.1.0 (lib) came from the cache in the last build, 2m ago\n\
         \x20 key 0123456789abcdef\n\
         \n\
         b v0.1.0 (bin \"b\") was bypassed in the last build, 2m ago: executables are not cached \
         (`KACHE_CACHE_EXECUTABLES=1` caches them)\n\
         \x20 fix  set `KACHE_CACHE_EXECUTABLES=1`\n"
    );
}

#[test]
fn a_cycle_of_dependencies_ends() {
    // A library's tests depend on what depends on the library.
    let events = vec![
        missed("a", MissReason::Dependency("b".into()), 1),
        missed("b", MissReason::Dependency("a".into()), 1),
    ];
    assert_eq!(figures::chain(&events, &events[0]).len(), 1);
}
