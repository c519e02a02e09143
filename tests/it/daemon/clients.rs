//! Those who speak to it, well or not.

use std::io::{self, Read as _, Write as _};
use std::sync::Barrier;
use std::time::Duration;

use cargo_kache::agent::Agent;
use cargo_kache::agent::client::Client;
use cargo_kache::agent::frame;
use cargo_kache::agent::identity::Identity;
use cargo_kache::agent::message::{Greeting, Hello, Intent, PROTOCOL, Reply, Request};
use cargo_kache::agent::start;
use cargo_kache::digest::Digest;

use super::*;

/// A client that is no program of the daemon's.
fn agent(room: &Room) -> Agent {
    Agent {
        layout: Layout::new(room.p.cache()),
        socket: room.socket(),
        log: room.p.cache().join("logs/daemon.log"),
        program: "/none".into(),
        identity: Identity { program: Digest::of(b"another"), settings: Digest::of(b"others") },
    }
}

fn look(room: &Room) -> Client {
    Client::connect(&agent(room), Intent::Look, Duration::from_mins(1)).unwrap()
}

fn hello(room: &Room) -> Hello {
    Hello {
        protocol: PROTOCOL,
        intent: Intent::Look,
        version: "9.9.9".into(),
        identity: agent(room).identity,
    }
}

/// Reads until the daemon closes the connection.
fn rest(stream: &mut UnixStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    match stream.read_to_end(&mut bytes) {
        Err(e) if e.kind() != io::ErrorKind::ConnectionReset => panic!("{e}"),
        _ => bytes,
    }
}

fn greeting(stream: &mut UnixStream) -> Greeting {
    let mut head = [0; frame::HEAD];
    stream.read_exact(&mut head).unwrap();
    let mut value = vec![0; frame::length(head).unwrap()];
    stream.read_exact(&mut value).unwrap();
    frame::decode(&value).unwrap()
}

#[test]
fn two_hundred_at_once() {
    let room = room();
    room.kache("daemon start").success();
    let pid = room.pid();
    let agent = agent(&room);
    let together = Barrier::new(200);
    std::thread::scope(|scope| {
        for _ in 0..200 {
            scope.spawn(|| {
                together.wait();
                let mut client = Client::connect(&agent, Intent::Look, Duration::from_mins(1)).unwrap();
                assert_eq!(Some(client.greeting.pid), pid);
                // All are connected before the first asks.
                together.wait();
                for _ in 0..10 {
                    assert_eq!(client.ask(&Request::Ping).unwrap(), Reply::Pong);
                }
                assert!(matches!(client.ask(&Request::Status).unwrap(), Reply::Status(_)));
                together.wait();
            });
        }
    });
    assert_eq!(room.pid(), pid);
}

#[test]
fn nobody_starts_one_while_another_is_started() {
    let room = room();
    // The process would be given this test's own variables: it is none that stays.
    let agent = Agent { program: "/bin/true".into(), ..agent(&room) };
    agent.layout.create().unwrap();
    let starting = lock::try_exclusive(&agent.layout.daemon_start_lock()).unwrap();
    assert!(!start::start_on_demand(&agent).unwrap());
    room.kache("daemon run --background").success();
    assert_eq!((room.pid(), room.started()), (None, 0));
    drop(starting);
    // A process that another test starts may have the lock's file for a moment.
    wait_for("a start", || start::start_on_demand(&agent).unwrap());
}

#[test]
fn nonsense_ends_its_own_connection() {
    let room = room();
    room.kache("daemon start").success();
    let pid = room.pid();
    let mut good = look(&room);
    let too_long = u32::try_from(frame::MAX + 1).unwrap().to_le_bytes();
    let hello = frame::encode(&hello(&room)).unwrap();
    let cut = &hello[..hello.len() - 1];
    let mut short = hello.clone();
    short[0] -= 1;
    let openings: [&[u8]; 6] =
        [b"GET / HTTP/1.1\r\n\r\n", &[0xff; 64], &too_long, &[1, 0, 0, 0, 0], &[0, 0, 0, 0], &short];
    for opening in openings {
        let mut stream = room.connect();
        stream.write_all(opening).unwrap();
        assert_eq!(rest(&mut stream), b"", "{opening:?}");
    }
    // Cut off in the middle.
    let mut stream = room.connect();
    stream.write_all(cut).unwrap();
    stream.shutdown(std::net::Shutdown::Write).unwrap();
    assert_eq!(rest(&mut stream), b"");
    // After a proper greeting.
    for request in [&[1, 0, 0, 0, 0x7f][..], &too_long, &[0, 0, 0, 0]] {
        let mut stream = room.connect();
        stream.write_all(&hello).unwrap();
        assert_eq!(Some(greeting(&mut stream).pid), pid);
        stream.write_all(request).unwrap();
        assert_eq!(rest(&mut stream), b"", "{request:?}");
    }
    assert_eq!(good.ask(&Request::Ping).unwrap(), Reply::Pong, "nobody else noticed");
    assert_eq!(room.pid(), pid);
}

