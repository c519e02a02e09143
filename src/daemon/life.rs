//! How long the daemon lives.
//!
//! Owns the reasons to end, the first of which counts, and the time that is left to finish then. Never answers a
//! client.

use std::future::pending;
use std::sync::Mutex;
use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout};

use super::claim::Claim;
use super::work::Work;
use super::{DRAIN, RunError};

/// Longest time between two looks at the lock and the socket.
const LOOK: Duration = Duration::from_secs(5);

/// Why a daemon ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cause {
    /// By a signal.
    Signal(&'static str),
    /// On request.
    Stopped,
    /// A client has another binary or other settings.
    Replaced,
    /// There was no work.
    Idle,
    /// Its files were removed: nobody finds it any more.
    Orphaned,
}

impl Cause {
    fn words(self) -> &'static str {
        match self {
            Self::Signal(name) => name,
            Self::Stopped => "asked to stop",
            Self::Replaced => "a client has another binary or other settings",
            Self::Idle => "no work",
            Self::Orphaned => "lock or socket was removed",
        }
    }
}

/// The life of one daemon.
pub(super) struct Life {
    /// After so much time without work it ends; `None`: never.
    idle: Option<Duration>,
    last_work: Mutex<Instant>,
    end: watch::Sender<Option<Cause>>,
}

impl Life {
    pub(super) fn new(idle: Option<Duration>) -> Self {
        Self { idle, last_work: Mutex::new(Instant::now()), end: watch::Sender::new(None) }
    }

    /// Notes that something was done.
    pub(super) fn worked(&self) {
        *self.last_work.lock().expect("nobody panics with it") = Instant::now();
    }

    /// Whether it takes no more work.
    pub(super) fn is_ending(&self) -> bool {
        self.end.borrow().is_some()
    }

    /// Ends it. The first cause counts.
    pub(super) fn end(&self, cause: Cause) {
        self.end.send_if_modified(|end| {
            let is_first = end.is_none();
            end.get_or_insert(cause);
            is_first
        });
    }

    /// Lives until there is a cause to end, and then until the work is finished or takes too long.
    pub(super) async fn live(&self, claim: &Claim, work: &impl Work, signals: &mut Signals) -> Cause {
        tokio::select! {
            name = signals.next() => self.end(Cause::Signal(name)),
            cause = self.watch(claim, work) => self.end(cause),
            () = self.ended() => {}
        }
        let cause = self.end.borrow().expect("it has ended");
        tracing::info!(queue = ?work.queue(), "ending: {}", cause.words());
        tokio::select! {
            drained = timeout(DRAIN, work.drain()) => if drained.is_err() {
                tracing::warn!(queue = ?work.queue(), "work is left for the next daemon");
            },
            name = signals.next() => {
                tracing::warn!(queue = ?work.queue(), "{name} again: work is left for the next daemon");
            }
        }
        cause
    }

    async fn ended(&self) {
        if self.end.subscribe().wait_for(Option::is_some).await.is_err() {
            pending().await
        }
    }

    /// Looks now and then whether there is still something to live for.
    async fn watch(&self, claim: &Claim, work: &impl Work) -> Cause {
        loop {
            if !claim.is_valid() {
                return Cause::Orphaned;
            }
            if !work.queue().is_empty() {
                self.worked();
            }
            let without = self.last_work.lock().expect("nobody panics with it").elapsed();
            let left = self.idle.map_or(LOOK, |idle| idle.saturating_sub(without));
            if left.is_zero() {
                return Cause::Idle;
            }
            sleep(left.min(LOOK)).await;
        }
    }
}

/// The signals that end a daemon.
pub(super) struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hangup: Signal,
}

impl Signals {
    /// Catches them from now on.
    pub(super) fn catch() -> Result<Self, RunError> {
        let catch = |kind| signal(kind).map_err(|error| RunError::System("catch signals", error));
        Ok(Self {
            terminate: catch(SignalKind::terminate())?,
            interrupt: catch(SignalKind::interrupt())?,
            hangup: catch(SignalKind::hangup())?,
        })
    }

    async fn next(&mut self) -> &'static str {
        tokio::select! {
            Some(()) = self.terminate.recv() => "SIGTERM",
            Some(()) = self.interrupt.recv() => "SIGINT",
            Some(()) = self.hangup.recv() => "SIGHUP",
            else => pending().await,
        }
    }
}
