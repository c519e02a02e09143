//! The monitor: what builds do and have done, on the whole screen.
//!
//! Owns the way from news and keys to the screen. Never writes the store, never starts a daemon, and takes no lock that
//! a build may wait for.
//!
//! - [`feed`]: looks at log, index, daemon and disks, in threads of its own; all input and output is there
//! - [`state`]: what is known, and what is selected; news in, state out
//! - [`keys`]: what keys and mouse mean
//! - [`tabs`]: one file for each, from state to rows; [`table`] draws them, [`head`] what stands around them
//! - [`details`]: what lies above all: one thing in full, and the help

mod builds;
mod details;
mod feed;
mod head;
mod keys;
mod pane;
mod state;
mod table;
mod tabs;
#[cfg(test)]
mod tests;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use ratatui::Frame;
use ratatui::layout::Rect;

use super::{Flow, Input, Look, View};
pub use feed::Source;
use feed::{Ask, Feed};
use keys::{Areas, Wish};
pub use state::Facts;
use state::State;
use tabs::Tab;

/// Longest time until news show.
const PATIENCE: Duration = Duration::from_millis(250);

/// Time after which the screen is drawn though there is no news: it says how long ago things were.
const REDRAW_MS: u64 = 1_000;

/// The monitor.
#[derive(Debug)]
pub struct Monitor {
    feed: Feed,
    state: State,
    areas: Areas,
    drawn_ms: u64,
}

impl Monitor {
    /// Begins to watch.
    pub fn start(source: Source, facts: Facts) -> Self {
        let mut state = State::new(facts);
        state.now_ms = now_ms();
        Self { feed: Feed::start(source), state, areas: Areas::default(), drawn_ms: 0 }
    }

    /// Takes in what the feed has found. Returns whether there was something.
    fn take_news(&mut self) -> bool {
        let news = self.feed.news();
        let any = !news.is_empty();
        for news in news {
            self.state.learn(news);
        }
        if self.state.tab == Tab::Projects {
            self.feed.ask(Ask::Measure { directories: self.state.targets(), asked: false });
        }
        any
    }

    fn fulfil(&mut self, wish: Wish) -> Flow {
        match wish {
            Wish::Nothing => return Flow::Stay,
            Wish::Draw => {}
            Wish::End => return Flow::End,
            Wish::Refresh => {
                self.feed.ask(Ask::Refresh);
                self.feed.ask(Ask::Measure { directories: self.state.targets(), asked: true });
            }
            Wish::Explain(question) => self.feed.ask(Ask::Explain(question)),
        }
        Flow::Draw
    }
}

impl View for Monitor {
    fn on(&mut self, input: Input) -> Flow {
        self.state.now_ms = now_ms();
        let news = self.take_news();
        let wish = match input {
            Input::Key(key) => keys::pressed(&mut self.state, key),
            Input::Mouse(mouse) => keys::pointed(&mut self.state, &self.areas, mouse),
            Input::Paste(_) | Input::Resized | Input::Tick => Wish::Nothing,
        };
        match self.fulfil(wish) {
            Flow::Stay if news || self.state.now_ms.abs_diff(self.drawn_ms) >= REDRAW_MS => Flow::Draw,
            flow => flow,
        }
    }

    fn patience(&self) -> Duration {
        PATIENCE
    }

    fn draw(&mut self, frame: &mut Frame<'_>, area: Rect, look: &Look) {
        self.drawn_ms = self.state.now_ms;
        self.areas = draw(&mut self.state, frame, area, look);
    }
}

/// Draws the state. Returns what lies where.
fn draw(state: &mut State, frame: &mut Frame<'_>, area: Rect, look: &Look) -> Areas {
    let mut areas = head::draw(state, frame, area, look);
    let block = look.block().title(head::title(state, look));
    let inner = block.inner(areas.body);
    frame.render_widget(block, areas.body);
    areas.rows = tabs::draw(state, frame, inner, look);
    details::draw(state, frame, areas.body, look);
    areas
}

/// Returns the present time in milliseconds since the Unix epoch.
fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
