//! What lies above the tables: one thing in full, and the help.
//!
//! Owns the form of both. What is said of a thing comes from the file of its tab.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span, Text};
use ratatui::widgets::{Clear, Paragraph, Wrap};

use super::super::Look;
use super::state::State;
use crate::event::UnitEvent;

/// What lies above.
#[derive(Debug)]
pub(super) enum Overlay {
    /// The keys.
    Help,
    /// One thing.
    Details(Box<Details>),
}

/// One thing in full.
#[derive(Debug, Default)]
pub(super) struct Details {
    pub(super) title: String,
    /// Names and values.
    pub(super) facts: Vec<(&'static str, String)>,
    /// The event to be explained.
    pub(super) miss: Option<UnitEvent>,
    /// What stands above the explanation, below the facts. Without it the explanation comes first.
    pub(super) heading: Option<&'static str>,
    /// The number of the question that was asked about it.
    pub(super) question: Option<u64>,
    /// The explanation.
    pub(super) explained: Option<String>,
    pub(super) scroll: usize,
}

const HELP: &[(&str, &str)] = &[
    ("1 to 5, Tab", "another tab"),
    ("arrows, Page, Home, End", "another row"),
    ("Enter", "the row in full"),
    ("f", "show only rows with a text"),
    ("c", "show all rows again"),
    ("s", "another order"),
    ("r", "look at everything anew"),
    ("q, Esc, Ctrl-C", "leave"),
    ("mouse", "click on tabs and rows, wheel"),
];

/// Draws what lies above, if anything does.
pub(super) fn draw(state: &mut State, frame: &mut Frame<'_>, body: Rect, look: &Look) {
    match &mut state.overlay {
        None => {}
        Some(Overlay::Help) => {
            let width = HELP.iter().map(|(keys, _)| keys.len()).max().unwrap_or(0);
            let line = |(keys, what): &(&'static str, &'static str)| {
                Line::from(vec![Span::styled(format!("{keys:width$}  "), look.heading()), Span::raw(*what)])
            };
            let text = Text::from(HELP.iter().map(line).collect::<Vec<_>>());
            let area = middle(body, 60, HELP.len() + 2);
            window(frame, area, "Keys", text, 0, look);
        }
        Some(Overlay::Details(details)) => {
            let text = details.text(look);
            let area = middle(body, 96, text.lines.len() + 3);
            details.scroll = details.scroll.min(text.lines.len().saturating_sub(1));
            window(frame, area, &details.title, text, details.scroll, look);
        }
    }
}

impl Details {
    fn text(&self, look: &Look) -> Text<'static> {
        let width = self.facts.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
        let fact = |(name, value): &(&'static str, String)| {
            let value = if value.is_empty() { "-" } else { value };
            Line::from(vec![Span::styled(format!("{name:width$}  "), look.quiet()), value.to_owned().into()])
        };
        let facts = self.facts.iter().map(fact);
        let explained = self.explained.iter().flat_map(|text| text.lines());
        let explained = explained.map(|line| Line::from(line.to_owned()));
        let lines = match self.heading {
            None if self.explained.is_some() => {
                explained.chain([Line::default()]).chain(facts).collect::<Vec<_>>()
            }
            Some(heading) if self.explained.is_some() => {
                let heading = [Line::default(), Line::styled(heading, look.heading())];
                facts.chain(heading).chain(explained).collect()
            }
            _ => facts.collect(),
        };
        Text::from(lines)
    }
}

fn window(frame: &mut Frame<'_>, area: Rect, title: &str, text: Text<'static>, scroll: usize, look: &Look) {
    let title = Line::styled(format!(" {title} "), look.heading());
    let is_long = text.lines.len() + 2 > area.height.into();
    let keys = if is_long { " Up and Down move, Esc closes " } else { " Esc closes " };
    let keys = Line::styled(keys, look.quiet()).right_aligned();
    let block = look.block().border_style(Style::new()).title(title).title_bottom(keys);
    let scroll = u16::try_from(scroll).unwrap_or(u16::MAX);
    let text = Paragraph::new(text).block(block).wrap(Wrap { trim: false }).scroll((scroll, 0));
    frame.render_widget(Clear, area);
    frame.render_widget(text, area);
}

/// Returns the middle of an area.
fn middle(area: Rect, width: u16, height: usize) -> Rect {
    let width = width.min(area.width);
    let height = u16::try_from(height).unwrap_or(u16::MAX).min(area.height);
    Rect { x: area.x + (area.width - width) / 2, y: area.y + (area.height - height) / 2, width, height }
}
