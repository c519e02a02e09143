//! Survives a damaged index.
//!
//! Owns the signal handler that turns a crash inside LMDB into a marker file and a fallback. Never runs anything in it
//! that is not async-signal-safe, and never stays installed beyond the use of the index.

use std::ffi::CString;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::sync::atomic::{AtomicPtr, Ordering};

use super::layout::Layout;

/// What to do when the index ends the process.
struct Fallback {
    marker: CString,
    /// Program and arguments to become, null-terminated; empty to end instead.
    program: Vec<*const libc::c_char>,
    _arguments: Vec<CString>,
    exit_code: i32,
}

/// What runs before the fallback, in the handler; null for nothing.
static BEFORE: AtomicPtr<()> = AtomicPtr::new(std::ptr::null_mut());

/// Has `call` run before any fallback. It must be async-signal-safe.
pub fn before_fallback(call: Option<extern "C" fn()>) {
    let call = call.map_or(std::ptr::null_mut(), |call| call as *const () as *mut ());
    BEFORE.store(call, Ordering::Release);
}

static FALLBACK: AtomicPtr<Fallback> = AtomicPtr::new(std::ptr::null_mut());

/// While it lives, a fatal signal of this process is taken for a damaged index.
#[derive(Debug)]
pub struct Guard(());

impl Guard {
    /// On a fatal signal: marks the index as damaged and becomes `program` with `arguments` (which has not run).
    pub fn become_program(
        layout: &Layout,
        program: &std::ffi::OsStr,
        arguments: &[std::ffi::OsString],
    ) -> Option<Self> {
        let text = |s: &std::ffi::OsStr| CString::new(s.as_bytes()).ok();
        let mut all = vec![text(program)?];
        for argument in arguments {
            all.push(text(argument)?);
        }
        let mut pointers = all.iter().map(|a| a.as_ptr()).collect::<Vec<_>>();
        pointers.push(std::ptr::null());
        Some(Self::install(Fallback {
            marker: marker(&layout.index_is_bad())?,
            program: pointers,
            _arguments: all,
            exit_code: 1,
        }))
    }

    /// On a fatal signal: marks the index as damaged and exits with `code`.
    pub fn exit(layout: &Layout, code: i32) -> Option<Self> {
        let marker = marker(&layout.index_is_bad())?;
        Some(Self::install(Fallback { marker, program: Vec::new(), _arguments: Vec::new(), exit_code: code }))
    }

    fn install(fallback: Fallback) -> Self {
        // Leaked on purpose: a handler may still read it. A process makes at most a few.
        FALLBACK.store(Box::into_raw(Box::new(fallback)), Ordering::Release);
        for signal in [libc::SIGSEGV, libc::SIGBUS, libc::SIGABRT, libc::SIGFPE] {
            // SAFETY: the handler calls async-signal-safe functions only.
            unsafe { libc::signal(signal, on_fatal_signal as *const () as libc::sighandler_t) };
        }
        Self(())
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        FALLBACK.store(std::ptr::null_mut(), Ordering::Release);
        for signal in [libc::SIGSEGV, libc::SIGBUS, libc::SIGABRT, libc::SIGFPE] {
            // SAFETY: restores the default action.
            unsafe { libc::signal(signal, libc::SIG_DFL) };
        }
    }
}

fn marker(bad: &Path) -> Option<CString> {
    CString::new(bad.as_os_str().as_bytes()).ok()
}

/// While a guard lives, a panic takes the same way as a fatal signal, but the index is not to blame and stays.
pub fn fall_back_on_panic() {
    std::panic::set_hook(Box::new(|_| {
        // SAFETY: the pointer is null or a leaked, immutable box.
        if let Some(fallback) = unsafe { FALLBACK.load(Ordering::Acquire).as_ref() } {
            fallback.run();
        }
    }));
}

extern "C" fn on_fatal_signal(signal: libc::c_int) {
    // SAFETY: the pointer is null or a leaked, immutable box.
    let Some(fallback) = (unsafe { FALLBACK.load(Ordering::Acquire).as_ref() }) else {
        // SAFETY: both calls are async-signal-safe; the default action ends the process.
        unsafe {
            libc::signal(signal, libc::SIG_DFL);
            libc::raise(signal);
        }
        return;
    };
    // SAFETY: both calls are async-signal-safe, and the name is a string of the box.
    unsafe {
        let file =
            libc::open(fallback.marker.as_ptr(), libc::O_CREAT | libc::O_WRONLY | libc::O_CLOEXEC, 0o600);
        if file >= 0 {
            libc::close(file);
        }
    }
    fallback.run();
}

impl Fallback {
    /// Becomes the program, or ends the process.
    fn run(&self) -> ! {
        let before = BEFORE.load(Ordering::Acquire);
        if !before.is_null() {
            // SAFETY: only `before_fallback` writes the pointer, from a function of this type.
            let before = unsafe { std::mem::transmute::<*mut (), extern "C" fn()>(before) };
            before();
        }
        // SAFETY: sigemptyset, sigprocmask, execvp and _exit are async-signal-safe here; the argument vector is
        // null-terminated and owned by the leaked box.
        unsafe {
            if let Some(program) = self.program.first() {
                let mut none = std::mem::zeroed::<libc::sigset_t>();
                libc::sigemptyset(&raw mut none);
                libc::sigprocmask(libc::SIG_SETMASK, &raw const none, std::ptr::null_mut());
                libc::execvp(*program, self.program.as_ptr());
            }
            libc::_exit(self.exit_code)
        }
    }
}
