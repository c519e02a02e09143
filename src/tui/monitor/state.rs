//! What the monitor knows, and what is selected in it.
//!
//! Owns the way from news to state. Pure: no file, no clock and no terminal; the time is set from outside.

use std::collections::HashSet;
use std::path::PathBuf;

use super::builds::{Build, Builds};
use super::details::{Details, Overlay};
use super::feed::targets::Usage;
use super::feed::{DaemonNews, News, Question, StoreNews};
use super::pane::{Order, Pane};
use super::tabs::Tab;
use crate::event::{Direction, Outcome, TransferEvent, UnitEvent, mark_remote};
use crate::report::entries;
use crate::report::figures::Figures;
use crate::report::nearest::same_target;
use crate::report::words::Verdict;

/// Span of the shown speed.
const SPEED_MS: u64 = 10_000;

/// What stays as it is while the monitor runs.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// The period to look at, as it was asked for, and its begin in milliseconds since the Unix epoch.
    pub since: Option<(String, u64)>,
    /// Size above which the store is collected, in bytes.
    pub limit: u64,
    /// The remote, as in `s3://build-cache/artifacts`.
    pub remote: Option<String>,
    /// Transfers at once.
    pub slots: u32,
    /// Whether plain cargo uses the cache here.
    pub wrapped: bool,
    /// The directory of the cache.
    pub cache: PathBuf,
}

/// All that the screen shows.
#[derive(Debug)]
pub(super) struct State {
    pub(super) facts: Facts,
    /// The present time, in milliseconds since the Unix epoch.
    pub(super) now_ms: u64,
    pub(super) tab: Tab,
    panes: [Pane; Tab::ALL.len()],
    /// Whether the filter is being typed.
    pub(super) typing: bool,
    pub(super) overlay: Option<Overlay>,
    /// The row of the last click, if nothing has happened since: another click opens it.
    pub(super) clicked: Option<usize>,

    /// Whether the log has been read once.
    pub(super) read: bool,
    pub(super) events: Vec<UnitEvent>,
    pub(super) transfers: Vec<TransferEvent>,
    pub(super) builds: Builds,
    pub(super) figures: Figures,
    pub(super) store: StoreNews,
    pub(super) daemon: Option<DaemonNews>,
    pub(super) projects: Vec<Project>,
    /// Places of the last build's events that were no hits.
    pub(super) misses: Vec<usize>,
    question: u64,
}

/// A project with a target directory.
#[derive(Clone, Debug)]
pub(super) struct Project {
    pub(super) target: PathBuf,
    /// When it was last built, in milliseconds since the Unix epoch.
    pub(super) built_ms: u64,
    pub(super) measured: Measured,
}

/// What is known of a target directory.
#[derive(Clone, Debug)]
pub(super) enum Measured {
    /// Nothing yet.
    Waits,
    /// It is not there any more.
    Gone,
    /// What it takes on disk.
    Is(Usage),
}

impl State {
    /// Knows nothing yet.
    pub(super) fn new(facts: Facts) -> Self {
        Self {
            facts,
            now_ms: 0,
            tab: Tab::Build,
            panes: Tab::ALL.map(|tab| Pane::new(tab.sheet().orders[0] == Order::Came)),
            typing: false,
            overlay: None,
            clicked: None,
            read: false,
            events: Vec::new(),
            transfers: Vec::new(),
            builds: Builds::default(),
            figures: Figures::default(),
            store: StoreNews::default(),
            daemon: None,
            projects: Vec::new(),
            misses: Vec::new(),
            question: 0,
        }
    }

