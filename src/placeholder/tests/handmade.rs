use std::path::{Path, PathBuf};

use super::super::patch::{Patched, patch};
use super::super::scan::{Found, scan, scan_bytes};
use super::elf::{ALL, COMMON, COMPRESSED, LOADED, STRINGS, archive};
use super::{Dice, LENGTH, ROOT, count};
use crate::fs;

/// A file in a directory of its own.
pub(super) struct Scratch {
    _directory: tempfile::TempDir,
    pub(super) path: PathBuf,
}

impl Scratch {
    pub(super) fn new(bytes: &[u8]) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("file");
        fs::write(&path, bytes).unwrap();
        Self { _directory: directory, path }
    }
}

/// Patches a file of these bytes.
fn patched(bytes: &[u8], root: &str) -> (Vec<u8>, Patched) {
    let scratch = Scratch::new(bytes);
    let said = patch(&scratch.path, Path::new(root)).unwrap();
    let after = fs::read(&scratch.path).unwrap();
    assert_eq!(after.len(), bytes.len());
    (after, said)
}

fn said(strings: usize, padded: usize, left: usize) -> Patched {
    Patched { strings, padded, left, ..Patched::default() }
}

/// A root of a length.
fn root(length: usize) -> String {
    "/".to_owned() + &"a".repeat(length - 1)
}

/// Where a text stands in a file.
pub(super) fn find(bytes: &[u8], text: impl AsRef<[u8]>) -> usize {
    memchr::memmem::find(bytes, text.as_ref()).expect("the text is there")
}

/// Reads the string with a NUL at its end.
fn string(bytes: &[u8], at: usize) -> &str {
    let end = memchr::memchr(0, &bytes[at..]).unwrap();
    std::str::from_utf8(&bytes[at..at + end]).unwrap()
}

#[test]
fn strings_of_debuggers_end_earlier_and_tails_stay() {
    for elf in ALL {
        for name in [".debug_str", ".debug_line_str", ".debug_str.dwo", ".comment"] {
            let strings = format!("first\0{ROOT}/src/lib.rs\0{ROOT}\0last\0");
            let file = elf.write(&[(name, STRINGS, strings.as_bytes()), (".other", 0, b"x")]);
            let [path, directory, tail] =
                [format!("{ROOT}/src/lib.rs\0"), format!("{ROOT}\0"), "/src/lib.rs\0".into()];
            let [path, directory, tail] = [path, directory, tail].map(|text| find(&file, text));
            let (after, said_) = patched(&file, "/work/app");
            assert_eq!(said_, said(2, 0, 0), "{elf:?} {name}");
            assert_eq!(string(&after, path), "/work/app/src/lib.rs");
            assert_eq!(string(&after, directory), "/work/app");
            assert_eq!(string(&after, tail), "/src/lib.rs");
            assert_eq!(string(&after, tail - 1), "./src/lib.rs");
            assert_eq!(string(&after, directory + LENGTH - 1), ".");
            assert_eq!(string(&after, directory + LENGTH + 1), "last");
            assert_eq!(count(&after, b"first\0"), 1);
        }
    }
}

#[test]
fn roots_of_every_length_in_strings() {
    for rest in ["", "/a", "/target/debug/build/x/out/gen.rs"] {
        let strings = format!("\0{ROOT}{rest}\0last\0");
        let file = COMMON.write(&[(".debug_str", STRINGS, strings.as_bytes())]);
        let at = find(&file, &*ROOT);
        for length in 1..=LENGTH {
            let root = root(length);
            assert_eq!(root.len(), length);
            let (after, said_) = patched(&file, &root);
            let fits = length + rest.len() < LENGTH - 8;
            let exact = fits || length == LENGTH;
            assert_eq!(said_, said(usize::from(exact), usize::from(!exact), 0), "{length}");
            let shown = string(&after, at);
            if exact {
                assert_eq!(shown, format!("{root}{rest}"));
            } else {
                assert_same_path(shown, &format!("{root}{rest}"));
                assert_eq!(shown.len(), LENGTH + rest.len());
            }
            assert_eq!(string(&after, at + LENGTH), rest);
            assert_eq!(string(&after, at + LENGTH + rest.len() + 1), "last");
        }
        let (after, said_) = patched(&file, &root(LENGTH + 1));
        assert_eq!((after, said_), (file, said(0, 0, 1)));
    }
}

