//! Tables for people.
//!
//! Owns the layout: an upper-case header, two spaces between columns, text left and numbers right, no rule line, `-`
//! where there is nothing. Never knows what a cell means.

/// The side of a column to which its cells move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    /// For text.
    Left,
    /// For numbers.
    Right,
}

/// A table with `N` columns.
#[derive(Clone, Debug)]
pub struct Table<const N: usize> {
    columns: [(&'static str, Align); N],
    rows: Vec<[String; N]>,
}

impl<const N: usize> Table<N> {
    /// Begins a table.
    pub fn new(columns: [(&'static str, Align); N]) -> Self {
        Self { columns, rows: Vec::new() }
    }

    /// Adds a row; an empty cell shows as `-`.
    pub fn row(&mut self, cells: [String; N]) {
        self.rows.push(cells.map(|cell| if cell.is_empty() { "-".to_owned() } else { cell }));
    }

    /// Returns the table, each line ended. If it is wider than `width`, the widest text column is cut.
    pub fn render(&self, width: Option<usize>) -> String {
        let widths = self.widths(width);
        let header = self.columns.map(|(name, _)| name.to_owned());
        let mut text = String::new();
        for row in std::iter::once(&header).chain(&self.rows) {
            let mut line = String::new();
            for ((cell, (_, align)), width) in row.iter().zip(self.columns).zip(widths) {
                let cell = cut(cell, width);
                let padding = " ".repeat(width - length(&cell));
                line += &match align {
                    Align::Left => format!("{cell}{padding}  "),
                    Align::Right => format!("{padding}{cell}  "),
                };
            }
            text += line.trim_end();
            text.push('\n');
        }
        text
    }

    fn widths(&self, limit: Option<usize>) -> [usize; N] {
        let mut widths = self.columns.map(|(name, _)| length(name));
        for row in &self.rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = length(cell).max(*width);
            }
        }
        let total = widths.iter().sum::<usize>() + 2 * N.saturating_sub(1);
        let texts = (0..N).filter(|n| self.columns[*n].1 == Align::Left);
        if let Some(excess) = limit.and_then(|limit| total.checked_sub(limit))
            && let Some(widest) = texts.max_by_key(|n| widths[*n])
        {
            widths[widest] = widths[widest].saturating_sub(excess).max(length(self.columns[widest].0));
        }
        widths
    }
}

fn length(text: &str) -> usize {
    text.chars().count()
}

fn cut(text: &str, width: usize) -> String {
    if length(text) <= width {
        return text.to_owned();
    }
    text.chars().take(width.saturating_sub(1)).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_align_and_the_widest_text_is_cut() {
        let mut table = Table::new([("NAME", Align::Left), ("SIZE", Align::Right), ("WHY", Align::Left)]);
        table.row(["é".into(), "12 B".into(), String::new()]);
        table.row(["longer-name".into(), "1 B".into(), "x".into()]);
        assert_eq!(
            table.render(None),
            "NAME         SIZE  WHY\n\
             é            12 B  -\n\
             longer-name   1 B  x\n"
        );
        assert_eq!(
            table.render(Some(18)),
            "NAME     SIZE  WHY\n\
             é        12 B  -\n\
             longer…   1 B  x\n"
        );
    }
}
