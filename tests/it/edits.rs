//! The edit loop: no slower than with plain cargo, and nothing recorded that depends on what was built before.

use std::collections::BTreeSet;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use cargo_kache::event::{Bypass, MissReason};

use crate::support::{Project, project};

/// `app` (a library and a program) uses `leaf`.
fn pair() -> Project {
    project()
        .workspace(&["leaf", "app"])
        .package("leaf", "leaf", "")
        .file("leaf/src/lib.rs", "pub fn says() -> &'static str { \"one\" }")
        .package("app", "app", "[dependencies]\nleaf = { path = \"../leaf\" }\n")
        .file("app/src/lib.rs", "pub fn says() -> String { leaf::says().to_owned() }")
        .file("app/src/main.rs", "fn main() { println!(\"{}\", app::says()) }")
        .build()
}

/// Names the crates that have incremental state.
fn states(p: &Project) -> Vec<String> {
    let folder = p.target().join("debug/incremental");
    let names = std::fs::read_dir(folder).map(|all| all.map(|e| e.unwrap().file_name()).collect::<Vec<_>>());
    let mut names = names.unwrap_or_default();
    names.sort();
    let crates = names.iter().map(|name| name.to_str().unwrap().split('-').next().unwrap().to_owned());
    crates.collect()
}

/// Returns the inodes of all object files below a folder.
fn objects(folder: &Path) -> BTreeSet<u64> {
    let mut found = BTreeSet::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        if entry.path().is_dir() {
            found.extend(objects(&entry.path()));
        } else if entry.path().extension().is_some_and(|ending| ending == "o") {
            found.insert(entry.metadata().unwrap().ino());
        }
    }
    found
}

fn edit(p: &Project, from: &str, to: &str) {
    p.replace("leaf/src/lib.rs", from, to);
}

#[test]
fn an_edited_member_and_its_dependants_go_on_from_their_state() {
    let p = pair();
    p.exact("build").success().misses(2);
    assert_eq!(states(&p), ["app", "app", "leaf"], "as with plain cargo");
    for (from, to) in [("one", "two"), ("two", "three")] {
        edit(&p, from, to);
        let run = p.wrapped("build");
        run.success().not_recorded("leaf").not_recorded("app");
        assert!(matches!(run.reason("leaf"), MissReason::Source { path, .. } if path == "leaf/src/lib.rs"));
        assert_eq!(*run.reason("app"), MissReason::Dependency("leaf".into()));
        assert_eq!((run.bypass("leaf"), run.bypass("app")), (&Bypass::Incremental, &Bypass::Incremental));
        assert_eq!(p.run_program("app"), format!("{to}\n"));
        p.assert_fresh("build");
    }
    assert_eq!(states(&p), ["app", "app", "leaf"], "no state was thrown away");
    // As after `git switch` or `git stash`.
    edit(&p, "three", "one");
    p.wrapped("build").success().hit("leaf").hit("app");
    assert_eq!(p.run_program("app"), "one\n");
    p.assert_fresh("build");
    p.assert_store_is_whole();
}

#[test]
fn the_first_edit_after_a_hit_has_the_state_of_this_place() {
    let p = pair();
    p.wrapped("build").success();
    p.exact("build").success().hit("leaf").hit("app");
    assert_eq!(states(&p), ["app"], "of the program, which is not cached");
    edit(&p, "one", "two");
    p.wrapped("build").success().not_recorded("leaf").not_recorded("app");
    assert_eq!(states(&p), ["app", "app", "leaf"]);
    assert_eq!(p.run_program("app"), "two\n");
    // The compiler has taken it: objects of it live on in the new session.
    let kept = objects(&p.layout().states());
    let used = objects(&p.target().join("debug/incremental"));
    assert!(kept.intersection(&used).next().is_some(), "{kept:?} {used:?}");
    p.assert_fresh("build");
    p.kache("gc").success();
    assert!(
        !p.layout().states().exists() || std::fs::read_dir(p.layout().states()).unwrap().next().is_none()
    );
    edit(&p, "two", "one");
    p.wrapped("build").success().hit("leaf").hit("app");
}

