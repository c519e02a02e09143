//! Builds on several machines through one bucket.

use cargo_kache::event::{Direction, LogPosition};
use hyper::Method;

use super::Remote;
use super::machines::{CACHED, Machine, far_away};
use crate::support::Terminal;
use crate::support::s3::Kind;

/// Counts the entries that came over the network, from first to last.
fn pulled(machine: &Machine) -> usize {
    let (transfers, _) = machine.log().transfers_since(LogPosition::default()).unwrap();
    transfers.iter().filter(|it| it.transfer == Direction::Pull && it.error.is_none()).count()
}

#[test]
fn another_machine_compiles_nothing() {
    let remote = Remote::start();
    // The other one is gone, as any other machine is.
    drop(remote.filled("a/project"));
    let mut b = remote.machine(&far_away()).patient();
    let home = b.beside("cargo home");
    b.set("CARGO_HOME", home);
    let built = b.build("", "build");
    built.all_remote(CACHED);
    assert_eq!(built.notes(), [""; 0]);
    assert!(built.report["bytes"]["downloaded"].as_u64().unwrap() > 0);
    b.assert_as_plain(&built.run, "build");
    b.assert_fresh("build");
    b.says("7 one 1");
    // What was fetched ahead came in packs.
    assert!(remote.proxy.count(|seen| seen.range.is_some()) > 0);
    b.assert_sound();
}

#[test]
fn plain_cargo_is_served_on_demand() {
    let remote = Remote::start();
    let _a = remote.filled("a/project");
    for prefetch in ["1", "0"] {
        let mut b = remote.machine(&far_away()).patient();
        b.set("KACHE_PREFETCH", prefetch);
        let run = b.exact("build");
        // With a record it is known how long a compile takes, and nobody waits longer than that.
        if prefetch == "0" {
            run.hits(CACHED).misses(0);
            assert_eq!(pulled(&b), CACHED, "{run}");
        }
        assert!(pulled(&b) > 0, "{run}");
        b.assert_fresh("build");
        b.says("7 one 1");
    }
}

#[test]
fn checks_and_tests_are_shared_too() {
    let remote = Remote::start();
    let a = remote.filled("a/project");
    let b = remote.machine(&far_away()).patient();
    for words in ["check", "test --no-run"] {
        a.wipe();
        a.build("--wait-uploads", words);
        let built = b.build("", words);
        built.missed(0);
        assert!(built.report["counts"]["remote"].as_u64() > Some(0), "{}", built.run);
        b.assert_fresh(words);
        b.wipe();
        let built = b.build("", words);
        built.missed(0).remote(0);
        b.assert_as_plain(&built.run, words);
    }
}

#[test]
fn a_build_with_nothing_to_do_contacts_nobody() {
    let remote = Remote::start();
    let a = remote.filled("a/project");
    a.build("", "build").run.no_units();
    a.wrapped("build").success().no_units();
    assert_eq!(remote.proxy.connections(), 0, "{:?}", remote.proxy.seen());
    // Where the store has all of it, no more than the record is read.
    a.kill_daemon();
    a.wipe();
    a.build("", "build").local(CACHED);
    let seen = remote.proxy.seen();
    assert!(seen.iter().all(|seen| seen.kind == Kind::Build && seen.method == Method::GET), "{seen:?}");
}

/// Cargo sets variables for all that it runs, those about certificates among them.
#[test]
fn one_daemon_serves_a_build_from_end_to_end() {
    let remote = Remote::start();
    let a = remote.machine("a/project");
    let mut command = a.kache_command("--report none --wait-uploads build");
    command.env_remove("SSL_CERT_FILE").env_remove("SSL_CERT_DIR");
    a.run(command).success().misses(CACHED);
    let log = a.read(a.cache().join("logs/daemon.log"));
    assert_eq!(log.matches(" started ").count(), 1, "{log}");
}

#[test]
fn a_remote_that_is_off_is_not_contacted() {
    let remote = Remote::start();
    let _a = remote.filled("a/project");
    let b = remote.machine(&far_away()).patient();
    b.build("--no-remote", "build").missed(CACHED);
    b.wipe();
    let mut c = remote.machine("c");
    c.set("KACHE_OFFLINE", "1");
    c.build("", "build").missed(CACHED);
    c.wipe().wrapped("build").success().hits(CACHED);
    assert_eq!(remote.proxy.connections(), 0, "{:?}", remote.proxy.seen());
}

#[test]
fn an_edit_asks_little() {
    let remote = Remote::start();
    let a = remote.filled("a/project");
    for state in 2..4 {
        let text = a
            .read("lib/src/lib.rs")
            .replace(&format!("u8 {{ {} }}", state - 1), &format!("u8 {{ {state} }}"));
        a.write("lib/src/lib.rs", text);
        remote.proxy.clear();
        let built = a.build("--wait-uploads", "build");
        built.run.bypassed("lib");
        a.says(&format!("7 one {state}"));
        let asked = remote.proxy.seen();
        let asked = asked.iter().filter(|seen| seen.method == Method::GET || seen.method == Method::HEAD);
        let asked = asked.collect::<Vec<_>>();
        assert!(asked.len() <= 6, "{asked:#?}");
        assert!(!asked.iter().any(|seen| seen.name.starts_with("p/lib/")), "{asked:#?}");
    }
}

