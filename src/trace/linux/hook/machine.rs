//! The functions that ask the machine: for the time, for random numbers, for its name and processors.
//!
//! Owns them all, and what each of them answers before the library began or where nobody else has the function: what
//! the kernel says. Of clocks only those count that tell a date; of random numbers, only those that are waited for:
//! others seed hash tables and allocators, in every program.
//!
//! Some programs look at the clock all the time. Who asked before is therefore found without a look at the log.

use core::ffi::{c_char, c_int, c_long, c_uint, c_void};
use core::mem::{MaybeUninit, transmute};
use core::ptr;
use core::sync::atomic::{AtomicUsize, Ordering};

use super::kernel::{
    ENOSYS, SYS_CLOCK_GETTIME, SYS_GETRANDOM, SYS_GETTIMEOFDAY, SYS_SCHED_GETAFFINITY, SYS_SYSINFO, SYS_UNAME,
    answer, fail, kernel,
};
use super::layout;
use super::{Log, Next};

/// A question that is noted by one name, whatever function asks it.
struct Question {
    name: &'static [u8],
    /// Callers who are in the log, each in the one slot it can be in.
    noted: [AtomicUsize; 64],
}

static CLOCK: Question = Question::new(layout::CLOCK);
static RANDOM: Question = Question::new(layout::RANDOM);
static HOST: Question = Question::new(layout::HOST);
static PROCESSORS: Question = Question::new(layout::PROCESSORS);

impl Question {
    const fn new(name: &'static [u8]) -> Self {
        Self { name, noted: [const { AtomicUsize::new(0) }; 64] }
    }

    #[inline(always)]
    fn note(&self, caller: usize) {
        let slot = &self.noted[caller % self.noted.len()];
        if slot.load(Ordering::Relaxed) != caller {
            self.note_in_log(slot, caller);
        }
    }

    #[cold]
    #[inline(never)]
    fn note_in_log(&self, slot: &AtomicUsize, caller: usize) {
        if let Some(log) = Log::get() {
            log.note_once(caller, self.name);
            slot.store(caller, Ordering::Relaxed);
        }
    }
}

/// Defines a function that notes a question and passes it on to the next definition; without one, to the kernel.
macro_rules! asks {
    (
        $name:ident($($argument:ident: $type:ty),*) -> $answer:ty, $x86_64:literal, $aarch64:literal,
        $question:ident if $counts:expr, $next:ident else $otherwise:expr
    ) => {
        mod $name {
            use super::*;

            pub(super) static NEXT: Next = Next::new(unsafe {
                // SAFETY: the text ends with zero, and holds no other.
                core::ffi::CStr::from_bytes_with_nul_unchecked(concat!(stringify!($name), "\0").as_bytes())
            });

            unsafe extern "C" fn ask($($argument: $type,)* caller: usize) -> $answer {
                if $counts {
                    $question.note(caller);
                }
                let next = NEXT.$next();
                if next.is_null() {
                    return $otherwise;
                }
                // SAFETY: the address is what the C library gave for a function of this type.
                unsafe { transmute::<*mut c_void, unsafe extern "C" fn($($type),*) -> $answer>(next)($($argument),*) }
            }

            passes_caller!($name($($argument: $type),*) -> $answer, $x86_64, $aarch64, ask);
        }
    };
}

asks!(clock_gettime(id: c_int, into: *mut Time) -> c_int, "rdx", "x2",
    CLOCK if tells_date(id), known else clock(id, into));
asks!(gettimeofday(into: *mut c_void, zone: *mut c_void) -> c_int, "rdx", "x2",
    CLOCK if true, known else answer(kernel(SYS_GETTIMEOFDAY, [into.addr(), zone.addr(), 0])) as c_int);
asks!(time(into: *mut c_long) -> c_long, "rsi", "x1",
    CLOCK if true, known else seconds(into));
asks!(timespec_get(into: *mut Time, base: c_int) -> c_int, "rdx", "x2",
    CLOCK if base == TIME_UTC, found else if base == TIME_UTC && clock(REALTIME, into) == 0 { base } else { 0 });

asks!(getrandom(into: *mut c_void, len: usize, flags: c_uint) -> isize, "rcx", "x3",
    RANDOM if flags == 0, known else answer(kernel(SYS_GETRANDOM, [into.addr(), len, flags as usize])));
asks!(getentropy(into: *mut c_void, len: usize) -> c_int, "rdx", "x2",
    RANDOM if true, found else entropy(into.cast(), len));
asks!(arc4random() -> u32, "rdi", "x0",
    RANDOM if true, found else number());
asks!(arc4random_buf(into: *mut c_void, len: usize) -> (), "rdx", "x2",
    RANDOM if true, found else _ = fill(into.cast(), len));
asks!(arc4random_uniform(bound: u32) -> u32, "rsi", "x1",
    RANDOM if true, found else number_below(bound));

asks!(uname(into: *mut Names) -> c_int, "rsi", "x1",
    HOST if true, known else answer(kernel(SYS_UNAME, [into.addr(), 0, 0])) as c_int);
asks!(gethostname(into: *mut c_char, len: usize) -> c_int, "rdx", "x2",
    HOST if true, found else host_name(into.cast(), len));
asks!(sysinfo(into: *mut c_void) -> c_int, "rsi", "x1",
    HOST if true, known else answer(kernel(SYS_SYSINFO, [into.addr(), 0, 0])) as c_int);
