//! What goes to the remote and comes from it.

use ratatui::text::{Line, Span};

use super::{Details, Look, Order, Sheet, State, left, moment, right, wide};
use crate::event::{Direction, TransferEvent};
use crate::quantity::{count, format_size};
use crate::report::text::{short_key, shown_time};
use crate::report::time::ago;
use crate::tui::monitor::table::Cell;

pub(super) const SHEET: Sheet = Sheet {
    noun: ("transfer", "transfers"),
    columns: &[
        left("WAY", 4, 0),
        wide("CRATE", 1, 0),
        right("SIZE", 9, 0),
        right("TIME", 7, 0),
        right("SPEED", 11, 0),
        wide("RESULT", 1, 70),
        left("ENDED", 8, 0),
    ],
    orders: &[Order::Newest, Order::Size, Order::Time, Order::Name],
    count: |state| state.transfers.len(),
    text: |state, row| {
        let it = &state.transfers[row];
        format!("{} {} {}", it.package, way(it), it.error.as_deref().unwrap_or("done"))
    },
    number: |state, row, order| {
        let it = &state.transfers[row];
        match order {
            Order::Size => it.bytes,
            Order::Time => it.took_ms,
            _ => it.at_ms,
        }
    },
    cells: |state, row, look| {
        let it = &state.transfers[row];
        let result = match &it.error {
            Some(error) => Cell::styled(error.clone(), look.bad()),
            None => Cell::styled("done", look.good()),
        };
        vec![
            Cell::new(way(it)),
            Cell::new(&*it.package),
            Cell::new(format_size(it.bytes)),
            Cell::new(shown_time(it.took_ms)),
            Cell::new(speed(it)),
            result,
            Cell::styled(ago(it.at_ms, state.now_ms), look.quiet()),
        ]
    },
    details: |state, row| {
        let it = &state.transfers[row];
        Details {
            title: format!("{} {}", it.package, short_key(&it.key)),
            facts: vec![
                ("way", way(it).to_owned()),
                ("result", it.error.clone().unwrap_or_else(|| "done".to_owned())),
                ("size", format_size(it.bytes)),
                ("time", shown_time(it.took_ms)),
                ("speed", speed(it)),
                ("ended", moment(it.at_ms, state.now_ms)),
                ("key", it.key.clone()),
                ("build", it.build.as_ref().map(|build| build.0.clone()).unwrap_or_default()),
            ],
            ..Details::default()
        }
    },
    empty: |state| match &state.facts.remote {
        Some(_) => "Nothing has gone to the remote or come from it yet.".to_owned(),
        None => "No remote is configured. `cargo kache config set cache.remote.bucket <name>` names one."
            .to_owned(),
    },
    above: |state, frame, area, look| {
        let mut text = vec![moved(state, Direction::Pull, look), moved(state, Direction::Push, look)];
        text.push(Line::from(format!("Queue  {}", waiting(state))));
        super::lines(frame, area, text)
    },
};

fn way(transfer: &TransferEvent) -> &'static str {
    match transfer.transfer {
        Direction::Pull => "down",
        Direction::Push => "up",
    }
}

fn speed(transfer: &TransferEvent) -> String {
    match (transfer.bytes * 1_000).checked_div(transfer.took_ms) {
        Some(speed) => format_size(speed) + "/s",
        None => "-".to_owned(),
    }
}

fn moved(state: &State, direction: Direction, look: &Look) -> Line<'static> {
    let (entries, bytes, speed) = state.moved(direction);
    let name = if direction == Direction::Pull { "Down" } else { "Up" };
    let entries = count(entries, "entry", "entries");
    let mut line =
        Line::from(format!("{name:5}  {entries}, {}, now {}/s", format_size(bytes), format_size(speed)));
    let failed = state.transfers.iter().filter(|it| it.transfer == direction && it.error.is_some()).count();
    if failed > 0 {
        line.push_span(Span::styled(format!(", {failed} failed"), look.bad()));
    }
    line
}

fn waiting(state: &State) -> String {
    let queue = match state.daemon.as_ref().map(|daemon| daemon.queue) {
        Some(Some((uploads, downloads))) => {
            format!("{}, {}", count(uploads, "upload", "uploads"), count(downloads, "download", "downloads"))
        }
        Some(None) => "not told by the daemon".to_owned(),
        None if state.store.waiting > 0 => {
            format!("{} for the next daemon", count(state.store.waiting, "upload", "uploads"))
        }
        None => "empty, and no daemon".to_owned(),
    };
    format!("{queue}; up to {} at once", state.facts.slots)
}
