//! Runs of build scripts in checkouts at other places.

use super::{first, looking, out_dir, restored, runs_again, scripted};
use crate::support::Project;

/// Places whose paths are shorter and longer than the first one's.
const PLACES: [&str; 2] = ["b", "a/much/longer/way/to/go/than/the/first/one/had/project"];

/// Writes a file that names the directories.
const NAMES_PLACES: &str = "let out = std::env::var(\"OUT_DIR\").unwrap(); \
     let home = std::env::var(\"CARGO_MANIFEST_DIR\").unwrap(); \
     println!(\"cargo:rustc-link-search=native={out}\"); println!(\"cargo:rustc-env=SEEN={home} -I{out}/include\");";

fn says(p: &Project) -> String {
    format!("{} -I{}/include", p.root().display(), out_dir(p).display())
}

#[test]
fn what_is_said_names_the_second_checkout() {
    let p = scripted(NAMES_PLACES).build();
    p.exact("build").success().missed("foo run");
    for place in PLACES {
        let other = p.checkout(place);
        other.exact("build").success().hit("foo run").hit("foo build");
        assert_eq!(other.run_program("foo"), says(&other) + "\n");
        other.assert_fresh("build");
    }
    p.wipe().wrapped("build").success().hit("foo run");
    assert_eq!(p.run_program("foo"), says(&p) + "\n");
}

#[test]
fn files_name_the_second_checkout() {
    let p = scripted(&format!(
        "{NAMES_PLACES} std::fs::write(format!(\"{{out}}/places.rs\"), \
         format!(\"pub const P: &str = \\\"{{home}}/src:{{out}}\\\";\")).unwrap(); \
         std::os::unix::fs::symlink(format!(\"{{home}}/src/main.rs\"), format!(\"{{out}}/link\")).unwrap();"
    ))
    .file(
        "src/main.rs",
        "include!(concat!(env!(\"OUT_DIR\"), \"/places.rs\")); fn main() { println!(\"{P}\") }",
    )
    .build();
    p.exact("build").success().missed("foo run");
    for place in PLACES {
        let other = p.checkout(place);
        other.exact("build").success().hit("foo run");
        let (root, out) = (other.root().display(), out_dir(&other));
        assert_eq!(other.run_program("foo"), format!("{root}/src:{}\n", out.display()));
        assert_eq!(std::fs::read_link(out.join("link")).unwrap(), other.path("src/main.rs"));
        assert_eq!(std::fs::read(out.join("link")).unwrap(), other.read("src/main.rs").into_bytes());
    }
}

#[test]
fn a_binary_file_names_the_place() {
    let p = scripted(&format!(
        "{NAMES_PLACES} std::fs::write(format!(\"{{out}}/table.bin\"), format!(\"\\0\\u{{1}}{{home}}\\0\")).unwrap();"
    ))
    .build();
    p.exact("build").success().missed("foo run");
    p.wipe().wrapped("build").success().hit("foo run");
    for place in PLACES {
        let other = p.checkout(place);
        other.exact("build").success().missed("foo run");
        let table = std::fs::read(out_dir(&other).join("table.bin")).unwrap();
        assert_eq!(table, format!("\0\u{1}{}\0", other.root().display()).into_bytes());
        other.exact("build").success().hit("foo run");
    }
    p.exact("build").success().hit("foo run");
}

/// Each is a text that tells of the place otherwise than by a path.
#[test]
fn the_place_in_other_forms() {
    for expression in [
        "std::env::current_dir().unwrap().file_name().unwrap().to_str().unwrap().to_owned()",
        "std::env::current_dir().unwrap().parent().unwrap().display().to_string()",
        "std::env::current_dir().unwrap().join(\"../..\").canonicalize().unwrap().display().to_string()",
        "format!(\"file:///{}\", std::env::current_dir().unwrap().display())",
    ] {
        tells_its_own_place(expression);
    }
}

/// Nobody finds the place in these; a script that makes such things must not be shared.
#[test]
fn the_place_in_forms_of_the_script_s_own() {
    for expression in [
        "std::env::current_dir().unwrap().display().to_string().replace('/', \"%2F\")",
        "std::env::current_dir().unwrap().display().to_string().replace('/', \"_\")",
    ] {
        tells_its_own_place(expression);
    }
}

/// A second checkout's program says what it says by plain cargo.
#[track_caller]
fn tells_its_own_place(expression: &str) {
    let p = looking(expression).at("somewhere/tree").build();
    p.exact("build").success().missed("foo run");
    p.exact("build").success().hit("foo run");
    let other = p.checkout("anywhere else/bush");
    let run = other.wrapped("build");
    let ours = other.run_program("foo");
    other.wipe().cargo("build").success();
    assert_eq!(ours, other.run_program("foo"), "{expression} {run}");
}

