//! The functions that start programs: they bring the library into those that look at many files.
//!
//! Owns the `exec` functions with a list of arguments and both ways of `posix_spawn`. The environment of the new program
//! is the one it was given, and one entry at its end, which the library there takes out again.
//!
//! Not brought in: where the environment asks for libraries of its own; into programs that do not lie where systems keep
//! theirs, since some of those that people build want to be the first to be loaded; into programs of another
//! architecture, and those without a loader, which would keep the entry. None of these is told apart by name.

use core::ffi::{CStr, c_char, c_int, c_void};
use core::mem::{MaybeUninit, transmute};
use core::ptr;
use core::sync::atomic::{AtomicU64, Ordering};

use super::kernel::{
    AT_FDCWD, ENOSYS, O_CLOEXEC, SYS_CLOSE, SYS_FACCESSAT, SYS_NEWFSTATAT, SYS_OPENAT, SYS_READ, fail, kernel,
};
use super::tape::{self, pass};
use super::{Next, environ};

const X_OK: usize = 1;

#[cfg(target_arch = "x86_64")]
const MACHINE: u16 = 62;
#[cfg(target_arch = "aarch64")]
const MACHINE: u16 = 183;

type List = *const *const c_char;

/// Where systems keep their programs.
const PLACES: &[&[u8]] = &[b"/usr/", b"/bin/", b"/sbin/", b"/lib", b"/opt/", b"/nix/store/"];

/// The entry: `LD_PRELOAD=` and the path of the library. Written once, before any thread.
static mut ENTRY: [u8; ENTRY_LEN] = [0; ENTRY_LEN];
const ENTRY_LEN: usize = 96;
const NAME: &[u8] = b"LD_PRELOAD=";

/// Device and inode of the library.
static LIBRARY: [AtomicU64; 2] = [const { AtomicU64::new(0) }; 2];

static NEXT_EXECVE: Next = Next::new(c"execve");
static NEXT_EXECVPE: Next = Next::new(c"execvpe");
static NEXT_EXECV: Next = Next::new(c"execv");
static NEXT_EXECVP: Next = Next::new(c"execvp");
static NEXT_SPAWN: Next = Next::new(c"posix_spawn");
static NEXT_SPAWNP: Next = Next::new(c"posix_spawnp");

/// Takes the path of the library for programs that are started here. It ends with zero.
pub(crate) fn begin(library: &CStr) {
    for next in [&NEXT_EXECVE, &NEXT_EXECVPE, &NEXT_EXECV, &NEXT_EXECVP, &NEXT_SPAWN, &NEXT_SPAWNP] {
        next.look();
    }
    let path = library.to_bytes_with_nul();
    let Some(identity) = identity(library.as_ptr()).filter(|_| NAME.len() + path.len() <= ENTRY_LEN) else { return };
    // SAFETY: the library begins before any thread does; nobody writes later.
    unsafe {
        let entry = (&raw mut ENTRY).cast::<u8>();
        ptr::copy_nonoverlapping(NAME.as_ptr(), entry, NAME.len());
        ptr::copy_nonoverlapping(path.as_ptr(), entry.add(NAME.len()), path.len());
    }
    LIBRARY[0].store(identity[0], Ordering::Relaxed);
    LIBRARY[1].store(identity[1], Ordering::Release);
}

/// Passes a call on; without a next definition it fails.
macro_rules! pass_on {
    ($next:ident as fn($($type:ty),*) else $error:expr, ($($argument:expr),*)) => {{
        let next = $next.found();
        if next.is_null() {
            $error
        } else {
            // SAFETY: the address is what the C library gave for a function of this type.
            unsafe { transmute::<*mut c_void, unsafe extern "C" fn($($type),*) -> c_int>(next)($($argument),*) }
        }
    }};
}

