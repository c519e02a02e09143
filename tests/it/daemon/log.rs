//! What it says of itself.

use std::io::{BufRead as _, BufReader};

use super::*;

#[test]
fn no_log_yet() {
    let room = room();
    let text = format!("No daemon log at {}.\n", room.p.cache().join("logs/daemon.log").display());
    room.kache("daemon log").success().stdout_is(&text).stderr_is("");
    room.kache("daemon log --follow").success().stdout_is(&text);
}

#[test]
fn the_last_lines() {
    let room = room();
    let lines: String = (0..80).map(|n| format!("line {n}\n")).collect();
    room.p.write(room.p.cache().join("logs/daemon.log"), &lines);
    let from = |first: usize| lines.lines().skip(first).map(|line| format!("{line}\n")).collect::<String>();
    for (words, first) in [("", 30), ("-n 3", 77), ("-n 3 --no-follow", 77), ("-n 100", 0), ("-n 0", 80)] {
        room.kache(&format!("daemon log {words}")).success().stdout_is(&from(first)).stderr_is("");
    }
    room.kache("daemon log -n x").exits(2);
}

#[test]
fn lines_for_programs() {
    let room = room();
    let path = room.p.cache().join("logs/daemon.log");
    let object = |lines: &[&str]| serde_json::json!({ "schema": 1, "path": path.to_str(), "lines": lines });
    assert_eq!(room.kache("daemon log --json").success().json(), object(&[]));
    room.p.write(&path, "one\ntwo\n");
    assert_eq!(room.kache("daemon log --json").success().json(), object(&["one", "two"]));
    assert_eq!(room.kache("daemon log --json -n 1").success().json(), object(&["two"]));
    room.kache("daemon log --json --follow").exits(2).stderr_has("error: `--json` gives one object");
}

#[test]
fn a_daemon_tells_its_story_however_it_was_started() {
    let mut room = room();
    room.kache("daemon start").success();
    room.kache("daemon stop").success();
    let child = room.run("daemon run");
    signal(room.children[child].id(), Signal::TERM);
    assert_eq!(room.end(child), (Some(0), String::new()), "silent unless asked");
    let run = room.kache("daemon log");
    let lines: Vec<_> = run.success().stdout.lines().collect();
    let expected =
        [" started ", " ending: asked to stop", " ended ", " started ", " ending: SIGTERM", " ended "];
    assert_eq!(lines.len(), expected.len(), "{run}");
    for (line, expected) in lines.iter().zip(expected) {
        let (time, rest) = line.split_once(' ').unwrap();
        assert!(time.len() == 20 && time.ends_with('Z') && rest.starts_with("INFO "), "{line}");
        assert!(line.contains(expected), "{line}");
    }
}

#[test]
fn lines_on_the_terminal_are_asked_for() {
    let mut room = room();
    room.p.set("KACHE_LOG", "kache=info");
    let child = room.run("daemon run");
    signal(room.children[child].id(), Signal::TERM);
    let (code, output) = room.end(child);
    assert_eq!((code, output), (Some(0), room.log()));
}

#[test]
fn a_log_elsewhere() {
    let mut room = room();
    let path = room.p.beside("far/away.log");
    room.p.set("KACHE_LOG_FILE", &path);
    room.kache("daemon start").success();
    assert!(path.exists() && !room.p.cache().join("logs/daemon.log").exists());
    room.kache("daemon").success().stdout_has(&format!("Logs: {}\n", path.display()));
    room.kache("daemon log").success().stdout_has(" started ");
}

#[test]
fn a_full_log_makes_room() {
    let room = room();
    let path = room.p.cache().join("logs/daemon.log");
    let full = format!("{}\nlast\n", "x".repeat(5_000_000));
    room.p.write(&path, &full);
    room.kache("daemon start").success();
    assert_eq!(fs::metadata(room.p.cache().join("logs/daemon.log.1")).unwrap().len(), full.len() as u64);
    assert!(room.log().lines().count() == 1 && room.log().contains(" started "), "{}", room.log());
    let run = room.kache("daemon log -n 2");
    assert!(run.success().stdout.starts_with("last\n") && run.stdout.contains(" started "), "{run}");
}

#[test]
fn following() {
    let mut room = room();
    room.kache("daemon start").success();
    let command = room.command("daemon log --follow -n 1");
    let follower = room.spawn(command);
    let mut output = BufReader::new(room.children[follower].stdout.take().unwrap());
    let mut next = || {
        let mut line = String::new();
        output.read_line(&mut line).unwrap();
        line
    };
    assert!(next().contains(" started "));
    room.kache("daemon stop").success();
    assert!(next().contains(" ending: asked to stop"));
    assert!(next().contains(" ended "));
    // Through a rotation.
    let path = room.p.cache().join("logs/daemon.log");
    fs::rename(&path, room.p.cache().join("logs/daemon.log.1")).unwrap();
    room.kache("daemon start").success();
    assert!(next().contains(" started "));
    // Without a reader there is nothing to wait for.
    drop(output);
    assert_eq!(room.end(follower).0, Some(0));
}

#[test]
fn secrets_are_nowhere() {
    let mut room = room();
    for (name, value) in [
        ("KACHE_LOG", "trace"),
        ("KACHE_S3_BUCKET", "bucket"),
        ("KACHE_S3_ACCESS_KEY", "HUSHACCESS"),
        ("KACHE_S3_SECRET_KEY", "HUSHSECRET"),
        ("KACHE_S3_SESSION_TOKEN", "HUSHTOKEN"),
        ("AWS_SECRET_ACCESS_KEY", "HUSHAWS"),
    ] {
        room.p.set(name, value);
    }
    room.kache("daemon start").success();
    let pid = room.pid().unwrap();
    let words = fs::read(format!("/proc/{pid}/cmdline")).unwrap();
    let text = room.kache("daemon").stdout.clone() + &room.kache("daemon --json").stdout + &room.log();
    assert!(text.contains("bucket"), "{text}");
    assert!(!(text + &String::from_utf8(words).unwrap()).contains("HUSH"));
}
