//! Flags that change what is compiled, and those that do not.

use cargo_kache::event::{Bypass, MissReason};

use crate::support::{Project, project};

const LIB: &str = "pub fn f(x: u32) -> u32 { x + 1 }";

fn library() -> Project {
    project().file("src/lib.rs", LIB).build()
}

#[test]
fn profile_settings_count() {
    let p = library();
    let plain = p.read("Cargo.toml");
    let settings = [
        "opt-level = 1",
        "opt-level = \"s\"",
        "debug = false",
        "debug = \"line-tables-only\"",
        "debug-assertions = false",
        "overflow-checks = false",
        "panic = \"abort\"",
        "codegen-units = 1",
        "lto = \"thin\"",
        "lto = \"off\"",
        "strip = \"symbols\"",
        "rpath = true",
        "split-debuginfo = \"unpacked\"",
        "split-debuginfo = \"packed\"",
    ];
    p.wipe().wrapped("build").success().missed("foo");
    for setting in settings {
        p.write("Cargo.toml", format!("{plain}[profile.dev]\n{setting}\n"));
        // Cargo makes another unit of each of them but for what is linked only, which a library need not notice.
        let run = p.exact("build");
        run.success();
        let again = p.exact("build");
        again.success().hit("foo");
        p.assert_fresh("build");
    }
    p.write("Cargo.toml", plain);
    p.exact("build").hit("foo");
}

#[test]
fn overflow_checks_reach_the_program() {
    let p = project()
        .file("src/lib.rs", "#[inline(never)] pub fn f(x: u8) -> u8 { x + 1 }")
        .file("src/main.rs", "fn main() { println!(\"{:?}\", std::panic::catch_unwind(|| foo::f(std::env::args().count() as u8 + 254)).is_err()) }")
        .build();
    let plain = p.read("Cargo.toml");
    for (on, says) in [(true, "true\n"), (false, "false\n"), (true, "true\n")] {
        p.write("Cargo.toml", format!("{plain}[profile.dev]\noverflow-checks = {on}\n"));
        p.exact("build").success();
        assert_eq!(p.run_program("foo"), says);
    }
}

#[test]
fn features_count() {
    let p = project()
        .root("[features]\na = []\nb = []\nc = []\n")
        .file(
            "src/lib.rs",
            "pub const N: u8 = cfg!(feature = \"a\") as u8 + 2 * cfg!(feature = \"b\") as u8;",
        )
        .file("src/main.rs", "fn main() { println!(\"{}\", foo::N) }")
        .build();
    for (n, arguments) in ["build", "build -Fa", "build -Fb", "build -Fa,b"].iter().enumerate() {
        p.exact(arguments).missed("foo");
        assert_eq!(p.run_program("foo"), format!("{n}\n"));
    }
    for (n, arguments) in ["build", "build -Fa", "build -Fb", "build -Fb,a"].iter().enumerate() {
        p.wipe().wrapped(arguments).hit("foo");
        assert_eq!(p.run_program("foo"), format!("{n}\n"));
    }
    let added = MissReason::Features { added: vec!["c".into()], removed: vec![] };
    p.write("src/lib.rs", "pub const N: u8 = cfg!(feature = \"a\") as u8;");
    p.wipe().wrapped("build").missed("foo");
    assert_eq!(*p.wipe().wrapped("build -Fc").reason("foo"), added);
    // With these features it was compiled before, from other sources.
    let source = MissReason::Source { path: "src/lib.rs".into(), more: 0 };
    assert_eq!(*p.wipe().wrapped("build -Fa").reason("foo"), source);
}

#[test]
fn another_edition_is_another_compile() {
    let p = project()
        .file("src/lib.rs", "pub fn f() -> &'static str { let dyn_ = 1; let _ = dyn_; \"\" }")
        .build();
    p.exact("check").missed("foo");
    p.replace("Cargo.toml", "2021", "2018");
    p.exact("check").missed("foo");
    p.replace("Cargo.toml", "2018", "2021");
    p.exact("check").hit("foo");
}

#[test]
fn lints_of_the_manifest_count() {
    let p = project().file("src/lib.rs", "fn unused() {}").build();
    let plain = p.read("Cargo.toml");
    p.exact("check").success().missed("foo").stderr_has("never used");
    p.write("Cargo.toml", plain.clone() + "[lints.rust]\ndead_code = \"allow\"\n");
    let run = p.exact("check");
    run.success().missed("foo");
    assert!(!run.stderr.contains("never used"));
    p.write("Cargo.toml", plain.clone() + "[lints.rust]\ndead_code = \"deny\"\n");
    p.exact("check").fails().failed("foo");
    p.write("Cargo.toml", plain);
    p.exact("check").success().hit("foo").stderr_has("never used");
}

