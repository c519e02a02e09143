//! What the editor shows, and what keys and mouse do to it.
//!
//! Owns selection, filter, the field being typed and the questions. Pure: what is to be done with the file is returned
//! as [`Action`]s, and what came of them is put in again.

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};

use super::field::{Entry, Field, Kept};
use super::list::{self, List};
use super::mode::{Action, Message, Mode, Question};
use crate::config::{Kind, Setting};
use crate::tui::Input;

/// How far the wheel scrolls.
const WHEEL: isize = 3;

/// All that is shown.
#[derive(Clone, Debug)]
pub(super) struct State {
    /// The user's file.
    pub(super) path: String,
    pub(super) settings: Vec<Setting>,
    /// How many settings have changes that are not saved.
    pub(super) changes: usize,
    /// Number of the selected setting.
    pub(super) selected: usize,
    pub(super) filter: String,
    pub(super) mode: Mode,
    pub(super) message: Option<Message>,
    pub(super) list: List,
}

impl State {
    pub(super) fn new(path: String, settings: Vec<Setting>) -> Self {
        let mut state = Self {
            path,
            settings,
            changes: 0,
            selected: 0,
            filter: String::new(),
            mode: Mode::List,
            message: None,
            list: List::default(),
        };
        state.select_first();
        state
    }

    /// Takes in what has become of the settings.
    pub(super) fn update(&mut self, settings: Vec<Setting>, changes: usize) {
        (self.settings, self.changes) = (settings, changes);
        self.selected = self.selected.min(self.settings.len().saturating_sub(1));
    }

    pub(super) fn say(&mut self, text: impl Into<String>, is_good: bool) {
        self.message = Some(Message { text: text.into(), is_good });
    }

    /// Returns the selected setting, if the filter leaves any.
    pub(super) fn current(&self) -> Option<&Setting> {
        self.settings.get(self.selected).filter(|setting| list::matches(setting, &self.filter))
    }

    /// Selects a key.
    pub(super) fn select(&mut self, key: &str) {
        if let Some(number) = self.settings.iter().position(|setting| setting.key.path == Some(key)) {
            self.filter.clear();
            self.selected = number;
        }
    }

    /// Takes in what happened.
    pub(super) fn on(&mut self, input: &Input) -> Vec<Action> {
        match input {
            Input::Key(key) => {
                self.message = None;
                if key.modifiers.contains(KeyModifiers::CONTROL) && key.code == KeyCode::Char('c') {
                    return self.interrupt();
                }
                match std::mem::replace(&mut self.mode, Mode::List) {
                    Mode::List => self.on_list(*key),
                    Mode::Field(field) => self.on_field(field, *key),
                    Mode::Filter(entry) => self.on_filter(entry, *key),
                    Mode::Ask(question) => self.on_question(question, *key),
                    Mode::Help | Mode::Notice { .. } => Vec::new(),
                }
            }
            Input::Paste(text) => self.on_paste(text),
            Input::Mouse(mouse) => self.on_mouse(*mouse),
            Input::Resized | Input::Tick => Vec::new(),
        }
    }

