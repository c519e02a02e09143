//! Tables on the screen.
//!
//! Owns the layout of columns: which of them fit, how wide they are, where a text is cut. Never knows what a cell means.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Span;

use super::super::Look;
use crate::report::table::Align;

/// A column.
#[derive(Clone, Copy, Debug)]
pub(super) struct Column {
    pub(super) title: &'static str,
    pub(super) align: Align,
    /// Its width; 0 for a part of what the others leave.
    pub(super) width: u16,
    /// How many such parts.
    pub(super) parts: u16,
    /// The least width of the table in which it is shown.
    pub(super) from: u16,
}

/// What stands in a column of a row.
#[derive(Clone, Debug)]
pub(super) struct Cell {
    pub(super) text: String,
    pub(super) style: Style,
}

impl Cell {
    pub(super) fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), style: Style::new() }
    }

    pub(super) fn styled(text: impl Into<String>, style: Style) -> Self {
        Self { text: text.into(), style }
    }
}

/// Between columns.
const GAP: u16 = 2;

/// Draws header and rows; each row comes with whether it is selected.
pub(super) fn draw(
    buffer: &mut Buffer,
    area: Rect,
    columns: &[Column],
    rows: impl Iterator<Item = (Vec<Cell>, bool)>,
    look: &Look,
) {
    let widths = widths(columns, area.width);
    let header = columns.iter().map(|column| Cell::styled(column.title, look.heading())).collect();
    let rows = std::iter::once((header, false)).chain(rows);
    for ((cells, selected), y) in rows.zip(area.top()..area.bottom()) {
        let mut x = area.left();
        for ((cell, column), width) in cells.iter().zip(columns).zip(&widths) {
            let Some(width) = *width else { continue };
            let text = cut(&cell.text, width.into());
            let room = width.saturating_sub(length(&text));
            let start = if column.align == Align::Right { x + room } else { x };
            buffer.set_stringn(start, y, &text, width.into(), cell.style);
            x += width + GAP;
        }
        if selected {
            buffer.set_style(Rect { y, height: 1, ..area }, look.selected());
        }
    }
}

/// Returns the width of each column; `None` for those without room.
fn widths(columns: &[Column], width: u16) -> Vec<Option<u16>> {
    let shown = || columns.iter().filter(|column| column.from <= width);
    let gaps = u16::try_from(shown().count().saturating_sub(1)).unwrap_or(0) * GAP;
    let rest = width.saturating_sub(shown().map(|column| column.width).sum::<u16>() + gaps);
    let parts = shown().map(|column| column.parts).sum::<u16>().max(1);
    let wide = |column: &Column| if column.width == 0 { rest * column.parts / parts } else { column.width };
    columns.iter().map(|column| (column.from <= width).then(|| wide(column))).collect()
}

/// Cuts a text that is too long, at its end, or a path at its beginning.
pub(super) fn cut(text: &str, width: usize) -> String {
    if usize::from(length(text)) <= width {
        return text.to_owned();
    }
    let room = width.saturating_sub(1);
    let fitting = |letters: &mut dyn Iterator<Item = char>| {
        let mut left = room;
        let mut kept = Vec::new();
        for letter in letters {
            let wide = usize::from(length(letter.encode_utf8(&mut [0; 4])));
            if wide > left {
                break;
            }
            left -= wide;
            kept.push(letter);
        }
        kept
    };
    if text.starts_with('/') {
        let mut kept = fitting(&mut text.chars().rev());
        kept.push('…');
        return kept.into_iter().rev().collect();
    }
    let mut kept = fitting(&mut text.chars());
    kept.push('…');
    kept.into_iter().collect()
}

/// Returns the columns that a text takes.
pub(super) fn length(text: &str) -> u16 {
    u16::try_from(Span::raw(text).width()).unwrap_or(u16::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_cut_at_their_beginning() {
        assert_eq!(cut("/home/u/project", 8), "…project");
        assert_eq!(cut("project/of/mine", 8), "project…");
        assert_eq!(cut("project", 7), "project");
        assert_eq!(cut("字字字", 4), "字…");
        assert_eq!(cut("ab", 0), "…");
    }

    #[test]
    fn columns_without_room_are_left_out() {
        let column = |width, parts, from| Column { title: "X", align: Align::Left, width, parts, from };
        let columns = [column(5, 0, 0), column(0, 1, 0), column(6, 0, 30)];
        assert_eq!(widths(&columns, 29), [Some(5), Some(22), None]);
        assert_eq!(widths(&columns, 30), [Some(5), Some(15), Some(6)]);
        assert_eq!(widths(&columns, 3), [Some(5), Some(0), None]);
        let columns = [column(0, 1, 0), column(0, 2, 0)];
        assert_eq!(widths(&columns, 32), [Some(10), Some(20)]);
    }
}
