//! Gets what a build needs.
//!
//! Owns what is wanted and in which order, what is under way, and what is known to be absent. The most wanted comes first;
//! what somebody waits for comes before all. Nothing is asked for twice, and nothing that the store has.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::sync::watch;

use super::breaker::Breaker;
use super::exchange::Exchange;
use super::pack::{self, Range};
use super::record::{Item, Request};
use super::{inputs, send};
use crate::agent::message::Wanted;
use crate::digest::Digest;
use crate::event::BuildId;
use crate::remote::access::Deadline;
use crate::remote::failure::Failure;
use crate::remote::names::Name;

/// No one fetch lasts longer; who waits for it has a deadline of its own.
const LONGEST: Duration = Duration::from_secs(60);
/// So long an answer holds, that something is absent too: then others may have sent it.
const REMEMBERED: Duration = Duration::from_secs(60);
/// The least that a unit is waited for: its compile takes longer than it says, since a compiler has to start.
const SHORTEST_WAIT: Duration = Duration::from_millis(100);

/// What is fetched for one build, or for many.
pub struct Fetcher {
    exchange: Arc<Exchange>,
    breaker: Arc<Breaker>,
    /// Bytes that are fetched ahead at most: 0 without a limit, `None` for nothing at all.
    limit: Option<u64>,
    workers: usize,
    state: Mutex<State>,
    /// Changes whenever a fate does.
    changes: watch::Sender<()>,
}

#[derive(Default)]
struct State {
    /// What is to be fetched, the most wanted first.
    jobs: BTreeMap<u64, Job>,
    next_order: u64,
    fates: HashMap<Digest, Fate>,
    /// Bytes of what was wanted ahead and has not come yet.
    ahead: HashMap<Digest, u64>,
    /// What records say about invocations.
    known: HashMap<Digest, Vec<Item>>,
    /// Invocations whose inputs have been asked for.
    asked: HashMap<Digest, Instant>,
    /// Builds whose record is being read, or has been: whether there was one with the same lock file.
    builds: HashMap<BuildId, Option<bool>>,
    /// Workers that run.
    workers: usize,
}

enum Job {
    One(Item),
    Range(Range),
}

#[derive(Clone, Copy)]
enum Fate {
    /// To be done in this order.
    Queued(u64),
    UnderWay,
    /// Whether it was here then.
    Done(bool, Instant),
}

impl Fetcher {
    /// Fetches into a store. Contacts nobody yet.
    pub fn new(
        exchange: Arc<Exchange>,
        breaker: Arc<Breaker>,
        limit: Option<u64>,
        workers: usize,
    ) -> Arc<Self> {
        let changes = watch::Sender::new(());
        Arc::new(Self { exchange, breaker, limit, workers, state: Mutex::default(), changes })
    }

    /// Returns how many fetches are queued or under way, and how many bytes of what was wanted ahead are still to come.
    pub fn pending(&self) -> (u64, u64) {
        let state = self.state();
        ((state.jobs.len() + state.workers) as u64, state.ahead.values().sum())
    }

    /// Fetches what the record of a build names, of the packages that are `locked`; once for each build. Waits until the
    /// record is read, or for the deadline.
    pub async fn begin(
        self: &Arc<Self>,
        build: &BuildId,
        request: &Request,
        locked: &HashSet<(String, String)>,
        deadline: Deadline,
    ) {
        let is_first = {
            let mut state = self.state();
            let is_first = !state.builds.contains_key(build);
            state.builds.entry(build.clone()).or_default();
            is_first
        };
        if is_first {
            let fetcher = Arc::clone(self);
            let (build, request, locked) = (build.clone(), request.clone(), locked.clone());
            tokio::spawn(async move {
                let was_found = fetcher.read_record(&build, &request, &locked).await;
                fetcher.state().builds.insert(build, Some(was_found));
                fetcher.changes.send_replace(());
            });
        }
        // The record may still be asked for while the remote has been given up.
        if !self.breaker.is_closed() {
            return;
        }
        let is_read = |state: &State| state.builds.get(build).is_none_or(Option::is_some);
        self.wait_for_remote(deadline, |state| is_read(state).then_some(())).await;
    }

    /// Waits until nothing is queued or under way, or for the deadline.
    pub async fn finish(&self, deadline: Deadline) {
        self.wait(deadline, |state| (state.jobs.is_empty() && state.workers == 0).then_some(())).await;
    }

    /// Forgets a build, which has ended. Returns whether its record was found; `None` where nobody has looked.
    pub fn forget(&self, build: &BuildId) -> Option<bool> {
        self.state().builds.remove(build).flatten()
    }

