//! Signals to compilers, to us, and to cargo.

use std::fs;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::process::{Command, Stdio};

use crate::support::{Captured, Project, project, wait_for};

/// A project with a compiler that does `what` when it compiles.
fn with_compiler(what: &str) -> (Project, Captured) {
    let p = project().file("src/lib.rs", "pub fn a() {}").build();
    let mut call = p.capture("build").remove("foo").unwrap();
    let real = call.words[0].to_str().unwrap().to_owned();
    let script =
        format!("#!/bin/sh\ncase $* in *'--crate-name foo'*)\n{what}\n;; esac\nexec \"{real}\" \"$@\"\n");
    call.words[0] = p.write_script(p.beside("bin/rustc"), &script).into();
    (p, call)
}

#[test]
fn a_compiler_ended_by_a_signal_ends_us_alike() {
    for signal in ["ABRT", "SEGV", "TERM", "KILL", "INT"] {
        let (p, call) = with_compiler(&format!("echo said; echo told >&2; ulimit -c 0; kill -{signal} $$"));
        let plain = p.run(call.plain());
        assert!(plain.code > 128, "{plain}");
        for disabled in ["0", "1"] {
            let run = p.run(call.set("KACHE_DISABLED", disabled).wrapped());
            assert_eq!(
                (run.code, run.stdout, run.stderr),
                (plain.code, plain.stdout.clone(), plain.stderr.clone())
            );
        }
        p.assert_store_is_whole();
    }
}

#[test]
fn a_compiler_that_fails_is_asked_again() {
    let (p, call) = with_compiler("echo no >&2; exit 3");
    for _ in 0..2 {
        let run = call.run(&p);
        run.exits(3).failed("foo");
        assert_eq!(run.stderr, "no\n");
    }
    assert!(p.blobs().is_empty());
}

/// Whether a process is there and no zombie.
fn lives(id: &str) -> bool {
    let stat = fs::read_to_string(format!("/proc/{}/stat", id.trim())).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with('Z'))
}

/// Starts cargo in a process group of its own and waits until the compiler runs; its id.
fn start_build(p: &Project, call: &Captured) -> (std::process::Child, String) {
    start(p, p.wrapped_command("build"), call)
}

fn start(p: &Project, mut cargo: Command, call: &Captured) -> (std::process::Child, String) {
    p.wipe();
    let note = p.beside("compiler");
    let _ = fs::remove_file(&note);
    cargo.env("RUSTC", &call.words[0]).process_group(0).stdout(Stdio::null()).stderr(Stdio::null());
    let cargo = cargo.spawn().unwrap();
    wait_for("the compiler", || fs::read_to_string(&note).is_ok_and(|id| id.ends_with('\n')));
    (cargo, fs::read_to_string(&note).unwrap())
}

fn send(signal: libc::c_int, to: i32) {
    // SAFETY: sends a signal to a process or group of this test's.
    assert_eq!(unsafe { libc::kill(to, signal) }, 0);
}

fn parent_of(id: &str) -> i32 {
    let stat = fs::read_to_string(format!("/proc/{}/stat", id.trim())).unwrap();
    stat.rsplit_once(") ").unwrap().1.split(' ').nth(1).unwrap().parse().unwrap()
}

#[test]
fn an_interrupt_leaves_no_compiler_behind() {
    let (p, call) = with_compiler("echo $$ > ../compiler; exec sleep 1000");
    for signal in [libc::SIGINT, libc::SIGTERM, libc::SIGHUP] {
        let (mut cargo, compiler) = start_build(&p, &call);
        let wrapper = parent_of(&compiler).to_string();
        send(signal, -i32::try_from(cargo.id()).unwrap());
        cargo.wait().unwrap();
        wait_for("the compiler to end", || !lives(&compiler));
        wait_for("the wrapper to end", || !lives(&wrapper));
        assert_eq!(fs::read_dir(p.layout().temporary()).unwrap().count(), 0);
    }
    // Nothing is locked or half there.
    let run = p.wrapped("build");
    run.success().missed("foo");
    p.assert_fresh("build");
}

/// The terminal interrupts cargo as well; a process may mean the front end alone.
#[test]
fn an_interrupt_of_the_front_end_alone_ends_cargo() {
    let (p, call) = with_compiler("echo $$ > ../compiler; exec sleep 1000");
    for signal in [libc::SIGINT, libc::SIGTERM] {
        let (mut front_end, compiler) = start(&p, p.kache_command("build"), &call);
        send(signal, i32::try_from(front_end.id()).unwrap());
        assert_eq!(front_end.wait().unwrap().signal(), Some(signal));
        // What cargo leaves behind goes on, as without us.
        assert!(lives(&compiler));
        send(libc::SIGKILL, -i32::try_from(front_end.id()).unwrap());
        wait_for("the compiler to end", || !lives(&compiler));
    }
}

#[test]
fn a_killed_wrapper_takes_the_compiler_with_it() {
    // A library, and what is traced.
    for traced in [false, true] {
        let (p, call) = with_compiler("echo $$ > ../compiler; exec sleep 1000");
        if traced {
            p.write("Cargo.toml", format!("{}[lib]\nproc-macro = true\n", p.read("Cargo.toml")));
        }
        let (mut cargo, compiler) = start_build(&p, &call);
        send(libc::SIGKILL, parent_of(&compiler));
        wait_for("the compiler to end", || !lives(&compiler));
        assert!(!cargo.wait().unwrap().success());
    }
}
