//! The program that takes the place of a build script: it hands the script to the cache, or runs it itself.
//!
//! Owns the two calls of `execve` and the words when both fail. Never opens a file, allocates, or changes anything that
//! the next program gets: environment, descriptors, signals and working directory are those of this one.
//!
//! `build.rs` compiles this file by itself; it is no module of the program. It is linked with nothing, not even a C
//! library, at fixed addresses. The two texts are behind its end, see `layout`.
//!
//! The arguments need no room of their own: they lie at the start of the stack, behind their count. What this program
//! puts before them goes over the count and below it, where nothing is.

#![no_std]
#![no_main]
#![no_builtins]

mod layout;

use core::arch::{asm, global_asm};
use core::mem::MaybeUninit;
use core::ptr;

use layout::{MAGIC, NAME, PATH, RUN_BUILD_SCRIPT};

/// A C string, or null.
type Text = *const u8;

/// Where the texts are. Filled in when a launcher is made.
#[repr(C)]
struct Texts {
    magic: [u8; MAGIC.len()],
    /// The path of the cache's program.
    program: Text,
    /// The name of the script, in our own directory.
    script: Text,
}

// SAFETY: this program has one thread, and what is pointed to never changes.
unsafe impl Sync for Texts {}

#[used]
static TEXTS: Texts = Texts { magic: MAGIC, program: ptr::null(), script: ptr::null() };

/// The command word as a C string.
static WORD: [u8; RUN_BUILD_SCRIPT.len() + 1] = {
    let mut word = [0; RUN_BUILD_SCRIPT.len() + 1];
    let mut at = 0;
    while at < RUN_BUILD_SCRIPT.len() {
        word[at] = RUN_BUILD_SCRIPT.as_bytes()[at];
        at += 1;
    }
    word
};

/// For the path of the script.
const ROOM: usize = PATH + NAME;
/// `AT_EXECFN`: the path that this program was run by.
const OWN_PATH: usize = 31;
const STDERR: usize = 2;
const NOT_STARTED: usize = 127;

#[cfg(target_arch = "x86_64")]
mod call {
    pub(crate) const WRITEV: usize = 20;
    pub(crate) const EXECVE: usize = 59;
    pub(crate) const EXIT: usize = 231;
}

#[cfg(target_arch = "aarch64")]
mod call {
    pub(crate) const WRITEV: usize = 66;
    pub(crate) const EXECVE: usize = 221;
    pub(crate) const EXIT: usize = 94;
}

// Leaves the words below the count to `run`, and aligns the stack.
#[cfg(target_arch = "x86_64")]
global_asm!(
    ".globl _start",
    "_start:",
    "xor ebp, ebp",
    "mov rdi, rsp",
    "sub rsp, 64",
    "and rsp, -16",
    "call {run}",
    "ud2",
    run = sym run,
);
#[cfg(target_arch = "aarch64")]
global_asm!(
    ".globl _start",
    "_start:",
    "mov x29, xzr",
    "mov x30, xzr",
    "mov x0, sp",
    "sub sp, sp, 64",
    "bl {run}",
    "brk 1",
    run = sym run,
);

/// All there is. `stack` is where the kernel put the count of arguments, the arguments, the environment and its own
/// notes, each list with a null at its end.
unsafe extern "C" fn run(stack: *mut Text) -> ! {
    let mut path = MaybeUninit::<[u8; ROOM]>::uninit();
    // SAFETY: the kernel lays the stack out so, and the four words before the arguments are ours. The texts are filled
    // in before there is a launcher; the compiler must not look at what they were.
    unsafe {
        let arguments = stack.add(1);
        let environment = after(arguments);
        let own = own_path(after(environment).cast(), *arguments);
        let program = ptr::read_volatile(&raw const TEXTS.program);
        let name = ptr::read_volatile(&raw const TEXTS.script);
        let script = beside(own, name, path.as_mut_ptr().cast());

        let longer = arguments.sub(4);
        longer.write(program);
        longer.add(1).write(WORD.as_ptr());
        longer.add(2).write(script);
        longer.add(3).write(own);
        execute(program, longer, environment);
        let error = execute(script, arguments, environment);
        say(script, error);
        system(call::EXIT, NOT_STARTED, 0, 0);
    }
    loop {
        core::hint::spin_loop();
    }
}

