//! Variables that a crate reads, and only those.

use cargo_kache::event::MissReason;

use crate::support::project;

const TELLS: &str = "pub fn says() -> String { format!(\"{:?}\", option_env!(\"TOLD\")) }";
const PRINTS: &str = "fn main() { println!(\"{}\", foo::says()) }";

#[test]
fn set_unset_empty_and_changed_all_differ() {
    let mut p = project().file("src/lib.rs", TELLS).file("src/main.rs", PRINTS).build();
    let said = |p: &crate::support::Project| p.run_program("foo");
    p.exact("build").missed("foo");
    assert_eq!(said(&p), "None\n");
    p.set("TOLD", "");
    p.exact("build").missed("foo");
    assert_eq!(said(&p), "Some(\"\")\n");
    p.set("TOLD", "a");
    p.exact("build").missed("foo");
    assert_eq!(said(&p), "Some(\"a\")\n");
    p.set("TOLD", "b");
    p.exact("build").missed("foo");
    for (value, text) in [(Some("a"), "Some(\"a\")\n"), (Some(""), "Some(\"\")\n"), (None, "None\n")] {
        match value {
            Some(value) => p.set("TOLD", value),
            None => p.unset("TOLD"),
        };
        p.wipe().wrapped("build").hit("foo");
        assert_eq!(said(&p), text);
    }
    p.set("NOT_TOLD", "x");
    p.exact("build").hit("foo");
}

#[test]
fn a_variable_that_must_be_set() {
    let mut p = project().file("src/lib.rs", "pub const X: &str = env!(\"TOLD\");").build();
    p.exact("check").fails().failed("foo");
    p.set("TOLD", "a");
    p.exact("check").missed("foo");
    p.unset("TOLD");
    p.exact("check").fails().failed("foo");
    p.set("TOLD", "a");
    p.exact("check").hit("foo");
}

#[test]
fn a_variable_with_odd_characters() {
    let mut p = project().file("src/lib.rs", TELLS).file("src/main.rs", PRINTS).build();
    for value in ["a b", "a\nb", "a\\nb", "a=b # \"c\"", "ü"] {
        p.set("TOLD", value);
        p.exact("build").missed("foo");
    }
    p.set("TOLD", "a b");
    p.exact("build").hit("foo");
}

#[test]
fn a_variable_of_the_build_script() {
    let p = project()
        .file(
            "build.rs",
            "fn main() { println!(\"cargo:rerun-if-changed=in.txt\"); \
             println!(\"cargo:rustc-env=TOLD={}\", std::fs::read_to_string(\"in.txt\").unwrap()) }",
        )
        .file("in.txt", "one")
        .file("src/lib.rs", TELLS)
        .file("src/main.rs", PRINTS)
        .build();
    p.exact("build").missed("foo");
    p.exact("build").hit("foo").hit("foo build");
    p.write("in.txt", "two");
    p.exact("build").missed("foo").hit("foo build");
    assert_eq!(p.run_program("foo"), "Some(\"two\")\n");
    p.write("in.txt", "one");
    p.exact("build").hit("foo");
}

#[test]
fn the_version_of_one_member_is_no_business_of_the_others() {
    let p = project()
        .workspace(&["reads", "ignores", "other"])
        .package("reads", "reads", "")
        .file("reads/src/lib.rs", "pub const V: &str = env!(\"CARGO_PKG_VERSION\");")
        .package("ignores", "ignores", "")
        .file("ignores/src/lib.rs", "")
        .package("other", "other", "")
        .file("other/src/lib.rs", "")
        .build();
    p.exact("check --workspace").misses(3);
    p.exact("check --workspace").hits(3);
    p.replace("reads/Cargo.toml", "0.1.0", "0.1.1");
    p.exact("check --workspace").missed("reads").hit("ignores").hit("other");
    p.replace("other/Cargo.toml", "0.1.0", "0.1.1");
    p.exact("check --workspace").hit("reads").hit("ignores");
    p.replace("reads/Cargo.toml", "[package]", "[package]\ndescription = \"x\"");
    p.exact("check --workspace").hit("reads");
}

#[test]
fn a_macro_reads_a_variable_without_saying_so() {
    let mut p = project()
        .proc_macro(
            "#[proc_macro] pub fn told(_: TokenStream) -> TokenStream { \
             format!(\"{:?}\", std::env::var(\"TOLD\").unwrap_or_default()).parse().unwrap() }",
        )
        .root("[dependencies]\nmac = { path = \"mac\" }\n")
        .file("src/lib.rs", "pub fn says() -> &'static str { mac::told!() }")
        .file("src/main.rs", PRINTS)
        .build();
    p.exact("build").missed("foo").missed("mac");
    p.exact("build").hit("foo").hit("mac");
    p.set("TOLD", "a");
    p.exact("build").missed("foo");
    assert_eq!(p.run_program("foo"), "a\n");
    p.unset("TOLD");
    p.exact("build").hit("foo").hit("mac");
    assert_eq!(p.run_program("foo"), "\n");
    // A variable of the terminal is no reason to compile.
    p.set("COLUMNS", "77").set("TERM", "vt100").set("SSH_TTY", "/dev/pts/9");
    p.exact("build").hit("foo").hit("mac");
}