#[test]
fn a_read_only_remote_is_read() {
    let remote = Remote::start();
    let _a = remote.filled("a/project");
    let before = remote.server.list();
    for (name, value, why) in [
        ("KACHE_S3_READONLY", "1", "KACHE_S3_READONLY"),
        ("GITHUB_EVENT_NAME", "pull_request", "merge request"),
        ("CI_MERGE_REQUEST_IID", "7", "merge request"),
    ] {
        let mut b = remote.machine("b").patient();
        b.set(name, value);
        b.edit(2);
        let built = b.build("--wait-uploads", "build");
        built.missed(2).remote(3);
        b.says("7 one 2");
        let notes = built.notes();
        assert!(notes.len() == 1 && notes[0].contains(why), "{notes:?}");
        b.kache("sync --push").exits(1).stderr_has(why);
        b.kache("sync").success().stderr_has(why);
        assert_eq!(b.waiting(), 0);
    }
    assert_eq!(remote.proxy.count(|seen| seen.method == Method::PUT), 0);
    assert_eq!(remote.server.list(), before);
}

#[test]
fn a_change_misses_what_depends_on_it() {
    let remote = Remote::start();
    let _a = remote.filled("a/project");
    for (file, from, to, says, remote_units) in [
        ("lib/src/lib.rs", "u8 { 1 }", "u8 { 2 }", "7 one 2", 3),
        ("lib/words.txt", "one", "two", "7 two 1", 3),
        ("lib/table.txt", "7", "8", "8 one 1", 2),
        ("app/src/lib.rs", "{} {} {} {}", "{} {} {}  {}", "7 one 1 ", 4),
    ] {
        let b = remote.machine(&far_away()).patient();
        b.replace(file, from, to);
        let built = b.build("", "build");
        assert_eq!(b.run_program("app"), format!("{says} lib/src/lib.rs\n"), "{}", built.run);
        built.remote(remote_units).missed(CACHED - remote_units);
        b.assert_as_plain(&built.run, "build");
    }
}

#[test]
fn two_states_of_a_unit_live_side_by_side() {
    let remote = Remote::start();
    let _a = remote.filled("a/project");
    let b = remote.machine(&far_away()).patient();
    b.edit(2).build("--wait-uploads", "build").missed(2);
    assert_eq!(remote.entries().len(), CACHED + 2);
    for (place, state) in [("c", 1), ("a long way/to d", 2)] {
        let machine = remote.machine(place).patient();
        if state == 2 {
            machine.edit(2);
        }
        let built = machine.build("", "build");
        machine.says(&format!("7 one {state}"));
        built.all_remote(CACHED);
    }
}

/// A machine that starts from the workspace as another one has it, but has built by itself, has nothing to send.
#[test]
fn equal_builds_at_other_places_have_equal_keys() {
    let remote = Remote::start();
    let a = remote.filled("a/project");
    drop(a);
    let b = remote.machine(&far_away()).patient();
    b.build("--no-remote", "build").missed(CACHED);
    b.kache("sync --push").success().stdout_is("Nothing to sync.\n");
}

/// Without a record of the build, what is there is found by what others have read.
#[test]
fn warnings_come_with_their_units() {
    let remote = Remote::start();
    for (place, other) in [("a/project", "b/project"), ("a", "b")] {
        let [a, b] = [place, other].map(|place| remote.machine(place).patient());
        for machine in [&a, &b] {
            machine.write(
                "app/src/lib.rs",
                format!("{}\nfn unused_{}() {{}}\n", machine.read("app/src/lib.rs"), place.len()),
            );
        }
        a.build("--wait-uploads", "build").run.missed("app");
        drop(a);
        let built = b.build("", "build");
        built.all_remote(CACHED).run.stderr_has("is never used");
        b.assert_as_plain(&built.run, "build");
    }
}

#[test]
fn the_monitor_shows_what_went_over_the_network() {
    let remote = Remote::start();
    let a = remote.filled("a/project");
    let b = remote.machine(&far_away()).patient();
    b.build("", "build").all_remote(CACHED);
    for (machine, way, moved) in [(&a, "up", "Up     "), (&b, "down", "Down   ")] {
        let mut terminal = Terminal::start(machine.kache_command("monitor"), 100, 30);
        terminal.shows("q quit").keys("4").shows(&format!("{CACHED} transfers, newest first"));
        terminal.shows(&format!("{moved}{CACHED} entries")).shows(way).shows("done");
        terminal.keys("q");
        assert_eq!(terminal.end(), 0);
    }
}
