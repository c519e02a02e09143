//! Looks at the store, the disk and the daemon.
//!
//! Owns the open index and the answers to questions. A look is made when something may have changed, and the less often
//! the longer it takes.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use super::{Ask, DaemonNews, Gone, News, Pace, Question, Source, StoreNews, Teller, targets};
use crate::agent::Agent;
use crate::agent::client::Client;
use crate::agent::message::{Intent, Reply, Request};
use crate::event::{Log, LogPosition};
use crate::report::entries::{Listing, Origin};
use crate::store::held::Held;
use crate::store::index::{Index, IndexError};
use crate::store::layout::Layout;
use crate::store::{is_on_network, usage};
use crate::tui::monitor::now_ms;

/// Time between two looks for what is due.
const STEP: Duration = Duration::from_millis(500);

/// How long the daemon may take to answer.
const PATIENCE: Duration = Duration::from_millis(500);

/// Time between two looks at target directories.
const MEASURE: Duration = Duration::from_secs(30);

/// Tells what is found and answers, until nobody listens.
pub(super) fn watch(source: Source, listener: &Teller, asked: &Receiver<Ask>) {
    let mut surveyor = Surveyor::new(source);
    while surveyor.look(listener).is_ok() {
        match asked.recv_timeout(STEP) {
            Ok(ask) => surveyor.fulfil(ask, listener),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break,
        }
    }
}

struct Surveyor {
    layout: Layout,
    agent: Option<Agent>,
    log: Log,
    index: Option<Index>,
    /// Last change of the index, whether it was damaged, and the end of the log, when the store was last looked at.
    seen: Option<(usize, bool, LogPosition)>,
    /// What the daemon last said.
    daemon: Option<Option<DaemonNews>>,
    /// Free bytes, as last told.
    free: Option<u64>,
    /// Whether the store has changed since its space was measured.
    has_grown: bool,
    store: Pace,
    space: Pace,
    disk: Pace,
    answer: Pace,
    targets: Measuring,
}

/// When target directories were measured last, and what it took.
#[derive(Default)]
struct Measuring {
    last: Option<Instant>,
    busy: Arc<AtomicBool>,
    took_ms: Arc<AtomicU64>,
}

impl Measuring {
    /// Whether they are to be measured again. Who asks for it waits for no more than the least time.
    fn is_due(&self, asked: bool) -> bool {
        let took = Duration::from_millis(self.took_ms.load(Ordering::Relaxed));
        let rest = if asked { MEASURE } else { MEASURE.max(took * super::SHARE) };
        !self.busy.load(Ordering::Relaxed) && self.last.is_none_or(|last| last.elapsed() >= rest)
    }
}

impl Surveyor {
    fn new(source: Source) -> Self {
        let Source { layout, agent } = source;
        Self {
            log: Log::at(layout.events()),
            layout,
            agent,
            index: None,
            seen: None,
            daemon: None,
            free: None,
            has_grown: false,
            store: Pace::new(Duration::from_secs(1)),
            space: Pace::new(Duration::from_secs(5)),
            disk: Pace::new(Duration::from_secs(2)),
            answer: Pace::new(Duration::from_secs(2)),
            targets: Measuring::default(),
        }
    }

    /// Makes all looks that are due.
    fn look(&mut self, listener: &Teller) -> Result<(), Gone> {
        if self.store.is_due() {
            let start = Instant::now();
            let news = self.look_at_store();
            self.store.looked(start);
            if let Some(news) = news {
                self.has_grown = true;
                listener.tell(News::Store(news))?;
            }
        }
        if self.has_grown && self.space.is_due() {
            self.has_grown = false;
            self.tell_space(listener)?;
        }
        if self.disk.is_due() {
            let free = self.disk.keep(|| free(&self.layout));
            if let Some(bytes) = free.filter(|_| free != self.free) {
                self.free = free;
                listener.tell(News::Free(bytes))?;
            }
        }
        if self.answer.is_due() {
            let daemon = self.answer.keep(|| self.agent.as_ref().and_then(ask_daemon));
            if self.daemon.as_ref() != Some(&daemon) {
                self.daemon = Some(daemon.clone());
                listener.tell(News::Daemon(daemon))?;
            }
        }
        Ok(())
    }

    fn fulfil(&mut self, ask: Ask, listener: &Teller) {
        match ask {
            Ask::Refresh => {
                self.seen = None;
                for pace in [&mut self.store, &mut self.space, &mut self.disk, &mut self.answer] {
                    pace.hurry();
                }
            }
            Ask::Measure { directories, asked } => self.measure(directories, asked, listener),
            Ask::Explain(question) => self.explain(&question, listener),
        }
    }

