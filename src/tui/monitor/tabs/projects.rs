//! The projects that were built, and what their target directories take.

use ratatui::text::Line;

use super::{Details, Order, Sheet, left, moment, right, wide};
use crate::quantity::{count, format_size};
use crate::report::time::ago;
use crate::targets::Parts;
use crate::tui::monitor::builds::project;
use crate::tui::monitor::feed::targets::Usage;
use crate::tui::monitor::state::{Measured, Project};
use crate::tui::monitor::table::Cell;

pub(super) const SHEET: Sheet = Sheet {
    noun: ("project", "projects"),
    columns: &[
        wide("PATH", 1, 0),
        right("SIZE", 8, 0),
        right("CACHED", 8, 0),
        right("INCREMENTAL", 11, 80),
        right("DEPS", 8, 80),
        right("OTHER", 8, 90),
        left("PROFILES", 10, 70),
        left("BUILT", 7, 0),
    ],
    orders: &[Order::Newest, Order::Size, Order::Name],
    count: |state| state.projects.len(),
    text: |state, row| project(&state.projects[row].target).display().to_string(),
    number: |state, row, order| match order {
        Order::Size => state.projects[row].usage().map_or(0, |usage| usage.size),
        _ => state.projects[row].built_ms,
    },
    cells: |state, row, look| {
        let project = &state.projects[row];
        let mut cells = vec![Cell::new(self::project(&project.target).display().to_string())];
        match &project.measured {
            Measured::Is(usage) => {
                let Parts { incremental, deps, .. } = usage.parts;
                let other = usage.size.saturating_sub(incremental + deps);
                let sizes = [usage.size, usage.cached, incremental, deps, other];
                cells.extend(sizes.map(|size| Cell::new(format_size(size))));
                cells.push(Cell::new(usage.profiles.join(", ")));
            }
            Measured::Gone => {
                cells.extend([(); 5].map(|()| Cell::styled("-", look.quiet())));
                cells.push(Cell::styled("gone", look.quiet()));
            }
            Measured::Waits => {
                cells.extend([(); 6].map(|()| Cell::styled(look.symbol("…", "..."), look.quiet())));
            }
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
        let usages = || state.projects.iter().filter_map(Project::usage);
        let waiting = state.projects.iter().filter(|it| matches!(it.measured, Measured::Waits)).count();
        let text = match waiting {
            0 => format!(
                "{} in all, {} of it shared with the cache",
                format_size(usages().map(|usage| usage.size).sum()),
                format_size(usages().map(|usage| usage.cached).sum())
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
    match &project.measured {
        Measured::Is(usage) => {
            facts.extend([
                ("size", format_size(usage.size)),
                ("shared with the cache", format_size(usage.cached)),
                ("freed by removing it", format_size(usage.freed)),
            ]);
            facts.extend(usage.parts.named().map(|(name, bytes)| (name, format_size(bytes))));
            facts.push(("profiles", usage.profiles.join(", ")));
        }
        Measured::Gone => facts.push(("size", "it is not there any more".to_owned())),
        Measured::Waits => facts.push(("size", "being measured".to_owned())),
    }
    let title = self::project(&project.target).display().to_string();
    Details { title, facts, ..Details::default() }
}

impl Project {
    fn usage(&self) -> Option<&Usage> {
        match &self.measured {
            Measured::Is(usage) => Some(usage),
            Measured::Waits | Measured::Gone => None,
        }
    }
}
