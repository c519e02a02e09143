//! The start of a traced program.
//!
//! Owns what happens between fork and exec: the filter is installed and its listener handed to the supervisor. Never
//! runs a program without the filter: a refusal ends the start, and the caller decides.
//!
//! Order matters. `Command::spawn` returns only after the program was started, and starting it is itself a call that
//! stops; so the supervisor's thread runs first and takes the listener from a socket.

use std::io::{self, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

use rustix::net::{
    AddressFamily, RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, Shutdown, SocketFlags, SocketType, recvmsg, sendmsg, socketpair,
};

use super::filter;
use super::hook::Hook;
use super::listener::Listener;
use super::supervise::{Shared, supervise};
use crate::trace::{SpawnError, Unsupported};

/// The supervisor of one tree, seen from outside.
///
/// When it is dropped before the tree is gone, the rest of the tree is left to a keeper first.
#[derive(Debug)]
pub(super) struct Supervisor {
    pub(super) shared: Shared,
    /// Hangs up when no process of the tree is left, or when it was left to a keeper.
    ended: Receiver<()>,
    control: OwnedFd,
}

impl Supervisor {
    /// Waits for the end of the tree, and returns whether it lives on after `grace`.
    pub(super) fn outlives(&self, grace: Duration) -> bool {
        self.ended.recv_timeout(grace) == Err(RecvTimeoutError::Timeout)
    }
}

impl Drop for Supervisor {
    fn drop(&mut self) {
        // An end that is gone already has nothing to be told.
        let _ = rustix::net::shutdown(&self.control, Shutdown::Both);
        // Our process may end next: the keeper has to be there by then.
        let _ = self.ended.recv();
    }
}

/// What the child said before it went on.
enum Handover {
    Listener,
    /// The kernel refused the filter.
    Refused(i32),
    /// Nothing: the child never came that far.
    Silence,
}

/// Starts `command` under a filter; also returns the supervisor when the program itself could not be started.
pub(super) fn start(
    command: &mut Command,
    hook: Option<&Hook>,
) -> Result<(io::Result<Child>, Supervisor), SpawnError> {
    let (ours, theirs) = socketpair(AddressFamily::UNIX, SocketType::STREAM, SocketFlags::CLOEXEC, None)
        .map_err(|e| resources(&e.into()))?;
    let shared = Shared::default();
    if let Some(hook) = hook {
        let mut recorder = shared.lock();
        recorder.pass_over(&hook.path);
        if let Some((tape, path)) = hook.tape() {
            recorder.pass_over(path);
            recorder.listen(tape);
        }
    }
    let (end, ended) = channel();
    let (said, handover) = channel();
    std::thread::Builder::new()
        .name("trace".to_owned())
        .spawn({
            let shared = shared.clone();
            move || run(ours, &said, &shared, end)
        })
        .map_err(|e| resources(&e))?;

    let armed = Arc::new(AtomicBool::new(true));
    install_before_exec(command, theirs.as_raw_fd(), Arc::clone(&armed));
    if let Some(hook) = hook {
        adopt_before_exec(command, hook, Arc::clone(&armed));
    }
    let child = command.spawn();
    // The closure stays with the command, which may be spawned again without us.
    armed.store(false, Ordering::Release);

    // Whatever the child had to say is said: with the writing end shut, silence does not last.
    let _ = rustix::net::shutdown(&theirs, Shutdown::Write);

    match (handover.recv().unwrap_or(Handover::Silence), child) {
        (Handover::Listener, child) => Ok((child, Supervisor { shared, ended, control: theirs })),
        (Handover::Refused(errno), _) => Err(Unsupported::Refused { errno }.into()),
        (Handover::Silence, Err(e)) => Err(SpawnError::Program(e)),
        (Handover::Silence, Ok(_)) => unreachable!("the child does not start the program without its filter"),
    }
}

/// Says that something needed for tracing could not be had.
pub(super) fn resources(e: &io::Error) -> Unsupported {
    Unsupported::Resources { errno: e.raw_os_error().unwrap_or_default() }
}

/// The supervisor's thread: waits for the listener, then serves it to the end.
fn run(socket: OwnedFd, said: &Sender<Handover>, shared: &Shared, end: Sender<()>) {
    let (handover, listener) = receive(&socket);
    // The other side is gone only when it was not interested.
    let _ = said.send(handover);
    if let Some(listener) = listener {
        supervise(Listener::new(listener, socket), shared);
    }
    drop(end);
}

/// Adds the filter to what the child does before it becomes the program.
fn install_before_exec(command: &mut Command, socket: i32, armed: Arc<AtomicBool>) {
    let program = filter::program();
    let install = move || {
        if armed.load(Ordering::Acquire) { install_and_hand_over(&program, socket) } else { Ok(()) }
    };
    // SAFETY: the closure allocates nothing and takes no lock: it makes a handful of system calls on memory that was
    // prepared before the fork, and its socket is open as long as it is armed.
    unsafe { command.pre_exec(install) };
}

/// Adds to what the child does: it takes the environment with the hook.
fn adopt_before_exec(command: &mut Command, hook: &Hook, armed: Arc<AtomicBool>) {
    let block = Arc::clone(&hook.block);
    let adopt = move || {
        if armed.load(Ordering::Acquire) {
            // SAFETY: this runs between fork and exec.
            unsafe { block.adopt() };
        }
        Ok(())
    };
    // SAFETY: the closure only sets a pointer to what was prepared before the fork.
    unsafe { command.pre_exec(adopt) };
}

fn install_and_hand_over(program: &[libc::sock_filter], socket: i32) -> io::Result<()> {
    // SAFETY: the parent keeps this descriptor open until `spawn` has returned.
    let socket = unsafe { BorrowedFd::borrow_raw(socket) };
    match install(program) {
        Ok(listener) => send(socket, &[], Some(listener.as_fd())),
        Err(e) => {
            send(socket, &e.raw_os_error().unwrap_or_default().to_ne_bytes(), None)?;
            Err(e)
        }
    }
}

/// Installs the filter on the calling thread.
fn install(program: &[libc::sock_filter]) -> io::Result<OwnedFd> {
    const BASE: libc::c_ulong = libc::SECCOMP_FILTER_FLAG_NEW_LISTENER | libc::SECCOMP_FILTER_FLAG_SPEC_ALLOW;
    no_new_privileges()?;
    // A caller that waits for us should not be disturbed by signals; Linux 5.19 can do that.
    match install_with(program, BASE | libc::SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV) {
        Err(e) if e.raw_os_error() == Some(libc::EINVAL) => install_with(program, BASE),
        result => result,
    }
}

fn no_new_privileges() -> io::Result<()> {
    // The kernel looks at whole words, which a variadic call does not make of small numbers.
    const YES: libc::c_ulong = 1;
    const NO: libc::c_ulong = 0;
    // SAFETY: this request takes numbers only.
    match unsafe { libc::prctl(libc::PR_SET_NO_NEW_PRIVS, YES, NO, NO, NO) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

fn install_with(program: &[libc::sock_filter], flags: libc::c_ulong) -> io::Result<OwnedFd> {
    let program =
        libc::sock_fprog { len: program.len() as libc::c_ushort, filter: program.as_ptr().cast_mut() };
    // SAFETY: `program` points to that many live instructions, which the kernel only reads.
    let fd = unsafe { libc::syscall(libc::SYS_seccomp, libc::SECCOMP_SET_MODE_FILTER, flags, &program) };
    if fd < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: with `NEW_LISTENER` the call returns a new descriptor, which nobody else owns.
    Ok(unsafe { OwnedFd::from_raw_fd(fd as i32) })
}

/// Sends one message: four bytes, and the listener when there is one.
fn send(socket: BorrowedFd<'_>, errno: &[u8], listener: Option<BorrowedFd<'_>>) -> io::Result<()> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    let fds = listener.as_slice();
    if !fds.is_empty() {
        control.push(SendAncillaryMessage::ScmRights(fds));
    }
    let bytes = if errno.is_empty() { &[0; 4] } else { errno };
    sendmsg(socket, &[IoSlice::new(bytes)], &mut control, SendFlags::NOSIGNAL)?;
    Ok(())
}

fn receive(socket: &OwnedFd) -> (Handover, Option<OwnedFd>) {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let mut errno = [0; 4];
    let got = rustix::io::retry_on_intr(|| {
        recvmsg(socket, &mut [IoSliceMut::new(&mut errno)], &mut control, RecvFlags::CMSG_CLOEXEC)
    });
    let listener = control.drain().find_map(|message| match message {
        RecvAncillaryMessage::ScmRights(mut fds) => fds.next(),
        _ => None,
    });
    match (listener, got) {
        (Some(listener), _) => (Handover::Listener, Some(listener)),
        (None, Ok(message)) if message.bytes == errno.len() => {
            (Handover::Refused(i32::from_ne_bytes(errno)), None)
        }
        _ => (Handover::Silence, None),
    }
}
