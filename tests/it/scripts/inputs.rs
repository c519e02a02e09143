//! What build scripts read: a change runs the script again, and what is as it was brings the result back.

use std::path::Path;
use std::time::{Duration, SystemTime};

use super::{first, looking, restored, runs_again, scripted};
use crate::support::{Project, note, on_one_processor};

// Files.

#[test]
fn a_file_of_the_package() {
    let p = looking("std::fs::read_to_string(\"data/x.txt\").unwrap_or(\"none\".into())").build();
    first(&p, "none");
    restored(&p, "none");
    // A file that was absent, in a directory that was absent, appears.
    p.write("data/x.txt", "one");
    runs_again(&p, "one");
    p.write_unseen("data/x.txt", "two");
    runs_again(&p, "two");
    p.write("data/x.txt", "one");
    restored(&p, "one");
    p.remove("data");
    restored(&p, "none");
    p.assert_fresh("build");
}

#[test]
fn a_file_outside_of_the_package() {
    let p = looking("std::fs::read_to_string(\"../x.txt\").unwrap()").build();
    p.write("../x.txt", "one");
    first(&p, "one");
    restored(&p, "one");
    p.write_unseen("../x.txt", "two");
    runs_again(&p, "two");
    p.write("../x.txt", "one");
    restored(&p, "one");
}

#[test]
fn a_file_by_its_absolute_path() {
    let mut p = looking("std::fs::read_to_string(std::env::var(\"LOOK_AT\").unwrap()).unwrap()").build();
    p.set("LOOK_AT", p.beside("far/x.txt"));
    p.write("../far/x.txt", "one");
    first(&p, "one");
    restored(&p, "one");
    p.write_unseen("../far/x.txt", "two");
    runs_again(&p, "two");
    p.write("../far/x.txt", "one");
    restored(&p, "one");
}

#[test]
fn a_directory_listing() {
    let p = looking(
        "{ let mut all: Vec<_> = std::fs::read_dir(\"migrations\").unwrap() \
         .map(|e| e.unwrap().file_name().into_string().unwrap()).collect(); all.sort(); all.join(\" \") }",
    )
    .file("migrations/1.sql", "a")
    .build();
    first(&p, "1.sql");
    // The names are what was read; the contents are not.
    p.write("migrations/1.sql", "changed");
    restored(&p, "1.sql");
    p.write("migrations/2.sql", "b");
    runs_again(&p, "1.sql 2.sql");
    p.remove("migrations/2.sql");
    restored(&p, "1.sql");
}

#[test]
fn a_file_that_is_only_asked_for() {
    let p = looking("std::path::Path::new(\"flag\").exists().to_string()").build();
    first(&p, "false");
    p.write("flag", "");
    runs_again(&p, "true");
    restored(&p, "true");
    p.remove("flag");
    restored(&p, "false");
}

#[test]
fn a_link_that_leads_elsewhere() {
    let p = looking("std::fs::read_to_string(\"link\").unwrap()")
        .file("one.txt", "one")
        .file("two.txt", "two")
        .build();
    p.symlink("one.txt", "link");
    first(&p, "one");
    p.symlink("two.txt", "link");
    runs_again(&p, "two");
    p.symlink("one.txt", "link");
    restored(&p, "one");
}

#[test]
fn the_text_of_a_link() {
    let p = looking("std::fs::read_link(\"link\").unwrap().display().to_string()").build();
    p.symlink("nowhere", "link");
    first(&p, "nowhere");
    restored(&p, "nowhere");
    p.symlink("elsewhere", "link");
    runs_again(&p, "elsewhere");
}

#[test]
fn where_a_link_leads_to() {
    let p = looking("std::fs::canonicalize(\"link\").unwrap().file_name().unwrap().to_str().unwrap().into()")
        .file("one", "same")
        .file("two", "same")
        .build();
    p.symlink("one", "link");
    first(&p, "one");
    restored(&p, "one");
    p.symlink("two", "link");
    runs_again(&p, "two");
}

