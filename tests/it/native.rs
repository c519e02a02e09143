//! Native code: archives, search directories, linkers.

use crate::support::{Project, project};

/// A build script that compiles `c/<name>.c` into a static library `name` in OUT_DIR and asks for it.
const BUILDS_C: &str = r#"
use std::process::Command;
fn main() {
    println!("cargo:rerun-if-changed=c");
    let out = std::env::var("OUT_DIR").unwrap();
    let run = |c: &mut Command| assert!(c.status().unwrap().success());
    run(Command::new("cc").args(["-c", "c/native.c", "-o"]).arg(format!("{out}/native.o")));
    let _ = std::fs::remove_file(format!("{out}/libnative.a"));
    run(Command::new("ar").args(["crsD"]).arg(format!("{out}/libnative.a")).arg(format!("{out}/native.o")));
    println!("cargo:rustc-link-search=native={out}");
    println!("cargo:rustc-link-lib=static=native");
}
"#;

const CALLS: &str = "unsafe extern \"C\" { fn number() -> i32; } pub fn n() -> i32 { unsafe { number() } }";
const PRINTS: &str = "fn main() { println!(\"{}\", foo::n()) }";

fn number(n: u8) -> String {
    format!("int number(void) {{ return {n}; }}\n")
}

/// Compiles `source` into the static library `lib<name>.a` in `directory`, both in the project.
fn archive(p: &Project, source: &str, directory: &str, name: &str) {
    p.write("scratch/x.c", source);
    std::fs::create_dir_all(p.path(directory)).unwrap();
    let library = format!("{directory}/lib{name}.a");
    let _ = std::fs::remove_file(p.path(&library));
    for (program, arguments) in [
        ("cc", vec!["-c", "scratch/x.c", "-o", "scratch/x.o"]),
        ("ar", vec!["crsD", &*library, "scratch/x.o"]),
    ] {
        let mut command = p.command(std::path::Path::new(program));
        command.args(arguments);
        p.run(command).success();
    }
    p.remove("scratch");
}

#[test]
fn a_c_library_of_the_build_script() {
    let p = project()
        .file("build.rs", BUILDS_C)
        .file("c/native.c", number(1))
        .file("src/lib.rs", CALLS)
        .file("src/main.rs", PRINTS)
        .env("KACHE_CACHE_EXECUTABLES", "1")
        .build();
    p.exact("build").missed("foo").missed("bin foo");
    p.exact("build").hit("foo").hit("foo build").hit("bin foo");
    p.assert_fresh("build");
    p.write("c/native.c", number(2));
    p.exact("build").missed("foo").hit("foo build").missed("bin foo");
    assert_eq!(p.run_program("foo"), "2\n");
    p.write("c/native.c", number(1));
    // In place, on top of what the second library left.
    p.wrapped("build").success().hit("foo").hit("bin foo");
    assert_eq!(p.run_program("foo"), "1\n");
    p.assert_fresh("build");
}

/// A project linked against an archive that lies beside it, found through these build script lines.
fn linked(lines: &[&str], source: &str) -> Project {
    let lines = lines.iter().map(|line| format!("println!(\"cargo:{line}\");")).collect::<String>();
    let p = project()
        .file("build.rs", format!("fn main() {{ println!(\"cargo:rerun-if-changed=build.rs\"); {lines} }}"))
        .file("src/lib.rs", source)
        .file("src/main.rs", PRINTS)
        .env("KACHE_CACHE_EXECUTABLES", "1")
        .build();
    std::fs::create_dir_all(p.path("early")).unwrap();
    archive(&p, &number(1), "late", "native");
    p
}

#[track_caller]
fn replaced_in_place(p: &Project) {
    p.exact("build").compiled("foo").compiled("bin foo");
    p.exact("build").success();
    assert_eq!(p.run_program("foo"), "1\n");
    archive(p, &number(2), "late", "native");
    p.exact("build").compiled("bin foo");
    assert_eq!(p.run_program("foo"), "2\n");
    archive(p, &number(1), "late", "native");
    p.exact("build").success();
    assert_eq!(p.run_program("foo"), "1\n");
}

#[test]
fn a_static_library_is_replaced_in_place() {
    replaced_in_place(&linked(&["rustc-link-search=native=late", "rustc-link-lib=static=native"], CALLS));
}

#[test]
fn a_library_of_a_link_attribute_is_replaced_in_place() {
    let source = format!("#[link(name = \"native\", kind = \"static\")] {CALLS}");
    replaced_in_place(&linked(&["rustc-link-search=native=late"], &source));
}

#[test]
fn a_library_in_a_bare_search_directory_is_replaced_in_place() {
    replaced_in_place(&linked(&["rustc-link-search=late", "rustc-link-lib=native"], CALLS));
}

#[test]
fn a_library_of_a_linker_argument_is_replaced_in_place() {
    replaced_in_place(&linked(&["rustc-link-arg=late/libnative.a"], CALLS));
}

#[test]
fn an_earlier_directory_comes_to_shadow_a_library() {
    for lines in [
        ["rustc-link-search=native=early", "rustc-link-search=native=late", "rustc-link-lib=static=native"],
        ["rustc-link-search=early", "rustc-link-search=late", "rustc-link-lib=native"],
    ] {
        let p = linked(&lines, CALLS);
        p.exact("build").success();
        archive(&p, &number(2), "early", "native");
        p.exact("build").compiled("bin foo");
        assert_eq!(p.run_program("foo"), "2\n");
        p.remove("early/libnative.a");
        p.wipe().wrapped("build").success();
        assert_eq!(p.run_program("foo"), "1\n");
    }
}

