//! Lifts what the C compilers here really make, in checkouts at paths of different lengths.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::super::lift::{Lifted, lift};
use super::super::patch::patch;
use super::elf::{ALL, COMMON, COMPRESSED, LOADED, STRINGS, archive};
use super::{Dice, ROOT, count};
use crate::fs;

const HEADER: &str = r#"
#define STEP(n) ((n) * FACTOR)
#define FACTOR 3
struct pair { int left, right; };
static inline int swapped(struct pair *p) { int l = p->left; p->left = p->right; p->right = l; return STEP(l); }
"#;

const FIRST: &str = r#"
#include <stdio.h>
#include <stdlib.h>
#include "gen.h"
static int twice(int n) { struct pair p = { n, 2 * n }; return swapped(&p) + p.left; }
#ifdef __cplusplus
template <class T> T thrice(T t) { return t + t + t; }
extern "C"
#endif
int work(int n) { printf("%d\n", twice(n)); return abs(n); }
"#;

const SECOND: &str = r#"
#include <string.h>
#include "gen.h"
#ifdef __cplusplus
extern "C"
#endif
int an_other_name_of_some_length(const char *text) { struct pair p = { (int)strlen(text), 1 }; return swapped(&p); }
"#;

const MAIN: &str = r#"
int work(int);
int an_other_name_of_some_length(const char *);
int main(void) { return work(2) + an_other_name_of_some_length("abc") - 11; }
"#;

/// A checkout with C sources, below a directory of its own.
struct Checkout {
    directory: tempfile::TempDir,
    root: PathBuf,
}

impl Checkout {
    fn new(name: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path().canonicalize().unwrap().join(name);
        let new = Self { directory, root };
        for (path, text) in [
            ("src/first.c", FIRST),
            ("src/a_second_source.c", SECOND),
            ("src/first.cc", FIRST),
            ("src/a_second_source.cc", SECOND),
            ("target/debug/build/foo-123/out/include/gen.h", HEADER),
        ] {
            let path = new.root.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, text).unwrap();
        }
        new
    }

    fn out(&self) -> PathBuf {
        self.root.join("target/debug/build/foo-123/out")
    }

    /// Compiles both sources as build scripts do: some names are whole, and some are relative.
    fn objects(&self, compiler: &Compiler<'_>) -> Vec<PathBuf> {
        let sources = [Path::new("src").join("first"), self.root.join("src/a_second_source")];
        let compile = |source: &PathBuf| {
            let source = source.with_extension(compiler.extension());
            let object = self.out().join(source.file_name().unwrap()).with_extension("o");
            let mut command = Command::new(compiler.program);
            command.current_dir(&self.root).args(["-g", "-c", "-I"]).arg(self.out().join("include"));
            succeed(command.args(compiler.flags).arg(source).arg("-o").arg(&object));
            object
        };
        sources.iter().map(compile).collect()
    }

    fn archive(&self, compiler: &Compiler<'_>) -> PathBuf {
        let archive = self.out().join("libfoo.a");
        let _ = fs::remove_file(&archive);
        succeed(Command::new("ar").arg("cqsD").arg(&archive).args(self.objects(compiler)));
        archive
    }

    fn lifted(&self, file: &Path) -> Vec<u8> {
        replaced(&fs::read(file).unwrap(), &self.root)
    }

    /// Links a program with an archive, outside of the checkout.
    fn link(&self, archive: &Path, name: &str) -> PathBuf {
        let [source, program] = ["main.c", name].map(|name| self.directory.path().join(name));
        fs::write(&source, MAIN).unwrap();
        let mut cc = Command::new("cc");
        cc.arg(&source).arg(archive).arg("-Wl,--build-id=none").arg("-o").arg(&program);
        succeed(&mut cc);
        program
    }
}

/// How objects are made.
#[derive(Debug)]
struct Compiler<'a> {
    program: &'a str,
    flags: &'a [&'a str],
}

impl Compiler<'_> {
    fn is_here(&self) -> bool {
        let is_here = Command::new(self.program).arg("--version").output().is_ok();
        if !is_here {
            note_absence(self.program);
        }
        is_here
    }

    fn extension(&self) -> &'static str {
        if self.program.ends_with("++") { "cc" } else { "c" }
    }
}

