//! From start to end.

use super::*;

#[test]
fn started_looked_at_and_stopped() {
    let room = room();
    let cache = room.p.cache();
    let text = |daemon: &str, queue: &str| {
        format!(
            "kache: v{}\nService: not installed\nDaemon: {daemon}\nSocket: {}\nLogs: {}\nRemote: not configured\n\
             Queue: {queue}\n",
            env!("CARGO_PKG_VERSION"),
            cache.join("daemon.sock").display(),
            cache.join("logs/daemon.log").display(),
        )
    };
    room.kache("daemon").success().stdout_is(&text("not running", "-")).stderr_is("");
    room.kache("daemon stop").success().stdout_is("daemon is not running\n").stderr_is("");
    assert!(!cache.exists(), "looking makes nothing");

    room.kache("daemon start").success().stdout_is("daemon started\n").stderr_is("");
    room.kache("daemon start").success().stdout_is("daemon already running\n").stderr_is("");
    let state = room.state();
    let pid = state["daemon"]["pid"].as_u64().unwrap();
    let begin = format!("Daemon: running (pid {pid}, v{}, up ", env!("CARGO_PKG_VERSION"));
    room.kache("daemon").success().stdout_has(&begin).stdout_has("\nQueue: 0 uploads, 0 downloads\n");
    room.kache("stats").success().stdout_has(&format!("Daemon:     v{}\n", env!("CARGO_PKG_VERSION")));

    room.kache("daemon stop").success().stdout_is("daemon stopped\n").stderr_is("");
    assert!(is_free(&cache) && !room.socket().exists(), "nothing is left when `stop` returns");
    room.kache("daemon stop").success().stdout_is("daemon is not running\n");
    room.kache("daemon").success().stdout_is(&text("not running", "-"));
    room.kache("stats").success().stdout_has("Daemon:     offline\n");
}

#[test]
fn state_for_programs() {
    let room = room();
    let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>().join(" ");
    let state = room.state();
    assert_eq!(keys(&state), "daemon log queue remote schema service socket version");
    assert_eq!(
        (&state["schema"], &state["daemon"], &state["queue"]),
        (&1.into(), &Value::Null, &Value::Null)
    );
    assert_eq!(state["service"], serde_json::json!({ "installed": false, "unit": null }));

    room.kache_with("KACHE_S3_BUCKET", "b", "daemon start").success();
    let state = room.state();
    assert_eq!(keys(&state["daemon"]), "ending pid same_program same_settings service uptime_ms version");
    assert_eq!(state["daemon"]["same_program"], true);
    assert_eq!(state["daemon"]["same_settings"], false);
    assert_eq!(state["daemon"]["service"], false);
    assert_eq!(state["queue"], serde_json::json!({ "uploads": 0, "downloads": 0 }));
    assert_eq!(state["remote"], "s3://b/artifacts", "the daemon's, not the caller's");
}

#[test]
fn results_for_programs() {
    let room = room();
    for (words, result) in [
        ("daemon stop", "not-running"),
        ("daemon start", "started"),
        ("daemon start", "already-running"),
        ("daemon stop", "stopped"),
    ] {
        let object = room.kache(&format!("{words} --json")).success().json();
        assert_eq!(object, serde_json::json!({ "schema": 1, "result": result }));
    }
    let object = room.kache("daemon uninstall --json").success().json();
    assert_eq!(object, serde_json::json!({ "schema": 1, "result": "not-installed", "unit": null }));
}

#[test]
fn it_is_cut_off_from_its_starter() {
    let room = room();
    // That the streams of the starter come to an end is a part of it: else this would wait for ever.
    room.kache("daemon start").success();
    let process = PathBuf::from(format!("/proc/{}", room.pid().unwrap()));
    assert_eq!(fs::read_link(process.join("cwd")).unwrap(), Path::new("/"));
    for stream in ["0", "1", "2"] {
        assert_eq!(fs::read_link(process.join("fd").join(stream)).unwrap(), Path::new("/dev/null"));
    }
    let stat = fs::read_to_string(process.join("stat")).unwrap();
    let session = stat.rsplit(") ").next().unwrap().split(' ').nth(3).unwrap().to_owned();
    assert_eq!(session, room.pid().unwrap().to_string(), "it leads a session");
    let environment = fs::read(process.join("environ")).unwrap();
    assert!(!environment.windows(10).any(|name| name == b"MAKEFLAGS="));
}

