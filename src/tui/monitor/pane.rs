//! What is selected in a table, and which of its rows are shown in which order.
//!
//! Owns the cursor, the filter and the order of one tab. Never knows what the rows are.

use std::ops::Range;

/// Order of rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    /// In the order in which they came.
    Came,
    /// Newest first.
    Newest,
    /// Largest first.
    Size,
    /// Longest first.
    Time,
    /// Most used first.
    Hits,
    /// By name.
    Name,
}

impl Order {
    /// Names it.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Came => "newest last",
            Self::Newest => "newest first",
            Self::Size => "largest first",
            Self::Time => "longest first",
            Self::Hits => "most used first",
            Self::Name => "by name",
        }
    }
}

/// The state of one table.
#[derive(Debug)]
pub(super) struct Pane {
    /// Places of the shown rows in what they come from.
    pub(super) rows: Vec<usize>,
    /// Whether `rows` is to be made anew.
    pub(super) stale: bool,
    /// What a row must hold to be shown.
    pub(super) filter: String,
    /// Place of the order in the list of the tab's orders.
    pub(super) order: usize,
    cursor: usize,
    /// Whether the cursor stays at the end when rows are added.
    follow: bool,
    offset: usize,
}

impl Pane {
    /// Makes one whose cursor is at the end, or at the beginning.
    pub(super) fn new(follow: bool) -> Self {
        Self { rows: Vec::new(), stale: true, filter: String::new(), order: 0, cursor: 0, follow, offset: 0 }
    }

    /// Takes in new rows.
    pub(super) fn set(&mut self, rows: Vec<usize>) {
        self.rows = rows;
        self.stale = false;
    }

    /// Shows other rows from the beginning, or from the end where the newest is there.
    pub(super) fn restart(&mut self, follow: bool) {
        (self.cursor, self.offset, self.follow, self.stale) = (0, 0, follow, true);
    }

    /// Returns the place of the selected row among those shown.
    pub(super) fn cursor(&self) -> Option<usize> {
        let last = self.rows.len().checked_sub(1)?;
        Some(if self.follow { last } else { self.cursor.min(last) })
    }

    /// Returns the selected row.
    pub(super) fn selected(&self) -> Option<usize> {
        self.cursor().map(|cursor| self.rows[cursor])
    }

    /// Moves the cursor. `follows` says whether the end is where new rows come.
    pub(super) fn move_by(&mut self, by: isize, follows: bool) {
        if let Some(cursor) = self.cursor() {
            self.move_to(cursor.saturating_add_signed(by), follows);
        }
    }

    /// Moves the cursor to a row among those shown.
    pub(super) fn move_to(&mut self, row: usize, follows: bool) {
        let last = self.rows.len().saturating_sub(1);
        self.cursor = row.min(last);
        self.follow = follows && self.cursor == last;
    }

    /// Moves the cursor to what stands in a line of the screen. Returns its row, if there is one.
    pub(super) fn point(&mut self, line: usize, follows: bool) -> Option<usize> {
        let row = self.offset + line;
        if row >= self.rows.len() {
            return None;
        }
        self.move_to(row, follows);
        self.selected()
    }

    /// Returns the rows that fit into `height` lines, the cursor among them.
    pub(super) fn window(&mut self, height: usize) -> Range<usize> {
        let cursor = self.cursor().unwrap_or(0);
        let first = (cursor + 1).saturating_sub(height);
        self.offset = self.offset.clamp(first, cursor.max(first));
        self.offset = self.offset.min(self.rows.len().saturating_sub(height));
        self.offset..(self.offset + height).min(self.rows.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pane(follow: bool, rows: usize) -> Pane {
        let mut pane = Pane::new(follow);
        pane.set((0..rows).collect());
        pane
    }

    #[test]
    fn the_cursor_stays_at_the_end_until_it_is_moved_up() {
        let mut pane = pane(true, 10);
        assert_eq!((pane.selected(), pane.window(4)), (Some(9), 6..10));
        pane.set((0..12).collect());
        assert_eq!((pane.selected(), pane.window(4)), (Some(11), 8..12));
        pane.move_by(-1, true);
        pane.set((0..20).collect());
        assert_eq!((pane.selected(), pane.window(4)), (Some(10), 8..12));
        pane.move_by(100, true);
        pane.set((0..30).collect());
        assert_eq!(pane.selected(), Some(29));
    }

    #[test]
    fn the_window_moves_only_as_far_as_it_must() {
        let mut pane = pane(false, 10);
        assert_eq!(pane.window(4), 0..4);
        pane.move_by(5, false);
        assert_eq!(pane.window(4), 2..6);
        pane.move_by(-2, false);
        assert_eq!(pane.window(4), 2..6);
        assert_eq!(pane.point(3, false), Some(5));
        assert_eq!(pane.selected(), Some(5));
        assert_eq!(pane.window(100), 0..10);
        assert_eq!(pane.point(10, false), None);
        pane.set(Vec::new());
        assert_eq!((pane.selected(), pane.window(4)), (None, 0..0));
    }
}
