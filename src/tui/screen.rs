//! The terminal while a view has it.
//!
//! Owns raw mode, the alternate screen, the mouse, and the signals that end us meanwhile. What was entered is left
//! again whatever happens: by `Drop`, by the panic hook, and after a signal, whose handler only takes a note.

use std::io::{self, Stdout, Write as _, stdout};
use std::panic;
use std::sync::Once;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};
use std::time::Duration;

use ratatui::backend::CrosstermBackend;
use ratatui::crossterm::event::{
    self, DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture, Event,
    KeyEventKind,
};
use ratatui::crossterm::style::force_color_output;
use ratatui::crossterm::terminal::{
    BeginSynchronizedUpdate, EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen,
    disable_raw_mode, enable_raw_mode,
};
use ratatui::crossterm::{cursor, execute, queue};
use ratatui::{Frame, Terminal};

use super::{Input, Look};
use crate::signal;

/// Longest time between a signal and our end.
const SIGNAL_DELAY: Duration = Duration::from_millis(250);

/// Whether a view has the terminal.
static ENTERED: AtomicBool = AtomicBool::new(false);

/// The signal that wants us to end, else 0.
static SIGNAL: AtomicI32 = AtomicI32::new(0);

/// The terminal in the hands of a view.
pub(super) struct Screen {
    terminal: Terminal<CrosstermBackend<Stdout>>,
    /// What happened on the signals before.
    before: [(i32, signal::Action); 4],
}

impl Screen {
    /// Takes the terminal.
    pub(super) fn enter(look: &Look) -> io::Result<Self> {
        leave_on_panic();
        force_color_output(look.color());
        SIGNAL.store(0, Ordering::SeqCst);
        let before = [libc::SIGTERM, libc::SIGHUP, libc::SIGINT, libc::SIGQUIT]
            .map(|signal| (signal, signal::handle(signal, note)));
        // Made first: from here on `drop` undoes what follows, however far it came.
        let screen = Self { terminal: Terminal::new(CrosstermBackend::new(stdout()))?, before };
        ENTERED.store(true, Ordering::SeqCst);
        enable_raw_mode()?;
        execute!(stdout(), EnterAlternateScreen, EnableMouseCapture, EnableBracketedPaste, cursor::Hide)?;
        Ok(screen)
    }

    /// Draws the screen in one go: terminals that can, show it at once.
    pub(super) fn draw(&mut self, draw: impl FnOnce(&mut Frame<'_>)) -> io::Result<()> {
        queue!(stdout(), BeginSynchronizedUpdate)?;
        let drawn = self.terminal.draw(draw).map(|_| ());
        execute!(stdout(), EndSynchronizedUpdate)?;
        drawn
    }

    /// Waits for what happens next. The error within is a signal that wants us to end.
    pub(super) fn next(&mut self, patience: Duration) -> io::Result<Result<Input, i32>> {
        let mut left = patience;
        loop {
            let step = left.min(SIGNAL_DELAY);
            let came = match event::poll(step) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => false,
                came => came?,
            };
            match SIGNAL.load(Ordering::SeqCst) {
                0 => {}
                signal => return Ok(Err(signal)),
            }
            if !came {
                left = left.saturating_sub(step);
                if left.is_zero() {
                    return Ok(Ok(Input::Tick));
                }
                continue;
            }
            match event::read()? {
                Event::Key(key) if key.kind != KeyEventKind::Release => return Ok(Ok(Input::Key(key))),
                Event::Paste(text) => return Ok(Ok(Input::Paste(text))),
                Event::Mouse(mouse) => return Ok(Ok(Input::Mouse(mouse))),
                Event::Resize(..) => return Ok(Ok(Input::Resized)),
                _ => {}
            }
        }
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        leave();
        for (signal, action) in self.before {
            signal::set(signal, action);
        }
    }
}

/// Gives the terminal back as it was; does nothing when nobody has it.
fn leave() {
    if ENTERED.swap(false, Ordering::SeqCst) {
        // Nobody is left to tell of an error here.
        let _ = execute!(
            stdout(),
            DisableBracketedPaste,
            DisableMouseCapture,
            LeaveAlternateScreen,
            cursor::Show
        );
        let _ = disable_raw_mode();
        let _ = stdout().flush();
    }
}

/// Makes a panic leave the terminal before it is told.
fn leave_on_panic() {
    static HOOKED: Once = Once::new();
    HOOKED.call_once(|| {
        let tell = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            leave();
            tell(panic);
        }));
    });
}

/// Notes a signal. Touches an atomic, which is all a handler may do here.
extern "C" fn note(signal: libc::c_int) {
    SIGNAL.store(signal, Ordering::SeqCst);
}