#[test]
fn configuration_by_rustflags_counts() {
    let mut p = project()
        .file("src/lib.rs", "#![allow(unexpected_cfgs)] pub const N: bool = cfg!(special);")
        .file("src/main.rs", "fn main() { println!(\"{}\", foo::N) }")
        .build();
    p.exact("build").missed("foo");
    p.set("RUSTFLAGS", "--cfg special");
    p.exact("build").missed("foo");
    assert_eq!(p.run_program("foo"), "true\n");
    p.unset("RUSTFLAGS");
    p.exact("build").hit("foo");
    assert_eq!(p.run_program("foo"), "false\n");
    p.set("RUSTFLAGS", "--cfg special");
    p.exact("build").hit("foo");
}

#[test]
fn warnings_made_errors_fail_as_they_should() {
    let mut p = project().file("src/lib.rs", "fn unused() {}").build();
    p.exact("check").success().missed("foo");
    p.set("RUSTFLAGS", "-D warnings");
    p.exact("check").fails().failed("foo");
    p.set("RUSTFLAGS", "-Dwarnings --cap-lints allow");
    p.exact("check").success().missed("foo");
    p.set("RUSTFLAGS", "-Dwarnings --cap-lints warn");
    p.exact("check").success().missed("foo");
    p.set("RUSTFLAGS", "-D warnings");
    p.exact("check").fails().failed("foo");
    p.unset("RUSTFLAGS");
    p.exact("check").success().hit("foo");
}

#[test]
fn flags_of_the_linker_do_not_keep_a_library_out() {
    // Cargo hashes such flags into its units' names, so they are other units, but units like any.
    let mut p = library();
    for flags in [
        "-C link-arg=-Wl,-O1",
        "-C link-args=-Wl,--gc-sections",
        "-C linker=gcc",
        "-C link-self-contained=no",
    ] {
        p.set("RUSTFLAGS", flags);
        p.wipe().wrapped("build").success().missed("foo");
        p.wipe().wrapped("build").success().hit("foo");
        p.assert_fresh("build");
    }
}

#[test]
fn code_generation_flags_count() {
    let mut p = library();
    p.exact("build").missed("foo");
    for flags in [
        "-C target-cpu=native",
        "-C target-feature=+sse4.2",
        "-C force-frame-pointers=yes",
        "-g",
        "-C symbol-mangling-version=v0",
    ] {
        p.set("RUSTFLAGS", flags);
        p.exact("build").missed("foo");
        p.exact("build").hit("foo");
    }
}

#[test]
fn unknown_flags_bypass_by_name() {
    let mut p = library();
    p.set("RUSTC_BOOTSTRAP", "1");
    let cases = [
        ("-Z time-passes=no", "-Z time-passes"),
        ("-Zself-profile=no -Zthreads=1", "-Z self-profile"),
        ("-C save-temps=no", "-C save-temps"),
        ("-C llvm-args=-time-passes=false", "-C llvm-args"),
    ];
    for (flags, name) in cases {
        p.set("RUSTFLAGS", flags);
        let run = p.wrapped("check");
        let Bypass::Flag(flag) = run.bypass("foo") else { panic!("{run}") };
        assert_eq!(flag, name, "{run}");
        p.wipe();
    }
    p.set("RUSTFLAGS", "--emit=asm");
    let run = p.wipe().wrapped("build");
    assert_eq!(*run.bypass("foo"), Bypass::Emit("asm".into()), "{run}");
}

#[test]
fn known_unstable_flags_count() {
    let mut p = library();
    p.set("RUSTC_BOOTSTRAP", "1");
    p.exact("build").missed("foo");
    p.set("RUSTFLAGS", "-Zmir-opt-level=1");
    p.exact("build").missed("foo");
    p.exact("build").hit("foo");
    p.set("RUSTFLAGS", "-Zmir-opt-level=2");
    p.exact("build").missed("foo");
}

#[test]
fn a_check_never_serves_a_build() {
    let p = project()
        .file("src/lib.rs", LIB)
        .file("src/main.rs", "fn main() { println!(\"{}\", foo::f(1)) }")
        .build();
    p.wrapped("check").success().missed("foo");
    p.wrapped("build").success().missed("foo");
    assert_eq!(p.run_program("foo"), "2\n");
    p.exact("check").hit("foo").hit("bin foo");
    p.wrapped("build").success().hit("foo");
    p.assert_fresh("build").assert_fresh("check");
    p.exact("build").hit("foo");
}

#[test]
fn a_release_is_no_debug_build() {
    let p = library();
    p.exact("build").missed("foo");
    p.exact("build --release").missed("foo");
    p.exact("build").hit("foo");
    p.exact("build --release").hit("foo");
    p.assert_fresh("build --release");
}

