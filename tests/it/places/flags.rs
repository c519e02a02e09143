//! Flags and profiles that change what is said of a place, and where.

use std::path::Path;

use super::{OTHER, exact_in_both, right_in_both, say_as_plain, writes};
use crate::support::{Project, Run, note, project};

pub(super) const WAYS: &[&str] = &["", "lib", "made"];

/// A program and a library with code of its own and generated code.
pub(super) fn workspace() -> Project {
    project()
        .workspace(&["app", "dep"])
        .package("app", "app", "[dependencies]\ndep = { path = \"../dep\" }\n")
        .file(
            "app/src/main.rs",
            "fn main() { println!(\"{}\", dep::file()); match &*std::env::args().nth(1).unwrap_or_default() {\n\
             \"lib\" => { dep::fails(9); }, \"made\" => { std::hint::black_box(*dep::MADE); }, _ => {} } }",
        )
        .package("dep", "dep", "")
        .file(
            "dep/build.rs",
            writes(&[("g.rs", "pub static MADE: std::sync::LazyLock<u8> = std::sync::LazyLock::new(|| crate::fails(9));")]),
        )
        .file(
            "dep/src/lib.rs",
            "include!(concat!(env!(\"OUT_DIR\"), \"/g.rs\"));\n\
             #[inline(never)] pub fn fails(n: usize) -> u8 { [1u8, 2][n] }\npub fn file() -> &'static str { file!() }\n",
        )
        .env("KACHE_CACHE_EXECUTABLES", "1")
        .build()
}

/// One rule for all: with these variables, both checkouts are as plain cargo makes them.
fn right_with(variables: &[(&str, &str)], arguments: &str, program: &str) -> [Run; 2] {
    let mut p = workspace();
    for (name, value) in variables {
        p.set(name, *value);
    }
    let other = p.checkout(OTHER);
    right_in_both(&p, &other, arguments, program, WAYS)
}

#[test]
fn kinds_of_debug_information() {
    for (variables, is_shared) in [
        (&[("CARGO_PROFILE_DEV_DEBUG", "0")][..], true),
        (&[("CARGO_PROFILE_DEV_DEBUG", "1")], true),
        (&[("CARGO_PROFILE_DEV_DEBUG", "line-tables-only")], true),
        (&[("CARGO_PROFILE_DEV_STRIP", "debuginfo")], true),
        (&[("CARGO_PROFILE_DEV_STRIP", "symbols")], true),
        (&[("CARGO_PROFILE_DEV_SPLIT_DEBUGINFO", "packed")], false),
        (&[("CARGO_PROFILE_DEV_SPLIT_DEBUGINFO", "unpacked")], false),
        (&[("CARGO_PROFILE_DEV_SPLIT_DEBUGINFO", "off")], true),
        (&[("RUSTFLAGS", "-Cdwarf-version=5")], true),
        (&[("RUSTFLAGS", "-Clink-arg=-gz")], true),
        (&[("RUSTFLAGS", "-Clink-arg=-Wl,--compress-debug-sections=zlib")], true),
        (&[("RUSTFLAGS", "-Clink-arg=-fuse-ld=bfd -Clink-arg=-Wl,--compress-debug-sections=zlib")], true),
    ] {
        let [_, run] = right_with(variables, "build", "debug/app");
        match is_shared {
            true => run.hit("dep"),
            false => run.missed("dep"),
        };
    }
}

#[test]
fn what_was_compiled_for_another_kind_of_link_is_not_used() {
    let mut p = workspace();
    p.exact("build").success().missed("dep");
    // Of this kind of compressed sections, nobody changes one.
    p.set("RUSTFLAGS", "-Clink-arg=-fuse-ld=bfd -Clink-arg=-Wl,--compress-debug-sections=zlib-gnu");
    p.exact("build").success().missed("dep");
    say_as_plain([&p], "build", &["debug/app"], WAYS);
}

/// Demands of a workspace with these variables that its program is linked with compressed debug sections, is right in
/// both checkouts, and can be read by the tools that are here.
fn right_when_compressed(p: &Project) -> [Run; 2] {
    let other = p.checkout(OTHER);
    let runs = right_in_both(p, &other, "build", "debug/app", WAYS);
    // The program of plain cargo is in place now.
    assert!(tool(p, "readelf", "-t").stdout.contains("COMPRESSED"));
    for p in [p, &other] {
        p.wipe().wrapped("build").success().hit("dep");
        for (name, argument) in [("readelf", "-aW"), ("readelf", "-wliN"), ("objdump", "-Wi")] {
            let run = tool(p, name, argument);
            run.success().stderr_is("");
            assert!(!run.stdout.contains("/proc/self/cwd/."), "{name} {argument}");
        }
        assert!(tool(p, "readelf", "-wiN").stdout.contains(&*p.root().to_string_lossy()));
    }
    runs
}

