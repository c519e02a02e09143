//! Colours and symbols.
//!
//! Owns how things look, so that views say what they are. Without colours weight and inversion tell the same; without
//! Unicode all symbols are ASCII.

use std::borrow::Cow;

use ratatui::style::{Color, Modifier, Style};
use ratatui::symbols::border;
use ratatui::text::Span;
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

    /// Returns a text as the terminal can show it.
    pub fn text<'a>(&self, text: &'a str) -> Cow<'a, str> {
        if self.unicode || text.is_ascii() {
            return text.into();
        }
        let shown = |character: char| match character {
            '…' => "...".to_owned(),
            other if other.is_ascii() => other.to_string(),
            _ => "?".to_owned(),
        };
        text.chars().map(shown).collect()
    }

    /// Returns as much of a text as goes into `width` columns; one that is cut ends in an ellipsis.
    pub fn cut(&self, text: &str, width: usize) -> String {
        let text = self.text(text);
        if Span::raw(&*text).width() <= width {
            return text.into_owned();
        }
        let end = self.symbol("…", "...");
        let Some(mut left) = width.checked_sub(Span::raw(end).width()) else { return ".".repeat(width) };
        let whole = Span::raw(&*text);
        let fits = |symbol: &&str| {
            let rest = left.checked_sub(Span::raw(*symbol).width());
            left = rest.unwrap_or(left);
            rest.is_some()
        };
        let start: String =
            whole.styled_graphemes(Style::new()).map(|grapheme| grapheme.symbol).take_while(fits).collect();
        start + end
    }

    fn tinted(&self, color: Color, modifier: Modifier) -> Style {
        let style = Style::new().add_modifier(modifier);
        if self.color { style.fg(color) } else { style }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_fit_the_terminal() {
        let (unicode, ascii) = (Look::new(false, true), Look::new(false, false));
        assert_eq!(ascii.text("aé…"), "a?...");
        assert_eq!(unicode.text("aé…"), "aé…");
        assert_eq!(unicode.cut("abcdef", 6), "abcdef");
        assert_eq!(unicode.cut("abcdef", 5), "abcd…");
        assert_eq!(ascii.cut("abcdef", 5), "ab...");
        assert_eq!(ascii.cut("abcdef", 2), "..");
        // Two columns each.
        assert_eq!(unicode.cut("日本語日本", 8), "日本語…");
        assert_eq!(unicode.cut("日本語日本", 6), "日本…");
    }
}
