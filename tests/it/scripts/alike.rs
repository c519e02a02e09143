//! A build script can't tell that a cache stands behind it, and cargo neither.

use std::os::unix::process::CommandExt as _;

use cargo_kache::event::{MissReason, Outcome, Target};

use super::{first, kept_scripts, looking, out_dir, restored, scripted};
use crate::support::{Project, project, wait_for};

#[test]
fn what_a_script_knows_of_itself() {
    let p = scripted(
        "use std::io::Read as _; let mut input = String::new(); std::io::stdin().read_to_string(&mut input).unwrap(); \
         let args: Vec<_> = std::env::args_os().collect(); let link = |what: &str| std::fs::read_link(what).unwrap(); \
         let by = std::fs::read(\"/proc/self/comm\").unwrap(); \
         let beside: std::collections::BTreeSet<_> = std::fs::read_dir(std::env::current_exe().unwrap().parent().unwrap()) \
         .unwrap().map(|e| e.unwrap().file_name()).collect(); \
         let facts = format!(\"{args:?}\\n{:?}\\n{:?}\\n{input:?}\\n{:?}\\n{:?}\\n{beside:?}\", std::env::current_exe(), \
         std::env::current_dir(), link(\"/proc/self/fd/0\"), String::from_utf8(by)); \
         std::fs::write(std::env::var(\"OUT_DIR\").unwrap() + \"/facts\", facts).unwrap(); \
         println!(\"cargo:rustc-env=SEEN=x\");",
    )
    .build();
    p.cargo("build").success();
    let plain = p.read(out_dir(&p).join("facts"));
    p.wipe().wrapped("build").success().compiled("foo run");
    let ours = p.read(out_dir(&p).join("facts"));
    let behind = |text: &str| {
        let names = kept_scripts(&p);
        names.iter().fold(text.to_owned(), |text, name| text.replace(&format!(", {name:?}"), ""))
    };
    assert_eq!(behind(&ours), plain);
}

#[test]
fn the_environment_of_a_script() {
    let p = scripted(
        "let mut all: Vec<_> = std::env::vars_os().filter(|(name, _)| name != \"RUSTC_WRAPPER\").collect(); \
         let text: String = all.iter().map(|pair| format!(\"{pair:?}\\n\")).collect(); \
         std::fs::write(std::env::var(\"OUT_DIR\").unwrap() + \"/facts\", text).unwrap(); \
         let by_program = std::process::Command::new(\"env\").output().unwrap().stdout; \
         std::fs::write(std::env::var(\"OUT_DIR\").unwrap() + \"/told\", by_program).unwrap(); \
         println!(\"cargo:rustc-env=SEEN=x\");",
    )
    .build();
    let facts = || {
        let text = ["facts", "told"].map(|name| p.read(out_dir(&p).join(name))).concat();
        let mut lines: Vec<_> = text.lines().map(str::to_owned).collect();
        lines.retain(|line| !line.starts_with("RUSTC_WRAPPER="));
        lines.sort();
        lines
    };
    p.cargo("build").success();
    let plain = facts();
    p.wipe().wrapped("build").success().compiled("foo run");
    assert_eq!(facts(), plain);
}

#[test]
fn the_descriptors_of_a_script() {
    let p = scripted(
        "let mut all: Vec<_> = std::fs::read_dir(\"/proc/self/fd\").unwrap().map(|e| e.unwrap().path()) \
         .filter_map(|p| { let to = std::fs::read_link(&p).ok()?; Some(format!(\"{} {}\", p.display(), \
         to.display().to_string().split(':').next().unwrap())) }).collect(); all.sort(); \
         std::fs::write(std::env::var(\"OUT_DIR\").unwrap() + \"/facts\", all.join(\"\\n\")).unwrap(); \
         println!(\"cargo:rustc-env=SEEN=x\");",
    )
    .build();
    let facts = || {
        let text = p.read(out_dir(&p).join("facts"));
        text.lines().filter(|line| !line.contains(" /proc/")).map(str::to_owned).collect::<Vec<_>>()
    };
    p.cargo("build").success();
    let plain = facts();
    p.wipe().wrapped("build").success().compiled("foo run");
    assert_eq!(facts(), plain);
}

