//! Where packages, targets and checkouts lie.

use std::path::Path;

use super::{Members, OTHER, exact_in_both, say_as_plain, writes};
use crate::support::{Project, manifest, project};

const WAYS: &[&str] = &["", "lib", "made"];

/// The package `dep`, with code that fails in all the ways that name a file.
fn write_dep(p: &Project, directory: &str) {
    p.write(format!("{directory}/Cargo.toml"), manifest("dep", "[workspace]\n"));
    p.write(
        format!("{directory}/build.rs"),
        writes(&[(
            "g.rs",
            "pub static MADE: std::sync::LazyLock<u8> = std::sync::LazyLock::new(|| crate::fails(9));",
        )]),
    );
    p.write(
        format!("{directory}/src/lib.rs"),
        "include!(concat!(env!(\"OUT_DIR\"), \"/g.rs\"));\npub fn fails(n: usize) -> u8 { [1u8, 2][n] }\npub fn file() -> &'static str { file!() }\n",
    );
}

/// The program of `app`, which goes one of the ways.
const USES: &str = "fn main() { println!(\"{}\", dep::file()); match &*std::env::args().nth(1).unwrap_or_default() {\n\
    \"lib\" => { dep::fails(9); }, \"made\" => { std::hint::black_box(*dep::MADE); }, _ => {} } }";

/// A program that depends on the package `dep`, given by `source`.
fn uses_dep(source: &str) -> Project {
    project()
        .workspace(&["app"])
        .package("app", "app", &format!("[dependencies]\ndep = {{ {source} }}\n"))
        .file("app/src/main.rs", USES)
        .build()
}

/// The same, with `dep` in a folder of the workspace or beside it.
fn with_dep(directory: &str) -> Project {
    let p = uses_dep(&format!("path = \"../{directory}\""));
    write_dep(&p, directory);
    p.replace(format!("{directory}/Cargo.toml"), "[workspace]\n", "");
    p
}

#[track_caller]
fn exact_and_telling(p: &Project, other: &Project, arguments: &str) -> [crate::support::Run; 2] {
    let runs = exact_in_both(p, other, arguments);
    say_as_plain([p, other], arguments, &["debug/app"], WAYS);
    runs
}

#[test]
fn a_package_inside_of_the_workspace() {
    let p = with_dep("deep/er/dep");
    let other = p.checkout(OTHER);
    let [_, run] = exact_and_telling(&p, &other, "build");
    run.hit("dep");
}

#[test]
fn a_package_outside_of_the_workspace() {
    let p = with_dep("../outside/dep");
    exact_and_telling(&p, &p.checkout("other"), "build");
    // One that comes along with each checkout.
    let other = p.checkout("further away/project");
    write_dep(&other, "../outside/dep");
    other.replace("../outside/dep/Cargo.toml", "[workspace]\n", "");
    let [_, run] = exact_and_telling(&p, &other, "build");
    run.missed("dep");
}

#[test]
fn a_package_behind_a_link() {
    let p = uses_dep("path = \"../linked\"");
    write_dep(&p, "../outside/dep");
    p.replace("../outside/dep/Cargo.toml", "[workspace]\n", "");
    p.symlink("../outside/dep", "linked");
    let other = p.checkout("other");
    let [_, run] = exact_and_telling(&p, &other, "build");
    run.hit("dep");
}

#[test]
fn a_package_patched_in_and_one_vendored() {
    let vendored =
        "[source.crates-io]\nreplace-with = \"vendored\"\n[source.vendored]\ndirectory = \"vendor\"\n";
    for patch in ["", "[patch.crates-io]\ndep = { path = \"patched\" }\n"] {
        let p = uses_dep("version = \"0.1\"");
        p.write(".cargo/config.toml", vendored);
        write_dep(&p, "vendor/dep");
        p.write("vendor/dep/.cargo-checksum.json", "{\"files\":{}}");
        if !patch.is_empty() {
            write_dep(&p, "patched");
            p.replace("patched/Cargo.toml", "[workspace]\n", "");
            p.write("Cargo.toml", p.read("Cargo.toml") + patch);
        }
        let other = p.checkout(OTHER);
        let [_, run] = exact_and_telling(&p, &other, "build");
        match patch {
            "" => run.missed("dep"),
            _ => run.hit("dep"),
        };
    }
}

/// Makes a repository of a directory of the project.
fn commit(p: &Project, directory: &str) {
    for arguments in ["init -q", "add .", "-c user.name=n -c user.email=e commit -q -m m"] {
        let mut command = p.command(Path::new("git"));
        command.args(arguments.split_whitespace()).current_dir(p.path(directory));
        p.run(command).success();
    }
}

