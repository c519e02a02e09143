//! The monitor.

use std::time::Duration;

use ratatui::Frame;
use ratatui::crossterm::event::{KeyCode, KeyModifiers};
use ratatui::layout::Rect;
use ratatui::widgets::Paragraph;

use super::{Flow, Input, Look, View};

/// The monitor.
#[derive(Debug, Default)]
pub struct Monitor {}

impl View for Monitor {
    fn on(&mut self, input: Input) -> Flow {
        match input {
            Input::Key(key) if key.code == KeyCode::Char('q') || key.code == KeyCode::Esc => Flow::End,
            Input::Key(key)
                if key.code == KeyCode::Char('c') && key.modifiers.contains(KeyModifiers::CONTROL) =>
            {
                Flow::End
            }
            _ => Flow::Stay,
        }
    }

    fn patience(&self) -> Duration {
        Duration::from_secs(1)
    }

    fn draw(&mut self, frame: &mut Frame<'_>, area: Rect, look: &Look) {
        let block = look.block().title("kache").title_style(look.heading());
        frame.render_widget(Paragraph::new("nothing yet").block(block), area);
    }
}