    fn on_list(&mut self, key: KeyEvent) -> Vec<Action> {
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Char('s') => return vec![Action::Save { leave: false }],
            _ if control => {}
            KeyCode::Char('q') => return self.leave(),
            KeyCode::Esc if self.filter.is_empty() => return self.leave(),
            KeyCode::Esc | KeyCode::Char('c') => self.filter.clear(),
            KeyCode::Up | KeyCode::Char('k') => self.go(-1),
            KeyCode::Down | KeyCode::Char('j') => self.go(1),
            KeyCode::PageUp => self.go(-self.page()),
            KeyCode::PageDown => self.go(self.page()),
            KeyCode::Home | KeyCode::Char('g') => self.go(isize::MIN),
            KeyCode::End | KeyCode::Char('G') => self.go(isize::MAX),
            KeyCode::Tab => self.go_to_section(1),
            KeyCode::BackTab => self.go_to_section(-1),
            KeyCode::Enter | KeyCode::Char(' ') => return self.change(),
            KeyCode::Right => return self.choose(1),
            KeyCode::Left => return self.choose(-1),
            KeyCode::Delete | KeyCode::Char('u') => return self.unset(),
            KeyCode::Char('/' | 'f') => self.mode = Mode::Filter(Entry::new(&self.filter)),
            KeyCode::Char('?') | KeyCode::F(1) => self.mode = Mode::Help,
            _ => {}
        }
        Vec::new()
    }

    fn on_field(&mut self, mut field: Field, key: KeyEvent) -> Vec<Action> {
        let saves = key.code == KeyCode::Char('s') && key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Esc => return Vec::new(),
            KeyCode::Enter => {}
            _ if saves => {}
            _ => {
                field.entry.key(key);
                self.mode = Mode::Field(field);
                return Vec::new();
            }
        }
        let key = self.current().and_then(|setting| setting.key.path).unwrap_or_default();
        let kept = match field.kept() {
            Kept::Same => None,
            Kept::Value(value) => Some(Action::Set { key, value }),
            Kept::Nothing => Some(Action::Unset { key }),
            Kept::Invalid => {
                self.mode = Mode::Field(field);
                return Vec::new();
            }
        };
        kept.into_iter().chain(saves.then_some(Action::Save { leave: false })).collect()
    }

    fn on_filter(&mut self, mut entry: Entry, key: KeyEvent) -> Vec<Action> {
        match key.code {
            KeyCode::Esc => self.filter.clear(),
            KeyCode::Enter => {}
            KeyCode::Up | KeyCode::Down | KeyCode::PageUp | KeyCode::PageDown => {
                self.on_list(key);
                self.mode = Mode::Filter(entry);
                return Vec::new();
            }
            _ => {
                entry.key(key);
                self.filter = entry.text().to_owned();
                self.mode = Mode::Filter(entry);
            }
        }
        self.keep_selection();
        Vec::new()
    }

    fn on_question(&mut self, question: Question, key: KeyEvent) -> Vec<Action> {
        let action = match (question, key.code) {
            (_, KeyCode::Esc | KeyCode::Char('q')) => return Vec::new(),
            (Question::Stale { .. }, KeyCode::Char('c')) => return Vec::new(),
            (Question::Leave, KeyCode::Char('s' | 'y') | KeyCode::Enter) => Action::Save { leave: true },
            (Question::Leave, KeyCode::Char('n' | 'd')) => Action::Leave,
            (Question::Stale { .. }, KeyCode::Char('r')) => Action::Reload,
            (Question::Stale { leave }, KeyCode::Char('o')) => Action::SaveOver { leave },
            _ => {
                self.mode = Mode::Ask(question);
                return Vec::new();
            }
        };
        vec![action]
    }

    fn on_paste(&mut self, text: &str) -> Vec<Action> {
        match &mut self.mode {
            Mode::Field(field) => field.entry.paste(text),
            Mode::Filter(entry) => {
                entry.paste(text);
                self.filter = entry.text().to_owned();
                self.keep_selection();
            }
            _ => {}
        }
        Vec::new()
    }

    fn on_mouse(&mut self, mouse: MouseEvent) -> Vec<Action> {
        if !matches!(self.mode, Mode::List | Mode::Filter(_)) {
            return Vec::new();
        }
        match mouse.kind {
            MouseEventKind::ScrollDown => self.selected = self.list.scroll(WHEEL, self.selected),
            MouseEventKind::ScrollUp => self.selected = self.list.scroll(-WHEEL, self.selected),
            MouseEventKind::Down(MouseButton::Left) => {
                self.selected = self.list.at(mouse.column, mouse.row).unwrap_or(self.selected);
            }
            _ => {}
        }
        Vec::new()
    }

    /// Ctrl-C asks as `q` does; at that question, it leaves.
    fn interrupt(&mut self) -> Vec<Action> {
        match self.mode {
            Mode::Ask(Question::Leave) => vec![Action::Leave],
            _ => {
                self.mode = Mode::List;
                self.leave()
            }
        }
    }

    fn leave(&mut self) -> Vec<Action> {
        if self.changes == 0 {
            return vec![Action::Leave];
        }
        self.mode = Mode::Ask(Question::Leave);
        Vec::new()
    }

    /// Changes the selected setting: the next of its words, or a field to type in.
    fn change(&mut self) -> Vec<Action> {
        match self.unlocked() {
            Some((setting, _)) if words(&setting.key.kind).is_empty() => {
                self.mode = Mode::Field(Field::new(setting));
                Vec::new()
            }
            _ => self.choose(1),
        }
    }

    /// Takes another of the words that the selected setting may be, if it is one of few.
    fn choose(&mut self, by: isize) -> Vec<Action> {
        let Some((setting, key)) = self.unlocked() else { return Vec::new() };
        let words = words(&setting.key.kind);
        let now = setting.own.as_ref().or(setting.default.as_ref());
        let place = words.iter().position(|word| now.is_some_and(|now| now == word)).unwrap_or_default();
        let next = words.get(list::around(place, by, words.len()));
        next.map(|next| Action::Set { key, value: (*next).to_owned() }).into_iter().collect()
    }

    fn unset(&mut self) -> Vec<Action> {
        match self.unlocked() {
            Some((Setting { own: Some(_), .. }, key)) => return vec![Action::Unset { key }],
            Some((_, key)) => {
                let text = format!("`{key}` is not in your file");
                self.say(text, false);
            }
            None => {}
        }
        Vec::new()
    }

    /// Returns the selected setting if the file can change it; else says why it cannot.
    fn unlocked(&mut self) -> Option<(&Setting, &'static str)> {
        let setting = self.current()?;
        if let Some((variable, _)) = &setting.locked {
            let text = match setting.key.path {
                Some(_) => format!("locked: `{variable}` is set and wins over your file"),
                None => format!("locked: only the variable `{variable}` sets it"),
            };
            self.say(text, false);
            return None;
        }
        let setting = self.current()?;
        setting.key.path.map(|key| (setting, key))
    }

    /// Returns the numbers of the settings that the filter leaves, in the order they are shown.
    fn shown(&self) -> Vec<usize> {
        list::shown(&self.settings, &self.filter)
    }

    fn go(&mut self, by: isize) {
        self.selected = list::step(&self.shown(), self.selected, by).unwrap_or(self.selected);
    }

    fn go_to_section(&mut self, by: isize) {
        let found = list::step_section(&self.settings, &self.shown(), self.selected, by);
        self.selected = found.unwrap_or(self.selected);
    }

    fn page(&self) -> isize {
        isize::try_from(self.list.area.height.saturating_sub(1).max(1)).unwrap_or(1)
    }

    /// Selects the first setting the filter leaves, unless it leaves the selected one.
    fn keep_selection(&mut self) {
        if self.current().is_none() {
            self.select_first();
        }
    }

    fn select_first(&mut self) {
        self.selected = self.shown().first().copied().unwrap_or(self.selected);
    }
}

/// Returns the words a setting chooses from; none if it is a text.
fn words(kind: &Kind) -> Vec<&'static str> {
    match kind {
        Kind::Flag(_) => vec!["false", "true"],
        Kind::Choice(choice) => choice.words(),
        _ => Vec::new(),
    }
}