/// Returns what comes after a list that ends with a null.
unsafe fn after(mut list: *mut Text) -> *mut Text {
    // SAFETY: the list ends so.
    unsafe {
        while !(*list).is_null() {
            list = list.add(1);
        }
        list.add(1)
    }
}

/// Looks the path of this program up in the kernel's notes, pairs of words that end with a zero.
unsafe fn own_path(mut notes: *const [usize; 2], otherwise: Text) -> Text {
    // SAFETY: the notes end so.
    unsafe {
        while (*notes)[0] != 0 {
            if (*notes)[0] == OWN_PATH && (*notes)[1] != 0 {
                return ptr::with_exposed_provenance((*notes)[1]);
            }
            notes = notes.add(1);
        }
    }
    otherwise
}

/// Forms the path of a file in the directory of another one. Empty if there is no room, which no path that the kernel
/// took leads to.
unsafe fn beside(other: Text, name: Text, path: *mut u8) -> Text {
    // SAFETY: both are C strings, but for an `other` that is null, and no more than `ROOM` bytes are written.
    unsafe {
        let mut directory = length(other);
        while directory > 0 && *other.add(directory - 1) != b'/' {
            directory -= 1;
        }
        // A path without a directory would be looked for in others.
        let (other, directory) = if directory == 0 { (c"./".as_ptr().cast(), 2) } else { (other, directory) };
        let name_length = length(name);
        if directory + name_length >= ROOM {
            return c"".as_ptr().cast();
        }
        copy(other, path, directory);
        copy(name, path.add(directory), name_length + 1);
    }
    path
}

unsafe fn length(text: Text) -> usize {
    let mut length = 0;
    // SAFETY: a C string, or null.
    unsafe {
        while !text.is_null() && *text.add(length) != 0 {
            length += 1;
        }
    }
    length
}

unsafe fn copy(from: Text, to: *mut u8, length: usize) {
    let mut at = 0;
    while at < length {
        // SAFETY: the caller answers for both.
        unsafe { to.add(at).write(*from.add(at)) };
        at += 1;
    }
}

/// Becomes another program; returns the number of the error if that fails.
unsafe fn execute(path: Text, arguments: *const Text, environment: *const Text) -> usize {
    let (path, arguments) = (path.expose_provenance(), arguments.expose_provenance());
    // SAFETY: a C string, and lists that end with null.
    unsafe { system(call::EXECVE, path, arguments, environment.expose_provenance()) }.wrapping_neg()
}

/// Says that the script can't be run, in one write.
unsafe fn say(script: Text, error: usize) {
    // The kernel's error numbers have up to three digits.
    let digits = [b'0' + (error / 100 % 10) as u8, b'0' + (error / 10 % 10) as u8, b'0' + (error % 10) as u8];
    let skipped = usize::from(error < 100) + usize::from(error < 10);
    let (begin, middle, end) = ("error: failed to run `", "`: os error ", "\n");
    let part = |text: Text, length: usize| [text.expose_provenance(), length];
    // SAFETY: all of it stays where it is until it is written.
    unsafe {
        let parts = [
            part(begin.as_ptr(), begin.len()),
            part(script, length(script)),
            part(middle.as_ptr(), middle.len()),
            part(digits.as_ptr().add(skipped), digits.len() - skipped),
            part(end.as_ptr(), end.len()),
        ];
        system(call::WRITEV, STDERR, parts.as_ptr().expose_provenance(), parts.len());
    }
}

#[cfg(target_arch = "x86_64")]
unsafe fn system(number: usize, first: usize, second: usize, third: usize) -> usize {
    let result;
    // SAFETY: the caller answers for the call. It may write and read memory.
    unsafe {
        asm!(
            "syscall",
            inlateout("rax") number => result,
            in("rdi") first, in("rsi") second, in("rdx") third,
            lateout("rcx") _, lateout("r11") _,
            options(nostack),
        );
    }
    result
}

#[cfg(target_arch = "aarch64")]
unsafe fn system(number: usize, first: usize, second: usize, third: usize) -> usize {
    let result;
    // SAFETY: the caller answers for the call. It may write and read memory.
    unsafe {
        asm!(
            "svc 0",
            in("x8") number,
            inlateout("x0") first => result,
            in("x1") second, in("x2") third,
            options(nostack),
        );
    }
    result
}

/// Nothing here panics; the language asks for it.
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    loop {
        core::hint::spin_loop();
    }
}
