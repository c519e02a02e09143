//! Answering clients.
//!
//! Owns the connections: who may speak, how long a client may keep silent, how many there may be. A client that sends
//! nonsense, too much or nothing loses its connection, and nobody else notices. Never decides about the daemon's life
//! but by telling it what a client wants.

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};

use super::life::{Cause, Life};
use super::work::Work;
use crate::agent::frame::{self, FrameError};
use crate::agent::message::{Greeting, Hello, Intent, PROTOCOL, Reply, Request, Status};
use crate::agent::{Agent, peer};

/// Connections at once; more callers wait in the socket's queue.
const CONNECTIONS: usize = 512;

/// How long a client may take for its greeting, and to take an answer.
const PROMPT: Duration = Duration::from_secs(5);

/// How long a client may keep a connection without asking for anything.
const SILENCE: Duration = Duration::from_mins(2);

/// What all connections share.
pub(super) struct Server<W> {
    pub(super) agent: Agent,
    pub(super) life: Life,
    pub(super) work: W,
    pub(super) started: Instant,
    pub(super) service: bool,
}

/// Why a connection is closed by us.
#[derive(Debug, thiserror::Error)]
enum Closed {
    #[error(transparent)]
    Frame(#[from] FrameError),
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error("no message in time")]
    Silent(#[from] tokio::time::error::Elapsed),
    #[error("another user's process")]
    Stranger,
}

/// Accepts clients, for ever.
pub(super) async fn accept<W: Work>(listener: UnixListener, server: Arc<Server<W>>) {
    let room = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        let permit = Arc::clone(&room).acquire_owned().await.expect("nobody closes it");
        match listener.accept().await {
            Ok((stream, _)) => {
                let server = Arc::clone(&server);
                tokio::spawn(async move {
                    if let Err(why) = server.converse(stream).await {
                        tracing::debug!("closed a connection: {why}");
                    }
                    drop(permit);
                });
            }
            Err(error) => {
                tracing::warn!("failed to accept a client: {error}");
                sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

impl<W: Work> Server<W> {
    async fn converse(&self, mut stream: UnixStream) -> Result<(), Closed> {
        if !peer::is_same_user(&stream)? {
            tracing::warn!("refused a client of another user");
            return Err(Closed::Stranger);
        }
        let Some(hello) = timeout(PROMPT, receive(&mut stream)).await?? else { return Ok(()) };
        timeout(PROMPT, send(&mut stream, &self.greet(&hello))).await??;
        while let Some(request) = timeout(SILENCE, receive(&mut stream)).await?? {
            let reply = self.answer(request).await;
            timeout(PROMPT, send(&mut stream, &reply)).await??;
        }
        Ok(())
    }

    fn greet(&self, hello: &Hello) -> Greeting {
        let ours = &self.agent.identity;
        let same_program = hello.identity.program == ours.program;
        let same_settings = hello.identity.settings == ours.settings;
        let is_other = !same_program || !same_settings || hello.protocol != PROTOCOL;
        if is_other && hello.intent == Intent::Use {
            tracing::info!(
                same_program,
                same_settings,
                version = hello.version,
                "a client wants another daemon"
            );
            self.life.end(Cause::Replaced);
        }
        Greeting {
            protocol: PROTOCOL,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            pid: std::process::id(),
            same_program,
            same_settings,
            ending: self.life.is_ending(),
        }
    }

    async fn answer(&self, request: Request) -> Reply {
        match request {
            Request::Ping => Reply::Pong,
            Request::Status => Reply::Status(Status {
                uptime_ms: u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX),
                service: self.service,
                queue: self.work.queue(),
                remote: self.work.remote(),
                log: self.agent.log.display().to_string(),
            }),
            Request::Stop => {
                self.life.end(Cause::Stopped);
                Reply::Stopping
            }
            other => {
                self.life.worked();
                self.work.answer(other).await.unwrap_or(Reply::Pong)
            }
        }
    }
}

/// Reads one message. `None`: the client has gone.
async fn receive<T: DeserializeOwned>(stream: &mut UnixStream) -> Result<Option<T>, Closed> {
    let mut head = [0; frame::HEAD];
    if stream.read(&mut head[..1]).await? == 0 {
        return Ok(None);
    }
    stream.read_exact(&mut head[1..]).await?;
    let mut value = vec![0; frame::length(head)?];
    stream.read_exact(&mut value).await?;
    Ok(Some(frame::decode(&value)?))
}

async fn send(stream: &mut UnixStream, value: &impl Serialize) -> Result<(), Closed> {
    Ok(stream.write_all(&frame::encode(value)?).await?)
}
