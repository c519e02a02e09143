//! Builds while the remote is in trouble: they end, they are right, and what they made gets there later.

use std::process::Stdio;
use std::time::{Duration, Instant};

use bytes::Bytes;
use hyper::Method;

use super::Remote;
use super::machines::{CACHED, Machine, far_away};
use crate::support::s3::{Fault, Kind, Rule};
use crate::support::wait_for;

/// Longer than any build here takes: what is meant is that none hangs.
const BOUND: Duration = Duration::from_secs(60);

/// Has a machine build in another state than the bucket's, under trouble with the remote.
#[track_caller]
fn build_under(remote: &Remote, what: &str, is_told: bool, break_it: impl FnOnce()) -> Machine {
    let b = remote.machine(&far_away());
    b.edit(2);
    break_it();
    let started = Instant::now();
    let built = b.build("", "build");
    assert!(started.elapsed() < BOUND, "{what}: {:?}", started.elapsed());
    b.says("7 one 2");
    let notes = built.notes();
    assert_eq!(notes.len(), usize::from(is_told), "{what}: {notes:?}");
    assert_eq!(built.report["counts"]["errors"], 0, "{what}: {}", built.run);
    assert!(built.recorded().len() >= 2, "{what}: {}", built.run);
    b.assert_fresh("build");

    // What was made is sent when the trouble is over.
    remote.proxy.come_back();
    remote.proxy.clear();
    b.kache("sync --push").success();
    let there = remote.entries();
    for name in built.recorded() {
        assert!(there.contains(&name), "{what}: `{name}` is not among {there:?}");
    }
    b.assert_sound();
    b
}

/// Tries a fault on all requests.
fn under(fault: Fault) {
    let remote = Remote::start();
    drop(remote.filled("a/project"));
    let what = format!("{fault:?}");
    // An empty bucket is no trouble.
    let is_told = what != format!("{:?}", Fault::error(404, "NoSuchKey"));
    let b = build_under(&remote, &what, is_told, || remote.proxy.add(Rule::always(fault)));
    drop(b);
    // And others have it from there.
    let c = remote.machine("c/project");
    c.edit(2).build("", "build").all_remote(CACHED);
    c.says("7 one 2");
}

#[test]
fn access_is_denied() {
    under(Fault::error(403, "AccessDenied"));
}

#[test]
fn there_is_nothing() {
    under(Fault::error(404, "NoSuchKey"));
}

#[test]
fn there_is_no_bucket() {
    under(Fault::error(404, "NoSuchBucket"));
}

#[test]
fn too_many_requests() {
    under(Fault::error(429, "TooManyRequests"));
}

#[test]
fn the_server_wants_time() {
    under(Fault::later(503, 30));
}

#[test]
fn the_server_fails() {
    under(Fault::error(500, "InternalError"));
}

#[test]
fn the_server_is_elsewhere() {
    under(Fault::region("eu-west-7"));
}

#[test]
fn another_service_answers() {
    under(Fault::Page { status: 200 });
    under(Fault::Page { status: 403 });
}

#[test]
fn no_answer_comes() {
    under(Fault::HangBefore);
}

#[test]
fn an_answer_stops_within() {
    under(Fault::HangWithin);
}

#[test]
fn connections_are_reset() {
    under(Fault::Reset);
}

#[test]
fn answers_are_cut() {
    under(Fault::Truncate);
}

#[test]
fn answers_have_other_bytes() {
    under(Fault::Flip);
}

#[test]
fn another_entry_comes() {
    let remote = Remote::start();
    drop(remote.filled("a/project"));
    let name = remote.entries().into_iter().find(|name| name.starts_with("p/mac/")).unwrap();
    let other = Bytes::from(std::fs::read(remote.server.objects().join(name)).unwrap());
    build_under(&remote, "another entry", true, || {
        remote.proxy.add(Rule::always(Fault::Swap(other.clone())).name(".tar.zst").method(Method::GET));
        remote.proxy.add(Rule::always(Fault::Swap(other)).name("_packs/").method(Method::GET));
    });
}

#[test]
fn one_object_in_the_bucket_is_damaged() {
    let remote = Remote::start();
    drop(remote.filled("a/project"));
    for name in remote.entries() {
        std::fs::write(remote.server.objects().join(&name), "no archive").unwrap();
    }
    for (name, _) in remote.server.list() {
        if name.contains("_packs/") || name.contains("_builds/") || name.contains("_predictions/") {
            let path = remote.server.objects().join(&name);
            let mut bytes = std::fs::read(&path).unwrap();
            bytes.truncate(bytes.len() / 2);
            std::fs::write(&path, bytes).unwrap();
        }
    }
    build_under(&remote, "damaged objects", true, || ());
}