#[test]
fn the_jobserver() {
    let p = looking(
        "{ use std::os::fd::FromRawFd as _; use std::io::{Read as _, Write as _}; \
         let flags = std::env::var(\"CARGO_MAKEFLAGS\").unwrap(); \
         let pair = flags.split_whitespace().find_map(|word| word.strip_prefix(\"--jobserver-auth=\")).unwrap(); \
         let (read, write) = pair.split_once(',').unwrap(); let mut token = [0]; \
         let open = |fd: &str| unsafe { std::fs::File::from_raw_fd(fd.parse().unwrap()) }; \
         open(read).read_exact(&mut token).unwrap(); open(write).write_all(&token).unwrap(); \
         (token[0] as char).to_string() }",
    )
    .build();
    for round in 0..2 {
        let run = p.wipe().set_and_run("CARGO_BUILD_JOBS", "4", "build");
        run.success();
        assert_eq!(p.run_program("foo"), "|\n", "{round} {run}");
    }
    p.cargo("build").success();
}

#[test]
fn cargo_finds_all_fresh_after_hits() {
    let p = looking("std::fs::read_to_string(\"x.txt\").unwrap()")
        .file("x.txt", "one")
        .file("src/lib.rs", "pub const S: &str = env!(\"SEEN\");")
        .build();
    first(&p, "one");
    p.assert_fresh("build");
    restored(&p, "one");
    p.assert_fresh("build");
    p.wrapped("build").success().no_units();
    // In place: the script's result is older than what was built with the one before.
    p.write("x.txt", "two");
    p.wrapped("build").success().compiled("foo run");
    assert_eq!(p.run_program("foo"), "two\n");
    p.assert_fresh("build");
    p.write("x.txt", "one");
    p.wrapped("build").success().hit("foo run");
    assert_eq!(p.run_program("foo"), "one\n");
    p.assert_fresh("build");
    p.cargo("check").success();
    p.assert_fresh("check");
    p.assert_fresh("build");
}

#[test]
fn the_cache_is_removed() {
    let p = looking("std::fs::read_to_string(\"x.txt\").unwrap()").file("x.txt", "one").build();
    let program = p.beside("kache program");
    std::fs::copy(Project::program(), &program).unwrap();
    p.set_and_run("RUSTC_WRAPPER", &program, "build").success().missed("foo run");
    p.wipe().set_and_run("RUSTC_WRAPPER", &program, "build").success().hit("foo run");
    std::fs::remove_file(&program).unwrap();
    p.assert_fresh("build");
    for text in ["two", "three"] {
        p.write("x.txt", text);
        p.cargo("build").success().no_units();
        assert_eq!(p.run_program("foo"), format!("{text}\n"));
        p.assert_fresh("build");
    }
}

#[test]
fn plain_cargo_goes_on_in_a_target_of_ours() {
    let p = looking("std::fs::read_to_string(\"x.txt\").unwrap()").file("x.txt", "one").build();
    first(&p, "one");
    restored(&p, "one");
    p.write("x.txt", "two");
    p.cargo("build").success();
    assert_eq!(p.run_program("foo"), "two\n");
    p.assert_fresh("build");
    // And we in one of plain cargo's.
    p.wipe().cargo("build").success();
    p.write("x.txt", "three");
    p.wrapped("build").success();
    assert_eq!(p.run_program("foo"), "three\n");
    p.assert_fresh("build");
    // The script is another program now.
    p.replace("build.rs", "fn main", "fn more() {} fn main");
    p.cargo("build").success();
    assert_eq!(p.run_program("foo"), "three\n");
}

#[test]
fn a_cache_that_is_switched_off() {
    let p = looking("std::fs::read_to_string(\"x.txt\").unwrap()").file("x.txt", "one").build();
    first(&p, "one");
    for (name, value) in [("KACHE_DISABLED", "1"), ("KACHE_TRACE", "off"), ("KACHE_MAX_SIZE", "nonsense")] {
        p.write("x.txt", name);
        p.set_and_run(name, value, "build").success();
        assert_eq!(p.run_program("foo"), format!("{name}\n"));
        p.assert_fresh("build");
    }
    p.write("x.txt", "one");
    restored(&p, "one");
}

#[test]
fn two_scripts_at_once() {
    let p = packages(&["foo", "bar"]);
    p.wrapped("build -p foo").success().missed("foo run");
    p.wrapped("build -p bar").success().missed("bar run");
    p.wipe().wrapped("build").success().hit("foo run").hit("bar run");
    assert_eq!([p.run_program("foo"), p.run_program("bar")], ["foo\n", "bar\n"]);
    p.write("foo/x.txt", "one");
    p.write("bar/x.txt", "two");
    p.wipe().wrapped("build").success().missed("foo run").missed("bar run");
    assert_eq!([p.run_program("foo"), p.run_program("bar")], ["one\n", "two\n"]);
    p.write("foo/x.txt", "foo");
    p.wipe().wrapped("build").success().hit("foo run").hit("bar run");
    assert_eq!([p.run_program("foo"), p.run_program("bar")], ["foo\n", "two\n"]);
    p.assert_fresh("build");
}