#[test]
fn the_host_named_as_target_is_another_unit() {
    let p = library();
    let host = "x86_64-unknown-linux-gnu";
    p.exact("build").missed("foo");
    p.exact(&format!("build --target {host}")).missed("foo");
    p.exact(&format!("build --target {host}")).hit("foo");
    p.assert_fresh(&format!("build --target {host}"));
}

#[test]
fn a_target_specification_counts_by_content() {
    let mut p = project().file("src/lib.rs", "#![feature(no_core)] #![no_core]").build();
    let spec = p.run({
        let mut command = p.command(std::path::Path::new("rustc"));
        command.env("RUSTC_BOOTSTRAP", "1");
        command.args([
            "-Zunstable-options",
            "--print",
            "target-spec-json",
            "--target",
            "x86_64-unknown-none",
        ]);
        command
    });
    spec.success();
    let without = |key: &str| {
        let mut spec: serde_json::Value = serde_json::from_str(&spec.stdout).unwrap();
        spec.as_object_mut().unwrap().remove(key);
        spec
    };
    let mut text = without("is-builtin");
    p.write("my.json", text.to_string());
    p.set("RUSTC_BOOTSTRAP", "1");
    follows(&p, "build -Zjson-target-spec --target my.json", "my.json", &mut text);
    // By its name alone.
    let folder = p.beside("targets");
    p.set("RUST_TARGET_PATH", &folder);
    follows(&p, "build -Zjson-target-spec --target ours", "../targets/ours.json", &mut text);
}

/// Another specification is another compile.
#[track_caller]
fn follows(p: &Project, arguments: &str, file: &str, text: &mut serde_json::Value) {
    text["relocation-model"] = "pic".into();
    p.write(file, text.to_string());
    let first = p.wipe().wrapped(arguments);
    if first.code != 0 && first.units.is_empty() {
        // This cargo has other rules for such files; what it does not hand on we can't get wrong.
        return;
    }
    first.success().compiled("foo");
    p.wipe().wrapped(arguments).success();
    text["relocation-model"] = "static".into();
    p.write(file, text.to_string());
    p.wipe().wrapped(arguments).success().compiled("foo");
}

#[test]
fn a_workspace_wrapper_counts_by_content() {
    let mut p = project()
        .file("src/lib.rs", "#![allow(unexpected_cfgs)] pub const N: bool = cfg!(inside);")
        .file("src/main.rs", "fn main() { println!(\"{}\", foo::N) }")
        .build();
    let script = p.write_script("wrap.sh", "#!/bin/sh\nexec \"$@\"\n");
    p.set("RUSTC_WORKSPACE_WRAPPER", script);
    p.exact("build").missed("foo");
    p.exact("build").hit("foo");
    assert_eq!(p.run_program("foo"), "false\n");
    p.write_script("wrap.sh", "#!/bin/sh\nexec \"$@\" --cfg inside\n");
    p.exact("build").compiled("foo");
    assert_eq!(p.run_program("foo"), "true\n");
    p.write_script("wrap.sh", "#!/bin/sh\n. ./more.sh\nexec \"$@\" $MORE\n");
    p.write("more.sh", "MORE=--cfg=inside");
    p.exact("build").compiled("foo");
    assert_eq!(p.run_program("foo"), "true\n");
    p.write("more.sh", "MORE=");
    p.exact("build").compiled("foo");
    assert_eq!(p.run_program("foo"), "false\n");
    p.unset("RUSTC_WORKSPACE_WRAPPER");
    p.exact("build").missed("foo");
}

#[test]
fn clippy_and_its_settings() {
    let p = project()
        .workspace(&["dep", "app"])
        .package("dep", "dep", "")
        .file("dep/src/lib.rs", "pub fn f() {}")
        .package("app", "app", "[dependencies]\ndep = { path = \"../dep\" }\n")
        .file("app/src/lib.rs", "pub fn f(a: u8, b: u8, c: u8) -> u8 { dep::f(); return a + b + c; }")
        .build();
    p.exact("clippy").missed("dep").missed("app").stderr_has("needless_return");
    p.exact("clippy").hit("dep").hit("app").stderr_has("needless_return");
    p.assert_fresh("clippy");
    // A check is no clippy run.
    p.exact("check").missed("app");
    p.exact("clippy").hit("app");
    // Settings appear, change and vanish.
    p.write("clippy.toml", "too-many-arguments-threshold = 2\n");
    p.exact("clippy").compiled("app").stderr_has("too many arguments");
    p.exact("clippy").stderr_has("too many arguments");
    p.write("clippy.toml", "too-many-arguments-threshold = 3\n");
    p.exact("clippy").compiled("app");
    p.remove("clippy.toml");
    p.exact("clippy").hit("app");
    p.exact("clippy -- -D warnings").fails();
    p.exact("clippy -- -A clippy::needless_return").success();
}
