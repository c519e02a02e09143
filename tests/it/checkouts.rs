//! Two checkouts at other paths: the second compiles nothing, and what it builds is its own.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt::Write as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::process::Command;

use crate::support::{Project, Run, note, project};

/// A place whose path is 200 characters longer than the first checkout's.
fn far_away() -> String {
    format!("{}/project", "a long way/to go".repeat(12))
}

/// A workspace with all that knows paths: `app` (program and tests) uses `lib`, whose code is generic, in macros,
/// inlined and generated; `lib` uses a macro; both have build scripts.
fn workspace() -> Project {
    project()
        .workspace(&["app", "lib", "mac"])
        .proc_macro(
            "#[proc_macro_derive(Name)] pub fn name(_: TokenStream) -> TokenStream { \
             \"impl Named for Thing { fn name(&self) -> &'static str { file!() } }\".parse().unwrap() }",
        )
        .package("lib", "lib", "build = \"build.rs\"\n[dependencies]\nmac = { path = \"../mac\" }\n")
        .file(
            "lib/build.rs",
            "fn main() { let out = std::env::var(\"OUT_DIR\").unwrap();\n\
             std::fs::write(format!(\"{out}/table.rs\"), \"pub const TABLE: [u8; 3] = [1, 2, 3];\").unwrap();\n\
             std::fs::write(format!(\"{out}/text\"), \"generated\").unwrap();\n\
             std::fs::copy(\"notes.md\", format!(\"{out}/notes.md\")).unwrap();\n\
             println!(\"cargo:rerun-if-changed=build.rs\"); }",
        )
        .file(
            "lib/src/lib.rs",
            "include!(concat!(env!(\"OUT_DIR\"), \"/table.rs\"));\n\
             pub const TEXT: &str = include_str!(concat!(env!(\"OUT_DIR\"), \"/text\"));\n\
             pub const READ_ME: &str = include_str!(concat!(env!(\"CARGO_MANIFEST_DIR\"), \"/read.me\"));\n\
             pub const NOTES: &str = include_str!(concat!(env!(\"OUT_DIR\"), \"/notes.md\"));\n\
             pub trait Named { fn name(&self) -> &'static str; }\n\
             #[derive(mac::Name)] pub struct Thing;\n\
             pub fn generic<T: Copy>(all: &[T], at: usize) -> T { all[at] }\n\
             #[inline(always)] pub fn inlined(at: usize) -> u8 { TABLE[at] }\n\
             #[track_caller] pub fn caller() -> String { std::panic::Location::caller().to_string() }\n\
             pub fn here() -> String { format!(\"{} {}\", file!(), caller()) }\n\
             #[macro_export] macro_rules! there { () => { format!(\"{} {}\", file!(), $crate::caller()) } }\n\
             pub fn plain(at: usize) -> u8 { TABLE[at] }\n",
        )
        .file("lib/read.me", "fn is a word in this text!")
        .file("lib/notes.md", "A caller! { says } `#[derive(More)]` of its Location.")
        .package("app", "app", "[dependencies]\nlib = { path = \"../lib\" }\n")
        .file("app/src/lib.rs", "pub fn says() -> String { lib::there!() }\n#[test] fn t() { assert_eq!(says(), \"x\") }")
        .file(
            "app/src/main.rs",
            "use lib::Named as _;\n\
             fn main() {\n\
             let what = std::env::args().nth(1).unwrap_or_default();\n\
             println!(\"{} {} {} {} {}\", lib::here(), lib::there!(), app::says(), lib::Thing.name(), lib::READ_ME);\n\
             match &*what {\n\
             \"generic\" => drop(lib::generic(&[1u8], 9)),\n\
             \"inlined\" => drop(lib::inlined(9)),\n\
             \"plain\" => drop(lib::plain(9)),\n\
             _ => {}\n\
             }\n\
             }",
        )
        .build()
}

/// Runs the program of `app` in all its ways and collects what it says, with backtraces.
fn behaviour(p: &Project) -> String {
    let mut all = String::new();
    for backtrace in ["0", "1", "full"] {
        for what in ["", "generic", "inlined", "plain"] {
            let mut command = p.command(&p.path("target/debug/app"));
            command.arg(what).env("RUST_BACKTRACE", backtrace);
            let run = p.run(command);
            let lines = run.stderr.lines().map(without_numbers);
            let _ = writeln!(
                all,
                "{what} {}\n{}\n{}",
                run.code,
                run.stdout,
                lines.collect::<Vec<_>>().join("\n")
            );
        }
    }
    all
}

/// Takes out of a panic's line the thread's id, and out of a backtrace's the addresses, which differ from run to run.
pub(crate) fn without_numbers(line: &str) -> String {
    let cut = |from: &str, to: &str| {
        let (begin, rest) = line.split_once(from)?;
        Some(format!("{begin}{}", rest.split_once(to)?.1))
    };
    cut(" (", ")")
        .filter(|_| line.starts_with("thread "))
        .or_else(|| cut("0x", " - "))
        .unwrap_or(line.to_owned())
}

