//! The functions that look at paths without a change: compilers call them thousands of times.
//!
//! Owns `open` to read, `stat`, `lstat`, `access`, `readlink`, and the fast way of `realpath`. Each is noted on the tape
//! and then asked of the kernel, or passed on to the next definition of the same function.

use core::ffi::{CStr, c_char, c_int, c_uint, c_void};
use core::mem::{MaybeUninit, transmute};
use core::ptr;

use super::kernel::{
    AT_FDCWD, ENOSYS, O_CLOEXEC, SYS_CLOSE, SYS_FACCESSAT, SYS_GETCWD, SYS_NEWFSTATAT, SYS_OPENAT, SYS_READLINKAT,
    answer, fail, kernel,
};
use super::layout::{LINK, OPEN, OPEN_NAME, REAL, STAT, STAT_NAME};
use super::tape::{self, pass};
use super::Next;

unsafe extern "C" {
    fn malloc(len: usize) -> *mut c_void;
}

const AT_SYMLINK_NOFOLLOW: usize = 0x100;
const O_PATH: c_int = 0o10_000_000;
#[cfg(target_arch = "x86_64")]
const O_NOFOLLOW: c_int = 0o400_000;
#[cfg(target_arch = "aarch64")]
const O_NOFOLLOW: c_int = 0o100_000;
#[cfg(target_arch = "x86_64")]
const O_LARGEFILE: c_int = 0o100_000;
#[cfg(target_arch = "aarch64")]
const O_LARGEFILE: c_int = 0o400_000;
const O_NOCTTY: c_int = 0o400;
const O_NONBLOCK: c_int = 0o4_000;
/// Flags of an opening to read that are understood; anything else is passed on.
const READS: c_int = O_CLOEXEC | O_NOFOLLOW | O_LARGEFILE | O_NOCTTY | O_NONBLOCK;

/// What the kernel says when something is missing.
const ENOENT: isize = -2;
/// What it says when something is no link.
const EINVAL: isize = -22;

/// Defines a function that notes what it looks at; else the next definition does it, if there is one.
macro_rules! looks {
    (
        $name:ident($path:ident: *const c_char $(, $argument:ident: $type:ty)*) -> $answer:ty,
        $kind:expr => $call:expr
    ) => {
        mod $name {
            use super::*;

            pub(super) static NEXT: Next = Next::new(unsafe {
                // SAFETY: the text ends with zero, and holds no other.
                core::ffi::CStr::from_bytes_with_nul_unchecked(concat!(stringify!($name), "\0").as_bytes())
            });

            #[unsafe(no_mangle)]
            unsafe extern "C" fn $name($path: *const c_char $(, $argument: $type)*) -> $answer {
                let kind: Option<u32> = $kind;
                if kind.is_some_and(|kind| tape::note(kind, $path)) {
                    return answer($call) as $answer;
                }
                let next = NEXT.found();
                if next.is_null() {
                    fail(ENOSYS);
                    return -1;
                }
                // SAFETY: the address is what the C library gave for a function of this type. The last argument of
                // `open` may be none; then nobody looks at it.
                unsafe {
                    transmute::<*mut c_void, unsafe extern "C" fn(*const c_char $(, $type)*) -> $answer>(next)(
                        $path $(, $argument)*
                    )
                }
            }
        }
    };
}

looks!(open(path: *const c_char, flags: c_int, mode: c_uint) -> c_int,
    opens(flags) => pass(SYS_OPENAT, [AT_FDCWD, path.addr(), flags as usize, mode as usize]));
looks!(open64(path: *const c_char, flags: c_int, mode: c_uint) -> c_int,
    opens(flags) => pass(SYS_OPENAT, [AT_FDCWD, path.addr(), (flags | O_LARGEFILE) as usize, mode as usize]));
looks!(stat(path: *const c_char, into: *mut c_void) -> c_int,
    Some(STAT) => pass(SYS_NEWFSTATAT, [AT_FDCWD, path.addr(), into.addr(), 0]));
looks!(stat64(path: *const c_char, into: *mut c_void) -> c_int,
    Some(STAT) => pass(SYS_NEWFSTATAT, [AT_FDCWD, path.addr(), into.addr(), 0]));
looks!(lstat(path: *const c_char, into: *mut c_void) -> c_int,
    Some(STAT_NAME) => pass(SYS_NEWFSTATAT, [AT_FDCWD, path.addr(), into.addr(), AT_SYMLINK_NOFOLLOW]));
looks!(lstat64(path: *const c_char, into: *mut c_void) -> c_int,
    Some(STAT_NAME) => pass(SYS_NEWFSTATAT, [AT_FDCWD, path.addr(), into.addr(), AT_SYMLINK_NOFOLLOW]));
looks!(access(path: *const c_char, mode: c_int) -> c_int,
    Some(STAT) => pass(SYS_FACCESSAT, [AT_FDCWD, path.addr(), mode as usize, 0]));
looks!(readlink(path: *const c_char, into: *mut c_char, len: usize) -> isize,
    Some(LINK) => pass(SYS_READLINKAT, [AT_FDCWD, path.addr(), into.addr(), len]));

