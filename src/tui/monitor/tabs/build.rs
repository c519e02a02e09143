//! What builds do, as it happens.
//!
//! Owns the rows of units, the bar of each running build, and the hit rates of the builds before.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Sparkline;

use super::{Details, Look, Order, Sheet, State, left, moment, right, style, wide};
use crate::event::UnitEvent;
use crate::quantity::format_size;
use crate::report::text::{short_key, shown_time};
use crate::report::time::ago;
use crate::report::words::{self, Verdict};
use crate::tui::monitor::builds::Build;
use crate::tui::monitor::table::{Cell, cut};

/// Builds that are shown at once.
const BARS: usize = 3;

pub(super) const SHEET: Sheet = Sheet {
    noun: ("unit", "units"),
    columns: &[
        left("RESULT", 8, 0),
        wide("UNIT", 4, 0),
        right("COMPILE", 7, 0),
        right("SIZE", 8, 0),
        wide("REASON", 3, 90),
        left("ENDED", 7, 0),
    ],
    orders: &[Order::Came, Order::Time, Order::Size, Order::Name],
    count: |state| state.events.len(),
    text,
    number: |state, row, order| {
        let event = &state.events[row];
        match order {
            Order::Size => size(event),
            _ => event.compile_ms,
        }
    },
    cells,
    details: |state, row| details(state, &state.events[row]),
    empty: |state| match (state.read, &state.facts.since) {
        (true, Some((words, _))) => format!("No build has been recorded in the last {words}."),
        (true, None) => {
            "No build has been recorded yet. `cargo kache build` records one; so does `cargo build` with \
                 `RUSTC_WRAPPER=kache`."
                .to_owned()
        }
        (false, _) => "Reading the log of builds.".to_owned(),
    },
    above,
};

pub(super) fn text(state: &State, row: usize) -> String {
    let event = &state.events[row];
    format!("{} {}", words::label(&event.unit), Verdict::of(&event.outcome).word())
}

/// Returns the bytes that were put in place or recorded.
pub(super) fn size(event: &UnitEvent) -> u64 {
    event.bytes.linked + event.bytes.copied + event.bytes.recorded
}

fn cells(state: &State, row: usize, look: &Look) -> Vec<Cell> {
    let event = &state.events[row];
    let verdict = Verdict::of(&event.outcome);
    vec![
        Cell::styled(verdict.word(), style(verdict, look)),
        Cell::new(words::label(&event.unit)),
        Cell::new(shown_time(event.compile_ms)),
        Cell::new(format_size(size(event))),
        Cell::styled(
            words::reason(&event.outcome, |_| None).map_or(String::new(), |it| it.text),
            look.quiet(),
        ),
        Cell::styled(ago(event.at_ms, state.now_ms), look.quiet()),
    ]
}

/// Tells all about a unit, and why it missed last.
pub(super) fn details(state: &State, event: &UnitEvent) -> Details {
    let verdict = Verdict::of(&event.outcome);
    let mut facts = vec![("result", verdict.word().to_owned())];
    let bytes =
        [("linked", event.bytes.linked), ("copied", event.bytes.copied), ("recorded", event.bytes.recorded)];
    let bytes = bytes.into_iter().filter(|(_, bytes)| *bytes > 0);
    let bytes = bytes.map(|(what, bytes)| format!("{} {what}", format_size(bytes))).collect::<Vec<_>>();
    facts.extend([
        ("ended", moment(event.at_ms, state.now_ms)),
        ("compile", shown_time(event.compile_ms)),
        ("wrapper", shown_time(event.wrapper_ms)),
        ("bytes", bytes.join(", ")),
        ("profile", event.unit.profile.clone()),
        ("target", event.unit.triple.clone().unwrap_or_else(|| "host".into())),
        ("key", event.key.as_deref().map(short_key).unwrap_or_default().to_owned()),
        ("directory", event.cwd.display().to_string()),
    ]);
    let is_hit = verdict.is_hit();
    let miss = if is_hit { state.last_miss(&event.unit) } else { Some(event) };
    if is_hit && miss.is_none() {
        facts.push(("last miss", "none in the log".to_owned()));
    }
    Details {
        title: words::label(&event.unit),
        facts,
        miss: miss.cloned(),
        heading: is_hit.then_some("Its last miss"),
        ..Details::default()
    }
}

fn above(state: &State, frame: &mut Frame<'_>, area: Rect, look: &Look) -> Rect {
    let builds = state.builds.shown(if area.height > 12 { BARS } else { 1 });
    if builds.is_empty() {
        return area;
    }
    let bars = builds.iter().map(|build| bar(state, build, area.width, look)).collect::<Vec<_>>();
    let y = area.y + u16::try_from(bars.len()).unwrap_or(0);
    let bars = bars.into_iter().chain([Line::styled("Hit rate by build", look.quiet())]);
    let rest = super::lines(frame, area, bars.collect());
    rates(state, frame, Rect { x: area.x + 19, y, width: area.width - 19, height: 1 }, look);
    rest
}

/// Draws the hit rate of each build, the newest at the right.
fn rates(state: &State, frame: &mut Frame<'_>, area: Rect, look: &Look) {
    let all = state.builds.all().iter().filter_map(|build| build.figures.hit_rate()).collect::<Vec<_>>();
    let last = all.len().saturating_sub(area.width.into());
    // The least that shows: a rate of 0 is no lack of a build.
    let shown = all[last..].iter().map(|rate| (*rate).max(13)).collect::<Vec<_>>();
    let line = Sparkline::default().data(shown).max(100).bar_set(look.bars()).style(look.good());
    frame.render_widget(line, area);
}

/// Returns the line of one build: how far it is, and what came of it.
fn bar(state: &State, build: &Build, width: u16, look: &Look) -> Line<'static> {
    let seen = build.figures.units;
    // More than the last time: then nobody knows.
    let expected = state.builds.expected(build).filter(|expected| build.running && seen <= *expected);
    let ended = if build.running { state.now_ms } else { build.ended_ms };
    let (mark, style) = match (build.running, build.figures.failed > 0) {
        (true, _) => (look.symbol("▶", ">"), look.heading()),
        (false, true) => (look.symbol("✗", "x"), look.bad()),
        (false, false) => (look.symbol("✓", "*"), look.good()),
    };
    let units = match expected {
        Some(expected) => format!("{seen}/{expected} units"),
        None => crate::quantity::count(seen, "unit", "units"),
    };
    let rate = build.figures.hit_rate().map_or(String::new(), |rate| format!(", {rate}% hits"));
    let time = shown_time(ended.saturating_sub(build.started_ms));
    let when = if build.running { String::new() } else { format!(", {}", ago(build.ended_ms, state.now_ms)) };
    let told = format!("  {units}{rate}, {time}{when}");
    let name = format!("{:16}", cut(&build.name(), 16));
    let room = usize::from(width).saturating_sub(2 + 16 + 1 + told.chars().count()).min(40);
    let full = match expected {
        Some(expected) => {
            room * usize::try_from(seen).unwrap_or(0) / usize::try_from(expected.max(1)).unwrap_or(1)
        }
        None if build.running => 0,
        None => room,
    };
    Line::from(vec![
        Span::styled(format!("{mark} "), style),
        Span::raw(format!("{name} ")),
        Span::styled(look.symbol("━", "#").repeat(full.min(room)), style),
        Span::styled(look.symbol("─", "-").repeat(room.saturating_sub(full)), look.quiet()),
        Span::raw(told),
    ])
}
