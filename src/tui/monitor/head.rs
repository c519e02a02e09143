//! What stands around the tables: the figures above, the tabs, and the keys below.
//!
//! Owns the parts of the screen, and what is left out when it is narrow.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::super::Look;
use super::keys::Areas;
use super::state::State;
use super::tabs::Tab;
use crate::quantity::{count, format_size};
use crate::report::text::shown_time;

/// Draws all but the body. Returns what lies where.
pub(super) fn draw(state: &State, frame: &mut Frame<'_>, area: Rect, look: &Look) -> Areas {
    let parts = [Constraint::Length(3), Constraint::Length(1), Constraint::Min(1), Constraint::Length(1)];
    let [head, bar, body, foot] = Layout::vertical(parts).areas(area);
    for (line, y) in [store(state, look), hits(state, look), around(state, look)].into_iter().zip(head.y..) {
        frame.render_widget(fitting(line, head.width, look), Rect { y, height: 1, ..head });
    }
    let tabs = tabs(state, frame, bar, look);
    frame.render_widget(keys(state, look), foot);
    Areas { tabs, body, rows: Rect::default() }
}

/// A name and what it is.
struct Figure {
    name: &'static str,
    value: String,
    style: Style,
}

impl Figure {
    fn new(name: &'static str, value: impl Into<String>) -> Self {
        Self { name, value: value.into(), style: Style::new() }
    }

    fn styled(self, style: Style) -> Self {
        Self { style, ..self }
    }

    fn width(&self) -> u16 {
        Line::from(vec![self.name, " ", &self.value].into_iter().map(Span::raw).collect::<Vec<_>>())
            .width()
            .try_into()
            .unwrap_or(u16::MAX)
    }
}

fn store(state: &State, look: &Look) -> Vec<Figure> {
    let limit = state.facts.limit;
    let value = match (state.store.exists, state.store.space) {
        (true, Some(space)) => {
            let percent = (u128::from(space.used) * 100).checked_div(u128::from(limit)).unwrap_or(0);
            format!("{} / {} ({percent}%)", format_size(space.used), format_size(limit))
        }
        (true, None) => format!("- / {}", format_size(limit)),
        (false, _) => "none yet".to_owned(),
    };
    let full = state.store.space.is_some_and(|space| space.used > limit);
    let mut figures = vec![Figure::new("Store", value).styled(if full { look.warn() } else { Style::new() })];
    if state.store.damaged {
        figures.push(Figure::new("index", "damaged; the next build starts a new one").styled(look.bad()));
    } else if state.store.exists {
        figures.push(Figure::new("", count(state.entries().len() as u64, "entry", "entries")));
    }
    figures.extend(state.store.space.map(|space| Figure::new("links save", format_size(space.shared))));
    figures.extend(state.store.free.map(|free| Figure::new("free", format_size(free))));
    figures.push(Figure::new("kache", env!("CARGO_PKG_VERSION")));
    figures
}

fn hits(state: &State, look: &Look) -> Vec<Figure> {
    let figures = &state.figures;
    let rate = figures.hit_rate().map_or("-".to_owned(), |rate| format!("{rate}%"));
    let (local, remote) = (figures.local, figures.remote);
    let (missed, bypassed) = (figures.missed, figures.bypassed);
    let style = if figures.hit_rate().is_some_and(|rate| rate >= 50) { look.good() } else { Style::new() };
    let hits = format!("{rate} (local {local}, remote {remote}, missed {missed}, bypassed {bypassed})");
    let mut shown =
        vec![Figure::new("Hit rate", hits).styled(style), Figure::new("saved", shown_time(figures.saved_ms))];
    for (name, number) in [("failed", figures.failed), ("errors", figures.errors)] {
        if number > 0 {
            shown.push(Figure::new(name, number.to_string()).styled(look.bad()));
        }
    }
    shown
}

