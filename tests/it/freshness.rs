//! Time: what was put back is fresh to cargo, and what is stale never is.

use std::path::Path;

use crate::support::{Inode, Project, project, wait_for};

/// A chain of build scripts: `gen` has one and is a build-dependency of `leaf`, whose script makes code for `app`.
fn graph() -> Project {
    project()
        .workspace(&["gen", "leaf", "mac", "app"])
        .package("gen", "gen", "build = \"build.rs\"\n")
        .file(
            "gen/build.rs",
            r#"fn main() {
                let out = std::env::var("OUT_DIR").unwrap();
                std::fs::write(out + "/n.rs", "pub const N: u8 = 1;").unwrap();
                println!("cargo:rerun-if-changed=build.rs");
            }"#,
        )
        .file("gen/src/lib.rs", r#"include!(concat!(env!("OUT_DIR"), "/n.rs"));"#)
        .package("leaf", "leaf", "build = \"build.rs\"\n[build-dependencies]\ngen = { path = \"../gen\" }\n")
        .file(
            "leaf/build.rs",
            r#"fn main() {
                let out = std::env::var("OUT_DIR").unwrap();
                std::fs::write(out + "/n.rs", format!("pub const N: u8 = {} + 1;", gen::N)).unwrap();
                println!("cargo:rerun-if-changed=build.rs");
            }"#,
        )
        .file(
            "leaf/src/lib.rs",
            r#"include!(concat!(env!("OUT_DIR"), "/n.rs")); pub fn text() -> &'static str { "one" }"#,
        )
        .proc_macro("#[proc_macro] pub fn forty(_: TokenStream) -> TokenStream { \"40\".parse().unwrap() }")
        .package("app", "app", "[dependencies]\nleaf = { path = \"../leaf\" }\nmac = { path = \"../mac\" }\n")
        .file(
            "app/src/lib.rs",
            "pub fn all() -> String { format!(\"{} {}\", leaf::N + mac::forty!(), leaf::text()) }",
        )
        .file("app/src/main.rs", "fn main() { println!(\"{}\", app::all()); }")
        .file("app/examples/ex.rs", "fn main() { println!(\"{}\", app::all()); }")
        .file("app/tests/it.rs", "#[test] fn it() { assert_eq!(app::all(), \"42 one\"); }")
        .build()
}

/// A library, and a program that depends on it.
fn pair() -> Project {
    project()
        .workspace(&["leaf", "app"])
        .package("leaf", "leaf", "")
        .file("leaf/src/lib.rs", "pub fn text() -> &'static str { \"one\" }")
        .package("app", "app", "[dependencies]\nleaf = { path = \"../leaf\" }\n")
        .file("app/src/lib.rs", "pub fn all() -> String { format!(\"42 {}\", leaf::text()) }")
        .file("app/src/main.rs", "fn main() { println!(\"{}\", app::all()); }")
        .build()
}

fn edit(p: &Project, from: &str, to: &str) {
    p.replace("leaf/src/lib.rs", from, to);
}

/// Demands that nobody finds anything to do.
#[track_caller]
fn assert_settled(p: &Project, arguments: &str) {
    p.wrapped(arguments).success().no_units();
    p.assert_fresh(arguments);
    p.wrapped(arguments).success().no_units();
}

#[track_caller]
fn assert_restored_is_fresh(p: &Project, modes: &[&str]) {
    for arguments in modes {
        p.wrapped(arguments).success();
        assert_settled(p, arguments);
        p.wipe();
        let run = p.wrapped(arguments);
        run.success().misses(0);
        assert_settled(p, arguments);
        p.wipe();
    }
}

#[test]
fn what_was_restored_is_fresh() {
    let p = graph();
    assert_restored_is_fresh(&p, &["build", "check --all-targets", "test --no-run"]);
}

#[test]
fn what_was_restored_with_its_programs_is_fresh() {
    let mut p = graph();
    p.set("KACHE_CACHE_EXECUTABLES", "1");
    assert_restored_is_fresh(&p, &["build --all-targets"]);
    p.wrapped("build").success().bypasses(0);
    assert_eq!(p.run_program("app"), "42 one\n");
}

#[test]
fn what_was_restored_in_other_profiles_and_targets_is_fresh() {
    let p = graph();
    let mut rustc = p.command(Path::new("rustc"));
    rustc.arg("-vV");
    let text = p.run(rustc).stdout;
    let host = text.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
    assert_restored_is_fresh(&p, &["build --release --examples", &format!("build --target {host}")]);
}

