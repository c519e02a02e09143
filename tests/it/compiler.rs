//! Which compiler it is, and what it is asked.

use std::path::Path;

use crate::support::{Project, project};

fn library() -> Project {
    project()
        .file("src/lib.rs", "#![allow(unexpected_cfgs)] pub const N: bool = cfg!(shim);")
        .file("src/main.rs", "fn main() { println!(\"{}\", foo::N) }")
        .build()
}

/// Runs the compiler plainly and through the program.
#[track_caller]
fn asked_the_same(p: &Project, arguments: &[&str]) {
    let ask = |mut command: std::process::Command| {
        let run = p.run({
            command.args(arguments);
            command
        });
        run.no_units();
        (run.code, run.stdout.clone(), run.stderr.clone())
    };
    let plain = ask(p.command(Path::new("rustc")));
    let mut ours = p.command(Project::program());
    ours.arg("rustc");
    assert_eq!(ask(ours), plain, "{arguments:?}");
}

#[test]
fn questions_pass_through_untouched() {
    let p = library();
    for arguments in [
        &["-vV"][..],
        &["-V"],
        &["--version", "--verbose"],
        &["--print", "cfg"],
        &["--print=sysroot"],
        &[
            "-",
            "--crate-name",
            "___",
            "--print=file-names",
            "--crate-type",
            "bin",
            "--crate-type",
            "rlib",
            "--print=sysroot",
            "--print=cfg",
        ],
        &["--explain", "E0308"],
        &["--print", "nonsense"],
        &["--no-such-flag"],
        &["-vV", "--no-such-flag"],
        &["no/such/file.rs"],
        &[],
    ] {
        asked_the_same(&p, arguments);
    }
    assert!(!p.cache().exists(), "a question leaves nothing in the cache");
}

#[test]
fn a_missing_compiler_is_our_one_error() {
    let p = library();
    for arguments in [
        &["-vV"][..],
        &[
            "--crate-name",
            "a",
            "src/lib.rs",
            "--emit=dep-info,metadata",
            "--out-dir",
            "out",
            "--crate-type",
            "lib",
        ],
    ] {
        let mut command = p.command(Project::program());
        command.arg("/no/such/rustc").args(arguments);
        let run = p.run(command);
        run.exits(127);
        assert!(run.stderr.starts_with("error: failed to run `/no/such/rustc`\n"), "{run}");
        assert_eq!(run.stdout, "", "{run}");
    }
}

#[test]
fn a_shim_in_front_of_the_compiler_counts_by_content() {
    let mut p = library();
    let shim = p.write_script("my-rustc", "#!/bin/sh\nexec rustc \"$@\"\n");
    p.set("RUSTC", shim);
    p.exact("build").compiled("foo");
    p.exact("build").hit("foo");
    // The same words about itself, other code.
    p.write_script("my-rustc", "#!/bin/sh\ncase \"$*\" in *--crate-name\\ foo*) exec rustc \"$@\" --cfg shim;; *) exec rustc \"$@\";; esac\n");
    p.exact("build").compiled("foo");
    assert_eq!(p.run_program("foo"), "true\n");
    p.write_script("my-rustc", "#!/bin/sh\nexec rustc \"$@\"\n");
    p.exact("build").hit("foo");
    assert_eq!(p.run_program("foo"), "false\n");
}

#[test]
fn what_a_shim_reads_counts() {
    let mut p = library();
    let shim =
        p.write_script("my-rustc", "#!/bin/sh\nexec rustc \"$@\" $(cat \"$(dirname \"$0\")/more.txt\")\n");
    p.write("more.txt", "");
    p.set("RUSTC", shim);
    p.exact("build").compiled("foo");
    p.write("more.txt", "--cfg shim");
    p.exact("build").compiled("foo");
    assert_eq!(p.run_program("foo"), "true\n");
}

#[test]
fn what_a_shim_takes_from_its_environment_counts() {
    let mut p = library();
    let shim = p.write_script("my-rustc", "#!/bin/sh\nexec rustc \"$@\" $SHIM_FLAGS\n");
    p.set("RUSTC", shim);
    p.exact("build").compiled("foo");
    p.set("SHIM_FLAGS", "--cfg shim");
    p.exact("build").compiled("foo");
    assert_eq!(p.run_program("foo"), "true\n");
}

#[test]
fn set_twice_it_works_once() {
    let mut p = library();
    p.set("RUSTC_WORKSPACE_WRAPPER", Project::program());
    p.wrapped("build").success().missed("foo");
    p.wipe().wrapped("build").success().hit("foo");
    assert_eq!(p.run_program("foo"), "false\n");
}

#[test]
fn fixes_are_made_each_time() {
    let p = project().file("src/lib.rs", "").build();
    for _ in 0..2 {
        p.write("src/lib.rs", "#[allow(unused_mut)] mod a { }\npub fn f() -> u8 { let mut x = 1; x }\n");
        p.wipe().wrapped("fix --lib --allow-no-vcs").success();
        assert!(p.read("src/lib.rs").contains("let x = 1"), "{}", p.read("src/lib.rs"));
    }
}

#[test]
fn disabled_is_plain_cargo() {
    let mut p = library();
    p.set("KACHE_DISABLED", "1");
    p.exact("build").success().no_units();
    p.assert_fresh("build");
    assert!(!p.cache().exists());
    assert!(std::fs::read_dir(p.path("target/debug/incremental")).unwrap().next().is_some());
}

#[test]
fn invalid_settings_stop_nothing() {
    let mut p = library();
    p.set("KACHE_MAX_SIZE", "a lot");
    p.exact("build").success();
    p.unset("KACHE_MAX_SIZE");
    p.write("../config.toml", "[[[");
    p.exact("build").success();
}

#[test]
fn a_cache_that_cannot_be_written_stops_nothing() {
    let mut p = library();
    p.write("../not a directory", "");
    p.set("KACHE_CACHE_DIR", p.beside("not a directory").into_os_string());
    p.exact("build").success();
    p.assert_fresh("build");
}

#[test]
fn another_salt_is_another_cache() {
    let mut p = library();
    p.exact("check").missed("foo");
    p.set("KACHE_KEY_SALT", "x");
    p.exact("check").missed("foo");
    p.unset("KACHE_KEY_SALT");
    p.exact("check").hit("foo");
    p.set("KACHE_RECACHE", "1");
    p.exact("check").missed("foo");
    p.unset("KACHE_RECACHE");
    p.exact("check").hit("foo");
    p.set("KACHE_BYPASS", "fo*");
    p.exact("check").bypassed("foo");
}

#[test]
fn signals_and_odd_exit_codes_are_the_compilers() {
    let mut p = library();
    let shim = p.write_script(
        "my-rustc",
        "#!/bin/sh\ncase \"$*\" in *--crate-name\\ foo*) exit 42;; *) exec rustc \"$@\";; esac\n",
    );
    p.set("RUSTC", shim);
    p.wrapped("build").fails().failed("foo").stderr_has("(exit status: 42)");
    p.write_script(
        "my-rustc",
        "#!/bin/sh\ncase \"$*\" in *--crate-name\\ foo*) kill -SEGV $$;; *) exec rustc \"$@\";; esac\n",
    );
    p.wrapped("build").fails().failed("foo").stderr_has("signal: 11");
}
