//! What happens on a signal.
//!
//! Owns the one call that changes it. Which signals, and what a handler does, is for those who need one: a handler may
//! only touch atomics and make single system calls.

/// A handler.
pub type Handler = extern "C" fn(libc::c_int);

/// A handler that is told who sent the signal.
pub type TellingHandler = extern "C" fn(libc::c_int, *const libc::siginfo_t, *mut libc::c_void);

/// What happens on a signal, to be put back later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Action(libc::sighandler_t);

/// Sets a handler, unless the signal is ignored. Returns what happened before.
pub fn handle(signal: libc::c_int, handler: Handler) -> Action {
    handle_by(signal, Action(handler as libc::sighandler_t))
}

/// Sets a handler that is told who sent the signal, unless the signal is ignored. Returns what happened before.
pub fn handle_telling(signal: libc::c_int, handler: TellingHandler) -> Action {
    handle_by(signal, Action(handler as libc::sighandler_t))
}

/// Whether a process has sent a signal, and not the terminal or the system.
///
/// # Safety
/// `info` must be what a [`TellingHandler`] was given.
pub unsafe fn is_of_process(info: *const libc::siginfo_t) -> bool {
    // SAFETY: the system has filled it in; the caller vouches for that.
    unsafe { (*info).si_code <= 0 }
}

fn handle_by(signal: libc::c_int, handler: Action) -> Action {
    let before = set(signal, handler);
    if before == Action(libc::SIG_IGN) {
        set(signal, before);
    }
    before
}

/// Ends this process by a signal. Returns only if that fails: exit with 128 + `signal` then.
pub fn die_by(signal: i32) {
    set(signal, Action(libc::SIG_DFL));
    // SAFETY: `raise` has no memory to harm; the default action ends the process without running code of ours.
    unsafe { libc::raise(signal) };
}

/// Sets what happens on a signal, and returns what happened before.
pub fn set(signal: libc::c_int, action: Action) -> Action {
    // SAFETY: an all-zero `sigaction` is a valid one (no flags, empty mask, default action); both pointers are to
    // live values; the handlers are async-signal-safe.
    unsafe {
        let mut new: libc::sigaction = std::mem::zeroed();
        let mut old: libc::sigaction = std::mem::zeroed();
        new.sa_sigaction = action.0;
        // Handlers that take the number alone do not look at the rest.
        new.sa_flags = libc::SA_RESTART | libc::SA_SIGINFO;
        libc::sigemptyset(&raw mut new.sa_mask);
        libc::sigaction(signal, &raw const new, &raw mut old);
        Action(old.sa_sigaction)
    }
}