#[test]
fn a_part_first_then_all() {
    let p = graph();
    p.wrapped("build").success();
    for first in ["build -p leaf", "build -p gen", "check -p app", "build -p app --lib"] {
        for _ in 0..2 {
            // Cargo names some units otherwise when it builds a part only.
            p.wipe();
            p.wrapped(first).success();
        }
        p.wrapped("build").success().misses(0);
        assert_settled(&p, "build");
        assert_settled(&p, first);
        assert_eq!(p.run_program("app"), "42 one\n");
    }
}

#[test]
fn check_and_build_leave_each_other_fresh() {
    let p = graph();
    for (first, second) in [("build", "check"), ("check", "build")] {
        for _ in 0..2 {
            p.wipe();
            p.wrapped(first).success();
            p.wrapped(second).success();
            assert_settled(&p, first);
            assert_settled(&p, second);
        }
    }
    assert_eq!(p.run_program("app"), "42 one\n");
}

#[test]
fn checks_never_stamp_what_is_shared() {
    let p = graph();
    p.wrapped("check").success();
    p.wrapped("build").success();
    let before = p.blobs();
    for _ in 0..2 {
        p.wipe();
        p.wrapped("check").success().misses(0);
        p.wrapped("check").success();
        p.cargo("check").success();
        p.wrapped("build").success().misses(0);
    }
    let second = p.checkout("second");
    second.wrapped("check").success();
    second.wrapped("check").success();
    p.assert_store_is_whole();
    for (path, old) in before {
        let now = Inode::of(&path);
        assert_eq!(
            (now.number, now.modified, now.mode),
            (old.number, old.modified, old.mode),
            "{}",
            path.display()
        );
    }
}

#[test]
fn an_edit_rebuilds_what_depends_on_it_and_a_revert_hits() {
    let mut p = graph();
    p.set("KACHE_INCREMENTAL", "never");
    p.exact("build").success();
    edit(&p, "one", "two");
    p.wrapped("build").success().missed("leaf").missed("app").compiled("bin app");
    assert_eq!(p.run_program("app"), "42 two\n");
    assert_settled(&p, "build");
    edit(&p, "two", "one");
    p.wrapped("build").success().hit("leaf").hit("app").compiled("bin app");
    assert_eq!(p.run_program("app"), "42 one\n");
    assert_settled(&p, "build");
    // The script's code changes, its program too.
    p.replace("gen/build.rs", "u8 = 1", "u8 = 3");
    p.wrapped("build").success();
    assert_eq!(p.run_program("app"), "44 one\n");
    assert_settled(&p, "build");
    p.replace("gen/build.rs", "u8 = 3", "u8 = 1");
    p.wrapped("build").success().misses(0);
    assert_eq!(p.run_program("app"), "42 one\n");
    assert_settled(&p, "build");
}

#[test]
fn a_revert_with_cached_programs_is_right() {
    let mut p = graph();
    p.set("KACHE_CACHE_EXECUTABLES", "1");
    for text in ["one", "two", "six", "one", "six", "two", "one"] {
        let before = p.read("leaf/src/lib.rs");
        let (head, tail) = before.split_once("{ \"").unwrap();
        p.write("leaf/src/lib.rs", format!("{head}{{ \"{text}{}", &tail[3..]));
        p.wrapped("build").success();
        assert_eq!(p.run_program("app"), format!("42 {text}\n"));
        assert_settled(&p, "build");
    }
}

/// A restored library with an old time would leave the program fresh that was made with the newer one.
#[test]
fn an_older_library_put_back_makes_its_dependants_stale() {
    for executables in ["0", "1"] {
        let mut p = pair();
        p.set("KACHE_CACHE_EXECUTABLES", executables).set("KACHE_INCREMENTAL", "never");
        p.wrapped("build").success();
        edit(&p, "one", "two");
        p.wrapped("build").success();
        edit(&p, "two", "one");
        p.wrapped("build -p leaf").success().hit("leaf");
        p.wrapped("build").success().hit("app");
        assert_eq!(p.run_program("app"), "42 one\n");
        assert_settled(&p, "build");
        // Now with plain cargo going on where the wrapper stopped.
        edit(&p, "one", "two");
        p.wrapped("build -p leaf").success().hit("leaf");
        p.cargo("build").success();
        assert_eq!(p.run_program("app"), "42 two\n");
        // And in a target directory that the first run has made.
        p.wipe();
        p.wrapped("build -p leaf").success().hit("leaf");
        edit(&p, "two", "one");
        p.wrapped("build -p leaf").success().hit("leaf");
        p.wrapped("build").success();
        edit(&p, "one", "two");
        p.wrapped("check").success();
        p.wrapped("build -p leaf").success();
        p.cargo("build").success();
        assert_eq!(p.run_program("app"), "42 two\n");
    }
}