asks!(getlogin() -> *mut c_char, "rdi", "x0",
    HOST if true, found else { fail(ENOSYS); ptr::null_mut() });
asks!(getlogin_r(into: *mut c_char, len: usize) -> c_int, "rdx", "x2",
    HOST if true, found else ENOSYS);

asks!(sched_getaffinity(process: c_int, len: usize, into: *mut u8) -> c_int, "rcx", "x3",
    PROCESSORS if true, known else affinity(process, len, into));
asks!(get_nprocs() -> c_int, "rdi", "x0",
    PROCESSORS if true, found else 1);
asks!(get_nprocs_conf() -> c_int, "rdi", "x0",
    PROCESSORS if true, found else 1);

/// Looks for all next definitions, so that no call has to, be it from within an allocator.
pub(crate) fn begin() {
    for next in [
        &clock_gettime::NEXT,
        &gettimeofday::NEXT,
        &time::NEXT,
        &timespec_get::NEXT,
        &getrandom::NEXT,
        &getentropy::NEXT,
        &arc4random::NEXT,
        &arc4random_buf::NEXT,
        &arc4random_uniform::NEXT,
        &uname::NEXT,
        &gethostname::NEXT,
        &sysinfo::NEXT,
        &getlogin::NEXT,
        &getlogin_r::NEXT,
        &sched_getaffinity::NEXT,
        &get_nprocs::NEXT,
        &get_nprocs_conf::NEXT,
    ] {
        next.look();
    }
}

const REALTIME: c_int = 0;
const REALTIME_COARSE: c_int = 5;
const REALTIME_ALARM: c_int = 8;
const TAI: c_int = 11;
const TIME_UTC: c_int = 1;

/// Whether a clock tells the date, and not only how much time goes by.
#[inline(always)]
fn tells_date(id: c_int) -> bool {
    matches!(id, REALTIME | REALTIME_COARSE | REALTIME_ALARM | TAI)
}

/// `struct timespec`
#[repr(C)]
struct Time {
    seconds: c_long,
    nanoseconds: c_long,
}

/// `struct utsname`
#[repr(C)]
struct Names {
    system: [u8; 65],
    node: [u8; 65],
    others: [u8; 4 * 65],
}

// What the kernel says.

const EIO: c_int = 5;
const EINTR: c_int = 4;
const ENAMETOOLONG: c_int = 36;

fn clock(id: c_int, into: *mut Time) -> c_int {
    answer(kernel(SYS_CLOCK_GETTIME, [id as usize, into.addr(), 0])) as c_int
}

fn seconds(into: *mut c_long) -> c_long {
    let mut time = Time { seconds: -1, nanoseconds: 0 };
    clock(REALTIME_COARSE, &raw mut time);
    if !into.is_null() {
        // SAFETY: the caller of `time` answers for it.
        unsafe { *into = time.seconds };
    }
    time.seconds
}

/// Fills memory with random numbers, if there are any.
fn fill(mut into: *mut u8, mut len: usize) -> Result<(), c_int> {
    while len > 0 {
        match kernel(SYS_GETRANDOM, [into.addr(), len, 0]) {
            result @ 0.. => {
                into = into.wrapping_add(result as usize);
                len -= (result as usize).min(len);
            }
            error if -error as c_int == EINTR => {}
            error => return Err(-error as c_int),
        }
    }
    Ok(())
}

fn entropy(into: *mut u8, len: usize) -> c_int {
    let filled = if len > 256 { Err(EIO) } else { fill(into, len) };
    filled.map_or_else(|errno| { fail(errno); -1 }, |()| 0)
}

fn number() -> u32 {
    let mut bytes = [0; 4];
    _ = fill(bytes.as_mut_ptr(), 4);
    u32::from_ne_bytes(bytes)
}

/// Returns a number below another, each as likely.
fn number_below(bound: u32) -> u32 {
    if bound < 2 {
        return 0;
    }
    loop {
        let number = number();
        if number >= bound.wrapping_neg() % bound {
            return number % bound;
        }
    }
}

fn host_name(into: *mut u8, len: usize) -> c_int {
    let mut names = MaybeUninit::<Names>::uninit();
    if answer(kernel(SYS_UNAME, [names.as_mut_ptr().addr(), 0, 0])) != 0 {
        return -1;
    }
    // SAFETY: the kernel wrote all of it.
    let node = unsafe { names.assume_init_ref() }.node;
    let needed = node.iter().take_while(|&&byte| byte != 0).count() + 1;
    // SAFETY: the caller of `gethostname` answers for so much room.
    unsafe { ptr::copy_nonoverlapping(node.as_ptr(), into, needed.min(len).min(node.len())) };
    if needed > len {
        fail(ENAMETOOLONG);
        return -1;
    }
    0
}

/// The kernel says how many bytes it wrote, and lets the others stand.
fn affinity(process: c_int, len: usize, into: *mut u8) -> c_int {
    match answer(kernel(SYS_SCHED_GETAFFINITY, [process as usize, len, into.addr()])) {
        written @ 0.. => {
            let written = (written as usize).min(len);
            // SAFETY: the caller of `sched_getaffinity` answers for so much room.
            unsafe { ptr::write_bytes(into.wrapping_add(written), 0, len - written) };
            0
        }
        _ => -1,
    }
}