/// Whether two paths differ in `/.` and `//` only, neither of which is a component.
fn assert_same_path(one: &str, other: &str) {
    assert!(Path::new(one).components().eq(Path::new(other).components()), "{one} is not {other}");
}

#[test]
fn what_a_program_sees_keeps_its_length() {
    for elf in ALL {
        for (flags, name) in [(LOADED, ".rodata"), (LOADED | STRINGS, ".rodata"), (0, ".note")] {
            for root in ["/", "/w", "/work/app", "/work/apps"] {
                let text = format!("abc{ROOT}/gen.rs\0xyz");
                let file = elf.write(&[(name, flags, text.as_bytes())]);
                let at = find(&file, &*ROOT);
                let (after, said_) = patched(&file, root);
                assert_eq!(said_, said(0, 1, 0));
                assert_same_path(string(&after, at), &format!("{root}/gen.rs"));
                assert_eq!(string(&after, at).len(), LENGTH + "/gen.rs".len());
                assert_eq!(&after[..at], &file[..at]);
                assert_eq!(&after[at + LENGTH..], &file[at + LENGTH..]);
            }
        }
    }
}

#[test]
fn line_tables_of_each_version() {
    for elf in ALL {
        for version in 2..=5 {
            let deep = format!("{ROOT}/out");
            let tables = [
                elf.line_table(version, &["/rustc"], b"before"),
                elf.line_table(version, &["core", &deep, &ROOT], b"program"),
                elf.line_table(version, &[&deep], b"behind"),
                elf.line_table(version, &[&format!("@{ROOT}/out")], b"odd"),
            ];
            let file = elf.write(&[(".debug_line", 0, &tables.concat())]);
            let (after, said_) = patched(&file, "/work/app");
            // Of version 5 the names are elsewhere; strings that are inline nevertheless keep their length.
            assert_eq!(said_, if version == 5 { said(0, 4, 0) } else { said(3, 1, 0) }, "{elf:?} {version}");
            for program in ["before", "program", "behind", "odd"] {
                assert_eq!(find(&after, program), find(&file, program));
            }
            if version != 5 {
                let at = find(&after, "core\0");
                assert!(after[at..].starts_with(b"core\0/work/app/out\0/work/app\0./././"));
                assert_eq!(count(&after, b"\0\0lib.rs\0\x01\0\0\0"), 4);
            }
        }
    }
}

#[test]
fn damaged_line_tables_keep_their_lengths() {
    let table = COMMON.line_table(4, &[&*ROOT], b"program");
    for damaged in [[&[0xff; 3], &table[3..]].concat(), [&table[..6], &[0xff; 4], &table[10..]].concat()] {
        let file = COMMON.write(&[(".debug_line", 0, &damaged)]);
        let (after, said_) = patched(&file, "/work/app");
        assert_eq!(said_, said(0, 1, 0));
        assert_same_path(string(&after, find(&after, "/work/app")), "/work/app");
    }
}

#[test]
fn only_whole_components_and_only_within_a_section() {
    let strings = format!("\0{ROOT}x\0@{ROOT}/a\0{ROOT}.\0");
    let file = COMMON.write(&[
        (".debug_str", STRINGS, strings.as_bytes()),
        (".rodata", LOADED, format!("{ROOT}x{ROOT}").as_bytes()),
        (".one", 0, &ROOT.as_bytes()[..100]),
        (".two", 0, &ROOT.as_bytes()[100..]),
    ]);
    let (after, said_) = patched(&file, "/work/app");
    assert_eq!(said_, said(0, 2, 4));
    assert_eq!(count(&after, b"@/work/app//./"), 1);
    assert_eq!(count(&after, ROOT.as_bytes()), 4);
}