/// Each way leads through a link, which is named and never read.
#[test]
fn a_link_on_the_way_to_a_file() {
    const BY_DESCRIPTOR: &str = "import os; d = os.open('way', os.O_DIRECTORY); \
                                 print(os.read(os.open('x', 0, dir_fd=d), 9).decode(), end='')";
    let shell = |command: &str| {
        format!(
            "String::from_utf8(std::process::Command::new(\"sh\").args([\"-c\", {command:?}]).output().unwrap().stdout).unwrap()"
        )
    };
    for way in [
        "{ std::env::set_current_dir(\"way\").unwrap(); std::fs::read_to_string(\"x\").unwrap() }".to_owned(),
        shell("cd way && cat x"),
        shell("cd ./way/ && cat x"),
        shell("cat way/../below/x"),
        shell(&format!("/usr/bin/python3 -c \"{BY_DESCRIPTOR}\" 2>/dev/null || (cd way && cat x)")),
    ] {
        let p = looking(&way)
            .file("one/x", "one")
            .file("one/below/x", "one")
            .file("two/x", "two")
            .file("two/below/x", "two")
            .build();
        let goes_up = way.contains("..");
        let lead = |to: &str| p.symlink(if goes_up { format!("{to}/below") } else { to.to_owned() }, "way");
        lead("one");
        first(&p, "one");
        restored(&p, "one");
        lead("two");
        runs_again(&p, "two");
        lead("one");
        restored(&p, "one");
    }
}

#[test]
fn a_directory_that_is_only_entered() {
    let p =
        looking("if std::env::set_current_dir(\"vendor\").is_ok() { \"own\" } else { \"other\" }.to_owned()")
            .build();
    first(&p, "other");
    restored(&p, "other");
    p.write("vendor/x", "");
    runs_again(&p, "own");
    p.remove("vendor");
    restored(&p, "other");
    p.write("vendor", "a file");
    runs_again(&p, "other");
}

#[test]
fn kinds_of_what_is_in_a_directory() {
    let p = looking(
        "std::fs::read_dir(\"d\").unwrap().next().unwrap().unwrap().file_type().unwrap().is_dir().to_string()",
    )
    .file("d/x", "")
    .build();
    first(&p, "false");
    p.remove("d/x");
    p.write("d/x/y", "");
    runs_again(&p, "true");
}

#[test]
fn what_the_system_shows_is_not_watched() {
    let p =
        super::scripted("println!(\"cargo:rerun-if-changed=/proc/kmsg\\ncargo:rustc-env=SEEN=x\");").build();
    p.exact("build").success().bypassed("foo run");
}

fn set_modified(p: &Project, path: &str, seconds: u64) {
    let file = std::fs::File::options().write(true).open(p.path(path)).unwrap();
    file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)).unwrap();
}

#[test]
fn a_time_of_a_file_that_nobody_opens() {
    let p = looking(
        "std::fs::metadata(\"x.txt\").unwrap().modified().unwrap() \
         .duration_since(std::time::UNIX_EPOCH).unwrap().as_secs().to_string()",
    )
    .file("x.txt", "x")
    .build();
    set_modified(&p, "x.txt", 1_234_567_890);
    first(&p, "1234567890");
    restored(&p, "1234567890");
    set_modified(&p, "x.txt", 1_234_567_999);
    runs_again(&p, "1234567999");
    set_modified(&p, "x.txt", 1_234_567_890);
    restored(&p, "1234567890");
}

#[test]
fn permissions_of_a_file_that_nobody_opens() {
    let p = looking(
        "{ use std::os::unix::fs::PermissionsExt as _; \
         format!(\"{:o}\", std::fs::metadata(\"x.sh\").unwrap().permissions().mode() & 0o111) }",
    )
    .file("x.sh", "x")
    .build();
    first(&p, "0");
    restored(&p, "0");
    p.write_script("x.sh", "x");
    runs_again(&p, "111");
}

#[test]
fn permissions_of_a_file_that_is_copied() {
    let p = looking(
        "{ use std::os::unix::fs::PermissionsExt; let to = format!(\"{}/tool\", std::env::var(\"OUT_DIR\").unwrap()); \
         std::fs::copy(\"tool.sh\", &to).unwrap(); \
         format!(\"{:o}\", std::fs::metadata(to).unwrap().permissions().mode() & 0o700) }",
    )
    .file("tool.sh", "#!/bin/sh\n")
    .build();
    first(&p, "600");
    restored(&p, "600");
    p.write_script("tool.sh", "#!/bin/sh\n");
    runs_again(&p, "700");
    restored(&p, "700");
}

