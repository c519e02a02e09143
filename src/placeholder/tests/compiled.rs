//! What the compiler and the linker make, mapped and patched, against what they make of the same without any of it.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::super::patch::{Patched, patch};
use super::super::scan::scan;
use super::{Dice, ROOT, count};
use crate::fs;

const GENERATED: &str = r#"
#[inline(never)]
pub fn generated(n: usize) -> usize {
    if n > 2 { panic!("too many") }
    n + 1
}
pub fn twice<T: Clone>(t: &T) -> (T, T) { (t.clone(), t.clone()) }
pub fn place() -> &'static str { file!() }
"#;

const LIBRARY: &str = r#"
include!(concat!(env!("OUT_DIR"), "/gen.rs"));
pub fn each<T: std::fmt::Debug, F: Fn(&T)>(items: &[T], f: F) { for item in items { f(item) } }
"#;

const PROGRAM: &str = r#"
fn main() { run() }
#[unsafe(no_mangle)]
pub extern "C" fn run() {
    let n = std::env::args().count();
    dep::each(&[n, dep::twice(&n).1], |item| println!("{item:?} {}", dep::generated(*item)));
    println!("{} {}", file!(), dep::place());
}
"#;

/// A workspace of two packages, one with generated code.
struct Workspace {
    _directory: tempfile::TempDir,
    root: PathBuf,
}

/// How a workspace is compiled.
#[derive(Clone, Copy)]
struct Compile<'a> {
    /// What is made of the program.
    kind: &'a str,
    flags: &'a [&'a str],
    mapped: bool,
}

impl Workspace {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path().canonicalize().unwrap().join("app");
        let new = Self { _directory: directory, root };
        for (path, text) in
            [("dep/lib.rs", LIBRARY), ("app/main.rs", PROGRAM), ("target/out/gen.rs", GENERATED)]
        {
            let path = new.root.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, text).unwrap();
        }
        new
    }

    /// Compiles all, and returns where the program and the library are.
    fn compile(&self, compile: Compile<'_>) -> (PathBuf, PathBuf) {
        let folder = self.root.join(if compile.mapped { "mapped" } else { "plain" });
        fs::create_dir_all(&folder).unwrap();
        let [library, program] = ["libdep.rlib", "app"].map(|name| folder.join(name));
        let with = format!("dep={}", library.display());
        let kind = format!("--crate-type={}", compile.kind);
        let args = ["--crate-name=dep", "--crate-type=rlib", "dep/lib.rs", "-Cmetadata=d"];
        self.rustc("", compile, &args, &library);
        // In another directory, so that line tables name the generated code, which is generic in part, by its whole path.
        let args = ["--crate-name=app", &kind, "main.rs", "-Cmetadata=a", "--extern", &with];
        self.rustc("app", compile, &args, &program);
        (program, library)
    }

    /// Whether a program can be linked with these flags.
    fn can_link(&self, flags: &[&str]) -> bool {
        let source = self.root.join("can_link.rs");
        fs::write(&source, "fn main() {}").unwrap();
        let mut command = Command::new("rustc");
        command.arg(&source).args(flags).arg("-o").arg(source.with_extension("bin"));
        said(&mut command).0 == Some(0)
    }

    fn rustc(&self, folder: &str, compile: Compile<'_>, args: &[&str], output: &Path) {
        let mut command = Command::new("rustc");
        command
            .current_dir(self.root.join(folder))
            .env("OUT_DIR", self.root.join("target/out"))
            .arg("--edition=2024");
        command
            .args(["-Cembed-bitcode=no", "-Ccodegen-units=4"])
            .args(args)
            .args(compile.flags)
            .arg("-o")
            .arg(output);
        if compile.mapped {
            command.arg(format!("--remap-path-prefix={}={ROOT}", self.root.display()));
        }
        assert_eq!(said(&mut command).0, Some(0), "{command:?}");
    }

    /// Compiles plainly, and mapped and patched. Returns both programs and what was patched.
    fn both(&self, kind: &str, flags: &[&str]) -> (PathBuf, PathBuf, Patched) {
        let (plain, _) = self.compile(Compile { kind, flags, mapped: false });
        let (mapped, _) = self.compile(Compile { kind, flags, mapped: true });
        let before = fs::read(&mapped).unwrap();
        let patched = patch(&mapped, &self.root).unwrap();
        assert_eq!(count(&before, ROOT.as_bytes()), patched.strings + patched.padded);
        assert_eq!(count(&fs::read(&mapped).unwrap(), b"/proc/self/cwd/."), 0);
        assert_eq!(patch(&mapped, &self.root).unwrap(), Patched::default());
        (plain, mapped, patched)
    }
}

