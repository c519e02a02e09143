//! `sync`, and entries that are signed.

use std::process::{Child, Stdio};

use cargo_kache::fs::lock;
use hyper::Method;
use serde_json::Value;

use super::Remote;
use super::machines::{CACHED, Machine, far_away};
use crate::support::s3::{Fault, Kind, Rule};
use crate::support::{is_free, project, wait_for};

/// Returns the keys in a machine's store.
fn entries(machine: &Machine) -> usize {
    let list = machine.kache("list --json").success().json();
    list["entries"].as_array().unwrap_or_else(|| panic!("{list:#}")).len()
}

fn spawn(machine: &Machine, words: &str) -> Child {
    let mut command = machine.kache_command(words);
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

#[track_caller]
fn succeeds(child: Child) {
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// Another workspace, whose packages the first does not need.
fn stranger(remote: &Remote) -> Machine {
    let machine = remote.machine_of(project().at("other").file("src/lib.rs", "pub fn f() {}"));
    machine.build("--wait-uploads", "build").missed(1);
    machine
}

#[test]
fn a_pull_takes_what_the_lock_file_names() {
    let remote = Remote::start();
    drop(remote.filled("a/project"));
    drop(stranger(&remote));
    remote.proxy.clear();
    let b = remote.machine(&far_away());
    b.kache("sync --pull --dry-run").success().stdout_has(&format!("Plan: pull {CACHED} artifacts ("));
    assert_eq!(entries(&b), 0);
    assert!(
        remote.proxy.seen().iter().all(|seen| seen.kind == Kind::Listing && seen.query.contains("prefix=p"))
    );
    // One listing for each package, and none of all.
    assert_eq!(remote.proxy.count(|seen| seen.query.contains("prefix=p%2Fapp%2F")), 1);
    assert_eq!(remote.proxy.seen().len(), 3, "{:#?}", remote.proxy.seen());

    let run = b.kache("sync --pull");
    run.success().stdout_has(&format!("Pulled {CACHED} of {CACHED} artifacts ("));
    assert_eq!(entries(&b), CACHED);
    let list = b.kache("list --json").success().json();
    assert!(list["entries"].as_array().unwrap().iter().all(|entry| entry["origin"] == "pulled"), "{list:#}");
    b.kache("sync --pull").success().stdout_is("Nothing to sync.\n");
    let built = b.build("--no-remote", "build");
    built.local(CACHED);
    b.assert_as_plain(&built.run, "build");

    b.kache("sync --pull --all").success().stdout_has("Pulled 1 of 1 artifact (");
    assert_eq!(entries(&b), CACHED + 1);
    b.assert_sound();
}

#[test]
fn a_push_sends_what_was_built_here() {
    let remote = Remote::start();
    drop(remote.filled("a/project"));
    let b = remote.machine(&far_away());
    b.kache("sync --pull").success();
    b.edit(2).build("--no-remote", "build").local(CACHED - 2).missed(2);
    // Another one's entries, should they vanish from the bucket, are not this machine's to send.
    for name in remote.entries() {
        std::fs::remove_file(remote.server.objects().join(name)).unwrap();
    }
    let before = remote.server.list();
    b.kache("sync --push --dry-run")
        .success()
        .stdout_has("Plan: push 2 artifacts (")
        .stdout_has("\n  push  ");
    assert_eq!(remote.server.list(), before);
    let pushed = b.kache("sync --push --json").success().json();
    assert_eq!(
        (&pushed["schema"], &pushed["pushed"], &pushed["pulled"], &pushed["failed"]),
        (&1.into(), &2.into(), &0.into(), &0.into())
    );
    assert!(pushed["bytes_pushed"].as_u64() > Some(0) && pushed["bytes_pulled"] == 0, "{pushed:#}");
    let transfers = pushed["transfers"].as_array().unwrap();
    let packages =
        transfers.iter().map(|it| it["crate"].as_str().unwrap()).collect::<std::collections::BTreeSet<_>>();
    assert_eq!(packages, ["app", "lib"].into());
    assert!(transfers.iter().all(|it| it["op"] == "push" && it["ok"] == true && it["error"] == Value::Null));
    assert_eq!(remote.entries().len(), 2);
    b.kache("sync --push").success().stdout_is("Nothing to sync.\n");
}

#[test]
fn a_push_sends_what_builds_have_left_to_be_sent() {
    let remote = Remote::start();
    let a = remote.machine("a/project");
    remote.proxy.vanish();
    a.build("", "build").missed(CACHED);
    wait_for("the record of the build", || a.waiting() == CACHED + 1);
    a.kill_daemon();
    remote.proxy.come_back();
    a.kache("sync --push").success();
    assert_eq!(a.waiting(), 0);
    assert!(remote.server.list().iter().any(|(name, _)| name.contains("_builds/")));
}

#[test]
fn both_ways_are_the_default_and_can_be_said() {
    let remote = Remote::start();
    drop(remote.filled("a/project"));
    for (state, words) in [(2, "sync"), (3, "sync --pull --push")] {
        let b = remote.machine(&far_away());
        b.edit(state).build("--no-remote", "build");
        let before = remote.entries().len();
        let plan = b.kache("sync --dry-run");
        plan.success()
            .stdout_has("Plan: pull ")
            .stdout_has(", push 2 artifacts (")
            .stdout_has("\n  pull  ")
            .stdout_has("\n  push  ");
        assert_eq!((remote.entries().len(), entries(&b)), (before, CACHED));
        let run = b.kache(words);
        run.success().stdout_has("Pulled ").stdout_has("Pushed 2 of 2 artifacts (");
        assert_eq!(remote.entries().len(), before + 2);
        assert_eq!(entries(&b), before + 2);
        b.kache(words).success().stdout_is("Nothing to sync.\n");
        // All of it without a daemon.
        assert!(is_free(&b.cache()));
    }
}

#[test]
fn what_a_sync_needs() {
    let remote = Remote::start();
    let mut b = remote.machine("b/project");
    let nowhere = b.beside("nowhere");
    std::fs::create_dir(&nowhere).unwrap();
    let mut command = b.kache_command("sync");
    command.current_dir(&nowhere);
    b.run(command)
        .exits(2)
        .stderr_has("error: failed to find a workspace")
        .stderr_has("hint: ")
        .stderr_has("`--all`");
    let mut command = b.kache_command(&format!("sync --manifest-path {}", b.path("Cargo.toml").display()));
    command.current_dir(&nowhere);
    b.run(command).success().stdout_is("Nothing to sync.\n");
    let mut command = b.kache_command("sync --all");
    command.current_dir(&nowhere);
    b.run(command).success().stdout_is("Nothing to sync.\n");
    remote.proxy.clear();

    let turn = lock::exclusive(&b.cache().join("sync.lock"), std::time::Duration::from_secs(60)).unwrap();
    b.kache("sync").exits(1).stderr_has("error: another sync is running");
    drop(turn);
    b.set("KACHE_OFFLINE", "1");
    b.kache("sync").exits(3).stderr_has("`KACHE_OFFLINE`");
    b.unset("KACHE_OFFLINE").unset("KACHE_S3_BUCKET");
    b.kache("sync").exits(3).stderr_has("error: no remote is configured").stderr_has(&format!(
        "hint: set `KACHE_S3_BUCKET`, or `bucket` under `[cache.remote]` in {}\n",
        b.beside("config.toml").display()
    ));
    assert_eq!(remote.proxy.connections(), 0);
}

#[test]
fn transfers_that_fail_are_told() {
    let remote = Remote::start();
    drop(remote.filled("a/project"));
    let b = remote.machine(&far_away());
    remote.proxy.add(Rule::always(Fault::Flip).method(Method::GET).name("p/lib/"));
    let run = b.kache("sync --pull");
    run.exits(1)
        .stderr_has("warning: failed to pull ")
        .stderr_has("(lib)")
        .stderr_has("error: 3 transfers failed");
    run.stdout_has(&format!("Pulled 2 of {CACHED} artifacts ("));
    assert_eq!(entries(&b), 2);
    b.assert_sound();
    let run = b.kache("sync --pull --allow-partial --json");
    let object = run.success().json();
    assert_eq!((&object["pulled"], &object["failed"]), (&0.into(), &3.into()), "{object:#}");
    assert!(
        object["transfers"][0]["error"].is_string() && object["transfers"][0]["ok"] == false,
        "{object:#}"
    );
    remote.proxy.clear();
    b.kache("sync --pull").success();
    b.build("--no-remote", "build").local(CACHED);

    // Neither can it list, nor write.
    remote.proxy.add(Rule::always(Fault::error(403, "AccessDenied")));
    b.kache("sync").exits(1).stderr_has("error: failed to list the remote: access denied");
    remote.proxy.clear();
    let c = remote.machine("c/project");
    c.edit(2).build("--no-remote", "build");
    remote.proxy.add(Rule::always(Fault::error(403, "AccessDenied")).method(Method::PUT));
    c.kache("sync --push").exits(1).stderr_has("error: 2 transfers failed").stderr_has("no right to write");
}

#[test]
fn an_interrupted_sync_leaves_nothing_half() {
    let remote = Remote::start();
    drop(remote.filled("a/project"));
    let b = remote.machine(&far_away());
    // Some are whole, others hang within when it is killed.
    remote.proxy.add(Rule::always(Fault::HangWithin).method(Method::GET).name("p/mac/"));
    remote.proxy.add(Rule::always(Fault::HangWithin).method(Method::GET).name("p/app/"));
    let mut child = spawn(&b, "sync --pull");
    wait_for("whole entries", || entries(&b) == 3);
    wait_for("the others", || {
        remote.proxy.count(|seen| seen.kind == Kind::Entry && seen.status == 200) == CACHED
    });
    // Nobody else syncs meanwhile.
    b.kache("sync").exits(1).stderr_has(&format!("error: another sync is running (pid {})", child.id()));
    child.kill().unwrap();
    child.wait().unwrap();
    b.assert_sound();
    assert_eq!(entries(&b), 3);

    remote.proxy.clear();
    b.kache("sync --pull").success().stdout_has("Pulled 2 of 2 artifacts (");
    // Where a push ends early, what is there is whole.
    let c = remote.machine("c/project");
    c.edit(2).build("--no-remote", "build");
    remote.proxy.add(Rule::always(Fault::HangBefore).method(Method::PUT).name("p/app/"));
    let mut child = spawn(&c, "sync --push");
    wait_for("an upload that hangs", || remote.proxy.count(|seen| seen.name.starts_with("p/app/")) > 0);
    child.kill().unwrap();
    child.wait().unwrap();
    remote.proxy.clear();
    c.kache("sync --push").success();
    c.kache("sync --push").success().stdout_is("Nothing to sync.\n");
    b.kache("sync --pull").success();
    b.wipe();
    b.edit(2).build("--no-remote", "build").local(CACHED);
    b.assert_sound();
}

// Two at a time.

#[test]
fn two_machines_sync_at_once() {
    let remote = Remote::start();
    let machines = [remote.machine("a/project"), remote.machine(&far_away())];
    for (machine, state) in machines.iter().zip([2, 3]) {
        machine.edit(state).build("--no-remote", "build").missed(CACHED);
    }
    for _ in 0..2 {
        let running = machines.each_ref().map(|machine| spawn(machine, "sync"));
        running.into_iter().for_each(succeeds);
    }
    // Three are the same on both.
    assert_eq!(remote.entries().len(), CACHED + 2);
    for (machine, state) in machines.iter().zip([2, 3]) {
        assert_eq!(entries(machine), CACHED + 2);
        machine.assert_sound();
        machine.kache("sync").success().stdout_is("Nothing to sync.\n");
        let c = remote.machine("c/project");
        c.edit(state).build("", "build").all_remote(CACHED);
        c.says(&format!("7 one {state}"));
    }
}

#[test]
fn two_machines_build_at_once() {
    let remote = Remote::start();
    let machines = [
        (remote.machine("a/project"), 2),
        (remote.machine(&far_away()), 2),
        (remote.machine("c/project"), 3),
    ];
    let running = machines.each_ref().map(|(machine, state)| {
        machine.edit(*state);
        spawn(machine, "--wait-uploads build")
    });
    running.into_iter().for_each(succeeds);
    for (machine, state) in &machines {
        machine.says(&format!("7 one {state}"));
        machine.assert_sound();
        assert_eq!(machine.waiting(), 0);
    }
    for state in [2, 3] {
        let d = remote.machine("d/project");
        let built = d.edit(state).build("", "build");
        built.all_remote(CACHED);
        d.assert_as_plain(&built.run, "build");
    }
}

// Trust.

#[test]
fn only_entries_of_those_who_are_trusted_are_used() {
    let remote = Remote::start();
    // One that signs, and one that does not.
    let mut a = remote.machine("a/project");
    let pair = a.kache("key generate ../signing.key --json").success().json();
    let key = pair["public_key"].as_str().unwrap();
    let trusting = format!("[cache.remote]\ntrusted_keys = [\"{key}\"]\n");
    remote.filled("unsigned/project").build("", "build").run.no_units();

    let b = remote.machine_with(&far_away(), &trusting);
    let built = b.build("", "build");
    built.remote(0).missed(CACHED);
    b.says("7 one 1");
    b.assert_as_plain(&built.run, "build");
    let run = remote.machine_with("c/project", &trusting).kache("sync --pull");
    run.exits(1).stderr_has("not trusted").stdout_has(&format!("Pulled 0 of {CACHED} artifacts"));

    // What is there already would stay as it is.
    a.set("KACHE_SIGNING_KEY", pair["path"].as_str().unwrap());
    for (name, _) in remote.server.list() {
        std::fs::remove_file(remote.server.objects().join(name)).unwrap();
    }
    a.edit(2).build("--wait-uploads", "build").missed(CACHED);
    for options in ["", "--no-prefetch"] {
        let d = remote.machine_with(&far_away(), &trusting);
        d.edit(2).build(options, "build").all_remote(CACHED);
        d.says("7 one 2");
    }
    // Who has another key's word is not trusted.
    let other = a.kache("key generate ../other.key --json").success().json();
    let text = trusting.replace(key, other["public_key"].as_str().unwrap());
    let e = remote.machine_with("e/project", &text);
    e.edit(2).build("", "build").remote(0).missed(CACHED);
    e.says("7 one 2");
}
