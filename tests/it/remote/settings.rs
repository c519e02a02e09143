//! What each setting of the remote does, as the server sees it.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::process::Stdio;
use std::time::Duration;

use cargo_kache::digest::Digest;
use hyper::Method;

use super::Remote;
use super::machines::{CACHED, Machine};
use crate::support::s3::{ACCESS_KEY, Fault, Rule, SECRET_KEY};
use crate::support::{Terminal, project, wait_for};

/// A machine with one library, built here and not sent.
fn library(remote: &Remote) -> Machine {
    let functions = (0..300).fold(String::new(), |mut text, n| {
        let _ = writeln!(text, "pub fn f{n}(a: u64) -> u64 {{ a.wrapping_mul({n}).rotate_left({n}) ^ {n} }}");
        text
    });
    let machine = remote.machine_of(project().file("src/lib.rs", functions));
    machine.build("--no-remote", "build").missed(1);
    machine
}

/// The key of the only entry.
fn key(machine: &Machine) -> String {
    machine.kache("list --json").success().json()["entries"][0]["key"].as_str().unwrap().to_owned()
}

#[test]
fn objects_lie_below_the_prefix() {
    let remote = Remote::start();
    let mut a = library(&remote);
    let name = format!("foo/{}.tar.zst", key(&a));
    a.unset("KACHE_S3_PREFIX");
    a.kache("sync --push").success().stdout_has("Pushed 1 of 1 artifact (");
    assert_eq!(remote.entries(), [format!("artifacts/{name}")]);
    a.set("KACHE_S3_PREFIX", "/team/x/");
    a.kache("sync --push").success().stdout_has("Pushed 1 of 1 artifact (");
    assert_eq!(remote.entries(), [format!("artifacts/{name}"), format!("team/x/{name}")]);
    // Who looks below another one finds nothing.
    a.kache("purge").success();
    a.set("KACHE_S3_PREFIX", "team");
    a.kache("sync --pull --all").success().stdout_is("Nothing to sync.\n");
    a.set("KACHE_S3_PREFIX", "team/x");
    a.kache("sync --pull --all").success().stdout_has("Pulled 1 of 1 artifact (");
}

/// Asks the server once, and returns who signed that, for which region, with which token.
fn asked(remote: &Remote, machine: &Machine) -> (String, String, Option<String>) {
    remote.proxy.clear();
    machine.kache("sync --pull --all --dry-run");
    let seen = remote.proxy.seen();
    let all =
        seen.into_iter().map(|it| (it.access_key, it.region, it.session_token)).collect::<BTreeSet<_>>();
    assert_eq!(all.len(), 1, "{all:?}");
    all.into_iter().next().unwrap()
}

#[test]
fn requests_are_signed_for_the_region() {
    let remote = Remote::start();
    let mut a = remote.machine("a");
    a.set("KACHE_S3_REGION", "eu-central-1");
    assert_eq!(asked(&remote, &a).1, "eu-central-1");
    a.unset("KACHE_S3_REGION");
    assert_eq!(asked(&remote, &a).1, "us-east-1");
    a.kache("sync --pull --all").success();
}

#[test]
fn the_pair_wins_over_the_profile_and_the_profile_over_the_rest() {
    let remote = Remote::start();
    let mut a = remote.machine("a");
    let home = a.beside("home");
    let profile = |name: &str, key: &str, secret: &str| {
        format!("[{name}]\naws_access_key_id = {key}\naws_secret_access_key = {secret}\n")
    };
    a.write(
        home.join(".aws/credentials"),
        profile("default", "AKDEFAULT", "x")
            + &profile("ceph", "AKCEPH", "x")
            + &profile("right", ACCESS_KEY, SECRET_KEY),
    );
    a.set("HOME", home).set("AWS_EC2_METADATA_DISABLED", "true");
    a.set("AWS_ACCESS_KEY_ID", "AKVARIABLE").set("AWS_SECRET_ACCESS_KEY", "x");
    let signer = |a: &Machine| asked(&remote, a).0;

    a.set("KACHE_S3_PROFILE", "ceph").set("KACHE_S3_SESSION_TOKEN", "token");
    assert_eq!(asked(&remote, &a), (ACCESS_KEY.to_owned(), "us-east-1".to_owned(), Some("token".to_owned())));
    a.unset("KACHE_S3_SESSION_TOKEN");
    assert_eq!(asked(&remote, &a).2, None);
    a.kache("sync --pull --all").success();

    a.unset("KACHE_S3_ACCESS_KEY").unset("KACHE_S3_SECRET_KEY");
    assert_eq!(signer(&a), "AKCEPH");
    a.kache("sync --pull --all").exits(1);
    a.set("KACHE_S3_PROFILE", "right");
    a.kache("sync --pull --all").success();
    // The field of the file is the same.
    a.unset("KACHE_S3_PROFILE");
    a.write("../config.toml", "[cache.remote]\nprofile = \"ceph\"\n");
    assert_eq!(signer(&a), "AKCEPH");

    a.write("../config.toml", "");
    assert_eq!(signer(&a), "AKVARIABLE");
    a.unset("AWS_ACCESS_KEY_ID").unset("AWS_SECRET_ACCESS_KEY");
    assert_eq!(signer(&a), "AKDEFAULT");
}

