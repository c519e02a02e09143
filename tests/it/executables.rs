//! What is linked, cached when asked for.

use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};

use crate::support::{Project, project};

fn all_kinds() -> Project {
    project()
        .root("[lib]\ncrate-type = [\"rlib\", \"cdylib\", \"staticlib\"]\n")
        .file("src/lib.rs", "#[unsafe(no_mangle)] pub extern \"C\" fn n() -> u8 { 7 }")
        .file("src/main.rs", "fn main() { println!(\"{} {}\", foo::n(), file!()) }")
        .file("examples/ex.rs", "fn main() { println!(\"{}\", foo::n()); assert_eq!(foo::n(), 1) }")
        .file("tests/t.rs", "#[test] fn works() { assert_eq!(foo::n(), 7) }")
        .env("KACHE_CACHE_EXECUTABLES", "1")
        .build()
}

#[test]
fn not_without_being_asked() {
    let mut p = all_kinds();
    p.unset("KACHE_CACHE_EXECUTABLES");
    for _ in 0..2 {
        p.exact("build --all-targets").bypassed("bin foo").bypassed("example ex").bypassed("test t");
    }
}

#[test]
fn every_kind_comes_back() {
    let p = all_kinds();
    let all = |run: &crate::support::Run| run.units.len();
    let run = p.exact("build --lib --bins --examples --tests");
    run.success().bypasses(0).misses(all(&run));
    let run = p.exact("build --lib --bins --examples --tests");
    run.success().hits(all(&run));
    p.assert_fresh("build --lib --bins --examples --tests");
    let test = p.wrapped("test --test t");
    test.success();
    assert!(test.stdout.contains("works ... ok"), "{test}");
    for name in
        ["target/debug/foo", "target/debug/examples/ex", "target/debug/libfoo.so", "target/debug/libfoo.a"]
    {
        is_private(&p, name);
    }
}

/// Demands that a file may be changed in place: it can be written, and nobody outside of the target directory has it.
#[track_caller]
fn is_private(p: &Project, name: &str) {
    let meta = std::fs::metadata(p.path(name)).unwrap();
    assert_eq!(meta.permissions().mode() & 0o200, 0o200, "{name} can't be written");
    let mut blobs = Vec::new();
    for shard in std::fs::read_dir(p.cache().join("store")).unwrap() {
        for blob in std::fs::read_dir(shard.unwrap().path()).unwrap() {
            blobs.push(blob.unwrap().metadata().unwrap().ino());
        }
    }
    assert!(!blobs.contains(&meta.ino()), "{name} is a link to the store");
}

#[test]
fn a_program_changed_in_place_does_not_change_the_store() {
    let p = all_kinds();
    p.exact("build").success();
    for _ in 0..2 {
        let run = p.wipe().wrapped("build");
        run.success().hit("foo").hit("bin foo");
        for name in ["target/debug/foo", "target/debug/libfoo.so", "target/debug/libfoo.a"] {
            use std::io::Write as _;
            let mut file = std::fs::File::options().write(true).open(p.path(name)).unwrap();
            file.write_all(b"overwritten").unwrap();
        }
    }
    p.exact("build").hit("foo").hit("bin foo");
}

#[test]
fn a_changed_dependency_reaches_the_program() {
    let p = project()
        .file("src/lib.rs", "pub fn n() -> u8 { 1 }")
        .file("src/main.rs", "fn main() { println!(\"{}\", foo::n()) }")
        .env("KACHE_CACHE_EXECUTABLES", "1")
        .build();
    p.exact("build").missed("foo").missed("bin foo");
    p.write("src/lib.rs", "pub fn n() -> u8 { 2 }");
    p.exact("build").missed("foo").missed("bin foo");
    assert_eq!(p.run_program("foo"), "2\n");
    for n in [1, 2, 1] {
        p.write("src/lib.rs", format!("pub fn n() -> u8 {{ {n} }}"));
        // Over what stands there: both come back, and the program is the newer one's.
        p.wrapped("build").success().hit("foo").hit("bin foo");
        assert_eq!(p.run_program("foo"), format!("{n}\n"));
        p.assert_fresh("build");
    }
}

