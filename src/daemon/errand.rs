//! The daemon's work: errands to the remote.
//!
//! Owns which builds are going on, and when what they made is sent: behind them, since a build needs the machine for
//! itself. A plain cargo does not say that it has ended; then a while without a word counts as the end.

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

use super::work::Work;
use crate::agent::message::{Build, Queue, Reply, Request, Wanted};
use crate::config::Settings;
use crate::env::Env;
use crate::event::{BuildId, Log, LogPosition, Outcome};
use crate::quantity::count;
use crate::remote::access::Deadline;
use crate::remote::failure::Failure;
use crate::store::Store;
use crate::store::guard::Guard;
use crate::store::layout::Layout;
use crate::transfer::breaker::Breaker;
use crate::transfer::exchange::Exchange;
use crate::transfer::fetch::Fetcher;
use crate::transfer::{access, lockfile, record, send};

/// So long a build has to be silent to count as ended.
const SILENCE: Duration = Duration::from_secs(30);
/// How often the queue is looked at.
const LOOK: Duration = Duration::from_secs(2);
/// The longest that sending goes on without a new look at the queue.
const LONGEST: Duration = Duration::from_mins(10);

/// Errands, or none without a remote.
pub(super) struct Errands {
    name: Option<String>,
    agency: Option<Arc<Agency>>,
}

impl Errands {
    /// Begins to work for the remote of the settings.
    pub(super) fn begin(settings: &Settings, env: &Env) -> Self {
        let name = settings.remote.name();
        let agency = Agency::open(settings, env).map(Arc::new);
        if let Some(agency) = &agency {
            tokio::spawn(Arc::clone(agency).send_now_and_then());
        }
        Self { name, agency }
    }
}

impl Work for Errands {
    fn queue(&self) -> Queue {
        self.agency.as_ref().map(|agency| agency.left()).unwrap_or_default()
    }

    fn is_busy(&self) -> bool {
        self.agency.as_ref().is_some_and(|agency| agency.is_busy())
    }

    fn is_valid(&self) -> bool {
        self.agency.as_ref().is_none_or(|agency| agency.exchange.store().index.is_current())
    }

    fn remote(&self) -> Option<String> {
        let name = self.name.clone()?;
        let source = self.agency.as_ref().and_then(|agency| agency.exchange.bucket.credentials_source());
        Some(source.map_or(name.clone(), |source| format!("{name} (credentials: {source})")))
    }

    async fn answer(&self, request: Request) -> Option<Reply> {
        let agency = self.agency.as_ref();
        Some(match request {
            Request::Begin { id, build, within_ms } => {
                if let Some(agency) = agency {
                    let deadline = Deadline::within(Duration::from_millis(within_ms));
                    agency.meet(&BuildId(id), &build, deadline).await;
                    agency.fetcher.finish(deadline).await;
                }
                Reply::Begun
            }
            Request::Find { id, build, wanted, within_ms } => match agency {
                Some(agency) => Reply::Found(agency.find(BuildId(id), build, wanted, within_ms).await),
                None => Reply::Found(false),
            },
            Request::Ended(id) => {
                let (trouble, unusable) = agency.map(|agency| agency.end(&BuildId(id))).unwrap_or_default();
                Reply::Ended { trouble, unusable }
            }
            _ => return None,
        })
    }

    async fn drain(&self) {
        if let Some(agency) = &self.agency {
            agency.end_all();
            agency.send().await;
        }
    }
}

/// Works for one remote.
struct Agency {
    exchange: Arc<Exchange>,
    breaker: Arc<Breaker>,
    fetcher: Arc<Fetcher>,
    log: Log,
    is_readonly: bool,
    /// Why nothing can be sent, once that is known: until this daemon ends.
    denial: Mutex<Option<Failure>>,
    builds: Mutex<HashMap<BuildId, Going>>,
    /// A build has ended.
    ended: Notify,
    sending: tokio::sync::Mutex<()>,
    /// A crash in a damaged index marks it, and ends the daemon.
    _guard: Option<Guard>,
}

/// A build that goes on.
struct Going {
    build: Build,
    /// What it asks for, as its lock file was when it began: cargo may write that yet.
    request: Option<record::Request>,
    locked: HashSet<(String, String)>,
    /// Where its events begin.
    start: LogPosition,
    last_word: Instant,
}

impl Agency {
    fn open(settings: &Settings, env: &Env) -> Option<Self> {
        access::of(settings, env)?;
        let layout = Layout::new(settings.cache_dir.clone());
        let guard = Guard::exit(&layout, 1);
        let store = Store::open(layout).inspect_err(|error| tracing::error!("no store: {error}")).ok()?;
        let log = store.log.clone();
        let exchange = Exchange::open(settings, env, store);
        let exchange = Arc::new(exchange.inspect_err(|why| tracing::error!("no remote: {why}")).ok()??);
        let breaker = Arc::new(Breaker::default());
        let workers = settings.s3_concurrency as usize;
        let limit = if settings.prefetch { Some(settings.prefetch_max) } else { None };
        let fetcher = Fetcher::new(Arc::clone(&exchange), Arc::clone(&breaker), limit, workers);
        let is_readonly = settings.why_readonly(env).is_some();
        Some(Self {
            exchange,
            breaker,
            fetcher,
            log,
            is_readonly,
            denial: Mutex::default(),
            builds: Mutex::default(),
            ended: Notify::new(),
            sending: tokio::sync::Mutex::default(),
            _guard: guard,
        })
    }