#[test]
fn a_place_with_blanks() {
    let p = scripted(NAMES_PLACES).build();
    p.exact("build").success().missed("foo run");
    let other = p.checkout("a directory/with blanks");
    other.exact("build").success();
    assert_eq!(other.run_program("foo"), says(&other) + "\n");
    other.exact("build").success().hit("foo run");
    p.exact("build").success().hit("foo run");
}

#[test]
fn another_target_directory() {
    let mut p = scripted(NAMES_PLACES).build();
    p.exact("build").success().missed("foo run");
    let folder = p.beside("built elsewhere").join("deep");
    p.build_in(folder.clone());
    let run = p.exact("build");
    run.success();
    let mut command = p.command(&folder.join("debug/foo"));
    command.current_dir("/");
    p.run(command).success().stdout_has(&format!("-I{}", folder.display()));
    p.exact("build").success().hit("foo run");
}

#[test]
fn a_file_differs_in_the_second_checkout() {
    let p = looking("std::fs::read_to_string(\"x.txt\").unwrap()").file("x.txt", "one").build();
    first(&p, "one");
    let other = p.checkout("b");
    other.exact("build").success().hit("foo run");
    other.write("x.txt", "two");
    runs_again(&other, "two");
    restored(&p, "one");
    restored(&other, "two");
}

#[test]
fn a_file_beside_the_workspace_differs() {
    let p = looking("std::fs::read_to_string(\"../x.txt\").unwrap()").at("one/project").build();
    p.write("../x.txt", "one");
    p.write("../../two/x.txt", "two");
    first(&p, "one");
    let other = p.checkout("two/project");
    runs_again(&other, "two");
    restored(&other, "two");
    restored(&p, "one");
}

#[test]
fn a_member_of_a_workspace() {
    let p = crate::support::project()
        .workspace(&["tools/foo"])
        .package("tools/foo", "foo", "")
        .file("tools/foo/build.rs", format!("fn main() {{ {NAMES_PLACES} }}"))
        .file("tools/foo/src/main.rs", super::PRINTS)
        .build();
    p.exact("build").success().missed("foo run");
    let other = p.checkout(PLACES[1]);
    other.exact("build").success().hit("foo run");
    let home = other.path("tools/foo");
    assert_eq!(
        other.run_program("foo"),
        format!("{} -I{}/include\n", home.display(), out_dir(&other).display())
    );
}

#[test]
fn two_checkouts_are_built_at_once() {
    let p = scripted(NAMES_PLACES).build();
    let other = p.checkout("b");
    let started =
        [&p, &other].map(|p| p.wrapped_command("build").stderr(std::process::Stdio::null()).spawn().unwrap());
    for mut cargo in started {
        assert!(cargo.wait().unwrap().success());
    }
    for p in [&p, &other] {
        assert_eq!(p.run_program("foo"), says(p) + "\n");
        p.wipe().wrapped("build").success().hit("foo run");
        assert_eq!(p.run_program("foo"), says(p) + "\n");
    }
}

#[test]
fn a_file_that_is_only_asked_for_in_the_second_checkout() {
    let p = looking("std::path::Path::new(\"x.txt\").exists().to_string()").file("x.txt", "x").build();
    first(&p, "true");
    let other = p.checkout("b");
    other.set_times("x.txt", p.times("x.txt"));
    restored(&other, "true");
    // Its time may be what was asked for.
    other.write("x.txt", "x");
    other.exact("build").success();
    assert_eq!(other.run_program("foo"), "true\n");
}

#[test]
fn a_script_with_its_own_directory_as_an_argument_of_a_tool() {
    let p = looking(
        "String::from_utf8(std::process::Command::new(\"cat\").arg(std::env::var(\"CARGO_MANIFEST_DIR\").unwrap() + \"/x.txt\") \
         .env(\"HERE\", std::env::current_dir().unwrap()).output().unwrap().stdout).unwrap()",
    )
    .file("x.txt", "one")
    .build();
    first(&p, "one");
    let other = p.checkout("somewhere/else");
    other.exact("build").success().hit("foo run");
    other.write("x.txt", "two");
    runs_again(&other, "two");
}

#[test]
fn a_target_directory_behind_a_link() {
    behind_a_link("0");
}

#[test]
fn a_target_directory_behind_a_link_with_incremental_state() {
    behind_a_link("1");
}

fn behind_a_link(incremental: &str) {
    let mut p = scripted(&format!(
        "{NAMES_PLACES} let real = std::fs::canonicalize(&out).unwrap(); \
         std::fs::write(format!(\"{{out}}/real\"), real.display().to_string()).unwrap();"
    ))
    .env("CARGO_INCREMENTAL", incremental)
    .build();
    p.write("../real/kept", "");
    p.symlink("real", "../link");
    let folder = p.beside("link/target");
    p.build_in(folder.clone());
    p.exact("build").success().missed("foo run");
    p.exact("build").success().hit("foo run");
    // The same by another name.
    p.build_in(p.beside("real/target"));
    p.wipe().wrapped("build").success();
    let said = p.run(p.command(&p.beside("real/target/debug/foo")));
    said.success().stdout_has(&format!("-I{}/debug", p.beside("real/target").display()));
}