#[test]
fn the_link_of_a_macro_reads_few_variables() {
    let mut p = project()
        .proc_macro("#[proc_macro] pub fn f(_: TokenStream) -> TokenStream { TokenStream::new() }")
        .build();
    p.remove("Cargo.toml");
    p.write("Cargo.toml", "[workspace]\nmembers = [\"mac\"]\n");
    p.wipe().wrapped("build").success().compiled("mac");
    p.set("TOLD", "a");
    p.wipe().wrapped("build").success().hit("mac");
}

#[test]
fn the_variable_that_a_macro_may_have_read_is_named() {
    let mut p = project()
        .proc_macro(
            "#[proc_macro] pub fn f(_: TokenStream) -> TokenStream { \
             let _ = std::env::vars().count(); TokenStream::new() }",
        )
        .root("[dependencies]\nmac = { path = \"mac\" }\n")
        .file("src/lib.rs", "mac::f!();")
        .build();
    p.wipe().wrapped("check").success();
    p.set("TOLD", "a");
    assert_eq!(*p.wipe().wrapped("check").reason("foo"), MissReason::Env("TOLD".into()));
    p.set("TOLD", "b");
    assert_eq!(*p.wipe().wrapped("check").reason("foo"), MissReason::Env("TOLD".into()));
    p.unset("TOLD");
    p.write("src/lib.rs", "mac::f!(); ");
    p.wipe().wrapped("check").success();
}

#[test]
fn a_variable_of_the_terminal_counts_where_it_is_asked_for() {
    let mut p = project().file("src/lib.rs", "pub const T: Option<&str> = option_env!(\"TERM\");").build();
    p.set("TERM", "one");
    p.exact("check").missed("foo");
    p.set("TERM", "two");
    p.exact("check").missed("foo");
    p.set("TERM", "one");
    p.exact("check").hit("foo");
}

#[test]
fn listed_variables_count_for_every_unit() {
    let mut p = project().file("src/lib.rs", "").build();
    p.set("KACHE_KEY_ENV", "MINE_*");
    p.exact("check").missed("foo");
    p.exact("check").hit("foo");
    p.set("MINE_A", "1");
    p.exact("check").missed("foo");
    p.set("OTHER", "1");
    p.exact("check").hit("foo");
    p.unset("MINE_A");
    p.exact("check").hit("foo");
}

#[test]
fn unstable_features_allowed_by_variable_count() {
    let mut p = project().file("src/lib.rs", "#![feature(never_type)] pub fn f(x: !) -> ! { x }").build();
    p.exact("check").fails().failed("foo");
    p.set("RUSTC_BOOTSTRAP", "1");
    p.exact("check").missed("foo");
    p.exact("check").hit("foo");
    p.unset("RUSTC_BOOTSTRAP");
    p.exact("check").fails().failed("foo");
}

#[test]
fn two_checkouts_each_name_their_own_place() {
    let p = project()
        .file(
            "src/lib.rs",
            "#[macro_export] macro_rules! here { () => { concat!(env!(\"CARGO_MANIFEST_DIR\"), \" \", file!()) } }\n\
             pub fn says() -> String { here!().to_owned() + \" \" + &inner::place() }\n\
             mod inner { pub fn place() -> String { std::panic::Location::caller().to_string() } }",
        )
        .file("src/main.rs", "fn main() { println!(\"{} {}\", foo::says(), foo::here!()) }")
        .file("build.rs", "fn main() { println!(\"cargo:rerun-if-changed=build.rs\") }")
        .build();
    let other = p.checkout("a much longer place/than before/project");
    for _ in 0..2 {
        for p in [&p, &other] {
            p.exact("build").success();
            assert!(p.run_program("foo").starts_with(p.root().to_str().unwrap()));
            p.assert_fresh("build");
        }
    }
    p.exact("build").hit("foo");
    other.exact("build").hit("foo");
}

#[test]
fn two_checkouts_each_use_their_own_generated_code() {
    let p = project()
        .file(
            "build.rs",
            "fn main() { let out = std::env::var(\"OUT_DIR\").unwrap(); \
             std::fs::write(format!(\"{out}/g.rs\"), \"pub fn says() -> &'static str { concat!(env!(\\\"OUT_DIR\\\"), file!()) }\").unwrap() }",
        )
        .file("src/lib.rs", "include!(concat!(env!(\"OUT_DIR\"), \"/g.rs\"));")
        .file("src/main.rs", PRINTS)
        .build();
    let other = p.checkout("p2");
    for p in [&p, &other, &p, &other] {
        p.exact("build").success();
        assert!(p.run_program("foo").starts_with(p.target().to_str().unwrap()));
    }
}
