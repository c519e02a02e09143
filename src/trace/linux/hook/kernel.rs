//! Calls of the kernel, without the C library.
//!
//! Owns the numbers of the calls that this library makes itself, and the C way of saying what became of one.

use core::arch::asm;
use core::ffi::{c_char, c_int};

unsafe extern "C" {
    fn __errno_location() -> *mut c_int;
}

pub(crate) const AT_FDCWD: usize = -100_isize as usize;
pub(crate) const O_RDWR: c_int = 2;
pub(crate) const O_CLOEXEC: c_int = 0o2_000_000;
pub(crate) const ENOSYS: c_int = 38;

/// The number of each call on both architectures.
macro_rules! calls {
    ($($name:ident = $x86_64:literal, $aarch64:literal;)*) => {
        $(
            #[cfg(target_arch = "x86_64")]
            pub(crate) const $name: usize = $x86_64;
            #[cfg(target_arch = "aarch64")]
            pub(crate) const $name: usize = $aarch64;
        )*
    };
}

calls! {
    SYS_READ = 0, 63;
    SYS_CLOSE = 3, 57;
    SYS_UNAME = 63, 160;
    SYS_GETCWD = 79, 17;
    SYS_GETTIMEOFDAY = 96, 169;
    SYS_SYSINFO = 99, 179;
    SYS_SCHED_GETAFFINITY = 204, 123;
    SYS_CLOCK_GETTIME = 228, 113;
    SYS_OPENAT = 257, 56;
    SYS_NEWFSTATAT = 262, 79;
    SYS_READLINKAT = 267, 78;
    SYS_FACCESSAT = 269, 48;
    SYS_GETRANDOM = 318, 278;
}

/// Makes a system call of up to four arguments: its result, or the error's number below zero.
pub(crate) fn kernel<const N: usize>(number: usize, arguments: [usize; N]) -> isize {
    let [first, second, third, fourth] = [0, 1, 2, 3].map(|at| arguments.get(at).copied().unwrap_or(0));
    let result: isize;
    // SAFETY: the calls made here write to nothing but where their own caller asked for it.
    unsafe {
        #[cfg(target_arch = "x86_64")]
        asm!("syscall", inlateout("rax") number as isize => result, in("rdi") first, in("rsi") second,
            in("rdx") third, in("r10") fourth, out("rcx") _, out("r11") _, options(nostack));
        #[cfg(target_arch = "aarch64")]
        asm!("svc 0", in("x8") number, inlateout("x0") first as isize => result, in("x1") second,
            in("x2") third, in("x3") fourth, options(nostack));
    }
    result
}

/// Opens a file; below zero, the error.
pub(crate) fn open(path: *const c_char, flags: c_int) -> c_int {
    kernel(SYS_OPENAT, [AT_FDCWD, path.addr(), flags as usize]) as c_int
}

/// Turns what the kernel says into what C functions do.
pub(crate) fn answer(result: isize) -> isize {
    if !(-4095..0).contains(&result) {
        return result;
    }
    fail(-result as c_int);
    -1
}

#[cold]
pub(crate) fn fail(errno: c_int) {
    // SAFETY: every thread has one.
    unsafe { *__errno_location() = errno };
}
