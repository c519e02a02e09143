//! The terminal: the one place that prints.
//!
//! Owns stdout and stderr, whether they are coloured, the pager, and the one question a command may ask. Results go to
//! stdout, everything else to stderr. Never decides what to say, and never waits for a person who is not there.

use std::ffi::{OsStr, OsString};
use std::io::{self, BufRead as _, IsTerminal as _, Write as _};
use std::process::{Command, Stdio};

use rustix::termios::tcgetwinsize;

/// When to colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Color {
    /// On a terminal that takes it.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

impl Color {
    /// Decides by the option, else `NO_COLOR`, else `CARGO_TERM_COLOR`, else by the stream itself, unless that is a terminal
    /// without colours (`TERM=dumb`).
    pub fn choose(option: Option<Self>, no_color: bool, cargo: Option<&OsStr>, is_dumb: bool) -> Self {
        let from_cargo = || match cargo.and_then(OsStr::to_str) {
            Some("always") => Self::Always,
            Some("never") => Self::Never,
            _ => Self::Auto,
        };
        match option.unwrap_or_else(|| if no_color { Self::Never } else { from_cargo() }) {
            Self::Auto if is_dumb => Self::Never,
            chosen => chosen,
        }
    }

    fn on(self, is_tty: bool) -> bool {
        match self {
            Self::Auto => is_tty,
            Self::Always => true,
            Self::Never => false,
        }
    }
}

/// How much to say on stderr.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verbosity {
    /// Errors only.
    Quiet,
    /// What matters.
    #[default]
    Normal,
    /// Details too.
    Verbose,
}

/// How to use the terminal.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Colour of both streams.
    pub color: Color,
    /// What to leave out.
    pub verbosity: Verbosity,
    /// The pager for long results; `None`: none.
    pub pager: Option<OsString>,
}

/// Both output streams.
#[derive(Clone, Debug)]
pub struct Term {
    options: Options,
    stdin_tty: bool,
    stdout_tty: bool,
    stderr_tty: bool,
}

/// The pager when no variable names one: ends by itself if all fits, keeps colours and the screen.
pub const DEFAULT_PAGER: &str = "less -FRX";

const BOLD: &str = "\x1b[1m";
const RED: &str = "\x1b[1;31m";
const YELLOW: &str = "\x1b[1;33m";
const CYAN: &str = "\x1b[1;36m";
const RESET: &str = "\x1b[0m";

impl Term {
    /// Looks at the streams of this process.
    pub fn new(options: Options) -> Self {
        Self {
            options,
            stdin_tty: io::stdin().is_terminal(),
            stdout_tty: io::stdout().is_terminal(),
            stderr_tty: io::stderr().is_terminal(),
        }
    }

    /// Whether what goes to stdout is to be coloured.
    pub fn stdout_color(&self) -> bool {
        self.options.color.on(self.stdout_tty)
    }

    /// Whether what goes to stderr is to be coloured.
    pub fn stderr_color(&self) -> bool {
        self.options.color.on(self.stderr_tty)
    }

    /// Whether a person reads stderr as it comes: then a line may be drawn over.
    pub fn stderr_is_terminal(&self) -> bool {
        self.stderr_tty
    }

    /// Whether a person reads stdout as it comes.
    pub fn stdout_is_terminal(&self) -> bool {
        self.stdout_tty
    }

    /// Whether a person can be asked and sees the question.
    pub fn is_interactive(&self) -> bool {
        self.stdin_tty && self.stderr_tty
    }

    /// Whether a full screen can be drawn.
    pub fn has_screen(&self) -> bool {
        self.stdin_tty && self.stdout_tty
    }

    /// Returns the width to which tables on stdout are cut; `None`: none.
    pub fn width(&self) -> Option<usize> {
        self.size().map(|(width, _)| width)
    }

    fn size(&self) -> Option<(usize, usize)> {
        let size = tcgetwinsize(io::stdout()).ok().filter(|_| self.stdout_tty)?;
        (size.ws_col > 0).then_some((size.ws_col.into(), size.ws_row.into()))
    }

    /// Prints a result to stdout.
    ///
    /// # Errors
    /// A closed pipe is [`io::ErrorKind::BrokenPipe`]: the reader has seen enough.
    pub fn result(&self, text: &str) -> io::Result<()> {
        let mut stdout = io::stdout().lock();
        stdout.write_all(text.as_bytes())?;
        stdout.flush()
    }

