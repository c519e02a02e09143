//! Colours and symbols.
//!
//! Owns how things look, so that views say what they are. Without colours weight and inversion tell the same; without
//! Unicode all symbols are ASCII.

use ratatui::buffer::Buffer;
use ratatui::style::{Color, Modifier, Style};
use ratatui::symbols::{bar, border};
use ratatui::widgets::{Block, Borders};

/// What the terminal can show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    color: bool,
    unicode: bool,
}

const ASCII: border::Set<'static> = border::Set {
    top_left: "+",
    top_right: "+",
    bottom_left: "+",
    bottom_right: "+",
    vertical_left: "|",
    vertical_right: "|",
    horizontal_top: "-",
    horizontal_bottom: "-",
};

const ASCII_BARS: bar::Set<'static> = bar::Set {
    full: "#",
    seven_eighths: "#",
    three_quarters: "+",
    five_eighths: "=",
    half: "=",
    three_eighths: "-",
    one_quarter: "-",
    one_eighth: ".",
    empty: " ",
};

impl Look {
    /// Makes the look of a terminal with or without colours and Unicode.
    pub fn new(color: bool, unicode: bool) -> Self {
        Self { color, unicode }
    }

    /// Whether to use colours.
    pub fn color(&self) -> bool {
        self.color
    }

    /// Whether characters other than ASCII are shown right.
    pub fn unicode(&self) -> bool {
        self.unicode
    }

    /// What stands above others.
    pub fn heading(&self) -> Style {
        self.tinted(Color::Cyan, Modifier::BOLD)
    }

    /// What went well.
    pub fn good(&self) -> Style {
        self.tinted(Color::Green, Modifier::empty())
    }

    /// What deserves a look.
    pub fn warn(&self) -> Style {
        self.tinted(Color::Yellow, Modifier::empty())
    }

    /// What went wrong.
    pub fn bad(&self) -> Style {
        self.tinted(Color::Red, Modifier::BOLD)
    }

    /// What is there for those who look for it.
    pub fn quiet(&self) -> Style {
        Style::new().add_modifier(Modifier::DIM)
    }

    /// What the next key acts on.
    pub fn selected(&self) -> Style {
        Style::new().add_modifier(Modifier::REVERSED)
    }

    /// Returns a frame for a part of the screen.
    pub fn block(&self) -> Block<'static> {
        let lines = if self.unicode { border::ROUNDED } else { ASCII };
        Block::new().borders(Borders::ALL).border_set(lines).border_style(self.quiet())
    }

    /// Returns the symbols of a sparkline.
    pub fn bars(&self) -> bar::Set<'static> {
        if self.unicode { bar::NINE_LEVELS } else { ASCII_BARS }
    }

    /// Replaces what the terminal can't show: names and texts from outside may hold any character.
    pub(super) fn limit(&self, buffer: &mut Buffer) {
        if self.unicode {
            return;
        }
        for cell in &mut buffer.content {
            if !cell.symbol().is_ascii() {
                cell.set_symbol(match cell.symbol() {
                    "…" => "~",
                    "→" => ">",
                    "−" | "·" | "–" => "-",
                    "×" => "x",
                    _ => "?",
                });
            }
        }
    }

    /// Returns the first of two symbols if the terminal can show it, else the second.
    pub fn symbol(&self, unicode: &'static str, ascii: &'static str) -> &'static str {
        if self.unicode { unicode } else { ascii }
    }

    fn tinted(&self, color: Color, modifier: Modifier) -> Style {
        let style = Style::new().add_modifier(modifier);
        if self.color { style.fg(color) } else { style }
    }
}

#[cfg(test)]
mod tests {
    use ratatui::layout::Rect;

    use super::*;

    #[test]
    fn nothing_but_ascii_where_nothing_else_shows() {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 12, 1));
        buffer.set_string(0, 0, "a → ü 字 …", Style::new());
        let shown = |buffer: &Buffer| buffer.content.iter().map(|cell| cell.symbol()).collect::<String>();
        let before = shown(&buffer);
        Look::new(false, true).limit(&mut buffer);
        assert_eq!(shown(&buffer), before);
        Look::new(false, false).limit(&mut buffer);
        assert_eq!(shown(&buffer), "a > ? ?  ~  ");
    }
}