#[test]
fn a_directory_that_is_declared() {
    let p = scripted("println!(\"cargo:rerun-if-changed=data\"); println!(\"cargo:rustc-env=SEEN=x\");")
        .file("data/deep/x.txt", "one")
        .build();
    first(&p, "x");
    restored(&p, "x");
    p.write_unseen("data/deep/x.txt", "two");
    runs_again(&p, "x");
    p.write("data/y.txt", "");
    runs_again(&p, "x");
    p.remove("data/y.txt");
    restored(&p, "x");
    p.write("data/y.txt", "");
    p.wrapped("build").success().hit("foo run");
    p.assert_fresh("build");
}

// Variables.

#[test]
fn a_variable_by_its_name() {
    let mut p = looking("format!(\"{:?}\", std::env::var_os(\"LOOK\"))").build();
    first(&p, "None");
    restored(&p, "None");
    p.set("LOOK", "");
    runs_again(&p, "Some(\"\")");
    p.set("LOOK", "one");
    runs_again(&p, "Some(\"one\")");
    p.set("LOOK", "");
    restored(&p, "Some(\"\")");
    p.unset("LOOK").set("ANOTHER", "1");
    restored(&p, "None");
}

#[test]
fn a_variable_that_a_program_reads() {
    let mut p = looking(
        "String::from_utf8(std::process::Command::new(\"sh\").args([\"-c\", \"printf %s \\\"$LOOK\\\"\"]) \
         .output().unwrap().stdout).unwrap()",
    )
    .build();
    first(&p, "");
    restored(&p, "");
    p.set("LOOK", "one");
    runs_again(&p, "one");
    // Nobody knows which the program has read.
    p.set("ANOTHER", "1");
    runs_again(&p, "one");
    p.unset("ANOTHER").unset("LOOK");
    restored(&p, "");
}

#[test]
fn all_variables_are_walked() {
    let mut p =
        looking("std::env::vars().filter(|(name, _)| name.starts_with(\"LOOK\")).map(|(_, v)| v).collect()")
            .build();
    first(&p, "");
    restored(&p, "");
    p.set("LOOK_1", "one");
    runs_again(&p, "one");
    restored(&p, "one");
    p.unset("LOOK_1");
    restored(&p, "");
}

#[test]
fn a_variable_that_is_declared() {
    let mut p = scripted(
        "println!(\"cargo:rerun-if-env-changed=LOOK\"); println!(\"cargo:rerun-if-changed=build.rs\"); \
         println!(\"cargo:rustc-env=SEEN=x\");",
    )
    .build();
    first(&p, "x");
    p.set("LOOK", "1");
    runs_again(&p, "x");
    p.wrapped("build").success().no_units();
    p.unset("LOOK");
    p.wrapped("build").success().hit("foo run");
    restored(&p, "x");
}

// What cargo gives.

#[test]
fn metadata_of_a_native_library() {
    let p = looking("std::env::var(\"DEP_NATIVE_VALUE\").unwrap()")
        .root("[dependencies]\nsys = { path = \"sys\" }\n")
        .package("sys", "sys", "links = \"native\"\n")
        .file("sys/src/lib.rs", "")
        .file(
            "sys/build.rs",
            "fn main() { println!(\"cargo:value={}\", std::fs::read_to_string(\"x\").unwrap()) }",
        )
        .file("sys/x", "one")
        .build();
    first(&p, "one").missed("sys run");
    restored(&p, "one").hit("sys run");
    p.write("sys/x", "two");
    runs_again(&p, "two").missed("sys run");
    p.write("sys/x", "one");
    restored(&p, "one").hit("sys run");
}

#[test]
fn features() {
    let p = looking("std::env::var_os(\"CARGO_FEATURE_EXTRA\").is_some().to_string()")
        .root("[features]\nextra = []\n")
        .build();
    first(&p, "false");
    p.exact("build --features extra").success().missed("foo run");
    assert_eq!(p.run_program("foo"), "true\n");
    restored(&p, "false");
    p.wipe().wrapped("build --features extra").success().hit("foo run");
    assert_eq!(p.run_program("foo"), "true\n");
}

