//! Which variables, and whether for its place or for what changes, the code of the build asked for while it was loaded
//! into the compiler.
//!
//! Owns the step from what a hook saw to names that can stand for the whole environment, and the conditions for it.
//! When any of them does not hold, all of the environment counts. Whoever asks for the time, for random numbers or for
//! the name of the machine has a result that no other compile can be told to have; that holds without any condition.
//!
//! What the compiler asks for on its own account does not count here: dep-info tells it, or it is on the lists of
//! `key::environment`. Its own code is what was loaded before it began, save what the build's code needs of it: a macro
//! that is linked against the standard library's dynamic form asks through that.
//!
//! # Conditions
//! - The hook was in the compiler itself, to the end.
//! - Everything that was loaded later can be looked into, and takes nothing from others that leads around the hook:
//!   the list of variables itself, functions that look at variables on their own, that find functions by name, or
//!   that start programs. With the last two ruled out, what a compile that links starts is the compiler's linker.
//! - A compile that does not link started nothing.
//! - Nobody read the list of variables of a process as a file.
//!
//! # Limits
//! A macro can still go around it all on purpose: by system calls of its own, by walking the stack, through arguments
//! of a constructor, with code it makes at run time. None is known to. Nor is a question seen that a macro has another
//! library ask, if that belongs to the compiler and leads around the hook, or that it has a program ask.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use super::accesses::{is_environment, is_loader};
use super::imports::Imports;
use crate::key::environment::matches;
use crate::trace::{Access, CLOCK, HERE, HOST, RANDOM, Trace, Variables};

/// Symbols that lead around the hook. `*` stands for any ending.
const AROUND: &[&str] = &[
    // The list itself.
    "__environ",
    "_environ",
    "environ",
    // The same question under another name.
    "__libc_secure_getenv",
    "__secure_getenv",
    // Functions by name.
    "dlfunc",
    "dlmopen",
    "dlopen",
    "dlsym",
    "dlvsym",
    // Programs, which get the list.
    "_Fork",
    "__fork",
    "__libc_fork",
    "__vfork",
    "clone",
    "clone3",
    "exec*",
    "fexecve",
    "fork",
    "forkpty",
    "pidfd_spawn*",
    "popen",
    "posix_spawn",
    "posix_spawnp",
    "system",
    "vfork",
    "wordexp",
    // Time zones: `TZ`, `TZDIR`.
    "__tz*",
    "ctime*",
    "getdate*",
    "localtime*",
    "mktime",
    "strftime*",
    "timelocal",
    "tzset",
    "wcsftime*",
    // Languages: `LANG`, `LC_*`, `LANGUAGE`, `NLSPATH`, `GCONV_PATH`, `OUTPUT_CHARSET`.
    "__duplocale",
    "__newlocale",
    "bindtextdomain",
    "catopen",
    "dcgettext",
    "dcngettext",
    "dgettext",
    "dngettext",
    "gettext",
    "iconv_open",
    "newlocale",
    "ngettext",
    "setlocale",
    "textdomain",
    // Places and the rest: `TMPDIR`, `HOME`, `POSIXLY_CORRECT`, `MSGVERB`, `RES_OPTIONS`, `HOSTALIASES`.
    "argp_parse",
    "fmtmsg",
    "getaddrinfo",
    "gethostby*",
    "getopt*",
    "glob",
    "glob64",
    "res_*",
    "tempnam",
    "tmpnam*",
];

/// Variables that count for nothing even if asked for by name. `*` stands for any ending.
///
/// All others do, also those that are noise where nobody asks: a macro that asks for `TERM` has a use for it.
const OF_NO_CONSEQUENCE: &[&str] = &[
    // Who may run how many jobs, by descriptors of this one build. They say nothing about results, and a unit that
    // depended on them would never be found again.
    "CARGO_MAKEFLAGS",
    "MAKEFLAGS",
    "MFLAGS",
    // Ours; some differ from build to build.
    "KACHE_*",
    // The standard library in each macro asks for these by itself: how much it tells of a panic or an error, and how
    // big it makes the stack of a thread.
    "RUST_BACKTRACE",
    "RUST_LIB_BACKTRACE",
    "RUST_MIN_STACK",
];

