//! Texts and the room for them.
//!
//! Owns how wide a text is on a terminal, and what is left of one that is too long.

use ratatui::style::Style;
use ratatui::text::Span;

/// Stands for what was cut off.
const ELLIPSIS: &str = "…";

/// Returns the columns that a text takes.
pub(super) fn width(text: &str) -> usize {
    Span::raw(text).width()
}

/// Cuts a text that is too long at its end, or a path at its beginning.
pub(super) fn cut(text: &str, room: usize) -> String {
    if width(text) <= room {
        return text.to_owned();
    }
    let span = Span::raw(text);
    let mut letters = span.styled_graphemes(Style::new()).map(|letter| letter.symbol).collect::<Vec<_>>();
    let is_path = text.starts_with('/');
    if is_path {
        letters.reverse();
    }
    let mut left = room.saturating_sub(1);
    let fits = |letter: &&str| {
        let rest = left.checked_sub(width(letter));
        left = rest.unwrap_or_default();
        rest.is_some()
    };
    let mut kept = letters.into_iter().take_while(fits).collect::<Vec<_>>();
    kept.extend((room > 0).then_some(ELLIPSIS));
    if is_path {
        kept.reverse();
    }
    kept.concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_cut_at_the_end_and_paths_at_the_beginning() {
        assert_eq!(cut("abcdef", 6), "abcdef");
        assert_eq!(cut("abcdef", 5), "abcd…");
        assert_eq!(cut("/home/u/kache", 6), "…kache");
        assert_eq!(cut("abcdef", 1), "…");
        assert_eq!(cut("abcdef", 0), "");
    }

    #[test]
    fn wide_letters_take_two_columns() {
        assert_eq!(width("日本"), 4);
        assert_eq!(cut("日本語日本", 8), "日本語…");
        assert_eq!(cut("日本語日本", 6), "日本…");
        assert_eq!(cut("/日本語日本", 5), "…日本");
    }
}
