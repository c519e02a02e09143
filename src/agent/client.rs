//! The client's side of the conversation.
//!
//! Owns one connection and its deadline: connecting, writing and reading together take no longer. Blocking calls of
//! the standard library only: this runs in the wrapper.

use std::io::{self, Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::frame::{self, FrameError};
use super::message::{Greeting, Hello, Intent, PROTOCOL, Reply, Request};
use super::{Agent, peer};

/// Why there was no answer.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// Nobody listens.
    #[error("no daemon is running")]
    Absent,
    /// Somebody listens, and gave no answer in time.
    #[error("the daemon does not answer")]
    Silent,
    /// Another user's process listens.
    #[error("the socket belongs to another user")]
    Stranger,
    /// The answer makes no sense.
    #[error(transparent)]
    Frame(#[from] FrameError),
    /// The connection broke.
    #[error("lost the connection to the daemon")]
    Lost(#[source] io::Error),
}

impl From<io::Error> for ClientError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => Self::Silent,
            _ => Self::Lost(error),
        }
    }
}

/// A connection to the daemon.
#[derive(Debug)]
pub struct Client {
    stream: UnixStream,
    deadline: Instant,
    /// What the daemon said of itself.
    pub greeting: Greeting,
    /// Where it listens.
    pub socket: std::path::PathBuf,
}

impl Client {
    /// Connects and exchanges greetings; all within `patience`.
    pub fn connect(agent: &Agent, intent: Intent, patience: Duration) -> Result<Self, ClientError> {
        let deadline = Instant::now() + patience;
        let mut outcome = Err(ClientError::Absent);
        for socket in agent.sockets() {
            outcome = Self::connect_to(&socket, agent, intent, deadline);
            if !matches!(outcome, Err(ClientError::Absent)) {
                break;
            }
        }
        outcome
    }

    fn connect_to(
        socket: &Path,
        agent: &Agent,
        intent: Intent,
        deadline: Instant,
    ) -> Result<Self, ClientError> {
        let mut stream = open(socket, deadline)?;
        if !peer::is_same_user(&stream)? {
            return Err(ClientError::Stranger);
        }
        let version = env!("CARGO_PKG_VERSION").to_owned();
        let hello = Hello { protocol: PROTOCOL, intent, version, identity: agent.identity };
        send(&mut stream, &hello, deadline)?;
        let greeting = receive(&mut stream, deadline)?;
        Ok(Self { stream, deadline, greeting, socket: socket.to_owned() })
    }

    /// Gives the next requests this long.
    pub fn allow(&mut self, patience: Duration) {
        self.deadline = Instant::now() + patience;
    }

    /// Asks for something. A daemon of another protocol is not asked: it would not understand.
    pub fn ask(&mut self, request: &Request) -> Result<Reply, ClientError> {
        if self.greeting.protocol != PROTOCOL {
            return Err(ClientError::Frame(FrameError::Foreign(postcard::Error::DeserializeBadEncoding)));
        }
        send(&mut self.stream, request, self.deadline)?;
        receive(&mut self.stream, self.deadline)
    }

    /// Waits until the daemon closes the connection, as it does when it ends. Returns whether it did.
    pub fn wait_for_end(mut self, patience: Duration) -> bool {
        self.allow(patience);
        let mut rest = [0; 64];
        loop {
            let read = set_deadline(&self.stream, self.deadline).and_then(|()| self.stream.read(&mut rest));
            match read {
                Ok(0) => return true,
                Ok(_) => {}
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return !matches!(ClientError::from(e), ClientError::Silent),
            }
        }
    }
}

/// Connects without blocking: a hung daemon with a full queue of callers must not hold us.
fn open(path: &Path, deadline: Instant) -> Result<UnixStream, ClientError> {
    let address = SocketAddrUnix::new(path).map_err(io::Error::from)?;
    let flags = SocketFlags::empty();
    let socket = rustix::net::socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None);
    let stream = UnixStream::from(socket.map_err(io::Error::from)?);
    rustix::io::fcntl_setfd(&stream, rustix::io::FdFlags::CLOEXEC).map_err(io::Error::from)?;
    stream.set_nonblocking(true)?;
    loop {
        match rustix::net::connect(&stream, &address) {
            Ok(()) | Err(Errno::ISCONN) => break,
            Err(Errno::NOENT | Errno::CONNREFUSED | Errno::NOTDIR | Errno::NOTSOCK) => {
                return Err(ClientError::Absent);
            }
            Err(Errno::AGAIN | Errno::INTR | Errno::INPROGRESS | Errno::ALREADY) => {
                let left = remaining(deadline)?;
                // The kernel tells nobody when there is room in the queue again.
                std::thread::sleep(left.min(Duration::from_millis(1)));
            }
            Err(error) => return Err(ClientError::Lost(error.into())),
        }
    }
    stream.set_nonblocking(false)?;
    Ok(stream)
}

fn remaining(deadline: Instant) -> io::Result<Duration> {
    let left = deadline.saturating_duration_since(Instant::now());
    if left.is_zero() { Err(io::ErrorKind::TimedOut.into()) } else { Ok(left) }
}