#[test]
fn the_profile() {
    let expression =
        "[\"PROFILE\", \"OPT_LEVEL\", \"DEBUG\"].map(|name| std::env::var(name).unwrap()).join(\" \")";
    let mut p = looking(expression).build();
    first(&p, "debug 0 true");
    p.exact("build --release").success().missed("foo run");
    assert_eq!(p.run_program("target/release/foo"), "release 3 false\n");
    p.wipe().wrapped("build --release").success().hit("foo run");
    p.set("CARGO_PROFILE_DEV_OPT_LEVEL", "1");
    runs_again(&p, "debug 1 true");
    restored(&p, "debug 1 true");
    p.unset("CARGO_PROFILE_DEV_OPT_LEVEL");
    restored(&p, "debug 0 true");
}

#[test]
fn the_script_itself() {
    let p = looking("\"one\".into()").build();
    first(&p, "one");
    p.replace("build.rs", "one", "two");
    p.exact("build").success().missed("foo build").missed("foo run");
    assert_eq!(p.run_program("foo"), "two\n");
    p.replace("build.rs", "two", "one");
    restored(&p, "one");
}

// Programs.

/// What a program says.
const TOOL: &str =
    "String::from_utf8(std::process::Command::new(\"kache-tool\").output().unwrap().stdout).unwrap()";

/// Has programs of the directories in front of others.
fn search_first(p: &mut Project, directories: &[&str]) {
    let own = directories.iter().map(|directory| p.beside(directory));
    let usual = std::env::var_os("PATH").unwrap();
    let all = std::env::join_paths(own.chain(std::env::split_paths(&usual))).unwrap();
    p.set("PATH", all);
}

#[test]
fn a_program_changes_in_place() {
    let mut p = looking(TOOL).build();
    search_first(&mut p, &["bin"]);
    p.write_script("../bin/kache-tool", "#!/bin/sh\nprintf one\n");
    first(&p, "one");
    restored(&p, "one");
    p.write_script("../bin/kache-tool", "#!/bin/sh\nprintf two\n");
    runs_again(&p, "two");
    p.write_script("../bin/kache-tool", "#!/bin/sh\nprintf one\n");
    restored(&p, "one");
}

#[test]
fn a_program_by_its_absolute_path_changes() {
    let mut p = looking(&TOOL.replace("\"kache-tool\"", "std::env::var_os(\"LOOK_AT\").unwrap()")).build();
    let tool = p.write_script("../bin/kache-tool", "#!/bin/sh\nprintf one\n");
    p.set("LOOK_AT", tool);
    first(&p, "one");
    restored(&p, "one");
    p.write_script("../bin/kache-tool", "#!/bin/sh\nprintf two\n");
    runs_again(&p, "two");
}

#[test]
fn a_program_comes_to_shadow_another() {
    let mut p = looking(TOOL).build();
    search_first(&mut p, &["early", "late"]);
    p.write_script("../late/kache-tool", "#!/bin/sh\nprintf late\n");
    first(&p, "late");
    restored(&p, "late");
    p.write_script("../early/kache-tool", "#!/bin/sh\nprintf early\n");
    runs_again(&p, "early");
    p.remove("../early");
    restored(&p, "late");
    // The order of the path decides as well.
    p.write_script("../early/kache-tool", "#!/bin/sh\nprintf early\n");
    search_first(&mut p, &["late", "early"]);
    p.exact("build").success().compiled("foo run");
    assert_eq!(p.run_program("foo"), "late\n");
}

// Above the workspace.

/// Looks for a file in the package and above, and gives its content.
const SEARCH: &str = "{ let here = std::env::current_dir().unwrap(); \
     here.ancestors().find_map(|d| std::fs::read_to_string(d.join(\".kache-env\")).ok()).unwrap_or(\"none\".into()) }";

#[test]
fn a_file_that_is_searched_for_upwards() {
    let p = looking(SEARCH).at("one/project").build();
    first(&p, "none");
    // A second checkout finds none either; a third one has it above.
    let second = p.checkout("two/project");
    second.exact("build").success().hit("foo run");
    p.write("../../three/.kache-env", "three");
    let third = p.checkout("three/project");
    runs_again(&third, "three");
    restored(&third, "three");
    restored(&second, "none");
    restored(&p, "none");
    p.write("../.kache-env", "one");
    runs_again(&p, "one");
    // What was recorded for the second was looked for beside the first as well.
    second.exact("build").success();
    assert_eq!(second.run_program("foo"), "none\n");
    restored(&second, "none");
}