/// Questions with another answer each time, or on each machine, and what they are for.
const CHANGING: [(&str, &str); 3] = [(CLOCK, "the time"), (RANDOM, RANDOM_NUMBERS), (HOST, NAME_OF_MACHINE)];

/// What [`RANDOM`] is for.
pub const RANDOM_NUMBERS: &str = "random numbers";

/// What [`HOST`] is for.
pub const NAME_OF_MACHINE: &str = "the name of this machine";

/// What code of the build asked for.
#[derive(Debug, PartialEq, Eq)]
pub struct Asked {
    /// Variables, by name.
    pub names: BTreeSet<String>,
    /// Whether it may have read any other.
    pub any: bool,
    /// Whether it may know the working directory.
    pub place: bool,
    /// What it asked for that is another each time, or on each machine.
    pub changing: Option<&'static str>,
}

/// Returns what code of the build asked for.
pub fn of(trace: &Trace, sysroot: &Path, links: bool) -> Asked {
    let Some(variables) = in_the_compiler(trace, sysroot) else {
        return Asked::ANYTHING;
    };
    let starts = !links && trace.accesses.iter().any(|access| is_started(access, &variables.program));
    let whole = asked_by_the_build(variables);
    let is_whole = whole.is_some() && !starts;
    let asked = whole.unwrap_or_else(|| asked_by_what_came_late(variables));
    let asked = Asked::of(&asked, !is_whole);
    // A program that was started knows where it is; where not all is known, a linker may stand for one.
    let place = asked.place || starts || (links && !is_whole);
    Asked { place, ..asked }
}

impl Asked {
    /// Of code of which nothing is known.
    const ANYTHING: Self = Self { names: BTreeSet::new(), any: true, place: true, changing: None };

    /// Sorts questions; `any` tells of others that may have been asked.
    fn of(asked: &BTreeSet<&OsStr>, any: bool) -> Self {
        let changing = CHANGING.iter().find(|(question, _)| asked.contains(OsStr::new(question)));
        let names = asked.iter().filter(|name| counts(name));
        Self {
            any: any || names.clone().any(|name| name.to_str().is_none()),
            names: names.filter_map(|name| name.to_str().map(str::to_owned)).collect(),
            place: asked.contains(OsStr::new(HERE)),
            changing: changing.map(|(_, what)| *what),
        }
    }
}

/// Whether a name is that of a variable which says something about a result.
fn counts(name: &OsStr) -> bool {
    let is_variable = name != HERE && CHANGING.iter().all(|(question, _)| name != *question);
    is_variable && !name.to_str().is_some_and(|name| OF_NO_CONSEQUENCE.iter().any(|glob| matches(glob, name)))
}

/// Returns what a program asked for that is all of the build's making. It may have been moved to `file` since. `None`:
/// it could not be looked into, or went before that was done.
pub fn by_program(trace: &Trace, file: &Path) -> Option<Asked> {
    let variables = trace.variables.as_ref()?;
    let objects = variables.objects.iter();
    let asked = objects.clone().map(|object| &object.asked).chain([&variables.elsewhere]);
    let asked = asked.flatten().map(AsRef::as_ref).collect();
    let others =
        objects.map(|object| &*object.path).filter(|path| *path != variables.program && !is_system(path));
    let around = std::iter::once(file).chain(others).any(|path| imports(path).is_none());
    Some(Asked::of(&asked, around))
}

/// Whether a library belongs to the C library or to the kernel, or is the hook itself, whose own questions nobody asks by their names.
fn is_system(library: &Path) -> bool {
    let name = library.file_name().unwrap_or_default().as_bytes();
    let is_one = |begin: &&str| name.starts_with(begin.as_bytes());
    let known = ["ld-", "ld.so", "ld64.so", "libc.", "libdl.", "libgcc_s.", "libm.", "libpthread.", "librt."];
    // The hook is a descriptor of ours.
    let is_hook = library.starts_with(format!("/proc/{}/fd", std::process::id()));
    is_hook || library.as_os_str().is_empty() || name.starts_with(b"linux-") || known.iter().any(is_one)
}