#[test]
fn a_missing_library_is_an_error_of_the_linker() {
    let p = linked(&["rustc-link-search=native=late", "rustc-link-lib=static=native"], CALLS);
    p.exact("build").success();
    p.remove("late/libnative.a");
    p.wipe().wrapped("build").fails();
    archive(&p, &number(1), "late", "native");
    p.exact("build").success();
}

#[test]
fn a_static_library_product_holds_its_archive() {
    let p = project()
        .root("[lib]\ncrate-type = [\"staticlib\", \"rlib\"]\n")
        .file("build.rs", BUILDS_C)
        .file("c/native.c", number(1))
        .file("src/lib.rs", CALLS)
        .build();
    p.exact("build").success().missed("foo");
    let one = std::fs::read(p.path("target/debug/libfoo.a")).unwrap();
    p.exact("build").success().hit("foo");
    assert!(std::fs::read(p.path("target/debug/libfoo.a")).unwrap() == one);
    p.write("c/native.c", number(2));
    p.exact("build").success().missed("foo");
    assert!(std::fs::read(p.path("target/debug/libfoo.a")).unwrap() != one);
}

#[test]
fn a_script_of_the_linker_changes() {
    let p = linked(
        &["rustc-link-search=native=late", "rustc-link-lib=static=native", "rustc-link-arg=-Wl,-T,more.ld"],
        CALLS,
    );
    p.write("more.ld", "SECTIONS { mark = 0x1000; } INSERT AFTER .text;\n");
    p.exact("build").missed("foo").compiled("bin foo");
    p.exact("build").hit("foo").hit("bin foo");
    p.write("more.ld", "SECTIONS { mark = 0x2000; } INSERT AFTER .text;\n");
    p.exact("build").hit("foo").compiled("bin foo");
    assert!(symbols(&p).contains("2000 A mark"), "{}", symbols(&p));
    p.write("more.ld", "SECTIONS { mark = 0x1000; } INSERT AFTER .text;\n");
    p.exact("build").hit("foo").hit("bin foo");
    assert!(symbols(&p).contains("1000 A mark"), "{}", symbols(&p));
}

fn symbols(p: &Project) -> String {
    let mut command = p.command(std::path::Path::new("nm"));
    command.arg("target/debug/foo");
    p.run(command).stdout.clone()
}

#[test]
fn a_linker_that_is_a_script_changes_in_place() {
    let mut p = project()
        .file("src/lib.rs", "pub fn n() -> u8 { 1 }")
        .file("src/main.rs", PRINTS)
        .env("KACHE_CACHE_EXECUTABLES", "1")
        .build();
    let linker = p.write_script("link-it.sh", "#!/bin/sh\nexec cc \"$@\"\n");
    p.set("CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_LINKER", linker);
    p.exact("build").missed("foo").missed("bin foo");
    p.exact("build").hit("foo").hit("bin foo");
    p.write_script("link-it.sh", "#!/bin/sh\nexec cc \"$@\" -Wl,--defsym=mark=0x3000\n");
    p.exact("build").hit("foo").missed("bin foo");
    assert!(symbols(&p).contains("3000 A mark"));
    // What the script asks its environment for.
    p.write_script("link-it.sh", "#!/bin/sh\nexec cc \"$@\" -Wl,--defsym=mark=${MARK:-0x3000}\n");
    p.exact("build").hit("foo").missed("bin foo");
    p.set("MARK", "0x4000");
    p.exact("build").hit("foo").missed("bin foo");
    assert!(symbols(&p).contains("4000 A mark"));
}

#[test]
fn another_linker_is_no_business_of_a_library() {
    let mut p = project()
        .file("src/lib.rs", "pub fn n() -> u8 { 1 }")
        .file("src/main.rs", PRINTS)
        .env("KACHE_CACHE_EXECUTABLES", "1")
        .build();
    p.exact("build").missed("foo").missed("bin foo");
    p.set("CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_LINKER", "gcc");
    p.exact("build").hit("foo").missed("bin foo");
    p.unset("CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_LINKER");
    p.exact("build").hit("foo").hit("bin foo");
}

#[test]
fn variables_of_the_linker_count_where_something_is_linked() {
    let mut p = linked(&["rustc-link-lib=native"], CALLS);
    p.set("LIBRARY_PATH", p.path("late").into_os_string());
    p.exact("build").success();
    archive(&p, &number(2), "early", "native");
    p.set("LIBRARY_PATH", p.path("early").into_os_string());
    p.exact("build").compiled("bin foo");
    assert_eq!(p.run_program("foo"), "2\n");
}

/// Found by its name alone, in a directory that is searched for crates.
#[test]
fn a_crate_that_the_compiler_finds_by_itself() {
    let p = project()
        .file("build.rs", "fn main() { println!(\"cargo::rustc-link-search=crate=ext\"); }")
        .file(
            "src/lib.rs",
            "extern crate hidden; const _: () = assert!(hidden::N == 1); pub fn n() -> u32 { hidden::N }",
        )
        .build();
    let make = |n: u32| {
        p.write("ext/hidden.rs", format!("pub const N: u32 = {n};"));
        let mut command = p.command(std::path::Path::new("rustc"));
        command.args(["--crate-type=lib", "--crate-name=hidden", "--out-dir=ext", "ext/hidden.rs"]);
        p.run(command).success();
    };
    make(1);
    p.exact("check").success().missed("foo");
    p.wipe().wrapped("check").success().hit("foo");
    make(2);
    p.exact("check").fails();
    make(1);
    p.wipe().wrapped("check").success();
}
