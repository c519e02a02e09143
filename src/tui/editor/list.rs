//! The rows of the list, and which of them are seen.
//!
//! Owns the order of headings and settings and how far the list is scrolled. Knows no key and draws nothing.

use ratatui::layout::Rect;

use crate::config::{Section, Setting};

/// One row of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Row {
    /// Room between sections.
    Blank,
    /// The name of a section.
    Heading(Section),
    /// The setting with this number.
    Setting(usize),
    /// What is to be said of the field above it.
    Note,
}

/// The rows as they were drawn last.
#[derive(Clone, Debug, Default)]
pub(super) struct List {
    pub(super) rows: Vec<Row>,
    /// How many of them are above the first that is seen.
    pub(super) offset: usize,
    pub(super) area: Rect,
}

/// What the keys of the remote itself begin with.
const REMOTE: &str = "cache.remote.";

/// Puts settings under their headings; `note` is the number of the one that has something said below it.
pub(super) fn rows(settings: &[Setting], filter: &str, note: Option<usize>, airy: bool) -> Vec<Row> {
    let mut rows = Vec::new();
    for section in Section::ALL {
        let start = rows.len();
        let mut members = settings
            .iter()
            .enumerate()
            .filter(|(_, setting)| setting.key.section == section && matches(setting, filter))
            .collect::<Vec<_>>();
        // What the remote is comes before how it is used.
        members.sort_by_key(|(_, setting)| !setting.key.name().starts_with(REMOTE));
        for (number, _) in members {
            rows.push(Row::Setting(number));
            rows.extend((note == Some(number)).then_some(Row::Note));
        }
        if rows.len() > start {
            rows.insert(start, Row::Heading(section));
            if airy && start > 0 {
                rows.insert(start, Row::Blank);
            }
        }
    }
    rows
}

/// Whether a setting is one that a person looks for.
pub(super) fn matches(setting: &Setting, filter: &str) -> bool {
    let filter = filter.trim().to_lowercase();
    let key = setting.key;
    let texts = [key.path, key.variable, Some(key.help), Some(key.section.title())];
    filter.is_empty() || texts.into_iter().flatten().any(|text| text.to_lowercase().contains(&filter))
}

/// Returns a setting's name without the tables that every other name begins with, too.
pub(super) fn short_name(setting: &Setting) -> &'static str {
    let name = setting.key.name();
    name.strip_prefix(REMOTE).or_else(|| name.strip_prefix("cache.")).unwrap_or(name)
}

/// Returns the numbers of the settings that a filter leaves, in the order they are shown.
pub(super) fn shown(settings: &[Setting], filter: &str) -> Vec<usize> {
    rows(settings, filter, None, false).into_iter().filter_map(Row::setting).collect()
}

/// Returns the setting so many places further, or at the end.
pub(super) fn step(shown: &[usize], selected: usize, by: isize) -> Option<usize> {
    let place = shown.iter().position(|number| *number == selected).unwrap_or_default();
    shown.get(place.saturating_add_signed(by).min(shown.len().saturating_sub(1))).copied()
}

/// Returns the first setting of the section so many places further, round and round.
pub(super) fn step_section(
    settings: &[Setting],
    shown: &[usize],
    selected: usize,
    by: isize,
) -> Option<usize> {
    let section = |number: usize| settings.get(number).map(|setting| setting.key.section);
    let mut firsts = shown.to_vec();
    firsts.dedup_by_key(|number| section(*number));
    let place = firsts.iter().position(|first| section(*first) == section(selected))?;
    firsts.get(around(place, by, firsts.len())).copied()
}

/// Moves a place among `count`, with the first after the last.
pub(super) fn around(place: usize, by: isize, count: usize) -> usize {
    place.checked_add_signed(by).unwrap_or(count.saturating_sub(1)) % count.max(1)
}

impl Row {
    /// Returns the number of the setting, if it is one.
    fn setting(self) -> Option<usize> {
        if let Self::Setting(number) = self { Some(number) } else { None }
    }
}

impl List {
    /// Takes new rows, and scrolls so that the selected setting is seen: with the heading above and the note below it.
    pub(super) fn arrange(&mut self, rows: Vec<Row>, area: Rect, selected: usize) {
        (self.rows, self.area) = (rows, area);
        let height = usize::from(area.height);
        if let Some(place) = self.place_of(selected) {
            let is_note = |row: &Row| *row == Row::Note;
            let bottom = place + usize::from(self.rows.get(place + 1).is_some_and(is_note));
            let is_setting = |row: &Row| matches!(row, Row::Setting(_) | Row::Note);
            let top = place - self.rows[..place].iter().rev().take_while(|row| !is_setting(row)).count();
            self.offset = self.offset.max((bottom + 1).saturating_sub(height)).min(top);
        }
        self.offset = self.offset.min(self.rows.len().saturating_sub(height));
    }

    /// Scrolls by rows, and returns the setting that is to be selected so that it is still seen.
    pub(super) fn scroll(&mut self, by: isize, selected: usize) -> usize {
        let height = usize::from(self.area.height);
        let last = self.rows.len().saturating_sub(height);
        self.offset = self.offset.saturating_add_signed(by).min(last);
        let seen = self.rows.iter().skip(self.offset).take(height);
        let seen = seen.copied().filter_map(Row::setting).collect::<Vec<_>>();
        match (seen.first(), seen.last()) {
            _ if seen.contains(&selected) => selected,
            (Some(first), _) if by > 0 => *first,
            (_, Some(last)) => *last,
            _ => selected,
        }
    }

    /// Returns the setting at a place of the screen.
    pub(super) fn at(&self, column: u16, row: u16) -> Option<usize> {
        if !self.area.contains((column, row).into()) {
            return None;
        }
        self.rows.get(self.offset + usize::from(row - self.area.y)).copied().and_then(Row::setting)
    }

    fn place_of(&self, selected: usize) -> Option<usize> {
        self.rows.iter().position(|row| *row == Row::Setting(selected))
    }
}
