//! Follows the event log.
//!
//! Owns the place up to which it has been read, and the question which builds still run.

use std::time::{Duration, Instant};

use super::{Gone, News, Teller};
use crate::event::{BuildId, Log, LogPosition, UnitEvent};
use crate::serve::running::is_running;
use crate::store::layout::Layout;

/// Time between two looks at the end of the log: one system call each.
const STEP: Duration = Duration::from_millis(200);

/// Time between two looks at the processes of builds.
const LIFE: Duration = Duration::from_secs(1);

/// Builds that are looked after at most: the newest.
const BUILDS: usize = 32;

/// Tells what is appended, until nobody listens.
pub(super) fn watch(layout: &Layout, listener: &Teller) {
    let mut follower = Follower::new(Log::at(layout.events()));
    while follower.step(listener).is_ok() {
        std::thread::sleep(STEP);
    }
}

struct Follower {
    log: Log,
    /// The end when it was last looked at; `None` before.
    end: Option<LogPosition>,
    events: LogPosition,
    transfers: LogPosition,
    /// Builds that may run, and those that were last said to.
    builds: Vec<BuildId>,
    told: Vec<BuildId>,
    looked: Instant,
}

impl Follower {
    fn new(log: Log) -> Self {
        let start = LogPosition::default();
        let (builds, told) = (Vec::new(), Vec::new());
        Self { log, end: None, events: start, transfers: start, builds, told, looked: Instant::now() }
    }

    fn step(&mut self, listener: &Teller) -> Result<(), Gone> {
        let end = self.log.end();
        if self.end != Some(end) {
            self.end = Some(end);
            self.read(listener)?;
            self.look(listener)?;
        } else if self.looked.elapsed() >= LIFE {
            self.look(listener)?;
        }
        Ok(())
    }

    fn read(&mut self, listener: &Teller) -> Result<(), Gone> {
        // What can't be read now may be the next time.
        if let Ok((events, position)) = self.log.read_since(self.events) {
            let anew = is_other(self.events, position);
            self.events = position;
            self.note_builds(&events);
            listener.tell(News::Events { events, anew })?;
        }
        if let Ok((transfers, position)) = self.log.transfers_since(self.transfers) {
            let anew = is_other(self.transfers, position);
            self.transfers = position;
            if !transfers.is_empty() {
                listener.tell(News::Transfers { transfers, anew })?;
            }
        }
        Ok(())
    }

    fn note_builds(&mut self, events: &[UnitEvent]) {
        for event in events {
            if self.builds.last() != Some(&event.build) {
                self.builds.retain(|build| *build != event.build);
                self.builds.push(event.build.clone());
            }
        }
        self.builds.drain(..self.builds.len().saturating_sub(BUILDS));
    }

    /// Tells which builds run, if that has changed. One that has ended does not begin again.
    fn look(&mut self, listener: &Teller) -> Result<(), Gone> {
        self.looked = Instant::now();
        self.builds.retain(is_running);
        if self.builds != self.told {
            self.told.clone_from(&self.builds);
            listener.tell(News::Running(self.told.clone()))?;
        }
        Ok(())
    }
}

/// Whether a log was replaced between two places in it, or shortened.
fn is_other(before: LogPosition, after: LogPosition) -> bool {
    before != LogPosition::default() && (before.file != after.file || after.offset < before.offset)
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::super::super::tests::{event, hit};
    use super::*;

    #[test]
    fn a_log_is_followed_over_its_begin_and_its_rotation() {
        let dir = tempfile::tempdir().unwrap();
        let log = Log::at(dir.path().join("logs/events.jsonl"));
        let mut follower = Follower::new(log.clone());
        let (sender, news) = channel();
        let listener = Teller(sender);
        let mut step = || {
            follower.step(&listener).unwrap();
            let found = news.try_iter().filter_map(|news| match news {
                News::Events { events, anew } => Some((events.len(), anew)),
                _ => None,
            });
            found.collect::<Vec<_>>()
        };
        assert_eq!(step(), [(0, false)], "the absence of a log is told once");
        assert_eq!(step(), []);
        for at_ms in 0..4 {
            log.append(&event("a", at_ms, hit())).unwrap();
        }
        assert_eq!(step(), [(4, false)]);
        log.append(&event("a", 4, hit())).unwrap();
        assert_eq!(step(), [(1, false)]);
        assert!(log.rotate(100).unwrap());
        assert_eq!(step(), [(5, true)], "one build is kept whole");
        assert_eq!(step(), []);
    }
}
