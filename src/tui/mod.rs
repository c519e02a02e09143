//! Views that take the whole terminal.
//!
//! Owns the loop between the keys and the screen. A view ([`View`]) is state: it is told what happened, says whether
//! that shows, and draws itself; it never reads the keyboard or writes to the terminal itself, so that it can be
//! tested without one. Views read the store and never write to it.
//!
//! - [`editor`]: the settings.
//! - [`screen`]: enters and leaves the terminal, whatever ends us.
//! - [`monitor`]: what builds do and have done.
//! - [`text`]: texts and the room for them.
//! - [`look`]: colours and symbols, for terminals that have them and those that have not.
//! - [`clean`]: the choice among target directories.

pub mod clean;
pub mod editor;
mod look;
pub mod monitor;
mod screen;
mod text;

use std::io;
use std::time::Duration;

use ratatui::Frame;
use ratatui::crossterm::event::{KeyEvent, MouseEvent};
use ratatui::layout::Rect;
use ratatui::text::Line;

pub use look::Look;
use screen::Screen;

/// The smallest terminal in which a view is drawn: columns and rows.
pub const SMALLEST: (u16, u16) = (60, 16);

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// A key was pressed. Ctrl-C is one.
    Key(KeyEvent),
    /// A text was pasted. It never comes as keys, which might mean something.
    Paste(String),
    /// The mouse was used.
    Mouse(MouseEvent),
    /// The terminal has another size, which the next drawing is given.
    Resized,
    /// Nothing happened for as long as the view wanted to wait.
    Tick,
}

/// What a view wants after an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// Goes on; the screen shows all there is.
    Stay,
    /// Goes on, and is to be drawn anew.
    Draw,
    /// Has come to its end.
    End,
}

/// How the loop ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Ended {
    /// The view said so.
    ByView,
    /// A signal came: whoever runs the view has to die by it, see [`crate::signal::die_by`].
    BySignal(i32),
}

/// One view: its state, and how it looks.
pub trait View {
    /// Takes in what happened.
    fn on(&mut self, input: Input) -> Flow;

    /// Returns how long to wait for a key at most, before the next tick.
    fn patience(&self) -> Duration;

    /// Draws into `area`, which is at least as large as [`SMALLEST`].
    fn draw(&mut self, frame: &mut Frame<'_>, area: Rect, look: &Look);
}

/// Shows a view until it ends. The terminal is afterwards what it was before, also after a signal or a panic.
pub fn show(view: &mut impl View, look: &Look) -> io::Result<Ended> {
    let mut screen = Screen::enter(look)?;
    loop {
        screen.draw(|frame| draw(view, frame, look))?;
        let flow = loop {
            match screen.next(view.patience())? {
                Err(signal) => return Ok(Ended::BySignal(signal)),
                Ok(Input::Resized) => {
                    view.on(Input::Resized);
                    break Flow::Draw;
                }
                Ok(input) => match view.on(input) {
                    Flow::Stay => {}
                    flow => break flow,
                },
            }
        };
        if flow == Flow::End {
            return Ok(Ended::ByView);
        }
    }
}

/// Draws the view, or says that there is no room for it.
fn draw(view: &mut impl View, frame: &mut Frame<'_>, look: &Look) {
    let area = frame.area();
    let (columns, rows) = SMALLEST;
    if area.width >= columns && area.height >= rows {
        view.draw(frame, area, look);
    } else if area.height > 0 {
        let by = if look.unicode() { '×' } else { 'x' };
        let text = format!("needs {columns}{by}{rows}, has {}{by}{}", area.width, area.height);
        let middle = Rect { y: area.height / 2, height: 1, ..area };
        frame.render_widget(Line::from(text).centered(), middle);
    }
    look.limit(frame.buffer_mut());
}