/// Finds all next definitions.
pub(crate) fn begin() {
    for next in [
        &open::NEXT,
        &open64::NEXT,
        &stat::NEXT,
        &stat64::NEXT,
        &lstat::NEXT,
        &lstat64::NEXT,
        &access::NEXT,
        &readlink::NEXT,
    ] {
        next.look();
    }
}

/// The kind of an opening, if it is one to read.
fn opens(flags: c_int) -> Option<u32> {
    let name = flags & O_NOFOLLOW != 0;
    (flags & !READS == 0).then_some(if name { OPEN_NAME } else { OPEN })
}

/// Resolves all links of a path. `None`: as if not asked.
///
/// The kernel does it in one go: where a descriptor leads can be read.
pub(crate) fn real_path(path: *const c_char, into: *mut c_char) -> Option<*mut c_char> {
    if !tape::note(REAL, path) {
        return None;
    }
    let fd = match pass(SYS_OPENAT, [AT_FDCWD, path.addr(), (O_PATH | O_CLOEXEC) as usize, 0]) {
        ENOENT => return lead_nowhere(path, into).then_some(ptr::null_mut()),
        fd => usize::try_from(fd).ok()?,
    };
    let mut text = MaybeUninit::<[u8; 4096]>::uninit();
    let name = name_of(fd);
    let room = [AT_FDCWD, name.as_ptr().addr(), text.as_mut_ptr().addr(), 4096];
    let len = pass(SYS_READLINKAT, room);
    kernel(SYS_CLOSE, [fd, 0, 0]);
    let len = usize::try_from(len).ok().filter(|len| (1..4096).contains(len))?;
    let start = text.as_ptr().cast::<u8>();
    // SAFETY: the kernel wrote so much.
    if unsafe { *start } != b'/' {
        return None;
    }
    let into = match into.is_null() {
        // SAFETY: the one who asks frees it, as it is said of `realpath`.
        true => unsafe { malloc(len + 1) }.cast::<c_char>(),
        false => into,
    };
    if into.is_null() {
        return None;
    }
    // SAFETY: the room is `PATH_MAX`, as the caller of `realpath` answers for, or just that.
    unsafe {
        ptr::copy_nonoverlapping(start, into.cast(), len);
        into.add(len).write(0);
    }
    Some(into)
}

/// Fails as `realpath` does where something on the way is missing: glibc leaves the way up to there. `false`: there is
/// more to it, such as a link.
fn lead_nowhere(path: *const c_char, into: *mut c_char) -> bool {
    // SAFETY: it was noted, so it is a C string.
    let path = unsafe { CStr::from_ptr(path) }.to_bytes();
    let mut way = Way { text: [0; 4096], len: 0 };
    if path.first() != Some(&b'/') && !way.begin_here() {
        return false;
    }
    for name in path.split(|byte| *byte == b'/') {
        if matches!(name, b"" | b".") {
            continue;
        }
        if name == b".." || !way.push(name) {
            return false;
        }
        let mut first = 0_u8;
        match pass(SYS_READLINKAT, [AT_FDCWD, way.text.as_ptr().addr(), (&raw mut first).addr(), 1]) {
            EINVAL => {}
            ENOENT => {
                if !into.is_null() {
                    // SAFETY: the room is `PATH_MAX`, as the caller of `realpath` answers for; a zero comes last.
                    unsafe { ptr::copy_nonoverlapping(way.text.as_ptr(), into.cast(), way.len + 1) };
                }
                fail(-ENOENT as c_int);
                return true;
            }
            _ => return false,
        }
    }
    false
}

/// A path that grows name by name. A zero follows.
struct Way {
    text: [u8; 4096],
    len: usize,
}

impl Way {
    /// Begins with the working directory.
    fn begin_here(&mut self) -> bool {
        let len = kernel(SYS_GETCWD, [self.text.as_mut_ptr().addr(), self.text.len(), 0]);
        // The zero at its end counts; the root is no name.
        self.len = usize::try_from(len).unwrap_or_default().saturating_sub(1);
        if self.len == 1 {
            self.len = 0;
        }
        len > 0 && self.text.first() == Some(&b'/')
    }

    /// Appends a slash and a name, if there is room.
    fn push(&mut self, name: &[u8]) -> bool {
        let bytes = b"/".iter().chain(name).chain(b"\0");
        let Some(room) = self.text.get_mut(self.len..).filter(|room| room.len() > name.len() + 1) else {
            return false;
        };
        room.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
        self.len += name.len() + 1;
        true
    }
}

/// Returns `/proc/self/fd/N`, with a zero at its end.
fn name_of(fd: usize) -> [u8; 32] {
    let mut name = [0; 32];
    let prefix = b"/proc/self/fd/";
    name[..prefix.len()].copy_from_slice(prefix);
    let mut digits = [0; 12];
    let (mut count, mut rest) = (0, fd);
    while count == 0 || rest > 0 && count < digits.len() {
        digits[count] = b'0' + (rest % 10) as u8;
        rest /= 10;
        count += 1;
    }
    for (place, digit) in name[prefix.len()..].iter_mut().zip(digits[..count].iter().rev()) {
        *place = *digit;
    }
    name
}