    /// Takes in news.
    pub(super) fn learn(&mut self, news: News) {
        let has_rows = |news: &News| {
            matches!(news, News::Events { .. } | News::Transfers { .. } | News::Store(_) | News::Measured(..))
        };
        if has_rows(&news) {
            self.renew_rows();
        }
        match news {
            News::Events { events, anew } => self.learn_events(events, anew),
            News::Transfers { transfers, anew } => {
                let known: HashSet<_> = if anew {
                    self.transfers.iter().map(|it| (it.at_ms, it.key.clone())).collect()
                } else {
                    HashSet::new()
                };
                let since = self.since_ms();
                let new =
                    |it: &TransferEvent| !known.contains(&(it.at_ms, it.key.clone())) && it.at_ms >= since;
                self.transfers.extend(transfers.into_iter().filter(new));
                self.mark_remote();
            }
            News::Running(builds) => self.builds.set_running(&builds),
            News::Store(store) => {
                let space = self.store.space;
                self.store = StoreNews { space, ..store };
            }
            News::Space(space) => self.store.space = Some(space),
            News::Free(bytes) => self.store.free = Some(bytes),
            News::Daemon(daemon) => self.daemon = daemon,
            News::Measured(target, usage) => {
                if let Some(project) = self.projects.iter_mut().find(|project| project.target == target) {
                    project.measured = usage.map_or(Measured::Gone, Measured::Is);
                }
            }
            News::Explained { question, text } => {
                if let Some(Overlay::Details(details)) = &mut self.overlay
                    && details.question == Some(question)
                {
                    details.explained = Some(text);
                }
            }
        }
    }

    fn renew_rows(&mut self) {
        self.panes.iter_mut().for_each(|pane| pane.stale = true);
    }

    /// Takes in events. A log that was read anew begins with some that are known.
    fn learn_events(&mut self, events: Vec<UnitEvent>, anew: bool) {
        self.read = true;
        let start = self.events.len();
        let since = self.since_ms();
        let first_ms = events.first().map_or(u64::MAX, |event| event.at_ms);
        // Processes that end at once may write in either order: a minute is more than their times differ by.
        let name = |event: &UnitEvent| (event.at_ms, event.build.clone(), event.unit.clone());
        let known = self.events.iter().filter(|event| anew && event.at_ms.saturating_add(60_000) >= first_ms);
        let known = known.map(name).collect::<HashSet<_>>();
        for event in events {
            if event.at_ms >= since && !(anew && known.contains(&name(&event))) {
                self.builds.add(&event);
                self.events.push(event);
            }
        }
        mark_remote(&mut self.events[start..], &self.transfers);
        self.events[start..].iter().for_each(|event| self.figures.add(event));
        for (target, built_ms) in self.builds.targets() {
            match self.projects.iter_mut().find(|project| project.target == target) {
                Some(project) => project.built_ms = built_ms,
                None => self.projects.push(Project { target, built_ms, measured: Measured::Waits }),
            }
        }
        if let Some(last) = self.builds.last() {
            let is_miss = |place: &usize| {
                let event = &self.events[*place];
                event.build == last.id && !Verdict::of(&event.outcome).is_hit()
            };
            let known = self.misses.iter().copied().chain(start..self.events.len());
            self.misses = known.filter(is_miss).collect();
        }
    }

    /// Makes hits of the remote of those whose entries came during their build.
    fn mark_remote(&mut self) {
        mark_remote(&mut self.events, &self.transfers);
        self.figures = Figures::of(&self.events);
    }

    fn since_ms(&self) -> u64 {
        self.facts.since.as_ref().map_or(0, |(_, since_ms)| *since_ms)
    }

    /// Returns the target directories of all projects.
    pub(super) fn targets(&self) -> Vec<PathBuf> {
        self.projects.iter().map(|project| project.target.clone()).collect()
    }

    /// Returns the entries of the store.
    pub(super) fn entries(&self) -> &[entries::Row] {
        &self.store.listing.rows
    }

    /// Returns the events of a build.
    pub(super) fn events_of<'a>(&'a self, build: &'a Build) -> impl Iterator<Item = &'a UnitEvent> {
        self.events.iter().filter(|event| event.build == build.id)
    }