#[test]
fn a_dependency_of_a_dependency_reaches_the_program() {
    // Metadata stays the same when only a body changes, so nothing but the link can see it.
    let p = project()
        .workspace(&["deep", "mid", "app"])
        .package("deep", "deep", "")
        .file("deep/src/lib.rs", "pub fn n() -> u8 { 1 }")
        .package("mid", "mid", "[dependencies]\ndeep = { path = \"../deep\" }\n")
        .file("mid/src/lib.rs", "pub fn n() -> u8 { deep::n() }")
        .package("app", "app", "[dependencies]\nmid = { path = \"../mid\" }\n")
        .file("app/src/main.rs", "fn main() { println!(\"{}\", mid::n()) }")
        .env("KACHE_CACHE_EXECUTABLES", "1")
        .build();
    p.exact("build").misses(3);
    p.exact("build").hits(3);
    p.write("deep/src/lib.rs", "pub fn n() -> u8 { 2 }");
    p.exact("build").missed("deep").missed("bin app");
    assert_eq!(p.run_program("app"), "2\n");
    p.write("deep/src/lib.rs", "pub fn n() -> u8 { 1 }");
    p.exact("build").hit("deep").hit("bin app");
    assert_eq!(p.run_program("app"), "1\n");
}

#[test]
fn a_rust_dynamic_library() {
    let p = project()
        .workspace(&["dy", "app"])
        .package("dy", "dy", "[lib]\ncrate-type = [\"dylib\"]\n")
        .file("dy/src/lib.rs", "pub fn n() -> u8 { 1 }")
        .package("app", "app", "[dependencies]\ndy = { path = \"../dy\" }\n")
        .file("app/src/lib.rs", "pub fn n() -> u8 { dy::n() }")
        .env("KACHE_CACHE_EXECUTABLES", "1")
        .build();
    p.exact("build").success().missed("dy");
    p.exact("build").success().hit("dy").hit("app");
    p.assert_fresh("build");
    p.write("dy/src/lib.rs", "pub fn n() -> u8 { 2 }");
    p.exact("build").missed("dy").missed("app");
}

#[test]
fn debug_information_comes_back_wherever_it_is() {
    let p = project()
        .file("src/lib.rs", "pub fn n() -> u8 { 1 }")
        .file("src/main.rs", "fn main() { println!(\"{}\", foo::n()) }")
        .env("KACHE_CACHE_EXECUTABLES", "1")
        .build();
    let plain = p.read("Cargo.toml");
    for setting in
        ["split-debuginfo = \"packed\"", "split-debuginfo = \"unpacked\"", "strip = true", "debug = 0"]
    {
        p.write("Cargo.toml", format!("{plain}[profile.dev]\n{setting}\n"));
        p.exact("build").success();
        let run = p.exact("build");
        run.success().hit("foo").hit("bin foo");
        p.assert_fresh("build");
    }
}

#[test]
fn a_strict_umask_is_kept() {
    use std::path::Path;
    let p = all_kinds();
    for _ in 0..2 {
        let mut command = p.command(Path::new("sh"));
        command
            .args(["-c", "umask 077; exec \"$0\" build", env!("CARGO")])
            .env("RUSTC_WRAPPER", Project::program());
        p.wipe().run(command).success();
        for entry in std::fs::read_dir(p.path("target/debug/deps")).unwrap() {
            let entry = entry.unwrap();
            let mode = entry.metadata().unwrap().permissions().mode();
            assert_eq!(mode & 0o077, 0, "{} {mode:o}", entry.path().display());
        }
    }
}

#[test]
fn link_time_optimisation() {
    let p = project()
        .workspace(&["lib", "app"])
        .package("lib", "lib", "")
        .file("lib/src/lib.rs", "pub fn n() -> u8 { 1 }")
        .package("app", "app", "[dependencies]\nlib = { path = \"../lib\" }\n")
        .file(
            "app/src/main.rs",
            "#![no_main] #[unsafe(no_mangle)] pub extern \"C\" fn main() -> i32 { lib::n() as i32 }",
        )
        .env("KACHE_CACHE_EXECUTABLES", "1")
        .build();
    p.write("Cargo.toml", p.read("Cargo.toml") + "[profile.dev]\nlto = \"thin\"\n");
    p.exact("build").misses(2);
    p.exact("build").hits(2);
    p.write("lib/src/lib.rs", "pub fn n() -> u8 { 2 }");
    p.exact("build").missed("lib").missed("bin app");
}

#[test]
fn what_the_linker_leaves_beside_the_program() {
    let mut p = all_kinds();
    p.set("RUSTFLAGS", "-Clink-arg=-Wl,-Map=target/debug/deps/foo.map");
    for _ in 0..2 {
        let run = p.exact("build --bin foo");
        run.not_recorded("bin foo");
        assert!(p.path("target/debug/deps/foo.map").exists());
    }
}
