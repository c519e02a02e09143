//! The terminal while a view has it.
//!
//! Owns raw mode, the alternate screen, the mouse, and the signals that end us meanwhile. What was entered is left
//! again whatever happens: by `Drop`, by the panic hook, after a signal, whose handler only takes a note, and before
//! the fallback of a damaged index, which is the handler of a fatal signal.

use std::io::{self, Stdout, Write as _, stdin, stdout};
use std::panic;
use std::sync::Once;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicPtr, Ordering};
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
use rustix::event::{PollFd, PollFlags, Timespec};

use super::{Input, Look};
use crate::signal;
use crate::store::guard;

/// Longest time between a signal and our end.
const SIGNAL_DELAY: Duration = Duration::from_millis(250);

/// Whether a view has the terminal.
static ENTERED: AtomicBool = AtomicBool::new(false);

/// The signal that wants us to end, else 0.
static SIGNAL: AtomicI32 = AtomicI32::new(0);

/// The modes before a view came, for the handler of a fatal signal; null before the first view.
static MODES: AtomicPtr<libc::termios> = AtomicPtr::new(std::ptr::null_mut());

/// The terminal in the hands of a view.
pub(super) struct Screen {
    terminal: Terminal<CrosstermBackend<Stdout>>,
    /// What happened on the signals before.
    before: [(i32, signal::Action); 4],
}

impl Screen {
    /// Takes the terminal.
    pub(super) fn enter(look: &Look) -> io::Result<Self> {
        leave_on_panic(leave);
        force_color_output(look.color());
        SIGNAL.store(0, Ordering::SeqCst);
        let before = [libc::SIGTERM, libc::SIGHUP, libc::SIGINT, libc::SIGQUIT]
            .map(|signal| (signal, signal::handle(signal, note)));
        // Made first: from here on `drop` undoes what follows, however far it came.
        let screen = Self { terminal: Terminal::new(CrosstermBackend::new(stdout()))?, before };
        remember_modes();
        ENTERED.store(true, Ordering::SeqCst);
        guard::before_fallback(Some(leave_at_once));
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
            let came = wait(step)?;
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

/// Waits for something to read. A terminal that is gone counts as a signal: nothing more will come, and the library would
/// look for it without a pause.
fn wait(patience: Duration) -> io::Result<bool> {
    // Events that were read together wait in the library.
    for patience in [Duration::ZERO, patience] {
        if is_gone(patience) {
            SIGNAL.store(libc::SIGHUP, Ordering::SeqCst);
            return Ok(false);
        }
        let came = match event::poll(Duration::ZERO) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => false,
            came => came?,
        };
        if came {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Waits until the terminal has something to read, or is gone; whether it is gone. A signal ends the wait.
fn is_gone(patience: Duration) -> bool {
    let terminal = stdin();
    let mut ready = [PollFd::new(&terminal, PollFlags::IN)];
    let patience = Timespec::try_from(patience).ok();
    let came = rustix::event::poll(&mut ready, patience.as_ref());
    came.is_ok() && ready[0].revents().intersects(PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL)
}

impl Drop for Screen {
    fn drop(&mut self) {
        leave();
        guard::before_fallback(None);
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

/// Keeps the modes of the terminal where a handler can read them.
fn remember_modes() {
    // SAFETY: all zero is a valid value, and `tcgetattr` gets a pointer to a live one.
    let modes = unsafe {
        let mut modes: libc::termios = std::mem::zeroed();
        (libc::tcgetattr(libc::STDIN_FILENO, &raw mut modes) == 0).then_some(modes)
    };
    if let Some(modes) = modes {
        // Leaked on purpose: a handler may read it at any time. A process has at most a few views.
        MODES.store(Box::into_raw(Box::new(modes)), Ordering::SeqCst);
    }
}

/// Gives the terminal back from within the handler of a fatal signal.
extern "C" fn leave_at_once() {
    /// Mouse off, main screen, cursor on: what [`leave`] writes.
    const LEAVE: &[u8] = b"\x1b[?1006l\x1b[?1015l\x1b[?1003l\x1b[?1002l\x1b[?1000l\x1b[?1049l\x1b[?25h";
    if ENTERED.swap(false, Ordering::SeqCst) {
        // SAFETY: both calls are async-signal-safe; the modes are leaked and never change.
        unsafe {
            libc::write(libc::STDOUT_FILENO, LEAVE.as_ptr().cast(), LEAVE.len());
            if let Some(modes) = MODES.load(Ordering::SeqCst).as_ref() {
                libc::tcsetattr(libc::STDIN_FILENO, libc::TCSANOW, modes);
            }
        }
    }
}

/// Makes a panic leave the terminal before it is told. Once is enough for a process.
fn leave_on_panic(leave: fn()) {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_gives_the_terminal_back_before_it_is_told() {
        static LEFT: AtomicBool = AtomicBool::new(false);
        static TOLD_AFTERWARDS: AtomicBool = AtomicBool::new(false);
        let tell = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            TOLD_AFTERWARDS.store(LEFT.load(Ordering::SeqCst), Ordering::SeqCst);
            tell(panic);
        }));
        leave_on_panic(|| LEFT.store(true, Ordering::SeqCst));
        panic::catch_unwind(|| panic!("on purpose")).unwrap_err();
        assert!(TOLD_AFTERWARDS.load(Ordering::SeqCst));
    }
}