#[test]
fn a_higher_level_makes_smaller_objects() {
    let remote = Remote::start();
    let mut a = library(&remote);
    let name = format!("foo/{}.tar.zst", key(&a));
    let mut size = |level: Option<&str>| {
        let prefix = format!("level-{}", level.unwrap_or("default"));
        a.set("KACHE_S3_PREFIX", &prefix);
        match level {
            Some(level) => a.set("KACHE_COMPRESSION_LEVEL", level),
            None => a.unset("KACHE_COMPRESSION_LEVEL"),
        };
        a.kache("sync --push").success();
        std::fs::metadata(remote.server.objects().join(prefix).join(&name)).unwrap().len()
    };
    let sizes = [Some("1"), Some("3"), Some("22")].map(&mut size);
    assert!(sizes[0] > sizes[1] && sizes[1] > sizes[2], "{sizes:?}");
    assert_eq!(size(None), sizes[1]);
    // What is packed most is read as well.
    a.kache("purge").success();
    a.set("KACHE_S3_PREFIX", "level-22");
    a.kache("sync --pull --all").success().stdout_has("Pulled 1 of 1 artifact (");
    a.assert_sound();
    a.wipe();
    a.build("--no-remote", "build").local(1);
    for level in ["0", "23"] {
        a.set("KACHE_COMPRESSION_LEVEL", level);
        a.kache("sync").exits(3).stderr_has(&format!("error: invalid value `{level}`"));
    }
}

#[test]
fn as_many_operations_and_as_much_ahead_as_allowed() {
    let remote = Remote::start();
    drop(remote.filled("a/project"));
    for limit in [1, 3] {
        let mut b = remote.machine("b/project");
        b.set("KACHE_S3_CONCURRENCY", limit.to_string());
        // As long as none has an answer, all that may be asked at once are.
        remote.proxy.add(Rule::always(Fault::HangBefore).method(Method::GET).name(".tar.zst"));
        let mut command = b.kache_command("sync --pull");
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        wait_for("all that is allowed", || remote.proxy.at_once().0 == limit);
        child.kill().unwrap();
        child.wait().unwrap();
        wait_for("the end of all", || remote.proxy.at_once().0 == 0);

        // And no more than that, while others wait for their turn.
        remote.proxy.clear();
        remote.proxy.set_round_trip(Duration::from_millis(40));
        b.kache("sync --pull").success().stdout_has(&format!("Pulled {CACHED} of {CACHED} artifacts ("));
        let most = remote.proxy.at_once().1;
        assert!((1..=limit).contains(&most), "{most} at once, {limit} allowed");
        remote.proxy.clear();
        remote.proxy.set_round_trip(Duration::ZERO);
    }
    for (name, value, is_fetched) in [
        ("KACHE_PREFETCH_MAX", "2GB", true),
        ("KACHE_PREFETCH_MAX", "1", false),
        ("KACHE_PREFETCH", "0", false),
    ] {
        let mut b = remote.machine("b/project").patient();
        b.set(name, value);
        remote.proxy.clear();
        b.build("", "build").remote(CACHED);
        // What is fetched ahead comes in packs.
        let packs = remote.proxy.count(|seen| seen.range.is_some());
        assert_eq!(packs > 0, is_fetched, "{name}={value}: {packs}");
    }
}

// Of builds.

#[test]
fn a_build_waits_for_its_uploads_if_told_so() {
    let remote = Remote::start();
    // Nobody is done by the end of a build who does not wait.
    remote.proxy.set_round_trip(Duration::from_millis(100));
    let mut a = remote.machine_of(project().file("src/lib.rs", ""));
    a.set("KACHE_UPLOAD_WAIT", "60s");
    a.build("", "build").missed(1);
    assert_eq!((remote.entries().len(), a.waiting()), (1, 0));
    a.set("KACHE_UPLOAD_WAIT", "0s");
    remote.proxy.add(Rule::always(Fault::HangBefore).method(Method::PUT));
    a.write("src/lib.rs", "pub fn f() {}");
    a.wipe();
    a.build("", "build").missed(1);
    assert!(remote.entries().len() == 1 && a.waiting() > 0);
}

