//! What the compiler says, said again; and what it refuses.

use crate::support::{Project, project};

fn warns() -> Project {
    project()
        .file("src/lib.rs", "mod a;\nfn unused() { let x = 1; }\n")
        .file("src/a.rs", "use std::fmt;\n#[deprecated(note = \"ü \\\"quoted\\\"\")] pub fn old() {}\npub fn f() { old() }\n")
        .build()
}

#[test]
fn warnings_are_repeated_in_every_format() {
    let p = warns();
    let formats = [
        "check",
        "check --message-format=short",
        "check --message-format=json",
        "check --message-format=json-diagnostic-rendered-ansi",
        "check --message-format=json-diagnostic-short",
        "check --message-format=json-render-diagnostics",
        "check --color=always",
        "build --message-format=json",
    ];
    for format in formats {
        let first = p.exact(format);
        first.success();
        assert!(first.stderr.contains("unused") || first.stdout.contains("unused"), "{first}");
        p.exact(format).success().hit("foo");
        p.assert_fresh(&format[..5]);
    }
}

#[test]
fn warnings_of_a_fresh_unit_are_repeated_by_cargo() {
    let p = warns();
    p.exact("check").missed("foo").stderr_has("never used");
    p.exact("check").hit("foo");
    // Cargo keeps what the wrapper said.
    p.wrapped("check").no_units().stderr_has("never used");
    p.cargo("check").success().stderr_has("never used");
}

#[test]
fn warnings_name_the_file_of_this_checkout() {
    let p = project()
        .workspace(&["a", "b"])
        .package("a", "a", "")
        .file("a/src/lib.rs", "#[macro_export] macro_rules! bad { () => { let x = 1; } }")
        .package("b", "b", "[dependencies]\na = { path = \"../a\" }\n")
        .file("b/src/lib.rs", "pub fn f() { a::bad!(); fn g() {} }")
        .build();
    let other = p.checkout("longer place/project");
    for p in [&p, &other, &p, &other] {
        p.exact("check").success().stderr_has("unused");
        p.exact("check --message-format=json").success();
    }
}

#[test]
fn a_report_on_future_incompatibility() {
    let p = project()
        .file(
            "src/lib.rs",
            "#![warn(semicolon_in_expressions_from_macros)] macro_rules! k { () => { 1; } } pub fn f() -> i32 { k!() }",
        )
        .build();
    p.exact("check --future-incompat-report").success().missed("foo").stderr_has("semicolon");
    p.exact("check --future-incompat-report").success().hit("foo").stderr_has("semicolon");
    p.exact("check --message-format=json").success().hit("foo");
    p.exact("build").success().missed("foo").stderr_has("rejected by a future version");
    p.exact("build").success().hit("foo").stderr_has("rejected by a future version");
}

#[test]
fn a_refused_crate_is_not_recorded() {
    let p = project().file("src/lib.rs", "pub fn f() -> u8 { \"\" }").build();
    p.exact("check").fails().failed("foo").stderr_has("E0308");
    p.exact("check").fails().failed("foo").stderr_has("E0308");
    p.exact("check --message-format=json").fails().failed("foo");
    p.write("src/lib.rs", "pub fn f() -> u8 { 0 }");
    p.exact("check").success().missed("foo");
    p.write("src/lib.rs", "pub fn f() -> u8 { \"\" }");
    // Over what stands there.
    p.wrapped("check").fails().failed("foo");
    p.write("src/lib.rs", "pub fn f() -> u8 { 0 }");
    p.wrapped("check").success();
    p.assert_fresh("check");
}

#[test]
fn a_refused_dependency() {
    let p = project()
        .workspace(&["a", "b"])
        .package("a", "a", "")
        .file("a/src/lib.rs", "pub fn f() {}")
        .package("b", "b", "[dependencies]\na = { path = \"../a\" }\n")
        .file("b/src/lib.rs", "pub fn g() { a::f() }")
        .build();
    p.exact("build").success().misses(2);
    p.write("a/src/lib.rs", "pub fn f() { x }");
    p.exact("build").fails().failed("a");
    p.write("a/src/lib.rs", "pub fn f(_: u8) {}");
    p.exact("build").fails().missed("a").failed("b");
    p.write("a/src/lib.rs", "pub fn f() {}");
    p.exact("build").success().hits(2);
}

#[test]
fn errors_that_come_after_the_metadata() {
    // Dependants may have begun by then.
    let p = project()
        .workspace(&["a", "b"])
        .package("a", "a", "")
        .file("a/src/lib.rs", "pub const fn f() -> usize { 1 } pub fn g<const N: usize>() { const { assert!(N > 5) } } pub fn h() { g::<1>() }")
        .package("b", "b", "[dependencies]\na = { path = \"../a\" }\n")
        .file("b/src/lib.rs", "pub fn g() -> usize { a::f() }")
        .build();
    let run = p.wrapped("build");
    run.fails().failed("a").stderr_has("E0080");
    p.wipe().wrapped("build").fails().failed("a").stderr_has("E0080");
}

#[test]
fn a_build_script_that_fails() {
    let p = project()
        .file("build.rs", "fn main() { println!(\"said\"); std::process::exit(3) }")
        .file("src/lib.rs", "")
        .build();
    p.exact("build").fails().missed("foo build").stderr_has("exit status: 3");
    p.exact("build").fails().hit("foo build").stderr_has("exit status: 3");
}

#[test]
fn dep_info_names_files_as_cargo_does() {
    let p = project()
        .file("src/lib.rs", "#[path = \"odd name.rs\"] mod a; mod b;")
        .file("src/odd name.rs", "pub const X: &str = include_str!(\"../src-of mine/x.txt\");")
        .file("src/b.rs", "pub const X: &str = include_str!(concat!(env!(\"CARGO_MANIFEST_DIR\"), \"/src-of mine/x.txt\"));")
        .file("src-of mine/x.txt", "")
        .at("a b/pro ject")
        .build();
    let other = p.checkout("c/d e/f");
    for p in [&p, &p, &other, &other] {
        p.exact("build").success();
        p.assert_fresh("build");
    }
}

#[test]
fn documentation_tests_and_documentation_are_left_alone() {
    let p = project()
        .file("src/lib.rs", "//! ```\n//! assert_eq!(foo::f(), 1);\n//! ```\npub fn f() -> u8 { 1 }")
        .build();
    let run = p.wrapped("test");
    run.success();
    assert!(run.stdout.contains("1 passed"), "{run}");
    p.wipe().wrapped("test").success().hit("foo");
    p.wrapped("doc").success();
}