/// Reads a repository's head by hand; the repository is the directory `up` from the package.
fn reads_head(up: &str) -> String {
    format!("std::fs::read_to_string(\"{up}.git/HEAD\").unwrap().trim().to_owned()")
}

#[test]
fn the_head_of_a_repository() {
    for up in ["", "../"] {
        let p = looking(&reads_head(up)).at("repository/project").build();
        let head = format!("{up}.git/HEAD");
        p.write(&head, "ref: refs/heads/one\n");
        first(&p, "ref: refs/heads/one");
        restored(&p, "ref: refs/heads/one");
        p.write(&head, "ref: refs/heads/two\n");
        runs_again(&p, "ref: refs/heads/two");
        p.write(&head, "ref: refs/heads/one\n");
        restored(&p, "ref: refs/heads/one");
    }
}

/// Runs git in a directory beside or in the project. `None` without git.
fn git(p: &Project, directory: &Path, arguments: &str) -> Option<String> {
    if std::process::Command::new("git").arg("--version").output().is_err() {
        note("git is not installed");
        return None;
    }
    let mut command = p.command(Path::new("git"));
    command.args(["-c", "user.name=a", "-c", "user.email=a@b", "-c", "init.defaultBranch=main"]);
    command.current_dir(directory).args(arguments.split_whitespace());
    let run = p.run(command);
    run.success();
    Some(run.stdout.trim().to_owned())
}

/// Makes a commit, and returns its name.
fn commit(p: &Project, repository: &Path, message: &str) -> Option<String> {
    git(p, repository, &format!("commit -q --allow-empty -m {message}"))?;
    git(p, repository, "rev-parse HEAD")
}

const ASKS_GIT: &str = "String::from_utf8(std::process::Command::new(\"git\").args([\"rev-parse\", \"HEAD\"]) \
                        .output().unwrap().stdout).unwrap().trim().to_owned()";

#[test]
fn the_commit_by_git() {
    for up in [".", ".."] {
        let p = looking(ASKS_GIT).at("repository/project").file(".gitignore", "target\n").build();
        let repository = p.path(up).canonicalize().unwrap();
        if git(&p, &repository, "init -q").is_none() {
            return;
        }
        let one = commit(&p, &repository, "one").unwrap();
        first(&p, &one);
        restored(&p, &one);
        let two = commit(&p, &repository, "two").unwrap();
        runs_again(&p, &two);
        git(&p, &repository, "reset -q --soft HEAD~1").unwrap();
        assert_eq!(git(&p, &repository, "rev-parse HEAD").unwrap(), one);
        restored(&p, &one);
    }
}

#[test]
fn another_checkout_is_at_another_commit() {
    let p = looking(ASKS_GIT).at("one/project").file(".gitignore", "target\n").build();
    if git(&p, &p.beside("one"), "init -q").is_none() {
        return;
    }
    let one = commit(&p, &p.beside("one"), "one").unwrap();
    first(&p, &one);
    let other = p.checkout("two/project");
    git(&other, &other.beside("two"), "init -q").unwrap();
    let two = commit(&other, &other.beside("two"), "two").unwrap();
    runs_again(&other, &two);
    restored(&other, &two);
    restored(&p, &one);
}

#[test]
fn the_package_s_own_directory() {
    let p = looking(
        "std::fs::read_dir(\".\").unwrap().filter(|e| e.as_ref().unwrap().path().extension()\
         .is_some_and(|e| e == \"sql\")).count().to_string()",
    )
    .build();
    first(&p, "0");
    restored(&p, "0");
    p.write("1.sql", "");
    runs_again(&p, "1");
    let other = p.checkout("b");
    other.exact("build").success();
    assert_eq!(other.run_program("foo"), "1\n");
}

#[test]
fn the_package_s_own_directory_is_declared() {
    let p = scripted(
        "println!(\"cargo:rerun-if-changed=.\"); \
         println!(\"cargo:rustc-env=SEEN={}\", std::fs::read_to_string(\"x.txt\").unwrap());",
    )
    .file("x.txt", "one")
    .build();
    p.exact("build").success().compiled("foo run");
    p.exact("build").success();
    p.write_unseen("x.txt", "two");
    p.exact("build").success().compiled("foo run");
    assert_eq!(p.run_program("foo"), "two\n");
}