#[test]
fn scripts_are_compiled_at_once() {
    let names = ["a", "b", "c", "d", "e", "f", "g", "h"];
    let p = packages(&names);
    // While this one is on the way, some of the others come and go, and it ends while another is on the way.
    let slow = (0..1500).map(|n| format!("fn f{n}(x: &[String]) -> String {{ format!(\"{{x:?}} {n}\") }}\n"));
    let calls = (0..1500).map(|n| format!("f{n}(&[]);")).collect::<String>();
    let first = p.read("a/build.rs").replace("fn main() {", &format!("fn main() {{ if false {{ {calls} }}"));
    p.write("a/build.rs", first + &slow.collect::<String>());
    let run = p.wrapped("build");
    for name in names {
        run.success().missed(&format!("{name} build")).missed(&format!("{name} run"));
    }
}

/// Packages that do not know each other, with equal scripts, built two at a time.
fn packages(names: &[&str]) -> Project {
    const SCRIPT: &str =
        "fn main() { println!(\"cargo:rustc-env=SEEN={}\", std::fs::read_to_string(\"x.txt\").unwrap()) }";
    let all = project().workspace(names).env("CARGO_BUILD_JOBS", "2");
    let all = names.iter().fold(all, |all, name| {
        all.package(name, name, "")
            .file(&format!("{name}/build.rs"), SCRIPT)
            .file(&format!("{name}/src/main.rs"), super::PRINTS)
            .file(&format!("{name}/x.txt"), name)
    });
    all.build()
}

#[test]
fn a_target_that_is_named() {
    let host = host_triple();
    let p = looking("std::env::var(\"TARGET\").unwrap() + &std::fs::read_to_string(\"x.txt\").unwrap()")
        .file("x.txt", "one")
        .build();
    let (build, program) = (format!("build --target {host}"), format!("target/{host}/debug/foo"));
    p.exact(&build).success().missed("foo run");
    p.exact(&build).success().hit("foo run");
    assert_eq!(p.run_program(&program), format!("{host}one\n"));
    p.assert_fresh(&build);
    p.write("x.txt", "two");
    p.exact(&build).success().missed("foo run");
    assert_eq!(p.run_program(&program), format!("{host}two\n"));
    let other = p.checkout("somewhere/else");
    other.exact(&build).success().hit("foo run");
    assert_eq!(other.run_program(&program), format!("{host}two\n"));
}

/// Returns the triple of this machine.
fn host_triple() -> String {
    let said = std::process::Command::new("rustc").arg("-vV").output().unwrap().stdout;
    let said = String::from_utf8(said).unwrap();
    said.lines().find_map(|line| line.strip_prefix("host: ")).unwrap().to_owned()
}

/// A script that waits, once it has begun, for a file `go`.
fn waiting() -> Project {
    scripted(
        "let out = std::env::var(\"OUT_DIR\").unwrap(); std::fs::write(out + \"/half\", \"half\").unwrap(); \
         if !std::path::Path::new(\"../go\").exists() { std::fs::write(\"../begun\", \"\").unwrap(); } \
         while !std::path::Path::new(\"../go\").exists() { std::thread::yield_now(); } \
         println!(\"cargo:rustc-env=SEEN=x\");",
    )
    .build()
}

#[test]
fn all_is_killed_while_a_script_runs() {
    for again in ["wrapped", "plain"] {
        let p = waiting();
        let mut cargo = p.wrapped_command("build").process_group(0).spawn().unwrap();
        wait_for("the script", || p.path("../begun").exists());
        // SAFETY: signals the group that was made for this one command.
        assert_eq!(unsafe { libc::kill(-i32::try_from(cargo.id()).unwrap(), libc::SIGKILL) }, 0);
        cargo.wait().unwrap();
        p.write("../go", "");
        if again == "plain" { p.cargo("build") } else { p.wrapped("build") }.success();
        assert_eq!(p.run_program("foo"), "x\n");
        p.assert_fresh("build");
        p.exact("build").success();
        restored(&p, "x");
    }
}