    /// Prints a result to stdout, through the pager if it is longer than the screen.
    pub fn long_result(&self, text: &str) -> io::Result<()> {
        let rows = self.size().map(|(_, rows)| rows);
        let is_long = rows.is_some_and(|rows| text.lines().count() >= rows);
        match &self.options.pager {
            Some(pager) if is_long && page(pager, text) => Ok(()),
            _ => self.result(text),
        }
    }

    /// Prints an error and what caused it, in cargo's form.
    pub fn error(&self, message: &str, causes: &[String]) {
        self.tagged(RED, "error", message);
        if !causes.is_empty() {
            let indented = |cause: &String| format!("  {}\n", cause.replace('\n', "\n  "));
            self.stderr(&format!("\nCaused by:\n{}", causes.iter().map(indented).collect::<String>()));
        }
    }

    /// Prints an error that is in form already, as clap writes them.
    pub fn error_text(&self, text: &str) {
        self.stderr(text);
    }

    /// Prints what to do about an error.
    pub fn hint(&self, message: &str) {
        self.tagged(CYAN, "hint", message);
    }

    /// Prints a warning.
    pub fn warning(&self, message: &str) {
        if self.options.verbosity > Verbosity::Quiet {
            self.tagged(YELLOW, "warning", message);
        }
    }

    /// Prints something good to know.
    pub fn note(&self, message: &str) {
        if self.options.verbosity > Verbosity::Quiet {
            self.tagged(BOLD, "note", message);
        }
    }

    /// Prints a message as it is, to stderr.
    pub fn message(&self, text: &str) {
        if self.options.verbosity > Verbosity::Quiet {
            self.stderr(text);
        }
    }

    /// Prints a detail that only `--verbose` shows.
    pub fn detail(&self, text: &str) {
        if self.options.verbosity == Verbosity::Verbose {
            self.stderr(&format!("{text}\n"));
        }
    }

    /// Asks a yes-or-no question on stderr; anything but `y` or `yes` is no.
    pub fn confirm(&self, question: &str) -> io::Result<bool> {
        self.stderr(&format!("{question} [y/N] "));
        let mut answer = String::new();
        io::stdin().lock().read_line(&mut answer)?;
        Ok(matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes"))
    }

    fn tagged(&self, style: &str, tag: &str, message: &str) {
        if self.stderr_color() {
            self.stderr(&format!("{style}{tag}{RESET}{BOLD}:{RESET} {message}\n"));
        } else {
            self.stderr(&format!("{tag}: {message}\n"));
        }
    }

    fn stderr(&self, text: &str) {
        // Nobody is left to tell.
        let _ = io::stderr().lock().write_all(text.as_bytes());
    }
}

/// Shows `text` by a pager. Returns whether it ran; what the reader left unread is no error.
fn page(pager: &OsStr, text: &str) -> bool {
    let mut shell = Command::new("sh");
    let Ok(mut child) = shell.arg("-c").arg(pager).stdin(Stdio::piped()).spawn() else { return false };
    if let Some(mut stdin) = child.stdin.take() {
        let _ = stdin.write_all(text.as_bytes());
    }
    // The shell's codes for a program that is not there or can't be run.
    child.wait().is_ok_and(|status| !matches!(status.code(), Some(126 | 127)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colour_follows_option_then_variables_then_stream() {
        let always = Some(OsStr::new("always"));
        assert_eq!(Color::choose(Some(Color::Never), false, always, false), Color::Never);
        assert_eq!(Color::choose(Some(Color::Auto), true, always, false), Color::Auto);
        assert_eq!(Color::choose(None, true, always, false), Color::Never);
        assert_eq!(Color::choose(None, false, always, false), Color::Always);
        assert_eq!(Color::choose(None, false, Some(OsStr::new("odd")), false), Color::Auto);
        assert_eq!(Color::choose(None, false, None, true), Color::Never);
        assert_eq!(Color::choose(None, false, always, true), Color::Always);
        assert!(Color::Auto.on(true) && !Color::Auto.on(false) && Color::Always.on(false));
    }

    #[test]
    fn a_pager_that_is_not_there_is_told_from_one_that_ran() {
        assert!(page(OsStr::new("cat >/dev/null"), "text"));
        assert!(page(OsStr::new("exit 1"), &"long ".repeat(100_000)));
        assert!(!page(OsStr::new("no-such-pager-here 2>/dev/null"), "text"));
    }
}