#[test]
fn who_says_nothing_is_let_go() {
    let room = room();
    room.kache("daemon start").success();
    let mut silent: Vec<_> = (0..50).map(|_| room.connect()).collect();
    // Byte by byte is no better.
    silent[0].write_all(&frame::encode(&hello(&room)).unwrap()[..5]).unwrap();
    assert_eq!(look(&room).ask(&Request::Ping).unwrap(), Reply::Pong);
    for stream in &mut silent {
        assert_eq!(rest(stream), b"");
    }
}

#[test]
fn another_protocol_is_told_apart() {
    let room = room();
    room.kache("daemon start").success();
    let later = Hello { protocol: PROTOCOL + 1, ..hello(&room) };
    let mut stream = room.connect();
    stream.write_all(&frame::encode(&later).unwrap()).unwrap();
    let answer = greeting(&mut stream);
    assert!(answer.protocol == PROTOCOL && !answer.ending);
    // To look at it is one thing, to want its work another.
    let wanting = Hello { intent: Intent::Use, ..later };
    let mut stream = room.connect();
    stream.write_all(&frame::encode(&wanting).unwrap()).unwrap();
    assert!(greeting(&mut stream).ending);
    assert_eq!(rest(&mut stream), b"", "the connection ends with the process");
    room.wait_for_end();
}

/// Whether this user may pass for others.
fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// Runs something as nobody: the call changes this thread only.
fn as_nobody<T: Send>(run: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| {
        let thread = scope.spawn(|| {
            // SAFETY: the call has no memory to harm.
            let changed = unsafe { libc::syscall(libc::SYS_setresuid, 65534, 65534, 65534) };
            assert_eq!(changed, 0);
            run()
        });
        thread.join().unwrap()
    })
}

fn allow_all(path: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(path, fs::Permissions::from_mode(0o777)).unwrap();
}

#[test]
fn another_user_is_refused() {
    if !is_root() {
        return;
    }
    let mut room = room();
    let socket = room.p.beside("open/d.sock");
    room.p.set("KACHE_SOCKET", &socket);
    room.kache("daemon start").success();
    // Whatever the modes say.
    for path in [&room.p.beside(""), socket.parent().unwrap(), &socket] {
        allow_all(path);
    }
    let frame = frame::encode(&hello(&room)).unwrap();
    let answer = |mut stream: UnixStream| {
        // It may be closed before that.
        let _ = stream.write_all(&frame);
        stream.shutdown(std::net::Shutdown::Write).unwrap_or_default();
        rest(&mut stream)
    };
    let connect = || UnixStream::connect(&socket).unwrap();
    assert_eq!(as_nobody(|| answer(connect())), b"");
    assert_ne!(answer(connect()), b"", "the same words from its own user");
    let log = room.log();
    assert!(log.contains("refused a client of another user"), "{log}");
}

#[test]
fn another_users_socket_is_no_daemon() {
    if !is_root() {
        return;
    }
    let mut room = room();
    let socket = room.p.beside("open/d.sock");
    fs::create_dir(room.p.beside("open")).unwrap();
    for path in [&room.p.beside(""), socket.parent().unwrap()] {
        allow_all(path);
    }
    let _listener = as_nobody(|| std::os::unix::net::UnixListener::bind(&socket).unwrap());
    room.p.set("KACHE_SOCKET", &socket);
    room.kache("daemon").success().stdout_has("Daemon: not running\n");
    room.kache("daemon start").exits(1).stderr_is("error: the socket belongs to another user\n");
}
