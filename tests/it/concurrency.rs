//! Many processes at once on one cache.

use std::collections::BTreeMap;
use std::fs;
use std::process::{Child, Stdio};
use std::time::Duration;

use cargo_kache::event::{MissReason, Outcome};
use cargo_kache::fs::lock;

use crate::support::{Captured, Project, note, project, wait_for};

fn library() -> (Project, Captured) {
    let p = project().file("src/lib.rs", "pub fn a() -> u8 { 1 }").build();
    let call = p.capture("build").remove("foo").unwrap().set("KACHE_LOCK_TIMEOUT", "300s");
    know_compiler(&p, &call);
    (p, call)
}

/// Makes another compile first: a hundred processes that meet an unknown compiler would all digest it.
fn know_compiler(p: &Project, call: &Captured) {
    call.with_value("--out-dir", p.path("out/first/deps"))
        .with("--cfg")
        .with("first")
        .wipe()
        .run(p)
        .success();
    p.remove(p.log().path());
}

/// Starts many calls at once and waits for all.
fn all_at_once(calls: &[Captured]) {
    let start = |call: &Captured| {
        call.wipe();
        call.wrapped().stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    };
    let children = calls.iter().map(start).collect::<Vec<_>>();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
}

/// Outcomes since the cache was made: hits and misses of each key.
fn by_key(p: &Project) -> BTreeMap<String, (usize, usize)> {
    let mut counts = BTreeMap::<_, (usize, usize)>::new();
    for event in p.log().read_all().unwrap() {
        let key = event.key.unwrap_or_else(|| panic!("not recorded: {:?}", event.outcome));
        let count = counts.entry(key).or_default();
        match event.outcome {
            Outcome::Hit { .. } => count.0 += 1,
            Outcome::Missed { not_recorded: None, .. } => count.1 += 1,
            other => panic!("{other:?}"),
        }
    }
    counts
}

#[test]
fn a_hundred_equal_compiles_are_one() {
    let (p, call) = library();
    let calls =
        (0..120).map(|n| call.with_value("--out-dir", p.path(format!("out/{n}/deps")))).collect::<Vec<_>>();
    all_at_once(&calls);
    let expected = calls[0].outputs();
    for other in &calls {
        let outputs = other.outputs();
        for name in expected.keys().filter(|name| name.ends_with("rlib") || name.ends_with("rmeta")) {
            assert_eq!(outputs[name], expected[name]);
        }
        assert_eq!(outputs.len(), 3);
    }
    let counts = by_key(&p);
    assert_eq!(counts.into_values().collect::<Vec<_>>(), [(119, 1)], "hits and misses");
    p.assert_store_is_whole();
}

#[test]
fn a_hundred_different_compiles_are_all_recorded() {
    let p = project().file("src/lib.rs", "pub fn a() -> u8 { 1 }").build();
    let call = p.capture("check").remove("foo").unwrap();
    know_compiler(&p, &call);
    let other = |n: usize| {
        let name = p.path(format!("out/{n}/deps"));
        call.with_value("--out-dir", name).with("--cfg").with(format!("n=\"{n}\""))
    };
    let calls = (0..100).map(other).collect::<Vec<_>>();
    all_at_once(&calls);
    assert_eq!(by_key(&p).into_values().collect::<Vec<_>>(), [(0, 1); 100]);
    all_at_once(&calls);
    assert_eq!(by_key(&p).into_values().collect::<Vec<_>>(), [(1, 1); 100]);
    p.assert_store_is_whole();
}

#[test]
fn two_checkouts_build_at_once() {
    let p = project()
        .workspace(&["app"])
        .package("../a", "a", "")
        .file("../a/src/lib.rs", "pub fn a() -> u8 { 1 }")
        .package("../b", "b", "[dependencies]\na = { path = \"../a\" }\n")
        .file("../b/src/lib.rs", "pub fn b() -> u8 { a::a() + 1 }")
        .package("../c", "c", "build = \"build.rs\"\n")
        .file("../c/build.rs", "fn main() { println!(\"cargo:rerun-if-changed=build.rs\"); }")
        .file("../c/src/lib.rs", "pub fn c() -> u8 { 3 }")
        .package("app", "app", "[dependencies]\nb = { path = \"../../b\" }\nc = { path = \"../../c\" }\n")
        .file("app/src/main.rs", "fn main() { println!(\"{}\", b::b() + c::c()); }")
        .build();
    let second = p.checkout("second");
    for _ in 0..2 {
        let checkouts = [&p, &second];
        let start = |p: &&Project| {
            p.wipe();
            let mut cargo = p.wrapped_command("build");
            cargo.env("CARGO_BUILD_JOBS", "2").stderr(Stdio::null()).spawn().unwrap()
        };
        let children = checkouts.iter().map(start).collect::<Vec<Child>>();
        for mut child in children {
            assert!(child.wait().unwrap().success());
        }
        for p in checkouts {
            p.assert_fresh("build");
            assert_eq!(p.run_program("app"), "5\n");
        }
    }
    let misses = p.log().read_all().unwrap();
    for event in &misses {
        note(&format!(
            "{} {:?} {:?} {} {}",
            event.unit.crate_name, event.outcome, event.key, event.at_ms, event.wrapper_ms
        ));
    }
    let misses = misses.iter().filter(|event| matches!(event.outcome, Outcome::Missed { .. })).count();
    assert_eq!(misses, 5, "a, b, c, c's script and its run");
    p.assert_store_is_whole();
}

