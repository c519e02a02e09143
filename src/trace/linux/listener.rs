//! The listening end of the filter.
//!
//! Owns the descriptor on which stopped calls arrive and the requests it understands. Never looks at what a call means.

use std::io;
use std::os::fd::{AsRawFd, OwnedFd, RawFd};

use rustix::event::{PollFd, PollFlags, poll};

/// The listener of one filter.
#[derive(Debug)]
pub(super) struct Listener {
    fd: OwnedFd,
    /// Its other end is closed when our process is no longer interested.
    control: Option<OwnedFd>,
}

/// A call that stands still until it is resumed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stop {
    pub(super) id: u64,
    pub(super) tid: u32,
    pub(super) arch: u32,
    pub(super) nr: u32,
    pub(super) args: [u64; 6],
}

/// What waiting for a stop gave.
#[derive(Debug)]
pub(super) enum Event {
    Stop(Stop),
    /// The caller was killed before we looked.
    Gone,
    /// No process is left under the filter.
    End,
    /// Our process is no longer interested.
    Control,
}

const fn request(direction: u64, number: u64, size: usize) -> libc::Ioctl {
    (direction << 30 | (size as u64) << 16 | 0x21 << 8 | number) as libc::Ioctl
}

const RECEIVE: libc::Ioctl = request(3, 0, size_of::<libc::seccomp_notif>());
const SEND: libc::Ioctl = request(3, 1, size_of::<libc::seccomp_notif_resp>());
const IS_VALID: libc::Ioctl = request(1, 2, size_of::<u64>());
const SET_FLAGS: libc::Ioctl = request(1, 4, size_of::<u64>());

/// Wakes the other side on the processor that sends: half the way of a normal wake-up (Linux 6.6).
const SYNC_WAKE_UP: libc::c_ulong = 1;

impl Listener {
    /// Takes up a new listener, until the other end of `control` closes.
    pub(super) fn new(fd: OwnedFd, control: OwnedFd) -> Self {
        // SAFETY: the request takes a plain number; an older kernel refuses it, and all works without.
        unsafe { libc::ioctl(fd.as_raw_fd(), SET_FLAGS, SYNC_WAKE_UP) };
        Self { fd, control: Some(control) }
    }

    /// Takes up a listener that was in use, for as long as there are processes under its filter.
    pub(super) fn resumed(fd: OwnedFd) -> Self {
        Self { fd, control: None }
    }

    /// Waits for the next event.
    pub(super) fn next(&self) -> io::Result<Event> {
        // Without a control, the listener stands in for it and is never asked twice.
        let control = self.control.as_ref().unwrap_or(&self.fd);
        let mut ready = [PollFd::new(&self.fd, PollFlags::IN), PollFd::new(control, PollFlags::empty())];
        match poll(&mut ready, None) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(e) => return Err(e.into()),
        }
        let (happened, control) = (ready[0].revents(), ready[1].revents());
        if happened.contains(PollFlags::IN) && control.is_empty() {
            self.receive()
        } else if happened.contains(PollFlags::HUP) {
            Ok(Event::End)
        } else if !control.is_empty() {
            Ok(Event::Control)
        } else {
            Ok(Event::Gone)
        }
    }

    fn receive(&self) -> io::Result<Event> {
        // SAFETY: the kernel's structure is plain numbers, for which zero is a value; the kernel asks for zeros.
        let mut stop: libc::seccomp_notif = unsafe { std::mem::zeroed() };
        // SAFETY: the request fills a structure of exactly this type, exclusively borrowed.
        if unsafe { libc::ioctl(self.fd.as_raw_fd(), RECEIVE, &mut stop) } != 0 {
            let e = io::Error::last_os_error();
            return match e.raw_os_error() {
                Some(libc::ENOENT | libc::EINTR) => Ok(Event::Gone),
                _ => Err(e),
            };
        }
        Ok(Event::Stop(Stop {
            id: stop.id,
            tid: stop.pid,
            arch: stop.data.arch,
            nr: stop.data.nr as u32,
            args: stop.data.args,
        }))
    }

    /// Returns whether the caller still stands at this stop, so that what was read is its memory.
    pub(super) fn is_valid(&self, id: u64) -> bool {
        // SAFETY: the request reads one number, borrowed for the call.
        unsafe { libc::ioctl(self.fd.as_raw_fd(), IS_VALID, &id) == 0 }
    }

    /// Lets the call run as if nothing had been; a caller that was killed meanwhile needs no answer.
    pub(super) fn resume(&self, id: u64) {
        let answer = libc::seccomp_notif_resp {
            id,
            val: 0,
            error: 0,
            flags: libc::SECCOMP_USER_NOTIF_FLAG_CONTINUE as u32,
        };
        // SAFETY: the request reads a structure of exactly this type, borrowed for the call.
        unsafe { libc::ioctl(self.fd.as_raw_fd(), SEND, &answer) };
    }
}

impl AsRawFd for Listener {
    fn as_raw_fd(&self) -> RawFd {
        self.fd.as_raw_fd()
    }
}