#[test]
fn a_build_waits_for_the_remote_as_long_as_told() {
    let remote = Remote::start();
    let a = remote.machine_of(project().file("src/lib.rs", "pub fn f() {}"));
    a.build("--wait-uploads", "build").missed(1);
    let other = |variables: &[(&str, &str)]| {
        let mut b = remote.machine_of(
            project()
                .at("b")
                .file("src/lib.rs", a.read("src/lib.rs"))
                .file("Cargo.lock", a.read("Cargo.lock")),
        );
        for (name, value) in variables {
            b.set(name, *value);
        }
        b
    };
    // One unit.
    for (timeout, from_remote) in [("0s", 0), ("60s", 1)] {
        let b = other(&[("KACHE_REMOTE_TIMEOUT", timeout), ("KACHE_PREFETCH", "0")]);
        b.build("", "build").remote(from_remote).missed(1 - from_remote);
    }
    // All that is fetched ahead. No unit waits longer than its compile takes, and this network is slower.
    remote.proxy.set_round_trip(Duration::from_millis(400));
    other(&[("KACHE_PREFETCH_WAIT", "60s")]).build("", "build").remote(1).missed(0);
    // On a terminal a line says so, and leaves no trace.
    let watched = other(&[("KACHE_PREFETCH_WAIT", "60s")]);
    let mut terminal = Terminal::start(watched.kache_command("build"), 100, 30);
    terminal.shows(" Prefetching from s3://").hides("Prefetching").shows("1 of 1 unit");
    assert_eq!(terminal.end(), 0);
}

#[test]
fn what_is_waited_for_shows_how_far_it_is() {
    let remote = Remote::start();
    // So large that each is fetched alone.
    let noise = |name: &str| {
        let digests = (0..16_000_u32).map(|n| Digest::of(format!("{name}{n}").as_bytes()).to_hex());
        format!("pub static NOISE: &str = \"{}\";", digests.collect::<String>())
    };
    let both = || {
        let sources = ["one", "two"].map(|name| (format!("{name}/src/lib.rs"), noise(name)));
        let project =
            project().workspace(&["one", "two"]).package("one", "one", "").package("two", "two", "");
        sources.into_iter().fold(project, |project, (path, text)| project.file(&path, text))
    };
    let a = remote.machine_of(both());
    a.build("--wait-uploads", "build").missed(2);
    let mut b = remote.machine_of(both().at("b").file("Cargo.lock", a.read("Cargo.lock")));
    b.set("KACHE_PREFETCH_WAIT", "60s");
    remote.proxy.add(Rule::always(Fault::HangBefore).method(Method::GET).name("p/two/"));
    let mut terminal = Terminal::start(b.kache_command("build"), 100, 30);
    terminal.shows(" Prefetching [").shows(" eta ").shows("(1 crate)");
    remote.proxy.vanish();
    terminal.hides("Prefetching").shows("1 of 2 units");
    assert_eq!(terminal.end(), 0);
}

#[test]
fn a_daemon_tells_its_terminal_of_trouble_unless_told_not_to() {
    let remote = Remote::start();
    remote.proxy.add(Rule::always(Fault::error(403, "AccessDenied")).method(Method::PUT));
    for (filter, is_told) in [("", true), ("off", false)] {
        let mut a = remote.machine_of(project().file("src/lib.rs", ""));
        a.set("KACHE_LOG", filter);
        let mut command = a.kache_command("daemon run");
        let mut daemon = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        wait_for("the daemon", || a.kache("daemon --json").json()["daemon"]["pid"] == daemon.id());
        a.build("", "build").missed(1);
        let log = a.cache().join("logs/daemon.log");
        let trouble = || {
            a.read(&log).lines().filter(|it| it.contains("Z WARN ")).map(str::to_owned).collect::<Vec<_>>()
        };
        wait_for("trouble in the log", || !trouble().is_empty());
        a.kache("daemon stop").success();
        let said = std::io::read_to_string(daemon.stderr.take().unwrap()).unwrap();
        daemon.wait().unwrap();
        let said = said.lines().map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(said, if is_told { trouble() } else { Vec::new() }, "{filter}");
    }
}