    fn builds(&self) -> MutexGuard<'_, HashMap<BuildId, Going>> {
        self.builds.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Hears of a build, and fetches ahead for it.
    async fn meet(&self, id: &BuildId, build: &Build, deadline: Deadline) {
        let (request, locked) = {
            let mut builds = self.builds();
            let going = builds.entry(id.clone()).or_insert_with(|| {
                let workspace = Path::new(&build.workspace);
                Going {
                    build: build.clone(),
                    request: record::Request::of(workspace, build),
                    locked: lockfile::packages(workspace).unwrap_or_default(),
                    start: self.log.end(),
                    last_word: Instant::now(),
                }
            });
            going.last_word = Instant::now();
            let Some(request) = going.request.clone().filter(|_| build.prefetch) else { return };
            (request, going.locked.clone())
        };
        self.fetcher.begin(id, &request, &locked, deadline).await;
    }

    async fn find(&self, id: BuildId, build: Option<Build>, wanted: Wanted, within_ms: u64) -> bool {
        let within = Duration::from_millis(within_ms);
        let deadline = Deadline::within(within);
        if let Some(build) = &build {
            self.meet(&id, build, deadline).await;
        }
        self.fetcher.find(wanted, Some(&id), deadline.left()).await
    }

    /// A build has ended, or waits for what it made to be sent. Returns what is the matter with the remote, and what of it
    /// was of no use, if anything.
    fn end(&self, id: &BuildId) -> (Option<String>, Option<String>) {
        let going = self.builds().remove(id);
        let unusable = going.as_ref().and_then(|_| self.breaker.take_unusable());
        if let Some(going) = going {
            self.add_record(id, going);
        }
        self.ended.notify_one();
        let unusable = unusable.map(|(objects, failure)| {
            let objects = count(objects, "object", "objects");
            in_words(&format!("{objects} of the remote could not be used"), failure)
        });
        (self.trouble(), unusable)
    }

    fn trouble(&self) -> Option<String> {
        if let Some(cause) = self.breaker.cause().filter(|_| !self.breaker.is_closed()) {
            return Some(in_words("the remote is off for now", cause));
        }
        let denial = self.denial().filter(|_| self.left().uploads > 0)?;
        Some(in_words("nothing is uploaded", denial))
    }

    fn denial(&self) -> Option<Failure> {
        self.denial.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn end_all(&self) {
        let all = std::mem::take(&mut *self.builds());
        for (id, going) in all {
            self.add_record(&id, going);
        }
    }

    /// Lets the record of a build wait, if the build has anything to tell: something new, or that nobody told.
    fn add_record(&self, id: &BuildId, going: Going) {
        let had_record = self.fetcher.forget(id);
        if self.is_readonly {
            return;
        }
        let Some(request) = record::Request::of(Path::new(&going.build.workspace), &going.build) else {
            return;
        };
        let Ok((mut events, _)) = self.log.read_since(going.start) else { return };
        events.retain(|event| event.build == *id);
        let is_new =
            events.iter().any(|event| matches!(event.outcome, Outcome::Missed { not_recorded: None, .. }));
        let keys = record::keys(&events);
        if keys.is_empty() || !is_new && had_record != Some(false) {
            return;
        }
        if let Err(error) = send::add_record(&self.exchange.queue(), &request, keys) {
            tracing::warn!("failed to keep the record of a build: {error}");
        }
    }

    fn left(&self) -> Queue {
        let waiting = self.exchange.queue().waiting().unwrap_or_default();
        let uploads = waiting.entries.len() + waiting.records.len();
        let (downloads, download_bytes) = self.fetcher.pending();
        Queue { uploads: uploads as u64, downloads, download_bytes }
    }

    fn is_busy(&self) -> bool {
        let left = self.left();
        let can_send = !self.is_readonly && self.denial().is_none() && self.breaker.is_closed();
        !self.builds().is_empty() || left.downloads > 0 || can_send && left.uploads > 0
    }

    /// Sends what waits whenever no build goes on, for ever.
    async fn send_now_and_then(self: Arc<Self>) {
        loop {
            let _ = tokio::time::timeout(LOOK, self.ended.notified()).await;
            let silent = {
                let mut builds = self.builds();
                builds.extract_if(|_, going| going.last_word.elapsed() >= SILENCE).collect::<Vec<_>>()
            };
            for (id, going) in silent {
                self.add_record(&id, going);
            }
            if self.builds().is_empty() && self.breaker.is_closed() {
                self.send().await;
            }
        }
    }

    async fn send(&self) {
        if self.is_readonly
            || self.denial().is_some()
            || self.exchange.queue().waiting().unwrap_or_default().is_empty()
        {
            return;
        }
        let _alone = self.sending.lock().await;
        let deadline = Deadline::within(LONGEST);
        let sent = send::drain(&self.exchange, &self.breaker, deadline).await;
        tracing::info!(entries = sent.entries, bytes = sent.bytes, left = sent.left, "sent");
        if let Some(denial) = sent.denial() {
            *self.denial.lock().unwrap_or_else(PoisonError::into_inner) = Some(denial.clone());
        }
        for (key, failure) in &sent.failed {
            tracing::warn!(key = %key.short(), "failed to send: {failure}");
        }
    }
}

fn in_words(what: &str, failure: Failure) -> String {
    match failure.hint() {
        Some(hint) => format!("{what}: {failure}; {hint}"),
        None => format!("{what}: {failure}"),
    }
}