/// A project that depends on a git repository beside it, in cargo homes of its own.
fn with_repository() -> Project {
    let mut p = uses_dep("git = \"URL\"");
    write_dep(&p, "../repository");
    commit(&p, "../repository");
    let url = format!("file://{}", p.beside("repository").display());
    p.replace("app/Cargo.toml", "URL", &url);
    let home = p.beside("home");
    p.set("CARGO_NET_OFFLINE", "false").set("CARGO_HOME", home);
    // The first run fetches, and says so.
    p.cargo("fetch").success();
    p
}

#[test]
fn a_package_from_a_repository() {
    let p = with_repository();
    let other = p.checkout(OTHER);
    let [_, run] = exact_and_telling(&p, &other, "build");
    run.hit("dep");
}

#[test]
fn homes_share_unless_told_otherwise() {
    for share in ["1", "0"] {
        let mut p = with_repository();
        p.set("KACHE_SHARE_HOMES", share);
        let mut other = p.checkout(OTHER);
        other.set("CARGO_HOME", p.beside("a home of another name"));
        other.cargo("fetch").success();
        p.exact("build").success().missed("dep");
        match share {
            // What is shared names the home that it was compiled in.
            "1" => other.wrapped("build").success().hit("dep"),
            _ => other.exact("build").success().missed("dep"),
        };
        let dep_info = other.read(other.find("target/debug/deps", "dep-", ".d"));
        assert!(dep_info.contains("a\\ home\\ of\\ another\\ name/git"), "{dep_info}");
        assert!(!dep_info.contains(&*p.beside("home").to_string_lossy()), "{dep_info}");
        other.assert_fresh("build");
    }
}

#[test]
fn a_workspace_entered_through_a_link() {
    let p = with_dep("dep");
    let other = p.checkout("other");
    p.symlink(p.root(), "../link to p");
    p.symlink(other.root(), "../link to other");
    for (p, link) in [(&p, "link to p"), (&other, "link to other")] {
        let manifest = p.beside(link).join("Cargo.toml");
        let build = |wrapped: bool| {
            p.wipe();
            let mut command = if wrapped { p.wrapped_command("build") } else { p.cargo_command("build") };
            command
                .arg("--manifest-path")
                .arg(&manifest)
                .current_dir(p.beside(link))
                .env("PWD", p.beside(link));
            let run = p.run(command);
            run.success();
            // Debug information names the files of the build script by either path.
            let says = super::says(p, "debug/app", WAYS);
            let ways = [p.beside(link).join("target"), p.target(), "./target".into()];
            (ways.iter().fold(says, |says, way| says.replace(&*way.to_string_lossy(), "TARGET")), run)
        };
        let ((ours, run), (plain, _)) = (build(true), build(false));
        assert_eq!(ours, plain);
        if link == "link to other" {
            run.hit("dep");
        }
    }
}

#[test]
fn targets_elsewhere() {
    let mut p = with_dep("dep");
    let mut other = p.checkout(OTHER);
    p.build_in("../targets/one");
    other.build_in("../targets/two is longer");
    exact_and_telling(&p, &other, "build");
    // In a member with a lock file of its own.
    for p in [&mut p, &mut other] {
        p.write("app/Cargo.lock", "version = 4\n");
        p.build_in("app/target");
    }
    let [_, run] = exact_and_telling(&p, &other, "build");
    run.hit("dep");
}

#[test]
fn a_target_in_a_member_with_a_package_from_outside() {
    let mut p = with_dep("../outside/dep");
    let mut other = p.checkout("other");
    for p in [&mut p, &mut other] {
        p.write("app/Cargo.lock", "version = 4\n");
        p.build_in("app/target");
    }
    exact_and_telling(&p, &other, "build");
}

/// Its manifest names the workspace; neither its own folder nor that of the target does.
#[test]
fn a_member_outside_with_a_target_elsewhere() {
    let mut p = project()
        .workspace(&["dep", "../outside"])
        .package(
            "../outside",
            "app",
            "workspace = \"../project\"\n[dependencies]\ndep = { path = \"../project/dep\" }\n",
        )
        .file("../outside/src/main.rs", USES)
        .build();
    write_dep(&p, "dep");
    p.replace("dep/Cargo.toml", "[workspace]\n", "");
    p.build_in("../target");
    p.exact("build").success();
    p.exact("build").success().hit("dep");
    say_as_plain([&p], "build", &["debug/app"], WAYS);
}

