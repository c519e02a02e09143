//! How long the daemon lives.
//!
//! Owns the reasons to end, the first of which counts, and the time that is left to finish then. Never answers a
//! client.

use std::future::{pending, poll_fn};
use std::sync::Mutex;
use std::task::Poll;
use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout};

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
    ///
    /// `is_valid` tells whether others can still find this daemon.
    pub(super) async fn live(
        &self,
        is_valid: &impl Fn() -> bool,
        work: &impl Work,
        signals: &mut Signals,
    ) -> Cause {
        tokio::select! {
            name = signals.next() => self.end(Cause::Signal(name)),
            cause = self.watch(is_valid, work) => self.end(cause),
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
    async fn watch(&self, is_valid: &impl Fn() -> bool, work: &impl Work) -> Cause {
        loop {
            if !is_valid() {
                return Cause::Orphaned;
            }
            if work.is_busy() {
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
pub(super) struct Signals(Vec<(Signal, &'static str)>);

impl Signals {
    /// Catches from now on what a person, a terminal or a service manager sends.
    pub(super) fn catch() -> Result<Self, RunError> {
        Self::of(&[
            (SignalKind::terminate(), "SIGTERM"),
            (SignalKind::interrupt(), "SIGINT"),
            (SignalKind::hangup(), "SIGHUP"),
        ])
    }

    fn of(kinds: &[(SignalKind, &'static str)]) -> Result<Self, RunError> {
        let catch = |(kind, name): &(SignalKind, _)| Ok((signal(*kind)?, *name));
        let caught = kinds.iter().map(catch).collect::<std::io::Result<_>>();
        caught.map(Self).map_err(|error| RunError::System("catch signals", error))
    }

    /// Waits for the next one.
    async fn next(&mut self) -> &'static str {
        poll_fn(|context| {
            let ready = |(signal, name): &mut (Signal, &'static str)| {
                matches!(signal.poll_recv(context), Poll::Ready(Some(()))).then_some(*name)
            };
            self.0.iter_mut().find_map(ready).map_or(Poll::Pending, Poll::Ready)
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

    use super::*;
    use crate::agent::message::{Queue, Reply, Request};

    const IDLE: Duration = Duration::from_mins(30);

    /// Work whose queue and drain a test decides.
    #[derive(Default)]
    struct Job {
        uploads: AtomicU64,
        never_done: bool,
        was_drained: AtomicBool,
    }

    impl Work for Job {
        fn queue(&self) -> Queue {
            Queue { uploads: self.uploads.load(Ordering::SeqCst), ..Queue::default() }
        }

        fn remote(&self) -> Option<String> {
            None
        }

        async fn answer(&self, _: Request) -> Option<Reply> {
            None
        }

        async fn drain(&self) {
            if self.never_done {
                pending::<()>().await;
            }
            self.was_drained.store(true, Ordering::SeqCst);
        }
    }

    /// Runs a test on a clock that passes over all waiting.
    fn run(test: impl Future<Output = ()>) {
        run_on(true, test);
    }

    fn run_on(passes_over_waiting: bool, test: impl Future<Output = ()>) {
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        runtime.enable_all().start_paused(passes_over_waiting).build().unwrap().block_on(test);
    }

    /// None that anybody sends.
    fn no_signals() -> Signals {
        Signals(Vec::new())
    }

    #[test]
    fn without_work_it_ends_in_time() {
        run(async {
            let (life, job, begun) = (Life::new(Some(IDLE)), Job::default(), Instant::now());
            assert_eq!(life.live(&|| true, &job, &mut no_signals()).await, Cause::Idle);
            assert!(begun.elapsed() >= IDLE && begun.elapsed() < IDLE + 2 * LOOK);
            assert!(job.was_drained.load(Ordering::SeqCst));
        });
    }

    #[test]
    fn work_keeps_it_alive() {
        run(async {
            let (life, job, begun) = (Life::new(Some(IDLE)), Job::default(), Instant::now());
            job.uploads.store(1, Ordering::SeqCst);
            let mut signals = no_signals();
            let working = async {
                sleep(10 * IDLE).await;
                assert!(!life.is_ending());
                job.uploads.store(0, Ordering::SeqCst);
                pending::<()>().await;
            };
            tokio::select! {
                cause = life.live(&|| true, &job, &mut signals) => assert_eq!(cause, Cause::Idle),
                () = working => {}
            }
            assert!(begun.elapsed() >= 11 * IDLE - LOOK);
        });
    }

    #[test]
    fn a_service_lives_until_it_is_told() {
        run(async {
            let (life, job) = (Life::new(None), Job::default());
            let mut signals = no_signals();
            let telling = async {
                sleep(20 * IDLE).await;
                assert!(!life.is_ending());
                life.end(Cause::Stopped);
                // Only the first counts.
                life.end(Cause::Replaced);
                pending::<()>().await;
            };
            tokio::select! {
                cause = life.live(&|| true, &job, &mut signals) => assert_eq!(cause, Cause::Stopped),
                () = telling => {}
            }
        });
    }

    #[test]
    fn one_that_nobody_finds_ends() {
        run(async {
            let (life, job) = (Life::new(None), Job::default());
            assert_eq!(life.live(&|| false, &job, &mut no_signals()).await, Cause::Orphaned);
        });
    }

    #[test]
    fn work_without_end_is_left() {
        run(async {
            let (life, begun) = (Life::new(None), Instant::now());
            let job = Job { never_done: true, ..Job::default() };
            life.end(Cause::Stopped);
            assert_eq!(life.live(&|| true, &job, &mut no_signals()).await, Cause::Stopped);
            assert!(begun.elapsed() >= DRAIN && begun.elapsed() < 2 * DRAIN);
            assert!(!job.was_drained.load(Ordering::SeqCst));
        });
    }

    #[test]
    fn a_second_signal_ends_at_once() {
        // Signals come from outside, and need real time.
        run_on(false, async {
            let mut signals = Signals::of(&[(SignalKind::user_defined1(), "SIGUSR1")]).unwrap();
            let job = Job { never_done: true, ..Job::default() };
            let (life, begun) = (Life::new(None), Instant::now());
            let send =
                || rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::USR1);
            let sending = async {
                send().unwrap();
                while !life.is_ending() {
                    tokio::task::yield_now().await;
                }
                send().unwrap();
                pending::<()>().await;
            };
            tokio::select! {
                cause = life.live(&|| true, &job, &mut signals) => assert_eq!(cause, Cause::Signal("SIGUSR1")),
                () = sending => {}
            }
            assert!(begun.elapsed() < DRAIN, "it did not wait for the work");
        });
    }
}
