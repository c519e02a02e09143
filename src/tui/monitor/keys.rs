//! What keys and mouse mean.
//!
//! Owns the way from an input to a change of the state, or to a wish that the state can't fulfil itself.

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::{Position, Rect};

use super::details::Overlay;
use super::feed::Question;
use super::state::State;
use super::tabs::Tab;

/// Rows that the wheel moves.
const WHEEL: isize = 3;

/// Rows that a page key moves.
const PAGE: isize = 10;

/// What is wanted after an input.
#[derive(Debug)]
pub(super) enum Wish {
    /// Nothing: the key has no meaning.
    Nothing,
    /// To see the change.
    Draw,
    /// To leave.
    End,
    /// To look at everything anew.
    Refresh,
    /// To know why a unit missed.
    Explain(Box<Question>),
}

/// What lies where on the screen.
#[derive(Clone, Debug, Default)]
pub(super) struct Areas {
    pub(super) tabs: Vec<(Tab, Rect)>,
    pub(super) body: Rect,
    /// The rows of the table, without its header.
    pub(super) rows: Rect,
}

/// Takes in a key.
pub(super) fn pressed(state: &mut State, key: KeyEvent) -> Wish {
    state.clicked = None;
    if key.code == KeyCode::Char('c') && key.modifiers.contains(KeyModifiers::CONTROL) {
        return Wish::End;
    }
    if state.typing {
        return typed(state, key);
    }
    if let Some(overlay) = &mut state.overlay {
        match key.code {
            KeyCode::Esc | KeyCode::Enter | KeyCode::Char('q') => state.overlay = None,
            KeyCode::Char('?') if matches!(overlay, Overlay::Help) => state.overlay = None,
            code => return step(code).map_or(Wish::Nothing, |by| scrolled(state, by)),
        }
        return Wish::Draw;
    }
    match key.code {
        KeyCode::Char('q') | KeyCode::Esc => return Wish::End,
        KeyCode::Char('?') => state.overlay = Some(Overlay::Help),
        KeyCode::Char('f' | '/') => state.typing = true,
        KeyCode::Char('c') => state.filter(String::clear),
        KeyCode::Char('s') => state.sort(),
        KeyCode::Char('r') => return Wish::Refresh,
        KeyCode::Char(digit @ '1'..='9') => match Tab::ALL.get(digit as usize - '1' as usize) {
            Some(tab) => state.tab = *tab,
            None => return Wish::Nothing,
        },
        KeyCode::Tab | KeyCode::Right => state.tab = state.tab.next(1),
        KeyCode::BackTab | KeyCode::Left => state.tab = state.tab.next(Tab::ALL.len() - 1),
        KeyCode::Enter => return open(state),
        code => match step(code) {
            Some(by) => moved(state, by),
            None => return Wish::Nothing,
        },
    }
    Wish::Draw
}

/// Returns by how many rows a key moves.
fn step(code: KeyCode) -> Option<isize> {
    match code {
        KeyCode::Up | KeyCode::Char('k') => Some(-1),
        KeyCode::Down | KeyCode::Char('j') => Some(1),
        KeyCode::PageUp => Some(-PAGE),
        KeyCode::PageDown | KeyCode::Char(' ') => Some(PAGE),
        KeyCode::Home | KeyCode::Char('g') => Some(isize::MIN),
        KeyCode::End | KeyCode::Char('G') => Some(isize::MAX),
        _ => None,
    }
}

fn moved(state: &mut State, by: isize) {
    let follows = state.follows();
    state.pane().move_by(by, follows);
}

fn scrolled(state: &mut State, by: isize) -> Wish {
    let Some(Overlay::Details(details)) = &mut state.overlay else { return Wish::Nothing };
    details.scroll = details.scroll.saturating_add_signed(by);
    Wish::Draw
}

/// Takes in a key while the filter is typed: the table shows at once what it lets through.
fn typed(state: &mut State, key: KeyEvent) -> Wish {
    match key.code {
        KeyCode::Enter => state.typing = false,
        KeyCode::Esc => {
            state.typing = false;
            state.filter(String::clear);
        }
        KeyCode::Backspace => state.filter(|filter| _ = filter.pop()),
        KeyCode::Char('u') if key.modifiers.contains(KeyModifiers::CONTROL) => state.filter(String::clear),
        KeyCode::Char(letter) if !key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT) => {
            state.filter(|filter| filter.push(letter));
        }
        _ => return Wish::Nothing,
    }
    Wish::Draw
}

fn open(state: &mut State) -> Wish {
    state.open().map_or(Wish::Draw, Wish::Explain)
}

/// Takes in the mouse: a click selects, another one on the same row opens it.
pub(super) fn pointed(state: &mut State, areas: &Areas, mouse: MouseEvent) -> Wish {
    let wheel = match mouse.kind {
        MouseEventKind::ScrollUp => Some(-WHEEL),
        MouseEventKind::ScrollDown => Some(WHEEL),
        _ => None,
    };
    match (wheel, &state.overlay) {
        (Some(by), Some(_)) => return scrolled(state, by),
        (Some(by), None) => {
            moved(state, by);
            return Wish::Draw;
        }
        _ => {}
    }
    if mouse.kind != MouseEventKind::Down(MouseButton::Left) {
        return Wish::Nothing;
    }
    let clicked = state.clicked.take();
    if state.overlay.take().is_some() {
        return Wish::Draw;
    }
    state.typing = false;
    let place = Position::new(mouse.column, mouse.row);
    if let Some((tab, _)) = areas.tabs.iter().find(|(_, area)| area.contains(place)) {
        state.tab = *tab;
        return Wish::Draw;
    }
    if !areas.rows.contains(place) {
        return Wish::Draw;
    }
    let follows = state.follows();
    let row = state.pane().point(usize::from(mouse.row - areas.rows.y), follows);
    if row.is_some() && row == clicked {
        return open(state);
    }
    state.clicked = row;
    Wish::Draw
}