#[test]
fn a_second_time_nothing_is_found_and_nothing_written() {
    let text = format!("\0{ROOT}/a\0");
    let file =
        COMMON.write(&[(".debug_str", STRINGS, text.as_bytes()), (".rodata", LOADED, text.as_bytes())]);
    let scratch = Scratch::new(&file);
    assert_eq!(patch(&scratch.path, Path::new("/work/app/")).unwrap(), said(1, 1, 0));
    let before = (fs::read(&scratch.path).unwrap(), scratch.path.metadata().unwrap().modified().unwrap());
    std::thread::sleep(std::time::Duration::from_millis(20));
    assert_eq!(patch(&scratch.path, Path::new("/elsewhere")).unwrap(), said(0, 0, 0));
    let after = (fs::read(&scratch.path).unwrap(), scratch.path.metadata().unwrap().modified().unwrap());
    assert!(before == after);
}

#[test]
fn archives_member_by_member() {
    let text = format!("\0{ROOT}/a\0");
    let object = COMMON.write(&[(".debug_str", STRINGS, text.as_bytes()), (".pad", 0, b"1")]);
    let loaded = COMMON.write(&[(".rodata", LOADED, text.as_bytes())]);
    let long = [b"name.o\0\0", object.as_slice()].concat();
    let file = archive(&[
        ("/", b"odd"),
        ("a.o/", &object),
        ("note/", ROOT.as_bytes()),
        ("b.o/", &loaded),
        ("#1/8", &long),
    ]);
    let (after, said_) = patched(&file, "/work/app");
    assert_eq!(said_, said(2, 1, 1));
    assert_eq!(count(&after, b"\0/work/app/a\0"), 2);
    assert_eq!(count(&after, b"\0/work/app/./"), 0);
    assert_eq!(count(&after, b"\0/work/app//./."), 1);
}

#[test]
fn other_files_and_other_roots_change_nothing() {
    let elf = COMMON.write(&[(".debug_str", STRINGS, ROOT.as_bytes())]);
    for bytes in
        [b"".as_slice(), b"\x7fELF", b"!<arch>\n", ROOT.as_bytes(), &[b"!<thin>\n", ROOT.as_bytes()].concat()]
    {
        let (after, said_) = patched(bytes, "/work/app");
        assert_eq!((after.as_slice(), said_), (bytes, Patched::default()));
    }
    for root in ["", "relative", "/with\0nul"] {
        assert_eq!(patched(&elf, root), (elf.clone(), said(0, 0, 1)));
    }
    assert!(patch(Path::new("/nowhere/at/all"), Path::new("/w")).is_err());
}

#[test]
fn compressed_sections_are_told_of() {
    let file = COMMON
        .write(&[(".debug_str", COMPRESSED, b"..."), (".rodata", LOADED, format!("{ROOT}/a").as_bytes())]);
    let (_, said_) = patched(&file, "/work/app");
    assert_eq!(said_, Patched { padded: 1, compressed: true, ..Patched::default() });
    assert!(scan_bytes(&file, &[]).opaque);
}

#[test]
fn what_is_for_the_compiler_stays() {
    let text = format!("{ROOT}/a\0");
    let file = COMMON.write(&[
        (".rustc", 0, text.as_bytes()),
        (".llvmbc", 0, text.as_bytes()),
        (".rodata", LOADED, text.as_bytes()),
    ]);
    let (after, said_) = patched(&file, "/work/app");
    assert_eq!(said_, Patched { padded: 1, kept: 2, ..Patched::default() });
    assert_eq!(count(&after, ROOT.as_bytes()), 2);
}

#[test]
fn across_the_edges_of_what_is_read_at_once() {
    // A chunk is 256 KiB; the sections of numbers are large enough to be stepped over.
    let numbers = vec![7; 100_000];
    for gap in (256 * 1024 - 1200..256 * 1024 + 100).step_by(61) {
        let text =
            [&vec![b'x'; gap], b"\0".as_slice(), ROOT.as_bytes(), b"/a\0", ROOT.as_bytes(), b"/b\0"].concat();
        let file = COMMON.write(&[
            (".debug_ranges", 0, &numbers),
            (".debug_str", STRINGS, &text),
            (".debug_loc", 0, &numbers),
            (".rodata", LOADED, &text),
        ]);
        let (after, said_) = patched(&file, "/work/app");
        assert_eq!(said_, said(2, 2, 0), "{gap}");
        assert_eq!(count(&after, ROOT.as_bytes()), 0);
        assert_eq!(count(&after, b"\0/work/app/b\0"), 1);
    }
}