#[test]
fn a_declared_file_that_is_not_there() {
    let p = scripted("println!(\"cargo:rerun-if-changed=none.txt\"); println!(\"cargo:rustc-env=SEEN=x\");")
        .build();
    first(&p, "x");
    restored(&p, "x");
    p.write("none.txt", "");
    runs_again(&p, "x");
    p.remove("none.txt");
    restored(&p, "x");
}

#[test]
fn a_size_that_is_only_asked_for() {
    let p = looking("std::fs::metadata(\"x.txt\").unwrap().len().to_string()").file("x.txt", "12345").build();
    first(&p, "5");
    restored(&p, "5");
    p.write("x.txt", "123456");
    runs_again(&p, "6");
}

#[test]
fn the_number_of_jobs() {
    let mut p = looking("std::env::var(\"NUM_JOBS\").unwrap()").env("CARGO_BUILD_JOBS", "1").build();
    first(&p, "1");
    p.set("CARGO_BUILD_JOBS", "3");
    runs_again(&p, "3");
    // One that does not ask is the same with any number.
    let mut p = looking("\"x\".into()").env("CARGO_BUILD_JOBS", "1").build();
    first(&p, "x");
    p.set("CARGO_BUILD_JOBS", "3");
    restored(&p, "x");
}

#[test]
fn the_number_of_processors() {
    let count = || std::thread::available_parallelism().unwrap().to_string();
    let all = count();
    let p = looking("std::thread::available_parallelism().unwrap().to_string()").build();
    let q = looking("\"x\".into()").build();
    first(&p, &all);
    restored(&p, &all);
    first(&q, "x");
    on_one_processor(|| {
        if count() != all {
            runs_again(&p, "1");
        }
        restored(&p, "1");
        // One that does not ask is the same with any number.
        restored(&q, "x");
    });
    restored(&p, &all);
}

#[test]
fn what_kind_of_processor_it_is() {
    let p = looking("{ std::fs::read_to_string(\"/proc/cpuinfo\").unwrap(); \"x\".into() }").build();
    first(&p, "x");
    assert!(knows_processors(&p));
    restored(&p, "x");
    // What a C compiler asks the processor can't be seen.
    let p = looking("{ let flag = \"-march=native\"; flag.into() }").build();
    first(&p, "-march=native");
    assert!(knows_processors(&p));
    let p = looking("\"x\".into()").build();
    first(&p, "x");
    assert!(!knows_processors(&p));
    let p = looking("\"x\".into()").env("CFLAGS", "-O2 -march=native").build();
    first(&p, "x");
    assert!(knows_processors(&p));
}

/// Whether the script's result is for this kind and number of processors.
fn knows_processors(p: &Project) -> bool {
    p.inputs("build_script_build").contains("=processors")
}

#[test]
fn a_library_that_the_script_is_built_with() {
    let p = looking("helper::says().into()")
        .root("[build-dependencies]\nhelper = { path = \"helper\" }\n")
        .package("helper", "helper", "")
        .file("helper/src/lib.rs", "pub fn says() -> &'static str { \"one\" }")
        .build();
    first(&p, "one");
    restored(&p, "one");
    p.replace("helper/src/lib.rs", "one", "two");
    p.exact("build").success().missed("foo build").missed("foo run");
    assert_eq!(p.run_program("foo"), "two\n");
    p.replace("helper/src/lib.rs", "two", "one");
    restored(&p, "one");
}

#[test]
fn variables_of_cargo_s_own_settings() {
    let p = looking("std::env::var(\"LOOK\").unwrap_or_default()").build();
    first(&p, "");
    p.write(".cargo/config.toml", "[env]\nLOOK = \"one\"\n");
    p.exact("build").success().compiled("foo run");
    assert_eq!(p.run_program("foo"), "one\n");
    p.exact("build").success().hit("foo run");
}

#[test]
fn what_the_manifest_says() {
    let p =
        looking("std::env::var(\"CARGO_PKG_DESCRIPTION\").unwrap()").root("description = \"one\"\n").build();
    first(&p, "one");
    restored(&p, "one");
    p.replace("Cargo.toml", "one", "two");
    p.exact("build").success().missed("foo run");
    assert_eq!(p.run_program("foo"), "two\n");
}

