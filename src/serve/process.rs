//! Running the compiler, and ending as it ended.
//!
//! Owns the child's streams, signals and exit code: what cargo sees of us is what it would see of the compiler.

use std::ffi::OsString;
use std::io;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::process::{Command, ExitCode, ExitStatus};

/// A program with its arguments.
#[derive(Clone, Debug)]
pub struct Program {
    /// What to run.
    pub program: OsString,
    /// With what.
    pub arguments: Vec<OsString>,
    /// What it is told as its own name, if that is not the above.
    pub name: Option<OsString>,
}

impl Program {
    /// Returns the command.
    pub fn plain_command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.args(&self.arguments);
        if let Some(name) = &self.name {
            command.arg0(name);
        }
        command
    }

    /// Returns the command, tied to this process: it does not outlive us.
    pub fn command(&self) -> Command {
        let mut command = self.plain_command();
        #[cfg(target_os = "linux")]
        // SAFETY: prctl is async-signal-safe and takes no memory of ours.
        unsafe {
            command.pre_exec(|| {
                libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
                Ok(())
            });
        }
        command
    }
}

/// How a program ended.
#[derive(Clone, Copy, Debug)]
pub enum Ending {
    /// By itself, or by a signal.
    Status(ExitStatus),
    /// It could not be started; the error has been said.
    NotStarted,
}

/// The shell's exit code for a program that could not be started.
pub const NOT_STARTED: u8 = 127;

impl Ending {
    /// Ending of a hit.
    pub fn success() -> Self {
        Self::Status(ExitStatus::from_raw(0))
    }

    pub fn is_success(&self) -> bool {
        matches!(self, Self::Status(status) if status.success())
    }

    /// Returns the exit code, or 128 + signal.
    pub fn code(&self) -> i32 {
        match self {
            Self::Status(status) => {
                status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or_default())
            }
            Self::NotStarted => i32::from(NOT_STARTED),
        }
    }

    /// Ends this process the same way.
    pub fn exit(self) -> ExitCode {
        if let Self::Status(status) = self
            && let Some(signal) = status.signal()
        {
            // SAFETY: restores the default action and sends ourselves the signal that ended the compiler.
            unsafe {
                libc::signal(signal, libc::SIG_DFL);
                libc::raise(signal);
            }
        }
        ExitCode::from(u8::try_from(self.code()).unwrap_or(1))
    }
}

/// Becomes the program.
pub fn replace(program: &Program) -> ExitCode {
    let error = program.plain_command().exec();
    say_not_started(program, &error);
    ExitCode::from(NOT_STARTED)
}

/// The one message of our own: there is no compiler to speak in our place.
#[expect(clippy::print_stderr, reason = "the compiler can't say it itself")]
pub fn say_not_started(program: &Program, error: &io::Error) {
    eprintln!("error: failed to run `{}`\n\nCaused by:\n  {error}", program.program.display());
}
