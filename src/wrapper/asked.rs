//! Which variables, and whether for its place, the code of the build asked for while it was loaded into the compiler.
//!
//! Owns the step from what a hook saw to names that can stand for the whole environment, and the conditions for it.
//! When any of them does not hold, all of the environment counts.
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
//! of a constructor, with code it makes at run time. None is known to.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use super::imports::Imports;
use crate::key::environment::matches;
use crate::trace::{Access, HERE, Trace, Variables};

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

/// What code of the build asked for.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Asked {
    /// Variables. `None`: it may have read any.
    pub(super) names: Option<BTreeSet<String>>,
    /// Whether it may know the working directory.
    pub(super) place: bool,
}

/// Returns what code of the build asked for.
pub(super) fn of(trace: &Trace, sysroot: &Path, links: bool) -> Asked {
    let Some(variables) = in_the_compiler(trace, sysroot) else { return Asked { names: None, place: true } };
    let starts = !links && trace.accesses.iter().any(|access| is_started(access, &variables.program));
    let asked = asked_by_the_build(variables);
    let Some(asked) = asked.filter(|_| !starts) else {
        // A program that was started knows where it is; a linker may stand for one.
        let says_so =
            variables.objects.iter().any(|object| !object.is_early && asks_for_place(&object.asked));
        let place = starts || links || says_so || asks_for_place(&variables.elsewhere);
        return Asked { names: None, place };
    };
    let place = asked.contains(OsStr::new(HERE));
    let counts = |name: &&OsStr| {
        *name != HERE && !name.to_str().is_some_and(|n| OF_NO_CONSEQUENCE.iter().any(|g| matches(g, n)))
    };
    let names = asked.into_iter().filter(counts).map(|name| name.to_str().map(str::to_owned));
    Asked { names: names.collect(), place }
}

fn asks_for_place(asked: &BTreeSet<OsString>) -> bool {
    asked.contains(OsStr::new(HERE))
}

/// Returns what a hook saw that was in the compiler itself.
fn in_the_compiler<'t>(trace: &'t Trace, sysroot: &Path) -> Option<&'t Variables> {
    let variables = trace.variables.as_ref()?;
    let program = variables.program.canonicalize().ok()?;
    program.starts_with(sysroot.canonicalize().ok()?).then_some(variables)
}

/// Whether the list of variables of a process was read as a file.
pub(super) fn was_read_as_file(trace: &Trace) -> bool {
    let is_list = |path: &Path| path.starts_with("/proc") && path.file_name() == Some(OsStr::new("environ"));
    trace.accesses.iter().any(|access| is_list(&access.path))
}

/// Whether a program was started, other than the compiler itself and the loader.
fn is_started(access: &Access, compiler: &Path) -> bool {
    let name = access.path.file_name().unwrap_or_default().as_bytes();
    let is_loader = name.starts_with(b"ld-") || name.starts_with(b"ld.so") || name.starts_with(b"ld64.so");
    access.exec
        && !access.absent
        && !is_loader
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
            incomplete: None,
            stops: 0,
            variables: Some(Variables { program, objects: vec![early], elsewhere }),
        }
    }

    fn names_of(trace: &Trace, links: bool) -> Option<String> {
        let program = std::env::current_exe().unwrap();
        let names = of(trace, program.parent().unwrap(), links).names?;
        Some(names.into_iter().collect::<Vec<_>>().join(" "))
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
        let nothing = Asked { names: None, place: true };
        assert_eq!(of(&trace(&[]), Path::new("/proc"), false), nothing, "not the compiler");
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
