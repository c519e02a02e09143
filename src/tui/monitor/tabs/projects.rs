//! The projects that were built, and what their target directories take.

use ratatui::text::Line;

use super::{Details, Order, Sheet, left, moment, right, wide};
use crate::quantity::{count, format_size};
use crate::report::time::ago;
use crate::tui::monitor::builds::project;
use crate::tui::monitor::state::Project;
use crate::tui::monitor::table::Cell;

pub(super) const SHEET: Sheet = Sheet {
    noun: ("project", "projects"),
    columns: &[
        wide("PATH", 1, 0),
        right("SIZE", 9, 0),
        right("CACHED", 9, 0),
        right("INCREMENTAL", 11, 80),
        right("DEPS", 9, 80),
        right("OTHER", 9, 90),
        left("PROFILES", 14, 70),
        left("BUILT", 8, 0),
    ],
    orders: &[Order::Newest, Order::Size, Order::Name],
    count: |state| state.projects.len(),
    text: |state, row| project(&state.projects[row].target).display().to_string(),
    number: |state, row, order| match order {
        Order::Size => state.projects[row].usage.as_ref().map_or(0, |usage| usage.size),
        _ => state.projects[row].built_ms,
    },
    cells: |state, row, look| {
        let project = &state.projects[row];
        let mut cells = vec![Cell::new(self::project(&project.target).display().to_string())];
        match &project.usage {
            Some(usage) => {
                let sizes = [usage.size, usage.shared, usage.incremental, usage.deps, usage.other];
                cells.extend(sizes.map(|size| Cell::new(format_size(size))));
                cells.push(Cell::new(usage.profiles.join(", ")));
            }
            None => cells.extend([(); 6].map(|()| Cell::styled(look.symbol("…", "..."), look.quiet()))),
        }
        cells.push(Cell::styled(ago(project.built_ms, state.now_ms), look.quiet()));
        cells
    },
    details: |state, row| details(&state.projects[row], state.now_ms),
    empty: |state| match &state.facts.since {
        Some((words, _)) => format!("No project has been built through the cache in the last {words}."),
        None => "No project has been built through the cache yet.".to_owned(),
    },
    above: |state, frame, area, _| {
        if state.projects.is_empty() {
            return area;
        }
        let usages = || state.projects.iter().filter_map(|project| project.usage.as_ref());
        let left = state.projects.len() - usages().count();
        let text = match left {
            0 => format!(
                "{} in all, {} of it shared with the cache",
                format_size(usages().map(|usage| usage.size).sum()),
                format_size(usages().map(|usage| usage.shared).sum())
            ),
            left => format!("Measuring {}", count(left as u64, "target directory", "target directories")),
        };
        super::lines(frame, area, vec![Line::from(text)])
    },
};

fn details(project: &Project, now_ms: u64) -> Details {
    let mut facts = vec![
        ("target directory", project.target.display().to_string()),
        ("last built", moment(project.built_ms, now_ms)),
    ];
    match &project.usage {
        Some(usage) => facts.extend([
            ("size", format_size(usage.size)),
            ("shared with the cache", format_size(usage.shared)),
            ("freed by removing it", format_size(usage.size - usage.shared)),
            ("incremental", format_size(usage.incremental)),
            ("deps", format_size(usage.deps)),
            ("other", format_size(usage.other)),
            ("profiles", usage.profiles.join(", ")),
        ]),
        None => facts.push(("size", "being measured".to_owned())),
    }
    let title = self::project(&project.target).display().to_string();
    Details { title, facts, ..Details::default() }
}