/// The same trap for the metadata that checks use, and for a program that only a macro stands behind.
#[test]
fn an_older_macro_put_back_makes_its_dependants_stale() {
    let p = graph();
    p.wrapped("build").success();
    p.replace("mac/src/lib.rs", "\"40\"", "\"50\"");
    p.wrapped("build").success();
    assert_eq!(p.run_program("app"), "52 one\n");
    p.replace("mac/src/lib.rs", "\"50\"", "\"40\"");
    p.wrapped("build -p mac").success().hit("mac");
    p.cargo("build").success();
    assert_eq!(p.run_program("app"), "42 one\n");
    p.wrapped("check").success();
    edit(&p, "pub fn text() -> &'static str { \"one\" }", "pub fn text() -> u8 { missing }");
    p.wrapped("check").fails();
    edit(&p, "pub fn text() -> u8 { missing }", "pub fn text() -> &'static str { \"one\" }");
    p.wrapped("check -p leaf").success();
    assert_settled(&p, "check -p leaf");
    p.wrapped("check").success();
    assert_settled(&p, "check");
}

#[test]
fn an_interrupted_build_leaves_nothing_stale() {
    let p = project()
        .workspace(&["leaf", "slow", "app"])
        .package("leaf", "leaf", "")
        .file("leaf/src/lib.rs", "pub fn text() -> &'static str { \"one\" }")
        .package("slow", "slow", "build = \"build.rs\"\n[dependencies]\nleaf = { path = \"../leaf\" }\n[build-dependencies]\nleaf = { path = \"../leaf\" }\n")
        .file(
            "slow/build.rs",
            r#"fn main() {
                println!("cargo:rerun-if-changed=build.rs");
                let _ = leaf::text();
                if std::path::Path::new("../block").exists() {
                    std::fs::write("../blocked", "").unwrap();
                    while std::path::Path::new("../block").exists() { std::thread::yield_now(); }
                }
            }"#,
        )
        .file("slow/src/lib.rs", "pub use leaf::text;")
        .package("app", "app", "[dependencies]\nslow = { path = \"../slow\" }\nleaf = { path = \"../leaf\" }\n")
        .file("app/src/main.rs", "fn main() { println!(\"{} {}\", slow::text(), leaf::text()); }")
        .build();
    let interrupt = || {
        p.write("block", "");
        let mut cargo = p.wrapped_command("build");
        cargo.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null());
        let mut cargo = cargo.spawn().unwrap();
        wait_for("the build script", || p.path("blocked").exists());
        cargo.kill().unwrap();
        cargo.wait().unwrap();
        p.remove("blocked");
        p.remove("block");
    };
    // From nothing, with an empty and with a warm cache.
    for _ in 0..2 {
        p.wipe();
        interrupt();
        p.wrapped("build").success();
        assert_eq!(p.run_program("app"), "one one\n");
        assert_settled(&p, "build");
    }
    edit(&p, "one", "two");
    p.wrapped("build").success();
    assert_eq!(p.run_program("app"), "two two\n");
    // Back to what is cached: the library is put back, then the build is cut off.
    edit(&p, "two", "one");
    interrupt();
    p.cargo("build").success();
    assert_eq!(p.run_program("app"), "one one\n");
    edit(&p, "one", "two");
    interrupt();
    p.wrapped("build").success();
    assert_eq!(p.run_program("app"), "two two\n");
    assert_settled(&p, "build");
}

/// A cargo that has to wait for another one finds a target directory younger than itself, and yet not its own.
#[test]
fn a_directory_made_by_another_cargo_meanwhile_is_not_new() {
    for executables in ["0", "1"] {
        let mut p = pair();
        p.set("KACHE_CACHE_EXECUTABLES", executables);
        p.wrapped("build").success();
        edit(&p, "one", "two");
        p.wrapped("build").success();
        edit(&p, "two", "one");
        p.wipe();
        let script = format!(
            "#!/bin/sh\nwhile test -e ../hold; do : > ../held; done\nexec '{}' \"$@\"\n",
            Project::program().display()
        );
        let script = p.write_script(p.beside("holder"), &script);
        p.write("../hold", "");
        let mut second = p.cargo_command("build -p leaf");
        second
            .env("RUSTC_WRAPPER", script)
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null());
        let mut second = second.spawn().unwrap();
        wait_for("the second cargo", || p.beside("held").exists());
        p.wrapped("build").success();
        assert_eq!(p.run_program("app"), "42 one\n");
        edit(&p, "one", "two");
        p.remove("../hold");
        assert!(second.wait().unwrap().success());
        p.wrapped("build").success();
        assert_eq!(p.run_program("app"), "42 two\n");
        p.assert_fresh("build");
    }
}