    /// Finds the last miss of the same target as this unit.
    pub(super) fn last_miss(&self, unit: &crate::event::Unit) -> Option<&UnitEvent> {
        let missed = |event: &&UnitEvent| matches!(event.outcome, Outcome::Missed { .. });
        self.events.iter().rev().filter(missed).find(|event| same_target(&event.unit, unit))
    }

    /// Returns objects, bytes and bytes per second that went one way.
    pub(super) fn moved(&self, way: Direction) -> (u64, u64, u64) {
        let done = || self.transfers.iter().filter(move |it| it.transfer == way && it.error.is_none());
        let recent = done().filter(|it| it.at_ms.saturating_add(SPEED_MS) >= self.now_ms);
        let speed = recent.map(|it| it.bytes).sum::<u64>() * 1_000 / SPEED_MS;
        (done().count() as u64, done().map(|it| it.bytes).sum(), speed)
    }

    /// Returns the state of a tab's table, with its rows up to date.
    pub(super) fn pane(&mut self) -> &mut Pane {
        if self.panes[self.tab as usize].stale {
            let rows = self.rows();
            self.panes[self.tab as usize].set(rows);
        }
        &mut self.panes[self.tab as usize]
    }

    /// Returns the state of a tab's table as it was last drawn.
    pub(super) fn drawn_pane(&self) -> &Pane {
        &self.panes[self.tab as usize]
    }

    /// Returns the order of the present tab.
    pub(super) fn order(&self) -> Order {
        let orders = self.tab.sheet().orders;
        orders[self.drawn_pane().order % orders.len()]
    }

    /// Whether new rows come at the end of the present table.
    pub(super) fn follows(&self) -> bool {
        self.order() == Order::Came
    }

    /// Chooses the rows of the present tab and puts them in order.
    fn rows(&self) -> Vec<usize> {
        let sheet = self.tab.sheet();
        let plain = |text: &str| text.to_lowercase().replace('-', "_");
        let filter = plain(&self.drawn_pane().filter);
        let is_shown = |row: &usize| filter.is_empty() || plain(&(sheet.text)(self, *row)).contains(&filter);
        let mut rows = (0..(sheet.count)(self)).filter(is_shown).collect::<Vec<_>>();
        match self.order() {
            Order::Came => {}
            Order::Name => rows.sort_by_cached_key(|row| (sheet.text)(self, *row)),
            order => rows.sort_by_cached_key(|row| std::cmp::Reverse((sheet.number)(self, *row, order))),
        }
        rows
    }

    /// Takes the next order.
    pub(super) fn sort(&mut self) {
        let pane = &mut self.panes[self.tab as usize];
        pane.order = (pane.order + 1) % self.tab.sheet().orders.len();
        self.restart();
    }

    /// Takes another filter.
    pub(super) fn filter(&mut self, change: impl FnOnce(&mut String)) {
        change(&mut self.panes[self.tab as usize].filter);
        self.restart();
    }

    fn restart(&mut self) {
        let follows = self.follows();
        self.panes[self.tab as usize].restart(follows);
    }

    /// Opens what is selected in full. Returns what is to be asked about it.
    pub(super) fn open(&mut self) -> Option<Box<Question>> {
        let row = self.pane().selected()?;
        let mut details: Details = (self.tab.sheet().details)(self, row);
        let question = details.miss.take().map(|miss| {
            self.question += 1;
            let build = self.builds.all().iter().find(|build| build.id == miss.build);
            let events = build.map(|build| self.events_of(build).cloned().collect()).unwrap_or_default();
            let is_last = self.builds.last().is_some_and(|build| build.id == miss.build);
            Box::new(Question { number: self.question, is_last, build: events, miss })
        });
        if let Some(question) = &question {
            details.question = Some(question.number);
            details.explained = Some(question.answer_without_store(self.now_ms));
        }
        self.overlay = Some(Overlay::Details(Box::new(details)));
        question
    }
}