#[test]
fn nothing_made_from_a_state_is_recorded() {
    let p = pair();
    p.wrapped("build").success();
    edit(&p, "one", "two");
    p.wrapped("build").success().not_recorded("leaf").not_recorded("app");
    // All but the state is gone: the next compile goes on from it, and can't know that from its outputs.
    for folder in ["deps", ".fingerprint", "build"] {
        p.remove(p.target().join("debug").join(folder));
    }
    p.wrapped("build").success().not_recorded("leaf").not_recorded("app");
    p.wipe();
    p.exact("build").success().missed("leaf").missed("app");
    p.exact("build").success().hit("leaf").hit("app");
}

#[test]
fn the_library_and_its_tests_are_told_apart() {
    let p = project().file("src/lib.rs", "pub fn a() {} #[test] fn t() {}").build();
    p.exact("test --no-run").success();
    p.exact("test --no-run").success().hit("foo");
    assert_eq!(p.wrapped("test --no-run").units.len(), 0);
    p.wipe();
    // The tests' state is there when the library is first compiled.
    p.wrapped("test --lib --no-run").success();
    p.wrapped("build").success().hit("foo");
}

#[test]
fn programs_that_are_not_cached_compile_as_with_plain_cargo() {
    let p = project().file("src/main.rs", "fn main() { println!(\"one\") }").build();
    p.wrapped("build").success().bypassed("bin foo");
    assert_eq!(states(&p), ["foo"]);
    p.replace("src/main.rs", "one", "two");
    p.wrapped("build").success().bypassed("bin foo");
    assert_eq!(states(&p), ["foo"]);
    assert_eq!(p.run_program("foo"), "two\n");
    // The state of its first compile is there again after all is gone.
    p.wipe();
    p.replace("src/main.rs", "two", "one");
    p.exact("build").success().bypassed("bin foo");
    let kept = objects(&p.layout().states());
    assert!(kept.intersection(&objects(&p.target().join("debug/incremental"))).next().is_some());
}

#[test]
fn never_is_never() {
    let mut p = pair();
    p.set("KACHE_INCREMENTAL", "never");
    p.exact("build").success().misses(2);
    edit(&p, "one", "two");
    p.wrapped("build").success().missed("leaf").missed("app");
    assert_eq!(states(&p), [""; 0]);
    edit(&p, "two", "one");
    p.wrapped("build").success().hit("leaf").hit("app");
    edit(&p, "one", "two");
    p.wrapped("build").success().hit("leaf").hit("app");
    assert_eq!(p.run_program("app"), "two\n");
}

#[test]
fn without_cargos_wish_there_is_no_state() {
    let p =
        project().root("[profile.dev]\nincremental = false\n").file("src/lib.rs", "pub fn one() {}").build();
    p.wrapped("build").success();
    p.replace("src/lib.rs", "one", "two");
    p.wrapped("build").success().missed("foo");
    assert_eq!(states(&p), [""; 0]);
    p.exact("build").success().hit("foo");
}

#[test]
fn a_failed_edit_changes_nothing() {
    let p = pair();
    p.wrapped("build").success();
    edit(&p, "\"one\"", "1");
    p.wrapped("build").fails().failed("leaf");
    edit(&p, "1", "\"two\"");
    p.wrapped("build").success().not_recorded("leaf");
    assert_eq!(p.run_program("app"), "two\n");
    edit(&p, "two", "one");
    p.wrapped("build").success().hit("leaf").hit("app");
    assert_eq!(p.run_program("app"), "one\n");
}

#[test]
fn switching_to_plain_cargo_and_back_stays_right() {
    let p = pair();
    p.wrapped("build").success();
    edit(&p, "one", "two");
    p.cargo("build").success();
    assert_eq!(p.run_program("app"), "two\n");
    edit(&p, "two", "three");
    p.wrapped("build").success().not_recorded("leaf");
    assert_eq!(p.run_program("app"), "three\n");
    p.assert_fresh("build");
}