    async fn read_record(
        self: &Arc<Self>,
        build: &BuildId,
        request: &Request,
        locked: &HashSet<(String, String)>,
    ) -> bool {
        for (name, is_exact) in request.names().into_iter().zip([true, false]) {
            if !self.breaker.is_closed() {
                return true;
            }
            let read = send::read(&self.exchange.bucket, &name, Deadline::within(LONGEST)).await;
            self.breaker.note(&read);
            if let Ok(Some(record)) = read {
                let is_locked = |item: &Item| locked.contains(&(item.package.clone(), item.version.clone()));
                self.want(record.items.into_iter().filter(is_locked).collect(), build);
                return is_exact;
            }
        }
        false
    }

    /// Queues entries, the most wanted first, as far as the limit allows.
    fn want(self: &Arc<Self>, items: Vec<Item>, build: &BuildId) {
        let missing = items.iter().filter(|item| !self.exchange.has(&item.key)).map(|item| item.key);
        let missing = missing.collect::<HashSet<_>>();
        let mut state = self.state();
        let (mut queued, mut sum) = (Vec::new(), 0);
        for item in items {
            let known = state.known.entry(item.invocation).or_default();
            known.retain(|other| other.key != item.key);
            known.push(item.clone());
            let is_new = state.is_open(&item.key) && missing.contains(&item.key);
            let fits = self.limit.is_some_and(|limit| limit == 0 || sum + item.bytes <= limit);
            if is_new && fits {
                sum += item.bytes;
                state.ahead.insert(item.key, item.bytes);
                queued.push(item);
            }
        }
        let first = state.next_order;
        let orders: HashMap<Digest, u64> =
            queued.iter().enumerate().map(|(at, item)| (item.key, first + at as u64)).collect();
        state.next_order += queued.len() as u64;
        let (ranges, alone) = pack::ranges(queued);
        for range in ranges {
            let order = range.items.iter().map(|item| orders[&item.key]).min().expect("a range has items");
            for item in &range.items {
                state.fates.insert(item.key, Fate::Queued(order));
            }
            state.jobs.insert(order, Job::Range(range));
        }
        for item in alone {
            let order = orders[&item.key];
            state.fates.insert(item.key, Fate::Queued(order));
            state.jobs.insert(order, Job::One(item));
        }
        let workers = self.workers.saturating_sub(state.workers).min(state.jobs.len());
        state.workers += workers;
        drop(state);
        for _ in 0..workers {
            tokio::spawn(Arc::clone(self).work(build.clone()));
        }
    }

    async fn work(self: Arc<Self>, build: BuildId) {
        loop {
            let job = {
                let mut state = self.state();
                let job = state.jobs.pop_first().map(|(_, job)| job);
                let Some(job) = job else {
                    state.workers -= 1;
                    break;
                };
                state.set_under_way(&job);
                job
            };
            self.run(job, Some(&build)).await;
        }
        self.changes.send_replace(());
    }

    /// Looks for an entry. Returns whether something came that makes it worth to look again.
    pub async fn find(self: &Arc<Self>, wanted: Wanted, build: Option<&BuildId>, within: Duration) -> bool {
        let known = self.state().known.get(&wanted.invocation).cloned().unwrap_or_default();
        let compile = known.iter().map(|item| item.compile_ms).max().map(Duration::from_millis);
        let within = compile.map_or(within, |compile| within.min(compile.max(SHORTEST_WAIT)));
        let deadline = Deadline::within(within);
        let asked = |key: &Digest| Item {
            key: *key,
            invocation: wanted.invocation,
            unit: Digest::default(),
            package: wanted.package.clone(),
            version: String::new(),
            bytes: 0,
            compile_ms: 0,
            pack: None,
        };
        // Its own keys come first, as the record has them where it does.
        for key in &wanted.keys {
            let item = known.iter().find(|item| item.key == *key).cloned().unwrap_or_else(|| asked(key));
            if self.get(item, build, deadline).await {
                return true;
            }
        }
        let mut found = false;
        // What else the record has may tell what the invocation reads, where nobody here knows.
        for item in known.into_iter().filter(|_| wanted.keys.is_empty()) {
            found |= self.get(item, build, deadline).await;
        }
        found || self.ask_for_inputs(&wanted.invocation, deadline).await
    }

    /// Learns what others have read in this invocation, unless that was tried a moment ago.
    async fn ask_for_inputs(&self, invocation: &Digest, deadline: Deadline) -> bool {
        if !self.breaker.is_closed() {
            return false;
        }
        let before = self.state().asked.insert(*invocation, Instant::now());
        if before.is_some_and(|at| at.elapsed() < REMEMBERED) {
            return false;
        }
        let learnt = inputs::pull(&self.exchange, invocation, deadline).await;
        self.breaker.note(&learnt);
        learnt.unwrap_or(false)
    }

