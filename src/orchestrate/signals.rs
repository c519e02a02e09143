//! Signals while cargo runs.
//!
//! Owns the handlers of this process. The terminal sends SIGINT and SIGQUIT to cargo as well: we only survive them, to
//! report. What a process sends may be meant for us alone and is passed on, as are SIGTERM and SIGHUP. What was ignored when we were started stays
//! ignored, for cargo too: it inherits that, while handlers end with `exec`. Never prints.

use std::io;
use std::process::{Child, Command, ExitStatus};
use std::sync::atomic::{AtomicI32, Ordering};

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions};

use crate::signal;

/// Cargo's process id while it runs, else 0.
static CHILD: AtomicI32 = AtomicI32::new(0);

/// The last signal to pass on.
static RECEIVED: AtomicI32 = AtomicI32::new(0);

/// Runs cargo to its end. Afterwards SIGTERM and SIGHUP mean what they meant before. SIGINT and SIGQUIT are survived to the
/// end: the one that ended cargo may reach us after it.
pub(super) fn run(command: &mut Command) -> io::Result<ExitStatus> {
    RECEIVED.store(0, Ordering::SeqCst);
    let signals = [libc::SIGINT, libc::SIGQUIT, libc::SIGTERM, libc::SIGHUP];
    let before = signals.map(|signal| (signal, signal::handle_telling(signal, receive)));
    let status = command.spawn().and_then(|mut child| wait(&mut child));
    for (signal, action) in before {
        if matches!(signal, libc::SIGTERM | libc::SIGHUP) {
            signal::set(signal, action);
        }
    }
    status
}

/// Waits until cargo has ended. Its id is forgotten before it is free for another process.
fn wait(child: &mut Child) -> io::Result<ExitStatus> {
    let pid = Pid::from_child(child);
    CHILD.store(pid.as_raw_nonzero().get(), Ordering::SeqCst);
    // A signal may have come before there was a child. If its handler saw the child after all, it is passed on twice.
    send(pid.as_raw_nonzero().get(), RECEIVED.load(Ordering::SeqCst));
    let ended = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
    while let Err(rustix::io::Errno::INTR) = rustix::process::waitid(WaitId::Pid(pid), ended) {}
    CHILD.store(0, Ordering::SeqCst);
    child.wait()
}

/// Passes a signal on, unless the terminal has sent it to cargo as well. Touches atomics and makes one system call, which is
/// all a handler may do.
extern "C" fn receive(signal: libc::c_int, info: *const libc::siginfo_t, _: *mut libc::c_void) {
    // SAFETY: this is a handler, and this is what it was given.
    let is_for_us = unsafe { signal::is_of_process(info) };
    if matches!(signal, libc::SIGINT | libc::SIGQUIT) && !is_for_us {
        return;
    }
    RECEIVED.store(signal, Ordering::SeqCst);
    send(CHILD.load(Ordering::SeqCst), signal);
}

fn send(pid: i32, signal: i32) {
    let signal = match signal {
        libc::SIGTERM => Signal::TERM,
        libc::SIGHUP => Signal::HUP,
        libc::SIGINT => Signal::INT,
        libc::SIGQUIT => Signal::QUIT,
        _ => return,
    };
    if let Some(pid) = Pid::from_raw(pid) {
        let _ = rustix::process::kill_process(pid, signal);
    }
}