/// Asks the debugger where the program comes from. `None` without one.
fn debugger(p: &Project, program: &str) -> Option<String> {
    let mut command = Command::new("gdb");
    command.args(["-nx", "-batch", "-ex", "info line app::main", "-ex", "info sources"]).arg(p.path(program));
    let output = command.current_dir("/").output();
    let Ok(output) = output else {
        note("gdb is not installed: debug information is not asked for");
        return None;
    };
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    // Sources are listed in the order of their reading, several in a line.
    let mut names: Vec<&str> = text.split(['\n', ',']).map(str::trim).collect();
    names.sort_unstable();
    names.dedup();
    // Addresses are not compared: two links may order their parts in another way.
    let plain = |name: &&str| !name.contains("0x");
    Some(names.into_iter().filter(plain).collect::<Vec<_>>().join("\n"))
}

/// Lists the units that were compiled but for programs, which are not cached.
fn compiled(run: &Run) -> Vec<String> {
    use cargo_kache::event::{Outcome, Target};
    let made_here = |unit: &&cargo_kache::event::UnitEvent| !matches!(unit.outcome, Outcome::Hit { .. });
    let is_library = |unit: &&cargo_kache::event::UnitEvent| {
        matches!(unit.unit.target, Target::Lib | Target::ProcMacro | Target::BuildScript)
    };
    run.units.iter().filter(made_here).filter(is_library).map(|unit| format!("{:?}", unit)).collect()
}

#[test]
fn the_second_checkout_compiles_nothing_and_names_its_own_paths() {
    for executables in ["0", "1"] {
        let mut p = workspace();
        p.set("KACHE_CACHE_EXECUTABLES", executables);
        for place in ["b".to_owned(), "a directory/with blanks".to_owned(), far_away()] {
            p.exact("build").success();
            let other = p.checkout(&place);
            let run = other.exact("build");
            run.success();
            assert_eq!(compiled(&run), [""; 0], "{place}");
            let (ours, our_debugger) = (behaviour(&other), debugger(&other, "target/debug/app"));
            other.assert_fresh("build");
            other.wipe();
            other.cargo("build").success();
            let (plain, plain_debugger) = (behaviour(&other), debugger(&other, "target/debug/app"));
            assert!(plain.contains("panicked at lib/src/lib.rs"), "{plain}");
            assert_eq!(ours, plain);
            assert_eq!(our_debugger, plain_debugger);
        }
    }
}

#[test]
fn checks_lints_and_tests_are_shared_too() {
    let p = workspace();
    for arguments in ["check", "clippy", "test --no-run", "build --release"] {
        p.exact(arguments).success();
        let other = p.checkout(&format!("other {arguments}"));
        let run = other.exact(arguments);
        run.success();
        assert_eq!(compiled(&run), [""; 0], "{arguments}");
    }
}

#[test]
fn the_files_are_shared() {
    let p = workspace();
    p.wrapped("build").success();
    let other = p.checkout("other");
    other.wrapped("build").success();
    let inodes = |p: &Project| -> BTreeMap<OsString, (u64, u64)> {
        let deps = std::fs::read_dir(p.path("target/debug/deps")).unwrap().map(|e| e.unwrap());
        let rlibs = deps.filter(|e| e.file_name().to_str().unwrap().ends_with(".rlib"));
        rlibs.map(|e| (e.file_name(), (e.metadata().unwrap().ino(), e.metadata().unwrap().nlink()))).collect()
    };
    let (ours, theirs) = (inodes(&p), inodes(&other));
    assert_eq!(ours.len(), 2);
    for (name, (inode, links)) in &theirs {
        assert_eq!(ours[name].0, *inode, "{name:?}");
        assert!(*links >= 3, "{name:?} has {links} links");
    }
}

#[test]
fn compile_errors_show_the_sources_of_other_members() {
    let p = workspace();
    p.wrapped("build").success();
    let other = p.checkout(&far_away());
    other.replace("app/src/main.rs", "lib::plain(9)", "lib::plain(\"x\") + lib::generic(1) + lib::TABLE");
    other.exact("build").fails();
    other.exact("build --message-format json").fails();
    other.exact("check").fails();
}

#[test]
fn warnings_name_this_checkout() {
    let p = project()
        .file("src/lib.rs", "mod g { include!(concat!(env!(\"OUT_DIR\"), \"/g.rs\")); } fn unused() {}")
        .file(
            "build.rs",
            "fn main() { println!(\"cargo:rerun-if-changed=build.rs\"); \
             let out = std::env::var(\"OUT_DIR\").unwrap(); \
             std::fs::write(format!(\"{out}/g.rs\"), \"pub const generated: u8 = 1;\").unwrap(); }",
        )
        .build();
    let other = p.checkout("another place \"with quotes\"");
    for arguments in ["build", "build --message-format json", "check --message-format short"] {
        p.exact(arguments).success();
        let run = other.exact(arguments);
        run.success().hit("foo");
    }
}