fn tool(p: &Project, name: &str, argument: &str) -> Run {
    let mut command = p.command(Path::new(name));
    command.arg(argument).arg(p.path("target/debug/app"));
    p.run(command)
}

const PACKS: &str = "fn main() {\nprintln!(\"cargo:rerun-if-changed=build.rs\");\n\
     println!(\"cargo:rustc-link-arg=-Wl,--compress-debug-sections=zlib\");\n}\n";

#[test]
fn a_build_script_of_the_program_has_debug_sections_compressed() {
    let mut p = workspace();
    p.write("app/build.rs", PACKS);
    for executables in ["1", "0"] {
        p.set("KACHE_CACHE_EXECUTABLES", executables);
        let [_, run] = right_when_compressed(&p);
        run.hit("dep");
    }
}

#[test]
fn a_linker_that_compresses_debug_sections_by_itself() {
    for method in ["zlib", "zstd"] {
        let mut p = workspace();
        p.write("src.c", "int main(void) { return 0; }");
        let mut probe = p.command(Path::new("cc"));
        let flag = format!("-Wl,--compress-debug-sections={method}");
        probe.args([&*flag, "-o"]).arg(p.path("probe")).arg(p.path("src.c"));
        if p.run(probe).code != 0 {
            note("the linker can't compress by zstd");
            continue;
        }
        let linker = p.write_script("../linker", &format!("#!/bin/sh\nexec cc {flag} \"$@\"\n"));
        p.set("CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_LINKER", &linker);
        p.set("CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER", &linker);
        let [_, run] = right_when_compressed(&p);
        run.hit("dep");
    }
}

#[test]
fn compressed_programs_come_back() {
    let mut p = workspace();
    p.set("RUSTFLAGS", "-Clink-arg=-gz");
    let other = p.checkout(OTHER);
    for p in [&p, &other] {
        p.exact("build").success();
        p.exact("build").hit("bin app");
        p.assert_fresh("build");
    }
    // What came back is what is compared.
    for p in [&p, &other] {
        p.wipe_for("wrapped");
        p.wrapped("build").success().hit("bin app");
    }
    say_as_plain([&p, &other], "build", &["debug/app"], WAYS);
}

#[test]
fn kinds_of_code() {
    for variables in [
        &[("CARGO_PROFILE_RELEASE_LTO", "thin"), ("CARGO_PROFILE_RELEASE_DEBUG", "2")][..],
        &[("CARGO_PROFILE_RELEASE_LTO", "fat"), ("CARGO_PROFILE_RELEASE_DEBUG", "2")],
        &[("CARGO_PROFILE_RELEASE_PANIC", "abort"), ("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "1")],
    ] {
        right_with(variables, "build --release", "release/app");
    }
}

#[test]
fn the_users_own_mapping_goes_first() {
    let mut p = workspace();
    let mut other = p.checkout(OTHER);
    for p in [&mut p, &mut other] {
        let flag = format!("--remap-path-prefix={}=/mapped", p.root().display());
        p.set("CARGO_ENCODED_RUSTFLAGS", flag);
    }
    exact_in_both(&p, &other, "build");
    say_as_plain([&p, &other], "build", &["debug/app"], WAYS);
}

#[test]
fn coverage_names_this_checkouts_files() {
    let mut p = workspace();
    p.set("RUSTFLAGS", "-Cinstrument-coverage").set("LLVM_PROFILE_FILE", "/dev/null");
    let other = p.checkout(OTHER);
    exact_in_both(&p, &other, "build");
    for p in [&p, &other] {
        // Profiles begin with what the program holds of its sources: compressed, but equal if they are.
        let names = |p: &Project| {
            let mut command = p.command(Path::new("objcopy"));
            command.args([
                "-O",
                "binary",
                "--only-section=__llvm_covmap",
                "--set-section-flags=__llvm_covmap=alloc",
            ]);
            command.args([&p.path("target/debug/app"), &p.path("covmap")]);
            p.run(command).success();
            let map = std::fs::read(p.path("covmap")).unwrap();
            p.remove("covmap");
            map
        };
        p.wipe().wrapped("build").success();
        let ours = names(p);
        p.wipe().cargo("build").success();
        assert!(!ours.is_empty() && ours == names(p));
    }
}

#[test]
fn other_kinds_of_output() {
    let p = workspace();
    let other = p.checkout(OTHER);
    for kinds in ["asm", "llvm-ir", "obj", "mir"] {
        let arguments = format!("rustc -p dep -- --emit={kinds}");
        let written = |p: &Project| {
            let ending = match kinds {
                "asm" => ".s",
                "llvm-ir" => ".ll",
                "obj" => ".o",
                other => &format!(".{other}"),
            };
            p.read(p.find("target/debug/deps", "dep-", ending))
        };
        for p in [&p, &other] {
            p.wipe().wrapped(&arguments).success();
            let ours = written(p);
            p.wipe().cargo(&arguments).success();
            assert!(ours == written(p), "{kinds}");
        }
    }
}
