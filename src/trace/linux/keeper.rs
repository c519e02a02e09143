//! Who answers when we are gone.
//!
//! Owns the small process that takes a listener over while processes under its filter live on. Never records anything:
//! it lets every call run, and ends with the last of them. Without it their calls would fail with `ENOSYS`.
//!
//! The process is forked from a program with several threads. It therefore uses what it finds on its own stack, and
//! nothing but system calls.

use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

use super::listener::{Event, Listener};

/// Where the keeper has its only descriptor.
const LISTENER: i32 = 0;

/// Leaves the listener to a process of its own, which belongs to nobody; without one, it is simply dropped.
pub(super) fn leave(listener: Listener) {
    // SAFETY: the child makes system calls only and never returns.
    match unsafe { libc::fork() } {
        0 => detach(&listener),
        -1 => {}
        child => reap(child),
    }
}

/// Waits for the process between us and the keeper, which ends at once.
fn reap(child: libc::pid_t) {
    // SAFETY: the status is not asked for, so the kernel writes nothing.
    while unsafe { libc::waitpid(child, std::ptr::null_mut(), 0) } == -1
        && std::io::Error::last_os_error().kind() == std::io::ErrorKind::Interrupted
    {}
}

/// Forks once more, so that the keeper is nobody's child to wait for, and becomes it.
fn detach(listener: &Listener) -> ! {
    // SAFETY: as in `leave`.
    if unsafe { libc::fork() } != 0 {
        end();
    }
    forget_everything_but(listener);
    // SAFETY: the descriptor was just put there for us, and nothing else in this process knows of it.
    let listener = Listener::resumed(unsafe { OwnedFd::from_raw_fd(LISTENER) });
    loop {
        match listener.next() {
            Ok(Event::Stop(stop)) => listener.resume(stop.id),
            Ok(Event::Gone | Event::Control) => {}
            Ok(Event::End) | Err(_) => end(),
        }
    }
}

/// Lets go of the terminal and of every open file, above all of pipes whose end others wait for.
fn forget_everything_but(listener: &Listener) {
    const OLD_LIMIT: i32 = 4096;
    // SAFETY: these calls take numbers only; no object of this process is used after its descriptor is closed.
    unsafe {
        libc::setsid();
        libc::dup2(listener.as_raw_fd(), LISTENER);
        let rest = LISTENER + 1;
        if libc::syscall(libc::SYS_close_range, rest, u32::MAX, 0) != 0 {
            for fd in rest..OLD_LIMIT {
                libc::close(fd);
            }
        }
    }
}

fn end() -> ! {
    // SAFETY: ends the process without running anything of the program it was forked from.
    unsafe { libc::_exit(0) }
}