#[test]
fn plain_cargo_goes_on_in_the_same_target() {
    let p = workspace();
    p.wrapped("build").success();
    let other = p.checkout("other");
    other.wrapped("build").success().misses(0);
    other.assert_fresh("build");
    // What plain cargo links from here on leads to the sources from the workspace.
    other.replace("app/src/main.rs", "_ => {}", "_ => println!(\"edited\")");
    other.cargo("build").success();
    assert!(other.run_program("app").ends_with("edited\n"));
    let mut command = other.command(&other.path("target/debug/app"));
    command.arg("generic").env("RUST_BACKTRACE", "1");
    let run = other.run(command);
    let place = run
        .stderr
        .lines()
        .find(|line| line.trim().starts_with("at ") && line.contains("lib/src/lib.rs:"))
        .unwrap();
    let path = place.trim().trim_start_matches("at ").split(".rs:").next().unwrap().to_owned() + ".rs";
    // The workspace is the working directory of whom one asks for the sources.
    let path = path.trim_start_matches("/proc/self/cwd/").to_owned();
    assert!(other.path(&path).exists(), "{path}");
}

/// Code of any name, in the workspace's own directory.
#[test]
fn code_beside_the_manifest_names_its_file() {
    let p = project()
        .file("src/lib.rs", "include!(concat!(env!(\"CARGO_MANIFEST_DIR\"), \"/code.in\"));")
        .file("code.in", "pub fn here<T>(_: T) -> &'static str { file!() }")
        .file("src/main.rs", "fn main() { println!(\"{}\", foo::here(1)) }")
        .build();
    let other = p.checkout("other");
    for p in [&p, &other] {
        p.exact("build").success();
        assert_eq!(p.run_program("foo"), format!("{}\n", p.path("code.in").display()));
    }
    // A name that can't stand in the compiler's arguments.
    for p in [&p, &other] {
        p.rename("code.in", "a=b/code.in");
        p.replace("src/lib.rs", "/code.in", "/a=b/code.in");
        p.exact("build").success();
        assert_eq!(p.run_program("foo"), format!("{}\n", p.path("a=b/code.in").display()));
    }
}

/// Documentation is written by a program of its own, which knows the names of files from the checks.
#[test]
fn documentation_leads_to_the_sources_of_this_checkout() {
    let p = workspace();
    p.write("app/src/lib.rs", "#[doc(inline)] pub use lib::*;");
    p.write("app/src/main.rs", "fn main() {}");
    // Checks of the same crates are in the cache already.
    p.wrapped("check").success();
    let other = p.checkout("other");
    for p in [&p, &other] {
        p.wipe().wrapped("doc").success();
        let ours = pages(&p.path("target/doc"));
        p.wipe().cargo("doc").success();
        let plain = pages(&p.path("target/doc"));
        assert!(plain.keys().any(|page| page.ends_with("app/constant.TABLE.html")));
        let differ = plain.iter().filter(|(name, page)| ours.get(*name) != Some(page));
        assert_eq!(differ.map(|(name, _)| name).collect::<Vec<_>>(), [""; 0]);
        assert_eq!(ours.len(), plain.len());
    }
}

/// Reads all pages below a folder.
fn pages(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut pending = vec![folder.to_owned()];
    while let Some(folder) = pending.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                pending.push(path);
            } else if path.extension().is_some_and(|ending| ending == "html") {
                found.insert(path.to_str().unwrap().to_owned(), std::fs::read(&path).unwrap());
            }
        }
    }
    found
}

/// Cargo starts a compile as soon as the metadata of its dependencies is there: `quick` is recorded while `slow` still
/// compiles, and nothing is known of what the macros of `slow` bring in.
#[test]
fn a_dependency_that_is_recorded_later() {
    let slow = (0..4000).map(|n| format!("pub fn f{n}(a: &[u8]) -> String {{ format!(\"{n} {{a:?}}\") }}\n"));
    let p = project()
        .workspace(&["slow", "quick", "top"])
        .env("CARGO_BUILD_JOBS", "4")
        .package("slow", "slow", "")
        .file("slow/src/lib.rs", slow.collect::<String>())
        .package("quick", "quick", "[dependencies]\nslow = { path = \"../slow\" }\n")
        .file("quick/src/lib.rs", "pub use slow::f0;")
        .package("top", "top", "[dependencies]\nquick = { path = \"../quick\" }\n")
        .file(
            "top/build.rs",
            "fn main() { let out = std::env::var(\"OUT_DIR\").unwrap(); \
             std::fs::write(format!(\"{out}/n.rs\"), \"pub const N: u8 = 1;\").unwrap(); \
             println!(\"cargo:rerun-if-changed=build.rs\"); }",
        )
        .file("top/src/lib.rs", "include!(concat!(env!(\"OUT_DIR\"), \"/n.rs\")); pub use quick::f0;")
        .build();
    p.wrapped("build -p quick").success().missed("quick");
    p.wrapped("build -p top").success().missed("top");
    let other = p.checkout("elsewhere/project");
    other.wrapped("build").success().misses(0);
}
