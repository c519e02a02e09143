//! The editor of the settings.
//!
//! Owns the way between what a person does on the screen and the user's file: [`Draft`] checks and saves, this shows.
//! A file that is invalid is shown as such and never written. No value of a secret comes here.
//!
//! - [`state`]: what is shown and asked, and what keys do; pure. Its words are in [`mode`].
//! - [`field`]: a value being typed.
//! - [`list`]: headings, settings, and how far they are scrolled.
//! - [`draw`], [`details`], [`dialog`]: the looks.
//! - [`fault`]: a file that cannot be used.

mod details;
mod dialog;
mod draw;
mod fault;
mod field;
mod list;
mod mode;
mod state;
#[cfg(all(test, unix))]
mod tests;

use std::path::{Path, PathBuf};
use std::time::Duration;

use ratatui::Frame;
use ratatui::crossterm::event::{KeyCode, KeyModifiers};
use ratatui::layout::Rect;

use self::fault::Fault;
use self::mode::{Action, Mode, Question};
use self::state::State;
use super::{Flow, Input, Look, View};
use crate::config::{ConfigError, Draft, Saved};
use crate::env::Env;

/// The editor of the user's settings file.
#[derive(Debug)]
pub struct Editor {
    env: Env,
    project_root: Option<PathBuf>,
    path: PathBuf,
    page: Page,
}

/// What there is to see.
#[derive(Debug)]
enum Page {
    Settings(Box<Draft>, Box<State>),
    /// The file cannot be used.
    Fault(Fault),
}

impl Editor {
    /// Opens the user's file at `path`; `project_root` is the workspace root, where it is known.
    pub fn open(env: Env, project_root: Option<PathBuf>, path: PathBuf) -> Self {
        let page = Page::open(&env, project_root.as_deref(), &path);
        Self { env, project_root, path, page }
    }

    fn on_fault(&mut self, input: &Input) -> Flow {
        let Input::Key(key) = input else { return Flow::Stay };
        match key.code {
            KeyCode::Esc | KeyCode::Char('q') => Flow::End,
            KeyCode::Char('c') if key.modifiers.contains(KeyModifiers::CONTROL) => Flow::End,
            KeyCode::Char('r') => {
                self.page = Page::open(&self.env, self.project_root.as_deref(), &self.path);
                Flow::Draw
            }
            _ => Flow::Stay,
        }
    }
}

impl View for Editor {
    fn on(&mut self, input: Input) -> Flow {
        if input == Input::Tick {
            return Flow::Stay;
        }
        let Page::Settings(draft, state) = &mut self.page else { return self.on_fault(&input) };
        for action in state.on(&input) {
            if perform(action, draft, state) == Flow::End {
                return Flow::End;
            }
        }
        Flow::Draw
    }

    fn patience(&self) -> Duration {
        // Nothing happens here by itself.
        Duration::from_hours(1)
    }

    fn draw(&mut self, frame: &mut Frame<'_>, area: Rect, look: &Look) {
        match &mut self.page {
            Page::Settings(_, state) => draw::settings(state, frame, area, look),
            Page::Fault(fault) => fault.draw(frame, area, look),
        }
    }
}

/// Does what the state wants done, and shows what came of it.
fn perform(action: Action, draft: &mut Draft, state: &mut State) -> Flow {
    let reloads = action == Action::Reload;
    let (done, leaves) = match action {
        Action::Leave => return Flow::End,
        Action::Set { key, value } => (draft.set(key, &value).map(|()| None), false),
        Action::Unset { key } => (draft.unset(key).map(|()| None), false),
        Action::Reload => (draft.reload().map(|()| None), false),
        Action::Save { leave } => (draft.save().map(Some), leave),
        Action::SaveOver { leave } => (draft.save_over().map(Some), leave),
    };
    state.update(draft.settings(), draft.changes());
    match done {
        Ok(Some(Saved::Done | Saved::Nothing)) if leaves => return Flow::End,
        Ok(Some(Saved::Done)) => state.say("Saved.", true),
        Ok(Some(Saved::Nothing)) => state.say("There is nothing to save.", true),
        Ok(Some(Saved::Stale)) => state.mode = Mode::Ask(Question::Stale { leave: leaves }),
        Ok(None) if reloads => state.say("Read again.", true),
        Ok(None) => {}
        Err(error) if reloads => refuse("Not read", &error, state),
        Err(error) => refuse("Not saved", &error, state),
    }
    Flow::Draw
}

/// Shows an error, and the setting it is about.
fn refuse(title: &'static str, error: &ConfigError, state: &mut State) {
    if let ConfigError::NoBucket { .. } = error {
        state.select("cache.remote.bucket");
    }
    let text = fault::messages(error).join(": ");
    state.mode = Mode::Notice { title, text, hint: error.hint() };
}

impl Page {
    fn open(env: &Env, project_root: Option<&Path>, path: &Path) -> Self {
        match Draft::open(env, project_root) {
            Ok(draft) => {
                let mut state = State::new(draft.path().display().to_string(), draft.settings());
                let warnings = draft.warnings();
                match warnings.as_slice() {
                    [] => {}
                    [only] => state.say(only, false),
                    [first, ..] => state.say(format!("1 of {} warnings: {first}", warnings.len()), false),
                }
                Self::Settings(Box::new(draft), Box::new(state))
            }
            Err(error) => Self::Fault(Fault::new(path, &error)),
        }
    }
}