#[unsafe(no_mangle)]
unsafe extern "C" fn execve(path: *const c_char, arguments: List, environment: List) -> c_int {
    let mut room = Room::new();
    let environment = room.extend(path, false, environment);
    pass_on!(NEXT_EXECVE as fn(*const c_char, List, List) else missing(), (path, arguments, environment))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn execvpe(file: *const c_char, arguments: List, environment: List) -> c_int {
    let mut room = Room::new();
    let environment = room.extend(file, true, environment);
    pass_on!(NEXT_EXECVPE as fn(*const c_char, List, List) else missing(), (file, arguments, environment))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn execv(path: *const c_char, arguments: List) -> c_int {
    // SAFETY: read as `execv` does.
    let own = unsafe { environ }.cast_const().cast();
    let mut room = Room::new();
    let environment = room.extend(path, false, own);
    if environment == own {
        return pass_on!(NEXT_EXECV as fn(*const c_char, List) else missing(), (path, arguments));
    }
    pass_on!(NEXT_EXECVE as fn(*const c_char, List, List) else missing(), (path, arguments, environment))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn execvp(file: *const c_char, arguments: List) -> c_int {
    // SAFETY: read as `execvp` does.
    let own = unsafe { environ }.cast_const().cast();
    let mut room = Room::new();
    let environment = room.extend(file, true, own);
    if environment == own || NEXT_EXECVPE.known().is_null() {
        return pass_on!(NEXT_EXECVP as fn(*const c_char, List) else missing(), (file, arguments));
    }
    pass_on!(NEXT_EXECVPE as fn(*const c_char, List, List) else missing(), (file, arguments, environment))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn posix_spawn(
    pid: *mut c_int,
    path: *const c_char,
    actions: *const c_void,
    attributes: *const c_void,
    arguments: List,
    environment: List,
) -> c_int {
    let mut room = Room::new();
    let environment = room.extend(path, false, environment);
    pass_on!(
        NEXT_SPAWN as fn(*mut c_int, *const c_char, *const c_void, *const c_void, List, List) else ENOSYS,
        (pid, path, actions, attributes, arguments, environment)
    )
}

#[unsafe(no_mangle)]
unsafe extern "C" fn posix_spawnp(
    pid: *mut c_int,
    file: *const c_char,
    actions: *const c_void,
    attributes: *const c_void,
    arguments: List,
    environment: List,
) -> c_int {
    let mut room = Room::new();
    let environment = room.extend(file, true, environment);
    pass_on!(
        NEXT_SPAWNP as fn(*mut c_int, *const c_char, *const c_void, *const c_void, List, List) else ENOSYS,
        (pid, file, actions, attributes, arguments, environment)
    )
}

fn missing() -> c_int {
    fail(ENOSYS);
    -1
}

/// Room for a longer environment: on the stack, as a child between fork and exec has no other.
struct Room([MaybeUninit<*const c_char>; ENTRIES]);

/// Longest environment that is extended.
const ENTRIES: usize = 512;

impl Room {
    #[inline(always)]
    fn new() -> Self {
        Self([const { MaybeUninit::uninit() }; ENTRIES])
    }

    /// Returns the environment with our entry, if the program is to have it; else as it is.
    fn extend(&mut self, file: *const c_char, is_searched: bool, environment: List) -> List {
        if !tape::is_running() || file.is_null() || environment.is_null() || !is_there() {
            return environment;
        }
        let mut count = 0;
        // SAFETY: a list of C strings that ends with null, as `exec` asks for.
        unsafe {
            loop {
                let entry = *environment.add(count);
                if entry.is_null() {
                    break;
                }
                let names_libraries = CStr::from_ptr(entry).to_bytes().starts_with(NAME);
                if names_libraries || !self.put(count, entry) {
                    return environment;
                }
                count += 1;
            }
        }
        // SAFETY: the caller of `exec` answers for the name.
        let file = unsafe { CStr::from_ptr(file) };
        if !takes_library(file, is_searched) {
            return environment;
        }
        if self.put(count, (&raw const ENTRY).cast()) && self.put(count + 1, ptr::null()) {
            self.0.as_ptr().cast()
        } else {
            environment
        }
    }

    /// Puts an entry at a place. Whether there is room.
    fn put(&mut self, at: usize, entry: *const c_char) -> bool {
        self.0.get_mut(at).map(|place| place.write(entry)).is_some()
    }
}

/// Whether the library is still where it was: it goes with the one who watches.
fn is_there() -> bool {
    let known = LIBRARY.each_ref().map(|word| word.load(Ordering::Acquire));
    // SAFETY: written before any thread.
    let path = unsafe { (&raw const ENTRY).cast::<c_char>().add(NAME.len()) };
    known[1] != 0 && identity(path) == Some(known)
}

/// Returns device and inode.
fn identity(path: *const c_char) -> Option<[u64; 2]> {
    let mut stat = MaybeUninit::<[u64; 32]>::uninit();
    (pass(SYS_NEWFSTATAT, [AT_FDCWD, path.addr(), stat.as_mut_ptr().addr(), 0]) == 0).then(|| {
        // SAFETY: the kernel wrote a `struct stat`, which begins with these two on both architectures.
        unsafe { [stat.as_ptr().cast::<u64>().read(), stat.as_ptr().cast::<u64>().add(1).read()] }
    })
}

/// Whether a program is one of the system's, for a loader of our architecture.
fn takes_library(file: &CStr, is_searched: bool) -> bool {
    let name = file.to_bytes();
    if !is_searched || name.iter().any(|byte| *byte == b'/') {
        return is_loaded(name, 2);
    }
    let mut place = [0_u8; 512];
    // SAFETY: looks it up as the search of the C library does.
    let search = unsafe { super::walk(b"PATH") };
    if search.is_null() {
        return false;
    }
    // SAFETY: the value of a variable is a C string.
    for directory in unsafe { CStr::from_ptr(search) }.to_bytes().split(|byte| *byte == b':') {
        let len = directory.len() + 1 + name.len();
        if directory.is_empty() || len >= place.len() {
            return false;
        }
        let bytes = directory.iter().chain(b"/").chain(name).chain(b"\0");
        place.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
        if pass(SYS_FACCESSAT, [AT_FDCWD, place.as_ptr().addr(), X_OK, 0]) == 0 {
            return place.get(..len).is_some_and(|path| is_loaded(path, 2));
        }
    }
    false
}

/// Whether a loader of our architecture starts what is at `path`, be it for a script.
fn is_loaded(path: &[u8], depth: usize) -> bool {
    let mut name = [0_u8; 512];
    if path.len() >= name.len() || !PLACES.iter().any(|place| path.starts_with(place)) {
        return false;
    }
    name.iter_mut().zip(path).for_each(|(to, from)| *to = *from);
    let mut head = [0_u8; 1024];
    let len = read_head(name.as_ptr(), &mut head);
    let Some(head) = len.and_then(|len| head.get(..len)) else { return false };
    match head {
        [0x7f, b'E', b'L', b'F', 2, ..] => has_loader(head),
        [b'#', b'!', line @ ..] if depth > 0 => {
            let line = line.split(|byte| *byte == b'\n').next().unwrap_or_default().trim_ascii();
            let interpreter = line.split(|byte| matches!(byte, b' ' | b'\t')).next().unwrap_or_default();
            is_loaded(interpreter, depth - 1)
        }
        _ => false,
    }
}

/// Reads the beginning of a file.
fn read_head(path: *const u8, into: &mut [u8]) -> Option<usize> {
    let fd = usize::try_from(pass(SYS_OPENAT, [AT_FDCWD, path.addr(), O_CLOEXEC as usize, 0])).ok()?;
    let len = kernel(SYS_READ, [fd, into.as_mut_ptr().addr(), into.len()]);
    kernel(SYS_CLOSE, [fd, 0, 0]);
    usize::try_from(len).ok()
}

/// Whether an ELF file is for this machine, and names a loader.
fn has_loader(head: &[u8]) -> bool {
    const PT_INTERP: [u8; 4] = [3, 0, 0, 0];
    let u16_at = |at: usize| head.get(at..at + 2).map_or(0, |two| u16::from_le_bytes([two[0], two[1]]));
    let (start, size, count) = (usize::from(u16_at(32)), usize::from(u16_at(54)), usize::from(u16_at(56)));
    let names = |index: usize| head.get(start + index * size..).is_some_and(|rest| rest.starts_with(&PT_INTERP));
    u16_at(18) == MACHINE && size > 0 && (0..count).any(names)
}