#[test]
fn another_checkout_is_left_alone() {
    let p = graph();
    p.wrapped("build").success();
    // Members are one thing, packages of elsewhere another.
    let second = p.checkout("elsewhere/second");
    second.wrapped("build").success();
    assert_settled(&second, "build");
    assert_settled(&p, "build");
    edit(&second, "one", "two");
    second.wrapped("build").success();
    assert_settled(&p, "build");
    second.wipe();
    second.wrapped("build").success();
    second.wrapped("check").success();
    assert_settled(&p, "build");
    // What the first has made stale stays stale, whatever the second puts back or takes over.
    edit(&p, "one", "two");
    second.wipe();
    second.wrapped("build").success();
    edit(&second, "two", "one");
    second.wrapped("build").success();
    p.cargo("build").success();
    assert_eq!(p.run_program("app"), "42 two\n");
    assert_eq!(second.run_program("app"), "42 one\n");
    assert_settled(&second, "build");
    p.assert_store_is_whole();
}

#[test]
fn older_times_do_not_hide_other_content() {
    let p = graph();
    let times = p.times("leaf/src/lib.rs");
    p.wrapped("build").success();
    edit(&p, "one", "two");
    p.wrapped("build").success();
    // Same length, older time; cargo alone would look at the time only, so the target directory goes.
    edit(&p, "two", "six");
    p.set_times("leaf/src/lib.rs", times);
    p.wipe();
    p.wrapped("build").success().missed("leaf");
    assert_eq!(p.run_program("app"), "42 six\n");
}

/// The time of blobs is nothing but a time when a source file has it.
#[test]
fn a_source_with_the_time_of_blobs_is_read_again() {
    let p = project().file("src/main.rs", "fn main() { println!(\"{}\", foo::A); }").build();
    let t0 = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000_000);
    let write = |text: &str| {
        p.write("src/lib.rs", text);
        let file = std::fs::File::options().write(true).open(p.path("src/lib.rs")).unwrap();
        file.set_modified(t0).unwrap();
    };
    write("pub const A: u8 = 1;");
    p.wrapped("build").success();
    p.wipe();
    p.wrapped("build").success().hit("foo");
    write("pub const A: u8 = 2;");
    p.wipe();
    p.wrapped("build").success();
    assert_eq!(p.run_program("foo"), "2\n");
}

#[test]
fn switching_between_plain_cargo_and_the_wrapper_rebuilds_nothing() {
    let p = graph();
    p.cargo("build").success();
    assert_settled(&p, "build");
    p.wipe();
    p.wrapped("build").success();
    assert_settled(&p, "build");
    // With the wrapper in the settings of cargo, and with a switch in the middle of the work.
    edit(&p, "one", "two");
    p.cargo("build").success();
    assert_settled(&p, "build");
    edit(&p, "two", "one");
    p.wrapped("build").success().hit("leaf");
    assert_settled(&p, "build");
    assert_eq!(p.run_program("app"), "42 one\n");
}

/// The compiler refuses to write over an output that is read-only.
#[test]
fn what_was_restored_can_be_rebuilt_without_the_wrapper() {
    let of_graph = [
        ("mac/src/lib.rs", "\"40\"", "\"50\""),
        ("gen/build.rs", "u8 = 1", "u8 = 3"),
        ("leaf/build.rs", "+ 1", "+ 2"),
        ("leaf/src/lib.rs", "\"one\"", "\"two\""),
    ];
    let of_pair = [("leaf/src/lib.rs", "\"one\"", "\"two\""), ("app/src/lib.rs", "42", "52")];
    let mut faults = Vec::new();
    for (mut p, edits) in [(graph(), &of_graph[..]), (pair(), &of_pair[..])] {
        p.wrapped("build").success();
        for way in ["plain", "disabled"] {
            for (file, from, to) in edits {
                p.wipe();
                p.wrapped("build").success();
                p.replace(file, from, to);
                if way == "disabled" {
                    p.set("KACHE_DISABLED", "1");
                }
                let run = if way == "plain" { p.cargo("build") } else { p.wrapped("build") };
                p.unset("KACHE_DISABLED");
                if run.code != 0 {
                    let why = run.stderr.lines().find(|line| line.starts_with("error")).unwrap_or_default();
                    faults.push(format!("{way} after an edit of {file}: {why}"));
                }
                p.replace(file, to, from);
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn outputs_already_in_place_are_left_alone() {
    let p = graph();
    p.wrapped("build").success();
    let library = p.find("target/debug/deps", "libleaf-", ".rlib");
    let before = Inode::of(&library);
    let text = p.read("leaf/src/lib.rs");
    p.write("leaf/src/lib.rs", text);
    p.wrapped("build").success().hit("leaf");
    assert_eq!(Inode::of(&library), before);
    assert_settled(&p, "build");
}
