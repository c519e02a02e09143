//! What the store holds.

use super::{Details, Order, Sheet, State, left, moment, right, wide};
use crate::quantity::format_size;
use crate::report::entries::{kind, last_use};
use crate::report::text::{short_key, shown_time};
use crate::report::time;
use crate::tui::monitor::table::Cell;

pub(super) const SHEET: Sheet = Sheet {
    noun: ("entry", "entries"),
    columns: &[
        left("KEY", 8, 96),
        wide("CRATE", 1, 0),
        left("TYPE", 16, 70),
        left("PROFILE", 7, 80),
        right("SIZE", 8, 0),
        right("HITS", 4, 0),
        left("CREATED", 8, 90),
        left("USED", 8, 0),
    ],
    orders: &[Order::Size, Order::Hits, Order::Newest, Order::Name],
    count: |state| state.entries().len(),
    text: |state, row| {
        let row = &state.entries()[row];
        let unit = &row.entry.unit;
        format!("{} {} {} {} {}", unit.package, unit.version, kind(unit), unit.profile, row.key.to_hex())
    },
    number: |state, row, order| {
        let row = &state.entries()[row];
        match order {
            Order::Hits => row.usage.hits,
            Order::Newest => row.entry.created_ms,
            _ => row.entry.size(),
        }
    },
    cells: |state, row, look| {
        let row = &state.entries()[row];
        let unit = &row.entry.unit;
        let ago = |ms| time::ago(ms, state.now_ms);
        let version = if unit.version.is_empty() { String::new() } else { format!(" v{}", unit.version) };
        vec![
            Cell::styled(row.key.to_hex().get(..8).unwrap_or_default(), look.quiet()),
            Cell::new(format!("{}{version}", unit.package)),
            Cell::new(kind(unit)),
            Cell::new(&*unit.profile),
            Cell::new(format_size(row.entry.size())),
            Cell::new(row.usage.hits.to_string()),
            Cell::styled(ago(row.entry.created_ms), look.quiet()),
            Cell::styled(last_use(&row.usage).map_or("-".to_owned(), ago), look.quiet()),
        ]
    },
    details,
    empty: |state| match (state.store.damaged, state.store.exists) {
        (true, _) => "The index of the store is damaged. The next build starts a new one.".to_owned(),
        (false, true) => "The store is empty.".to_owned(),
        (false, false) => format!("There is no store at {} yet.", state.facts.cache.display()),
    },
    above: |_, _, area, _| area,
};

fn details(state: &State, row: usize) -> Details {
    let row = &state.entries()[row];
    let unit = &row.entry.unit;
    let files = row.entry.outputs.iter().map(|file| format!("{} ({})", file.name, format_size(file.size)));
    let mut facts = vec![
        ("key", row.key.to_hex()),
        ("type", kind(unit)),
        ("profile", unit.profile.clone()),
        ("target", unit.triple.clone().unwrap_or_else(|| "host".into())),
        ("features", row.entry.inputs.features.join(", ")),
        ("rustc", row.entry.inputs.compiler_name.clone()),
        ("size", format_size(row.entry.size())),
        ("compile", shown_time(row.entry.compile_ms)),
        ("hits", row.usage.hits.to_string()),
        ("created", moment(row.entry.created_ms, state.now_ms)),
        ("last used", moment(row.usage.last_ms, state.now_ms)),
    ];
    facts.extend(files.map(|file| ("file", file)));
    let miss = state.last_miss(unit).cloned();
    if miss.is_none() {
        facts.push(("last miss", "none in the log".to_owned()));
    }
    let title = format!("{} {}", unit.package, short_key(&row.key.to_hex()));
    Details { title, facts, miss, heading: Some("Its last miss"), ..Details::default() }
}