/// Returns what a hook saw that was in the compiler itself.
fn in_the_compiler<'t>(trace: &'t Trace, sysroot: &Path) -> Option<&'t Variables> {
    let variables = trace.variables.as_ref()?;
    let program = variables.program.canonicalize().ok()?;
    program.starts_with(sysroot.canonicalize().ok()?).then_some(variables)
}

/// Whether the list of variables of a process was read as a file.
pub fn was_read_as_file(trace: &Trace) -> bool {
    trace.accesses.iter().any(|access| is_environment(&access.path))
}

/// Whether a program was started, other than the compiler itself and the loader.
fn is_started(access: &Access, compiler: &Path) -> bool {
    access.exec
        && !access.absent
        && !is_loader(&access.path)
        && access.path.canonicalize().map_or(true, |program| program != compiler)
}

/// Returns what the build's code, and what it needs of the compiler's, asked for.
fn asked_by_the_build(variables: &Variables) -> Option<BTreeSet<&OsStr>> {
    let mut asked = variables.elsewhere.iter().collect::<BTreeSet<_>>();
    let mut needed = BTreeSet::new();
    let (early, late) = variables.objects.iter().partition::<Vec<_>, _>(|object| object.is_early);
    for object in late {
        let imports = imports(&object.path)?;
        needed.extend(imports.libraries);
        asked.extend(&object.asked);
    }
    let is_needed = |path: &Path| path.file_name().is_some_and(|name| needed.contains(name.as_bytes()));
    for object in early.into_iter().filter(|object| is_needed(&object.path)) {
        imports(&object.path)?;
        asked.extend(&object.asked);
    }
    Some(asked.into_iter().map(AsRef::as_ref).collect())
}

/// Returns what the build's code asked for by itself.
fn asked_by_what_came_late(variables: &Variables) -> BTreeSet<&OsStr> {
    let late = variables.objects.iter().filter(|object| !object.is_early);
    late.flat_map(|object| &object.asked).chain(&variables.elsewhere).map(AsRef::as_ref).collect()
}