#[test]
fn a_place_beside_the_workspace() {
    let p = scripted(
        "let beside = std::fs::canonicalize(\"../shared\").unwrap(); \
         println!(\"cargo:rerun-if-changed={0}/x\\ncargo:rustc-env=SEEN={0} {1}\", beside.display(), \
         std::fs::read_to_string(beside.join(\"x\")).unwrap());",
    )
    .build();
    p.write("../shared/x", "one");
    p.exact("build").success().missed("foo run");
    p.wipe().wrapped("build").success().hit("foo run");
    let other = p.checkout("another/project");
    other.write("../shared/x", "one");
    other.exact("build").success().missed("foo run");
    other.write("../shared/x", "two");
    other.wrapped("build").success();
    assert_eq!(
        other.run_program("foo"),
        format!("{} two\n", other.path("../shared").canonicalize().unwrap().display())
    );
}

/// How many steps lead out of a checkout is another number in each.
#[test]
fn a_relative_path_out_of_the_checkout() {
    let p = scripted(
        "let out = std::path::PathBuf::from(std::env::var(\"OUT_DIR\").unwrap()); \
         let steps = \"../\".repeat(out.components().count() - 1); \
         std::os::unix::fs::symlink(format!(\"{steps}etc/passwd\"), out.join(\"link\")).unwrap(); \
         println!(\"cargo:rustc-env=SEEN={steps}\");",
    )
    .build();
    p.exact("build").success().missed("foo run");
    p.wipe().wrapped("build").success().hit("foo run");
    for place in PLACES {
        let other = p.checkout(place);
        other.exact("build").success().missed("foo run");
        assert!(out_dir(&other).join("link").exists());
        let steps = out_dir(&other).components().count() - 1;
        assert_eq!(other.run_program("foo"), format!("{}\n", "../".repeat(steps)));
    }
}

const COMPILES: &str = "let out = std::env::var(\"OUT_DIR\").unwrap(); \
     let flags = std::env::var(\"CFLAGS\").unwrap_or_default(); \
     let cc = std::process::Command::new(\"cc\").args(flags.split_whitespace()) \
         .args([\"-g\", \"-c\", \"x.c\", \"-o\"]).arg(format!(\"{out}/x.o\")).status().unwrap(); \
     assert!(cc.success()); println!(\"cargo:rustc-env=SEEN=x\");";

/// Nobody can look into what is compressed.
#[test]
fn compressed_debug_information_names_the_place() {
    let p = scripted(COMPILES).file("x.c", "int x(void) { return 1; }").env("CFLAGS", "-gz").build();
    p.exact("build").success().missed("foo run");
    p.wipe().wrapped("build").success().hit("foo run");
    p.checkout(PLACES[1]).exact("build").success().missed("foo run");
}

#[test]
fn debug_information_with_another_name_for_a_directory_above() {
    let mut p = scripted(COMPILES).file("x.c", "int x(void) { return 1; }").build();
    let above = p.root().parent().unwrap().display().to_string();
    p.set("CFLAGS", format!("-ffile-prefix-map={above}=~"));
    p.exact("build").success().missed("foo run");
    p.wipe().wrapped("build").success().hit("foo run");
    p.checkout(PLACES[1]).exact("build").success().missed("foo run");
}

/// A tool's path, as the `cc` crate tells it: no checkout moves it, also where it lies beside this one.
#[test]
fn a_path_that_the_environment_names() {
    let mut p = scripted(
        "let tool = std::env::var(\"TOOL\").unwrap(); println!(\"TOOL = Some({tool})\"); \
         println!(\"cargo:rustc-env=SEEN={tool}\");",
    )
    .build();
    let tool = p.beside("tools/bin/tool");
    p.set("TOOL", &tool);
    first(&p, tool.to_str().unwrap());
    for place in PLACES {
        let mut other = p.checkout(place);
        other.set("TOOL", &tool);
        other.exact("build").success().hit("foo run");
        assert_eq!(other.run_program("foo"), format!("{}\n", tool.display()));
    }
}

/// The script finds it beside the workspace; that a variable names it as well, for which nobody asks, says nothing.
#[test]
fn a_path_that_the_environment_names_by_chance() {
    let mut p = looking("std::fs::canonicalize(\"../tools\").unwrap().display().to_string()")
        .at("some/where/tree")
        .build();
    for beside in ["some/where", "any/place/else"] {
        std::fs::create_dir_all(p.beside(beside).join("tools")).unwrap();
    }
    p.set("CHANCE", p.beside("some/where/tools"));
    let says = |p: &Project| p.root().parent().unwrap().join("tools").display().to_string();
    first(&p, &says(&p));
    let mut other = p.checkout("any/place/else/tree");
    other.set("CHANCE", p.beside("some/where/tools"));
    other.exact("build").success();
    assert_eq!(other.run_program("foo"), says(&other) + "\n");
}