#[expect(clippy::print_stderr, reason = "a test that is skipped says so")]
fn note_absence(program: &str) {
    eprintln!("skipped: there is no `{program}` here");
}

/// All compilers of C that may be here, and what changes the form of debug information.
fn compilers() -> impl Iterator<Item = Compiler<'static>> {
    const PROGRAMS: [&str; 5] = ["gcc", "g++", "clang", "clang++", "aarch64-linux-gnu-gcc"];
    const FLAGS: [&[&str]; 10] = [
        &[],
        &["-gdwarf-5", "-O2"],
        &["-gdwarf-4"],
        &["-gdwarf-4", "-O2", "-g3"],
        &["-gdwarf-3"],
        &["-gdwarf-2", "-g3"],
        &["-g3"],
        &["-ffunction-sections", "-fdata-sections"],
        &["-gdwarf-4", "-ffunction-sections", "-fdata-sections", "-fPIC"],
        &["-O2", "-g3", "-fdebug-types-section"],
    ];
    let is_here = |program: &&str| Compiler { program, flags: &[] }.is_here();
    let programs = PROGRAMS.into_iter().filter(is_here);
    programs.flat_map(|program| FLAGS.iter().map(move |flags| Compiler { program, flags }))
}

const GCC: Compiler<'static> = Compiler { program: "gcc", flags: &[] };

