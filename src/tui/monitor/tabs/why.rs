//! What the last build compiled, and why.

use ratatui::text::Line;

use super::{Order, Sheet, State, build, left, right, style, wide};
use crate::event::UnitEvent;
use crate::quantity::count;
use crate::report::figures;
use crate::report::text::shown_time;
use crate::report::time::ago;
use crate::report::words::{self, Verdict};
use crate::tui::monitor::table::Cell;

pub(super) const SHEET: Sheet = Sheet {
    noun: ("unit was no hit", "units were no hits"),
    columns: &[left("RESULT", 8, 0), wide("UNIT", 2, 0), right("COMPILE", 7, 0), wide("REASON", 3, 0)],
    orders: &[Order::Time, Order::Name],
    count: |state| state.misses.len(),
    text: |state, row| build::text(state, state.misses[row]) + " " + &reason(state, event(state, row)),
    number: |state, row, _| event(state, row).compile_ms,
    cells: |state, row, look| {
        let event = event(state, row);
        let verdict = Verdict::of(&event.outcome);
        vec![
            Cell::styled(verdict.word(), style(verdict, look)),
            Cell::new(words::label(&event.unit)),
            Cell::new(shown_time(event.compile_ms)),
            Cell::new(reason(state, event)),
        ]
    },
    details: |state, row| build::details(state, event(state, row)),
    empty: |state| match (state.builds.last(), &state.facts.since) {
        (Some(_), _) => "Every unit of the last build came from the cache.".to_owned(),
        (None, Some((words, _))) => format!("No build has been recorded in the last {words}."),
        (None, None) => "No build has been recorded yet.".to_owned(),
    },
    above: |state, frame, area, _| {
        let Some(last) = state.builds.last() else { return area };
        let when = match last.running {
            true => "running".to_owned(),
            false => ago(last.ended_ms, state.now_ms),
        };
        let units = count(last.figures.units, "unit", "units");
        let (missed, bypassed) = (last.figures.missed, last.figures.bypassed);
        let text =
            format!("Last build: {}, {when}: {units}, {missed} missed, {bypassed} bypassed", last.name());
        super::lines(frame, area, vec![Line::from(text)])
    },
};

fn event(state: &State, row: usize) -> &UnitEvent {
    &state.events[state.misses[row]]
}

/// Says why, with the full name of a changed dependency where the build has it.
fn reason(state: &State, event: &UnitEvent) -> String {
    let named = |name: &str| {
        let build = state.misses.iter().map(|place| state.events[*place].clone()).collect::<Vec<_>>();
        figures::dependency(&build, event, name).map(|dependency| words::label(&dependency.unit))
    };
    words::reason(&event.outcome, named).map_or(String::new(), |reason| reason.text)
}
