//! What stands over the page: help, questions, and what must not be missed.
//!
//! Owns their texts. Which keys answer is the state's.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span, Text};
use ratatui::widgets::{Clear, Paragraph, Wrap};

use super::mode::{Mode, Question};
use super::state::State;
use crate::tui::Look;
use crate::tui::text::width;

/// Columns of a dialog, within its frame.
const WIDTH: u16 = 54;

const HELP: &[(&str, &str)] = &[
    ("arrows, PgUp, PgDn", "choose a setting"),
    ("Tab, Shift-Tab", "next section, the one before"),
    ("Enter, Space", "edit, or take the next choice"),
    ("u, Del", "unset: back to the default"),
    ("/, f", "filter; c shows all again"),
    ("s, Ctrl-S", "save"),
    ("q, Esc", "quit; asks if something is unsaved"),
    ("", ""),
    ("Enter, Esc", "in a text: keep it, leave as it was"),
    ("Ctrl-U, Ctrl-W", "in a text: delete to start, a word"),
];

/// Draws what the mode wants over the page, if anything.
pub(super) fn draw(state: &State, frame: &mut Frame<'_>, area: Rect, look: &Look) {
    match &state.mode {
        Mode::List | Mode::Field(_) | Mode::Filter(_) => {}
        Mode::Help => {
            let line = |(keys, does): &(&str, &str)| key(&format!("{keys:<19}"), does);
            let text = Text::from(HELP.iter().map(line).collect::<Vec<_>>());
            show("Keys", text, frame, area, look);
        }
        Mode::Notice { title, text, hint } => {
            let mut lines = Text::from(text.clone());
            if let Some(hint) = hint {
                lines.push_line("");
                lines.push_line(format!("hint: {hint}"));
            }
            lines.push_line("");
            lines.push_line(key("Enter", " go on"));
            show(title, lines, frame, area, look);
        }
        Mode::Ask(question) => {
            let (title, text, answers) = words(*question, state.changes);
            let mut lines = Text::from(text);
            lines.push_line("");
            lines.extend(answers.iter().map(|(name, does)| key(&format!("{name:<4}"), does)));
            show(title, lines, frame, area, look);
        }
    }
}

/// Returns title, text and answers of a question.
fn words(
    question: Question,
    changes: usize,
) -> (&'static str, String, &'static [(&'static str, &'static str)]) {
    match question {
        Question::Leave => {
            let text = match changes {
                1 => "1 change is not saved.".to_owned(),
                count => format!("{count} changes are not saved."),
            };
            ("Quit", text, &[("s", "save and quit"), ("n", "quit without saving"), ("Esc", "stay")])
        }
        Question::Stale { .. } => {
            let text = "The file was changed by somebody else since it was read. Nothing is saved yet.";
            let answers = &[
                ("r", "read it again, and drop your changes"),
                ("o", "put your changes into it, and keep the rest"),
                ("Esc", "cancel"),
            ];
            ("Changed meanwhile", text.to_owned(), answers)
        }
    }
}

fn key(name: &str, does: &str) -> Line<'static> {
    let bold = Style::new().add_modifier(Modifier::BOLD);
    Line::from(vec![Span::styled(name.to_owned(), bold), Span::raw(does.to_owned())])
}

/// Draws a text in a frame in the middle.
fn show(title: &str, text: Text<'static>, frame: &mut Frame<'_>, area: Rect, look: &Look) {
    let width = WIDTH.min(area.width.saturating_sub(4));
    // As many rows as wrapping makes: words never share a row that is too long for both.
    let rows: usize = text.lines.iter().map(|line| wrapped(line, width.into())).sum();
    let height = u16::try_from(rows).unwrap_or(u16::MAX).saturating_add(2).min(area.height);
    let outer = Rect {
        x: area.x + (area.width - width - 4) / 2,
        y: area.y + (area.height - height) / 2,
        width: width + 4,
        height,
    };
    let inner = Rect { x: outer.x + 2, y: outer.y + 1, width, height: height.saturating_sub(2) };
    let block = look.block().title(format!(" {title} ")).title_style(look.heading());
    frame.render_widget(Clear, outer);
    frame.render_widget(block, outer);
    frame.render_widget(Paragraph::new(text).wrap(Wrap { trim: false }), inner);
}

/// Returns how many rows a line takes when it is wrapped at words.
pub(super) fn wrapped(line: &Line<'_>, room: usize) -> usize {
    let text = line.spans.iter().map(|span| &*span.content).collect::<String>();
    let (mut rows, mut used) = (1, 0);
    for word in text.split(' ') {
        let long = width(word);
        if used > 0 && used + 1 + long > room {
            rows += 1;
            used = 0;
        }
        used += long + usize::from(used > 0);
        rows += used.saturating_sub(1) / room;
        used = if used > room { used % room } else { used };
    }
    rows
}