fn succeed(command: &mut Command) {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// Lifts what can be lifted.
fn replaced(content: &[u8], root: &Path) -> Vec<u8> {
    match lift(content, root) {
        Lifted::Replaced(new) => new,
        other => panic!("{}", if other == Lifted::Stuck { "stuck" } else { "unnamed" }),
    }
}

/// What readers of debug information complain of, without the name of the file.
///
/// Some do not know all that compilers write, so that this is compared with what they say of the original.
fn complaints(file: &Path) -> String {
    let readers: [(&str, &[&str]); 4] = [
        ("readelf", &["-aW"]),
        ("readelf", &["--debug-dump=info,line,decodedline,aranges,macro,str"]),
        ("objdump", &["-drl"]),
        ("llvm-dwarfdump", &["--verify"]),
    ];
    let mut all = String::new();
    for (program, args) in readers {
        let Ok(output) = Command::new(program).args(args).arg(file).env("LANG", "C").output() else {
            note_absence(program);
            continue;
        };
        let said = String::from_utf8_lossy(&output.stderr).replace(file.to_str().unwrap(), "<file>");
        all += &format!("{program}: {}\n{said}", output.status);
    }
    all
}

/// Writes new content into a file, which then says the same as before of another directory.
fn write_readable(file: &Path, content: &[u8], root: &Path) {
    let before = (complaints(file), dumped(file));
    let root = root.to_str().unwrap();
    assert!(before.1.as_ref().is_none_or(|text| text.contains(root)));
    fs::write(file, content).unwrap();
    let after = dumped(file).map(|text| text.replace(&*ROOT, root));
    assert!((complaints(file), after) == before, "{}", file.display());
}

/// What a file says of units, types and names, but not where it says so.
fn dumped(file: &Path) -> Option<String> {
    let mut command = Command::new("llvm-dwarfdump");
    let Ok(output) = command.args(["--debug-info", "--debug-names"]).arg(file).output() else {
        note_absence("llvm-dwarfdump");
        return None;
    };
    let text = String::from_utf8(output.stdout).unwrap();
    let without_place = |line| {
        let is_name = str::contains(line, "String: 0x");
        let is_unit = line.contains("DW_AT_stmt_list") || line.contains("DW_AT_macros");
        if is_name {
            line.split('"').nth(1).unwrap_or(line)
        } else if is_unit {
            ""
        } else {
            line
        }
    };
    Some(text.lines().map(without_place).collect::<Vec<_>>().join("\n"))
}

#[test]
fn archives_of_two_checkouts_become_equal() {
    let checkouts = ["a", "an/other-checkout/with-a_much.longer/name"].map(Checkout::new);
    for compiler in compilers() {
        let archives = checkouts.each_ref().map(|checkout| checkout.archive(&compiler));
        let [one, other] = [0, 1].map(|n| checkouts[n].lifted(&archives[n]));
        assert!(one == other, "{compiler:?}");
        assert!(count(&one, ROOT.as_bytes()) >= 2, "{compiler:?}");
        assert_eq!(lift(&one, &checkouts[0].root), Lifted::Unnamed);
        write_readable(&archives[0], &one, &checkouts[0].root);
    }
}

#[test]
fn programs_of_a_lifted_archive_show_the_sources() {
    let checkout = Checkout::new("checkout");
    // Some of all forms are enough here.
    for compiler in compilers().filter(|compiler| !compiler.program.starts_with("aarch64")).step_by(3) {
        let archive = checkout.archive(&compiler);
        let plain = checkout.link(&archive, "native");
        fs::write(&archive, checkout.lifted(&archive)).unwrap();
        let lifted = checkout.link(&archive, "lifted");
        assert_eq!(count(&fs::read(&lifted).unwrap(), checkout.root.to_str().unwrap().as_bytes()), 0);
        assert_eq!(complaints(&lifted), complaints(&plain));
        let patched = patch(&lifted, &checkout.root).unwrap();
        assert!(
            patched.strings >= 2 && patched.padded == 0 && patched.left == 0,
            "{compiler:?}: {patched:?}"
        );
        assert_eq!(complaints(&lifted), complaints(&plain));
        succeed(&mut Command::new(&lifted));
        let [plain, lifted] = [plain, lifted].map(|program| shown(&program));
        assert_eq!(plain, lifted, "{compiler:?}");
        assert!(
            lifted.is_none_or(|text| text.contains("/checkout/target/debug/build/foo-123/out/include/gen.h"))
        );
    }
}

/// What a debugger shows of a program, without its name.
fn shown(program: &Path) -> Option<String> {
    let commands = [
        "info line work",
        "list an_other_name_of_some_length",
        "ptype struct pair",
        "info sources",
        "macro expand STEP(2)",
        "break swapped",
        "run",
        "backtrace",
        "info source",
    ];
    let mut args = vec!["-batch", "-nx", "-iex", "set debuginfod enabled off"];
    args.extend(commands.iter().flat_map(|command| ["-ex", command]));
    let mut command = Command::new("gdb");
    let Ok(output) = command.args(args).arg(program).env("LANG", "C").output() else {
        note_absence("gdb");
        return None;
    };
    let text = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    Some(text.replace(program.to_str()?, "<program>"))
}

#[test]
fn single_objects_and_those_joined_by_the_linker() {
    let checkouts = ["a", "an/other"].map(Checkout::new);
    for flags in [&[][..], &["-gdwarf-4", "-g3"]] {
        let both = checkouts.each_ref().map(|checkout| {
            let objects = checkout.objects(&Compiler { flags, ..GCC });
            let joined = checkout.out().join("joined.o");
            succeed(Command::new("ld").arg("-r").args(&objects).arg("-o").arg(&joined));
            [&objects[0], &joined].map(|object| {
                let lifted = checkout.lifted(object);
                write_readable(object, &lifted, &checkout.root);
                lifted
            })
        });
        assert!(both[0] == both[1], "{flags:?}");
    }
}

#[test]
fn what_a_program_or_a_linker_sees_is_left() {
    let checkout = Checkout::new("checkout");
    let root = checkout.root.to_str().unwrap();
    let object = |source: &str, flags: &[&str]| {
        let [from, to] = ["odd.c", "odd.o"].map(|name| checkout.root.join(name));
        fs::write(&from, source).unwrap();
        succeed(
            Command::new("gcc")
                .current_dir(&checkout.root)
                .arg("-c")
                .args(flags)
                .arg(&from)
                .arg("-o")
                .arg(&to),
        );
        lift(&fs::read(&to).unwrap(), &checkout.root)
    };
    let plain = "int f(void) { return 1; }";
    assert!(matches!(object(plain, &["-g"]), Lifted::Replaced(_)));
    assert_eq!(object(plain, &[]), Lifted::Unnamed);
    for (source, flags) in [
        ("const char *f(void) { return __FILE__; }", &["-g"][..]),
        (&format!("int f(void) __asm__(\"\\\"{root}/f\\\"\"); int f(void) {{ return 1; }}"), &["-g"]),
        (&format!("int f(void) {{ return 1; }}\n#define IN \"{root}/x\""), &["-g3"]),
        (&format!("__attribute__((section(\"{root}/s\"))) int f(void) {{ return 1; }}"), &["-g"]),
        (plain, &["-g", "-gz"]),
        (plain, &["-g", "-flto"]),
        (plain, &["-flto"]),
        (plain, &["-g", "-m32", "-ffreestanding"]),
    ] {
        assert_eq!(object(source, flags), Lifted::Stuck, "{source} {flags:?}");
    }
}

#[test]
fn debug_information_without_relocations_is_left() {
    let checkout = Checkout::new("checkout");
    let object = checkout.objects(&GCC).remove(0);
    succeed(Command::new("objcopy").args(["--remove-relocations=.debug_info"]).arg(&object));
    assert_eq!(lift(&fs::read(&object).unwrap(), &checkout.root), Lifted::Stuck);
}

#[test]
fn archives_of_each_kind() {
    let checkout = Checkout::new("checkout");
    let file = checkout.archive(&GCC);
    let lifted = checkout.lifted(&file);
    fs::write(&file, &lifted).unwrap();
    let shown = Command::new("nm").arg("-s").arg(&file).output().unwrap().stdout;
    let shown = String::from_utf8_lossy(&shown);
    // The index leads to the member in which the symbol is, and the table of names is where it was.
    assert!(
        shown.contains("work in first.o")
            && shown.contains("an_other_name_of_some_length in a_second_source.o")
    );
    succeed(Command::new("ranlib").arg("-D").arg(&file));
    assert!(fs::read(&file).unwrap() == lifted);

    let objects = checkout.objects(&GCC);
    let thin = checkout.out().join("thin.a");
    succeed(Command::new("ar").arg("cqsT").arg(&thin).args(&objects));
    let by_name = |name: &[u8]| count(&fs::read(&thin).unwrap(), name) > 0;
    let expected =
        if by_name(checkout.root.to_str().unwrap().as_bytes()) { Lifted::Stuck } else { Lifted::Unnamed };
    assert_eq!(lift(&fs::read(&thin).unwrap(), &checkout.root), expected);

    let object = fs::read(&objects[0]).unwrap();
    let new = replaced(&object, &checkout.root);
    assert_eq!(
        replaced(&archive(&[("a.o/", &object), ("note/", b"odd")]), &checkout.root),
        archive(&[("a.o/", &new), ("note/", b"odd")])
    );
    for (name, content) in [("#1/4", &object[..]), ("note/", checkout.root.to_str().unwrap().as_bytes())] {
        assert_eq!(lift(&archive(&[("a.o/", &object), (name, content)]), &checkout.root), Lifted::Stuck);
    }
}

#[test]
fn wide_index_of_an_archive() {
    let checkout = Checkout::new("checkout");
    let object = fs::read(&checkout.objects(&GCC)[0]).unwrap();
    let new = replaced(&object, &checkout.root);
    let wide = |object: &[u8]| {
        let start = (8 + 60 + 24 + 60 + object.len()).next_multiple_of(2) as u64;
        let index = [2, 8 + 60 + 24, start].map(u64::to_be_bytes).concat();
        archive(&[("/SYM64/", &index), ("a.o/", object), ("b.o/", object)])
    };
    assert_eq!(replaced(&wide(&object), &checkout.root), wide(&new));
    let astray = archive(&[("/SYM64/", &[1_u64, 9].map(u64::to_be_bytes).concat()), ("a.o/", &object)]);
    assert_eq!(lift(&astray, &checkout.root), Lifted::Stuck);
}

#[test]
fn files_made_by_hand() {
    let root = Path::new("/work/app");
    for elf in ALL {
        for (name, flags, text, expected) in [
            (".debug_str", STRINGS, "\0/work/other\0", Lifted::Unnamed),
            (".debug_info", COMPRESSED, "\0/work/other\0", Lifted::Stuck),
            (".llvmbc", 0, "", Lifted::Stuck),
            (".rodata", LOADED, "/work/app\0", Lifted::Stuck),
            (".other", 0, "/work/app\0", Lifted::Stuck),
            // There are no symbols in this file.
            (".debug_str", STRINGS, "/work/app\0", Lifted::Stuck),
        ] {
            assert_eq!(lift(&elf.write(&[(name, flags, text.as_bytes())]), root), expected, "{name} {text}");
        }
    }
    let file = COMMON.write(&[(".debug_str", STRINGS, b"/work/other\0")]);
    for odd in ["", "/", "work/app", "/a\0b", &format!("/{}", "a".repeat(ROOT.len()))] {
        assert_eq!(lift(&file, Path::new(odd)), Lifted::Stuck, "{odd}");
    }
    assert_eq!(lift(b"", root), Lifted::Unnamed);
    assert_eq!(lift(b"in /work/app", root), Lifted::Stuck);
    assert_eq!(lift(b"BC\xc0\xde", root), Lifted::Stuck);
    assert_eq!(lift(b"\x7fELF", root), Lifted::Stuck);
}

#[test]
fn damaged_files_never_panic() {
    let checkout = Checkout::new("checkout");
    let mut dice = Dice(3);
    for flags in [&[][..], &["-gdwarf-4"]] {
        let archive = fs::read(&checkout.archive(&Compiler { flags, ..GCC })).unwrap();
        let object = fs::read(&checkout.objects(&Compiler { flags, ..GCC })[0]).unwrap();
        for whole in [&object, &archive] {
            for turn in 0..2000 {
                let mut bytes = whole.clone();
                // Anywhere, in the header of the file, or in those of the sections.
                let range = [0..bytes.len(), 0..200, bytes.len() - 2000..bytes.len()][turn % 3].clone();
                for _ in 0..=dice.below(4) {
                    bytes[range.start + dice.below(range.len())] = dice.below(256) as u8;
                }
                bytes.truncate(bytes.len() - dice.below(bytes.len()) * (dice.below(4) / 3));
                if let Lifted::Replaced(new) = lift(&bytes, &checkout.root) {
                    assert!(count(&new, checkout.root.to_str().unwrap().as_bytes()) == 0);
                    assert!(new.len() < 2 * whole.len() + 64 * 1024);
                }
            }
        }
    }
}

/// A crate that needs no library for its target.
const BARE: &str = r#"
#![feature(no_core, lang_items)]
#![no_core]
#![allow(internal_features)]
#[lang = "pointee_sized"] pub trait PointeeSized {}
#[lang = "meta_sized"] pub trait MetaSized: PointeeSized {}
#[lang = "sized"] pub trait Sized: MetaSized {}
#[lang = "copy"] pub trait Copy {}
impl Copy for u32 {}
pub struct Pair { pub left: u32, pub right: u32 }
#[unsafe(no_mangle)] pub extern "C" fn swapped(p: &mut Pair) -> u32 { let l = p.left; p.left = p.right; l }
#[unsafe(no_mangle)] pub extern "C" fn other(p: u32) -> u32 { p }
"#;

/// As clang makes them: what it shares with the compiler of Rust is what writes them.
#[test]
fn objects_of_llvm() {
    let checkouts = ["a", "an/other"].map(Checkout::new);
    for target in ["x86_64", "aarch64"] {
        for version in 2..=5 {
            let [one, other] = checkouts.each_ref().map(|checkout| {
                let [source, object] = ["bare.rs", "bare.o"].map(|name| checkout.root.join(name));
                fs::write(&source, BARE).unwrap();
                let mut rustc = Command::new("rustc");
                rustc.current_dir(&checkout.root).env("RUSTC_BOOTSTRAP", "1");
                rustc.args(["--edition=2024", "--crate-type=lib", "--emit=obj", "-Cdebuginfo=2"]);
                rustc.args([
                    format!("--target={target}-unknown-linux-gnu"),
                    format!("-Zdwarf-version={version}"),
                ]);
                succeed(rustc.arg(&source).arg("-o").arg(&object));
                let lifted = checkout.lifted(&object);
                write_readable(&object, &lifted, &checkout.root);
                lifted
            });
            assert!(one == other, "{target} {version}");
        }
    }
}
