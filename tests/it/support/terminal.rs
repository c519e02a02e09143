//! A terminal with the program in it: a pseudo-terminal, and what a person would see on it.
//!
//! A test types, waits until the screen shows what must follow, and compares the screen. It never waits for a time.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::num::NonZeroU16;
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::JoinHandle;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::process::{Pid, Signal, kill_process};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Termios, Winsize, tcgetattr, tcsetwinsize};

use super::clock::wait_for;

/// A terminal in which one program runs.
pub(crate) struct Terminal {
    /// The side of the person.
    master: File,
    /// Kept open, so that what the program wrote last can be read after its end.
    slave: OwnedFd,
    child: Child,
    screen: Arc<Mutex<vt100::Parser>>,
    reader: Option<JoinHandle<()>>,
    /// Closed to stop the reader.
    reading: Option<OwnedFd>,
    modes: Termios,
}

impl Terminal {
    /// Starts a program in a terminal of `columns` × `rows`. Its three streams are the terminal.
    pub(crate) fn start(mut command: Command, columns: u16, rows: u16) -> Self {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).unwrap();
        grantpt(&master).unwrap();
        unlockpt(&master).unwrap();
        let name = ptsname(&master, Vec::new()).unwrap();
        let slave = File::options().read(true).write(true).open(name.to_str().unwrap()).unwrap();
        tcsetwinsize(&slave, size(columns, rows)).unwrap();
        let modes = tcgetattr(&slave).unwrap();
        let stream = || Stdio::from(slave.try_clone().unwrap());
        // The terminal of whoever runs the tests is none of the tests'.
        let is_set = |name: &str| command.get_envs().any(|(known, _)| known == name);
        let defaults = [("TERM", Some("xterm-256color")), ("LC_ALL", Some("C.UTF-8")), ("NO_COLOR", None)];
        let unset = defaults.into_iter().filter(|(name, _)| !is_set(name)).collect::<Vec<_>>();
        for (name, value) in unset {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        command.stdin(stream()).stdout(stream()).stderr(stream());
        // SAFETY: both calls are async-signal-safe; the descriptor 0 is the terminal by then.
        unsafe {
            command.pre_exec(|| {
                rustix::process::setsid()?;
                rustix::process::ioctl_tiocsctty(rustix::stdio::stdin())?;
                Ok(())
            });
        }
        let child = command.spawn().unwrap_or_else(|e| panic!("failed to run {command:?}: {e}"));
        // Its copies of the descriptors would keep the terminal open.
        drop(command);
        let screen = Arc::new(Mutex::new(vt100::Parser::new(cells(rows), cells(columns), 0)));
        let master = File::from(master);
        let (until, reading) = rustix::pipe::pipe_with(rustix::pipe::PipeFlags::CLOEXEC).unwrap();
        let reader = read_into(master.try_clone().unwrap(), until, Arc::clone(&screen));
        let (reader, reading) = (Some(reader), Some(reading));
        Self { master, slave: slave.into(), child, screen, reader, reading, modes }
    }

    /// Types. Keys that are no text are the bytes a terminal sends for them.
    pub(crate) fn keys(&mut self, text: &str) -> &mut Self {
        self.master.write_all(text.as_bytes()).unwrap();
        self
    }

    /// Changes the size, as dragging the window does.
    pub(crate) fn resize(&mut self, columns: u16, rows: u16) -> &mut Self {
        self.parser().screen_mut().set_size(cells(rows), cells(columns));
        tcsetwinsize(&self.master, size(columns, rows)).unwrap();
        self
    }

    /// Takes the terminal away, as closing its window does, and waits for the program's end.
    pub(crate) fn hang_up(mut self) {
        drop(self.reading.take());
        self.reader.take().unwrap().join().unwrap();
        // What is put in their place is no terminal.
        let nothing = || File::open("/dev/null").unwrap();
        self.master = nothing();
        self.slave = nothing().into();
        wait_for("the program's end", || self.child.try_wait().unwrap().is_some());
    }

    /// Sends a signal to the program.
    pub(crate) fn signal(&mut self, signal: Signal) -> &mut Self {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
        self
    }