fn around(state: &State, look: &Look) -> Vec<Figure> {
    let daemon = match &state.daemon {
        None => Figure::new("daemon", "offline"),
        Some(daemon) if daemon.version != env!("CARGO_PKG_VERSION") => {
            Figure::new("daemon", format!("v{}, not this version", daemon.version)).styled(look.warn())
        }
        Some(daemon) if daemon.ending => Figure::new("daemon", "ending").styled(look.warn()),
        Some(daemon) => Figure::new("daemon", format!("v{}", daemon.version)).styled(look.good()),
    };
    let mut figures =
        vec![Figure::new("Remote", state.facts.remote.as_deref().unwrap_or("not configured")), daemon];
    if let Some((uploads, downloads)) = state.daemon.as_ref().and_then(|daemon| daemon.queue) {
        let up = count(uploads, "upload", "uploads");
        figures.push(Figure::new("queue", format!("{up}, {}", count(downloads, "download", "downloads"))));
    }
    figures.push(match state.facts.wrapped {
        true => Figure::new("wrapper", "set").styled(look.good()),
        false => Figure::new("wrapper", "not set for plain cargo"),
    });
    figures
}

/// Puts as many figures into a line as it has room for.
fn fitting(figures: Vec<Figure>, width: u16, look: &Look) -> Line<'static> {
    let between = look.symbol(" │ ", " | ");
    let mut line = Line::from(" ");
    let mut left = width.saturating_sub(1);
    for (place, figure) in figures.into_iter().enumerate() {
        let gap = if place == 0 { 0 } else { 3 };
        // The first is cut rather than left out.
        if place > 0 && figure.width() + gap > left {
            break;
        }
        left = left.saturating_sub(figure.width() + gap);
        if place > 0 {
            line.push_span(Span::styled(between, look.quiet()));
        }
        if !figure.name.is_empty() {
            line.push_span(Span::styled(format!("{} ", figure.name), look.quiet()));
        }
        line.push_span(Span::styled(figure.value, figure.style));
    }
    line
}

fn tabs(state: &State, frame: &mut Frame<'_>, bar: Rect, look: &Look) -> Vec<(Tab, Rect)> {
    let mut x = bar.x + 1;
    let mut areas = Vec::new();
    for (tab, number) in Tab::ALL.into_iter().zip(1..) {
        let text = format!(" {number} {} ", tab.name());
        let width = u16::try_from(text.len()).unwrap_or(u16::MAX);
        let area = Rect { x, y: bar.y, width, height: 1 }.intersection(bar);
        let style = if tab == state.tab { look.heading().patch(look.selected()) } else { Style::new() };
        frame.render_widget(Line::styled(text, style), area);
        areas.push((tab, area));
        x = x.saturating_add(width + 1);
    }
    if let Some((words, _)) = &state.facts.since {
        let text = format!("last {words} ");
        let width = u16::try_from(text.len()).unwrap_or(u16::MAX);
        if x.saturating_add(width) <= bar.right() {
            let area = Rect { x: bar.right() - width, y: bar.y, width, height: 1 };
            frame.render_widget(Line::styled(text, look.quiet()), area);
        }
    }
    areas
}

/// Returns the title of the body: how many rows, in which order, and the filter.
pub(super) fn title(state: &mut State, look: &Look) -> Line<'static> {
    let shown = state.pane().rows.len() as u64;
    let sheet = state.tab.sheet();
    let all = (sheet.count)(state) as u64;
    let (one, many) = sheet.noun;
    let number =
        if shown == all { count(all, one, many) } else { format!("{shown} of {}", count(all, one, many)) };
    let mut title = Line::from(format!(" {number}"));
    let filter = &state.drawn_pane().filter;
    if state.typing || !filter.is_empty() {
        title.push_span(Span::styled(format!(" with `{filter}`"), look.warn()));
    }
    title.push_span(format!(", {} ", state.order().word()));
    title
}

fn keys(state: &State, look: &Look) -> Line<'static> {
    if state.typing {
        let cursor = look.symbol("▏", "_");
        let filter = &state.drawn_pane().filter;
        return Line::from(vec![
            Span::styled(" Show only rows with: ", look.heading()),
            Span::raw(format!("{filter}{cursor}")),
            Span::styled("  Enter keeps it, Esc shows all", look.quiet()),
        ]);
    }
    let keys = [
        ("q", "quit"),
        ("Enter", "details"),
        ("f", "filter"),
        ("s", "sort"),
        ("r", "refresh"),
        ("?", "help"),
    ];
    let mut line = Line::from(" ");
    for (key, what) in keys {
        line.push_span(Span::styled(key, look.heading()));
        line.push_span(Span::styled(format!(" {what}  "), look.quiet()));
    }
    line
}
