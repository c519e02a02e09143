//! Where the news come from.
//!
//! Owns all input of the monitor, in threads of its own, so that neither a slow disk nor a silent daemon holds the
//! screen up. Never writes to the store and never makes one: what is not there yet may come.
//!
//! - [`log`]: reads what builds append, a few times a second
//! - [`survey`]: looks at index, disk and daemon, the less often the longer a look takes
//! - [`targets`]: measures target directories, only when somebody wants to see them

mod log;
mod survey;
pub(super) mod targets;

use std::path::PathBuf;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use crate::agent::Agent;
use crate::event::{BuildId, TransferEvent, UnitEvent};
use crate::report::entries::Listing;
use crate::report::nearest::Search;
use crate::report::why::{Explained, Why};
use crate::store::index::{Index, IndexError};
use crate::store::layout::Layout;
use crate::store::usage::Space;
use targets::Usage;

/// A look may take one part in this many of the time.
const SHARE: u32 = 100;

/// Where to look.
#[derive(Debug)]
pub struct Source {
    /// The store.
    pub layout: Layout,
    /// The daemon; `None` if even its place is not known.
    pub agent: Option<Agent>,
}

/// What has been found.
#[derive(Debug)]
pub(super) enum News {
    /// Events of builds; `anew` if the log was replaced, so that some may be known.
    Events { events: Vec<UnitEvent>, anew: bool },
    /// Transfers, likewise.
    Transfers { transfers: Vec<TransferEvent>, anew: bool },
    /// The builds that run.
    Running(Vec<BuildId>),
    /// The store.
    Store(StoreNews),
    /// The cache directory on disk.
    Space(Space),
    /// Free bytes on the disk of the cache.
    Free(u64),
    /// The daemon; `None` if there is none.
    Daemon(Option<DaemonNews>),
    /// A target directory; `None` if there is none any more.
    Measured(PathBuf, Option<Usage>),
    /// The answer to a question.
    Explained { question: u64, text: String },
}

/// The store, as it is now.
#[derive(Debug, Default)]
pub(super) struct StoreNews {
    /// Whether there is one.
    pub(super) exists: bool,
    /// Whether its index is known to be damaged.
    pub(super) damaged: bool,
    pub(super) listing: Listing,
    /// Entries that wait on disk to be sent.
    pub(super) waiting: u64,
    pub(super) space: Option<Space>,
    pub(super) free: Option<u64>,
}

/// The daemon, as it answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct DaemonNews {
    pub(super) version: String,
    pub(super) ending: bool,
    /// Uploads and downloads, if it tells.
    pub(super) queue: Option<(u64, u64)>,
}

/// What the monitor asks for.
#[derive(Debug)]
pub(super) enum Ask {
    /// To look at everything now.
    Refresh,
    /// To measure target directories; whether a person has asked for it.
    Measure { directories: Vec<PathBuf>, asked: bool },
    /// To explain a miss.
    Explain(Box<Question>),
}

/// Why was this unit no hit?
#[derive(Clone, Debug)]
pub(super) struct Question {
    /// Comes back with the answer.
    pub(super) number: u64,
    /// Whether it belongs to the last build.
    pub(super) is_last: bool,
    /// All events of the build.
    pub(super) build: Vec<UnitEvent>,
    pub(super) miss: UnitEvent,
}

/// Nobody listens any more.
#[derive(Clone, Copy, Debug)]
struct Gone;

/// The way to whoever listens.
#[derive(Clone, Debug)]
struct Teller(Sender<News>);

impl Teller {
    fn tell(&self, news: News) -> Result<(), Gone> {
        self.0.send(news).map_err(|_| Gone)
    }
}

/// The threads that look.
#[derive(Debug)]
pub(super) struct Feed {
    news: Receiver<News>,
    asks: Sender<Ask>,
}

impl Feed {
    /// Begins to look. The threads end after the feed does.
    pub(super) fn start(source: Source) -> Self {
        let (sender, news) = channel();
        let (asks, asked) = channel();
        let layout = source.layout.clone();
        let listener = Teller(sender);
        let same = listener.clone();
        std::thread::spawn(move || log::watch(&layout, &same));
        std::thread::spawn(move || survey::watch(source, &listener, &asked));
        Self { news, asks }
    }

    /// Returns all news since the last call.
    pub(super) fn news(&self) -> Vec<News> {
        self.news.try_iter().collect()
    }

    /// Asks for something; the answer is news.
    pub(super) fn ask(&self, ask: Ask) {
        // A thread that has gone answers nothing, which is no reason to end.
        let _ = self.asks.send(ask);
    }
}

impl Question {
    /// Answers by the events alone.
    pub(super) fn answer_without_store(&self, now_ms: u64) -> String {
        let units = vec![Explained { event: &self.miss, changes: Vec::new(), nearest: None }];
        self.text(units, now_ms)
    }

    /// Answers with what the index knows of earlier entries.
    fn answer(&self, index: &Index, now_ms: u64) -> Result<String, IndexError> {
        let reader = index.read()?;
        let asked = [&self.miss];
        let mut search = Search::new(&asked, |key| reader.entry(key));
        reader.each_entry(|key, entry| search.see(key, &entry));
        Ok(self.text(search.explain(), now_ms))
    }

    fn text(&self, units: Vec<Explained<'_>>, now_ms: u64) -> String {
        Why { command: None, is_last: self.is_last, now_ms, build: &self.build, units }.text()
    }
}

/// When to look next: never more often than it is worth.
#[derive(Debug)]
struct Pace {
    least: Duration,
    next: Instant,
}

impl Pace {
    fn new(least: Duration) -> Self {
        Self { least, next: Instant::now() }
    }

    fn is_due(&self) -> bool {
        Instant::now() >= self.next
    }

    fn hurry(&mut self) {
        self.next = Instant::now();
    }

    /// Does the work, and waits the longer with the next the longer it took.
    fn keep<T>(&mut self, work: impl FnOnce() -> T) -> T {
        let start = Instant::now();
        let value = work();
        self.looked(start);
        value
    }

    /// Ends a look that began at `start`.
    fn looked(&mut self, start: Instant) {
        self.next = Instant::now() + self.least.max(start.elapsed() * SHARE);
    }
}
