//! Stops asking a remote that is in trouble.
//!
//! Owns when the remote counts as being in trouble, and when it is tried again. A failure that concerns one object alone
//! says nothing about the remote, but is counted, since somebody should hear of it. A remote that says nothing at all while
//! somebody waits is in trouble too, long before the request itself gives up; one that only takes long for much is not.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::remote::failure::Failure;

/// So many failures in a row that may pass stand for one that does not.
const TOLERATED: u32 = 3;
/// A silence that is shorter says nothing.
const MOMENT: Duration = Duration::from_millis(100);
/// So long a silence stands for a failure that does not pass.
const SILENCE: Duration = Duration::from_secs(2);
/// How long nobody asks.
const PAUSE: Duration = Duration::from_secs(60);

/// What is known of the remote's state.
#[derive(Debug, Default)]
pub struct Breaker(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    in_a_row: u32,
    open_since: Option<Instant>,
    /// The failure that opened it last.
    cause: Option<Failure>,
    /// Whether anything was ever read.
    has_read: bool,
    /// How many objects were of no use, and why the last one was.
    unusable: Option<(u64, Failure)>,
}

impl Breaker {
    /// Whether the remote may be asked.
    pub fn is_closed(&self) -> bool {
        self.is_closed_at(Instant::now())
    }

    fn is_closed_at(&self, now: Instant) -> bool {
        self.state().open_since.is_none_or(|since| now.duration_since(since) >= PAUSE)
    }

    /// Learns from an answer. Returns whether it opened the breaker.
    pub fn note<T>(&self, answer: &Result<T, Failure>) -> bool {
        let mut state = self.state();
        match answer {
            Err(failure) if failure.is_of_server() => state.fail(failure.clone(), !failure.is_passing()),
            _ => {
                match answer {
                    Ok(_) => state.has_read = true,
                    Err(failure) if failure.is_of_object() => {
                        let before = state.unusable.as_ref().map_or(0, |(count, _)| *count);
                        state.unusable = Some((before + 1, failure.clone()));
                    }
                    Err(_) => {}
                }
                state.in_a_row = 0;
                state.open_since = None;
                false
            }
        }
    }

    /// Learns that somebody has waited in vain for so long, and nothing at all came from the remote.
    pub fn note_silence(&self, waited: Duration) {
        if waited >= MOMENT {
            self.state().fail(Failure::TimedOut, waited >= SILENCE);
        }
    }

    /// Returns the failure for which the remote was last given up.
    pub fn cause(&self) -> Option<Failure> {
        self.state().cause.clone()
    }

    /// Returns how many objects were of no use since this was last asked, and why the last one was.
    pub fn take_unusable(&self) -> Option<(u64, Failure)> {
        let mut state = self.state();
        // Where something can be read, what is forbidden is absent.
        let is_absence = |failure: &Failure| matches!(failure, Failure::Denied(_)) && state.has_read;
        let is_told = state.unusable.as_ref().is_some_and(|(_, failure)| !is_absence(failure));
        state.unusable.take().filter(|_| is_told)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Counts a failure. Returns whether the remote is in trouble now.
    fn fail(&mut self, failure: Failure, is_final: bool) -> bool {
        self.in_a_row += 1;
        let opens = is_final || self.in_a_row >= TOLERATED;
        if opens {
            self.open_since = Some(Instant::now());
            self.cause = Some(failure);
        }
        opens
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::remote::failure::{Denial, Right};

    fn failed(failure: Failure) -> Result<(), Failure> {
        Err(failure)
    }

    #[test]
    fn one_failure_that_may_pass_is_tolerated() {
        let breaker = Breaker::default();
        breaker.note(&failed(Failure::TimedOut));
        breaker.note(&failed(Failure::Unavailable(500)));
        assert!(breaker.is_closed());
        breaker.note(&Ok(()));
        breaker.note(&failed(Failure::TimedOut));
        breaker.note(&failed(Failure::TimedOut));
        assert!(breaker.is_closed() && breaker.cause().is_none());
        assert!(breaker.note(&failed(Failure::TimedOut)));
        assert!(!breaker.is_closed());
        assert_eq!(breaker.cause(), Some(Failure::TimedOut));
        assert!(breaker.is_closed_at(Instant::now() + PAUSE));
    }

    #[test]
    fn one_that_does_not_pass_is_enough() {
        let breaker = Breaker::default();
        assert!(breaker.note(&failed(Failure::Denied(Denial::SecretKey))));
        assert!(!breaker.is_closed());
    }

    #[test]
    fn silence_is_trouble() {
        let breaker = Breaker::default();
        for _ in 0..9 {
            breaker.note_silence(MOMENT / 2);
        }
        breaker.note_silence(MOMENT);
        breaker.note_silence(MOMENT);
        assert!(breaker.is_closed(), "short waits may be in vain");
        breaker.note_silence(MOMENT);
        assert!(!breaker.is_closed());
        let breaker = Breaker::default();
        breaker.note_silence(SILENCE);
        assert_eq!(breaker.cause(), Some(Failure::TimedOut));
    }

    #[test]
    fn what_is_wrong_with_one_object_is_no_trouble() {
        let breaker = Breaker::default();
        for _ in 0..9 {
            breaker.note(&failed(Failure::NotFound("a".into())));
            breaker.note(&failed(Failure::Damaged("a".into())));
        }
        assert!(breaker.is_closed());
        assert_eq!(breaker.take_unusable(), Some((9, Failure::Damaged("a".into()))));
        assert_eq!(breaker.take_unusable(), None);
    }

    #[test]
    fn what_is_forbidden_may_be_absent() {
        let breaker = Breaker::default();
        let forbidden = Failure::Denied(Denial::Right(Right::Read));
        breaker.note(&failed(forbidden.clone()));
        assert_eq!(breaker.take_unusable(), Some((1, forbidden.clone())));
        breaker.note(&Ok(()));
        breaker.note(&failed(forbidden));
        assert_eq!(breaker.take_unusable(), None);
    }
}
