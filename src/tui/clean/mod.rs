//! The selector of target directories.
//!
//! Owns the choice: which rows there are, which are marked, and what a key or a click does to them. The figures come
//! through a channel, from whoever measures. Removes nothing: what was chosen is told to whoever asked.
//!
//! - [`view`]: how it looks.

mod view;

use std::sync::mpsc::Receiver;
use std::time::Duration;

use ratatui::Frame;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::Rect;

use super::{Flow, Input, Look, View};
use crate::fs;
use crate::targets::Measured;
use crate::targets::measure::{Total, total};

/// Figures, and the number of the row that they are for.
pub type Figures = Receiver<(usize, fs::Result<Measured>)>;

/// What was decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The rows with these numbers are to go. There may be none.
    These(Vec<usize>),
    /// Nothing is to happen.
    Cancelled,
}

/// The state of the selector.
pub struct Selector {
    /// As they are shown.
    rows: Vec<Row>,
    figures: Figures,
    now_ms: u64,
    /// Position of the row that keys act on.
    cursor: usize,
    /// Whether somebody has moved it: then it stays on its row when the order changes.
    moved: bool,
    /// Position of the first row on the screen.
    top: usize,
    /// Where the rows were drawn last.
    list: Rect,
    answer: Option<Answer>,
}

/// One target directory.
struct Row {
    /// The number by which others know it.
    number: usize,
    path: String,
    /// `None`: not measured yet.
    figures: Option<fs::Result<Measured>>,
    marked: bool,
}

impl Row {
    fn measured(&self) -> Option<&Measured> {
        self.figures.as_ref()?.as_ref().ok()
    }
}

impl Selector {
    /// Begins with nothing measured and nothing marked.
    pub fn new(paths: Vec<String>, figures: Figures, now_ms: u64) -> Self {
        let row = |(number, path)| Row { number, path, figures: None, marked: false };
        let rows = paths.into_iter().enumerate().map(row).collect();
        let list = Rect::default();
        Self { rows, figures, now_ms, cursor: 0, moved: false, top: 0, list, answer: None }
    }

    /// Returns what was decided, if it was.
    pub fn answer(&self) -> Option<Answer> {
        self.answer.clone()
    }

    /// Takes in the figures that have come. Returns whether there were any.
    fn receive(&mut self) -> bool {
        let news = self.figures.try_iter().collect::<Vec<_>>();
        if news.is_empty() {
            return false;
        }
        for (number, figures) in news {
            if let Some(row) = self.rows.iter_mut().find(|row| row.number == number) {
                row.figures = Some(figures);
            }
        }
        let current = self.rows.get(self.cursor).map(|row| row.number);
        // What is not known yet, or cannot be, comes last.
        self.rows.sort_by_key(|row| {
            let bytes = row.measured().map_or(0, |measured| measured.bytes);
            (row.measured().is_none(), std::cmp::Reverse(bytes), row.number)
        });
        if self.moved {
            let place = self.rows.iter().position(|row| Some(row.number) == current);
            self.cursor = place.unwrap_or(self.cursor);
        }
        true
    }

    fn on_key(&mut self, key: KeyEvent) -> Flow {
        if key.code == KeyCode::Char('c') && key.modifiers.contains(KeyModifiers::CONTROL) {
            return self.end(Answer::Cancelled);
        }
        let last = self.rows.len().saturating_sub(1);
        let page = usize::from(self.list.height.max(1));
        match key.code {
            KeyCode::Char('q') | KeyCode::Esc => return self.end(Answer::Cancelled),
            KeyCode::Enter => return self.end(Answer::These(self.marked())),
            KeyCode::Char(' ') => self.toggle(),
            KeyCode::Char('a') => self.mark_all(true),
            KeyCode::Char('n') => self.mark_all(false),
            KeyCode::Up | KeyCode::Char('k') => self.move_to(self.cursor.saturating_sub(1)),
            KeyCode::Down | KeyCode::Char('j') => self.move_to(self.cursor + 1),
            KeyCode::PageUp => self.move_to(self.cursor.saturating_sub(page)),
            KeyCode::PageDown => self.move_to(self.cursor + page),
            KeyCode::Home => self.move_to(0),
            KeyCode::End => self.move_to(last),
            _ => return Flow::Stay,
        }
        Flow::Draw
    }

    fn on_mouse(&mut self, mouse: MouseEvent) -> Flow {
        match mouse.kind {
            MouseEventKind::ScrollUp => self.move_to(self.cursor.saturating_sub(1)),
            MouseEventKind::ScrollDown => self.move_to(self.cursor + 1),
            MouseEventKind::Down(MouseButton::Left) => {
                if !self.list.contains((mouse.column, mouse.row).into()) {
                    return Flow::Stay;
                }
                let row = self.top + usize::from(mouse.row - self.list.y);
                if row >= self.rows.len() {
                    return Flow::Stay;
                }
                self.move_to(row);
                self.toggle();
            }
            _ => return Flow::Stay,
        }
        Flow::Draw
    }

    fn move_to(&mut self, row: usize) {
        self.cursor = row.min(self.rows.len().saturating_sub(1));
        self.moved = true;
    }

    fn toggle(&mut self) {
        // What is marked is what somebody saw: the cursor does not leave it.
        self.moved = true;
        if let Some(row) = self.rows.get_mut(self.cursor) {
            row.marked = !row.marked;
        }
    }

    fn mark_all(&mut self, marked: bool) {
        for row in &mut self.rows {
            row.marked = marked;
        }
    }

    fn end(&mut self, answer: Answer) -> Flow {
        self.answer = Some(answer);
        Flow::End
    }

    /// Returns the numbers of the marked rows, in the order shown.
    fn marked(&self) -> Vec<usize> {
        self.rows.iter().filter(|row| row.marked).map(|row| row.number).collect()
    }

    /// Returns what the marked rows take together. What is in use would stay, and frees nothing.
    fn total(&self) -> Total {
        let marked = || self.rows.iter().filter(|row| row.marked).filter_map(Row::measured);
        Total { freed: total(marked().filter(|measured| !measured.busy)).freed, ..total(marked()) }
    }

    /// Returns how many rows have been measured.
    fn known(&self) -> usize {
        self.rows.iter().filter(|row| row.figures.is_some()).count()
    }
}

impl View for Selector {
    fn on(&mut self, input: Input) -> Flow {
        let news = self.receive();
        let flow = match input {
            Input::Key(key) => self.on_key(key),
            Input::Mouse(mouse) => self.on_mouse(mouse),
            Input::Resized => Flow::Draw,
            Input::Tick | Input::Paste(_) => Flow::Stay,
        };
        if flow == Flow::Stay && news { Flow::Draw } else { flow }
    }

    fn patience(&self) -> Duration {
        // Figures come while nothing is typed.
        if self.known() < self.rows.len() { Duration::from_millis(50) } else { Duration::from_secs(3600) }
    }

    fn draw(&mut self, frame: &mut Frame<'_>, area: Rect, look: &Look) {
        view::draw(self, frame, area, look);
    }
}

#[cfg(test)]
mod tests;