/// Runs a command; returns its code and all it says.
fn said(command: &mut Command) -> (Option<i32>, String) {
    let output = command.output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8_lossy(&text).into_owned())
}

/// Runs a reader of debug information on a file. `None` if there is no such program here.
fn read(program: &str, args: &[&str], file: &Path) -> Option<String> {
    let output = Command::new(program).args(args).arg(file).output();
    let Ok(output) = output else {
        note_absence(program);
        return None;
    };
    assert!(output.status.success(), "{program} {args:?}");
    // With its complaints, so that new ones are seen.
    Some(String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned())
}

#[expect(clippy::print_stderr, reason = "a test that is skipped says so")]
fn note_absence(program: &str) {
    eprintln!("skipped: there is no `{program}` here");
}

/// Takes out what differs between two links of the same: addresses, offsets, and the name of the file.
fn without_numbers(text: &str, file: &Path) -> String {
    let text = text.replace(file.to_str().unwrap(), "<file>");
    let mut out = String::new();
    let mut rest = text.as_str();
    while let Some(at) = rest.find("0x") {
        out.push_str(&rest[..at]);
        out.push_str("<x>");
        rest = rest[at + 2..].trim_start_matches(|c: char| c.is_ascii_hexdigit());
    }
    out + rest
}

/// What `readelf` says of the sources of each line and each unit, but for those of the standard library.
fn sources(file: &Path) -> Option<String> {
    let lines = read("readelf", &["--debug-dump=decodedline"], file)?;
    let units = read("readelf", &["--debug-dump=info", "--dwarf-depth=1"], file)?;
    let mut said = String::new();
    for line in lines.lines().filter(|line| line.contains(".rs") && !line.contains("library/")) {
        said += &without_numbers(line, file).split_whitespace().collect::<Vec<_>>().join(" ");
        said += "\n";
    }
    let in_units =
        units.lines().filter(|line| line.contains("DW_AT_comp_dir") || line.contains("DW_AT_name"));
    for line in in_units.filter(|line| line.contains('/')) {
        said += line.rsplit("): ").next().unwrap_or(line);
        said += "\n";
    }
    Some(said)
}

/// Takes what pads a path out of a text, and the addresses.
fn without_padding(text: &str, file: &Path) -> String {
    let mut text = without_numbers(text, file).replace("//.", "/.");
    while text.contains("/./") {
        text = text.replace("/./", "/");
    }
    text
}

/// Runs a program so that it panics in generated code.
fn backtrace(program: &Path) -> String {
    let mut command = Command::new(program);
    command.args(["1", "2"]).env("RUST_BACKTRACE", "full").current_dir("/");
    let (code, text) = said(&mut command);
    assert_ne!(code, Some(0));
    // The number of the thread is another in each run.
    let mut pieces = text.split("' (");
    let first = pieces.next().unwrap_or_default().to_owned();
    pieces.fold(first, |text, piece| text + piece.trim_start_matches(|c: char| c.is_ascii_digit()))
}

const GDB: &[&str] = &[
    "-batch",
    "-nx",
    "-ex",
    "info line run",
    "-ex",
    "list dep::generated",
    "-ex",
    "info line gen.rs:4",
    "-ex",
    "info sources",
];

/// Compares line by line, since these texts are long.
fn assert_same_text(one: &str, other: &str) {
    for (one, other) in one.lines().zip(other.lines()) {
        assert_eq!(one, other);
    }
    assert_eq!(one.lines().count(), other.lines().count());
}

fn assert_alike(plain: &Path, mapped: &Path) {
    if let Some((mapped, plain)) = sources(mapped).zip(sources(plain)) {
        assert!(
            ["/app/target/out/gen.rs", "main.rs", "/app\n"].iter().all(|part| mapped.contains(part)),
            "{mapped}"
        );
        assert_same_text(&mapped, &plain);
    }
    let shown = |file: &Path| read("gdb", GDB, file).map(|text| without_numbers(&text, file));
    let debugger = shown(mapped);
    if let Some((mapped, plain)) = debugger.as_deref().zip(shown(plain).as_deref()) {
        assert_same_text(mapped, plain);
    }
    assert!(debugger.is_none_or(|text| text.contains("if n > 2 { panic!(\"too many\") }")));
}

