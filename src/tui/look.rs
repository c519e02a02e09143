//! Colours and symbols.
//!
//! Owns how things look, so that views say what they are. Without colours weight and inversion tell the same; without
//! Unicode all symbols are ASCII.

use ratatui::style::{Color, Modifier, Style};
use ratatui::symbols::border;
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

    /// Returns the first of two symbols if the terminal can show it, else the second.
    pub fn symbol(&self, unicode: &'static str, ascii: &'static str) -> &'static str {
        if self.unicode { unicode } else { ascii }
    }

    fn tinted(&self, color: Color, modifier: Modifier) -> Style {
        let style = Style::new().add_modifier(modifier);
        if self.color { style.fg(color) } else { style }
    }
}