    /// Waits until the screen shows a text.
    #[track_caller]
    pub(crate) fn shows(&mut self, text: &str) -> &mut Self {
        self.becomes(&format!("`{text}` on the screen"), |screen| screen.contains(text))
    }

    /// Waits until the screen shows a text no longer.
    #[track_caller]
    pub(crate) fn hides(&mut self, text: &str) -> &mut Self {
        self.becomes(&format!("`{text}` to leave the screen"), |screen| !screen.contains(text))
    }

    /// Waits until the screen fulfils a condition.
    #[track_caller]
    pub(crate) fn becomes(&mut self, what: &str, condition: impl Fn(&str) -> bool) -> &mut Self {
        let screen = Arc::clone(&self.screen);
        let last = || screen.lock().unwrap().screen().contents();
        let waited = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            wait_for(what, || condition(&last()));
        }));
        assert!(waited.is_ok(), "waited in vain for {what}; the screen is\n{}", last());
        self
    }

    /// Returns what the screen shows, a line each row, without blanks at their ends.
    pub(crate) fn screen(&self) -> String {
        let parser = self.parser();
        let columns = parser.screen().size().1.get();
        let rows = parser.screen().rows(0, columns);
        rows.map(|row| row.trim_end().to_owned() + "\n").collect()
    }

    /// Whether any character on the screen has a colour.
    pub(crate) fn has_colors(&self) -> bool {
        let parser = self.parser();
        let (rows, columns) = parser.screen().size();
        let cells = (0..rows.get()).flat_map(|row| (0..columns.get()).map(move |column| (row, column)));
        let colored = |cell: &vt100::Cell| {
            cell.fgcolor() != vt100::Color::Default || cell.bgcolor() != vt100::Color::Default
        };
        cells.filter_map(|(row, column)| parser.screen().cell(row, column)).any(colored)
    }

    /// Waits for the program's end and returns its exit code, or 128 + signal.
    pub(crate) fn end(&mut self) -> i32 {
        let mut status = None;
        wait_for("the end of the program", || {
            status = self.child.try_wait().unwrap();
            status.is_some()
        });
        let status = status.unwrap();
        status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or_default())
    }

    /// Demands that the terminal is what it was before the program: modes, cursor, screen and mouse.
    #[track_caller]
    pub(crate) fn is_restored(&mut self) -> &mut Self {
        let modes = tcgetattr(self.slave.as_fd()).unwrap();
        assert_eq!(modes.local_modes, self.modes.local_modes, "local modes");
        assert_eq!(modes.input_modes, self.modes.input_modes, "input modes");
        assert_eq!(modes.output_modes, self.modes.output_modes, "output modes");
        let screen = Arc::clone(&self.screen);
        wait_for("the terminal to be given back", || {
            let parser = screen.lock().unwrap();
            let screen = parser.screen();
            !screen.alternate_screen()
                && !screen.hide_cursor()
                && !screen.bracketed_paste()
                && screen.mouse_protocol_mode() == vt100::MouseProtocolMode::None
        });
        self
    }

    fn parser(&self) -> MutexGuard<'_, vt100::Parser> {
        self.screen.lock().unwrap()
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        drop(self.reading.take());
        if let Some(reader) = self.reader.take() {
            let _ = reader.join();
        }
    }
}

/// Takes in all that the program writes.
fn read_into(mut master: File, until: OwnedFd, screen: Arc<Mutex<vt100::Parser>>) -> JoinHandle<()> {
    std::thread::spawn(move || {
        let mut bytes = [0; 4096];
        loop {
            let mut ready = [PollFd::new(&master, PollFlags::IN), PollFd::new(&until, PollFlags::IN)];
            poll(&mut ready, None).unwrap();
            if !ready[1].revents().is_empty() {
                return;
            }
            let Ok(count @ 1..) = master.read(&mut bytes) else { return };
            screen.lock().unwrap().process(&bytes[..count]);
        }
    })
}

fn size(columns: u16, rows: u16) -> Winsize {
    Winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 }
}

fn cells(count: u16) -> NonZeroU16 {
    NonZeroU16::new(count).expect("a terminal has room")
}