#[test]
fn nobody_is_there() {
    let remote = Remote::start();
    drop(remote.filled("a/project"));
    build_under(&remote, "nobody there", true, || remote.proxy.vanish());
}

#[test]
fn the_server_vanishes_in_the_middle() {
    let remote = Remote::start();
    drop(remote.filled("a/project"));
    std::thread::scope(|scope| {
        build_under(&remote, "vanishes", true, || {
            scope.spawn(|| {
                wait_for("the first entry", || remote.proxy.count(|seen| seen.status == 200) > 1);
                remote.proxy.vanish();
            });
        });
    });
}

/// Without the right to write, what is there is used on and on, and nobody waits for uploads.
#[test]
fn nothing_may_be_written() {
    let remote = Remote::start();
    let a = remote.filled("a/project");
    a.build("--wait-uploads", "check");
    drop(a);
    let b = remote.machine(&far_away());
    b.edit(2);
    remote.proxy.add(Rule::always(Fault::error(403, "AccessDenied")).method(Method::PUT));
    let started = Instant::now();
    let built = b.build("--wait-uploads", "build");
    assert!(started.elapsed() < BOUND, "{:?}", started.elapsed());
    built.remote(CACHED - 2).missed(2);
    b.says("7 one 2");
    let notes = built.notes();
    assert!(notes.len() == 1 && notes[0].contains("nothing is uploaded: access denied"), "{notes:?}");

    let requests = |method: Method| remote.proxy.count(|seen| seen.method == method);
    let (reads, writes) = (requests(Method::GET), requests(Method::PUT));
    b.build("--wait-uploads", "check");
    assert!(requests(Method::GET) > reads);
    assert_eq!(requests(Method::PUT), writes);
    b.kill_daemon();
    remote.proxy.clear();
    b.kache("sync --push").success().stdout_has("Pushed ");
}

// The daemon dies.

#[test]
fn the_daemon_dies_between_two_builds() {
    let remote = Remote::start();
    let words = ["build -p lib", "build -p app"];
    let a = remote.machine("a/project");
    for words in words {
        a.build("--wait-uploads", words);
    }
    drop(a);
    let b = remote.machine(&far_away());
    b.build("", words[0]).all_remote(CACHED - 1);
    b.kill_daemon();
    b.wrapped(words[1]).success().hit("app").misses(0);
    b.says("7 one 1");
    b.wipe();
    b.kill_daemon();
    b.build("", words[1]).local(CACHED);
    b.assert_fresh(words[1]);
}

#[test]
fn the_daemon_dies_while_a_build_goes_on() {
    let remote = Remote::start();
    let a = remote.machine("a/project");
    a.replace(
        "lib/build.rs",
        "fn main() {",
        "fn main() { while !std::path::Path::new(\"../go\").exists() { std::thread::yield_now(); }",
    );
    for options in ["", "--wait-uploads"] {
        a.wipe();
        let mut command = a.kache_command(&format!("{options} build"));
        let child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        // It waits for its file, unless it was run before.
        wait_for("the first unit", || !a.log().read_all().unwrap().is_empty());
        a.kill_daemon();
        a.write("go", "");
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        a.says("7 one 1");
    }
    a.kache("sync --push").success();
    a.kache("sync --push").success().stdout_is("Nothing to sync.\n");
}

/// Builds with uploads that hang, and kills the daemon meanwhile.
fn killed_while_sending(remote: &Remote) -> Machine {
    let a = remote.machine("a/project");
    remote.proxy.add(Rule::always(Fault::HangBefore).method(Method::PUT).name("p/app/"));
    a.build("", "build").missed(CACHED);
    wait_for("an upload", || remote.proxy.count(|seen| seen.name.starts_with("p/app/")) > 0);
    a.kill_daemon();
    assert!(a.waiting() > 0);
    assert!(remote.entries().len() < CACHED);
    remote.proxy.clear();
    a
}

#[test]
fn what_waits_survives_the_daemon() {
    let remote = Remote::start();
    let a = killed_while_sending(&remote);
    a.kache("sync --push").success();
    assert_eq!(remote.entries().len(), CACHED);
    let b = remote.machine("b/project");
    b.build("", "build").all_remote(CACHED);
}

#[test]
fn the_next_build_sends_what_waits() {
    let remote = Remote::start();
    let a = killed_while_sending(&remote);
    a.write("app/src/main.rs", "fn main() { print!(\"{}\\n\", app::says()) }");
    a.build("--wait-uploads", "build");
    assert_eq!(a.waiting(), 0);
    assert_eq!(remote.entries().len(), CACHED);
    // The record of the first build went with it.
    assert!(remote.server.list().iter().any(|(name, _)| name.contains("_builds/")));
    let b = remote.machine("b/project");
    b.build("", "build").all_remote(CACHED);
    assert!(remote.proxy.count(|seen| seen.kind == Kind::Build && seen.status == 200) > 0);
}
