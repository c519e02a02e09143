//! Sources decide by content, all of them, under whatever path and time they are found.

use crate::support::{Project, project};

/// A program that prints what the library in it says.
const PRINTS: &str = "fn main() { println!(\"{}\", foo::says()) }";

fn says(what: &str) -> String {
    format!("pub fn says() -> String {{ String::from({what:?}) }}\n")
}

/// Demands that the program is rebuilt exactly, and says this.
#[track_caller]
fn now_says(p: &Project, what: &str) {
    p.exact("build").success().missed("foo");
    assert_eq!(p.run_program("foo"), format!("{what}\n"));
}

/// Demands that nothing changed: a build from nothing is a hit, and says this.
#[track_caller]
fn still_says(p: &Project, what: &str) {
    p.wipe().wrapped("build").success().hit("foo");
    assert_eq!(p.run_program("foo"), format!("{what}\n"));
    p.assert_fresh("build");
}

#[test]
fn an_unchanged_project_is_restored_whole() {
    let p = project().file("src/lib.rs", says("a")).file("src/main.rs", PRINTS).build();
    p.exact("build").missed("foo").bypassed("bin foo");
    p.assert_fresh("build");
    p.exact("build").hit("foo").bypassed("bin foo");
    p.assert_fresh("build");
    // Without wiping, cargo asks for nothing at all.
    p.wrapped("build").no_units();
}

#[test]
fn a_module_file_is_edited() {
    let p = project()
        .file("src/lib.rs", "mod a; pub use a::says;")
        .file("src/a.rs", "mod b; pub use b::says;")
        .file("src/a/b.rs", says("one"))
        .file("src/main.rs", PRINTS)
        .build();
    now_says(&p, "one");
    still_says(&p, "one");
    p.write("src/a/b.rs", says("two"));
    now_says(&p, "two");
    p.write("src/a/b.rs", says("one"));
    still_says(&p, "one");
}

#[test]
fn an_edit_without_wiping_reaches_the_program() {
    let p = project().file("src/lib.rs", says("one")).file("src/main.rs", PRINTS).build();
    p.wrapped("build").success();
    for text in ["two", "one", "three", "two"] {
        p.write("src/lib.rs", says(text));
        p.wrapped("build").success();
        assert_eq!(p.run_program("foo"), format!("{text}\n"));
        p.assert_fresh("build");
    }
}

#[test]
fn a_path_attribute_leads_to_the_source() {
    let p = project()
        .file("src/lib.rs", "#[path = \"../odd place/x.inc\"] mod a; pub use a::says;")
        .file("odd place/x.inc", says("one"))
        .file("src/main.rs", PRINTS)
        .build();
    now_says(&p, "one");
    still_says(&p, "one");
    p.write("odd place/x.inc", says("two"));
    now_says(&p, "two");
}

#[test]
fn an_added_file_that_shadows_a_module_is_an_error() {
    let p = project().file("src/lib.rs", "pub mod a;").file("src/a.rs", "").build();
    p.exact("check").missed("foo");
    p.write("src/a/mod.rs", "");
    p.exact("check").fails().failed("foo");
    p.remove("src/a");
    p.exact("check").hit("foo");
    // The other way round.
    p.rename("src/a.rs", "src/a/mod.rs");
    p.exact("check").missed("foo");
    p.write("src/a.rs", "");
    p.exact("check").fails().failed("foo");
}

#[test]
fn a_removed_module_is_an_error() {
    let p = project()
        .file("src/lib.rs", "pub mod a;")
        .file("src/a.rs", "pub mod b;")
        .file("src/a/b.rs", "")
        .build();
    p.exact("check").missed("foo");
    p.remove("src/a/b.rs");
    p.exact("check").fails().failed("foo");
    p.write("src/a/b.rs", "");
    p.exact("check").hit("foo");
}

#[test]
fn modules_that_swap_their_contents() {
    let p = project()
        .file("src/lib.rs", "mod a; mod b; pub fn says() -> String { a::says() + &b::says() }")
        .file("src/a.rs", says("x"))
        .file("src/b.rs", says("y"))
        .file("src/main.rs", PRINTS)
        .build();
    now_says(&p, "xy");
    p.rename("src/a.rs", "src/c.rs");
    p.rename("src/b.rs", "src/a.rs");
    p.rename("src/c.rs", "src/b.rs");
    now_says(&p, "yx");
}

#[test]
fn the_crate_root_moves() {
    let p = project()
        .root("[lib]\npath = \"src/one.rs\"\n")
        .file("src/one.rs", "pub fn says() -> String { file!().into() }")
        .file("src/two.rs", "pub fn says() -> String { file!().into() }")
        .file("src/main.rs", PRINTS)
        .build();
    now_says(&p, "src/one.rs");
    p.replace("Cargo.toml", "one.rs", "two.rs");
    now_says(&p, "src/two.rs");
    p.replace("Cargo.toml", "two.rs", "one.rs");
    still_says(&p, "src/one.rs");
}

