//! The tape: what this program and all others of the tree look at, noted without a stop.
//!
//! Owns the notes and the gate. A look is noted before it is made; then it is made through the gate, from where the
//! filter lets it pass. The supervisor reads all notes before it answers the next stop, and nothing in the tree is
//! changed without one: so it finds things as whoever looked found them. What can't be noted, for want of room or
//! because somebody else writes, is done the ordinary way, and stops.

use core::arch::asm;
use core::ffi::{CStr, c_char, c_int, c_long};
use core::ptr;
use core::sync::atomic::{AtomicPtr, AtomicU32, Ordering};

use super::kernel::{O_CLOEXEC, O_RDWR, SYS_GETCWD, kernel, open};
use super::layout::{CODE, END, GATE, LOCK, LOG, NOTE_HEAD, REAL, SIZE, TAPE};
use super::{MAP_SHARED, PROT_READ_WRITE, close, mmap, munmap};

/// The tape, once it and the gate are mapped.
static MAPPED: AtomicPtr<u8> = AtomicPtr::new(ptr::null_mut());

const PROT_READ_EXEC: c_int = 5;
const MAP_PRIVATE: c_int = 2;
const MAP_FIXED_NOREPLACE: c_int = 0x10_0000;
/// At most the size of a page, on any machine.
const GATE_SIZE: usize = 4096;

/// How often somebody else is waited for.
const PATIENCE: usize = 200;

/// Longest path that is noted.
const LONGEST: usize = 2 * 4096;

/// Maps tape and gate of the file at `path`, which ends with zero. Without them nothing is noted.
pub(crate) fn begin(path: *const c_char) -> bool {
    // SAFETY: the path is a C string. What is mapped is ours, and stays; nothing that is there already is replaced.
    unsafe {
        let fd = open(path, O_RDWR | O_CLOEXEC);
        if fd < 0 {
            return false;
        }
        let tape = mmap(ptr::null_mut(), SIZE, PROT_READ_WRITE, MAP_SHARED, fd, LOG as c_long);
        let at = ptr::without_provenance_mut(GATE);
        let flags = MAP_PRIVATE | MAP_FIXED_NOREPLACE;
        let gate = mmap(at, GATE_SIZE, PROT_READ_EXEC, flags, fd, CODE as c_long);
        close(fd);
        let has_tape = tape.addr() != usize::MAX;
        let has_gate = gate.addr() == GATE;
        if has_tape && has_gate && tape.cast::<u64>().read() == TAPE {
            MAPPED.store(tape.cast(), Ordering::Release);
            return true;
        }
        if has_tape {
            munmap(tape, SIZE);
        }
        if gate.addr() != usize::MAX {
            munmap(gate, GATE_SIZE);
        }
        false
    }
}

/// Whether anything is noted.
pub(crate) fn is_running() -> bool {
    !MAPPED.load(Ordering::Acquire).is_null()
}

/// Notes a look at a path of this process's own. `false`: nothing was noted, and the look has to stop.
pub(crate) fn note(kind: u32, path: *const c_char) -> bool {
    let tape = MAPPED.load(Ordering::Acquire);
    if tape.is_null() || path.is_null() {
        return false;
    }
    // SAFETY: who looks at a path answers for it.
    let path = unsafe { CStr::from_ptr(path) }.to_bytes();
    if path.is_empty() || path.len() > LONGEST / 2 || means_something_else(path) {
        return false;
    }
    let Some(tape) = Locked::take(tape) else { return false };
    tape.write(kind, path)
}

/// Whether a path leads to something that differs from process to process.
fn means_something_else(path: &[u8]) -> bool {
    path.starts_with(b"/proc/") || path.starts_with(b"/dev/")
}

/// The tape, while nobody else writes.
struct Locked(*mut u8);

impl Locked {
    fn take(tape: *mut u8) -> Option<Self> {
        let locked = Self(tape);
        for _ in 0..PATIENCE {
            let taken = locked.word(LOCK).compare_exchange_weak(0, 1, Ordering::Acquire, Ordering::Relaxed);
            if taken.is_ok() {
                return Some(locked);
            }
            core::hint::spin_loop();
        }
        core::mem::forget(locked);
        None
    }

    fn word(&self, at: usize) -> &AtomicU32 {
        // SAFETY: the words that are asked for lie inside the mapping, aligned, and are only used as such.
        unsafe { AtomicU32::from_ptr(self.0.add(at).cast()) }
    }

    /// Writes a note; a relative path behind the working directory. Whether there was room.
    fn write(&self, kind: u32, path: &[u8]) -> bool {
        let end = self.word(END).load(Ordering::Relaxed) as usize;
        if end + NOTE_HEAD + LONGEST > SIZE {
            return false;
        }
        // SAFETY: so much room is left behind the last note, and nobody else writes there.
        unsafe {
            let text = self.0.add(end + NOTE_HEAD);
            let mut len = 0;
            if path[0] != b'/' {
                let Some(directory) = working_directory(text) else { return false };
                text.add(directory).write(if kind == REAL { 0 } else { b'/' });
                len = directory + 1;
            }
            ptr::copy_nonoverlapping(path.as_ptr(), text.add(len), path.len());
            len += path.len();
            self.0.add(end).cast::<u32>().write(kind << 24 | len as u32);
            let next = (end + NOTE_HEAD + len).next_multiple_of(4);
            self.word(END).store(next as u32, Ordering::Release);
        }
        true
    }
}

impl Drop for Locked {
    fn drop(&mut self) {
        self.word(LOCK).store(0, Ordering::Release);
    }
}

/// Writes the working directory to a place with room for half of the longest path; its length.
fn working_directory(into: *mut u8) -> Option<usize> {
    // The zero at its end counts.
    let len = usize::try_from(kernel(SYS_GETCWD, [into.addr(), LONGEST / 2, 0])).ok()?.checked_sub(1)?;
    // SAFETY: the kernel wrote so much.
    let directory = unsafe { core::slice::from_raw_parts(into, len) };
    (directory.first() == Some(&b'/') && !means_something_else(directory)).then_some(len)
}

/// Makes a system call through the gate: its result, or the error's number below zero. Only after it was noted.
pub(crate) fn pass(number: usize, arguments: [usize; 4]) -> isize {
    let [first, second, third, fourth] = arguments;
    let result: isize;
    // SAFETY: the gate is mapped, as something was noted. The calls made by it write only where their caller asked.
    unsafe {
        #[cfg(target_arch = "x86_64")]
        asm!("call {gate}", gate = in(reg) GATE, inlateout("rax") number as isize => result, in("rdi") first,
            in("rsi") second, in("rdx") third, in("r10") fourth, out("rcx") _, out("r11") _);
        #[cfg(target_arch = "aarch64")]
        asm!("blr {gate}", gate = in(reg) GATE, in("x8") number, inlateout("x0") first as isize => result,
            in("x1") second, in("x2") third, in("x3") fourth, out("lr") _);
    }
    result
}