#[test]
fn programs_of_each_kind_of_debug_information() {
    let dwarf_5 = &["-Cdebuginfo=2", "-Cdwarf-version=5"][..];
    // Another linker, which merges the tails of strings.
    let lines_only = &["-Cdebuginfo=1", "-Clink-arg=-fuse-ld=bfd"];
    for flags in [&["-Cdebuginfo=2"][..], dwarf_5, lines_only] {
        let workspace = Workspace::new();
        let (plain, mapped, patched) = workspace.both("bin", flags);
        assert!(patched.strings >= 2 && patched.padded >= 1, "{flags:?}: {patched:?}");
        // The directory that fills the gap in the headers of line tables, where these hold names.
        let filled = count(&fs::read(&mapped).unwrap(), b"\0./././") > 0;
        assert_eq!(filled, flags != dwarf_5);
        assert_alike(&plain, &mapped);
        let [plain_says, mapped_says] = [&plain, &mapped].map(|file| without_padding(&backtrace(file), file));
        assert_same_text(&mapped_says, &plain_says);
        assert!(
            mapped_says.contains(&format!("at {}/target/out/gen.rs:4", workspace.root.display())),
            "{mapped_says}"
        );
    }
}

#[test]
fn programs_with_compressed_debug_sections() {
    // Of these linkers, the first is the one that rustc takes by itself.
    for (linker, method) in [("", "zlib"), ("", "zstd"), ("-fuse-ld=bfd", "zlib"), ("-fuse-ld=bfd", "zstd")] {
        let [linker, method] =
            [format!("-Clink-arg={linker}"), format!("-Clink-arg=-Wl,--compress-debug-sections={method}")];
        let flags: Vec<&str> = [&*method, &*linker].into_iter().filter(|flag| !flag.ends_with('=')).collect();
        let workspace = Workspace::new();
        if !workspace.can_link(&flags) {
            note_absence(&flags.join(" "));
            continue;
        }
        let flags = [&flags[..], &["-Cdebuginfo=2"]].concat();
        let [plain, mapped] =
            [false, true].map(|mapped| workspace.compile(Compile { kind: "bin", flags: &flags, mapped }).0);
        let before = backtrace(&mapped);
        assert!(before.contains("at /proc/self/cwd/././"), "{before}");
        let patched = patch(&mapped, &workspace.root).unwrap();
        assert!(patched.strings >= 2 && patched.left == 0, "{patched:?}");
        assert_eq!(patch(&mapped, &workspace.root).unwrap().strings, 0);
        assert_alike(&plain, &mapped);
        let [plain_says, mapped_says] = [&plain, &mapped].map(|file| without_padding(&backtrace(file), file));
        assert_same_text(&mapped_says, &plain_says);
        // Other tools take it as well.
        let stripped = mapped.with_extension("stripped");
        for (program, args) in [("strip", &["--strip-debug", "-o"][..]), ("objcopy", &[])] {
            let mut command = Command::new(program);
            match args {
                [] => command.arg(&mapped).arg(&stripped),
                args => command.args(args).arg(&stripped).arg(&mapped),
            };
            assert_eq!(said(&mut command).0, Some(0), "{command:?}");
            assert_ne!(said(&mut Command::new(&stripped)).0, None);
        }
        let [copy_says, mapped_says] =
            [&stripped, &mapped].map(|file| without_padding(&backtrace(file), file));
        assert_same_text(&copy_says, &mapped_says);
    }
}

#[test]
fn a_shared_library() {
    let workspace = Workspace::new();
    let (plain, mapped, _) = workspace.both("cdylib", &["-Cdebuginfo=2"]);
    assert_alike(&plain, &mapped);
    let main = workspace.root.join("main.c");
    fs::write(&main, "void run(void); int main(void) { run(); return 0; }").unwrap();
    let [plain, mapped] = [plain, mapped].map(|library| {
        let program = library.with_extension("bin");
        assert_eq!(said(Command::new("cc").arg(&main).arg(&library).arg("-o").arg(&program)).0, Some(0));
        without_padding(&backtrace(&program), &library)
    });
    assert_same_text(&mapped, &plain);
    assert!(plain.contains("gen.rs:4"));
}

#[test]
fn a_static_library_in_a_c_program() {
    let workspace = Workspace::new();
    let (plain, mapped, _) = workspace.both("staticlib", &["-Cdebuginfo=2"]);
    let main = workspace.root.join("main.c");
    fs::write(&main, "void run(void); int main(void) { run(); return 0; }").unwrap();
    let [plain, mapped] = [plain, mapped].map(|library| {
        let program = library.with_extension("bin");
        let archive = library.with_extension("a");
        fs::rename(&library, &archive).unwrap();
        let mut cc = Command::new("cc");
        cc.arg(&main).arg(&archive).args(["-lpthread", "-ldl", "-lm", "-o"]).arg(&program);
        assert_eq!(said(&mut cc).0, Some(0), "{cc:?}");
        program
    });
    assert_alike(&plain, &mapped);
    let [plain, mapped] = [plain, mapped].map(|program| without_padding(&backtrace(&program), &program));
    assert_same_text(&mapped, &plain);
    assert!(plain.contains("gen.rs:4"));
}

