//! Paths in dep-info and in what the compiler says.

use super::{Members, exact_in_both};
use crate::support::project;

#[test]
fn a_place_whose_path_begins_another() {
    let p = project()
        .at("app")
        .file("src/lib.rs", "#[path = \"../more/./inner.rs\"] pub mod inner; fn unused() {}")
        .file("more/inner.rs", "pub const TEXT: &str = include_str!(\"../../app2/shared\"); fn unused() {}")
        .file("../app2/shared", "beside both")
        .file("src/main.rs", "fn main() { println!(\"{}\", foo::inner::TEXT) }")
        .build();
    let other = p.checkout("app2");
    let another = p.checkout("app2/src/app");
    another.write("../app2/shared", "beside the third");
    for arguments in ["build", "build --message-format json", "check --message-format short"] {
        let [_, run] = exact_in_both(&p, &other, arguments);
        run.hit("foo");
        exact_in_both(&other, &another, arguments);
    }
}

#[test]
fn a_path_that_the_source_itself_says_is_no_path_of_ours() {
    let p = project().build();
    let text = format!("see {0}/src/lib.rs and {0}", p.root().display());
    p.write(
        "src/lib.rs",
        format!("#[deprecated(note = {text:?})] pub fn old() {{}}\npub fn new() {{ old() }}\npub const TEXT: &str = {text:?};\n"),
    );
    p.write("src/main.rs", "fn main() { println!(\"{}\", foo::TEXT) }");
    let other = p.checkout("other");
    for arguments in ["build", "build --message-format json"] {
        exact_in_both(&p, &other, arguments);
        assert_eq!(other.run_program("foo"), format!("{text}\n"));
        // The other way round: what is said elsewhere first.
        let late = p.checkout("late");
        exact_in_both(&late, &p, arguments);
        assert_eq!(p.run_program("foo"), format!("{text}\n"));
    }
}

#[test]
fn errors_in_code_of_all_places() {
    let errors = "pub fn f() { let x: u8 = \"\"; missing(); }";
    let p = Members::new()
        .generated("made", "include!(concat!(env!(\"OUT_DIR\"), \"/g.rs\")); pub fn says() -> String { N.to_string() }", &[("g.rs", "pub const N: u8 = 1; pub const n: u8 = 2;")])
        .library("own", "include!(concat!(env!(\"CARGO_MANIFEST_DIR\"), \"/inc.rs\")); pub fn says() -> String { String::new() }")
        .file("own/inc.rs", "pub const n: u8 = 2;")
        .build();
    let other = p.checkout("an other place \"quoted\"");
    for arguments in ["check", "check --message-format json"] {
        exact_in_both(&p, &other, arguments);
    }
    other.write("own/inc.rs", errors);
    other.exact("check --message-format json").fails();
    other.replace("made/build.rs", "pub const N: u8 = 1;", "pub const N: u8 = \\\"\\\";");
    other.exact("check -p made").fails();
}