#[test]
fn descriptors_of_the_starter_do_not_live_on() {
    use std::io::Read as _;
    let room = room();
    let (mut reader, writer) = std::io::pipe().unwrap();
    // As cargo's jobserver: every child has it.
    rustix::io::fcntl_setfd(&writer, rustix::io::FdFlags::empty()).unwrap();
    room.kache("daemon start").success();
    drop(writer);
    let mut ends = [rustix::event::PollFd::new(&reader, rustix::event::PollFlags::empty())];
    let patience = rustix::event::Timespec { tv_sec: 30, tv_nsec: 0 };
    assert_eq!(rustix::event::poll(&mut ends, Some(&patience)), Ok(1), "nobody else holds the pipe");
    assert_eq!(reader.read(&mut [0]).unwrap(), 0);
    assert!(room.pid().is_some());
}

#[test]
fn one_in_the_foreground() {
    let mut room = room();
    let child = room.run("daemon run");
    let pid = room.children[child].id();
    let error = format!("error: a daemon is already running (pid {pid})\n");
    room.kache("daemon run").exits(1).stdout_is("").stderr_is(&error);
    room.kache("daemon start").success().stdout_is("daemon already running\n");
    room.kache("daemon run --background").success().stdout_is("").stderr_is("");
    signal(pid, Signal::TERM);
    assert_eq!(room.end(child), (Some(0), String::new()));
    assert!(is_free(&room.p.cache()) && !room.socket().exists());
    for name in [Signal::INT, Signal::HUP] {
        let child = room.run("daemon run");
        signal(room.children[child].id(), name);
        assert_eq!(room.end(child).0, Some(0));
    }
}

#[test]
fn many_starts_at_once_make_one() {
    let mut room = room();
    let starts: Vec<_> = (0..12)
        .map(|_| {
            let command = room.command("daemon start");
            room.spawn(command)
        })
        .collect();
    for start in starts.into_iter().rev() {
        let (code, output) = room.end(start);
        assert_eq!(code, Some(0), "{output}");
        assert!(["daemon started\n", "daemon already running\n"].contains(&&*output), "{output}");
    }
    assert_eq!(room.started(), 1, "{}", room.log());
}

#[test]
fn a_killed_daemon_stands_in_nobodys_way() {
    let room = room();
    room.kache("daemon start").success();
    signal(room.pid().unwrap(), Signal::KILL);
    room.wait_for_end();
    assert!(room.socket().exists(), "it left its socket");
    room.kache("daemon").success().stdout_has("Daemon: not running\n");
    room.kache("daemon stop").success().stdout_is("daemon is not running\n");
    room.kache("daemon start").success().stdout_is("daemon started\n");
    assert!(room.pid().is_some());
}

#[test]
fn a_hung_daemon_is_told_from_none() {
    let room = room();
    room.kache("daemon start").success();
    let pid = room.pid().unwrap();
    signal(pid, Signal::STOP);
    room.kache("daemon").success().stdout_has("Daemon: not running\n");
    room.kache("daemon stop").exits(1).stderr_has("Caused by:\n  the daemon does not answer\n");
    room.kache("daemon run").exits(1).stderr_is(&format!("error: a daemon is already running (pid {pid})\n"));
    let run = room.kache("daemon start");
    run.exits(1).stderr_has("error: daemon did not start in 8s\n").stderr_has(" started version=");
    signal(pid, Signal::CONT);
    wait_for("its answer", || room.pid() == Some(pid));
}

#[test]
fn what_is_no_socket_stays() {
    let room = room();
    room.p.write("../precious", "text");
    let path = room.p.beside("precious").display().to_string();
    let error = format!("error: cannot listen at `{path}`: it is not a socket\n");
    room.kache_with("KACHE_SOCKET", &path, "daemon run").exits(1).stderr_is(&error);
    room.kache_with("KACHE_SOCKET", &path, "daemon start")
        .exits(1)
        .stderr_has("error: daemon did not start in 8s\n")
        .stderr_has(&format!("cannot listen at `{path}`"));
    assert_eq!(room.p.read("../precious"), "text");
    assert!(is_free(&room.p.cache()));
}

#[test]
fn a_replaced_binary_replaces_the_daemon() {
    let mut room = room();
    room.program = room.p.beside("bin/kache");
    fs::create_dir(room.p.beside("bin")).unwrap();
    copy_program(&room.program);
    room.kache("daemon start").success().stdout_is("daemon started\n");
    let old = room.pid().unwrap();
    copy_program(&room.program);
    let note = "The daemon runs another binary; the next build replaces it.\n";
    room.kache("daemon").success().stdout_has(&format!("(pid {old}, ")).stdout_has(note);
    assert_eq!(room.pid(), Some(old), "looking replaces nothing");
    room.kache("daemon start").success().stdout_is("daemon started\n");
    let run = room.kache("daemon");
    assert!(!run.success().stdout.contains(note) && room.pid() != Some(old), "{run}");
    assert_eq!(room.state()["daemon"]["same_program"], true);
    // A second name of the file is the same program.
    room.p.symlink(&room.program, "../bin/link");
    room.program = room.p.beside("bin/link");
    room.kache("daemon start").success().stdout_is("daemon already running\n");
}

