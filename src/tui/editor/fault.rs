//! A file that cannot be used.
//!
//! Owns what is shown of it: what is wrong, and where. Never tries to mend it.

use std::error::Error as _;
use std::path::Path;

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Text};
use ratatui::widgets::{Paragraph, Wrap};

use super::draw;
use crate::config::ConfigError;
use crate::fs;
use crate::tui::Look;
use crate::tui::text;

/// Lines shown before the one with the error.
const BEFORE: usize = 2;

/// Why a file cannot be used.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) path: String,
    /// The error, and what caused it.
    pub(super) messages: Vec<String>,
    place: Option<Place>,
}

/// Where in the file the error is.
#[derive(Debug)]
struct Place {
    column: usize,
    /// The lines up to it, with their numbers.
    lines: Vec<(usize, String)>,
}

impl Fault {
    pub(super) fn new(path: &Path, error: &ConfigError) -> Self {
        let place = |(line, column): (usize, usize)| {
            let text = fs::read_to_string(path).ok()?;
            let numbered = text.lines().enumerate().map(|(index, line)| (index + 1, line.to_owned()));
            let lines = numbered.take(line).skip(line.saturating_sub(BEFORE + 1)).collect();
            Some(Place { column, lines })
        };
        Self {
            path: path.display().to_string(),
            messages: messages(error),
            place: error.place().and_then(place),
        }
    }

    pub(super) fn draw(&self, frame: &mut Frame<'_>, area: Rect, look: &Look) {
        let parts = [Constraint::Length(2), Constraint::Min(1), Constraint::Length(1)];
        let [top, middle, bottom] = Layout::vertical(parts).areas(area);
        draw::title(&self.path, "", frame, top, look);
        draw::keys(&[("r", "read again"), ("q", "quit")], frame, bottom, look);

        let inner = Rect { x: middle.x + 1, width: middle.width.saturating_sub(2), ..middle };
        let mut text = Text::default();
        text.push_line(Line::styled("This file cannot be used, and is left as it is.", look.bad()));
        text.push_line("");
        for message in &self.messages {
            text.push_line(message.clone());
        }
        if let Some(place) = &self.place {
            text.push_line("");
            text.extend(place.show(inner.width.into(), look));
        }
        text.push_line("");
        text.push_line("Correct it, then press r to read it again.");
        frame.render_widget(Paragraph::new(text).wrap(Wrap { trim: false }), inner);
    }
}

impl Place {
    /// Shows the lines, and points at the column of the last one.
    fn show(&self, width: usize, look: &Look) -> Vec<Line<'static>> {
        let cut = |line: &str| text::cut(&line.replace('\t', " "), width.saturating_sub(8));
        let numbered = self.lines.iter().map(|(number, line)| format!("{number:>5} | {}", cut(line)).into());
        let mut lines = numbered.collect::<Vec<Line<'_>>>();
        if self.column + 8 <= width {
            let column = self.column;
            lines.push(Line::styled(format!("{:>5} | {:>column$}", "", "^"), look.bad()));
        }
        lines
    }
}

/// Returns an error and what caused it.
pub(super) fn messages(error: &ConfigError) -> Vec<String> {
    let mut messages = vec![error.to_string()];
    let mut source = error.source();
    while let Some(cause) = source {
        messages.push(cause.to_string());
        source = cause.source();
    }
    messages
}