/// Reads what a library takes from others. `None`: it can't be read, or something in it leads around the hook.
fn imports(path: &Path) -> Option<Imports> {
    let imports = path.is_absolute().then(|| Imports::of(path))??;
    let leads_around = |symbol: &[u8]| {
        str::from_utf8(symbol).is_ok_and(|name| AROUND.iter().any(|glob| matches(glob, name)))
    };
    (!imports.symbols.iter().any(|symbol| leads_around(symbol))).then_some(imports)
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;
    use std::os::unix::ffi::OsStringExt as _;
    use std::path::PathBuf;

    use super::*;
    use crate::trace::Object;

    fn access(path: &str, exec: bool) -> Access {
        let path = PathBuf::from(path);
        Access {
            path,
            absent: false,
            read: !exec,
            stat: false,
            list: false,
            link: false,
            exec,
            written: false,
            replaced: false,
            written_first: false,
        }
    }

    /// A trace of this very program, in which unknown code asked for some names.
    fn trace(asked: &[&[u8]]) -> Trace {
        let program = std::env::current_exe().unwrap();
        let elsewhere = asked.iter().map(|name| OsString::from_vec(name.to_vec())).collect();
        let early = Object { path: program.clone(), is_early: true, asked: [OsString::from("EARLY")].into() };
        Trace {
            accesses: vec![
                access(program.to_str().unwrap(), true),
                access("/lib64/ld-linux-x86-64.so.2", true),
            ],
            network: false,
            random: false,
            host: false,
            incomplete: None,
            stops: 0,
            variables: Some(Variables { program, objects: vec![early], elsewhere }),
        }
    }

    fn names_of(trace: &Trace, links: bool) -> Option<String> {
        let program = std::env::current_exe().unwrap();
        let asked = of(trace, program.parent().unwrap(), links);
        (!asked.any).then(|| asked.names.into_iter().collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn the_build_s_code_counts_and_the_compiler_s_does_not() {
        assert_eq!(names_of(&trace(&[]), false).unwrap(), "");
        assert_eq!(names_of(&trace(&[b"TERM", b"A"]), false).unwrap(), "A TERM");
    }

    #[test]
    fn names_without_consequence() {
        let asked: [&[u8]; 4] = [b"RUST_BACKTRACE", b"KACHE_BUILD", b"CARGO_MAKEFLAGS", b"NUM_JOBS"];
        assert_eq!(names_of(&trace(&asked), false).unwrap(), "NUM_JOBS");
    }

    #[test]
    fn what_can_t_be_known_by_name() {
        assert_eq!(names_of(&Trace { variables: None, ..trace(&[]) }, false), None);
        assert_eq!(names_of(&trace(&[b"\xff"]), false), None, "not a name we can keep");
        assert_eq!(of(&trace(&[]), Path::new("/proc"), false), Asked::ANYTHING, "not the compiler");
    }

    #[test]
    fn who_knows_where_it_is() {
        let program = std::env::current_exe().unwrap();
        let place = |trace: &Trace| of(trace, program.parent().unwrap(), false).place;
        assert!(!place(&trace(&[b"A"])) && place(&trace(&[b".", b"A"])));
        assert!(place(&Trace { variables: None, ..trace(&[]) }));
        let mut starts = trace(&[]);
        starts.accesses.push(access("/bin/sh", true));
        assert!(place(&starts));
    }

    #[test]
    fn who_asks_for_what_changes() {
        let program = std::env::current_exe().unwrap();
        let changing = |trace: &Trace| of(trace, program.parent().unwrap(), false).changing;
        assert_eq!(changing(&trace(&[b".", b"A"])), None);
        assert_eq!(changing(&trace(&[b"=clock"])), Some("the time"));
        assert_eq!(changing(&trace(&[b"=random"])), Some("random numbers"));
        assert_eq!(changing(&trace(&[b"=host"])), Some("the name of this machine"));
        assert_eq!(names_of(&trace(&[b"=clock", b"=random", b"=host", b"A"]), false).unwrap(), "A");
        // The compiler may ask.
        let mut early = trace(&[]);
        early.variables.as_mut().unwrap().objects[0].asked.insert(CLOCK.into());
        assert_eq!(changing(&early), None);
        // It is no less true where not all is known.
        let mut starts = trace(&[b"=clock"]);
        starts.accesses.push(access("/bin/sh", true));
        assert_eq!(changing(&starts), Some("the time"));
        let path = PathBuf::from("/nowhere/libmac.so");
        let late = Object { path, is_early: false, asked: [CLOCK.into()].into() };
        let mut around = trace(&[]);
        around.variables.as_mut().unwrap().objects.push(late);
        assert_eq!(changing(&around), Some("the time"));
    }

    #[test]
    fn a_started_program_is_the_linker_only_where_something_is_linked() {
        let mut trace = trace(&[]);
        trace.accesses.push(access("/bin/sh", true));
        assert_eq!(names_of(&trace, false), None);
        assert_eq!(names_of(&trace, true).unwrap(), "");
    }

    #[test]
    fn a_library_that_leads_around() {
        // This program is no macro, and can do all that one should not.
        let with = |path: PathBuf| {
            let mut trace = trace(&[]);
            let late = Object { path, is_early: false, asked: ["LATE".into()].into() };
            trace.variables.as_mut().unwrap().objects.push(late);
            names_of(&trace, false)
        };
        assert_eq!(with(std::env::current_exe().unwrap()), None);
        assert_eq!(with("/nowhere/libmac.so".into()), None);
        assert_eq!(with("libmac.so".into()), None);
    }

    #[test]
    fn lists_as_files() {
        for (path, is_list) in [
            ("/proc/self/environ", true),
            ("/proc/17/task/18/environ", true),
            ("/proc/self/exe", false),
            ("/home/environ", false),
        ] {
            let accesses = vec![access(path, false)];
            assert_eq!(was_read_as_file(&Trace { accesses, ..trace(&[]) }), is_list, "{path}");
        }
    }
}