#[test]
fn a_symbolic_link_is_repointed() {
    let p = project()
        .file("src/lib.rs", "mod a; mod d; pub fn says() -> String { a::says() + &d::says() }")
        .file("one/a.rs", says("1"))
        .file("two/a.rs", says("2"))
        .file("one/mod.rs", says("i"))
        .file("two/mod.rs", says("ii"))
        .file("src/main.rs", PRINTS)
        .build();
    p.symlink("../one/a.rs", "src/a.rs");
    p.symlink("../one", "src/d");
    now_says(&p, "1i");
    still_says(&p, "1i");
    p.symlink("../two/a.rs", "src/a.rs");
    now_says(&p, "2i");
    p.symlink("../two", "src/d");
    now_says(&p, "2ii");
    // The same content behind another link.
    p.write("two/a.rs", says("1"));
    p.write("two/mod.rs", says("i"));
    still_says(&p, "1i");
}

#[test]
fn size_and_time_are_no_proof() {
    let p = project()
        .file("src/lib.rs", "mod a; pub use a::says;")
        .file("src/a.rs", says("one"))
        .file("src/main.rs", PRINTS)
        .build();
    now_says(&p, "one");
    p.write_unseen("src/a.rs", &says("two"));
    now_says(&p, "two");
    p.write_unseen("src/a.rs", &says("one"));
    still_says(&p, "one");
}

#[test]
fn a_time_moved_back_with_other_content() {
    let p = project().file("src/lib.rs", says("old")).file("src/main.rs", PRINTS).build();
    let old = p.times("src/lib.rs");
    now_says(&p, "old");
    p.write("src/lib.rs", says("newer"));
    now_says(&p, "newer");
    p.write("src/lib.rs", says("other"));
    p.set_times("src/lib.rs", old);
    now_says(&p, "other");
}

#[test]
fn a_new_time_alone_changes_nothing() {
    let p = project().file("src/lib.rs", says("a")).file("src/main.rs", PRINTS).build();
    now_says(&p, "a");
    p.write("src/lib.rs", says("a"));
    p.wrapped("build").success().hit("foo");
    p.assert_fresh("build");
    p.exact("build").hit("foo");
}

#[test]
fn an_unused_file_changes_nothing() {
    let p = project().file("src/lib.rs", says("a")).build();
    p.exact("check").missed("foo");
    p.write("src/unused.rs", "not rust");
    p.write("README.md", "x");
    p.exact("check").hit("foo");
}

#[test]
fn a_dependency_decides_by_content() {
    let p = project()
        .workspace(&["lib", "app"])
        .package("lib", "lib", "")
        .file("lib/src/lib.rs", "mod inner; pub use inner::says;")
        .file("lib/src/inner.rs", says("one"))
        .package("app", "app", "[dependencies]\nlib = { path = \"../lib\" }\n")
        .file("app/src/lib.rs", "pub fn says() -> String { lib::says() }")
        .file("app/src/main.rs", "fn main() { println!(\"{}\", app::says()) }")
        .build();
    p.exact("build").missed("lib").missed("app");
    p.exact("build").hit("lib").hit("app");
    p.write("lib/src/inner.rs", says("two"));
    p.exact("build").missed("lib").missed("app");
    assert_eq!(p.run_program("app"), "two\n");
    p.write("lib/src/inner.rs", says("one"));
    p.wrapped("build").success().hit("lib").hit("app");
    assert_eq!(p.run_program("app"), "one\n");
    p.assert_fresh("build");
}

#[test]
fn a_library_built_alone_reaches_its_dependants() {
    // The library comes back with an old content while its dependants stand in the target directory.
    let p = project()
        .workspace(&["lib", "app"])
        .package("lib", "lib", "")
        .file("lib/src/lib.rs", says("one"))
        .package("app", "app", "[dependencies]\nlib = { path = \"../lib\" }\n")
        .file("app/src/main.rs", "fn main() { println!(\"{}\", lib::says()) }")
        .build();
    p.wrapped("build").success();
    p.write("lib/src/lib.rs", says("two"));
    p.wrapped("build").success();
    p.write("lib/src/lib.rs", says("one"));
    p.wrapped("build -p lib").success().hit("lib");
    p.wrapped("build").success();
    assert_eq!(p.run_program("app"), "one\n");
    p.assert_fresh("build");
}

#[test]
fn a_target_directory_is_shared_with_plain_cargo() {
    let p = project().file("src/lib.rs", says("one")).file("src/main.rs", PRINTS);
    let p = p.env("KACHE_INCREMENTAL", "never").build();
    p.cargo("build").success();
    p.wrapped("build").success().no_units();
    p.write("src/lib.rs", says("two"));
    p.wrapped("build").success().missed("foo");
    p.assert_fresh("build");
    p.write("src/lib.rs", says("three"));
    p.cargo("build").success();
    assert_eq!(p.run_program("foo"), "three\n");
    // Plain cargo wrote over files that the cache knows: what is stored is still what it was.
    p.write("src/lib.rs", says("two"));
    still_says(&p, "two");
}