fn threads(child: &Child) -> usize {
    fs::read_dir(format!("/proc/{}/task", child.id())).map_or(0, Iterator::count)
}

#[test]
fn who_waits_for_a_compile_that_dies_goes_on() {
    let (p, call) = library();
    // A compiler that stops before it begins.
    let rustc = p.write_script(
        p.beside("bin/rustc"),
        &format!(
            "#!/bin/sh\ncase $* in *--crate-name*)\n  while test -e ../block; do : > ../blocked; done ;;\nesac\nexec \"{}\" \"$@\"\n",
            call.words[0].to_str().unwrap()
        ),
    );
    let mut call = call;
    call.words[0] = rustc.into();
    p.write("../block", "");
    let start = |out: &str| {
        let call = call.with_value("--out-dir", p.path(out));
        call.wipe();
        call.wrapped().stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    };
    let mut first = start("out/1/deps");
    wait_for("the compiler", || p.path("../blocked").exists());
    let mut second = start("out/2/deps");
    wait_for("the second to wait", || threads(&second) == 2);
    p.remove("../block");
    first.kill().unwrap();
    first.wait().unwrap();
    assert!(second.wait().unwrap().success());
    let counts = by_key(&p);
    assert_eq!(counts.into_values().collect::<Vec<_>>(), [(0, 1)]);
}

#[test]
fn the_wait_for_an_equal_compile_ends() {
    let (p, call) = library();
    call.wipe();
    let first = call.run(&p);
    let key = first.units[0].key.clone().unwrap();
    let bytes =
        (0..16).step_by(2).map(|at| u8::from_str_radix(&key[at..at + 2], 16).unwrap()).collect::<Vec<_>>();
    let slot = u64::from_le_bytes(bytes.try_into().unwrap());
    let held = lock::byte(&p.layout().inflight_lock(), slot, Duration::ZERO).unwrap().unwrap();
    let again = call.set("KACHE_RECACHE", "1").set("KACHE_LOCK_TIMEOUT", "1s");
    call.wipe();
    let run = again.run(&p);
    run.success().missed("foo");
    assert_eq!(run.reason("foo"), &MissReason::Recache);
    drop(held);
}

/// A collector that hangs, or was stopped by Ctrl-Z, holds the store for itself.
#[test]
fn nobody_waits_for_ever_for_the_store() {
    let (p, call) = library();
    call.wipe();
    fs::create_dir_all(p.cache()).unwrap();
    let held = lock::try_exclusive(&p.layout().store_lock()).unwrap();
    let call = call.set("KACHE_LOCK_TIMEOUT", "1s");
    let run = p.run(call.launched("timeout", &["--signal=KILL", "20"]));
    drop(held);
    run.success();
}

/// An equal compile ends between the look-up and the turn: what it recorded is used.
#[test]
fn a_compile_that_ends_before_the_turn_is_used() {
    let (p, call) = library();
    let list = p.beside("calls");
    let strace = |what: &str| {
        let out = call.with_value("--out-dir", p.path("out/traced/deps"));
        out.wipe();
        out.launched("strace", &["-qq", "-o", list.to_str().unwrap(), "-e", "trace=fcntl", "-e", what])
    };
    let first = p.run(strace("signal=none"));
    if first.code != 0 {
        note("skipped: `strace` does not work here");
        return;
    }
    let calls = p.read(&list);
    // The number of this command has no name everywhere.
    let at = calls.lines().position(|line| line.contains("F_OFD_SETLK,")).unwrap() + 1;
    p.write("src/lib.rs", "pub fn a() -> u8 { 2 }");
    let mut stopped = strace(&format!("inject=fcntl:signal=STOP:when={at}"));
    let mut stopped = stopped.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let mut child = None;
    wait_for("the stop", || {
        let children =
            fs::read_to_string(format!("/proc/{0}/task/{0}/children", stopped.id())).unwrap_or_default();
        child = children.split_whitespace().next().map(str::to_owned);
        let stat = child.as_ref().and_then(|id| fs::read_to_string(format!("/proc/{id}/stat")).ok());
        stat.is_some_and(|stat| stat.contains("(cargo-kache) t") || stat.contains("(cargo-kache) T"))
            && p.read(&list).contains("SIGSTOP")
    });
    let start = p.log().end();
    call.wipe().run(&p).success().missed("foo");
    let id = child.unwrap().parse().unwrap();
    // SAFETY: lets a process of this test's go on.
    unsafe { libc::kill(id, libc::SIGCONT) };
    assert!(stopped.wait().unwrap().success());
    let outcomes = p.log().read_since(start).unwrap().0;
    assert!(matches!(outcomes[1].outcome, Outcome::Hit { .. }), "compiled again: {:?}", outcomes[1].outcome);
}