#[test]
fn damaged_files_never_panic_and_keep_their_length() {
    let text = format!("\0{ROOT}/a\0{ROOT}");
    let mut files = Vec::new();
    for elf in ALL {
        let lines = elf.line_table(4, &["core", &ROOT], b"program");
        files.push(elf.write(&[
            (".debug_str", STRINGS, text.as_bytes()),
            (".debug_line", 0, &[lines.clone(), lines].concat()),
            (".rodata", LOADED, text.as_bytes()),
        ]));
    }
    files.push(archive(&[("a.o/", &files[0]), ("b.o/", &files[3])]));
    let scratch = Scratch::new(b"");
    let mut dice = Dice(1);
    for _ in 0..4000 {
        let mut bytes = files[dice.below(files.len())].clone();
        for _ in 0..dice.below(4) {
            // Most of what matters is in the headers at both ends.
            let at = match dice.below(3) {
                0 => dice.below(100),
                1 => bytes.len() - 1 - dice.below(400),
                _ => dice.below(bytes.len()),
            };
            bytes[at] = [0, 0xff, dice.below(256) as u8][dice.below(3)];
        }
        if dice.below(3) == 0 {
            bytes.truncate(dice.below(bytes.len()));
        }
        fs::write(&scratch.path, &bytes).unwrap();
        let found = scan_bytes(&bytes, &[b"/proc"]);
        assert_eq!(scan(&scratch.path, &[b"/proc"]).unwrap(), found);
        let before = count(&bytes, ROOT.as_bytes());
        let said = patch(&scratch.path, Path::new("/work/app")).unwrap();
        let after = fs::read(&scratch.path).unwrap();
        assert_eq!(after.len(), bytes.len());
        assert!(count(&after, ROOT.as_bytes()) + said.strings + said.padded == before);
    }
}

#[test]
fn scans_tell_what_is_seen_and_what_is_real() {
    let text = format!("\0{ROOT}/a\0");
    let debug = COMMON.write(&[(".debug_str", STRINGS, text.as_bytes())]);
    let loaded = COMMON.write(&[(".rodata", LOADED, text.as_bytes())]);
    let metadata = COMMON.write(&[(".rmeta", 0, text.as_bytes())]);
    let visible = |bytes: &[u8]| scan_bytes(bytes, &[b"/home/work/app"]);
    let nothing = Found::default();
    assert_eq!(visible(&debug), nothing);
    assert_eq!(visible(&loaded), Found { visible: true, ..nothing });
    assert_eq!(visible(&archive(&[("lib.rmeta/", &metadata), ("a.o/", &debug)])), nothing);
    assert_eq!(
        visible(&archive(&[("lib.rmeta/", &metadata), ("a.o/", &loaded)])),
        Found { visible: true, ..nothing }
    );
    // Bare metadata is no program.
    assert_eq!(visible(text.as_bytes()), nothing);
    // A file whose sections can't be told is seen as a whole.
    assert!(visible(&loaded[..loaded.len() - 1]).visible);
    for real in [&b"/home/work/app"[..], b"x/home/work/appsrc/main.rs", b"\xc1/home/work/app\xc1"] {
        let file = COMMON.write(&[(".rodata", LOADED, real)]);
        assert_eq!(visible(&file), Found { real: true, ..nothing });
        assert_eq!(visible(real), Found { real: true, ..nothing });
        assert_eq!(scan_bytes(&file, &[b"/other", b"/more", b""]), nothing);
    }
    // Short names are parts of many paths.
    for (text, real) in [
        (&b"/app"[..], true),
        (b"\0/app\0", true),
        (b"\0/app/src\0", true),
        (b"(/app:1", true),
        (b"x/app/src", false),
        (b"\0/apple\0", false),
        (b"\0/app-2\0", false),
        (b"\0//app\0", false),
    ] {
        assert_eq!(scan_bytes(text, &[b"/app"]).real, real, "{}", text.escape_ascii());
    }
    assert_eq!(visible(b"BC\xc0\xde"), Found { opaque: true, ..nothing });
}
