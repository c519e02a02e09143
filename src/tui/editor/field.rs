//! Texts being typed.
//!
//! Owns what keys do in a line of text, and the check of a value at each of them. Never changes a setting: the value
//! is handed on once it is kept.

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use tui_input::InputRequest;

use crate::config::{self, Setting};

/// A line of text with a cursor.
#[derive(Clone, Debug, Default)]
pub(super) struct Entry(tui_input::Input);

impl Entry {
    /// Starts with a text, and the cursor behind it.
    pub(super) fn new(text: &str) -> Self {
        Self(text.into())
    }

    pub(super) fn text(&self) -> &str {
        self.0.value()
    }

    /// Returns how many columns of the text are hidden at the left of `width` columns, and where the cursor is in them.
    pub(super) fn window(&self, width: usize) -> (usize, usize) {
        // One column more, for the cursor behind the text.
        let hidden = self.0.visual_scroll(width.saturating_sub(1));
        (hidden, self.0.visual_cursor() - hidden)
    }

    /// Takes in a key; returns whether the entry knows it.
    pub(super) fn key(&mut self, key: KeyEvent) -> bool {
        let request = request(key);
        if let Some(request) = request {
            self.0.handle(request);
        }
        request.is_some()
    }

    /// Takes in a pasted text, as one line.
    pub(super) fn paste(&mut self, text: &str) {
        for character in text.trim_end().chars().map(|c| if c.is_whitespace() { ' ' } else { c }) {
            if !character.is_control() {
                self.0.handle(InputRequest::InsertChar(character));
            }
        }
    }
}

/// Returns what a key does to a text.
fn request(key: KeyEvent) -> Option<InputRequest> {
    use InputRequest as Do;
    let by_word = key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT);
    let request = match (key.code, by_word) {
        (KeyCode::Char(character), false) => Do::InsertChar(character),
        (KeyCode::Left, false) => Do::GoToPrevChar,
        (KeyCode::Right, false) => Do::GoToNextChar,
        (KeyCode::Left, true) => Do::GoToPrevWord,
        (KeyCode::Right, true) => Do::GoToNextWord,
        (KeyCode::Home, _) | (KeyCode::Char('a'), true) => Do::GoToStart,
        (KeyCode::End, _) | (KeyCode::Char('e'), true) => Do::GoToEnd,
        (KeyCode::Backspace, false) | (KeyCode::Char('h'), true) => Do::DeletePrevChar,
        (KeyCode::Backspace | KeyCode::Char('w'), true) => Do::DeletePrevWord,
        (KeyCode::Delete, false) => Do::DeleteNextChar,
        (KeyCode::Delete, true) => Do::DeleteNextWord,
        (KeyCode::Char('u'), true) => Do::DeleteFromStart,
        (KeyCode::Char('k'), true) => Do::DeleteTillEnd,
        (KeyCode::Char('y'), true) => Do::Yank,
        _ => return None,
    };
    Some(request)
}

/// A setting whose value is being typed.
#[derive(Clone, Debug)]
pub(super) struct Field {
    setting: Setting,
    before: String,
    pub(super) entry: Entry,
}

/// What becomes of a setting when its field is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kept {
    /// It stays as it was.
    Same,
    /// It gets a value.
    Value(String),
    /// It is taken out of the file.
    Nothing,
    /// The text is no value: typing goes on.
    Invalid,
}

impl Field {
    /// Starts with what the user's file says, else with the default.
    pub(super) fn new(setting: &Setting) -> Self {
        let before = setting.own.clone().or_else(|| setting.default.clone()).unwrap_or_default();
        Self { setting: setting.clone(), entry: Entry::new(&before), before }
    }

    /// Returns why the text can't be kept.
    pub(super) fn refusal(&self) -> Option<String> {
        if self.entry.text() == self.before || self.means_nothing() {
            return None;
        }
        let expected = || format!("expected {}", self.setting.key.kind.expected());
        config::check(self.setting.key, self.entry.text()).err().map(|_| expected())
    }

    /// Returns what the text has to look like.
    pub(super) fn expected(&self) -> String {
        self.setting.key.kind.expected().into_owned()
    }

    /// Decides what the text comes to.
    pub(super) fn kept(&self) -> Kept {
        match () {
            () if self.entry.text() == self.before => Kept::Same,
            () if self.means_nothing() => Kept::Nothing,
            () if self.refusal().is_some() => Kept::Invalid,
            () => Kept::Value(self.entry.text().to_owned()),
        }
    }

    /// Whether the text is that of a setting without a value, which not all can be.
    fn means_nothing(&self) -> bool {
        self.setting.default.is_none() && self.entry.text().trim().is_empty()
    }
}