fn set_deadline(stream: &UnixStream, deadline: Instant) -> io::Result<()> {
    let left = Some(remaining(deadline)?);
    stream.set_read_timeout(left)?;
    stream.set_write_timeout(left)
}

fn send(stream: &mut UnixStream, value: &impl Serialize, deadline: Instant) -> Result<(), ClientError> {
    let frame = frame::encode(value)?;
    let mut rest = frame.as_slice();
    while !rest.is_empty() {
        set_deadline(stream, deadline)?;
        match stream.write(rest) {
            Ok(written) => rest = &rest[written..],
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e.into()),
        }
    }
    Ok(())
}

fn receive<T: DeserializeOwned>(stream: &mut UnixStream, deadline: Instant) -> Result<T, ClientError> {
    let mut head = [0; frame::HEAD];
    read_exact(stream, &mut head, deadline)?;
    let mut value = vec![0; frame::length(head)?];
    read_exact(stream, &mut value, deadline)?;
    Ok(frame::decode(&value)?)
}

/// Fills `buffer`. A peer that sends byte by byte has no more time for it.
fn read_exact(stream: &mut UnixStream, mut buffer: &mut [u8], deadline: Instant) -> Result<(), ClientError> {
    while !buffer.is_empty() {
        set_deadline(stream, deadline)?;
        match stream.read(buffer) {
            Ok(0) => return Err(ClientError::Lost(io::ErrorKind::UnexpectedEof.into())),
            Ok(read) => buffer = &mut buffer[read..],
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e.into()),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixListener;

    use super::*;
    use crate::agent::identity::Identity;
    use crate::digest::Digest;
    use crate::store::layout::Layout;

    const SHORT: Duration = Duration::from_millis(50);

    fn agent(dir: &Path) -> Agent {
        Agent {
            layout: Layout::new(dir.to_owned()),
            socket: dir.join("s"),
            log: dir.join("log"),
            program: dir.join("program"),
            identity: Identity { program: Digest::of(b"p"), settings: Digest::of(b"s") },
        }
    }

    fn connect(agent: &Agent, patience: Duration) -> Result<Client, ClientError> {
        Client::connect(agent, Intent::Look, patience)
    }

    #[test]
    fn nobody_there_is_told_at_once() {
        let dir = tempfile::tempdir().unwrap();
        let agent = agent(dir.path());
        let patience = Duration::from_hours(1);
        assert!(matches!(connect(&agent, patience), Err(ClientError::Absent)));
        drop(UnixListener::bind(&agent.socket).unwrap());
        assert!(agent.socket.exists());
        assert!(matches!(connect(&agent, patience), Err(ClientError::Absent)));
    }

    #[test]
    fn a_silent_daemon_costs_the_patience() {
        let dir = tempfile::tempdir().unwrap();
        let agent = agent(dir.path());
        let _listener = UnixListener::bind(&agent.socket).unwrap();
        assert!(matches!(connect(&agent, SHORT), Err(ClientError::Silent)));
        // Until its queue of callers is full, and then as well.
        let full = std::iter::repeat_with(|| {
            let deadline = Instant::now() + SHORT;
            open(&agent.socket, deadline)
        });
        let waiting = full.take(10_000).map_while(Result::ok).collect::<Vec<_>>();
        assert!(waiting.len() < 10_000, "the queue has an end");
        assert!(matches!(connect(&agent, SHORT), Err(ClientError::Silent)));
    }

    #[test]
    fn a_daemon_that_drips_costs_the_patience() {
        let dir = tempfile::tempdir().unwrap();
        let agent = agent(dir.path());
        let listener = UnixListener::bind(&agent.socket).unwrap();
        std::thread::spawn(move || {
            let (mut peer, _) = listener.accept().unwrap();
            let head = u32::try_from(frame::MAX).unwrap().to_le_bytes();
            for byte in head.into_iter().chain(std::iter::repeat(0)) {
                std::thread::sleep(Duration::from_millis(5));
                if peer.write_all(&[byte]).is_err() {
                    break;
                }
            }
        });
        assert!(matches!(connect(&agent, SHORT), Err(ClientError::Silent)));
    }

    #[test]
    fn nonsense_is_an_error() {
        let dir = tempfile::tempdir().unwrap();
        let agent = agent(dir.path());
        let listener = UnixListener::bind(&agent.socket).unwrap();
        let answers: [&[u8]; 3] = [b"", b"HTTP/1.1 400 Bad Request", &[3, 0, 0, 0, 1, 9, 9]];
        let serving = std::thread::spawn(move || {
            for answer in answers {
                let (mut peer, _) = listener.accept().unwrap();
                peer.write_all(answer).unwrap();
                let _ = peer.shutdown(std::net::Shutdown::Write);
                let _ = peer.read_to_end(&mut Vec::new());
            }
        });
        let patience = Duration::from_mins(1);
        assert!(matches!(connect(&agent, patience), Err(ClientError::Lost(_))));
        assert!(matches!(connect(&agent, patience), Err(ClientError::Frame(FrameError::TooLong(_)))));
        assert!(matches!(connect(&agent, patience), Err(ClientError::Frame(FrameError::Foreign(_)))));
        serving.join().unwrap();
    }
}