    /// Gets one entry, before all that is queued. Returns whether it has come.
    async fn get(self: &Arc<Self>, item: Item, build: Option<&BuildId>, deadline: Deadline) -> bool {
        let key = item.key;
        let job = {
            let mut state = self.state();
            let job = match state.fates.get(&key).copied() {
                Some(Fate::Done(is_here, at)) if at.elapsed() < REMEMBERED => return is_here,
                Some(Fate::UnderWay) => None,
                Some(Fate::Queued(order)) => state.jobs.remove(&order),
                _ if self.breaker.is_closed() => Some(Job::One(item)),
                _ => return false,
            };
            if let Some(job) = &job {
                state.set_under_way(job);
            }
            job
        };
        if let Some(job) = job {
            let (fetcher, build) = (Arc::clone(self), build.cloned());
            tokio::spawn(async move { fetcher.run(job, build.as_ref()).await });
        }
        let fate = |state: &State| match state.fates.get(&key) {
            Some(Fate::Done(is_here, _)) => Some(*is_here),
            _ => None,
        };
        self.wait_for_remote(deadline, fate).await.unwrap_or(false)
    }

    /// Waits for what takes an answer of the remote.
    async fn wait_for_remote<T>(&self, deadline: Deadline, done: impl Fn(&State) -> Option<T>) -> Option<T> {
        let since = Instant::now();
        let answer = self.wait(deadline, done).await;
        if answer.is_none() && self.exchange.bucket.last_heard().is_none_or(|at| at < since) {
            self.breaker.note_silence(since.elapsed());
        }
        answer
    }

    /// Waits until `done` finds an answer.
    async fn wait<T>(&self, deadline: Deadline, done: impl Fn(&State) -> Option<T>) -> Option<T> {
        let mut changes = self.changes.subscribe();
        loop {
            changes.borrow_and_update();
            if let Some(answer) = done(&self.state()) {
                return Some(answer);
            }
            tokio::time::timeout(deadline.left(), changes.changed()).await.ok()?.ok()?;
        }
    }

    async fn run(self: &Arc<Self>, job: Job, build: Option<&BuildId>) {
        match job {
            Job::One(item) => self.run_one(&item, build).await,
            Job::Range(range) => self.run_range(range, build).await,
        }
    }

    async fn run_one(self: &Arc<Self>, item: &Item, build: Option<&BuildId>) {
        if self.exchange.has(&item.key) {
            return self.end(&item.key, true);
        }
        if !self.breaker.is_closed() {
            return self.end(&item.key, false);
        }
        let pulled = self.exchange.pull(&item.package, item.key, build, Deadline::within(LONGEST)).await;
        self.breaker.note(&pulled);
        self.end(&item.key, pulled.is_ok());
    }

    async fn run_range(self: &Arc<Self>, range: Range, build: Option<&BuildId>) {
        let started = Instant::now();
        let name = Name::Pack(range.pack).to_string();
        let got = match self.breaker.is_closed() {
            true => {
                let deadline = Deadline::within(LONGEST);
                let got = self.exchange.bucket.get_range(&name, range.offset, range.length, deadline).await;
                self.breaker.note(&got);
                got
            }
            false => Err(Failure::TimedOut),
        };
        let bytes = got.map(Bytes::from).unwrap_or_default();
        for item in &range.items {
            let archive = range.slice(item, &bytes).map(|slice| bytes.slice_ref(slice));
            let taken = match archive {
                Some(archive) => {
                    self.exchange.take_in(&item.package, item.key, build, archive, started).await.ok()
                }
                None => None,
            };
            match taken {
                Some(_) => self.end(&item.key, true),
                // What a pack does not give lies alone, too.
                None => self.run_one(item, build).await,
            }
        }
    }

    fn end(&self, key: &Digest, is_here: bool) {
        let mut state = self.state();
        state.ahead.remove(key);
        state.fates.insert(*key, Fate::Done(is_here, Instant::now()));
        drop(state);
        self.changes.send_replace(());
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Whether nobody is at it, or has been a moment ago.
    fn is_open(&self, key: &Digest) -> bool {
        match self.fates.get(key) {
            None => true,
            Some(Fate::Done(_, at)) => at.elapsed() >= REMEMBERED,
            Some(Fate::Queued(_) | Fate::UnderWay) => false,
        }
    }

    fn set_under_way(&mut self, job: &Job) {
        let items = match job {
            Job::One(item) => std::slice::from_ref(item),
            Job::Range(range) => &range.items,
        };
        for item in items {
            self.fates.insert(item.key, Fate::UnderWay);
        }
    }
}