/// Its metadata keeps the placeholder, so that what is compiled against it holds no real path either.
#[test]
fn what_is_compiled_against_a_patched_library() {
    let workspace = Workspace::new();
    let compile = Compile { kind: "", flags: &["-Cdebuginfo=2", "-Cprefer-dynamic"], mapped: true };
    let [library, user] = ["libdep.so", "libuser.rlib"].map(|name| workspace.root.join(name));
    let args = ["--crate-name=dep", "--crate-type=dylib", "dep/lib.rs"];
    workspace.rustc("", compile, &args, &library);
    let patched = patch(&library, &workspace.root).unwrap();
    assert!(patched.kept > 0 && patched.left == 0, "{patched:?}");
    let source = "pub fn both() -> (u8, u8) { dep::twice(&1) }";
    fs::write(&workspace.root.join("user.rs"), source).unwrap();
    let with = format!("dep={}", library.display());
    workspace.rustc("", compile, &["--crate-type=rlib", "user.rs", "--extern", &with], &user);
    assert_eq!(count(&fs::read(&user).unwrap(), b"/app/target/out"), 0);
    assert!(count(&fs::read(&user).unwrap(), ROOT.as_bytes()) > 0);
}

/// What makes it possible to move names within the header: nothing points into it.
#[test]
fn no_relocation_lies_in_the_header_of_a_line_table() {
    let workspace = Workspace::new();
    let (_, library) = workspace.compile(Compile { kind: "bin", flags: &["-Cdebuginfo=2"], mapped: true });
    let Some(relocations) = read("readelf", &["-rW"], &library) else { return };
    let Some(headers) = read("readelf", &["--debug-dump=rawline"], &library) else { return };
    let prologue = headers.lines().filter_map(|line| line.trim().strip_prefix("Prologue Length:"));
    let prologues: Vec<u64> = prologue.map(|length| length.trim().parse().unwrap()).collect();
    let mut sections = relocations.split("Relocation section ");
    let of_lines: Vec<_> =
        sections.by_ref().filter(|section| section.starts_with("'.rela.debug_line'")).collect();
    assert!(!of_lines.is_empty() && of_lines.len() == prologues.len());
    for (section, prologue) in of_lines.iter().zip(prologues) {
        let is_entry = |word: &&str| word.len() == 16;
        let places = section.lines().filter_map(|line| line.split(' ').next().filter(is_entry));
        let places: Vec<_> = places.map(|place| u64::from_str_radix(place, 16).unwrap()).collect();
        assert!(!places.is_empty() && places.iter().all(|place| *place > prologue), "{section}");
    }
}

#[test]
fn scans_of_what_the_compiler_makes() {
    let workspace = Workspace::new();
    let root = workspace.root.to_str().unwrap().as_bytes();
    for mapped in [true, false] {
        let (program, library) =
            workspace.compile(Compile { kind: "bin", flags: &["-Cdebuginfo=2"], mapped });
        for file in [program, library] {
            let found = scan(&file, &[root]).unwrap();
            assert_eq!(
                (found.visible, found.real, found.opaque),
                (mapped, !mapped, false),
                "{}",
                file.display()
            );
        }
        let metadata = workspace.root.join("libdep.rmeta");
        let compile = Compile { kind: "", flags: &[], mapped };
        let args = ["--crate-name=dep", "--crate-type=rlib", "--emit=metadata", "dep/lib.rs"];
        workspace.rustc("", compile, &args, &metadata);
        let found = scan(&metadata, &[root]).unwrap();
        assert_eq!((found.visible, found.real, found.opaque), (false, !mapped, false));
    }
}

#[test]
fn damaged_libraries_never_panic() {
    let workspace = Workspace::new();
    let (_, library) = workspace.compile(Compile { kind: "bin", flags: &["-Cdebuginfo=2"], mapped: true });
    let whole = fs::read(&library).unwrap();
    let file = workspace.root.join("damaged");
    let mut dice = Dice(2);
    for _ in 0..500 {
        let mut bytes = whole.clone();
        for _ in 0..dice.below(50) {
            let at = dice.below(bytes.len());
            bytes[at] = dice.below(256) as u8;
        }
        bytes.truncate(bytes.len() - dice.below(bytes.len()) * dice.below(2));
        fs::write(&file, &bytes).unwrap();
        scan(&file, &[b"/work"]).unwrap();
        patch(&file, Path::new("/work/app")).unwrap();
        assert_eq!(fs::read(&file).unwrap().len(), bytes.len());
    }
}
