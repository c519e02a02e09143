//! What happens on a signal.
//!
//! Owns the one call that changes it. Which signals, and what a handler does, is for those who need one: a handler may
//! only touch atomics and make single system calls.

/// A handler.
pub type Handler = extern "C" fn(libc::c_int);

/// What happens on a signal, to be put back later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Action(libc::sighandler_t);

/// Sets a handler, unless the signal is ignored. Returns what happened before.
pub fn handle(signal: libc::c_int, handler: Handler) -> Action {
    let before = set(signal, Action(handler as libc::sighandler_t));
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
        new.sa_flags = libc::SA_RESTART;
        libc::sigemptyset(&raw mut new.sa_mask);
        libc::sigaction(signal, &raw const new, &raw mut old);
        Action(old.sa_sigaction)
    }
}
