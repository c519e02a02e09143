//! Where it listens.

use std::os::unix::fs::PermissionsExt as _;

use super::*;

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn only_the_user_gets_near() {
    let room = room();
    room.kache("daemon start").success();
    assert_eq!(mode(&room.p.cache()), 0o700);
    assert_eq!(mode(&room.socket()), 0o600);
    assert_eq!(mode(&room.p.cache().join("logs/daemon.log")), 0o600);
}

#[test]
fn a_socket_of_ones_own() {
    let mut room = room();
    let path = room.p.beside("run/here.sock");
    room.p.set("KACHE_SOCKET", &path);
    room.kache("daemon start").success();
    assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
    assert!(!room.socket().exists());
    // The store has one daemon, and whoever knows only the store finds it.
    room.p.unset("KACHE_SOCKET");
    assert_eq!(room.state()["socket"], path.to_str().unwrap());
    room.kache("daemon start").success().stdout_is("daemon already running\n");
    room.kache("daemon stop").success().stdout_is("daemon stopped\n");
    assert!(!path.exists());
}

#[test]
fn a_path_too_long_for_a_socket_moves() {
    let mut room = room();
    let cache = room.p.beside("a-long-name".repeat(10)).join("cache");
    room.p.set("KACHE_CACHE_DIR", &cache);
    room.others.push(cache.clone());
    for runtime in [Some(room.p.beside("runtime")), None] {
        match &runtime {
            Some(folder) => {
                fs::create_dir(folder).unwrap();
                room.p.set("XDG_RUNTIME_DIR", folder);
            }
            None => {
                room.p.unset("XDG_RUNTIME_DIR");
            }
        }
        room.kache("daemon start").success().stdout_is("daemon started\n");
        let socket = PathBuf::from(room.state()["socket"].as_str().unwrap());
        let user = rustix::process::getuid().as_raw();
        let folder = runtime.clone().unwrap_or_else(|| PathBuf::from(format!("/tmp/kache-{user}")));
        assert_eq!(socket.parent(), Some(&*folder));
        assert_eq!(mode(&socket), 0o600);
        if runtime.is_some() {
            // From a shell without a runtime folder it is still found.
            room.p.unset("XDG_RUNTIME_DIR");
            assert_eq!(room.state()["socket"], socket.to_str().unwrap());
        } else {
            assert_eq!(mode(&folder), 0o700);
        }
        room.kache("daemon stop").success().stdout_is("daemon stopped\n");
        assert!(!socket.exists());
    }
}

#[test]
fn two_stores_with_one_socket_take_turns() {
    let mut room = room();
    let (socket, other) = (room.p.beside("one.sock"), room.p.beside("other"));
    room.p.set("KACHE_SOCKET", &socket);
    room.others.push(other.clone());
    let child = room.run("daemon run");
    let pid = room.children[child].id();
    let other = other.to_str().unwrap();
    // Nobody takes a socket on which somebody answers.
    let error = format!("error: a daemon is already running (pid {pid})\n");
    room.kache_with("KACHE_CACHE_DIR", other, "daemon run").exits(1).stderr_is(&error);
    assert_eq!(room.pid(), Some(pid));
    // And nobody works with another's store.
    room.kache_with("KACHE_CACHE_DIR", other, "daemon start").success().stdout_is("daemon started\n");
    assert_eq!(room.end(child).0, Some(0));
    assert!(!is_free(Path::new(other)) && is_free(&room.p.cache()));
}