#[test]
fn our_process_is_killed_while_a_script_runs() {
    let p = waiting();
    let mut cargo = p.wrapped_command("build");
    cargo.stderr(std::process::Stdio::null());
    let mut cargo = cargo.spawn().unwrap();
    wait_for("the script", || p.path("../begun").exists());
    let ours = child_of(cargo.id()).expect("cargo waits for the script");
    // SAFETY: signals a child of the cargo started here.
    assert_eq!(unsafe { libc::kill(i32::try_from(ours).unwrap(), libc::SIGKILL) }, 0);
    assert_eq!(cargo.wait().unwrap().code(), Some(101));
    p.write("../go", "");
    p.wrapped("build").success();
    assert_eq!(p.run_program("foo"), "x\n");
    p.exact("build").success();
    restored(&p, "x");
}

/// Returns the one child of a process.
fn child_of(id: u32) -> Option<u32> {
    std::fs::read_dir(format!("/proc/{id}/task")).unwrap().find_map(|task| {
        let children = std::fs::read_to_string(task.unwrap().path().join("children")).unwrap_or_default();
        children.split_whitespace().next()?.parse().ok()
    })
}

#[test]
fn the_script_is_edited_in_place() {
    let p = looking("\"one\".into()").build();
    first(&p, "one");
    p.replace("build.rs", "one", "two");
    // It compiles as with plain cargo, and stays in its own place.
    p.wrapped("build").success().compiled("foo build");
    assert_eq!(p.run_program("foo"), "two\n");
    p.assert_fresh("build");
    p.replace("build.rs", "two", "one");
    p.wrapped("build").success().hit("foo build").hit("foo run");
    assert_eq!(p.run_program("foo"), "one\n");
    p.assert_fresh("build");
    p.replace("build.rs", "one", "three");
    runs_new(&p, "three");
}

#[track_caller]
fn runs_new(p: &Project, says: &str) {
    p.exact("build").success().missed("foo build").missed("foo run");
    restored(p, says);
}

#[test]
fn one_script_runs_for_two() {
    let host = host_triple();
    let p = looking("\"x\".into()")
        .root("[dependencies]\ndep = { path = \"dep\" }\n[build-dependencies]\ndep = { path = \"dep\" }\n")
        .package("dep", "dep", "")
        .file(
            "dep/build.rs",
            "fn main() { println!(\"cargo:rustc-env=OUT={}\", std::env::var(\"OUT_DIR\").unwrap()) }",
        )
        .file("dep/src/lib.rs", "pub const OUT: &str = env!(\"OUT\");")
        .file("src/main.rs", "fn main() { println!(\"{}\", dep::OUT) }")
        .env("CARGO_BUILD_JOBS", "2")
        .build();
    let build = format!("build --target {host}");
    let said = || {
        p.assert_fresh(&build);
        p.run_program(&format!("target/{host}/debug/foo"))
    };
    p.cargo(&build).success();
    let plain = said();
    p.wipe().wrapped(&build).success();
    assert_eq!(said(), plain);
    let run = p.wipe().wrapped(&build);
    let runs = run.success().units.iter().filter(|unit| unit.unit.target == Target::BuildScriptRun);
    let hits = runs.filter(|unit| matches!(unit.outcome, Outcome::Hit { .. }));
    assert_eq!(hits.count(), 3, "{run}");
    assert_eq!(said(), plain);
}

#[test]
fn a_package_is_cleaned() {
    let p = looking("\"x\".into()").build();
    first(&p, "x");
    p.cargo("clean -p foo").success();
    assert_eq!(kept_scripts(&p), [""; 0]);
    p.wrapped("build").success().hit("foo run");
    p.assert_fresh("build");
}

#[test]
fn the_store_has_lost_a_file() {
    let p = scripted(
        "std::fs::write(std::env::var(\"OUT_DIR\").unwrap() + \"/made\", \"a text made by the script\").unwrap(); \
         println!(\"cargo:rustc-env=SEEN=x\");",
    )
    .build();
    first(&p, "x");
    let text = "a text made by the script";
    let blobs = p.blobs().into_iter().map(|(path, _)| path);
    let made = blobs.filter(|path| p.read(path) == text).collect::<Vec<_>>();
    assert_eq!(made.len(), 1);
    std::fs::remove_file(&made[0]).unwrap();
    let run = p.exact("build");
    run.success().missed("foo run");
    assert_eq!(run.reason("foo run"), &MissReason::Damaged);
    assert_eq!(p.read(out_dir(&p).join("made")), text);
    restored(&p, "x");
    p.kache("verify").success();
}

#[test]
fn a_variable_that_the_user_has_count() {
    let mut p = looking("\"x\".into()").env("KACHE_KEY_ENV", "LOOK").build();
    first(&p, "x");
    p.set("LOOK", "one");
    p.exact("build").success().missed("foo run");
    restored(&p, "x");
    p.unset("LOOK");
    restored(&p, "x");
}
