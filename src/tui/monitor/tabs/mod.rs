//! The tabs: from state to rows.
//!
//! Owns which tabs there are. Each is a [`Sheet`]: what its rows are, how they are put in order, and what is said of
//! one in full; and it may draw something above its table.

mod build;
mod projects;
mod store;
mod transfer;
mod why;

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Line;
use ratatui::widgets::{Paragraph, Wrap};

use super::super::Look;
use super::details::Details;
use super::pane::Order;
use super::state::State;
use super::table::{self, Cell, Column};
use crate::report::table::Align;
use crate::report::words::Verdict;

/// One of the tabs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tab {
    Build,
    Projects,
    Store,
    Transfer,
    Why,
}

/// What a tab's table is made of. A row is named by its place in what it comes from.
pub(super) struct Sheet {
    /// What a row is, and what rows are.
    pub(super) noun: (&'static str, &'static str),
    pub(super) columns: &'static [Column],
    /// Orders in which the rows can be put, the first one to begin with.
    pub(super) orders: &'static [Order],
    pub(super) count: fn(&State) -> usize,
    /// What the filter looks at, its name first.
    pub(super) text: fn(&State, usize) -> String,
    /// What an order by number goes by.
    pub(super) number: fn(&State, usize, Order) -> u64,
    pub(super) cells: fn(&State, usize, &Look) -> Vec<Cell>,
    pub(super) details: fn(&State, usize) -> Details,
    /// What is said when there are no rows.
    pub(super) empty: fn(&State) -> String,
    /// Draws what stands above the table, and returns what is left.
    pub(super) above: fn(&State, &mut Frame<'_>, Rect, &Look) -> Rect,
}

impl Tab {
    /// All, as they stand.
    pub(super) const ALL: [Self; 5] = [Self::Build, Self::Projects, Self::Store, Self::Transfer, Self::Why];

    /// Names it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Build => "Build",
            Self::Projects => "Projects",
            Self::Store => "Store",
            Self::Transfer => "Transfer",
            Self::Why => "Why",
        }
    }

    /// Returns what its table is made of.
    pub(super) fn sheet(self) -> &'static Sheet {
        match self {
            Self::Build => &build::SHEET,
            Self::Projects => &projects::SHEET,
            Self::Store => &store::SHEET,
            Self::Transfer => &transfer::SHEET,
            Self::Why => &why::SHEET,
        }
    }

    /// Returns the one that stands `by` places to the right, around the end.
    pub(super) fn next(self, by: usize) -> Self {
        Self::ALL[(self as usize + by) % Self::ALL.len()]
    }
}

/// Draws the present tab. Returns where the rows are.
pub(super) fn draw(state: &mut State, frame: &mut Frame<'_>, area: Rect, look: &Look) -> Rect {
    let sheet = state.tab.sheet();
    let area = (sheet.above)(state, frame, area, look);
    let rows = Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area };
    let pane = state.pane();
    if pane.rows.is_empty() {
        let text = match pane.filter.is_empty() {
            true => (sheet.empty)(state),
            false => "No row has this text; `c` shows all again.".to_owned(),
        };
        let text = Paragraph::new(text).style(look.quiet()).wrap(Wrap { trim: true });
        frame.render_widget(text, area);
        return Rect::default();
    }
    let window = pane.window(rows.height.into());
    let cursor = pane.cursor();
    let shown = pane.rows[window.clone()].to_vec();
    let cells =
        window.zip(shown).map(|(place, row)| ((sheet.cells)(state, row, look), Some(place) == cursor));
    table::draw(frame.buffer_mut(), area, sheet.columns, cells, look);
    rows
}

/// Draws lines at the top of an area, and a blank one if there is room. Returns what is left.
fn lines(frame: &mut Frame<'_>, area: Rect, lines: Vec<Line<'_>>) -> Rect {
    let blank = usize::from(area.height > 12);
    let height = u16::try_from(lines.len() + blank).unwrap_or(u16::MAX).min(area.height.saturating_sub(2));
    for (line, y) in lines.into_iter().zip(area.y..area.y + height) {
        frame.render_widget(line, Rect { y, height: 1, ..area });
    }
    Rect { y: area.y + height, height: area.height - height, ..area }
}

/// A column of text.
const fn left(title: &'static str, width: u16, from: u16) -> Column {
    Column { title, align: Align::Left, width, parts: 0, from }
}

/// A column of text that takes `parts` of the rest.
const fn wide(title: &'static str, parts: u16, from: u16) -> Column {
    Column { title, align: Align::Left, width: 0, parts, from }
}

/// A column of numbers.
const fn right(title: &'static str, width: u16, from: u16) -> Column {
    Column { title, align: Align::Right, width, parts: 0, from }
}

/// Returns the style of a result.
fn style(verdict: Verdict, look: &Look) -> Style {
    match verdict {
        Verdict::Local | Verdict::Remote => look.good(),
        Verdict::Missed | Verdict::Bypassed => look.warn(),
        Verdict::Failed | Verdict::Error => look.bad(),
    }
}

/// Shows a time of day and how long ago it was, or `-`.
fn moment(ms: u64, now_ms: u64) -> String {
    use crate::report::time::{ago, rfc3339};
    if ms == 0 { "-".to_owned() } else { format!("{} ({})", ago(ms, now_ms), rfc3339(ms)) }
}