#[test]
fn flags_of_the_compiler() {
    let mut p = looking("std::env::var(\"CARGO_ENCODED_RUSTFLAGS\").unwrap()").build();
    first(&p, "");
    p.set("RUSTFLAGS", "--cfg=one");
    p.exact("build").success().missed("foo run");
    assert_eq!(p.run_program("foo"), "--cfg=one\n");
    p.exact("build").success().hit("foo run");
    p.unset("RUSTFLAGS");
    restored(&p, "");
}

#[test]
fn a_variable_of_the_session_by_its_name() {
    // Which programs read of it is of no consequence; that the script itself asks is.
    for also in ["", "std::process::Command::new(\"true\").status().unwrap();"] {
        let mut p =
            looking(&format!("{{ {also} std::env::var(\"TERM\").unwrap() }}")).env("TERM", "one").build();
        first(&p, "one");
        restored(&p, "one");
        p.set("TERM", "two");
        let run = p.wipe().wrapped("build");
        run.success();
        assert_eq!(p.run_program("foo"), "two\n", "{also} {run}");
    }
}

#[test]
fn a_variable_of_the_session_is_nothing_to_a_program() {
    let mut p = looking("{ std::process::Command::new(\"true\").status().unwrap(); \"x\".into() }")
        .env("TERM", "one")
        .build();
    first(&p, "x");
    p.set("TERM", "two").set("SHLVL", "7").set("CARGO_TERM_COLOR", "never");
    restored(&p, "x");
}

#[test]
fn the_number_of_jobs_is_nothing_to_a_program() {
    let mut p = looking("{ std::process::Command::new(\"true\").status().unwrap(); \"x\".into() }").build();
    first(&p, "x");
    p.set("CARGO_BUILD_JOBS", "3");
    restored(&p, "x");
}

#[test]
fn the_number_of_jobs_and_a_program_that_builds_nothing() {
    let says =
        "{ std::process::Command::new(\"true\").status().unwrap(); std::env::var(\"NUM_JOBS\").unwrap() }";
    let mut p = looking(says).env("CARGO_BUILD_JOBS", "1").build();
    first(&p, "1");
    p.set("CARGO_BUILD_JOBS", "3");
    runs_again(&p, "3");
    restored(&p, "3");
}

#[test]
fn variables_are_walked_by_the_standard_library() {
    let mut p =
        looking("std::env::vars().filter(|(name, _)| name.starts_with(\"LOOK\")).map(|(_, v)| v).collect()")
            .env("RUSTFLAGS", "-Cprefer-dynamic")
            .build();
    p.wrapped("build").success().compiled("foo run");
    p.set("LOOK_1", "one");
    p.wipe().wrapped("build").success().compiled("foo run");
    p.wipe().wrapped("build").success();
    assert_eq!(says_dynamic(&p), "one\n");
}

/// Runs the program where it finds the standard library.
fn says_dynamic(p: &Project) -> String {
    let mut command = p.cargo_command("run -q");
    command.env("CARGO_TERM_QUIET", "true");
    p.run(command).stdout.clone()
}

#[test]
fn a_script_that_starts_itself() {
    let mut p = scripted(
        "if std::env::args().len() > 1 { print!(\"{}\", std::env::var(\"LOOK\").unwrap_or_default()); return; } \
         let again = std::process::Command::new(std::env::current_exe().unwrap()).arg(\"x\").output().unwrap(); \
         println!(\"cargo:rustc-env=SEEN={}\", String::from_utf8(again.stdout).unwrap());",
    )
    .build();
    first(&p, "");
    restored(&p, "");
    p.set("LOOK", "one");
    runs_again(&p, "one");
    restored(&p, "one");
}

#[test]
fn keys_of_a_table_are_scattered() {
    let p = looking("std::collections::HashMap::from([(\"x\", \"y\")])[\"x\"].to_owned()").build();
    first(&p, "y");
    restored(&p, "y");
}

#[test]
fn a_static_script_can_t_be_looked_into() {
    let p = looking("std::env::var(\"LOOK\").unwrap_or_default()")
        .env("RUSTFLAGS", "-Ctarget-feature=+crt-static")
        .build();
    p.exact("build").success();
    super::never_kept(&p, "can't be looked into");
}