    /// Reads the store if it has changed. `None` if it has not, or can't be read now.
    fn look_at_store(&mut self) -> Option<StoreNews> {
        self.open();
        let change = self.index.as_ref().map_or(0, Index::last_change);
        let seen = (change, self.layout.index_is_bad().exists(), self.log.end());
        if self.seen == Some(seen) {
            return None;
        }
        let news = self.read().ok()?;
        self.seen = Some(seen);
        Some(news)
    }

    /// Opens the index if there is one, and again after it was replaced. Leaves one that is known to be damaged.
    fn open(&mut self) {
        let is_damaged = self.layout.index_is_bad().exists();
        if self.index.as_ref().is_some_and(|index| is_damaged || !index.is_current()) {
            self.index = None;
            self.seen = None;
        }
        let root = self.layout.root();
        if self.index.is_none() && root.is_dir() && !is_on_network(root) {
            self.index = Index::look(&self.layout).ok().flatten();
        }
    }

    fn read(&self) -> Result<StoreNews, IndexError> {
        let mut news = StoreNews {
            exists: self.layout.root().is_dir(),
            damaged: self.layout.index_is_bad().exists(),
            waiting: self.layout.queue().waiting()?.entries.len() as u64,
            ..StoreNews::default()
        };
        if let Some(index) = &self.index {
            news.listing = list(index, &self.log)?;
        }
        news.free = free(&self.layout);
        Ok(news)
    }

    fn tell_space(&mut self, listener: &Teller) -> Result<(), Gone> {
        let layout = &self.layout;
        match self.space.keep(|| usage::space(layout)) {
            Ok(space) => listener.tell(News::Space(space)),
            Err(_) => Ok(()),
        }
    }

    /// Measures in a thread of its own: a large directory takes seconds.
    fn measure(&mut self, directories: Vec<PathBuf>, asked: bool, listener: &Teller) {
        if directories.is_empty() || !self.targets.is_due(asked) {
            return;
        }
        let start = Instant::now();
        self.targets.last = Some(start);
        self.targets.busy.store(true, Ordering::Relaxed);
        let (busy, took_ms) = (Arc::clone(&self.targets.busy), Arc::clone(&self.targets.took_ms));
        let listener = listener.clone();
        let layout = self.layout.clone();
        std::thread::spawn(move || {
            // Without a look through the store nothing is known to be shared.
            let held = Held::by(&layout).unwrap_or_default();
            for directory in directories {
                let usage = targets::measure(&directory, &held);
                if listener.tell(News::Measured(directory, usage)).is_err() {
                    break;
                }
            }
            took_ms.store(start.elapsed().as_millis().try_into().unwrap_or(u64::MAX), Ordering::Relaxed);
            busy.store(false, Ordering::Relaxed);
        });
    }

    fn explain(&mut self, question: &Question, listener: &Teller) {
        self.open();
        let answer = self.index.as_ref().and_then(|index| question.answer(index, now_ms()).ok());
        if let Some(text) = answer {
            let _ = listener.tell(News::Explained { question: question.number, text });
        }
    }
}

/// Lists the entries, with the hits that are not counted in the index yet.
fn list(index: &Index, log: &Log) -> Result<Listing, IndexError> {
    let reader = index.read()?;
    let news = usage::unfolded(log, &reader)?;
    let mut listing = Listing::default();
    reader.each_entry(|key, entry| {
        let mut usage = reader.usage(&key);
        if let Some((hits, last_ms)) = news.get(&key) {
            usage.hits += hits;
            usage.last_ms = usage.last_ms.max(*last_ms);
        }
        listing.add(key, entry, usage, Origin::of(reader.remote(&key)));
    });
    Ok(listing)
}

/// Asks the daemon how it is. One that is absent is not started.
fn ask_daemon(agent: &Agent) -> Option<DaemonNews> {
    let mut client = Client::connect(agent, Intent::Look, PATIENCE).ok()?;
    let queue = match client.ask(&Request::Status) {
        Ok(Reply::Status(status)) => Some((status.queue.uploads, status.queue.downloads)),
        _ => None,
    };
    Some(DaemonNews { version: client.greeting.version, ending: client.greeting.ending, queue })
}

/// Returns the free bytes on the disk of the cache.
fn free(layout: &Layout) -> Option<u64> {
    let disk = rustix::fs::statvfs(layout.root()).ok()?;
    Some(disk.f_bavail * disk.f_frsize)
}