#[test]
fn other_settings_replace_the_daemon() {
    let room = room();
    room.kache("daemon start").success();
    let mut pids = vec![room.pid().unwrap()];
    for (name, value) in [("KACHE_S3_BUCKET", "b"), ("KACHE_S3_PREFIX", "p"), ("AWS_PROFILE", "x")] {
        room.kache_with(name, value, "daemon")
            .success()
            .stdout_has("The daemon has other settings; the next build replaces it.\n");
        room.kache_with(name, value, "daemon start").success().stdout_is("daemon started\n");
        room.kache_with(name, value, "daemon start").success().stdout_is("daemon already running\n");
        assert!(!pids.contains(&room.pid().unwrap()));
        pids.push(room.pid().unwrap());
    }
    // What concerns one call only is no other setting.
    let run = room.kache_with("AWS_PROFILE", "x", "daemon start");
    run.success().stdout_is("daemon already running\n");
    let mut command = room.command("daemon start");
    command.envs([("AWS_PROFILE", "x"), ("KACHE_LOG", "debug"), ("KACHE_REPORT", "full")]);
    room.p.run(command).success().stdout_is("daemon already running\n");
}

#[test]
fn without_work_it_ends_and_a_service_stays() {
    let mut service = room();
    service.p.set("KACHE_DAEMON_IDLE", "1s");
    let child = service.run("daemon run --service");
    let pid = service.children[child].id();

    let mut room = room();
    room.p.set("KACHE_DAEMON_IDLE", "1s");
    room.kache("daemon start").success();
    // Who only looks is no work.
    wait_for("its end", || room.state()["daemon"].is_null());
    room.wait_for_end();
    assert!(room.log().contains("ending: no work"), "{}", room.log());
    assert!(!room.socket().exists());
    let child = room.run("daemon run");
    assert_eq!(room.end(child).0, Some(0), "the same in the foreground");

    assert_eq!(service.pid(), Some(pid), "it began before them, and is still there");
    assert_eq!(service.state()["daemon"]["service"], true);
}

#[test]
fn a_service_takes_the_place_of_one_on_demand() {
    let mut room = room();
    room.kache("daemon start").success();
    let child = room.run("daemon run --service");
    let pid = room.children[child].id();
    room.kache("daemon run --service")
        .exits(1)
        .stderr_is(&format!("error: a daemon is already running (pid {pid})\n"));
    assert_eq!(room.pid(), Some(pid));
}

#[test]
fn a_service_becomes_the_new_binary() {
    let mut room = room();
    room.program = room.p.beside("kache");
    copy_program(&room.program);
    let child = room.run("daemon run --service");
    let pid = room.children[child].id();
    copy_program(&room.program);
    assert_eq!(room.state()["daemon"]["same_program"], false);
    room.kache("daemon start").success();
    wait_for("the service", || {
        let daemon = &room.state()["daemon"];
        daemon["pid"] == pid && daemon["same_program"] == true && daemon["service"] == true
    });
    assert!(room.children[child].try_wait().unwrap().is_none(), "it is the same process");
}

#[test]
fn a_daemon_nobody_can_find_ends() {
    let mut room = room();
    let child = room.run("daemon run");
    fs::rename(room.p.cache(), room.p.beside("gone")).unwrap();
    assert_eq!(room.end(child).0, Some(0));
    let log = room.p.read("../gone/logs/daemon.log");
    assert!(log.contains("ending: lock or socket was removed"), "{log}");
    // The next one has a new store.
    room.kache("daemon start").success().stdout_is("daemon started\n");
}

#[test]
fn invalid_settings_start_nothing() {
    let mut room = room();
    room.p.set("KACHE_DAEMON_IDLE", "soon");
    for words in ["daemon start", "daemon run", "daemon"] {
        room.kache(words).exits(3).stderr_has("error: invalid value `soon` for `KACHE_DAEMON_IDLE`");
    }
    assert!(!room.p.cache().exists());
    room.kache("daemon walk").exits(2).stderr_has("walk");
}