#[test]
fn one_target_for_two_checkouts() {
    let mut p = with_dep("dep");
    p.replace("dep/src/lib.rs", "file!()", "env!(\"CARGO_MANIFEST_DIR\")");
    let mut other = p.checkout(OTHER);
    p.build_in("../target");
    other.build_in(p.target());
    // Of two that are both older than the target, cargo takes one for the other.
    for number in 0..2 {
        for p in [&p, &other] {
            p.write("dep/src/lib.rs", p.read("dep/src/lib.rs") + &format!("// edit {number}\n"));
            p.wrapped("build").success();
            assert!(p.run_program("app").starts_with(&*p.root().to_string_lossy()));
            p.assert_fresh("build");
            say_as_plain([p], "build", &["debug/app"], WAYS);
        }
    }
    exact_in_both(&p, &other, "build");
}

#[test]
fn build_directories_elsewhere() {
    for directory in ["built", "../built/{workspace-path-hash}", "target/inner"] {
        let p = with_dep("dep");
        p.write(".cargo/config.toml", format!("[build]\nbuild-dir = {directory:?}\n"));
        let other = p.checkout("other");
        for p in [&p, &other] {
            let build = |run: &dyn Fn() -> crate::support::Run| {
                p.wipe();
                let outside = p.beside("built");
                for directory in [p.path("built"), outside] {
                    let _ = std::fs::remove_dir_all(directory);
                }
                let run = run();
                run.success();
                p.assert_fresh("build");
                (super::says(p, "debug/app", WAYS), run)
            };
            let ((ours, run), (plain, _)) = (build(&|| p.wrapped("build")), build(&|| p.cargo("build")));
            assert_eq!(ours, plain, "{directory}");
            // What lies elsewhere is named in debug information by its own path.
            if p.root() == other.root() && !directory.starts_with("..") {
                run.hit("dep");
            }
        }
    }
}

#[test]
fn profiles_and_targets() {
    let p = with_dep("dep");
    p.write("Cargo.toml", p.read("Cargo.toml") + "[profile.own]\ninherits = \"release\"\ndebug = 2\n");
    let other = p.checkout(OTHER);
    for (arguments, program) in [
        ("build --target x86_64-unknown-linux-gnu", "x86_64-unknown-linux-gnu/debug/app"),
        ("build --release", "release/app"),
        ("build --profile own", "own/app"),
    ] {
        let [_, run] = exact_in_both(&p, &other, arguments);
        run.hit("dep");
        say_as_plain([&p, &other], arguments, &[program], WAYS);
    }
}

#[test]
fn places_with_odd_names() {
    let p = project().at("a");
    let p = p
        .workspace(&["app", "dep"])
        .package("app", "app", "[dependencies]\ndep = { path = \"../dep\" }\n")
        .file(
            "app/src/main.rs",
            "fn main() { if std::env::args().count() > 1 { dep::fails(9); } println!(\"{}\", dep::TEXT) }",
        )
        .package("dep", "dep", "")
        .file("dep/build.rs", writes(&[("g.rs", "pub const TEXT: &str = \"t\";"), ("text", "text")]))
        .file(
            "dep/src/lib.rs",
            "include!(concat!(env!(\"OUT_DIR\"), \"/g.rs\")); pub fn fails(n: usize) -> u8 { [1u8][n] }",
        )
        .build();
    p.exact("build").success();
    for (place, is_shared) in [
        ("b".to_owned(), true),
        ("a b/c  d".to_owned(), true),
        ("with \"quotes\" and 'others'".to_owned(), true),
        ("dollar $HOME & (x); #~".to_owned(), true),
        ("ünï/ço/日本".to_owned(), true),
        ("a=b".to_owned(), false),
        (format!("long/{}", ["twenty characters __"; 18].join("/")), false),
    ] {
        let other = p.checkout(&place);
        let run = other.exact("build");
        run.success();
        other.assert_fresh("build");
        if is_shared {
            run.hit("dep");
        }
        say_as_plain([&other], "build", &["debug/app"], &["fails"]);
    }
}

#[test]
fn a_place_that_cannot_be_mapped_comes_first() {
    for place in ["a=b".to_owned(), format!("long/{}", ["twenty characters __"; 18].join("/"))] {
        let p = Members::new().library("lib", "pub fn says() -> String { file!().to_owned() }").build();
        let odd = p.checkout(&place);
        exact_in_both(&odd, &p, "build");
    }
}
